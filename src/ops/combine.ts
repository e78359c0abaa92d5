// Tensors put together beyond cat and stack: brought to one shape, joined along other dimensions, laid out as blocks and
// combinations. Functions of a list also take the tensors one by one, as PyTorch's do.

import { ShapeError } from '../errors.ts';
import { makeLeaf } from '../core/graph.ts';
import { broadcastShapes as commonShape, formatShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { commonDevice, fillNode, resultType, toDType } from './apply.ts';
import { mul } from './arithmetic.ts';
import { flip } from './copy.ts';
import { nodeTensor, selectMany } from './gather.ts';
import { cat, hstack, requireSome, stack } from './join.ts';
import { meshgrid } from './tile.ts';
import { powersOf } from './linalg/vander.ts';
import { expand, reshape, unsqueeze } from './view.ts';

const tensors = p.tensors('tensors');

/** A function of a list of tensors that takes them one by one, too: f(a, b) is f([a, b]). */
export type OfTensors<R> = (...tensors: readonly Tensor[] | readonly [tensors: readonly Tensor[]]) => R;

function ofTensors<R>(fn: (list: readonly Tensor[]) => R): OfTensors<R> {
  const spread = (...given: readonly unknown[]): R =>
    fn((given[0] instanceof Tensor || given.length > 1 ? given : given[0]) as readonly Tensor[]);
  Object.defineProperty(spread, 'name', { value: fn.name });
  return spread;
}

/** The shape to which shapes broadcast. https://pytorch.org/docs/stable/generated/torch.broadcast_shapes.html */
export function broadcastShapes(...shapes: (number | readonly number[])[]): number[] {
  return commonShape('broadcastShapes', ...shapes.map((shape) => [shape].flat() as number[]));
}

/** Views of the tensors in the shape to which they broadcast. https://pytorch.org/docs/stable/generated/torch.broadcast_tensors.html */
export const broadcastTensors = ofTensors(
  define('broadcastTensors', [tensors], (tensors: readonly Tensor[]): Tensor[] => {
    const shape = commonShape('broadcastTensors', ...tensors.map((one) => one.shape));
    return tensors.map((one) => expand(one, shape));
  }),
);

/** One tensor for one, a list for a list or several. */
interface AtLeast {
  (input: Tensor): Tensor;
  (tensors: readonly Tensor[]): Tensor[];
  (...tensors: readonly [Tensor, Tensor, ...Tensor[]]): Tensor[];
}

function atLeast(name: string, widened: (x: Tensor) => Tensor): AtLeast {
  const listed = define(name, [tensors], (tensors: readonly Tensor[]): Tensor[] => tensors.map(widened));
  const each = (...given: readonly unknown[]): Tensor | Tensor[] => {
    if (given.length === 1 && given[0] instanceof Tensor) return listed([given[0]])[0];
    return listed((given.length > 1 ? given : given[0]) as readonly Tensor[]);
  };
  Object.defineProperty(each, 'name', { value: name });
  return each as AtLeast;
}

/** At least 1 dimension: () -> (1). https://pytorch.org/docs/stable/generated/torch.atleast_1d.html */
export const atleast1d = atLeast('atleast1d', (x) => (x.shape.length === 0 ? reshape(x, 1) : x));

/** At least 2 dimensions, new ones first: (n) -> (1, n). https://pytorch.org/docs/stable/generated/torch.atleast_2d.html */
export const atleast2d = atLeast('atleast2d', (x) => {
  if (x.shape.length === 0) return reshape(x, 1, 1);
  return x.shape.length === 1 ? unsqueeze(x, 0) : x;
});

/** At least 3 dimensions: (n) -> (1, n, 1), (m, n) -> (m, n, 1). https://pytorch.org/docs/stable/generated/torch.atleast_3d.html */
export const atleast3d = atLeast('atleast3d', (x) => {
  if (x.shape.length === 0) return reshape(x, 1, 1, 1);
  if (x.shape.length === 1) return unsqueeze(unsqueeze(x, 0), -1);
  return x.shape.length === 2 ? unsqueeze(x, -1) : x;
});

/** Vectors and numbers as columns side by side, others along dim 1. https://pytorch.org/docs/stable/generated/torch.column_stack.html */
export const columnStack = define('columnStack', [tensors], (tensors: readonly Tensor[]): Tensor =>
  hstack(tensors.map((one) => (one.shape.length < 2 ? reshape(one, -1, 1) : one))),
);

/** The tensors behind each other along dim 2; a vector is (1, n, 1). https://pytorch.org/docs/stable/generated/torch.dstack.html */
export const dstack = define('dstack', [tensors], (tensors: readonly Tensor[]): Tensor => {
  requireSome('dstack', tensors);
  return cat(
    tensors.map((one) => atleast3d(one)),
    2,
  );
});

/** The tensors (at most 2 dimensions; a vector is a row) as blocks on a diagonal, zeros beside them. https://pytorch.org/docs/stable/generated/torch.block_diag.html */
export const blockDiag = ofTensors(
  define('blockDiag', [tensors], (tensors: readonly Tensor[]): Tensor => {
    const wrong = tensors.find((one) => one.shape.length > 2);
    if (wrong !== undefined || tensors.length === 0) {
      throw new ShapeError({
        op: 'blockDiag',
        fact: wrong === undefined ? 'no tensors' : formatShape(wrong.shape),
        rule: 'at least one block is needed, of at most 2 dimensions each',
      });
    }
    const device = commonDevice('blockDiag', tensors);
    const dtype = resultType(tensors);
    const blocks = tensors.map((one) => toDType(atleast2d(one), dtype));
    const columns = blocks.reduce((sum, { shape }) => sum + shape[1], 0);
    const zeros = (rows: number, width: number) => nodeTensor(fillNode(0, device, dtype, [rows, width]));
    let before = 0;
    const rows = blocks.map((block) => {
      const [height, width] = block.shape;
      const row = cat([zeros(height, before), block, zeros(height, columns - before - width)], 1);
      before += width;
      return row;
    });
    return cat(rows, 0);
  }),
);

/** Every choice of one element of each vector, one row each, the last vector running fastest. https://pytorch.org/docs/stable/generated/torch.cartesian_prod.html */
export const cartesianProd = ofTensors(
  define('cartesianProd', [tensors], (tensors: readonly Tensor[]): Tensor => {
    const wrong = tensors.find((one) => one.shape.length !== 1);
    if (wrong !== undefined || tensors.length === 0) {
      throw new ShapeError({
        op: 'cartesianProd',
        fact: wrong === undefined ? 'no tensors' : formatShape(wrong.shape),
        rule: 'at least one tensor is needed, and each must have 1 dimension',
      });
    }
    if (tensors.length === 1) return tensors[0];
    return stack(
      meshgrid(tensors).map((one) => reshape(one, -1)),
      1,
    );
  }),
);

/** The powers of the elements of a vector as columns, falling unless `increasing`: (n) -> (n, N). https://pytorch.org/docs/stable/generated/torch.vander.html */
export const vander = define(
  'vander',
  [p.tensor('x'), optional(p.int('N'), null), optional(p.bool('increasing'), false)],
  (x, N, increasing): Tensor => {
    if (x.shape.length !== 1)
      throw new ShapeError({ op: 'vander', fact: formatShape(x.shape), rule: '1 dimension is needed' });
    const powers = powersOf('vander', x, N ?? x.shape[0]);
    return increasing ? powers : flip(powers, -1);
  },
);

/** The Kronecker product: each element of `input` times the whole of `other`, as blocks. https://pytorch.org/docs/stable/generated/torch.kron.html */
export const kron = define('kron', [p.tensor('input'), p.tensor('other')], (input: Tensor, other: Tensor): Tensor => {
  const rank = Math.max(input.shape.length, other.shape.length);
  const [a, b] = [input, other].map(({ shape }) => [...new Array<number>(rank - shape.length).fill(1), ...shape]);
  // (.., m, 1, n, 1) * (.., 1, p, 1, q) -> (.., m, p, n, q) -> (.., m p, n q)
  const apart = a.flatMap((length) => [length, 1]);
  const within = b.flatMap((length) => [1, length]);
  const sizes = a.map((length, dim) => length * b[dim]);
  return reshape(mul(reshape(input, apart), reshape(other, within)), sizes);
});

/** The positions of `r` of `n` elements in ascending order, one list a choice; several times the same one `again`. */
function choices(n: number, r: number, again: boolean): number[][] {
  let lists: number[][] = [[]];
  for (let turn = 0; turn < r; turn++) {
    lists = lists.flatMap((list) => {
      const first = turn === 0 ? 0 : list[turn - 1] + Number(!again);
      return Array.from({ length: Math.max(n - first, 0) }, (_, at) => [...list, first + at]);
    });
  }
  return lists;
}

/** All choices of `r` elements of a vector, one row each. https://pytorch.org/docs/stable/generated/torch.combinations.html */
export const combinations = define(
  'combinations',
  [p.tensor('input'), optional(p.int('r'), 2), optional(p.bool('withReplacement'), false)],
  (input: Tensor, r: number, withReplacement: boolean): Tensor => {
    if (input.shape.length !== 1 || r < 0) {
      throw new ShapeError({
        op: 'combinations',
        fact: `${r} of ${formatShape(input.shape)}`,
        rule: 'the input must have 1 dimension, and r be 0 or more',
      });
    }
    if (r === 0) return nodeTensor(fillNode(0, input.device, input.dtype, [0]));
    const lists = choices(input.shape[0], r, withReplacement);
    const leaf = makeLeaf(Int32Array.from(lists.flat()), input.device, 'int32', [lists.length * r]);
    const picked = selectMany('combinations', input, 0, nodeTensor(leaf), false, 'IndexSelectBackward0');
    return reshape(picked, lists.length, r);
  },
);
