// Copies with a part replaced: the partners of the views select, slice, diagonal and asStrided. The gradient of the replaced
// part goes to what was written, the rest to the tensor that was copied.

import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, sameShape, type Shape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { castNode, commonDevice, fillNode, gradNameOf, kernelNode, onTape } from './apply.ts';
import { contiguous } from './copy.ts';
import { dense, nodeTensor } from './gather.ts';
import { diagonal, selectAt, sliceAt } from './part.ts';
import { asStrided } from './stride.ts';
import { reshape } from './view.ts';
import { normalizeDim } from '../shape.ts';

const input = p.tensor('input');
const src = p.tensor('src');
const shift = optional(p.int('offset'), 0);

/** Zeros of a shape on the device and of the dtype of another tensor, without a place on the tape. */
function zerosFor(like: Tensor, shape: Shape): Tensor {
  return nodeTensor(fillNode(0, like.device, like.dtype, shape));
}

/** A copy of x (C order) in which the part that the view `part` shows is `source`. */
function replaced(op: string, x: Tensor, source: Tensor, part: (tensor: Tensor) => Tensor): Tensor {
  commonDevice(op, [x, source]);
  const base = dense(x);
  const { shape, strides, offset } = part(base).node;
  if (!sameShape(shape, source.shape)) {
    throw new ShapeError({
      op,
      fact: `src ${formatShape(source.shape)} for a part ${formatShape(shape)}`,
      rule: 'both must have the same shape',
    });
  }
  const region = { shape, strides, offset };
  const node = kernelNode('write', { region }, [base.node, castNode(source.node, x.dtype)], x.dtype, x.shape);
  return onTape(
    gradNameOf(op),
    (given) => {
      const grad = contiguous(given);
      return [replaced(op, grad, zerosFor(grad, shape), part), part(grad)];
    },
    [x, source],
    node,
  );
}

/** A copy with `src` at position `index` along `dim`. https://pytorch.org/docs/stable/generated/torch.select_scatter.html */
export const selectScatter = define(
  'selectScatter',
  [input, src, p.int('dim'), p.int('index')],
  (input, src, dim, index): Tensor =>
    replaced('selectScatter', input, src, (one) => selectAt('selectScatter', one, dim, index)),
);

/** A copy with `src` at positions start, start + step, .. below end along `dim`. https://pytorch.org/docs/stable/generated/torch.slice_scatter.html */
export const sliceScatter = define(
  'sliceScatter',
  [
    input,
    src,
    optional(p.int('dim'), 0),
    optional(p.int('start'), null),
    optional(p.int('end'), null),
    optional(p.int('step'), 1),
  ],
  (input, src, dim, start, end, step): Tensor => {
    const at = normalizeDim('sliceScatter', dim, input.shape.length);
    return replaced('sliceScatter', input, src, (one) => sliceAt(one, at, start ?? 0, end ?? one.shape[at], step));
  },
);

/** A copy with `src` on a diagonal of two dimensions. https://pytorch.org/docs/stable/generated/torch.diagonal_scatter.html */
export const diagonalScatter = define(
  'diagonalScatter',
  [input, src, shift, optional(p.int('dim1'), 0), optional(p.int('dim2'), 1)],
  (input, src, offset, dim1, dim2): Tensor =>
    replaced('diagonalScatter', input, src, (one) => diagonal(one, offset, dim1, dim2)),
);

/** A copy in C order with `src` where a view of it by sizes and strides lies. https://pytorch.org/docs/stable/generated/torch.as_strided_scatter.html */
export const asStridedScatter = define(
  'asStridedScatter',
  [input, src, p.ints('size'), p.ints('stride'), optional(p.int('storageOffset'), null)],
  (input, src, size, stride, storageOffset): Tensor =>
    replaced('asStridedScatter', input, src, (one) => asStrided(one, size, stride, storageOffset ?? 0)),
);

/** The last dimension as a diagonal of two new dimensions, zeros beside it. https://pytorch.org/docs/stable/generated/torch.diag_embed.html */
export const diagEmbed = define(
  'diagEmbed',
  [input, shift, optional(p.int('dim1'), -2), optional(p.int('dim2'), -1)],
  (input, offset, dim1, dim2): Tensor => {
    const rank = input.shape.length + 1;
    if (input.shape.length === 0) {
      throw new ShapeError({ op: 'diagEmbed', fact: '()', rule: 'at least 1 dimension is needed' });
    }
    const [a, b] = [normalizeDim('diagEmbed', dim1, rank), normalizeDim('diagEmbed', dim2, rank)];
    if (a === b) {
      throw new ArgumentError({ op: 'diagEmbed', fact: `dim1 and dim2 are both ${a}`, rule: 'they must differ' });
    }
    const size = input.shape[rank - 2] + Math.abs(offset);
    const others = input.shape.slice(0, -1);
    const shape = Array.from({ length: rank }, (_, dim) =>
      dim === a || dim === b ? size : (others.shift() as number),
    );
    return replaced('diagEmbed', zerosFor(input, shape), input, (one) => diagonal(one, offset, a, b));
  },
);

/** The elements in C order as the diagonal of a matrix. https://pytorch.org/docs/stable/generated/torch.diagflat.html */
export const diagflat = define('diagflat', [input, shift], (input, offset): Tensor =>
  diagEmbed(reshape(input, -1), offset),
);
