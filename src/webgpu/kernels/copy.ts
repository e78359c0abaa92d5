// Copies from one layout into another: dense copies of operands, writes to a part, joins.

import template from '../../../shaders/map.wgsl?raw';
import type { Node } from '../../core/graph.ts';
import type { KernelAttrs } from '../../core/op.ts';
import { contiguousStrides, dimensionOrder, expandStrides, numelOf, sameShape } from '../../shape.ts';
import { touched } from '../../inspect/work.ts';
import { collapse, coordinates } from '../collapse.ts';
import { Fields } from '../fields.ts';
import { begin, type Recorder, type View, wgslType } from '../record.ts';
import { assemble } from '../shader.ts';
import { moved } from '../work.ts';
import type { KernelCall } from './call.ts';

/** An input: a view, or a number that goes in as a parameter. */
export type Input = View | { readonly number: Node; readonly dtype: View['dtype'] };

/** Threads of a workgroup, as in the template. */
const workgroup = 128;

/** What a kernel reads for an input node. */
export function inputOf(recorder: Recorder, node: Node): Input {
  return node.root.op.kind === 'scalar' ? { number: node.root, dtype: node.dtype } : recorder.view(node);
}

/** The view of an input node in memory, also where it is a number. */
export function viewOf(recorder: Recorder, node: Node): View {
  if (node.root.op.kind !== 'scalar') return recorder.view(node);
  const { shape, strides, dtype } = node;
  const lone = recorder.denseView(recorder.scratch(1), [], dtype);
  copyView(recorder, { number: node.root, dtype }, lone);
  return { ...lone, shape, strides };
}

/** Copies `from`, which broadcasts, into every element of `to`. */
export function copyView(recorder: Recorder, from: Input, to: View): void {
  copyViews(recorder, [{ from, to }]);
}

/** A copy of an input, which broadcasts, into every element of a view. */
export interface Copy {
  readonly from: Input;
  readonly to: View;
}

/** Copies into parts of one place, all of one shape, by one program. */
export function copyViews(recorder: Recorder, copies: readonly Copy[]): void {
  const [{ to: first }] = copies;
  const size = numelOf(first.shape);
  if (size === 0) return;
  // In the order in which the first target lies, so that neighbouring threads write neighbouring elements.
  const order = dimensionOrder(first.shape, first.strides);
  const turned = (list: readonly number[]) => order.map((dim) => list[dim]);
  const inMemory = copies.flatMap(({ from }) => ('place' in from ? [from] : []));
  const views = [...inMemory, ...copies.map(({ to }) => to)];
  const space = collapse(
    turned(first.shape),
    views.map((view) => turned(expandStrides(view.shape, view.strides, first.shape))),
  );
  const rank = space.shape.length;
  const plain = contiguousStrides(space.shape);
  const type = wgslType(first.dtype);
  const fields = new Fields();
  const along = space.strides.map((steps) => steps.every((step, dim) => step === plain[dim]) || size === 1);
  const strided = along.includes(false);
  if (strided) space.shape.forEach((length, dim) => dim > 0 && fields.add(`n${dim}`, length));
  const places = views.map((view, which) => {
    const start = fields.add(`o${which}`, begin(view));
    if (along[which]) return `${start} + t`;
    const terms = space.strides[which].map((step, dim) => `c${dim} * ${fields.add(`s${which}_${dim}`, step)}`);
    return [start, ...terms].join(' + ');
  });
  const count = inMemory.length;
  const lines = copies.map(({ from }, at) => {
    const source = wgslType(from.dtype);
    const read = 'place' in from ? inMemory.indexOf(from) : -1;
    const value =
      'place' in from
        ? `from${read}_[${places[read]}]`
        : fields.add(`value${at}`, recorder.number(from.number, source), source);
    return `to_[${places[count + at]}] = ${value};`;
  });
  const sources = copies.map(({ from }) => `${'place' in from ? '' : '='}${wgslType(from.dtype)}`);
  const key = ['copy', type, sources.join(','), rank, along.join(',')].join('|');
  const text = (): string =>
    assemble(template, {
      TYPES: '',
      FIELDS: fields.members,
      BUFFERS: [
        ...inMemory.map(
          ({ dtype }, at) => `@group(0) @binding(${at + 1}) var<storage, read> from${at}_: array<${wgslType(dtype)}>;`,
        ),
        `@group(0) @binding(${count + 1}) var<storage, read_write> to_: array<${type}>;`,
      ].join('\n'),
      ELEMENTS: [fields.reads, ...(strided ? coordinates('t', rank, (dim) => `n${dim}`) : []), ...lines].join('\n'),
    });
  const access = `${'r'.repeat(count)}w`;
  const buffers = [...inMemory, first].map(({ place }) => place);
  const parameters = [size, ...fields.words];
  const read = inMemory.reduce((sum, { shape, strides }) => sum + Math.min(touched(shape, strides), size), 0);
  const work = moved(read, size * copies.length);
  recorder.run({ key, source: text, access, parameters, buffers, work }, size, workgroup);
}

/** A dense copy of a view in scratch memory. */
export function denseCopy(recorder: Recorder, from: View): View {
  const to = recorder.denseView(recorder.scratch(numelOf(from.shape)), from.shape, from.dtype);
  copyView(recorder, from, to);
  return to;
}

/** The inputs side by side along a dimension. */
export function runCat({ dim }: KernelAttrs['cat'], { recorder, inputs, outputs, node }: KernelCall): void {
  const [out] = outputs;
  let start = 0;
  let copies: Copy[] = [];
  const flush = (): void => {
    if (copies.length > 0) copyViews(recorder, copies);
    copies = [];
  };
  for (const input of inputs) {
    const from = inputOf(recorder, input);
    if (input.shape.length !== node.shape.length) {
      // A single input of another shape is a plain copy in C order.
      copyView(recorder, from, { ...out, shape: input.shape, strides: contiguousStrides(input.shape) });
      continue;
    }
    // Neighbours of one shape are copied together, as many as a program can bind.
    const full = copies.length + 1 === recorder.adapter.storageBuffers;
    if (full || (copies.length > 0 && !sameShape(copies[0].to.shape, input.shape))) flush();
    copies.push({ from, to: { ...out, shape: input.shape, offset: out.offset + start * out.strides[dim] } });
    start += input.shape[dim];
  }
  flush();
}
