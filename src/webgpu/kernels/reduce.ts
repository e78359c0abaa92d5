// Reductions that stand alone on the GPU (positions of extrema, lines without elements) and scans. Sums and extrema with the
// formulas around them are rows.ts.

import reduceTemplate from '../../../shaders/reduce.wgsl?raw';
import carryTemplate from '../../../shaders/scan-carry.wgsl?raw';
import scanTemplate from '../../../shaders/scan.wgsl?raw';
import type { KernelAttrs, ReduceFn } from '../../core/op.ts';
import { numelOf } from '../../shape.ts';
import { type Collapsed, collapse } from '../collapse.ts';
import { Fields, placeIn } from '../fields.ts';
import { begin, type Place, type Recorder, type View, wgslType, type Word } from '../record.ts';
import { assemble } from '../shader.ts';
import { folds } from './folds.ts';

/** Elements of a line that one thread takes at least, before a line is cut into chunks. */
const chunkLength = 512;
/** Longer lines may be summed up in parts. */
const longScan = 4096;
/** Threads that are enough for any adapter. */
const enoughThreads = 1 << 16;

/** Reduces `x` over `dims` into `out` (dense). */
export function runReduce(recorder: Recorder, { fn, dims }: KernelAttrs['reduce'], x: View, out: View): void {
  const others = x.shape.map((_, dim) => dim).filter((dim) => !dims.includes(dim));
  const part = (list: readonly number[], which: readonly number[]) => which.map((dim) => list[dim]);
  const lines = collapse(part(x.shape, others), [part(x.strides, others)]);
  const places = collapse(part(x.shape, dims), [part(x.strides, dims)]);
  const outputs = numelOf(part(x.shape, others));
  const count = numelOf(part(x.shape, dims));
  if (outputs === 0) return;
  const chunks = Math.max(Math.min(Math.ceil(count / chunkLength), Math.ceil(enoughThreads / outputs)), 1);
  const shape = { lines, places, outputs, count, x };
  if (chunks === 1) {
    pass(recorder, fn, shape, count, 1, null, out);
    return;
  }
  const partial = recorder.scratch(outputs * chunks);
  pass(recorder, fn, shape, count, chunks, null, recorder.denseView(partial, [outputs, chunks], out.dtype));
  if (fn === 'argmax' || fn === 'argmin') {
    // The second pass compares the candidates of the first by the elements they stand for.
    pass(recorder, fn, shape, chunks, 1, partial, out);
    return;
  }
  const line = { shape: [outputs], strides: [[chunks]] };
  const place = { shape: [chunks], strides: [[1]] };
  const second = {
    lines: line,
    places: place,
    outputs,
    count: chunks,
    x: recorder.denseView(partial, [outputs, chunks], out.dtype),
  };
  pass(recorder, fn, second, chunks, 1, null, out);
}

interface Reduction {
  readonly lines: Collapsed;
  readonly places: Collapsed;
  readonly outputs: number;
  readonly count: number;
  readonly x: View;
}

/** One pass over `count` elements (or candidates) a line, in `chunks` parts. */
function pass(
  recorder: Recorder,
  fn: ReduceFn,
  shape: Reduction,
  count: number,
  chunks: number,
  candidates: Place | null,
  out: View,
): void {
  const { lines, places, outputs, x } = shape;
  const type = wgslType(x.dtype);
  const position = fn === 'argmax' || fn === 'argmin';
  const [lineRank, placeRank] = [lines.shape.length, places.shape.length];
  const fields = new Fields();
  const [line, place] = [placeIn(fields, lines, 'o', 'n', 'l'), placeIn(fields, places, 'r', 'm', 'p')];
  const parameters: Word[] = [outputs, count, chunks, begin(x), begin(out), ...fields.words];
  const source = (): string => {
    const hooks: Record<string, string> = {
      TYPES: `alias Element = ${type};\nalias Result = ${position ? 'i32' : type};`,
      FIELDS: fields.members,
      LINE: line,
      PLACE: place,
    };
    if (position) Object.assign(hooks, positionHooks(fn, type, candidates !== null));
    else {
      const fold = folds[fn];
      hooks.START = `return ${fold.start[type]};`;
      hooks.STEP = `return ${fold.step('total', 'value', type)};`;
      hooks.JOIN = `return ${fold.step('total', 'run', type)};`;
    }
    return assemble(reduceTemplate, hooks);
  };
  const key = ['reduce', fn, type, lineRank, placeRank, candidates === null ? 'elements' : 'candidates'].join('|');
  const buffers = candidates === null ? [x.place, out.place] : [x.place, candidates, out.place];
  const access = candidates === null ? 'rw' : 'rrw';
  recorder.run({ key, source, access, parameters, buffers }, outputs * chunks);
}

/** A position stands for its element; -1 is none yet. NaN beats all, then the better value, then the smaller position. */
function positionHooks(fn: 'argmax' | 'argmin', type: 'f32' | 'i32', second: boolean): Record<string, string> {
  const better = fn === 'argmax' ? 'gt' : 'lt';
  const beats =
    type === 'f32'
      ? [
          'let both_nan = wg_is_nan(value) && wg_is_nan(other);',
          `let wins = (wg_is_nan(value) && !wg_is_nan(other)) || wg_${better}(value, other);`,
          'let equals = both_nan || wg_eq(value, other);',
        ]
      : [`let wins = value ${fn === 'argmax' ? '>' : '<'} other;`, 'let equals = value == other;'];
  const choose = (candidate: string) =>
    [...beats, `return select(total, ${candidate}, wins || (equals && ${candidate} < total));`].join('\n');
  return {
    START: 'return -1;',
    STEP: [
      'if (total < 0) { return i32(position); }',
      'let other = x[base + place(u32(total))];',
      choose('i32(position)'),
    ].join('\n'),
    JOIN: [
      'if (total < 0) { return run; }',
      'let value = x[base + place(u32(run))];',
      'let other = x[base + place(u32(total))];',
      choose('run'),
    ].join('\n'),
    ...(second
      ? {
          BUFFERS: [
            '@group(0) @binding(2) var<storage, read> candidates: array<i32>;',
            '@group(0) @binding(3) var<storage, read_write> out: array<Result>;',
          ].join('\n'),
          CANDIDATE: 'return u32(candidates[o * params.count + r]);',
        }
      : {}),
  };
}

/** How two totals become one, where parts of a line are joined. */
const scanJoins: Readonly<
  Record<KernelAttrs['scan']['fn'], (total: string, value: string, type: 'f32' | 'i32') => string>
> = {
  sum: folds.sum.step,
  prod: folds.prod.step,
  logsumexp: (total, value) => `wg_logaddexp(${total}, ${value})`,
};

/** Running sums, products or logs of sums of exponentials along a dimension. */
export function runScan(recorder: Recorder, { fn, dim }: KernelAttrs['scan'], x: View, out: View): void {
  const [outer, inner] = aroundOf(x, dim);
  // The template steps through one outer and one inner dimension: other layouts are copied first by the caller.
  const type = wgslType(x.dtype);
  const ELEMENT = `alias Element = ${type};`;
  const count = x.shape[dim] ?? 1;
  const lines = outer.shape[0] * inner.shape[0];
  const chunk = fn === 'prod' ? count : scanChunk(count, lines);
  const chunks = Math.ceil(count / Math.max(chunk, 1));
  const parameters = [
    outer.shape[0],
    count,
    inner.shape[0],
    begin(x),
    outer.strides[0][0],
    x.strides[dim] ?? 0,
    inner.strides[0][0],
    begin(out),
    chunk,
    chunks,
  ];
  const totals = chunks > 1 ? recorder.scratch(lines * chunks) : null;
  const hooks: Record<string, string> = {
    ELEMENT,
    JOIN: `total = ${scanJoins[fn]('total', 'value', type)};`,
    REST: '',
  };
  if (fn === 'logsumexp') {
    hooks.REST = 'var rest = 0.0;';
    hooks.JOIN = 'let sum = wg_log_add_pair(vec2f(total, rest), value);\ntotal = sum.x;\nrest = sum.y;';
  }
  if (totals !== null) {
    hooks.TOTALS = '@group(0) @binding(3) var<storage, read_write> totals: array<Element>;';
    hooks.TOTAL = 'totals[index] = total;';
  }
  recorder.run(
    {
      key: `scan|${fn}|${type}|${totals === null ? 'whole' : 'parts'}`,
      source: () => assemble(scanTemplate, hooks),
      access: totals === null ? 'rw' : 'rww',
      parameters,
      buffers: totals === null ? [x.place, out.place] : [x.place, out.place, totals],
    },
    lines * chunks,
  );
  if (totals === null) return;
  recorder.run(
    {
      key: `scan-carry|${fn}|${type}`,
      source: () =>
        assemble(carryTemplate, {
          ELEMENT,
          CARRY: `carry = ${scanJoins[fn]('carry', 'total', type)};`,
          JOIN: `out[place] = ${scanJoins[fn]('carry', 'out[place]', type)};`,
        }),
      access: 'rw',
      parameters: [outer.shape[0], count, inner.shape[0], begin(out), chunk, chunks],
      buffers: [totals, out.place],
    },
    lines * chunks,
  );
}

/** Elements of a line that a thread sums up: all of it, or of long lines that are few about as many as there are parts. */
export function scanChunk(count: number, lines: number): number {
  const parts = Math.min(Math.sqrt(count), enoughThreads / lines);
  return count <= longScan || parts < 2 ? count : Math.ceil(count / parts);
}

/** What stands before and after a dimension, each as one dimension where it lies like one. */
export function aroundOf(x: View, dim: number): [Collapsed, Collapsed] {
  return [
    collapse(x.shape.slice(0, dim), [x.strides.slice(0, dim)]),
    collapse(x.shape.slice(dim + 1), [x.strides.slice(dim + 1)]),
  ];
}

/** Whether a scan along `dim` can read x as it lies. */
export function scansInPlace(x: View, dim: number): boolean {
  return aroundOf(x, dim).every(({ shape }) => shape.length === 1);
}
