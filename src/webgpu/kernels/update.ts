// Updates of parameters: all tensors of a column (parameters, gradients, means ..) lie behind each other, so that one
// dispatch over the line moves them all. Where they do not, they are copied together first, or moved one by one.

import adamTemplate from '../../../shaders/adam.wgsl?raw';
import sgdTemplate from '../../../shaders/sgd.wgsl?raw';
import type { Node } from '../../graph.ts';
import type { KernelAttrs } from '../../op.ts';
import { replacedInput } from '../../op.ts';
import { lengthOf, liesInLine, startsOf } from '../packs.ts';
import { type Place, type Recorder, sizeOf, type View, type Word } from '../record.ts';
import { assemble } from '../shader.ts';
import { copyView } from './copy.ts';
import type { KernelCall } from './call.ts';

/** Threads of a workgroup, as in the templates. */
const workgroup = 128;

/** What an update is made of, besides its numbers. */
interface Form {
  readonly name: 'sgd' | 'adam';
  readonly key: string;
  readonly template: string;
  readonly hooks: Readonly<Record<string, string>>;
  /** Names of the buffers in the order of their bindings; the gradient is read, the others written. */
  readonly buffers: readonly string[];
  /** How `descend` is called: its arguments after the parameter, and the fields of its answer by buffer. */
  readonly answers: Readonly<Record<string, string>>;
  /** Words for the beginnings that the struct has and this form has not. */
  readonly unused: number;
}

function sgdForm({ momentum, nesterov }: KernelAttrs['sgd']): Form {
  const hooks: Record<string, string> = momentum
    ? {
        BUFFERS: '@group(0) @binding(3) var<storage, read_write> velocity: array<Block>;',
        STEP: [
          'v = params.momentum * velocity + (1.0 - params.dampening) * g;',
          `let taken = ${nesterov ? 'g + params.momentum * v' : 'v'};`,
        ].join('\n'),
      }
    : {};
  return {
    name: 'sgd',
    key: `sgd|${momentum ? (nesterov ? 'nesterov' : 'momentum') : 'plain'}`,
    template: sgdTemplate,
    hooks,
    buffers: momentum ? ['parameter', 'gradient', 'velocity'] : ['parameter', 'gradient'],
    answers: { parameter: 'p', velocity: 'v' },
    unused: momentum ? 0 : 1,
  };
}

function adamForm({ decoupled, amsgrad }: KernelAttrs['adam']): Form {
  const hooks: Record<string, string> = {};
  if (decoupled) hooks.DECAY = 'p -= params.decay * p;';
  if (amsgrad) {
    hooks.BUFFERS = '@group(0) @binding(5) var<storage, read_write> largest: array<Block>;';
    // NaN wins, as in torch.maximum.
    hooks.SPREAD = ['x', 'y', 'z', 'w']
      .map((part) => `top.${part} = wg_maximum(largest.${part}, v.${part});`)
      .join('\n');
  }
  const buffers = ['parameter', 'gradient', 'mean', 'square'];
  return {
    name: 'adam',
    key: `adam|${Number(decoupled)}|${Number(amsgrad)}`,
    template: adamTemplate,
    hooks,
    buffers: amsgrad ? [...buffers, 'largest'] : buffers,
    answers: { parameter: 'p', mean: 'm', square: 'v', largest: 'top' },
    unused: amsgrad ? 0 : 1,
  };
}

export function runSgd(attrs: KernelAttrs['sgd'], call: KernelCall): void {
  runUpdate(sgdForm(attrs), attrs.count, attrs.maximize, 4, call);
}

export function runAdam(attrs: KernelAttrs['adam'], call: KernelCall): void {
  runUpdate(adamForm(attrs), attrs.count, attrs.maximize, 6, call);
}

function runUpdate(form: Form, count: number, maximize: boolean, scalars: number, call: KernelCall): void {
  const { recorder, inputs, outputs, donated } = call;
  const sizes = outputs.slice(0, count).map(sizeOf);
  const numbers: Word[] = inputs.slice(-scalars).map((input) => recorder.number(input, 'f32'));
  numbers.push({ float: maximize ? -1 : 1 });
  outputs.forEach((output, index) => {
    if (!donated.has(index)) copyView(recorder, recorder.view(inputs[replacedInput(count, index)]), output);
  });
  const columns = form.buffers.map((_, column) => {
    if (column === 1) return gradientsOf(recorder, inputs.slice(count, 2 * count), sizes);
    const first = column === 0 ? 0 : (column - 1) * count;
    return outputs.slice(first, first + count).map(({ place }) => place);
  });
  if (columns.every((places) => liesInLine(places, sizes))) {
    dispatch(
      recorder,
      form,
      columns.map(([place]) => place),
      lengthOf(sizes),
      numbers,
    );
    return;
  }
  sizes.forEach((size, index) => {
    if (size > 0)
      dispatch(
        recorder,
        form,
        columns.map((places) => places[index]),
        lengthOf([size]),
        numbers,
      );
  });
}

/** The gradients behind each other: where they lie so already, or in a copy. */
function gradientsOf(recorder: Recorder, nodes: readonly Node[], sizes: readonly number[]): Place[] {
  const places = nodes.map((node) => recorder.view(node).place);
  const views = nodes.map((node) => recorder.view(node));
  const whole = views.every(({ offset }) => offset === 0);
  if ((whole && liesInLine(places, sizes)) || lengthOf(sizes) * 4 > recorder.adapter.bindingBytes) return places;
  const line = recorder.scratch(lengthOf(sizes));
  return startsOf(sizes).map((start, index): Place => {
    const place = { ...line, start };
    const to: View = { ...views[index], place: line, offset: start };
    copyView(recorder, views[index], to);
    return place;
  });
}

/** One dispatch over `length` elements of each buffer. */
function dispatch(
  recorder: Recorder,
  form: Form,
  places: readonly Place[],
  length: number,
  numbers: readonly Word[],
): void {
  const width = recorder.adapter.single ? 1 : recorder.software ? 16 : 4;
  const blocks = Math.ceil(length / width);
  const at = (buffer: string) => `${buffer}[params.begin_${buffer} + i]`;
  const move = (): string => {
    if (width === 4 && form.hooks.BUFFERS === undefined) return '';
    const parts = width === 16 ? ['[0]', '[1]', '[2]', '[3]'] : [''];
    const known =
      form.name === 'sgd'
        ? ['parameter', 'gradient', 'velocity']
        : ['parameter', 'gradient', 'mean', 'square', 'largest'];
    const lines = form.buffers.map((buffer) => `let old_${buffer} = ${at(buffer)};`);
    parts.forEach((part, index) => {
      // A single element is computed as a vector of itself.
      const whole = (name: string) => (width === 1 ? `vec4f(${name})` : name);
      const values = known.map((buffer) => (form.buffers.includes(buffer) ? whole(`old_${buffer}${part}`) : 'vec4f()'));
      lines.push(`let moved${index} = descend(${values.join(', ')});`);
    });
    for (const buffer of form.buffers.filter((name) => name !== 'gradient')) {
      const values = parts.map((_, index) => `moved${index}.${form.answers[buffer]}`);
      lines.push(
        `${at(buffer)} = ${width === 1 ? `${values[0]}.x` : width === 4 ? values[0] : `Block(${values.join(', ')})`};`,
      );
    }
    return lines.join('\n');
  };
  const source = (): string => {
    const text = move();
    const block = { BLOCK: `alias Block = ${width === 1 ? 'f32' : width === 4 ? 'vec4f' : 'mat4x4f'};` };
    return assemble(form.template, { ...form.hooks, ...block, ...(text === '' ? {} : { MOVE: text }) });
  };
  const begins = places.map((place): Word => ({ base: place, plus: 0, per: width }));
  const parameters = [blocks, ...begins, ...new Array<number>(form.unused).fill(0), ...numbers];
  const access = form.buffers.map((buffer) => (buffer === 'gradient' ? 'r' : 'w')).join('');
  const call = { key: `${form.key}|${width}`, source, access, parameters, buffers: places };
  recorder.runGroups(call, Math.ceil(blocks / workgroup));
}
