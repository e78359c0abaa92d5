// Layers without parameters that work element by element, or along one dimension: activations, softmax, dropout.

import { sigmoid, tanh } from '../ops/math.ts';
import * as ops from '../ops/nn.ts';
import { type Args, optional, p } from '../signature.ts';
import type { Tensor } from '../tensor.ts';
import { bound, floatText, pythonText } from './arguments.ts';
import { dropout } from './functional.ts';
import { Module } from './module.ts';

const inplaceSignature = [optional(p.bool('inplace'), false)] as const;
const inplaceText = (inplace: boolean): string => (inplace ? 'inplace=True' : '');

/** max(input, 0). https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html */
export class ReLU extends Module {
  readonly inplace: boolean;

  constructor(...args: Args<typeof inplaceSignature>) {
    super();
    [this.inplace] = bound('nn.ReLU', inplaceSignature, args);
  }

  forward(input: Tensor): Tensor {
    return ops.relu(input, this.inplace);
  }

  override extraRepr(): string {
    return inplaceText(this.inplace);
  }
}

/** 1 / (1 + e^-input). https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html */
export class Sigmoid extends Module {
  forward(input: Tensor): Tensor {
    return sigmoid(input);
  }
}

/** log(sigmoid(input)). https://pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html */
export class LogSigmoid extends Module {
  forward(input: Tensor): Tensor {
    return ops.logsigmoid(input);
  }
}

/** The hyperbolic tangent. https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html */
export class Tanh extends Module {
  forward(input: Tensor): Tensor {
    return tanh(input);
  }
}

const leakySignature = [optional(p.number('negativeSlope'), 0.01), ...inplaceSignature] as const;

/** input where positive, else negativeSlope * input. https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;
  readonly inplace: boolean;

  constructor(...args: Args<typeof leakySignature>) {
    super();
    [this.negativeSlope, this.inplace] = bound('nn.LeakyReLU', leakySignature, args);
  }

  forward(input: Tensor): Tensor {
    return ops.leakyRelu(input, this.negativeSlope, this.inplace);
  }

  override extraRepr(): string {
    return [`negative_slope=${pythonText(this.negativeSlope)}`, inplaceText(this.inplace)].filter(Boolean).join(', ');
  }
}

const eluSignature = [optional(p.number('alpha'), 1), ...inplaceSignature] as const;

/** input where positive, else alpha * (e^input - 1). https://pytorch.org/docs/stable/generated/torch.nn.ELU.html */
export class ELU extends Module {
  readonly alpha: number;
  readonly inplace: boolean;

  constructor(...args: Args<typeof eluSignature>) {
    super();
    [this.alpha, this.inplace] = bound('nn.ELU', eluSignature, args);
  }

  forward(input: Tensor): Tensor {
    return ops.elu(input, this.alpha, this.inplace);
  }

  override extraRepr(): string {
    return [`alpha=${floatText(this.alpha, 1)}`, inplaceText(this.inplace)].filter(Boolean).join(', ');
  }
}

const approximation = p.custom<'none' | 'tanh'>()(
  'approximate',
  "'none' or 'tanh'",
  (v) => v === 'none' || v === 'tanh',
);
const geluSignature = [optional(approximation, 'none')] as const;

/** input * Phi(input). https://pytorch.org/docs/stable/generated/torch.nn.GELU.html */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';

  constructor(...args: Args<typeof geluSignature>) {
    super();
    [this.approximate] = bound('nn.GELU', geluSignature, args);
  }

  forward(input: Tensor): Tensor {
    return ops.gelu(input, this.approximate);
  }

  override extraRepr(): string {
    return `approximate=${pythonText(this.approximate)}`;
  }
}

/** input * sigmoid(input). https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html */
export class SiLU extends Module {
  readonly inplace: boolean;

  constructor(...args: Args<typeof inplaceSignature>) {
    super();
    [this.inplace] = bound('nn.SiLU', inplaceSignature, args);
  }

  forward(input: Tensor): Tensor {
    return ops.silu(input, this.inplace);
  }

  override extraRepr(): string {
    return inplaceText(this.inplace);
  }
}

const softplusSignature = [optional(p.number('beta'), 1), optional(p.number('threshold'), 20)] as const;

/** log(1 + e^(beta input)) / beta. https://pytorch.org/docs/stable/generated/torch.nn.Softplus.html */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  constructor(...args: Args<typeof softplusSignature>) {
    super();
    [this.beta, this.threshold] = bound('nn.Softplus', softplusSignature, args);
  }

  forward(input: Tensor): Tensor {
    return ops.softplus(input, this.beta, this.threshold);
  }

  override extraRepr(): string {
    return `beta=${pythonText(this.beta)}, threshold=${pythonText(this.threshold)}`;
  }
}

const dimSignature = [optional(p.int('dim'), null)] as const;

/** The dimension that PyTorch takes where none is given: the first for 0, 1 or 3 dimensions, else the second. */
function implicitDim(op: string, dim: number | null, rank: number): number {
  if (dim !== null) return dim;
  console.warn(
    `UserWarning: Implicit dimension choice for ${op} has been deprecated. Change the call to include dim=X as an argument.`,
  );
  return rank === 0 || rank === 1 || rank === 3 ? 0 : 1;
}

/** e^input / sum(e^input) along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html */
export class Softmax extends Module {
  readonly dim: number | null;

  constructor(...args: Args<typeof dimSignature>) {
    super();
    [this.dim] = bound('nn.Softmax', dimSignature, args);
  }

  forward(input: Tensor): Tensor {
    return ops.softmax(input, implicitDim('softmax', this.dim, input.shape.length));
  }

  override extraRepr(): string {
    return `dim=${pythonText(this.dim)}`;
  }
}

/** log(softmax(input)) along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html */
export class LogSoftmax extends Module {
  readonly dim: number | null;

  constructor(...args: Args<typeof dimSignature>) {
    super();
    [this.dim] = bound('nn.LogSoftmax', dimSignature, args);
  }

  forward(input: Tensor): Tensor {
    return ops.logSoftmax(input, implicitDim('log_softmax', this.dim, input.shape.length));
  }

  override extraRepr(): string {
    return `dim=${pythonText(this.dim)}`;
  }
}

const dropoutSignature = [optional(p.number('p'), 0.5), ...inplaceSignature] as const;

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
