// The search in sorted lines on the GPU, by bisection.

import searchTemplate from '../../../shaders/search.wgsl?raw';
import type { KernelAttrs } from '../../core/op.ts';
import { begin, type Recorder, sizeOf, type View, wgslType } from '../record.ts';
import { assemble } from '../shader.ts';
import { keyOf } from './sort.ts';

/** Counts the elements of a sorted row before (or not behind) each value. */
export function runSearch(
  recorder: Recorder,
  { right }: KernelAttrs['search'],
  sorted: View,
  values: View,
  out: View,
): void {
  const size = sizeOf(values);
  recorder.run(
    {
      key: `search|${wgslType(sorted.dtype)}|${right}`,
      source: () =>
        assemble(searchTemplate, {
          KEY: `return ${keyOf(sorted.dtype)};`,
          BEFORE: `let before = element ${right ? '<=' : '<'} value;`,
        }),
      access: 'rrw',
      parameters: [
        size,
        values.shape[1],
        sorted.shape[1],
        begin(sorted),
        ...sorted.strides,
        begin(values),
        ...values.strides,
        begin(out),
      ],
      buffers: [sorted.place, values.place, out.place],
    },
    size,
  );
}
