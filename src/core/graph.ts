// The vocabulary that every reader of the graph shares: Node (a value and how to compute it), the kinds of Op, Storage
// (what aliasing tensors share) and Device (a queue of work and what is resident on it). Knows no gradient and no GPU.

import type { DType, TypedArray } from '../dtype.ts';
import { captureFlush } from './capture.ts';
import { KernelError, WgradError } from '../errors.ts';
import { type KernelAttrs, type KernelOp, type LeafOp, type Op, type OutputOp, type ScalarOp } from './op.ts';
import type { Inventory, Observation, Peak, PlannedKernel } from './report.ts';
import { contiguousStrides, type Layout, type Shape } from '../shape.ts';

/** Where the value of a node stands, as the recorded work will leave it. */
export type Residence =
  /** Not computed yet, or let go and computable again from its inputs. */
  | 'absent'
  /** In a buffer of the device once the recorded work has run. */
  | 'resident'
  /** Let go for good: its inputs no longer exist. */
  | 'lost';

/** Why a resident value stays: as a temporary it may be let go once nobody used it for a while. */
export type Keep = 'temporary' | 'state' | 'end';

let nextId = 1;

/** The next number of the one order in which everything is recorded. */
export function nextSerial(): number {
  return nextId++;
}

/** A value of the graph: its shape and how it is computed. Nodes never change what they mean, only where they reside. */
export class Node {
  /** Program order: an input's id is always below its reader's. */
  readonly id: number = nextSerial();
  readonly op: Op;
  /** The recipe. Emptied when the value can no longer be computed from it. */
  inputs: readonly Node[];
  readonly shape: Shape;
  readonly strides: Shape;
  readonly offset: number;
  readonly dtype: DType;
  readonly device: Device;
  /** The node whose buffer holds the elements: itself, or for a view the node it looks into. */
  readonly root: Node;
  /** Host copy of a leaf (C order), or of a value that was read. */
  host: TypedArray | null = null;
  /** The value of a scalar. */
  number = 0;
  /** Where the number of a scalar comes from, for a replay with the number of its time. */
  source: (() => number) | null = null;
  /** The storage that showed it last. */
  shownBy: Storage | null = null;
  /** Position among the results of a kernel with several. */
  index = 0;
  /** The results of a kernel with several. */
  outputs: readonly Node[] | null = null;

  residence: Residence = 'absent';
  keep: Keep = 'temporary';
  /** How many recorded nodes take it as an input. */
  readers = 0;
  /** How many storages show it now: while there is one, a handle of the user's may ask for it. */
  bound = 0;
  /** How many of its readers have not run yet. */
  waiting = 0;
  /** Whether it ran before, so that its inputs no longer wait for it. */
  ran = false;
  /** How many storages it is kept for. */
  holders = 0;
  /** How many gradient functions hold it for their backward. */
  saved = 0;
  /** The tick and the number of updates at its last use. */
  usedTick = 0;
  usedUpdate = 0;
  /** Bound on the nodes to run to compute it again. */
  cost = 1;
  /** The lowest id among them, and whether they begin at a value that may be lost before this one. */
  since = 0;
  relies = false;
  /** What the backend keeps for it: an array on the CPU, a piece of a buffer on the GPU. */
  value: unknown = null;
  /** What the backend remembers of the work that computed it, for `explain`. */
  maker: unknown = null;
  /** The error that made this value impossible. */
  failure: Error | null = null;
  /** Why the value was lost: what overwrote it. */
  lostTo = '';

  constructor(op: Op, inputs: readonly Node[], device: Device, dtype: DType, layout: Layout, root: Node | null) {
    this.op = op;
    this.inputs = inputs;
    this.device = device;
    this.dtype = dtype;
    this.shape = layout.shape;
    this.strides = layout.strides;
    this.offset = layout.offset;
    this.root = root ?? this;
  }
}

/** A computed node with a dense buffer of its own. */
export function makeNode(op: Op, inputs: readonly Node[], device: Device, dtype: DType, shape: Shape, strides?: Shape) {
  const layout = { shape, strides: strides ?? contiguousStrides(shape), offset: 0 };
  const node = new Node(op, inputs, device, dtype, layout, null);
  for (const input of inputs) {
    input.root.readers++;
    input.root.waiting++;
  }
  device.count();
  return node;
}

/** Another layout over the buffer of `node`. */
export function makeView(name: string, node: Node, layout: Layout): Node {
  return new Node({ kind: 'view', name }, [node], node.device, node.dtype, layout, node.root);
}

const leafOp: LeafOp = { kind: 'leaf', name: 'leaf' };
const scalarOp: ScalarOp = { kind: 'scalar', name: 'scalar' };

/** A node for host data, which it takes over. */
export function makeLeaf(host: TypedArray, device: Device, dtype: DType, shape: Shape): Node {
  const node = new Node(leafOp, [], device, dtype, { shape, strides: contiguousStrides(shape), offset: 0 }, null);
  node.host = host;
  return node;
}

/** A node for a number in a formula; a function tells the number now and at each replay. */
export function makeScalar(value: number | (() => number), device: Device, dtype: DType): Node {
  const node = new Node(scalarOp, [], device, dtype, { shape: [], strides: [], offset: 0 }, null);
  if (typeof value === 'function') node.source = value;
  node.number = typeof value === 'function' ? value() : value;
  return node;
}

/** The results of a kernel with several, as nodes of their own. */
export function makeOutputs(kernel: Node, outputs: NonNullable<KernelOp['outputs']>): readonly Node[] {
  const op: OutputOp = { kind: 'output', name: foreachOf(kernel)?.rule.name ?? kernel.op.name };
  const nodes = outputs.map(({ shape, strides, dtype }, index) => {
    const node = makeNode(op, [kernel], kernel.device, dtype, shape, strides);
    node.index = index;
    return node;
  });
  kernel.outputs = nodes;
  return nodes;
}

/** What a node does to columns of tensors, if it does. */
export function foreachOf({ op }: Node): KernelAttrs['foreach'] | null {
  return op.kind === 'kernel' && op.name === 'foreach' ? (op as KernelOp<'foreach'>).attrs : null;
}

/** What a storage keeps; outlives it, to say so when the garbage collector ends it. */
export interface Holding {
  node: Node;
  registered: boolean;
}

/** What aliasing tensors share: the node that holds their elements now. A write replaces the node. */
export class Storage {
  node: Node;
  /** The node that is resident on its behalf, as state or as an end. */
  held: Holding | null = null;
  /** Counts the writes. */
  version = 0;
  /** The flush that was being recorded when it was made. */
  readonly born: number;
  disposed = false;
  /** Whether a handle of the user's may show it: not for the handles that gradient rules get. */
  private counted: boolean;

  constructor(node: Node, counted: boolean) {
    this.node = node;
    this.born = node.device.flushes;
    this.counted = counted;
    if (!counted) return;
    node.bound++;
    node.shownBy = this;
  }

  /** A handle of the user's may show it from now on; whether that is new. */
  show(): boolean {
    if (this.counted) return false;
    this.counted = true;
    this.node.bound++;
    this.node.shownBy = this;
    return true;
  }

  /** Whether its value may be asked for later. */
  get reachable(): boolean {
    return this.counted && !this.disposed;
  }

  /** Replaces the elements: `node` has the shape, strides and dtype of the node before. */
  write(node: Node): void {
    if (this.counted) {
      this.node.bound--;
      node.bound++;
      node.shownBy = this;
    }
    this.node = node;
    this.version++;
  }

  /** Ends a storage whose node another one took over. */
  surrender(): void {
    if (this.counted) this.node.bound--;
    this.counted = false;
  }
}

/** One piece of recorded work, in the order in which it is to run. */
export interface Flush {
  /** Nodes to compute, in program order. */
  readonly nodes: readonly Node[];
  /** Results that are written into the buffer of an input: result -> that input. */
  readonly donors: ReadonlyMap<Node, Node>;
  /** After a node ran, the values that nobody can ask for any more. */
  readonly dying: ReadonlyMap<Node, readonly Node[]>;
  /** All of these: of what the flush computes, they need not be stored. */
  readonly passing: ReadonlySet<Node>;
  /** Values that were let go: before these nodes run, and after. */
  readonly releaseBefore: readonly Node[];
  readonly releaseAfter: readonly Node[];
  /** Small values that stay for long: they move out of buffers of their own. */
  readonly settle: readonly Node[];
  /** Values whose recipe is not needed once this ran: they are kept for themselves, or lost. */
  readonly forget: readonly Node[];
}

/** What computes: the CPU device or the GPU device. */
export interface Backend {
  readonly type: 'cpu' | 'webgpu';
  /** One line about the adapter, for people. */
  readonly description: string;
  /** Whether several nodes may become one kernel; devices without kernels to fuse have no such switch. */
  fuse?: boolean;
  /** The work of the last `run`, where it can be run again over other values. */
  readonly recording?: Recording | null;
  /** Whether recorded work can be run again over the values of `given`. */
  canReplay?(recording: Recording, given: readonly Node[]): boolean;
  /** Runs it: results go into the nodes that took part, or into those that `fresh` names instead. */
  replay?(recording: Recording, given: readonly Node[], fresh: ReadonlyMap<Node, Node>): void;
  /** Dtypes that tensors on this device may have. */
  supports(dtype: DType): boolean;
  run(flush: Flush): void;
  /** The elements of a resident node in C order, bound to the value at the time of the call. */
  read(node: Node): Promise<TypedArray>;
  /** The same without waiting, where the device allows it. */
  readNow?(node: Node): TypedArray;
  /** Resolves when all work so far is done; rejects if some failed. */
  settled(): Promise<void>;
  memory(): MemoryReport;
  /** Gives memory that waits to be used again back to the system; devices that keep none do not have it. */
  emptyCache?(): void;
  /** Counts the peak of `memory` anew from now on. */
  resetPeak?(): void;
  /** What tells people about its work and its memory. */
  readonly inspector: Inspector;
  /** Called once, by the device that uses this backend, to be told when it is lost. */
  onLost?(tell: () => void): void;
}

/** What tells people about the work and the memory of a backend, for `profile`, `explain` and `memory.summary`. */
export interface Inspector {
  /** Times all work from now on. The caller sees to it that there is one observation at a time. */
  observe(): Observation;
  /** What the adapter can do, measured at the first call; null where its kernels cannot be timed. */
  peak(): Promise<Peak | null>;
  /** The kernels that would run a flush, which is not run. */
  planned(flush: Flush): readonly PlannedKernel[];
  /** The kernels that computed a resident value, in order; null where that is not known. */
  computedBy(node: Node): readonly PlannedKernel[] | null;
  /** What the bytes of `memory` are. */
  inventory(): Inventory;
}

/** Work of a flush that can be run again. */
export interface Recording {
  /** One object for all flushes of one structure. */
  readonly structure: object;
  /** The values that it reads, the numbers, and the values that it leaves behind. */
  readonly given: readonly Node[];
  readonly scalars: readonly Node[];
  readonly results: readonly Node[];
}

/** What a kernel threw, as an error of wgrad: its own as they are, anything else as a KernelError of `op`. */
export function asFailure(op: string, error: unknown): WgradError {
  return error instanceof WgradError ? error : new KernelError({ op, fact: String(error) }, { cause: error });
}

/** Bytes on the device. */
export interface MemoryReport {
  /** Bytes of values that are resident. */
  readonly live: number;
  /** Bytes of buffers that wait to be used again. */
  readonly pooled: number;
  /** The most that live and pooled were together. */
  readonly peak: number;
  /** Resident values. */
  readonly tensors: number;
}

/** What waits for a backend: work, or a read that can fail. */
interface Waiting {
  run(backend: Backend): void;
  fail(error: unknown): void;
}

/** A queue of work: nodes are recorded against it, flushed to its backend, and the backend is opened at the first need. */
export class Device {
  /** What the user asked for; 'auto' is settled when the backend opens. */
  readonly request: 'auto' | 'webgpu' | 'cpu';
  backend: Backend | null = null;
  /** Flushes recorded so far; those of them by which the age of a value is counted; and how many ended a step. */
  flushes = 0;
  ticks = 0;
  updates = 0;
  /** Whether gradients were computed since state was last written, and how often it was written since they were. */
  walked = false;
  writesOfStep = 0;
  /** Work and reads recorded before the backend was there. */
  private readonly queue: Waiting[] = [];
  /** Storages made since the last flush. */
  pending: Storage[] = [];
  /** Storages of earlier flushes that were written since the last. */
  readonly rebound = new Set<Storage>();
  /** The temporaries that are resident, and their elements. */
  readonly temporaries = new Set<Node>();
  temporaryElements = 0;
  /** Steps of the tape that hold values and were not walked when the last flush was recorded. */
  readonly claims: { claim(): void }[] = [];
  /** Values whose last handle was collected, and those whose tensor was disposed. */
  readonly orphans: Node[] = [];
  readonly discarded: Node[] = [];
  /** Nodes recorded since the last flush, and since the last read or update. */
  recorded = 0;
  unread = 0;
  private sheltered = 0;
  private readonly opener: () => Promise<Backend>;
  private opening: Promise<Backend> | null = null;
  private readonly overflow: (device: Device) => void;

  constructor(request: Device['request'], opener: () => Promise<Backend>, overflow: (device: Device) => void) {
    this.request = request;
    this.opener = opener;
    this.overflow = overflow;
  }

  /** 'cpu' or 'webgpu'; until the backend of an automatic device is open, what it will try first. */
  get type(): 'cpu' | 'webgpu' {
    return this.backend?.type ?? (this.request === 'cpu' ? 'cpu' : 'webgpu');
  }

  toString(): string {
    return this.type;
  }

  /** What Node's console.log shows: PyTorch's repr of a device. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `device(type='${this.type}')`;
  }

  /** Opens the backend, once, and runs what was recorded before. */
  async open(): Promise<Backend> {
    if (this.backend) return this.backend;
    this.opening ??= this.opener();
    const opening = this.opening;
    try {
      const backend = await opening;
      if (this.backend === null) {
        this.backend = backend;
        backend.onLost?.(() => this.abandon(backend));
        for (const waiting of this.queue.splice(0)) waiting.run(backend);
      }
      return this.backend;
    } catch (error) {
      if (this.opening === opening) this.opening = null;
      for (const waiting of this.queue) waiting.fail(error);
      throw error;
    }
  }

  /** Runs recorded work now, or queues it until the backend is open. */
  execute(flush: Flush): void {
    const run = (backend: Backend): void => {
      backend.run(flush);
      captureFlush(this, backend.recording ?? null);
      // Dropping recipes cuts the chain from step to step.
      for (const node of flush.forget) node.inputs = [];
    };
    if (this.backend !== null) return run(this.backend);
    captureFlush(this, null);
    this.queue.push({ run, fail: () => undefined });
  }

  /** Reads a resident node as it is at this place of the recorded work. */
  read(node: Node): Promise<TypedArray> {
    if (this.backend !== null) return this.backend.read(node);
    const values = new Promise<TypedArray>((resolve, reject) => {
      this.queue.push({ run: (backend) => void backend.read(node).then(resolve, reject), fail: reject });
    });
    this.open().catch(() => undefined);
    return values;
  }

  /** Forgets a backend that was lost; the next use opens a new one. */
  private abandon(backend: Backend): void {
    if (this.backend !== backend) return;
    this.backend = null;
    this.opening = null;
  }

  /** Counts a recorded node; very many are flushed, but not in the middle of a sheltered piece of work. */
  count(): void {
    this.recorded++;
    this.unread++;
    const limit = this.rebound.size > 0 ? flushLimits.nodesOnceWritten : flushLimits.nodes;
    if (this.recorded >= limit && this.sheltered === 0) this.overflow(this);
  }

  /** Runs `body`, whose half-done values (gradients on their way, a step's terms) a flush would take for results. */
  shelter<R>(body: () => R): R {
    this.sheltered++;
    try {
      return body();
    } finally {
      this.sheltered--;
    }
  }
}

/** A flush is recorded at the latest after this many nodes, and after fewer once state was written. Tests make them small. */
export const flushLimits = { nodes: 16_384, nodesOnceWritten: 1024 };
