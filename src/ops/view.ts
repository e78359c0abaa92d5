// Operations that only change how a buffer is seen. Each is a record: its layout rule and the way back for gradients.
// Where PyTorch would have to copy (a reshape across a gap), a copy node is made first.

import { ArgumentError, IndexError, ShapeError } from '../errors.ts';
import {
  contiguousLayout,
  formatShape,
  type Layout,
  normalizeDim,
  normalizeDims,
  numelOf,
  resolveSizes,
  type Shape,
  viewStrides,
} from '../shape.ts';
import { define, optional, p } from '../signature.ts';
import { Tensor, type ViewRecord } from '../tensor.ts';
import { fillNode, gradNameOf, kernelNode, onTape } from './apply.ts';
import { contiguous } from './copy.ts';

type Way = (layout: Layout) => Layout;

/** A view whose gradient is another view of the gradient. */
function record(name: string, layout: Way, backward: ViewRecord['backward'], gradName = gradNameOf(name)): ViewRecord {
  return { name, gradName, layout, backward };
}

/** A view of a part: its gradient is zeros with the part written in. */
function partRecord(name: string, layout: Way): ViewRecord {
  return record(name, layout, (grad, shape) => writePart(shape, layout, grad));
}

/** Zeros of `shape` with the part that `layout` shows replaced by `value`. */
function writePart(shape: Shape, layout: Way, value: Tensor): Tensor {
  const zeros = fillNode(0, value.device, value.dtype, shape);
  const region = layout(contiguousLayout(shape));
  const node = kernelNode('write', { region }, [zeros, value.node], value.dtype, shape);
  return onTape('SliceBackward0', (grad) => [grad.viewThrough(record('part', layout, (g) => g))], [value], node);
}

const reshapeRecord = (name: string, sizes: readonly number[], strides: readonly number[] | null): ViewRecord =>
  record(
    name,
    (layout) => {
      const out = strides ?? viewStrides(layout.shape, layout.strides, sizes);
      return { shape: sizes, strides: out as number[], offset: layout.offset };
    },
    (grad, shape) => reshape(grad, shape),
  );

/** The same elements in the same order under another shape; a copy only where the layout demands one. https://pytorch.org/docs/stable/generated/torch.reshape.html */
export const reshape = define(
  'reshape',
  [p.tensor('input'), p.sizes('shape')],
  (input: Tensor, shape: readonly number[]): Tensor => reshapeNamed('reshape', input, shape),
);

function reshapeNamed(name: string, input: Tensor, shape: readonly number[]): Tensor {
  const sizes = resolveSizes(name, shape, input.numel());
  if (viewStrides(input.shape, input.strides, sizes) !== null)
    return input.viewThrough(reshapeRecord(viewName(name), sizes, null));
  return contiguous(input).viewThrough(reshapeRecord('unsafeView', sizes, null));
}

const viewName = (name: string): string => (name === 'reshape' ? 'view' : name);

/** Like reshape, but never copies: throws where the layout does not allow it. https://pytorch.org/docs/stable/generated/torch.Tensor.view.html */
export const view = define(
  'view',
  [p.tensor('input'), p.sizes('shape')],
  (input: Tensor, shape: readonly number[]): Tensor => {
    const sizes = resolveSizes('view', shape, input.numel());
    const strides = viewStrides(input.shape, input.strides, sizes);
    if (strides === null) {
      throw new ShapeError({
        op: 'view',
        fact: `${formatShape(input.shape)} with strides ${formatShape(input.strides)} cannot be seen as ${formatShape(sizes)}`,
        rule: 'at least one dimension spans across two separate runs of elements',
        cure: 'Use x.reshape(..), which copies where it must.',
      });
    }
    return input.viewThrough(reshapeRecord('view', sizes, null));
  },
);

/** The shape of another tensor. https://pytorch.org/docs/stable/generated/torch.Tensor.view_as.html */
export const viewAs = define('viewAs', [p.tensor('input'), p.tensor('other')], (input: Tensor, other: Tensor): Tensor =>
  view(input, [...other.shape]),
);
/** The shape of another tensor. https://pytorch.org/docs/stable/generated/torch.Tensor.reshape_as.html */
export const reshapeAs = define(
  'reshapeAs',
  [p.tensor('input'), p.tensor('other')],
  (input: Tensor, other: Tensor): Tensor => reshape(input, [...other.shape]),
);

/** Dimensions `startDim` to `endDim` as one. https://pytorch.org/docs/stable/generated/torch.flatten.html */
export const flatten = define(
  'flatten',
  [p.tensor('input'), optional(p.int('startDim'), 0), optional(p.int('endDim'), -1)],
  (input: Tensor, startDim: number, endDim: number): Tensor => {
    const rank = input.shape.length;
    if (rank === 0) return reshape(input, 1);
    const start = normalizeDim('flatten', startDim, rank);
    const end = normalizeDim('flatten', endDim, rank);
    if (start > end) {
      throw new ArgumentError({
        op: 'flatten',
        fact: `startDim ${startDim} comes after endDim ${endDim}`,
        rule: 'it must not',
      });
    }
    if (start === end) return input;
    const middle = numelOf(input.shape.slice(start, end + 1));
    return reshapeNamed('reshape', input, [...input.shape.slice(0, start), middle, ...input.shape.slice(end + 1)]);
  },
);

/** One dimension as several; one size may be -1. https://pytorch.org/docs/stable/generated/torch.unflatten.html */
export const unflatten = define(
  'unflatten',
  [p.tensor('input'), p.int('dim'), p.ints('sizes')],
  (input: Tensor, dim: number, sizes: readonly number[]): Tensor => {
    const at = normalizeDim('unflatten', dim, input.shape.length);
    const inner = resolveSizes('unflatten', sizes, input.shape[at]);
    return view(input, [...input.shape.slice(0, at), ...inner, ...input.shape.slice(at + 1)]);
  },
);

/** All elements in one dimension. https://pytorch.org/docs/stable/generated/torch.ravel.html */
export const ravel = define('ravel', [p.tensor('input')], (input: Tensor): Tensor => reshape(input, -1));

function permuted(name: string, order: readonly number[]): ViewRecord {
  const inverse = order.map((_, dim) => order.indexOf(dim));
  return record(
    name,
    ({ shape, strides, offset }) => ({
      shape: order.map((dim) => shape[dim]),
      strides: order.map((dim) => strides[dim]),
      offset,
    }),
    (grad) => grad.viewThrough(permuted(name, inverse)),
  );
}

/** The dimensions in another order. https://pytorch.org/docs/stable/generated/torch.permute.html */
export const permute = define(
  'permute',
  [p.tensor('input'), p.sizes('dims')],
  (input: Tensor, dims: readonly number[]): Tensor => {
    const rank = input.shape.length;
    if (dims.length !== rank) {
      throw new ArgumentError({
        op: 'permute',
        fact: `${dims.length} dims for a tensor of ${rank} dimensions`,
        rule: 'each dimension must be named once',
      });
    }
    normalizeDims('permute', dims, rank);
    return input.viewThrough(
      permuted(
        'permute',
        dims.map((dim) => normalizeDim('permute', dim, rank)),
      ),
    );
  },
);

/** Two dimensions exchanged. https://pytorch.org/docs/stable/generated/torch.transpose.html */
export const transpose = define(
  'transpose',
  [p.tensor('input'), p.int('dim0'), p.int('dim1')],
  (input: Tensor, dim0: number, dim1: number): Tensor => swapped('transpose', input, dim0, dim1),
);

function swapped(name: string, input: Tensor, dim0: number, dim1: number): Tensor {
  const rank = input.shape.length;
  const a = normalizeDim(name, dim0, rank);
  const b = normalizeDim(name, dim1, rank);
  const order = input.shape.map((_, dim) => (dim === a ? b : dim === b ? a : dim));
  return input.viewThrough(permuted(name, order));
}

/** Another name of transpose. https://pytorch.org/docs/stable/generated/torch.swapaxes.html */
export const swapaxes = define(
  'swapaxes',
  [p.tensor('input'), p.int('axis0'), p.int('axis1')],
  (input: Tensor, axis0: number, axis1: number): Tensor => swapped('transpose', input, axis0, axis1),
);

/** The transpose of a matrix; vectors and scalars stay. https://pytorch.org/docs/stable/generated/torch.t.html */
export const t = define('t', [p.tensor('input')], (input: Tensor): Tensor => {
  if (input.shape.length > 2) {
    throw new ShapeError({
      op: 't',
      fact: formatShape(input.shape),
      rule: 'at most 2 dimensions',
      cure: 'Use x.mT for batches of matrices, or x.transpose(dim0, dim1).',
    });
  }
  return input.shape.length < 2 ? input : swapped('t', input, 0, 1);
});

/** The dimensions in reverse order: `x.T`. */
export function reversed(input: Tensor): Tensor {
  return input.viewThrough(
    permuted(
      'permute',
      input.shape.map((_, dim) => input.shape.length - 1 - dim),
    ),
  );
}

/** The last two dimensions exchanged: `x.mT`. */
export function matrixTransposed(input: Tensor): Tensor {
  if (input.shape.length < 2) {
    throw new ShapeError({ op: 'mT', fact: formatShape(input.shape), rule: 'at least 2 dimensions are needed' });
  }
  return swapped('transpose', input, -2, -1);
}

/** Dimensions moved to other places. https://pytorch.org/docs/stable/generated/torch.movedim.html */
export const movedim = define(
  'movedim',
  [p.tensor('input'), p.dims('source'), p.dims('destination')],
  (input: Tensor, source: number | readonly number[], destination: number | readonly number[]): Tensor => {
    const rank = input.shape.length;
    const from = [source].flat().map((dim) => normalizeDim('movedim', dim, rank));
    const to = [destination].flat().map((dim) => normalizeDim('movedim', dim, rank));
    if (from.length !== to.length || new Set(from).size !== from.length || new Set(to).size !== to.length) {
      throw new ArgumentError({
        op: 'movedim',
        fact: `from ${from} to ${to}`,
        rule: 'as many sources as destinations, each once',
      });
    }
    const left = input.shape.map((_, dim) => dim).filter((dim) => !from.includes(dim));
    const order = input.shape.map((_, dim) => (to.includes(dim) ? from[to.indexOf(dim)] : (left.shift() as number)));
    return input.viewThrough(permuted('permute', order));
  },
);

/** A dimension of size 1 inserted. https://pytorch.org/docs/stable/generated/torch.unsqueeze.html */
export const unsqueeze = define(
  'unsqueeze',
  [p.tensor('input'), p.int('dim')],
  (input: Tensor, dim: number): Tensor => {
    const at = normalizeDim('unsqueeze', dim, input.shape.length + 1);
    const insert = (list: readonly number[], value: number) => [...list.slice(0, at), value, ...list.slice(at)];
    return input.viewThrough(
      record(
        'unsqueeze',
        ({ shape, strides, offset }) => ({
          shape: insert(shape, 1),
          strides: insert(strides, at < shape.length ? shape[at] * strides[at] : 1),
          offset,
        }),
        (grad, shape) => reshape(grad, shape),
      ),
    );
  },
);

/** Dimensions of size 1 removed: all, or those named. https://pytorch.org/docs/stable/generated/torch.squeeze.html */
export const squeeze = define(
  'squeeze',
  [p.tensor('input'), optional(p.dims('dim'), null)],
  (input: Tensor, dim): Tensor => {
    const dims = normalizeDims('squeeze', dim as number | readonly number[] | null, input.shape.length);
    const stays = (length: number, at: number) => length !== 1 || !dims.includes(at);
    return input.viewThrough(
      record(
        'squeeze',
        ({ shape, strides, offset }) => ({
          shape: shape.filter(stays),
          strides: strides.filter((_, at) => stays(shape[at], at)),
          offset,
        }),
        (grad, shape) => reshape(grad, shape),
      ),
    );
  },
);

/** Dimensions of size 1 repeated without a copy; -1 keeps a size. https://pytorch.org/docs/stable/generated/torch.Tensor.expand.html */
export const expand = define(
  'expand',
  [p.tensor('input'), p.sizes('size')],
  (input: Tensor, size: readonly number[]): Tensor => {
    const lead = size.length - input.shape.length;
    const target = size.map((length, dim) => (length === -1 && dim >= lead ? input.shape[dim - lead] : length));
    const fits = lead >= 0 && input.shape.every((length, dim) => length === 1 || length === target[dim + lead]);
    if (!fits || target.some((length) => length < 0)) {
      throw new ShapeError({
        op: 'expand',
        fact: `${formatShape(input.shape)} to ${formatShape(size)}`,
        rule: 'only dimensions of size 1 can be repeated, and new dimensions come first',
      });
    }
    return input.viewThrough(
      record(
        'expand',
        ({ shape, strides, offset }) => ({
          shape: target,
          strides: target.map((length, dim) =>
            dim < lead || (shape[dim - lead] === 1 && length !== 1) ? 0 : strides[dim - lead],
          ),
          offset,
        }),
        (grad) => grad,
      ),
    );
  },
);

/** The shape of another tensor. https://pytorch.org/docs/stable/generated/torch.Tensor.expand_as.html */
export const expandAs = define(
  'expandAs',
  [p.tensor('input'), p.tensor('other')],
  (input: Tensor, other: Tensor): Tensor => expand(input, [...other.shape]),
);
/** https://pytorch.org/docs/stable/generated/torch.broadcast_to.html */
export const broadcastTo = define(
  'broadcastTo',
  [p.tensor('input'), p.sizes('shape')],
  (input: Tensor, shape: readonly number[]): Tensor => expand(input, [...shape]),
);

/** Position `index` along `dim`, which is removed. https://pytorch.org/docs/stable/generated/torch.select.html */
export const select = define(
  'select',
  [p.tensor('input'), p.int('dim'), p.int('index')],
  (input: Tensor, dim: number, index: number): Tensor => selectAt('select', input, dim, index),
);

/** `select` under the name of the caller. */
export function selectAt(op: string, input: Tensor, dim: number, index: number): Tensor {
  const at = normalizeDim(op, dim, input.shape.length);
  const length = input.shape[at];
  if (input.shape.length === 0 || index < -length || index >= length) throw outOfRange(op, index, at, length);
  const position = index < 0 ? index + length : index;
  const without = (list: readonly number[]) => list.filter((_, one) => one !== at);
  return input.viewThrough(
    partRecord('select', ({ shape, strides, offset }) => ({
      shape: without(shape),
      strides: without(strides),
      offset: offset + position * strides[at],
    })),
  );
}

/** The error for an index that lies outside a dimension. */
export function outOfRange(op: string, index: number, dim: number, length: number): IndexError {
  return new IndexError({
    op,
    fact: `index ${index} is out of range for dimension ${dim} with size ${length}`,
    rule: `it must be from ${-length} to ${length - 1}`,
  });
}

/** Positions start, start + step, .. below stop along `dim`. */
export function sliceAt(input: Tensor, dim: number, start: number, stop: number, step: number): Tensor {
  const length = input.shape[dim];
  const clip = (value: number) => Math.min(Math.max(value < 0 ? value + length : value, 0), length);
  const first = clip(start);
  const count = Math.max(Math.ceil((clip(stop) - first) / step), 0);
  if (first === 0 && step === 1 && count === length) return input;
  return input.viewThrough(
    partRecord('slice', ({ shape, strides, offset }) => ({
      shape: shape.map((size, at) => (at === dim ? count : size)),
      strides: strides.map((stride, at) => (at === dim ? stride * step : stride)),
      offset: offset + first * strides[dim],
    })),
  );
}

/** `length` positions from `start` along `dim`. https://pytorch.org/docs/stable/generated/torch.narrow.html */
export const narrow = define(
  'narrow',
  [p.tensor('input'), p.int('dim'), p.int('start'), p.int('length')],
  (input: Tensor, dim: number, start: number, length: number): Tensor => {
    const at = normalizeDim('narrow', dim, input.shape.length);
    const size = input.shape[at];
    const first = start < 0 ? start + size : start;
    if (first < 0 || length < 0 || first + length > size) throw outOfRange('narrow', start + length, at, size);
    return sliceAt(input, at, first, first + length, 1);
  },
);

/** The diagonal of two dimensions as the last dimension. https://pytorch.org/docs/stable/generated/torch.diagonal.html */
export const diagonal = define(
  'diagonal',
  [p.tensor('input'), optional(p.int('offset'), 0), optional(p.int('dim1'), 0), optional(p.int('dim2'), 1)],
  (input: Tensor, shift: number, dim1: number, dim2: number): Tensor => {
    const a = normalizeDim('diagonal', dim1, input.shape.length);
    const b = normalizeDim('diagonal', dim2, input.shape.length);
    if (a === b)
      throw new ArgumentError({ op: 'diagonal', fact: `dim1 and dim2 are both ${a}`, rule: 'they must differ' });
    const [rows, columns] = [input.shape[a], input.shape[b]];
    const length = Math.max(shift >= 0 ? Math.min(rows, columns - shift) : Math.min(rows + shift, columns), 0);
    const others = input.shape.map((_, dim) => dim).filter((dim) => dim !== a && dim !== b);
    return input.viewThrough(
      partRecord('diagonal', ({ shape, strides, offset }) => ({
        shape: [...others.map((dim) => shape[dim]), length],
        strides: [...others.map((dim) => strides[dim]), strides[a] + strides[b]],
        offset: length === 0 ? offset : offset + (shift >= 0 ? shift * strides[b] : -shift * strides[a]),
      })),
    );
  },
);
