// Copies with values written at positions of one dimension, at positions of the flattened tensor, or where a mask is true.

import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, normalizeDim, numelOf, type Shape } from '../shape.ts';
import { define, type Operand, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { castNode, composite, fillNode, operandTensor } from './apply.ts';
import { sub, where } from './arithmetic.ts';
import { clone } from './copy.ts';
import { nodeTensor, selectMany, take, writeMany } from './gather.ts';
import { lt } from './math.ts';
import { cumsum, sum } from './reduce.ts';
import { broadcastTo, reshape } from './view.ts';

const input = p.tensor('input');
const index = p.tensor('index');

/** A copy with one value (a number or a 0-dim tensor) at positions `index` along `dim`. https://pytorch.org/docs/stable/generated/torch.Tensor.index_fill_.html */
export const indexFill = define(
  'indexFill',
  [input, p.int('dim'), index, p.operand('value')],
  (x: Tensor, dim: number, index: Tensor, value: Operand): Tensor => {
    const at = normalizeDim('indexFill', dim, x.shape.length);
    const one = operandTensor(value, x.device);
    if (one.shape.length > 0) {
      throw new ShapeError({
        op: 'indexFill',
        fact: `a value of shape ${formatShape(one.shape)}`,
        rule: 'it must be a number or have 0 dimensions',
      });
    }
    // A mask along the dimension: a position that is named twice is one place, also for the gradient of the value.
    const line = (value: number, count: number) => nodeTensor(fillNode(value, x.device, 'bool', [count]));
    const hit = writeMany('indexFill', line(0, x.shape[at] ?? 1), 0, index, line(1, index.numel()), 'set', true);
    const mask = reshape(
      hit,
      x.shape.map((length, d) => (d === at ? length : 1)),
    );
    const filling = Tensor.at(castNode(one.node, x.dtype), one.edge);
    return composite(
      value instanceof Tensor ? 'IndexFillBackward1' : 'IndexFillBackward0',
      [x, filling, mask],
      () => where(mask, filling, x),
      (grad, { input, needs }) => [where(input(2), 0, grad), needs(1) ? sum(where(input(2), grad, 0)) : null, null],
    );
  },
);

/**
 * A copy with the elements of `source` at positions `index` of the flattened tensor, written or (`accumulate`) added.
 * https://pytorch.org/docs/stable/generated/torch.Tensor.put_.html
 */
export const put = define(
  'put',
  [input, index, p.tensor('source'), optional(p.bool('accumulate'), false)],
  (x: Tensor, index: Tensor, source: Tensor, accumulate: boolean): Tensor => {
    const mode = accumulate ? 'add' : 'set';
    const written = (): Tensor =>
      reshape(writeMany('put', reshape(x, -1), 0, reshape(index, -1), reshape(source, -1), mode, true), [...x.shape]);
    return composite('PutBackward0', [x, source, index], written, (grad, { input, needs, shape }) => [
      accumulate ? grad : put(grad, input(2), zerosLike(grad, shape(1))),
      needs(1) ? reshape(take(grad, input(2)), [...shape(1)]) : null,
      null,
    ]);
  },
);

/** Zeros on the device and of the dtype of another tensor. */
function zerosLike(like: Tensor, shape: Shape): Tensor {
  return nodeTensor(fillNode(0, like.device, like.dtype, shape));
}

/** Throws unless a mask is bool. */
function requireMask(op: string, mask: Tensor): void {
  if (mask.dtype === 'bool') return;
  throw new ArgumentError({
    op,
    fact: `a mask of dtype ${mask.dtype}`,
    rule: 'it must be bool',
    cure: 'Use mask.bool().',
  });
}

/**
 * A copy with the elements of `source`, one after the other, where `mask` (which broadcasts) is true. How many that are only
 * the device knows: too few of them is an error there. https://pytorch.org/docs/stable/generated/torch.Tensor.masked_scatter_.html
 */
export const maskedScatter = define(
  'maskedScatter',
  [input, p.tensor('mask'), p.tensor('source')],
  (x: Tensor, mask: Tensor, source: Tensor): Tensor => {
    requireMask('maskedScatter', mask);
    if (source.dtype !== x.dtype) {
      throw new ArgumentError({
        op: 'maskedScatter',
        fact: `input of dtype ${x.dtype}, source of dtype ${source.dtype}`,
        rule: 'both must have the same',
        cure: `Convert: source.to('${x.dtype}').`,
      });
    }
    const wide = broadcastTo(mask, [...x.shape]);
    if (x.numel() === 0) return clone(x);
    const dealt = (): Tensor => {
      const values = inTurn('maskedScatter', wide, reshape(source, -1, 1));
      return where(wide, reshape(values, [...x.shape]), x);
    };
    return composite('MaskedScatterBackward0', [x, source, wide], dealt, (grad, { input, needs, shape }) => {
      const there = input(2);
      if (!needs(1)) return [where(there, 0, grad), null, null];
      const taken = reshape(where(there, grad, 0), -1);
      const places = placesInTurn(there);
      const back = writeMany('maskedScatter', zerosLike(grad, [numelOf(shape(1))]), 0, places, taken, 'add', false);
      return [where(there, 0, grad), reshape(back, [...shape(1)]), null];
    });
  },
);

/** For each place of a mask in C order the running count of true, less one; 0 before the first true. */
function placesInTurn(mask: Tensor): Tensor {
  const running = sub(cumsum(reshape(mask, -1), 0), 1);
  return where(lt(running, 0), 0, running);
}

/**
 * For each place of `mask` the row of `rows` (n, ..) that belongs there if they are dealt out where it is true, in C order:
 * the running count of true, less one; before the first true, row 0. (numel of mask, ..).
 */
export function inTurn(op: string, mask: Tensor, rows: Tensor): Tensor {
  const width = rows.numel() / Math.max(rows.shape[0], 1);
  const table = reshape(rows, rows.shape[0], width);
  return selectMany(op, table, 0, placesInTurn(mask), false, 'IndexSelectBackward0');
}
