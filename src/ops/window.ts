// Windows: what convolutions and pools see of the spatial dimensions of a tensor, as views; padding, and the way back from
// windows to what they were cut from. Knows geometry, no operation that uses it.

import { ArgumentError, ShapeError } from '../errors.ts';
import { makeView, type Node } from '../core/graph.ts';
import { formatShape, type Layout, type Shape } from '../shape.ts';
import { p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { fillNode, kernelNode, onTape } from './apply.ts';
import { sliceAt } from './part.ts';
import { record, reshape, unsqueeze } from './view.ts';

/** One number for all spatial dimensions, or one each. */
export type Sizes = number | readonly number[];

const isInteger = (value: unknown): boolean => Number.isInteger(value);

export const sizesParam = <const N extends string>(name: N) =>
  p.custom<Sizes>()(
    name,
    'an integer or a list of integers',
    (v) => isInteger(v) || (Array.isArray(v) && v.every(isInteger)),
  );

/** `value` as one size for each of `rank` dimensions, none below `least`. */
export function eachDimension(op: string, name: string, value: Sizes, rank: number, least: number): readonly number[] {
  const list = typeof value === 'number' ? [value] : value;
  const sizes = list.length === 1 ? new Array<number>(rank).fill(list[0]) : list;
  if (sizes.length === rank && sizes.every((size) => size >= least)) return sizes;
  throw new ArgumentError({
    op,
    fact: `${name} is ${typeof value === 'number' ? value : `[${value.join(', ')}]`}`,
    rule: `it must be a number${rank > 1 ? `, or ${rank} numbers, each` : ''} of at least ${least}`,
  });
}

/** The input with its batch dimension; throws unless it has `rank` spatial dimensions. */
export function batched(op: string, x: Tensor, rank: number): Tensor {
  const dims = x.shape.length;
  if (dims === rank + 2) return x;
  if (dims === rank + 1) return unsqueeze(x, 0);
  throw new ShapeError({
    op,
    fact: `input ${formatShape(x.shape)}`,
    rule: `it must have ${rank + 2} dimensions (batch, channels, ${rank === 1 ? 'size' : `${rank} sizes`}), or ${rank + 1} without a batch`,
    cure: dims === rank ? 'Add the dimension of channels: x.unsqueeze(0).' : undefined,
  });
}

/** One spatial dimension: sizes in elements of the input. */
export interface Extent {
  /** Of the input. */
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding before and behind; negative ones crop. */
  readonly low: number;
  readonly high: number;
  /** Windows: outputs along this dimension. */
  readonly count: number;
}

/** Elements from the first to the last of a window, both included. */
export function spanOf({ kernel, dilation }: Pick<Extent, 'kernel' | 'dilation'>): number {
  return dilation * (kernel - 1) + 1;
}

/** How one dimension is spaced: `step` - 1 new elements between neighbours, `low` before and `high` behind. */
export interface Spacing {
  readonly step: number;
  readonly low: number;
  readonly high: number;
}

/**
 * x (.., sizes) -> (.., (size - 1) step + 1 + low + high): dimensions from `first` on with `value` between and around their
 * elements; a negative padding crops. A view where nothing is added.
 */
export function spacedNode(x: Node, first: number, spacings: readonly Spacing[], value: number): Node {
  if (spacings.every(({ step, low, high }) => step === 1 && low === 0 && high === 0)) return x;
  const shape = x.shape.slice(0, first);
  // The elements that stay: `count` from `start` on.
  const kept = spacings.map(({ step, low, high }, at) => {
    const length = x.shape[first + at];
    const size = Math.max(length === 0 ? 0 : (length - 1) * step + 1, 0) + low + high;
    shape.push(size);
    const start = low < 0 ? Math.ceil(-low / step) : 0;
    const count = Math.max(Math.min(length, Math.floor((size - 1 - low) / step) + 1) - start, 0);
    return { start, count, to: start * step + low };
  });
  const source: Layout = {
    shape: [...x.shape.slice(0, first), ...kept.map(({ count }) => count)],
    strides: x.strides,
    offset: kept.reduce((at, { start }, dim) => at + start * x.strides[first + dim], x.offset),
  };
  const part = makeView('window', x, source);
  if (spacings.every(({ step, low, high }) => step === 1 && low <= 0 && high <= 0)) return part;
  const base = fillNode(value, x.device, x.dtype, shape);
  if (source.shape.includes(0)) return base;
  const region: Layout = {
    shape: source.shape,
    strides: base.strides.map((stride, dim) => stride * (dim < first ? 1 : spacings[dim - first].step)),
    offset: kept.reduce((at, { to }, dim) => at + to * base.strides[first + dim], 0),
  };
  return kernelNode('write', { region }, [base, part], x.dtype, shape);
}

/** x with `low` and `high` elements of `value` around its dimensions from `first` on; negative paddings crop. */
export function padded(x: Tensor, first: number, low: Shape, high: Shape, value = 0): Tensor {
  const all = [...low, ...high];
  if (all.every((one) => one === 0)) return x;
  const turned = (list: Shape) => list.map((one) => -one);
  const back = (grad: Tensor) => padded(grad, first, turned(low), turned(high));
  if (all.every((one) => one <= 0)) {
    const crop = ({ shape, strides, offset }: Layout): Layout => ({
      shape: shape.map((size, dim) => (dim < first ? size : size + low[dim - first] + high[dim - first])),
      strides,
      offset: low.reduce((at, before, dim) => at - before * strides[first + dim], offset),
    });
    return x.viewThrough(record('constantPadNd', crop, back));
  }
  const spacings = low.map((before, at) => ({ step: 1, low: before, high: high[at] }));
  return onTape('ConstantPadNdBackward0', (grad) => [back(grad)], [x], spacedNode(x.node, first, spacings, value));
}

/**
 * The windows of the dimensions from `first` on as a view, without padding: (.., size) -> (.., count, kernel), a pair for
 * each dimension. Element (o, k) is the one at o stride + k dilation. Windows may overlap; the gradient adds them up.
 */
export function windows(x: Tensor, first: number, extents: readonly Extent[]): Tensor {
  if (sideBySide(extents)) {
    // Side by side: a reshape, which the formulas before and behind it can be fused across.
    const cut = extents.reduce((at, { count, kernel }, dim) => sliceAt(at, first + dim, 0, count * kernel, 1), x);
    return reshape(cut, windowShape(x.shape, first, extents));
  }
  const layout = ({ shape, strides, offset }: Layout): Layout => ({
    shape: windowShape(shape, first, extents),
    strides: [
      ...strides.slice(0, first),
      ...extents.flatMap(({ stride, dilation }, at) => [strides[first + at] * stride, strides[first + at] * dilation]),
    ],
    offset,
  });
  return x.viewThrough(record('unfold', layout, (grad) => fold(grad, first, extents)));
}

/** Whether no element is in two windows, and none between them in no window. */
function sideBySide(extents: readonly Extent[]): boolean {
  return extents.every(({ kernel, stride, dilation }) => kernel === stride && dilation === 1);
}

function windowShape(shape: Shape, first: number, extents: readonly Extent[]): number[] {
  return [...shape.slice(0, first), ...extents.flatMap(({ count, kernel }) => [count, kernel])];
}

/**
 * The adjoint of `windows`: (.., count, kernel) -> (.., size + low + high), where each element is the sum of its copies.
 * Position h gets the sum over k of the window element (o, k) with o stride + k dilation = h: with the windows spread to
 * their places, one reduction along diagonals, in a fixed order.
 */
export function fold(grad: Tensor, first: number, extents: readonly Extent[]): Tensor {
  const sizes = extents.map(({ size, low, high }) => size + low + high);
  if (sideBySide(extents)) {
    const covered = extents.map(({ count, kernel }) => count * kernel);
    const rest = sizes.map((size, at) => size - covered[at]);
    const none = rest.map(() => 0);
    return padded(reshape(grad, [...grad.shape.slice(0, first), ...covered]), first, none, rest);
  }
  const spacings = extents.flatMap((one, at): Spacing[] => {
    const before = spanOf(one) - 1;
    return [
      { step: one.stride, low: before, high: sizes[at] - ((one.count - 1) * one.stride + 1) },
      { step: 1, low: 0, high: 0 },
    ];
  });
  const spread = spacedNode(grad.node, first, spacings, 0);
  const { strides } = spread;
  const places = makeView('window', spread, {
    shape: [...grad.shape.slice(0, first), ...extents.flatMap(({ kernel }, at) => [sizes[at], kernel])],
    strides: strides.map((stride, dim) => {
      const at = dim - first;
      return at < 0 || at % 2 === 0 ? stride : stride - extents[(at - 1) / 2].dilation * strides[dim - 1];
    }),
    offset: extents.reduce((at, one, dim) => at + (spanOf(one) - 1) * strides[first + 2 * dim], spread.offset),
  });
  const dims = extents.map((_, at) => first + 2 * at + 1);
  const shape = [...grad.shape.slice(0, first), ...sizes];
  const node = kernelNode('reduce', { fn: 'sum', dims }, [places], grad.dtype, shape);
  return onTape('UnfoldBackward0', (upper) => [windows(upper, first, extents)], [grad], node);
}
