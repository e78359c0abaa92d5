// Tensor: a handle on a storage, seen through a layout, with its place on the tape.
// Knows how aliasing and gradient edges behave under writes; knows no operation by name.

import type { DType } from '../dtype.ts';
import { disposeStorage, track, unkeepStorage, writeStorage } from './flush.ts';
import { type Device, makeView, type Node, Storage } from './graph.ts';
import { isContiguous, type Layout, numelOf, sameShape, type Shape, normalizeDim } from '../shape.ts';
import { refuse } from './capture.ts';
import { isGradEnabled, isInOperation, switchGrad } from './mode.ts';
import * as refusals from './refusals.ts';
import * as tape from './tape.ts';

export type Edge = tape.Edge<Tensor>;
export type RuleContext = tape.TapeContext<Tensor>;
export type Rule = tape.TapeRule<Tensor>;
export type GradHook = tape.TapeHook<Tensor>;

/** One step of the tape: what made a tensor, for the way back. https://pytorch.org/docs/stable/autograd.html */
export class GradFn extends tape.TapeFn<Tensor> {
  handle(node: Node, edge: Edge | null): Tensor {
    return Tensor.at(node, edge);
  }
}

/** The end of the tape at a leaf: adds what arrives to `variable.grad`. */
export class AccumulateGrad extends GradFn {
  readonly variable: Tensor;

  constructor(variable: Tensor) {
    super('AccumulateGrad', null, []);
    this.variable = variable;
    this.outputs.push({ shape: variable.shape, dtype: variable.dtype });
  }
}

/** A layout rule of a view operation, with its name and the way back for gradients. */
export interface ViewRecord {
  readonly name: string;
  readonly gradName: string;
  /** The layout seen through the view. Pure: it is applied again to other tensors. */
  readonly layout: (layout: Layout) => Layout;
  /** The gradient of the viewed tensor (of `shape`), from that of the view. */
  readonly backward: (grad: Tensor, shape: Shape) => Tensor;
  /** The layout counts places of the storage: it is right for tensors that lie as the viewed one only. */
  readonly inStorage?: boolean;
}

/** Whom views view: a tensor, or once that has become another view of itself or left the tape, what it was. */
interface Seat {
  holder: Tensor;
}

/** How a tensor came from the tensor that it views; both then share writes and gradients. */
interface ViewLink {
  readonly parent: Seat;
  readonly record: ViewRecord;
  /** The edge of `parent` for which `edge` was made. */
  parentEdge: Edge | null;
  edge: Edge | null;
}

/** Leaves that were written while gradients were off: the outermost `noGrad` flushes them when it ends. */
const writtenLeaves = new Set<Device>();

/** The devices on which leaves were written since the last call. */
export function takeWrittenLeaves(): Device[] {
  const devices = [...writtenLeaves];
  writtenLeaves.clear();
  return devices;
}

/** Hands tensors to the user's code: they may be asked for at any time from now on. */
export function show(result: unknown): void {
  if (result instanceof Tensor) {
    if (result.storage.show()) track(result.storage);
  } else if (Array.isArray(result)) for (const one of result) show(one);
  else if (typeof result === 'object' && result !== null) for (const one of Object.values(result)) show(one);
}

/** An n-dimensional array of elements of one dtype on one device. https://pytorch.org/docs/stable/tensors.html */
export class Tensor {
  readonly storage: Storage;
  readonly shape: Shape;
  private layout: Layout | null;
  private link: ViewLink | null;
  /** The edge of a tensor that is no view: its maker, or its AccumulateGrad once one is needed. */
  private ownEdge: Edge | null = null;
  private leafRequiresGrad = false;
  private gradient: Tensor | null = null;
  /** The tensor that this one was made a view of while gradients were off. */
  private offTape: Tensor | null = null;
  /** What views of this tensor hold; null before the first. */
  private seat: Seat | null = null;
  /** Whether it was made a view of another tensor. */
  private isView = false;
  private cachedNode: Node | null = null;
  private cachedVersion = -1;

  /** For operations; users call `tensor`, `zeros` and the like. */
  constructor(storage: Storage, layout: Layout | null, link: ViewLink | null) {
    if (!(storage instanceof Storage)) throw refusals.noValues();
    this.storage = storage;
    this.layout = layout;
    this.link = link;
    this.shape = layout?.shape ?? storage.node.shape;
  }

  /** A tensor with a new storage for `node`, and its place on the tape. */
  static of(node: Node, edge: Edge | null = null): Tensor {
    const storage = new Storage(node, !isInOperation());
    if (!isInOperation()) track(storage);
    const tensor = new Tensor(storage, null, null);
    tensor.ownEdge = edge;
    return tensor;
  }

  /** A tensor over a storage that is there. */
  static over(storage: Storage, layout: Layout | null, edge: Edge | null): Tensor {
    const tensor = new Tensor(storage, layout, null);
    tensor.ownEdge = edge;
    return tensor;
  }

  /** A handle on the value of `node` as it is, for gradient rules: later writes do not reach it. */
  static at(node: Node, edge: Edge | null): Tensor {
    const whole = node === node.root;
    const layout = whole ? null : { shape: node.shape, strides: node.strides, offset: node.offset };
    const tensor = new Tensor(new Storage(node.root, false), layout, null);
    tensor.ownEdge = edge;
    tensor.cachedNode = node;
    tensor.cachedVersion = 0;
    return tensor;
  }

  /** The node of the value now. */
  get node(): Node {
    const { storage, layout } = this;
    if (storage.disposed) throw refusals.disposed(this.shape);
    if (layout === null) return storage.node;
    if (this.cachedNode === null || this.cachedVersion !== storage.version) {
      this.cachedNode = makeView(this.link?.record.name ?? 'alias', storage.node, layout);
      this.cachedVersion = storage.version;
    }
    return this.cachedNode;
  }

  get dtype(): DType {
    return this.storage.node.dtype;
  }

  get device(): Device {
    return this.storage.node.device;
  }

  /** The number of dimensions. */
  get ndim(): number {
    return this.shape.length;
  }

  get strides(): Shape {
    return this.layout?.strides ?? this.storage.node.strides;
  }

  /** The position of the first element in the storage. */
  storageOffset(): number {
    return this.layout?.offset ?? 0;
  }

  /** The number of elements. */
  numel(): number {
    return numelOf(this.shape);
  }

  /** The shape, or the length of one dimension. */
  size(): Shape;
  size(dim: number): number;
  size(dim?: number): Shape | number {
    return dim === undefined ? this.shape : this.shape[normalizeDim('size', dim, this.shape.length)];
  }

  /** The strides in elements, or the stride of one dimension. */
  stride(): Shape;
  stride(dim: number): number;
  stride(dim?: number): Shape | number {
    return dim === undefined ? this.strides : this.strides[normalizeDim('stride', dim, this.shape.length)];
  }

  /** Number of dimensions, as a function, as in PyTorch. */
  dim(): number {
    return this.shape.length;
  }

  /** Whether the elements lie dense in C order. */
  isContiguous(): boolean {
    return isContiguous(this.shape, this.strides);
  }

  /** Whether gradients flow to or through this tensor. */
  get requiresGrad(): boolean {
    return this.leafRequiresGrad || this.edge !== null;
  }

  set requiresGrad(value: boolean) {
    this.requiresGrad_(value);
  }

  /** Makes a leaf take part in gradients, or not. Throws on a tensor that an operation made, and on integers. */
  requiresGrad_(requiresGrad = true): this {
    if (!this.isLeaf) {
      if (requiresGrad) return this;
      throw refusals.noLeaf();
    }
    if (requiresGrad && this.dtype !== 'float32' && this.dtype !== 'float64') throw refusals.noFloat(this.dtype);
    this.leafRequiresGrad = requiresGrad;
    if (!requiresGrad) this.ownEdge = null;
    return this;
  }

  /** Whether the user made this tensor (rather than an operation on the tape). */
  get isLeaf(): boolean {
    return this.leafRequiresGrad || this.edge === null;
  }

  /** The step of the tape that made this tensor; null for leaves. */
  get gradFn(): tape.TapeFn<Tensor> | null {
    return this.isLeaf ? null : (this.edge as Edge).fn;
  }

  /** The accumulated gradient of a leaf, or of a tensor with `retainGrad()`; null before the first backward. */
  get grad(): Tensor | null {
    return this.gradient;
  }

  set grad(value: Tensor | null) {
    if (value !== null && (!sameShape(value.shape, this.shape) || value.dtype !== this.dtype))
      throw refusals.otherGradient(this, value);
    const before = this.gradient;
    this.gradient = value;
    if (before !== null && before.storage !== value?.storage) unkeepStorage(before.storage);
  }

  /** Where the gradient of this tensor goes; null if nowhere. */
  get edge(): Edge | null {
    if (this.leafRequiresGrad) {
      this.ownEdge ??= { fn: new AccumulateGrad(this), index: 0 };
      return this.ownEdge;
    }
    if (this.link === null) return this.ownEdge;
    const { link } = this;
    const parent = link.parent.holder;
    const parentEdge = parent.edge;
    // A write gives the parent a new edge; requiresGrad_() on it changes nothing that was made before.
    if (parentEdge !== link.parentEdge && !(parentEdge?.fn instanceof AccumulateGrad)) {
      link.parentEdge = parentEdge;
      link.edge = parentEdge === null ? null : viewEdge(link.record, parent, this.shape);
    }
    return link.edge;
  }

  /** The tensor that this one is a view of on the tape; itself if none. */
  get base(): Tensor {
    return this.link === null ? this : this.link.parent.holder.base;
  }

  /** A tensor that shows the same elements through `record`. Writes and (if gradients are on) gradients are shared. */
  viewThrough(record: ViewRecord): Tensor {
    const layout = record.layout({ shape: this.shape, strides: this.strides, offset: this.storageOffset() });
    let view: Tensor;
    if (isGradEnabled()) {
      const parentEdge = this.edge;
      const edge = parentEdge === null ? null : viewEdge(record, this, layout.shape);
      this.seat ??= { holder: this };
      view = new Tensor(this.storage, layout, { parent: this.seat, record, parentEdge, edge });
    } else {
      view = new Tensor(this.storage, layout, null);
      view.offTape = this;
    }
    view.isView = true;
    return view;
  }

  /** Leaves what this tensor is to the views of it, before it changes. */
  private leaveSeat(): void {
    if (this.seat === null) return;
    const past = new Tensor(this.storage, this.layout, this.link);
    past.ownEdge = this.ownEdge;
    past.leafRequiresGrad = this.leafRequiresGrad;
    past.offTape = this.offTape;
    past.isView = this.isView;
    this.seat.holder = past;
    this.seat = null;
  }

  /**
   * Becomes the view of itself that `make` answers, as `transpose_` does: its elements stay where they are, and other tensors
   * on them do not change. On the tape it is then a view of what it was. Off the tape nothing piles up: it stays whose view it
   * was, or the one that others view, by `strided`, the view of a tensor that lies as a layout says.
   */
  becomeView(op: string, make: () => Tensor, strided: (tensor: Tensor, layout: Layout) => Tensor): this {
    this.checkWritable(op);
    const { link, seat, strides } = this;
    const before: Layout = { shape: this.shape, strides, offset: this.storageOffset() };
    const taped = !this.isLeaf;
    const leaf = this.leafRequiresGrad;
    const view = withGrad(taped, make);
    if (view === this) return this;
    refuse('a tensor became another view of itself, which a replay does not do');
    if (taped || leaf || link !== null) this.leaveSeat();
    (this as { shape: Shape }).shape = view.shape;
    this.layout = view.layout;
    this.cachedNode = null;
    this.ownEdge = null;
    this.link = view.link;
    if (taped || leaf) return this;
    const now = view.layout as Layout;
    if (link !== null) this.link = withGrad(true, () => strided(link.parent.holder, now)).link;
    else if (seat !== null) {
      this.seat = null;
      seat.holder = withGrad(true, () => strided(this, before));
    }
    return this;
  }

  /** A tensor that shares the elements and has no place on the tape. https://pytorch.org/docs/stable/generated/torch.Tensor.detach.html */
  detach(): Tensor {
    return new Tensor(this.storage, this.layout, null);
  }

  /** Leaves the tape, and requires no grad any more; what was recorded with it stays. https://pytorch.org/docs/stable/generated/torch.Tensor.detach_.html */
  detach_(): this {
    if (this.isView) throw refusals.detachedView();
    if (!this.requiresGrad) return this;
    refuse('a tensor left the tape, which a replay does not do');
    this.leaveSeat();
    this.link = null;
    this.ownEdge = null;
    this.leafRequiresGrad = false;
    return this;
  }

  /** The elements without the tape; assigning gives the tensor the elements of another of the same shape. */
  get data(): Tensor {
    return this.detach();
  }

  set data(value: Tensor) {
    if (!sameShape(value.shape, this.shape) || value.dtype !== this.dtype) throw refusals.otherData(this, value);
    withGrad(false, () => dataWriter(this, value));
  }

  /**
   * Replaces the elements by those of `value` (same shape and dtype) and puts the write on the tape. `region` makes the
   * node of the whole storage from the value, where this tensor shows a part of it.
   */
  rebind(op: string, value: Tensor, region: (base: Node, layout: Layout, value: Node) => Node): void {
    const recording = isGradEnabled() && (this.requiresGrad || value.requiresGrad);
    this.checkWritable(op);
    if (isGradEnabled() && this.offTape !== null && (value.requiresGrad || this.offTape.requiresGrad))
      throw refusals.offTape(op);
    const { base, layout, storage } = this;
    const oldBase = recording ? base.edge : null;
    const node = layout === null ? value.node : region(storage.node, layout, value.node);
    if (base.leafRequiresGrad) writtenLeaves.add(this.device);
    const valueEdge = value.edge;
    writeStorage(storage, node, base.leafRequiresGrad);
    value.storage.surrender();
    if (!recording) return;
    base.ownEdge = base === this ? valueEdge : copySlicesEdge(this, oldBase, value);
  }

  /** Throws where PyTorch forbids a write on the tape: to a leaf that requires grad, or to a view of one. */
  checkWritable(op: string): void {
    if (!isGradEnabled() || (!this.base.leafRequiresGrad && !this.leafRequiresGrad)) return;
    throw refusals.writtenLeaf(op, !this.leafRequiresGrad);
  }

  /** The records of views that lead from `base` to this tensor, in order. */
  viewPath(): ViewRecord[] {
    return this.link === null ? [] : [...this.link.parent.holder.viewPath(), this.link.record];
  }

  /** Ends this tensor and every tensor that shares its elements; their bytes return at the next flush. */
  dispose(): void {
    disposeStorage(this.storage);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What `repr` writes of a tensor that has no values yet. */
  get reprWithoutValues(): string | null {
    return null;
  }

  /** What `repr` writes before the tensor; parameters have such a line. */
  get reprPrefix(): string {
    return '';
  }
}

function withGrad<R>(enabled: boolean, body: () => R): R {
  const before = switchGrad(enabled);
  try {
    return body();
  } finally {
    switchGrad(before);
  }
}

function viewEdge(record: ViewRecord, parent: Tensor, shape: Shape): Edge {
  const fn = new GradFn(record.gradName, (grad, context) => [record.backward(grad, context.shape(0))], [parent]);
  fn.outputs.push({ shape, dtype: parent.dtype });
  fn.free();
  return { fn, index: 0 };
}

/** The edge of a base after a part of it was replaced: the part's gradient goes to the value, the rest to the base before. */
function copySlicesEdge(view: Tensor, before: Edge | null, value: Tensor): Edge {
  const path = view.viewPath();
  const base = view.base;
  const through = (tensor: Tensor): Tensor => path.reduce((at, record) => at.viewThrough(record), tensor);
  const inStorage = path.some((record) => record.inStorage);
  const rule: Rule = (given, context) => {
    const grad = inStorage ? relayer(given, base.strides) : given;
    return [context.needs(0) ? partZeroer(grad, through) : null, context.needs(1) ? through(grad) : null];
  };
  const old = Tensor.at(base.node, before);
  const fn = new GradFn('CopySlices', rule, [old, value]);
  fn.outputs.push({ shape: base.shape, dtype: base.dtype });
  fn.free();
  return { fn, index: 0 };
}

/** Operations that this file needs and that are defined above it; they are handed down once, at load. */
let dataWriter: (target: Tensor, value: Tensor) => void;
let partZeroer: (grad: Tensor, part: (tensor: Tensor) => Tensor) => Tensor;
let relayer: (grad: Tensor, strides: Shape) => Tensor;

/** Hands down `copy_`, "a copy of grad with a part set to zero" and "grad as it lies under these strides". */
export function provideWriters(writers: {
  readonly copy: (target: Tensor, value: Tensor) => void;
  readonly zeroPart: (grad: Tensor, part: (tensor: Tensor) => Tensor) => Tensor;
  readonly relay: (grad: Tensor, strides: Shape) => Tensor;
}): void {
  dataWriter = writers.copy;
  partZeroer = writers.zeroPart;
  relayer = writers.relay;
}
