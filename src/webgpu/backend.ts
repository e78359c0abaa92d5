// The GPU device: runs recorded flushes by encoding one kernel a node into the stream, keeps where values lie, and answers
// reads. What stays resident was decided when the flush was recorded (flush.ts); this file only carries it out.

import { hostArray, type DType, type TypedArray } from '../dtype.ts';
import { DeviceLostError, IndexError, type KernelError, NotImplementedError } from '../errors.ts';
import {
  asFailure,
  type Backend,
  type Flush,
  type KernelAttrs,
  type KernelName,
  type MemoryReport,
  type Node,
} from '../graph.ts';
import { formatShape, isContiguous, numelOf } from '../shape.ts';
import { openDevice } from './adapter.ts';
import { type KernelCall, kernels } from './kernels/index.ts';
import { copyView, formulaOf, inputOf, runPointwise } from './kernels/pointwise.ts';
import { Machine, type Piece, statusWords } from './machine.ts';
import { Slab, type SlabPage } from './slab.ts';
import type { StreamCounts } from './stream.ts';

/** Where a value lies, and whether its buffer is its own. */
interface GpuValue extends Piece {
  readonly owned: boolean;
  /** The backend whose buffer it is: after a loss there is another one. */
  readonly home: WebGpuBackend;
}

/** A value that was encoded, with what it was computed from: its recipe may be dropped before the outcome is known. */
interface Written {
  readonly node: Node;
  readonly inputs: readonly Node[];
}

/** A submit that may still fail, with the values that it wrote. */
interface Flight {
  readonly nodes: readonly Written[];
  /** Its outcome has been followed. */
  known: boolean;
}

/** Submits whose values a failed check is followed through. */
const flightLimit = 256;
/** Flushes between two sweeps of idle buffers. */
const flushesPerSweep = 64;

/** Opens the GPU device's backend on an adapter given, or on the platform's. */
export async function openWebGpu(adapter: unknown): Promise<Backend> {
  const { device, description, software } = await openDevice(adapter);
  return new WebGpuBackend(device, description, software);
}

/** Counts of what the GPU device did: dispatches, submits, bind groups, pipelines, buffers. */
export interface GpuCounts extends StreamCounts {
  readonly pipelines: number;
  readonly buffers: number;
}

/** The GPU device. */
export class WebGpuBackend implements Backend {
  readonly type = 'webgpu';
  readonly description: string;
  private readonly machine: Machine;
  private readonly slab: Slab;
  private lost: DeviceLostError | null = null;
  private tellLost: () => void = () => undefined;
  private values = 0;
  private flushes = 0;
  private written: Written[] = [];
  /** Whether some value failed, so that failures must be followed through later work. */
  private anyFailure = false;
  private flights: Flight[] = [];
  /** Reads that bring the outcome of checks. */
  private resolving = 0;
  /** Resolves when the outcome of every submit so far has been followed. */
  private outcomes: Promise<void> = Promise.resolve();

  constructor(device: GPUDevice, description: string, software: boolean) {
    this.description = description;
    this.machine = new Machine(device, software);
    this.slab = new Slab(
      (bytes) => this.machine.pool.take(bytes),
      (page) => void this.settlePage(page),
    );
    this.machine.stream.onSubmit = ({ outcome }) => this.follow(outcome);
    void device.lost.then(({ message }) => {
      this.lost = lostError(message);
      this.tellLost();
    });
  }

  onLost(tell: () => void): void {
    this.tellLost = tell;
  }

  supports(dtype: DType): boolean {
    return dtype !== 'float64';
  }

  run(flush: Flush): void {
    for (const node of flush.releaseBefore) this.release(node);
    for (const node of flush.nodes)
      if (node.host !== null && node.value === null) this.guard(node, () => this.uploadLeaf(node));
    for (const node of flush.nodes) {
      if (node.value !== null || node.op.kind === 'output') continue;
      this.written.push({ node, inputs: node.inputs });
      for (const input of node.inputs) this.bringHome(input.root);
      node.failure = node.inputs.find((input) => input.root.failure !== null)?.root.failure ?? null;
      if (node.failure === null) this.guard(node, () => this.encode(node, flush));
      else this.fail(node, node.failure);
      this.machine.endNode();
      for (const passed of flush.dying.get(node) ?? []) this.release(passed);
    }
    for (const node of flush.settle) this.settle(node);
    for (const node of flush.releaseAfter) this.release(node);
    if (++this.flushes % flushesPerSweep === 0) this.machine.pool.sweep();
  }

  /** A value of a backend that was lost comes back from the host, or fails. */
  private bringHome(node: Node): void {
    const value = node.value as GpuValue | null;
    if (value === null || value.home === this) return;
    node.value = null;
    if (node.host !== null) this.guard(node, () => this.uploadLeaf(node));
    else this.fail(node, lostError('its values went with it'));
  }

  private guard(node: Node, body: () => void): void {
    try {
      body();
    } catch (error) {
      this.fail(node, asFailure(node.op.name, error));
    }
  }

  private fail(node: Node, error: Error): void {
    this.anyFailure = true;
    node.failure = error;
    for (const output of node.outputs ?? []) output.failure = error;
  }

  private allocate(node: Node): Piece {
    const value: GpuValue = {
      buffer: this.machine.allocate(node.op.name, numelOf(node.shape)),
      offset: 0,
      owned: true,
      home: this,
    };
    node.value = value;
    this.values++;
    return value;
  }

  private uploadLeaf(node: Node): void {
    const { buffer } = this.allocate(node);
    const host = node.host as TypedArray;
    const values = node.dtype === 'float32' || node.dtype === 'int32' ? host : Int32Array.from(host);
    const dense = isContiguous(node.shape, node.strides);
    const target = dense ? buffer : this.machine.scratch('leaf', values.length);
    this.machine.stream.upload(target, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    if (dense) return;
    // Host copies are in C order; a value that was read and computed in another order goes back to it.
    copyView(this.machine, this.machine.denseView(target, node.shape, node.dtype), this.machine.view(node));
    this.machine.endNode();
  }

  private encode(node: Node, flush: Flush): void {
    const { machine } = this;
    if (node.op.kind === 'pointwise') {
      const inputs = node.inputs.map((input) => inputOf(machine, input));
      this.allocate(node);
      runPointwise(machine, formulaOf(node.op, node), inputs, machine.view(node));
    } else if (node.op.kind === 'kernel') {
      const results = node.outputs ?? [node];
      const donated = new Set<number>();
      results.forEach((result, index) => {
        const donor = flush.donors.get(result);
        const given = (donor?.value ?? null) as GpuValue | null;
        if (donor === undefined || given === null || !given.owned || given.home !== this || donor.failure !== null) {
          this.allocate(result);
          return;
        }
        donated.add(index);
        result.value = given;
      });
      const outputs = results.map((result) => machine.view(result));
      const kernel = kernels[node.op.name] as ((attrs: KernelAttrs[KernelName], call: KernelCall) => void) | undefined;
      if (kernel === undefined) throw new NotImplementedError({ op: node.op.name, fact: 'the GPU has no such kernel' });
      kernel(node.op.attrs, { machine, node, inputs: node.inputs, outputs, donated });
      // The buffer now belongs to the result alone.
      results.forEach((result, index) => {
        if (donated.has(index)) (flush.donors.get(result) as Node).value = null;
      });
    }
  }

  /** Moves a small value that stays into a slot of the slab. */
  private settle(node: Node): void {
    const value = node.value as GpuValue | null;
    if (value === null || !value.owned || node.failure !== null) return;
    const piece = this.slab.place(node);
    this.machine.stream.copy(value.buffer, value.offset * 4, piece.buffer, piece.offset * 4, numelOf(node.shape) * 4);
    this.machine.pool.give(value.buffer);
    node.value = { ...piece, owned: false, home: this };
  }

  /** Brings the values of a full page to the host; from then on they are leaves. */
  private async settlePage(page: SlabPage): Promise<void> {
    const [bytes] = await this.machine.stream.read([{ buffer: page.buffer, offset: 0, bytes: page.used * 4 }]);
    for (const { node, piece } of page.nodes) {
      const value = node.value as GpuValue | null;
      if (value?.buffer !== page.buffer || value.offset !== piece.offset) continue;
      node.host ??= decode(node, bytes.subarray(piece.offset * 4, (piece.offset + numelOf(node.shape)) * 4));
      node.value = null;
      node.residence = 'absent';
      node.keep = 'temporary';
      this.values--;
    }
    this.slab.recycle(page);
  }

  private release(node: Node): void {
    const value = node.value as GpuValue | null;
    if (value === null) return;
    node.value = null;
    if (value.home !== this) return;
    if (value.owned) this.machine.pool.give(value.buffer);
    this.values--;
  }

  async read(node: Node): Promise<TypedArray> {
    const { machine } = this;
    if (this.lost !== null) throw this.lost;
    const { root } = node;
    this.bringHome(root);
    if (root.failure !== null) throw root.failure;
    const size = numelOf(node.shape);
    if (size === 0) return hostArray(node.dtype, 0);
    let view = machine.view(node);
    let copy: GPUBuffer | null = null;
    if (!isContiguous(node.shape, node.strides)) {
      copy = machine.allocate('read', size);
      const dense = machine.denseView(copy, node.shape, node.dtype);
      copyView(machine, view, dense);
      view = dense;
    }
    const pieces = [{ buffer: view.buffer, offset: view.offset * 4, bytes: size * 4 }];
    const checks = machine.takeChecks();
    if (checks.size > 0) pieces.push({ buffer: machine.status, offset: 0, bytes: statusWords * 4 });
    if (checks.size > 0) this.resolving++;
    const reading = machine.stream.read(pieces, checks.size > 0 ? machine.status : null);
    const { outcomes } = this;
    if (copy !== null) machine.pool.give(copy);
    let parts: Uint8Array[];
    try {
      parts = await reading;
      if (checks.size > 0) {
        this.resolveChecks(checks, new Uint32Array(parts[1].buffer, parts[1].byteOffset, statusWords));
      }
    } catch (error) {
      throw this.lost ?? error;
    } finally {
      if (checks.size > 0) this.resolving--;
      this.forgetFlights();
    }
    await outcomes;
    if (root.failure !== null) throw root.failure;
    return decode(node, parts[0]);
  }

  /** Follows the checks that failed on the GPU to every value computed from them. */
  private resolveChecks(checks: ReadonlyMap<number, readonly Node[]>, words: Uint32Array): void {
    for (const [word, nodes] of checks) {
      if (words[word] === 0) continue;
      for (const node of nodes) {
        const { op, size } = (node.op as { attrs: KernelAttrs['checkIndex'] }).attrs;
        this.fail(
          node,
          new IndexError({
            op,
            fact: `an index ${formatShape(node.shape)} holds a position outside a dimension of size ${size}`,
            rule: 'positions that only the GPU knows are checked there',
          }),
        );
      }
    }
    this.spread();
  }

  /** After each submit: the values that it wrote, until its outcome is known. */
  private follow(outcome: Promise<KernelError | null>): void {
    const flight: Flight = { nodes: this.written, known: false };
    this.written = [];
    this.flights.push(flight);
    const before = this.outcomes;
    this.outcomes = outcome.then(async (error) => {
      await before;
      if (error !== null) {
        for (const { node } of flight.nodes) if (node.failure === null) this.fail(node, error);
        this.spread();
      }
      flight.known = true;
      this.forgetFlights();
    });
  }

  /** The outcome of checks is known at a read: until then the last submits stay, so that a failure can be followed. */
  private forgetFlights(): void {
    if (!this.machine.hasChecks && this.resolving === 0) this.flights = this.flights.filter((flight) => !flight.known);
    while (this.flights.length > flightLimit) this.flights.shift();
  }

  /** Marks every value computed from a failed one. */
  private spread(): void {
    if (!this.anyFailure) return;
    for (const nodes of [...this.flights.map((flight) => flight.nodes), this.written]) {
      for (const { node, inputs } of nodes) {
        if (node.failure !== null) continue;
        const cause = inputs.find((input) => input.root.failure !== null);
        if (cause !== undefined) this.fail(node, cause.root.failure as Error);
      }
    }
  }

  async settled(): Promise<void> {
    if (this.lost !== null) throw this.lost;
    await this.machine.stream.settled();
  }

  memory(): MemoryReport {
    const { live, pooled, peak } = this.machine.pool;
    return { live, pooled, peak: Math.max(peak, live + pooled), tensors: this.values };
  }

  /** What was done so far, for tests and benchmarks. */
  counts(): GpuCounts {
    return {
      ...this.machine.stream.counts,
      pipelines: this.machine.pipelines.size,
      buffers: this.machine.pool.created,
    };
  }
}

/** The bytes of a value as the host array of its dtype. */
function decode(node: Node, bytes: Uint8Array): TypedArray {
  const size = bytes.byteLength / 4;
  if (node.dtype === 'float32') return new Float32Array(bytes.buffer, bytes.byteOffset, size);
  const integers = new Int32Array(bytes.buffer, bytes.byteOffset, size);
  return node.dtype === 'int32' ? integers : Uint8Array.from(integers);
}

function lostError(message: string): DeviceLostError {
  return new DeviceLostError({
    op: 'device',
    fact: `the GPU was lost: ${message}`,
    cure: 'The next use opens a new device.',
  });
}
