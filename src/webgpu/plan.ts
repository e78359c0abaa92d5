// A plan: the commands that compute a flush, and where every value lies while they run. Pure: built from the structure of
// the flush alone, so that it serves every flush of that structure.

import type { Flush, Node } from '../graph.ts';
import { numelOf } from '../shape.ts';
import { runGroup } from './kernels/index.ts';
import { type AdapterClass, type Command, type Place, Recorder, requireSize } from './record.ts';
import { isKernel, ownStrides, sameStrides } from './domain.ts';
import { type Group, schedule } from './schedule.ts';
import type { Structure } from './structure.ts';

/** A value that outlives the plan. */
export interface Result {
  /** Its number among the values of the flush (`valuesOf`). */
  readonly value: number;
  readonly size: number;
  /** The given value whose buffer it takes over, or -1 for a new one. */
  readonly takes: number;
  /** It moves to a slot of the slab: written there at once, or copied afterwards. */
  readonly settle: 'no' | 'direct' | 'copy';
}

/** Everything that a replay needs besides the values. */
export interface Plan {
  readonly commands: readonly Command[];
  readonly results: readonly Result[];
  /** Elements of each scratch buffer, and which of them each scratch place uses. */
  readonly slots: readonly number[];
  readonly slotOf: readonly number[];
}

/** A kernel could not be planned. */
export class PlanningError extends Error {
  readonly nodes: readonly Node[];

  constructor(nodes: readonly Node[], cause: unknown) {
    super('a kernel could not be planned', { cause });
    this.nodes = nodes;
  }
}

/** The values that the nodes of a structure make: themselves, or the results of a kernel with several. */
export function valuesOf(structure: Structure): Node[] {
  return structure.nodes.flatMap((node) => node.outputs ?? [node]);
}

export function buildPlan(flush: Flush, structure: Structure, adapter: AdapterClass, fuse: boolean): Plan {
  const { nodes, given, traits } = structure;
  const values = valuesOf(structure);
  const numbers = new Map(nodes.map((node, index) => [node, index]));
  const scalarNumbers = new Map(structure.scalars.map((node, index) => [node, index]));
  const givenPlaces = given.map((node, index): Place => {
    const { aligned, shared } = traits[index];
    return {
      kind: 'given',
      index,
      size: numelOf(node.shape),
      buffer: shared < 0 ? index : given.length + shared,
      aligned,
    };
  });
  const isStored = (node: Node): boolean => (node.outputs ?? [node]).some((value) => !flush.passing.has(value));
  // A result takes over the buffer of what it replaces, if that is a buffer of its own or made here.
  const donors = new Map<Node, Node>();
  const givenNumbers = new Map(given.map((node, index) => [node, index]));
  for (const value of values) {
    const donor = flush.donors.get(value);
    if (donor === undefined) continue;
    const at = givenNumbers.get(donor);
    if (value.op.kind !== 'pointwise' && (at === undefined || traits[at].own)) donors.set(value, donor);
  }
  const groups = schedule({ nodes, isStored, donors, fuse, storageBuffers: adapter.storageBuffers });
  for (const [value, donor] of flush.donors) {
    const at = givenNumbers.get(donor);
    const mine = value.op.kind === 'pointwise' && at !== undefined && traits[at].own && isStored(value);
    if (mine && overwrites(groups, value, donor)) donors.set(value, donor);
  }
  const placed = new Map<Node, Place>(given.map((node, index) => [node, givenPlaces[index]]));
  const results: { value: number; place: Place; takes: number; size: number }[] = [];
  const recorder = new Recorder(
    adapter,
    {
      placeOf: (root) => {
        const place = placed.get(root);
        if (place === undefined) throw new Error(`${root.op.name} is read before it is computed`);
        return place;
      },
      isPlaced: (root) => placed.has(root),
      scalarOf: (node) => scalarNumbers.get(node) as number,
      numberOf: (node) => numbers.get(node) as number,
    },
    2 * given.length + 2 * values.length,
  );
  const inMemory = new Set<Node>(groups.flatMap(({ stored }) => stored.flatMap((node) => node.outputs ?? [node])));
  // From the last value to the first: a chain of values that take over one buffer lies where its last value does, or where
  // the given value lies with which it begins.
  for (let at = values.length - 1; at >= 0; at--) {
    const value = values[at];
    if (!inMemory.has(value)) continue;
    const size = numelOf(value.shape);
    const donor = donors.get(value);
    let first = donor;
    while (first !== undefined && donors.has(first)) first = donors.get(first);
    const from = first === undefined ? undefined : givenNumbers.get(first);
    let place = placed.get(value);
    if (place === undefined && from !== undefined) place = givenPlaces[from];
    if (!flush.passing.has(value)) {
      try {
        requireSize(value.op.name, size, adapter.bindingBytes);
      } catch (cause) {
        throw new PlanningError([value.op.kind === 'output' ? value.inputs[0] : value], cause);
      }
      place ??= { kind: 'result', index: results.length, size, buffer: 2 * given.length + at, aligned: 16 };
      results.push({ value: at, place, takes: place.kind === 'given' ? place.index : -1, size });
    }
    place ??= recorder.scratch(size);
    placed.set(value, place);
    if (donor !== undefined) placed.set(donor, place);
  }
  for (const group of groups) {
    recorder.label = group.nodes.map((node) => node.op.name).join(' + ');
    try {
      runGroup(recorder, group, donors);
    } catch (cause) {
      throw new PlanningError(group.nodes, cause);
    }
  }
  const { commands } = recorder;
  const settled = new Set(flush.settle);
  const settling = results.filter(({ value, takes }) => takes < 0 && settled.has(values[value]));
  const direct = chooseDirect(
    commands,
    settling.map(({ place }) => place),
  );
  return {
    commands,
    results: results.map(({ value, takes, size, place }) => ({
      value,
      takes,
      size,
      settle: !settled.has(values[value]) ? 'no' : direct.has(place) ? 'direct' : 'copy',
    })),
    ...assignSlots(commands, recorder.scratchSizes),
  };
}

/** Whether the loop that stores `value` may write over `donor`: it reads it in the same places alone, and is the last to. */
function overwrites(groups: readonly Group[], value: Node, donor: Node): boolean {
  const at = groups.findIndex((group) => group.stored.includes(value));
  const { kind, nodes, needs, domain } = groups[at];
  const own = ownStrides(value, 'element', domain);
  if (kind !== 'map' || own === null) return false;
  const reads = (group: Group) => group.nodes.some((node) => node.inputs.some((input) => input.root === donor));
  if (groups.slice(at + 1).some(reads)) return false;
  return nodes.every((node) =>
    node.inputs.every((input, index) => {
      if (input.root !== donor) return true;
      const access = needs.get(node)?.inputs[index];
      const picked = isKernel(node, 'gather') && index === 0;
      return access != null && !picked && input.offset === 0 && sameStrides(access.strides, own);
    }),
  );
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
