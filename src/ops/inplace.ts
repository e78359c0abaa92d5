// What writes into tensors: copy_, fill_ and the twins `name_` of functions. How a write works is in write.ts.

import { isFloat } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { makeScalar } from '../core/graph.ts';
import { contiguousStrides, formatShape } from '../shape.ts';
import { define, optional, p, type Operand } from '../core/signature.ts';
import { provideWriters, Tensor } from '../core/tensor.ts';
import { nodeFor, operandTensor, toDType, untaped } from './apply.ts';
import * as arithmetic from './arithmetic.ts';
import { clamp } from './extrema.ts';
import * as math from './math.ts';
import * as positions from './gather.ts';
import * as puts from './put.ts';
import * as triangles from './triangle.ts';
import * as scattered from './scatter-reduce.ts';
import { twin } from './twin.ts';
import { writeInto } from './write.ts';
import { diagonal, sliceAt } from './part.ts';
import { clone, relay } from './copy.ts';

export const add_ = twin('add_', arithmetic.add);
export const sub_ = twin('sub_', arithmetic.sub);
export const mul_ = twin('mul_', arithmetic.mul);
export const div_ = twin('div_', arithmetic.div);
export const floorDivide_ = twin('floorDivide_', arithmetic.floorDivide);
export const remainder_ = twin('remainder_', arithmetic.remainder);
export const pow_ = twin('pow_', arithmetic.pow);
export const neg_ = twin('neg_', arithmetic.neg);
export const sqrt_ = twin('sqrt_', arithmetic.sqrt);
export const square_ = twin('square_', arithmetic.square);
export const log_ = twin('log_', arithmetic.log);
export const reciprocal_ = twin('reciprocal_', arithmetic.reciprocal);
export const clamp_ = twin('clamp_', clamp);
export const exp_ = twin('exp_', math.exp);
export const abs_ = twin('abs_', math.abs);
export const sin_ = twin('sin_', math.sin);
export const cos_ = twin('cos_', math.cos);
export const tanh_ = twin('tanh_', math.tanh);
export const sigmoid_ = twin('sigmoid_', math.sigmoid);
export const relu_ = twin('relu_', math.relu);
export const floor_ = twin('floor_', math.floor);
export const ceil_ = twin('ceil_', math.ceil);
export const round_ = twin('round_', math.round);
export const trunc_ = twin('trunc_', math.trunc);
export const erfinv_ = twin('erfinv_', math.erfinv);
export const scatter_ = twin('scatter_', scattered.scatter);
export const scatterAdd_ = twin('scatterAdd_', positions.scatterAdd);
export const indexAdd_ = twin('indexAdd_', positions.indexAdd);
export const indexCopy_ = twin('indexCopy_', positions.indexCopy);
export const tril_ = twin('tril_', triangles.tril);
export const triu_ = twin('triu_', triangles.triu);
export const indexFill_ = twin('indexFill_', puts.indexFill);
export const put_ = twin('put_', puts.put);
export const maskedScatter_ = twin('maskedScatter_', puts.maskedScatter);
export const scatterReduce_ = twin('scatterReduce_', scattered.scatterReduce);
export const indexReduce_ = twin('indexReduce_', scattered.indexReduce);

/** Replaces the elements by those of `src`, which broadcasts. https://pytorch.org/docs/stable/generated/torch.Tensor.copy_.html */
export const copy_ = define('copy_', [p.tensor('input'), p.tensor('src')], (input: Tensor, src: Tensor): Tensor => {
  input.checkWritable('copy_');
  // Unlike arithmetic, a copy converts to the dtype of the target, whatever it is.
  const converted = Tensor.at(
    src.dtype === input.dtype ? src.node : nodeFor(src.node, input.dtype, src.shape, contiguousStrides(src.shape)),
    src.edge,
  );
  return writeInto('copy_', input, converted);
});

/** Sets every element to `value`. https://pytorch.org/docs/stable/generated/torch.Tensor.fill_.html */
export const fill_ = define(
  'fill_',
  [p.tensor('input'), p.operand('value')],
  (input: Tensor, value: Operand): Tensor => {
    input.checkWritable('fill_');
    const scalar = operandTensor(value, input.device);
    if (scalar.shape.length > 0) {
      throw new ShapeError({
        op: 'fill_',
        fact: `a value of shape ${formatShape(scalar.shape)}`,
        rule: 'it must have 0 dimensions',
      });
    }
    const number =
      value instanceof Tensor ? scalar : Tensor.at(makeScalar(Number(value), input.device, input.dtype), null);
    return copy_(input, number);
  },
);

/** Sets every element to 0. https://pytorch.org/docs/stable/generated/torch.Tensor.zero_.html */
export const zero_ = define('zero_', [p.tensor('input')], (input: Tensor): Tensor => fill_(input, 0));

/** `value` as an element of `x`: what is filled in does not change the dtype, and a whole number drops its fraction. */
function elementFor(op: string, value: Operand, x: Tensor): Operand {
  if (value instanceof Tensor) {
    if (value.shape.length === 0) return toDType(value, x.dtype);
    throw new ShapeError({
      op,
      fact: `a value of shape ${formatShape(value.shape)}`,
      rule: 'one number or a 0-dim tensor is filled in',
      cure: 'Use where(mask, value, x) for several.',
    });
  }
  if (isFloat(x.dtype)) return Number(value);
  if (x.dtype === 'bool') return value !== 0 && value !== false;
  if (Number.isFinite(Number(value))) return Math.trunc(Number(value));
  throw new ArgumentError({
    op,
    fact: `value ${value} for dtype ${x.dtype}`,
    rule: 'whole numbers have no such value',
  });
}

/**
 * Writes `value` on the diagonal: from the first element on, one further along every dimension. With `wrap` it begins again
 * below a block as high as the matrix is wide and one row. https://pytorch.org/docs/stable/generated/torch.Tensor.fill_diagonal_.html
 */
export const fillDiagonal_ = define(
  'fillDiagonal_',
  [p.tensor('input'), p.number('fillValue'), optional(p.bool('wrap'), false)],
  (input: Tensor, fillValue: number, wrap: boolean): Tensor => {
    const { shape } = input;
    if (shape.length < 2 || (shape.length > 2 && shape.some((length) => length !== shape[0]))) {
      throw new ShapeError({
        op: 'fillDiagonal_',
        fact: formatShape(shape),
        rule: 'at least 2 dimensions are needed, and more than 2 must be equal',
      });
    }
    const again = wrap && shape.length === 2 ? shape[1] + 1 : shape[0];
    for (let row = 0; row < shape[0]; row += again) {
      let part = sliceAt(input, 0, row, shape[0], 1);
      while (part.shape.length > 1) part = diagonal(part);
      fill_(part, fillValue);
    }
    return input;
  },
);

/** A copy with `value` where `mask` is true. https://pytorch.org/docs/stable/generated/torch.Tensor.masked_fill.html */
export const maskedFill = define(
  'maskedFill',
  [p.tensor('input'), p.tensor('mask'), p.operand('value')],
  (input: Tensor, mask: Tensor, value: Operand): Tensor => {
    if (mask.dtype !== 'bool') {
      throw new ArgumentError({
        op: 'maskedFill',
        fact: `a mask of dtype ${mask.dtype}`,
        rule: 'it must be bool',
        cure: 'Use mask.bool().',
      });
    }
    return arithmetic.where(mask, elementFor('maskedFill', value, input), input);
  },
);
/** Writes `value` where `mask` is true. https://pytorch.org/docs/stable/generated/torch.Tensor.masked_fill_.html */
export const maskedFill_ = twin('maskedFill_', maskedFill);

/** A copy with every element `value`. https://pytorch.org/docs/stable/generated/torch.fill.html */
export const fill = define('fill', [p.tensor('input'), p.operand('value')], (input: Tensor, value: Operand): Tensor =>
  fill_(clone(input), value),
);

provideWriters({
  relay,
  copy: (target, value) => void copy_(target, value),
  zeroPart: (grad, part) => {
    const whole = clone(grad);
    return untaped(() => {
      zero_(part(whole));
      return whole;
    });
  },
});
