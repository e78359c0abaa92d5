// Norms of vectors and of matrices, and the condition number.

import { ArgumentError, ShapeError } from '../../errors.ts';
import { formatShape, normalizeDim, normalizeDims } from '../../shape.ts';
import { define, optional, p } from '../../core/signature.ts';
import type { Tensor } from '../../core/tensor.ts';
import { div, mul } from '../arithmetic.ts';
import { abs } from '../math.ts';
import { amax, amin, sum } from '../reduce.ts';
import { vectorNorm as over } from '../statistics.ts';
import { movedim, squeeze, unsqueeze } from '../view.ts';
import { requireMatrix, requireSquare } from './matrices.ts';
import { inv } from './solve.ts';
import { svdvals } from './spectral.ts';

const matrix = p.tensor('A');
const dims = optional(p.dims('dim'), null);
const keepdim = optional(p.bool('keepdim'), false);

/** The order of a norm: a number, Frobenius', or nuclear. */
export type NormOrder = number | 'fro' | 'nuc';

/** A parameter that takes the order of a norm. */
export const normOrder = <N extends string>(name: N) =>
  p.custom<NormOrder>()(name, "a number, 'fro' or 'nuc'", (v) => typeof v === 'number' || v === 'fro' || v === 'nuc');

/** The p-norm of the elements over `dim`. https://pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html */
export const vectorNorm = define(
  'linalg.vectorNorm',
  [p.tensor('x'), optional(p.number('ord'), 2), dims, keepdim],
  (x, ord, dim, keepdim): Tensor =>
    over(x, ord, normalizeDims('linalg.vectorNorm', dim, x.shape.length), keepdim, 'LinalgVectorNormBackward0'),
);

/** The norm of the matrices in dimensions `rows` and `columns`, under the name of the caller. */
export function matrixNormOver(
  op: string,
  x: Tensor,
  ord: NormOrder,
  [rows, columns]: readonly [number, number],
  keep: boolean,
): Tensor {
  if (ord === 'fro')
    return over(
      x,
      2,
      [rows, columns].toSorted((a, b) => a - b),
      keep,
      'LinalgVectorNormBackward0',
    );
  if (ord === 'nuc' || Math.abs(ord) === 2) {
    const values = svdvals(movedim(x, [rows, columns], [-2, -1]));
    const result = ord === 'nuc' ? sum(values, -1) : ord > 0 ? amax(values, -1) : amin(values, -1);
    if (!keep) return result;
    const [first, second] = [rows, columns].toSorted((a, b) => a - b);
    return unsqueeze(unsqueeze(result, first), second);
  }
  const power = Math.abs(ord);
  if (power !== 1 && power !== Infinity) {
    throw new ArgumentError({
      op,
      fact: `ord ${ord}`,
      rule: "it must be 'fro', 'nuc', 1, -1, 2, -2, Infinity or -Infinity",
    });
  }
  // 1: the largest column sum; Infinity: the largest row sum; the negative ones the smallest.
  const [summed, left] = power === 1 ? [rows, columns] : [columns, rows];
  const sums = sum(abs(x), summed, true);
  const extreme = ord > 0 ? amax(sums, left, true) : amin(sums, left, true);
  return keep ? extreme : squeeze(extreme, [rows, columns]);
}

/** Two dimensions that hold matrices; throws unless they are two and differ. */
export function matrixDims(op: string, x: Tensor, dim: readonly number[]): readonly [number, number] {
  const [rows, columns] = dim.map((one) => normalizeDim(op, one, x.shape.length));
  if (dim.length !== 2 || rows === columns) {
    throw new ArgumentError({ op, fact: `dim [${dim.join(', ')}]`, rule: 'two different dimensions are needed' });
  }
  return [rows, columns];
}

/** The norm of matrices in two dimensions: 'fro', 'nuc', 1, -1, 2, -2, Infinity or -Infinity. https://pytorch.org/docs/stable/generated/torch.linalg.matrix_norm.html */
export const matrixNorm = define(
  'linalg.matrixNorm',
  [matrix, optional(normOrder('ord'), 'fro' as NormOrder), optional(p.ints('dim'), [-2, -1]), keepdim],
  (A, ord, dim, keepdim): Tensor => {
    const op = 'linalg.matrixNorm';
    if (A.shape.length < 2)
      throw new ShapeError({ op, fact: formatShape(A.shape), rule: 'at least 2 dimensions are needed' });
    return matrixNormOver(op, A, ord, matrixDims(op, A, dim), keepdim);
  },
);

/** A vector norm where `dim` is one dimension or missing, a matrix norm where it is two. https://pytorch.org/docs/stable/generated/torch.linalg.norm.html */
export const norm = define(
  'linalg.norm',
  [matrix, optional(normOrder('ord'), null), dims, keepdim],
  (A, ord, dim, keepdim): Tensor => {
    const op = 'linalg.norm';
    const matrix = Array.isArray(dim) ? dim.length === 2 : dim === null && A.shape.length === 2;
    if (ord !== null && (matrix || typeof ord === 'string'))
      return matrixNormOver(op, A, ord, matrixDims(op, A, (dim as readonly number[] | null) ?? [-2, -1]), keepdim);
    return over(
      A,
      ord === null ? 2 : Number(ord),
      normalizeDims(op, dim, A.shape.length),
      keepdim,
      'LinalgVectorNormBackward0',
    );
  },
);

/** How much the inverse magnifies errors: the norm of A times that of its inverse; by default the ratio of the extreme singular values. https://pytorch.org/docs/stable/generated/torch.linalg.cond.html */
export const cond = define('linalg.cond', [matrix, optional(normOrder('p'), null)], (A, p): Tensor => {
  const op = 'linalg.cond';
  if (p === null || Math.abs(Number(p)) === 2) {
    requireMatrix(op, A);
    const values = svdvals(A);
    const [largest, smallest] = [amax(values, -1), amin(values, -1)];
    return p === -2 ? div(smallest, largest) : div(largest, smallest);
  }
  requireSquare(op, A);
  return mul(matrixNorm(A, p), matrixNorm(inv(A), p));
});
