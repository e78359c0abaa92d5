// Results whose shape depends on values: the values are read, so these are awaited. Gradients flow through them.

import { ArgumentError } from './errors.ts';
import { makeLeaf } from './graph.ts';
import { castNode } from './ops/apply.ts';
import { selectMany } from './ops/gather.ts';
import { broadcastTo, reshape } from './ops/view.ts';
import { numpy } from './read.ts';
import { broadcastShapes } from './shape.ts';
import { Tensor } from './tensor.ts';

/** Places of the non-zero elements in C order. */
async function placesOf(x: Tensor): Promise<number[]> {
  const values = await numpy(x);
  return Array.from(values.keys()).filter((at) => values[at] !== 0);
}

function indexLeaf(x: Tensor, places: readonly number[], shape: readonly number[]): Tensor {
  return Tensor.of(makeLeaf(Int32Array.from(places), x.device, 'int32', shape));
}

/** The elements where `mask` (bool, which broadcasts) is true, in one dimension. https://pytorch.org/docs/stable/generated/torch.masked_select.html */
export async function maskedSelect(x: Tensor, mask: Tensor): Promise<Tensor> {
  if (mask.dtype !== 'bool') {
    throw new ArgumentError({
      op: 'maskedSelect',
      fact: `a mask of dtype ${mask.dtype}`,
      rule: 'it must be bool',
      cure: 'Use mask.bool().',
    });
  }
  const shape = broadcastShapes('maskedSelect', x.shape, mask.shape);
  // Bound at the call, like every read.
  const now = Tensor.at(castNode(x.node, x.dtype), x.edge);
  const places = await placesOf(broadcastTo(mask, shape));
  const flat = reshape(broadcastTo(now, shape), -1);
  return selectMany('maskedSelect', flat, 0, indexLeaf(x, places, [places.length]), false, 'MaskedSelectBackward0');
}

/** The positions of the non-zero elements, one row each: (n, dimensions), int32. https://pytorch.org/docs/stable/generated/torch.nonzero.html */
export async function nonzero(x: Tensor): Promise<Tensor> {
  const { shape } = x;
  const places = await placesOf(x);
  const rows = places.flatMap((place) => {
    let rest = place;
    return shape
      .toReversed()
      .map((length) => {
        const position = rest % length;
        rest = Math.floor(rest / length);
        return position;
      })
      .reverse();
  });
  return indexLeaf(x, rows, [places.length, shape.length]);
}

/** The same under another name. https://pytorch.org/docs/stable/generated/torch.argwhere.html */
export const argwhere = nonzero;
