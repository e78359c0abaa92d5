// Reductions over dimensions, running sums and products. Mean, variance and norms are formulas over them, each one step
// of the tape.

import { type DType, isFloat } from '../dtype.ts';
import { DTypeError, ShapeError } from '../errors.ts';
import type { ReduceFn } from '../core/op.ts';
import { formatShape, normalizeDim, normalizeDims, numelOf, type Shape } from '../shape.ts';
import { define, optional, p, type Signed, type Operand } from '../core/signature.ts';
import { type Rule, Tensor } from '../core/tensor.ts';
import { castNode, composite, kernelNode, onTape, savesNothing } from './apply.ts';
import { add, div, log, mul, sub, where } from './arithmetic.ts';
import { maximum, minimum } from './extrema.ts';
import { abs, eq, exp, le, ne } from './math.ts';
import { expand, reshape, squeeze, unsqueeze } from './view.ts';
import { sliceAt } from './part.ts';
import { flip } from './copy.ts';
import { cat, zerosLikePart } from './join.ts';

export type Dims = number | readonly number[] | null;
const input = p.tensor('input');
export const dims = optional(p.dims('dim'), null);
const oneDim = optional(p.int('dim'), null);
export const keepdim = optional(p.bool('keepdim'), false);
const dtypeOption = optional(p.dtype('dtype'), null);

/** The shape after a reduction. */
export function reducedShape(shape: Shape, over: readonly number[], keep: boolean): number[] {
  return keep
    ? shape.map((length, dim) => (over.includes(dim) ? 1 : length))
    : shape.filter((_, dim) => !over.includes(dim));
}

/** A reduced tensor (with or without the reduced dimensions) expanded to `shape` again. */
export function spread(reduced: Tensor, shape: Shape, over: readonly number[]): Tensor {
  return expand(reshape(reduced, reducedShape(shape, over, true)), [...shape]);
}

function reduce(
  fn: ReduceFn,
  gradName: string,
  x: Tensor,
  over: readonly number[],
  keep: boolean,
  dtype: DType,
  rule: Rule | null,
): Tensor {
  const wide = castNode(x.node, fn === 'sum' || fn === 'prod' ? dtype : x.dtype);
  const node = kernelNode('reduce', { fn, dims: over }, [wide], dtype, reducedShape(x.shape, over, keep));
  return onTape(gradName, rule, [x], node);
}

/** Sums of integers and booleans are int32 (PyTorch's int64). */
function sumType(x: Tensor, dtype: DType | null): DType {
  return dtype ?? (isFloat(x.dtype) ? x.dtype : 'int32');
}

/** The sum over `dim` (all dimensions if none). https://pytorch.org/docs/stable/generated/torch.sum.html */
export const sum = define(
  'sum',
  [input, dims, keepdim, dtypeOption],
  (input: Tensor, dim: Dims, keepdim: boolean, dtype: DType | null): Tensor => {
    const over = normalizeDims('sum', dim, input.shape.length);
    const name = dim === null ? 'SumBackward0' : 'SumBackward1';
    return reduce(
      'sum',
      name,
      input,
      over,
      keepdim,
      sumType(input, dtype),
      savesNothing((grad, { shape }) => [spread(grad, shape(0), over)]),
    );
  },
);

/** The mean over `dim` (all dimensions if none). Floating point only. https://pytorch.org/docs/stable/generated/torch.mean.html */
export const mean = define(
  'mean',
  [input, dims, keepdim, dtypeOption],
  (input: Tensor, dim: Dims, keepdim: boolean, dtype: DType | null): Tensor => {
    const type = dtype ?? input.dtype;
    if (!isFloat(type)) {
      throw new DTypeError({
        op: 'mean',
        fact: `dtype ${type}`,
        rule: 'the mean needs a floating point dtype',
        cure: "Write x.mean({ dtype: 'float32' }) or x.float().mean().",
      });
    }
    const over = normalizeDims('mean', dim, input.shape.length);
    const count = countOf(input.shape, over);
    return composite(
      dim === null ? 'MeanBackward0' : 'MeanBackward1',
      [input],
      () => div(sum(input, over, keepdim, type), count),
      savesNothing((grad, { shape }) => [div(spread(grad, shape(0), over), count)]),
    );
  },
);

export function countOf(shape: Shape, over: readonly number[]): number {
  return numelOf(over.map((dim) => shape[dim]));
}

/** The product over `dim` (all elements if none). https://pytorch.org/docs/stable/generated/torch.prod.html */
export const prod = define(
  'prod',
  [input, oneDim, keepdim, dtypeOption],
  (input: Tensor, dim: number | null, keepdim: boolean, dtype: DType | null): Tensor => {
    const over = normalizeDims('prod', dim, input.shape.length);
    const name = dim === null ? 'ProdBackward0' : 'ProdBackward1';
    return reduce('prod', name, input, over, keepdim, sumType(input, dtype), (grad, context) => {
      const saved = context.input(0);
      const line = dim === null ? reshape(saved, -1) : saved;
      const others = exclusiveProducts(line, dim === null ? 0 : (over[0] ?? 0));
      return [mul(spread(grad, saved.shape, over), reshape(others, [...saved.shape]))];
    });
  },
);

/** Along `dim`, the product of all elements but one: those before it times those after it. Exact where elements are 0. */
function exclusiveProducts(x: Tensor, dim: number): Tensor {
  if (x.shape.length === 0) return exp(mul(x, 0));
  if (x.shape[dim] === 0) return x;
  const length = x.shape[dim];
  const before = cat([zerosLikePart(x, dim, 1, 1), sliceAt(cumprod(x, dim), dim, 0, length - 1, 1)], dim);
  const reverse = flip(x, dim);
  const after = cat([zerosLikePart(x, dim, 1, 1), sliceAt(cumprod(reverse, dim), dim, 0, length - 1, 1)], dim);
  return mul(before, flip(after, dim));
}

function extremeOver(fn: 'max' | 'min', gradName: string, x: Tensor, dim: Dims, keep: boolean): Tensor {
  const over = normalizeDims(`a${fn}`, dim, x.shape.length);
  requireElements(`a${fn}`, x, over);
  return reduce(fn, gradName, x, over, keep, x.dtype, (grad, { input, output }) => {
    const hit = eq(input(0), spread(output(), input(0).shape, over));
    // Ties share the gradient equally.
    const share = div(spread(grad, input(0).shape, over), sum(hit, over, true, x.dtype));
    return [where(hit, share, 0)];
  });
}

export function requireElements(op: string, x: Tensor, over: readonly number[]): void {
  const empty = over.find((dim) => x.shape[dim] === 0);
  if (empty === undefined) return;
  throw new ShapeError({
    op,
    fact: `${formatShape(x.shape)} has no elements along dim ${empty}`,
    rule: 'the largest or smallest of nothing is not defined',
  });
}

/** The largest element over `dim`; ties share the gradient. https://pytorch.org/docs/stable/generated/torch.amax.html */
export const amax = define('amax', [input, dims, keepdim], (input: Tensor, dim: Dims, keepdim: boolean): Tensor =>
  extremeOver('max', 'AmaxBackward0', input, dim, keepdim),
);
/** The smallest element over `dim`; ties share the gradient. https://pytorch.org/docs/stable/generated/torch.amin.html */
export const amin = define('amin', [input, dims, keepdim], (input: Tensor, dim: Dims, keepdim: boolean): Tensor =>
  extremeOver('min', 'AminBackward0', input, dim, keepdim),
);

function argExtreme(fn: 'argmax' | 'argmin', x: Tensor, dim: number | null, keep: boolean): Tensor {
  const over = normalizeDims(fn, dim, x.shape.length);
  requireElements(fn, x, over);
  return reduce(fn, '', x, over, keep, 'int32', null);
}

/** The position of the largest element (first of ties; NaN counts as largest). https://pytorch.org/docs/stable/generated/torch.argmax.html */
export const argmax = define(
  'argmax',
  [input, oneDim, keepdim],
  (input: Tensor, dim: number | null, keepdim: boolean): Tensor => argExtreme('argmax', input, dim, keepdim),
);
/** The position of the smallest element (first of ties; NaN counts as smallest). https://pytorch.org/docs/stable/generated/torch.argmin.html */
export const argmin = define(
  'argmin',
  [input, oneDim, keepdim],
  (input: Tensor, dim: number | null, keepdim: boolean): Tensor => argExtreme('argmin', input, dim, keepdim),
);

/** A result with named parts that also destructures in order, as PyTorch's named tuples do. */
export type NamedTuple<T extends Readonly<Record<string, unknown>>> = Readonly<T> & Iterable<T[keyof T]>;

const tupleNames = new WeakMap<object, string>();

/** The function whose result a named tuple is; undefined of other values. */
export function tupleName(value: object): string | undefined {
  return tupleNames.get(value);
}

/** The result of `op`: parts by name and in order. */
export function namedTuple<T extends Readonly<Record<string, unknown>>>(op: string, parts: T): NamedTuple<T> {
  const tuple = Object.defineProperty({ ...parts }, Symbol.iterator, {
    value: () => Object.values(parts)[Symbol.iterator](),
  });
  tupleNames.set(tuple, op);
  return tuple as unknown as NamedTuple<T>;
}

export type ValuesAndIndices = NamedTuple<{ values: Tensor; indices: Tensor }>;

/** The extreme values along one dimension with their positions; the gradient goes to that position alone. */
function extremeWithIndex(fn: 'max' | 'min', x: Tensor, dim: number, keep: boolean): ValuesAndIndices {
  const at = normalizeDim(fn, dim, x.shape.length);
  const indices = argExtreme(fn === 'max' ? 'argmax' : 'argmin', x, dim, true);
  const over = x.shape.length === 0 ? [] : [at];
  // The positions are an input of the step: what the user writes into `indices` later does not reach them.
  const picked = Tensor.at(indices.node, null);
  const rule: Rule = (grad, context) => {
    const shape = context.shape(0);
    const hit = eq(positionsAlong(x, at), expand(context.input(1), [...shape]));
    return [where(hit, spread(grad, shape, over), 0), null];
  };
  const node = kernelNode('reduce', { fn, dims: over }, [x.node], x.dtype, reducedShape(x.shape, over, keep));
  const values = onTape(fn === 'max' ? 'MaxBackward0' : 'MinBackward0', rule, [x, picked], node);
  return namedTuple(fn, { values, indices: keep || x.shape.length === 0 ? indices : squeeze(indices, at) });
}

/** 0, 1, 2, .. along `dim`, broadcastable against x. */
export function positionsAlong(x: Tensor, dim: number): Tensor {
  const shape = x.shape.map((length, at) => (at === dim ? length : 1));
  const ones = zerosLikePart(reshape(sliceAll(x, dim), shape), dim, x.shape[dim] ?? 1, 1, 'int32');
  return x.shape.length === 0 ? mul(ones, 0) : sub(cumsum(ones, dim), 1);
}

/** One line of x along `dim`. */
function sliceAll(x: Tensor, dim: number): Tensor {
  return x.shape.reduce((line: Tensor, _, at) => (at === dim ? line : sliceAt(line, at, 0, 1, 1)), x);
}

/** `max` and `min` by what they are given: nothing, a dimension, or another tensor. */
interface Extreme {
  (input: Tensor): Tensor;
  (input: Tensor, other: Tensor): Tensor;
  (input: Tensor, dim: number, keepdim?: boolean | { keepdim?: boolean }): ValuesAndIndices;
  (input: Tensor, options: { dim: number; keepdim?: boolean }): ValuesAndIndices;
}

const dimOrOther = optional(
  p.custom<number | Tensor>()('dim', 'a dimension or a tensor', (v) => Number.isInteger(v) || typeof v === 'object'),
  null,
);

function extreme(
  fn: 'max' | 'min',
  other: Signed<readonly [typeof input, ReturnType<typeof p.operand<'other'>>], Tensor>,
): Extreme {
  return define(fn, [input, dimOrOther, keepdim], (input: Tensor, dim: number | Tensor | null, keepdim: boolean) => {
    if (dim === null) return extremeOver(fn, fn === 'max' ? 'MaxBackward1' : 'MinBackward1', input, null, false);
    return typeof dim === 'number' ? extremeWithIndex(fn, input, dim, keepdim) : other(input, dim as Operand);
  }) as unknown as Extreme;
}

/** The largest element, or { values, indices } along `dim`, or the larger of two tensors. https://pytorch.org/docs/stable/generated/torch.max.html */
export const max = extreme('max', maximum);
/** The smallest element, or { values, indices } along `dim`, or the smaller of two tensors. https://pytorch.org/docs/stable/generated/torch.min.html */
export const min = extreme('min', minimum);

function truth(fn: 'all' | 'any', x: Tensor, dim: Dims, keep: boolean): Tensor {
  const over = normalizeDims(fn, dim, x.shape.length);
  const tested = x.dtype === 'bool' ? x : ne(x, 0);
  const node = kernelNode('reduce', { fn, dims: over }, [tested.node], 'bool', reducedShape(x.shape, over, keep));
  return onTape('', null, [tested], node);
}

/** Whether all elements over `dim` are true. https://pytorch.org/docs/stable/generated/torch.all.html */
export const all = define('all', [input, dims, keepdim], (input: Tensor, dim: Dims, keepdim: boolean): Tensor =>
  truth('all', input, dim, keepdim),
);
/** Whether any element over `dim` is true. https://pytorch.org/docs/stable/generated/torch.any.html */
export const any = define('any', [input, dims, keepdim], (input: Tensor, dim: Dims, keepdim: boolean): Tensor =>
  truth('any', input, dim, keepdim),
);
/** The number of non-zero elements. https://pytorch.org/docs/stable/generated/torch.count_nonzero.html */
export const countNonzero = define('countNonzero', [input, dims], (input: Tensor, dim: Dims): Tensor =>
  sum(ne(input, 0), dim),
);

function scan(fn: 'sum' | 'prod', x: Tensor, dim: number, dtype: DType | null, rule: Rule): Tensor {
  const at = normalizeDim(`cum${fn}`, dim, x.shape.length);
  const type = sumType(x, dtype);
  const node = kernelNode('scan', { fn, dim: at }, [castNode(x.node, type)], type, x.shape);
  return onTape(fn === 'sum' ? 'CumsumBackward0' : 'CumprodBackward0', rule, [x], node);
}

/** Running sums along `dim`. https://pytorch.org/docs/stable/generated/torch.cumsum.html */
export const cumsum = define(
  'cumsum',
  [input, p.int('dim'), dtypeOption],
  (input: Tensor, dim: number, dtype: DType | null): Tensor =>
    scan('sum', input, dim, dtype, (grad) => [
      grad.shape.length === 0 ? grad : flip(cumsum(flip(grad, dim), dim), dim),
    ]),
);

/** Running products along `dim`. https://pytorch.org/docs/stable/generated/torch.cumprod.html */
export const cumprod = define(
  'cumprod',
  [input, p.int('dim'), dtypeOption],
  (input: Tensor, dim: number, dtype: DType | null): Tensor =>
    scan('prod', input, dim, dtype, (grad, context) => {
      const saved = context.input(0);
      if (saved.shape.length === 0) return [grad];
      // grad_i = sum over j >= i of g_j times the product of x_0..x_j without x_i: one row of products per left-out i.
      const at = normalizeDim('cumprod', dim, saved.shape.length);
      const positions = positionsAlong(saved, at);
      const left = unsqueeze(positions, at);
      const leaving = unsqueeze(positions, at + 1);
      const rows = where(eq(left, leaving), 1, unsqueeze(saved, at));
      const later = where(le(leaving, left), cumprod(rows, at + 1), 0);
      return [sum(mul(later, unsqueeze(grad, at)), at + 1)];
    }),
);

/** log(sum(exp(input))) over `dim`, without overflow. https://pytorch.org/docs/stable/generated/torch.logsumexp.html */
export const logsumexp = define(
  'logsumexp',
  [input, p.dims('dim'), keepdim],
  (x: Tensor, dim: number | readonly number[], keepdim: boolean): Tensor => {
    const over = normalizeDims('logsumexp', dim, x.shape.length);
    return composite(
      'LogsumexpBackward0',
      [x],
      () => {
        const top = amax(x, over, true);
        const shift = where(eq(abs(top), Infinity), 0, top);
        const total = log(sum(exp(sub(x, shift)), over, true));
        return reshape(add(total, shift), reducedShape(x.shape, over, keepdim));
      },
      (grad, { input, output }) => {
        const saved = input(0);
        return [mul(spread(grad, saved.shape, over), exp(sub(saved, spread(output(), saved.shape, over))))];
      },
    );
  },
);
