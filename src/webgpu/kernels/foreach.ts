// Formulas over columns of tensors: where the tensors of each column lie behind each other (placement.ts sees to it), one
// dispatch over the line computes them all, else one for each part that does.

import template from '../../../shaders/foreach.wgsl?raw';
import type { KernelAttrs, ListRule } from '../../core/op.ts';
import { lengthOf, linesOf } from '../packs.ts';
import { begin, type Place, type Recorder, sizeOf, type View, type Word } from '../record.ts';
import { assemble } from '../shader.ts';
import type { KernelCall } from './call.ts';
import { copyView } from './copy.ts';

/** Threads of a workgroup, as in the template. */
const workgroup = 128;

/** Elements of a block: what one index brings at best. */
export type BlockWidth = 1 | 4 | 16;

/** The block that suits an adapter. */
export function blockWidth({ adapter }: Recorder): BlockWidth {
  return adapter.single ? 1 : adapter.software ? 16 : 4;
}

/** The WGSL type of a block. */
export function blockAlias(width: BlockWidth): string {
  return `alias Block = ${width === 1 ? 'f32' : width === 4 ? 'vec4f' : 'mat4x4f'};`;
}

/** What stands for a number of the rule: a parameter, or an element of a buffer. */
type Factor = { readonly word: Word } | { readonly view: View };

export function runForeach({ rule, count }: KernelAttrs['foreach'], call: KernelCall): void {
  const { recorder, inputs, outputs, donated } = call;
  const sizes = outputs.slice(0, count).map(sizeOf);
  if (!rule.fresh) {
    outputs.forEach((output, index) => {
      if (!donated.has(index)) copyView(recorder, recorder.view(inputs[index]), output);
    });
  }
  const factors = inputs
    .slice(rule.fresh ? 0 : outputs.length)
    .map((node): Factor =>
      node.root.op.kind === 'scalar' ? { word: recorder.number(node, 'f32') } : { view: recorder.view(node) },
    );
  const columns = [...rule.written, ...rule.read].map((_, column) =>
    outputs.slice(column * count, (column + 1) * count).map(({ place }) => place),
  );
  for (const [from, to] of linesOf(columns)) {
    const length = lengthOf(sizes.slice(from, to));
    const firsts = columns.map((places) => places[from]);
    if (length > 0) dispatch(recorder, rule, firsts, length, factors);
  }
}

/** The buffers that a dispatch binds: one line for each that holds columns, and those that hold numbers alone. */
interface Bindings {
  readonly buffers: readonly Place[];
  /** The line of each column, and of each number that is an element: -1 where that lies in a buffer of its own. */
  readonly columns: readonly number[];
  readonly numbers: readonly number[];
  /** For each buffer: w where a column in it is written, else r. */
  readonly access: string;
}

/** Columns that lie in one buffer share its binding, for a buffer that is written can be bound once only. */
function bindingsOf(places: readonly Place[], written: number, tensors: readonly Place[]): Bindings {
  const lines: Place[] = [];
  const access: string[] = [];
  const columns = places.map((place, column) => {
    let line = lines.findIndex(({ buffer }) => buffer === place.buffer);
    if (line < 0) line = lines.push(place) - 1;
    access[line] = column < written ? 'w' : (access[line] ?? 'r');
    return line;
  });
  const numbers = tensors.map((place) => lines.findIndex(({ buffer }) => buffer === place.buffer));
  const apart = tensors.filter((_, index) => numbers[index] < 0);
  return { buffers: [...lines, ...apart], columns, numbers, access: access.join('') + 'r'.repeat(apart.length) };
}

/** One dispatch over `length` elements of each column. */
function dispatch(
  recorder: Recorder,
  rule: ListRule,
  places: readonly Place[],
  length: number,
  factors: readonly Factor[],
): void {
  const width = blockWidth(recorder);
  const blocks = Math.ceil(length / width);
  const begins = places.map((place): Word => ({ base: place, plus: 0, per: width }));
  const numbers = factors.map((factor) => ('word' in factor ? factor.word : begin(factor.view)));
  const tensors = factors.flatMap((factor) => ('view' in factor ? [factor.view.place] : []));
  const kinds = factors.map((factor) => ('view' in factor ? 't' : 'n')).join('');
  const bindings = bindingsOf(places, rule.written.length, tensors);
  const call = {
    key: `foreach|${rule.name}|${width}|${kinds}|${bindings.columns.join()}|${bindings.numbers.join()}`,
    source: () => sourceOf(rule, width, kinds, bindings),
    access: bindings.access,
    parameters: [blocks, ...begins, ...numbers],
    buffers: bindings.buffers,
  };
  recorder.run(call, blocks, workgroup);
}

/** The program of a rule; `kinds` has a letter a number: n a parameter, t the element of a buffer. */
function sourceOf(
  { written, read, fresh, numbers, wgsl }: ListRule,
  width: BlockWidth,
  kinds: string,
  bindings: Bindings,
): string {
  const columns = [...written, ...read];
  const inputs = fresh ? read : columns;
  const tensors = numbers.filter((_, index) => kinds[index] === 't');
  const apart = tensors.filter((_, index) => bindings.numbers[index] < 0);
  const lines = bindings.buffers.length - apart.length;
  // A line is called after the first column in it.
  const lineOf = (line: number) => `line_${columns[bindings.columns.indexOf(line)]}`;
  const at = (column: string) => `${lineOf(bindings.columns[columns.indexOf(column)])}[params.begin_${column} + i]`;
  /** A number that is an element, of its own buffer or of a line. */
  const element = (name: string): string => {
    const line = bindings.numbers[tensors.indexOf(name)];
    const place = `params.begin_${name}`;
    if (line < 0) return `one_${name}[${place}]`;
    if (width === 1) return `${lineOf(line)}[${place}]`;
    const block = `${lineOf(line)}[${place} / ${width}u]`;
    return width === 4 ? `${block}[${place} % 4u]` : `${block}[${place} % 16u / 4u][${place} % 4u]`;
  };
  const parts = width === 16 ? ['[0]', '[1]', '[2]', '[3]'] : [''];
  // A single element is computed as a vector of itself.
  const lift = (text: string) => (width === 1 ? `vec4f(${text})` : text);
  const joined = (texts: readonly string[]) =>
    width === 1 ? `${texts[0]}.x` : width === 4 ? texts[0] : `Block(${texts.join(', ')})`;
  const loaded = (column: string) => (written.includes(column) ? `old_${column}` : column);
  return assemble(template, {
    BLOCK: blockAlias(width),
    FIELDS: [
      ...columns.map((column) => `begin_${column}: u32,`),
      ...numbers.map((name, index) => (kinds[index] === 't' ? `begin_${name}: u32,` : `${name}: f32,`)),
    ].join('\n'),
    BUFFERS: [
      ...Array.from({ length: lines }, (_, index) => {
        const access = bindings.access[index] === 'w' ? 'read_write' : 'read';
        return `@group(0) @binding(${index + 1}) var<storage, ${access}> ${lineOf(index)}: array<Block>;`;
      }),
      ...apart.map(
        (name, index) => `@group(0) @binding(${lines + index + 1}) var<storage, read> one_${name}: array<f32>;`,
      ),
    ].join('\n'),
    VALUES: written.map((column) => `${column}: vec4f,`).join('\n'),
    FORMULA: [
      `fn formula(${inputs.map((column) => `${loaded(column)}: vec4f`).join(', ')}) -> Values {`,
      ...numbers.map((name, index) => `  let ${name} = ${kinds[index] === 't' ? element(name) : `params.${name}`};`),
      ...written.map((column) => `  var ${column}${fresh ? ': vec4f' : ` = old_${column}`};`),
      ...wgsl.split('\n').map((line) => `  ${line}`),
      `  return Values(${written.join(', ')});`,
      '}',
    ].join('\n'),
    ELEMENTS: [
      ...inputs.map((column) => `let in_${column} = ${at(column)};`),
      ...parts.map(
        (part, index) =>
          `let moved${index} = formula(${inputs.map((column) => lift(`in_${column}${part}`)).join(', ')});`,
      ),
      ...written.map((column) => `${at(column)} = ${joined(parts.map((_, index) => `moved${index}.${column}`))};`),
    ].join('\n'),
  });
}
