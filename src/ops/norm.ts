// torch.norm: norms of vectors, and of matrices for the orders that only matrices have.

import { isFloat } from '../dtype.ts';
import { DTypeError } from '../errors.ts';
import { normalizeDims } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { matrixDims, matrixNormOver, normOrder, type NormOrder } from './linalg/norms.ts';
import { type Dims, dims, keepdim } from './reduce.ts';
import { vectorNorm } from './statistics.ts';

/** The p-norm of the elements over `dim` ('fro' is 2; 'nuc' sums the singular values of matrices). https://pytorch.org/docs/stable/generated/torch.norm.html */
export const norm = define(
  'norm',
  [p.tensor('input'), optional(normOrder('p'), 2 as NormOrder), dims, keepdim],
  (input: Tensor, p: NormOrder, dim: Dims, keepdim: boolean): Tensor => {
    if (!isFloat(input.dtype)) {
      throw new DTypeError({
        op: 'norm',
        fact: `dtype ${input.dtype}`,
        rule: 'a norm needs a floating point dtype',
        cure: 'Use x.float().norm().',
      });
    }
    if (p === 'nuc') {
      const pair = matrixDims('norm', input, dim === null ? [-2, -1] : [dim].flat());
      return matrixNormOver('norm', input, p, pair, keepdim);
    }
    return vectorNorm(
      input,
      p === 'fro' ? 2 : p,
      normalizeDims('norm', dim, input.shape.length),
      keepdim,
      dim === null ? 'NormBackward0' : 'NormBackward1',
    );
  },
);
