// Checks a case on every device against the CPU, then times it: warm-up, interleaved rounds, medians and spreads.
// Knows clocks; knows neither the page nor what the cases compute.
import type { BenchCase, DeviceName, Runner } from './cases.ts';

/** Several timings of one thing, in milliseconds. */
export interface Timing {
  readonly median: number;
  /** Half the distance between the quartiles, relative to the median. */
  readonly spread: number;
}

export interface Measurement {
  /** One operation and one read: what a program waits for. */
  readonly latency: Timing;
  /** One of `repeats` operations before one read. */
  readonly throughput: Timing;
  readonly repeats: number;
  /** Work of an operation by the median of `throughput`, in the unit of the case. */
  readonly rate: number;
}

export interface Row {
  readonly name: string;
  readonly unit: BenchCase['unit'];
  /** The largest difference from the CPU, relative to its largest element; null where only the CPU ran. */
  readonly difference: number | null;
  /** Whether the difference is within the tolerance of the case; a case that is not right is not timed. */
  readonly right: boolean;
  readonly error: string;
  readonly devices: Partial<Record<DeviceName, Measurement>>;
}

/** Milliseconds that the operations before one read should take together. */
const target = 120;

function quantile(sorted: readonly number[], at: number): number {
  const position = at * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

export function summarize(samples: readonly number[]): Timing {
  const sorted = [...samples].sort((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  return { median, spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 / median };
}

/** max |a - b| / max |b|; Infinity where one is not a number or the lengths differ. */
export function largestDifference(actual: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (actual.length !== wanted.length) return Infinity;
  let [difference, size] = [0, 0];
  for (let at = 0; at < wanted.length; at++) {
    const off = Math.abs(actual[at] - wanted[at]);
    if (Number.isNaN(off)) return Infinity;
    difference = Math.max(difference, off);
    size = Math.max(size, Math.abs(wanted[at]));
  }
  return size === 0 ? difference : difference / size;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** So many operations fill the target time; the first runs also compile pipelines and warm the caches. */
async function findRepeats(runner: Runner, most: number): Promise<number> {
  await runner.run(2);
  await runner.run(1);
  const repeats = Math.min(8, most);
  const one = (await timed(() => runner.run(repeats))) / repeats;
  return Math.min(Math.max(Math.round(target / one), 1), most);
}

/** One row of the table; never throws, errors become part of the row. */
export async function measure(one: BenchCase, devices: readonly DeviceName[], rounds: number): Promise<Row> {
  const { name, unit, work, tolerance, mostRepeats } = one;
  let difference: number | null = null;
  try {
    const wanted = await (await one.prepare('cpu')).result();
    for (const device of devices.filter((other) => other !== 'cpu')) {
      difference = largestDifference(await (await one.prepare(device)).result(), wanted);
      if (!(difference <= tolerance)) {
        const error = `differs from the CPU by ${difference.toExponential(1)}, allowed ${tolerance.toExponential(0)}`;
        return { name, unit, difference, right: false, error, devices: {} };
      }
    }
    const contenders = [];
    for (const device of devices) {
      const runner = await one.prepare(device);
      const repeats = await findRepeats(runner, mostRepeats);
      contenders.push({ device, runner, repeats, latency: [] as number[], throughput: [] as number[] });
    }
    for (let round = 0; round < rounds; round++) {
      for (const { runner, repeats, latency, throughput } of contenders) {
        latency.push(await timed(() => runner.run(1)));
        throughput.push((await timed(() => runner.run(repeats))) / repeats);
      }
    }
    const measured: Partial<Record<DeviceName, Measurement>> = {};
    for (const { device, repeats, latency, throughput } of contenders) {
      const each = summarize(throughput);
      measured[device] = { latency: summarize(latency), throughput: each, repeats, rate: (work / each.median) * 1000 };
    }
    return { name, unit, difference, right: true, error: '', devices: measured };
  } catch (error) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { name, unit, difference, right: false, error: text, devices: {} };
  }
}
