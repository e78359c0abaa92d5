// Eigenvalues of symmetric matrices and singular values by Jacobi's rotations, in float64: one pair of columns after the other,
// row by row, until a sweep finds nothing to rotate (Golub and Van Loan, 8.5 and 8.6.3).

/** A matrix that is worked on in place, in C order. */
export interface Matrix {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** Sweeps at most; six to ten are usual. */
const mostSweeps = 40;
const precision = Number.EPSILON;

/** The rotation that makes an off-diagonal element 0, from half the difference of the diagonal over it. */
function rotation(cotangent: number): readonly [cosine: number, sine: number] {
  const tangent = (cotangent >= 0 ? 1 : -1) / (Math.abs(cotangent) + Math.hypot(cotangent, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  return [cosine, tangent * cosine];
}

/** Rotates two lines of a matrix: elements p, p + step, .. with s, s + step, .. . */
function rotate(data: Float64Array, count: number, p: number, s: number, step: number, [c, d]: readonly number[]) {
  for (let at = 0; at < count; at++, p += step, s += step) {
    const [left, right] = [data[p], data[s]];
    data[p] = c * left - d * right;
    data[s] = d * left + c * right;
  }
}

function identity(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => Number(Math.floor(at / n) === at % n));
}

/** Runs sweeps over all pairs p < s until `turn` says of every pair that there was nothing to do. */
function sweep(n: number, turn: (p: number, s: number) => boolean): void {
  for (let count = 0, turned = true; turned && count < mostSweeps; count++) {
    turned = false;
    for (let p = 0; p < n; p++) for (let s = p + 1; s < n; s++) turned = turn(p, s) || turned;
  }
}

/** Values, ascending, and vectors of a symmetric matrix. */
export function jacobi({ data: a, rows: n }: Matrix): ArrayLike<number>[] {
  const v = identity(n);
  const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  sweep(n, (p, s) => {
    const off = a[p * n + s];
    if (!(Math.abs(off) > precision * 1e-2 * largest)) return false;
    const turn = rotation((a[s * n + s] - a[p * n + p]) / (2 * off));
    rotate(a, n, p, s, n, turn);
    rotate(a, n, p * n, s * n, 1, turn);
    rotate(v, n, p, s, n, turn);
    a[p * n + s] = a[s * n + p] = 0;
    return true;
  });
  const order = Array.from({ length: n }, (_, at) => at).sort((i, j) => a[i * n + i] - a[j * n + j]);
  return [order.map((i) => a[i * n + i]), v.map((_, at) => v[at - (at % n) + order[at % n]])];
}

/** U, S (descending) and V^T of a matrix with at least as many rows as columns. */
export function orthogonalise({ data: g, rows: m, columns: n }: Matrix): ArrayLike<number>[] {
  const v = identity(n);
  const product = (data: Float64Array, p: number, s: number): number => {
    let total = 0;
    for (let i = 0; i < m; i++) total += data[i * n + p] * data[i * n + s];
    return total;
  };
  sweep(n, (p, s) => {
    const [first, second, both] = [product(g, p, p), product(g, s, s), product(g, p, s)];
    if (!(Math.abs(both) > precision * Math.sqrt(m) * Math.sqrt(first) * Math.sqrt(second))) return false;
    const turn = rotation((second - first) / (2 * both));
    rotate(g, m, p, s, n, turn);
    rotate(v, n, p, s, n, turn);
    return true;
  });
  const lengths = Array.from({ length: n }, (_, j) => Math.sqrt(product(g, j, j)));
  const order = lengths.map((_, at) => at).sort((i, j) => lengths[j] - lengths[i]);
  const values = order.map((j) => lengths[j]);
  const u = g.map((_, at) => {
    const j = at % n;
    return values[j] > 0 ? g[at - j + order[j]] / values[j] : 0;
  });
  for (let j = 0; j < n; j++) if (!(values[j] > 0)) complete(u, m, n, j);
  return [u, values, v.map((_, at) => v[(at % n) * n + order[Math.floor(at / n)]])];
}

/** Makes column j orthonormal to those before: the unit vector that is farthest from their span, less its part in it. */
function complete(u: Float64Array, m: number, n: number, j: number): void {
  let [best, most] = [0, -1];
  for (let i = 0; i < m; i++) {
    let outside = 1;
    for (let k = 0; k < j; k++) outside -= u[i * n + k] ** 2;
    if (outside > most) [best, most] = [i, outside];
  }
  for (let i = 0; i < m; i++) u[i * n + j] = Number(i === best);
  for (const _ of ['once', 'and for what rounding left']) {
    for (let k = 0; k < j; k++) {
      let along = 0;
      for (let i = 0; i < m; i++) along += u[i * n + k] * u[i * n + j];
      for (let i = 0; i < m; i++) u[i * n + j] -= along * u[i * n + k];
    }
  }
  let total = 0;
  for (let i = 0; i < m; i++) total += u[i * n + j] ** 2;
  for (let i = 0; i < m; i++) u[i * n + j] /= Math.sqrt(total);
}
