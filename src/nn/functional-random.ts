// The functions of nn.functional that draw, but for dropout (functional-dropout.ts): slopes and noise.

import { emptyLike } from '../create/create.ts';
import { exponential_ } from '../create/random.ts';
import { ArgumentError } from '../errors.ts';
import { rreluBy } from '../ops/activation.ts';
import { toDType } from '../ops/apply.ts';
import { add, div, log, neg, sub } from '../ops/arithmetic.ts';
import { eq } from '../ops/math.ts';
import { leakyRelu, softmax } from '../ops/nn.ts';
import { amax } from '../ops/reduce.ts';
import { switchedOn } from '../ops/twin.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { deviceDraw } from './draw.ts';

/**
 * input where it is positive, else a slope times input: drawn from [lower, upper) for each element in training, their mean
 * otherwise. https://pytorch.org/docs/stable/generated/torch.nn.functional.rrelu.html
 */
export const rrelu = define(
  'rrelu',
  [
    p.tensor('input'),
    optional(p.number('lower'), 1 / 8),
    optional(p.number('upper'), 1 / 3),
    optional(p.bool('training'), false),
    optional(p.bool('inplace'), false),
  ],
  (input, lower, upper, training, inplace): Tensor => {
    if (!(lower <= upper)) {
      throw new ArgumentError({
        op: 'rrelu',
        fact: `lower is ${lower}, upper is ${upper}`,
        rule: 'lower must not be above upper',
      });
    }
    if (!training || input.numel() === 0) return leakyRelu(input, (lower + upper) / 2, inplace);
    return rreluBy(input, lower, upper, deviceDraw(), inplace);
  },
);

/** rrelu that writes into its input. https://pytorch.org/docs/stable/generated/torch.nn.functional.rrelu_.html */
export const rrelu_ = switchedOn('rrelu_', rrelu);

/**
 * A draw from the classes with probabilities softmax(logits) along `dim`, softened by `tau`: softmax((logits + g) / tau) with
 * g of Gumbel's distribution. `hard` answers the largest as one-hot, with the gradient of the soft answer.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.gumbel_softmax.html
 */
export const gumbelSoftmax = define(
  'gumbelSoftmax',
  [
    p.tensor('logits'),
    optional(p.number('tau'), 1),
    optional(p.bool('hard'), false),
    optional(p.number('eps'), 1e-10),
    optional(p.int('dim'), -1),
  ],
  (logits, tau, hard, _eps, dim): Tensor => {
    const noise = neg(log(exponential_(emptyLike(logits.detach()))));
    const soft = softmax(div(add(logits, noise), tau), dim);
    if (!hard) return soft;
    const plain = soft.detach();
    const sharp = toDType(eq(plain, amax(plain, dim, true)), plain.dtype);
    return add(sub(sharp, plain), soft);
  },
);
