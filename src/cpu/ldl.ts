// A = P L D L^T P^T of symmetric matrices on the CPU device, with blocks of 1 or 2 in D: Bunch and Kaufman's pivots as LAPACK's
// sytf2 takes them (https://netlib.org/lapack, lower triangle), which does not move the columns of L that are finished.

import type { Matrix } from './jacobi.ts';

/** Below this share of its column a pivot is not taken alone: (1 + sqrt(17)) / 8. */
const share = (1 + Math.sqrt(17)) / 8;

/** The lower triangle of A -> LD, pivots (k + 1 of the row swapped in; twice its negative for a block of 2), info. */
export function ldl({ data, rows: n }: Matrix): ArrayLike<number>[] {
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = data[i * n + j];
  const pivots = new Float64Array(n);
  let info = 0;
  for (let k = 0; k < n;) {
    const { block, other } = choose(a, n, k);
    if (block === 0) {
      info ||= k + 1;
      pivots[k] = k + 1;
      k++;
      continue;
    }
    swap(a, n, k, k + block - 1, other);
    pivots.fill(block === 1 ? other + 1 : -(other + 1), k, k + block);
    if (block === 1) eliminate(a, n, k);
    else eliminateTwo(a, n, k);
    k += block;
  }
  return [a, pivots, [info]];
}

/** How many columns step k takes (0: the column is 0 already), and the row that comes to its last one. */
function choose(a: Float64Array, n: number, k: number): { readonly block: 0 | 1 | 2; readonly other: number } {
  const own = Math.abs(a[k * n + k]);
  let largest = 0;
  let at = k;
  for (let i = k + 1; i < n; i++) {
    if (Math.abs(a[i * n + k]) <= largest) continue;
    largest = Math.abs(a[i * n + k]);
    at = i;
  }
  if (Math.max(own, largest) === 0 || Number.isNaN(own)) return { block: 0, other: k };
  if (own >= share * largest) return { block: 1, other: k };
  let beside = 0;
  for (let j = k; j < at; j++) beside = Math.max(beside, Math.abs(a[at * n + j]));
  for (let i = at + 1; i < n; i++) beside = Math.max(beside, Math.abs(a[i * n + at]));
  if (own >= share * largest * (largest / beside)) return { block: 1, other: k };
  return { block: Math.abs(a[at * n + at]) >= share * beside ? 1 : 2, other: at };
}

/** Swaps rows and columns `to` and `from` (> to) of what is left from column k on, in the lower triangle. */
function swap(a: Float64Array, n: number, k: number, to: number, from: number): void {
  if (to === from) return;
  const exchange = (one: number, two: number): void => {
    [a[one], a[two]] = [a[two], a[one]];
  };
  for (let i = from + 1; i < n; i++) exchange(i * n + to, i * n + from);
  for (let i = to + 1; i < from; i++) exchange(i * n + to, from * n + i);
  exchange(to * n + to, from * n + from);
  if (to > k) exchange(to * n + k, from * n + k);
}

function eliminate(a: Float64Array, n: number, k: number): void {
  const inverse = 1 / a[k * n + k];
  for (let j = k + 1; j < n; j++) {
    const factor = a[j * n + k] * inverse;
    for (let i = j; i < n; i++) a[i * n + j] -= a[i * n + k] * factor;
  }
  for (let i = k + 1; i < n; i++) a[i * n + k] *= inverse;
}

function eliminateTwo(a: Float64Array, n: number, k: number): void {
  const off = a[(k + 1) * n + k];
  const [d11, d22] = [a[(k + 1) * n + k + 1] / off, a[k * n + k] / off];
  const scale = 1 / (d11 * d22 - 1) / off;
  for (let j = k + 2; j < n; j++) {
    const first = scale * (d11 * a[j * n + k] - a[j * n + k + 1]);
    const second = scale * (d22 * a[j * n + k + 1] - a[j * n + k]);
    for (let i = j; i < n; i++) a[i * n + j] -= a[i * n + k] * first + a[i * n + k + 1] * second;
    a[j * n + k] = first;
    a[j * n + k + 1] = second;
  }
}

/** LD beside a column of pivots -> unit L whose rows have all swaps, D^-1 as diagonal and neighbours, the order of the rows. */
export function ldlParts({ data, rows: n }: Matrix): ArrayLike<number>[] {
  const width = n + 1;
  const lower = new Float64Array(n * n);
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  const order = Float64Array.from({ length: n }, (_, at) => at);
  for (let k = 0; k < n;) {
    const pivot = data[k * width + n];
    const block = pivot < 0 && k + 1 < n ? 2 : 1;
    const last = k + block - 1;
    const other = Math.min(Math.max(Math.abs(pivot), 1), n) - 1;
    // The swap of this step, in the columns before it.
    for (let j = 0; j < k; j++)
      [lower[last * n + j], lower[other * n + j]] = [lower[other * n + j], lower[last * n + j]];
    [order[last], order[other]] = [order[other], order[last]];
    for (let j = k; j <= last; j++) {
      lower[j * n + j] = 1;
      for (let i = last + 1; i < n; i++) lower[i * n + j] = data[i * width + j];
    }
    if (block === 1) diagonal[k] = 1 / data[k * width + k];
    else {
      const off = data[(k + 1) * width + k];
      const [first, second] = [data[k * width + k] / off, data[(k + 1) * width + k + 1] / off];
      const scale = off * (first * second - 1);
      diagonal[k] = second / scale;
      diagonal[k + 1] = first / scale;
      beside[k] = -1 / scale;
    }
    k += block;
  }
  return [lower, diagonal, beside, order];
}
