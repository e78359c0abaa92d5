// Matrices of powers: what the polynomials through points are found with.

import { ArgumentError } from '../../errors.ts';
import { define, optional, p } from '../../signature.ts';
import { Tensor } from '../../tensor.ts';
import { fillNode } from '../apply.ts';
import { cat } from '../join.ts';
import { cumprod } from '../reduce.ts';
import { expand, unsqueeze } from '../view.ts';

/** The powers 0, 1, .. N - 1 of each element: (.., n) -> (.., n, N); N is n where it is left out. https://pytorch.org/docs/stable/generated/torch.linalg.vander.html */
export const vander = define('linalg.vander', [p.tensor('x'), optional(p.int('N'), null)], (x, count): Tensor => {
  const shape = x.shape.length === 0 ? [1] : x.shape;
  const powers = count ?? shape[shape.length - 1];
  if (powers < 1) throw new ArgumentError({ op: 'linalg.vander', fact: `N ${powers}`, rule: 'it must be at least 1' });
  const ones = Tensor.at(fillNode(1, x.device, x.dtype, [...shape, 1]), null);
  const factors = expand(unsqueeze(x.shape.length === 0 ? unsqueeze(x, 0) : x, -1), [...shape, powers - 1]);
  return cat([ones, cumprod(factors, -1)], -1);
});
