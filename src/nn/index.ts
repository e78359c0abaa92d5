// nn: layers, losses and what they are made of. https://pytorch.org/docs/stable/nn.html

export {
  Dropout,
  ELU,
  GELU,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
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
export { Upsample, UpsamplingBilinear2d, UpsamplingNearest2d } from './upsampling.ts';
export { ModuleList, type Positions, Sequential } from './container.ts';
export * as functional from './functional.ts';
export * as init from './init.ts';
export { type FactoryOptions, Flatten, Identity, LazyLinear, Linear, type LinearOptions, Unflatten } from './linear.ts';
export {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  HuberLoss,
  L1Loss,
  MSELoss,
  NLLLoss,
  SmoothL1Loss,
} from './loss.ts';
export { type ForwardHook, type ForwardPreHook, Module, type RemovableHandle } from './module.ts';
export { Parameter, UninitializedBuffer, UninitializedParameter } from './parameter.ts';
export { type Destination, type IncompatibleKeys, type StateDict } from './state.ts';
export * as utils from './utils.ts';
