// The histogram of points: how many lie in each cell of a grid. The cells of one coordinate are those of search.ts.

import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, numelOf, sameShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { toDType } from './apply.ts';
import { add, div, mul, where } from './arithmetic.ts';
import { ge, logicalAnd, lt } from './math.ts';
import { sliceAt } from './part.ts';
import { type NamedTuple, namedTuple, sum } from './reduce.ts';
import { cellsOf, checkHistogram, countPlaces, equalEdges, rangeEnds, sumPlaces, widthsOf } from './search.ts';
import { reshape } from './view.ts';

/** Counts (or sums of weights) over a grid, and the edges of the cells along each coordinate. */
type HistogramOfPoints = NamedTuple<{ hist: Tensor; binEdges: readonly Tensor[] }>;

/** Cells of equal width, one number for all coordinates or one each; or the edges of each. */
type Bins = number | readonly number[] | readonly Tensor[];

const isInteger = (value: unknown): boolean => Number.isInteger(value);

function isBins(value: unknown): boolean {
  if (!Array.isArray(value)) return isInteger(value);
  return value.every(isInteger) || value.every((one) => one instanceof Tensor);
}

const isNumbers = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'number');

/**
 * How many of the points (.., D) lie in each cell of a grid of `bins`: { hist, binEdges }. `range` has lowest and highest edge
 * of each coordinate, one pair after the other; it is that of the points where left out. With `density` the sum over cells
 * of value times volume is 1. https://pytorch.org/docs/stable/generated/torch.histogramdd.html
 */
export const histogramdd = define(
  'histogramdd',
  [
    p.tensor('input'),
    p.custom<Bins>()('bins', 'an integer, a list of integers or a list of tensors', isBins),
    optional(p.custom<readonly number[]>()('range', 'a list of numbers', isNumbers), null),
    optional(p.tensor('weight'), null),
    optional(p.bool('density'), false),
  ],
  (input, bins, range, weight, density): HistogramOfPoints => {
    const op = 'histogramdd';
    const x = input.detach();
    if (x.shape.length < 2)
      throw new ShapeError({ op, fact: formatShape(x.shape), rule: 'points in lines (.., D) are needed' });
    const size = x.shape[x.shape.length - 1];
    const count = numelOf(x.shape.slice(0, -1));
    const list: readonly (number | Tensor)[] =
      typeof bins === 'number' ? Array.from({ length: size }, () => bins) : bins;
    if (list.length !== size || (range !== null && range.length !== 2 * size)) {
      throw new ArgumentError({
        op,
        fact: `bins for ${list.length} coordinates${range === null ? '' : `, a range of ${range.length} numbers`}`,
        rule: `the points have ${size} coordinates: as many bins, and twice as many ends`,
      });
    }
    if (weight !== null && !sameShape(weight.shape, x.shape.slice(0, -1))) {
      throw new ShapeError({
        op,
        fact: `weights ${formatShape(weight.shape)} for ${formatShape(x.shape)}`,
        rule: 'one for each point',
      });
    }
    const points = reshape(x, count, size);
    const coordinates = list.map((one, at) => {
      const line = reshape(sliceAt(points, 1, at, at + 1, 1), count);
      const [low, high] = rangeEnds(range === null ? null : range.slice(2 * at, 2 * at + 2));
      checkHistogram(op, line, typeof one === 'number' ? one : one.numel() - 1, low, high);
      const edges = typeof one === 'number' ? equalEdges(line, low, high, one) : one.detach();
      return { edges, cells: cellsOf(line, edges), bins: edges.shape[0] - 1 };
    });
    const shape = coordinates.map((one) => one.bins);
    const total = numelOf(shape);
    // The cell in C order; a point that is outside along one coordinate is in none.
    const inside = coordinates
      .map((one) => logicalAnd(ge(one.cells, 0), lt(one.cells, one.bins)))
      .reduce((all, one) => logicalAnd(all, one));
    const flat = coordinates.map(({ cells }) => cells).reduce((at, cells, dim) => add(mul(at, shape[dim]), cells));
    const places = where(inside, flat, total);
    const sums =
      weight === null
        ? toDType(countPlaces(places, total), x.dtype)
        : sumPlaces(places, reshape(toDType(weight, x.dtype), count), total);
    const hist = reshape(sums, shape);
    const widths = coordinates.map(({ edges, bins: own }, at) =>
      reshape(
        widthsOf(edges),
        shape.map((_, dim) => (dim === at ? own : 1)),
      ),
    );
    return namedTuple('histogramdd', {
      hist: density
        ? div(
            hist,
            mul(
              sum(hist),
              widths.reduce((volume, width) => mul(volume, width)),
            ),
          )
        : hist,
      binEdges: coordinates.map(({ edges }) => edges),
    });
  },
);
