// Reductions that stand alone on the GPU: positions of extrema, lines without elements. Sums and extrema with the formulas
// around them are rows.ts.

import reduceTemplate from '../../../shaders/reduce.wgsl?raw';
import type { KernelAttrs, ReduceFn } from '../../core/op.ts';
import { numelOf } from '../../shape.ts';
import { type Collapsed, collapse } from '../collapse.ts';
import { Fields, placeIn } from '../fields.ts';
import { begin, type Place, type Recorder, type View, wgslType, type Word } from '../record.ts';
import { assemble } from '../shader.ts';
import { folds } from './folds.ts';

/** Elements of a line that one thread takes at least, before a line is cut into chunks. */
const chunkLength = 512;
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
