// The convolution of sequences whose time comes first, as PyTorch's fairseq models have them: conv1d in another order.

import { ShapeError } from '../errors.ts';
import { formatShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { conv1d } from './convolution.ts';
import { permute } from './view.ts';

/**
 * input (T, B, in) with weight (k, in, out) and bias (out), zeros of length `pad` at both ends of time ->
 * (T + 2 pad - k + 1, B, out). https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_tbc.html
 */
export const convTbc = define(
  'convTbc',
  [p.tensor('input'), p.tensor('weight'), p.tensor('bias'), optional(p.int('pad'), 0)],
  (x, weight, bias, pad): Tensor => {
    if (x.shape.length !== 3 || weight.shape.length !== 3 || x.shape[2] !== weight.shape[1]) {
      throw new ShapeError({
        op: 'convTbc',
        fact: `input ${formatShape(x.shape)} with weight ${formatShape(weight.shape)}`,
        rule: 'they are (time, batch, in) and (kernel, in, out)',
      });
    }
    // (B, in, T) with (out, in, k) -> (B, out, T').
    const out = conv1d(permute(x, 1, 2, 0), permute(weight, 2, 1, 0), bias, 1, pad);
    return permute(out, 2, 0, 1);
  },
);
