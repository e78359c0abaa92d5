// More draws in place, and integers like another tensor: on the host at the call, from PyTorch's stream, as those of random.ts.

import { isFloat } from '../dtype.ts';
import { ArgumentError, DTypeError } from '../errors.ts';
import * as draw from '../host/draw.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { deviceOption, dtypeOption, gradOption } from './create.ts';
import { drawInto, generatorOption, randint } from './random.ts';

const input = p.tensor('input');

function requireFloat(op: string, x: Tensor): void {
  if (isFloat(x.dtype)) return;
  throw new DTypeError({
    op,
    fact: `dtype ${x.dtype}`,
    rule: 'it draws floating point numbers',
    cure: 'Use x.float().',
  });
}

/** Draws every element from the Cauchy distribution. https://pytorch.org/docs/stable/generated/torch.Tensor.cauchy_.html */
export const cauchy_ = define(
  'cauchy_',
  [input, optional(p.number('median'), 0), optional(p.number('sigma'), 1), generatorOption],
  (input, median, sigma, generator): Tensor => {
    requireFloat('cauchy_', input);
    if (!(sigma > 0)) throw new ArgumentError({ op: 'cauchy_', fact: `sigma ${sigma}`, rule: 'it must be positive' });
    return drawInto('cauchy_', input, generator, (mt, out) => draw.cauchy(mt, out as draw.FloatArray, median, sigma));
  },
);

/** Draws the number of trials until the first success, of probability p. https://pytorch.org/docs/stable/generated/torch.Tensor.geometric_.html */
export const geometric_ = define('geometric_', [input, p.number('p'), generatorOption], (input, p, generator): Tensor =>
  drawInto('geometric_', input, generator, (mt, out) => draw.geometric(mt, out, p)),
);

/** Draws every element as e^n with n of the normal distribution. https://pytorch.org/docs/stable/generated/torch.Tensor.log_normal_.html */
export const logNormal_ = define(
  'logNormal_',
  [input, optional(p.number('mean'), 1), optional(p.number('std'), 2), generatorOption],
  (input, mean, std, generator): Tensor => {
    requireFloat('logNormal_', input);
    return drawInto('logNormal_', input, generator, (mt, out) => draw.logNormal(mt, out as draw.FloatArray, mean, std));
  },
);

/**
 * Draws integers: random_(from, to) from `from` up to `to`, which is excluded; random_(to) from 0; random_() up to the largest
 * that the dtype counts to. https://pytorch.org/docs/stable/generated/torch.Tensor.random_.html
 */
export const random_ = define(
  'random_',
  [input, optional(p.int('from'), null), optional(p.int('to'), null), generatorOption],
  (input, first, last, generator): Tensor => {
    if (first === null && last === null)
      return drawInto('random_', input, generator, (mt, out) => draw.randomInteger(mt, out, input.dtype), input.dtype);
    const [from, to] = last === null ? [0, first as number] : [first ?? 0, last];
    if (!(from < to))
      throw new ArgumentError({ op: 'random_', fact: `from ${from} to ${to}`, rule: 'from must be below to' });
    return drawInto('random_', input, generator, (mt, out) => draw.randint(mt, out, from, to), input.dtype);
  },
);

/** randint with the shape and dtype of another tensor: randintLike(x, high) or randintLike(x, low, high). https://pytorch.org/docs/stable/generated/torch.randint_like.html */
export const randintLike = define(
  'randintLike',
  [input, p.int('low'), optional(p.int('high'), null), dtypeOption, deviceOption, gradOption],
  (input, low, high, dtype, device, requiresGrad): Tensor => {
    const [from, to] = high === null ? [0, low] : [low, high];
    const rest = { dtype: dtype ?? input.dtype, device: device ?? input.device, requiresGrad };
    return randint(from, to, [...input.shape], rest as never);
  },
);
