// Summaries of data: extrema together, sums and means of what is not NaN, covariance and correlation, bounded norms. Formulas
// over reductions, whose gradients they take.

import { isFloat, type DType } from '../dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { formatShape, normalizeDim, numelOf } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { toDType } from './apply.ts';
import { add, div, mul, reciprocal, sqrt, sub, where } from './arithmetic.ts';
import { clamp } from './extrema.ts';
import { gt, isnan, logicalNot } from './math.ts';
import { mm } from './matmul.ts';
import { diagonal } from './part.ts';
import { amax, amin, dims, keepdim, type NamedTuple, namedTuple, requireElements, sum } from './reduce.ts';
import { vectorNorm } from './statistics.ts';
import { reshape, squeeze, t, unsqueeze } from './view.ts';

const input = p.tensor('input');
const dtypeOption = optional(p.dtype('dtype'), null);

/** The smallest and the largest element, over everything or along `dim`. https://pytorch.org/docs/stable/generated/torch.aminmax.html */
export const aminmax = define(
  'aminmax',
  [input, optional(p.int('dim'), null), keepdim],
  (input, dim, keepdim): NamedTuple<{ min: Tensor; max: Tensor }> => {
    requireElements(
      'aminmax',
      input,
      dim === null ? input.shape.map((_, at) => at) : [normalizeDim('aminmax', dim, input.shape.length)],
    );
    return namedTuple('aminmax', { min: amin(input, dim, keepdim), max: amax(input, dim, keepdim) });
  },
);

/** x with NaN as 0. */
function numbersOf(x: Tensor): Tensor {
  return isFloat(x.dtype) ? where(isnan(x), 0, x) : x;
}

/** The sum over `dim` (all dimensions if none) with NaN as 0. https://pytorch.org/docs/stable/generated/torch.nansum.html */
export const nansum = define(
  'nansum',
  [input, dims, keepdim, dtypeOption],
  (input, dim, keepdim, dtype: DType | null): Tensor => sum(numbersOf(input), dim, keepdim, dtype),
);

/** The mean over `dim` (all dimensions if none) of what is not NaN. https://pytorch.org/docs/stable/generated/torch.nanmean.html */
export const nanmean = define('nanmean', [input, dims, keepdim, dtypeOption], (input, dim, keepdim, dtype): Tensor => {
  if (!isFloat(input.dtype)) {
    throw new DTypeError({
      op: 'nanmean',
      fact: `dtype ${input.dtype}`,
      rule: 'it needs a floating point dtype',
      cure: 'Use x.float().nanmean().',
    });
  }
  return div(nansum(input, dim, keepdim, dtype), sum(logicalNot(isnan(input)), dim, keepdim));
});

/** Weights of observations: one number for each. */
function checkWeights(name: string, weights: Tensor, count: number, float: boolean): void {
  if (weights.shape.length > 1 || weights.numel() !== count) {
    throw new ShapeError({
      op: 'cov',
      fact: `${name} of shape ${formatShape(weights.shape)} for ${count} observations`,
      rule: 'it must have 1 dimension and one number for each',
    });
  }
  if (isFloat(weights.dtype) !== float) {
    throw new DTypeError({
      op: 'cov',
      fact: `${name} of dtype ${weights.dtype}`,
      rule: `it must be ${float ? 'floating point' : 'integer'}`,
    });
  }
  // Weights that were computed are known to the device alone.
  const least = Math.min(...(weights.node.root.host ?? []));
  if (least < 0) throw new ArgumentError({ op: 'cov', fact: `${name} holds ${least}`, rule: 'no weight is negative' });
}

/** Covariances of the rows of `input` (variables) over its columns (observations), which may have weights. https://pytorch.org/docs/stable/generated/torch.cov.html */
export const cov = define(
  'cov',
  [input, optional(p.int('correction'), 1), optional(p.tensor('fweights'), null), optional(p.tensor('aweights'), null)],
  (input, correction, fweights, aweights): Tensor => {
    if (input.shape.length > 2)
      throw new ShapeError({ op: 'cov', fact: formatShape(input.shape), rule: 'at most 2 dimensions' });
    const rows = input.shape.length < 2 ? reshape(input, 1, -1) : input;
    const values = isFloat(rows.dtype) ? rows : toDType(rows, 'float32');
    const count = values.shape[1];
    if (fweights !== null) checkWeights('fweights', fweights, count, false);
    if (aweights !== null) checkWeights('aweights', aweights, count, true);
    const weights = fweights !== null && aweights !== null ? mul(fweights, aweights) : (fweights ?? aweights);
    const weigh = (y: Tensor): Tensor => (weights === null ? y : mul(y, weights));
    const total = weights === null ? null : sum(weights);
    const deviations = sub(values, div(sum(weigh(values), 1, true), total ?? count));
    const products = mm(deviations, t(weigh(deviations)));
    return squeeze(div(products, freedomOf(total, weights, aweights, count, correction)));
  },
);

/** What the sums of products are divided by; never negative. */
function freedomOf(
  total: Tensor | null,
  weights: Tensor | null,
  aweights: Tensor | null,
  count: number,
  correction: number,
): Tensor | number {
  if (total === null || weights === null) return Math.max(count - correction, 0);
  if (aweights === null || correction === 0) return clamp(sub(total, correction), 0, null);
  return clamp(sub(total, div(mul(sum(mul(weights, aweights)), correction), total)), 0, null);
}

/** Pearson's correlation coefficients of the rows of `input` over its columns. https://pytorch.org/docs/stable/generated/torch.corrcoef.html */
export const corrcoef = define('corrcoef', [input], (input): Tensor => {
  if (input.shape.length > 2)
    throw new ShapeError({ op: 'corrcoef', fact: formatShape(input.shape), rule: 'at most 2 dimensions' });
  const covariances = cov(input);
  if (covariances.shape.length === 0) return div(covariances, covariances);
  const deviations = sqrt(diagonal(covariances));
  return clamp(div(div(covariances, unsqueeze(deviations, 1)), unsqueeze(deviations, 0)), -1, 1);
});

/** Each part along `dim` scaled down to a p-norm of at most `maxnorm`. https://pytorch.org/docs/stable/generated/torch.renorm.html */
export const renorm = define(
  'renorm',
  [input, p.number('p'), p.int('dim'), p.number('maxnorm')],
  (input, p, dim, maxnorm): Tensor => {
    if (input.shape.length < 2)
      throw new ShapeError({ op: 'renorm', fact: formatShape(input.shape), rule: 'at least 2 dimensions' });
    if (!(p > 0)) throw new ArgumentError({ op: 'renorm', fact: `p is ${p}`, rule: 'it must be positive' });
    if (!(maxnorm >= 0))
      throw new ArgumentError({ op: 'renorm', fact: `maxnorm is ${maxnorm}`, rule: 'it must not be negative' });
    const at = normalizeDim('renorm', dim, input.shape.length);
    const others = input.shape.map((_, d) => d).filter((d) => d !== at);
    if (numelOf(input.shape) === 0) return input;
    const norms = vectorNorm(input, p, others, true, 'LinalgVectorNormBackward0');
    // PyTorch's small number keeps the product below the bound.
    return mul(input, where(gt(norms, maxnorm), mul(reciprocal(add(norms, 1e-7)), maxnorm), 1));
  },
);
