// Layers that work element by element, or along one dimension: activations, softmax, dropout. All but PReLU and dropout are
// rows of options and a function of src/ops.

import { full } from '../create/create.ts';
import * as bent from '../ops/activation.ts';
import { sigmoid, tanh } from '../ops/math.ts';
import * as ops from '../ops/nn.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { bound, floatText, pythonText } from './arguments.ts';
import { ShapeError } from '../errors.ts';
import { formatShape } from '../shape.ts';
import { dropout, rrelu } from './functional.ts';
import { Module } from './module.ts';
import { inplaceText, named, optionModule } from './option-module.ts';
import { Parameter } from './parameter.ts';

const inplace = optional(p.bool('inplace'), false);
const number = <const N extends string>(name: N, value: number) => optional(p.number(name), value);

/** max(input, 0). https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html */
export class ReLU extends optionModule(
  [inplace],
  (o, input: Tensor) => ops.relu(input, o.inplace),
  (o) => [inplaceText(o)],
) {}

/** 1 / (1 + e^-input). https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html */
export class Sigmoid extends optionModule([], (_, input: Tensor) => sigmoid(input)) {}

/** log(sigmoid(input)). https://pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html */
export class LogSigmoid extends optionModule([], (_, input: Tensor) => ops.logsigmoid(input)) {}

/** The hyperbolic tangent. https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html */
export class Tanh extends optionModule([], (_, input: Tensor) => tanh(input)) {}

/** input - tanh(input). https://pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html */
export class Tanhshrink extends optionModule([], (_, input: Tensor) => bent.tanhshrink(input)) {}

/** input / (1 + |input|). https://pytorch.org/docs/stable/generated/torch.nn.Softsign.html */
export class Softsign extends optionModule([], (_, input: Tensor) => bent.softsign(input)) {}

/** input where positive, else negativeSlope * input. https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html */
export class LeakyReLU extends optionModule(
  [number('negativeSlope', 0.01), inplace],
  (o, input: Tensor) => ops.leakyRelu(input, o.negativeSlope, o.inplace),
  (o) => [...named(o, 'negativeSlope'), inplaceText(o)],
) {}

/** input where positive, else a slope drawn from [lower, upper) times input; their mean in evaluation. https://pytorch.org/docs/stable/generated/torch.nn.RReLU.html */
export class RReLU extends optionModule(
  [number('lower', 1 / 8), number('upper', 1 / 3), inplace],
  (o, input: Tensor) => rrelu(input, o.lower, o.upper, o.training, o.inplace),
  (o) => [...named(o, 'lower', 'upper'), inplaceText(o)],
) {}

/** input where positive, else alpha * (e^input - 1). https://pytorch.org/docs/stable/generated/torch.nn.ELU.html */
export class ELU extends optionModule(
  [number('alpha', 1), inplace],
  (o, input: Tensor) => ops.elu(input, o.alpha, o.inplace),
  (o) => [`alpha=${floatText(o.alpha, 1)}`, inplaceText(o)],
) {}

/** input where positive, else alpha * (e^(input / alpha) - 1). https://pytorch.org/docs/stable/generated/torch.nn.CELU.html */
export class CELU extends optionModule(
  [number('alpha', 1), inplace],
  (o, input: Tensor) => bent.celu(input, o.alpha, o.inplace),
  (o) => [`alpha=${floatText(o.alpha, 1)}`, inplaceText(o)],
) {}

/** ELU with the constants that keep mean 0 and variance 1. https://pytorch.org/docs/stable/generated/torch.nn.SELU.html */
export class SELU extends optionModule(
  [inplace],
  (o, input: Tensor) => bent.selu(input, o.inplace),
  (o) => [inplaceText(o)],
) {}

const approximation = p.custom<'none' | 'tanh'>()(
  'approximate',
  "'none' or 'tanh'",
  (v) => v === 'none' || v === 'tanh',
);

/** input * Phi(input). https://pytorch.org/docs/stable/generated/torch.nn.GELU.html */
export class GELU extends optionModule(
  [optional(approximation, 'none')],
  (o, input: Tensor) => ops.gelu(input, o.approximate),
  (o) => named(o, 'approximate'),
) {}

/** input * sigmoid(input). https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html */
export class SiLU extends optionModule(
  [inplace],
  (o, input: Tensor) => ops.silu(input, o.inplace),
  (o) => [inplaceText(o)],
) {}

/** input * tanh(softplus(input)). https://pytorch.org/docs/stable/generated/torch.nn.Mish.html */
export class Mish extends optionModule(
  [inplace],
  (o, input: Tensor) => bent.mish(input, o.inplace),
  (o) => [inplaceText(o)],
) {}

/** log(1 + e^(beta input)) / beta. https://pytorch.org/docs/stable/generated/torch.nn.Softplus.html */
export class Softplus extends optionModule(
  [number('beta', 1), number('threshold', 20)],
  (o, input: Tensor) => ops.softplus(input, o.beta, o.threshold),
  (o) => named(o, 'beta', 'threshold'),
) {}

/** input between minVal and maxVal. https://pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html */
export class Hardtanh extends optionModule(
  [number('minVal', -1), number('maxVal', 1), inplace],
  (o, input: Tensor) => bent.hardtanh(input, o.minVal, o.maxVal, o.inplace),
  (o) => [`min_val=${floatText(o.minVal, -1)}`, `max_val=${floatText(o.maxVal, 1)}`, inplaceText(o)],
) {}

/** input between 0 and 6. https://pytorch.org/docs/stable/generated/torch.nn.ReLU6.html */
export class ReLU6 extends optionModule(
  [inplace],
  (o, input: Tensor) => bent.relu6(input, o.inplace),
  (o) => [inplaceText(o)],
) {}

/** input / 6 + 1 / 2, between 0 and 1. https://pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html */
export class Hardsigmoid extends optionModule([inplace], (o, input: Tensor) => bent.hardsigmoid(input, o.inplace)) {}

/** input * hardsigmoid(input). https://pytorch.org/docs/stable/generated/torch.nn.Hardswish.html */
export class Hardswish extends optionModule([inplace], (o, input: Tensor) => bent.hardswish(input, o.inplace)) {}

/** input, but 0 in [-lambd, lambd]. https://pytorch.org/docs/stable/generated/torch.nn.Hardshrink.html */
export class Hardshrink extends optionModule(
  [number('lambd', 0.5)],
  (o, input: Tensor) => bent.hardshrink(input, o.lambd),
  (o) => [pythonText(o.lambd)],
) {}

/** input moved by lambd towards 0. https://pytorch.org/docs/stable/generated/torch.nn.Softshrink.html */
export class Softshrink extends optionModule(
  [number('lambd', 0.5)],
  (o, input: Tensor) => bent.softshrink(input, o.lambd),
  (o) => [pythonText(o.lambd)],
) {}

/** input where it is above `threshold`, else `value`. https://pytorch.org/docs/stable/generated/torch.nn.Threshold.html */
export class Threshold extends optionModule(
  [p.number('threshold'), p.number('value'), inplace],
  (o, input: Tensor) => bent.threshold(input, o.threshold, o.value, o.inplace),
  (o) => [...named(o, 'threshold', 'value'), inplaceText(o)],
) {}

/** The first half along `dim` times the sigmoid of the second. https://pytorch.org/docs/stable/generated/torch.nn.GLU.html */
export class GLU extends optionModule(
  [optional(p.int('dim'), -1)],
  (o, input: Tensor) => bent.glu(input, o.dim),
  (o) => named(o, 'dim'),
) {}

const dim = optional(p.int('dim'), null);

/** The dimension that PyTorch takes where none is given: the first for 0, 1 or 3 dimensions, else the second. */
function implicitDim(op: string, dim: number | null, rank: number): number {
  if (dim !== null) return dim;
  console.warn(
    `UserWarning: Implicit dimension choice for ${op} has been deprecated. Change the call to include dim=X as an argument.`,
  );
  return rank === 0 || rank === 1 || rank === 3 ? 0 : 1;
}

/** e^input / sum(e^input) along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html */
export class Softmax extends optionModule(
  [dim],
  (o, input: Tensor) => ops.softmax(input, implicitDim('softmax', o.dim, input.shape.length)),
  (o) => named(o, 'dim'),
) {}

/** log(softmax(input)) along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html */
export class LogSoftmax extends optionModule(
  [dim],
  (o, input: Tensor) => ops.logSoftmax(input, implicitDim('log_softmax', o.dim, input.shape.length)),
  (o) => named(o, 'dim'),
) {}

/** softmax(-input) along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.Softmin.html */
export class Softmin extends optionModule(
  [dim],
  (o, input: Tensor) => bent.softmin(input, implicitDim('softmin', o.dim, input.shape.length)),
  (o) => named(o, 'dim'),
) {}

/** Softmax over the channels of (N, C, H, W) or (C, H, W). https://pytorch.org/docs/stable/generated/torch.nn.Softmax2d.html */
export class Softmax2d extends optionModule([], (_, input: Tensor) => {
  if (input.shape.length !== 3 && input.shape.length !== 4) {
    throw new ShapeError({
      op: 'nn.Softmax2d',
      fact: `input ${formatShape(input.shape)}`,
      rule: 'it must be (N, C, H, W) or (C, H, W)',
    });
  }
  return ops.softmax(input, -3);
}) {}

const preluSignature = [
  optional(p.int('numParameters'), 1),
  optional(p.number('init'), 0.25),
  optional(p.device('device'), null),
  optional(p.dtype('dtype'), null),
] as const;

/** input where positive, else a trained slope times input: one, or one a channel. https://pytorch.org/docs/stable/generated/torch.nn.PReLU.html */
export class PReLU extends Module {
  readonly numParameters: number;
  readonly weight: Parameter;

  constructor(...args: Args<typeof preluSignature>) {
    super();
    const [count, init, device, dtype] = bound('nn.PReLU', preluSignature, args);
    this.numParameters = count;
    this.weight = new Parameter(full([count], init, { device: device ?? undefined, dtype: dtype ?? undefined }));
  }

  forward(input: Tensor): Tensor {
    return bent.prelu(input, this.weight);
  }

  override extraRepr(): string {
    return `num_parameters=${this.numParameters}`;
  }
}

const dropoutSignature = [optional(p.number('p'), 0.5), inplace] as const;

/** In training, zeroes elements with probability p and scales the others. https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html */
export class Dropout extends Module {
  readonly p: number;
  readonly inplace: boolean;

  constructor(...args: Args<typeof dropoutSignature>) {
    super();
    [this.p, this.inplace] = bound('nn.Dropout', dropoutSignature, args);
    ops.requireProbability('nn.Dropout', this.p);
  }

  forward(input: Tensor): Tensor {
    return dropout(input, this.p, this.training, this.inplace);
  }

  override extraRepr(): string {
    return `p=${pythonText(this.p)}, inplace=${pythonText(this.inplace)}`;
  }
}
