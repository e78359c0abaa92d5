// Sorting on the GPU: runs in registers, then merges, two runs to one.

import mergeTemplate from '../../../shaders/sort-merge.wgsl?raw';
import runsTemplate from '../../../shaders/sort-runs.wgsl?raw';
import type { DType } from '../../dtype.ts';
import type { KernelAttrs } from '../../core/op.ts';
import { numelOf } from '../../shape.ts';
import { collapse } from '../collapse.ts';
import { Fields, placeIn } from '../fields.ts';
import { begin, type Place, type Recorder, type View, wgslType, type Word } from '../record.ts';
import { assemble } from '../shader.ts';

/** Elements of the runs that a thread sorts in registers, as in the template. */
const runLength = 16;
/** Neighbouring results that one thread of a merge makes: many share a bisection, few leave threads for all. */
const tiles = { least: 8, most: 64 } as const;
/** Threads that a merge should have. */
const wantedThreads = { software: 4096, hardware: 1 << 17 } as const;

/** What the last step writes into. */
const positionsOut = '@group(0) @binding(2) var<storage, read_write> out: array<i32>;';

/** Where the results of a step go. */
interface Target {
  readonly place: Place;
  /** Pairs of a key and a position; the last step writes positions alone. */
  readonly pairs: boolean;
  /** Results lie at (line / inner, rank, line % inner) of (.., total, inner), from `begin` on. */
  readonly begin: Word;
  readonly inner: number;
}

/** The state between two steps: how many elements of each line are left, in runs of how many. */
interface Runs {
  readonly count: number;
  readonly run: number;
}

/** After a step that makes runs of `length` elements out of all: the first `keep` of each stay. */
function keptOf(length: number, count: number, keep: number): Runs {
  const whole = Math.ceil(count / length) - 1;
  const run = Math.min(length, keep);
  return { run, count: whole * run + Math.min(count - whole * length, keep) };
}

/** Writes the positions of x along `dim`, in the order of its elements, into `out` (dense). */
export function runArgsort(
  recorder: Recorder,
  { dim, descending, keep }: KernelAttrs['argsort'],
  x: View,
  out: View,
): void {
  const length = x.shape[dim] ?? 1;
  const others = x.shape.map((_, at) => at).filter((at) => at !== dim);
  const part = (list: readonly number[]) => others.map((at) => list[at]);
  const lines = numelOf(part(x.shape));
  if (lines * length * keep === 0) return;
  const runs = Math.ceil(length / runLength);
  let state = keptOf(runLength, length, keep);
  const final: Target = { place: out.place, pairs: false, begin: begin(out), inner: numelOf(x.shape.slice(dim + 1)) };
  const memory = (size: number): Target => ({
    place: recorder.scratch(2 * size, 'int32'),
    pairs: true,
    begin: 0,
    inner: 1,
  });
  const first = runs === 1 ? final : memory(lines * state.count);
  const { run, count: total } = state;
  const fields = new Fields();
  const line = placeIn(fields, collapse(part(x.shape), [part(x.strides)]), 'o', 'n', 'l');
  recorder.run(
    {
      key: `sort-runs|${x.dtype === 'float32'}|${descending}|${fields.words.length}|${first.pairs}`,
      source: () =>
        assemble(runsTemplate, {
          KEY: `return ${descending ? '~' : ''}${keyOf(x.dtype)};`,
          LINE: line,
          FIELDS: fields.members,
          ...runText(),
          ...(first.pairs ? {} : { OUT: positionsOut, PUT: 'out[place] = i32(position);' }),
        }),
      access: 'rw',
      parameters: [
        lines,
        length,
        runs,
        run,
        x.strides[dim] ?? 0,
        begin(x),
        first.begin,
        total,
        first.inner,
        ...fields.words,
      ],
      buffers: [x.place, first.place],
    },
    lines * runs,
  );
  let target = first;
  let spare: Target | null = null;
  while (state.count > state.run) {
    const next = keptOf(2 * state.run, state.count, keep);
    const last = next.count <= next.run;
    const to: Target = last ? final : (spare ?? memory(lines * next.count));
    merge(recorder, lines, state, next, target, to);
    [target, spare, state] = [to, target, next];
  }
}

/** One step of merges. */
function merge(recorder: Recorder, lines: number, from: Runs, next: Runs, source: Target, target: Target): void {
  const wanted = recorder.software ? wantedThreads.software : wantedThreads.hardware;
  const tile = Math.min(Math.max(Math.ceil((lines * next.count) / wanted), tiles.least), tiles.most);
  const runTiles = Math.ceil(next.run / tile);
  const whole = Math.ceil(next.count / next.run) - 1;
  const lineTiles = whole * runTiles + Math.ceil((next.count - whole * next.run) / tile);
  const positions = { OUT: positionsOut, STORE: 'out[to_place] = chosen.y;' };
  recorder.run(
    {
      key: `sort-merge|${target.pairs}`,
      source: () => assemble(mergeTemplate, target.pairs ? {} : positions),
      access: 'rw',
      parameters: [
        lines,
        from.count,
        from.run,
        lineTiles,
        runTiles,
        tile,
        next.run,
        next.count,
        target.inner,
        target.begin,
      ],
      buffers: [source.place, target.place],
    },
    lines * lineTiles,
  );
}

/** An integer in the order of an element: floats by their bits, -0 as 0, NaN above all. */
export function keyOf(dtype: DType): string {
  return wgslType(dtype) === 'f32' ? 'wg_order_of_bits(bits)' : 'bits';
}

/** The elements of a run, by name: how they are read, ranked and stored. */
function runText(): { LOAD: string; RANK: string; STORE: string } {
  const all = Array.from({ length: runLength }, (_, at) => at);
  const load = (at: number): string[] => [
    at === 0
      ? 'let k0 = key(x[start]);'
      : `let k${at} = select(largest, key(x[start + min(${at}u, last) * stride]), ${at}u < length);`,
    `var r${at} = ${at}u;`,
  ];
  const rank = (b: number): string[] =>
    all
      .slice(0, b)
      .flatMap((a) => [`let c${a}_${b} = u32(k${a} > k${b});`, `r${a} += c${a}_${b};`, `r${b} -= c${a}_${b};`]);
  const store = (at: number): string => `if (r${at} < kept) { store(begin + r${at} * inner, k${at}, first + ${at}u); }`;
  const text = (lines: readonly string[]): string => lines.join('\n');
  return { LOAD: text(all.flatMap(load)), RANK: text(all.flatMap(rank)), STORE: text(all.map(store)) };
}
