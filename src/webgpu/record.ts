// What kernels write down: programs to run over places, where a place is a buffer that is settled only when the plan is
// played. Pure: knows nodes, views and parameters, but no GPU object, so plans can be looked at without one.

import type { DType } from '../dtype.ts';
import { KernelError } from '../errors.ts';
import type { Node } from '../core/graph.ts';
import type { Work } from '../core/report.ts';
import { contiguousStrides, numelOf } from '../shape.ts';
import type { ProductTraits } from './kernels/matmul-choice.ts';

/** A buffer to be: a value given to the plan, a result of it, a part of several results, scratch memory, the words of checks. */
export interface Place {
  readonly kind: 'given' | 'result' | 'pack' | 'scratch' | 'status';
  /** Its number among the places of its kind. */
  readonly index: number;
  /** Elements of 4 bytes. */
  readonly size: number;
  /** Places of one number lie in one buffer: written ones must then share a binding. */
  readonly buffer: number;
  /** The element at which it begins is a multiple of this: 1, 4 or 16. */
  readonly aligned: number;
  /** The element of its buffer at which it begins; -1 where that changes from replay to replay. */
  readonly start: number;
}

/** A tensor as a kernel sees it: a place through a layout. Offset and strides count elements. */
export interface View {
  readonly place: Place;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly dtype: DType;
}

/**
 * A parameter: an unsigned integer (or a wrapping negative one), a float; or what each replay fills in: the element at which
 * a place begins, a number of the user's, the word in which a check reports.
 */
export type Word =
  | number
  | { readonly float: number }
  | { readonly base: Place; readonly plus: number; /** Elements of a unit. */ readonly per?: number }
  | { readonly scalar: number; readonly as: 'f32' | 'i32' }
  | { readonly check: number };

const bits = new DataView(new ArrayBuffer(4));

/** The word of a float. */
export function floatBits(value: number): number {
  bits.setFloat32(0, value);
  return bits.getUint32(0);
}

/** One run of a program. */
export interface ProgramCall {
  /** Says all that the text depends on; a key seen before is not assembled again. */
  readonly key: string;
  readonly source: () => string;
  /** A letter a buffer: r read, w written. */
  readonly access: string;
  readonly parameters: readonly Word[];
  readonly buffers: readonly Place[];
  /** Values of `override` declarations. */
  readonly constants?: Record<string, number>;
  /** What it moves and computes, where the kernel's nodes do not tell. */
  readonly work?: Work;
}

/** A program call with the number of workgroups. */
export interface Command extends Omit<ProgramCall, 'work'> {
  readonly workgroups: readonly [number, number, number];
  /** Threads that have something to do, those with the lowest numbers; null where it is all. */
  readonly threads: number | null;
  /** What it computes, and over which index space: for people. */
  readonly label: string;
  readonly sizes: string;
  /** What it moves and computes; null until that is known. */
  readonly work: Work | null;
}

/** The WGSL type that holds a dtype: integers and booleans are i32. */
export function wgslType(dtype: DType): 'f32' | 'i32' {
  return dtype === 'float32' ? 'f32' : 'i32';
}

/** The word that says where a view begins. */
export function begin(view: View): Word {
  return { base: view.place, plus: view.offset };
}

/** Threads of a workgroup in all kernels that number their threads. */
const workgroup = 64;
const maxGroups = 65_535;

/** What an adapter allows and what it is good at. */
export interface AdapterClass {
  /** The adapter runs on the CPU: no workgroup memory worth using, few threads. */
  readonly software: boolean;
  /** The commands will be stages of one workgroup: single elements, no overrides. */
  readonly single: boolean;
  /** The lanes of a subgroup can hand values around. */
  readonly subgroups: boolean;
  /** Bytes that a storage binding may have. */
  readonly bindingBytes: number;
  /** Storage buffers that a program may bind. */
  readonly storageBuffers: number;
  /** By what the programs of matrix products are chosen. */
  readonly products: ProductTraits;
}

/** What the recorder must know of the flush that is being planned. */
export interface PlaceTable {
  /** The place of a value, given or made by the plan. */
  placeOf(root: Node): Place;
  /** Whether a value has a place: a number spread over a shape has none where its readers know it. */
  isPlaced(root: Node): boolean;
  /** A part of a buffer that holds all scratch memory of the plan; null where each has its own. */
  share(count: number, dtype: DType): Place | null;
  /** The number under which a replay finds the value of a scalar node. */
  scalarOf(node: Node): number;
  /** The number under which a replay finds a node of the flush. */
  numberOf(node: Node): number;
}

/** Takes down the commands of a plan. */
export class Recorder {
  readonly adapter: AdapterClass;
  readonly commands: Command[] = [];
  /** Elements of each scratch place. */
  readonly scratchSizes: number[] = [];
  readonly status: Place = { kind: 'status', index: 0, size: 0, buffer: -1, aligned: 16, start: 0 };
  /** What the commands being recorded compute, and over which index space. */
  label = '';
  sizes = '';
  private readonly table: PlaceTable;
  private readonly freshBuffer: () => number;

  constructor(adapter: AdapterClass, table: PlaceTable, freshBuffer: () => number) {
    this.adapter = adapter;
    this.table = table;
    this.freshBuffer = freshBuffer;
  }

  get software(): boolean {
    return this.adapter.software;
  }

  /** Memory for `count` elements that lasts until the last command that uses it. */
  scratch(count: number, dtype: DType = 'float32'): Place {
    requireSize('scratch', count, this.adapter.bindingBytes);
    const shared = this.table.share(count, dtype);
    if (shared !== null) return shared;
    this.scratchSizes.push(count);
    return {
      kind: 'scratch',
      index: this.scratchSizes.length - 1,
      size: count,
      buffer: this.freshBuffer(),
      aligned: 16,
      start: 0,
    };
  }

  /** What readers of a node see. */
  view(node: Node): View {
    const { offset, shape, strides, dtype } = node;
    return { place: this.table.placeOf(node.root), offset, shape, strides, dtype };
  }

  /** The dense view of a whole place. */
  denseView(place: Place, shape: readonly number[], dtype: DType): View {
    return { place, offset: 0, shape, strides: contiguousStrides(shape), dtype };
  }

  /** Whether a value of this flush is in memory: given, or made by a kernel. */
  isPlaced(node: Node): boolean {
    return this.table.isPlaced(node.root);
  }

  /** The value of a scalar node as a parameter of a type. */
  number(node: Node, as: 'f32' | 'i32'): Word {
    return { scalar: this.table.scalarOf(node.root), as };
  }

  /** The word of the status buffer in which the check of `node` reports. */
  check(node: Node): Word {
    return { check: this.table.numberOf(node) };
  }

  /** Runs a program with `threads` numbered threads. */
  run(call: ProgramCall, threads: number, size = workgroup): void {
    this.push(call, Math.ceil(threads / size), 1, threads);
  }

  /** Runs a program with `groups` workgroups, folded into two dimensions, and `depth` of that along the third. */
  runGroups(call: ProgramCall, groups: number, depth = 1): void {
    this.push(call, groups, depth, null);
  }

  private push(call: ProgramCall, groups: number, depth: number, threads: number | null): void {
    if (groups === 0 || depth === 0) return;
    const x = Math.min(groups, maxGroups);
    const { label, sizes } = this;
    const { work = null } = call;
    this.commands.push({ ...call, workgroups: [x, Math.ceil(groups / x), depth], threads, label, sizes, work });
  }
}

/** Throws where a value is larger than what the adapter can bind. */
export function requireSize(op: string, count: number, limit: number): void {
  const bytes = count * 4;
  if (bytes <= limit) return;
  throw new KernelError({
    op,
    fact: `a value of ${count} elements (${bytes} bytes)`,
    rule: `this adapter binds at most ${limit} bytes`,
    cure: 'Work in smaller batches.',
  });
}

/** The number of elements of a view. */
export function sizeOf(view: View): number {
  return numelOf(view.shape);
}
