// nn.functional: the stateless twins of the layers and losses. The random ones take their draws from the program's stream;
// everything else is an operation of src/ops. https://pytorch.org/docs/stable/nn.functional.html

import { ArgumentError } from '../errors.ts';
import { attend } from '../ops/attention.ts';
import { dropoutBy, requireProbability } from '../ops/nn.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
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
export { relu_ } from '../ops/inplace.ts';
export * from '../ops/inplace-activation.ts';
export { convTbc } from '../ops/convolve-sequence.ts';
export { channelShuffle as nativeChannelShuffle } from '../ops/patch.ts';
export { channelShuffle, fold, pixelShuffle, pixelUnshuffle, unfold } from '../ops/patch.ts';
export {
  celu,
  glu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  mish,
  prelu,
  relu6,
  selu,
  softmin,
  softshrink,
  softsign,
  tanhshrink,
  threshold,
} from '../ops/activation.ts';
export { bilinear, cosineSimilarity, normalize, pairwiseDistance } from '../ops/similarity.ts';
export { type BagMode, embedding, embeddingBag } from '../ops/embedding.ts';
export { gaussianNllLoss, klDiv, poissonNllLoss } from '../ops/likelihood.ts';
export {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  marginRankingLoss,
  multiMarginLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  softMarginLoss,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from '../ops/margin-loss.ts';
export { gumbelSoftmax, rrelu, rrelu_ } from './functional-random.ts';
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
export {
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2dWithIndices,
  adaptiveMaxPool3dWithIndices,
} from '../ops/adaptive.ts';
export { maxPool1dWithIndices, maxPool2dWithIndices, maxPool3dWithIndices } from '../ops/pool.ts';
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

/**
 * softmax(scale query key^T + attnMask) value: query (.., L, E), key (.., S, E), value (.., S, Ev) -> (.., L, Ev). A mask of
 * bool takes keys out where it is false, one of floats is added; `scale` is 1 / sqrt(E) where it is not given. Dropout takes
 * weights out whenever dropoutP is above 0: pass 0 in evaluation.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
 */
export const scaledDotProductAttention = define(
  'scaledDotProductAttention',
  [
    p.tensor('query'),
    p.tensor('key'),
    p.tensor('value'),
    optional(p.tensor('attnMask'), null),
    optional(p.number('dropoutP'), 0),
    optional(p.bool('isCausal'), false),
    optional(p.number('scale'), null),
  ],
  (query, key, value, mask, dropped, causal, scale): Tensor => {
    const op = 'scaledDotProductAttention';
    requireProbability(op, dropped);
    if (mask !== null && causal) {
      throw new ArgumentError({ op, fact: 'attnMask and isCausal', rule: 'only one of them can be given' });
    }
    const options = { masks: mask === null ? [] : [mask], causal, scale };
    return attend(op, query, key, value, { ...options, drop: (weights) => dropout(weights, dropped) }).output;
  },
);
