// Schedulers made of others: one after the other, or all at once.

import { effect } from '../../core/capture.ts';
import { ArgumentError } from '../../errors.ts';
import { type Args, bind, optional, p } from '../../core/signature.ts';
import {
  LRScheduler,
  optimizerParam,
  rates,
  type Scheduled,
  type Scheduler,
  type SchedulerState,
} from './scheduler.ts';

const listParam = p.custom<readonly LRScheduler[]>()(
  'schedulers',
  'a list of schedulers',
  (v) => Array.isArray(v) && v.length > 0 && v.every((one) => one instanceof LRScheduler),
);

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
