// Layers of pools whose output size is given, of the way back from maximum pools, and of pools by a power mean.

import * as adaptive from '../ops/adaptive.ts';
import { lpPool1d, lpPool2d, lpPool3d, type Pooled } from '../ops/pool.ts';
import { maxUnpool1d, maxUnpool2d, maxUnpool3d } from '../ops/unpool.ts';
import { eachDimension, sizesParam } from '../ops/window.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { boundByName } from './arguments.ts';
import { Module } from './module.ts';
import { named, optionModule } from './option-module.ts';

const averageOptions = [adaptive.outputSizeParam] as const;
const size = (o: { readonly outputSize: adaptive.OutputSize }) => named(o, 'outputSize');

/** (N, C, L) -> (N, C, outputSize) by means. https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool1d.html */
export class AdaptiveAvgPool1d extends optionModule(
  averageOptions,
  (o, input: Tensor) => adaptive.adaptiveAvgPool1d(input, o.outputSize),
  size,
) {}

/** (N, C, H, W) -> (N, C, outputSize..) by means; null keeps a size. https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html */
export class AdaptiveAvgPool2d extends optionModule(
  averageOptions,
  (o, input: Tensor) => adaptive.adaptiveAvgPool2d(input, o.outputSize),
  size,
) {}

/** The same over (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool3d.html */
export class AdaptiveAvgPool3d extends optionModule(
  averageOptions,
  (o, input: Tensor) => adaptive.adaptiveAvgPool3d(input, o.outputSize),
  size,
) {}

const maximumOptions = [adaptive.outputSizeParam, optional(p.bool('returnIndices'), false)] as const;

/** The values, or where `returnIndices` is on the values and their positions, typed as the values alone. */
function pooled(
  fn: adaptive.AdaptiveMaxPool,
  input: Tensor,
  { outputSize, returnIndices }: { readonly outputSize: adaptive.OutputSize; readonly returnIndices: boolean },
): Tensor {
  const result: Tensor | Pooled = returnIndices ? fn(input, outputSize, true) : fn(input, outputSize);
  return result as Tensor;
}

/** (N, C, L) -> (N, C, outputSize) by the largest. https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool1d.html */
export class AdaptiveMaxPool1d extends optionModule(
  maximumOptions,
  (o, input: Tensor) => pooled(adaptive.adaptiveMaxPool1d, input, o),
  size,
) {}

/** (N, C, H, W) -> (N, C, outputSize..) by the largest; null keeps a size. https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html */
export class AdaptiveMaxPool2d extends optionModule(
  maximumOptions,
  (o, input: Tensor) => pooled(adaptive.adaptiveMaxPool2d, input, o),
  size,
) {}

/** The same over (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool3d.html */
export class AdaptiveMaxPool3d extends optionModule(
  maximumOptions,
  (o, input: Tensor) => pooled(adaptive.adaptiveMaxPool3d, input, o),
  size,
) {}

const unpoolSignature = [
  sizesParam('kernelSize'),
  optional(sizesParam('stride'), null),
  optional(sizesParam('padding'), 0),
] as const;

/** What the layers back from maximum pools share; sizes are listed for each dimension. */
abstract class MaxUnpool extends Module {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];

  constructor(op: string, rank: number, args: readonly unknown[]) {
    super();
    const { kernelSize, stride, padding } = boundByName(op, unpoolSignature, args);
    this.kernelSize = eachDimension(op, 'kernelSize', kernelSize, rank, 1);
    this.stride = eachDimension(op, 'stride', stride ?? kernelSize, rank, 1);
    this.padding = eachDimension(op, 'padding', padding, rank, 0);
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding } = this;
    return named({ kernelSize, stride, padding }, 'kernelSize', 'stride', 'padding').join(', ');
  }
}

type UnpoolArgs = Args<typeof unpoolSignature>;

/** The values of a MaxPool1d at their places, 0 elsewhere. https://pytorch.org/docs/stable/generated/torch.nn.MaxUnpool1d.html */
export class MaxUnpool1d extends MaxUnpool {
  constructor(...args: UnpoolArgs) {
    super('nn.MaxUnpool1d', 1, args);
  }

  forward(input: Tensor, indices: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return maxUnpool1d(input, indices, this.kernelSize, this.stride, this.padding, outputSize);
  }
}

/** The values of a MaxPool2d at their places, 0 elsewhere. https://pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html */
export class MaxUnpool2d extends MaxUnpool {
  constructor(...args: UnpoolArgs) {
    super('nn.MaxUnpool2d', 2, args);
  }

  forward(input: Tensor, indices: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return maxUnpool2d(input, indices, this.kernelSize, this.stride, this.padding, outputSize);
  }
}

/** The values of a MaxPool3d at their places, 0 elsewhere. https://pytorch.org/docs/stable/generated/torch.nn.MaxUnpool3d.html */
export class MaxUnpool3d extends MaxUnpool {
  constructor(...args: UnpoolArgs) {
    super('nn.MaxUnpool3d', 3, args);
  }

  forward(input: Tensor, indices: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return maxUnpool3d(input, indices, this.kernelSize, this.stride, this.padding, outputSize);
  }
}

const normOptions = [
  p.number('normType'),
  sizesParam('kernelSize'),
  optional(sizesParam('stride'), null),
  optional(p.bool('ceilMode'), false),
] as const;
const normText = (o: Readonly<Record<'normType' | 'kernelSize' | 'stride' | 'ceilMode', unknown>>) =>
  named(o, 'normType', 'kernelSize', 'stride', 'ceilMode');

/** The normType-th root of the sum of powers over each window. https://pytorch.org/docs/stable/generated/torch.nn.LPPool1d.html */
export class LPPool1d extends optionModule(
  normOptions,
  (o, input: Tensor) => lpPool1d(input, o.normType, o.kernelSize, o.stride, o.ceilMode),
  normText,
) {}

/** The same over (N, C, H, W). https://pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html */
export class LPPool2d extends optionModule(
  normOptions,
  (o, input: Tensor) => lpPool2d(input, o.normType, o.kernelSize, o.stride, o.ceilMode),
  normText,
) {}

/** The same over (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.LPPool3d.html */
export class LPPool3d extends optionModule(
  normOptions,
  (o, input: Tensor) => lpPool3d(input, o.normType, o.kernelSize, o.stride, o.ceilMode),
  normText,
) {}
