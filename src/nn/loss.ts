// Losses as modules: they hold the options and call the functions of ops/loss.ts.

import * as ops from '../ops/loss.ts';
import { type Reduction, reductionParam } from '../ops/loss.ts';
import { type Args, optional, p } from '../signature.ts';
import type { Tensor } from '../tensor.ts';
import { bound, snakeCase } from './arguments.ts';
import { Module } from './module.ts';

/** What all losses have: `reduction`, and for some a `weight`, which is a buffer as in PyTorch. */
abstract class Loss extends Module {
  readonly reduction: Reduction;

  constructor(reduction: Reduction) {
    super();
    this.reduction = reduction;
  }

  abstract override forward(input: Tensor, target: Tensor): Tensor;
}

const plain = [reductionParam] as const;

/** (input - target)^2. https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html */
export class MSELoss extends Loss {
  constructor(...args: Args<typeof plain>) {
    super(...bound('nn.MSELoss', plain, args));
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return ops.mseLoss(input, target, this.reduction);
  }
}

/** |input - target|. https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html */
export class L1Loss extends Loss {
  constructor(...args: Args<typeof plain>) {
    super(...bound('nn.L1Loss', plain, args));
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return ops.l1Loss(input, target, this.reduction);
  }
}

const smooth = [reductionParam, optional(p.number('beta'), 1)] as const;

/** A square near 0, |input - target| - beta / 2 beyond. https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html */
export class SmoothL1Loss extends Loss {
  readonly beta: number;

  constructor(...args: Args<typeof smooth>) {
    const [reduction, beta] = bound('nn.SmoothL1Loss', smooth, args);
    super(reduction);
    this.beta = beta;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return ops.smoothL1Loss(input, target, this.reduction, this.beta);
  }
}

const huber = [reductionParam, optional(p.number('delta'), 1)] as const;

/** A square near 0, a line of slope delta beyond. https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html */
export class HuberLoss extends Loss {
  readonly delta: number;

  constructor(...args: Args<typeof huber>) {
    const [reduction, delta] = bound('nn.HuberLoss', huber, args);
    super(reduction);
    this.delta = delta;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return ops.huberLoss(input, target, this.reduction, this.delta);
  }
}

const weightParam = optional(p.tensor('weight'), null);
const ignoreParam = optional(p.int('ignoreIndex'), -100);
const classes = [weightParam, ignoreParam, reductionParam, optional(p.number('labelSmoothing'), 0)] as const;

/**
 * The cross entropy of scores (N, C, ..) with class indices (N, ..) or probabilities (N, C, ..).
 * https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 */
export class CrossEntropyLoss extends Loss {
  readonly weight: Tensor | null = null;
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;

  constructor(...args: Args<typeof classes>) {
    const [weight, ignoreIndex, reduction, labelSmoothing] = bound('nn.CrossEntropyLoss', classes, args);
    super(reduction);
    this.registerBuffer('weight', weight);
    this.ignoreIndex = ignoreIndex;
    this.labelSmoothing = labelSmoothing;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return ops.crossEntropy(input, target, this.weight, this.ignoreIndex, this.reduction, this.labelSmoothing);
  }
}

const likelihood = [weightParam, ignoreParam, reductionParam] as const;

/** -weight[y] input[y] for class indices y. https://pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html */
export class NLLLoss extends Loss {
  readonly weight: Tensor | null = null;
  readonly ignoreIndex: number;

  constructor(...args: Args<typeof likelihood>) {
    const [weight, ignoreIndex, reduction] = bound('nn.NLLLoss', likelihood, args);
    super(reduction);
    this.registerBuffer('weight', weight);
    this.ignoreIndex = ignoreIndex;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return ops.nllLoss(input, target, this.weight, this.ignoreIndex, this.reduction);
  }
}

const binary = [weightParam, reductionParam] as const;

/** The cross entropy of probabilities with targets from 0 to 1. https://pytorch.org/docs/stable/generated/torch.nn.BCELoss.html */
export class BCELoss extends Loss {
  readonly weight: Tensor | null = null;

  constructor(...args: Args<typeof binary>) {
    const [weight, reduction] = bound('nn.BCELoss', binary, args);
    super(reduction);
    this.registerBuffer('weight', weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return ops.binaryCrossEntropy(input, target, this.weight, this.reduction);
  }
}

const logits = [weightParam, reductionParam, optional(p.tensor('posWeight'), null)] as const;

/** BCELoss of sigmoid(input), without overflow. https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html */
export class BCEWithLogitsLoss extends Loss {
  readonly weight: Tensor | null = null;
  readonly posWeight: Tensor | null = null;

  constructor(...args: Args<typeof logits>) {
    const [weight, reduction, posWeight] = bound('nn.BCEWithLogitsLoss', logits, args);
    super(reduction);
    this.registerBuffer('weight', weight);
    this.registerBuffer('posWeight', posWeight);
  }

  protected override stateName(property: string): string {
    return snakeCase(property);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return ops.binaryCrossEntropyWithLogits(input, target, this.weight, this.reduction, this.posWeight);
  }
}
