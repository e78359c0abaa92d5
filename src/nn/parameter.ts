// Parameters: tensors that a module owns and an optimizer moves. They are leaves that require grad, print as PyTorch's do,
// and may wait for their shape until the first forward.

import { empty } from '../create/create.ts';
import type { DType } from '../dtype.ts';
import { ArgumentError } from '../errors.ts';
import type { Device } from '../core/graph.ts';
import type { Shape } from '../shape.ts';
import { bind, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';

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

/** Where and of which dtype a value is, or will be. */
export interface Place {
  readonly dtype: DType;
  readonly device: Device;
}

/** What the parameters and buffers of a lazy layer are before the first forward: without shape and values. */
export interface Uninitialized extends Tensor {
  /** Another place for the values to come. */
  relocate(device: Device, dtype: DType): void;
  /** Makes it an ordinary parameter or buffer with the elements of `value`. */
  materialize(value: Tensor): void;
}

/** Whether a parameter or buffer has no values yet. */
export function isUninitialized(tensor: Tensor): tensor is Uninitialized {
  return tensor instanceof UninitializedParameter || tensor instanceof UninitializedBuffer;
}

/** `shape` is a field of every tensor; until there is one, asking for it is a mistake. */
function hideShape(tensor: Tensor): void {
  Object.defineProperty(tensor, 'shape', { get: unknownShape, configurable: true });
}

function relocated(tensor: Tensor, device: Device, dtype: DType): void {
  Object.assign(tensor, { storage: empty(0, { device, dtype }).storage });
}

type PlaceOptions = { readonly dtype?: DType; readonly device?: Device | 'cpu' | 'webgpu' };

/**
 * A parameter of a lazy layer before the first forward: it can be handed to an optimizer, but has neither shape nor
 * values. https://pytorch.org/docs/stable/generated/torch.nn.parameter.UninitializedParameter.html
 */
export class UninitializedParameter extends Parameter implements Uninitialized {
  constructor(options: PlaceOptions) {
    super(empty(0, options));
    hideShape(this);
  }

  override get reprWithoutValues(): string {
    return '<UninitializedParameter>';
  }

  override get node(): Tensor['node'] {
    throw unknown('the values');
  }

  relocate(device: Device, dtype: DType): void {
    relocated(this, device, dtype);
  }

  materialize(value: Tensor): void {
    Object.setPrototypeOf(this, Parameter.prototype);
    adopt(this, value);
  }
}

/**
 * A buffer of a lazy layer before the first forward.
 * https://pytorch.org/docs/stable/generated/torch.nn.parameter.UninitializedBuffer.html
 */
export class UninitializedBuffer extends Tensor implements Uninitialized {
  constructor(options: PlaceOptions) {
    super(empty(0, options).storage, null, null);
    hideShape(this);
  }

  override get reprWithoutValues(): string {
    return '<UninitializedBuffer>';
  }

  override get node(): Tensor['node'] {
    throw unknown('the values');
  }

  relocate(device: Device, dtype: DType): void {
    relocated(this, device, dtype);
  }

  materialize(value: Tensor): void {
    Object.setPrototypeOf(this, Tensor.prototype);
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

/**
 * Gives the parameters and buffers of a lazy layer their shapes; answers whether one of them had none, so that values are
 * to be drawn. Those that a state dict has filled keep their values.
 */
export function settleShapes(list: readonly (readonly [Tensor | null, Shape])[]): boolean {
  const fresh = list.filter(([one]) => one !== null && isUninitialized(one));
  for (const [one, shape] of fresh) (one as Uninitialized).materialize(empty([...shape], placeOf(one as Tensor)));
  return fresh.length > 0;
}

/** What a parameter's dtype and device are, also where it has no values yet. */
export function placeOf(parameter: Tensor): Place {
  return { dtype: parameter.storage.node.dtype, device: parameter.storage.node.device };
}
