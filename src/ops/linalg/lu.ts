// LU with partial pivoting as users call it, and systems by it.

import { ArgumentError } from '../../errors.ts';
import { define, optional, p } from '../../core/signature.ts';
import type { Tensor } from '../../core/tensor.ts';
import { matmul } from '../matmul.ts';
import { narrow } from '../part.ts';
import { type NamedTuple, namedTuple } from '../reduce.ts';
import { reshape } from '../view.ts';
import { type Demand, factorLu, orderOf, unpackLu } from './factors.ts';
import { permutationMatrix, requireAlike, requireMatrix, requireSquare, sizes, transposed as T } from './matrices.ts';
import { requireRows, substitute } from './triangular.ts';

const matrix = p.tensor('A');
const pivot = optional(p.bool('pivot'), true);

function requirePivot(op: string, pivot: boolean): void {
  if (pivot) return;
  throw new ArgumentError({ op, fact: 'pivot is false', rule: 'LU without pivoting is not defined on this device' });
}

/** LU, which holds L below the diagonal and U, and pivots: step k swapped row k with row pivot - 1. https://pytorch.org/docs/stable/generated/torch.linalg.lu_factor.html */
export const luFactor = define('linalg.luFactor', [matrix, pivot], (A, pivot) => {
  requireMatrix('linalg.luFactor', A);
  requirePivot('linalg.luFactor', pivot);
  const { lu, pivots } = factorLu(A);
  return namedTuple('linalg.luFactor', { LU: lu, pivots });
});

/** The same with info: 0, or the first diagonal element of U (from 1) that is 0. https://pytorch.org/docs/stable/generated/torch.linalg.lu_factor_ex.html */
export const luFactorEx = define(
  'linalg.luFactorEx',
  [matrix, pivot, optional(p.bool('checkErrors'), false)],
  (A, pivot, checkErrors) => {
    requireMatrix('linalg.luFactorEx', A);
    requirePivot('linalg.luFactorEx', pivot);
    const { lu, pivots, info } = factorLu(A, checkErrors ? { op: 'linalg.luFactorEx', fault: 'singular' } : null);
    return namedTuple('linalg.luFactorEx', { LU: lu, pivots, info });
  },
);

/** P, L and U with A = P L U. https://pytorch.org/docs/stable/generated/torch.linalg.lu.html */
export const lu = define('linalg.lu', [matrix, pivot], (A, pivot) => {
  requireMatrix('linalg.lu', A);
  requirePivot('linalg.lu', pivot);
  const { lu: packed, pivots } = factorLu(A);
  const [L, U] = unpackLu(packed);
  return namedTuple('linalg.lu', { P: permutationMatrix(orderOf(pivots, sizes(A)[0], A), A), L, U });
});

/** P, L and U from what luFactor gives. https://pytorch.org/docs/stable/generated/torch.lu_unpack.html */
export const luUnpack = define(
  'luUnpack',
  [
    p.tensor('LUData'),
    p.tensor('LUPivots'),
    optional(p.bool('unpackData'), true),
    optional(p.bool('unpackPivots'), true),
  ],
  (LUData, LUPivots, unpackData, unpackPivots): NamedTuple<Record<'P' | 'L' | 'U', Tensor>> => {
    requireMatrix('luUnpack', LUData);
    const empty = (): Tensor => narrow(reshape(LUData.detach(), -1), 0, 0, 0);
    const [L, U] = unpackData ? unpackLu(LUData) : [empty(), empty()];
    const P = unpackPivots ? permutationMatrix(orderOf(LUPivots, sizes(LUData)[0], LUData), LUData) : empty();
    return namedTuple('luUnpack', { P, L, U });
  },
);

/** X with A X = B (A^T X = B for `adjoint`) from the LU of A. */
export function solveByLu(lu: Tensor, pivots: Tensor, b: Tensor, adjoint: boolean): Tensor {
  const order = permutationMatrix(orderOf(pivots, sizes(lu)[0], lu), lu);
  if (adjoint) {
    const half = substitute(T(lu), b, { upper: false, unit: false });
    return matmul(order, substitute(T(lu), half, { upper: true, unit: true }));
  }
  const half = substitute(lu, matmul(T(order), b), { upper: false, unit: true });
  return substitute(lu, half, { upper: true, unit: false });
}

/** X with A X = B from the LU of A; X A = B for `left: false`, A^T for `adjoint`. https://pytorch.org/docs/stable/generated/torch.linalg.lu_solve.html */
export const luSolve = define(
  'linalg.luSolve',
  [
    p.tensor('LU'),
    p.tensor('pivots'),
    p.tensor('B'),
    optional(p.bool('left'), true),
    optional(p.bool('adjoint'), false),
  ],
  (LU, pivots, B, left, adjoint): Tensor => {
    const op = 'linalg.luSolve';
    requireSquare(op, LU);
    requireAlike(op, LU, B);
    requireRows(op, LU, B, left);
    return left ? solveByLu(LU, pivots, B, adjoint) : T(solveByLu(LU, pivots, T(B), !adjoint));
  },
);

/** X with A X = B by LU, failing where A is singular. */
export function solveSquare(a: Tensor, b: Tensor, demand: Demand | null) {
  const { lu: packed, pivots, info } = factorLu(a, demand);
  return { result: solveByLu(packed, pivots, b, false), info };
}
