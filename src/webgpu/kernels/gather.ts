// Reading and writing along a dimension at positions that a tensor gives, on the GPU. Positions were checked before
// (kernel checkIndex).

import gatherTemplate from '../../../shaders/gather.wgsl?raw';
import placeTemplate from '../../../shaders/scatter-place.wgsl?raw';
import scatterTemplate from '../../../shaders/scatter.wgsl?raw';
import type { KernelAttrs } from '../../core/op.ts';
import { numelOf } from '../../shape.ts';
import { scatterJoin } from '../formulas.ts';
import { begin, wgslType } from '../record.ts';
import { assemble } from '../shader.ts';
import type { KernelCall } from './call.ts';
import { copyView, viewOf } from './copy.ts';

/** x (O, D, I), index (O, J, I) -> x[o, index[o, j, i], i]. */
export function runGather({ recorder, inputs, outputs }: KernelCall): void {
  const [x, index] = inputs.map((input) => viewOf(recorder, input));
  const [out] = outputs;
  const type = wgslType(out.dtype);
  const size = numelOf(index.shape);
  const parameters = [
    size,
    index.shape[1],
    index.shape[2],
    begin(x),
    ...x.strides,
    begin(index),
    ...index.strides,
    begin(out),
  ];
  const source = () => assemble(gatherTemplate, { ELEMENT: `alias Element = ${type};` });
  const buffers = [x.place, index.place, out.place];
  recorder.run({ key: `gather|${type}`, source, access: 'rrw', parameters, buffers }, size);
}

/** x (O, D, I) with source (O, J, I) written at index (O, J, I), or joined with what is there. */
export function runScatter({ mode }: KernelAttrs['scatter'], { recorder, inputs, outputs }: KernelCall): void {
  const [out] = outputs;
  const [base, index, source] = inputs.map((input) => viewOf(recorder, input));
  const [outer, length, inner] = base.shape;
  copyView(recorder, base, { ...out, shape: base.shape, strides: [length * inner, inner, 1] });
  const type = wgslType(out.dtype);
  const ELEMENT = `alias Element = ${type};`;
  const places = mode === 'place';
  const join = `out[place] = ${scatterJoin(mode, 'out[place]', 'value', out.dtype)};`;
  const program = () =>
    places ? assemble(placeTemplate, { ELEMENT }) : assemble(scatterTemplate, { ELEMENT, JOIN: join });
  const parameters = [
    outer,
    index.shape[1],
    inner,
    length,
    begin(index),
    ...index.strides,
    begin(source),
    ...source.strides,
    begin(out),
  ];
  const buffers = [index.place, source.place, out.place];
  const key = `scatter|${mode}|${out.dtype}`;
  recorder.run(
    { key, source: program, access: 'rrw', parameters, buffers },
    outer * inner * (places ? index.shape[1] : 1),
  );
}
