// Layers of pools over 1, 2 and 3 spatial dimensions: they hold options and call the function.

import * as ops from '../ops/pool.ts';
import { type Sizes, sizesParam } from '../ops/window.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { bound, pythonText } from './arguments.ts';
import { Module } from './module.ts';

const averageSignature = [
  sizesParam('kernelSize'),
  optional(sizesParam('stride'), null),
  optional(sizesParam('padding'), 0),
  optional(p.bool('ceilMode'), false),
  optional(p.bool('countIncludePad'), true),
  optional(p.number('divisorOverride'), null),
] as const;

type AverageArgs = Args<typeof averageSignature>;

/** What the average pools share. */
abstract class AveragePool extends Module {
  readonly kernelSize: Sizes;
  readonly stride: Sizes;
  readonly padding: Sizes;
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | null;

  constructor(op: string, args: readonly unknown[]) {
    super();
    const [kernelSize, stride, padding, ceilMode, counted, divisor] = bound(op, averageSignature, args);
    this.kernelSize = kernelSize;
    this.stride = stride ?? kernelSize;
    this.padding = padding;
    this.ceilMode = ceilMode;
    this.countIncludePad = counted;
    this.divisorOverride = divisor;
  }

  protected get options() {
    const { stride, padding, ceilMode, countIncludePad, divisorOverride } = this;
    return { stride, padding, ceilMode, countIncludePad, divisorOverride };
  }

  override extraRepr(): string {
    return reprOf(this);
  }
}

const reprOf = ({ kernelSize, stride, padding }: { kernelSize: Sizes; stride: Sizes; padding: Sizes }): string =>
  `kernel_size=${pythonText(kernelSize)}, stride=${pythonText(stride)}, padding=${pythonText(padding)}`;

/** `2` -> `(2,)`: how PyTorch's AvgPool1d keeps and prints its sizes. */
const listed = (size: Sizes): Sizes => (typeof size === 'number' ? [size] : size);

/** The mean of each window of (N, C, L). https://pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html */
export class AvgPool1d extends AveragePool {
  constructor(...args: AverageArgs) {
    super('nn.AvgPool1d', args);
  }

  forward(input: Tensor): Tensor {
    return ops.avgPool1d(input, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding } = this;
    return reprOf({ kernelSize: listed(kernelSize), stride: listed(stride), padding: listed(padding) });
  }
}

/** The mean of each window of (N, C, H, W). https://pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html */
export class AvgPool2d extends AveragePool {
  constructor(...args: AverageArgs) {
    super('nn.AvgPool2d', args);
  }

  forward(input: Tensor): Tensor {
    return ops.avgPool2d(input, this.kernelSize, this.options);
  }
}

/** The mean of each window of (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.AvgPool3d.html */
export class AvgPool3d extends AveragePool {
  constructor(...args: AverageArgs) {
    super('nn.AvgPool3d', args);
  }

  forward(input: Tensor): Tensor {
    return ops.avgPool3d(input, this.kernelSize, this.options);
  }
}

const maximumSignature = [
  sizesParam('kernelSize'),
  optional(sizesParam('stride'), null),
  optional(sizesParam('padding'), 0),
  optional(sizesParam('dilation'), 1),
  optional(p.bool('returnIndices'), false),
  optional(p.bool('ceilMode'), false),
] as const;

/** The options behind the kernel size; with `returnIndices` a call gives the values and their positions. */
export interface MaximumPoolOptions<Indices extends boolean = boolean> {
  readonly stride?: Sizes | null;
  readonly padding?: Sizes;
  readonly dilation?: Sizes;
  readonly returnIndices?: Indices;
  readonly ceilMode?: boolean;
}

/** The last option names the type of the result; the rest are positions as in PyTorch, or all by name. */
export type MaximumPoolArgs<Indices extends boolean> =
  | [kernelSize: Sizes, options?: MaximumPoolOptions<Indices>]
  | [kernelSize: Sizes, stride: Sizes | null, options?: MaximumPoolOptions<Indices>]
  | [kernelSize: Sizes, stride: Sizes | null, padding: Sizes, options?: MaximumPoolOptions<Indices>]
  | [kernelSize: Sizes, stride: Sizes | null, padding: Sizes, dilation: Sizes, options?: MaximumPoolOptions<Indices>]
  | [
      kernelSize: Sizes,
      stride: Sizes | null | undefined,
      padding: Sizes | undefined,
      dilation: Sizes | undefined,
      returnIndices: Indices,
      ceilMode?: boolean | { readonly ceilMode?: boolean },
    ]
  | [options: MaximumPoolOptions<Indices> & { readonly kernelSize: Sizes }];

/** The largest elements, or with them their positions. */
type Largest<Indices extends boolean> = Indices extends true ? ops.Pooled : Tensor;

/** What the maximum pools share. With `returnIndices` forward gives the values and their positions. */
abstract class MaximumPool<Indices extends boolean> extends Module {
  readonly kernelSize: Sizes;
  readonly stride: Sizes;
  readonly padding: Sizes;
  readonly dilation: Sizes;
  readonly returnIndices: Indices;
  readonly ceilMode: boolean;

  constructor(op: string, args: readonly unknown[]) {
    super();
    const [kernelSize, stride, padding, dilation, returnIndices, ceilMode] = bound(op, maximumSignature, args);
    this.kernelSize = kernelSize;
    this.stride = stride ?? kernelSize;
    this.padding = padding;
    this.dilation = dilation;
    this.returnIndices = returnIndices as Indices;
    this.ceilMode = ceilMode;
  }

  protected get options() {
    const { stride, padding, dilation, ceilMode, returnIndices } = this;
    return { stride, padding, dilation, ceilMode, returnIndices };
  }

  override extraRepr(): string {
    return `${reprOf(this)}, dilation=${pythonText(this.dilation)}, ceil_mode=${pythonText(this.ceilMode)}`;
  }
}

/** The largest of each window of (N, C, L). https://pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html */
export class MaxPool1d<Indices extends boolean = false> extends MaximumPool<Indices> {
  constructor(...args: MaximumPoolArgs<Indices>) {
    super('nn.MaxPool1d', args);
  }

  forward(input: Tensor): Largest<Indices> {
    return ops.maxPool1d(input, this.kernelSize, this.options) as Largest<Indices>;
  }
}

/** The largest of each window of (N, C, H, W). https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html */
export class MaxPool2d<Indices extends boolean = false> extends MaximumPool<Indices> {
  constructor(...args: MaximumPoolArgs<Indices>) {
    super('nn.MaxPool2d', args);
  }

  forward(input: Tensor): Largest<Indices> {
    return ops.maxPool2d(input, this.kernelSize, this.options) as Largest<Indices>;
  }
}

/** The largest of each window of (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.MaxPool3d.html */
export class MaxPool3d<Indices extends boolean = false> extends MaximumPool<Indices> {
  constructor(...args: MaximumPoolArgs<Indices>) {
    super('nn.MaxPool3d', args);
  }

  forward(input: Tensor): Largest<Indices> {
    return ops.maxPool3d(input, this.kernelSize, this.options) as Largest<Indices>;
  }
}
