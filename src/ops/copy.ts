// Copies: clone, contiguous and flip, which PyTorch gives buffers of their own.

import { makeView } from '../core/graph.ts';
import { AutogradError } from '../errors.ts';
import { contiguousStrides, dimensionOrder, isContiguous, normalizeDims, sameShape, type Shape } from '../shape.ts';
import { define, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { copyNode, onTape } from './apply.ts';

/** A copy with a buffer and a place on the tape of its own. https://pytorch.org/docs/stable/generated/torch.clone.html */
export const clone = define('clone', [p.tensor('input')], (input: Tensor): Tensor => {
  const dense = isContiguous(input.shape, input.strides) ? undefined : denseStrides(input);
  return onTape('CloneBackward0', (grad) => [grad], [input], copyNode(input.node, dense));
});

/** A clone keeps the strides of a dense tensor; other layouts become C order. */
function denseStrides(input: Tensor): readonly number[] {
  const order = dimensionOrder(input.shape, input.strides);
  const strides = contiguousStrides(order.map((dim) => input.shape[dim]));
  const dense = input.shape.map((_, dim) => strides[order.indexOf(dim)]);
  return sameShape(dense, input.strides) ? dense : contiguousStrides(input.shape);
}

/** The elements under the strides given (those of a dense layout); itself where it lies so. */
export function relay(input: Tensor, strides: Shape): Tensor {
  if (sameShape(input.strides, strides)) return input;
  const order = dimensionOrder(input.shape, strides);
  const plain = contiguousStrides(order.map((dim) => input.shape[dim]));
  if (order.some((dim, at) => input.shape[dim] > 1 && strides[dim] !== plain[at])) {
    throw new AutogradError({
      op: 'asStrided',
      fact: 'a view by strides of a part of a storage was written on the tape',
      rule: 'its gradient is known for views of whole storages only',
      cure: 'Use asStridedScatter, or write to a clone.',
    });
  }
  return onTape('CloneBackward0', (grad) => [grad], [input], copyNode(input.node, strides));
}

/** Itself if dense in C order, else such a copy. https://pytorch.org/docs/stable/generated/torch.Tensor.contiguous.html */
export const contiguous = define('contiguous', [p.tensor('input')], (input: Tensor): Tensor =>
  input.isContiguous() ? input : onTape('CloneBackward0', (grad) => [grad], [input], copyNode(input.node)),
);

/** The order of elements reversed along `dims` (a copy, as in PyTorch). https://pytorch.org/docs/stable/generated/torch.flip.html */
export const flip = define(
  'flip',
  [p.tensor('input'), p.sizes('dims')],
  (input: Tensor, dims: readonly number[]): Tensor => {
    const flipped = dims.length === 0 ? [] : normalizeDims('flip', dims, input.shape.length);
    // Negative strides: only ever read, by the copy.
    const { shape, strides } = input;
    const layout = {
      shape,
      strides: strides.map((stride, dim) => (flipped.includes(dim) ? -stride : stride)),
      offset: flipped.reduce((at, dim) => at + Math.max(shape[dim] - 1, 0) * strides[dim], input.storageOffset()),
    };
    const node = copyNode(makeView('mirror', input.node.root, layout));
    return onTape('FlipBackward0', (grad) => [flip(grad, [...dims])], [input], node);
  },
);
