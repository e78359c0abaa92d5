// Searching in sorted rows, and what is counted with it: buckets, histograms, membership. Counts come from sorting and
// searching, so equal programs count equally, without atomics.

import { isFloat } from '../dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { formatShape, numelOf, sameShape } from '../shape.ts';
import { define, optional, p, type Operand } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { castNode, commonDevice, fillNode, kernelNode, operandTensor, resultType, toDType } from './apply.ts';
import { add, div, mul, rsub, sub, where } from './arithmetic.ts';
import { clamp } from './extrema.ts';
import { gather, pick, scatterAdd } from './gather.ts';
import { eq, floor, ge, le, logicalAnd, logicalNot, logicalOr, lt } from './math.ts';
import { sliceAt } from './part.ts';
import { amax, amin, cumsum, type NamedTuple, namedTuple, sum } from './reduce.ts';
import { orderOf } from './sorting.ts';
import { reshape } from './view.ts';

/** The integers 1 .. count as a tensor on the device of another. */
export function countTo(count: number, like: Tensor): Tensor {
  return cumsum(Tensor.at(fillNode(1, like.device, 'int32', [count]), null), 0);
}

/** How many of the sorted elements (.., n) lie before each of the values (.., m): row by row, or all in one row. */
export function searchRows(sorted: Tensor, values: Tensor, right: boolean): Tensor {
  const dtype = resultType([sorted, values]);
  const count = sorted.shape.at(-1) ?? 1;
  const lines = sorted.shape.length === 1 ? 1 : numelOf(sorted.shape.slice(0, -1));
  const each = lines === 1 ? values.numel() : (values.shape.at(-1) ?? 1);
  const inputs = [
    castNode(reshape(sorted.detach(), lines, count).node, dtype),
    castNode(reshape(values.detach(), lines, each).node, dtype),
  ];
  const node = kernelNode('search', { right }, inputs, 'int32', [lines, each]);
  return reshape(Tensor.of(node), [...values.shape]);
}

const outInt32 = optional(p.bool('outInt32'), false);
const rightOption = optional(p.bool('right'), false);
const side = optional(
  p.custom<'left' | 'right'>()('side', "'left' or 'right'", (v) => v === 'left' || v === 'right'),
  null,
);

/** Where `values` (of the same leading sizes, or any if the sequence has 1 dimension) would be inserted in sorted rows. https://pytorch.org/docs/stable/generated/torch.searchsorted.html */
export const searchsorted = define(
  'searchsorted',
  [p.tensor('sortedSequence'), p.operand('values'), outInt32, rightOption, side, optional(p.tensor('sorter'), null)],
  (sortedSequence, given, _outInt32, right, side, sorter): Tensor => {
    const values = operandTensor(given, sortedSequence.device);
    if (right && side === 'left')
      throw new ArgumentError({
        op: 'searchsorted',
        fact: "right is true and side is 'left'",
        rule: 'they must agree',
      });
    const rows = sortedSequence.shape.slice(0, -1);
    if (
      sortedSequence.shape.length === 0 ||
      (sortedSequence.shape.length > 1 && !sameShape(rows, values.shape.slice(0, -1)))
    ) {
      throw new ShapeError({
        op: 'searchsorted',
        fact: `${formatShape(sortedSequence.shape)} and values ${formatShape(values.shape)}`,
        rule: 'the sequence must have 1 dimension, or all sizes but the last must be equal',
      });
    }
    if (sorter !== null && !sameShape(sorter.shape, sortedSequence.shape)) {
      throw new ShapeError({
        op: 'searchsorted',
        fact: `a sorter ${formatShape(sorter.shape)} for ${formatShape(sortedSequence.shape)}`,
        rule: 'the shapes must be equal',
      });
    }
    const sorted = sorter === null ? sortedSequence : gather(sortedSequence.detach(), -1, sorter);
    return searchRows(sorted, values, right || side === 'right');
  },
);

/** The bucket of each element between sorted `boundaries` (1 dimension). https://pytorch.org/docs/stable/generated/torch.bucketize.html */
export const bucketize = define(
  'bucketize',
  [p.operand('input'), p.tensor('boundaries'), outInt32, rightOption],
  (input, boundaries, _outInt32, right): Tensor => {
    if (boundaries.shape.length !== 1) {
      throw new ShapeError({
        op: 'bucketize',
        fact: `boundaries of shape ${formatShape(boundaries.shape)}`,
        rule: 'they must have 1 dimension',
      });
    }
    return searchRows(boundaries, operandTensor(input, boundaries.device), right);
  },
);

/** The elements of x in one sorted row. */
function sortedRow(x: Tensor): Tensor {
  const flat = reshape(x.detach(), -1);
  return pick('sort', flat, 0, orderOf(flat, 0, false));
}

/** Whether each element is one of `testElements`; NaN is none. https://pytorch.org/docs/stable/generated/torch.isin.html */
export const isin = define(
  'isin',
  [
    p.operand('elements'),
    p.operand('testElements'),
    optional(p.bool('assumeUnique'), false),
    optional(p.bool('invert'), false),
  ],
  (elements: Operand, testElements: Operand, _assumeUnique, invert): Tensor => {
    const tensors = [elements, testElements].filter((one) => one instanceof Tensor);
    if (tensors.length === 0)
      throw new ArgumentError({ op: 'isin', fact: 'two numbers', rule: 'one of them must be a tensor' });
    const device = commonDevice('isin', tensors);
    const dtype = resultType([elements, testElements]);
    const [x, wanted] = [elements, testElements].map((one) => toDType(operandTensor(one, device).detach(), dtype));
    const found = isAmong(x, wanted);
    return invert ? logicalNot(found) : found;
  },
);

function isAmong(x: Tensor, tests: Tensor): Tensor {
  const count = tests.numel();
  if (count === 0) return Tensor.of(fillNode(0, x.device, 'bool', x.shape));
  if (count === 1) return eq(x, reshape(tests, []));
  const sorted = sortedRow(tests);
  const flat = reshape(x, -1);
  const places = searchRows(sorted, flat, false);
  const candidates = gather(sorted, 0, clamp(places, null, count - 1));
  return reshape(eq(flat, candidates), [...x.shape]);
}

/** How many elements lie in each of `bins` cells, given the number of the cell of each: others are in none. */
export function countPlaces(places: Tensor, bins: number): Tensor {
  const ends = searchRows(sortedRow(places), sub(countTo(bins + 1, places), 1), false);
  return sub(sliceAt(ends, 0, 1, bins + 1, 1), sliceAt(ends, 0, 0, bins, 1));
}

/** Sums of `weights` by cell; elements of cell `bins` and of none are left out. */
export function sumPlaces(places: Tensor, weights: Tensor, bins: number): Tensor {
  const outside = logicalOr(lt(places, 0), ge(places, bins));
  const cells = where(outside, bins, places);
  const none = Tensor.at(fillNode(0, weights.device, weights.dtype, [bins + 1]), null);
  return sliceAt(scatterAdd(none, 0, reshape(cells, -1), reshape(weights.detach(), -1)), 0, 0, bins, 1);
}

/**
 * The ends of equal cells: as given where they differ, else over all elements (0 to 1 for none), `margin` away from a single
 * value.
 */
function endsOf(x: Tensor, low: number, high: number, margin: number): readonly [Tensor, Tensor] {
  const constant = (value: number): Tensor => Tensor.at(fillNode(value, x.device, x.dtype, []), null);
  if (low !== high) return [constant(low), constant(high)];
  if (x.numel() === 0) return [constant(0), constant(1)];
  const [least, most] = [amin(x, null), amax(x, null)];
  const single = eq(least, most);
  return [where(single, sub(least, margin), least), where(single, add(most, margin), most)];
}

/** Throws on what no histogram can be made of. */
export function checkHistogram(op: string, x: Tensor, bins: number, low: number, high: number): void {
  if (!isFloat(x.dtype))
    throw new DTypeError({
      op,
      fact: `dtype ${x.dtype}`,
      rule: 'it needs a floating point dtype',
      cure: 'Use x.float().',
    });
  if (bins < 1) throw new ArgumentError({ op, fact: `${bins} bins`, rule: 'at least 1' });
  if (!(low <= high) || !Number.isFinite(high - low))
    throw new ArgumentError({
      op,
      fact: `a range from ${low} to ${high}`,
      rule: 'it must be finite and must not fall',
    });
}

/** How many elements lie in each of `bins` equal cells from `min` to `max` (of all elements if both are equal). https://pytorch.org/docs/stable/generated/torch.histc.html */
export const histc = define(
  'histc',
  [p.tensor('input'), optional(p.int('bins'), 100), optional(p.number('min'), 0), optional(p.number('max'), 0)],
  (input, bins, min, max): Tensor => {
    checkHistogram('histc', input, bins, min, max);
    const x = input.detach();
    const [low, high] = endsOf(x, min, max, 1);
    const cell = clamp(floor(div(mul(sub(x, low), bins), sub(high, low))), null, bins - 1);
    const inside = logicalAnd(ge(x, low), le(x, high));
    return toDType(countPlaces(toDType(where(inside, cell, bins), 'int32'), bins), x.dtype);
  },
);

/** Counts (or sums of weights) and the ends of the cells. */
type Histogram = NamedTuple<{ hist: Tensor; binEdges: Tensor }>;

/** How many elements lie between neighbouring edges: `bins` of them given, or the ends of `bins` equal cells over `range`. https://pytorch.org/docs/stable/generated/torch.histogram.html */
export const histogram = define(
  'histogram',
  [
    p.tensor('input'),
    p.custom<number | Tensor>()('bins', 'an integer or a tensor', (v) => Number.isInteger(v) || v instanceof Tensor),
    optional(p.custom<readonly number[]>()('range', 'two numbers', isRange), null),
    optional(p.tensor('weight'), null),
    optional(p.bool('density'), false),
  ],
  (input, bins, range, weight, density): Histogram => {
    const x = input.detach();
    const [low, high] = rangeEnds(range);
    checkHistogram('histogram', x, typeof bins === 'number' ? bins : bins.numel() - 1, low, high);
    if (weight !== null && !sameShape(weight.shape, x.shape)) {
      throw new ShapeError({
        op: 'histogram',
        fact: `weights ${formatShape(weight.shape)} for ${formatShape(x.shape)}`,
        rule: 'the shapes must be equal',
      });
    }
    const edges = typeof bins === 'number' ? equalEdges(x, low, high, bins) : bins.detach();
    const count = edges.shape[0] - 1;
    const cells = cellsOf(x, edges);
    const hist =
      weight === null ? toDType(countPlaces(cells, count), x.dtype) : sumPlaces(cells, toDType(weight, x.dtype), count);
    return namedTuple('histogram', {
      hist: density ? div(div(hist, sum(hist)), widthsOf(edges)) : hist,
      binEdges: edges,
    });
  },
);

/** The number of the cell that each element lies in: below 0, or the number of cells, for those in none. */
export function cellsOf(x: Tensor, edges: Tensor): Tensor {
  const count = edges.shape[0] - 1;
  // A cell holds its lower edge, the last one both.
  const behind = searchRows(edges, x, true);
  const ends = eq(x, sliceAt(edges, 0, count, count + 1, 1));
  return sub(where(ends, count, behind), 1);
}

/** How wide each cell is. */
export function widthsOf(edges: Tensor): Tensor {
  const count = edges.shape[0] - 1;
  return sub(sliceAt(edges, 0, 1, count + 1, 1), sliceAt(edges, 0, 0, count, 1));
}

/** The ends that a range says: half a unit around a single number. Without a range two zeros, for those of the elements. */
export function rangeEnds(range: readonly number[] | null): readonly [number, number] {
  if (range === null) return [0, 0];
  const [low, high] = range;
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function isRange(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === 'number');
}

/** bins + 1 edges, counted from both ends towards the middle, so that both ends are exact. */
export function equalEdges(x: Tensor, from: number, to: number, bins: number): Tensor {
  const [low, high] = endsOf(x, from, to, 0.5);
  const step = div(sub(high, low), bins);
  const place = toDType(sub(countTo(bins + 1, x), 1), x.dtype);
  const rising = add(mul(place, step), low);
  const falling = sub(high, mul(rsub(place, bins), step));
  return where(lt(place, (bins + 1) / 2), rising, falling);
}
