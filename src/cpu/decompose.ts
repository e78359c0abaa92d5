// Factorisations of matrices on the CPU device: plain textbook loops in float64, one line of numbers a matrix. What a line holds
// is said at `Decomposition` in op.ts.

import type { TypedArray } from '../dtype.ts';
import type { Node } from '../core/graph.ts';
import type { KernelAttrs } from '../core/op.ts';
import { dense, operandOf, type Operand } from './strided.ts';
import { jacobi, type Matrix, orthogonalise } from './jacobi.ts';
import { ldl, ldlParts } from './ldl.ts';

/** x (B, M, N) -> (B, line). */
export function decompose({ method, size }: KernelAttrs['decompose'], x: Node, out: TypedArray, line: number): void {
  const [batches, rows, columns] = x.shape;
  const values = dense(x);
  for (let batch = 0; batch < batches; batch++) {
    const data = new Float64Array(rows * columns);
    for (let at = 0; at < data.length; at++) data[at] = values[batch * data.length + at];
    const parts = methods[method]({ data, rows, columns }, size);
    let at = batch * line;
    for (const part of parts) {
      out.set(part, at);
      at += part.length;
    }
  }
}

type Method = (matrix: Matrix, size: number) => readonly ArrayLike<number>[];

const methods: Readonly<Record<KernelAttrs['decompose']['method'], Method>> = {
  lu,
  cholesky,
  qr,
  eigh: jacobi,
  svd: orthogonalise,
  ldl,
  ldlParts,
  permutation: ({ data, columns }, size) => {
    const order = Float64Array.from({ length: size }, (_, at) => at);
    for (let k = 0; k < columns; k++) {
      const other = Math.min(Math.max(data[k], 1), size) - 1;
      [order[k], order[other]] = [order[other], order[k]];
    }
    return [order];
  },
};

/** P A = L U: row by row, the largest element of the column first. */
function lu({ data, rows, columns }: Matrix): ArrayLike<number>[] {
  const steps = Math.min(rows, columns);
  const pivots = new Float64Array(steps);
  let info = 0;
  for (let k = 0; k < steps; k++) {
    let row = k;
    for (let i = k + 1; i < rows; i++) if (Math.abs(data[i * columns + k]) > Math.abs(data[row * columns + k])) row = i;
    pivots[k] = row + 1;
    const kept = data.slice(k * columns, (k + 1) * columns);
    data.copyWithin(k * columns, row * columns, (row + 1) * columns);
    data.set(kept, row * columns);
    const pivot = data[k * columns + k];
    if (pivot === 0) {
      info ||= k + 1;
      continue;
    }
    for (let i = k + 1; i < rows; i++) {
      const factor = (data[i * columns + k] /= pivot);
      for (let j = k + 1; j < columns; j++) data[i * columns + j] -= factor * data[k * columns + j];
    }
  }
  return [data, pivots, [info]];
}

/** A = L L^T from the lower triangle of A; L is 0 from the column on that fails. */
function cholesky({ data, rows: n }: Matrix): ArrayLike<number>[] {
  const factor = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let value = data[i * n + j];
      for (let k = 0; k < j; k++) value -= factor[i * n + k] * factor[j * n + k];
      if (i === j && !(value > 0)) return [factor, [j + 1]];
      factor[i * n + j] = i === j ? Math.sqrt(value) : value / factor[j * n + j];
    }
  }
  return [factor, [0]];
}

/** A = Q R by reflections I - tau v v^T, as LAPACK signs them; Q has `width` columns. */
function qr({ data, rows, columns }: Matrix, width: number): ArrayLike<number>[] {
  const taus = new Float64Array(columns);
  for (let k = 0; k < columns; k++) {
    let below = 0;
    for (let i = k + 1; i < rows; i++) below = Math.hypot(below, data[i * columns + k]);
    if (below === 0) continue;
    const alpha = data[k * columns + k];
    const beta = (alpha >= 0 ? -1 : 1) * Math.hypot(alpha, below);
    taus[k] = (beta - alpha) / beta;
    for (let i = k + 1; i < rows; i++) data[i * columns + k] /= alpha - beta;
    data[k * columns + k] = beta;
    for (let j = k + 1; j < columns; j++) reflect(data, columns, rows, k, taus[k], data, columns, j);
  }
  const q = new Float64Array(rows * width);
  for (let i = 0; i < width; i++) q[i * width + i] = 1;
  for (let k = columns - 1; k >= 0; k--)
    for (let j = k; j < width; j++) reflect(data, columns, rows, k, taus[k], q, width, j);
  const r = Float64Array.from({ length: width * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    return i <= j ? data[i * columns + j] : 0;
  });
  return [q, r];
}

/** Applies reflection k, whose v stands below the diagonal of `data`, to column j of `target`. */
function reflect(
  data: Float64Array,
  columns: number,
  rows: number,
  k: number,
  tau: number,
  target: Float64Array,
  width: number,
  j: number,
): void {
  let along = target[k * width + j];
  for (let i = k + 1; i < rows; i++) along += data[i * columns + k] * target[i * width + j];
  along *= tau;
  target[k * width + j] -= along;
  for (let i = k + 1; i < rows; i++) target[i * width + j] -= along * data[i * columns + k];
}

/** A^-1 B for triangular A, by substitution. */
export function solveTriangular(
  { upper, unit }: KernelAttrs['solveTriangular'],
  a: Node,
  b: Node,
  out: TypedArray,
): void {
  const [batches, n, columns] = b.shape;
  const [left, right]: Operand[] = [operandOf(a), operandOf(b)];
  const answer = new Float64Array(n);
  for (let batch = 0; batch < batches; batch++) {
    for (let j = 0; j < columns; j++) {
      for (let step = 0; step < n; step++) {
        const i = upper ? n - 1 - step : step;
        const row = left.offset + batch * left.strides[0] + i * left.strides[1];
        let value = right.array[right.offset + batch * right.strides[0] + i * right.strides[1] + j * right.strides[2]];
        for (let k = upper ? i + 1 : 0; k < (upper ? n : i); k++)
          value -= left.array[row + k * left.strides[2]] * answer[k];
        answer[i] = unit ? value : value / left.array[row + i * left.strides[2]];
        out[(batch * n + i) * columns + j] = answer[i];
      }
    }
  }
}
