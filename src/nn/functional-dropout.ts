// Dropout of elements, of whole channels and of values towards a fixed one, as functions. The masks are drawn on the device from the
// program's seed; what is computed with them are formulas of src/ops.

import { ShapeError } from '../errors.ts';
import { toDType } from '../ops/apply.ts';
import { add, mul, sub } from '../ops/arithmetic.ts';
import { lt } from '../ops/math.ts';
import { dropoutBy, philoxUniform, requireProbability, settled } from '../ops/nn.ts';
import { squeeze, unsqueeze } from '../ops/view.ts';
import { formatShape, type Shape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { deviceDraw } from './draw.ts';

const signature = (trained: boolean) =>
  [
    p.tensor('input'),
    optional(p.number('p'), 0.5),
    optional(p.bool('training'), trained),
    optional(p.bool('inplace'), false),
  ] as const;

/**
 * In training, zeroes each element with probability p and scales the others by 1 / (1 - p). The mask is drawn on the
 * device from the seed of `manualSeed`. https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
 */
export const dropout = define('dropout', signature(true), (input, p, training, inplace): Tensor => {
  requireProbability('dropout', p);
  if (!training || p === 0 || input.numel() === 0) return input;
  return dropoutBy(input, p, deviceDraw(), inplace);
});

/** (N, C, 1, ..): one draw for each channel of each example. */
const channelMask = (x: Tensor): number[] => x.shape.map((size, dim) => (dim < 2 ? size : 1));

function channels(op: string, x: Tensor, probability: number, training: boolean, inplace: boolean): Tensor {
  requireProbability(op, probability);
  if (!training || probability === 0 || x.numel() === 0) return x;
  return dropoutBy(x, probability, deviceDraw(), inplace, channelMask(x));
}

function defineChannels(op: string, counts: readonly number[], unbatched: number | null) {
  return define(op, signature(true), (input, p, training, inplace): Tensor => {
    const rank = input.shape.length;
    if (!counts.includes(rank)) {
      throw new ShapeError({
        op,
        fact: `input ${formatShape(input.shape)}`,
        rule: `it must have ${counts.join(' or ')} dimensions`,
      });
    }
    if (rank !== unbatched) return channels(op, input, p, training, inplace);
    return squeeze(channels(op, unsqueeze(input, 0), p, training, inplace), 0);
  });
}

/**
 * In training, zeroes each channel of (N, C, L) or (C, L) with probability p and scales the others by 1 / (1 - p).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout1d.html
 */
export const dropout1d = defineChannels('dropout1d', [2, 3], 2);
/** The same over (N, C, H, W); (N, C, L) is taken as having a batch. https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout2d.html */
export const dropout2d = defineChannels('dropout2d', [3, 4], null);
/** The same over (N, C, D, H, W) or (C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout3d.html */
export const dropout3d = defineChannels('dropout3d', [4, 5], 4);

/** The value that dropped elements take: the limit of SELU towards -inf. (G. Klambauer et al.: Self-Normalizing Neural Networks, 2017) */
const saturated = 1.7580993408473766;

/** a (x m + s (m - 1) .. ) with a mask m of kept elements, so that mean 0 and variance 1 stay. */
function towardsSaturation(x: Tensor, probability: number, mask: Shape): Tensor {
  if (probability === 1) return mul(x, 0);
  const kept = toDType(lt(philoxUniform(deviceDraw(), mask, x.device), 1 - probability), x.dtype);
  const scale = 1 / Math.sqrt((saturated * saturated * probability + 1) * (1 - probability));
  const shift = add(mul(sub(kept, 1), saturated * scale), saturated * scale * probability);
  return add(mul(x, mul(kept, scale)), shift);
}

function defineAlpha(op: string, maskOf: (x: Tensor) => Shape) {
  return define(op, signature(false), (x, probability, training, inplace): Tensor => {
    requireProbability(op, probability);
    if (!training || probability === 0 || x.numel() === 0) return x;
    return settled(`${op}_`, x, inplace, () => towardsSaturation(x, probability, maskOf(x)));
  });
}

/**
 * In training, sets elements with probability p to SELU's lowest value and scales and moves all, so that mean 0 and variance
 * 1 stay. https://pytorch.org/docs/stable/generated/torch.nn.functional.alpha_dropout.html
 */
export const alphaDropout = defineAlpha('alphaDropout', (x) => x.shape);
/** alphaDropout of whole channels of (N, C, ..). https://pytorch.org/docs/stable/generated/torch.nn.functional.feature_alpha_dropout.html */
export const featureAlphaDropout = defineAlpha('featureAlphaDropout', channelMask);
