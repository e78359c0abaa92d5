// Values scattered over a tensor and joined with what is there: sums, products, means, extrema. index (of as many dimensions
// as the input) says for each value of src where along `dim` it belongs.

import { isFloat } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import type { ScatterMode } from '../core/op.ts';
import { formatShape, normalizeDim, type Shape } from '../shape.ts';
import { define, optional, p, type Operand } from '../core/signature.ts';
import { type Rule, Tensor } from '../core/tensor.ts';
import { castNode, composite, fillNode, gradNameOf, operandTensor, toDType } from './apply.ts';
import { div, floorDivide, mul, where } from './arithmetic.ts';
import {
  checkedIndex,
  checkGather,
  cutTo,
  dense,
  gather,
  nodeTensor,
  scatterAdd,
  scatterInto,
  scatterSet,
} from './gather.ts';
import { eq, logicalAnd } from './math.ts';
import { expand, reshape } from './view.ts';

/** How values join. */
export type ScatterReduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';

const modes: Readonly<Record<ScatterReduction, ScatterMode>> = {
  sum: 'add',
  mean: 'add',
  prod: 'mul',
  amax: 'max',
  amin: 'min',
};

const lowest = { float32: -Infinity, float64: -Infinity, int32: -(2 ** 31), uint8: 0, bool: 0 } as const;
const highest = { float32: Infinity, float64: Infinity, int32: 2 ** 31 - 1, uint8: 255, bool: 1 } as const;

/** What leaves every value as it is. */
function neutral(how: ScatterReduction, { dtype }: Tensor): number {
  if (how === 'amax') return lowest[dtype];
  if (how === 'amin') return highest[dtype];
  return how === 'prod' ? 1 : 0;
}

function filled(like: Tensor, value: number, shape: Shape): Tensor {
  return nodeTensor(fillNode(value, like.device, like.dtype, shape));
}

/** What one call is told. */
interface Scattering {
  readonly how: ScatterReduction;
  readonly dim: number;
  /** What was at the places of the index takes part. */
  readonly includeSelf: boolean;
}

/** The tensor x with `source` joined in, off the tape; index is checked, and source has its shape. */
function joined(x: Tensor, index: Tensor, source: Tensor, { how, dim, includeSelf }: Scattering): Tensor {
  const start = includeSelf ? dense(x) : cleared(x, index, neutral(how, x), dim);
  return scatterInto(modes[how], start, dim, index, source);
}

/** x with `value` at every place of the index. */
function cleared(x: Tensor, index: Tensor, value: number, dim: number): Tensor {
  return scatterInto('set', dense(x), dim, index, filled(x, value, index.shape));
}

/** For each place how many values a mean is over. */
function countsOf(like: Tensor, index: Tensor, { dim, includeSelf }: Scattering): Tensor {
  const ones = filled(like, 1, like.shape);
  const start = includeSelf ? ones : cleared(ones, index, 0, dim);
  return scatterInto('add', start, dim, index, filled(like, 1, index.shape));
}

/**
 * The gradients of x and source. Of a product: the product of all other factors, which is a quotient where the factor is
 * not 0, and where it is the only 0 the product without it. Of an extremum: an equal share for all that reach it.
 */
function gradients(call: Scattering): Rule {
  const { how, dim, includeSelf } = call;
  return (grad, { input, output, needs }) => {
    const index = input(2);
    const outside = (g: Tensor) => (includeSelf ? g : scatterSet(g, dim, index, 0));
    if (how === 'sum') return [outside(grad), needs(1) ? gather(grad, dim, index) : null, null];
    if (how === 'mean') {
      const share = div(grad, countsOf(grad, index, call));
      return [outside(share), needs(1) ? gather(share, dim, index) : null, null];
    }
    const [x, source] = [input(0), input(1)];
    if (how === 'prod') {
      const others = scatterReduce(filled(grad, 1, x.shape), dim, index, source, 'prod');
      if (!needs(1)) return [outside(mul(grad, others)), null, null];
      const zero = eq(source, 0);
      const zeros = scatterAdd(filled(grad, 0, x.shape), dim, index, toDType(zero, grad.dtype));
      const alone = logicalAnd(zero, eq(gather(zeros, dim, index), 1));
      const without = scatterReduce(x, dim, index, where(alone, 1, source), 'prod', includeSelf);
      const quotient = div(gather(mul(grad, output()), dim, index), where(zero, 1, source));
      return [outside(mul(grad, others)), where(alone, gather(mul(grad, without), dim, index), quotient), null];
    }
    const reached = outside(toDType(eq(x, output()), grad.dtype));
    const reaching = toDType(eq(source, gather(output(), dim, index)), grad.dtype);
    const share = div(grad, scatterAdd(reached, dim, index, reaching));
    return [where(eq(reached, 1), share, 0), where(eq(reaching, 1), gather(share, dim, index), 0), null];
  };
}

function reduceAlong(op: string, x: Tensor, index: Tensor, source: Tensor, call: Scattering): Tensor {
  if (index.numel() === 0) return x;
  checkGather(op, x, call.dim, index);
  if (source.shape.length !== index.shape.length || source.shape.some((length, d) => length < index.shape[d])) {
    throw new ShapeError({
      op,
      fact: `index ${formatShape(index.shape)} and source ${formatShape(source.shape)}`,
      rule: 'the source must be at least as large as the index',
    });
  }
  if (x.dtype !== source.dtype) {
    throw new ArgumentError({
      op,
      fact: `input of dtype ${x.dtype}, source of dtype ${source.dtype}`,
      rule: 'both must have the same',
      cure: `Convert: src.to('${x.dtype}').`,
    });
  }
  const checked = nodeTensor(checkedIndex(op, index, call.dim, x.shape[call.dim] ?? 1, false));
  const cut = cutTo(source, index.shape, -1);
  const expanded = (): Tensor => {
    const sums = joined(x, checked, cut, call);
    if (call.how !== 'mean') return sums;
    const counts = countsOf(x, checked, call);
    return isFloat(x.dtype) ? div(sums, counts) : floorDivide(sums, counts);
  };
  return composite(gradNameOf(op), [x, cut, checked], expanded, gradients(call));
}

const input = p.tensor('input');
const dim = p.int('dim');
const index = p.tensor('index');
const includeSelf = optional(p.bool('includeSelf'), true);

function reductionParam<const N extends ScatterReduction>(names: readonly N[]) {
  return p.custom<N>()('reduce', names.map((name) => `'${name}'`).join(', '), (v) => names.includes(v as N));
}

/** A copy with `src` joined in at `index` along `dim`: their sum, product, mean or extremum. https://pytorch.org/docs/stable/generated/torch.scatter_reduce.html */
export const scatterReduce = define(
  'scatterReduce',
  [input, dim, index, p.tensor('src'), reductionParam(['sum', 'prod', 'mean', 'amax', 'amin']), includeSelf],
  (input, dim, index, src, reduce, includeSelf): Tensor =>
    reduceAlong('scatterReduce', input, index, src, {
      how: reduce,
      dim: normalizeDim('scatterReduce', dim, input.shape.length),
      includeSelf,
    }),
);

/** A number as a source: everywhere, in the dtype of x. */
function sourceOf(x: Tensor, index: Tensor, src: Operand): Tensor {
  if (src instanceof Tensor) return src;
  return expand(nodeTensor(castNode(operandTensor(src, x.device).node, x.dtype)), [...index.shape]);
}

/**
 * A copy with `src` (a tensor or a number) written at `index` along `dim`, or with `reduce` added or multiplied there.
 * https://pytorch.org/docs/stable/generated/torch.Tensor.scatter_.html
 */
export const scatter = define(
  'scatter',
  [
    input,
    dim,
    index,
    p.operand('src'),
    optional(
      p.custom<'add' | 'multiply'>()('reduce', "'add' or 'multiply'", (v) => v === 'add' || v === 'multiply'),
      null,
    ),
  ],
  (input: Tensor, dim: number, index: Tensor, src: Operand, reduce): Tensor => {
    if (reduce === null) return scatterSet(input, dim, index, src);
    const source = sourceOf(input, index, src);
    return reduce === 'add' ? scatterAdd(input, dim, index, source) : scatterReduce(input, dim, index, source, 'prod');
  },
);

/** A copy with the slices of `source` joined in at positions `index` along `dim`. https://pytorch.org/docs/stable/generated/torch.Tensor.index_reduce_.html */
export const indexReduce = define(
  'indexReduce',
  [input, dim, index, p.tensor('source'), reductionParam(['prod', 'mean', 'amax', 'amin']), includeSelf],
  (input, dim, index, source, reduce, includeSelf): Tensor => {
    const at = normalizeDim('indexReduce', dim, input.shape.length);
    const wanted = input.shape.map((length, d) => (d === at ? index.numel() : length));
    if (formatShape(wanted) !== formatShape(source.shape)) {
      throw new ShapeError({
        op: 'indexReduce',
        fact: `source ${formatShape(source.shape)}`,
        rule: `its shape must be ${formatShape(wanted)}`,
      });
    }
    const line = reshape(
      index,
      wanted.map((length, d) => (d === at ? length : 1)),
    );
    const call = { how: reduce, dim: at, includeSelf };
    return reduceAlong('indexReduce', input, expand(line, wanted), source, call);
  },
);
