// The GPU device: plays recorded flushes, keeps where values lie, and answers reads. What stays resident was decided when the
// flush was recorded (flush.ts), which kernels run by the plan of its structure (plan.ts); this file carries both out.

import { hostArray, type DType, type TypedArray } from '../dtype.ts';
import { DeviceLostError } from '../errors.ts';
import { asFailure, type Backend, type Flush, type MemoryReport, type Node, type Recording } from '../core/graph.ts';
import { castAgain, fits, type GpuRecording, recordingOf } from './again.ts';
import { contiguousStrides, isContiguous, numelOf } from '../shape.ts';
import { adapterClass, findAdapter, identityOf, openDevice, type OpenedDevice, productTraits } from './adapter.ts';
import { BufferPool } from './buffers.ts';
import { Checks, statusWords } from './checks.ts';
import { Failures } from './failures.ts';
import { GpuInspector } from './inspector.ts';
import { PipelineCache } from './pipelines.ts';
import { buildPlan, PlanningError } from './plan.ts';
import { valuesOf } from './placement.ts';
import { PlanCache } from './plans.ts';
import { play, type PreparedPlan } from './player.ts';
import type { ProductTraits } from './kernels/matmul-choice.ts';
import type { AdapterClass } from './record.ts';
import { decode, type GpuValue, type Pack, Residency } from './residency.ts';
import { type Piece, Stream, type StreamCounts } from './stream.ts';
import { type Structure, structureOf } from './structure.ts';
import { winnersFor } from './tuning/store.ts';

/** Flushes between two sweeps of idle buffers. */
const flushesPerSweep = 64;

/** Opens the GPU device's backend on an adapter given, or on the platform's. */
export async function openWebGpu(adapter: unknown): Promise<Backend> {
  const found = await findAdapter(adapter);
  const [opened, winners] = await Promise.all([openDevice(found), winnersFor(identityOf(found.info))]);
  return new WebGpuBackend(opened, productTraits(opened, winners));
}

/** Counts of what the GPU device did: dispatches, submits, bind groups, pipelines, buffers. */
export interface GpuCounts extends StreamCounts {
  readonly pipelines: number;
  readonly buffers: number;
}

/** The GPU device. */
export class WebGpuBackend implements Backend {
  readonly type = 'webgpu';
  fuse = true;
  readonly description: string;
  readonly inspector: GpuInspector;
  private readonly adapter: AdapterClass;
  private readonly pool: BufferPool;
  private readonly stream: Stream;
  private readonly pipelines: PipelineCache;
  private readonly plans: PlanCache;
  private readonly checks: Checks;
  recording: GpuRecording | null = null;
  private readonly residency: Residency;
  private lost: DeviceLostError | null = null;
  private tellLost: () => void = () => undefined;
  private flushes = 0;
  private readonly failures: Failures;

  constructor({ device, description }: OpenedDevice, products: ProductTraits) {
    this.description = description;
    this.adapter = adapterClass(device, products);
    this.pool = new BufferPool(device);
    this.stream = new Stream(device);
    this.pipelines = new PipelineCache(device);
    this.plans = new PlanCache(this.adapter, this.pipelines);
    this.checks = new Checks(device);
    this.failures = new Failures(this.checks);
    this.residency = new Residency(this, this.pool, this.stream, this.plans, this.checks.status);
    const { pool, stream, plans, residency, checks } = this;
    const planOf = (flush: Flush, structure: Structure) =>
      plans.known(structure, this.fuse) ?? buildPlan(flush, structure, this.adapter, this.fuse);
    const { software } = this.adapter;
    this.inspector = new GpuInspector({ device, software, pool, stream, residency, status: checks.status, planOf });
    this.stream.explainFailure = () => this.pipelines.takeProblem();
    this.stream.onSubmit = ({ outcome }) => this.failures.follow(outcome);
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
    const { residency } = this;
    const since = this.stream.trace?.now();
    this.recording = null;
    for (const node of flush.releaseBefore) residency.release(node);
    for (const node of flush.nodes)
      if (node.host !== null && node.value === null) this.failures.guard(node, () => residency.uploadLeaf(node));
    this.compute(flush);
    for (const node of flush.settle) residency.settle(node);
    residency.settlePages();
    for (const list of flush.dying.values()) for (const node of list) residency.release(node);
    for (const node of flush.releaseAfter) residency.release(node);
    this.stream.trace?.note('flush', since);
    if (++this.flushes % flushesPerSweep === 0) this.pool.sweep(() => void this.stream.submit());
    this.stream.submitIfFull();
  }

  /** Plays the plan of a flush. Nodes that cannot be computed fail, with what depends on them; the others run. */
  private compute(flush: Flush): void {
    let rest = flush;
    let { fuse } = this;
    for (;;) {
      const structure = structureOf(rest, this.residency.traitsOf());
      for (const node of structure.given) this.bringHome(node);
      if (this.failures.spreadTo(structure.nodes)) {
        rest = { ...rest, nodes: rest.nodes.filter((node) => node.failure === null) };
        continue;
      }
      try {
        const since = this.stream.trace?.now();
        const prepared = this.plans.find(rest, structure, fuse);
        this.stream.trace?.note('plan', since);
        this.failures.encoded({ nodes: structure.nodes, inputs: structure.nodes.map((node) => node.inputs) });
        this.play(prepared, structure);
        if (rest === flush) this.recording = recordingOf(prepared, structure);
        return;
      } catch (error) {
        if (!(error instanceof PlanningError)) throw error;
        // One of several fused nodes is to blame: alone, it shows.
        if (fuse && error.nodes.length > 1) fuse = false;
        else for (const node of error.nodes) this.failures.fail(node, asFailure(node.op.name, error.cause));
      }
    }
  }

  private play(prepared: PreparedPlan, structure: Structure): void {
    const given = structure.given.map((node) => node.value as GpuValue);
    const reads = new Set(given.map(({ buffer }) => buffer));
    const values = valuesOf(structure);
    const packs = prepared.plan.packs.map((count): Pack => ({ buffer: this.pool.take(count * 4), values: 0 }));
    const results = prepared.plan.results.map(({ value, size, takes, settle, place }, index): Piece => {
      const node = values[value];
      node.maker = prepared.makers[index];
      if (place.kind === 'pack') return this.residency.allocateIn(packs[place.index], node, place.start);
      if (takes >= 0) {
        return this.residency.pass(structure.given[takes], node);
      }
      if (settle === 'direct') return this.residency.settleAt(node, reads);
      return this.residency.allocate(node, size);
    });
    const { checks, stream, pool } = this;
    const buffers = packs.map(({ buffer }) => buffer);
    const check = (number: number) => checks.register(structure.nodes[number]);
    play(
      prepared,
      { given, results, packs: buffers, scalars: structure.scalars, status: checks.status, check },
      stream,
      pool,
    );
    // Of a line that nobody asks for nothing stays.
    for (const pack of packs) if (pack.values === 0) pool.give(pack.buffer);
  }

  canReplay(recording: Recording, given: readonly Node[]): boolean {
    return this.lost === null && !this.failures.any && fits(recording as GpuRecording, given, this.residency);
  }

  replay(recording: Recording, given: readonly Node[], fresh: ReadonlyMap<Node, Node>): void {
    const since = this.stream.trace?.now();
    const casting = castAgain(recording as GpuRecording, given, fresh, this.residency, this.pool);
    for (const [before, node] of fresh) node.maker = before.maker;
    const { prepared, nodes, results, unread } = recording as GpuRecording;
    this.failures.encoded({ nodes: results.map((node) => fresh.get(node) ?? node), inputs: unread });
    const { checks, stream, pool } = this;
    const check = (number: number) => checks.register(nodes[number]);
    play(prepared, { ...casting, status: checks.status, check }, stream, pool);
    casting.done();
    this.residency.settlePages();
    stream.trace?.note('replay', since);
    if (++this.flushes % flushesPerSweep === 0) this.pool.sweep(() => void this.stream.submit());
    stream.submitIfFull();
  }

  /** A value of a backend that was lost comes back from the host, or fails. */
  private bringHome(node: Node): void {
    const value = node.value as GpuValue | null;
    if (value === null || value.home === this) return;
    node.value = null;
    if (node.host !== null) this.failures.guard(node, () => this.residency.uploadLeaf(node));
    else this.failures.fail(node, lostError('its values went with it'));
  }

  async read(node: Node): Promise<TypedArray> {
    if (this.lost !== null) throw this.lost;
    const { root } = node;
    this.bringHome(root);
    if (root.failure !== null) throw root.failure;
    const size = numelOf(node.shape);
    if (size === 0) return hostArray(node.dtype, 0);
    let piece: Piece = root.value as GpuValue;
    let copy: GPUBuffer | null = null;
    if (!isContiguous(node.shape, node.strides)) {
      copy = this.pool.take(size * 4);
      const { offset, shape, strides, dtype } = node;
      const dense = { offset: 0, shape, strides: contiguousStrides(shape), dtype };
      const from = piece;
      piece = { buffer: copy, start: 0 };
      this.residency.copy(from, { offset, shape, strides, dtype }, piece, dense);
    }
    const start = piece.start + (copy === null ? node.offset : 0);
    const pieces = [{ buffer: piece.buffer, offset: start * 4, bytes: size * 4 }];
    const checks = this.checks.take();
    if (checks.size > 0) pieces.push({ buffer: this.checks.status, offset: 0, bytes: statusWords * 4 });
    const reading = this.failures.resolving(checks, async () => {
      const parts = await this.stream.read(pieces, checks.size > 0 ? this.checks.status : null);
      const words = checks.size > 0 ? new Uint32Array(parts[1].buffer, parts[1].byteOffset, statusWords) : null;
      return { bytes: parts[0], words };
    });
    // The read was submitted: it is one of the submits whose outcome counts.
    const { known } = this.failures;
    if (copy !== null) this.pool.give(copy);
    const bytes = await reading.catch((error: unknown) => {
      throw this.lost ?? error;
    });
    await known;
    if (root.failure !== null) throw root.failure;
    return decode(node, bytes);
  }

  async settled(): Promise<void> {
    if (this.lost !== null) throw this.lost;
    await this.stream.settled();
  }

  memory(): MemoryReport {
    const { live, pooled, peak } = this.pool;
    return { live, pooled, peak: Math.max(peak, live + pooled), tensors: this.residency.values.size };
  }

  emptyCache(): void {
    this.pool.sweep(() => void this.stream.submit(), 0);
  }

  resetPeak(): void {
    this.pool.resetPeak();
  }

  /** What was done so far, for tests and benchmarks. */
  counts(): GpuCounts {
    return {
      ...this.stream.counts,
      pipelines: this.pipelines.size,
      buffers: this.pool.created,
    };
  }
}

function lostError(message: string): DeviceLostError {
  return new DeviceLostError({
    op: 'device',
    fact: `the GPU was lost: ${message}`,
    cure: 'The next use opens a new device.',
  });
}
