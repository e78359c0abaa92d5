// Matrices of powers: what the polynomials through points are found with.

import { ArgumentError } from '../../errors.ts';
import { define, optional, p } from '../../core/signature.ts';
import type { Tensor } from '../../core/tensor.ts';
import { fillNode, toDType } from '../apply.ts';
import { nodeTensor } from '../gather.ts';
import { cat } from '../join.ts';
import { cumprod } from '../reduce.ts';
import { expand, reshape, unsqueeze } from '../view.ts';

/** The powers 0, 1, .. count - 1 of each element: (.., n) -> (.., n, count). */
export function powersOf(op: string, x: Tensor, count: number): Tensor {
  const line = x.shape.length === 0 ? reshape(x, 1) : x;
  if (count < 1) throw new ArgumentError({ op, fact: `N ${count}`, rule: 'it must be at least 1' });
  const ones = nodeTensor(fillNode(1, x.device, x.dtype, [...line.shape, 1]));
  const factors = expand(unsqueeze(line, -1), [...line.shape, count - 1]);
  return cat([ones, toDType(cumprod(factors, -1), x.dtype)], -1);
}

/** The powers 0, 1, .. N - 1 of each element: (.., n) -> (.., n, N); N is n where it is left out. https://pytorch.org/docs/stable/generated/torch.linalg.vander.html */
export const vander = define('linalg.vander', [p.tensor('x'), optional(p.int('N'), null)], (x, N): Tensor =>
  powersOf('linalg.vander', x, N ?? x.shape.at(-1) ?? 1),
);
