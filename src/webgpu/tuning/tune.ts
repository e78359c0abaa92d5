// `await tune()`: measures the programs for matrix products on this adapter and remembers the fastest ones for later starts.
// Works on a device of its own, so that nothing of the running program changes.

import { givenAdapter } from '../../device.ts';
import { ArgumentError } from '../../errors.ts';
import { findAdapter, type OpenedDevice, openDevice } from '../adapter.ts';
import type { ProductShape, ProductTraits, Winner } from '../kernels/matmul-choice.ts';
import type { Variant } from '../kernels/matmul-variants.ts';
import { candidatesFor, shapesOf, usualShapes } from './candidates.ts';
import { faultOf, laid } from './check.ts';
import { rowOf, tableOf, type TuneReport, type TuneRow } from './report.ts';

import { isOpened, keep } from './store.ts';
import { type Operands, type Prepared, Workbench } from './workbench.ts';

/** Options of `tune`. */
export interface TuneOptions {
  /** Products to measure, (M, K) x (K, N) each, or batches of them: [M, K, N] or [M, K, N, batches]. */
  readonly shapes?: readonly (readonly number[])[];
  /** Milliseconds that it may take, 30,000 if left out; the first product, and of each its shipped program, always run. */
  readonly budget?: number;
  /** In Node: the file that keeps the winners, instead of WGRAD_TUNE_FILE or the one in the user's cache. */
  readonly file?: string;
}

/** What is measured by, for tests. */
export type CandidatesFor = (shape: ProductShape, traits: ProductTraits) => readonly Variant[];

/**
 * Measures matrix products on the GPU, product by product with every program that this adapter can run, checks each result,
 * and remembers the winners for this adapter: in IndexedDB, in Node in a file. Devices that are opened later use them; one
 * that is open keeps its kernels, so that a program gives the same bits throughout. Run it while nothing else computes.
 *
 * Throws an ArgumentError for options that it does not know, and a DeviceError where no adapter answers.
 */
export async function tune(options: TuneOptions = {}): Promise<TuneReport> {
  checkOptions(options);
  const adapter = await findAdapter(givenAdapter());
  const opened = await openDevice(adapter);
  return tuneOn(opened, options, candidatesFor);
}

const optionNames: readonly string[] = ['shapes', 'budget', 'file'] satisfies (keyof TuneOptions)[];

function checkOptions(options: TuneOptions): void {
  const fail = (fact: string, rule: string): never => {
    throw new ArgumentError({ op: 'tune', fact, rule });
  };
  const unknown = Object.keys(options).find((key) => !optionNames.includes(key));
  if (unknown !== undefined) fail(`unknown option ${unknown}`, `the options are ${optionNames.join(', ')}`);
  const { shapes = [], budget = defaultBudget } = options;
  if (!(budget > 0)) fail(`a budget of ${budget} ms`, 'it must be positive');
  for (const sizes of shapes) {
    if ((sizes.length === 3 || sizes.length === 4) && sizes.every((size) => Number.isSafeInteger(size) && size > 0))
      continue;
    fail(`a shape [${sizes.join(', ')}]`, 'a product is [M, K, N] or [M, K, N, batches], positive integers');
  }
}

const defaultBudget = 30_000;

/** Measures on a device, which it takes over. */
export async function tuneOn(
  opened: OpenedDevice,
  { shapes, budget = defaultBudget, file }: TuneOptions,
  candidates: CandidatesFor,
): Promise<TuneReport> {
  const start = performance.now();
  const bench = new Workbench(opened);
  const asked = shapes?.flatMap(([M, K, N, batches]) => shapesOf([M, K, N, batches])) ?? usualShapes(opened.grade);
  const rows: TuneRow[] = [];
  const skipped: ProductShape[] = [];
  const trials = new Trials(bench);
  try {
    for (const [at, shape] of asked.entries()) {
      const left = start + budget - performance.now();
      const { M, K, N, batches } = shape;
      // What is not used passes to the shapes after; two shares, as most need less than one.
      const share = Math.min((2 * left) / (asked.length - at), left);
      const tooLarge = 4 * Math.max(M * K, K * N, M * N) * batches > bench.bindingBytes;
      if (tooLarge || (left <= 0 && at > 0)) skipped.push(shape);
      else rows.push(await trials.row(shape, candidates(shape, bench.traits), performance.now() + share));
    }
  } finally {
    bench.close();
  }
  const winners = rows.flatMap(({ shape, variant }): Winner[] => (variant === null ? [] : [{ ...shape, variant }]));
  const waits = isOpened(opened.identity);
  const kept = await keep(opened.identity, winners, file);
  const milliseconds = performance.now() - start;
  const report = { adapter: opened.description, rows, skipped, kept, waits, milliseconds };
  return { ...report, toString: () => tableOf(report) };
}

/** Milliseconds that a sample should last: far above the steps of timers, far below a person's patience. */
const sampleMilliseconds = 20;
const mostTimes = 2048;
const rounds = 5;
/** After a round, programs slower than this times the best cannot win any more. */
const hopeless = 1.3;

/** A program in the running. */
interface Runner {
  readonly variant: Variant;
  readonly prepared: Prepared;
  readonly times: number;
  least: number;
  out: boolean;
}

/** The measurements of one call. */
class Trials {
  private readonly bench: Workbench;
  /** What is wrong with a program on small odd sizes, by its name; null where nothing is. */
  private readonly faults = new Map<string, string | null>();

  constructor(bench: Workbench) {
    this.bench = bench;
  }

  /** Measures until `deadline`; the first candidate, which ships, is always measured. */
  async row(shape: ProductShape, candidates: readonly Variant[], deadline: number): Promise<TuneRow> {
    const { bench } = this;
    const rejected: { variant: string; reason: string }[] = [];
    const unmeasured: string[] = [];
    const runners: Runner[] = [];
    const operands = this.operandsOf(shape, layoutOf(shape));
    try {
      for (const variant of candidates) {
        if (runners.length > 0 && performance.now() > deadline) unmeasured.push(variant.name);
        else {
          const runner = await this.runner(operands, variant);
          if (typeof runner !== 'string') runners.push(runner);
          else rejected.push({ variant: variant.name, reason: runner });
        }
      }
      for (let round = 0; round < rounds; round++) {
        for (const runner of runners) {
          if (runner.out || (round > 0 && performance.now() > deadline)) continue;
          runner.least = Math.min(runner.least, await bench.sample(runner.prepared, runner.times));
        }
        const best = Math.min(...runners.map(({ least }) => least));
        for (const runner of runners) runner.out ||= runner.least > hopeless * best;
      }
    } finally {
      for (const { prepared } of runners) bench.release(prepared);
      bench.unload(operands);
    }
    const measured = runners.map(({ variant, least }) => ({ variant: variant.name, milliseconds: least }));
    return rowOf(shape, candidates[0].name, measured, rejected, unmeasured);
  }

  /** A program that gives the right result, with how often it runs in a sample; or why it may not win. */
  private async runner(operands: Operands, variant: Variant): Promise<Runner | string> {
    const { bench } = this;
    const fault = await this.faultOnOddSizes(operands.shape, variant);
    if (fault !== null) return fault;
    let prepared: Prepared | null = null;
    try {
      prepared = await bench.prepare(operands, variant);
      const wrong = await this.wrongIn(prepared);
      if (wrong !== null) {
        bench.release(prepared);
        return wrong;
      }
      const once = await bench.sample(prepared, 1);
      const times = Math.min(Math.max(Math.ceil(sampleMilliseconds / once), 1), mostTimes);
      return { variant, prepared, times, least: Infinity, out: false };
    } catch (error) {
      if (prepared !== null) bench.release(prepared);
      return `it does not run: ${(error as Error).message}`;
    }
  }

  private async wrongIn(prepared: Prepared): Promise<string | null> {
    const { shape, a, b } = prepared.operands;
    const out = await this.bench.result(prepared);
    return typeof out === 'string' ? out : faultOf(shape, a, b, out);
  }

  /** Sizes that no tile divides, in all layouts. */
  private async faultOnOddSizes({ form }: ProductShape, variant: Variant): Promise<string | null> {
    const key = `${form} ${variant.name}`;
    const known = this.faults.get(key);
    if (known !== undefined) return known;
    const shape: ProductShape = { form, M: 131, K: 77, N: form === 'matrices' ? 69 : 1, batches: 2 };
    const own = layoutOf(shape);
    const layouts: readonly Layout[] = form === 'matrices' ? [own, [true, false], [false, true]] : [own];
    let fault: string | null = null;
    for (const layout of layouts) {
      const operands = this.operandsOf(shape, layout);
      try {
        const prepared = await this.bench.prepare(operands, variant);
        fault ??= await this.wrongIn(prepared);
        this.bench.release(prepared);
      } catch (error) {
        fault ??= `it does not run: ${(error as Error).message}`;
      } finally {
        this.bench.unload(operands);
      }
    }
    this.faults.set(key, fault);
    return fault;
  }

  private operandsOf(shape: ProductShape, [turnedA, turnedB]: Layout): Operands {
    const { M, K, N, batches } = shape;
    return this.bench.load(shape, laid(M, K, batches, turnedA, 1), laid(K, N, batches, turnedB, 2));
  }
}

/** Whether A and B lie column by column. */
type Layout = readonly [turnedA: boolean, turnedB: boolean];

function layoutOf({ form, N }: ProductShape): Layout {
  if (form === 'matrices') return [false, false];
  return N === 1 ? [form === 'columns', false] : [false, form === 'line'];
}
