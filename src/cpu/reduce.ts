// Reductions and running sums of the CPU device. Sums are pairwise in float64, so they can stand as reference.

import { isFloat, type TypedArray } from '../dtype.ts';
import type { Node } from '../core/graph.ts';
import type { KernelAttrs, ReduceFn } from '../core/op.ts';
import { numelOf } from '../shape.ts';
import { operandOf, positions } from './strided.ts';

/** Reduces one line of `count` values, read by `at`. */
type Fold = (at: (index: number) => number, count: number) => number;

function pairwiseSum(at: (index: number) => number, from: number, to: number): number {
  if (to - from <= 32) {
    let sum = 0;
    for (let index = from; index < to; index++) sum += at(index);
    return sum;
  }
  const middle = (from + to) >> 1;
  return pairwiseSum(at, from, middle) + pairwiseSum(at, middle, to);
}

/** Position of the best value; the first of ties, and NaN before all. */
function bestOf(at: (index: number) => number, count: number, better: (a: number, b: number) => boolean): number {
  let best = 0;
  for (let index = 1; index < count; index++) {
    const value = at(index);
    const champion = at(best);
    if (Number.isNaN(champion)) return best;
    if (Number.isNaN(value) || better(value, champion)) best = index;
  }
  return best;
}

const folds: Readonly<Record<ReduceFn, Fold>> = {
  sum: (at, count) => pairwiseSum(at, 0, count),
  prod: (at, count) => {
    let product = 1;
    for (let index = 0; index < count; index++) product *= at(index);
    return product;
  },
  max: (at, count) => at(bestOf(at, count, (a, b) => a > b)),
  min: (at, count) => at(bestOf(at, count, (a, b) => a < b)),
  argmax: (at, count) => bestOf(at, count, (a, b) => a > b),
  argmin: (at, count) => bestOf(at, count, (a, b) => a < b),
  any: (at, count) => {
    for (let index = 0; index < count; index++) if (at(index) !== 0) return 1;
    return 0;
  },
  all: (at, count) => {
    for (let index = 0; index < count; index++) if (at(index) === 0) return 0;
    return 1;
  },
};

/** Reduces `input` over `dims` (sorted) into `out`, whose elements are the other dimensions in C order. */
export function reduce(fn: ReduceFn, dims: readonly number[], input: Node, out: TypedArray): void {
  const operand = operandOf(input);
  const others = input.shape.map((_, dim) => dim).filter((dim) => !dims.includes(dim));
  const part = (list: readonly number[], which: readonly number[]) => which.map((dim) => list[dim]);
  const starts = positions({
    shape: part(input.shape, others),
    strides: part(operand.strides, others),
    offset: operand.offset,
  });
  const steps = positions({ shape: part(input.shape, dims), strides: part(operand.strides, dims), offset: 0 });
  const fold = folds[fn];
  for (let line = 0; line < out.length; line++) {
    const start = starts[line];
    out[line] = fold((index) => operand.array[start + steps[index]], steps.length);
  }
}

/** How an element joins a running total. */
const joins: Readonly<Record<KernelAttrs['scan']['fn'], (total: number, value: number) => number>> = {
  sum: (total, value) => total + value,
  prod: (total, value) => total * value,
  logsumexp: (total, value) => {
    const top = Math.max(total, value);
    return Math.abs(top) === Infinity ? top : top + Math.log1p(Math.exp(Math.min(total, value) - top));
  },
};

/** Running totals along `dim`: in float64, as PyTorch on the CPU; integers wrap around at each step as those of `out`. */
export function scan(fn: KernelAttrs['scan']['fn'], dim: number, input: Node, out: TypedArray): void {
  const whole = !isFloat(input.dtype);
  const join = whole && fn === 'prod' ? Math.imul : joins[fn];
  const { shape } = input;
  const operand = operandOf(input);
  const places = positions(operand);
  const length = shape[dim] ?? 1;
  const inner = numelOf(shape.slice(dim + 1));
  for (let line = 0; line * length < out.length; line++) {
    const start = Math.floor(line / inner) * inner * length + (line % inner);
    let total = 0;
    for (let step = 0; step < length; step++) {
      const index = start + step * inner;
      const value = operand.array[places[index]];
      total = step === 0 ? value : join(total, value);
      out[index] = total;
      if (whole) total = out[index];
    }
  }
}
