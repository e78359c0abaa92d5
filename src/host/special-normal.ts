// Functions around the normal distribution, of float64: the scaled complement of erf, the distribution function, its
// logarithm and its inverse. Held to about 1e-13; knows nothing of tensors.

import { erf, erfc } from './special.ts';

/** e^(x^2) erfc(x): a continued fraction from 2.5 on (DLMF 7.9.1), which needs no exponential; infinite below -26.6. */
export function erfcx(x: number): number {
  if (x < 2.5) return x < -27 ? Infinity : Math.exp(x * x) * erfc(x);
  if (x > 1e8) return 1 / (Math.sqrt(Math.PI) * x);
  let tail = x;
  for (let n = 120; n >= 1; n--) tail = x + n / 2 / tail;
  return Number.isNaN(x) ? NaN : 1 / (Math.sqrt(Math.PI) * tail);
}

/** The normal distribution function, exact in its lower tail. */
export function ndtr(x: number): number {
  return x < -1 ? erfc(-x * Math.SQRT1_2) / 2 : 0.5 + erf(x * Math.SQRT1_2) / 2;
}

/** The logarithm of `ndtr`, finite as far as x^2 is. */
export function logNdtr(x: number): number {
  if (x >= -1) return Math.log1p(-erfc(x * Math.SQRT1_2) / 2);
  return Math.log(erfcx(-x * Math.SQRT1_2) / 2) - (x * x) / 2;
}

/** The inverse of `ndtr`: Newton's steps on its logarithm, a concave function, from beyond the root. */
export function ndtri(p: number): number {
  if (p === 0) return -Infinity;
  if (p === 1) return Infinity;
  if (!(p > 0 && p < 1)) return NaN;
  if (p > 0.5) return -ndtri(1 - p);
  if (p === 0.5) return 0;
  const wanted = Math.log(p);
  // ndtr(x) <= e^(-x^2 / 2) / 2 for x <= 0: the root is right of this.
  let x = -Math.sqrt(-2 * Math.log(2 * p));
  for (let step = 0; step < 60; step++) {
    const value = logNdtr(x);
    // The slope of the logarithm is the density over ndtr.
    const change = (value - wanted) / Math.exp(-(x * x) / 2 - Math.log(Math.sqrt(2 * Math.PI)) - value);
    x -= change;
    if (Math.abs(change) < 1e-15 * Math.abs(x)) break;
  }
  return x;
}
