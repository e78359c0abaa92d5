// What operations on matrices have in common: checks of the last two dimensions, batches that broadcast, identities, triangles
// and diagonals. Knows no factorisation.

import { isFloat } from '../../dtype.ts';
import { DTypeError, ShapeError } from '../../errors.ts';
import { makeLeaf } from '../../core/graph.ts';
import { broadcastShapes, formatShape, type Shape } from '../../shape.ts';
import { Tensor } from '../../core/tensor.ts';
import { commonDevice, toDType } from '../apply.ts';
import { where } from '../arithmetic.ts';
import { eq } from '../math.ts';
import { diagonal } from '../part.ts';
import { expand, matrixTransposed, reshape, unsqueeze } from '../view.ts';

/** Throws unless x is a matrix of floats, or a batch of them. */
export function requireMatrix(op: string, x: Tensor): void {
  if (x.shape.length < 2) {
    throw new ShapeError({
      op,
      fact: formatShape(x.shape),
      rule: 'a matrix (rows, columns), or a batch of them, is needed',
    });
  }
  if (!isFloat(x.dtype)) {
    throw new DTypeError({
      op,
      fact: `dtype ${x.dtype}`,
      rule: 'it is defined for floating point tensors',
      cure: "Convert first: x.to('float32').",
    });
  }
}

/** Throws unless x is a square matrix of floats, or a batch of them. */
export function requireSquare(op: string, x: Tensor): void {
  requireMatrix(op, x);
  const [rows, columns] = sizes(x);
  if (rows === columns) return;
  throw new ShapeError({
    op,
    fact: formatShape(x.shape),
    rule: `the matrices must be square, these have ${rows} rows and ${columns} columns`,
    cure: 'linalg.pinv, linalg.lstsq, linalg.qr and linalg.svd take any matrix.',
  });
}

/** Throws unless both are of one dtype and on one device. */
export function requireAlike(op: string, a: Tensor, b: Tensor): void {
  commonDevice(op, [a, b]);
  if (a.dtype === b.dtype) return;
  throw new DTypeError({
    op,
    fact: `dtypes ${a.dtype} and ${b.dtype}`,
    rule: 'both must have one dtype',
    cure: `Convert one: x.to('${a.dtype}').`,
  });
}

/** Rows and columns of the matrices. */
export function sizes(x: Tensor): readonly [rows: number, columns: number] {
  return [x.shape[x.shape.length - 2], x.shape[x.shape.length - 1]];
}

export function batchOf(x: Tensor): Shape {
  return x.shape.slice(0, -2);
}

/** Both with the batch that they broadcast to. */
export function broadcastBatches(op: string, a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  const batch = broadcastShapes(op, batchOf(a), batchOf(b));
  const over = (x: Tensor) => expand(x, [...batch, ...sizes(x)]);
  return [over(a), over(b)];
}

export const transposed = matrixTransposed;

/** 0, 1, 2, .. as integers that broadcast along dimension `dim` of matrices. */
function positions(n: number, like: Tensor, dim: -2 | -1): Tensor {
  const host = Int32Array.from({ length: n }, (_, at) => at);
  const leaf = Tensor.at(makeLeaf(host, like.device, 'int32', [n]), null);
  return unsqueeze(leaf, dim === -1 ? 0 : 1);
}

/** 0, 1, 2, .. along the last dimension of x. */
export function positionsOf(x: Tensor): Tensor {
  return reshape(positions(x.shape[x.shape.length - 1], x, -1), -1);
}

/** True on the diagonal of a matrix rows x columns. */
export function onDiagonal(rows: number, columns: number, like: Tensor): Tensor {
  return eq(positions(rows, like, -2), positions(columns, like, -1));
}

export function identity(n: number, like: Tensor): Tensor {
  return toDType(onDiagonal(n, n, like), like.dtype);
}

/** Vectors (.., n) as diagonal matrices (.., n, n). */
export function diagonalMatrix(x: Tensor): Tensor {
  const n = x.shape[x.shape.length - 1];
  return where(onDiagonal(n, n, x), unsqueeze(x, -1), 0);
}

/** The diagonals of the matrices: (.., K). */
export function diagonalOf(x: Tensor): Tensor {
  return diagonal(x, 0, -2, -1);
}

/** (.., n) as a column, (.., n, 1), and as a row, (.., 1, n). */
export function asColumn(x: Tensor): Tensor {
  return unsqueeze(x, -1);
}
export function asRow(x: Tensor): Tensor {
  return unsqueeze(x, -2);
}

/** A number of each matrix (..) that broadcasts over it: (.., 1, 1). */
export function overMatrix(x: Tensor): Tensor {
  return reshape(x, [...x.shape, 1, 1]);
}

/** The matrices of orders of rows (.., n): P[order[i], i] = 1, so that P^T A has row order[i] of A as its row i. */
export function permutationMatrix(order: Tensor, like: Tensor): Tensor {
  const n = order.shape[order.shape.length - 1];
  return toDType(eq(positions(n, like, -2), asRow(order)), like.dtype);
}
