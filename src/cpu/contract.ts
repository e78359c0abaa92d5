// Sums of products over groups of dimensions on the CPU: the places of both operands separate into those of batch, row, inner
// position and column, so that four lists of places say where everything is.

import type { TypedArray } from '../dtype.ts';
import type { Node } from '../core/graph.ts';
import type { ContractAttrs } from '../core/op.ts';
import type { Shape } from '../shape.ts';
import { operandOf, positions } from './strided.ts';

/** Columns that are summed at once: their places and sums stay in the processor's cache. */
const columnsAtOnce = 4096;

/** (b.., m.., k..) x (b.., k.., n..)[, bias (b.., m..)] -> out at the places that the attributes say. */
export function contract(attrs: ContractAttrs, [a, b, bias]: readonly Node[], out: TypedArray): void {
  const [left, right] = [operandOf(a), operandOf(b)];
  const { batch, rows, strides } = attrs;
  const inner = left.shape.length - batch - rows;
  const places = (shape: Shape, steps: Shape, from: number, to?: number): Int32Array =>
    positions({ shape: shape.slice(from, to), strides: steps.slice(from, to), offset: 0 });
  const end = batch + rows;
  const batches = [left, right].map((one) => places(one.shape, one.strides, 0, batch));
  const rowsA = places(left.shape, left.strides, batch, end);
  const [innerA, innerB] = [
    places(left.shape, left.strides, end),
    places(right.shape, right.strides, batch, batch + inner),
  ];
  const columnsB = places(right.shape, right.strides, batch + inner);
  const size = [...left.shape.slice(0, end), ...right.shape.slice(batch + inner)];
  const [toBatch, toRow, toColumn] = [
    places(size, strides, 0, batch),
    places(size, strides, batch, end),
    places(size, strides, end),
  ];
  const extra = bias === undefined ? null : operandOf(bias);
  const starts = extra === null ? null : positions(extra);
  const sums = new Float64Array(Math.min(columnsAtOnce, columnsB.length));
  for (let at = 0; at < toBatch.length; at++) {
    const [startA, startB] = [left.offset + batches[0][at], right.offset + batches[1][at]];
    for (let first = 0; first < columnsB.length; first += columnsAtOnce) {
      const count = Math.min(columnsAtOnce, columnsB.length - first);
      for (let row = 0; row < rowsA.length; row++) {
        sums.fill(extra === null || starts === null ? 0 : extra.array[starts[at * rowsA.length + row]]);
        for (let k = 0; k < innerA.length; k++) {
          const factor = left.array[startA + rowsA[row] + innerA[k]];
          const start = startB + innerB[k];
          for (let j = 0; j < count; j++) sums[j] += factor * right.array[start + columnsB[first + j]];
        }
        const to = toBatch[at] + toRow[row];
        for (let j = 0; j < count; j++) out[to + toColumn[first + j]] = sums[j];
      }
    }
  }
}
