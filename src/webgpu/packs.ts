// Values behind each other in one buffer: what operations on lists of tensors walk as a line. Each begins at a multiple of 16
// elements, so that blocks of 16 never span two.

import { foreachOf, type Node } from '../core/graph.ts';
import { numelOf } from '../shape.ts';
import { isKernel } from './domain.ts';
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

/** Where the value behind one would begin. */
export function endOf({ start, size }: Place): number {
  return start + Math.ceil(size / grain) * grain;
}

/** Whether a place begins at a multiple of a block, and is known to do so the next time. */
export function isAligned({ start, aligned }: Place): boolean {
  return start >= 0 && aligned === grain;
}

/** Whether places lie behind each other as a line of values of these sizes does, anywhere in a buffer. */
export function liesInLine(places: readonly Place[], sizes: readonly number[]): boolean {
  const starts = startsOf(sizes);
  const [lead] = places;
  return places.every(
    (place, index) => isAligned(place) && place.buffer === lead.buffer && place.start - lead.start === starts[index],
  );
}

/** The parts of lists of places in which every list lies behind each other: first and last + 1 position of each. */
export function linesOf(columns: readonly (readonly Place[])[]): (readonly [number, number])[] {
  const follows = (places: readonly Place[], at: number) =>
    isAligned(places[at]) && places[at - 1].buffer === places[at].buffer && places[at].start === endOf(places[at - 1]);
  const count = columns[0].length;
  const lines: (readonly [number, number])[] = [];
  for (let from = 0, at = 1; at <= count; at++) {
    if (at < count && columns.every((places) => follows(places, at))) continue;
    lines.push([from, at]);
    from = at;
  }
  return lines;
}

/** The columns of an operation on lists. */
export interface Columns {
  /** The results, with the values that they replace; none where these do not matter. */
  readonly results: readonly { readonly outputs: readonly Node[]; readonly inputs: readonly Node[] }[];
  /** The values of a column without results. */
  readonly read: readonly Node[];
  readonly sizes: readonly number[];
}

/** The columns of a node, or null for one that works on no lists. */
export function columnsOf(node: Node): Columns | null {
  const { inputs, outputs } = node;
  const sizesOf = (list: readonly Node[]) => list.map(({ shape }) => numelOf(shape));
  if (isKernel(node, 'foreachReduce')) {
    const list = inputs.slice(0, -1);
    return { results: [], read: list, sizes: sizesOf(list) };
  }
  const attrs = foreachOf(node);
  if (attrs === null || outputs === null) return null;
  const { rule, count } = attrs;
  const column = (list: readonly Node[], at: number) => list.slice(at * count, (at + 1) * count);
  return {
    results: [...rule.written, ...rule.read].map((_, at) => ({
      outputs: column(outputs, at),
      inputs: rule.fresh ? [] : column(inputs, at),
    })),
    read: [],
    sizes: sizesOf(outputs.slice(0, count)),
  };
}
