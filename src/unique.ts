// Distinct elements, and counts of integers: results whose size depends on values. The sorting, comparing and collecting is
// done on the device; only the size is read, so these are awaited.

import { isFloat } from './dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from './errors.ts';
import { castNode, toDType } from './ops/apply.ts';
import { sub } from './ops/arithmetic.ts';
import { gather, indexSelect, place } from './ops/gather.ts';
import { cat, stack, zerosLikePart } from './ops/join.ts';
import { sliceAt } from './ops/part.ts';
import { amax, amin, any, cumsum } from './ops/reduce.ts';
import { countPlaces, countTo, searchRows, sumPlaces } from './ops/search.ts';
import { orderOf, startsOf } from './ops/sorting.ts';
import { expand, movedim, reshape } from './ops/view.ts';
import { item, numpy } from './read.ts';
import { formatShape, normalizeDim, sameShape } from './shape.ts';
import { defineAwaited, optional, p, type Param } from './core/signature.ts';
import { Tensor } from './core/tensor.ts';

const input = p.tensor('input');
const sortedOption = optional(p.bool('sorted'), true);
const returnInverse = optional(p.bool('returnInverse'), false);
const returnCounts = optional(p.bool('returnCounts'), false);
const dimOption = optional(p.int('dim'), null);

/** What `unique` is asked for besides the elements. */
export interface Wanted {
  readonly returnInverse?: boolean;
  readonly returnCounts?: boolean;
}

/** The distinct elements alone, or with what else was asked for: where each element went, and how often each occurs. */
export type Distinct<O extends Wanted> = O extends { returnInverse: true } | { returnCounts: true } ? Tensor[] : Tensor;

export interface UniqueOptions extends Wanted {
  readonly sorted?: boolean;
  readonly dim?: number | null;
}

interface UniqueFunction {
  <const O extends UniqueOptions>(input: Tensor, options?: O): Promise<Distinct<O>>;
  (
    input: Tensor,
    sorted?: boolean,
    returnInverse?: boolean,
    returnCounts?: boolean,
    dim?: number | null,
  ): Promise<Tensor | Tensor[]>;
  readonly signature: readonly Param[];
}

interface UniqueConsecutiveFunction {
  <const O extends Omit<UniqueOptions, 'sorted'>>(input: Tensor, options?: O): Promise<Distinct<O>>;
  (input: Tensor, returnInverse?: boolean, returnCounts?: boolean, dim?: number | null): Promise<Tensor | Tensor[]>;
  readonly signature: readonly Param[];
}

/** Things in a row (elements, or the rows of a matrix) with marks where another one begins than the one before. */
interface Runs {
  readonly starts: Tensor;
  /** Where each thing was before it was sorted; null if it was not. */
  readonly order: Tensor | null;
  /** Those of the things whose numbers are given. */
  readonly take: (places: Tensor) => Tensor;
  /** The shape of the inverse. */
  readonly shape: readonly number[];
}

/** The first of each run, the number of the run of each thing, and the lengths of the runs. */
async function distinct({ starts, order, take, shape }: Runs, inverse: boolean, counts: boolean) {
  const length = starts.shape[0];
  // Things of run r (from 1) have number r.
  const numbers = cumsum(starts, 0);
  const size = length === 0 ? 0 : await item(sliceAt(numbers, 0, length - 1, length, 1));
  const firsts = searchRows(numbers, countTo(size, numbers), false);
  const results = [take(firsts)];
  if (inverse) {
    const of = sub(numbers, 1);
    results.push(reshape(order === null ? of : place('unique', of, 0, order, of.shape), [...shape]));
  }
  if (counts) {
    const end = zerosLikePart(numbers, 0, 1, length);
    results.push(sub(cat([sliceAt(firsts, 0, 1, size, 1), sliceAt(end, 0, 0, Math.min(size, 1), 1)]), firsts));
  }
  return results.length === 1 ? results[0] : results;
}

/** The elements of x as they are now, in one dimension. */
function flatOf(x: Tensor): Tensor {
  return reshape(Tensor.at(x.node, null), -1);
}

function elementsInOrder(x: Tensor): Runs {
  const flat = flatOf(x);
  const order = orderOf(flat, 0, false);
  const sorted = gather(flat, 0, order);
  return { starts: startsOf(sorted, 0), order, take: (places) => gather(sorted, 0, places), shape: x.shape };
}

function elementsAsTheyAre(x: Tensor): Runs {
  const flat = flatOf(x);
  return { starts: startsOf(flat, 0), order: null, take: (places) => gather(flat, 0, places), shape: x.shape };
}

/** The parts of x along a dimension: as rows (n, m) to compare, and by their numbers. */
function partsOf(op: string, x: Tensor, dim: number) {
  const at = normalizeDim(op, dim, x.shape.length);
  const now = Tensor.at(x.node, null);
  const count = x.shape[at] ?? 1;
  if (x.numel() === 0 && count > 0) {
    throw new ShapeError({
      op,
      fact: `${formatShape(x.shape)} along dim ${at}`,
      rule: 'parts without elements cannot be compared',
    });
  }
  const rows =
    x.shape.length === 0 ? reshape(now, 1, 1) : reshape(movedim(now, at, 0), count, x.numel() / Math.max(count, 1));
  const take = (places: Tensor): Tensor => (x.shape.length === 0 ? reshape(now, 1) : indexSelect(now, at, places));
  return { rows, count, take };
}

/** Whether each row differs from the one before. */
function rowStarts(rows: Tensor): Tensor {
  return any(startsOf(rows, 0), 1);
}

function partsInOrder(x: Tensor, dim: number): Runs {
  const { rows, count, take } = partsOf('unique', x, dim);
  // Stable sorts by every column, the last one first, leave the rows in the order of the first column that differs.
  let order = sub(countTo(count, rows), 1);
  for (let column = rows.shape[1] - 1; column >= 0; column--) {
    const keys = gather(reshape(sliceAt(rows, 1, column, column + 1, 1), -1), 0, order);
    order = gather(order, 0, orderOf(keys, 0, false));
  }
  const sorted = gather(rows, 0, expand(reshape(order, -1, 1), [...rows.shape]));
  return { starts: rowStarts(sorted), order, take: (places) => take(gather(order, 0, places)), shape: [count] };
}

function partsAsTheyAre(x: Tensor, dim: number): Runs {
  const { rows, count, take } = partsOf('uniqueConsecutive', x, dim);
  return { starts: rowStarts(rows), order: null, take, shape: [count] };
}

/**
 * The distinct elements in rising order (`sorted` or not), or with `dim` the distinct parts along it; with `returnInverse` and
 * `returnCounts` a list with where each element went and how often each occurs. https://pytorch.org/docs/stable/generated/torch.unique.html
 */
export const unique = defineAwaited(
  'unique',
  [input, sortedOption, returnInverse, returnCounts, dimOption],
  (input, _sorted, returnInverse, returnCounts, dim) =>
    distinct(dim === null ? elementsInOrder(input) : partsInOrder(input, dim), returnInverse, returnCounts),
) as unknown as UniqueFunction;

/** The same for neighbours alone: the first of each run of equal elements. https://pytorch.org/docs/stable/generated/torch.unique_consecutive.html */
export const uniqueConsecutive = defineAwaited(
  'uniqueConsecutive',
  [input, returnInverse, returnCounts, dimOption],
  (input, returnInverse, returnCounts, dim) =>
    distinct(dim === null ? elementsAsTheyAre(input) : partsAsTheyAre(input, dim), returnInverse, returnCounts),
) as unknown as UniqueConsecutiveFunction;

/** How often each of 0, 1, 2, .. occurs (or the sum of the `weights` there), for at least `minlength` numbers. https://pytorch.org/docs/stable/generated/torch.bincount.html */
export const bincount = defineAwaited(
  'bincount',
  [input, optional(p.tensor('weights'), null), optional(p.int('minlength'), 0)],
  async (input, weights, minlength): Promise<Tensor> => {
    if (isFloat(input.dtype) || input.dtype === 'bool')
      throw new DTypeError({ op: 'bincount', fact: `dtype ${input.dtype}`, rule: 'it must be an integer dtype' });
    if (input.shape.length !== 1)
      throw new ShapeError({ op: 'bincount', fact: formatShape(input.shape), rule: 'it must have 1 dimension' });
    if (minlength < 0)
      throw new ArgumentError({ op: 'bincount', fact: `minlength is ${minlength}`, rule: 'it must not be negative' });
    if (weights !== null && !sameShape(weights.shape, input.shape)) {
      throw new ShapeError({
        op: 'bincount',
        fact: `weights ${formatShape(weights.shape)} for ${formatShape(input.shape)}`,
        rule: 'the shapes must be equal',
      });
    }
    const places = Tensor.at(castNode(input.node, 'int32'), null);
    const masses =
      weights === null
        ? null
        : toDType(Tensor.at(weights.node, null), isFloat(weights.dtype) ? weights.dtype : 'float32');
    const [least, most] = input.numel() === 0 ? [0, -1] : await numpy(stack([amin(places, null), amax(places, null)]));
    if (least < 0)
      throw new ArgumentError({ op: 'bincount', fact: `an element ${least}`, rule: 'none may be negative' });
    const bins = Math.max(most + 1, minlength);
    return masses === null ? countPlaces(places, bins) : sumPlaces(places, masses, bins);
  },
);
