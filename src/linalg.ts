// torch.linalg: norms of vectors and matrices.

import { ArgumentError, ShapeError } from './errors.ts';
import { fillNode } from './ops/apply.ts';
import { cat } from './ops/join.ts';
import { abs } from './ops/math.ts';
import { amax, amin, cumprod, sum } from './ops/reduce.ts';
import { expand, unsqueeze } from './ops/view.ts';
import { norm as anyNorm, vectorNorm as over } from './ops/statistics.ts';
import { formatShape, normalizeDim, normalizeDims } from './shape.ts';
import { define, optional, p } from './signature.ts';
import { Tensor } from './tensor.ts';

const input = p.tensor('input');
const dims = optional(p.dims('dim'), null);
const keepdim = optional(p.bool('keepdim'), false);

/** The p-norm of the elements over `dim`. https://pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html */
export const vectorNorm = define(
  'linalg.vectorNorm',
  [input, optional(p.number('ord'), 2), dims, keepdim],
  (x, power, dim, keep): Tensor =>
    over(x, power, normalizeDims('linalg.vectorNorm', dim, x.shape.length), keep, 'LinalgVectorNormBackward0'),
);

const order = p.custom<number | 'fro'>()('ord', "a number or 'fro'", (v) => typeof v === 'number' || v === 'fro');

/** The norm of matrices in the last two dimensions: 'fro', 1, -1, inf or -inf. https://pytorch.org/docs/stable/generated/torch.linalg.matrix_norm.html */
export const matrixNorm = define(
  'linalg.matrixNorm',
  [input, optional(order, 'fro' as number | 'fro'), optional(p.ints('dim'), [-2, -1]), keepdim],
  (x, ord, dim, keep): Tensor => {
    if (x.shape.length < 2)
      throw new ShapeError({
        op: 'linalg.matrixNorm',
        fact: formatShape(x.shape),
        rule: 'at least 2 dimensions are needed',
      });
    const [rows, columns] = dim.map((one) => normalizeDim('linalg.matrixNorm', one, x.shape.length));
    if (ord === 'fro')
      return over(
        x,
        2,
        [rows, columns].sort((a, b) => a - b),
        keep,
        'LinalgVectorNormBackward0',
      );
    const power = Math.abs(ord);
    if (power !== 1 && power !== Infinity) {
      throw new ArgumentError({
        op: 'linalg.matrixNorm',
        fact: `ord ${ord}`,
        rule: "it must be 'fro', 1, -1, Infinity or -Infinity",
      });
    }
    // 1: the largest column sum; Infinity: the largest row sum; the negative ones the smallest.
    const [summed, left] = power === 1 ? [rows, columns] : [columns, rows];
    const sums = sum(abs(x), summed, true);
    const extreme = ord > 0 ? amax(sums, left, true) : amin(sums, left, true);
    return keep ? extreme : extreme.squeeze([rows, columns]);
  },
);

/** A vector norm where `dim` is one dimension or missing, a matrix norm where it is two. https://pytorch.org/docs/stable/generated/torch.linalg.norm.html */
export const norm = define(
  'linalg.norm',
  [input, optional(order, null), dims, keepdim],
  (x, ord, dim, keep): Tensor => {
    const matrix = Array.isArray(dim) ? dim.length === 2 : dim === null && x.shape.length === 2;
    if (matrix && ord !== null) return matrixNorm(x, ord, (dim as readonly number[] | null) ?? [-2, -1], keep);
    if (ord === 'fro') return anyNorm(x, 'fro', dim, keep);
    return over(x, ord ?? 2, normalizeDims('linalg.norm', dim, x.shape.length), keep, 'LinalgVectorNormBackward0');
  },
);

/** The powers 0, 1, .. N - 1 of each element: (.., n) -> (.., n, N); N is n where it is left out. https://pytorch.org/docs/stable/generated/torch.linalg.vander.html */
export const vander = define('linalg.vander', [p.tensor('x'), optional(p.int('N'), null)], (x, count): Tensor => {
  const shape = x.shape.length === 0 ? [1] : x.shape;
  const powers = count ?? shape[shape.length - 1];
  if (powers < 1) throw new ArgumentError({ op: 'linalg.vander', fact: `N ${powers}`, rule: 'it must be at least 1' });
  const ones = Tensor.at(fillNode(1, x.device, x.dtype, [...shape, 1]), null);
  const factors = expand(unsqueeze(x.shape.length === 0 ? unsqueeze(x, 0) : x, -1), [...shape, powers - 1]);
  return cat([ones, cumprod(factors, -1)], -1);
});
