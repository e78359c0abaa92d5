// wgrad: PyTorch for the browser. Brings the language and the two devices together and exports what users name.

import './methods/attach.ts';
import { createCpuBackend } from './cpu/backend.ts';
import { provideOpeners } from './device.ts';
import { openWebGpu } from './webgpu/backend.ts';

provideOpeners({ cpu: createCpuBackend, webgpu: openWebGpu });

export * from './aliases.ts';
export * as autograd from './autograd/namespace.ts';
export { enableGrad, isGradEnabled, noGrad, setGradEnabled } from './autograd/autograd.ts';
export {
  arange,
  empty,
  emptyLike,
  eye,
  fromNumpy,
  full,
  fullLike,
  linspace,
  type NestedArray,
  ones,
  onesLike,
  tensor,
  type TensorOptions,
  zeros,
  zerosLike,
} from './create/create.ts';
export { asarray, asTensor, emptyStrided, logspace, trilIndices, triuIndices } from './create/like.ts';
export { binomial, poisson } from './create/counts.ts';
export { cauchy_, geometric_, logNormal_, randintLike, random_ } from './create/draws.ts';
export * from './create/windows.ts';
export {
  bernoulli,
  bernoulli_,
  exponential_,
  multinomial,
  normal,
  normal_,
  rand,
  randint,
  randLike,
  randn,
  randnLike,
  randperm,
  uniform_,
} from './create/random.ts';
export * as data from './data/index.ts';
export * as distributions from './distributions/index.ts';
export * as gpu from './inspect/gpu.ts';
export * from './io/index.ts';
export {
  areDeterministicAlgorithmsEnabled,
  isDeterministicAlgorithmsWarnOnlyEnabled,
  useDeterministicAlgorithms,
} from './determinism.ts';
export { memory, type MemorySummary } from './inspect/memory.ts';
export { argwhere, maskedSelect, nonzero, repeatInterleave, where } from './dependent.ts';
export { type DeviceInfo, getDefaultDevice, init, type InitOptions, resolveDevice as device } from './device.ts';
export * from './constants.ts';
export {
  bool,
  double,
  type DType,
  float,
  float32,
  float64,
  int,
  int32,
  int64,
  long,
  type TypedArray,
  uint8,
} from './dtype.ts';
export * from './errors.ts';
export { canCast, isFloatingPoint, isTensor, numel, promoteTypes, resultType } from './methods/facts.ts';
export { Device, type MemoryReport } from './core/graph.ts';
export { printOptions } from './host/format.ts';
export { index, type Index, indexPut, indexPut_, Slice, slice } from './indexing.ts';
export * as linalg from './linalg.ts';
export * as masked from './masked.ts';
export * as nn from './nn/index.ts';
// What torch has of nn.functional under the same names.
export {
  adaptiveAvgPool1d,
  adaptiveMaxPool1dWithIndices as adaptiveMaxPool1d,
  alphaDropout,
  avgPool1d,
  bilinear,
  celu,
  celu_,
  conv1d,
  conv2d,
  conv3d,
  convTbc,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  cosineSimilarity,
  dropout,
  featureAlphaDropout,
  groupNorm,
  hardshrink,
  layerNorm,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool3d,
  nativeChannelShuffle,
  pairwiseDistance,
  pdist,
  prelu,
  rrelu,
  rrelu_,
  selu,
  selu_,
  threshold,
  threshold_,
} from './nn/functional.ts';
export { compile, type CompileOptions } from './compile.ts';
export { explain, type ExplainOptions, type Explanation } from './inspect/explain.ts';
export {
  profile,
  type ProfileOptions,
  type ProfileReport,
  type ProfileRow,
  type TableOptions,
} from './inspect/profile.ts';
export {
  add,
  atan2,
  div,
  floorDivide,
  fmod,
  hypot,
  log,
  mul,
  neg,
  pow,
  reciprocal,
  remainder,
  rsub,
  sqrt,
  square,
  sub,
} from './ops/arithmetic.ts';
export { i0 } from './ops/bessel.ts';
export { addcdiv, addcmul, floatPower, lerp, logaddexp, logaddexp2, xlogy } from './ops/blend.ts';
export {
  atleast1d,
  atleast2d,
  atleast3d,
  blockDiag,
  broadcastShapes,
  broadcastTensors,
  cartesianProd,
  columnStack,
  combinations,
  dstack,
  kron,
  vander,
} from './ops/combine.ts';
export { clone, contiguous, flip } from './ops/copy.ts';
export * from './ops/difference.ts';
export { trapezoid as trapz } from './ops/difference.ts';
export * from './ops/divide.ts';
export { cdist, dist } from './ops/distance.ts';
export { einsum } from './ops/einsum.ts';
export * from './ops/extrema.ts';
export * from './ops/floats.ts';
export { gather, indexAdd, indexCopy, indexSelect, scatterAdd, take, takeAlongDim } from './ops/gather.ts';
export * from './ops/inplace.ts';
export * from './ops/inplace-math.ts';
export * from './ops/inplace-sums.ts';
export * from './ops/inplace-view.ts';
export { swapaxes_ as swapdims_ } from './ops/inplace-view.ts';
export * from './ops/integers.ts';
export { cat, chunk, hstack, split, stack, unbind, vstack } from './ops/join.ts';
export { cat as concat, cat as concatenate, vstack as rowStack } from './ops/join.ts';
export * from './ops/linalg/classic.ts';
export { cholesky, choleskyInverse, choleskySolve } from './ops/linalg/cholesky.ts';
export { luUnpack } from './ops/linalg/lu.ts';
export { matrixExp, matrixPower } from './ops/linalg/products.ts';
export { det, inv as inverse, logdet, slogdet } from './ops/linalg/solve.ts';
export * from './ops/math.ts';
export * from './ops/matmul.ts';
export * from './ops/norm.ts';
export { diagonal, narrow, select } from './ops/part.ts';
export { nativeBatchNorm, nativeLayerNorm } from './ops/normalization.ts';
export { polygamma } from './ops/polygamma.ts';
export * from './ops/quantile.ts';
export { igamma, igammac, mvlgamma } from './ops/special.ts';
export { logSoftmax, softmax } from './ops/nn.ts';
export { constantPadNd } from './ops/pad.ts';
export { channelShuffle, pixelShuffle, pixelUnshuffle } from './ops/patch.ts';
export { indexFill, maskedScatter, put } from './ops/put.ts';
export * from './ops/products.ts';
export {
  all,
  amax,
  amin,
  any,
  argmax,
  argmin,
  countNonzero,
  cumprod,
  cumsum,
  logsumexp,
  max,
  mean,
  min,
  prod,
  sum,
  type NamedTuple,
  type ValuesAndIndices,
} from './ops/reduce.ts';
export { cummax, cummin, logcumsumexp } from './ops/scans.ts';
export { histogramdd } from './ops/histogramdd.ts';
export { bucketize, histc, histogram, isin, searchsorted } from './ops/search.ts';
export { argsort, kthvalue, median, mode, msort, nanmedian, sort, topk } from './ops/sorting.ts';
export * from './ops/summaries.ts';
export * from './ops/replace.ts';
export { indexReduce, scatter, type ScatterReduction, scatterReduce } from './ops/scatter-reduce.ts';
export { variance as var, std, stdMean, variance, varMean } from './ops/statistics.ts';
export { asStrided, unfold } from './ops/stride.ts';
export * from './ops/tile.ts';
export { diag, tril, triu } from './ops/triangle.ts';
export { adjoint, fliplr, flipud, rot90, sumToSize } from './ops/turn.ts';
export {
  broadcastTo,
  expand,
  expandAs,
  flatten,
  movedim,
  permute,
  ravel,
  reshape,
  reshapeAs,
  squeeze,
  swapaxes,
  t,
  transpose,
  unflatten,
  unsqueeze,
  view,
  viewAs,
} from './ops/view.ts';
export { movedim as moveaxis, swapaxes as swapdims } from './ops/view.ts';
export * as optim from './optim/index.ts';
export {
  defaultGenerator,
  Generator,
  getRngState,
  initialSeed,
  manualSeed,
  seed,
  setRngState,
} from './create/generator.ts';
export {
  allclose,
  equal,
  isNonzero,
  item,
  numpy,
  type NestedList,
  type NestedNumbers,
  print,
  realize,
  repr,
  setPrintoptions,
  tolist,
} from './read.ts';
export * as special from './special.ts';
export { Tensor } from './core/tensor.ts';
export { bincount, unique, uniqueConsecutive } from './unique.ts';
export { tune, type TuneOptions } from './webgpu/tuning/tune.ts';
export type { TuneReport, TuneRow } from './webgpu/tuning/report.ts';
