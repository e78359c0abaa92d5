// Views of a part: one position, a range, a diagonal. Their gradient is zeros with the part written in.

import { ArgumentError, IndexError, ShapeError } from '../errors.ts';
import { contiguousLayout, normalizeDim, type Shape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor, ViewRecord } from '../core/tensor.ts';
import { fillNode, kernelNode, onTape } from './apply.ts';
import { record, type Way } from './view.ts';

/** A view of a part: its gradient is zeros with the part written in. */
export function partRecord(name: string, layout: Way, gradName?: string): ViewRecord {
  return record(name, layout, (grad, shape) => writePart(shape, layout, grad), gradName);
}

/** Zeros of `shape` with the part that `layout` shows replaced by `value`. */
function writePart(shape: Shape, layout: Way, value: Tensor): Tensor {
  const zeros = fillNode(0, value.device, value.dtype, shape);
  const region = layout(contiguousLayout(shape));
  const node = kernelNode('write', { region }, [zeros, value.node], value.dtype, shape);
  return onTape('SliceBackward0', (grad) => [grad.viewThrough(record('part', layout, (g) => g))], [value], node);
}

/** Position `index` along `dim`, which is removed. https://pytorch.org/docs/stable/generated/torch.select.html */
export const select = define(
  'select',
  [p.tensor('input'), p.int('dim'), p.int('index')],
  (input: Tensor, dim: number, index: number): Tensor => selectAt('select', input, dim, index),
);

/** `select` under the name of the caller. */
export function selectAt(op: string, input: Tensor, dim: number, index: number): Tensor {
  const at = normalizeDim(op, dim, input.shape.length);
  const length = input.shape[at];
  if (input.shape.length === 0 || index < -length || index >= length) throw outOfRange(op, index, at, length);
  const position = index < 0 ? index + length : index;
  const without = (list: readonly number[]) => list.filter((_, one) => one !== at);
  return input.viewThrough(
    partRecord('select', ({ shape, strides, offset }) => ({
      shape: without(shape),
      strides: without(strides),
      offset: offset + position * strides[at],
    })),
  );
}

/** The error for an index that lies outside a dimension. */
export function outOfRange(op: string, index: number, dim: number, length: number, least = -length): IndexError {
  return new IndexError({
    op,
    fact: `index ${index} is out of range for dimension ${dim} with size ${length}`,
    rule: length === 0 ? 'there is no element along it' : `it must be from ${least} to ${length - 1}`,
  });
}

/** Positions start, start + step, .. below stop along `dim`. */
export function sliceAt(input: Tensor, dim: number, start: number, stop: number, step: number): Tensor {
  const length = input.shape[dim];
  const clip = (value: number) => Math.min(Math.max(value < 0 ? value + length : value, 0), length);
  const first = clip(start);
  const count = Math.max(Math.ceil((clip(stop) - first) / step), 0);
  if (first === 0 && step === 1 && count === length) return input;
  return input.viewThrough(
    partRecord('slice', ({ shape, strides, offset }) => ({
      shape: shape.map((size, at) => (at === dim ? count : size)),
      strides: strides.map((stride, at) => (at === dim ? stride * step : stride)),
      offset: offset + first * strides[dim],
    })),
  );
}

/** `length` positions from `start` along `dim`. https://pytorch.org/docs/stable/generated/torch.narrow.html */
export const narrow = define(
  'narrow',
  [p.tensor('input'), p.int('dim'), p.int('start'), p.int('length')],
  (input: Tensor, dim: number, start: number, length: number): Tensor => {
    const at = normalizeDim('narrow', dim, input.shape.length);
    if (input.shape.length === 0)
      throw new ShapeError({ op: 'narrow', fact: '()', rule: 'at least 1 dimension is needed' });
    const size = input.shape[at];
    const first = start < 0 ? start + size : start;
    if (first < 0 || length < 0 || first + length > size) throw outOfRange('narrow', start + length, at, size);
    return sliceAt(input, at, first, first + length, 1);
  },
);

/** The diagonal of two dimensions as the last dimension. https://pytorch.org/docs/stable/generated/torch.diagonal.html */
export const diagonal = define(
  'diagonal',
  [p.tensor('input'), optional(p.int('offset'), 0), optional(p.int('dim1'), 0), optional(p.int('dim2'), 1)],
  (input: Tensor, shift: number, dim1: number, dim2: number): Tensor => {
    const a = normalizeDim('diagonal', dim1, input.shape.length);
    const b = normalizeDim('diagonal', dim2, input.shape.length);
    if (a === b)
      throw new ArgumentError({ op: 'diagonal', fact: `dim1 and dim2 are both ${a}`, rule: 'they must differ' });
    const [rows, columns] = [input.shape[a], input.shape[b]];
    const length = Math.max(shift >= 0 ? Math.min(rows, columns - shift) : Math.min(rows + shift, columns), 0);
    const others = input.shape.map((_, dim) => dim).filter((dim) => dim !== a && dim !== b);
    return input.viewThrough(
      partRecord('diagonal', ({ shape, strides, offset }) => ({
        shape: [...others.map((dim) => shape[dim]), length],
        strides: [...others.map((dim) => strides[dim]), strides[a] + strides[b]],
        offset: length === 0 ? offset : offset + (shift >= 0 ? shift * strides[b] : -shift * strides[a]),
      })),
    );
  },
);
