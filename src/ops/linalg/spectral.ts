// QR, eigenvalues of symmetric matrices, singular values, and what follows from them: pseudo-inverse, rank, least squares.

import { ArgumentError, ShapeError } from '../../errors.ts';
import { formatShape } from '../../shape.ts';
import { define, optional, p } from '../../core/signature.ts';
import type { Tensor } from '../../core/tensor.ts';
import { composite, toDType, untaped } from '../apply.ts';
import { add, mul, reciprocal, square, sub, where } from '../arithmetic.ts';
import { maximum } from '../extrema.ts';
import { cat } from '../join.ts';
import { abs, gt } from '../math.ts';
import { matmul } from '../matmul.ts';
import { narrow, sliceAt } from '../part.ts';
import { amax, type NamedTuple, namedTuple, sum } from '../reduce.ts';
import { reshape, squeeze } from '../view.ts';
import { factorEigh, factorQr, factorSvd } from './factors.ts';
import { asColumn, asRow, requireAlike, requireMatrix, requireSquare, sizes, transposed as T } from './matrices.ts';

const matrix = p.tensor('A');
const modes = ['reduced', 'complete', 'r'] as const;
const mode = p.custom<(typeof modes)[number]>()('mode', "'reduced', 'complete' or 'r'", (v) =>
  (modes as readonly unknown[]).includes(v),
);

/** Q, orthonormal, and R, upper triangular, with A = Q R. */
export function qrOf(op: string, x: Tensor, mode: (typeof modes)[number]): NamedTuple<Record<'Q' | 'R', Tensor>> {
  requireMatrix(op, x);
  const [m, n] = sizes(x);
  const rank = x.shape.length;
  // Of a wide matrix the first columns make Q: the others are seen from it.
  const square = m < n ? sliceAt(x, rank - 1, 0, m, 1) : x;
  const { q, r } = factorQr(square, mode === 'complete' ? m : Math.min(m, n));
  const R = m < n ? cat([r, matmul(T(q), sliceAt(x, rank - 1, m, n, 1))], -1) : r;
  return namedTuple(op, { Q: mode === 'r' ? narrow(reshape(q.detach(), -1), 0, 0, 0) : q, R });
}

/** Q, orthonormal, and R, upper triangular, with A = Q R. https://pytorch.org/docs/stable/generated/torch.linalg.qr.html */
export const qr = define('linalg.qr', [matrix, optional(mode, 'reduced' as (typeof modes)[number])], (A, mode) =>
  qrOf('linalg.qr', A, mode),
);

const triangle = optional(
  p.custom<'L' | 'U'>()('UPLO', "'L' or 'U'", (v) => v === 'L' || v === 'U'),
  'L' as 'L' | 'U',
);

/** The eigenvalues of symmetric matrices, ascending, and their vectors as columns; one triangle is read. https://pytorch.org/docs/stable/generated/torch.linalg.eigh.html */
export const eigh = define('linalg.eigh', [matrix, triangle], (A, UPLO) => {
  requireSquare('linalg.eigh', A);
  const { values, vectors } = factorEigh(A, UPLO === 'U');
  return namedTuple('linalg.eigh', { eigenvalues: values, eigenvectors: vectors });
});

/** The eigenvalues of symmetric matrices, ascending. https://pytorch.org/docs/stable/generated/torch.linalg.eigvalsh.html */
export const eigvalsh = define('linalg.eigvalsh', [matrix, triangle], (A, UPLO): Tensor => {
  requireSquare('linalg.eigvalsh', A);
  return factorEigh(A, UPLO === 'U').values;
});

/** U, S and V^T with A = U diag(S) V^T; with `full` U and V are square. */
export function svdOf(op: string, x: Tensor, full: boolean): NamedTuple<Record<'U' | 'S' | 'Vh', Tensor>> {
  requireMatrix(op, x);
  const [m, n] = sizes(x);
  const { u, s, vt } = factorSvd(x);
  const U = full && m > n ? completed(u) : u;
  const Vh = full && n > m ? T(completed(T(vt))) : vt;
  return namedTuple(op, { U, S: s, Vh });
}

/** Orthonormal columns with as many more as make a basis; those have no gradient. */
function completed(u: Tensor): Tensor {
  const [m, n] = sizes(u);
  const basis = untaped(() => factorQr(u.detach(), m).q);
  return cat([u, sliceAt(basis, basis.shape.length - 1, n, m, 1)], -1);
}

/** U, S (descending) and Vh with A = U diag(S) Vh. https://pytorch.org/docs/stable/generated/torch.linalg.svd.html */
export const svd = define('linalg.svd', [matrix, optional(p.bool('fullMatrices'), true)], (A, fullMatrices) =>
  svdOf('linalg.svd', A, fullMatrices),
);

/** The singular values, descending. https://pytorch.org/docs/stable/generated/torch.linalg.svdvals.html */
export const svdvals = define('linalg.svdvals', [matrix], (A): Tensor => {
  requireMatrix('linalg.svdvals', A);
  return factorSvd(A).s;
});

type Bound = number | Tensor | null;
const bound = <N extends string>(name: N) =>
  optional(
    p.custom<number | Tensor>()(name, 'a number or a tensor', (v) => typeof v === 'number' || typeof v === 'object'),
    null,
  );
const tolerances = [bound('atol'), bound('rtol'), optional(p.bool('hermitian'), false)] as const;

/** Which of the singular values (.., K) are not 0: those above max(atol, rtol times the largest). */
function significant(x: Tensor, s: Tensor, atol: Bound, rtol: Bound): Tensor {
  if (s.shape[s.shape.length - 1] === 0) return gt(s, 0);
  const precision = x.dtype === 'float64' ? 2 ** -52 : 2 ** -23;
  // With atol alone, rtol is 0.
  const relative = rtol ?? (atol === null || atol === 0 ? precision * Math.max(...sizes(x)) : 0);
  const largest = amax(s, -1, true);
  const over = (one: number | Tensor) => (typeof one === 'number' ? one : asColumn(one));
  const limit = mul(largest, over(relative));
  return gt(s, atol === null ? limit : maximum(limit, over(atol) as Tensor));
}

/** The number of singular values above max(atol, rtol times the largest). https://pytorch.org/docs/stable/generated/torch.linalg.matrix_rank.html */
export const matrixRank = define('linalg.matrixRank', [matrix, ...tolerances], (A, atol, rtol, hermitian): Tensor => {
  requireMatrix('linalg.matrixRank', A);
  const values = hermitian ? abs(eigvalsh(A.detach())) : factorSvd(A.detach()).s;
  return toDType(sum(significant(A, values, atol, rtol), -1), 'int32');
});

/** The pseudo-inverse without a place on the tape. */
function pseudoInverse(x: Tensor, atol: Bound, rtol: Bound, hermitian: boolean): Tensor {
  const inverted = (s: Tensor, size: Tensor) => {
    const counts = significant(x, size, atol, rtol);
    return where(counts, reciprocal(where(counts, s, 1)), 0);
  };
  if (hermitian) {
    const { values, vectors } = factorEigh(x, false);
    return matmul(mul(vectors, asRow(inverted(values, abs(values)))), T(vectors));
  }
  const { u, s, vt } = factorSvd(x);
  return matmul(mul(T(vt), asRow(inverted(s, s))), T(u));
}

export function pinvOf(op: string, x: Tensor, atol: Bound, rtol: Bound, hermitian: boolean): Tensor {
  if (hermitian) requireSquare(op, x);
  else requireMatrix(op, x);
  return composite(
    'LinalgPinvBackward0',
    [x],
    () => pseudoInverse(x, atol, rtol, hermitian),
    (grad, { input, output }) => [pinvGradient(grad, output(), input(0))],
  );
}

/** Golub and Pereyra (1973): of constant rank, -P^T G P^T + P^T P (G - K A).. in the order that keeps products small. */
function pinvGradient(grad: Tensor, inverse: Tensor, x: Tensor): Tensor {
  const [m, n] = sizes(x);
  const [inverseT, gradT] = [T(inverse), T(grad)];
  if (m <= n) {
    const k = matmul(gradT, inverse);
    const turned = matmul(k, inverseT);
    const inRange = sub(turned, matmul(matmul(x, inverse), turned));
    return add(sub(inRange, T(matmul(inverse, k))), matmul(matmul(inverseT, inverse), sub(gradT, matmul(k, x))));
  }
  const k = matmul(inverse, gradT);
  const turned = matmul(inverseT, k);
  const inRange = sub(turned, matmul(matmul(turned, inverse), x));
  return add(sub(inRange, T(matmul(k, inverse))), matmul(matmul(sub(gradT, matmul(x, k)), inverse), inverseT));
}

/** The pseudo-inverse; singular values up to max(atol, rtol times the largest) count as 0. https://pytorch.org/docs/stable/generated/torch.linalg.pinv.html */
export const pinv = define('linalg.pinv', [matrix, ...tolerances], (A, atol, rtol, hermitian): Tensor =>
  pinvOf('linalg.pinv', A, atol, rtol, hermitian),
);

const drivers = ['gels', 'gelsy', 'gelsd', 'gelss'] as const;
const driver = optional(
  p.custom<(typeof drivers)[number]>()('driver', drivers.map((one) => `'${one}'`).join(', '), (v) =>
    (drivers as readonly unknown[]).includes(v),
  ),
  null,
);

/**
 * solution with the least |A X - B| (and of those the least |X|), residuals (of each column, where A has more rows than columns, but for 'gelsy'),
 * rank and singularValues (for the drivers that know them; all compute by singular values).
 * https://pytorch.org/docs/stable/generated/torch.linalg.lstsq.html
 */
export const lstsq = define(
  'linalg.lstsq',
  [matrix, p.tensor('B'), optional(p.number('rcond'), null), driver],
  (A, B, rcond, driver) => {
    const op = 'linalg.lstsq';
    requireMatrix(op, A);
    requireAlike(op, A, B);
    const [m, n] = sizes(A);
    const vector = B.shape.length === A.shape.length - 1;
    const right = vector ? asColumn(B) : B;
    if (right.shape.length < 2 || sizes(right)[0] !== m) {
      throw new ShapeError({
        op,
        fact: `A ${formatShape(A.shape)} and B ${formatShape(B.shape)}`,
        rule: `B needs ${m} rows, as A has`,
      });
    }
    const kind = driver ?? 'gelsy';
    if (rcond !== null && kind === 'gels')
      throw new ArgumentError({ op, fact: `rcond ${rcond} with 'gels'`, rule: "'gels' takes A to be of full rank" });
    const found = matmul(pinvOf(op, A, null, rcond, false), right);
    const none = narrow(reshape(A.detach(), -1), 0, 0, 0);
    // As LAPACK: gelsy tells no residuals.
    const residuals = m > n && kind !== 'gelsy' ? sum(square(sub(matmul(A, found), right)), -2).detach() : none;
    const rank = kind === 'gels' ? toDType(none, 'int32') : matrixRank(A, null, rcond);
    const singularValues = kind === 'gelsd' || kind === 'gelss' ? svdvals(A.detach()) : none;
    return namedTuple(op, { solution: vector ? squeeze(found, -1) : found, residuals, rank, singularValues });
  },
);
