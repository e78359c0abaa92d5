// Cholesky's factorisation as users call it, and systems and inverses by it.

import { define, optional, p } from '../../core/signature.ts';
import type { Tensor } from '../../core/tensor.ts';
import { composite } from '../apply.ts';
import { add, neg } from '../arithmetic.ts';
import { matmul } from '../matmul.ts';
import { namedTuple } from '../reduce.ts';
import { factorCholesky } from './factors.ts';
import { identity, requireAlike, requireSquare, sizes, transposed as T } from './matrices.ts';
import { requireRows, substitute } from './triangular.ts';

const matrix = p.tensor('A');
const upper = optional(p.bool('upper'), false);

/** L with A = L L^T (or its transpose) of symmetric positive definite A. https://pytorch.org/docs/stable/generated/torch.linalg.cholesky.html */
export const cholesky = define('linalg.cholesky', [matrix, upper], (A, upper): Tensor => {
  requireSquare('linalg.cholesky', A);
  const { lower } = factorCholesky(A, { op: 'linalg.cholesky', fault: 'indefinite' });
  return upper ? T(lower) : lower;
});

/** The same with info: 0, or the order of the first leading minor that is not positive. https://pytorch.org/docs/stable/generated/torch.linalg.cholesky_ex.html */
export const choleskyEx = define(
  'linalg.choleskyEx',
  [matrix, upper, optional(p.bool('checkErrors'), false)],
  (A, upper, checkErrors) => {
    requireSquare('linalg.choleskyEx', A);
    const { lower, info } = factorCholesky(A, checkErrors ? { op: 'linalg.choleskyEx', fault: 'indefinite' } : null);
    return namedTuple('linalg.choleskyEx', { L: upper ? T(lower) : lower, info });
  },
);

/** (L L^T)^-1 B, or for upper U (U^T U)^-1 B. */
function solve(b: Tensor, factor: Tensor, upper: boolean): Tensor {
  const [first, second] = upper ? [T(factor), factor] : [factor, T(factor)];
  return substitute(second, substitute(first, b, { upper: false, unit: false }), { upper: true, unit: false });
}

/** The gradient of the factor, from g = the sum of X gA and its transpose: all of it, as PyTorch's, not its triangle. */
function factorGradient(factor: Tensor, both: Tensor, upper: boolean): Tensor {
  return neg(upper ? matmul(factor, both) : matmul(both, factor));
}

/** A^-1 B from the Cholesky factor of A. https://pytorch.org/docs/stable/generated/torch.cholesky_solve.html */
export const choleskySolve = define(
  'choleskySolve',
  [p.tensor('B'), p.tensor('L'), upper],
  (B: Tensor, L: Tensor, upper: boolean): Tensor => {
    requireSquare('choleskySolve', L);
    requireAlike('choleskySolve', B, L);
    requireRows('choleskySolve', L, B, true);
    return composite(
      'CholeskySolveBackward0',
      [B, L],
      () => solve(B, L, upper),
      (grad, { input, output, needs }) => {
        const flow = choleskySolve(grad, input(1), upper);
        if (!needs(1)) return [flow, null];
        const half = matmul(flow, T(output()));
        return [flow, factorGradient(input(1), add(half, T(half)), upper)];
      },
    );
  },
);

/** A^-1 from the Cholesky factor of A. https://pytorch.org/docs/stable/generated/torch.cholesky_inverse.html */
export const choleskyInverse = define(
  'choleskyInverse',
  [p.tensor('L'), upper],
  (L: Tensor, upper: boolean): Tensor => {
    requireSquare('choleskyInverse', L);
    return composite(
      'CholeskyInverseBackward0',
      [L],
      () => solve(identity(sizes(L)[0], L), L, upper),
      (grad, { input, output }) => {
        const inverse = output();
        const both = matmul(matmul(inverse, add(grad, T(grad))), inverse);
        return [factorGradient(input(0), both, upper)];
      },
    );
  },
);
