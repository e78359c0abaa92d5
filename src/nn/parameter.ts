// Parameters: tensors that a module owns and an optimizer moves. They are leaves that require grad, print as PyTorch's do,
// and may wait for their shape until the first forward.

import { empty } from '../create.ts';
import type { DType } from '../dtype.ts';
import { ArgumentError } from '../errors.ts';
import type { Device } from '../graph.ts';
import type { Shape } from '../shape.ts';
import { bind, optional, p } from '../signature.ts';
import { Tensor } from '../tensor.ts';

const signature = [p.tensor('data'), optional(p.bool('requiresGrad'), true)] as const;

/**
 * A tensor that is a parameter of the module it is assigned to. It shares the elements of `data`.
 * https://pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html
 */
export class Parameter extends Tensor {
  constructor(data: Tensor, requiresGrad = true) {
    bind('nn.Parameter', signature, [data, requiresGrad]);
    const whole = data.node === data.storage.node;
    const layout = whole ? null : { shape: data.shape, strides: data.strides, offset: data.storageOffset() };
    super(data.storage, layout, null);
    if (requiresGrad) this.requiresGrad_();
  }

  override get reprPrefix(): string {
    return 'Parameter containing:\n';
  }
}

/**
 * Gives a parameter (or another tensor) that optimizers and modules already hold the elements of `value`, whose shape,
 * dtype and device may be others. What was recorded with the tensor before keeps its old value.
 */
export function adopt(target: Tensor, value: Tensor): void {
  const requiresGrad = target.requiresGrad;
  // Ends the edge that was made for the old shape and dtype.
  target.requiresGrad_(false);
  const { storage, shape } = value;
  Object.defineProperty(target, 'shape', { value: shape, writable: true, enumerable: true, configurable: true });
  Object.assign(target, { storage, layout: null, cachedNode: null, cachedVersion: -1 });
  if (requiresGrad) target.requiresGrad_();
}

/**
 * A parameter of a lazy layer before the first forward: it can be handed to an optimizer, but has neither shape nor
 * values. https://pytorch.org/docs/stable/generated/torch.nn.parameter.UninitializedParameter.html
 */
export class UninitializedParameter extends Parameter {
  constructor(options: { readonly dtype?: DType; readonly device?: Device | 'cpu' | 'webgpu' }) {
    super(empty(0, options));
    // `shape` is a field of every tensor; until there is one, asking for it is a mistake.
    Object.defineProperty(this, 'shape', { get: unknownShape, configurable: true });
  }

  override get node(): Tensor['node'] {
    throw unknown('the values');
  }

  /** Where and of which dtype the values will be. */
  get place(): { readonly dtype: DType; readonly device: Device } {
    return placeOf(this);
  }

  /** Another place for the values to come. */
  relocate(device: Device, dtype: DType): void {
    Object.assign(this, { storage: empty(0, { device, dtype }).storage });
  }

  /** Makes it an ordinary parameter with the elements of `value`. */
  materialize(value: Tensor): void {
    Object.setPrototypeOf(this, Parameter.prototype);
    adopt(this, value);
  }
}

function unknownShape(): Shape {
  throw unknown('the shape');
}

function unknown(what: string): ArgumentError {
  return new ArgumentError({
    op: 'nn.UninitializedParameter',
    fact: `${what} of a lazy layer's parameter was used before the first forward`,
    rule: 'a lazy layer learns its sizes from its first input',
    cure: 'Call the network on one batch first.',
  });
}

/** What a parameter's dtype and device are, also where it has no values yet. */
export function placeOf(parameter: Tensor): { readonly dtype: DType; readonly device: Device } {
  return { dtype: parameter.storage.node.dtype, device: parameter.storage.node.device };
}
