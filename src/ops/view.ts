// Operations that only change how a buffer is seen. Each is a record: its layout rule and the way back for gradients.
// Where PyTorch would have to copy (a reshape across a gap), a copy node is made first.
// There is no transpose_, squeeze_, unsqueeze_ or t_: the layout of a tensor never changes, which the views made of it, their
// gradients and writes through them rely on. `x = x.t()` shares the same elements.

import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, type Layout, normalizeDim, normalizeDims, numelOf, resolveSizes, viewStrides } from '../shape.ts';
import { define, describe, optional, p } from '../core/signature.ts';
import type { Tensor, ViewRecord } from '../core/tensor.ts';
import { gradNameOf } from './apply.ts';
import { contiguous } from './copy.ts';

export type Way = (layout: Layout) => Layout;

/** A view whose gradient is another view of the gradient. */
export function record(
  name: string,
  layout: Way,
  backward: ViewRecord['backward'],
  gradName = gradNameOf(name),
): ViewRecord {
  return { name, gradName, layout, backward };
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
  const sizes = resolveSizes(name, shape, input.shape);
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
    const sizes = resolveSizes('view', shape, input.shape);
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
    const start = normalizeDim('flatten', startDim, rank);
    const end = normalizeDim('flatten', endDim, rank);
    if (rank === 0) return reshape(input, 1);
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
    const inner = resolveSizes('unflatten', sizes, [input.shape[at]]);
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
        fact: `from ${describe(source)} to ${describe(destination)}`,
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
