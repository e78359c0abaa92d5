// Layers of transposed convolution over 1, 2 and 3 spatial dimensions: each element of the input paints its kernel.

import { ArgumentError, ShapeError } from '../errors.ts';
import { convTranspose1d, convTranspose2d, convTranspose3d } from '../ops/convolution.ts';
import { type Sizes, sizesParam } from '../ops/window.ts';
import { formatShape } from '../shape.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { boundByName, placeParams } from './arguments.ts';
import { Convolution } from './convolution.ts';
import type { FactoryOptions } from './linear.ts';

const paddingModeParam = p.custom<'zeros'>()('paddingMode', "'zeros'", (v) => v === 'zeros');

const options = [
  optional(sizesParam('stride'), 1),
  optional(sizesParam('padding'), 0),
  optional(sizesParam('outputPadding'), 0),
  optional(p.int('groups'), 1),
  optional(p.bool('bias'), true),
  optional(sizesParam('dilation'), 1),
  optional(paddingModeParam, 'zeros'),
  ...placeParams,
] as const;
const signature = [p.int('inChannels'), p.int('outChannels'), sizesParam('kernelSize'), ...options] as const;

/** The parameters without inChannels, which the first input of a lazy layer gives. */
export const lazyTransposedSignature = [p.int('outChannels'), sizesParam('kernelSize'), ...options] as const;

/** The trailing options of a transposed convolution: sizes are one number, or one for each spatial dimension. */
export interface ConvTransposeOptions<Bias extends boolean = boolean> extends FactoryOptions {
  readonly stride?: Sizes;
  /** Takes as many elements off each edge of the output. */
  readonly padding?: Sizes;
  /** Adds as many elements at one edge of the output. */
  readonly outputPadding?: Sizes;
  readonly groups?: number;
  readonly bias?: Bias;
  readonly dilation?: Sizes;
  readonly paddingMode?: 'zeros';
}

/** Positions as in PyTorch with the rest as options at the end, or all by name. */
export type ConvTransposeArgs<Bias extends boolean> =
  | [inChannels: number, outChannels: number, kernelSize: Sizes, options?: ConvTransposeOptions<Bias>]
  | [inChannels: number, outChannels: number, kernelSize: Sizes, stride: Sizes, options?: ConvTransposeOptions<Bias>]
  | Args<typeof signature>;

/** What the transposed convolutions share. */
abstract class TransposedConvolution<Bias extends boolean> extends Convolution<Bias> {
  constructor(op: string, rank: number, args: readonly unknown[]) {
    super(op, rank, boundByName(op, signature, args));
  }

  protected override get weightShape(): readonly number[] {
    return [this.inChannels, this.outChannels / this.groups, ...this.kernelSize];
  }

  /** What the functions take besides input, weight and bias; `outputSize` decides the output padding. */
  protected optionsFor(input: Tensor, outputSize: readonly number[] | null) {
    const { stride, padding, dilation, groups } = this;
    const outputPadding = outputSize === null ? this.outputPadding : this.paddingFor(input, outputSize);
    return { stride, padding: padding as readonly number[], dilation, groups, outputPadding };
  }

  /** Among the sizes that a convolution brings to that of the input, the output padding of the one that is asked for. */
  private paddingFor(input: Tensor, outputSize: readonly number[]): number[] {
    const rank = this.kernelSize.length;
    const op = `nn.${this.typeName()}`;
    const sizes = input.shape.slice(-rank);
    const wanted = outputSize.length === rank ? outputSize : outputSize.slice(-rank);
    if (wanted.length !== rank || outputSize.length > rank + 2) {
      throw new ArgumentError({
        op,
        fact: `outputSize is ${formatShape(outputSize)}`,
        rule: `it must have ${rank} sizes, or those of the whole output`,
      });
    }
    return sizes.map((size, at) => {
      const span = this.dilation[at] * (this.kernelSize[at] - 1) + 1;
      const least = (size - 1) * this.stride[at] - 2 * (this.padding as readonly number[])[at] + span;
      const extra = wanted[at] - least;
      if (extra >= 0 && extra < this.stride[at]) return extra;
      throw new ShapeError({
        op,
        fact: `outputSize ${formatShape(wanted)} for input ${formatShape(input.shape)}`,
        rule: `dimension ${at} can be ${least} to ${least + this.stride[at] - 1}`,
      });
    });
  }
}

/**
 * input (N, inChannels, L) or without N -> (N, outChannels, (L - 1) stride - 2 padding + dilation (kernelSize - 1) +
 * outputPadding + 1). weight (inChannels, outChannels / groups, kernelSize), bias (outChannels) or null.
 * https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html
 */
export class ConvTranspose1d<Bias extends boolean = true> extends TransposedConvolution<Bias> {
  constructor(...args: ConvTransposeArgs<Bias>) {
    super('nn.ConvTranspose1d', 1, args);
  }

  forward(input: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return convTranspose1d(input, this.weight, this.bias, this.optionsFor(input, outputSize));
  }
}

/** The same over (N, inChannels, H, W). https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html */
export class ConvTranspose2d<Bias extends boolean = true> extends TransposedConvolution<Bias> {
  constructor(...args: ConvTransposeArgs<Bias>) {
    super('nn.ConvTranspose2d', 2, args);
  }

  forward(input: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return convTranspose2d(input, this.weight, this.bias, this.optionsFor(input, outputSize));
  }
}

/** The same over (N, inChannels, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose3d.html */
export class ConvTranspose3d<Bias extends boolean = true> extends TransposedConvolution<Bias> {
  constructor(...args: ConvTransposeArgs<Bias>) {
    super('nn.ConvTranspose3d', 3, args);
  }

  forward(input: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return convTranspose3d(input, this.weight, this.bias, this.optionsFor(input, outputSize));
  }
}
