// Contractions on the GPU: how the dimensions of an operand become numbers of batches, rows, columns and inner positions,
// which program sums them, and when the inner positions are split among threads.

import registerTemplate from '../../../shaders/contract.wgsl?raw';
import tiledTemplate from '../../../shaders/contract-tiled.wgsl?raw';
import type { ContractAttrs, KernelOp } from '../../core/op.ts';
import { numelOf } from '../../shape.ts';
import { type Collapsed, collapse, coordinates } from '../collapse.ts';
import { Fields } from '../fields.ts';
import { begin, type Recorder, type View, wgslType, type Word } from '../record.ts';
import type { Kernel } from '../schedule.ts';
import { assemble } from '../shader.ts';
import { viewOf } from './copy.ts';
import { epilogueOf, type Finish, type FinishFrom, productOf, storedIn } from './epilogue.ts';
import { addParts } from './sum-parts.ts';
import { quadHooks } from './quad.ts';

/** The four groups of dimensions, each with its strides into the operands that have it. */
interface Spaces {
  /** Into A, B, bias and out. */
  readonly batch: Collapsed;
  /** Into A, bias and out. */
  readonly rows: Collapsed;
  /** Into B and out. */
  readonly columns: Collapsed;
  /** Into A and B. */
  readonly inner: Collapsed;
}

function spacesOf({ batch, rows, strides }: ContractAttrs, a: View, b: View, bias: View | null): Spaces {
  const end = batch + rows;
  const inner = a.shape.length - end;
  const still = new Array<number>(end).fill(0);
  const extra = bias?.strides ?? still;
  const last = batch + inner;
  return {
    batch: collapse(
      a.shape.slice(0, batch),
      [a.strides, b.strides, extra, strides].map((list) => list.slice(0, batch)),
    ),
    rows: collapse(
      a.shape.slice(batch, end),
      [a.strides, extra, strides].map((list) => list.slice(batch, end)),
    ),
    columns: collapse(b.shape.slice(last), [b.strides.slice(last), strides.slice(end)]),
    inner: collapse(a.shape.slice(end), [a.strides.slice(end), b.strides.slice(batch, last)]),
  };
}

/** Inner positions that a thread adds up at most, where the results of the parts have room: rounding grows with their number. */
const longestSum = 2048;
/** Elements of the results of all parts. */
const mostPartial = 1 << 22;

/**
 * WGSL that returns where number `i` of a space lies in each operand, as a `result` of as many members; adds the sizes and
 * strides it needs to the fields. The same text serves one number and a vector of them.
 */
function placesIn(space: Collapsed, letter: string, fields: Fields, result: string): string {
  const rank = space.shape.length;
  space.shape.forEach((length, dim) => dim > 0 && fields.add(`${letter}_size${dim}`, length));
  const sums = space.strides.map((steps, which) => {
    const terms = steps.map((step, dim) =>
      step === 0 ? [] : [`c${dim} * params.${fields.add(`${letter}_step${which}_${dim}`, step)}`],
    );
    return terms.flat().join(' + ') || 'i - i';
  });
  const split = coordinates('i', rank, (dim) => `params.${letter}_size${dim}`);
  return [...split, `return ${result}(${sums.join(', ')});`].join('\n');
}

/** What makes the text of `placesIn`: how many dimensions there are, and which operands stand still along them. */
const patternOf = ({ strides }: Collapsed): string =>
  strides.map((steps) => steps.map((step) => Number(step !== 0)).join('')).join('.');

interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly batches: number;
  readonly depth: number;
}

/** (b.., m.., k..) x (b.., k.., n..)[, bias (b.., m..)] with the formulas fused behind it. */
export function runContraction(recorder: Recorder, kernel: Kernel): void {
  const node = productOf(kernel);
  const { attrs } = node.op as KernelOp<'contract'>;
  const [a, b, bias = null] = node.inputs.map((input) => viewOf(recorder, input));
  const finishFrom: FinishFrom =
    kernel.nodes.length === 1
      ? () => storedIn(recorder.view(node))
      : (firstBinding) => epilogueOf(recorder, kernel, null, firstBinding);
  const spaces = spacesOf(attrs, a, b, bias);
  const sizes: Sizes = {
    rows: numelOf(spaces.rows.shape),
    columns: numelOf(spaces.columns.shape),
    batches: numelOf(spaces.batch.shape),
    depth: numelOf(a.shape.slice(attrs.batch + attrs.rows)),
  };
  const operands = { a, b, bias, size: numelOf(node.shape), finishFrom };
  if (recorder.software) runRegisters(recorder, spaces, sizes, operands);
  else runTiled(recorder, spaces, sizes, operands);
}

interface Operands {
  readonly a: View;
  readonly b: View;
  readonly bias: View | null;
  /** Elements of the result, and what becomes of them. */
  readonly size: number;
  readonly finishFrom: FinishFrom;
}

/** How many parts the inner positions are split into, `most` at most, so that `tiles` keep all cores busy and no sum gets too long. */
function partsFor(tiles: number, enough: number, most: number, depth: number, size: number): number {
  const wanted = Math.max(Math.ceil(enough / tiles), Math.ceil(depth / longestSum));
  return Math.max(Math.min(wanted, most, Math.floor(mostPartial / size)), 1);
}

/** Runs `record` once for the whole result, or for `parts` results that a second run adds in order. */
function inParts(recorder: Recorder, parts: number, operands: Operands, record: (finish: Finish) => void): void {
  const { a, bias, size, finishFrom } = operands;
  if (parts === 1) return record(finishFrom(bias === null ? 3 : 4));
  const partials = recorder.denseView(recorder.scratch(parts * size, a.dtype), [parts, size], a.dtype);
  const { label } = recorder;
  recorder.label = `contract, k in ${parts} parts`;
  record({ ...storedIn(partials), key: 'parts' });
  recorder.label = label;
  addParts(recorder, partials, { rows: size, columns: 1 }, finishFrom);
}

/** What the functions of places return: for one number, or for four at once. */
type Results = Readonly<Record<'rows' | 'columns' | 'inner', string>>;
const single: Results = { rows: 'vec3u', columns: 'vec2u', inner: 'vec2u' };
const fours: Results = { rows: 'RowPlaces', columns: 'ColumnPlaces', inner: 'InnerPlaces' };

/** The hooks that both programs have; adds what they need to the fields. */
function programHooks(
  type: string,
  spaces: Spaces,
  fields: Fields,
  bias: View | null,
  results: Results,
  finish: Finish,
): Record<string, string> {
  const hooks: Record<string, string> = {
    ELEMENT: `alias Element = ${type};`,
    BATCH_PLACES: placesIn(spaces.batch, 'b', fields, 'vec4u'),
    ROW_PLACES: placesIn(spaces.rows, 'm', fields, results.rows),
    COLUMN_PLACES: placesIn(spaces.columns, 'n', fields, results.columns),
    INNER_PLACES: placesIn(spaces.inner, 'k', fields, results.inner),
    ...finish.hooks,
    FIELDS: [fields.members, finish.hooks.FIELDS ?? ''].join('\n'),
  };
  if (bias !== null) {
    const outputs = finish.hooks.OUTPUTS ?? '@group(0) @binding(4) var<storage, read_write> out: array<Element>;';
    hooks.OUTPUTS = ['@group(0) @binding(3) var<storage, read> bias: array<Element>;', outputs].join('\n');
    hooks.BIAS = 'if (to.first_part) {\n  extra = bias[to.bias + bias_at];\n}';
  }
  return hooks;
}

const keyOf = (type: string, { batch, rows, columns, inner }: Spaces, bias: View | null): string =>
  [type, bias === null ? '' : 'bias', ...[batch, rows, columns, inner].map(patternOf)].join('|');

/** Workgroups that keep a software adapter busy to the end, and the same for hardware. */
const enoughQuads = 16;
const enoughTiles = 256;

function runRegisters(recorder: Recorder, spaces: Spaces, sizes: Sizes, operands: Operands): void {
  const { rows, columns, batches, depth } = sizes;
  const { a, bias, size } = operands;
  const type = wgslType(a.dtype);
  // Lanes that own more rows and columns load less; tiles that are mostly outside cost as much as those inside.
  const height = rows <= 8 ? 2 : rows <= 16 ? 4 : 8;
  const width = columns <= 16 ? 4 : 8;
  const tiles = Math.ceil(rows / (4 * height)) * Math.ceil(columns / (4 * width)) * batches;
  const turns = Math.ceil(depth / 4);
  const share = Math.max(Math.ceil(turns / partsFor(tiles, enoughQuads, Math.ceil(turns / 16), depth, size)), 1);
  const parts = Math.max(Math.ceil(turns / share), 1);
  const exchanges = recorder.adapter.subgroups;
  const constants = { height, width, rest: Number(depth % 4 !== 0) };
  inParts(recorder, parts, operands, (finish) => {
    const fields = new Fields();
    const hooks = programHooks(type, spaces, fields, bias, fours, finish);
    if (exchanges) Object.assign(hooks, quadHooks(Math.min(height, 4)));
    const key = [
      'contract',
      ...Object.values(constants),
      Number(exchanges),
      keyOf(type, spaces, bias),
      finish.key,
    ].join('|');
    const counts = [rows, columns, batches, depth, parts, share, size];
    const parameters: Word[] = [...counts, ...offsetsOf(operands, finish), ...fields.words, ...finish.parameters];
    const source = () => (exchanges ? 'enable subgroups;\n' : '') + assemble(registerTemplate, hooks);
    run(recorder, { key, source, parameters, constants }, operands, finish, tiles * parts);
  });
}

function runTiled(recorder: Recorder, spaces: Spaces, sizes: Sizes, operands: Operands): void {
  const { rows, columns, batches, depth } = sizes;
  const { a, bias, size } = operands;
  const type = wgslType(a.dtype);
  const turn = 16;
  const tiles = Math.ceil(rows / 64) * Math.ceil(columns / 64) * batches;
  const turns = Math.ceil(depth / turn);
  const share = Math.max(Math.ceil(turns / partsFor(tiles, enoughTiles, Math.ceil(turns / 8), depth, size)), 1);
  const parts = Math.max(Math.ceil(turns / share), 1);
  inParts(recorder, parts, operands, (finish) => {
    const fields = new Fields();
    const hooks = programHooks(type, spaces, fields, bias, single, finish);
    const key = ['contract-tiled', keyOf(type, spaces, bias), finish.key].join('|');
    const counts = [rows, columns, batches, depth, parts, share * turn, size];
    const parameters: Word[] = [...counts, ...offsetsOf(operands, finish), ...fields.words, ...finish.parameters];
    run(recorder, { key, source: () => assemble(tiledTemplate, hooks), parameters }, operands, finish, tiles * parts);
  });
}

function offsetsOf({ a, b, bias }: Operands, { start }: Finish): Word[] {
  return [begin(a), begin(b), bias === null ? 0 : begin(bias), start];
}

interface Program {
  readonly key: string;
  readonly source: () => string;
  readonly parameters: readonly Word[];
  readonly constants?: Record<string, number>;
}

function run(recorder: Recorder, program: Program, { a, b, bias }: Operands, finish: Finish, groups: number): void {
  const read = (bias === null ? [a, b] : [a, b, bias]).map(({ place }) => place);
  const access = `${'r'.repeat(read.length)}${finish.access}`;
  recorder.runGroups({ ...program, access, buffers: [...read, ...finish.buffers] }, groups);
}
