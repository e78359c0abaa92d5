// Reading arrays through layouts: the loops that all CPU kernels share. A layout's strides count elements.

import type { TypedArray } from '../dtype.ts';
import type { Node } from '../core/graph.ts';
import { expandStrides, isContiguous, type Layout, numelOf, type Shape } from '../shape.ts';

/** An array and how it is seen. */
export interface Operand extends Layout {
  readonly array: ArrayLike<number>;
}

/** What a node's readers see: the array of its root through its layout; a number is one element. */
export function operandOf(node: Node): Operand {
  const { shape, strides, offset, root } = node;
  const array = root.op.kind === 'scalar' ? [root.number] : (root.value as TypedArray);
  return { array, shape, strides, offset };
}

/** `operand` repeated to `shape`. */
export function broadcast(operand: Operand, shape: Shape): Operand {
  return { ...operand, shape, strides: expandStrides(operand.shape, operand.strides, shape) };
}

/** Places of all elements of a layout, in C order. */
export function positions(layout: Layout): Int32Array {
  const { shape, strides, offset } = layout;
  const out = new Int32Array(numelOf(shape));
  const rank = shape.length;
  const counter = new Int32Array(rank);
  let at = offset;
  for (let index = 0; index < out.length; index++) {
    out[index] = at;
    for (let dim = rank - 1; dim >= 0; dim--) {
      at += strides[dim];
      if (++counter[dim] < shape[dim]) break;
      at -= strides[dim] * shape[dim];
      counter[dim] = 0;
    }
  }
  return out;
}

/** Copies the elements of `from` into `out` as `layout` shows it. */
export function copyInto(out: TypedArray, layout: Layout, from: Operand): void {
  const { shape, strides, offset } = layout;
  const rank = shape.length;
  const size = numelOf(shape);
  const counter = new Int32Array(rank);
  let to = offset;
  let at = from.offset;
  for (let index = 0; index < size; index++) {
    out[to] = from.array[at];
    for (let dim = rank - 1; dim >= 0; dim--) {
      to += strides[dim];
      at += from.strides[dim];
      if (++counter[dim] < shape[dim]) break;
      to -= strides[dim] * shape[dim];
      at -= from.strides[dim] * shape[dim];
      counter[dim] = 0;
    }
  }
}

/** The elements of a node as a dense array in C order; the root's own array where that is one. */
export function dense(node: Node): ArrayLike<number> {
  const operand = operandOf(node);
  const size = numelOf(node.shape);
  const plain = operand.offset === 0 && operand.array.length === size && isContiguous(node.shape, node.strides);
  if (plain) return operand.array;
  const out = new Float64Array(size);
  const places = positions(operand);
  for (let index = 0; index < size; index++) out[index] = operand.array[places[index]];
  return out;
}
