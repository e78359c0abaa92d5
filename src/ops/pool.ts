// Pools over 1, 2 and 3 spatial dimensions: reductions over windows, each one step of the tape with PyTorch's name.

import { isFloat } from '../dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import type { Node } from '../core/graph.ts';
import { formatShape, numelOf, type Shape } from '../shape.ts';
import { type Args, define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { composite, kernelNode } from './apply.ts';
import { add, div, mul, pow, where } from './arithmetic.ts';
import { abs, eq, relu, sign } from './math.ts';
import { sum } from './reduce.ts';
import { counting, table } from './tables.ts';
import {
  batched,
  eachDimension,
  type Extent,
  fold,
  padded,
  type Sizes,
  sizesParam,
  spanOf,
  windows,
} from './window.ts';
import { expand, reshape, squeeze } from './view.ts';

/** The input of a pool with its batch dimension: the batch may be empty, the channels may not. */
function pooled(op: string, given: Tensor, rank: number): Tensor {
  const x = batched(op, given, rank);
  if (x.shape[1] > 0) return x;
  throw new ShapeError({
    op,
    fact: `input ${formatShape(given.shape)} without channels`,
    rule: 'at least one is needed',
  });
}

interface Options {
  readonly kernelSize: Sizes;
  readonly stride: Sizes | null;
  readonly padding: Sizes;
  readonly dilation: Sizes;
  readonly ceilMode: boolean;
}

/** The spatial dimensions of a pool over x (N, C, sizes..); throws where a window does not fit. */
function extentsOf(op: string, x: Tensor, input: Shape, rank: number, options: Options): readonly Extent[] {
  const kernel = eachDimension(op, 'kernelSize', options.kernelSize, rank, 1);
  const given = options.stride;
  const none = given === null || (typeof given !== 'number' && given.length === 0);
  const stride = none ? kernel : eachDimension(op, 'stride', given, rank, 1);
  const padding = eachDimension(op, 'padding', options.padding, rank, 0);
  const dilation = eachDimension(op, 'dilation', options.dilation, rank, 1);
  return x.shape.slice(2).map((size, at): Extent => {
    const one = { size, kernel: kernel[at], stride: stride[at], dilation: dilation[at], low: padding[at] };
    if (one.low > spanOf(one) / 2) {
      throw new ArgumentError({
        op,
        fact: `padding ${one.low} with a kernel that spans ${spanOf(one)}`,
        rule: 'padding must be at most half of the kernel, so that every window sees an element',
      });
    }
    const room = size + 2 * one.low;
    const steps = (room - spanOf(one)) / one.stride;
    let count = (options.ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // The last window must begin inside the input or its front padding.
    if (options.ceilMode && (count - 1) * one.stride >= size + one.low) count--;
    if (size === 0 || count < 1) {
      throw new ShapeError({
        op,
        fact: `input ${formatShape(input)} with a kernel that spans ${spanOf(one)} over a padded size of ${room}`,
        rule: 'the kernel must fit into the padded input',
        cure: 'Use a smaller kernel, or more padding.',
      });
    }
    const reach = (count - 1) * one.stride + spanOf(one);
    return { ...one, count, high: Math.max(reach - size - one.low, one.low) };
  });
}

const lows = (extents: readonly Extent[]) => extents.map(({ low }) => low);
const highs = (extents: readonly Extent[]) => extents.map(({ high }) => high);
/** The dimensions of kernels in (N, C, count, kernel, ..). */
const kernelDims = (extents: readonly Extent[]) => extents.map((_, at) => 3 + 2 * at);
/** `list` with a 1 behind each: over (count, kernel) pairs. */
const apart = (list: Shape) => list.flatMap((one) => [one, 1]);

/** (N, C, count, kernel, ..) with `value` outside of the input. */
function windowsOf(x: Tensor, extents: readonly Extent[], value: number): Tensor {
  return windows(padded(x, 2, lows(extents), highs(extents), value), 2, extents);
}

/** From the gradient of windows to that of the input they were cut from. */
function unpooled(flow: Tensor, extents: readonly Extent[]): Tensor {
  const turned = (list: Shape) => list.map((one) => -one);
  return padded(fold(flow, 2, extents), 2, turned(lows(extents)), turned(highs(extents)));
}

/** (N, C, counts..) repeated over the kernels: (N, C, count, kernel, ..), as a view. */
function spread(grad: Tensor, extents: readonly Extent[]): Tensor {
  const [batch, channels, ...counts] = grad.shape;
  const wide = extents.flatMap(({ count, kernel }) => [count, kernel]);
  return expand(reshape(grad, [batch, channels, ...apart(counts)]), [batch, channels, ...wide]);
}

/** By what each window's sum is divided: one number, or one for each window in counts.. . */
function divisors(x: Tensor, extents: readonly Extent[], padding: Shape, counted: boolean): number | Tensor {
  const lengths = extents.map(({ size, kernel, stride, count }, at) =>
    Array.from({ length: count }, (_, index) => {
      const start = index * stride - padding[at];
      const stop = Math.min(start + kernel, size + padding[at]);
      return counted ? stop - start : Math.min(stop, size) - Math.max(start, 0);
    }),
  );
  if (lengths.every((list) => list.every((one) => one === list[0]))) {
    return lengths.reduce((product, [one]) => product * one, 1);
  }
  const counts = lengths.map((list) => list.length);
  return table(`divisors ${JSON.stringify(lengths)}`, x.device, x.dtype, counts, () =>
    lengths.reduce<number[]>((outer, list) => outer.flatMap((one) => list.map((other) => one * other)), [1]),
  );
}

interface AverageOptions extends Options {
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | null;
}

function average(op: string, rank: number, given: Tensor, options: AverageOptions): Tensor {
  if (!isFloat(given.dtype)) throw dtypeError(op, given);
  const x = pooled(op, given, rank);
  const extents = extentsOf(op, x, given.shape, rank, options);
  const { divisorOverride } = options;
  if (divisorOverride === 0) {
    throw new ArgumentError({ op, fact: 'divisorOverride is 0', rule: 'sums cannot be divided by it' });
  }
  const divisor = divisorOverride ?? divisors(x, extents, lows(extents), options.countIncludePad);
  const out = averaged(`AvgPool${rank}DBackward0`, x, extents, divisor);
  return x === given ? out : squeeze(out, 0);
}

/** The sum of each window of x (N, C, ..), divided; one step of the tape. */
export function averaged(gradName: string, x: Tensor, extents: readonly Extent[], divisor: number | Tensor): Tensor {
  return composite(
    gradName,
    [x],
    () => div(sum(windowsOf(x, extents, 0), kernelDims(extents)), divisor),
    (grad) => [unpooled(spread(div(grad, divisor), extents), extents)],
  );
}

export function dtypeError(op: string, x: Tensor): DTypeError {
  return new DTypeError({
    op,
    fact: `dtype ${x.dtype}`,
    rule: 'it is defined for floating point tensors',
    cure: "Convert first: x.to('float32').",
  });
}

/** The position of the largest element in each window, counted in C order; of equal ones the first, and NaN before all. */
function positionsOf(x: Tensor, extents: readonly Extent[]): Tensor {
  const seen = windowsOf(x, extents, -Infinity);
  return Tensor.at(reduced('argmax', seen, extents), null);
}

function reduced(fn: 'max' | 'argmax', seen: Tensor, extents: readonly Extent[]): Node {
  const shape = [...seen.shape.slice(0, 2), ...extents.map(({ count }) => count)];
  return kernelNode(
    'reduce',
    { fn, dims: kernelDims(extents) },
    [seen.node],
    fn === 'max' ? seen.dtype : 'int32',
    shape,
  );
}

/** Positions in windows as positions in the input's C order over its sizes. */
export function flatPositions(x: Tensor, extents: readonly Extent[]): Tensor {
  const positions = positionsOf(x, extents);
  const rank = extents.length;
  // For every window where it begins, and for every position how far into the input it is.
  const stepOf = (at: number) => numelOf(extents.slice(at + 1).map(({ size }) => size));
  const places = (name: string, sizes: Shape, place: (at: number, index: number) => number): Tensor =>
    table(`${name} ${JSON.stringify(extents)}`, x.device, 'int32', sizes, () => {
      const values = new Int32Array(numelOf(sizes));
      for (let flat = 0; flat < values.length; flat++) {
        for (let at = rank - 1, rest = flat; at >= 0; at--) {
          values[flat] += place(at, rest % sizes[at]) * stepOf(at);
          rest = Math.floor(rest / sizes[at]);
        }
      }
      return values;
    });
  const begins = places(
    'begins',
    extents.map(({ count }) => count),
    (at, index) => index * extents[at].stride - extents[at].low,
  );
  const inside = places(
    'inside',
    extents.map(({ kernel }) => kernel),
    (at, index) => index * extents[at].dilation,
  );
  const picked = kernelNode(
    'gather',
    { op: 'maxPool' },
    [reshape(inside, [1, -1, 1]).node, reshape(positions, [1, -1, 1]).node],
    'int32',
    [1, positions.numel(), 1],
  );
  return add(reshape(Tensor.at(picked, null), [...positions.shape]), begins);
}

export type Pooled = readonly [values: Tensor, indices: Tensor];

function maximum(op: string, rank: number, given: Tensor, options: Options, returnIndices: boolean): Tensor | Pooled {
  if (!isFloat(given.dtype)) throw dtypeError(op, given);
  const x = pooled(op, given, rank);
  const extents = extentsOf(op, x, given.shape, rank, options);
  const out = largest(`MaxPool${rank}DWithIndicesBackward0`, x, extents);
  const settled = (result: Tensor) => (x === given ? result : squeeze(result, 0));
  return returnIndices ? [settled(out), settled(flatPositions(x.detach(), extents))] : settled(out);
}

/** The largest element of each window of x (N, C, ..); one step of the tape. */
export function largest(gradName: string, x: Tensor, extents: readonly Extent[]): Tensor {
  return composite(
    gradName,
    [x],
    () => Tensor.of(reduced('max', windowsOf(x, extents, -Infinity), extents)),
    (grad, { input }) => {
      const kernels = extents.map(({ kernel }) => kernel);
      const each = counting(grad.device, [1, 1, ...kernels.flatMap((size) => [1, size])]);
      const first = eq(spread(positionsOf(input(0).detach(), extents), extents), each);
      return [unpooled(where(first, spread(grad, extents), 0), extents)];
    },
  );
}

const averageSignature = [
  p.tensor('input'),
  sizesParam('kernelSize'),
  optional(sizesParam('stride'), null),
  optional(sizesParam('padding'), 0),
  optional(p.bool('ceilMode'), false),
  optional(p.bool('countIncludePad'), true),
  optional(p.number('divisorOverride'), null),
] as const;

function defineAverage(op: string, rank: number) {
  return define(
    op,
    averageSignature,
    (input, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride): Tensor =>
      average(op, rank, input, {
        kernelSize,
        stride,
        padding,
        dilation: 1,
        ceilMode,
        countIncludePad,
        divisorOverride,
      }),
  );
}

/**
 * The mean of each window: (N, C, L) or (C, L) -> (N, C, (L + 2 padding - kernelSize) / stride + 1); stride is kernelSize
 * where left out. https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool1d.html
 */
export const avgPool1d = defineAverage('avgPool1d', 1);
/** The same over (N, C, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html */
export const avgPool2d = defineAverage('avgPool2d', 2);
/** The same over (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool3d.html */
export const avgPool3d = defineAverage('avgPool3d', 3);

const maximumSignature = [
  p.tensor('input'),
  sizesParam('kernelSize'),
  optional(sizesParam('stride'), null),
  optional(sizesParam('padding'), 0),
  optional(sizesParam('dilation'), 1),
  optional(p.bool('ceilMode'), false),
  optional(p.bool('returnIndices'), false),
] as const;

/** With `returnIndices: true` two results: the values, and their positions in the input's sizes taken as one dimension. */
export interface MaxPool {
  (options: MaxPoolOptions & { readonly input: Tensor; readonly kernelSize: Sizes }): Pooled;
  (input: Tensor, options: MaxPoolOptions & { readonly kernelSize: Sizes }): Pooled;
  (input: Tensor, kernelSize: Sizes, options: MaxPoolOptions): Pooled;
  (input: Tensor, kernelSize: Sizes, stride: Sizes | null | undefined, options: MaxPoolOptions): Pooled;
  (input: Tensor, kernelSize: Sizes, stride: Sizes | null | undefined, padding: Sizes, options: MaxPoolOptions): Pooled;
  (
    input: Tensor,
    kernelSize: Sizes,
    stride: Sizes | null | undefined,
    padding: Sizes | undefined,
    dilation: Sizes | undefined,
    ceilMode: boolean | undefined,
    returnIndices: true,
  ): Pooled;
  (...args: Args<typeof maximumSignature>): Tensor;
}

export interface MaxPoolOptions {
  readonly stride?: Sizes | null;
  readonly padding?: Sizes;
  readonly dilation?: Sizes;
  readonly ceilMode?: boolean;
  readonly returnIndices: true;
}

function defineMaximum(op: string, rank: number): MaxPool {
  return define(
    op,
    maximumSignature,
    (x, kernelSize, stride, padding, dilation, ceilMode, returnIndices): Tensor | Pooled =>
      maximum(op, rank, x, { kernelSize, stride, padding, dilation, ceilMode }, returnIndices),
  ) as MaxPool;
}

/**
 * The largest element of each window: (N, C, L) or (C, L) -> (N, C, (L + 2 padding - dilation (kernelSize - 1) - 1) / stride
 * + 1); stride is kernelSize where left out. The gradient goes to the first of equal elements.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html
 */
export const maxPool1d = defineMaximum('maxPool1d', 1);
/** The same over (N, C, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html */
export const maxPool2d = defineMaximum('maxPool2d', 2);
/** The same over (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool3d.html */
export const maxPool3d = defineMaximum('maxPool3d', 3);

/** maxPool that always answers both. */
function defineWithIndices(op: string, rank: number) {
  return define(
    op,
    maximumSignature,
    (x, kernelSize, stride, padding, dilation, ceilMode): Pooled =>
      maximum(op, rank, x, { kernelSize, stride, padding, dilation, ceilMode }, true) as Pooled,
  );
}

/** maxPool1d with `returnIndices`. https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html */
export const maxPool1dWithIndices = defineWithIndices('maxPool1dWithIndices', 1);
/** maxPool2d with `returnIndices`. https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html */
export const maxPool2dWithIndices = defineWithIndices('maxPool2dWithIndices', 2);
/** maxPool3d with `returnIndices`. https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool3d.html */
export const maxPool3dWithIndices = defineWithIndices('maxPool3dWithIndices', 3);

const normSignature = [
  p.tensor('input'),
  p.number('normType'),
  sizesParam('kernelSize'),
  optional(sizesParam('stride'), null),
  optional(p.bool('ceilMode'), false),
] as const;

function defineNorm(op: string, rank: number) {
  return define(op, normSignature, (x, normType, kernelSize, stride, ceilMode): Tensor => {
    const options = { kernelSize, stride, padding: 0, dilation: 1, ceilMode, countIncludePad: true };
    const means = average(op, rank, pow(x, normType), { ...options, divisorOverride: null });
    const count = numelOf(eachDimension(op, 'kernelSize', kernelSize, rank, 1));
    // sign(m) relu(|m|) is m; so it stands in PyTorch, whose gradient at 0 is 0 for it.
    return pow(mul(mul(sign(means), relu(abs(means))), count), 1 / normType);
  });
}

/**
 * (sum of x^normType over each window)^(1 / normType): (N, C, L) or (C, L) -> (N, C, (L - kernelSize) / stride + 1).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool1d.html
 */
export const lpPool1d = defineNorm('lpPool1d', 1);
/** The same over (N, C, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool2d.html */
export const lpPool2d = defineNorm('lpPool2d', 2);
/** The same over (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool3d.html */
export const lpPool3d = defineNorm('lpPool3d', 3);
