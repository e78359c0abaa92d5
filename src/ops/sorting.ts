// Sorting and what comes of it: the largest few, the k-th, medians, the most frequent. All are positions that one kernel
// finds (`argsort`, which is told how many of each line are wanted), and elements picked there.

import { isFloat } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, normalizeDim } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { copyNode, kernelNode, onTape, toDType } from './apply.ts';
import { div, floorDivide, sub, where } from './arithmetic.ts';
import { clamp } from './extrema.ts';
import { gather, pick } from './gather.ts';
import { cat, zerosLikePart } from './join.ts';
import { eq, isnan, logicalAnd, logicalNot, logicalOr, ne } from './math.ts';
import { sliceAt } from './part.ts';
import { any, argmax, keepdim, namedTuple, positionsAlong, sum, type ValuesAndIndices } from './reduce.ts';
import { lastWhere } from './scans.ts';
import { reshape, squeeze } from './view.ts';

const input = p.tensor('input');
const lastDim = optional(p.int('dim'), -1);
const descendingOption = optional(p.bool('descending'), false);
const stableOption = optional(p.bool('stable'), false);

/** Positions along dimension `at` in the order of their elements, the first `keep`; NaN is the largest. */
export function orderOf(x: Tensor, at: number, descending: boolean, keep = x.shape[at] ?? 1): Tensor {
  const shape = x.shape.map((length, d) => (d === at ? keep : length));
  return Tensor.of(kernelNode('argsort', { dim: at, descending, keep }, [x.node], 'int32', shape));
}

/** Sorted values and their positions as one step of the tape. */
function sortAlong(op: string, gradName: string, x: Tensor, dim: number, descending: boolean): ValuesAndIndices {
  const at = normalizeDim(op, dim, x.shape.length);
  const indices = orderOf(x, at, descending);
  return namedTuple(op, { values: pick(gradName, x, at, fixed(indices)), indices });
}

/** Positions as an input of a step: what the user writes into the tensor later does not reach them. */
function fixed(indices: Tensor): Tensor {
  return Tensor.at(indices.node, null);
}

/**
 * { values, indices } along `dim` in rising (falling) order. NaN counts as larger than any number; equal elements keep their
 * order, whatever `stable` is. https://pytorch.org/docs/stable/generated/torch.sort.html
 */
export const sort = define(
  'sort',
  [input, lastDim, descendingOption, stableOption],
  (input, dim, descending): ValuesAndIndices => sortAlong('sort', 'SortBackward0', input, dim, descending),
);

/** The positions that sort `input` along `dim`. https://pytorch.org/docs/stable/generated/torch.argsort.html */
export const argsort = define(
  'argsort',
  [input, lastDim, descendingOption, stableOption],
  (input, dim, descending): Tensor => orderOf(input, normalizeDim('argsort', dim, input.shape.length), descending),
);

/** `input` sorted along its first dimension. https://pytorch.org/docs/stable/generated/torch.msort.html */
export const msort = define(
  'msort',
  [input],
  (input): Tensor => sortAlong('msort', 'SortBackward0', input, 0, false).values,
);

/** The `k` largest (smallest) elements along `dim` with their positions, in order. https://pytorch.org/docs/stable/generated/torch.topk.html */
export const topk = define(
  'topk',
  [input, p.int('k'), lastDim, optional(p.bool('largest'), true), optional(p.bool('sorted'), true)],
  (input, k, dim, largest): ValuesAndIndices => {
    const at = normalizeDim('topk', dim, input.shape.length);
    const length = input.shape[at] ?? 1;
    if (k < 0 || k > length) {
      throw new ArgumentError({
        op: 'topk',
        fact: `k is ${k} for ${formatShape(input.shape)} along dim ${at}`,
        rule: `it must be from 0 to ${length}`,
      });
    }
    const indices = orderOf(input, at, largest, input.shape.length === 0 ? 1 : k);
    return namedTuple('topk', { values: pick('TopkBackward0', input, at, fixed(indices)), indices });
  },
);

/** One position of each line (`places`, with `dim` kept at size 1) as { values, indices }. */
function oneOfEach(
  op: string,
  gradName: string,
  x: Tensor,
  at: number,
  places: Tensor,
  keep: boolean,
): ValuesAndIndices {
  const picked = pick(gradName, x, at, fixed(places));
  if (keep || x.shape.length === 0) return namedTuple(op, { values: picked, indices: places });
  return namedTuple(op, { values: squeeze(picked, at), indices: squeeze(places, at) });
}

function requireElements(op: string, x: Tensor, at: number): void {
  if (x.shape[at] !== 0) return;
  throw new ShapeError({
    op,
    fact: `${formatShape(x.shape)} has no elements along dim ${at}`,
    rule: 'at least 1 is needed',
  });
}

/** Position `rank` along dimension `at`, which stays with size 1. */
function rankOf(order: Tensor, at: number, rank: number): Tensor {
  return order.shape.length === 0 ? order : sliceAt(order, at, rank, rank + 1, 1);
}

/** The `k`-th smallest element (from 1) along `dim` with its position. https://pytorch.org/docs/stable/generated/torch.kthvalue.html */
export const kthvalue = define(
  'kthvalue',
  [input, p.int('k'), lastDim, keepdim],
  (input, k, dim, keepdim): ValuesAndIndices => {
    const at = normalizeDim('kthvalue', dim, input.shape.length);
    const length = input.shape[at] ?? 1;
    if (k < 1 || k > length) {
      throw new ArgumentError({
        op: 'kthvalue',
        fact: `k is ${k} for ${formatShape(input.shape)} along dim ${at}`,
        rule: `it must be from 1 to ${length}`,
      });
    }
    return oneOfEach(
      'kthvalue',
      'KthvalueBackward0',
      input,
      at,
      rankOf(orderOf(input, at, false, k), at, k - 1),
      keepdim,
    );
  },
);

/** Where the lower middle of each line stands; of lines with NaN the first NaN, or with `ignore` the middle of the others. */
function middlePlaces(x: Tensor, at: number, ignore: boolean): Tensor {
  const length = x.shape[at] ?? 1;
  const order = orderOf(x, at, false, Math.floor((length + 1) / 2));
  if (!isFloat(x.dtype)) return rankOf(order, at, order.shape[at] - 1);
  const missing = isnan(x);
  if (!ignore) {
    const first = argmax(toDType(missing, 'int32'), at, true);
    return where(any(missing, at, true), first, rankOf(order, at, (order.shape[at] ?? 1) - 1));
  }
  const count = sum(logicalNot(missing), at, true);
  return gather(order, at, clamp(floorDivide(sub(count, 1), 2), 0, null));
}

/** `median` and `nanmedian` by what they are given: nothing, or a dimension. */
interface Median {
  (input: Tensor): Tensor;
  (input: Tensor, dim: number, keepdim?: boolean | { keepdim?: boolean }): ValuesAndIndices;
  (input: Tensor, options: { dim: number; keepdim?: boolean }): ValuesAndIndices;
}

function medianBy(op: 'median' | 'nanmedian'): Median {
  const ignore = op === 'nanmedian';
  const gradName = op === 'median' ? 'MedianBackward' : 'NanmedianBackward';
  return define(
    op,
    [input, optional(p.int('dim'), null), keepdim],
    (input, dim, keepdim): Tensor | ValuesAndIndices => {
      if (dim === null) return medianOfAll(`${gradName}0`, input, ignore);
      const at = normalizeDim(op, dim, input.shape.length);
      requireElements(op, input, at);
      return oneOfEach(op, `${gradName}1`, input, at, middlePlaces(input, at, ignore), keepdim);
    },
  ) as unknown as Median;
}

/** The median of all elements; its gradient is shared by all that equal it. NaN for no elements. */
function medianOfAll(gradName: string, x: Tensor, ignore: boolean): Tensor {
  const flat = reshape(x.detach(), -1);
  if (flat.shape[0] === 0) return reshape(zerosLikePart(flat, 0, 1, isFloat(x.dtype) ? NaN : -2147483648), []);
  const value = reshape(pick(gradName, flat, 0, middlePlaces(flat, 0, ignore)), []);
  return onTape(
    gradName,
    (grad, { input, output }) => {
      const [saved, middle] = [input(0).detach(), output().detach()];
      const hit = logicalOr(eq(saved, middle), logicalAnd(isnan(middle), isnan(saved)));
      return [where(hit, div(grad, sum(hit)), 0)];
    },
    [x],
    copyNode(value.node),
  );
}

/** The lower middle of all elements, or { values, indices } along `dim`; NaN where there is one. https://pytorch.org/docs/stable/generated/torch.median.html */
export const median = medianBy('median');

/** The median of what is not NaN. https://pytorch.org/docs/stable/generated/torch.nanmedian.html */
export const nanmedian = medianBy('nanmedian');

/** The most frequent element along `dim` (the smallest of several) with the last position where it stands. https://pytorch.org/docs/stable/generated/torch.mode.html */
export const mode = define('mode', [input, lastDim, keepdim], (input, dim, keepdim): ValuesAndIndices => {
  const at = normalizeDim('mode', dim, input.shape.length);
  requireElements('mode', input, at);
  if (input.shape.length === 0) return oneOfEach('mode', 'ModeBackward0', input, at, orderOf(input, 0, false), keepdim);
  const order = orderOf(input.detach(), at, false);
  const sorted = pick('mode', input.detach(), at, order);
  const positions = positionsAlong(sorted, at);
  // Equal elements stand in a run; one that has just become the longest ends where the most frequent element stands last.
  const lengths = sub(positions, lastWhere(startsOf(sorted, at), at));
  return oneOfEach('mode', 'ModeBackward0', input, at, gather(order, at, argmax(lengths, at, true)), keepdim);
});

/** Whether each element along `at` differs from the one before it; the first does. */
export function startsOf(x: Tensor, at: number): Tensor {
  const length = x.shape[at];
  const first = zerosLikePart(x, at, Math.min(length, 1), 1, 'bool');
  if (length < 2) return first;
  return cat([first, ne(sliceAt(x, at, 1, length, 1), sliceAt(x, at, 0, length - 1, 1))], at);
}
