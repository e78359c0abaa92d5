// ReduceLROnPlateau: a scheduler that looks at a metric instead of the epoch.

import { refuse } from '../../core/capture.ts';
import { ArgumentError } from '../../errors.ts';
import { type Args, bind, describe, optional, p } from '../../core/signature.ts';
import { optimizerParam, rates, type Scheduled, type SchedulerState } from './scheduler.ts';

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
