// Layers of convolution over 1, 2 and 3 spatial dimensions: one base that holds sizes and parameters, one class a rank.

import { empty } from '../create/create.ts';
import { ArgumentError } from '../errors.ts';
import { conv1d, conv2d, conv3d, type Padding, paddingParam } from '../ops/convolution.ts';
import { pad } from '../ops/pad.ts';
import { batched, eachDimension, type Sizes, sizesParam } from '../ops/window.ts';
import { optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { boundByName, type Named, placeOptions, placeParams, pythonText } from './arguments.ts';
import * as init from './init.ts';
import type { FactoryOptions } from './linear.ts';
import { Module } from './module.ts';
import { Parameter, settleShapes, UninitializedParameter } from './parameter.ts';

const paddingModes = ['zeros', 'reflect', 'replicate', 'circular'] as const;

/** What stands around the input of a convolution. */
export type PaddingMode = (typeof paddingModes)[number];

const paddingModeParam = p.custom<PaddingMode>()('paddingMode', paddingModes.map((one) => `'${one}'`).join(', '), (v) =>
  (paddingModes as readonly unknown[]).includes(v),
);

/** The trailing options of a convolution: sizes are one number, or one for each spatial dimension. */
export interface ConvOptions<Bias extends boolean = boolean> extends FactoryOptions {
  readonly stride?: Sizes;
  /** Zeros around the input; 'same' keeps its size (stride 1 only), 'valid' is none. */
  readonly padding?: Padding;
  readonly dilation?: Sizes;
  /** Channels are convolved in this many groups of their own. */
  readonly groups?: number;
  /** Whether there is a bias; true by default. */
  readonly bias?: Bias;
  /** What stands around the input: zeros, or its own elements. */
  readonly paddingMode?: PaddingMode;
}

/** The same options with everything named. */
export interface NamedConvOptions<Bias extends boolean = boolean> extends ConvOptions<Bias> {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: Sizes;
}

const options = [
  optional(sizesParam('stride'), 1),
  optional(paddingParam, 0),
  optional(sizesParam('dilation'), 1),
  optional(p.int('groups'), 1),
  optional(p.bool('bias'), true),
  optional(paddingModeParam, 'zeros'),
  ...placeParams,
] as const;
const signature = [p.int('inChannels'), p.int('outChannels'), sizesParam('kernelSize'), ...options] as const;

/** The parameters of a convolution without inChannels, which the first input of a lazy one gives. */
export const lazySignature = [p.int('outChannels'), sizesParam('kernelSize'), ...options] as const;

/** What all convolutions are made of, as it was given. */
export interface ConvolutionParts extends Named<typeof placeParams> {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: Sizes;
  readonly stride: Sizes;
  readonly padding: Padding;
  readonly outputPadding: Sizes;
  readonly dilation: Sizes;
  readonly groups: number;
  readonly bias: boolean;
  readonly paddingMode: PaddingMode;
}

/** What all convolutions and transposed ones share; `rank` spatial dimensions. */
export abstract class Convolution<Bias extends boolean> extends Module {
  inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | 'same' | 'valid';
  readonly outputPadding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  readonly weight: Parameter;
  readonly bias: Bias extends false ? null : Parameter;

  constructor(op: string, rank: number, parts: ConvolutionParts) {
    super();
    const { inChannels, outChannels, padding, groups, paddingMode } = parts;
    for (const [name, count] of Object.entries({ ...(this.lazy ? {} : { inChannels }), outChannels })) {
      if (groups >= 1 && count >= 1 && count % groups === 0) continue;
      throw new ArgumentError({
        op,
        fact: `${name} is ${count} with groups ${groups}`,
        rule: 'both are at least 1, and groups divides the channels',
      });
    }
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = eachDimension(op, 'kernelSize', parts.kernelSize, rank, 1);
    this.stride = eachDimension(op, 'stride', parts.stride, rank, 1);
    this.padding = typeof padding === 'string' ? padding : eachDimension(op, 'padding', padding, rank, 0);
    this.outputPadding = eachDimension(op, 'outputPadding', parts.outputPadding, rank, 0);
    this.dilation = eachDimension(op, 'dilation', parts.dilation, rank, 1);
    this.groups = groups;
    this.paddingMode = paddingMode;
    if (padding === 'same' && this.stride.some((step) => step !== 1)) {
      throw new ArgumentError({
        op,
        fact: `padding 'same' with stride [${this.stride.join(', ')}]`,
        rule: 'the output has the size of the input only where the stride is 1',
      });
    }
    const place = placeOptions(parts);
    const make = (size: readonly number[]): Parameter =>
      this.lazy ? new UninitializedParameter(place) : new Parameter(empty([...size], place));
    this.weight = make(this.weightShape);
    this.bias = (parts.bias ? make([outChannels]) : null) as typeof this.bias;
    if (!this.lazy) this.resetParameters();
  }

  /** Whether the input channels are yet to come. */
  protected get lazy(): boolean {
    return false;
  }

  /** (outputs, inputs / groups, kernel..); of a transposed convolution with inputs and outputs exchanged. */
  protected get weightShape(): readonly number[] {
    return [this.outChannels, this.inChannels / this.groups, ...this.kernelSize];
  }

  /** Draws the parameters anew: both uniform on +-1 / sqrt(inChannels / groups * kernel), the weight first. */
  resetParameters(): void {
    // As in PyTorch, by the formula of a leaky rectifier of slope sqrt(5), whose bound is 1 / sqrt(fanIn).
    init.kaimingUniform_(this.weight, Math.sqrt(5));
    const fanIn = this.weight.shape.slice(1).reduce((product, size) => product * size, 1);
    if (this.bias !== null) init.uniform_(this.bias, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn));
  }

  /** Gives a lazy layer its input channels, and with them its parameters; it is an instance of `eager` from then on. */
  protected settle(eager: { readonly prototype: Module }, input: Tensor): void {
    const rank = this.kernelSize.length;
    const channels = batched(`nn.${this.typeName()}`, input, rank).shape[1];
    if (channels < 1 || channels % this.groups !== 0) {
      throw new ArgumentError({
        op: `nn.${this.typeName()}`,
        fact: `an input of ${channels} channels with groups ${this.groups}`,
        rule: 'groups divides the channels',
      });
    }
    this.inChannels = channels;
    const fresh = settleShapes([
      [this.weight, this.weightShape],
      [this.bias, [this.outChannels]],
    ]);
    Object.setPrototypeOf(this, eager.prototype);
    if (fresh) this.resetParameters();
  }

  /** What the functions take besides input, weight and bias. */
  protected get options() {
    const { stride, dilation, groups } = this;
    return { stride, padding: this.paddingMode === 'zeros' ? this.padding : 0, dilation, groups };
  }

  /** The input, with its own elements around it where the padding is not zeros, which the functions add themselves. */
  protected around(input: Tensor): Tensor {
    const { padding, paddingMode } = this;
    if (paddingMode === 'zeros' || padding === 'valid') return input;
    // Before and behind each dimension, the last one first; an odd rest of 'same' goes behind.
    const sizes = this.kernelSize.flatMap((kernel, at) => {
      const total = padding === 'same' ? this.dilation[at] * (kernel - 1) : 2 * padding[at];
      const low = Math.floor(total / 2);
      return [total - low, low];
    });
    return pad(input, sizes.reverse(), paddingMode);
  }

  override extraRepr(): string {
    const { padding, dilation, outputPadding, groups } = this;
    const padded = typeof padding === 'string' || padding.some((size) => size !== 0);
    return [
      `${this.inChannels}, ${this.outChannels}`,
      `kernel_size=${pythonText(this.kernelSize)}`,
      `stride=${pythonText(this.stride)}`,
      ...(padded ? [`padding=${typeof padding === 'string' ? padding : pythonText(padding)}`] : []),
      ...(dilation.some((size) => size !== 1) ? [`dilation=${pythonText(dilation)}`] : []),
      ...(outputPadding.some((size) => size !== 0) ? [`output_padding=${pythonText(outputPadding)}`] : []),
      ...(groups === 1 ? [] : [`groups=${groups}`]),
      ...(this.bias === null ? ['bias=False'] : []),
      ...(this.paddingMode === 'zeros' ? [] : [`padding_mode=${this.paddingMode}`]),
    ].join(', ');
  }
}

/** The parts of a convolution from its arguments. */
function partsOf(op: string, args: readonly unknown[]): ConvolutionParts {
  return { ...boundByName(op, signature, args), outputPadding: 0 };
}

/** What every layer takes: positions as in PyTorch, as many as wanted, and the rest as options at the end. */
export type ConvolutionArgs<Bias extends boolean> =
  | [inChannels: number, options: Omit<NamedConvOptions<Bias>, 'inChannels'>]
  | [inChannels: number, outChannels: number, options: Omit<NamedConvOptions<Bias>, 'inChannels' | 'outChannels'>]
  | [inChannels: number, outChannels: number, kernelSize: Sizes, options?: ConvOptions<Bias>]
  | [inChannels: number, outChannels: number, kernelSize: Sizes, stride: Sizes, options?: ConvOptions<Bias>]
  | [
      inChannels: number,
      outChannels: number,
      kernelSize: Sizes,
      stride: Sizes,
      padding: Padding,
      options?: ConvOptions<Bias>,
    ]
  | [
      ...all: [inChannels: number, outChannels: number, kernelSize: Sizes, stride: Sizes, padding: Padding],
      dilation: Sizes,
      options?: ConvOptions<Bias>,
    ]
  | [
      ...all: [inChannels: number, outChannels: number, kernelSize: Sizes, stride: Sizes, padding: Padding],
      dilation: Sizes,
      groups: number,
      options?: ConvOptions<Bias>,
    ]
  | [
      ...all: [inChannels: number, outChannels: number, kernelSize: Sizes, stride: Sizes, padding: Padding],
      dilation: Sizes,
      groups: number,
      bias: Bias,
      paddingMode?: PaddingMode | ConvOptions<Bias>,
      options?: FactoryOptions,
    ]
  | [options: NamedConvOptions<Bias>];

/**
 * input (N, inChannels, L) or without N -> (N, outChannels, (L + 2 padding - dilation (kernelSize - 1) - 1) / stride + 1).
 * weight (outChannels, inChannels / groups, kernelSize), bias (outChannels) or null.
 * https://pytorch.org/docs/stable/generated/torch.nn.Conv1d.html
 */
export class Conv1d<Bias extends boolean = true> extends Convolution<Bias> {
  constructor(...args: ConvolutionArgs<Bias>) {
    super('nn.Conv1d', 1, partsOf('nn.Conv1d', args));
  }

  forward(input: Tensor): Tensor {
    return conv1d(this.around(input), this.weight, this.bias, this.options);
  }
}

/**
 * input (N, inChannels, H, W) or without N -> (N, outChannels, oH, oW), oH = (H + 2 padding - dilation (kernelSize - 1) - 1)
 * / stride + 1. weight (outChannels, inChannels / groups, kH, kW), bias (outChannels) or null.
 * https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 */
export class Conv2d<Bias extends boolean = true> extends Convolution<Bias> {
  constructor(...args: ConvolutionArgs<Bias>) {
    super('nn.Conv2d', 2, partsOf('nn.Conv2d', args));
  }

  forward(input: Tensor): Tensor {
    return conv2d(this.around(input), this.weight, this.bias, this.options);
  }
}

/**
 * input (N, inChannels, D, H, W) or without N -> (N, outChannels, oD, oH, oW); weight (outChannels, inChannels / groups, kD,
 * kH, kW), bias (outChannels) or null. https://pytorch.org/docs/stable/generated/torch.nn.Conv3d.html
 */
export class Conv3d<Bias extends boolean = true> extends Convolution<Bias> {
  constructor(...args: ConvolutionArgs<Bias>) {
    super('nn.Conv3d', 3, partsOf('nn.Conv3d', args));
  }

  forward(input: Tensor): Tensor {
    return conv3d(this.around(input), this.weight, this.bias, this.options);
  }
}
