// Functions around gamma of float64: Hurwitz's zeta function, polygamma, the regularised incomplete gamma functions, with
// PyTorch's answers at the ends of their domains. Plain series and continued fractions; knows nothing of tensors. Numbers
// in brackets are sections of the Digital Library of Mathematical Functions (https://dlmf.nist.gov).

import { digamma, erfc, lgamma } from './special.ts';

/** Bernoulli's numbers B2, B4, .. by the factorials (2k)!. */
const BERNOULLI = [
  1 / 12,
  -1 / 720,
  1 / 30240,
  -1 / 1209600,
  1 / 47900160,
  -691 / 1307674368000,
  1 / 74724249600,
  -3617 / 10670622842880000,
];

/** The sum of (q + k)^-s over k >= 0 for s > 1 and q > 0: the first terms, and Euler and Maclaurin's formula behind (25.11.5). */
function zetaPositive(s: number, q: number): number {
  let sum = 0;
  let at = q;
  for (const far = 10 + Math.min(s, 60) / 2; at < far; at++) sum += at ** -s;
  const power = at ** -s;
  if (power === 0) return sum;
  sum += (power * at) / (s - 1) + power / 2;
  let factor = (s * power) / at;
  for (const [k, coefficient] of BERNOULLI.entries()) {
    sum += coefficient * factor;
    factor *= ((s + 2 * k + 1) * (s + 2 * k + 2)) / (at * at);
  }
  return sum;
}

/** Hurwitz's zeta function of s and q: infinite for s = 1 and at q = 0, -1, ..; NaN for s < 1, and for a power of q < 0. */
export function zeta(s: number, q: number): number {
  if (s === 1) return Infinity;
  if (s < 1) return NaN;
  if (q <= 0 && (Number.isInteger(q) || q === -Infinity)) return Infinity;
  if (Number.isNaN(s) || Number.isNaN(q) || q === Infinity) return NaN;
  if (s === Infinity) return q > 1 ? 0 : q === 1 ? 1 : q > 0 ? Infinity : NaN;
  if (q > 0) return zetaPositive(s, q);
  if (!Number.isInteger(s)) return NaN;
  // The terms left of 0 are those right of it, mirrored: q = ceil(q) + rest.
  const rest = q - Math.ceil(q);
  const mirrored = zetaPositive(s, -rest) - zetaPositive(s, 1 - q);
  return zetaPositive(s, 1 + rest) + (s % 2 === 0 ? mirrored : -mirrored);
}

/** The derivative of order n of digamma: (-1)^(n+1) n! zeta(n + 1, x) (25.11.12). */
export function polygamma(n: number, x: number): number {
  if (n === 0) return digamma(x);
  // PyTorch has a formula of its own for the first order, with other answers at the ends.
  if (n === 1 && Math.abs(x) === Infinity) return x > 0 ? 0 : NaN;
  const magnitude = Math.exp(lgamma(n + 1)) * zeta(n + 1, x);
  return n % 2 === 1 ? magnitude : -magnitude;
}

/** x^a e^-x / gamma(a + 1). */
function prefactor(a: number, x: number): number {
  return Math.exp(a * Math.log(x) - x - lgamma(a + 1));
}

/** The lower function by the series x^n / ((a + 1) .. (a + n)) (8.7.1), for x below a + 1. */
function lowerSeries(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; n < 3000 && term > sum * 1e-17; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * prefactor(a, x);
}

/** The upper function by the continued fraction (8.9.2) in Lentz's form, for x above a + 1. */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n < 3000; n++) {
    const numerator = n * (a - n);
    b += 2;
    d = 1 / (b + numerator * d);
    c = b + numerator / c;
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  return value * a * prefactor(a, x);
}

/** From here on Temme's formula is used: what it leaves out is below 1e-11. */
const LARGE = 2000;

/**
 * The upper function for large a, uniform in x: erfc of eta sqrt(a / 2) / 2 with eta^2 / 2 = x / a - 1 - log(x / a), and
 * two terms of the rest (8.12.3 and 8.12.10).
 */
function upperUniform(a: number, x: number): number {
  const mu = (x - a) / a;
  const half = Math.abs(mu) < 0.1 ? smallGap(mu) : mu - Math.log1p(mu);
  const eta = Math.sign(mu) * Math.sqrt(2 * half);
  const [first, second] =
    Math.abs(eta) < 0.05
      ? [
          -1 / 3 + eta * (1 / 12 + eta * (-2 / 135 + eta * (1 / 864 + eta / 2835))),
          -1 / 540 + eta * (-1 / 288 + eta / 378),
        ]
      : [1 / mu - 1 / eta, 1 / eta ** 3 - 1 / mu ** 3 - 1 / mu ** 2 - 1 / (12 * mu)];
  const rest = (Math.exp(-a * half) / Math.sqrt(2 * Math.PI * a)) * (first + second / a);
  return erfc(eta * Math.sqrt(a / 2)) / 2 + rest;
}

/** mu - log(1 + mu) for small mu: mu^2 / 2 - mu^3 / 3 + ... */
function smallGap(mu: number): number {
  let sum = 0;
  let power = mu;
  for (let n = 2; n < 20; n++) sum -= (power *= -mu) / n;
  return sum;
}

/** One of the two functions of a and x, of which either is 1 less the other. */
function incomplete(a: number, x: number, upper: boolean): number {
  const [none, all] = upper ? [1, 0] : [0, 1];
  if (a < 0 || x < 0) return NaN;
  if (a === 0) return x > 0 ? all : NaN;
  if (x === 0) return none;
  if (a === Infinity) return x === Infinity ? NaN : none;
  if (x === Infinity) return all;
  if (Number.isNaN(a) || Number.isNaN(x)) return NaN;
  if (a > LARGE) return upper ? upperUniform(a, x) : 1 - upperUniform(a, x);
  if (x < a + 1) return upper ? 1 - lowerSeries(a, x) : lowerSeries(a, x);
  return upper ? upperFraction(a, x) : 1 - upperFraction(a, x);
}

/** The regularised lower incomplete gamma function P(a, x). */
export function igamma(a: number, x: number): number {
  return incomplete(a, x, false);
}

/** The regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x). */
export function igammac(a: number, x: number): number {
  return incomplete(a, x, true);
}
