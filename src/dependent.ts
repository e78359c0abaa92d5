// Results whose shape depends on values: the values are read, so these are awaited. Gradients flow through them.

import { ArgumentError } from './errors.ts';
import { makeLeaf } from './core/graph.ts';
import { where as select } from './ops/arithmetic.ts';
import { selectMany } from './ops/gather.ts';
import { broadcastTo, reshape } from './ops/view.ts';
import { numpy } from './read.ts';
import { broadcastShapes } from './shape.ts';
import { define, type Operand, optional, p, type Param } from './core/signature.ts';
import { classRows, repeatedBy } from './ops/repeat.ts';
import { Tensor } from './core/tensor.ts';

/** Places of the non-zero elements in C order. */
async function placesOf(x: Tensor): Promise<number[]> {
  const values = await numpy(x);
  return Array.from(values.keys()).filter((at) => values[at] !== 0);
}

/** The value of x now, as every read is bound at the call: later writes to x do not reach it. */
function boundNow(x: Tensor): Tensor {
  return Tensor.at(x.node, x.edge);
}

function indexLeaf(x: Tensor, places: readonly number[], shape: readonly number[]): Tensor {
  return Tensor.of(makeLeaf(Int32Array.from(places), x.device, 'int32', shape));
}

/** The elements where `mask` (bool, which broadcasts) is true, in one dimension. https://pytorch.org/docs/stable/generated/torch.masked_select.html */
export const maskedSelect = define('maskedSelect', [p.tensor('input'), p.tensor('mask')], selectByMask);

async function selectByMask(input: Tensor, mask: Tensor): Promise<Tensor> {
  if (mask.dtype !== 'bool') {
    throw new ArgumentError({
      op: 'maskedSelect',
      fact: `a mask of dtype ${mask.dtype}`,
      rule: 'it must be bool',
      cure: 'Use mask.bool().',
    });
  }
  const shape = broadcastShapes('maskedSelect', input.shape, mask.shape);
  const now = boundNow(input);
  const places = await placesOf(broadcastTo(mask, shape));
  const flat = reshape(broadcastTo(now, shape), -1);
  return selectMany('maskedSelect', flat, 0, indexLeaf(input, places, [places.length]), false, 'MaskedSelectBackward0');
}

/** The positions of the non-zero elements: one row each, or as a tuple of one tensor for each dimension. */
interface Nonzero {
  (input: Tensor, asTuple?: false | { readonly asTuple?: false }): Promise<Tensor>;
  (input: Tensor, asTuple: true | { readonly asTuple: true }): Promise<Tensor[]>;
  readonly signature: readonly Param[];
}

/** The positions of the non-zero elements, one row each: (n, dimensions), int32. https://pytorch.org/docs/stable/generated/torch.nonzero.html */
export const nonzero = define(
  'nonzero',
  [p.tensor('input'), optional(p.bool('asTuple'), false)],
  async (input, asTuple): Promise<Tensor | Tensor[]> => {
    // PyTorch's tuple has one tensor for a number, too.
    const { shape } = input;
    const places = await placesOf(input);
    const inOrder = shape.map((length, dim) => {
      const step = shape.slice(dim + 1).reduce((product, one) => product * one, 1);
      return places.map((place) => Math.floor(place / step) % length);
    });
    if (asTuple) return (shape.length > 0 ? inOrder : [places]).map((one) => indexLeaf(input, one, [places.length]));
    const rows = places.flatMap((_, at) => inOrder.map((one) => one[at]));
    return indexLeaf(input, rows, [places.length, shape.length]);
  },
) as unknown as Nonzero;
/** `nonzero` with one row each. https://pytorch.org/docs/stable/generated/torch.argwhere.html */
export const argwhere = define('argwhere', [p.tensor('input')], (input): Promise<Tensor> => nonzero(input));

/** `where` with values to choose from, or the places where the condition is not 0, which are awaited. */
type Where = typeof select & ((condition: Tensor) => Promise<Tensor[]>);

/**
 * input where condition is true, else other; of the condition alone the positions where it is not 0, as `nonzero` gives them
 * as a tuple. https://pytorch.org/docs/stable/generated/torch.where.html
 */
export const where = define(
  'where',
  [p.tensor('condition'), optional(p.operand('input'), null), optional(p.operand('other'), null)],
  (condition: Tensor, input: Operand | null, other: Operand | null): Tensor | Promise<Tensor[]> => {
    if (input === null && other === null) return nonzero(condition, true);
    return select(condition, (input ?? undefined) as Operand, (other ?? undefined) as Operand);
  },
) as unknown as Where;

/** How often each element is repeated: one number for all, a list, or a tensor (1-dim, int32), whose values must be read. */
type Repeats = number | readonly number[] | Tensor;

const repeatSignature = [
  p.tensor('input'),
  optional(
    p.custom<Repeats>()(
      'repeats',
      'an integer, a list of integers or a tensor',
      (v) => Number.isInteger(v) || v instanceof Tensor || (Array.isArray(v) && v.every(Number.isInteger)),
    ),
    null,
  ),
  optional(p.int('dim'), null),
  optional(p.int('outputSize'), null),
] as const;

interface RepeatOptions {
  readonly dim?: number | null;
  readonly outputSize?: number | null;
}

/** Awaited where the repeats are a tensor: the shape of the result depends on its values. */
interface RepeatInterleave {
  (repeats: Tensor): Promise<Tensor>;
  (input: Tensor, repeats: Tensor, dim?: number | null | RepeatOptions): Promise<Tensor>;
  (input: Tensor, repeats: number | readonly number[], dim?: number | null | RepeatOptions): Tensor;
  (input: Tensor, options: RepeatOptions & { readonly repeats: Tensor }): Promise<Tensor>;
  (input: Tensor, options: RepeatOptions & { readonly repeats: number | readonly number[] }): Tensor;
}

/**
 * Each element (of the flattened input, or along `dim`) several times in a row. Of a single tensor [2, 0, 3]: the positions
 * [0, 0, 2, 2, 2]. https://pytorch.org/docs/stable/generated/torch.repeat_interleave.html
 */
export const repeatInterleave = define(
  'repeatInterleave',
  repeatSignature,
  (input: Tensor, repeats: Repeats | null, dim: number | null, outputSize: number | null): Tensor | Promise<Tensor> => {
    if (repeats instanceof Tensor) return repeatedByTensor(input, repeats, dim, outputSize);
    return repeats === null ? positionsRepeated(input) : repeatedBy(input, repeats, dim, outputSize);
  },
) as unknown as RepeatInterleave;

/** The counts of a tensor of repeats. */
async function countsOf(repeats: Tensor): Promise<number[]> {
  if (repeats.dtype !== 'int32' || repeats.shape.length > 1) {
    throw new ArgumentError({
      op: 'repeatInterleave',
      fact: `repeats of dtype ${repeats.dtype} and ${repeats.shape.length} dimensions`,
      rule: 'they must be int32, in at most 1 dimension',
    });
  }
  return Array.from(await numpy(repeats));
}

async function repeatedByTensor(x: Tensor, repeats: Tensor, dim: number | null, size: number | null): Promise<Tensor> {
  const now = boundNow(x);
  const counts = await countsOf(repeats);
  return repeatedBy(now, repeats.shape.length === 0 || counts.length === 1 ? counts[0] : counts, dim, size);
}

async function positionsRepeated(repeats: Tensor): Promise<Tensor> {
  const counts = await countsOf(repeats);
  const places = counts.flatMap((count, at) => new Array<number>(count).fill(at));
  return indexLeaf(repeats, places, [places.length]);
}

/** The classes of `oneHot`; where they are counted, the largest value must be read. */
interface OneHot {
  (input: Tensor, numClasses?: -1 | { readonly numClasses?: -1 }): Promise<Tensor>;
  (input: Tensor, numClasses: number | { readonly numClasses: number }): Tensor;
}

/**
 * For each class index a row of zeros with a 1 there, int32: (..) -> (.., numClasses). Without numClasses they are counted from
 * the largest index, which must be awaited. https://pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html
 */
export const oneHot = define(
  'oneHot',
  [p.tensor('input'), optional(p.int('numClasses'), -1)],
  (input: Tensor, numClasses: number): Tensor | Promise<Tensor> => {
    if (numClasses >= 0) return classRows(input, numClasses);
    const now = boundNow(input);
    return numpy(input).then((values) => {
      let most = -1;
      for (const value of values) most = Math.max(most, value);
      return classRows(now, most + 1);
    });
  },
) as unknown as OneHot;
