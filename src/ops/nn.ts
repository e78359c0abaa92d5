// The operations behind nn.functional that are no losses: activations, softmax, the linear map, dropout. Each is one step
// of the tape with PyTorch's name and a gradient in closed form. Knows no module and no random state.

import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { type Device, makeScalar } from '../core/graph.ts';
import { type ScalarFunction } from '../core/op.ts';
import { erf as erfOf } from '../host/special.ts';
import { formatShape, normalizeDim, type Shape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { type Rule, Tensor } from '../core/tensor.ts';
import { applyPointwise, composite, kernelNode, type PointwiseRow, toDType } from './apply.ts';
import { add, div, log, mul, neg, row, rsub, square, sub, where } from './arithmetic.ts';
import { writeInto } from './write.ts';
import { erf, exp, gt, relu as reluOf, sigmoid, tanh } from './math.ts';
import { addmm, matmul } from './matmul.ts';
import { amax, sum } from './reduce.ts';
import { t } from './view.ts';

const input = p.tensor('input');
/** Writes the result into the input. */
export const inplaceOption = optional(p.bool('inplace'), false);

/** A row for floats with a name of its own on the tape: `[JavaScript, WGSL]` over a and up to two parameters b, c. */
export function activation(
  name: string,
  gradName: string,
  cpu: ScalarFunction,
  wgsl: string,
  backward: Rule,
): PointwiseRow {
  return row(name, { float: [cpu, wgsl], gradName }, backward);
}

/** The result, written into the input where that is asked for. */
export function settled(op: string, x: Tensor, inplace: boolean, result: () => Tensor): Tensor {
  if (!inplace) return result();
  x.checkWritable(op);
  return writeInto(op, x, result());
}

/** max(input, 0). https://pytorch.org/docs/stable/generated/torch.nn.functional.relu.html */
export const relu = define('relu', [input, inplaceOption], (input, inplace): Tensor =>
  settled('relu_', input, inplace, () => reluOf(input)),
);

const leakyReluRow = activation(
  'leakyRelu',
  'LeakyReluBackward0',
  (a, b) => (a > 0 ? a : a * b),
  'select(a * b, a, a > 0.0)',
  (grad, { input }) => [where(gt(input(0), 0), grad, mul(grad, input(1))), null],
);

/** input where it is positive, else negativeSlope * input. https://pytorch.org/docs/stable/generated/torch.nn.functional.leaky_relu.html */
export const leakyRelu = define(
  'leakyRelu',
  [input, optional(p.number('negativeSlope'), 0.01), inplaceOption],
  (input, negativeSlope, inplace): Tensor =>
    settled('leakyRelu_', input, inplace, () => applyPointwise(leakyReluRow, [input, negativeSlope])),
);

const eluRow = activation(
  'elu',
  'EluBackward0',
  (a, b) => (a > 0 ? a : b * Math.expm1(a)),
  'select(b * wg_expm1(a), a, a > 0.0)',
  (grad, { input }) => [where(gt(input(0), 0), grad, mul(grad, mul(exp(input(0)), input(1)))), null],
);

/** input where it is positive, else alpha * (e^input - 1). https://pytorch.org/docs/stable/generated/torch.nn.functional.elu.html */
export const elu = define(
  'elu',
  [input, optional(p.number('alpha'), 1), inplaceOption],
  (input, alpha, inplace): Tensor => settled('elu_', input, inplace, () => applyPointwise(eluRow, [input, alpha])),
);

const geluRow = activation(
  'gelu',
  'GeluBackward0',
  (a) => 0.5 * a * (1 + erfOf(a * Math.SQRT1_2)),
  `0.5 * a * (1.0 + wg_erf(a * ${Math.SQRT1_2}))`,
  // Phi(x) + x phi(x), with the normal distribution's Phi and its density phi.
  (grad, { input }) => {
    const x = input(0);
    const below = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
    const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return [mul(grad, add(below, mul(x, density)))];
  },
);

/** Of tanh's argument k (x + c x^3) in gelu's approximation (Hendrycks and Gimpel 2016). */
const geluScale = Math.sqrt(2 / Math.PI);
const geluCube = 0.044715;

const geluTanhRow = activation(
  'geluTanh',
  'GeluBackward0',
  (a) => 0.5 * a * (1 + Math.tanh(geluScale * (a + geluCube * a * a * a))),
  `0.5 * a * (1.0 + wg_tanh(${geluScale} * (a + ${geluCube} * a * a * a)))`,
  (grad, { input }) => {
    const x = input(0);
    const squared = square(x);
    const bend = tanh(mul(mul(x, add(mul(squared, geluCube), 1)), geluScale));
    const inner = mul(add(mul(squared, 3 * geluCube), 1), geluScale);
    const slope = add(mul(add(bend, 1), 0.5), mul(mul(mul(x, 0.5), rsub(square(bend), 1)), inner));
    return [mul(grad, slope)];
  },
);

const approximation = p.custom<'none' | 'tanh'>()(
  'approximate',
  "'none' or 'tanh'",
  (v) => v === 'none' || v === 'tanh',
);

/** input * Phi(input), exactly or by tanh. https://pytorch.org/docs/stable/generated/torch.nn.functional.gelu.html */
export const gelu = define('gelu', [input, optional(approximation, 'none')], (input, approximate): Tensor =>
  applyPointwise(approximate === 'tanh' ? geluTanhRow : geluRow, [input]),
);

const siluRow = activation(
  'silu',
  'SiluBackward0',
  (a) => a / (1 + Math.exp(-a)),
  'a * wg_sigmoid(a)',
  (grad, { input }) => {
    const share = sigmoid(input(0));
    return [mul(grad, mul(share, add(mul(input(0), rsub(share, 1)), 1)))];
  },
);

/** input * sigmoid(input). https://pytorch.org/docs/stable/generated/torch.nn.functional.silu.html */
export const silu = define('silu', [input, inplaceOption], (input, inplace): Tensor =>
  settled('silu_', input, inplace, () => applyPointwise(siluRow, [input])),
);

const softplusRow = activation(
  'softplus',
  'SoftplusBackward0',
  (a, b, c) => (a * b > c ? a : Math.log1p(Math.exp(a * b)) / b),
  'select(wg_log1p(wg_exp(a * b)) / b, a, a * b > c)',
  (grad, { input }) => {
    const scaled = mul(input(0), input(1));
    return [where(gt(scaled, input(2)), grad, mul(grad, sigmoid(scaled))), null, null];
  },
);

/**
 * log(1 + e^(beta input)) / beta, and input itself where beta * input is above `threshold`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.softplus.html
 */
export const softplus = define(
  'softplus',
  [input, optional(p.number('beta'), 1), optional(p.number('threshold'), 20)],
  (input, beta, threshold): Tensor => applyPointwise(softplusRow, [input, beta, threshold]),
);

const logsigmoidRow = activation(
  'logsigmoid',
  'LogSigmoidBackward0',
  (a) => Math.min(a, 0) - Math.log1p(Math.exp(-Math.abs(a))),
  'wg_minimum(a, 0.0) - wg_log1p(wg_exp(-wg_abs(a)))',
  (grad, { input }) => [mul(grad, sigmoid(neg(input(0))))],
);

/** log(sigmoid(input)), without overflow. https://pytorch.org/docs/stable/generated/torch.nn.functional.logsigmoid.html */
export const logsigmoid = define('logsigmoid', [input], (input): Tensor => applyPointwise(logsigmoidRow, [input]));

const dtypeOption = optional(p.dtype('dtype'), null);

/**
 * e^input / sum(e^input) along `dim`, without overflow. `dtype` converts first.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html
 */
export const softmax = define('softmax', [input, p.int('dim'), dtypeOption], (input, dim, dtype): Tensor => {
  const x = toDType(input, dtype ?? input.dtype);
  const at = normalizeDim('softmax', dim, x.shape.length);
  return composite(
    'SoftmaxBackward0',
    [x],
    () => {
      if (x.numel() === 0) return mul(x, 1);
      const powers = exp(sub(x, amax(x, at, true)));
      return div(powers, sum(powers, at, true));
    },
    // y (g - sum(g y))
    (grad, { output }) => {
      const y = output();
      const flow = mul(grad, y);
      return [sub(flow, mul(y, sum(flow, at, true)))];
    },
  );
});

/** log(softmax(input)) along `dim`, exact where the softmax underflows. https://pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html */
export const logSoftmax = define('logSoftmax', [input, p.int('dim'), dtypeOption], (input, dim, dtype): Tensor => {
  const x = toDType(input, dtype ?? input.dtype);
  const at = normalizeDim('logSoftmax', dim, x.shape.length);
  return composite(
    'LogSoftmaxBackward0',
    [x],
    () => {
      if (x.numel() === 0) return mul(x, 1);
      const shifted = sub(x, amax(x, at, true));
      return sub(shifted, log(sum(exp(shifted), at, true)));
    },
    // g - e^y sum(g)
    (grad, { output }) => [sub(grad, mul(exp(output()), sum(grad, at, true)))],
  );
});

/**
 * input (.., inFeatures) x weight.T (inFeatures, outFeatures) + bias (outFeatures) -> (.., outFeatures).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.linear.html
 */
export const linear = define(
  'linear',
  [input, p.tensor('weight'), optional(p.tensor('bias'), null)],
  (input, weight, bias): Tensor => {
    const features = input.shape.at(-1);
    if (features === undefined || features !== weight.shape.at(-1)) {
      throw new ShapeError({
        op: 'linear',
        fact: `input ${formatShape(input.shape)} with weight ${formatShape(weight.shape)}`,
        rule: `the last size of both must be equal: the layer takes ${weight.shape.at(-1)} features`,
        cure: 'Reshape the input, or make the layer with as many inFeatures.',
      });
    }
    if (input.dtype !== weight.dtype) {
      throw new DTypeError({
        op: 'linear',
        fact: `input of dtype ${input.dtype} with weight of dtype ${weight.dtype}`,
        rule: 'both must be of one dtype',
        cure: `Convert the input: x.to('${weight.dtype}').`,
      });
    }
    if (bias !== null && input.shape.length === 2 && weight.shape.length === 2) return addmm(bias, input, t(weight));
    const product = matmul(input, t(weight));
    return bias === null ? product : add(product, bias);
  },
);

/** The Philox key and counter of one draw: 32-bit words, and a number that no other draw of the seed has. */
export interface DrawSeed {
  readonly low: number;
  readonly high: number;
  readonly offset: number;
}

/** Uniforms in [0, 1) of `shape`, drawn on the device; the same seed gives the same numbers, however often computed. */
export function philoxUniform(seed: () => DrawSeed, shape: Shape, device: Device): Tensor {
  // Data, not program: the bits of each word as an int32.
  const read = (word: keyof DrawSeed) => makeScalar(() => seed()[word] | 0, device, 'int32');
  const words = [read('low'), read('high'), read('offset')];
  return Tensor.of(kernelNode('philox', {}, words, 'float32', [...shape]));
}

/** a / c where the uniform b is below c, the probability to keep; else 0 times a, which keeps NaN as PyTorch does. */
const dropoutRow = row(
  'dropout',
  {
    float: [(a, b, c) => a * (b < c ? 1 / c : 0), 'a * select(0.0, 1.0 / c, b < c)'],
    gradName: 'MulBackward0',
  },
  (grad, { input }) => [applyPointwise(dropoutRow, [grad, input(1), input(2)]), null, null],
);

/**
 * Zeroes each element with probability `probability` and scales the others by 1 / (1 - probability), so that the mean
 * stays; the mask is the draw `seed`, of a shape that broadcasts. (N. Srivastava et al.: Dropout, JMLR 15, 2014)
 */
export function dropoutBy(
  x: Tensor,
  probability: number,
  seed: () => DrawSeed,
  inplace: boolean,
  shape: Shape = x.shape,
): Tensor {
  const uniform = philoxUniform(seed, shape, x.device);
  return settled('dropout_', x, inplace, () => applyPointwise(dropoutRow, [x, uniform, 1 - probability]));
}

/** Throws unless `probability` is one. */
export function requireProbability(op: string, probability: number): void {
  if (probability >= 0 && probability <= 1) return;
  throw new ArgumentError({ op, fact: `p is ${probability}`, rule: 'a dropout probability lies between 0 and 1' });
}
