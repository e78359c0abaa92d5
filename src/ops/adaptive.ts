// Adaptive pools: the size of the output is given, and the input is cut into that many windows, which overlap or differ in
// size where it does not divide. Window i of n goes from floor(i size / n) to ceil((i + 1) size / n), as in PyTorch.

import { isFloat } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, numelOf, type Shape } from '../shape.ts';
import { type Args, define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { composite, fillNode, kernelNode } from './apply.ts';
import { add } from './arithmetic.ts';
import { scatterAdd } from './gather.ts';
import { averaged, dtypeError, flatPositions, largest, type Pooled } from './pool.ts';
import { mean } from './reduce.ts';
import { resampled, type Taps } from './resample.ts';
import { table } from './tables.ts';
import { expand, reshape, squeeze } from './view.ts';
import { batched, type Extent } from './window.ts';

/** A size for all spatial dimensions, or one each; null keeps that of the input. */
export type OutputSize = number | null | readonly (number | null)[];

const isSize = (value: unknown): boolean => value === null || (Number.isInteger(value) && (value as number) >= 0);

export const outputSizeParam = p.custom<OutputSize>()(
  'outputSize',
  'a size, or a list with a size or null for each dimension',
  (v) => isSize(v) || (Array.isArray(v) && v.every(isSize)),
);

/** The sizes of the output over x (N, C, sizes..). */
function outputSizes(op: string, x: Tensor, rank: number, given: OutputSize): number[] {
  const list = Array.isArray(given) ? (given as readonly (number | null)[]) : [given as number | null];
  const each = list.length === 1 ? new Array<number | null>(rank).fill(list[0]) : list;
  if (each.length !== rank) {
    throw new ArgumentError({
      op,
      fact: `outputSize is [${list.join(', ')}]`,
      rule: `it must be one size or ${rank}`,
    });
  }
  const sizes = x.shape.slice(2);
  if (sizes.includes(0)) {
    throw new ShapeError({ op, fact: `input ${formatShape(x.shape)}`, rule: 'its spatial sizes must not be 0' });
  }
  return each.map((one, at) => one ?? sizes[at]);
}

/** The places from which on and up to which window `index` of `count` goes. */
function windowAt(index: number, size: number, count: number): { readonly start: number; readonly stop: number } {
  return { start: Math.floor((index * size) / count), stop: Math.ceil(((index + 1) * size) / count) };
}

/** Windows of one size side by side, where the sizes divide; else null. */
function evenExtents(sizes: Shape, counts: Shape): Extent[] | null {
  if (counts.some((count, at) => count === 0 || sizes[at] % count !== 0)) return null;
  return counts.map((count, at) => {
    const kernel = sizes[at] / count;
    return { size: sizes[at], kernel, stride: kernel, dilation: 1, low: 0, high: 0, count };
  });
}

/** The mean of each window of one dimension; null where each is one element. */
function means(size: number, count: number): Taps | null {
  if (size === count) return null;
  const lists = Array.from({ length: count }, (_, index) => {
    const { start, stop } = windowAt(index, size, count);
    return Array.from({ length: stop - start }, (_, at) => ({ place: start + at, weight: 1 / (stop - start) }));
  });
  return { name: `adaptive mean ${size} ${count}`, size, lists };
}

function average(op: string, rank: number, given: Tensor, outputSize: OutputSize): Tensor {
  if (!isFloat(given.dtype)) throw dtypeError(op, given);
  const x = batched(op, given, rank);
  const counts = outputSizes(op, x, rank, outputSize);
  const out = averageTo(`AdaptiveAvgPool${rank}DBackward0`, x, counts);
  return x === given ? out : squeeze(out, 0);
}

/** x (N, C, sizes..) -> (N, C, counts..), each element the mean of its window. */
export function averageTo(gradName: string, x: Tensor, counts: readonly number[]): Tensor {
  const sizes = x.shape.slice(2);
  const dims = sizes.map((_, at) => 2 + at);
  if (counts.every((count) => count === 1)) return mean(x, dims, true);
  const extents = evenExtents(sizes, counts);
  if (extents !== null) return averaged(gradName, x, extents, numelOf(extents.map(({ kernel }) => kernel)));
  return resampled(
    gradName,
    x,
    2,
    sizes.map((size, at) => means(size, counts[at])),
  );
}

/**
 * For each uneven window the places of its elements in the input's C order over its sizes: (windows, width). Windows that
 * are smaller than the widest repeat their last element.
 */
function placesOf(sizes: Shape, counts: Shape): { readonly width: number; readonly places: () => number[] } {
  const lines = sizes.map((size, at) =>
    Array.from({ length: counts[at] }, (_, index) => {
      const { start, stop } = windowAt(index, size, counts[at]);
      return Array.from({ length: stop - start }, (_, offset) => start + offset);
    }),
  );
  const widths = lines.map((line) => line.reduce((most, one) => Math.max(most, one.length), 1));
  const places = (): number[] => {
    /** Windows over the dimensions so far, each a list of places. */
    let windows: number[][] = [[0]];
    lines.forEach((line, at) => {
      const wide = line.map((one) => Array.from({ length: widths[at] }, (_, k) => one[Math.min(k, one.length - 1)]));
      windows = windows.flatMap((outer) =>
        wide.map((own) => outer.flatMap((place) => own.map((one) => place * sizes[at] + one))),
      );
    });
    return windows.flat();
  };
  return { width: numelOf(widths), places };
}

/** The largest element of each uneven window, and where it is: of equal ones the first, and NaN before all. */
class UnevenWindows {
  private readonly sizes: Shape;
  private readonly counts: Shape;
  private readonly width: number;
  private readonly places: () => number[];

  constructor(sizes: Shape, counts: Shape) {
    this.sizes = sizes;
    this.counts = counts;
    ({ width: this.width, places: this.places } = placesOf(sizes, counts));
  }

  private get windows(): number {
    return numelOf(this.counts);
  }

  private table(x: Tensor, shape: Shape): Tensor {
    const name = `adaptive windows ${this.sizes.join()} ${this.counts.join()}`;
    return table(name, x.device, 'int32', shape, this.places);
  }

  /** x (N, C, sizes..) reduced to (N, C, counts..). */
  private reduced(fn: 'max' | 'argmax', x: Tensor): Tensor {
    const [batch, channels] = x.shape;
    const lines = batch * channels;
    const index = expand(this.table(x, [1, this.windows * this.width, 1]), [lines, this.windows * this.width, 1]);
    const source = reshape(x, [lines, numelOf(this.sizes), 1]);
    const shape = [batch, channels, ...this.counts, this.width];
    const seen = kernelNode('gather', { op: 'adaptiveMaxPool' }, [source.node, index.node], x.dtype, shape);
    const dims = [shape.length - 1];
    return Tensor.of(kernelNode('reduce', { fn, dims }, [seen], fn === 'max' ? x.dtype : 'int32', shape.slice(0, -1)));
  }

  /** The positions of the largest elements in the input's C order over its sizes. */
  positions(x: Tensor): Tensor {
    const inside = this.reduced('argmax', x);
    // The table is (windows, width); the entry of each window is at window * width + position in it.
    const first = table(`adaptive rows ${this.width}`, x.device, 'int32', this.counts, () =>
      Array.from({ length: this.windows }, (_, at) => at * this.width),
    );
    const entries = reshape(add(inside, first), [1, -1, 1]);
    const list = this.table(x, [1, this.windows * this.width, 1]);
    return Tensor.of(kernelNode('gather', { op: 'adaptiveMaxPool' }, [list.node, entries.node], 'int32', inside.shape));
  }

  largest(gradName: string, x: Tensor): Tensor {
    return composite(
      gradName,
      [x],
      () => this.reduced('max', x),
      (grad, { input }) => {
        const saved = input(0);
        const [batch, channels] = saved.shape;
        const places = reshape(this.positions(saved.detach()), [batch * channels, this.windows]);
        const size = [batch * channels, numelOf(this.sizes)];
        const none = Tensor.at(fillNode(0, grad.device, grad.dtype, size), null);
        return [reshape(scatterAdd(none, 1, places, reshape(grad, [...places.shape])), [...saved.shape])];
      },
    );
  }
}

function maximum(op: string, rank: number, given: Tensor, outputSize: OutputSize, returnIndices: boolean) {
  if (!isFloat(given.dtype)) throw dtypeError(op, given);
  const x = batched(op, given, rank);
  const sizes = x.shape.slice(2);
  const counts = outputSizes(op, x, rank, outputSize);
  const name = `AdaptiveMaxPool${rank}DBackward0`;
  const settled = (result: Tensor) => (x === given ? result : squeeze(result, 0));
  const extents = evenExtents(sizes, counts);
  const windows = extents === null ? new UnevenWindows(sizes, counts) : null;
  const out = extents === null ? (windows as UnevenWindows).largest(name, x) : largest(name, x, extents);
  if (!returnIndices) return settled(out);
  const plain = x.detach();
  const indices = windows === null ? flatPositions(plain, extents as Extent[]) : windows.positions(plain);
  return [settled(out), settled(indices)] as const;
}

const averageSignature = [p.tensor('input'), outputSizeParam] as const;

function defineAverage(op: string, rank: number) {
  return define(op, averageSignature, (input, outputSize): Tensor => average(op, rank, input, outputSize));
}

/**
 * (N, C, L) or (C, L) -> (N, C, outputSize): the mean of each of that many windows.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool1d.html
 */
export const adaptiveAvgPool1d = defineAverage('adaptiveAvgPool1d', 1);
/** The same over (N, C, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html */
export const adaptiveAvgPool2d = defineAverage('adaptiveAvgPool2d', 2);
/** The same over (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool3d.html */
export const adaptiveAvgPool3d = defineAverage('adaptiveAvgPool3d', 3);

const maximumSignature = [p.tensor('input'), outputSizeParam, optional(p.bool('returnIndices'), false)] as const;

/** With `returnIndices: true` two results: the values, and their positions in the input's sizes taken as one dimension. */
export interface AdaptiveMaxPool {
  (input: Tensor, outputSize: OutputSize, returnIndices: true | { readonly returnIndices: true }): Pooled;
  (...args: Args<typeof maximumSignature>): Tensor;
}

function defineMaximum(op: string, rank: number): AdaptiveMaxPool {
  return define(op, maximumSignature, (x, outputSize, returnIndices): Tensor | Pooled =>
    maximum(op, rank, x, outputSize, returnIndices),
  ) as AdaptiveMaxPool;
}

/**
 * (N, C, L) or (C, L) -> (N, C, outputSize): the largest element of each of that many windows. The gradient goes to the
 * first of equal elements. https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool1d.html
 */
export const adaptiveMaxPool1d = defineMaximum('adaptiveMaxPool1d', 1);
/** The same over (N, C, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html */
export const adaptiveMaxPool2d = defineMaximum('adaptiveMaxPool2d', 2);
/** The same over (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool3d.html */
export const adaptiveMaxPool3d = defineMaximum('adaptiveMaxPool3d', 3);

/** adaptiveMaxPool that always answers both: values and their positions. */
function defineWithIndices(op: string, rank: number) {
  return define(op, maximumSignature, (x, outputSize): Pooled => maximum(op, rank, x, outputSize, true) as Pooled);
}

/** adaptiveMaxPool1d with `returnIndices`. https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool1d.html */
export const adaptiveMaxPool1dWithIndices = defineWithIndices('adaptiveMaxPool1dWithIndices', 1);
/** adaptiveMaxPool2d with `returnIndices`. https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html */
export const adaptiveMaxPool2dWithIndices = defineWithIndices('adaptiveMaxPool2dWithIndices', 2);
/** adaptiveMaxPool3d with `returnIndices`. https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool3d.html */
export const adaptiveMaxPool3dWithIndices = defineWithIndices('adaptiveMaxPool3dWithIndices', 3);
