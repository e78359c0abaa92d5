// One run of the bench, the same in the page and in Node: opens the contenders, measures the adapter, then case by case.
// Knows neither the page nor the terminal.
import { devDependencies } from '../package.json';
import { type BenchCase, benchCases, type Size, sizes } from './cases.ts';
import {
  type Contender,
  type ContenderId,
  contenderNames,
  deviceOwner,
  loadContender,
  UnsupportedCase,
} from './contenders/contender.ts';
import { installCounters, openingFor } from './counters.ts';
import { measureCase, type Row } from './measure.ts';
import { measurePeak, type Peak } from './peak.ts';

export interface BenchOptions {
  readonly size: Size;
  readonly rounds: number;
  /** Which cases, by their id; all where left out. */
  readonly only: RegExp | null;
  readonly contenders: readonly ContenderId[];
  /** Bytes that the results of one repetition may hold together. */
  readonly heldBytes: number;
}

/** Milliseconds from the start of a page or process to the loss of one MLP step, for each contender. */
export type ColdStarts = Partial<Record<ContenderId, { readonly median: number; readonly minimum: number }>>;

export interface Report {
  /** The adapter by its own words, as the first contender on WebGPU saw it. */
  readonly adapter: string;
  /** Whether the adapter computes on the CPU: then this compares programs on the same cores. */
  readonly software: boolean;
  /** The browser, or Node and Dawn. */
  readonly runtime: string;
  readonly date: string;
  readonly cores: number;
  readonly size: Size;
  readonly rounds: number;
  /** What started the run; empty for a visitor of the page. */
  readonly command: string;
  /** What each contender opened, in its own words. */
  readonly devices: Partial<Record<ContenderId, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly peak: Peak | null;
  readonly rows: readonly Row[];
  readonly cold: ColdStarts;
  readonly notes: readonly string[];
}

/** Milliseconds for a contender to open its device. */
const openingLimit = 20_000;

/** What is missing from the cases, and why. */
const standingNotes = [
  'TensorFlow.js on WebGPU computes small operations on the CPU where their inputs lie there (its default).',
];

/** Whether an adapter computes on the CPU, judged by its name. */
export const isSoftware = (description: string): boolean =>
  /swiftshader|llvmpipe|lavapipe|basic render|software/i.test(description);

/** `wgrad,tfjs` -> ids; `all` is every contender, `peers` names the other libraries. Throws on an unknown one. */
export function parseContenders(text: string): ContenderId[] {
  const all = Object.keys(contenderNames) as ContenderId[];
  const groups: Record<string, ContenderId[]> = {
    all,
    peers: ['jax', 'tfjs', 'tfjs-wasm'],
  };
  const named = text.split(',').flatMap((word) => groups[word] ?? [word as ContenderId]);
  const unknown = named.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    throw new Error(`no contender '${unknown}': there are ${[...all, ...Object.keys(groups)].join(', ')}.`);
  }
  return all.filter((name) => named.includes(name));
}

/** Throws on a size that there is none of. */
export function parseSize(text: string): Size {
  const found = sizes.find((size) => size === text);
  if (found === undefined) throw new Error(`no size '${text}': there are ${sizes.join(', ')}.`);
  return found;
}

export function chosenCases({ size, only }: Pick<BenchOptions, 'size' | 'only'>): BenchCase[] {
  return benchCases(size).filter(({ id }) => only === null || only.test(id));
}

export interface Progress {
  /** Before a case, or with a word on what else is going on. */
  begins(what: string): void | Promise<void>;
  ends(row: Row): void;
}

export interface Opened {
  readonly contenders: readonly Contender[];
  readonly devices: Partial<Record<ContenderId, string>>;
  readonly notes: readonly string[];
}

/** What a contender opened, or an error when it takes too long. */
async function inTime(opening: Promise<string>): Promise<string> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not open after ${openingLimit / 1000} s`)), openingLimit);
  });
  try {
    return await Promise.race([opening, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Opens the contenders one after the other; one that does not open is left out with a note. */
export async function openContenders(ids: readonly ContenderId[]): Promise<Opened> {
  installCounters();
  const contenders: Contender[] = [];
  const devices: Partial<Record<ContenderId, string>> = {};
  const notes: string[] = [];
  for (const id of ids) {
    openingFor(deviceOwner(id));
    try {
      const contender = await loadContender(id);
      devices[id] = (await inTime(contender.open())).trim();
      contenders.push(contender);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      notes.push(`${contenderNames[id]} takes no part: ${reason}${error instanceof UnsupportedCase ? '.' : ''}`);
    }
  }
  openingFor(null);
  return { contenders, devices, notes };
}

/** The versions of the peers, as package.json pins them. */
function versions(ids: readonly ContenderId[]): Record<string, string> {
  const packages: Partial<Record<ContenderId, (keyof typeof devDependencies)[]>> = {
    jax: ['@jax-js/jax'],
    tfjs: ['@tensorflow/tfjs-backend-webgpu'],
    'tfjs-wasm': ['@tensorflow/tfjs-backend-wasm'],
  };
  const named = ids.flatMap((id) => packages[id] ?? []);
  return Object.fromEntries(named.map((name) => [name, devDependencies[name]]));
}

/** Runs the bench. `place` says where: runtime, cores and command. */
export async function runBench(
  options: BenchOptions,
  place: Pick<Report, 'runtime' | 'cores' | 'command'>,
  progress: Progress,
): Promise<Report> {
  const { size, rounds } = options;
  await progress.begins('opening the devices');
  const { contenders, devices, notes } = await openContenders(options.contenders);
  const cpu = contenders.find(({ id }) => id === 'cpu') ?? (await loadContender('cpu'));
  const onGpu = (['wgrad', 'compiled', 'jax', 'tfjs'] as const).filter((id) => devices[id] !== undefined);
  const adapter = onGpu.length > 0 ? devices[onGpu[0]]! : 'no adapter';
  const software = onGpu.length === 0 || isSoftware(adapter);
  await progress.begins('measuring the adapter');
  const peak = onGpu.length > 0 && size !== 'small' ? await measurePeak(software) : null;
  const protocol = {
    duration: size !== 'small' ? 120 : 10,
    rounds,
    heldBytes: options.heldBytes,
    mostRepeats: software ? 256 : 1024,
  };
  const rows: Row[] = [];
  for (const one of chosenCases(options)) {
    await progress.begins(one.name);
    const row = await measureCase(one, contenders, cpu, protocol);
    rows.push(row);
    progress.ends(row);
  }
  return {
    adapter,
    software,
    ...place,
    date: new Date().toISOString(),
    size,
    rounds,
    devices,
    versions: versions(options.contenders),
    peak,
    rows,
    cold: {},
    notes: [...notes, ...standingNotes],
  };
}
