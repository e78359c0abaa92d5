// Layers of dropout of whole channels, and of the kind that goes with SELU. Dropout itself is beside the activations.

import { requireProbability } from '../ops/nn.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { boundByName, pythonText } from './arguments.ts';
import { alphaDropout, dropout1d, dropout2d, dropout3d, featureAlphaDropout } from './functional-dropout.ts';
import { Module } from './module.ts';

const signature = [optional(p.number('p'), 0.5), optional(p.bool('inplace'), false)] as const;
type DropoutArgs = Args<typeof signature>;

/** What they share: the probability, checked when they are made. */
abstract class DropoutBase extends Module {
  readonly p: number;
  readonly inplace: boolean;

  constructor(op: string, args: readonly unknown[]) {
    super();
    const given = boundByName(op, signature, args);
    requireProbability(op, given.p);
    this.p = given.p;
    this.inplace = given.inplace;
  }

  override extraRepr(): string {
    return `p=${pythonText(this.p)}, inplace=${pythonText(this.inplace)}`;
  }
}

/** In training, zeroes channels of (N, C, L) with probability p and scales the others. https://pytorch.org/docs/stable/generated/torch.nn.Dropout1d.html */
export class Dropout1d extends DropoutBase {
  constructor(...args: DropoutArgs) {
    super('nn.Dropout1d', args);
  }

  forward(input: Tensor): Tensor {
    return dropout1d(input, this.p, this.training, this.inplace);
  }
}

/** In training, zeroes channels of (N, C, H, W) with probability p and scales the others. https://pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html */
export class Dropout2d extends DropoutBase {
  constructor(...args: DropoutArgs) {
    super('nn.Dropout2d', args);
  }

  forward(input: Tensor): Tensor {
    return dropout2d(input, this.p, this.training, this.inplace);
  }
}

/** In training, zeroes channels of (N, C, D, H, W) with probability p and scales the others. https://pytorch.org/docs/stable/generated/torch.nn.Dropout3d.html */
export class Dropout3d extends DropoutBase {
  constructor(...args: DropoutArgs) {
    super('nn.Dropout3d', args);
  }

  forward(input: Tensor): Tensor {
    return dropout3d(input, this.p, this.training, this.inplace);
  }
}

/** In training, drops elements to the lowest value of SELU; mean 0 and variance 1 stay. https://pytorch.org/docs/stable/generated/torch.nn.AlphaDropout.html */
export class AlphaDropout extends DropoutBase {
  constructor(...args: DropoutArgs) {
    super('nn.AlphaDropout', args);
  }

  forward(input: Tensor): Tensor {
    return alphaDropout(input, this.p, this.training, this.inplace);
  }
}

/** AlphaDropout of whole channels. https://pytorch.org/docs/stable/generated/torch.nn.FeatureAlphaDropout.html */
export class FeatureAlphaDropout extends DropoutBase {
  constructor(...args: DropoutArgs) {
    super('nn.FeatureAlphaDropout', args);
  }

  forward(input: Tensor): Tensor {
    return featureAlphaDropout(input, this.p, this.training, this.inplace);
  }
}
