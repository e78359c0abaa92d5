// Values behind each other in one buffer: what an update of parameters walks as a line. Each begins at a multiple of 16
// elements, so that blocks of 16 never span two.

import { isUpdate, type Node } from '../graph.ts';
import { type KernelOp, replacedInput, type UpdateName } from '../op.ts';
import { numelOf } from '../shape.ts';
import type { Place } from './record.ts';

const grain = 16;

/** Where values of these sizes begin in a line. */
export function startsOf(sizes: readonly number[]): number[] {
  let at = 0;
  return sizes.map((size) => {
    const start = at;
    at += Math.ceil(size / grain) * grain;
    return start;
  });
}

/** The elements of a line of values of these sizes. */
export function lengthOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + Math.ceil(size / grain) * grain, 0);
}

/** Whether places lie behind each other as a line of values of these sizes does. */
export function liesInLine(places: readonly Place[], sizes: readonly number[]): boolean {
  const starts = startsOf(sizes);
  return places.every(({ buffer, start }, index) => buffer === places[0].buffer && start === starts[index]);
}

/** The columns of an update: parameters and state with the inputs they replace, and the gradients. */
export interface Columns {
  readonly written: readonly { readonly outputs: readonly Node[]; readonly inputs: readonly Node[] }[];
  readonly gradients: readonly Node[];
  readonly sizes: readonly number[];
}

/** The columns of a node, or null for one that is no update. */
export function columnsOf(node: Node): Columns | null {
  if (!isUpdate(node) || node.outputs === null) return null;
  const { count } = (node.op as KernelOp<UpdateName>).attrs;
  const { outputs, inputs } = node;
  const written = Array.from({ length: outputs.length / count }, (_, column) => ({
    outputs: outputs.slice(column * count, (column + 1) * count),
    inputs: Array.from({ length: count }, (_one, index) => inputs[replacedInput(count, column * count + index)]),
  }));
  const sizes = outputs.slice(0, count).map((output) => numelOf(output.shape));
  return { written, gradients: inputs.slice(count, 2 * count), sizes };
}
