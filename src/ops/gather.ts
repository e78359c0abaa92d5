// Reading and writing at positions that a tensor holds. Everything comes down to two kernels on three dimensions:
// gather: x (O, D, I), index (O, J, I) -> x[o, index[o, j, i], i], and scatter, which writes or adds there.

import { DTypeError, ShapeError } from '../errors.ts';
import { makeLeaf, type Node } from '../core/graph.ts';
import type { KernelOp, ScatterMode } from '../core/op.ts';
import { broadcastShapes, formatShape, normalizeDim, numelOf, type Shape } from '../shape.ts';
import { define, optional, p, type Operand } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { castNode, fillNode, kernelNode, onTape, operandTensor } from './apply.ts';
import { mul } from './arithmetic.ts';
import { expand, reshape } from './view.ts';
import { outOfRange, sliceAt } from './part.ts';

const input = p.tensor('input');

/**
 * The node of an index whose entries are known to lie in 0 .. size - 1. An index that is on the host is checked at the
 * call; one that only the device knows is checked there, and its results fail.
 */
export function checkedIndex(op: string, index: Tensor, dim: number, size: number, negative: boolean): Node {
  if (index.dtype !== 'int32' && index.dtype !== 'uint8') {
    throw new DTypeError({
      op,
      fact: `an index of dtype ${index.dtype}`,
      rule: 'an index must be int32',
      cure: "Convert it: index.to('int32').",
    });
  }
  const node = castNode(index.node, 'int32');
  const { host, op: maker } = node.root;
  // A checked index, as gradients get it, stays checked.
  if (maker.kind === 'kernel' && maker.name === 'checkIndex' && (maker as KernelOp<'checkIndex'>).attrs.size <= size)
    return node;
  if (host === null)
    return kernelNode('checkIndex', { op, size, negative, fault: 'index' }, [node], 'int32', node.shape);
  let wraps = false;
  for (const value of host) {
    if (value >= size || value < (negative ? -size : 0)) throw outOfRange(op, value, dim, size, negative ? -size : 0);
    wraps ||= value < 0;
  }
  if (!wraps) return node;
  const wrapped = makeLeaf(
    Int32Array.from(host, (value) => (value < 0 ? value + size : value)),
    node.device,
    'int32',
    node.root.shape,
  );
  return node === node.root
    ? wrapped
    : Tensor.at(wrapped, null).viewThrough({ ...sameLayout, layout: () => node }).node;
}

const sameLayout = { name: 'alias', gradName: 'AliasBackward0', backward: (grad: Tensor) => grad };

/** A shape as (before dim, dim, after dim). */
function threefold(shape: Shape, dim: number): [number, number, number] {
  return [numelOf(shape.slice(0, dim)), shape[dim] ?? 1, numelOf(shape.slice(dim + 1))];
}

/** x seen as (O, D, I) around `dim`, without a place on the tape. */
export function folded(x: Tensor, dim: number): Tensor {
  return reshape(x.detach(), threefold(x.shape, dim));
}

export function nodeTensor(node: Node): Tensor {
  return Tensor.at(node, null);
}

export function checkGather(op: string, x: Tensor, dim: number, index: Tensor): void {
  const fits =
    Math.max(index.shape.length, 1) === Math.max(x.shape.length, 1) &&
    index.shape.every((length, at) => at === dim || length <= (x.shape[at] ?? 1));
  if (fits) return;
  throw new ShapeError({
    op,
    fact: `index ${formatShape(index.shape)} for ${formatShape(x.shape)} along dim ${dim}`,
    rule: 'the index needs as many dimensions, and none but dim may be larger',
  });
}

/** x cut to the sizes of the index in all dimensions but `dim`. */
export function cutTo(x: Tensor, shape: Shape, dim: number): Tensor {
  return x.shape.reduce((at: Tensor, _, d) => (d === dim ? at : sliceAt(at, d, 0, shape[d], 1)), x);
}

/** out[i][j] = input[index[i][j]][j] for dim 0, and so on. https://pytorch.org/docs/stable/generated/torch.gather.html */
export const gather = define(
  'gather',
  [input, p.int('dim'), p.tensor('index')],
  (x: Tensor, dim: number, index: Tensor): Tensor => {
    const at = normalizeDim('gather', dim, x.shape.length);
    if (index.numel() > 0) checkGather('gather', x, at, index);
    const checked = nodeTensor(checkedIndex('gather', index, at, x.shape[at] ?? 1, false));
    const inputs = [folded(cutTo(x, index.shape, at), at).node, folded(checked, at).node];
    const node = kernelNode('gather', { op: 'gather' }, inputs, x.dtype, index.shape);
    return onTape(
      'GatherBackward0',
      (grad, { input, shape }) => [scatterAlong('scatterAdd', 'add', zeros(shape(0), grad), at, input(1), grad), null],
      [x, checked],
      node,
    );
  },
);

function zeros(shape: Shape, like: Tensor): Tensor {
  return nodeTensor(fillNode(0, like.device, like.dtype, shape));
}

/** base with `source` written, or joined by `mode`, at `index` along `dim`; index and source have one shape, no larger than base. */
export function scatterInto(mode: ScatterMode, base: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  const part = cutTo(base, index.shape, dim);
  const whole = part === base;
  const inputs = [folded(part, dim).node, folded(index, dim).node, folded(source, dim).node];
  const node = kernelNode('scatter', { op: 'scatter', mode }, inputs, base.dtype, part.shape);
  if (whole) return nodeTensor(node);
  const region = part.node;
  return nodeTensor(kernelNode('write', { region }, [base.node.root, node], base.dtype, base.shape));
}

/** A dense tensor in C order without a place on the tape, as scatter's base must be. */
export function dense(x: Tensor): Tensor {
  const plain = x.detach();
  return plain.isContiguous() && plain.node === plain.node.root ? plain : nodeTensor(copyOf(plain));
}

/** The same with the place of x on the tape. */
function denseTaped(x: Tensor): Tensor {
  return Tensor.at(dense(x).node, x.edge);
}

function copyOf(x: Tensor): Node {
  return kernelNode('cat', { dim: 0 }, [reshape(x, -1).node], x.dtype, x.shape);
}

function scatterAlong(op: string, mode: 'set' | 'add', x: Tensor, dim: number, index: Tensor, given: Operand): Tensor {
  const at = normalizeDim(op, dim, x.shape.length);
  if (index.numel() === 0) return x;
  checkGather(op, x, at, index);
  const source = given instanceof Tensor ? given : expand(operandTensor(given, x.device), [...index.shape]);
  if (given instanceof Tensor && given.dtype !== x.dtype) {
    throw new DTypeError({
      op,
      fact: `a source of dtype ${given.dtype} for a tensor of dtype ${x.dtype}`,
      rule: 'they must be equal',
      cure: `Convert it: src.to('${x.dtype}').`,
    });
  }
  const value = Tensor.at(castNode(source.node, x.dtype), source.edge);
  if (value.shape.length !== index.shape.length || value.shape.some((length, d) => length < index.shape[d])) {
    throw new ShapeError({
      op,
      fact: `index ${formatShape(index.shape)} and source ${formatShape(value.shape)}`,
      rule: 'the source needs as many dimensions as the index, and must be at least as large',
    });
  }
  const cut = index.shape.reduce((part: Tensor, length, d) => sliceAt(part, d, 0, length, 1), value);
  const checked = nodeTensor(checkedIndex(op, index, at, x.shape[at] ?? 1, false));
  const result = scatterInto(mode, dense(x), at, checked, cut);
  const name =
    mode === 'add' ? 'ScatterAddBackward0' : given instanceof Tensor ? 'ScatterBackward0' : 'ScatterBackward1';
  return onTape(
    name,
    (grad, { input, needs }) => [
      mode === 'add' ? grad : scatterAlong(op, 'set', grad, at, input(2), 0),
      needs(1) ? gather(grad, at, input(2)) : null,
      null,
    ],
    [x, cut, checked],
    result.node,
  );
}

/**
 * The elements of x at positions `index` along `dim` that are known to be inside and different, as those of a sort are:
 * one step of the tape. All other sizes of the index are those of x.
 */
export function pick(gradName: string, x: Tensor, dim: number, index: Tensor): Tensor {
  const inputs = [folded(x, dim).node, folded(index, dim).node];
  const node = kernelNode('gather', { op: gradName }, inputs, x.dtype, index.shape);
  return onTape(
    gradName,
    (grad, { input, shape }) => [place(gradName, grad, dim, input(1), shape(0)), null],
    [x, index],
    node,
  );
}

/** Zeros of `shape` with x written at such positions: the way back of `pick`. */
export function place(op: string, x: Tensor, dim: number, index: Tensor, shape: Shape): Tensor {
  const inputs = [folded(zeros(shape, x), dim), folded(index, dim), folded(x, dim)].map(({ node }) => node);
  const node = kernelNode('scatter', { op, mode: 'place' }, inputs, x.dtype, shape);
  return onTape('ScatterBackward0', (grad, { input }) => [pick(op, grad, dim, input(1)), null], [x, index], node);
}

const dim = p.int('dim');
const index = p.tensor('index');

/** A copy with `src` (a tensor or a number) written at `index` along `dim`: torch.scatter, which is in scatter-reduce.ts, without `reduce`. */
export function scatterSet(x: Tensor, dim: number, index: Tensor, src: Operand): Tensor {
  return scatterAlong('scatter', 'set', x, dim, index, src);
}

/** A copy with `src` added at `index` along `dim`; equal positions add up in order. https://pytorch.org/docs/stable/generated/torch.scatter_add.html */
export const scatterAdd = define(
  'scatterAdd',
  [input, dim, index, p.tensor('src')],
  (input: Tensor, dim: number, index: Tensor, src: Tensor): Tensor =>
    scatterAlong('scatterAdd', 'add', input, dim, index, src),
);

/** Positions `index` (one dimension) along `dim`, for `op`; -1 counts from the end where `negative`. */
export function selectMany(
  op: string,
  x: Tensor,
  dim: number,
  index: Tensor,
  negative: boolean,
  gradName: string,
): Tensor {
  if (index.shape.length > 1) {
    throw new ShapeError({
      op,
      fact: `an index of shape ${formatShape(index.shape)}`,
      rule: 'it must have 1 dimension',
    });
  }
  const at = normalizeDim(op, dim, x.shape.length);
  const [outside, size, inside] = threefold(x.shape, at);
  const count = index.numel();
  const checked = nodeTensor(checkedIndex(op, index, at, size, negative));
  const spread = expand(reshape(checked, 1, count, 1), [outside, count, inside]);
  const shape = x.shape.map((length, d) => (d === at ? count : length));
  const node = kernelNode('gather', { op }, [folded(x, at).node, spread.node], x.dtype, shape);
  return onTape(
    gradName,
    (grad, { input, shape }) => [addMany(op, zeros(shape(0), grad), at, input(1), grad), null],
    [x, checked],
    node,
  );
}

/** base with the slices of `source` added (or set) at positions `index` along `dim`. */
function addMany(
  op: string,
  base: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  mode: 'set' | 'add' = 'add',
): Tensor {
  const [outside, , inside] = threefold(base.shape, dim);
  const count = index.numel();
  const spread = expand(reshape(index, 1, count, 1), [outside, count, inside]);
  const values = reshape(source, outside, count, inside);
  const node = kernelNode(
    'scatter',
    { op, mode },
    [folded(base, dim).node, spread.node, values.detach().node],
    base.dtype,
    base.shape,
  );
  const name = mode === 'add' ? 'IndexAddBackward0' : 'IndexCopyBackward0';
  return onTape(
    name,
    (grad, { input, needs, shape }) => [
      mode === 'add' ? grad : addMany(op, denseTaped(grad), dim, input(2), zeros(shape(1), grad), 'set'),
      needs(1) ? reshape(selectMany(op, grad, dim, input(2), false, 'IndexSelectBackward0'), [...shape(1)]) : null,
      null,
    ],
    [base, values, index],
    node,
  );
}

/** Positions `index` along `dim`. https://pytorch.org/docs/stable/generated/torch.index_select.html */
export const indexSelect = define(
  'indexSelect',
  [input, dim, index],
  (input: Tensor, dim: number, index: Tensor): Tensor =>
    selectMany('indexSelect', input, dim, index, false, 'IndexSelectBackward0'),
);

/** A copy with `source` added at positions `index` along `dim`. https://pytorch.org/docs/stable/generated/torch.Tensor.index_add.html */
export const indexAdd = define(
  'indexAdd',
  [input, dim, index, p.tensor('source'), optional(p.number('alpha'), 1)],
  (input, dim, index, source, alpha): Tensor =>
    writeMany('indexAdd', input, dim, index, alpha === 1 ? source : mul(source, alpha), 'add', false),
);

/** A copy with `source` written at positions `index` along `dim`. https://pytorch.org/docs/stable/generated/torch.Tensor.index_copy.html */
export const indexCopy = define(
  'indexCopy',
  [input, dim, index, p.tensor('source')],
  (input: Tensor, dim: number, index: Tensor, source: Tensor): Tensor =>
    writeMany('indexCopy', input, dim, index, source, 'set', false),
);

/** `source` written or added to a copy of x at positions `index` along `dim`, for `op`; -1 is the last where `negative`. */
export function writeMany(
  op: string,
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  mode: 'set' | 'add',
  negative: boolean,
): Tensor {
  const at = normalizeDim(op, dim, x.shape.length);
  const wanted = x.shape.map((length, d) => (d === at ? index.numel() : length));
  if (formatShape(wanted) !== formatShape(source.shape)) {
    throw new ShapeError({
      op,
      fact: `source ${formatShape(source.shape)}`,
      rule: `its shape must be ${formatShape(wanted)}`,
    });
  }
  const checked = nodeTensor(checkedIndex(op, index, at, x.shape[at] ?? 1, negative));
  return addMany(op, denseTaped(x), at, checked, Tensor.at(castNode(source.node, x.dtype), source.edge), mode);
}

/** The elements at positions of the flattened input. https://pytorch.org/docs/stable/generated/torch.take.html */
export const take = define('take', [input, index], (input: Tensor, index: Tensor): Tensor =>
  reshape(selectMany('take', reshape(input, -1), 0, reshape(index, -1), true, 'TakeBackward0'), [...index.shape]),
);

/** gather, where index and input broadcast; without `dim` over the flattened input. https://pytorch.org/docs/stable/generated/torch.take_along_dim.html */
export const takeAlongDim = define(
  'takeAlongDim',
  [input, p.tensor('indices'), optional(p.int('dim'), null)],
  (input, indices, dim): Tensor => {
    if (dim === null) return gather(reshape(input, -1), 0, reshape(indices, -1));
    const at = normalizeDim('takeAlongDim', dim, input.shape.length);
    if (indices.shape.length !== input.shape.length) {
      throw new ShapeError({
        op: 'takeAlongDim',
        fact: `${formatShape(indices.shape)} for ${formatShape(input.shape)}`,
        rule: 'as many dimensions',
      });
    }
    const others = (shape: Shape) => shape.map((length, d) => (d === at ? 1 : length));
    const common = broadcastShapes('takeAlongDim', others(input.shape), others(indices.shape));
    const wide = (one: Tensor) =>
      expand(
        one,
        common.map((length, d) => (d === at ? one.shape[d] : length)),
      );
    return gather(wide(input), at, wide(indices));
  },
);
