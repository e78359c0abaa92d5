// A plan: the commands that compute a flush, and where every value lies while they run. Pure: built from the structure of
// the flush alone, so that it serves every flush of that structure.

import type { Flush, Node } from '../core/graph.ts';
import type { KernelAttrs } from '../core/op.ts';
import type { PlannedValue } from '../core/report.ts';
import { runKernel } from './kernels/index.ts';
import { formulaDonors, kernelDonors, Placement, PlacementError, type PlacedResult, valuesOf } from './placement.ts';
import { type AdapterClass, type Command, type Place, Recorder } from './record.ts';
import { schedule } from './schedule.ts';
import { isSmallStep, linkStep } from './step.ts';
import type { Structure } from './structure.ts';
import { appraise, sizesOfKernel } from './work.ts';

/** A value that outlives the plan. */
export interface Result extends PlacedResult {
  /** It moves to a slot of the slab: written there at once, or copied afterwards. */
  readonly settle: 'no' | 'direct' | 'copy';
}

/** Everything that a replay needs besides the values. */
export interface Plan {
  readonly commands: readonly Command[];
  readonly results: readonly Result[];
  /** Elements of each buffer that holds several results. */
  readonly packs: readonly number[];
  /** Elements of each scratch buffer, and which of them each scratch place uses. */
  readonly slots: readonly number[];
  readonly slotOf: readonly number[];
  /** What lies in the places, for people. */
  readonly notes: ReadonlyMap<Place, PlannedValue>;
}

/** A kernel could not be planned. */
export class PlanningError extends Error {
  readonly nodes: readonly Node[];

  constructor(nodes: readonly Node[], cause: unknown) {
    super('a kernel could not be planned', { cause });
    this.nodes = nodes;
  }
}

/** `often`: the plan is used again and again, so that it pays to make one program of a small step. */
export function buildPlan(
  flush: Flush,
  structure: Structure,
  adapter: AdapterClass,
  fuse: boolean,
  often = false,
): Plan {
  if (often && fuse) {
    const step = buildStep(flush, structure, adapter);
    if (step !== null) return step;
  }
  const packed = buildWith(flush, structure, adapter, fuse, true);
  // A program that reads one value of a line and writes another would bind their buffer twice.
  return packed.commands.some(bindsTwice) ? buildWith(flush, structure, adapter, fuse, false) : packed;
}

/** A small step as one dispatch; null where it is not small, or its parts do not fit together. */
function buildStep(flush: Flush, structure: Structure, adapter: AdapterClass): Plan | null {
  const isStored = (node: Node): boolean => (node.outputs ?? [node]).some((value) => !flush.passing.has(value));
  const donors = kernelDonors(flush, structure);
  const { nodes } = structure;
  const kernels = schedule({ nodes, isStored, donors, fuse: true, storageBuffers: adapter.storageBuffers });
  if (!isSmallStep(kernels, adapter.software)) return null;
  // Stages of one thread each: what software adapters get.
  const plan = buildWith(flush, structure, { ...adapter, software: true, single: true }, true, true);
  const command = linkStep(plan.commands, adapter.software, adapter.storageBuffers);
  if (command === null) return null;
  const direct = chooseDirect(
    [command],
    plan.results.filter(({ settle }) => settle === 'direct').map(({ place }) => place),
  );
  const results = plan.results.map((result): Result =>
    result.settle === 'direct' && !direct.has(result.place) ? { ...result, settle: 'copy' } : result,
  );
  return { ...plan, results, commands: [command], slots: [], slotOf: [] };
}

/** What a node computes, for people: of operations on lists the formula. */
function labelOf({ op }: Node): string {
  if (op.kind !== 'kernel') return op.name;
  const { rule, reduction } = op.attrs as Partial<KernelAttrs['foreach'] & KernelAttrs['foreachReduce']>;
  return (rule ?? reduction)?.name ?? op.name;
}

function bindsTwice({ buffers, access }: Command): boolean {
  return buffers.some((place, at) =>
    buffers.some(
      (other, index) => index !== at && other.buffer === place.buffer && (access[at] === 'w' || access[index] === 'w'),
    ),
  );
}

function buildWith(flush: Flush, structure: Structure, adapter: AdapterClass, fuse: boolean, packing: boolean): Plan {
  const { nodes } = structure;
  const values = valuesOf(structure);
  const numbers = new Map(nodes.map((node, index) => [node, index]));
  const scalarNumbers = new Map(structure.scalars.map((node, index) => [node, index]));
  const isStored = (node: Node): boolean => (node.outputs ?? [node]).some((value) => !flush.passing.has(value));
  const donors = kernelDonors(flush, structure);
  const kernels = schedule({ nodes, isStored, donors, fuse, storageBuffers: adapter.storageBuffers });
  for (const [value, donor] of formulaDonors(flush, structure, kernels)) donors.set(value, donor);
  const placement = new Placement(structure, adapter, donors);
  const recorder = new Recorder(
    adapter,
    {
      placeOf: (root) => {
        const place = placement.places.get(root);
        if (place === undefined) throw new Error(`${root.op.name} is read before it is computed`);
        return place;
      },
      isPlaced: (root) => placement.places.has(root),
      share: (count, dtype) => placement.share(count, dtype),
      scalarOf: (node) => scalarNumbers.get(node) as number,
      numberOf: (node) => numbers.get(node) as number,
    },
    () => placement.freshBuffer(),
  );
  const settled = new Set(flush.settle);
  const inMemory = new Set<Node>(kernels.flatMap(({ stored }) => stored.flatMap((node) => node.outputs ?? [node])));
  try {
    if (packing) placement.packLists(nodes, inMemory);
    placement.placeAll(values, inMemory, flush.passing, settled, (value, size) => recorder.scratch(size, value.dtype));
  } catch (error) {
    if (error instanceof PlacementError) throw new PlanningError([error.node], error.cause);
    throw error;
  }
  for (const kernel of kernels) {
    const start = recorder.commands.length;
    recorder.label = kernel.nodes.map(labelOf).join(' + ');
    recorder.sizes = sizesOfKernel(kernel);
    try {
      runKernel(recorder, kernel, donors);
      appraise(kernel, recorder.commands, start, (root) => placement.places.get(root));
    } catch (cause) {
      throw new PlanningError(kernel.nodes, cause);
    }
  }
  const { commands } = recorder;
  const { results, packs } = placement;
  const moves = ({ value, place }: PlacedResult) => place.kind === 'result' && settled.has(values[value]);
  const direct = chooseDirect(
    commands,
    results.filter(moves).map(({ place }) => place),
  );
  return {
    commands,
    results: results.map((result) => ({
      ...result,
      settle: !settled.has(values[result.value]) ? 'no' : direct.has(result.place) ? 'direct' : 'copy',
    })),
    packs,
    notes: notesOf(placement.places),
    ...assignSlots(commands, recorder.scratchSizes),
  };
}

/** What a person calls the values in places; where one takes over the place of another, the first. */
function notesOf(places: ReadonlyMap<Node, Place>): Map<Place, PlannedValue> {
  const notes = new Map<Place, PlannedValue>();
  for (const [{ op, shape, dtype }, place] of places)
    if (!notes.has(place)) notes.set(place, { op: op.name, shape, dtype });
  return notes;
}

/** The small results that can be written where they stay: no command may touch two, as they share a buffer. */
function chooseDirect(commands: readonly Command[], places: readonly Place[]): Set<Place> {
  const direct = new Set(places);
  for (const { buffers } of commands) {
    const touched = buffers.filter((place) => direct.has(place));
    for (const place of touched.slice(1)) direct.delete(place);
  }
  return direct;
}

/** Scratch places whose uses do not overlap share a slot of the same size. */
export function assignSlots(commands: readonly Command[], sizes: readonly number[]): Pick<Plan, 'slots' | 'slotOf'> {
  const first = new Array<number>(sizes.length).fill(-1);
  const last = new Array<number>(sizes.length).fill(-1);
  commands.forEach(({ buffers }, at) => {
    for (const { kind, index } of buffers) {
      if (kind !== 'scratch') continue;
      if (first[index] < 0) first[index] = at;
      last[index] = at;
    }
  });
  const slots: number[] = [];
  const slotOf = new Array<number>(sizes.length).fill(-1);
  const free = new Map<number, number[]>();
  const ending = new Map<number, number[]>();
  const starting = new Map<number, number[]>();
  const list = (map: Map<number, number[]>, key: number): number[] => {
    let found = map.get(key);
    if (found === undefined) map.set(key, (found = []));
    return found;
  };
  sizes.forEach((_, index) => {
    if (first[index] < 0) return;
    list(starting, first[index]).push(index);
    list(ending, last[index]).push(index);
  });
  commands.forEach((_, at) => {
    for (const index of starting.get(at) ?? []) {
      const size = Math.ceil(Math.max(sizes[index], 1) / 64) * 64;
      slotOf[index] = list(free, size).pop() ?? slots.push(size) - 1;
    }
    for (const index of ending.get(at) ?? []) list(free, slots[slotOf[index]]).push(slotOf[index]);
  });
  return { slots, slotOf };
}
