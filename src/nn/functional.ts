// nn.functional: the stateless twins of the layers and losses. The random ones take their draws from the program's stream;
// everything else is an operation of src/ops. https://pytorch.org/docs/stable/nn.functional.html

import { effect } from '../capture.ts';
import { dropoutBy, requireProbability } from '../ops/nn.ts';
import { defaultGenerator } from '../random.ts';
import { define, optional, p } from '../signature.ts';
import type { Tensor } from '../tensor.ts';

export {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type Padding,
} from '../ops/convolution.ts';
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
export { bilinear, cosineSimilarity, normalize, pairwiseDistance } from '../ops/distance.ts';
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
export { sigmoid, tanh } from '../ops/math.ts';
export { avgPool1d, avgPool2d, avgPool3d, type MaxPool, maxPool1d, maxPool2d, maxPool3d } from '../ops/pool.ts';
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
    let drawn = { low: 0, high: 0, offset: 0 };
    effect(() => void (drawn = defaultGenerator.philoxSeed()));
    return dropoutBy(x, probability, () => drawn, inplace);
  },
);
