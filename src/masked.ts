// torch.masked: reductions, running sums and softmax of the elements where a mask is true. What is masked out is replaced by
// what changes nothing: 0 in a sum, -inf in a maximum. https://pytorch.org/docs/stable/masked.html

import { type DType, isFloat } from './dtype.ts';
import { toDType } from './ops/apply.ts';
import { div, neg, sqrt as root, square, sub, where } from './ops/arithmetic.ts';
import { logaddexp as logSum } from './ops/blend.ts';
import { clamp } from './ops/extrema.ts';
import { softmax as anySoftmax, logSoftmax as anyLogSoftmax } from './ops/nn.ts';
import * as reducing from './ops/reduce.ts';
import { nanmedian } from './ops/sorting.ts';
import { vectorNorm } from './ops/statistics.ts';
import { broadcastTo, reshape } from './ops/view.ts';
import { onesLike } from './create/create.ts';
import { normalizeDim, normalizeDims } from './shape.ts';
import { define, optional, p } from './core/signature.ts';
import type { Tensor } from './core/tensor.ts';

const input = p.tensor('input');
const dims = optional(p.dims('dim'), null);
const oneDim = optional(p.int('dim'), null);
const keepdim = optional(p.bool('keepdim'), false);
const dtypeOption = optional(p.dtype('dtype'), null);
const mask = optional(p.tensor('mask'), null);
const reductionParams = [input, dims, keepdim, dtypeOption, mask] as const;

/** x where the mask is true (everywhere without one), else `neutral`. */
function kept(x: Tensor, only: Tensor | null, neutral: number): Tensor {
  return only === null ? x : where(broadcastTo(toDType(only, 'bool'), [...x.shape]), x, neutral);
}

/** The least and the largest number of a dtype. */
function limitsOf(dtype: DType): readonly [number, number] {
  if (isFloat(dtype)) return [-Infinity, Infinity];
  return dtype === 'int32' ? [-2147483648, 2147483647] : [0, dtype === 'bool' ? 1 : 255];
}

const inDType = (x: Tensor, dtype: DType | null): Tensor => (dtype === null ? x : toDType(x, dtype));

/** The sum over `dim` where `mask` is true. */
export const sum = define('masked.sum', reductionParams, (input, dim, keepdim, dtype, mask): Tensor =>
  reducing.sum(kept(input, mask, 0), dim, keepdim, dtype),
);

/** The product over `dim` (one, several or all) where `mask` is true. */
export const prod = define('masked.prod', reductionParams, (input, dim, keepdim, dtype, mask): Tensor => {
  const over = normalizeDims('masked.prod', dim, input.shape.length);
  const whole = kept(input, mask, 1);
  if (dim === null && !keepdim) return reducing.prod(whole, null, false, dtype);
  const products = over.reduce((y, at) => reducing.prod(y, at, true, dtype), whole);
  return reshape(products, reducing.reducedShape(input.shape, over, keepdim));
});

/** The largest element over `dim` where `mask` is true; -inf (the least integer) where it is nowhere. */
export const amax = define('masked.amax', reductionParams, (input, dim, keepdim, dtype, mask): Tensor =>
  inDType(reducing.amax(kept(input, mask, limitsOf(input.dtype)[0]), dim, keepdim), dtype),
);

/** The smallest element over `dim` where `mask` is true; inf (the largest integer) where it is nowhere. */
export const amin = define('masked.amin', reductionParams, (input, dim, keepdim, dtype, mask): Tensor =>
  inDType(reducing.amin(kept(input, mask, limitsOf(input.dtype)[1]), dim, keepdim), dtype),
);

const positionParams = [input, oneDim, keepdim, dtypeOption, mask] as const;

/** The position of the largest element where `mask` is true, in the dtype of `input`, as in PyTorch. */
export const argmax = define('masked.argmax', positionParams, (input, dim, keepdim, dtype, mask): Tensor =>
  toDType(reducing.argmax(kept(input, mask, limitsOf(input.dtype)[0]), dim, keepdim), dtype ?? input.dtype),
);

/** The position of the smallest element where `mask` is true, in the dtype of `input`, as in PyTorch. */
export const argmin = define('masked.argmin', positionParams, (input, dim, keepdim, dtype, mask): Tensor =>
  toDType(reducing.argmin(kept(input, mask, limitsOf(input.dtype)[1]), dim, keepdim), dtype ?? input.dtype),
);

/** log(sum(exp(input))) over `dim` where `mask` is true. */
export const logsumexp = define('masked.logsumexp', reductionParams, (input, dim, keepdim, dtype, mask): Tensor =>
  inDType(
    reducing.logsumexp(
      kept(input, mask, -Infinity),
      normalizeDims('masked.logsumexp', dim, input.shape.length),
      keepdim,
    ),
    dtype,
  ),
);

/** How many elements over `dim` take part. */
function countOf(x: Tensor, dim: reducing.Dims, keep: boolean, only: Tensor | null): Tensor {
  return reducing.sum(kept(onesLike(x, { dtype: 'int32' }), only, 0), dim, keep);
}

/** The mean over `dim` where `mask` is true; NaN where it is nowhere. */
export const mean = define('masked.mean', reductionParams, (input, dim, keepdim, dtype, mask): Tensor =>
  div(sum(input, dim, keepdim, dtype, mask), countOf(input, dim, keepdim, mask)),
);

const spreadParams = [input, dims, optional(p.bool('unbiased'), false), keepdim, dtypeOption, mask] as const;

function spreadOf(
  x: Tensor,
  dim: reducing.Dims,
  unbiased: boolean,
  keep: boolean,
  dtype: DType | null,
  only: Tensor | null,
): Tensor {
  const values = isFloat(x.dtype) ? x : toDType(x, 'float32');
  const over = normalizeDims('masked.var', dim, x.shape.length);
  const deviations = sub(values, mean(values, over, true, null, only));
  const total = sum(square(deviations), over, keep, null, only);
  const count = countOf(x, over, keep, only);
  return inDType(div(total, unbiased ? clamp(sub(count, 1), 0, null) : count), dtype);
}

/** The variance over `dim` where `mask` is true, divided by n, or by n - 1 if `unbiased`. */
const variance = define('masked.var', spreadParams, (input, dim, unbiased, keepdim, dtype, mask): Tensor =>
  spreadOf(input, dim, unbiased, keepdim, dtype, mask),
);
export { variance as var };

/** The standard deviation over `dim` where `mask` is true, as `var`. */
export const std = define('masked.std', spreadParams, (input, dim, unbiased, keepdim, dtype, mask): Tensor =>
  root(spreadOf(input, dim, unbiased, keepdim, dtype, mask)),
);

/** The norm of order `ord` over `dim` where `mask` is true. */
export const norm = define(
  'masked.norm',
  [input, optional(p.number('ord'), 2), dims, keepdim, dtypeOption, mask],
  (input, ord, dim, keepdim, dtype, mask): Tensor => {
    const over = normalizeDims('masked.norm', dim, input.shape.length);
    const values = kept(inDType(input, dtype), mask, ord === -Infinity ? Infinity : 0);
    return vectorNorm(values, ord, over, keepdim, 'LinalgVectorNormBackward0');
  },
);

/** The lower middle along `dim` of what is not masked out; NaN where all is. */
export const median = define(
  'masked.median',
  [input, optional(p.int('dim'), -1), keepdim, dtypeOption, mask],
  (input, dim, keepdim, dtype, mask): Tensor => {
    const values = isFloat(input.dtype) ? input : toDType(input, 'float32');
    return toDType(nanmedian(kept(values, mask, NaN), dim, keepdim).values, dtype ?? input.dtype);
  },
);

const alongParams = [input, p.int('dim'), dtypeOption, mask] as const;

/** Running sums along `dim` of the elements where `mask` is true. */
export const cumsum = define('masked.cumsum', alongParams, (input, dim, dtype, mask): Tensor =>
  reducing.cumsum(kept(input, mask, 0), dim, dtype),
);

/** Running products along `dim` of the elements where `mask` is true. */
export const cumprod = define('masked.cumprod', alongParams, (input, dim, dtype, mask): Tensor =>
  reducing.cumprod(kept(input, mask, 1), dim, dtype),
);

const along = (x: Tensor, dim: number): number => normalizeDim('masked.softmax', dim, x.shape.length);

/** softmax along `dim` over the elements where `mask` is true: 0 elsewhere, NaN in lines that are masked out. */
export const softmax = define('masked.softmax', alongParams, (input, dim, dtype, mask): Tensor =>
  anySoftmax(kept(input, mask, -Infinity), along(input, dim), dtype),
);

/** logSoftmax along `dim` over the elements where `mask` is true: -inf elsewhere. */
export const logSoftmax = define('masked.logSoftmax', alongParams, (input, dim, dtype, mask): Tensor =>
  anyLogSoftmax(kept(input, mask, -Infinity), along(input, dim), dtype),
);

/** softmin, the softmax of -input, along `dim` over the elements where `mask` is true. */
export const softmin = define('masked.softmin', alongParams, (input, dim, dtype, mask): Tensor =>
  anySoftmax(neg(kept(input, mask, Infinity)), along(input, dim), dtype),
);

/** log(e^input + e^other), each where its mask is true; -inf where both are masked out. */
export const logaddexp = define(
  'masked.logaddexp',
  [input, p.tensor('other'), dtypeOption, optional(p.tensor('inputMask'), null), optional(p.tensor('otherMask'), null)],
  (input, other, dtype, inputMask, otherMask): Tensor =>
    inDType(logSum(kept(input, inputMask, -Infinity), kept(other, otherMask, -Infinity)), dtype),
);
