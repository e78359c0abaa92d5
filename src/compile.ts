// compile: a whole step (forward, backward, update, metrics) captured once and run again without building its graph. What
// the device replays is its business; here is what a replay must be given, what it hands out, and when it may not stand for
// the function. https://pytorch.org/docs/stable/generated/torch.compile.html

import { Capture, type CaptureEvent, withCapture } from './core/capture.ts';
import { ArgumentError, CompileError } from './errors.ts';
import { flushGiven, flushPending, flushResults, passStep } from './core/flush.ts';
import { type Device, makeLeaf, nextSerial, Node, type Recording, Storage } from './core/graph.ts';
import { currentWatcher, isGradEnabled } from './core/mode.ts';
import { clone } from './ops/copy.ts';
import { keepResult } from './core/residence.ts';
import { formatShape, isContiguous, numelOf, sameShape } from './shape.ts';
import { describe } from './core/signature.ts';
import { Tensor } from './core/tensor.ts';

/** Options of `compile`. */
export interface CompileOptions {
  /** Runs the function itself again every so many calls and compares: for finding what changes behind its back. */
  readonly check?: number;
}

/** Kinds of calls that one function is captured for. */
const mostVariants = 8;

/** Where a replay finds a value that the step reads. */
type Source =
  | { readonly kind: 'argument'; readonly index: number }
  | { readonly kind: 'storage'; readonly storage: Storage; readonly node: Node }
  | { readonly kind: 'node'; readonly node: Node };

interface FlushEvent {
  readonly recording: Recording;
  readonly sources: readonly Source[];
}

/** One run of the function, with all that a replay needs. */
interface Trace<R> {
  readonly capture: Capture;
  readonly flushes: ReadonlyMap<CaptureEvent, FlushEvent>;
  readonly result: R;
  readonly gradients: readonly (readonly [{ grad: object | null }, object | null])[];
  readonly device: Device | null;
}

/**
 * `fn` as a function that, once it ran twice the same way, replays its work on the GPU without recording it: tensors it
 * closes over are captured by storage, tensor arguments and hyper-parameters of optimizers are data. It must be synchronous
 * and return tensors whose backward ran inside, or that need none. JavaScript side effects of `fn` itself happen only while it is traced;
 * gradients and intermediates that it showed outside hold the values of the latest call. On the CPU device `fn` just runs.
 * Throws a CompileError for what cannot be captured.
 */
export function compile<A extends unknown[], R>(
  fn: (...args: A) => R,
  options: CompileOptions = {},
): (...args: A) => R {
  if (typeof fn !== 'function') {
    throw new ArgumentError({ op: 'compile', fact: `fn is ${describe(fn)}`, rule: 'compile takes a function' });
  }
  const variants = new Map<string, Variant<R>>();
  const compiled = (...args: A): R => {
    // Who looks for mistakes wants every operation: a replay has none.
    if (currentWatcher() !== null) return fn(...args);
    const dense = args.map(denseArgument) as A;
    const key = keyOf(dense);
    let variant = variants.get(key);
    if (variant === undefined) {
      if (variants.size === mostVariants) {
        throw new CompileError({
          op: 'compile',
          fact: `the function was called in ${mostVariants} ways, and now with (${dense.map(describe).join(', ')})`,
          rule: 'each combination of shapes, dtypes and plain numbers is captured apart',
          cure: 'Pass numbers that change as 0-dim tensors, or pad to fewer shapes.',
        });
      }
      variants.set(key, (variant = new Variant(options.check ?? 0)));
    }
    const tensors = tensorsIn(dense);
    bringGiven(tensors);
    return variant.call(() => fn(...dense), tensors);
  };
  Object.defineProperty(compiled, 'name', { value: `compiled ${fn.name}`.trim() });
  return compiled;
}

/** An argument that a replay can bind: a view becomes a tensor of its own, over the same host data where that is all of it. */
function denseArgument(argument: unknown): unknown {
  if (Array.isArray(argument)) return argument.map(denseArgument);
  if (!(argument instanceof Tensor) || argument.node === argument.node.root) return argument;
  const { root, shape, strides, offset, dtype, device } = argument.node;
  const whole = offset === 0 && numelOf(shape) === numelOf(root.shape) && isContiguous(shape, strides);
  if (whole && root.host !== null && isContiguous(root.shape, root.strides))
    return Tensor.of(makeLeaf(root.host, device, dtype, shape));
  return clone(argument.detach());
}

/** Arguments are there before the step, of which computing them is no part: a batch that a loader gathers, a copy. */
function bringGiven(args: readonly Tensor[]): void {
  const nodes = args.map(({ node }) => node.root);
  // Read by the step, whether it is recorded or replayed: no result that waits for a reader.
  for (const node of nodes) node.readers++;
  const absent = nodes.filter(({ residence }) => residence === 'absent');
  for (const device of new Set(absent.map((node) => node.device)))
    flushGiven(
      device,
      absent.filter((node) => node.device === device),
    );
}

function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
    ? Object.values(value).flatMap(tensorsIn)
    : [];
}

/** What must be equal for two calls to be one program. */
function keyOf(args: readonly unknown[]): string {
  const roots: Node[] = [];
  const describeOne = (value: unknown): string => {
    if (value instanceof Tensor) {
      const { node } = value;
      let alias = roots.indexOf(node);
      if (alias < 0) alias = roots.push(node) - 1;
      return `${node.dtype}(${node.shape.join(',')}|${node.strides.join(',')})${value.requiresGrad ? 'g' : ''}@${alias}`;
    }
    if (Array.isArray(value)) return `[${value.map(describeOne).join(';')}]`;
    if (typeof value === 'object' && value !== null)
      return `{${Object.entries(value)
        .map(([k, v]) => `${k}:${describeOne(v)}`)
        .join(';')}}`;
    return `${typeof value}:${String(value)}`;
  };
  return `${isGradEnabled() ? 'grad' : ''} ${args.map(describeOne).join(' ')}`;
}

/** The function for calls of one kind. */
class Variant<R> {
  private readonly check: number;
  private last: Trace<R> | null = null;
  private step: Step<R> | null = null;
  private calls = 0;

  constructor(check: number) {
    this.check = check;
  }

  call(run: () => R, args: readonly Tensor[]): R {
    this.calls++;
    const due = this.check > 0 && this.calls % this.check === 0;
    if (this.step !== null && !due && this.step.isReady()) {
      const again = this.step.replay(args);
      if (again !== null) return again.result;
    }
    const before = this.last;
    const trace = takeDown(run, args);
    this.last = trace;
    this.step =
      before !== null && trace.device !== null && isSame(before, trace) ? new Step(trace, trace.device) : null;
    return trace.result;
  }
}

/** Runs the function under a capture. */
function takeDown<R>(run: () => R, args: readonly Tensor[]): Trace<R> {
  const start = nextSerial();
  const capture = new Capture();
  const roots = args.map(({ node }) => node.root);
  const result = withCapture(capture, () => {
    const answer = run();
    if (typeof answer === 'object' && answer !== null && 'then' in answer) {
      throw new CompileError({
        op: 'compile',
        fact: 'the function returned a promise',
        rule: 'a captured step is synchronous',
        cure: 'Return the tensor and await it outside: const l = step(X, y); await l.item().',
      });
    }
    const outputs = tensorsIn(answer);
    const open = outputs.find(({ edge }) => edge !== null && edge.fn.rule !== null && !edge.fn.walked);
    if (open !== undefined) {
      throw new CompileError({
        op: 'compile',
        fact: `the function returned a tensor ${formatShape(open.shape)} that requires grad`,
        rule: 'a replay has no tape, so its backward must be part of the step',
        cure: 'Call backward inside, return l.detach(), or compute under noGrad.',
      });
    }
    for (const device of new Set(outputs.map((output) => output.device))) {
      flushResults(
        device,
        outputs.filter((output) => output.device === device).map(({ storage }) => storage),
      );
    }
    return answer;
  });
  const made = new Set<Node>();
  const flushes = new Map<CaptureEvent, FlushEvent>();
  const devices = new Set<Device>();
  for (const event of capture.events) {
    if (event.kind !== 'flush') continue;
    const recording = event.recording as Recording;
    devices.add(event.device as Device);
    const sources = recording.given.map((node): Source => {
      const index = roots.indexOf(node);
      if (index >= 0) return { kind: 'argument', index };
      const storage = node.shownBy;
      return storage !== null && node.id < start && !made.has(node) && storage.reachable
        ? { kind: 'storage', storage, node }
        : { kind: 'node', node };
    });
    for (const node of recording.results) made.add(node);
    flushes.set(event, { recording, sources });
  }
  const gradients = [...capture.receivers].map((receiver) => [receiver, receiver.grad] as const);
  const device = capture.refusal === null && devices.size === 1 ? [...devices][0] : null;
  return { capture, flushes, result, gradients, device };
}

/** Whether two runs are the same program. Throws where they differ in a number that no replay could know. */
function isSame<R>(a: Trace<R>, b: Trace<R>): boolean {
  const [first, second] = [a.capture.events, b.capture.events];
  if (first.length !== second.length || a.device !== b.device) return false;
  return first.every((event, at) => {
    const other = second[at];
    if (event.kind === 'effect' || other.kind === 'effect') return event.kind === other.kind;
    const [one, two] = [event.recording as Recording, other.recording as Recording];
    if (one.structure !== two.structure) return false;
    const [sources, others] = [a.flushes.get(event), b.flushes.get(other)] as [FlushEvent, FlushEvent];
    const alike = sources.sources.every((source, index) => {
      const twin = others.sources[index];
      if (source.kind !== twin.kind) return false;
      if (source.kind === 'argument') return source.index === (twin as typeof source).index;
      if (source.kind === 'storage') return source.storage === (twin as typeof source).storage;
      return sameData(source.node, (twin as typeof source).node);
    });
    if (!alike) return false;
    one.scalars.forEach((scalar, index) => requireSame(scalar, two.scalars[index]));
    return true;
  });
}

/** Whether two values made inside are one: results of the step, or equal data. */
function sameData(a: Node, b: Node): boolean {
  if (a === b || a.host === null || b.host === null) return true;
  const [one, two] = [a.host, b.host];
  if (one.length === two.length && one.every((value, at) => Object.is(value, two[at]))) return true;
  throw new CompileError({
    op: 'compile',
    fact: `a tensor ${formatShape(a.shape)} that is made inside holds other values in each call`,
    rule: 'data from JavaScript is captured as it is',
    cure: 'Make it outside and pass it as an argument.',
  });
}

function requireSame(a: Node, b: Node): void {
  if (a.source !== null || Object.is(a.number, b.number)) return;
  throw new CompileError({
    op: 'compile',
    fact: `a number was ${a.number} in one call and ${b.number} in the next`,
    rule: 'numbers of a formula are captured as they are',
    cure: 'Pass it as an argument, as a 0-dim tensor: step(X, y, tensor(rate)).',
  });
}

/** What a replay does, in order: an effect in JavaScript, or a flush over what its sources hold now. */
type Act =
  | { readonly effect: () => void }
  | {
      readonly effect: null;
      readonly recording: Recording;
      readonly sources: readonly Source[];
      /** What the sources held in the latest call. */
      readonly given: Node[];
    };

/** A captured step that can be run again. Loops are by index: they are what a small step costs. */
class Step<R> {
  private readonly trace: Trace<R>;
  private readonly device: Device;
  private readonly acts: readonly Act[];
  private readonly results: readonly Node[];
  private readonly known: ReadonlySet<Node>;
  /** Nodes that leave the step: each call gives them out anew. */
  private readonly leaving: readonly Node[];
  /** Storages that the step writes, with the node that showed each after the captured run. */
  private readonly states: readonly (readonly [Storage, Node])[];

  constructor(trace: Trace<R>, device: Device) {
    this.trace = trace;
    this.device = device;
    this.acts = trace.capture.events.map((event): Act => {
      if (event.kind === 'effect') return { effect: event.run };
      const { recording, sources } = trace.flushes.get(event) as FlushEvent;
      return { effect: null, recording, sources, given: [...recording.given] };
    });
    this.results = [...trace.flushes.values()].flatMap(({ recording }) => recording.results);
    this.known = new Set(this.results);
    const outputs = new Set(tensorsIn(trace.result).map(({ storage }) => storage));
    const read = new Set(
      [...trace.flushes.values()].flatMap(({ sources }) =>
        sources.flatMap((source) => (source.kind === 'storage' ? [source.storage] : [])),
      ),
    );
    const shown = this.results.flatMap((node) => (node.shownBy?.node === node ? [[node.shownBy, node] as const] : []));
    this.leaving = shown.filter(([storage]) => outputs.has(storage) && !read.has(storage)).map(([, node]) => node);
    this.states = shown.filter(([, node]) => !this.leaving.includes(node));
  }

  /** Whether everything that the step depends on is as it was. */
  isReady(): boolean {
    const { acts, states } = this;
    const { guards } = this.trace.capture;
    for (let at = 0; at < guards.length; at++) if (!guards[at]()) return false;
    flushPending(this.device);
    for (let at = 0; at < acts.length; at++) {
      const act = acts[at];
      if (act.effect !== null) continue;
      const { sources } = act;
      for (let index = 0; index < sources.length; index++) {
        const source = sources[index];
        if (source.kind === 'storage' && !isAlike(source.storage, source.node)) return false;
      }
    }
    // What is written anew must be nobody else's: no view on another storage, no gradient, no work that waits to read it.
    for (let at = 0; at < states.length; at++) {
      const [storage, before] = states[at];
      const { node } = storage;
      if (node.bound > 1 || node.saved !== 0 || node.waiting !== 0 || !isAlike(storage, before)) return false;
    }
    return true;
  }

  /** Runs the step again; null where the device cannot now. */
  replay(args: readonly Tensor[]): { readonly result: R } | null {
    const { device, trace, acts, states, leaving } = this;
    const fresh = new Map<Node, Node>();
    for (let at = 0; at < leaving.length; at++) fresh.set(leaving[at], twin(leaving[at]));
    // A storage that was written since shows another node, which then takes the value.
    for (let at = 0; at < states.length; at++) {
      const [storage, node] = states[at];
      if (storage.node !== node) fresh.set(node, storage.node);
    }
    const missing: Node[] = [];
    for (let at = 0; at < acts.length; at++) {
      const act = acts[at];
      if (act.effect !== null) continue;
      const { sources, given } = act;
      for (let index = 0; index < sources.length; index++) {
        const node = nodeOf(sources[index], args);
        given[index] = node;
        if (node.residence !== 'resident' && !this.known.has(node)) missing.push(node);
      }
    }
    if (missing.some((node) => node.residence === 'lost')) return null;
    if (missing.length > 0) flushGiven(device, missing);
    const { backend } = device;
    if (backend === null) return null;
    for (let at = 0; at < acts.length; at++) {
      const act = acts[at];
      if (act.effect === null && backend.canReplay?.(act.recording, act.given) !== true) return null;
    }
    for (let at = 0; at < acts.length; at++) {
      const act = acts[at];
      if (act.effect !== null) act.effect();
      else backend.replay?.(act.recording, act.given, fresh);
    }
    passStep(device, this.results, args.length > 0);
    for (const [receiver, gradient] of trace.gradients) if (receiver.grad !== gradient) receiver.grad = gradient;
    return { result: this.handOut(trace.result, fresh) as R };
  }

  /** The result of the function, over the values of this call. */
  private handOut(value: unknown, fresh: ReadonlyMap<Node, Node>): unknown {
    if (value instanceof Tensor) {
      const node = fresh.get(value.node.root);
      if (node === undefined) return value;
      const { shape, strides, offset } = value.node;
      const layout = value.node === value.node.root ? null : { shape, strides, offset };
      const storage = new Storage(node, true);
      keepResult(storage);
      return Tensor.over(storage, layout, value.edge);
    }
    if (Array.isArray(value)) return value.map((one) => this.handOut(one, fresh));
    if (tensorsIn(value).length === 0) return value;
    return Object.fromEntries(Object.entries(value as object).map(([key, one]) => [key, this.handOut(one, fresh)]));
  }
}

/** Whether a storage shows a value that lies as `before` did. */
function isAlike(storage: Storage, before: Node): boolean {
  const { node } = storage;
  if (storage.disposed || node.residence === 'lost' || node.dtype !== before.dtype) return false;
  return node === before || (sameShape(node.shape, before.shape) && sameShape(node.strides, before.strides));
}

function nodeOf(source: Source, args: readonly Tensor[]): Node {
  if (source.kind === 'argument') return args[source.index].node.root;
  return source.kind === 'storage' ? source.storage.node : source.node;
}

/** A node for the value of one more call. */
function twin(node: Node): Node {
  const { op, device, dtype, shape, strides } = node;
  const made = new Node(op, [], device, dtype, { shape, strides, offset: 0 }, null);
  made.residence = 'resident';
  made.keep = 'end';
  return made;
}
