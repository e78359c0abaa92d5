// More activations of nn.functional: those with bounds and corners, the gated one, and those with a slope per channel or
// per draw. Each is one step of the tape with PyTorch's name; ops/nn.ts has the common ones. Knows no module.

import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, normalizeDim } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { applyPointwise, composite } from './apply.ts';
import { add, div, mul, neg, rsub, square, sub, where } from './arithmetic.ts';
import { cat, chunk } from './join.ts';
import { abs, exp, ge, gt, le, logicalAnd, lt, sigmoid, tanh } from './math.ts';
import { activation, type DrawSeed, inplaceOption, philoxUniform, settled, softmax, softplus } from './nn.ts';
import { reshape } from './view.ts';

const input = p.tensor('input');

const celuRow = activation(
  'celu',
  'CeluBackward0',
  (a, b) => (a > 0 ? a : b * Math.expm1(a / b)),
  'select(b * wg_expm1(a / b), a, a > 0.0)',
  (grad, { input }) => [where(gt(input(0), 0), grad, mul(grad, exp(div(input(0), input(1))))), null],
);

/** input where it is positive, else alpha * (e^(input / alpha) - 1). https://pytorch.org/docs/stable/generated/torch.nn.functional.celu.html */
export const celu = define(
  'celu',
  [input, optional(p.number('alpha'), 1), inplaceOption],
  (input, alpha, inplace): Tensor => settled('celu_', input, inplace, () => applyPointwise(celuRow, [input, alpha])),
);

/** The constants with which the mean 0 and the variance 1 are a fixed point (G. Klambauer et al. 2017). */
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

const seluRow = activation(
  'selu',
  'EluBackward0',
  (a) => seluScale * (a > 0 ? a : seluAlpha * Math.expm1(a)),
  `${seluScale} * select(${seluAlpha} * wg_expm1(a), a, a > 0.0)`,
  (grad, { input }) => {
    const bent = mul(exp(input(0)), seluScale * seluAlpha);
    return [mul(grad, where(gt(input(0), 0), seluScale, bent))];
  },
);

/** elu with the slope and alpha that keep mean 0 and variance 1. https://pytorch.org/docs/stable/generated/torch.nn.functional.selu.html */
export const selu = define('selu', [input, inplaceOption], (input, inplace): Tensor =>
  settled('selu_', input, inplace, () => applyPointwise(seluRow, [input])),
);

const mishRow = activation(
  'mish',
  'MishBackward0',
  (a) => a * Math.tanh(a > 20 ? a : Math.log1p(Math.exp(a))),
  'a * wg_tanh(select(wg_log1p(wg_exp(a)), a, a > 20.0))',
  // t + x (1 - t^2) sigmoid(x), t = tanh(softplus(x)).
  (grad, { input }) => {
    const x = input(0);
    const bend = tanh(softplus(x));
    return [mul(grad, add(bend, mul(mul(x, rsub(square(bend), 1)), sigmoid(x))))];
  },
);

/** input * tanh(softplus(input)). https://pytorch.org/docs/stable/generated/torch.nn.functional.mish.html */
export const mish = define('mish', [input, inplaceOption], (input, inplace): Tensor =>
  settled('mish_', input, inplace, () => applyPointwise(mishRow, [input])),
);

/** input / (1 + |input|). https://pytorch.org/docs/stable/generated/torch.nn.functional.softsign.html */
export const softsign = define('softsign', [input], (input): Tensor => div(input, add(abs(input), 1)));

/** input - tanh(input). https://pytorch.org/docs/stable/generated/torch.nn.functional.tanhshrink.html */
export const tanhshrink = define('tanhshrink', [input], (input): Tensor => sub(input, tanh(input)));

const hardtanhRow = activation(
  'hardtanh',
  'HardtanhBackward0',
  (a, b, c) => Math.min(Math.max(a, b), c),
  'wg_minimum(wg_maximum(a, b), c)',
  // At a bound the gradient is 0, unlike that of clamp.
  (grad, { input }) => {
    const [x, low, high] = [input(0), input(1), input(2)];
    return [where(logicalAnd(gt(x, low), lt(x, high)), grad, 0), null, null];
  },
);

/** input between minVal and maxVal. https://pytorch.org/docs/stable/generated/torch.nn.functional.hardtanh.html */
export const hardtanh = define(
  'hardtanh',
  [input, optional(p.number('minVal'), -1), optional(p.number('maxVal'), 1), inplaceOption],
  (input, minVal, maxVal, inplace): Tensor =>
    settled('hardtanh_', input, inplace, () => applyPointwise(hardtanhRow, [input, minVal, maxVal])),
);

/** input between 0 and 6. https://pytorch.org/docs/stable/generated/torch.nn.functional.relu6.html */
export const relu6 = define('relu6', [input, inplaceOption], (input, inplace): Tensor =>
  hardtanh(input, 0, 6, inplace),
);

const hardsigmoidRow = activation(
  'hardsigmoid',
  'HardsigmoidBackward0',
  (a) => Math.min(Math.max(a + 3, 0), 6) / 6,
  'wg_minimum(wg_maximum(a + 3.0, 0.0), 6.0) / 6.0',
  (grad, { input }) => [where(logicalAnd(gt(input(0), -3), lt(input(0), 3)), div(grad, 6), 0)],
);

/** input / 6 + 1 / 2, between 0 and 1. https://pytorch.org/docs/stable/generated/torch.nn.functional.hardsigmoid.html */
export const hardsigmoid = define('hardsigmoid', [input, inplaceOption], (input, inplace): Tensor =>
  settled('hardsigmoid_', input, inplace, () => applyPointwise(hardsigmoidRow, [input])),
);

const hardswishRow = activation(
  'hardswish',
  'HardswishBackward0',
  (a) => (a * Math.min(Math.max(a + 3, 0), 6)) / 6,
  'a * wg_minimum(wg_maximum(a + 3.0, 0.0), 6.0) / 6.0',
  (grad, { input }) => {
    const x = input(0);
    return [where(le(x, -3), 0, where(ge(x, 3), grad, mul(grad, add(div(x, 3), 0.5))))];
  },
);

/** input * hardsigmoid(input). https://pytorch.org/docs/stable/generated/torch.nn.functional.hardswish.html */
export const hardswish = define('hardswish', [input, inplaceOption], (input, inplace): Tensor =>
  settled('hardswish_', input, inplace, () => applyPointwise(hardswishRow, [input])),
);

/** Whether x lies in [-limit, limit]. */
const within = (x: Tensor, limit: Tensor): Tensor => logicalAnd(ge(x, neg(limit)), le(x, limit));

const hardshrinkRow = activation(
  'hardshrink',
  'HardshrinkBackward0',
  (a, b) => (a >= -b && a <= b ? 0 : a),
  'select(a, 0.0, wg_ge(a, -b) && wg_le(a, b))',
  (grad, { input }) => [where(within(input(0), input(1)), 0, grad), null],
);

const lambd = optional(p.number('lambd'), 0.5);

/** input, but 0 in [-lambd, lambd]. https://pytorch.org/docs/stable/generated/torch.nn.functional.hardshrink.html */
export const hardshrink = define('hardshrink', [input, lambd], (input, lambd): Tensor =>
  applyPointwise(hardshrinkRow, [input, lambd]),
);

const softshrinkRow = activation(
  'softshrink',
  'SoftshrinkBackward0',
  (a, b) => (a > b ? a - b : a < -b ? a + b : a !== a ? a : 0),
  'select(select(select(0.0, a, wg_is_nan(a)), a + b, wg_lt(a, -b)), a - b, wg_gt(a, b))',
  (grad, { input }) => [where(within(input(0), input(1)), 0, grad), null],
);

/** input moved by lambd towards 0, and 0 in [-lambd, lambd]. https://pytorch.org/docs/stable/generated/torch.nn.functional.softshrink.html */
export const softshrink = define('softshrink', [input, lambd], (input, lambd): Tensor => {
  if (lambd < 0)
    throw new ArgumentError({ op: 'softshrink', fact: `lambd is ${lambd}`, rule: 'it must not be negative' });
  return applyPointwise(softshrinkRow, [input, lambd]);
});

const thresholdRow = activation(
  'threshold',
  'ThresholdBackward0',
  (a, b, c) => (a <= b ? c : a),
  'select(a, c, wg_le(a, b))',
  (grad, { input }) => [where(le(input(0), input(1)), 0, grad), null, null],
);

/** input where it is above `threshold`, else `value`. https://pytorch.org/docs/stable/generated/torch.nn.functional.threshold.html */
export const threshold = define(
  'threshold',
  [input, p.number('threshold'), p.number('value'), inplaceOption],
  (input, threshold, value, inplace): Tensor =>
    settled('threshold_', input, inplace, () => applyPointwise(thresholdRow, [input, threshold, value])),
);

const preluRow = activation(
  'prelu',
  'PreluBackward0',
  (a, b) => (a > 0 ? a : a * b),
  'select(a * b, a, a > 0.0)',
  (grad, { input, needs }) => {
    const positive = gt(input(0), 0);
    return [where(positive, grad, mul(grad, input(1))), needs(1) ? where(positive, 0, mul(grad, input(0))) : null];
  },
);

/**
 * input where it is positive, else weight * input, with one weight, or one a channel (dimension 1).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.prelu.html
 */
export const prelu = define('prelu', [input, p.tensor('weight')], (input, weight): Tensor => {
  if (weight.shape.length > 1) {
    throw new ShapeError({
      op: 'prelu',
      fact: `weight ${formatShape(weight.shape)}`,
      rule: 'it has at most 1 dimension',
    });
  }
  const count = weight.numel();
  const channels = input.shape[1] ?? 1;
  if (weight.shape.length > 1 || (count !== 1 && count !== channels)) {
    throw new ShapeError({
      op: 'prelu',
      fact: `weight ${formatShape(weight.shape)} for input ${formatShape(input.shape)}`,
      rule: `there is one weight, or one for each of the ${channels} channels of dimension 1`,
    });
  }
  const aligned = reshape(
    weight,
    input.shape.length < 2 ? (count === 1 ? [] : [count]) : input.shape.slice(1).map((_, at) => (at === 0 ? count : 1)),
  );
  return applyPointwise(preluRow, [input, aligned]);
});

/** The slopes of rrelu's negative part as they were drawn: uniform on [lower, upper). */
export function rreluBy(x: Tensor, lower: number, upper: number, seed: () => DrawSeed, inplace: boolean): Tensor {
  const slopes = add(mul(philoxUniform(seed, x.shape, x.device), upper - lower), lower);
  return settled('rrelu_', x, inplace, () =>
    applyPointwise({ ...preluRow, gradName: 'RreluWithNoiseBackward0' }, [x, slopes]),
  );
}

/** The first half along `dim` times the sigmoid of the second. https://pytorch.org/docs/stable/generated/torch.nn.functional.glu.html */
export const glu = define('glu', [input, optional(p.int('dim'), -1)], (x, dim): Tensor => {
  const at = normalizeDim('glu', dim, x.shape.length);
  const size = x.shape[at] ?? 1;
  if (x.shape.length === 0 || size % 2 !== 0) {
    throw new ShapeError({
      op: 'glu',
      fact: `dimension ${at} of ${formatShape(x.shape)}`,
      rule: 'it is halved, so its size must be even',
    });
  }
  return composite(
    'GluBackward0',
    [x],
    () => {
      const [value, gate] = chunk(x, 2, at);
      return mul(value, sigmoid(gate));
    },
    (grad, { input }) => {
      const [value, gate] = chunk(input(0), 2, at);
      const share = sigmoid(gate);
      const towards = mul(grad, share);
      return [cat([towards, mul(mul(towards, value), rsub(share, 1))], at)];
    },
  );
});

/** softmax(-input) along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.functional.softmin.html */
export const softmin = define(
  'softmin',
  [input, p.int('dim'), optional(p.dtype('dtype'), null)],
  (input, dim, dtype): Tensor => softmax(neg(input), dim, dtype),
);
