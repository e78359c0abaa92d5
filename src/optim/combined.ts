// Schedulers made of others, one after the other or all at once; and ReduceLROnPlateau, which looks at a metric instead of
// the epoch.

import { effect, refuse } from '../core/capture.ts';
import { ArgumentError } from '../errors.ts';
import { type Args, bind, describe, optional, p } from '../core/signature.ts';
import { LRScheduler, optimizerParam, type Scheduled, type Scheduler, type SchedulerState } from './scheduler.ts';

const listParam = p.custom<readonly LRScheduler[]>()(
  'schedulers',
  'a list of schedulers',
  (v) => Array.isArray(v) && v.length > 0 && v.every((one) => one instanceof LRScheduler),
);

const rates = (optimizer: Scheduled): number[] => optimizer.paramGroups.map(({ lr }) => lr);

function requireOne(op: string, schedulers: readonly LRScheduler[], optimizer: Scheduled): void {
  const other = schedulers.findIndex((one) => one.optimizer !== optimizer);
  if (other < 0) return;
  throw new ArgumentError({ op, fact: `scheduler ${other} has another optimizer`, rule: 'all must have the same one' });
}

const sequentialParams = [optimizerParam, listParam, p.ints('milestones'), optional(p.int('lastEpoch'), -1)] as const;

/** One scheduler until each milestone, then the next one from its start. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html */
export class SequentialLR implements Scheduler {
  lastEpoch: number;
  readonly optimizer: Scheduled;
  readonly schedulers: readonly LRScheduler[];
  readonly milestones: readonly number[];
  #lastLr: number[];

  constructor(...args: Args<typeof sequentialParams>) {
    const op = 'optim.lrScheduler.SequentialLR';
    const [optimizer, schedulers, milestones, lastEpoch] = bind(op, sequentialParams, args) as [
      Scheduled,
      readonly LRScheduler[],
      readonly number[],
      number,
    ];
    requireOne(op, schedulers, optimizer);
    if (milestones.length !== schedulers.length - 1) {
      throw new ArgumentError({
        op,
        fact: `${milestones.length} milestones for ${schedulers.length} schedulers`,
        rule: 'there is one milestone between each two schedulers',
      });
    }
    this.optimizer = optimizer;
    this.schedulers = schedulers;
    this.milestones = milestones;
    this.lastEpoch = lastEpoch + 1;
    // Each scheduler has set the rates for its first epoch; only the first one's count.
    for (const group of optimizer.paramGroups) group.lr = group.initialLr as number;
    schedulers[0].restart();
    this.#lastLr = schedulers[0].getLastLr();
  }

  step(): void {
    effect(() => {
      this.lastEpoch++;
      const at = this.milestones.filter((milestone) => milestone <= this.lastEpoch).length;
      const scheduler = this.schedulers[at];
      if (at > 0 && this.milestones[at - 1] === this.lastEpoch) scheduler.restart();
      else scheduler.advance();
      this.#lastLr = scheduler.getLastLr();
    });
  }

  getLastLr(): number[] {
    return [...this.#lastLr];
  }

  stateDict(): SchedulerState {
    return {
      _milestones: [...this.milestones],
      last_epoch: this.lastEpoch,
      _last_lr: this.getLastLr(),
      _schedulers: this.schedulers.map((one) => one.stateDict()),
    };
  }

  loadStateDict(state: SchedulerState): void {
    this.lastEpoch = state.last_epoch as number;
    this.#lastLr = [...(state._last_lr as readonly number[])];
    loadAll(this.schedulers, state);
  }
}

function loadAll(schedulers: readonly Scheduler[], state: SchedulerState): void {
  const states = state._schedulers as readonly SchedulerState[];
  if (!Array.isArray(states) || states.length !== schedulers.length) {
    throw new ArgumentError({
      op: 'loadStateDict',
      fact: `states of ${Array.isArray(states) ? states.length : 'no'} schedulers for ${schedulers.length}`,
      rule: 'there must be one for each',
    });
  }
  schedulers.forEach((one, at) => one.loadStateDict(states[at]));
}

const chainedParams = [listParam, optional(optimizerParam, null)] as const;

/** Several schedulers at once: each changes what the one before left. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ChainedScheduler.html */
export class ChainedScheduler implements Scheduler {
  readonly optimizer: Scheduled;
  readonly schedulers: readonly LRScheduler[];
  #lastLr: number[];

  constructor(...args: Args<typeof chainedParams>) {
    const op = 'optim.lrScheduler.ChainedScheduler';
    const [schedulers, optimizer] = bind(op, chainedParams, args) as [readonly LRScheduler[], Scheduled | null];
    this.optimizer = optimizer ?? schedulers[0].optimizer;
    requireOne(op, schedulers, this.optimizer);
    this.schedulers = schedulers;
    this.#lastLr = rates(this.optimizer);
  }

  step(): void {
    effect(() => {
      for (const one of this.schedulers) one.advance();
      this.#lastLr = rates(this.optimizer);
    });
  }

  getLastLr(): number[] {
    return [...this.#lastLr];
  }

  stateDict(): SchedulerState {
    return { _last_lr: this.getLastLr(), _schedulers: this.schedulers.map((one) => one.stateDict()) };
  }

  loadStateDict(state: SchedulerState): void {
    this.#lastLr = [...(state._last_lr as readonly number[])];
    loadAll(this.schedulers, state);
  }
}

const plateauParams = [
  optimizerParam,
  optional(p.string('mode'), 'min'),
  optional(p.number('factor'), 0.1),
  optional(p.int('patience'), 10),
  optional(p.number('threshold'), 1e-4),
  optional(p.string('thresholdMode'), 'rel'),
  optional(p.int('cooldown'), 0),
  optional(
    p.custom<number | readonly number[]>()(
      'minLr',
      'a number, or one a group',
      (v) => typeof v === 'number' || Array.isArray(v),
    ),
    0,
  ),
  optional(p.number('eps'), 1e-8),
] as const;

/** Times factor when a metric has not become better for `patience` epochs. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html */
export class ReduceLROnPlateau {
  lastEpoch = 0;
  /** The best metric so far, and for how many epochs none was better. */
  best: number;
  numBadEpochs = 0;
  cooldownCounter = 0;
  readonly optimizer: Scheduled;
  readonly mode: string;
  readonly factor: number;
  readonly patience: number;
  readonly threshold: number;
  readonly thresholdMode: string;
  readonly cooldown: number;
  readonly minLrs: readonly number[];
  readonly eps: number;
  #lastLr: number[];

  constructor(...args: Args<typeof plateauParams>) {
    const op = 'optim.lrScheduler.ReduceLROnPlateau';
    const [optimizer, mode, factor, patience, threshold, thresholdMode, cooldown, minLr, eps] = bind(
      op,
      plateauParams,
      args,
    ) as [Scheduled, string, number, number, number, string, number, number | readonly number[], number];
    const groups = optimizer.paramGroups.length;
    const demand = (holds: boolean, fact: string, rule: string): void => {
      if (!holds) throw new ArgumentError({ op, fact, rule });
    };
    demand(factor < 1, `factor is ${factor}`, 'it lies below 1');
    demand(mode === 'min' || mode === 'max', `mode '${mode}'`, "it is 'min' or 'max'");
    demand(
      thresholdMode === 'rel' || thresholdMode === 'abs',
      `thresholdMode '${thresholdMode}'`,
      "it is 'rel' or 'abs'",
    );
    this.minLrs = typeof minLr === 'number' ? new Array<number>(groups).fill(minLr) : minLr;
    demand(this.minLrs.length === groups, `${this.minLrs.length} values of minLr for ${groups} groups`, 'one for each');
    this.optimizer = optimizer;
    this.mode = mode;
    this.factor = factor;
    this.patience = patience;
    this.threshold = threshold;
    this.thresholdMode = thresholdMode;
    this.cooldown = cooldown;
    this.eps = eps;
    this.best = mode === 'min' ? Infinity : -Infinity;
    this.#lastLr = rates(optimizer);
  }

  /** Tells the metric of an epoch, as a number. */
  step(metrics: number): void {
    if (typeof metrics !== 'number') {
      throw new ArgumentError({
        op: 'optim.lrScheduler.ReduceLROnPlateau.step',
        fact: `metrics is ${describe(metrics)}`,
        rule: 'it must be a number, for the rate depends on it',
        cure: 'Await it first: scheduler.step(await loss.item()).',
      });
    }
    refuse('ReduceLROnPlateau decides by a number of each call');
    this.lastEpoch++;
    if (this.#isBetter(metrics)) {
      this.best = metrics;
      this.numBadEpochs = 0;
    } else this.numBadEpochs++;
    if (this.cooldownCounter > 0) {
      this.cooldownCounter--;
      this.numBadEpochs = 0;
    }
    if (this.numBadEpochs > this.patience) {
      this.optimizer.paramGroups.forEach((group, at) => {
        const lower = Math.max(group.lr * this.factor, this.minLrs[at]);
        if (group.lr - lower > this.eps) group.lr = lower;
      });
      this.cooldownCounter = this.cooldown;
      this.numBadEpochs = 0;
    }
    this.#lastLr = rates(this.optimizer);
  }

  #isBetter(metric: number): boolean {
    const { best, threshold } = this;
    const sign = this.mode === 'min' ? -1 : 1;
    const bar = this.thresholdMode === 'rel' ? best * (1 + sign * threshold) : best + sign * threshold;
    return this.mode === 'min' ? metric < bar : metric > bar;
  }

  getLastLr(): number[] {
    return [...this.#lastLr];
  }

  stateDict(): SchedulerState {
    return {
      factor: this.factor,
      min_lrs: [...this.minLrs],
      patience: this.patience,
      cooldown: this.cooldown,
      cooldown_counter: this.cooldownCounter,
      mode: this.mode,
      threshold: this.threshold,
      threshold_mode: this.thresholdMode,
      best: this.best,
      num_bad_epochs: this.numBadEpochs,
      eps: this.eps,
      last_epoch: this.lastEpoch,
      _last_lr: this.getLastLr(),
    };
  }

  loadStateDict(state: SchedulerState): void {
    this.best = state.best as number;
    this.numBadEpochs = state.num_bad_epochs as number;
    this.cooldownCounter = state.cooldown_counter as number;
    this.lastEpoch = state.last_epoch as number;
    this.#lastLr = [...((state._last_lr as readonly number[] | undefined) ?? rates(this.optimizer))];
  }
}
