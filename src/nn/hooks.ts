// Hooks of a module in the order of their registration, and the identity through which gradients at a module's inputs and outputs
// are seen. Knows no module.

import { Function, type FunctionContext } from '../autograd/function.ts';
import { Tensor } from '../core/tensor.ts';

/** Ends a registration. */
export interface RemovableHandle {
  remove(): void;
}

export type Run = (...args: readonly unknown[]) => unknown;
/** A registered hook. */
export interface HookEntry {
  readonly run: Run;
}

/** Adds a hook behind those that are there. */
export function registered(hooks: Set<HookEntry>, run: Run): RemovableHandle {
  // An entry of its own, so that one function registered twice runs twice.
  const entry = { run };
  hooks.add(entry);
  return { remove: () => void hooks.delete(entry) };
}

/** Gradients at the tensors of one call, null for those that take none. */
export type Gradients = readonly (Tensor | null)[];

/** Tensors as they are; their gradients pass through `see`, which may answer others. */
class Passing extends Function {
  static override forward(context: FunctionContext, see: (grads: Gradients) => Gradients, ...tensors: Tensor[]) {
    seers.set(context, see);
    return tensors.map((tensor) => tensor.viewAs(tensor));
  }

  static override backward(context: FunctionContext, ...grads: Tensor[]): Gradients {
    return [null, ...(seers.get(context) as (grads: Gradients) => Gradients)(grads)];
  }
}

const seers = new WeakMap<FunctionContext, (grads: Gradients) => Gradients>();

/** A list of values in which the tensors that require grad show their gradients to `see`. */
function passed(values: readonly unknown[], see: (grads: Gradients) => Gradients): unknown[] {
  const wanted = (value: unknown): value is Tensor => value instanceof Tensor && value.requiresGrad;
  const tensors = values.filter(wanted);
  if (tensors.length === 0) return [...values];
  const places = values.map((value) => (wanted(value) ? tensors.indexOf(value) : -1));
  const through = Passing.apply(
    (grads: Gradients) => {
      const seen = see(places.map((place) => (place < 0 ? null : grads[place])));
      return tensors.map((_, at) => seen[places.indexOf(at)]);
    },
    ...tensors,
  );
  return values.map((value, at) => (places[at] < 0 ? value : through[places[at]]));
}

/**
 * One call with hooks on its way back: `hook(gradInput, gradOutput)` is called when the gradients at the inputs are there (or, where
 * no input takes one, those at the outputs), and may answer other gradients of the inputs.
 */
export function seenBackward(
  args: readonly unknown[],
  forward: (args: readonly unknown[]) => unknown,
  hook: (gradInput: Gradients, gradOutput: Gradients) => Gradients | undefined,
): unknown {
  let gradOutput: Gradients = [];
  const inner = args.some((one) => one instanceof Tensor && one.requiresGrad);
  const given = passed(args, (grads) => hook(grads, gradOutput) ?? grads);
  const output = forward(given);
  const several = Array.isArray(output);
  const outputs = passed(several ? (output as unknown[]) : [output], (grads) => {
    gradOutput = grads;
    if (!inner)
      hook(
        args.map(() => null),
        grads,
      );
    return grads;
  });
  return several ? outputs : outputs[0];
}
