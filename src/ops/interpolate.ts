// Interpolation of images: options, sizes, and for each mode the weights by which an element of the output is made of its
// neighbours. What is computed stands in resample.ts. Weights are rounded as PyTorch's float32 ones.

import { isFloat } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { averageTo } from './adaptive.ts';
import { dtypeError } from './pool.ts';
import { resampled, type Tap, type Taps } from './resample.ts';

const { fround } = Math;

const modes = ['nearest', 'nearest-exact', 'linear', 'bilinear', 'trilinear', 'bicubic', 'area'] as const;

/** How an element is made of its neighbours; `linear` is for 1, `bilinear` for 2 and `trilinear` for 3 dimensions. */
export type InterpolationMode = (typeof modes)[number];

const ranks: Readonly<Record<InterpolationMode, readonly number[]>> = {
  nearest: [1, 2, 3],
  'nearest-exact': [1, 2, 3],
  linear: [1],
  bilinear: [2],
  trilinear: [3],
  bicubic: [2],
  area: [1, 2, 3],
};

const gradNames: Readonly<Record<InterpolationMode, string>> = {
  nearest: 'UpsampleNearest',
  'nearest-exact': 'UpsampleNearestExact',
  linear: 'UpsampleLinear',
  bilinear: 'UpsampleBilinear',
  trilinear: 'UpsampleTrilinear',
  bicubic: 'UpsampleBicubic',
  area: 'AdaptiveAvgPool',
};

/** One dimension of an interpolation. */
interface Line {
  readonly size: number;
  readonly count: number;
  /** Input elements to one of the output. */
  readonly step: number;
  readonly alignCorners: boolean;
}

/** Where element `at` of the output lies in the input, counted from the middle of its first element. */
function sourceOf(at: number, { step, alignCorners }: Line): number {
  return alignCorners ? fround(step * at) : fround(fround(step * fround(at + 0.5)) - 0.5);
}

function nearestTaps({ size, step }: Line, at: number, shift: number): Tap[] {
  return [{ place: Math.min(Math.floor(fround(fround(at + shift) * step)), size - 1), weight: 1 }];
}

function linearTaps(line: Line, at: number): Tap[] {
  const { size, count } = line;
  if (size === count) return [{ place: at, weight: 1 }];
  const source = Math.max(sourceOf(at, line), 0);
  const place = Math.min(Math.floor(source), size - 1);
  const share = Math.min(fround(source - place), 1);
  const first = { place, weight: fround(1 - share) };
  return place === size - 1 ? [{ place, weight: 1 }] : [first, { place: place + 1, weight: share }];
}

/** Keys' cubic kernel at distance x, with the slope a (-0.75 in PyTorch, -0.5 where it smooths). */
function cubic(distance: number, a: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0;
}

function cubicTaps(line: Line, at: number): Tap[] {
  const source = sourceOf(at, line);
  const first = Math.floor(source);
  const share = fround(source - first);
  return [-1, 0, 1, 2].map((offset) => ({
    place: Math.min(Math.max(first + offset, 0), line.size - 1),
    weight: cubic(share - offset, -0.75),
  }));
}

/** Where the output is smaller: the kernel as wide as an element of the output, and the weights brought to a sum of 1. */
function smoothTaps({ size, step }: Line, at: number, filter: (x: number) => number, reach: number): Tap[] {
  const wide = Math.max(step, 1);
  const center = step * (at + 0.5);
  const first = Math.max(Math.floor(center - reach * wide + 0.5), 0);
  const last = Math.min(Math.floor(center + reach * wide + 0.5), size);
  const weights = Array.from({ length: last - first }, (_, k) => filter((k + first - center + 0.5) / wide));
  const total = weights.reduce((sum, one) => sum + one, 0);
  return weights.map((weight, k) => ({ place: first + k, weight: weight / total }));
}

function tapsFor(mode: InterpolationMode, line: Line, antialias: boolean): Taps {
  const tap = (at: number): Tap[] => {
    if (mode === 'nearest') return nearestTaps(line, at, 0);
    if (mode === 'nearest-exact') return nearestTaps(line, at, 0.5);
    if (mode === 'bicubic') return antialias ? smoothTaps(line, at, (x) => cubic(x, -0.5), 2) : cubicTaps(line, at);
    return antialias ? smoothTaps(line, at, (x) => Math.max(1 - Math.abs(x), 0), 1) : linearTaps(line, at);
  };
  const kind = mode.startsWith('nearest') || mode === 'bicubic' ? mode : 'linear';
  return {
    name: `${kind} ${line.size} ${line.count} ${line.step} ${line.alignCorners} ${antialias}`,
    size: line.size,
    lists: Array.from({ length: line.count }, (_, at) => tap(at)),
  };
}

/** One number for all spatial dimensions, or one each. */
export type Numbers = number | readonly number[];

export const numbers = <const N extends string>(name: N) =>
  p.custom<Numbers>()(
    name,
    'a number or a list of numbers',
    (v) => typeof v === 'number' || (Array.isArray(v) && v.every((one) => typeof one === 'number')),
  );

interface Options {
  readonly size: Numbers | null;
  readonly scaleFactor: Numbers | null;
  readonly mode: InterpolationMode;
  readonly alignCorners: boolean | null;
  readonly recomputeScaleFactor: boolean | null;
  readonly antialias: boolean;
}

/** One number for each spatial dimension. */
function each(op: string, name: string, value: Numbers, rank: number, fits: (one: number) => boolean): number[] {
  const list = typeof value === 'number' ? [value] : [...value];
  const all = list.length === 1 ? new Array<number>(rank).fill(list[0]) : list;
  if (all.length === rank && all.every(fits)) return all;
  throw new ArgumentError({
    op,
    fact: `${name} is ${typeof value === 'number' ? value : `[${value.join(', ')}]`}`,
    rule: `it must be one ${name === 'size' ? 'positive integer' : 'positive number'}, or ${rank}`,
  });
}

function linesOf(op: string, x: Tensor, { size, scaleFactor, alignCorners, ...options }: Options): Line[] {
  const sizes = x.shape.slice(2);
  const corners = alignCorners ?? false;
  if ((size === null) === (scaleFactor === null)) {
    throw new ArgumentError({
      op,
      fact: size === null ? 'neither size nor scaleFactor is given' : 'both size and scaleFactor are given',
      rule: 'one of them must be',
    });
  }
  const factors =
    scaleFactor === null
      ? null
      : each(op, 'scaleFactor', scaleFactor, sizes.length, (one) => one > 0 && one < Infinity);
  const counts =
    size === null
      ? sizes.map((one, at) => Math.floor(one * (factors as number[])[at]))
      : each(op, 'size', size, sizes.length, (one) => Number.isInteger(one) && one > 0);
  if (sizes.includes(0) || counts.includes(0)) {
    throw new ShapeError({
      op,
      fact: `input ${formatShape(x.shape)} to sizes ${formatShape(counts)}`,
      rule: 'no spatial size may be 0',
    });
  }
  return sizes.map((length, at): Line => {
    const count = counts[at];
    const given = factors !== null && options.recomputeScaleFactor !== true ? 1 / factors[at] : length / count;
    const step = corners ? (count > 1 ? (length - 1) / (count - 1) : 0) : given;
    return { size: length, count, step: fround(step), alignCorners: corners };
  });
}

function interpolated(op: string, x: Tensor, options: Options): Tensor {
  const { mode, alignCorners, antialias, recomputeScaleFactor } = options;
  if (!isFloat(x.dtype)) throw dtypeError(op, x);
  const rank = x.shape.length - 2;
  if (!ranks[mode].includes(rank)) {
    const wanted = ranks[mode].map((one) => one + 2).join(', ');
    throw new ShapeError({
      op,
      fact: `input ${formatShape(x.shape)} with mode '${mode}'`,
      rule: `it must have ${wanted.replace(/, (\d)$/, ' or $1')} dimensions: batch, channels and sizes`,
      cure: mode === 'linear' && rank === 2 ? "Did you mean mode: 'bilinear'?" : undefined,
    });
  }
  const plain = mode === 'area' || mode.startsWith('nearest');
  if (alignCorners !== null && plain) {
    throw new ArgumentError({
      op,
      fact: `alignCorners is given with mode '${mode}'`,
      rule: 'it is for linear, bilinear, bicubic and trilinear',
    });
  }
  if (antialias && mode !== 'bilinear' && mode !== 'bicubic') {
    throw new ArgumentError({ op, fact: `antialias with mode '${mode}'`, rule: 'it is for bilinear and bicubic' });
  }
  if (recomputeScaleFactor === true && options.size !== null) {
    throw new ArgumentError({
      op,
      fact: 'recomputeScaleFactor with size',
      rule: 'it needs a scaleFactor to compute the sizes from',
    });
  }
  const lines = linesOf(op, x, options);
  const name = `${gradNames[mode]}${rank}D${antialias ? 'Aa' : ''}Backward0`;
  const counts = lines.map(({ count }) => count);
  if (mode === 'area') return averageTo(name, x, counts);
  const still = (line: Line) => line.size === line.count && line.step === 1;
  return resampled(
    name,
    x,
    2,
    lines.map((line) => (still(line) ? null : tapsFor(mode, line, antialias))),
  );
}

export const modeParam = p.custom<InterpolationMode>()('mode', modes.map((one) => `'${one}'`).join(', '), (v) =>
  (modes as readonly unknown[]).includes(v),
);

const sizeOptions = [
  p.tensor('input'),
  optional(numbers('size'), null),
  optional(numbers('scaleFactor'), null),
] as const;

/**
 * (N, C, sizes..) -> (N, C, size..), or each size times scaleFactor, rounded down. With `alignCorners` the first and last
 * elements of both fall together, else the outer edges. https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
 */
export const interpolate = define(
  'interpolate',
  [
    ...sizeOptions,
    optional(modeParam, 'nearest'),
    optional(p.bool('alignCorners'), null),
    optional(p.bool('recomputeScaleFactor'), null),
    optional(p.bool('antialias'), false),
  ],
  (input, size, scaleFactor, mode, alignCorners, recomputeScaleFactor, antialias): Tensor =>
    interpolated('interpolate', input, { size, scaleFactor, mode, alignCorners, recomputeScaleFactor, antialias }),
);

const rest = { recomputeScaleFactor: null, antialias: false } as const;

/** interpolate under its old name. https://pytorch.org/docs/stable/generated/torch.nn.functional.upsample.html */
export const upsample = define(
  'upsample',
  [...sizeOptions, optional(modeParam, 'nearest'), optional(p.bool('alignCorners'), null)],
  (input, size, scaleFactor, mode, alignCorners): Tensor =>
    interpolated('upsample', input, { size, scaleFactor, mode, alignCorners, ...rest }),
);

/** interpolate with mode 'nearest'. https://pytorch.org/docs/stable/generated/torch.nn.functional.upsample_nearest.html */
export const upsampleNearest = define('upsampleNearest', sizeOptions, (input, size, scaleFactor): Tensor =>
  interpolated('upsampleNearest', input, { size, scaleFactor, mode: 'nearest', alignCorners: null, ...rest }),
);

/** interpolate with mode 'bilinear' and aligned corners. https://pytorch.org/docs/stable/generated/torch.nn.functional.upsample_bilinear.html */
export const upsampleBilinear = define('upsampleBilinear', sizeOptions, (input, size, scaleFactor): Tensor =>
  interpolated('upsampleBilinear', input, { size, scaleFactor, mode: 'bilinear', alignCorners: true, ...rest }),
);
