// Formulas over columns of tensors, and reductions of lists, on the CPU: one tensor after the other. Knows no formula.

import { type TypedArray } from '../dtype.ts';
import type { Node } from '../core/graph.ts';
import type { KernelAttrs, ListReduction } from '../core/op.ts';

/** The elements of a node that is all of its buffer, in the order in which they lie; tensors of a row lie alike. */
const elements = (node: Node): TypedArray => node.value as TypedArray;

/** The columns of a rule, element by element. */
export function foreach(
  { rule, count }: KernelAttrs['foreach'],
  inputs: readonly Node[],
  outputs: readonly TypedArray[],
): void {
  const { written, read, fresh } = rule;
  const columns = [...written, ...read];
  if (!fresh) outputs.forEach((out, index) => out.set(elements(inputs[index])));
  const run = rule.cpu(Float64Array.from(inputs.slice(fresh ? 0 : outputs.length), numberOf));
  const values = new Float64Array(columns.length);
  for (let k = 0; k < count; k++) {
    const lists = columns.map((_, column) => outputs[column * count + k]);
    for (let at = 0; at < lists[0].length; at++) {
      for (let column = 0; column < lists.length; column++) values[column] = lists[column][at];
      run(values);
      for (let column = 0; column < written.length; column++) lists[column][at] = values[column];
    }
  }
}

/** A number: data of the flush, or a tensor of one element. */
function numberOf({ root, offset }: Node): number {
  return root.op.kind === 'scalar' ? root.number : elements(root)[offset];
}

const joins: Readonly<Record<ListReduction['join'], { start: number; join: (a: number, b: number) => number }>> = {
  sum: { start: 0, join: (a, b) => a + b },
  max: { start: 0, join: Math.max },
  min: { start: Infinity, join: Math.min },
};

/** One number for each tensor of a list. */
export function foreachReduce(
  { reduction, count }: KernelAttrs['foreachReduce'],
  inputs: readonly Node[],
  [out]: readonly TypedArray[],
): void {
  const { measure, finish } = reduction.cpu;
  const { start, join } = joins[reduction.join];
  const p = numberOf(inputs[count]);
  for (let k = 0; k < count; k++) {
    const values = elements(inputs[k]);
    let total = start;
    for (let at = 0; at < values.length; at++) total = join(total, measure(values[at], p));
    out[k] = finish(total, p);
  }
}
