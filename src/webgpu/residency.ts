// Where the values of the GPU device lie: buffers of their own, lines of values, slots of shared pages. Moves them there,
// uploads what is on the host, and lets go.

import type { TypedArray } from '../dtype.ts';
import type { Node } from '../core/graph.ts';
import { contiguousStrides, isContiguous, numelOf } from '../shape.ts';
import type { BufferPool } from './buffers.ts';
import { copyView } from './kernels/copy.ts';
import type { PlanCache } from './plans.ts';
import { play } from './player.ts';
import { requireSize, type View } from './record.ts';
import { Slab, type SlabPage } from './slab.ts';
import type { Piece, Stream } from './stream.ts';
import type { GivenTraits } from './structure.ts';

/** A buffer that several values share: it is given back with the last of them. */
export interface Pack {
  readonly buffer: GPUBuffer;
  values: number;
}

/** Where a value lies, and whether its buffer is its own. */
export interface GpuValue extends Piece {
  /** Its buffer is its own, or a pack: it is let go with the value. A slot of the slab is not. */
  readonly owned: boolean;
  readonly pack: Pack | null;
  /** The backend whose buffer it is: after a loss there is another one. */
  readonly home: object;
  /** The node whose value it is now. */
  node: Node;
}

/** The values of one backend. */
export class Residency {
  readonly slab: Slab;
  /** The values that are resident. */
  readonly values = new Set<GpuValue>();
  private readonly home: object;
  private readonly pool: BufferPool;
  private readonly stream: Stream;
  private readonly plans: PlanCache;
  private readonly status: GPUBuffer;
  /** Pages that filled up in this flush: they are read once all their values are encoded. */
  private fullPages: SlabPage[] = [];

  constructor(home: object, pool: BufferPool, stream: Stream, plans: PlanCache, status: GPUBuffer) {
    this.home = home;
    this.pool = pool;
    this.stream = stream;
    this.plans = plans;
    this.status = status;
    this.slab = new Slab(
      (bytes) => pool.take(bytes),
      (page) => this.fullPages.push(page),
    );
  }

  /** What plans may assume of a value, with one numbering of shared buffers. */
  traitsOf(): (node: Node) => GivenTraits {
    const buffers = new Map<GPUBuffer, number>();
    return (node) => {
      const value = node.value as GpuValue | null;
      if (value === null || (value.owned && value.pack === null))
        return { aligned: 16, own: true, shared: -1, start: 0 };
      const shared = buffers.get(value.buffer) ?? buffers.size;
      buffers.set(value.buffer, shared);
      const aligned = value.start % 16 === 0 ? 16 : value.start % 4 === 0 ? 4 : 1;
      return { aligned, own: value.owned, shared, start: value.owned ? value.start : -1 };
    };
  }

  allocate(node: Node, size: number): Piece {
    const value: GpuValue = {
      buffer: this.pool.take(Math.max(size, 1) * 4),
      start: 0,
      owned: true,
      pack: null,
      home: this.home,
      node,
    };
    return this.keep(value);
  }

  /** A part of a buffer that several values share. */
  allocateIn(pack: Pack, node: Node, offset: number): Piece {
    pack.values++;
    return this.keep({ buffer: pack.buffer, start: offset, owned: true, pack, home: this.home, node });
  }

  private keep(value: GpuValue): GpuValue {
    value.node.value = value;
    this.values.add(value);
    return value;
  }

  /** Hands the value of a node on to the node that was written over it. */
  pass(from: Node, to: Node): GpuValue {
    const value = from.value as GpuValue;
    from.value = null;
    to.value = value;
    value.node = to;
    return value;
  }

  /** Whether a value lies in buffers of this device: after a loss there is another one. */
  isHome(value: GpuValue): boolean {
    return value.home === this.home;
  }

  /** Lets a value go that no node has any more. */
  drop(value: GpuValue): void {
    this.vacate(value);
    this.values.delete(value);
  }

  /** Gives back what a value lies in. */
  vacate({ buffer, owned, pack }: GpuValue): void {
    if (!owned || (pack !== null && --pack.values > 0)) return;
    this.pool.give(buffer);
  }

  uploadLeaf(node: Node): void {
    const size = numelOf(node.shape);
    requireSize('leaf', size, this.plans.adapter.bindingBytes);
    const piece = this.allocate(node, size);
    const host = node.host as TypedArray;
    const values = node.dtype === 'float32' || node.dtype === 'int32' ? host : Int32Array.from(host);
    const dense = isContiguous(node.shape, node.strides);
    const target = dense ? piece.buffer : this.pool.take(Math.max(size, 1) * 4);
    this.stream.upload(target, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    if (dense) return;
    // Host copies are in C order; a value that was read and computed in another order goes back to it.
    const layout = { offset: 0, shape: node.shape, dtype: node.dtype };
    const from = { ...layout, strides: contiguousStrides(node.shape) };
    this.copy({ buffer: target, start: 0 }, from, piece, { ...layout, strides: node.strides });
    this.pool.give(target);
  }

  /** Copies between layouts of two pieces. */
  copy(from: Piece, fromLayout: Omit<View, 'place'>, to: Piece, toLayout: Omit<View, 'place'>): void {
    const prepared = this.plans.once(2, (recorder, [source, target]) =>
      copyView(recorder, { ...fromLayout, place: source }, { ...toLayout, place: target }),
    );
    const casting = {
      given: [from, to],
      results: [],
      packs: [],
      scalars: [],
      status: this.status,
      check: () => 0,
    };
    play(prepared, casting, this.stream, this.pool);
  }

  /** Moves a small value that stays into a slot of the slab. */
  settle(node: Node): void {
    const value = node.value as GpuValue | null;
    if (value === null || !value.owned || node.failure !== null) return;
    const piece = this.settleAt(node, null);
    this.values.delete(value);
    this.stream.copy(value.buffer, value.start * 4, piece.buffer, piece.start * 4, numelOf(node.shape) * 4);
    this.vacate(value);
  }

  /** A slot of the slab as the place of a value, in no buffer of `apart`. */
  settleAt(node: Node, apart: ReadonlySet<GPUBuffer> | null): Piece {
    return this.keep({ ...this.slab.place(node, apart), owned: false, pack: null, home: this.home, node });
  }

  /** Brings the values of a full page to the host; from then on they are leaves. */
  private async settlePage(page: SlabPage): Promise<void> {
    const [bytes] = await this.stream.read([{ buffer: page.buffer, offset: 0, bytes: page.used * 4 }]);
    for (const { node, piece } of page.nodes) {
      const value = node.value as GpuValue | null;
      if (value?.buffer !== page.buffer || value.start !== piece.start) continue;
      node.host ??= decode(node, bytes.subarray(piece.start * 4, (piece.start + numelOf(node.shape)) * 4));
      node.value = null;
      node.residence = 'absent';
      node.keep = 'temporary';
      this.values.delete(value);
    }
    this.slab.recycle(page);
  }

  release(node: Node): void {
    const value = node.value as GpuValue | null;
    if (value === null) return;
    node.value = null;
    if (value.home !== this.home) return;
    this.vacate(value);
    this.values.delete(value);
  }

  /** Brings the pages that filled up to the host. */
  settlePages(): void {
    for (const page of this.fullPages.splice(0)) void this.settlePage(page);
  }
}

/** The bytes of a value as the host array of its dtype. */
export function decode(node: Node, bytes: Uint8Array): TypedArray {
  const size = bytes.byteLength / 4;
  if (node.dtype === 'float32') return new Float32Array(bytes.buffer, bytes.byteOffset, size);
  const integers = new Int32Array(bytes.buffer, bytes.byteOffset, size);
  return node.dtype === 'int32' ? integers : Uint8Array.from(integers);
}
