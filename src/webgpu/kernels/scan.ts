// Running sums, products, logs of sums of exponentials and extrema along a dimension, on the GPU. Long lines that are few are
// cut into parts.

import carryTemplate from '../../../shaders/scan-carry.wgsl?raw';
import extremeTemplate from '../../../shaders/scan-extreme.wgsl?raw';
import scanTemplate from '../../../shaders/scan.wgsl?raw';
import type { KernelAttrs } from '../../core/op.ts';
import { type Collapsed, collapse } from '../collapse.ts';
import { begin, type Place, type Recorder, type View, wgslType, type Word } from '../record.ts';
import { assemble } from '../shader.ts';
import { folds } from './folds.ts';

/** Longer lines may be summed up in parts. */
const longScan = 4096;
/** Threads that are enough for any adapter. */
const enoughThreads = 1 << 16;

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
function scanChunk(count: number, lines: number): number {
  const parts = Math.min(Math.sqrt(count), enoughThreads / lines);
  return count <= longScan || parts < 2 ? count : Math.ceil(count / parts);
}

/** What stands before and after a dimension, each as one dimension where it lies like one. */
function aroundOf(x: View, dim: number): [Collapsed, Collapsed] {
  return [
    collapse(x.shape.slice(0, dim), [x.strides.slice(0, dim)]),
    collapse(x.shape.slice(dim + 1), [x.strides.slice(dim + 1)]),
  ];
}

/** Whether a scan along `dim` can read x as it lies. */
export function scansInPlace(x: View, dim: number): boolean {
  return aroundOf(x, dim).every(({ shape }) => shape.length === 1);
}

/** x can be read through one outer and one inner dimension around `dim`: `scansInPlace`. */
export function runScanExtreme(recorder: Recorder, { fn, dim }: KernelAttrs['scanExtreme'], x: View, out: View): void {
  const [outer, inner] = aroundOf(x, dim);
  const count = x.shape[dim] ?? 1;
  const lines = outer.shape[0] * inner.shape[0];
  if (lines * count === 0) return;
  const chunk = scanChunk(count, lines);
  const chunks = Math.ceil(count / chunk);
  const steps = [outer.strides[0][0], x.strides[dim] ?? 0, inner.strides[0][0]];
  const type = wgslType(x.dtype);
  const wins =
    type === 'f32'
      ? `wg_is_nan(value) | wg_${fn === 'max' ? 'ge' : 'le'}(value, best)`
      : `value ${fn === 'max' ? '>=' : '<='} best`;
  const pass = (stage: 'whole' | 'totals' | 'parts', buffers: readonly Place[], to: Word): void => {
    const source = (): string =>
      assemble(extremeTemplate, {
        ELEMENT: `alias Element = ${type};`,
        WINS: `return ${wins};`,
        ...(stage === 'totals' ? { STEP: '', TOTAL: 'out[index] = i32(position);' } : {}),
        ...(stage === 'parts'
          ? { BUFFERS: '@group(0) @binding(3) var<storage, read> totals: array<i32>;', CARRY: carry }
          : {}),
      });
    const parameters = [outer.shape[0], count, inner.shape[0], begin(x), ...steps, to, chunk, chunks];
    const access = stage === 'parts' ? 'rwr' : 'rw';
    recorder.run({ key: `scan-extreme|${fn}|${type}|${stage}`, source, access, parameters, buffers }, lines * chunks);
  };
  if (chunks === 1) return pass('whole', [x.place, out.place], begin(out));
  const totals = recorder.scratch(lines * chunks, 'int32');
  pass('totals', [x.place, totals], 0);
  pass('parts', [x.place, out.place, totals], begin(out));
}

/** The extremum of the parts before, in order. */
const carry = `for (var before = 0u; before < c; before++) {
  let candidate = u32(totals[(o * params.chunks + before) * params.inner + i]);
  let value = x[line + candidate * params.stride_count];
  let better = (before == 0u) | wins(value, best);
  position = select(position, candidate, better);
  best = select(best, value, better);
}`;
