// Whether a product is right, told on the host in float64. Pure: knows arrays and layouts, no GPU.

import type { ProductShape } from '../kernels/matmul-choice.ts';

/** A matrix with batches as it lies: element (b, row, column) at b * batch + row * rows + column * columns. */
export interface Laid {
  readonly data: Float32Array<ArrayBuffer>;
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
}

/** Numbers in [-1, 1) with 24 bits, the same for the same seed; the stream of the user's generator stays where it is. */
export function uniform(count: number, seed: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  // xorshift32, whose state must not be 0. https://www.jstatsoft.org/article/view/v008i14
  let state = Math.imul(seed, 0x9e3779b9) ^ 0x2545f491 || 1;
  for (let at = 0; at < count; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[at] = (state >> 8) / 2 ** 23;
  }
  return values;
}

/** A matrix of `height` x `width`, stored row by row, or column by column where `turned`. */
export function laid(height: number, width: number, batches: number, turned: boolean, seed: number): Laid {
  const data = uniform(height * width * batches, seed);
  return { data, batch: height * width, rows: turned ? 1 : width, columns: turned ? height : 1 };
}

/** Multiply-adds up to which every element is compared. */
const mostCompared = 2 ** 23;
/** The rounding of one float32 operation, relative to its result. */
const epsilon = 2 ** -24;

/**
 * Null where `out` (batches x M x N) is the product of a and b, else what is wrong. The operands are uniform in [-1, 1):
 * partial sums of K terms are then around sqrt(K) / 3, and K roundings of that size add up to about K / 6 epsilon.
 *
 * Large products are compared through a random vector r: out r against a (b r), row by row (Freivalds). An error in one
 * element shows in its row, scaled by an element of r; what rounding may add there grows with sqrt(N).
 */
export function faultOf(
  { M, K, N, batches }: Omit<ProductShape, 'form'>,
  a: Laid,
  b: Laid,
  out: Float32Array,
): string | null {
  const compares = M * K * N * batches <= mostCompared;
  const allowed = 2 * epsilon * (K + 2) * (compares ? 1 : Math.sqrt(N));
  // No element near 0, which would hide an error of its column.
  const vector = uniform(compares ? 0 : N, 99).map((value) => (value < 0 ? value - 1 : value + 1) / 2);
  for (let batch = 0; batch < batches; batch++) {
    const turned = compares ? null : timesVector(b, batch, K, N, vector);
    for (let row = 0; row < M; row++) {
      const start = (batch * M + row) * N;
      if (turned === null) {
        const wanted = rowOf(a, b, batch, row, K, N);
        for (let column = 0; column < N; column++) {
          const found = out[start + column];
          if (Math.abs(found - wanted[column]) <= allowed) continue;
          return `${found} where ${wanted[column]} should be, at (${batch}, ${row}, ${column})`;
        }
        continue;
      }
      let [found, wanted] = [0, 0];
      for (let column = 0; column < N; column++) found += out[start + column] * vector[column];
      const begin = batch * a.batch + row * a.rows;
      for (let k = 0; k < K; k++) wanted += a.data[begin + k * a.columns] * turned[k];
      if (!(Math.abs(found - wanted) <= allowed)) {
        return `row ${row} of batch ${batch} times a vector is ${found} instead of ${wanted}`;
      }
    }
  }
  return null;
}

function rowOf(a: Laid, b: Laid, batch: number, row: number, K: number, N: number): Float64Array {
  const sums = new Float64Array(N);
  const [begin, beginB] = [batch * a.batch + row * a.rows, batch * b.batch];
  for (let k = 0; k < K; k++) {
    const factor = a.data[begin + k * a.columns];
    const line = beginB + k * b.rows;
    for (let column = 0; column < N; column++) sums[column] += factor * b.data[line + column * b.columns];
  }
  return sums;
}

function timesVector(b: Laid, batch: number, K: number, N: number, vector: Float32Array): Float64Array {
  const sums = new Float64Array(K);
  for (let k = 0; k < K; k++) {
    const begin = batch * b.batch + k * b.rows;
    let sum = 0;
    for (let column = 0; column < N; column++) sum += b.data[begin + column * b.columns] * vector[column];
    sums[k] = sum;
  }
  return sums;
}
