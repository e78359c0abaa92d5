// Running extrema on the GPU: where the largest or smallest of the elements so far stands.

import template from '../../../shaders/scan-extreme.wgsl?raw';
import type { KernelAttrs } from '../../core/op.ts';
import { begin, type Place, type Recorder, type View, wgslType, type Word } from '../record.ts';
import { assemble } from '../shader.ts';
import { aroundOf, scanChunk } from './reduce.ts';

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
      assemble(template, {
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
