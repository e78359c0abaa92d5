// Where the values of a plan lie: in the buffer of what they replace, behind each other for lists, in a buffer of their
// own, or in scratch memory. Pure.

import type { Flush, Node } from '../core/graph.ts';
import { numelOf } from '../shape.ts';
import { isKernel, ownStrides, sameStrides } from './domain.ts';
import { type Columns, columnsOf, lengthOf, liesInLine, linesOf, startsOf } from './packs.ts';
import { type AdapterClass, type Place, requireSize, wgslType } from './record.ts';
import type { Kernel } from './schedule.ts';
import type { Structure } from './structure.ts';

/** A value that outlives the plan. */
export interface PlacedResult {
  /** Its number among the values of the flush (`valuesOf`). */
  readonly value: number;
  readonly size: number;
  /** The given value whose buffer it takes over, or -1 for a new one. */
  readonly takes: number;
  readonly place: Place;
}

/** A value that is larger than the adapter can bind. */
export class PlacementError extends Error {
  readonly node: Node;

  constructor(node: Node, cause: unknown) {
    super('a value has no place', { cause });
    this.node = node;
  }
}

/** The values that the nodes of a structure make: themselves, or the results of a kernel with several. */
export function valuesOf(structure: Structure): Node[] {
  return structure.nodes.flatMap((node) => node.outputs ?? [node]);
}

/** The place of each given value. */
export function placeGiven({ given, traits }: Structure): Place[] {
  return given.map((node, index) => {
    const { aligned, shared, start } = traits[index];
    const buffer = shared < 0 ? index : given.length + shared;
    return { kind: 'given', index, size: numelOf(node.shape), buffer, aligned, start };
  });
}

/** Which kernels may write over the value that they replace: it is given in a buffer of its own, or made by the plan. */
export function kernelDonors(flush: Flush, structure: Structure): Map<Node, Node> {
  const { given, traits } = structure;
  const numbers = new Map(given.map((node, index) => [node, index]));
  const donors = new Map<Node, Node>();
  for (const value of valuesOf(structure)) {
    const donor = flush.donors.get(value);
    if (donor === undefined || value.op.kind === 'pointwise') continue;
    const at = numbers.get(donor);
    if (at === undefined || traits[at].own) donors.set(value, donor);
  }
  return donors;
}

/** Which formulas may write over a given value: those whose loop reads it in the same places alone, and is the last to. */
export function formulaDonors(flush: Flush, structure: Structure, kernels: readonly Kernel[]): Map<Node, Node> {
  const { given, traits } = structure;
  const numbers = new Map(given.map((node, index) => [node, index]));
  const donors = new Map<Node, Node>();
  for (const [value, donor] of flush.donors) {
    const at = numbers.get(donor);
    if (value.op.kind !== 'pointwise' || at === undefined || !traits[at].own || flush.passing.has(value)) continue;
    if (overwrites(kernels, value, donor)) donors.set(value, donor);
  }
  return donors;
}

function overwrites(kernels: readonly Kernel[], value: Node, donor: Node): boolean {
  const at = kernels.findIndex((kernel) => kernel.stored.includes(value));
  if (at < 0) return false;
  const { kind, nodes, needs, domain } = kernels[at];
  const own = ownStrides(value, 'element', domain);
  if (kind !== 'map' || own === null) return false;
  const reads = (kernel: Kernel) => kernel.nodes.some((node) => node.inputs.some((input) => input.root === donor));
  if (kernels.slice(at + 1).some(reads)) return false;
  return nodes.every((node) =>
    node.inputs.every((input, index) => {
      if (input.root !== donor) return true;
      const access = needs.get(node)?.inputs[index];
      const picked = isKernel(node, 'gather') && index === 0;
      return access != null && !picked && input.offset === 0 && sameStrides(access.strides, own);
    }),
  );
}

/** The places of a plan. */
export class Placement {
  readonly places: Map<Node, Place>;
  readonly results: PlacedResult[] = [];
  /** Elements of each buffer that holds several values. */
  readonly packs: number[] = [];
  private readonly adapter: AdapterClass;
  private readonly given: readonly Place[];
  private readonly numbers: ReadonlyMap<Node, number>;
  private readonly donors: Map<Node, Node>;
  private nextBuffer: number;
  /** The line that holds all small values of a type, where one dispatch is to reach them. */
  private readonly common: Map<'f32' | 'i32', number> | null;

  /** `donors`: changed where values are better placed behind each other. */
  constructor(structure: Structure, adapter: AdapterClass, donors: Map<Node, Node>) {
    this.common = adapter.single ? new Map() : null;
    this.adapter = adapter;
    this.given = placeGiven(structure);
    this.numbers = new Map(structure.given.map((node, index) => [node, index]));
    this.places = new Map(structure.given.map((node, index) => [node, this.given[index]]));
    this.donors = donors;
    this.nextBuffer = 2 * structure.given.length;
  }

  /** A number for a buffer that no other place has. */
  freshBuffer(): number {
    return this.nextBuffer++;
  }

  /** Lays what operations on lists walk as lines behind each other. `made`: the values that kernels of this plan write. */
  packLists(nodes: readonly Node[], made: ReadonlySet<Node>): void {
    const lists = nodes.flatMap((node) => columnsOf(node) ?? []).filter(({ sizes }) => sizes.length > 1);
    const fitting = lists.filter(({ sizes }) => lengthOf(sizes) * 4 <= this.adapter.bindingBytes);
    const takers = new Map([...this.donors].map(([value, donor]) => [donor, value]));
    // Lists that several columns share a kernel with come first: those of one column can be walked in parts.
    const alone = ({ results }: Columns) => results.length < 2;
    for (const columns of [...fitting.filter((one) => !alone(one)), ...fitting.filter(alone)]) {
      const { results, read, sizes } = columns;
      for (const column of results) {
        const { outputs } = column;
        if (this.packFree(outputs, sizes, made, takers) || this.staysInLine(column, sizes, alone(columns))) continue;
        if (outputs.some((output) => this.places.has(output))) continue;
        for (const output of outputs) {
          takers.delete(this.donors.get(output) as Node);
          this.donors.delete(output);
        }
        this.packFree(outputs, sizes, made, takers);
      }
      if (read.length > 0) this.packFree(read, sizes, made, takers);
    }
  }

  /** Whether results take over values that lie in line, or (of one column) in parts of lines. */
  private staysInLine(
    { outputs, inputs }: Columns['results'][number],
    sizes: readonly number[],
    alone: boolean,
  ): boolean {
    if (inputs.length === 0 || !outputs.every((output, at) => this.donors.get(output) === inputs[at])) return false;
    const given = inputs.map((input) => this.originOf(input));
    if (!given.every((place) => place !== undefined)) return false;
    return liesInLine(given as Place[], sizes) || (alone && linesOf([given as Place[]]).length * 2 <= sizes.length);
  }

  /** Lays values behind each other, with all that take over each other's memory, if the plan makes them and none has a place. */
  private packFree(
    values: readonly Node[],
    sizes: readonly number[],
    made: ReadonlySet<Node>,
    takers: ReadonlyMap<Node, Node>,
  ): boolean {
    const chains = values.map((value) => this.chainOf(value, takers));
    const free = (value: Node) => value === value.root && made.has(value) && !this.places.has(value);
    const distinct = new Set(chains.map(([first]) => first)).size === chains.length;
    if (!distinct || !chains.every((chain) => chain.every(free))) return false;
    const starts = startsOf(sizes);
    const buffer = this.freshBuffer();
    const index = this.packs.push(lengthOf(sizes)) - 1;
    chains.forEach((chain, at) => {
      const place: Place = { kind: 'pack', index, size: sizes[at], buffer, aligned: 16, start: starts[at] };
      for (const value of chain) this.places.set(value, place);
    });
    return true;
  }

  /** Where a value lies, or will lie by what it takes over. */
  private originOf(value: Node): Place | undefined {
    const donor = this.donors.get(value);
    return this.places.get(value) ?? (donor === undefined ? undefined : this.originOf(donor));
  }

  /** The values that take over one memory, from first to last. */
  private chainOf(value: Node, takers: ReadonlyMap<Node, Node>): Node[] {
    const chain = [value];
    for (let one = this.donors.get(value); one !== undefined; one = this.donors.get(one)) chain.unshift(one);
    for (let one = takers.get(value); one !== undefined; one = takers.get(one)) chain.push(one);
    return chain;
  }

  /**
   * Gives every value in memory its place. From the last to the first: a chain of values that take over one buffer lies where
   * its last value does, or where the given value lies with which it begins.
   */
  placeAll(
    values: readonly Node[],
    inMemory: ReadonlySet<Node>,
    passing: ReadonlySet<Node>,
    settled: ReadonlySet<Node>,
    scratch: (value: Node, size: number) => Place,
  ): void {
    const replaced = new Set(this.donors.values());
    for (let at = values.length - 1; at >= 0; at--) {
      const value = values[at];
      if (!inMemory.has(value)) continue;
      const size = numelOf(value.shape);
      const donor = this.donors.get(value);
      let first = donor;
      while (first !== undefined && this.donors.has(first)) first = this.donors.get(first);
      const from = first === undefined ? undefined : this.numbers.get(first);
      const known = this.places.get(value) ?? (from === undefined ? undefined : this.given[from]);
      const place = known ?? (passing.has(value) ? scratch(value, size) : this.resultPlace(value, size, settled));
      if (!passing.has(value)) {
        try {
          requireSize(value.op.name, size, this.adapter.bindingBytes);
        } catch (cause) {
          throw new PlacementError(value.op.kind === 'output' ? value.inputs[0] : value, cause);
        }
        // What another one is written over is gone with the flush.
        if (!replaced.has(value))
          this.results.push({ value: at, size, takes: place.kind === 'given' ? place.index : -1, place });
      }
      this.places.set(value, place);
      if (donor !== undefined) this.places.set(donor, place);
    }
  }

  /** A part of the line that holds all values of a type; null where each has a buffer of its own. */
  share(size: number, dtype: Node['dtype']): Place | null {
    if (this.common === null) return null;
    const type = wgslType(dtype);
    let index = this.common.get(type);
    if (index === undefined) {
      index = this.packs.push(0) - 1;
      this.common.set(type, index);
      this.packBuffers.set(index, this.freshBuffer());
    }
    const start = this.packs[index];
    this.packs[index] += lengthOf([Math.max(size, 1)]);
    return { kind: 'pack', index, size, buffer: this.packBuffers.get(index) as number, aligned: 16, start };
  }

  private readonly packBuffers = new Map<number, number>();

  private resultPlace(value: Node, size: number, settled: ReadonlySet<Node>): Place {
    const shared = settled.has(value) ? null : this.share(size, value.dtype);
    if (shared !== null) return shared;
    return { kind: 'result', index: this.results.length, size, buffer: this.freshBuffer(), aligned: 16, start: 0 };
  }
}
