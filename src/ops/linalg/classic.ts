// Torch's own names of what linalg has, where they are called differently: other arguments, or other results.

import { ShapeError } from '../../errors.ts';
import { formatShape } from '../../shape.ts';
import { define, optional, p } from '../../core/signature.ts';
import type { Tensor } from '../../core/tensor.ts';
import { type NamedTuple, namedTuple } from '../reduce.ts';
import { luFactorEx, luSolve as solveLeft } from './lu.ts';
import { transposed as T } from './matrices.ts';
import { crossAlong } from './products.ts';
import { pinvOf, qrOf, svdOf } from './spectral.ts';
import { svdvals } from './spectral.ts';

const input = p.tensor('input');

/** The cross products along `dim`, by default the first dimension with 3 elements. https://pytorch.org/docs/stable/generated/torch.cross.html */
export const cross = define(
  'cross',
  [input, p.tensor('other'), optional(p.int('dim'), null)],
  (input, other, dim): Tensor => {
    const at = dim ?? input.shape.indexOf(3);
    if (dim === null && at < 0)
      throw new ShapeError({ op: 'cross', fact: formatShape(input.shape), rule: 'one dimension needs 3 elements' });
    return crossAlong('cross', input, other, at);
  },
);

/** The pseudo-inverse; singular values up to rcond times the largest count as 0. https://pytorch.org/docs/stable/generated/torch.pinverse.html */
export const pinverse = define('pinverse', [input, optional(p.number('rcond'), 1e-15)], (input, rcond): Tensor =>
  pinvOf('pinverse', input, null, rcond, false),
);

/** Q and R with A = Q R; for `some: false` Q is square. https://pytorch.org/docs/stable/generated/torch.qr.html */
export const qr = define('qr', [input, optional(p.bool('some'), true)], (input, some) =>
  qrOf('qr', input, some ? 'reduced' : 'complete'),
);

/** U, S and V (not its transpose) with A = U diag(S) V^T; for `some: false` U and V are square. https://pytorch.org/docs/stable/generated/torch.svd.html */
export const svd = define(
  'svd',
  [input, optional(p.bool('some'), true), optional(p.bool('computeUv'), true)],
  (input, some, computeUv): NamedTuple<Record<'U' | 'S' | 'V', Tensor>> => {
    if (computeUv) {
      const { U, S, Vh } = svdOf('svd', input, !some);
      return namedTuple('svd', { U, S, V: T(Vh) });
    }
    // As PyTorch: zeros in the place of the vectors.
    const { U, Vh } = svdOf('svd', input.detach(), true);
    return namedTuple('svd', { U: U.mul(0), S: svdvals(input), V: T(Vh).mul(0) });
  },
);

/** LU, pivots and, for `getInfos`, info. https://pytorch.org/docs/stable/generated/torch.lu.html */
export const lu = define(
  'lu',
  [input, optional(p.bool('pivot'), true), optional(p.bool('getInfos'), false)],
  (input, pivot, getInfos): readonly Tensor[] => {
    const { LU, pivots, info } = luFactorEx(input, pivot, !getInfos);
    return getInfos ? [LU, pivots, info] : [LU, pivots];
  },
);

/** X with A X = B from the LU of A. https://pytorch.org/docs/stable/generated/torch.lu_solve.html */
export const luSolve = define(
  'luSolve',
  [input, p.tensor('LUData'), p.tensor('LUPivots')],
  (input, LUData, LUPivots): Tensor => solveLeft(LUData, LUPivots, input),
);
