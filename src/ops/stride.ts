// Views by strides: any layout over the storage of a tensor, and windows along one dimension. A gradient counts the places
// that a view shows, so that each element gets the sum over the times it was seen.

import { makeLeaf } from '../core/graph.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, type Layout, normalizeDim, numelOf, type Shape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { fillNode } from './apply.ts';
import { div } from './arithmetic.ts';
import { indexAdd, indexSelect, nodeTensor } from './gather.ts';
import { permute, record, reshape } from './view.ts';
import { type Extent, fold } from './window.ts';

const input = p.tensor('input');

/** The places of all elements of a layout in C order. */
function placesOf({ shape, strides, offset }: Layout): Int32Array {
  let places = Int32Array.of(offset);
  shape.forEach((length, dim) => {
    const inner = places;
    places = new Int32Array(inner.length * length);
    inner.forEach((place, at) => {
      for (let step = 0; step < length; step++) places[at * length + step] = place + step * strides[dim];
    });
  });
  return places;
}

/** The gradient of a tensor that lies as `own`, from that of a view of the same storage that lies as `seen`. */
function throughStorage(grad: Tensor, seen: Layout, own: Layout): Tensor {
  const [from, to] = [placesOf(seen), placesOf(own)];
  const first = Math.min(seen.offset, own.offset);
  const storage = new Int32Array(Math.max(...[seen, own].map(extentOf)) - first);
  const leaf = (places: Int32Array) =>
    nodeTensor(
      makeLeaf(
        places.map((place) => place - first),
        grad.device,
        'int32',
        [places.length],
      ),
    );
  const zeros = nodeTensor(fillNode(0, grad.device, grad.dtype, [storage.length]));
  const whole = indexAdd(zeros, 0, leaf(from), reshape(grad, -1));
  const picked = reshape(indexSelect(whole, 0, leaf(to)), [...own.shape]);
  for (const place of to) storage[place - first]++;
  if (storage.every((count) => count <= 1)) return picked;
  // Several elements of the tensor are one place: they share its gradient.
  const counts = makeLeaf(
    Float32Array.from(to, (place) => storage[place - first]),
    grad.device,
    'float32',
    own.shape,
  );
  return div(picked, nodeTensor(counts));
}

/** One behind the last place that a layout shows. */
function extentOf({ shape, strides, offset }: Layout): number {
  return shape.includes(0) ? offset : shape.reduce((at, length, dim) => at + (length - 1) * strides[dim], offset) + 1;
}

/**
 * A view of the tensor's storage with any sizes and strides, from `storageOffset` on (that of the tensor where it is left
 * out). https://pytorch.org/docs/stable/generated/torch.as_strided.html
 */
export const asStrided = define(
  'asStrided',
  [input, p.ints('size'), p.ints('stride'), optional(p.int('storageOffset'), null)],
  (input: Tensor, size: Shape, stride: Shape, storageOffset: number | null): Tensor => {
    const start = input.storageOffset();
    const view: Layout = { shape: size, strides: stride, offset: storageOffset ?? start };
    checkStrides('asStrided', size, stride);
    const length = numelOf(input.storage.node.shape);
    if (view.offset < 0 || (!size.includes(0) && extentOf(view) > length)) {
      throw new ShapeError({
        op: 'asStrided',
        fact: `sizes ${formatShape(size)} with strides ${formatShape(stride)} from ${view.offset} on`,
        rule: `the storage holds ${length} elements`,
      });
    }
    const own: Layout = { shape: input.shape, strides: input.strides, offset: start };
    const shift = view.offset - start;
    return input.viewThrough({
      ...record(
        'asStrided',
        ({ offset }) => ({ ...view, offset: offset + shift }),
        (grad) => throughStorage(grad, view, own),
      ),
      inStorage: true,
    });
  },
);

/** Throws unless there is a stride of 0 or more for each size. */
export function checkStrides(op: string, size: Shape, stride: Shape): void {
  if (size.length === stride.length && [...size, ...stride].every((one) => one >= 0)) return;
  throw new ArgumentError({
    op,
    fact: `sizes ${formatShape(size)} and strides ${formatShape(stride)}`,
    rule: 'there must be as many of both, and none may be negative',
  });
}

/**
 * Windows of `size` elements along `dimension`, one every `step`, as a view: (.., n, ..) -> (.., (n - size) / step + 1, .., size).
 * https://pytorch.org/docs/stable/generated/torch.Tensor.unfold.html
 */
export const unfold = define(
  'unfold',
  [input, p.int('dimension'), p.int('size'), p.int('step')],
  (input: Tensor, dimension: number, size: number, step: number): Tensor => {
    const at = normalizeDim('unfold', dimension, input.shape.length);
    const length = input.shape[at] ?? 1;
    if (size < 1 || size > length || step < 1) {
      throw new ArgumentError({
        op: 'unfold',
        fact: `windows of ${size} every ${step} along a dimension of ${length}`,
        rule: 'size must be from 1 to the size of the dimension, and step at least 1',
      });
    }
    // A number is one window, without a dimension that counts them.
    if (input.shape.length === 0) return reshape(input, 1);
    const count = Math.floor((length - size) / step) + 1;
    const extent: Extent = { size: length, kernel: size, stride: step, dilation: 1, low: 0, high: 0, count };
    const rank = input.shape.length;
    const others = input.shape.map((_, dim) => dim).filter((dim) => dim !== at);
    // The dimension goes behind the others for `fold`, and back: where it was, `others` has one place less.
    const home = [...others.keys()].toSpliced(at, 0, rank - 1);
    return input.viewThrough(
      record(
        'unfold',
        ({ shape, strides, offset }) => ({
          shape: [...shape.with(at, count), size],
          strides: [...strides.with(at, strides[at] * step), strides[at]],
          offset,
        }),
        (grad) => permute(fold(permute(grad, [...others, at, rank]), rank - 1, [extent]), home),
      ),
    );
  },
);
