// Copies from one layout into another: dense copies of operands, writes to a part, joins.

import template from '../../../shaders/map.wgsl?raw';
import type { Node } from '../../graph.ts';
import { contiguousStrides, dimensionOrder, expandStrides, numelOf } from '../../shape.ts';
import { touched } from '../../work.ts';
import { collapse, coordinates } from '../collapse.ts';
import { Fields } from '../fields.ts';
import { begin, type Recorder, type View, wgslType } from '../record.ts';
import { assemble } from '../shader.ts';
import { moved } from '../work.ts';

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
  const size = numelOf(to.shape);
  if (size === 0) return;
  // In the order in which the target lies, so that neighbouring threads write neighbouring elements.
  const order = dimensionOrder(to.shape, to.strides);
  const turned = (list: readonly number[]) => order.map((dim) => list[dim]);
  const views = 'place' in from ? [from, to] : [to];
  const space = collapse(
    turned(to.shape),
    views.map((view) => turned(expandStrides(view.shape, view.strides, to.shape))),
  );
  const rank = space.shape.length;
  const plain = contiguousStrides(space.shape);
  const [type, source] = [wgslType(to.dtype), wgslType(from.dtype)];
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
  const value =
    'place' in from ? `from_[${places[0]}]` : fields.add('value', recorder.number(from.number, source), source);
  const last = views.length - 1;
  const key = ['copy', type, source, rank, along.join(','), views.length].join('|');
  const text = (): string =>
    assemble(template, {
      TYPES: '',
      FIELDS: fields.members,
      BUFFERS: [
        ...('place' in from ? [`@group(0) @binding(1) var<storage, read> from_: array<${source}>;`] : []),
        `@group(0) @binding(${views.length}) var<storage, read_write> to_: array<${type}>;`,
      ].join('\n'),
      ELEMENTS: [
        fields.reads,
        ...(strided ? coordinates('t', rank, (dim) => `n${dim}`) : []),
        `to_[${places[last]}] = ${value};`,
      ].join('\n'),
    });
  const access = `${'r'.repeat(last)}w`;
  const buffers = views.map(({ place }) => place);
  const parameters = [size, ...fields.words];
  const work = moved('place' in from ? Math.min(touched(from.shape, from.strides), size) : 0, size);
  recorder.run({ key, source: text, access, parameters, buffers, work }, size, workgroup);
}

/** A dense copy of a view in scratch memory. */
export function denseCopy(recorder: Recorder, from: View): View {
  const to = recorder.denseView(recorder.scratch(numelOf(from.shape)), from.shape, from.dtype);
  copyView(recorder, from, to);
  return to;
}
