// Older optimizers that scale the step of each element by its past gradients: Adagrad, RMSprop, Adadelta.

import { watch } from '../core/capture.ts';
import { adadeltaRule, adagradRule, rmspropRule } from './rules.ts';
import { type Args, optional, p } from '../core/signature.ts';
import { given, paramsParam } from './base-optimizer.ts';
import { commonParams, type CommonOptions, countSteps, type Move, moveAll, Optimizer, stepOf } from './optimizer.ts';

export interface RMSpropOptions extends CommonOptions {
  readonly lr: number;
  readonly alpha: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly momentum: number;
  readonly centered: boolean;
}

const rmsSignature = [
  paramsParam<RMSpropOptions>(),
  optional(p.number('lr'), 1e-2),
  optional(p.number('alpha'), 0.99),
  optional(p.number('eps'), 1e-8),
  optional(p.number('weightDecay'), 0),
  optional(p.number('momentum'), 0),
  optional(p.bool('centered'), false),
  ...commonParams,
] as const;

/** p -= lr g / (sqrt(v) + eps), with v the running average of g^2. https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(...args: Args<typeof rmsSignature>) {
    super(...given<RMSpropOptions, typeof rmsSignature>('optim.RMSprop', rmsSignature, args));
  }

  protected override check(options: RMSpropOptions): void {
    this.demandNotNegative(options, 'lr', 'alpha', 'eps', 'weightDecay', 'momentum');
  }

  protected override update(moves: readonly Move<RMSpropOptions>[], group: RMSpropOptions): void {
    watch(() => group.momentum > 0);
    watch(() => group.centered);
    countSteps(moves);
    moveAll(rmspropRule({ momentum: group.momentum > 0, centered: group.centered }), moves, {
      lr: () => group.lr,
      alpha: () => group.alpha,
      eps: () => group.eps,
      momentum: () => group.momentum,
      decay: () => group.weightDecay,
      sign: () => (group.maximize ? -1 : 1),
    });
  }
}

export interface AdagradOptions extends CommonOptions {
  readonly lr: number;
  readonly lrDecay: number;
  readonly weightDecay: number;
  readonly initialAccumulatorValue: number;
  readonly eps: number;
}

const adagradSignature = [
  paramsParam<AdagradOptions>(),
  optional(p.number('lr'), 1e-2),
  optional(p.number('lrDecay'), 0),
  optional(p.number('weightDecay'), 0),
  optional(p.number('initialAccumulatorValue'), 0),
  optional(p.number('eps'), 1e-10),
  ...commonParams,
] as const;

/** p -= lr g / (sqrt(s) + eps), with s the sum of all g^2. https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(...args: Args<typeof adagradSignature>) {
    super(...given<AdagradOptions, typeof adagradSignature>('optim.Adagrad', adagradSignature, args));
  }

  protected override check(options: AdagradOptions): void {
    this.demandNotNegative(options, 'lr', 'lrDecay', 'weightDecay', 'initialAccumulatorValue', 'eps');
  }

  protected override update(moves: readonly Move<AdagradOptions>[], group: AdagradOptions): void {
    for (const list of countSteps(moves)) {
      const [{ state }] = list;
      const numbers = {
        rate: () => group.lr / (1 + (stepOf(state) - 1) * group.lrDecay),
        eps: () => group.eps,
        decay: () => group.weightDecay,
        sign: () => (group.maximize ? -1 : 1),
      };
      moveAll(adagradRule, list, numbers, group.initialAccumulatorValue);
    }
  }
}

export interface AdadeltaOptions extends CommonOptions {
  readonly lr: number;
  readonly rho: number;
  readonly eps: number;
  readonly weightDecay: number;
}

const adadeltaSignature = [
  paramsParam<AdadeltaOptions>(),
  optional(p.number('lr'), 1),
  optional(p.number('rho'), 0.9),
  optional(p.number('eps'), 1e-6),
  optional(p.number('weightDecay'), 0),
  ...commonParams,
] as const;

/** Steps in the units of the parameter: running averages of g^2 and of past steps^2. https://pytorch.org/docs/stable/generated/torch.optim.Adadelta.html */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  constructor(...args: Args<typeof adadeltaSignature>) {
    super(...given<AdadeltaOptions, typeof adadeltaSignature>('optim.Adadelta', adadeltaSignature, args));
  }

  protected override check(options: AdadeltaOptions): void {
    this.demandNotNegative(options, 'lr', 'eps', 'weightDecay');
    this.demand(options.rho >= 0 && options.rho <= 1, 'rho', options.rho, 'it lies between 0 and 1');
  }

  protected override update(moves: readonly Move<AdadeltaOptions>[], group: AdadeltaOptions): void {
    countSteps(moves);
    moveAll(adadeltaRule, moves, {
      lr: () => group.lr,
      rho: () => group.rho,
      eps: () => group.eps,
      decay: () => group.weightDecay,
      sign: () => (group.maximize ? -1 : 1),
    });
  }
}
