// Weights as a direction and a length (T. Salimans and D. Kingma: Weight normalization, 2016), and weights over their largest
// singular value, which power iteration finds (T. Miyato et al.: Spectral normalization, 2018). Knows no module.

import { normalizeDim } from '../shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { untaped } from './apply.ts';
import { div, mul } from './arithmetic.ts';
import { mv } from './matmul.ts';
import { sum } from './reduce.ts';
import { normalize } from './similarity.ts';
import { vectorNorm } from './statistics.ts';
import { permute, reshape } from './view.ts';

/** The norms of v over all dimensions but `dim`, which broadcast against it; of all of it for null (0-dim). */
export function normExcept(op: string, v: Tensor, dim: number | null): Tensor {
  const kept = dim === null ? null : normalizeDim(op, dim, v.shape.length);
  const over = v.shape.flatMap((_, at) => (at === kept ? [] : [at]));
  return vectorNorm(v, 2, over, kept !== null, 'NormExceptDimBackward0');
}

/** g v / |v|. */
export function lengthened(op: string, v: Tensor, g: Tensor, dim: number | null): Tensor {
  return mul(v, div(g, normExcept(op, v, dim)));
}

/** A weight as a matrix whose rows are its `dim`. */
export function asMatrix(op: string, weight: Tensor, dim: number): Tensor {
  const at = normalizeDim(op, dim, weight.shape.length);
  const order = weight.shape.map((_, other) => other);
  const first = at === 0 ? weight : permute(weight, [at, ...order.filter((other) => other !== at)]);
  return reshape(first, [first.shape[0], -1]);
}

/** Estimates of the first singular vectors of a matrix: u of its rows, v of its columns. */
export interface SingularPair {
  readonly u: Tensor;
  readonly v: Tensor;
}

/** `steps` steps of power iteration from a pair; which of the two moves first is `first`. */
export function iterated(
  matrix: Tensor,
  { u, v }: SingularPair,
  options: { readonly steps: number; readonly eps: number; readonly first: 'u' | 'v' },
): SingularPair {
  const { steps, eps, first } = options;
  return untaped(() => {
    const plain = matrix.detach();
    const across = reshape(permute(plain, [1, 0]), [plain.shape[1], plain.shape[0]]);
    const rows = (from: Tensor): Tensor => normalize(mv(plain, from), 2, 0, eps);
    const columns = (from: Tensor): Tensor => normalize(mv(across, from), 2, 0, eps);
    let [left, right] = [u.detach(), v.detach()];
    for (let step = 0; step < steps; step++) {
      if (first === 'u') left = rows(right);
      right = columns(left);
      if (first === 'v') left = rows(right);
    }
    return { u: left, v: right };
  });
}

/** weight / u^T W v. */
export function overSingular(weight: Tensor, matrix: Tensor, { u, v }: SingularPair): Tensor {
  return div(weight, sum(mul(u, mv(matrix, v))));
}
