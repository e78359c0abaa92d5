// LDL^T of symmetric matrices that need not be positive definite, and systems by it. As in PyTorch, no gradient flows.

import { ShapeError } from '../../errors.ts';
import { formatShape, sameShape } from '../../shape.ts';
import { define, optional, p } from '../../core/signature.ts';
import type { Tensor } from '../../core/tensor.ts';
import { toDType, untaped } from '../apply.ts';
import { add } from '../arithmetic.ts';
import { cat } from '../join.ts';
import { matmul } from '../matmul.ts';
import { narrow } from '../part.ts';
import { namedTuple } from '../reduce.ts';
import { factorLdl, partsOfLdl } from './factors.ts';
import {
  asColumn,
  batchOf,
  diagonalMatrix,
  broadcastBatches,
  permutationMatrix,
  requireAlike,
  requireSquare,
  sizes,
  transposed as T,
} from './matrices.ts';
import { requireRows, substitute } from './triangular.ts';
import { padded } from '../window.ts';

const matrix = p.tensor('A');
/** Of complex matrices: whether the transpose is conjugated. Real ones are the same either way. */
const hermitian = optional(p.bool('hermitian'), false);

/**
 * LD, which holds L below D, and pivots, from the lower triangle of symmetric A = P L D L^T P^T; D has blocks of 1 and of 2, whose
 * pivots are negative. https://pytorch.org/docs/stable/generated/torch.linalg.ldl_factor.html
 */
export const ldlFactor = define('linalg.ldlFactor', [matrix, hermitian], (A: Tensor, _hermitian: boolean) => {
  requireSquare('linalg.ldlFactor', A);
  const { ld, pivots } = factorLdl(A, { op: 'linalg.ldlFactor', fault: 'singular' });
  return namedTuple('linalg.ldlFactor', { LD: ld, pivots });
});

/** The same with info: 0, or the first column (from 1) that is 0. https://pytorch.org/docs/stable/generated/torch.linalg.ldl_factor_ex.html */
export const ldlFactorEx = define(
  'linalg.ldlFactorEx',
  [matrix, hermitian, optional(p.bool('checkErrors'), false)],
  (A: Tensor, _hermitian: boolean, checkErrors: boolean) => {
    requireSquare('linalg.ldlFactorEx', A);
    const { ld, pivots, info } = factorLdl(A, checkErrors ? { op: 'linalg.ldlFactorEx', fault: 'singular' } : null);
    return namedTuple('linalg.ldlFactorEx', { LD: ld, pivots, info });
  },
);

/** X with A X = B from what ldlFactor gives. https://pytorch.org/docs/stable/generated/torch.linalg.ldl_solve.html */
export const ldlSolve = define(
  'linalg.ldlSolve',
  [p.tensor('LD'), p.tensor('pivots'), p.tensor('B'), hermitian],
  (LD: Tensor, pivots: Tensor, B: Tensor, _hermitian: boolean): Tensor => {
    const op = 'linalg.ldlSolve';
    requireSquare(op, LD);
    requireAlike(op, LD, B);
    requireRows(op, LD, B, true);
    if (!sameShape(pivots.shape, LD.shape.slice(0, -1))) {
      throw new ShapeError({
        op,
        fact: `LD ${formatShape(LD.shape)} and pivots ${formatShape(pivots.shape)}`,
        rule: 'there is a pivot for each column of each matrix',
      });
    }
    return untaped(() => {
      const marked = cat([LD.detach(), asColumn(toDType(pivots.detach(), LD.dtype))], -1);
      const { lower, diagonal, beside, order } = partsOfLdl(marked);
      const [n] = sizes(LD);
      // D^-1: its diagonal, and what stands below and above it.
      const near = padded(diagonalMatrix(narrow(beside, -1, 0, n - 1)), batchOf(LD).length, [1, 0], [0, 1]);
      const inverse = add(diagonalMatrix(diagonal), add(near, T(near)));
      const turn = permutationMatrix(order, LD);
      const [, right] = broadcastBatches(op, LD, B.detach());
      const half = substitute(lower, matmul(T(turn), right), { upper: false, unit: true });
      return matmul(turn, substitute(T(lower), matmul(inverse, half), { upper: true, unit: true }));
    });
  },
);
