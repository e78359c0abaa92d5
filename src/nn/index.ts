// nn: layers, losses and what they are made of. https://pytorch.org/docs/stable/nn.html

export {
  CELU,
  Dropout,
  ELU,
  GELU,
  GLU,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  PReLU,
  ReLU,
  ReLU6,
  RReLU,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softmax2d,
  Softmin,
  Softplus,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
  Threshold,
} from './activation.ts';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
  LPPool1d,
  LPPool2d,
  LPPool3d,
  MaxUnpool1d,
  MaxUnpool2d,
  MaxUnpool3d,
} from './adaptive.ts';
export { AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d } from './pool.ts';
export { Conv1d, Conv2d, Conv3d, type ConvOptions, type NamedConvOptions } from './convolution.ts';
export {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeOptions,
} from './convolution-transposed.ts';
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
} from './batch-normalization.ts';
export { AlphaDropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout } from './dropout.ts';
export * from './lazy.ts';
export { GroupNorm, LayerNorm, LocalResponseNorm, RMSNorm } from './normalization.ts';
export * from './padding.ts';
export { Upsample, UpsamplingBilinear2d, UpsamplingNearest2d } from './upsampling.ts';
export { Bilinear, CosineSimilarity, PairwiseDistance } from './distance.ts';
export { Embedding, EmbeddingBag } from './embedding.ts';
export { MultiheadAttention } from './attention.ts';
export { GRUCell, LSTMCell, RNNCell, RNNCellBase } from './cells.ts';
export { GRU, LSTM, RNN, RNNBase } from './recurrent.ts';
export { type Layer, ModuleList, type Positions, Sequential } from './container.ts';
export { AdaptiveLogSoftmaxWithLoss } from './adaptive-softmax.ts';
export { FractionalMaxPool2d, FractionalMaxPool3d } from './fractional-pool.ts';
export * as functional from './functional.ts';
export * as init from './init.ts';
export { type FactoryOptions, Flatten, Identity, LazyLinear, Linear, type LinearOptions, Unflatten } from './linear.ts';
export {
  BCELoss,
  BCEWithLogitsLoss,
  CosineEmbeddingLoss,
  CrossEntropyLoss,
  CTCLoss,
  GaussianNLLLoss,
  HingeEmbeddingLoss,
  HuberLoss,
  KLDivLoss,
  L1Loss,
  MarginRankingLoss,
  MSELoss,
  MultiLabelMarginLoss,
  MultiLabelSoftMarginLoss,
  MultiMarginLoss,
  NLLLoss,
  PoissonNLLLoss,
  SmoothL1Loss,
  SoftMarginLoss,
  TripletMarginLoss,
  TripletMarginWithDistanceLoss,
} from './loss.ts';
export { type RemovableHandle } from './hooks.ts';
export { type BackwardHook, type ForwardHook, type ForwardPreHook, Module } from './module.ts';
export { Parameter, UninitializedBuffer, UninitializedParameter } from './parameter.ts';
export { ModuleDict, ParameterDict, ParameterList } from './parameter-containers.ts';
export { type Destination, type IncompatibleKeys, type StateDict } from './state.ts';
export {
  Transformer,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
} from './transformer.ts';
export * as utils from './utils.ts';
