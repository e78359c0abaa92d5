// The walk back over the tape, and everything that users say about gradients: backward, grad, noGrad, hooks, custom
// functions. Broadcast sums are inserted here, once, and nowhere else.

import { ArgumentError, AutogradError, ShapeError } from './errors.ts';
import { flushUpdate } from './flush.ts';
import type { Device } from './graph.ts';
import { castNode, copyNode, fillNode, onTape, untaped } from './ops/apply.ts';
import { add } from './ops/arithmetic.ts';
import { add_ } from './ops/inplace.ts';
import { sum } from './ops/reduce.ts';
import { reshape } from './ops/view.ts';
import { formatShape, sameShape, type Shape } from './shape.ts';
import {
  AccumulateGrad,
  type Edge,
  GradFn,
  type GradHook,
  isGradEnabled,
  switchGrad,
  takeWrittenLeaves,
  Tensor,
} from './tensor.ts';

export { isGradEnabled } from './tensor.ts';

/** What a function may not return inside `noGrad`: the switch would leak into other code. */
type Synchronous<R> = R extends PromiseLike<unknown> | Iterator<unknown> ? never : R;

function withGrad<R>(op: string, enabled: boolean, body: () => R): R {
  const before = switchGrad(enabled);
  let result: R;
  try {
    result = body();
  } finally {
    switchGrad(before);
    if (before) for (const device of takeWrittenLeaves()) flushUpdate(device);
  }
  const leaks =
    typeof result === 'object' && result !== null && ('then' in result || (Symbol.iterator in result && 'next' in result));
  if (leaks) {
    throw new ArgumentError({
      op,
      fact: 'the function returned a promise or an iterator',
      rule: 'what runs later would run outside the block',
      cure: `Await outside: const value = ${op}(() => net(x)); await value.item().`,
    });
  }
  return result;
}

/** Runs `body` without recording gradients and returns its result. https://pytorch.org/docs/stable/generated/torch.no_grad.html */
export function noGrad<R>(body: () => Synchronous<R>): R {
  return withGrad('noGrad', false, body as () => R);
}

/** Runs `body` with gradients recorded, also inside `noGrad`. https://pytorch.org/docs/stable/generated/torch.enable_grad.html */
export function enableGrad<R>(body: () => Synchronous<R>): R {
  return withGrad('enableGrad', true, body as () => R);
}

/** Switches the recording of gradients for the whole program. https://pytorch.org/docs/stable/generated/torch.set_grad_enabled.html */
export function setGradEnabled(mode: boolean): void {
  switchGrad(mode);
  if (mode) for (const device of takeWrittenLeaves()) flushUpdate(device);
}

/** Sums a gradient over the dimensions along which its tensor was repeated, and gives it the tensor's dtype. */
function fit(grad: Tensor, shape: Shape, dtype: Tensor['dtype']): Tensor {
  let fitted = grad;
  if (!sameShape(fitted.shape, shape)) {
    const lead = fitted.shape.length - shape.length;
    const over = fitted.shape.map((_, dim) => dim).filter((dim) => dim < lead || (shape[dim - lead] === 1 && fitted.shape[dim] !== 1));
    fitted = over.length > 0 ? sum(fitted, over, true) : fitted;
    if (fitted.shape.length !== shape.length || !sameShape(fitted.shape, shape)) fitted = reshape(fitted, [...shape]);
  }
  return fitted.dtype === dtype ? fitted : castTensor(fitted, dtype);
}

function castTensor(x: Tensor, dtype: Tensor['dtype']): Tensor {
  return onTape('ToCopyBackward0', (grad) => [grad], [x], castNode(x.node, dtype));
}

/** A queue of functions that answers the one recorded last: every reader of a value comes before its maker. */
class LatestFirst {
  private readonly heap: GradFn[] = [];

  get size(): number {
    return this.heap.length;
  }

  push(fn: GradFn): void {
    const { heap } = this;
    let at = heap.push(fn) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent].id >= fn.id) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = fn;
  }

  pop(): GradFn {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop() as GradFn;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].id > heap[child].id) child++;
      if (heap[child].id <= last.id) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

interface WalkOptions {
  readonly retainGraph: boolean;
  readonly createGraph: boolean;
  /** Edges whose gradients are wanted; the walk goes nowhere else. None: all leaves. */
  readonly targets: readonly (Edge | null)[] | null;
}

/**
 * Walks the tape from `roots` and returns the gradient of every target, or of every leaf reached. Iterative; visits a
 * function once, after all that read its results.
 */
function walk(roots: readonly Edge[], seeds: readonly Tensor[], options: WalkOptions): Map<GradFn, (Tensor | null)[]> {
  const { targets } = options;
  const wanted = targets === null ? null : neededFor(roots, targets);
  const captured = new Map<GradFn, (Tensor | null)[]>();
  const capturing = new Set(targets?.map((edge) => edge?.fn));
  const leads = wanted === null ? null : (fn: GradFn) => wanted.has(fn) || capturing.has(fn);
  const grads = new Map<GradFn, (Tensor | null)[]>();
  const queue = new LatestFirst();
  const arrive = (edge: Edge, grad: Tensor): void => {
    let slots = grads.get(edge.fn);
    if (slots === undefined) {
      slots = new Array<Tensor | null>(edge.fn.outputs.length).fill(null);
      grads.set(edge.fn, slots);
      queue.push(edge.fn);
    }
    const before = slots[edge.index];
    slots[edge.index] = before === null ? grad : add(before, grad);
  };
  roots.forEach((edge, index) => arrive(edge, seeds[index]));
  const visited: GradFn[] = [];
  const before = switchGrad(options.createGraph);
  try {
    while (queue.size > 0) {
      const fn = queue.pop();
      const slots = runHooks(fn, grads.get(fn) as (Tensor | null)[]);
      grads.delete(fn);
      if (capturing.has(fn) || (targets === null && fn instanceof AccumulateGrad)) captured.set(fn, slots);
      if (fn.rule === null || (wanted !== null && !wanted.has(fn))) continue;
      visited.push(fn);
      const context = fn.context(slots, leads);
      const results = fn.rule(slots.find((slot) => slot !== null) as Tensor, context);
      fn.edges.forEach((edge, index) => {
        const grad = results[index] ?? null;
        if (edge === null || grad === null || !context.needs(index)) return;
        arrive(edge, fit(grad, fn.inputs[index].shape, fn.inputs[index].dtype));
      });
    }
  } finally {
    switchGrad(before);
  }
  if (!options.retainGraph) for (const fn of visited) fn.free();
  return captured;
}

function runHooks(fn: GradFn, slots: (Tensor | null)[]): (Tensor | null)[] {
  for (const { index, hook } of fn.hooks) {
    const grad = slots[index];
    if (grad !== null) slots[index] = hook(grad) ?? grad;
  }
  return slots;
}

/** The functions from which a target can be reached, targets excluded unless they lead to others. */
function neededFor(roots: readonly Edge[], targets: readonly (Edge | null)[]): Set<GradFn> {
  const goals = new Set(targets.map((edge) => edge?.fn));
  const reachable = new Set<GradFn>();
  const seen = new Set<GradFn>();
  const found: GradFn[] = [];
  const stack = roots.map((edge) => edge.fn);
  while (stack.length > 0) {
    const fn = stack.pop() as GradFn;
    if (seen.has(fn)) continue;
    seen.add(fn);
    found.push(fn);
    for (const edge of fn.edges) if (edge !== null) stack.push(edge.fn);
  }
  // Ids fall along every edge, so in rising order all that a function leads to is settled before it.
  for (const fn of found.sort((a, b) => a.id - b.id)) {
    if (fn.edges.some((edge) => edge !== null && (goals.has(edge.fn) || reachable.has(edge.fn)))) reachable.add(fn);
  }
  return reachable;
}

/** The gradient that a walk starts with: given, or 1 for a single element. */
function seedFor(op: string, output: Tensor, gradient: Tensor | null): Tensor {
  if (gradient !== null) {
    if (sameShape(gradient.shape, output.shape)) return gradient;
    throw new ShapeError({
      op,
      fact: `a gradient of shape ${formatShape(gradient.shape)} for an output of shape ${formatShape(output.shape)}`,
      rule: 'they must be equal',
    });
  }
  if (output.numel() === 1) return Tensor.at(fillNode(1, output.device, output.dtype, output.shape), null);
  throw new AutogradError({
    op,
    fact: `an output of shape ${formatShape(output.shape)}`,
    rule: 'without a gradient argument only a single element can be walked back from',
    cure: 'Write y.sum().backward(), or pass a gradient of the same shape: y.backward(onesLike(y)).',
  });
}

function edgeOf(op: string, output: Tensor): Edge {
  const { edge } = output;
  if (edge !== null) return edge;
  throw new AutogradError({
    op,
    fact: 'the tensor does not require grad and no operation on the tape made it',
    rule: 'gradients flow only to tensors that require them',
    cure: 'Make a parameter with { requiresGrad: true }, and compute outside noGrad.',
  });
}

/** Options of `backward`. */
export interface BackwardOptions {
  readonly gradient?: Tensor | null;
  /** Keep what the graph saved, so that it can be walked again. */
  readonly retainGraph?: boolean;
  /** Put the gradients themselves on the tape. */
  readonly createGraph?: boolean;
  /** Accumulate into these leaves only. */
  readonly inputs?: readonly Tensor[];
}

/** Adds the gradient of `tensors` to `.grad` of every leaf they depend on. https://pytorch.org/docs/stable/generated/torch.autograd.backward.html */
export function backward(
  tensors: Tensor | readonly Tensor[],
  gradTensors: Tensor | readonly (Tensor | null)[] | null = null,
  options: Omit<BackwardOptions, 'gradient'> = {},
): void {
  const { createGraph = false, retainGraph = createGraph, inputs } = options;
  const outputs = [tensors].flat() as Tensor[];
  const given = gradTensors === null ? [] : ([gradTensors].flat() as (Tensor | null)[]);
  const roots = outputs.map((output) => edgeOf('backward', output));
  const seeds = outputs.map((output, index) => seedFor('backward', output, given[index] ?? null));
  const targets = inputs?.map((input) => input.edge) ?? null;
  const grads = walk(roots, seeds, { createGraph, retainGraph, targets });
  const added = new Set<Device>();
  const taken = new Set(given.map((gradient) => gradient?.storage));
  for (const [fn, slots] of grads) {
    const arrived = slots[0];
    if (!(fn instanceof AccumulateGrad) || arrived === null) continue;
    const { variable } = fn;
    if (variable.grad !== null) {
      if (createGraph) variable.grad = add(variable.grad, arrived);
      else untaped(() => add_(variable.grad as Tensor, arrived));
      added.add(variable.device);
    } else if (createGraph) {
      variable.grad = arrived;
    } else {
      // The gradient becomes the leaf's own, unless the user or another leaf can see the same elements.
      const shared = taken.has(arrived.storage) || fn.hooks.length > 0 || arrived.node !== arrived.node.root;
      taken.add(arrived.storage);
      variable.grad = shared ? Tensor.of(copyNode(arrived.node)) : arrived.detach();
    }
  }
  for (const device of added) flushUpdate(device);
}

/** Options of `grad`. */
export interface GradOptions {
  readonly gradOutputs?: Tensor | readonly (Tensor | null)[] | null;
  readonly retainGraph?: boolean;
  readonly createGraph?: boolean;
  /** An input that the outputs do not depend on gives null instead of an error. */
  readonly allowUnused?: boolean;
}

/**
 * The gradients of `outputs` with respect to `inputs`, one per input; `.grad` is not touched.
 * https://pytorch.org/docs/stable/generated/torch.autograd.grad.html
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  gradOutputs: Tensor | readonly (Tensor | null)[] | null | GradOptions = null,
  options: GradOptions = {},
): (Tensor | null)[] {
  const bare = gradOutputs === null || gradOutputs instanceof Tensor || Array.isArray(gradOutputs);
  const settings = bare ? options : (gradOutputs as GradOptions);
  const seedsGiven = bare ? (gradOutputs as Tensor | readonly (Tensor | null)[] | null) : (settings.gradOutputs ?? null);
  const { createGraph = false, retainGraph = createGraph, allowUnused = false } = settings;
  const list = ([outputs].flat() as Tensor[]).map((output, index) => ({ output, index }));
  const wanted = [inputs].flat() as Tensor[];
  const given = seedsGiven === null ? [] : ([seedsGiven].flat() as (Tensor | null)[]);
  const live = list.filter(({ output }) => output.requiresGrad || !allowUnused);
  const roots = live.map(({ output }) => edgeOf('grad', output));
  const seeds = live.map(({ output, index }) => seedFor('grad', output, given[index] ?? null));
  const targets = wanted.map((input) => {
    if (input.edge !== null) return input.edge;
    if (allowUnused) return null;
    throw new AutogradError({ op: 'grad', fact: 'an input does not require grad', rule: 'every input must', cure: 'Use requiresGrad_().' });
  });
  const grads = walk(roots, seeds, { createGraph, retainGraph, targets });
  return targets.map((edge, index) => {
    const found = edge === null ? null : (grads.get(edge.fn)?.[edge.index] ?? null);
    if (found !== null || allowUnused) return found;
    throw new AutogradError({
      op: 'grad',
      fact: `the outputs do not depend on input ${index}`,
      rule: 'every input must have been used',
      cure: 'Pass { allowUnused: true } to get null for it.',
    });
  });
}

/** Keeps the gradient of a tensor that is no leaf in its `.grad`. https://pytorch.org/docs/stable/generated/torch.Tensor.retain_grad.html */
export function retainGrad(tensor: Tensor): void {
  if (tensor.isLeaf) return;
  registerHook(tensor, (grad) => {
    tensor.grad = tensor.grad === null ? grad : untaped(() => add(tensor.grad as Tensor, grad));
  });
}

/** Calls `hook` with each gradient of the tensor; what it returns replaces the gradient. Returns a function that removes it. */
export function registerHook(tensor: Tensor, hook: GradHook): () => void {
  const { fn, index } = edgeOf('registerHook', tensor);
  const entry = { index, hook };
  fn.hooks.push(entry);
  return () => void fn.hooks.splice(fn.hooks.indexOf(entry), 1);
}

/** What a custom function's forward and backward share. */
export class FunctionContext {
  /** Tensors that `backward` needs. */
  savedTensors: readonly Tensor[] = [];
  /** Which inputs want a gradient. */
  needsInputGrad: readonly boolean[] = [];
  readonly [key: string]: unknown;

  saveForBackward(...tensors: Tensor[]): void {
    this.savedTensors = tensors;
  }
}

/** An operation with a gradient of the user's. https://pytorch.org/docs/stable/autograd.html#function */
export abstract class Function {
  /** Computes the result; not recorded on the tape. */
  static forward(_context: FunctionContext, ..._args: never[]): Tensor | Tensor[] {
    throw new AutogradError({ op: 'Function', fact: 'forward is missing', rule: 'a subclass defines static forward and backward' });
  }

  /** From the gradients of the results to those of the arguments, null for what takes none. */
  static backward(_context: FunctionContext, ..._grads: never[]): Tensor | null | readonly (Tensor | null)[] {
    throw new AutogradError({ op: 'Function', fact: 'backward is missing', rule: 'a subclass defines static forward and backward' });
  }

  /** Runs forward and puts it on the tape. */
  static apply<A extends unknown[], R extends Tensor | Tensor[]>(
    this: { name: string; forward(context: FunctionContext, ...args: A): R; backward(context: FunctionContext, ...grads: Tensor[]): Tensor | null | readonly (Tensor | null)[] },
    ...args: A
  ): R {
    const context = new FunctionContext();
    context.needsInputGrad = args.map((arg) => arg instanceof Tensor && arg.requiresGrad);
    const result = untaped(() => this.forward(context, ...args));
    if (!isGradEnabled() || !context.needsInputGrad.includes(true)) return result;
    const inputs = args.filter((arg) => arg instanceof Tensor);
    const outputs = [result].flat() as Tensor[];
    const fn: GradFn = new GradFn(
      `${this.name}Backward`,
      (_, { grads }) => {
        const filled = outputs.map(
          (output, index) => grads[index] ?? Tensor.at(fillNode(0, output.device, output.dtype, output.shape), null),
        );
        const answers = [this.backward(context, ...filled)].flat() as (Tensor | null)[];
        return args.map((arg, index) => [arg, answers[index] ?? null] as const).filter(([arg]) => arg instanceof Tensor).map(([, g]) => g);
      },
      inputs,
    );
    outputs.forEach((output) => fn.outputs.push({ shape: output.shape, dtype: output.dtype }));
    const taped = outputs.map((output, index) => Tensor.of(output.node === output.node.root ? output.node : copyNode(output.node), { fn, index }));
    return (Array.isArray(result) ? taped : taped[0]) as R;
  }
}
