// nn.init: fills tensors in place, off the tape, with PyTorch's draws, and returns them.
// https://pytorch.org/docs/stable/nn.init.html

import { noGrad } from '../autograd/autograd.ts';
import { normal_ as drawNormal, uniform_ as drawUniform } from '../create/random.ts';
import { hostArray } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { truncNormal } from '../host/draw.ts';
import { fill_ } from '../ops/inplace.ts';
import { defaultGenerator } from '../create/generator.ts';
import { formatShape, numelOf } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { camelCase } from './arguments.ts';
import { written } from './init-matrices.ts';

export { dirac_, eye_, orthogonal_, sparse_ } from './init-matrices.ts';

const target = p.tensor('tensor');

/** Runs a write off the tape. */
function filled(tensor: Tensor, write: () => void): Tensor {
  noGrad(write);
  return tensor;
}

/** Uniform on [a, b). https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.uniform_ */
export const uniform_ = define(
  'nn.init.uniform_',
  [target, optional(p.number('a'), 0), optional(p.number('b'), 1)],
  (tensor, a, b): Tensor => filled(tensor, () => void drawUniform(tensor, a, b)),
);

/** Normal with `mean` and standard deviation `std`. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.normal_ */
export const normal_ = define(
  'nn.init.normal_',
  [target, optional(p.number('mean'), 0), optional(p.number('std'), 1)],
  (tensor, mean, std): Tensor => filled(tensor, () => void drawNormal(tensor, mean, std)),
);

/** Normal, cut to [a, b]. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.trunc_normal_ */
export const truncNormal_ = define(
  'nn.init.truncNormal_',
  [
    target,
    optional(p.number('mean'), 0),
    optional(p.number('std'), 1),
    optional(p.number('a'), -2),
    optional(p.number('b'), 2),
  ],
  (tensor, mean, std, a, b): Tensor => {
    const host = hostArray(tensor.dtype, tensor.numel()) as Float32Array | Float64Array;
    truncNormal(defaultGenerator.mt, host, mean, std, a, b);
    return written(tensor, host);
  },
);

/** One value everywhere. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.constant_ */
export const constant_ = define('nn.init.constant_', [target, p.number('val')], (tensor, val): Tensor =>
  filled(tensor, () => void fill_(tensor, val)),
);
/** https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.ones_ */
export const ones_ = define('nn.init.ones_', [target], (tensor): Tensor => filled(tensor, () => void fill_(tensor, 1)));
/** https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.zeros_ */
export const zeros_ = define('nn.init.zeros_', [target], (tensor): Tensor =>
  filled(tensor, () => void fill_(tensor, 0)),
);

/** How many inputs feed an output of a weight (out, in, ..), and how many outputs an input feeds. */
function fans(op: string, x: Tensor): { readonly fanIn: number; readonly fanOut: number } {
  if (x.shape.length < 2) {
    throw new ShapeError({
      op,
      fact: `fan in and fan out of ${formatShape(x.shape)}`,
      rule: 'they exist for 2 or more dimensions: (out, in, ..)',
    });
  }
  const field = numelOf(x.shape.slice(2));
  return { fanIn: x.shape[1] * field, fanOut: x.shape[0] * field };
}

const gain = optional(p.number('gain'), 1);

/** X. Glorot, Y. Bengio 2010, uniform. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.xavier_uniform_ */
export const xavierUniform_ = define('nn.init.xavierUniform_', [target, gain], (tensor, gain): Tensor => {
  const bound = Math.sqrt(3) * xavierDeviation('nn.init.xavierUniform_', tensor, gain);
  return filled(tensor, () => void drawUniform(tensor, -bound, bound));
});

/** X. Glorot, Y. Bengio 2010, normal. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.xavier_normal_ */
export const xavierNormal_ = define('nn.init.xavierNormal_', [target, gain], (tensor, gain): Tensor => {
  const deviation = xavierDeviation('nn.init.xavierNormal_', tensor, gain);
  return filled(tensor, () => void drawNormal(tensor, 0, deviation));
});

function xavierDeviation(op: string, x: Tensor, scale: number): number {
  const { fanIn, fanOut } = fans(op, x);
  return scale * Math.sqrt(2 / (fanIn + fanOut));
}

const linearNames = [
  'linear',
  'identity',
  'sigmoid',
  'conv1d',
  'conv2d',
  'conv3d',
  'convTranspose1d',
  'convTranspose2d',
  'convTranspose3d',
];

/**
 * The factor that keeps the variance through a nonlinearity; `param` is leakyRelu's negative slope.
 * https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain
 */
export const calculateGain = define(
  'nn.init.calculateGain',
  [p.string('nonlinearity'), optional(p.number('param'), null)],
  (nonlinearity, param): number => {
    const name = camelCase(nonlinearity);
    if (linearNames.includes(name)) return 1;
    if (name === 'tanh') return 5 / 3;
    if (name === 'relu') return Math.SQRT2;
    if (name === 'leakyRelu') return Math.sqrt(2 / (1 + (param ?? 0.01) ** 2));
    if (name === 'selu') return 3 / 4;
    throw new ArgumentError({
      op: 'nn.init.calculateGain',
      fact: `nonlinearity '${nonlinearity}'`,
      rule: `the known ones are ${[...linearNames, 'tanh', 'relu', 'leakyRelu', 'selu'].join(', ')}`,
    });
  },
);

const mode = p.custom<'fanIn' | 'fanOut' | 'fan_in' | 'fan_out'>()(
  'mode',
  "'fanIn' or 'fanOut'",
  (value) => typeof value === 'string' && ['fanIn', 'fanOut'].includes(camelCase(value)),
);
const kaiming = [
  target,
  optional(p.number('a'), 0),
  optional(mode, 'fanIn'),
  optional(p.string('nonlinearity'), 'leakyRelu'),
] as const;

function kaimingDeviation(op: string, x: Tensor, a: number, mode: string, nonlinearity: string): number {
  const { fanIn, fanOut } = fans(op, x);
  return calculateGain(nonlinearity, a) / Math.sqrt(camelCase(mode) === 'fanIn' ? fanIn : fanOut);
}

/** K. He et al. 2015, uniform. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_uniform_ */
export const kaimingUniform_ = define('nn.init.kaimingUniform_', kaiming, (tensor, a, mode, nonlinearity): Tensor => {
  if (tensor.numel() === 0) return tensor;
  const bound = Math.sqrt(3) * kaimingDeviation('nn.init.kaimingUniform_', tensor, a, mode, nonlinearity);
  return filled(tensor, () => void drawUniform(tensor, -bound, bound));
});

/** K. He et al. 2015, normal. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_normal_ */
export const kaimingNormal_ = define('nn.init.kaimingNormal_', kaiming, (tensor, a, mode, nonlinearity): Tensor => {
  if (tensor.numel() === 0) return tensor;
  const deviation = kaimingDeviation('nn.init.kaimingNormal_', tensor, a, mode, nonlinearity);
  return filled(tensor, () => void drawNormal(tensor, 0, deviation));
});
