// Order on the CPU device: sorting, searching in what is sorted, running extrema. NaN counts as larger than any number.

import type { TypedArray } from '../dtype.ts';
import type { Node } from '../core/graph.ts';
import type { KernelAttrs } from '../core/op.ts';
import { numelOf } from '../shape.ts';
import { dense, operandOf, positions } from './strided.ts';

/** Runs of this length are sorted by insertion before they are merged. */
const shortRun = 8;

/** Positions along a dimension in the order of their elements, the first `keep` of each line. */
export function argsort(attrs: KernelAttrs['argsort'], input: Node, out: TypedArray): void {
  const { dim, descending, keep } = attrs;
  const values = dense(input);
  const length = input.shape[dim] ?? 1;
  const inner = numelOf(input.shape.slice(dim + 1));
  const lines = length === 0 ? 0 : values.length / length;
  const keys = new Float64Array(length);
  const order = new Int32Array(length);
  const spare = new Int32Array(length);
  for (let line = 0; line < lines; line++) {
    const outer = Math.floor(line / inner);
    const start = outer * length * inner + (line % inner);
    const count = splitNaN(values, start, inner, descending, keys, order);
    const numbers = descending ? order.subarray(length - count) : order.subarray(0, count);
    sortPositions(keys, numbers, spare.subarray(0, count), descending ? -1 : 1);
    for (let at = 0; at < keep; at++) out[(outer * keep + at) * inner + (line % inner)] = order[at];
  }
}

/** Reads a line into `keys`; puts the positions of NaN last (first where falling) into `order`. The count of the others. */
function splitNaN(
  values: ArrayLike<number>,
  start: number,
  step: number,
  descending: boolean,
  keys: Float64Array,
  order: Int32Array,
): number {
  const length = keys.length;
  let missing = 0;
  for (let at = 0; at < length; at++) if (Number.isNaN((keys[at] = values[start + at * step]))) missing++;
  let [number, hole] = descending ? [missing, 0] : [0, length - missing];
  for (let at = 0; at < length; at++) order[Number.isNaN(keys[at]) ? hole++ : number++] = at;
  return length - missing;
}

/** Sorts positions by their keys, stably: short runs by insertion, then merges from one array into the other. */
function sortPositions(keys: Float64Array, order: Int32Array, spare: Int32Array, sign: number): void {
  const count = order.length;
  for (let first = 0; first < count; first += shortRun) {
    const stop = Math.min(first + shortRun, count);
    for (let at = first + 1; at < stop; at++) {
      const place = order[at];
      const key = keys[place] * sign;
      let to = at;
      for (; to > first && keys[order[to - 1]] * sign > key; to--) order[to] = order[to - 1];
      order[to] = place;
    }
  }
  let [from, to] = [order, spare];
  for (let run = shortRun; run < count; run *= 2) {
    for (let first = 0; first < count; first += 2 * run) {
      const [middle, stop] = [Math.min(first + run, count), Math.min(first + 2 * run, count)];
      let [left, right] = [first, middle];
      for (let at = first; at < stop; at++) {
        const takesLeft = right >= stop || (left < middle && keys[from[left]] * sign <= keys[from[right]] * sign);
        to[at] = from[takesLeft ? left++ : right++];
      }
    }
    [from, to] = [to, from];
  }
  if (from !== order) order.set(from);
}

/** Whether a stands behind b where NaN is the largest. */
function isBehind(a: number, b: number): boolean {
  return Number.isNaN(a) ? !Number.isNaN(b) : a > b;
}

/** How many elements of a sorted row lie before each value, or with `right` not behind it. */
export function search(right: boolean, sorted: Node, values: Node, out: TypedArray): void {
  const row = dense(sorted);
  const wanted = dense(values);
  const [lines, count] = sorted.shape;
  const each = values.shape[1];
  for (let line = 0; line < lines; line++) {
    for (let index = line * each; index < (line + 1) * each; index++) {
      const value = wanted[index];
      let [low, high] = [0, count];
      while (low < high) {
        const middle = (low + high) >> 1;
        const element = row[line * count + middle];
        if (right ? !isBehind(element, value) : isBehind(value, element)) low = middle + 1;
        else high = middle;
      }
      out[index] = low;
    }
  }
}

/** Where the extremum of the elements so far stands: the last of ties, and NaN before all. */
export function scanExtreme(fn: 'max' | 'min', dim: number, input: Node, out: TypedArray): void {
  const operand = operandOf(input);
  const places = positions(operand);
  const length = input.shape[dim] ?? 1;
  const inner = numelOf(input.shape.slice(dim + 1));
  const valueAt = (index: number): number => operand.array[places[index]];
  for (let index = 0; index < out.length; index++) {
    const at = Math.floor(index / inner) % length;
    const before = at === 0 ? 0 : out[index - inner];
    const value = valueAt(index);
    const best = valueAt(index - (at - before) * inner);
    const wins = at === 0 || Number.isNaN(value) || (fn === 'max' ? value >= best : value <= best);
    out[index] = wins ? at : before;
  }
}
