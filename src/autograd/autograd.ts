// What users say about gradients: backward, grad, noGrad and hooks. The walk itself is in walk.ts.

import { captureGradient } from '../core/capture.ts';
import { ArgumentError, AutogradError, ShapeError } from '../errors.ts';
import { flushGradients, flushUpdate } from '../core/flush.ts';
import type { Device } from '../core/graph.ts';
import { copyNode, fillNode, untaped } from '../ops/apply.ts';
import { add } from '../ops/arithmetic.ts';
import { isPendingZero } from '../ops/foreach.ts';
import { add_ } from '../ops/inplace.ts';
import { writeInto } from '../ops/write.ts';
import { formatShape, sameShape } from '../shape.ts';
import { bind, define, optional, p, type Values } from '../core/signature.ts';
import { switchGrad } from '../core/mode.ts';
import { AccumulateGrad, type Edge, type GradHook, show, takeWrittenLeaves, Tensor } from '../core/tensor.ts';

import { walk } from './walk.ts';

export { isGradEnabled } from '../core/mode.ts';

/** What a function may not return inside `noGrad`: the switch would leak into other code. */
type Synchronous<R> = R extends PromiseLike<unknown> | Iterator<unknown> ? never : R;

function withGrad<R>(op: string, enabled: boolean, body: () => R): R {
  if (typeof body !== 'function') {
    throw new ArgumentError({
      op,
      fact: 'no function is given',
      rule: `${op} runs one`,
      cure: `Write ${op}(() => { w.sub_(..); }).`,
    });
  }
  const before = switchGrad(enabled);
  let result: R;
  try {
    result = body();
  } finally {
    switchGrad(before);
    if (before) for (const device of takeWrittenLeaves()) flushUpdate(device);
  }
  const leaks =
    typeof result === 'object' &&
    result !== null &&
    ('then' in result || (Symbol.iterator in result && 'next' in result));
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
export const setGradEnabled = define('setGradEnabled', [p.bool('mode')], (mode): void => {
  switchGrad(mode);
  if (mode) for (const device of takeWrittenLeaves()) flushUpdate(device);
});

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

const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;
/** A parameter that takes one tensor or several. */
export const tensorsParam = <const N extends string>(name: N) =>
  p.custom<Tensor | readonly Tensor[]>()(
    name,
    'a tensor or a list of tensors',
    (value) => isTensor(value) || (Array.isArray(value) && value.every(isTensor)),
  );
const gradientsParam = <const N extends string>(name: N) =>
  p.custom<Tensor | readonly (Tensor | null)[]>()(
    name,
    'a tensor, or a list of tensors and nulls',
    (value) => isTensor(value) || (Array.isArray(value) && value.every((one) => one === null || isTensor(one))),
  );
const retainParam = optional(p.bool('retainGraph'), null);
const createParam = optional(p.bool('createGraph'), false);
const inputsParam = optional(tensorsParam('inputs'), null);

const backwardSignature = [
  tensorsParam('tensors'),
  optional(gradientsParam('gradTensors'), null),
  retainParam,
  createParam,
  inputsParam,
] as const;
const methodSignature = [optional(p.tensor('gradient'), null), retainParam, createParam, inputsParam] as const;
const gradSignature = [
  tensorsParam('outputs'),
  tensorsParam('inputs'),
  optional(gradientsParam('gradOutputs'), null),
  retainParam,
  createParam,
  optional(p.bool('onlyInputs'), true),
  optional(p.bool('allowUnused'), false),
] as const;

/** Options of `backward`. */
export interface BackwardOptions {
  readonly gradient?: Tensor | null;
  /** Keep what the graph saved, so that it can be walked again. */
  readonly retainGraph?: boolean;
  /** Put the gradients themselves on the tape. */
  readonly createGraph?: boolean;
  /** Accumulate into these leaves only. */
  readonly inputs?: Tensor | readonly Tensor[];
}

/** Adds the gradient of `tensors` to `.grad` of every leaf they depend on. https://pytorch.org/docs/stable/generated/torch.autograd.backward.html */
export function backward(
  tensors: Tensor | readonly Tensor[],
  gradTensors?: Tensor | readonly (Tensor | null)[] | null,
  options?: Omit<BackwardOptions, 'gradient'>,
): void;
export function backward(...args: readonly unknown[]): void {
  const [tensors, gradTensors, retain, createGraph, wanted] = bind('backward', backwardSignature, args) as Values<
    typeof backwardSignature
  >;
  const retainGraph = retain ?? createGraph;
  const inputs = wanted === null ? undefined : ([wanted].flat() as Tensor[]);
  const outputs = [tensors].flat() as Tensor[];
  const given = gradTensors === null ? [] : ([gradTensors].flat() as (Tensor | null)[]);
  const roots = outputs.map((output) => edgeOf('backward', output));
  const seeds = outputs.map((output, index) => seedFor('backward', output, given[index] ?? null));
  if (given.length > 0 && given.length !== outputs.length) {
    throw new ArgumentError({
      op: 'backward',
      fact: `${given.length} gradients for ${outputs.length} tensors`,
      rule: 'as many are needed, null for a single element',
    });
  }
  if (inputs?.length === 0)
    throw new ArgumentError({ op: 'backward', fact: 'inputs is empty', rule: 'name at least one, or leave it out' });
  const targets = inputs?.map((input) => edgeOf('backward', input)) ?? null;
  const { captured, shown } = walk(roots, seeds, { createGraph, retainGraph, targets });
  const taken = new Set([...shown, ...given.map((gradient) => gradient?.storage)]);
  const added = new Set<Device>();
  const receivers =
    inputs?.map((variable) => [variable, variable.edge as Edge] as const) ??
    [...captured.keys()].flatMap((fn) =>
      fn instanceof AccumulateGrad ? [[fn.variable, { fn, index: 0 }] as const] : [],
    );
  for (const [variable, { fn, index }] of receivers) {
    const arrived = captured.get(fn)?.[index] ?? null;
    if (arrived === null) continue;
    captureGradient(variable, true);
    const { grad } = variable;
    if (createGraph) {
      if (grad !== null) added.add(variable.device);
      variable.grad = grad === null ? arrived : add(grad, arrived);
    } else if (grad !== null && !isPendingZero(grad.node)) {
      untaped(() => add_(grad, arrived));
      added.add(variable.device);
    } else {
      // The gradient becomes the tensor's own, unless the user or another tensor can see the same elements.
      const own = ownForm(arrived);
      const shared = own === null || taken.has(arrived.storage);
      taken.add(arrived.storage);
      const value = shared ? Tensor.of(copyNode(arrived.node)) : own;
      if (grad === null) variable.grad = value;
      else untaped(() => writeInto('backward', grad, value));
    }
    show(variable.grad);
  }
  for (const device of added) flushGradients(device);
}
backward.signature = backwardSignature;

/** The method: `x.backward(gradient, retainGraph, createGraph, inputs)`, or with options. */
export function backwardFrom(x: Tensor, ...args: readonly unknown[]): void {
  const [gradient, retainGraph, createGraph, inputs] = bind('backward', methodSignature, args) as Values<
    typeof methodSignature
  >;
  backward(x, gradient, { retainGraph: retainGraph ?? createGraph, createGraph, inputs: inputs ?? undefined });
}

/** A gradient as a tensor of its own storage, if it shows all of it as it lies; null for any other view. */
function ownForm(grad: Tensor): Tensor | null {
  const { node } = grad;
  if (node === node.root) return grad.detach();
  const { root } = node;
  const whole = node.offset === 0 && sameShape(node.shape, root.shape) && sameShape(node.strides, root.strides);
  return whole ? new Tensor(grad.storage, null, null) : null;
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
  gradOutputs: Tensor | readonly (Tensor | null)[] | null,
  options: GradOptions & { readonly allowUnused: true },
): (Tensor | null)[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions & { readonly allowUnused: true },
): (Tensor | null)[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  gradOutputs?: Tensor | readonly (Tensor | null)[] | null | GradOptions,
  options?: GradOptions,
): Tensor[];
export function grad(...args: readonly unknown[]): (Tensor | null)[] {
  const bound = bind('grad', gradSignature, args) as Values<typeof gradSignature>;
  const [outputs, inputs, seedsGiven, retain, createGraph, , allowUnused] = bound;
  const retainGraph = retain ?? createGraph;
  const list = ([outputs].flat() as Tensor[]).map((output, index) => ({ output, index }));
  const wanted = [inputs].flat() as Tensor[];
  const given = seedsGiven === null ? [] : ([seedsGiven].flat() as (Tensor | null)[]);
  const live = list.filter(({ output }) => output.requiresGrad || !allowUnused);
  const roots = live.map(({ output }) => edgeOf('grad', output));
  const seeds = live.map(({ output, index }) => seedFor('grad', output, given[index] ?? null));
  const targets = wanted.map((input) => {
    if (input.edge !== null) return input.edge;
    if (allowUnused) return null;
    throw new AutogradError({
      op: 'grad',
      fact: 'an input does not require grad',
      rule: 'every input must',
      cure: 'Use requiresGrad_().',
    });
  });
  const { captured: grads } = walk(roots, seeds, { createGraph, retainGraph, targets });
  return targets.map((edge, index) => {
    const found = edge === null ? null : (grads.get(edge.fn)?.[edge.index] ?? null);
    show(found);
    if (found !== null || allowUnused) return found;
    throw new AutogradError({
      op: 'grad',
      fact: `the outputs do not depend on input ${index}`,
      rule: 'every input must have been used',
      cure: 'Pass { allowUnused: true } to get null for it.',
    });
  });
}

grad.signature = gradSignature;

/** Tensors whose gradient is kept already. */
const retaining = new WeakSet<Tensor>();

/** Keeps the gradient of a tensor that is no leaf in its `.grad`. https://pytorch.org/docs/stable/generated/torch.Tensor.retain_grad.html */
export function retainGrad(tensor: Tensor): void {
  if (tensor.isLeaf || retaining.has(tensor)) return;
  retaining.add(tensor);
  registerHook(tensor, (grad) => {
    tensor.grad = tensor.grad === null ? grad : untaped(() => add(tensor.grad as Tensor, grad));
  });
}

/** Calls `hook` with each gradient of the tensor; what it returns replaces the gradient. Returns a function that removes it. */
export function registerHook(tensor: Tensor, hook: GradHook): () => void {
  const { fn, index } = edgeOf('registerHook', tensor);
  const entry = { index, hook };
  fn.hooks.push(entry);
  return () => {
    const at = fn.hooks.indexOf(entry);
    if (at >= 0) fn.hooks.splice(at, 1);
  };
}
