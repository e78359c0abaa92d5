// Adam and AdamW: steps scaled by running averages of the gradient and of its square.
// D. Kingma, J. Ba: Adam, ICLR 2015; I. Loshchilov, F. Hutter: Decoupled weight decay regularization, ICLR 2019.

import { watch } from '../core/capture.ts';
import { adamRule } from './rules.ts';
import { type Args, optional, p } from '../core/signature.ts';
import { given, pairParam, paramsParam } from './base-optimizer.ts';
import { commonParams, type CommonOptions, countSteps, type Move, moveAll, Optimizer, stepOf } from './optimizer.ts';

export interface AdamOptions extends CommonOptions {
  readonly lr: number;
  readonly betas: readonly number[];
  readonly eps: number;
  readonly weightDecay: number;
  readonly amsgrad: boolean;
}

const signature = (weightDecay: number) =>
  [
    paramsParam<AdamOptions>(),
    optional(p.number('lr'), 1e-3),
    optional(pairParam('betas'), [0.9, 0.999]),
    optional(p.number('eps'), 1e-8),
    optional(p.number('weightDecay'), weightDecay),
    optional(p.bool('amsgrad'), false),
    ...commonParams,
  ] as const;

const adamSignature = signature(0);
const adamWSignature = signature(1e-2);

abstract class Adaptive extends Optimizer<AdamOptions> {
  protected override check(options: AdamOptions): void {
    this.demandNotNegative(options, 'lr', 'eps', 'weightDecay');
    this.demandBetas(options.betas);
  }

  /** Whether weight decay shrinks the parameter itself instead of adding to the gradient. */
  protected abstract readonly decoupled: boolean;

  protected override update(moves: readonly Move<AdamOptions>[], group: AdamOptions): void {
    watch(() => group.amsgrad);
    const rule = adamRule({ decoupled: this.decoupled, amsgrad: group.amsgrad });
    for (const list of countSteps(moves)) {
      const [{ state }] = list;
      moveAll(rule, list, {
        rate: () => group.lr / (1 - group.betas[0] ** stepOf(state)),
        beta1: () => group.betas[0],
        beta2: () => group.betas[1],
        eps: () => group.eps,
        correction: () => Math.sqrt(1 - group.betas[1] ** stepOf(state)),
        decay: () => (this.decoupled ? group.lr * group.weightDecay : group.weightDecay),
        sign: () => (group.maximize ? -1 : 1),
      });
    }
  }
}

/** Adam; weight decay adds to the gradient. https://pytorch.org/docs/stable/generated/torch.optim.Adam.html */
export class Adam extends Adaptive {
  protected readonly decoupled = false;

  constructor(...args: Args<typeof adamSignature>) {
    super(...given<AdamOptions, typeof adamSignature>('optim.Adam', adamSignature, args));
  }
}

/** Adam whose weight decay shrinks the parameter itself. https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html */
export class AdamW extends Adaptive {
  protected readonly decoupled = true;

  constructor(...args: Args<typeof adamWSignature>) {
    super(...given<AdamOptions, typeof adamWSignature>('optim.AdamW', adamWSignature, args));
  }
}
