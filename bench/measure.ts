// The protocol: a result is compared with the CPU device's before it is timed; then warm-up, interleaved rounds, medians,
// spreads and minima. Knows clocks; knows neither pages nor libraries.
import type { BenchCase } from './cases.ts';
import type { Contender, ContenderId, Runner } from './contenders/contender.ts';
import { UnsupportedCase } from './contenders/contender.ts';
import { bytesHeld, type Counts, difference, perOperation, snapshot } from './counters.ts';

/** Several timings of one thing, in milliseconds. */
export interface Timing {
  readonly median: number;
  readonly minimum: number;
  /** Half the distance between the quartiles, relative to the median. */
  readonly spread: number;
}

export interface Measurement {
  /** The largest difference from the CPU device, relative to its largest element. */
  readonly difference: number;
  /** One operation and one read: what a program waits for. */
  readonly latency: Timing;
  /** One of `repeats` operations before one read. */
  readonly throughput: Timing;
  readonly repeats: number;
  /** Work of an operation by the median of `throughput`, in the unit of the case. */
  readonly rate: number;
  /** What one operation asks of WebGPU; null where the contender does not use it. */
  readonly counts: Counts | null;
  /** Bytes in buffers after the warm-up and at the end; null where the contender has no device of WebGPU. */
  readonly bytes: { readonly warm: number; readonly end: number } | null;
}

/** Why a contender was not timed: a result that is wrong, an error, or a case that it does not compute. */
export interface Refusal {
  readonly kind: 'wrong' | 'error' | 'unsupported';
  readonly text: string;
}

export interface Row {
  readonly id: string;
  readonly name: string;
  readonly unit: BenchCase['unit'];
  readonly target: BenchCase['target'];
  readonly measured: Partial<Record<ContenderId, Measurement>>;
  readonly refused: Partial<Record<ContenderId, Refusal>>;
}

export interface Protocol {
  /** Milliseconds that the operations before one read should take together. */
  readonly duration: number;
  readonly rounds: number;
  /** Bytes that the results of one repetition may hold together. */
  readonly heldBytes: number;
  /** Results of one repetition at most. */
  readonly mostRepeats: number;
}

/** Milliseconds that the rounds of one contender and case may take; after that a few samples must do. */
const patience = 4000;
const fewSamples = 3;
/** An operation of so many milliseconds is warm after one. */
const slow = 1000;

function quantile(sorted: readonly number[], at: number): number {
  const position = at * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

export function summarize(samples: readonly number[]): Timing {
  const sorted = [...samples].sort((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  const spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 / median;
  return { median, minimum: sorted[0], spread };
}

/** max |a - b| / max |b| over the elements of one array; Infinity where one is not a number. */
function differenceOf(actual: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let [largest, size] = [0, 0];
  for (let at = 0; at < wanted.length; at++) {
    const off = Math.abs(actual[at] - wanted[at]);
    if (Number.isNaN(off)) return Infinity;
    largest = Math.max(largest, off);
    size = Math.max(size, Math.abs(wanted[at]));
  }
  return size === 0 ? largest : largest / size;
}

/**
 * The largest difference over several arrays, each relative to its own largest element; Infinity where lengths differ.
 * With `partly` only the first arrays and elements are known.
 */
export function largestDifference(
  actual: readonly ArrayLike<number>[],
  wanted: readonly ArrayLike<number>[],
  partly = false,
): number {
  const fits = (length: number, known: number): boolean => (partly ? length >= known : length === known);
  if (!fits(actual.length, wanted.length)) return Infinity;
  if (!wanted.every((values, at) => fits(actual[at].length, values.length))) return Infinity;
  return Math.max(...wanted.map((values, at) => differenceOf(actual[at], values)));
}

interface Sample {
  readonly milliseconds: number;
  readonly counts: Counts;
}

/** One repetition. What it made is let go after the clock has stopped. */
async function sample(runner: Runner, times: number): Promise<Sample> {
  const before = snapshot();
  const start = performance.now();
  const release = await runner.run(times);
  const milliseconds = performance.now() - start;
  const counts = difference(before, snapshot());
  release();
  return { milliseconds, counts };
}

/** So many operations fill the target time. The first runs also compile pipelines and fill caches and pools. */
async function warmUp(runner: Runner, duration: number, most: number): Promise<number> {
  const { milliseconds: first } = await sample(runner, 1);
  if (first > slow) return 1;
  const { milliseconds: one } = await sample(runner, 1);
  if (one > duration || most === 1) return 1;
  const few = Math.min(8, most);
  let each = Infinity;
  for (let at = 0; at < 2; at++) each = Math.min(each, (await sample(runner, few)).milliseconds / few);
  const repeats = Math.min(Math.max(Math.round(duration / each), 1), most);
  if (repeats > few) await sample(runner, repeats);
  return repeats;
}

interface Lane {
  readonly contender: Contender;
  readonly runner: Runner;
  readonly difference: number;
  readonly repeats: number;
  readonly warmBytes: number | null;
  readonly latency: number[];
  readonly throughput: number[];
  one: Counts;
  many: Counts;
  spent: number;
}

const refusalOf = (error: unknown): Refusal => {
  if (error instanceof UnsupportedCase) return { kind: 'unsupported', text: error.message };
  return { kind: 'error', text: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
};

/** Lets the inputs go; after an error some of them may be gone already, which is no second error. */
function dispose(runner: Runner): void {
  try {
    runner.dispose();
  } catch (error) {
    console.warn(error);
  }
}

/** Compares a contender's result and warms it up; a refusal where it is not right. */
async function admit(
  one: BenchCase,
  contender: Contender,
  wanted: readonly ArrayLike<number>[],
  { duration, heldBytes, mostRepeats }: Protocol,
): Promise<Lane | Refusal> {
  if (one.checkedBy !== undefined && !contender.usesWebGpu) throw new UnsupportedCase('takes too long without a GPU');
  await contender.enter();
  const runner = await contender.prepare(one, one.inputs());
  try {
    const difference = largestDifference(await runner.compared(), wanted, one.checkedBy !== undefined);
    if (!(difference <= one.tolerance)) {
      dispose(runner);
      const text = `differs from the CPU by ${difference.toExponential(1)}, allowed ${one.tolerance.toExponential(0)}`;
      return { kind: 'wrong', text };
    }
    const most = Math.max(Math.min(mostRepeats, Math.floor(heldBytes / one.resultBytes)), 1);
    const repeats = await warmUp(runner, duration, most);
    const warmBytes = bytesHeld(contender.device);
    const none = snapshot();
    const rest = { latency: [], throughput: [], one: none, many: none, spent: 0 };
    return { contender, runner, difference, repeats, warmBytes, ...rest };
  } catch (error) {
    dispose(runner);
    throw error;
  }
}

/** One sample of each kind; where a repetition is one operation, it is both. */
async function round(lane: Lane): Promise<void> {
  await lane.contender.enter();
  const single = await sample(lane.runner, 1);
  const several = lane.repeats > 1 ? await sample(lane.runner, lane.repeats) : single;
  lane.latency.push(single.milliseconds);
  lane.throughput.push(several.milliseconds / lane.repeats);
  lane.one = single.counts;
  lane.many = several.counts;
  lane.spent += single.milliseconds + (lane.repeats > 1 ? several.milliseconds : 0);
}

function measurementOf(one: BenchCase, lane: Lane): Measurement {
  const { difference, repeats, warmBytes } = lane;
  const throughput = summarize(lane.throughput);
  return {
    difference,
    latency: summarize(lane.latency),
    throughput,
    repeats,
    rate: (one.work / throughput.median) * 1000,
    counts: warmBytes === null ? null : perOperation(lane.one, lane.many, repeats),
    bytes: warmBytes === null ? null : { warm: warmBytes, end: bytesHeld(lane.contender.device) ?? 0 },
  };
}

/** Reference results come from the CPU device, whether or not it is timed. */
export async function reference(one: BenchCase, cpu: Contender): Promise<ArrayLike<number>[]> {
  const runner = await cpu.prepare(one, one.inputs());
  const wanted = await runner.compared();
  runner.dispose();
  return wanted;
}

/** One case; never throws, what goes wrong becomes part of the row. */
export async function measureCase(
  one: BenchCase,
  contenders: readonly Contender[],
  cpu: Contender,
  protocol: Protocol,
): Promise<Row> {
  const { id, name, unit, target } = one;
  const measured: Partial<Record<ContenderId, Measurement>> = {};
  const refused: Partial<Record<ContenderId, Refusal>> = {};
  const lanes: Lane[] = [];
  try {
    const wanted = await reference(one.checkedBy ?? one, cpu);
    for (const contender of contenders) {
      const lane = await admit(one, contender, wanted, protocol).catch(refusalOf);
      if ('kind' in lane) refused[contender.id] = lane;
      else lanes.push(lane);
    }
    for (let at = 0; at < protocol.rounds; at++) {
      for (const lane of lanes) {
        const { id } = lane.contender;
        if (refused[id] !== undefined || (at >= fewSamples && lane.spent > patience)) continue;
        await round(lane).catch((error: unknown) => (refused[id] = refusalOf(error)));
      }
    }
    for (const lane of lanes) {
      if (refused[lane.contender.id] === undefined) measured[lane.contender.id] = measurementOf(one, lane);
    }
  } catch (error) {
    for (const contender of contenders) refused[contender.id] = refusalOf(error);
  }
  for (const { runner } of lanes) dispose(runner);
  return { id, name, unit, target, measured, refused };
}
