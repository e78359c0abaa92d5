// Systems with triangular matrices: one kernel, and the step of the tape over it.

import { ShapeError } from '../../errors.ts';
import { formatShape, numelOf } from '../../shape.ts';
import { define, optional, p } from '../../core/signature.ts';
import type { Tensor } from '../../core/tensor.ts';
import { kernelNode, onTape } from '../apply.ts';
import { neg } from '../arithmetic.ts';
import { matmul } from '../matmul.ts';
import { tril, triu } from '../triangle.ts';
import { reshape } from '../view.ts';
import { batchOf, broadcastBatches, requireAlike, requireSquare, sizes, transposed as T } from './matrices.ts';

/** Which triangle of the matrix is read, and whether its diagonal is taken as 1. */
export interface Triangle {
  readonly upper: boolean;
  readonly unit: boolean;
}

/** X with A X = B for triangular A; (.., n, n) and (.., n, k) broadcast over the batch. */
export function substitute(a: Tensor, b: Tensor, triangle: Triangle): Tensor {
  const { upper, unit } = triangle;
  const [left, right] = broadcastBatches('linalg.solveTriangular', a, b);
  const count = numelOf(batchOf(left));
  const inputs = [left, right].map((x) => reshape(x.detach(), [count, ...sizes(x)]).node);
  const node = kernelNode('solveTriangular', { upper, unit }, inputs, a.dtype, right.shape);
  return onTape(
    'LinalgSolveTriangularBackward0',
    (grad, { input, output, needs }) => {
      const flow = substitute(T(input(0)), grad, { upper: !upper, unit });
      if (!needs(0)) return [null, flow];
      const part = neg(matmul(flow, T(output())));
      const shift = unit ? 1 : 0;
      return [upper ? triu(part, shift) : tril(part, -shift), flow];
    },
    [a, b],
    node,
  );
}

/** X with A X = B (or X A = B, for `left: false`) for triangular A. https://pytorch.org/docs/stable/generated/torch.linalg.solve_triangular.html */
export const solveTriangular = define(
  'linalg.solveTriangular',
  [
    p.tensor('A'),
    p.tensor('B'),
    p.bool('upper'),
    optional(p.bool('left'), true),
    optional(p.bool('unitriangular'), false),
  ],
  (A: Tensor, B: Tensor, upper: boolean, left: boolean, unitriangular: boolean): Tensor => {
    const op = 'linalg.solveTriangular';
    requireSquare(op, A);
    requireAlike(op, A, B);
    requireRows(op, A, B, left);
    return left
      ? substitute(A, B, { upper, unit: unitriangular })
      : T(substitute(T(A), T(B), { upper: !upper, unit: unitriangular }));
  },
);

/** Throws unless the right-hand side B of A X = B (or X A = B) fits A. */
export function requireRows(op: string, a: Tensor, b: Tensor, left: boolean): void {
  const [n] = sizes(a);
  if (b.shape.length >= 2 && b.shape[b.shape.length - (left ? 2 : 1)] === n) return;
  throw new ShapeError({
    op,
    fact: `A ${formatShape(a.shape)} and B ${formatShape(b.shape)}`,
    rule: `B needs ${n} ${left ? 'rows' : 'columns'}, as A has`,
  });
}
