// nn.functional: the stateless twins of the layers and losses. The random ones (functional-*.ts) take their draws from the
// program's stream; everything else is an operation of src/ops. https://pytorch.org/docs/stable/nn.functional.html

export {
  conv1d,
  conv2d,
  conv3d,
  convTbc,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type Padding,
} from '../ops/convolution.ts';
export { ctcLoss, type Lengths } from '../ops/ctc.ts';
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
export { multiHeadAttentionForward, scaledDotProductAttention } from './functional-attention.ts';
export {
  fractionalMaxPool2d,
  fractionalMaxPool2dWithIndices,
  fractionalMaxPool3d,
  fractionalMaxPool3dWithIndices,
} from './functional-pool.ts';
export { alphaDropout, dropout, dropout1d, dropout2d, dropout3d, featureAlphaDropout } from './functional-dropout.ts';
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
