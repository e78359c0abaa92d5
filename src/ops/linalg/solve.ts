// Systems, inverses and determinants of square matrices, by LU.

import { ShapeError } from '../../errors.ts';
import { isGradEnabled } from '../../core/mode.ts';
import { formatShape, numelOf, sameShape } from '../../shape.ts';
import { define, optional, p } from '../../core/signature.ts';
import type { Tensor } from '../../core/tensor.ts';
import { composite, toDType, untaped } from '../apply.ts';
import { add, log, mul, neg, where } from '../arithmetic.ts';
import { abs, eq, lt, ne, sign } from '../math.ts';
import { matmul } from '../matmul.ts';
import { type NamedTuple, namedTuple, prod, sum } from '../reduce.ts';
import { permute, reshape, squeeze } from '../view.ts';
import { factorLu, type Lu } from './factors.ts';
import { solveByLu, solveSquare } from './lu.ts';
import {
  asColumn,
  diagonalMatrix,
  diagonalOf,
  identity,
  overMatrix,
  positionsOf,
  requireAlike,
  requireSquare,
  sizes,
  transposed as T,
} from './matrices.ts';
import { requireRows } from './triangular.ts';

const matrix = p.tensor('A');
const left = optional(p.bool('left'), true);
const checkErrors = optional(p.bool('checkErrors'), false);

type Solved = NamedTuple<{ result: Tensor; info: Tensor }>;

/** X with A X = B for matrices B (.., n, k); fails where A is singular if `strict`. */
function solveMatrices(op: string, a: Tensor, b: Tensor, strict: boolean): Solved {
  let info: Tensor | null = null;
  const result = composite(
    'LinalgSolveExBackward0',
    [a, b],
    () => {
      const solved = solveSquare(a, b, strict ? { op, fault: 'singular' } : null);
      info = solved.info;
      return solved.result;
    },
    (grad, { input, output, needs }) => {
      const { result: flow } = solveMatrices(op, T(input(0)), grad, strict);
      return [needs(0) ? neg(matmul(flow, T(output()))) : null, flow];
    },
  );
  return namedTuple(op, { result, info: info as unknown as Tensor });
}

function solveAs(op: string, a: Tensor, b: Tensor, left: boolean, strict: boolean): Solved {
  requireSquare(op, a);
  requireAlike(op, a, b);
  // As PyTorch: a batch of vectors has the shape of A without its columns.
  const vector = b.shape.length === 1 || sameShape(b.shape, a.shape.slice(0, -1));
  if (!vector) requireRows(op, a, b, left);
  else if (!left) throw new ShapeError({ op, fact: `B ${formatShape(b.shape)}`, rule: 'left: false needs matrices' });
  else requireRows(op, a, asColumn(b), true);
  if (!left) {
    const { result, info } = solveMatrices(op, T(a), T(b), strict);
    return namedTuple(op, { result: T(result), info });
  }
  if (!vector) return solveMatrices(op, a, b, strict);
  const { result, info } = solveMatrices(op, a, asColumn(b), strict);
  return namedTuple(op, { result: squeeze(result, -1), info });
}

/** X with A X = B (X A = B for `left: false`) for invertible A. https://pytorch.org/docs/stable/generated/torch.linalg.solve.html */
export const solve = define(
  'linalg.solve',
  [matrix, p.tensor('B'), left],
  (A, B, left): Tensor => solveAs('linalg.solve', A, B, left, true).result,
);

/** The same with info: 0, or the diagonal element of U (from 1) that is 0. https://pytorch.org/docs/stable/generated/torch.linalg.solve_ex.html */
export const solveEx = define('linalg.solveEx', [matrix, p.tensor('B'), left, checkErrors], (A, B, left, checkErrors) =>
  solveAs('linalg.solveEx', A, B, left, checkErrors),
);

function invert(op: string, x: Tensor, strict: boolean): NamedTuple<{ inverse: Tensor; info: Tensor }> {
  requireSquare(op, x);
  let info: Tensor | null = null;
  const inverse = composite(
    'LinalgInvExBackward0',
    [x],
    () => {
      const solved = solveSquare(x, identity(sizes(x)[0], x), strict ? { op, fault: 'singular' } : null);
      info = solved.info;
      return solved.result;
    },
    (grad, { output }) => {
      const turned = T(output());
      return [neg(matmul(turned, matmul(grad, turned)))];
    },
  );
  return namedTuple(op, { inverse, info: info as unknown as Tensor });
}

/** The inverse of square matrices. https://pytorch.org/docs/stable/generated/torch.linalg.inv.html */
export const inv = define('linalg.inv', [matrix], (A): Tensor => invert('linalg.inv', A, true).inverse);

/** The same with info: 0, or the diagonal element of U (from 1) that is 0. https://pytorch.org/docs/stable/generated/torch.linalg.inv_ex.html */
export const invEx = define('linalg.invEx', [matrix, checkErrors], (A, checkErrors) =>
  invert('linalg.invEx', A, checkErrors),
);

/** -1 for each row that was swapped: the determinant of the permutation. */
function signOfPivots(pivots: Tensor, like: Tensor): Tensor {
  const swapped = toDType(ne(pivots, add(positionsOf(pivots), 1)), like.dtype);
  return prod(add(mul(swapped, -2), 1), -1);
}

/** The gradient of log |det A|, where the gradient of that is `flow` (..). */
function logGradient(flow: Tensor, x: Tensor, op: string): Tensor {
  const eye = mul(overMatrix(flow), identity(sizes(x)[0], x));
  return solveMatrices(op, T(x), eye, false).result;
}

/**
 * det A A^-T. The determinant is smooth where A is singular, too: pivots of 0 are then taken as the precision of the dtype,
 * in the determinant and in the inverse. For further derivatives A must be invertible.
 */
function determinantGradient(flow: Tensor, x: Tensor, determinant: Tensor): Tensor {
  if (isGradEnabled()) return logGradient(mul(flow, determinant), x, 'linalg.det');
  const { lu, pivots } = factorLu(x);
  const pivot = diagonalOf(lu);
  const precision = x.dtype === 'float64' ? 2 ** -52 : 2 ** -23;
  const lift = mul(toDType(eq(pivot, 0), x.dtype), precision);
  const product = mul(prod(add(pivot, lift), -1), signOfPivots(pivots, x));
  const right = mul(overMatrix(mul(flow, product)), identity(sizes(x)[0], x));
  return solveByLu(add(lu, diagonalMatrix(lift)), pivots, right, true);
}

/** The determinant of square matrices. https://pytorch.org/docs/stable/generated/torch.linalg.det.html */
export const det = define('linalg.det', [matrix], (A): Tensor => {
  requireSquare('linalg.det', A);
  return composite(
    'LinalgDetBackward0',
    [A],
    () => {
      const { lu, pivots } = factorLu(A);
      return mul(prod(diagonalOf(lu), -1), signOfPivots(pivots, A));
    },
    (grad, { input, output }) => [determinantGradient(grad, input(0), output())],
  );
});

/** The sign of the determinant and the logarithm of its magnitude. */
function signAndLog({ lu, pivots }: Lu, x: Tensor): readonly [Tensor, Tensor] {
  const pivot = diagonalOf(lu);
  return [mul(prod(sign(pivot), -1), signOfPivots(pivots, x)), sum(log(abs(pivot)), -1)];
}

/** sign and logabsdet: det = sign exp(logabsdet). https://pytorch.org/docs/stable/generated/torch.linalg.slogdet.html */
export const slogdet = define('linalg.slogdet', [matrix], (A) => {
  requireSquare('linalg.slogdet', A);
  const [signs, logs] = untaped(() => signAndLog(factorLu(A), A));
  const name = 'LinalgSlogdetBackward0';
  return namedTuple('linalg.slogdet', {
    sign: composite(
      name,
      [A],
      () => signs,
      () => [null],
    ),
    logabsdet: composite(
      name,
      [A],
      () => logs,
      (grad, { input }) => [logGradient(grad, input(0), 'linalg.slogdet')],
    ),
  });
});

/** The logarithm of the determinant; NaN where that is negative. https://pytorch.org/docs/stable/generated/torch.logdet.html */
export const logdet = define('logdet', [p.tensor('input')], (input): Tensor => {
  requireSquare('logdet', input);
  const { sign: signs, logabsdet } = slogdet(input);
  return where(lt(signs.detach(), 0), NaN, logabsdet);
});

/** The inverse of an n-dimensional tensor as a map from its last dimensions to its first `ind`. https://pytorch.org/docs/stable/generated/torch.linalg.tensorinv.html */
export const tensorinv = define('linalg.tensorinv', [matrix, optional(p.int('ind'), 2)], (A, ind): Tensor => {
  const op = 'linalg.tensorinv';
  const [to, from] = [A.shape.slice(0, ind), A.shape.slice(ind)];
  if (ind < 1 || numelOf(to) !== numelOf(from)) {
    throw new ShapeError({
      op,
      fact: `${formatShape(A.shape)} with ind ${ind}`,
      rule: 'the first ind dimensions need as many elements as the others',
    });
  }
  return reshape(invert(op, reshape(A, [numelOf(to), numelOf(from)]), true).inverse, [...from, ...to]);
});

/** X with tensordot(A, X, X.ndim) = B. https://pytorch.org/docs/stable/generated/torch.linalg.tensorsolve.html */
export const tensorsolve = define(
  'linalg.tensorsolve',
  [matrix, p.tensor('B'), optional(p.ints('dims'), null)],
  (A, B, dims): Tensor => {
    const op = 'linalg.tensorsolve';
    const rank = A.shape.length;
    const moved = dims === null ? [] : dims.map((dim) => (dim < 0 ? dim + rank : dim));
    const order = [...A.shape.map((_, dim) => dim).filter((dim) => !moved.includes(dim)), ...moved];
    const turned = dims === null ? A : permute(A, order);
    const shape = turned.shape.slice(B.shape.length);
    const columns = numelOf(shape);
    if (columns !== B.numel() || columns * columns !== A.numel()) {
      throw new ShapeError({
        op,
        fact: `A ${formatShape(A.shape)} and B ${formatShape(B.shape)}`,
        rule: 'A needs the dimensions of B and then as many elements again',
      });
    }
    const { result } = solveAs(op, reshape(turned, [columns, columns]), reshape(B, -1), true, true);
    return reshape(result, [...shape]);
  },
);
