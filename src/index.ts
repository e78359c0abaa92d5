// wgrad: PyTorch for the browser. Brings the language and the two devices together and exports what users name.

import './methods.ts';
import { createCpuBackend } from './cpu/backend.ts';
import { provideOpeners } from './device.ts';
import { openWebGpu } from './webgpu/backend.ts';

provideOpeners({ cpu: createCpuBackend, webgpu: openWebGpu });

export * as autograd from './autograd-namespace.ts';
export { enableGrad, isGradEnabled, noGrad, setGradEnabled } from './autograd.ts';
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
} from './create.ts';
export * from './create-random.ts';
export * as data from './data/index.ts';
export { memory, type MemorySummary } from './memory.ts';
export { maskedSelect, nonzero } from './dependent.ts';
export { type DeviceInfo, getDefaultDevice, init, type InitOptions, resolveDevice as device } from './device.ts';
export { bool, type DType, float32, float64, int32, type TypedArray, uint8 } from './dtype.ts';
export * from './errors.ts';
export { Device, type MemoryReport } from './graph.ts';
export { printOptions, setPrintoptions } from './host/format.ts';
export { index, type Index, indexPut_, Slice, slice } from './indexing.ts';
export * as linalg from './linalg.ts';
export * as nn from './nn/index.ts';
export { compile, type CompileOptions } from './compile.ts';
export { explain, type ExplainOptions, type Explanation } from './explain.ts';
export { profile, type ProfileOptions, type ProfileReport, type ProfileRow, type TableOptions } from './profile.ts';
export { toDType } from './ops/apply.ts';
export * from './ops/arithmetic.ts';
export * from './ops/copy.ts';
export * from './ops/extrema.ts';
export * from './ops/gather.ts';
export * from './ops/inplace.ts';
export * from './ops/join.ts';
export * from './ops/math.ts';
export * from './ops/matmul.ts';
export * from './ops/part.ts';
export { logSoftmax, softmax } from './ops/nn.ts';
export { nativeBatchNorm, nativeLayerNorm } from './ops/normalization.ts';
export * from './ops/reduce.ts';
export * from './ops/statistics.ts';
export * from './ops/tile.ts';
export * from './ops/triangle.ts';
export * from './ops/view.ts';
export * as optim from './optim/index.ts';
export { defaultGenerator, Generator, initialSeed, manualSeed } from './random.ts';
export { allclose, equal, item, numpy, print, realize, repr, toDevice, tolist } from './read.ts';
export * as special from './special.ts';
export { Tensor } from './tensor.ts';
export { tune, type TuneOptions } from './webgpu/tuning/tune.ts';
export type { TuneReport, TuneRow } from './webgpu/tuning/report.ts';
