// The functions of convolution over 1, 2 and 3 spatial dimensions, and of its transpose: options, checks, geometry. What is
// computed stands in convolve.ts.

import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { formatShape, type Shape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { commonDevice } from './apply.ts';
import { add } from './arithmetic.ts';
import { convolve, inputGradient } from './convolve.ts';
import { batched, eachDimension, type Extent, type Sizes, sizesParam, spanOf } from './window.ts';
import { permute, reshape, squeeze } from './view.ts';

export type Padding = Sizes | 'same' | 'valid';

export const paddingParam = p.custom<Padding>()(
  'padding',
  "an integer, a list of integers, 'same' or 'valid'",
  (v) => v === 'same' || v === 'valid' || sizesParam('padding').accepts(v),
);

/** Throws unless input, weight and bias have one dtype that products are defined for, and one device. */
function checkOperands(op: string, tensors: readonly Tensor[]): void {
  commonDevice(op, tensors);
  const dtypes = new Set(tensors.map(({ dtype }) => dtype));
  if (dtypes.size === 1 && !dtypes.has('bool') && !dtypes.has('uint8')) return;
  throw new DTypeError({
    op,
    fact: `dtypes ${tensors.map(({ dtype }) => dtype).join(', ')}`,
    rule: 'input, weight and bias must be of one dtype: float32, float64 or int32',
    cure: "Convert: x.to('float32').",
  });
}

function checkWeight(op: string, weight: Tensor, bias: Tensor | null, rank: number, outputs: number): void {
  if (weight.shape.length !== rank + 2 || weight.shape.slice(2).includes(0)) {
    throw new ShapeError({
      op,
      fact: `weight ${formatShape(weight.shape)}`,
      rule: `it must have ${rank + 2} dimensions: two of channels, and ${rank} kernel sizes of at least 1`,
    });
  }
  if (bias === null || (bias.shape.length === 1 && bias.shape[0] === outputs)) return;
  throw new ShapeError({
    op,
    fact: `bias ${formatShape(bias.shape)} with weight ${formatShape(weight.shape)}`,
    rule: `it must have one number for each of the ${outputs} output channels`,
  });
}

function checkGroups(op: string, groups: number, channels: Readonly<Record<string, number>>): void {
  const uneven = Object.entries(channels).find(([, count]) => groups < 1 || count % groups !== 0);
  if (uneven === undefined) return;
  throw new ArgumentError({
    op,
    fact: `groups is ${groups} with ${uneven[1]} ${uneven[0]} channels`,
    rule: 'groups must be at least 1 and divide the channels of input and output',
  });
}

interface Options {
  readonly stride: Sizes;
  readonly padding: Padding;
  readonly dilation: Sizes;
  readonly groups: number;
}

/** Padding before and behind each dimension. */
function paddings(op: string, { padding }: Options, kernel: Shape, stride: Shape, dilation: Shape) {
  if (padding === 'valid') return kernel.map(() => ({ low: 0, high: 0 }));
  if (padding !== 'same') {
    return eachDimension(op, 'padding', padding, kernel.length, 0).map((size) => ({ low: size, high: size }));
  }
  if (stride.some((step) => step !== 1)) {
    throw new ArgumentError({
      op,
      fact: `padding 'same' with stride [${stride.join(', ')}]`,
      rule: 'the output has the size of the input only where the stride is 1',
      cure: 'Give the padding as a number.',
    });
  }
  // An odd rest goes behind, as in PyTorch.
  return kernel.map((size, at) => {
    const total = dilation[at] * (size - 1);
    const low = Math.floor(total / 2);
    return { low, high: total - low };
  });
}

function convolution(
  op: string,
  rank: number,
  given: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: Options,
): Tensor {
  checkOperands(op, bias === null ? [given, weight] : [given, weight, bias]);
  const x = batched(op, given, rank);
  checkWeight(op, weight, bias, rank, weight.shape[0]);
  const { groups } = options;
  const [[batch, inputs, ...sizes], [outputs, left, ...kernel]] = [x.shape, weight.shape];
  checkGroups(op, groups, { input: inputs, output: outputs });
  if (inputs !== left * groups) {
    throw new ShapeError({
      op,
      fact: `input ${formatShape(given.shape)} has ${inputs} channels, weight ${formatShape(weight.shape)} with groups ${groups} takes ${left * groups}`,
      rule: 'the second size of the weight is the number of input channels divided by groups',
      cure: inputs === left ? 'Did you mean groups: 1?' : `Make the layer with inChannels ${inputs}.`,
    });
  }
  const stride = eachDimension(op, 'stride', options.stride, rank, 1);
  const dilation = eachDimension(op, 'dilation', options.dilation, rank, 1);
  const around = paddings(op, options, kernel, stride, dilation);
  const extents = sizes.map((size, at): Extent => {
    const one = { size, kernel: kernel[at], stride: stride[at], dilation: dilation[at], ...around[at] };
    const room = size + one.low + one.high;
    if (size === 0 || spanOf(one) > room) throw kernelError(op, given, weight, spanOf(one), room);
    return { ...one, count: Math.floor((room - spanOf(one)) / one.stride) + 1 };
  });
  const out = convolve(x, weight, bias, { batch, inputs, outputs, groups, extents });
  return x === given ? out : squeeze(out, 0);
}

function kernelError(op: string, x: Tensor, weight: Tensor, span: number, room: number): ShapeError {
  return new ShapeError({
    op,
    fact: `a kernel that spans ${span} over a padded size of ${room}: input ${formatShape(x.shape)}, weight ${formatShape(weight.shape)}`,
    rule: 'the kernel must fit into the padded input',
    cure: 'Use a smaller kernel or dilation, or more padding.',
  });
}

const convolutionSignature = [
  p.tensor('input'),
  p.tensor('weight'),
  optional(p.tensor('bias'), null),
  optional(sizesParam('stride'), 1),
  optional(paddingParam, 0),
  optional(sizesParam('dilation'), 1),
  optional(p.int('groups'), 1),
] as const;

function defineConvolution(op: string, rank: number) {
  return define(op, convolutionSignature, (input, weight, bias, stride, padding, dilation, groups): Tensor =>
    convolution(op, rank, input, weight, bias, { stride, padding, dilation, groups }),
  );
}

/**
 * input (N, C, L) or (C, L), weight (outputs, C / groups, k), bias (outputs) -> (N, outputs, (L + 2 padding - dilation (k - 1) - 1)
 * / stride + 1). https://pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html
 */
export const conv1d = defineConvolution('conv1d', 1);

/**
 * input (N, C, H, W) or (C, H, W), weight (outputs, C / groups, kH, kW), bias (outputs) -> (N, outputs, oH, oW), where
 * oH = (H + 2 padding - dilation (kH - 1) - 1) / stride + 1. Sizes are a number or one each; padding 'same' keeps the size,
 * 'valid' is none. https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
 */
export const conv2d = defineConvolution('conv2d', 2);

/**
 * input (N, C, D, H, W) or without N, weight (outputs, C / groups, kD, kH, kW), bias (outputs) -> (N, outputs, oD, oH, oW).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.conv3d.html
 */
export const conv3d = defineConvolution('conv3d', 3);

interface TransposedOptions extends Options {
  readonly padding: Sizes;
  readonly outputPadding: Sizes;
}

/** The gradient of a convolution by its input as a function of its own: each input element paints its kernel. */
function transposed(
  op: string,
  rank: number,
  given: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: TransposedOptions,
): Tensor {
  checkOperands(op, bias === null ? [given, weight] : [given, weight, bias]);
  const x = batched(op, given, rank);
  const { groups } = options;
  const [[batch, outputs, ...counts], [left, right, ...kernel]] = [x.shape, weight.shape];
  const inputs = right * groups;
  checkWeight(op, weight, bias, rank, inputs);
  checkGroups(op, groups, { input: outputs });
  if (outputs !== left) {
    throw new ShapeError({
      op,
      fact: `input ${formatShape(given.shape)} has ${outputs} channels, weight ${formatShape(weight.shape)} takes ${left}`,
      rule: 'the first size of the weight is the number of input channels',
      cure: `Make the layer with inChannels ${outputs}.`,
    });
  }
  const stride = eachDimension(op, 'stride', options.stride, rank, 1);
  const dilation = eachDimension(op, 'dilation', options.dilation, rank, 1);
  const padding = eachDimension(op, 'padding', options.padding, rank, 0);
  const extra = eachDimension(op, 'outputPadding', options.outputPadding, rank, 0);
  const extents = counts.map((count, at): Extent => {
    const one = { kernel: kernel[at], stride: stride[at], dilation: dilation[at], count };
    if (extra[at] >= Math.max(one.stride, one.dilation)) {
      throw new ArgumentError({
        op,
        fact: `outputPadding ${extra[at]} with stride ${one.stride} and dilation ${one.dilation}`,
        rule: 'it must be smaller than the stride or the dilation',
      });
    }
    const size = (count - 1) * one.stride - 2 * padding[at] + spanOf(one) + extra[at];
    if (size < 1 || count === 0) throw kernelError(op, given, weight, 2 * padding[at], size + 2 * padding[at]);
    return { ...one, size, low: padding[at], high: padding[at] };
  });
  const out = inputGradient(x, weight, { batch, inputs, outputs, groups, extents });
  const ones = new Array<number>(rank).fill(1);
  const moved = bias === null ? out : add(out, reshape(bias, [-1, ...ones]));
  return x === given ? moved : squeeze(moved, 0);
}

const transposedSignature = [
  p.tensor('input'),
  p.tensor('weight'),
  optional(p.tensor('bias'), null),
  optional(sizesParam('stride'), 1),
  optional(sizesParam('padding'), 0),
  optional(sizesParam('outputPadding'), 0),
  optional(p.int('groups'), 1),
  optional(sizesParam('dilation'), 1),
] as const;

function defineTransposed(op: string, rank: number) {
  return define(op, transposedSignature, (x, weight, bias, stride, padding, outputPadding, groups, dilation): Tensor =>
    transposed(op, rank, x, weight, bias, { stride, padding, outputPadding, groups, dilation }),
  );
}

/**
 * input (N, C, L) or (C, L), weight (C, outputs / groups, k) -> (N, outputs, (L - 1) stride - 2 padding + dilation (k - 1)
 * + outputPadding + 1). https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose1d.html
 */
export const convTranspose1d = defineTransposed('convTranspose1d', 1);
/** The same over (N, C, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html */
export const convTranspose2d = defineTransposed('convTranspose2d', 2);
/** The same over (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose3d.html */
export const convTranspose3d = defineTransposed('convTranspose3d', 3);

/**
 * A convolution over times first: input (T, B, C), weight (K, C, O), bias (O) -> (T + 2 pad - K + 1, B, O).
 * https://pytorch.org/docs/stable/generated/torch.conv_tbc.html
 */
export const convTbc = define(
  'convTbc',
  [p.tensor('input'), p.tensor('weight'), p.tensor('bias'), optional(p.int('pad'), 0)],
  (input, weight, bias, pad): Tensor => {
    if (input.shape.length !== 3 || weight.shape.length !== 3) {
      throw new ShapeError({
        op: 'convTbc',
        fact: `input ${formatShape(input.shape)} and weight ${formatShape(weight.shape)}`,
        rule: 'input (times, batch, channels) and weight (kernel, channels, outputs)',
      });
    }
    const out = conv1d(permute(input, [1, 2, 0]), permute(weight, [2, 1, 0]), bias, { padding: pad });
    return permute(out, [2, 0, 1]);
  },
);
