// How gamma and beta variates move with their parameters at a fixed probability (implicit reparameterisation: dx/da is minus the slope
// of the cumulative probability for a over the density; Figurnov, Mohamed, Mnih, 2018). Series in double; knows nothing of tensors.

import { digamma } from './special.ts';

/** Terms after which a series is cut; the longest that is needed is about 8 sqrt(shape) long. */
const longest = 1 << 14;
/** From this shape on a gamma variate is a normal one with a few corrections, far below the rounding of float32. */
const nearlyNormal = 1e5;

/**
 * dx/da of a gamma variate x of shape a and scale 1. With P = sum of x^(a + n) e^-x / gamma(a + n + 1) over n, each term's slope for a
 * is the term times log x - digamma(a + n + 1).
 */
export function gammaSlope(a: number, x: number): number {
  if (a > nearlyNormal) {
    // Cornish and Fisher: x = a + z sqrt(a) + (z^2 - 1) / 3 + .. for a standard normal z.
    const z = (x - a - ((x - a) ** 2 / a - 1) / 3) / Math.sqrt(a);
    return 1 + z / (2 * Math.sqrt(a));
  }
  const log = Math.log(x);
  let term = 1 / a;
  let psi = digamma(a + 1);
  let sum = term * (log - psi);
  for (let n = 1; n < longest; n++) {
    term *= x / (a + n);
    psi += 1 / (a + n);
    const next = term * (log - psi);
    sum += next;
    if (a + n > x && Math.abs(next) < 1e-17 * Math.abs(sum)) break;
  }
  return -x * sum;
}

/**
 * dx/da / (1 - x) of a beta variate x of shapes a and b, b staying. With the series of the incomplete beta function in x, or, where
 * x is in the upper part, in 1 - x.
 */
export function betaSlope(a: number, b: number, x: number): number {
  const lower = x <= (a + 1) / (a + b + 2);
  const [own, small] = lower ? [a, x] : [b, 1 - x];
  const log = Math.log(x);
  let term = 1 / own;
  let both = digamma(a + b);
  let other = lower ? digamma(a + 1) : digamma(a);
  let sum = term * (log + both - other);
  for (let n = 1; n < longest; n++) {
    term *= (small * (a + b + n - 1)) / (own + n);
    both += 1 / (a + b + n - 1);
    if (lower) other += 1 / (a + n);
    const next = term * (log + both - other);
    sum += next;
    if (small * (a + b + n) < own + n + 1 && Math.abs(next) < 1e-17 * Math.abs(sum)) break;
  }
  return (lower ? -x : x) * sum;
}
