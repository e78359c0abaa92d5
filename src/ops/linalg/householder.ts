// Products of Householder reflections, as QR factorisations store them.

import { ShapeError } from '../../errors.ts';
import { formatShape, sameShape } from '../../shape.ts';
import { define, p } from '../../core/signature.ts';
import type { Tensor } from '../../core/tensor.ts';
import { add, mul, sub, where } from '../arithmetic.ts';
import { matmul } from '../matmul.ts';
import { toDType } from '../apply.ts';
import { narrow } from '../part.ts';
import { tril, triu } from '../triangle.ts';
import { asColumn, batchOf, onDiagonal, requireAlike, requireMatrix, sizes, transposed as T } from './matrices.ts';
import { substitute } from './triangular.ts';

/**
 * The first n columns of H_1 .. H_k with H_i = I - tau_i v_i v_i^T, where v_i is column i of A (.., m, n) below a 1 on the
 * diagonal: Q (.., m, n). https://pytorch.org/docs/stable/generated/torch.linalg.householder_product.html
 */
export const householderProduct = define(
  'linalg.householderProduct',
  [p.tensor('A'), p.tensor('tau')],
  (A: Tensor, tau: Tensor): Tensor => {
    const op = 'linalg.householderProduct';
    requireMatrix(op, A);
    requireAlike(op, A, tau);
    const [m, n] = sizes(A);
    const k = tau.shape.at(-1) ?? 0;
    if (m < n || tau.shape.length !== A.shape.length - 1 || !sameShape(tau.shape.slice(0, -1), batchOf(A)) || k > n) {
      throw new ShapeError({
        op,
        fact: `A ${formatShape(A.shape)} and tau ${formatShape(tau.shape)}`,
        rule: 'A (.., m, n) has at least as many rows as columns, and tau (.., k) at most n numbers for each matrix',
      });
    }
    const identity = toDType(onDiagonal(m, n, A), A.dtype);
    if (k === 0) return add(mul(A, 0), identity);
    // H_1 .. H_k = I - V T V^T, where T = (I + D U)^-1 D, D = diag(tau) and U is V^T V above the diagonal: the inverse of T is
    // that of D plus U (X. Sun, 1996: the compact form of R. Schreiber and C. Van Loan), and a tau of 0 divides nothing.
    const v = where(onDiagonal(m, k, A), 1, tril(narrow(A, -1, 0, k), -1));
    const scale = asColumn(tau);
    const system = mul(scale, triu(matmul(T(v), v), 1));
    const inner = substitute(system, mul(scale, T(narrow(v, -2, 0, n))), { upper: true, unit: true });
    return sub(identity, matmul(v, inner));
  },
);
