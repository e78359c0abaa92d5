// Schedules that go up and down, also with the momentum: CyclicLR, OneCycleLR, CosineAnnealingWarmRestarts. They are steps of
// batches rather than epochs, and say each rate anew instead of from the one before.

import { effect } from '../../core/capture.ts';
import { ArgumentError } from '../../errors.ts';
import { type Args, bind, describe, optional, p } from '../../core/signature.ts';
import {
  isCount,
  lastEpochParam,
  LRScheduler,
  optimizerParam,
  schedule,
  type ScheduleContext,
  type ScheduledGroup,
  setMomentum,
  type SchedulerState,
} from './scheduler.ts';

/** A number for all groups, or one for each. */
const perGroup = <N extends string>(name: N) =>
  p.custom<number | readonly number[]>()(
    name,
    'a number, or one a group',
    (v) => typeof v === 'number' || (Array.isArray(v) && v.every((one) => typeof one === 'number')),
  );

function spread(name: string, value: number | readonly number[], { optimizer, demand }: ScheduleContext) {
  const groups = optimizer.paramGroups.length;
  const list = typeof value === 'number' ? new Array<number>(groups).fill(value) : value;
  demand(
    list.length === groups,
    `${list.length} values of ${name} for ${groups} groups`,
    'one for all, or one for each',
  );
  return list;
}

/** How high the peaks are: by the number of the cycle, or of the step. */
const cycleModes = {
  triangular: { by: 'cycle', scale: () => () => 1 },
  triangular2: { by: 'cycle', scale: () => (cycle: number) => 2 ** (1 - cycle) },
  exp_range: { by: 'iterations', scale: (gamma: number) => (step: number) => gamma ** step },
} as const;

/** Up from baseLr to maxLr in stepSizeUp steps and down again, again and again. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CyclicLR.html */
export const CyclicLR = schedule(
  'CyclicLR',
  [
    perGroup('baseLr'),
    perGroup('maxLr'),
    optional(p.number('stepSizeUp'), 2000),
    optional(p.number('stepSizeDown'), null),
    optional(p.string('mode'), 'triangular'),
    optional(p.number('gamma'), 1),
    optional(
      p.custom<(x: number) => number>()('scaleFn', 'a function', (v) => typeof v === 'function'),
      null,
    ),
    optional(p.string('scaleMode'), 'cycle'),
    optional(p.bool('cycleMomentum'), true),
    optional(perGroup('baseMomentum'), 0.8),
    optional(perGroup('maxMomentum'), 0.9),
  ],
  (told, context) => {
    const { optimizer, fresh, demand } = context;
    const known = Object.hasOwn(cycleModes, told.mode) || told.scaleFn !== null;
    demand(known, `mode '${told.mode}'`, `the modes are ${Object.keys(cycleModes).join(', ')}`);
    demand(
      !told.cycleMomentum || 'momentum' in optimizer.defaults || 'betas' in optimizer.defaults,
      'cycleMomentum with an optimizer that has no momentum',
      'pass cycleMomentum: false',
    );
    const [low, high] = [spread('baseLr', told.baseLr, context), spread('maxLr', told.maxLr, context)];
    const [slow, fast] = [
      spread('baseMomentum', told.baseMomentum, context),
      spread('maxMomentum', told.maxMomentum, context),
    ];
    if (fresh) optimizer.paramGroups.forEach((group, at) => (group.lr = low[at]));
    const up = told.stepSizeUp;
    const length = up + (told.stepSizeDown ?? up);
    const mode = cycleModes[told.mode as keyof typeof cycleModes];
    const scale = told.scaleFn ?? mode.scale(told.gamma);
    const byCycle = (told.scaleFn === null ? mode.by : told.scaleMode) === 'cycle';
    /** Where a step is between the bottom (0) and the full height of the first peak (1). */
    const height = (epoch: number): number => {
      const cycle = Math.floor(1 + epoch / length);
      const place = 1 + epoch / length - cycle;
      const share = place <= up / length ? place / (up / length) : (place - 1) / (up / length - 1);
      return share * scale(byCycle ? cycle : epoch);
    };
    return {
      rate: ({ epoch, at }) => low[at] + (high[at] - low[at]) * height(epoch),
      momentum: told.cycleMomentum ? ({ epoch, at }) => fast[at] - (fast[at] - slow[at]) * height(epoch) : null,
      bases: low,
    };
  },
);

/** What OneCycleLR writes into a group, as PyTorch does, so that a saved optimizer can go on. */
interface CycledGroup extends ScheduledGroup {
  maxLr?: number;
  minLr?: number;
  maxMomentum?: number;
  baseMomentum?: number;
}

type Level = 'initialLr' | 'maxLr' | 'minLr';
type Pace = 'maxMomentum' | 'baseMomentum';

/** A stretch of the cycle: until which step, between which rates and momenta. */
interface Phase {
  readonly end: number;
  readonly rates: readonly [Level, Level];
  readonly momenta: readonly [Pace, Pace];
}

/** One cycle over the whole training: up to maxLr, then down far below the start. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html */
export const OneCycleLR = schedule(
  'OneCycleLR',
  [
    perGroup('maxLr'),
    optional(p.int('totalSteps'), null),
    optional(p.int('epochs'), null),
    optional(p.int('stepsPerEpoch'), null),
    optional(p.number('pctStart'), 0.3),
    optional(p.string('annealStrategy'), 'cos'),
    optional(p.bool('cycleMomentum'), true),
    optional(perGroup('baseMomentum'), 0.85),
    optional(perGroup('maxMomentum'), 0.95),
    optional(p.number('divFactor'), 25),
    optional(p.number('finalDivFactor'), 1e4),
    optional(p.bool('threePhase'), false),
  ],
  (told, context) => {
    const { optimizer, fresh, demand } = context;
    const total = told.totalSteps ?? (told.epochs ?? 0) * (told.stepsPerEpoch ?? 0);
    demand(isCount(total), `totalSteps is ${total}`, 'give totalSteps, or both epochs and stepsPerEpoch');
    demand(told.pctStart >= 0 && told.pctStart <= 1, `pctStart is ${told.pctStart}`, 'it lies between 0 and 1');
    const cosine = told.annealStrategy === 'cos';
    demand(
      cosine || told.annealStrategy === 'linear',
      `annealStrategy '${told.annealStrategy}'`,
      "it is 'cos' or 'linear'",
    );
    demand(
      !told.cycleMomentum || 'momentum' in optimizer.defaults || 'betas' in optimizer.defaults,
      'cycleMomentum with an optimizer that has no momentum',
      'pass cycleMomentum: false',
    );
    const groups = optimizer.paramGroups as CycledGroup[];
    if (fresh) {
      const peaks = spread('maxLr', told.maxLr, context);
      const [slow, fast] = [
        spread('baseMomentum', told.baseMomentum, context),
        spread('maxMomentum', told.maxMomentum, context),
      ];
      groups.forEach((group, at) => {
        group.maxLr = peaks[at];
        group.initialLr = peaks[at] / told.divFactor;
        group.minLr = group.initialLr / told.finalDivFactor;
        if (!told.cycleMomentum) return;
        setMomentum(group, fast[at]);
        group.maxMomentum = fast[at];
        group.baseMomentum = slow[at];
      });
    }
    const rise = told.pctStart * total;
    const up: Phase = { end: rise - 1, rates: ['initialLr', 'maxLr'], momenta: ['maxMomentum', 'baseMomentum'] };
    const phases: readonly Phase[] = told.threePhase
      ? [
          up,
          { end: 2 * rise - 2, rates: ['maxLr', 'initialLr'], momenta: ['baseMomentum', 'maxMomentum'] },
          { end: total - 1, rates: ['initialLr', 'minLr'], momenta: ['maxMomentum', 'maxMomentum'] },
        ]
      : [up, { end: total - 1, rates: ['maxLr', 'minLr'], momenta: ['baseMomentum', 'maxMomentum'] }];
    const between = (start: number, end: number, share: number): number =>
      cosine ? end + ((start - end) / 2) * (Math.cos(Math.PI * share) + 1) : (end - start) * share + start;
    const value = (epoch: number, at: number, key: 'rates' | 'momenta'): number => {
      demand(epoch <= total, `step ${epoch + 1} of ${total}`, 'the cycle is over');
      const place = phases.findIndex(({ end }, index) => epoch <= end || index === phases.length - 1);
      const start = place === 0 ? 0 : phases[place - 1].end;
      const [from, to] = phases[place][key].map((name) => groups[at][name] as number);
      return between(from, to, (epoch - start) / (phases[place].end - start));
    };
    return {
      rate: ({ epoch, at }) => value(epoch, at, 'rates'),
      momentum: told.cycleMomentum ? ({ epoch, at }) => value(epoch, at, 'momenta') : null,
    };
  },
);

const restartParams = [
  optimizerParam,
  p.int('T0'),
  optional(p.int('TMult'), 1),
  optional(p.number('etaMin'), 0),
  lastEpochParam,
] as const;

/** Where a run of warm restarts is: `since` epochs after the last restart, of `length`. */
interface Place {
  since: number;
  length: number;
}

/** Half a cosine down to etaMin in T0 epochs, then from the top again, each time TMult as long. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  readonly T0: number;
  readonly TMult: number;
  readonly #place: Place;

  constructor(...args: Args<typeof restartParams>) {
    const op = 'optim.lrScheduler.CosineAnnealingWarmRestarts';
    const [optimizer, T0, TMult, etaMin, lastEpoch] = bind(op, restartParams, args) as [never, ...number[]];
    if (!isCount(T0) || !isCount(TMult)) {
      throw new ArgumentError({ op, fact: `T0 is ${T0}, TMult ${TMult}`, rule: 'both are positive integers' });
    }
    const place: Place = lastEpoch === -1 ? { since: 0, length: T0 } : placeAt(lastEpoch + 1, T0, TMult);
    const rate = ({ base }: { readonly base: number }) =>
      etaMin + ((base - etaMin) * (1 + Math.cos((Math.PI * place.since) / place.length))) / 2;
    super(optimizer, lastEpoch, { rate }, { T0, TMult, etaMin });
    this.T0 = T0;
    this.TMult = TMult;
    this.#place = place;
  }

  /** The next epoch; or, with `epoch`, that one, which may be a fraction: after each batch, epoch + batch / batches. */
  override step(epoch?: number): void {
    if (epoch !== undefined && !(epoch >= 0)) {
      throw new ArgumentError({
        op: 'optim.lrScheduler.CosineAnnealingWarmRestarts.step',
        fact: `epoch is ${describe(epoch)}`,
        rule: 'it is 0 or more',
      });
    }
    effect(() => {
      if (epoch === undefined) this.advance();
      else this.#go(epoch);
    });
  }

  override advance(): void {
    const place = this.#place;
    if (++place.since >= place.length) {
      place.since -= place.length;
      place.length *= this.TMult;
    }
    super.advance();
  }

  override restart(): void {
    this.#go(0);
  }

  #go(epoch: number): void {
    Object.assign(this.#place, placeAt(epoch, this.T0, this.TMult));
    this.lastEpoch = Math.floor(epoch) - 1;
    super.advance();
  }

  override stateDict(): SchedulerState {
    return { ...super.stateDict(), T_cur: this.#place.since, T_i: this.#place.length };
  }

  override loadStateDict(state: SchedulerState): void {
    super.loadStateDict(state);
    Object.assign(this.#place, { since: state.T_cur, length: state.T_i });
  }
}

function placeAt(epoch: number, T0: number, TMult: number): Place {
  if (epoch < T0) return { since: epoch, length: T0 };
  if (TMult === 1) return { since: epoch % T0, length: T0 };
  // T0 (TMult^n - 1) / (TMult - 1) epochs lie before restart n.
  const restarts = Math.trunc(Math.log((epoch / T0) * (TMult - 1) + 1) / Math.log(TMult));
  return { since: epoch - (T0 * (TMult ** restarts - 1)) / (TMult - 1), length: T0 * TMult ** restarts };
}
