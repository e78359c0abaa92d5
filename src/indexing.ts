// x.index(...) and x.indexPut_([...], value): PyTorch's square brackets. Integers, slices, ranges as strings, null, '...'
// and booleans are views; lists and tensors of integers gather. Nothing here knows a device.

import { ArgumentError, IndexError, ShapeError } from './errors.ts';
import { makeLeaf } from './core/graph.ts';
import { add, mul, where } from './ops/arithmetic.ts';
import { clone } from './ops/copy.ts';
import { add_ } from './ops/inplace.ts';
import { spreadOver, writeInto } from './ops/write.ts';
import { checkedIndex, selectMany, writeMany } from './ops/gather.ts';
import { inTurn } from './ops/put.ts';
import { operandTensor, toDType } from './ops/apply.ts';
import { broadcastTo, expand, permute, reshape, unsqueeze } from './ops/view.ts';
import { selectAt, sliceAt } from './ops/part.ts';
import { broadcastShapes, formatShape, normalizeDim, numelOf } from './shape.ts';
import { bind, describe, type Operand, p } from './core/signature.ts';
import { Tensor } from './core/tensor.ts';

const target = [p.tensor('input')] as const;

/** A range of positions, as Python's slice. */
export class Slice {
  readonly start: number | null;
  readonly stop: number | null;
  readonly step: number;

  constructor(start: number | null, stop: number | null, step: number) {
    this.start = start;
    this.stop = stop;
    this.step = step;
  }
}

/** Positions start, start + step, .. below stop; null leaves an end open: slice(1, 3) is 1:3, slice(null, null, 2) is ::2. */
export function slice(start?: number | null, stop?: number | null, step?: number | null): Slice;
/** These positions of a tensor along `dim`: a view. */
export function slice(input: Tensor, dim?: number, start?: number | null, stop?: number | null, step?: number): Tensor;
export function slice(...given: (Tensor | number | null | undefined)[]): Slice | Tensor {
  if (!(given[0] instanceof Tensor)) return rangeOf(...(given as (number | null)[]));
  const [x, dim, ...range] = given as [Tensor, number | undefined, ...(number | null)[]];
  const at = normalizeDim('slice', dim ?? 0, x.shape.length);
  if (x.shape.length === 0) throw new ShapeError({ op: 'slice', fact: '()', rule: 'at least 1 dimension is needed' });
  const { start, stop, step } = rangeOf(...range);
  return sliceAt(x, at, start ?? 0, stop ?? x.shape[at], step);
}

function rangeOf(first: number | null = null, last: number | null = null, step: number | null = null): Slice {
  const by = step ?? 1;
  for (const value of [first, last, by]) {
    if (value !== null && !Number.isInteger(value)) {
      throw new ArgumentError({
        op: 'slice',
        fact: describe(value),
        rule: 'start, stop and step are integers or null',
      });
    }
  }
  if (by <= 0) {
    throw new ArgumentError({
      op: 'slice',
      fact: `step ${by}`,
      rule: 'it must be positive, as in PyTorch',
      cure: 'Use x.flip(dim) for the reverse.',
    });
  }
  return new Slice(first, last, by);
}

/** One entry between the square brackets. */
export type Index =
  number | null | boolean | string | Slice | readonly number[] | readonly boolean[] | NestedIndex | Tensor;
type NestedIndex = readonly (readonly number[])[];

/** Writes '1:3, ::2, None, ...' out as entries. */
function parse(text: string): Index[] {
  return text.split(',').map((raw): Index => {
    const part = raw.trim();
    if (part === '...') return '...';
    if (part === 'None' || part === 'null') return null;
    if (/^[+-]?\d+$/.test(part)) return Number(part);
    const range = /^([+-]?\d+)?\s*:\s*([+-]?\d+)?\s*(?::\s*([+-]?\d+)?)?$/.exec(part);
    if (range === null) {
      throw new IndexError({
        op: 'index',
        fact: `'${part}' in '${text}'`,
        rule: "entries are integers, ranges such as '1:3' or '::2', None and ...",
      });
    }
    const bound = (digits: string | undefined) => (digits === undefined ? null : Number(digits));
    return slice(bound(range[1]), bound(range[2]), bound(range[3]));
  });
}

/** An advanced entry: positions that a tensor holds, for one dimension of the view so far. */
interface Advanced {
  readonly dim: number;
  readonly index: Tensor;
}

interface Resolved {
  /** The tensor after all integers, slices and new dimensions. */
  readonly view: Tensor;
  readonly advanced: readonly Advanced[];
  /** A boolean mask and the dimension it starts at; only for writing. */
  readonly mask: Advanced | null;
}

function isBooleanList(entry: Index): entry is readonly boolean[] {
  return (
    Array.isArray(entry) && entry.length > 0 && [entry].flat(Infinity).every((value) => typeof value === 'boolean')
  );
}

/** How many dimensions of the input an entry uses up. */
function consumes(entry: Index): number {
  if (entry === null || entry === '...' || typeof entry === 'boolean') return 0;
  return entry instanceof Tensor && entry.dtype === 'bool' ? entry.shape.length : 1;
}

function resolve(op: string, x: Tensor, given: readonly Index[], writing: boolean): Resolved {
  let entries = given.flatMap((entry) => (typeof entry === 'string' ? parse(entry) : [entry]));
  entries = entries.map((entry) =>
    isBooleanList(entry) ? leafOf(x, [entry].flat(Infinity).map(Number), 'bool', shapeOf(entry)) : entry,
  );
  const used = entries.reduce<number>((count, entry) => count + consumes(entry), 0);
  const dots = entries.filter((entry) => entry === '...').length;
  if (used > x.shape.length || dots > 1) {
    throw new IndexError({
      op,
      fact: dots > 1 ? 'two ellipses' : `${used} indices for a tensor of ${x.shape.length} dimensions`,
      rule: dots > 1 ? "'...' may appear once" : 'there can be at most one for each dimension',
    });
  }
  let view = x;
  let dim = 0;
  const advanced: Advanced[] = [];
  let mask: Advanced | null = null;
  for (const entry of entries) {
    if (entry === '...') dim += x.shape.length - used;
    else if (entry === null || entry === true) view = unsqueeze(view, dim++);
    else if (typeof entry === 'number') view = selectAt(op, view, dim, integer(op, entry));
    else if (entry instanceof Slice) {
      const length = view.shape[dim];
      view = sliceAt(view, dim, entry.start ?? 0, entry.stop ?? length, entry.step);
      dim++;
    } else if (entry instanceof Tensor && entry.dtype === 'bool') {
      if (!writing) throw maskError(entry);
      mask = { dim, index: entry };
      dim += entry.shape.length;
    } else if (entry instanceof Tensor) advanced.push({ dim: dim++, index: entry });
    else if (Array.isArray(entry)) {
      const flat = [entry].flat(Infinity) as number[];
      flat.forEach((value) => integer(op, value));
      advanced.push({ dim: dim++, index: leafOf(x, flat, 'int32', shapeOf(entry as readonly unknown[])) });
    } else
      throw new IndexError({
        op,
        fact: describe(entry),
        rule: 'an index is an integer, slice, range, null, ..., list or tensor',
      });
  }
  return { view, advanced, mask };
}

function integer(op: string, value: number): number {
  if (Number.isInteger(value)) return value;
  throw new IndexError({ op, fact: describe(value), rule: 'positions are integers' });
}

function maskError(mask: Tensor): IndexError {
  return new IndexError({
    op: 'index',
    fact: `a boolean tensor ${formatShape(mask.shape)}`,
    rule: 'the shape of the result depends on its values, so it must be awaited',
    cure: 'Use await maskedSelect(x, mask). Writing with a mask is x.indexPut_([mask], value).',
  });
}

function shapeOf(list: readonly unknown[]): number[] {
  const shape: number[] = [];
  for (let at: unknown = list; Array.isArray(at); at = at[0]) shape.push(at.length);
  return shape;
}

function leafOf(x: Tensor, values: readonly number[], dtype: 'int32' | 'bool', shape: readonly number[]): Tensor {
  if (values.length !== numelOf(shape))
    throw new ShapeError({ op: 'index', fact: 'a ragged list', rule: 'nested lists must be rectangular' });
  const host = dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
  return Tensor.of(makeLeaf(host, x.device, dtype, shape));
}

/** The advanced entries as one position over their dimensions taken together, which lie first in `moved`. */
interface Gathering {
  /** The view with the indexed dimensions merged into dimension `at`. */
  readonly merged: Tensor;
  readonly at: number;
  /** Positions in the merged dimension, and the shape that they have. */
  readonly positions: Tensor;
  readonly shape: readonly number[];
  /** The order of dimensions before they were merged. */
  readonly order: readonly number[];
  readonly sizes: readonly number[];
}

function gathering(op: string, view: Tensor, advanced: readonly Advanced[]): Gathering {
  const dims = advanced.map((one) => one.dim);
  const shape = broadcastShapes(op, ...advanced.map((one) => one.index.shape));
  const adjacent = dims.every((dim, index) => index === 0 || dim === dims[index - 1] + 1);
  const others = view.shape.map((_, dim) => dim).filter((dim) => !dims.includes(dim));
  const at = adjacent ? dims[0] : 0;
  const order = [...others.slice(0, at), ...dims, ...others.slice(at)];
  const moved = order.every((dim, index) => dim === index) ? view : permute(view, order);
  const sizes = moved.shape;
  const together = dims.map((dim) => view.shape[dim]);
  let positions: Tensor | null = null;
  advanced.forEach(({ index }, which) => {
    const wrapped = wrap(op, index, dims[which], together[which]);
    positions = positions === null ? wrapped : add(mul(positions, together[which]), wrapped);
  });
  const whole = broadcastTo(positions as unknown as Tensor, [...shape]);
  const merged = reshape(moved, [...sizes.slice(0, at), numelOf(together), ...sizes.slice(at + dims.length)]);
  return { merged, at, positions: reshape(whole, -1), shape, order, sizes };
}

/** An index with negative entries counted from the end, checked against the size of its dimension. */
function wrap(op: string, index: Tensor, dim: number, size: number): Tensor {
  return Tensor.at(checkedIndex(op, index, dim, size, true), null);
}

/** The part of x that the entries name. https://pytorch.org/docs/stable/tensor_view.html */
export function index(x: Tensor, ...entries: Index[]): Tensor {
  bind('index', target, [x]);
  const { view, advanced } = resolve('index', x, entries, false);
  if (advanced.length === 0) return view;
  const { merged, at, positions, shape } = gathering('index', view, advanced);
  const picked = selectMany('index', merged, at, positions, true, 'IndexBackward0');
  return shape.length === 1
    ? picked
    : reshape(picked, [...picked.shape.slice(0, at), ...shape, ...picked.shape.slice(at + 1)]);
}

/** Options of `indexPut_`. */
export interface IndexPutOptions {
  /** Add instead of writing; equal positions add up. */
  readonly accumulate?: boolean;
}

/** Writes `value` (which broadcasts) into the part of x that the entries name, a list or text as '0, 1:3': x[i, j] = value. https://pytorch.org/docs/stable/generated/torch.Tensor.index_put_.html */
export function indexPut_(
  x: Tensor,
  entries: readonly Index[] | string,
  value: Operand,
  options: boolean | IndexPutOptions = {},
): Tensor {
  bind('indexPut_', target, [x]);
  const list = typeof entries === 'string' ? [entries] : entries;
  if (!Array.isArray(list)) {
    throw new ArgumentError({
      op: 'indexPut_',
      fact: describe(entries),
      rule: "the entries are one list, x.indexPut_([0, slice(1, 3)], value), or text, x.indexPut_('0, 1:3', value)",
    });
  }
  const accumulate = typeof options === 'boolean' ? options : (options.accumulate ?? false);
  x.checkWritable('indexPut_');
  const { view, advanced, mask } = resolve('indexPut_', x, list as readonly Index[], true);
  const given = value instanceof Tensor ? value : operandTensor(value, x.device);
  const source = given.dtype === x.dtype || !(value instanceof Tensor) ? given : toDType(given, x.dtype);
  if (mask !== null) putMask(view, mask, source, advanced.length, accumulate);
  else if (advanced.length > 0) putAt(view, advanced, source, accumulate);
  else if (accumulate) add_(view, source);
  else {
    // A handle of its own: the write takes its node over, and the user's value stays.
    const part = trimmed(source, view);
    writeInto('indexPut_', view, Tensor.at(part.node, part.edge));
  }
  return x;
}

/** `indexPut_` on a copy. https://pytorch.org/docs/stable/generated/torch.Tensor.index_put.html */
export function indexPut(
  x: Tensor,
  entries: readonly Index[] | string,
  value: Operand,
  options: boolean | IndexPutOptions = {},
): Tensor {
  return indexPut_(clone(x), entries, value, options);
}

/** A value without leading dimensions of size 1, as assignment allows. */
function trimmed(value: Tensor, target: Tensor): Tensor {
  let shape = value.shape;
  while (shape.length > target.shape.length && shape[0] === 1) shape = shape.slice(1);
  const sized = shape === value.shape ? value : reshape(value, [...shape]);
  return sized.dtype === target.dtype ? sized : toDType(sized, target.dtype);
}

function putAt(view: Tensor, advanced: readonly Advanced[], value: Tensor, accumulate: boolean): void {
  const { merged, at, positions, shape, order, sizes } = gathering('indexPut_', view, advanced);
  const part = [...merged.shape.slice(0, at), ...shape, ...merged.shape.slice(at + 1)];
  const wide = reshape(spreadOver('indexPut_', trimmed(value, view), part), [
    ...merged.shape.slice(0, at),
    positions.numel(),
    ...merged.shape.slice(at + 1),
  ]);
  const written = writeMany('index', merged, at, positions, wide, accumulate ? 'add' : 'set', true);
  const back = permute(
    reshape(written, [...sizes]),
    order.map((_, dim) => order.indexOf(dim)),
  );
  writeInto('indexPut_', view, back);
}

/** x[mask] = value: a number or one row everywhere, else the values one after the other where the mask is true. */
function putMask(view: Tensor, mask: Advanced, value: Tensor, others: number, accumulate: boolean): void {
  const { dim, index } = mask;
  const covered = view.shape.slice(dim, dim + index.shape.length);
  if (others > 0 || dim !== 0 || formatShape(covered) !== formatShape(index.shape)) {
    throw new IndexError({
      op: 'indexPut_',
      fact: `a mask ${formatShape(index.shape)} at dimension ${dim} of ${formatShape(view.shape)}`,
      rule: 'a mask must be the only list or tensor, lead, and have the sizes of the dimensions it covers',
    });
  }
  const rest = view.shape.slice(index.shape.length);
  const wide = expand(reshape(index, [...index.shape, ...rest.map(() => 1)]), [...view.shape]);
  const oneRow = value.shape.length <= rest.length || value.shape[0] === 1;
  const source = oneRow ? trimmed(value, view) : rowsWhere(index, value, rest, view);
  writeInto('indexPut_', view, where(wide, accumulate ? add(view, source) : source, view));
}

/** The rows of `value` at the places where the mask is true: row number = running count of true, less one (0 before). */
function rowsWhere(mask: Tensor, value: Tensor, rest: readonly number[], view: Tensor): Tensor {
  const rows = spreadOver('indexPut_', value, [value.shape[0], ...rest]);
  return reshape(inTurn('indexPut_', mask, rows), [...view.shape]);
}
