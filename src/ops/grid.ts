// Sampling an image at the places of a grid, and grids of affine maps. The weights of the neighbours are formulas of the
// grid, so its gradient and all second ones are those of the formulas.

import { isFloat } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, numelOf } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { commonDevice, toDType } from './apply.ts';
import { add, div, mul, rsub, sub, where, fmod } from './arithmetic.ts';
import { clamp } from './extrema.ts';
import { gather } from './gather.ts';
import { abs, eq, floor, ge, gt, le, logicalAnd, lt, round } from './math.ts';
import { matmul } from './matmul.ts';
import { selectAt } from './part.ts';
import { dtypeError } from './pool.ts';
import { table } from './tables.ts';
import { expand, matrixTransposed, reshape, unsqueeze } from './view.ts';

const gridModes = ['bilinear', 'nearest', 'bicubic'] as const;
const paddings = ['zeros', 'border', 'reflection'] as const;
type GridMode = (typeof gridModes)[number];
type GridPadding = (typeof paddings)[number];

const oneOf = <const N extends string, V extends string>(name: N, values: readonly V[]) =>
  p.custom<V>()(name, values.map((one) => `'${one}'`).join(', '), (v) => (values as readonly unknown[]).includes(v));

/** Mirrors x between low / 2 and high / 2 as often as it takes. */
function reflected(x: Tensor, low: number, high: number): Tensor {
  if (low === high) return mul(x, 0);
  const span = (high - low) / 2;
  const from = abs(sub(x, low / 2));
  const flips = floor(div(from, span)).detach();
  const rest = fmod(from, span);
  return add(where(eq(fmod(flips, 2), 0), rest, rsub(rest, span)), low / 2);
}

/** Brought into 0 .. size - 1; without a gradient at the ends and beyond. */
function clipped(x: Tensor, size: number): Tensor {
  return where(logicalAnd(gt(x, 0), lt(x, size - 1)), x, clamp(x.detach(), 0, size - 1));
}

/** Coordinates in the input after padding, which leaves those of 'zeros' where they are. */
function inside(x: Tensor, size: number, padding: GridPadding, alignCorners: boolean): Tensor {
  if (padding === 'zeros') return x;
  if (padding === 'border') return clipped(x, size);
  return clipped(alignCorners ? reflected(x, 0, 2 * (size - 1)) : reflected(x, -1, 2 * size - 1), size);
}

/** A whole place along one dimension, and the weight of the elements there. */
interface Neighbour {
  /** Whole numbers as floats, (N, P). */
  readonly place: Tensor;
  readonly weight: Tensor | null;
}

/** A cubic kernel (Keys, a = -0.75) at distance x, which is in 0 .. 1, or in 1 .. 2 where `far`. */
function cubicWeight(x: Tensor, far: boolean): Tensor {
  const a = -0.75;
  if (!far) return add(mul(mul(sub(mul(x, a + 2), a + 3), x), x), 1);
  return sub(mul(mul(add(mul(sub(x, 5), x), 8), x), a), 4 * a);
}

/** The neighbours along one dimension of coordinates x (N, P). */
function neighboursOf(x: Tensor, mode: GridMode): Neighbour[] {
  if (mode === 'nearest') return [{ place: round(x.detach()), weight: null }];
  const first = floor(x.detach());
  const share = sub(x, first);
  if (mode === 'bilinear') {
    return [
      { place: first, weight: rsub(share, 1) },
      { place: add(first, 1), weight: share },
    ];
  }
  return [-1, 0, 1, 2].map((offset) => {
    const distance = offset <= 0 ? sub(share, offset) : rsub(share, offset);
    return { place: add(first, offset), weight: cubicWeight(distance, offset === -1 || offset === 2) };
  });
}

/** x (N, C, S) at whole places of its sizes, one tensor (N, P) a dimension; 0 beyond them. (N, C, P). */
function elementsAt(x: Tensor, sizes: readonly number[], places: readonly Tensor[]): { values: Tensor; known: Tensor } {
  const [batch, channels] = x.shape;
  let flat: Tensor | null = null;
  let known: Tensor | null = null;
  places.forEach((place, at) => {
    const last = sizes[at] - 1;
    const index = toDType(clamp(place, 0, last), 'int32');
    flat = flat === null ? index : add(mul(flat, sizes[at]), index);
    const here = logicalAnd(ge(place, 0), le(place, last));
    known = known === null ? here : logicalAnd(known, here);
  });
  const index = flat as unknown as Tensor;
  const wide = expand(unsqueeze(index, 1), [batch, channels, index.shape[1]]);
  return { values: gather(x, 2, wide), known: unsqueeze(known as unknown as Tensor, 1) };
}

function checkGrid(op: string, x: Tensor, grid: Tensor, mode: GridMode): void {
  commonDevice(op, [x, grid]);
  if (!isFloat(x.dtype)) throw dtypeError(op, x);
  const rank = x.shape.length - 2;
  const fits =
    (rank === 2 || rank === 3) &&
    grid.shape.length === rank + 2 &&
    grid.shape[0] === x.shape[0] &&
    grid.shape.at(-1) === rank;
  if (!fits) {
    throw new ShapeError({
      op,
      fact: `grid ${formatShape(grid.shape)} for input ${formatShape(x.shape)}`,
      rule: 'it must be (N, oH, oW, 2) for (N, C, H, W), or (N, oD, oH, oW, 3) for (N, C, D, H, W)',
    });
  }
  if (x.shape.slice(2).includes(0)) {
    throw new ShapeError({ op, fact: `input ${formatShape(x.shape)}`, rule: 'its spatial sizes must not be 0' });
  }
  if (mode === 'bicubic' && rank === 3) {
    throw new ArgumentError({ op, fact: "mode 'bicubic' over 3 dimensions", rule: 'it is for (N, C, H, W) alone' });
  }
}

/**
 * input (N, C, H, W) at the places of grid (N, oH, oW, 2), whose last dimension is (x, y) from -1 to 1 -> (N, C, oH, oW);
 * or (N, C, D, H, W) with (N, oD, oH, oW, 3). https://pytorch.org/docs/stable/generated/torch.nn.functional.grid_sample.html
 */
export const gridSample = define(
  'gridSample',
  [
    p.tensor('input'),
    p.tensor('grid'),
    optional(oneOf('mode', gridModes), 'bilinear'),
    optional(oneOf('paddingMode', paddings), 'zeros'),
    optional(p.bool('alignCorners'), false),
  ],
  (input, grid, mode, paddingMode, alignCorners): Tensor => {
    checkGrid('gridSample', input, grid, mode);
    const [batch, channels, ...sizes] = input.shape;
    const rank = sizes.length;
    const counts = grid.shape.slice(1, -1);
    const source = reshape(input, [batch, channels, numelOf(sizes)]);
    const points = reshape(grid, [batch, numelOf(counts), rank]);
    /** For each dimension of the input: the coordinate, from -1 .. 1 to elements; the last of the grid is the first here. */
    const coordinates = sizes.map((size, at) => {
      const own = selectAt('gridSample', points, 2, rank - 1 - at);
      const placed = alignCorners ? mul(div(add(own, 1), 2), size - 1) : div(sub(mul(add(own, 1), size), 1), 2);
      // The neighbours of a cubic are brought inside one by one.
      return mode === 'bicubic' ? placed : inside(placed, size, paddingMode, alignCorners);
    });
    const lines = coordinates.map((one) => neighboursOf(one, mode));
    const terms = lines.reduce<readonly (readonly Neighbour[])[]>(
      (outer, line) => outer.flatMap((before) => line.map((own) => [...before, own])),
      [[]],
    );
    const sum = terms.reduce<Tensor | null>((total, term) => {
      const places = term.map(({ place }, at) =>
        mode === 'bicubic' ? inside(place, sizes[at], paddingMode, alignCorners) : place,
      );
      const { values, known } = elementsAt(source, sizes, places);
      const weight = term.reduce<Tensor | null>(
        (product, own) => (own.weight === null ? product : product === null ? own.weight : mul(product, own.weight)),
        null,
      );
      const part = where(known, weight === null ? values : mul(values, unsqueeze(weight, 1)), 0);
      return total === null ? part : add(total, part);
    }, null);
    return reshape(sum as Tensor, [batch, channels, ...counts]);
  },
);

/** -1 .. 1 in `count` steps: from corner to corner, or in the middle of as many parts. */
const steps = (count: number, alignCorners: boolean): number[] =>
  Array.from({ length: count }, (_, at) => {
    if (alignCorners) return count === 1 ? 0 : (2 * at) / (count - 1) - 1;
    return (2 * at + 1) / count - 1;
  });

/**
 * The grid of an affine map for gridSample: theta (N, 2, 3) with size (N, C, H, W) -> (N, H, W, 2), theta (N, 3, 4) with
 * size (N, C, D, H, W) -> (N, D, H, W, 3). https://pytorch.org/docs/stable/generated/torch.nn.functional.affine_grid.html
 */
export const affineGrid = define(
  'affineGrid',
  [p.tensor('theta'), p.ints('size'), optional(p.bool('alignCorners'), false)],
  (theta, size, alignCorners): Tensor => {
    const [batch, , ...sizes] = size;
    const rank = sizes.length;
    const fits = (rank === 2 || rank === 3) && formatShape(theta.shape) === formatShape([batch, rank, rank + 1]);
    if (!fits || size.some((one) => one < 1)) {
      throw new ShapeError({
        op: 'affineGrid',
        fact: `theta ${formatShape(theta.shape)} for size ${formatShape(size)}`,
        rule: 'it must be (N, 2, 3) for (N, C, H, W), or (N, 3, 4) for (N, C, D, H, W), all at least 1',
      });
    }
    const count = numelOf(sizes);
    const base = table(
      `affine grid ${sizes.join()} ${alignCorners}`,
      theta.device,
      theta.dtype,
      [count, rank + 1],
      () => {
        const lines = sizes.map((one) => steps(one, alignCorners));
        const points = lines.reduce<number[][]>(
          (outer, line) => outer.flatMap((before) => line.map((own) => [own, ...before])),
          [[]],
        );
        return points.flatMap((point) => [...point, 1]);
      },
    );
    return reshape(matmul(base, matrixTransposed(theta)), [batch, ...sizes, rank]);
  },
);
