// Rows of a table by number, and sums, means and maxima over bags of rows. The gradient adds the rows up in order, without
// atomics, so it is the same every time. Knows tables and numbers, no module.

import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { isFloat } from '../dtype.ts';
import { formatShape, sameShape, type Shape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { composite, fillNode, toDType, untaped } from './apply.ts';
import { add, div, mul, sub, where } from './arithmetic.ts';
import { clamp } from './extrema.ts';
import { checkedIndex, indexAdd, indexSelect } from './gather.ts';
import { indexCopy_ } from './inplace.ts';
import { eq, ge, gt, le, ne } from './math.ts';
import { narrow } from './part.ts';
import { max, sum } from './reduce.ts';
import { vectorNorm } from './statistics.ts';
import { positions } from './triangle.ts';
import { reshape, unsqueeze } from './view.ts';

const options = [
  optional(p.number('maxNorm'), null),
  optional(p.number('normType'), 2),
  optional(p.bool('scaleGradByFreq'), false),
] as const;
const paddingParam = optional(p.int('paddingIdx'), null);
const sparseParam = optional(p.bool('sparse'), false);

/** The row that is never trained, counted from the front. */
function paddingRow(op: string, paddingIdx: number | null, rows: number): number | null {
  if (paddingIdx === null) return null;
  if (paddingIdx < -rows || paddingIdx >= rows) {
    throw new ArgumentError({ op, fact: `paddingIdx ${paddingIdx} for ${rows} rows`, rule: 'it must be one of them' });
  }
  return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}

/** Numbers and table in this order; PyTorch's own samples pass the table first, and the dtypes tell. */
function sorted(op: string, given: Tensor, table: Tensor): readonly [Tensor, Tensor] {
  const [numbers, rows] = isFloat(given.dtype) && !isFloat(table.dtype) ? [table, given] : [given, table];
  if (!isFloat(rows.dtype) || isFloat(numbers.dtype) || numbers.dtype === 'bool') {
    throw new DTypeError({
      op,
      fact: `numbers of dtype ${numbers.dtype} and a table of dtype ${rows.dtype}`,
      rule: 'the numbers are int32, the table is of floats',
      cure: "Convert the numbers: x.to('int32').",
    });
  }
  if (rows.shape.length !== 2) {
    throw new ShapeError({ op, fact: `weight ${formatShape(rows.shape)}`, rule: 'it must be (numbers, size)' });
  }
  return [numbers, rows];
}

const zeros = (like: Tensor, shape: readonly number[]): Tensor =>
  Tensor.at(fillNode(0, like.device, like.dtype, [...shape]), null);

/** How often each row is asked for, at each of the numbers. */
function frequency(numbers: Tensor, rows: number, like: Tensor): Tensor {
  const ones = add(zeros(like, numbers.shape), 1);
  return indexSelect(indexAdd(zeros(like, [rows]), 0, numbers, ones), 0, numbers);
}

/** Scales the rows that are asked for down to `most` in the table itself, off the tape. */
function renormalize(table: Tensor, numbers: Tensor, most: number, order: number): void {
  untaped(() => {
    const plain = table.detach();
    const rows = indexSelect(plain, 0, numbers);
    const length = vectorNorm(rows, order, [1], true, 'NormBackward1');
    const factor = where(gt(length, most), div(add(mul(length, 0), most), add(length, 1e-7)), 1);
    indexCopy_(plain, 0, numbers, mul(rows, factor));
  });
}

/** Rows (..numbers, size) of the table by n numbers in a line; the gradient of the padding row is 0, and with `scaled` divided by how often a row occurs. */
function rowsOf(table: Tensor, numbers: Tensor, sizes: Shape, padding: number | null, scaled: boolean): Tensor {
  return composite(
    'EmbeddingBackward0',
    [table, numbers],
    () => reshape(indexSelect(table, 0, numbers), [...sizes, table.shape[1]]),
    (given, { input, shape }) => {
      const grad = reshape(given, -1, shape(0)[1]);
      const at = input(1);
      const shared = scaled ? div(grad, unsqueeze(frequency(at, shape(0)[0], grad), 1)) : grad;
      const flow = padding === null ? shared : where(unsqueeze(eq(at, padding), 1), 0, shared);
      return [indexAdd(zeros(grad, shape(0)), 0, at, flow), null];
    },
  );
}

/** Numbers as one line whose entries are known to be rows of the table. */
function checkedLine(op: string, numbers: Tensor, rows: number): Tensor {
  return reshape(Tensor.at(checkedIndex(op, numbers.detach(), 0, rows, false), null), -1);
}

/**
 * The rows of `weight` (numbers, size) that `input` (..) names -> (.., size). Row `paddingIdx` gets no gradient; rows longer
 * than `maxNorm` are scaled down in the table. https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
 */
export const embedding = define(
  'embedding',
  [p.tensor('input'), p.tensor('weight'), paddingParam, ...options, sparseParam],
  (input, weight, paddingIdx, maxNorm, normType, scaleGradByFreq, _sparse): Tensor => {
    const [numbers, table] = sorted('embedding', input, weight);
    const padding = paddingRow('embedding', paddingIdx, table.shape[0]);
    const line = checkedLine('embedding', numbers, table.shape[0]);
    if (maxNorm !== null) renormalize(table, line, maxNorm, normType);
    return rowsOf(table, line, numbers.shape, padding, scaleGradByFreq);
  },
);

/** What becomes of the rows of a bag. */
export type BagMode = 'sum' | 'mean' | 'max';
/** The parameter `mode` of bags. */
export const bagModeParam = optional(
  p.custom<BagMode>()('mode', "'sum', 'mean' or 'max'", (v) => v === 'sum' || v === 'mean' || v === 'max'),
  'mean',
);

/** The bag of each of `count` numbers, by where the bags start: offsets (bags) -> (count). */
function bagsOf(offsets: Tensor, count: number): Tensor {
  const begun = le(unsqueeze(offsets, 0), positions(offsets, count, [count, 1]));
  return sub(sum(begun, 1), 1);
}

/** How n rows fall into bags, one after the other. */
interface Bags {
  readonly count: number;
  /** (n, size) -> (bags, size), added up. */
  readonly total: (parts: Tensor) => Tensor;
  /** (n, size) -> (bags, some, size), in which what belongs to another bag is -Infinity. */
  readonly apart: (parts: Tensor) => Tensor;
}

/** Bags of one length. */
function evenBags(count: number, length: number): Bags {
  const apart = (parts: Tensor): Tensor => reshape(parts, count, length, parts.shape[1]);
  return { count, apart, total: (parts) => sum(apart(parts), 1) };
}

/** Throws where offsets that are on the host do not begin at 0 and rise. */
function checkOffsets(offsets: Tensor): void {
  const { host } = offsets.node.root;
  if (host === null || host.length !== offsets.numel()) return;
  if ((host.length === 0 || host[0] === 0) && host.every((start, at) => at === 0 || start >= host[at - 1])) return;
  throw new ArgumentError({
    op: 'embeddingBag',
    fact: `offsets [${host.join(', ')}]`,
    rule: 'the first is 0, and none is below the one before',
  });
}

/** Bags that start at `offsets` of n rows. */
function raggedBags(offsets: Tensor, n: number): Bags {
  checkOffsets(offsets);
  const [count] = offsets.shape;
  const home = bagsOf(offsets, n);
  return {
    count,
    total: (parts) => indexAdd(zeros(parts, [count, parts.shape[1]]), 0, home, parts),
    apart: (parts) => {
      const member = eq(unsqueeze(home, 0), positions(home, count, [count, 1]));
      return where(unsqueeze(member, 2), unsqueeze(parts, 0), -Infinity);
    },
  };
}

function bagsFor(numbers: Tensor, offsets: Tensor | null, includeLast: boolean): Bags {
  if (numbers.shape.length === 2 && offsets === null) return evenBags(numbers.shape[0], numbers.shape[1]);
  if (numbers.shape.length === 1 && offsets?.shape.length === 1) {
    const starts = includeLast ? narrow(offsets, 0, 0, offsets.shape[0] - 1) : offsets;
    return raggedBags(starts, numbers.shape[0]);
  }
  throw new ShapeError({
    op: 'embeddingBag',
    fact: `input ${formatShape(numbers.shape)} with ${offsets === null ? 'no offsets' : `offsets ${formatShape(offsets.shape)}`}`,
    rule: 'an input of lines (bags, length), or one line with the offsets at which its bags start',
  });
}

/**
 * The sum, mean or largest of the rows of each bag: a line of `input` (bags, length), or of one line `input` what lies between
 * two `offsets` -> (bags, size). Numbers equal to `paddingIdx` do not count; a bag without any is 0.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding_bag.html
 */
export const embeddingBag = define(
  'embeddingBag',
  [
    p.tensor('input'),
    p.tensor('weight'),
    optional(p.tensor('offsets'), null),
    ...options,
    bagModeParam,
    sparseParam,
    optional(p.tensor('perSampleWeights'), null),
    optional(p.bool('includeLastOffset'), false),
    paddingParam,
  ],
  (
    input,
    weight,
    offsets,
    maxNorm,
    normType,
    scaleGradByFreq,
    mode,
    _sparse,
    perSampleWeights,
    includeLastOffset,
    paddingIdx,
  ): Tensor => {
    const op = 'embeddingBag';
    const [numbers, table] = sorted(op, input, weight);
    if (perSampleWeights !== null && (mode !== 'sum' || !sameShape(perSampleWeights.shape, numbers.shape))) {
      throw new ArgumentError({
        op,
        fact: `perSampleWeights ${formatShape(perSampleWeights.shape)} for input ${formatShape(numbers.shape)} in mode '${mode}'`,
        rule: "there is one for each number, and only where mode is 'sum'",
      });
    }
    const bags = bagsFor(numbers, offsets, includeLastOffset);
    const padding = paddingRow(op, paddingIdx, table.shape[0]);
    const line = checkedLine(op, numbers, table.shape[0]);
    if (maxNorm !== null) renormalize(table, line, maxNorm, normType);
    const rows = rowsOf(table, line, line.shape, padding, scaleGradByFreq);
    const counted = unsqueeze(padding === null ? ge(line, 0) : ne(line, padding), 1);
    if (mode === 'sum') {
      const weighted = perSampleWeights === null ? rows : mul(rows, reshape(perSampleWeights, -1, 1));
      return bags.total(padding === null ? weighted : where(counted, weighted, 0));
    }
    const counts = bags.total(toDType(counted, table.dtype));
    if (mode === 'mean') return div(bags.total(where(counted, rows, 0)), clamp(counts, { min: 1 }));
    const { values } = max(bags.apart(where(counted, rows, -Infinity)), 1);
    return where(eq(counts, 0), 0, values);
  },
);
