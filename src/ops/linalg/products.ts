// Products that linalg adds to matmul: of vectors along a dimension, crosswise, of many matrices, of a matrix with itself; and
// the exponential, which is made of such.

import { ArgumentError, ShapeError } from '../../errors.ts';
import { broadcastShapes, formatShape, normalizeDim, numelOf } from '../../shape.ts';
import { define, optional, p } from '../../core/signature.ts';
import type { Tensor } from '../../core/tensor.ts';
import { composite } from '../apply.ts';
import { add, div, mul, neg, sub, where } from '../arithmetic.ts';
import { cat } from '../join.ts';
import { abs, ceil, eq, exp2, gt, log2 } from '../math.ts';
import { matmul as product } from '../matmul.ts';
import { diagonal as diagonalAt, sliceAt } from '../part.ts';
import { maximum, minimum } from '../extrema.ts';
import { amax, sum } from '../reduce.ts';
import { expand, squeeze, unsqueeze } from '../view.ts';
import { roll } from '../tile.ts';
import { identity, overMatrix, requireSquare, sizes, transposed as T } from './matrices.ts';
import { inv } from './solve.ts';

const input = p.tensor('input');
const matrix = p.tensor('A');

/** The product of matrices, as torch.matmul. https://pytorch.org/docs/stable/generated/torch.linalg.matmul.html */
export const matmul = define('linalg.matmul', [input, p.tensor('other')], (input, other): Tensor =>
  product(input, other),
);

/** The diagonals of matrices, as a view. https://pytorch.org/docs/stable/generated/torch.linalg.diagonal.html */
export const diagonal = define(
  'linalg.diagonal',
  [matrix, optional(p.int('offset'), 0), optional(p.int('dim1'), -2), optional(p.int('dim2'), -1)],
  (A, offset, dim1, dim2): Tensor => diagonalAt(A, offset, dim1, dim2),
);

/** The dot products of vectors along `dim`. https://pytorch.org/docs/stable/generated/torch.linalg.vecdot.html */
export const vecdot = define(
  'linalg.vecdot',
  [p.tensor('x'), p.tensor('y'), optional(p.int('dim'), -1)],
  (x, y, dim): Tensor => {
    const rank = broadcastShapes('linalg.vecdot', x.shape, y.shape).length;
    return sum(mul(x, y), normalizeDim('linalg.vecdot', dim, rank));
  },
);

/** The cross products along dimension `dim`, where both have 3 elements. */
export function crossAlong(op: string, a: Tensor, b: Tensor, dim: number): Tensor {
  const shape = broadcastShapes(op, a.shape, b.shape);
  const at = normalizeDim(op, dim, shape.length);
  if (a.shape.length !== b.shape.length || a.shape[at] !== 3 || b.shape[at] !== 3) {
    throw new ShapeError({
      op,
      fact: `${formatShape(a.shape)} and ${formatShape(b.shape)} along dim ${dim}`,
      rule: 'both need as many dimensions, and 3 elements along dim',
    });
  }
  const [x, y] = [a, b].map((one) => expand(one, shape));
  // Component i is x[i + 1] y[i + 2] - x[i + 2] y[i + 1], counted round.
  const turned = (one: Tensor, by: number) => roll(one, -by, at);
  return sub(mul(turned(x, 1), turned(y, 2)), mul(turned(x, 2), turned(y, 1)));
}

/** The cross products of vectors of 3 elements along `dim`. https://pytorch.org/docs/stable/generated/torch.linalg.cross.html */
export const cross = define(
  'linalg.cross',
  [input, p.tensor('other'), optional(p.int('dim'), -1)],
  (input, other, dim): Tensor => crossAlong('linalg.cross', input, other, dim),
);

/** The product of matrices in the order that multiplies least; the first and the last may be vectors. https://pytorch.org/docs/stable/generated/torch.linalg.multi_dot.html */
export const multiDot = define('linalg.multiDot', [p.tensors('tensors')], (tensors): Tensor => {
  const op = 'linalg.multiDot';
  const last = tensors.length - 1;
  if (last < 1) throw new ArgumentError({ op, fact: `${tensors.length} tensors`, rule: 'at least 2 are needed' });
  const matrices = tensors.map((one, at) => {
    if (one.shape.length === 2) return one;
    if (one.shape.length === 1 && at === 0) return unsqueeze(one, 0);
    if (one.shape.length === 1 && at === last) return unsqueeze(one, 1);
    throw new ShapeError({
      op,
      fact: `tensor ${at} is ${formatShape(one.shape)}`,
      rule: 'matrices are needed; the first and the last may be vectors',
    });
  });
  const out = multiplied(matrices, cheapest(matrices), 0, last);
  const row = tensors[0].shape.length === 1 ? squeeze(out, 0) : out;
  return tensors[last].shape.length === 1 ? squeeze(row, -1) : row;
});

/** Where to split each run of matrices i .. j, so that multiplying them costs least (Cormen et al., 15.2). */
function cheapest(matrices: readonly Tensor[]): readonly (readonly number[])[] {
  const size = [matrices[0].shape[0], ...matrices.map(({ shape }) => shape[1])];
  const count = matrices.length;
  const cost = matrices.map(() => new Array<number>(count).fill(0));
  const split = matrices.map(() => new Array<number>(count).fill(0));
  for (let length = 1; length < count; length++) {
    for (let i = 0; i + length < count; i++) {
      const j = i + length;
      cost[i][j] = Infinity;
      for (let k = i; k < j; k++) {
        const total = cost[i][k] + cost[k + 1][j] + size[i] * size[k + 1] * size[j + 1];
        if (total < cost[i][j]) [cost[i][j], split[i][j]] = [total, k];
      }
    }
  }
  return split;
}

function multiplied(list: readonly Tensor[], split: readonly (readonly number[])[], i: number, j: number): Tensor {
  if (i === j) return list[i];
  const k = split[i][j];
  return product(multiplied(list, split, i, k), multiplied(list, split, k + 1, j));
}

/** A to the power of an integer; a negative one is of the inverse. https://pytorch.org/docs/stable/generated/torch.linalg.matrix_power.html */
export const matrixPower = define('linalg.matrixPower', [matrix, p.int('n')], (A, n): Tensor => {
  requireSquare('linalg.matrixPower', A);
  if (n === 0) return expand(identity(sizes(A)[0], A), A.shape).clone();
  let square = n < 0 ? inv(A) : A;
  let result: Tensor | null = null;
  // The bits of the exponent, the lowest first: x, x^2, x^4, .. where they are 1.
  for (let rest = Math.abs(n); ; square = product(square, square)) {
    if (rest % 2 === 1) result = result === null ? square : product(result, square);
    rest = Math.floor(rest / 2);
    if (rest === 0) return n === 1 ? (result as Tensor).clone() : (result as Tensor);
  }
});

/** Up to this norm the series is taken; larger matrices are halved and the result squared, this often at most. */
const seriesNorm = 0.5;
const mostSquarings = 16;

/** exp(A) for square matrices: A is halved until its norm is small, and the series squared as often. https://pytorch.org/docs/stable/generated/torch.linalg.matrix_exp.html */
export const matrixExp = define('linalg.matrixExp', [matrix], (A): Tensor => {
  requireSquare('linalg.matrixExp', A);
  const [n] = sizes(A);
  return composite(
    'LinalgMatrixExpBackward0',
    [A],
    () => exponential(A),
    // The derivative in direction G is the block at the upper right of exp [A, G; 0, A] (Najfeld and Havel 1995).
    (grad, { input }) => {
      const turned = T(input(0));
      if (numelOf(turned.shape) === 0) return [grad];
      // It is linear in G, which must not decide how often the block is halved.
      const most = amax(abs(grad.detach()), [-2, -1], true);
      const scale = where(eq(most, 0), 1, most);
      const zero = mul(turned.detach(), 0);
      const block = cat([cat([turned, div(grad, scale)], -1), cat([zero, turned], -1)], -2);
      const whole = matrixExp(block);
      const rank = whole.shape.length;
      return [mul(sliceAt(sliceAt(whole, rank - 2, 0, n, 1), rank - 1, n, 2 * n, 1), scale)];
    },
  );
});

function exponential(x: Tensor): Tensor {
  const [n] = sizes(x);
  if (numelOf(x.shape) === 0) return x.clone();
  // The largest column sum of each matrix, and how often that has to be halved.
  const size = amax(sum(abs(x), -2), -1);
  const halvings = minimum(maximum(ceil(log2(mul(size, 1 / seriesNorm))), 0), mostSquarings);
  const small = mul(x, overMatrix(exp2(neg(halvings))));
  let result = series(small, identity(n, x));
  for (let step = 0; step < mostSquarings; step++)
    result = where(overMatrix(gt(halvings, step)), product(result, result), result);
  return result;
}

/** The terms of the exponential series up to the 15th power, in blocks of four powers: six products (Paterson and Stockmeyer 1973). */
function series(x: Tensor, one: Tensor): Tensor {
  const second = product(x, x);
  const third = product(second, x);
  const fourth = product(second, second);
  const block = (from: number) => {
    const weight = (at: number) => 1 / factorial(from + at);
    return [x, second, third].reduce((total, power, at) => add(total, mul(power, weight(at + 1))), mul(one, weight(0)));
  };
  return [8, 4, 0].reduce((total, from) => add(product(total, fourth), block(from)), block(12));
}

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}
