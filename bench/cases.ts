// What is measured: each case is a description (an operation, its sizes, its work) and inputs from a seed. How a library
// computes it stands in contenders/; clocks are in measure.ts.
import { full, type HostTensor, labels, normal, uniform } from './random.ts';

/** `small` is for tests: the same cases in a moment. `large` adds cases that only a GPU has the time for. */
export const sizes = ['full', 'small', 'large'] as const;
export type Size = (typeof sizes)[number];

/**
 * An operation with its sizes. Weights are (inputs, outputs) here; a library that keeps them the other way transposes
 * them when it takes them over, and again for the comparison.
 */
export type Spec =
  /** X <- X B, X B^T or A^T X; the result has the shape of X, so that it can go in again. */
  | { readonly kind: 'matmul'; readonly form: 'NN' | 'NT' | 'TN'; readonly rows: number; readonly inner: number }
  /** x <- relu(2 x + y). */
  | { readonly kind: 'relu'; readonly count: number }
  | { readonly kind: 'sum'; readonly over: 'all' | 'rows' | 'columns'; readonly side: number }
  /** x <- softmax(x) along rows. */
  | { readonly kind: 'softmax'; readonly side: number }
  /** x <- gain (x - mean) / sqrt(variance + 1e-5) + bias along rows. */
  | { readonly kind: 'layerNorm'; readonly side: number }
  /** One update of many parameters from given gradients. */
  | { readonly kind: 'optimizer'; readonly rule: 'sgd' | 'adam'; readonly tensors: number; readonly each: number }
  /** One step of training: forward, backward, SGD. */
  | LinearSpec
  | MlpSpec
  | CnnSpec
  | BlockSpec;

export interface LinearSpec {
  readonly kind: 'linear';
  readonly batch: number;
  readonly features: number;
}

export interface MlpSpec {
  readonly kind: 'mlp';
  readonly batch: number;
  /** Inputs, hidden units, classes. */
  readonly sizes: readonly [number, number, number];
}

/**
 * A LeNet (LeCun et al. 1998) for images of one channel: convolution of 5 x 5 to 6 channels with padding 2, sigmoid, mean of
 * 2 x 2; convolution of 5 x 5 to 16 channels, sigmoid, mean of 2 x 2; layers to 120, 84 and 10 with sigmoids between.
 * x (batch, 1, side, side); kernels are (outputs, inputs, 5, 5), features of a layer run over channels, rows, columns.
 */
export interface CnnSpec {
  readonly kind: 'cnn';
  readonly batch: number;
  readonly side: number;
}

/** Channels and units of the network of a CnnSpec. */
export const lenet = { channels: [6, 16], kernel: 5, padding: 2, units: [120, 84, 10] } as const;

/** The side of the images behind the second pool. */
export const lenetSide = (side: number): number => (side / 2 + 1 - lenet.kernel) / 2;

/** A transformer block, layer norm first (Xiong et al. 2020), no mask: x (batch, length, width) -> the same shape. */
export interface BlockSpec {
  readonly kind: 'block';
  readonly batch: number;
  readonly length: number;
  readonly width: number;
  readonly heads: number;
}

export type Inputs = Readonly<Record<string, HostTensor>>;

/** How many times faster than a peer the project wants to be, by throughput; 1 where no more was set. */
export interface Target {
  readonly jax: number;
  readonly tfjs: number;
}

export interface BenchCase {
  /** For `--only`: short, without spaces. */
  readonly id: string;
  readonly name: string;
  readonly spec: Spec;
  /** What the rate counts: floating point operations, bytes that must move, or steps. */
  readonly unit: 'GFLOP/s' | 'GB/s' | 'steps/s';
  /** How much of it one operation is: operations or bytes times 1e-9, or 1 step. */
  readonly work: number;
  /** The largest difference from the CPU device, relative to the largest element. */
  readonly tolerance: number;
  /** Bytes of one result, all of which are held until a repetition ends. */
  readonly resultBytes: number;
  readonly target: Target;
  /**
   * Where the CPU would take too long: a smaller case whose results are the first elements of this one's results. Such a
   * case is for contenders on WebGPU alone.
   */
  readonly checkedBy?: BenchCase;
  /** Makes the inputs; the same at each call. */
  inputs(): Inputs;
}

export const learningRate = { optimizer: 0.01, linear: 0.03, mlp: 0.1, cnn: 0.1, block: 0.05 } as const;
/** Adam as in PyTorch's defaults. */
export const adam = { betas: [0.9, 0.999], eps: 1e-8 } as const;
export const layerNormEps = 1e-5;
/** Steps of training after which losses and parameters are compared. */
export const comparedSteps = 3;

const none: Target = { jax: 1, tfjs: 1 };

function matmulCase(form: 'NN' | 'NT' | 'TN', rows: number, inner: number, target: Target): BenchCase {
  const name = rows === inner ? `matmul ${rows}` : `matmul ${rows} × ${inner} × ${inner}`;
  const short = rows === inner ? `${rows}` : `${rows}x${inner}x${inner}`;
  return {
    id: form === 'NN' ? `matmul-${short}` : `matmul-${form}-${short}`,
    name: form === 'NN' ? name : `${name}, ${form === 'NT' ? 'A Bᵀ' : 'Aᵀ B'}`,
    spec: { kind: 'matmul', form, rows, inner },
    unit: 'GFLOP/s',
    work: 2 * rows * inner * inner * 1e-9,
    tolerance: 1e-5,
    resultBytes: 4 * rows * inner,
    target,
    // A deviation of 1 / sqrt(K) keeps the size of X over a chain.
    inputs: () => ({ x: normal(1, [rows, inner]), b: normal(2, [inner, inner], 1 / Math.sqrt(inner)) }),
  };
}

function reluCase(count: number): BenchCase {
  return {
    id: `relu-${label(count)}`,
    name: `relu(2x + y), ${label(count)}`,
    spec: { kind: 'relu', count },
    unit: 'GB/s',
    work: 12 * count * 1e-9,
    tolerance: 1e-6,
    resultBytes: 4 * count,
    target: { jax: 1.4, tfjs: 2.7 },
    // x doubles each time where it is positive; 0.001 * 2^100 is still far from the end of float32 (2^128).
    inputs: () => ({ x: normal(3, [count], 0.001), y: normal(4, [count], 0.001) }),
  };
}

function sumCase(over: 'all' | 'rows' | 'columns', side: number, target: Target): BenchCase {
  const name = { all: 'sum', rows: 'row sums', columns: 'column sums' }[over];
  return {
    id: `${name.replace(' ', '-')}-${label(side * side)}`,
    name: `${name}, ${label(side * side)}`,
    spec: { kind: 'sum', over, side },
    unit: 'GB/s',
    work: 4 * side * side * 1e-9,
    // Added one after the other in float32, 4M elements are off by more than 1e-5.
    tolerance: over === 'all' ? 1e-4 : 1e-5,
    resultBytes: over === 'all' ? 4 : 4 * side,
    target,
    inputs: () => ({ x: uniform(5, [side, side]) }),
  };
}

function rowCase(kind: 'softmax' | 'layerNorm', side: number, target: Target): BenchCase {
  return {
    id: `${kind === 'softmax' ? 'softmax' : 'layer-norm'}-${side}`,
    name: `${kind === 'softmax' ? 'softmax' : 'layer norm'} ${side} × ${side}`,
    spec: { kind, side },
    unit: 'GB/s',
    work: 8 * side * side * 1e-9,
    tolerance: 1e-5,
    resultBytes: 4 * side * side,
    target,
    inputs: () => ({
      x: normal(6, [side, side]),
      ...(kind === 'layerNorm' ? { gain: normal(7, [side]), bias: normal(8, [side]) } : {}),
    }),
  };
}

function optimizerCase(rule: 'sgd' | 'adam', tensors: number, each: number): BenchCase {
  // SGD reads p and g and writes p: 12 bytes an element. Adam reads p, g, m, v and writes p, m, v: 28.
  const bytes = (rule === 'sgd' ? 12 : 28) * tensors * each;
  return {
    id: `${rule}-${tensors}x${label(each)}`,
    name: `${rule === 'sgd' ? 'SGD' : 'Adam'}, ${tensors} tensors of ${label(each)}`,
    spec: { kind: 'optimizer', rule, tensors, each },
    unit: 'GB/s',
    work: bytes * 1e-9,
    tolerance: 1e-5,
    resultBytes: 4,
    target: rule === 'adam' ? { jax: 4, tfjs: 7 } : none,
    inputs: () => ({ parameters: normal(9, [tensors, each]), gradients: normal(10, [tensors, each]) }),
  };
}

function linearCase(batch: number, features: number): BenchCase {
  return {
    id: 'linear-regression',
    name: `linear regression step, batch ${batch}`,
    spec: { kind: 'linear', batch, features },
    unit: 'steps/s',
    work: 1,
    tolerance: 1e-5,
    resultBytes: 4,
    target: { jax: 8, tfjs: 40 },
    inputs: () => ({
      x: normal(11, [batch, features]),
      y: normal(12, [batch, 1]),
      weight: normal(13, [features, 1], 0.1),
      bias: full([1], 0),
    }),
  };
}

function mlpCase(batch: number, sizes: readonly [number, number, number]): BenchCase {
  const [inputs, hidden, classes] = sizes;
  // Forward 2 B (I H + H C); backward as much again for the weights, and 2 B H C for the hidden layer's gradient.
  const operations = 2 * batch * (2 * inputs * hidden + 3 * hidden * classes);
  return {
    id: 'mlp',
    name: `MLP step ${sizes.join('-')}, batch ${batch}`,
    spec: { kind: 'mlp', batch, sizes },
    unit: 'GFLOP/s',
    work: operations * 1e-9,
    tolerance: 1e-4,
    resultBytes: 4,
    target: { jax: 1.3, tfjs: 6 },
    inputs: () => ({
      x: normal(14, [batch, inputs]),
      y: labels(15, batch, classes),
      w1: normal(16, [inputs, hidden], 1 / Math.sqrt(inputs)),
      b1: full([hidden], 0),
      w2: normal(17, [hidden, classes], 1 / Math.sqrt(hidden)),
      b2: full([classes], 0),
    }),
  };
}

function cnnCase(batch: number, side: number): BenchCase {
  const { channels, kernel, units } = lenet;
  const [near, far] = [side * side, (side / 2 + 1 - kernel) ** 2];
  const features = channels[1] * lenetSide(side) ** 2;
  const first = 2 * batch * near * channels[0] * kernel ** 2;
  const second = 2 * batch * far * channels[1] * channels[0] * kernel ** 2;
  const dense = 2 * batch * (features * units[0] + units[0] * units[1] + units[1] * units[2]);
  const square = (seed: number, outputs: number, inputs: number): HostTensor =>
    normal(seed, [outputs, inputs, kernel, kernel], 1 / Math.sqrt(inputs * kernel ** 2));
  const layer = (seed: number, inputs: number, outputs: number): HostTensor =>
    normal(seed, [inputs, outputs], 1 / Math.sqrt(inputs));
  return {
    id: 'cnn',
    name: `CNN step (LeNet ${side} × ${side}), batch ${batch}`,
    spec: { kind: 'cnn', batch, side },
    unit: 'GFLOP/s',
    // The way back takes as much again for the weights, and for the inputs of all layers but the first.
    work: (2 * first + 3 * second + 3 * dense) * 1e-9,
    tolerance: 1e-4,
    resultBytes: 4,
    target: none,
    inputs: () => ({
      x: normal(26, [batch, 1, side, side]),
      y: labels(27, batch, units[2]),
      k1: square(28, channels[0], 1),
      c1: full([channels[0]], 0),
      k2: square(29, channels[1], channels[0]),
      c2: full([channels[1]], 0),
      w1: layer(30, features, units[0]),
      b1: full([units[0]], 0),
      w2: layer(31, units[0], units[1]),
      b2: full([units[1]], 0),
      w3: layer(32, units[1], units[2]),
      b3: full([units[2]], 0),
    }),
  };
}

function blockCase(batch: number, length: number, width: number, heads: number): BenchCase {
  const [rows, inner] = [batch * length, 4 * width];
  // Forward: four width x width layers, two of 4 width, and two products of (length, length) for each head; the way back
  // takes twice that, less the gradient of x, which nobody asks for: three layers of width x width.
  const forward = 2 * rows * (4 * width * width + 2 * width * inner) + 4 * batch * length * length * width;
  const square = (seed: number): HostTensor => normal(seed, [width, width], 1 / Math.sqrt(width));
  return {
    id: 'transformer',
    name: `transformer block step, ${batch} × ${length} × ${width}, ${heads} heads`,
    spec: { kind: 'block', batch, length, width, heads },
    unit: 'GFLOP/s',
    work: (3 * forward - 6 * rows * width * width) * 1e-9,
    tolerance: 2e-4,
    resultBytes: 4,
    target: none,
    inputs: () => ({
      x: normal(18, [batch, length, width]),
      y: normal(19, [batch, length, width]),
      gain1: full([width], 1),
      shift1: full([width], 0),
      wq: square(20),
      bq: full([width], 0),
      // Keys have no bias: softmax does not see it, so that its gradient would be rounding alone.
      wk: square(21),
      wv: square(22),
      bv: full([width], 0),
      wo: square(23),
      bo: full([width], 0),
      gain2: full([width], 1),
      shift2: full([width], 0),
      w1: normal(24, [width, inner], 1 / Math.sqrt(width)),
      b1: full([inner], 0),
      w2: normal(25, [inner, width], 1 / Math.sqrt(inner)),
      b2: full([width], 0),
    }),
  };
}

/** What fills a GPU: 137 GFLOP, and arrays of 256 MiB that no cache holds. */
function largeCases(): BenchCase[] {
  const target = { jax: 2, tfjs: 2 };
  return [
    { ...matmulCase('NN', 4096, 4096, target), checkedBy: matmulCase('NN', 8, 4096, target) },
    { ...reluCase(2 ** 26), target, checkedBy: reluCase(2 ** 20) },
    { ...sumCase('all', 8192, target), checkedBy: sumCase('all', 8192, target) },
    { ...optimizerCase('sgd', 16, 4_000_000), target, checkedBy: optimizerCase('sgd', 1, 4_000_000) },
    { ...optimizerCase('adam', 16, 4_000_000), target, checkedBy: optimizerCase('adam', 1, 4_000_000) },
  ];
}

/** `4M`, `10k`. */
function label(count: number): string {
  return count >= 1e6 ? `${Math.round(count / 1e6)}M` : count >= 1000 ? `${Math.round(count / 1000)}k` : String(count);
}

/** The names of a case's inputs that are trained: all but the batch. */
export function parameterNames(inputs: Inputs): string[] {
  return Object.keys(inputs).filter((name) => name !== 'x' && name !== 'y');
}

/** The cases in the order of the table. */
export function benchCases(size: Size): BenchCase[] {
  const full = size !== 'small';
  const pick = (large: number, small: number): number => (full ? large : small);
  return [
    matmulCase('NN', pick(256, 32), pick(256, 32), none),
    matmulCase('NN', pick(512, 48), pick(512, 48), { jax: 1, tfjs: 4 }),
    matmulCase('NN', pick(1024, 64), pick(1024, 64), { jax: 1, tfjs: 4 }),
    matmulCase('NN', pick(1023, 33), pick(1023, 33), { jax: 1.8, tfjs: 5 }),
    matmulCase('NT', pick(512, 40), pick(512, 40), none),
    matmulCase('TN', pick(512, 40), pick(512, 40), none),
    matmulCase('NN', pick(4096, 96), pick(64, 8), none),
    reluCase(pick(4_194_304, 4096)),
    sumCase('all', pick(2048, 64), { jax: 1.2, tfjs: 2.5 }),
    sumCase('rows', pick(2048, 64), none),
    sumCase('columns', pick(2048, 64), none),
    rowCase('softmax', pick(1024, 32), { jax: 1.5, tfjs: 3.3 }),
    rowCase('layerNorm', pick(1024, 32), none),
    optimizerCase('sgd', pick(100, 10), pick(10_000, 100)),
    optimizerCase('adam', pick(100, 10), pick(10_000, 100)),
    linearCase(10, 2),
    mlpCase(pick(128, 16), full ? [784, 256, 10] : [32, 16, 10]),
    cnnCase(pick(128, 8), pick(28, 12)),
    blockCase(pick(8, 2), pick(64, 8), pick(128, 16), pick(4, 2)),
    ...(size === 'large' ? largeCases() : []),
  ];
}
