// nn.utils: gradients of many parameters brought to a size, in a number of kernels that does not grow with theirs; and, from
// files of their own, norms of weights.
// https://pytorch.org/docs/stable/nn.html#utilities

import { watchGradient } from '../core/capture.ts';
import { tensor } from '../create/create.ts';
import { noGrad } from '../autograd/autograd.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { toDType, untaped } from '../ops/apply.ts';
import { add, mul, reciprocal } from '../ops/arithmetic.ts';
import { clamp } from '../ops/extrema.ts';
import { byKind } from '../ops/foreach.ts';
import { copy_ } from '../ops/inplace.ts';
import { cat } from '../ops/join.ts';
import { clampAll, normAll, scaleAll } from '../ops/lists.ts';
import { narrow } from '../ops/part.ts';
import { vectorNorm } from '../ops/statistics.ts';
import { reshape } from '../ops/view.ts';
import { item, toDevice } from '../read.ts';
import { formatShape } from '../shape.ts';
import { bind, isPlainObject, optional, p, type Operand } from '../core/signature.ts';
import { asOperation } from '../core/mode.ts';
import { show, Tensor } from '../core/tensor.ts';

export * as parametrizations from './parametrizations.ts';
export * as parametrize from './parametrize.ts';
export * as rnn from './rnn-utils.ts';
export { removeSpectralNorm, removeWeightNorm, spectralNorm, weightNorm } from './weight-norm.ts';
export type { SpectralNormOptions, WeightNormOptions } from './weight-norm.ts';

/** What is clipped: one tensor, or several, such as `net.parameters()`. */
export type Clipped = Tensor | Iterable<Tensor>;

/** Options of `clipGradNorm_`. */
export interface ClipGradNormOptions {
  /** The order of the norm: 2, 1, Infinity or any other number. */
  readonly normType?: number;
  /** Reject instead of scaling by a norm that is NaN or infinite. The call then returns a promise: await it. */
  readonly errorIfNonfinite?: boolean;
}

const parameters = p.custom<Clipped>()(
  'parameters',
  'a tensor or a list of tensors, such as net.parameters()',
  (value) => {
    if (value instanceof Tensor) return true;
    return typeof value === 'object' && value !== null && Symbol.iterator in value && !isPlainObject(value);
  },
);
const normSignature = [
  parameters,
  p.operand('maxNorm'),
  optional(p.number('normType'), 2),
  optional(p.bool('errorIfNonfinite'), false),
] as const;
const valueSignature = [parameters, p.number('clipValue')] as const;

/** The gradients that there are, without their tapes. */
function gradientsOf(op: string, given: Clipped): Tensor[] {
  const gradients: Tensor[] = [];
  for (const one of given instanceof Tensor ? [given] : given) {
    if (!(one instanceof Tensor)) {
      throw new ArgumentError({ op, fact: 'parameters holds something else', rule: 'it must be a list of tensors' });
    }
    watchGradient(one);
    if (one.grad !== null) gradients.push(one.grad.detach());
  }
  return gradients;
}

/** Runs the body of an in-place operation on values without their tapes. */
function untapedOperation<R>(device: Tensor['device'], body: () => R): R {
  return untaped(() => device.shelter(() => asOperation(body)));
}

/** The norm of the norms of all gradients, on the device of the first. */
function totalNorm(gradients: readonly Tensor[], order: number): Tensor {
  const [{ device, dtype }] = gradients;
  const parts = byKind(gradients, (one) => one).map((list) => toDevice(toDType(normAll(list, order), dtype), device));
  const all = parts.length === 1 ? parts[0] : cat(parts);
  return vectorNorm(all, order, [0], false, 'NormBackward0');
}

/** gradient *= min(maxNorm / (total + 1e-6), 1) for each. */
function scaleTo(gradients: readonly Tensor[], maxNorm: Operand, total: Tensor): void {
  // Multiplying by 1 costs less than asking whether it is needed.
  const factor = clamp(mul(reciprocal(add(total, 1e-6)), maxNorm), null, 1);
  for (const list of byKind(gradients, (one) => one)) {
    const [{ device, dtype }] = list;
    scaleAll(list, toDevice(toDType(factor, dtype), device));
  }
}

/**
 * Scales the gradients of all parameters in place so that together, as one vector, their norm is at most `maxNorm`; returns
 * the norm that they had, a 0-dim tensor. Parameters without a gradient are passed over; without any gradient the norm is 0.
 * With `errorIfNonfinite` the norm is read before anything is scaled: the call returns a promise, which rejects with an
 * ArgumentError where the norm is NaN or infinite and leaves the gradients as they are; await it before the step.
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
 */
export function clipGradNorm_(
  parameters: Clipped,
  maxNorm: Operand,
  options: ClipGradNormOptions & { readonly errorIfNonfinite: true },
): Promise<Tensor>;
export function clipGradNorm_(
  parameters: Clipped,
  maxNorm: Operand,
  options?: ClipGradNormOptions & { readonly errorIfNonfinite?: false },
): Tensor;
export function clipGradNorm_(parameters: Clipped, maxNorm: Operand, normType: number): Tensor;
export function clipGradNorm_(...args: readonly unknown[]): Tensor | Promise<Tensor> {
  const [given, maxNorm, order, strict] = bind('nn.utils.clipGradNorm_', normSignature, args) as [
    Clipped,
    Operand,
    number,
    boolean,
  ];
  const gradients = gradientsOf('nn.utils.clipGradNorm_', given);
  if (gradients.length === 0) return strict ? Promise.resolve(tensor(0)) : tensor(0);
  const [{ device }] = gradients;
  const total = untapedOperation(device, () => totalNorm(gradients, order));
  const scale = (): Tensor => {
    untapedOperation(device, () => scaleTo(gradients, maxNorm, total));
    show(total);
    return total;
  };
  return strict ? requireFinite(total, order).then(scale) : scale();
}

async function requireFinite(total: Tensor, order: number): Promise<void> {
  const norm = await item(total);
  if (Number.isFinite(norm)) return;
  throw new ArgumentError({
    op: 'nn.utils.clipGradNorm_',
    fact: `the total norm of order ${order} of the gradients is ${norm}`,
    rule: 'gradients cannot be clipped by a norm that is not finite',
    cure: 'Leave errorIfNonfinite out to scale by it anyway.',
  });
}

/**
 * Brings every element of every gradient between -clipValue and clipValue, in place.
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html
 */
export function clipGradValue_(parameters: Clipped, clipValue: number): void;
export function clipGradValue_(...args: readonly unknown[]): void {
  const [given, limit] = bind('nn.utils.clipGradValue_', valueSignature, args) as [Clipped, number];
  const gradients = gradientsOf('nn.utils.clipGradValue_', given);
  if (gradients.length === 0) return;
  untapedOperation(gradients[0].device, () => clampAll(gradients, -limit, limit));
}

/** All parameters as one vector, one after the other. https://pytorch.org/docs/stable/generated/torch.nn.utils.parameters_to_vector.html */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  return cat([...parameters].map((one) => reshape(one, -1)));
}

/**
 * Writes the elements of a vector into the parameters, in order; each keeps its shape.
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.vector_to_parameters.html
 */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  const list = [...parameters];
  const count = list.reduce((sum, one) => sum + one.numel(), 0);
  if (vector.shape.length !== 1 || vector.shape[0] < count) {
    throw new ShapeError({
      op: 'nn.utils.vectorToParameters',
      fact: `a vector ${formatShape(vector.shape)} for parameters of ${count} elements`,
      rule: 'it has one dimension and an element for each of theirs',
    });
  }
  let start = 0;
  noGrad(() => {
    for (const one of list) {
      copy_(one, reshape(narrow(vector.detach(), 0, start, one.numel()), [...one.shape]));
      start += one.numel();
    }
  });
}
