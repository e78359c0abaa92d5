// LRScheduler: sets the learning rate of each group after each epoch, by a rule that says how the next rate follows from the
// epoch and the present rate. So rates changed from outside and several schedulers at once go together, as in PyTorch. Knows
// no rule; `schedule` makes a class of one. https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate

import { effect } from '../../core/capture.ts';
import { ArgumentError } from '../../errors.ts';
import { snakeCase } from '../../nn/arguments.ts';
import { type Args, bind, optional, p, type Param } from '../../core/signature.ts';
import { BaseOptimizer } from '../base-optimizer.ts';

/** What schedulers ask of the groups of an optimizer, whatever its options. */
export interface ScheduledGroup {
  lr: number;
  initialLr?: number;
  momentum?: number;
  betas?: readonly number[];
}

/** What schedulers ask of an optimizer. */
export interface Scheduled {
  readonly paramGroups: ScheduledGroup[];
  readonly stepCount: number;
  readonly defaults: object;
}

/** A scheduler's state: plain data under PyTorch's names. */
export type SchedulerState = Readonly<Record<string, unknown>>;

/** What all schedulers can do. */
export interface Scheduler {
  step(): void;
  getLastLr(): number[];
  stateDict(): SchedulerState;
  loadStateDict(state: SchedulerState): void;
}

/** What a rule knows about a group: the epoch, the rate now and at the start, and the number of the group. */
export interface ScheduleState {
  readonly epoch: number;
  readonly lr: number;
  readonly base: number;
  readonly at: number;
}

/** The next value for a group. */
export type ScheduleRule = (moment: ScheduleState) => number;

/** How the rate goes, and the momentum (or the first of `betas`) where it is scheduled too. */
export interface Course {
  readonly rate: ScheduleRule;
  readonly momentum?: ScheduleRule | null;
  /** The next rate follows from the present one alone: there is no way back to the first epoch. */
  readonly chained?: boolean;
}

export const optimizerParam = p.custom<Scheduled>()(
  'optimizer',
  'an optimizer',
  (value) => value instanceof BaseOptimizer,
);
export const lastEpochParam = optional(p.int('lastEpoch'), -1);

/** The learning rate of each group. */
export const rates = (optimizer: Scheduled): number[] => optimizer.paramGroups.map(({ lr }) => lr);

/** Sets what a group calls its momentum. */
export function setMomentum(group: ScheduledGroup, value: number): void {
  if (group.betas === undefined) group.momentum = value;
  else group.betas = [value, ...group.betas.slice(1)];
}

/** The base of schedulers with an epoch: `step()` once an epoch, after the optimizer's. */
export class LRScheduler implements Scheduler {
  /** The epoch that the rates now are for. */
  lastEpoch: number;
  /** The rate of each group at the start. */
  baseLrs: readonly number[];
  readonly optimizer: Scheduled;
  /** What the constructor was told, by name. */
  protected readonly options: Readonly<Record<string, unknown>>;
  readonly #course: Course;
  readonly #stepsBefore: number;
  #lastLr: number[] = [];
  #taken = 0;

  constructor(
    optimizer: Scheduled,
    lastEpoch: number,
    course: Course,
    options: Readonly<Record<string, unknown>> = {},
    bases?: readonly number[],
  ) {
    this.optimizer = optimizer;
    this.options = options;
    this.#course = course;
    for (const [at, group] of optimizer.paramGroups.entries()) {
      if (lastEpoch === -1) group.initialLr ??= group.lr;
      else if (group.initialLr === undefined) {
        throw new ArgumentError({
          op: 'optim.lrScheduler',
          fact: `lastEpoch ${lastEpoch} for group ${at}, which has no initialLr`,
          rule: 'a schedule goes on only where one has begun',
          cure: "Load the optimizer's state first, or leave lastEpoch out.",
        });
      }
    }
    this.baseLrs = bases ?? optimizer.paramGroups.map((group) => group.initialLr as number);
    this.lastEpoch = lastEpoch;
    this.#stepsBefore = optimizer.stepCount;
    this.#next();
  }

  #next(): void {
    this.lastEpoch++;
    this.#taken++;
    this.#apply((group) => group.lr);
  }

  /** What `step` does, for schedulers that are made of others: goes on by an epoch and sets the rates for it. */
  advance(): void {
    this.#next();
  }

  #apply(from: (group: ScheduledGroup, at: number) => number): void {
    const { rate, momentum } = this.#course;
    this.optimizer.paramGroups.forEach((group, at) => {
      const moment = { epoch: this.lastEpoch, lr: from(group, at), base: this.baseLrs[at], at };
      group.lr = rate(moment);
      if (momentum != null) setMomentum(group, momentum(moment));
    });
    this.#lastLr = this.optimizer.paramGroups.map((group) => group.lr);
  }

  /** Sets the rates of the next epoch. */
  step(): void {
    if (this.#taken === 1 && this.optimizer.stepCount === this.#stepsBefore) {
      console.warn(
        'UserWarning: Detected call of `lrScheduler.step()` before `optimizer.step()`. ' +
          'Call them in the opposite order, or the first rate of the schedule is skipped.',
      );
    }
    effect(() => this.advance());
  }

  /** Starts anew at epoch 0: for schedulers that come after others. */
  restart(): void {
    this.lastEpoch = 0;
    this.#apply((group, at) => (this.#course.chained === true ? group.lr : this.baseLrs[at]));
  }

  /** The rate of each group as this scheduler last set it. */
  getLastLr(): number[] {
    return [...this.#lastLr];
  }

  /** The state under PyTorch's names; functions are left out, as in PyTorch. */
  stateDict(): SchedulerState {
    const isFunction = (value: unknown): boolean => [value].flat().some((one) => typeof one === 'function');
    const told = Object.entries(this.options).filter(([, value]) => value !== null && !isFunction(value));
    return {
      ...Object.fromEntries(told.map(([name, value]) => [snakeCase(name), value])),
      base_lrs: [...this.baseLrs],
      last_epoch: this.lastEpoch,
      _step_count: this.#taken,
      _last_lr: this.getLastLr(),
    };
  }

  /** Goes on where `state` was taken; the optimizer's own state holds its rates. */
  loadStateDict(state: SchedulerState): void {
    const { last_epoch, base_lrs, _step_count, _last_lr } = state as {
      readonly last_epoch: number;
      readonly base_lrs: readonly number[];
      readonly _step_count?: number;
      readonly _last_lr?: readonly number[];
    };
    if (typeof last_epoch !== 'number' || !Array.isArray(base_lrs)) {
      throw new ArgumentError({
        op: 'loadStateDict',
        fact: `a scheduler's state with ${Object.keys(state).join(', ') || 'nothing'}`,
        rule: 'it must have last_epoch and base_lrs',
      });
    }
    this.lastEpoch = last_epoch;
    this.baseLrs = [...base_lrs];
    this.#taken = _step_count ?? last_epoch + 1;
    this.#lastLr = [...(_last_lr ?? base_lrs)];
  }
}

type Told<P extends readonly Param[]> = {
  readonly [K in P[number] as K['name']]: K extends Param<string, infer V, boolean> ? V : never;
};

/** The class that a list of parameters and a rule make. */
export interface SchedulerClass<P extends readonly Param[]> {
  new (...args: Args<readonly [typeof optimizerParam, ...P, typeof lastEpochParam]>): LRScheduler & Told<P>;
  readonly prototype: LRScheduler;
}

/**
 * A class of schedulers: its parameters stand between `optimizer` and `lastEpoch`, and can be read from an instance. `make`
 * checks them and returns the rule (or rules); `demand` throws in its name. `fresh` is false where a schedule goes on.
 */
export function schedule<const P extends readonly Param[]>(
  name: string,
  params: P,
  make: (told: Told<P>, context: ScheduleContext) => ScheduleRule | (Course & { readonly bases?: readonly number[] }),
): SchedulerClass<P> {
  const op = `optim.lrScheduler.${name}`;
  const signature = [optimizerParam, ...params, lastEpochParam] as readonly Param[];
  const demand = (holds: boolean, fact: string, rule: string): void => {
    if (!holds) throw new ArgumentError({ op, fact, rule });
  };
  const Class = class extends LRScheduler {
    constructor(...args: readonly unknown[]) {
      const [optimizer, ...values] = bind(op, signature, args) as [Scheduled, ...unknown[]];
      const lastEpoch = values.pop() as number;
      const told = Object.fromEntries(values.map((value, at) => [params[at].name, value]));
      const made = make(told as Told<P>, { optimizer, fresh: lastEpoch === -1, demand });
      const course = typeof made === 'function' ? { rate: made } : made;
      super(optimizer, lastEpoch, course, told, typeof made === 'function' ? undefined : made.bases);
      Object.assign(this, told);
    }
  };
  Object.defineProperty(Class, 'name', { value: name });
  return Class as unknown as SchedulerClass<P>;
}

/** What a schedule may look at when it is made. */
export interface ScheduleContext {
  readonly optimizer: Scheduled;
  readonly fresh: boolean;
  readonly demand: (holds: boolean, fact: string, rule: string) => void;
}

/** Whether a number counts something: 1, 2, .. */
export const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
