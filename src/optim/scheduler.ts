// optim.lrScheduler: rules that set the learning rate of each group after each epoch. Each says how the next rate follows
// from the present one, as in PyTorch, so that rates changed from outside and several schedulers at once go together.
// https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate

import { effect } from '../capture.ts';
import { ArgumentError } from '../errors.ts';
import { bound } from '../nn/arguments.ts';
import { type Args, optional, p } from '../signature.ts';
import { Optimizer } from './optimizer.ts';

/** What schedulers ask of an optimizer, whatever its options. */
interface Scheduled {
  readonly paramGroups: { lr: number; initialLr?: number }[];
  readonly stepCount: number;
}

/** A scheduler's state: plain data. */
export interface SchedulerState {
  readonly lastEpoch: number;
  readonly baseLrs: readonly number[];
  readonly lastLr: readonly number[];
}

const optimizerParam = p.custom<Scheduled>()('optimizer', 'an optimizer', (value) => value instanceof Optimizer);
const lastEpochParam = optional(p.int('lastEpoch'), -1);

/** The base of schedulers: `step()` once an epoch, after the optimizer's. */
export abstract class LRScheduler {
  /** The epoch that the rates now are for. */
  lastEpoch: number;
  /** The rate of each group at the start. */
  protected baseLrs: readonly number[];
  private readonly optimizer: Scheduled;
  private readonly stepsBefore: number;
  private taken = 0;

  /** Subclasses call `begin()` once their own options are set. */
  constructor(optimizer: Scheduled, lastEpoch: number) {
    this.optimizer = optimizer;
    for (const [at, group] of optimizer.paramGroups.entries()) {
      if (lastEpoch === -1) group.initialLr = group.lr;
      else if (group.initialLr === undefined) {
        throw new ArgumentError({
          op: 'optim.lrScheduler',
          fact: `lastEpoch ${lastEpoch} for group ${at}, which has no initialLr`,
          rule: 'a schedule goes on only where one has begun',
          cure: "Load the optimizer's state first, or leave lastEpoch out.",
        });
      }
    }
    this.baseLrs = optimizer.paramGroups.map((group) => group.initialLr as number);
    this.lastEpoch = lastEpoch;
    this.stepsBefore = optimizer.stepCount;
  }

  /** Sets the rates of the first epoch. */
  protected begin(): void {
    this.advance();
  }

  /** The next rate of group `at` from its present one. */
  protected abstract next(lr: number, base: number, at: number): number;

  private advance(): void {
    this.lastEpoch++;
    this.taken++;
    this.optimizer.paramGroups.forEach((group, at) => (group.lr = this.next(group.lr, this.baseLrs[at], at)));
  }

  /** Sets the rates of the next epoch. */
  step(): void {
    if (this.taken === 1 && this.optimizer.stepCount === this.stepsBefore) {
      console.warn(
        'UserWarning: Detected call of `lrScheduler.step()` before `optimizer.step()`. ' +
          'Call them in the opposite order, or the first rate of the schedule is skipped.',
      );
    }
    effect(() => this.advance());
  }

  /** The rate of each group now. */
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map((group) => group.lr);
  }

  stateDict(): SchedulerState {
    return { lastEpoch: this.lastEpoch, baseLrs: [...this.baseLrs], lastLr: this.getLastLr() };
  }

  /** Goes on where `state` was taken; the optimizer's own state holds its rates. */
  loadStateDict(state: SchedulerState): void {
    this.lastEpoch = state.lastEpoch;
    this.baseLrs = [...state.baseLrs];
    this.taken = state.lastEpoch + 1;
  }
}

function requirePositive(op: string, name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new ArgumentError({
    op: `optim.lrScheduler.${op}`,
    fact: `${name} is ${value}`,
    rule: 'it must be a positive integer',
  });
}

type Factor = (epoch: number) => number;
const lambdaSignature = [
  optimizerParam,
  p.custom<Factor | readonly Factor[]>()(
    'lrLambda',
    'a function of the epoch, or one a group',
    (v) => typeof v === 'function' || (Array.isArray(v) && v.every((one) => typeof one === 'function')),
  ),
  lastEpochParam,
] as const;

/** base * lrLambda(epoch). https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html */
export class LambdaLR extends LRScheduler {
  private readonly factors: readonly Factor[];

  constructor(...args: Args<typeof lambdaSignature>) {
    const [optimizer, lambda, lastEpoch] = bound('optim.lrScheduler.LambdaLR', lambdaSignature, args);
    super(optimizer, lastEpoch);
    const groups = optimizer.paramGroups.length;
    this.factors = typeof lambda === 'function' ? new Array<Factor>(groups).fill(lambda) : lambda;
    if (this.factors.length !== groups) {
      throw new ArgumentError({
        op: 'optim.lrScheduler.LambdaLR',
        fact: `${this.factors.length} functions for ${groups} groups`,
        rule: 'one function for all groups, or one for each',
      });
    }
    this.begin();
  }

  protected override next(_: number, base: number, at: number): number {
    return base * this.factors[at](this.lastEpoch);
  }
}

const stepSignature = [optimizerParam, p.int('stepSize'), optional(p.number('gamma'), 0.1), lastEpochParam] as const;

/** Times gamma every stepSize epochs. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html */
export class StepLR extends LRScheduler {
  readonly stepSize: number;
  readonly gamma: number;

  constructor(...args: Args<typeof stepSignature>) {
    const [optimizer, stepSize, gamma, lastEpoch] = bound('optim.lrScheduler.StepLR', stepSignature, args);
    requirePositive('StepLR', 'stepSize', stepSize);
    super(optimizer, lastEpoch);
    this.stepSize = stepSize;
    this.gamma = gamma;
    this.begin();
  }

  protected override next(lr: number): number {
    return this.lastEpoch === 0 || this.lastEpoch % this.stepSize !== 0 ? lr : lr * this.gamma;
  }
}

const multiSignature = [
  optimizerParam,
  p.ints('milestones'),
  optional(p.number('gamma'), 0.1),
  lastEpochParam,
] as const;

/** Times gamma at each milestone (twice where one is listed twice). https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html */
export class MultiStepLR extends LRScheduler {
  readonly milestones: readonly number[];
  readonly gamma: number;

  constructor(...args: Args<typeof multiSignature>) {
    const [optimizer, milestones, gamma, lastEpoch] = bound('optim.lrScheduler.MultiStepLR', multiSignature, args);
    super(optimizer, lastEpoch);
    this.milestones = milestones;
    this.gamma = gamma;
    this.begin();
  }

  protected override next(lr: number): number {
    const times = this.milestones.filter((milestone) => milestone === this.lastEpoch).length;
    return times === 0 ? lr : lr * this.gamma ** times;
  }
}

const exponentialSignature = [optimizerParam, p.number('gamma'), lastEpochParam] as const;

/** Times gamma every epoch. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html */
export class ExponentialLR extends LRScheduler {
  readonly gamma: number;

  constructor(...args: Args<typeof exponentialSignature>) {
    const [optimizer, gamma, lastEpoch] = bound('optim.lrScheduler.ExponentialLR', exponentialSignature, args);
    super(optimizer, lastEpoch);
    this.gamma = gamma;
    this.begin();
  }

  protected override next(lr: number): number {
    return this.lastEpoch === 0 ? lr : lr * this.gamma;
  }
}

const cosineSignature = [optimizerParam, p.int('TMax'), optional(p.number('etaMin'), 0), lastEpochParam] as const;

/** Half a cosine from the base rate down to etaMin in TMax epochs, and up again. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html */
export class CosineAnnealingLR extends LRScheduler {
  readonly TMax: number;
  readonly etaMin: number;

  constructor(...args: Args<typeof cosineSignature>) {
    const [optimizer, TMax, etaMin, lastEpoch] = bound('optim.lrScheduler.CosineAnnealingLR', cosineSignature, args);
    requirePositive('CosineAnnealingLR', 'TMax', TMax);
    super(optimizer, lastEpoch);
    this.TMax = TMax;
    this.etaMin = etaMin;
    this.begin();
  }

  protected override next(lr: number, base: number): number {
    const { lastEpoch, TMax, etaMin } = this;
    if (lastEpoch === 0) return lr;
    // The quotient below has no value where the cosine was -1: the first step up again starts from etaMin.
    if ((lastEpoch - 1 - TMax) % (2 * TMax) === 0) return lr + ((base - etaMin) * (1 - Math.cos(Math.PI / TMax))) / 2;
    const height = (epoch: number): number => 1 + Math.cos((Math.PI * epoch) / TMax);
    return (height(lastEpoch) / height(lastEpoch - 1)) * (lr - etaMin) + etaMin;
  }
}

const linearSignature = [
  optimizerParam,
  optional(p.number('startFactor'), 1 / 3),
  optional(p.number('endFactor'), 1),
  optional(p.int('totalIters'), 5),
  lastEpochParam,
] as const;

/** From base * startFactor to base * endFactor in totalIters epochs. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html */
export class LinearLR extends LRScheduler {
  readonly startFactor: number;
  readonly endFactor: number;
  readonly totalIters: number;

  constructor(...args: Args<typeof linearSignature>) {
    const [optimizer, startFactor, endFactor, totalIters, lastEpoch] = bound(
      'optim.lrScheduler.LinearLR',
      linearSignature,
      args,
    );
    if (!(startFactor > 0 && startFactor <= 1) || !(endFactor >= 0 && endFactor <= 1)) {
      throw new ArgumentError({
        op: 'optim.lrScheduler.LinearLR',
        fact: `factors ${startFactor} and ${endFactor}`,
        rule: 'startFactor lies in (0, 1], endFactor in [0, 1]',
      });
    }
    super(optimizer, lastEpoch);
    this.startFactor = startFactor;
    this.endFactor = endFactor;
    this.totalIters = totalIters;
    this.begin();
  }

  protected override next(lr: number): number {
    const { lastEpoch, startFactor, endFactor, totalIters } = this;
    if (lastEpoch === 0) return lr * startFactor;
    if (lastEpoch > totalIters) return lr;
    const rise = endFactor - startFactor;
    return lr * (1 + rise / (totalIters * startFactor + (lastEpoch - 1) * rise));
  }
}

const constantSignature = [
  optimizerParam,
  optional(p.number('factor'), 1 / 3),
  optional(p.int('totalIters'), 5),
  lastEpochParam,
] as const;

/** base * factor for totalIters epochs, then base. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html */
export class ConstantLR extends LRScheduler {
  readonly factor: number;
  readonly totalIters: number;

  constructor(...args: Args<typeof constantSignature>) {
    const [optimizer, factor, totalIters, lastEpoch] = bound('optim.lrScheduler.ConstantLR', constantSignature, args);
    super(optimizer, lastEpoch);
    this.factor = factor;
    this.totalIters = totalIters;
    this.begin();
  }

  protected override next(lr: number): number {
    if (this.lastEpoch === 0) return lr * this.factor;
    return this.lastEpoch === this.totalIters ? lr / this.factor : lr;
  }
}

const polynomialSignature = [
  optimizerParam,
  optional(p.int('totalIters'), 5),
  optional(p.number('power'), 1),
  lastEpochParam,
] as const;

/** base * (1 - epoch / totalIters)^power, then 0. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html */
export class PolynomialLR extends LRScheduler {
  readonly totalIters: number;
  readonly power: number;

  constructor(...args: Args<typeof polynomialSignature>) {
    const [optimizer, totalIters, power, lastEpoch] = bound(
      'optim.lrScheduler.PolynomialLR',
      polynomialSignature,
      args,
    );
    super(optimizer, lastEpoch);
    this.totalIters = totalIters;
    this.power = power;
    this.begin();
  }

  protected override next(lr: number): number {
    const { lastEpoch, totalIters, power } = this;
    if (lastEpoch === 0 || lastEpoch > totalIters) return lr;
    return lr * ((1 - lastEpoch / totalIters) / (1 - (lastEpoch - 1) / totalIters)) ** power;
  }
}
