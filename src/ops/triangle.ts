// Triangles and diagonals of matrices.

import { ShapeError } from '../errors.ts';
import { makeLeaf } from '../core/graph.ts';
import { formatShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { fillNode } from './apply.ts';
import { where } from './arithmetic.ts';
import { le } from './math.ts';
import { reshape } from './view.ts';
import { diagonal } from './part.ts';
import { diagEmbed } from './replace.ts';

const input = p.tensor('input');
const shift = optional(p.int('diagonal'), 0);

/** The integers 0 .. n - 1 as a leaf of a shape that broadcasts, on the device of `like`. */
export function positions(like: Tensor, n: number, shape: readonly number[]): Tensor {
  const leaf = makeLeaf(
    Int32Array.from({ length: n }, (_, at) => at),
    like.device,
    'int32',
    [n],
  );
  return reshape(Tensor.at(leaf, null), [...shape]);
}

/** Where column - row <= limit. */
function below(x: Tensor, limit: number): Tensor {
  const [rows, columns] = x.shape.slice(-2);
  const leaf = makeLeaf(
    Int32Array.from({ length: columns }, (_, at) => at - limit),
    x.device,
    'int32',
    [1, columns],
  );
  return le(Tensor.at(leaf, null), positions(x, rows, [rows, 1]));
}

function requireMatrix(op: string, x: Tensor): void {
  if (x.shape.length < 2)
    throw new ShapeError({ op, fact: formatShape(x.shape), rule: 'at least 2 dimensions are needed' });
}

/** The lower triangle of the last two dimensions, zeros above. https://pytorch.org/docs/stable/generated/torch.tril.html */
export const tril = define('tril', [input, shift], (input: Tensor, diagonal: number): Tensor => {
  requireMatrix('tril', input);
  return where(below(input, diagonal), input, 0);
});

/** The upper triangle of the last two dimensions, zeros below. https://pytorch.org/docs/stable/generated/torch.triu.html */
export const triu = define('triu', [input, shift], (input: Tensor, diagonal: number): Tensor => {
  requireMatrix('triu', input);
  return where(below(input, diagonal - 1), zeroLike(input), input);
});

function zeroLike(x: Tensor): Tensor {
  return Tensor.at(fillNode(0, x.device, x.dtype, []), null);
}

/** A vector as a diagonal matrix, or the diagonal of a matrix. https://pytorch.org/docs/stable/generated/torch.diag.html */
export const diag = define('diag', [input, shift], (input: Tensor, offset: number): Tensor => {
  if (input.shape.length === 2) return diagonal(input, offset);
  if (input.shape.length !== 1)
    throw new ShapeError({ op: 'diag', fact: formatShape(input.shape), rule: '1 or 2 dimensions are needed' });
  return diagEmbed(input, offset);
});
