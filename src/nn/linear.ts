// Layers that map features and shapes: Linear, its lazy twin, Flatten, Unflatten, Identity.

import { empty } from '../create/create.ts';
import type { DType } from '../dtype.ts';
import { ArgumentError } from '../errors.ts';
import type { Device } from '../core/graph.ts';
import { linear } from '../ops/nn.ts';
import { flatten, unflatten } from '../ops/view.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { bound, pythonText } from './arguments.ts';
import * as init from './init.ts';
import { Module } from './module.ts';
import { Parameter, settleShapes, UninitializedParameter } from './parameter.ts';

/** Where a layer's parameters are made, and of which dtype. */
export interface FactoryOptions {
  readonly device?: Device | 'cpu' | 'webgpu';
  readonly dtype?: DType;
}

/** The trailing options of `Linear`. */
export interface LinearOptions<Bias extends boolean = boolean> extends FactoryOptions {
  /** Whether there is a bias; true by default. */
  readonly bias?: Bias;
}

const factory = [
  optional(p.bool('bias'), true),
  optional(p.device('device'), null),
  optional(p.dtype('dtype'), null),
] as const;
const linearSignature = [p.int('inFeatures'), p.int('outFeatures'), ...factory] as const;
const lazySignature = [p.int('outFeatures'), ...factory] as const;

type Place = Device | 'cpu' | 'webgpu' | null;
const placed = (device: Place, dtype: DType | null) => ({ device: device ?? undefined, dtype: dtype ?? undefined });

/**
 * y = x A^T + b: input (.., inFeatures) -> (.., outFeatures), weight (outFeatures, inFeatures), bias (outFeatures) or null.
 * https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
 */
export class Linear<Bias extends boolean = true> extends Module {
  inFeatures: number;
  readonly outFeatures: number;
  readonly weight: Parameter;
  readonly bias: Bias extends false ? null : Parameter;

  constructor(inFeatures: number, outFeatures: number, options?: LinearOptions<Bias>);
  constructor(inFeatures: number, options: { readonly outFeatures: number } & LinearOptions<Bias>);
  constructor(inFeatures: number, outFeatures: number, bias: Bias, options?: FactoryOptions);
  constructor(
    inFeatures: number,
    outFeatures: number,
    bias: Bias,
    device: Place,
    dtype?: DType | FactoryOptions | null,
  );
  constructor(options: { readonly inFeatures: number; readonly outFeatures: number } & LinearOptions<Bias>);
  constructor(...args: unknown[]) {
    super();
    const [inFeatures, outFeatures, bias, device, dtype] = bound('nn.Linear', linearSignature, args);
    const lazy = this instanceof LazyLinear;
    for (const [name, size] of Object.entries({ inFeatures, outFeatures })) {
      if (size >= 0) continue;
      throw new ArgumentError({ op: 'nn.Linear', fact: `${name} is ${size}`, rule: 'it must not be negative' });
    }
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    const options = placed(device, dtype);
    const make = (...size: number[]): Parameter =>
      lazy ? new UninitializedParameter(options) : new Parameter(empty(size, options));
    this.weight = make(outFeatures, inFeatures);
    this.bias = (bias ? make(outFeatures) : null) as typeof this.bias;
    if (!lazy) this.resetParameters();
  }

  /** Draws the parameters anew: both uniform on +-1 / sqrt(inFeatures), the weight first. */
  resetParameters(): void {
    // As in PyTorch, by the formula of a leaky rectifier of slope sqrt(5), whose bound is 1 / sqrt(fanIn).
    init.kaimingUniform_(this.weight, Math.sqrt(5));
    const edge = this.inFeatures > 0 ? 1 / Math.sqrt(this.inFeatures) : 0;
    if (this.bias !== null) init.uniform_(this.bias, -edge, edge);
  }

  forward(input: Tensor): Tensor {
    return linear(input, this.weight, this.bias);
  }

  override extraRepr(): string {
    return `in_features=${this.inFeatures}, out_features=${this.outFeatures}, bias=${pythonText(this.bias !== null)}`;
  }
}

/**
 * A Linear that learns inFeatures from its first input, draws its parameters then, and is a Linear from there on.
 * https://pytorch.org/docs/stable/generated/torch.nn.LazyLinear.html
 */
export class LazyLinear<Bias extends boolean = true> extends Linear<Bias> {
  constructor(outFeatures: number, options?: LinearOptions<Bias>);
  constructor(outFeatures: number, bias: Bias, options?: FactoryOptions);
  constructor(outFeatures: number, bias: Bias, device: Place, dtype?: DType | FactoryOptions | null);
  constructor(options: { readonly outFeatures: number } & LinearOptions<Bias>);
  constructor(...args: unknown[]) {
    const [outFeatures, bias, device, dtype] = bound('nn.LazyLinear', lazySignature, args);
    super(0, outFeatures, { bias: bias as Bias, ...placed(device, dtype) });
  }

  /** Nothing to draw before the sizes are known. */
  override resetParameters(): void {
    if (!(this.weight instanceof UninitializedParameter)) super.resetParameters();
  }

  override forward(input: Tensor): Tensor {
    const features = input.shape.at(-1);
    if (features === undefined) {
      throw new ArgumentError({
        op: 'nn.LazyLinear',
        fact: 'an input of 0 dimensions',
        rule: 'the last dimension gives inFeatures',
      });
    }
    this.inFeatures = this.weight instanceof UninitializedParameter ? features : this.weight.shape[1];
    const fresh = settleShapes([
      [this.weight, [this.outFeatures, this.inFeatures]],
      [this.bias, [this.outFeatures]],
    ]);
    Object.setPrototypeOf(this, Linear.prototype);
    if (fresh) this.resetParameters();
    return this.forward(input);
  }
}

const flattenSignature = [optional(p.int('startDim'), 1), optional(p.int('endDim'), -1)] as const;

/** Dimensions startDim to endDim as one. https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  constructor(...args: Args<typeof flattenSignature>) {
    super();
    [this.startDim, this.endDim] = bound('nn.Flatten', flattenSignature, args);
  }

  forward(input: Tensor): Tensor {
    return flatten(input, this.startDim, this.endDim);
  }

  override extraRepr(): string {
    return `start_dim=${this.startDim}, end_dim=${this.endDim}`;
  }
}

const unflattenSignature = [p.int('dim'), p.ints('unflattenedSize')] as const;

/** Dimension `dim` as several of the sizes given; one may be -1. https://pytorch.org/docs/stable/generated/torch.nn.Unflatten.html */
export class Unflatten extends Module {
  readonly dim: number;
  readonly unflattenedSize: readonly number[];

  constructor(...args: Args<typeof unflattenSignature>) {
    super();
    [this.dim, this.unflattenedSize] = bound('nn.Unflatten', unflattenSignature, args);
  }

  forward(input: Tensor): Tensor {
    return unflatten(input, this.dim, this.unflattenedSize);
  }

  override extraRepr(): string {
    return `dim=${this.dim}, unflattened_size=${pythonText(this.unflattenedSize)}`;
  }
}

/** Its input; takes any arguments, which it ignores. https://pytorch.org/docs/stable/generated/torch.nn.Identity.html */
export class Identity extends Module {
  constructor(..._ignored: unknown[]) {
    super();
  }

  forward(input: Tensor): Tensor {
    return input;
  }
}
