// The second run of a sum of products that was cut into parts: adds them in order, and does what stands behind the product.

import sumTemplate from '../../../shaders/sum-parts.wgsl?raw';
import { begin, type Recorder, type View, wgslType } from '../record.ts';
import { assemble } from '../shader.ts';
import type { FinishFrom } from './epilogue.ts';

/** The number of the first output's binding. */
const behindPartials = 2;

/** Adds `partials` (parts, count). `rows` and `columns`: those of a batch of results. */
export function addParts(
  recorder: Recorder,
  partials: View,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  finishFrom: FinishFrom,
): void {
  const [parts, count] = partials.shape;
  const type = wgslType(partials.dtype);
  const finish = finishFrom(behindPartials);
  const parameters = [rows, columns, count, parts, begin(partials), finish.start, ...finish.parameters];
  const source = () => assemble(sumTemplate, { ELEMENT: `alias Element = ${type};`, ...finish.hooks });
  const buffers = [partials.place, ...finish.buffers];
  recorder.run({ key: `parts|${type}|${finish.key}`, source, access: `r${finish.access}`, parameters, buffers }, count);
}
