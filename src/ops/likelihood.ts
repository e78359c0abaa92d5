// Losses that are divergences or negative log likelihoods of a distribution: Kullback-Leibler, Poisson, Gauss. Chains of
// operations where PyTorch has chains; ops/loss.ts has the losses of regression and of classes.

import { ArgumentError, ShapeError } from '../errors.ts';
import { broadcastShapes, formatShape, sameShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { add, div, log, mul, square, sub, where } from './arithmetic.ts';
import { raised } from './similarity.ts';
import { reduce, type Reduction, reductionParam } from './loss.ts';
import { eq, exp, gt } from './math.ts';
import { sum } from './reduce.ts';
import { unsqueeze } from './view.ts';

const input = p.tensor('input');
const target = p.tensor('target');

/** x log x, which is 0 at 0. */
function selfLog(x: Tensor): Tensor {
  const zero = eq(x, 0);
  return where(zero, 0, mul(x, log(where(zero, 1, x))));
}

/** What becomes of the parts of a divergence: 'batchmean' divides their sum by the size of the batch. */
export type BatchReduction = Reduction | 'batchmean';
/** The parameter `reduction` of divergences. */
export const batchReductionParam = optional(
  p.custom<BatchReduction>()(
    'reduction',
    "'batchmean', 'mean', 'sum' or 'none'",
    (v) => v === 'batchmean' || v === 'mean' || v === 'sum' || v === 'none',
  ),
  'mean',
);

/**
 * target (log target - input), for an input of log probabilities; with `logTarget` the target is of logarithms, too.
 * The divergence by its definition is 'batchmean' or 'sum'; the default 'mean' also divides by the classes, as PyTorch's.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.kl_div.html
 */
export const klDiv = define(
  'klDiv',
  [input, target, batchReductionParam, optional(p.bool('logTarget'), false)],
  (input, target, reduction, logTarget): Tensor => {
    if (reduction === 'mean') {
      console.warn(
        "UserWarning: reduction: 'mean' divides the total loss by both the batch size and the support size. " +
          "'batchmean' divides only by the batch size, and aligns with the KL div math definition.",
      );
    }
    const parts = logTarget ? mul(exp(target), sub(target, input)) : sub(selfLog(target), mul(target, input));
    if (reduction !== 'batchmean') return reduce(parts, reduction);
    return input.shape.length === 0 ? sum(parts) : div(sum(parts), input.shape[0]);
  },
);

/**
 * The negative log likelihood of counts under a Poisson distribution: e^input - target * input, or input - target * log(input)
 * where `logInput` is false; `full` adds Stirling's approximation of log(target!) for targets above 1.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.poisson_nll_loss.html
 */
export const poissonNllLoss = define(
  'poissonNllLoss',
  [
    input,
    target,
    optional(p.bool('logInput'), true),
    optional(p.bool('full'), false),
    optional(p.number('eps'), 1e-8),
    reductionParam,
  ],
  (input, target, logInput, full, eps, reduction): Tensor => {
    broadcastShapes('poissonNllLoss', input.shape, target.shape);
    const likely = logInput ? sub(exp(input), mul(target, input)) : sub(input, mul(target, log(add(input, eps))));
    if (!full) return reduce(likely, reduction);
    const large = gt(target, 1);
    const safe = where(large, target, 1);
    const stirling = add(sub(mul(target, log(safe)), target), mul(log(mul(safe, 2 * Math.PI)), 0.5));
    return reduce(add(likely, where(large, stirling, 0)), reduction);
  },
);

/**
 * (log var + (input - target)^2 / var) / 2, var being at least eps; `full` adds log(2 pi) / 2. `var` has the shape of the
 * input, or lacks its last dimension, or has 1 there. https://pytorch.org/docs/stable/generated/torch.nn.functional.gaussian_nll_loss.html
 */
export const gaussianNllLoss = define(
  'gaussianNllLoss',
  [input, target, p.tensor('var'), optional(p.bool('full'), false), optional(p.number('eps'), 1e-6), reductionParam],
  (input, target, given, full, eps, reduction): Tensor => {
    const lead = input.shape.slice(0, -1);
    const scalarLast = given.shape.length === input.shape.length && given.shape.at(-1) === 1;
    const missingLast = sameShape(given.shape, lead) && !sameShape(given.shape, input.shape);
    if (
      !sameShape(given.shape, input.shape) &&
      !missingLast &&
      !(scalarLast && sameShape(given.shape.slice(0, -1), lead))
    ) {
      throw new ShapeError({
        op: 'gaussianNllLoss',
        fact: `var ${formatShape(given.shape)} for input ${formatShape(input.shape)}`,
        rule: 'one variance an element, or one for each position of the last dimension',
      });
    }
    if (!(eps > 0)) {
      throw new ArgumentError({ op: 'gaussianNllLoss', fact: `eps is ${eps}`, rule: 'it must be positive' });
    }
    // The variance is cut without the tape: below eps its gradient is that at eps.
    const variance = raised(missingLast ? unsqueeze(given, -1) : given, eps);
    const losses = mul(add(log(variance), div(square(sub(input, target)), variance)), 0.5);
    return reduce(full ? add(losses, 0.5 * Math.log(2 * Math.PI)) : losses, reduction);
  },
);
