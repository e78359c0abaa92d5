// The lazy twins of convolutions and of norms over channels: they learn the number of channels from their first input, make
// and draw their parameters then, and are instances of the eager class from there on.
// https://pytorch.org/docs/stable/generated/torch.nn.modules.lazy.LazyModuleMixin.html

import type { Args, Param } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { boundByName } from './arguments.ts';
import {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  batchOptions,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
} from './batch-normalization.ts';
import { Conv1d, Conv2d, Conv3d, type ConvOptions, lazySignature } from './convolution.ts';
import {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeOptions,
  lazyTransposedSignature,
} from './convolution-transposed.ts';
import type { Sizes } from '../ops/window.ts';

type LazyArgs<Options, All> =
  | [outChannels: number, kernelSize: Sizes, options?: Options]
  | [outChannels: number, kernelSize: Sizes, stride: Sizes, options?: Options]
  | [options: { readonly outChannels: number; readonly kernelSize: Sizes } & Options]
  | All;
type LazyConvArgs<Bias extends boolean> = LazyArgs<ConvOptions<Bias>, Args<typeof lazySignature>>;
type LazyTransposedArgs<Bias extends boolean> = LazyArgs<
  ConvTransposeOptions<Bias>,
  Args<typeof lazyTransposedSignature>
>;

/** The arguments of an eager class by name: those of the lazy one, and a count that is yet to come. */
function withCount(op: string, count: string, signature: readonly Param[], args: readonly unknown[]): never {
  return { ...boundByName(op, signature, args), [count]: 0 } as never;
}

/** Conv1d without inChannels. https://pytorch.org/docs/stable/generated/torch.nn.LazyConv1d.html */
export class LazyConv1d<Bias extends boolean = true> extends Conv1d<Bias> {
  constructor(...args: LazyConvArgs<Bias>) {
    super(withCount('nn.LazyConv1d', 'inChannels', lazySignature, args));
  }

  protected override get lazy(): boolean {
    return true;
  }

  override forward(input: Tensor): Tensor {
    this.settle(Conv1d, input);
    return this.forward(input);
  }
}

/** Conv2d without inChannels. https://pytorch.org/docs/stable/generated/torch.nn.LazyConv2d.html */
export class LazyConv2d<Bias extends boolean = true> extends Conv2d<Bias> {
  constructor(...args: LazyConvArgs<Bias>) {
    super(withCount('nn.LazyConv2d', 'inChannels', lazySignature, args));
  }

  protected override get lazy(): boolean {
    return true;
  }

  override forward(input: Tensor): Tensor {
    this.settle(Conv2d, input);
    return this.forward(input);
  }
}

/** Conv3d without inChannels. https://pytorch.org/docs/stable/generated/torch.nn.LazyConv3d.html */
export class LazyConv3d<Bias extends boolean = true> extends Conv3d<Bias> {
  constructor(...args: LazyConvArgs<Bias>) {
    super(withCount('nn.LazyConv3d', 'inChannels', lazySignature, args));
  }

  protected override get lazy(): boolean {
    return true;
  }

  override forward(input: Tensor): Tensor {
    this.settle(Conv3d, input);
    return this.forward(input);
  }
}

/** ConvTranspose1d without inChannels. https://pytorch.org/docs/stable/generated/torch.nn.LazyConvTranspose1d.html */
export class LazyConvTranspose1d<Bias extends boolean = true> extends ConvTranspose1d<Bias> {
  constructor(...args: LazyTransposedArgs<Bias>) {
    super(withCount('nn.LazyConvTranspose1d', 'inChannels', lazyTransposedSignature, args));
  }

  protected override get lazy(): boolean {
    return true;
  }

  override forward(input: Tensor, outputSize: readonly number[] | null = null): Tensor {
    this.settle(ConvTranspose1d, input);
    return this.forward(input, outputSize);
  }
}

/** ConvTranspose2d without inChannels. https://pytorch.org/docs/stable/generated/torch.nn.LazyConvTranspose2d.html */
export class LazyConvTranspose2d<Bias extends boolean = true> extends ConvTranspose2d<Bias> {
  constructor(...args: LazyTransposedArgs<Bias>) {
    super(withCount('nn.LazyConvTranspose2d', 'inChannels', lazyTransposedSignature, args));
  }

  protected override get lazy(): boolean {
    return true;
  }

  override forward(input: Tensor, outputSize: readonly number[] | null = null): Tensor {
    this.settle(ConvTranspose2d, input);
    return this.forward(input, outputSize);
  }
}

/** ConvTranspose3d without inChannels. https://pytorch.org/docs/stable/generated/torch.nn.LazyConvTranspose3d.html */
export class LazyConvTranspose3d<Bias extends boolean = true> extends ConvTranspose3d<Bias> {
  constructor(...args: LazyTransposedArgs<Bias>) {
    super(withCount('nn.LazyConvTranspose3d', 'inChannels', lazyTransposedSignature, args));
  }

  protected override get lazy(): boolean {
    return true;
  }

  override forward(input: Tensor, outputSize: readonly number[] | null = null): Tensor {
    this.settle(ConvTranspose3d, input);
    return this.forward(input, outputSize);
  }
}

/** BatchNorm1d without numFeatures. https://pytorch.org/docs/stable/generated/torch.nn.LazyBatchNorm1d.html */
export class LazyBatchNorm1d extends BatchNorm1d {
  constructor(...args: Args<typeof batchOptions>) {
    super(withCount('nn.LazyBatchNorm1d', 'numFeatures', batchOptions, args));
  }

  protected override get lazy(): boolean {
    return true;
  }

  override forward(input: Tensor): Tensor {
    this.checkDimensions(input);
    this.settle(BatchNorm1d, input.shape[1]);
    return this.forward(input);
  }
}

/** BatchNorm2d without numFeatures. https://pytorch.org/docs/stable/generated/torch.nn.LazyBatchNorm2d.html */
export class LazyBatchNorm2d extends BatchNorm2d {
  constructor(...args: Args<typeof batchOptions>) {
    super(withCount('nn.LazyBatchNorm2d', 'numFeatures', batchOptions, args));
  }

  protected override get lazy(): boolean {
    return true;
  }

  override forward(input: Tensor): Tensor {
    this.checkDimensions(input);
    this.settle(BatchNorm2d, input.shape[1]);
    return this.forward(input);
  }
}

/** BatchNorm3d without numFeatures. https://pytorch.org/docs/stable/generated/torch.nn.LazyBatchNorm3d.html */
export class LazyBatchNorm3d extends BatchNorm3d {
  constructor(...args: Args<typeof batchOptions>) {
    super(withCount('nn.LazyBatchNorm3d', 'numFeatures', batchOptions, args));
  }

  protected override get lazy(): boolean {
    return true;
  }

  override forward(input: Tensor): Tensor {
    this.checkDimensions(input);
    this.settle(BatchNorm3d, input.shape[1]);
    return this.forward(input);
  }
}

/** InstanceNorm1d without numFeatures, which as in PyTorch has weight, bias and running statistics. https://pytorch.org/docs/stable/generated/torch.nn.LazyInstanceNorm1d.html */
export class LazyInstanceNorm1d extends InstanceNorm1d {
  constructor(...args: Args<typeof batchOptions>) {
    super(withCount('nn.LazyInstanceNorm1d', 'numFeatures', batchOptions, args));
  }

  protected override get lazy(): boolean {
    return true;
  }

  override forward(input: Tensor): Tensor {
    this.checkDimensions(input);
    this.settle(InstanceNorm1d, this.channelsOf(input));
    return this.forward(input);
  }
}

/** InstanceNorm2d without numFeatures, with weight, bias and running statistics. https://pytorch.org/docs/stable/generated/torch.nn.LazyInstanceNorm2d.html */
export class LazyInstanceNorm2d extends InstanceNorm2d {
  constructor(...args: Args<typeof batchOptions>) {
    super(withCount('nn.LazyInstanceNorm2d', 'numFeatures', batchOptions, args));
  }

  protected override get lazy(): boolean {
    return true;
  }

  override forward(input: Tensor): Tensor {
    this.checkDimensions(input);
    this.settle(InstanceNorm2d, this.channelsOf(input));
    return this.forward(input);
  }
}

/** InstanceNorm3d without numFeatures, with weight, bias and running statistics. https://pytorch.org/docs/stable/generated/torch.nn.LazyInstanceNorm3d.html */
export class LazyInstanceNorm3d extends InstanceNorm3d {
  constructor(...args: Args<typeof batchOptions>) {
    super(withCount('nn.LazyInstanceNorm3d', 'numFeatures', batchOptions, args));
  }

  protected override get lazy(): boolean {
    return true;
  }

  override forward(input: Tensor): Tensor {
    this.checkDimensions(input);
    this.settle(InstanceNorm3d, this.channelsOf(input));
    return this.forward(input);
  }
}
