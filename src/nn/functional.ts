// nn.functional: the stateless twins of the layers and losses. The random ones take their draws from the program's stream;
// everything else is an operation of src/ops. https://pytorch.org/docs/stable/nn.functional.html

import { dropoutBy, requireProbability } from '../ops/nn.ts';
import { define, optional, p } from '../signature.ts';
import type { Tensor } from '../tensor.ts';
import { deviceDraw } from './draw.ts';

export {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type Padding,
} from '../ops/convolution.ts';
export { pdist } from '../ops/distance.ts';
export {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  huberLoss,
  l1Loss,
  mseLoss,
  nllLoss,
  type Reduction,
  smoothL1Loss,
} from '../ops/loss.ts';
export { oneHot } from '../dependent.ts';
export { pad } from '../ops/pad.ts';
export { fold, pixelShuffle, pixelUnshuffle, unfold } from '../ops/patch.ts';
export { sigmoid, tanh } from '../ops/math.ts';
export { avgPool1d, avgPool2d, avgPool3d, type MaxPool, maxPool1d, maxPool2d, maxPool3d } from '../ops/pool.ts';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  type AdaptiveMaxPool,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  type OutputSize,
} from '../ops/adaptive.ts';
export { alphaDropout, dropout1d, dropout2d, dropout3d, featureAlphaDropout } from './functional-dropout.ts';
export { affineGrid, gridSample } from '../ops/grid.ts';
export {
  interpolate,
  type InterpolationMode,
  upsample,
  upsampleBilinear,
  upsampleNearest,
} from '../ops/interpolate.ts';
export { lpPool1d, lpPool2d, lpPool3d } from '../ops/pool.ts';
export { maxUnpool1d, maxUnpool2d, maxUnpool3d } from '../ops/unpool.ts';
export { batchNorm, groupNorm, instanceNorm, layerNorm, localResponseNorm, rmsNorm } from '../ops/normalization.ts';
export { elu, gelu, leakyRelu, linear, logSoftmax, logsigmoid, relu, silu, softmax, softplus } from '../ops/nn.ts';

/**
 * In training, zeroes each element with probability p and scales the others by 1 / (1 - p). The mask is drawn on the
 * device from the seed of `manualSeed`. https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
 */
export const dropout = define(
  'dropout',
  [
    p.tensor('input'),
    optional(p.number('p'), 0.5),
    optional(p.bool('training'), true),
    optional(p.bool('inplace'), false),
  ],
  (x, probability, training, inplace): Tensor => {
    requireProbability('dropout', probability);
    if (!training || probability === 0 || x.numel() === 0) return x;
    return dropoutBy(x, probability, deviceDraw(), inplace);
  },
);
