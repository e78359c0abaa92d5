// Draws whose number of outputs is not known before: Poisson, binomial and gamma, value by value in double, with the numbers that
// PyTorch's CPU generator gives. Knows nothing of tensors.

import type { Mt19937 } from './mt19937.ts';
import { normal53, uniform53 } from './draw.ts';
import { lgamma } from './special.ts';

/**
 * A Poisson count. Below 10, factors of uniforms until the product falls under e^-rate (D. Knuth); from 10 on, transformed
 * rejection, algorithm PTRS (W. Hormann: The transformed rejection method for generating Poisson random variables, 1993).
 */
export function poisson(generator: Mt19937, rate: number): number {
  if (rate === 0) return 0;
  if (rate < 10) {
    const limit = Math.exp(-rate);
    let count = 0;
    for (let product = uniform53(generator); product > limit; product *= uniform53(generator)) count++;
    return count;
  }
  const logRate = Math.log(rate);
  const b = 0.931 + 2.53 * Math.sqrt(rate);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const quick = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform53(generator) - 0.5;
    const v = uniform53(generator);
    const rest = 0.5 - Math.abs(u);
    const count = Math.floor(((2 * a) / rest + b) * u + rate + 0.43);
    if (rest >= 0.07 && v <= quick) return count;
    if (count < 0 || (rest < 0.013 && v > rest)) continue;
    const height = Math.log(v) + Math.log(inverseAlpha) - Math.log(a / (rest * rest) + b);
    if (height <= -rate + count * logRate - lgamma(count + 1)) return count;
  }
}

/** log(k!) - (k + 1/2) log(k + 1) + (k + 1) - log(2 pi) / 2: exact for k < 10, then Stirling's series. */
function stirlingTail(k: number): number {
  if (k < 10) {
    let factorial = 1;
    for (let factor = 2; factor <= k; factor++) factorial *= factor;
    return Math.log(factorial) - (k + 0.5) * Math.log(k + 1) + (k + 1) - 0.5 * Math.log(2 * Math.PI);
  }
  const square = (k + 1) * (k + 1);
  return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1);
}

/** Waiting times are added until they exceed the number of trials. */
function binomialByWaiting(generator: Mt19937, count: number, p: number): number {
  const logFailure = Math.log1p(-p);
  let successes = 0;
  for (let trials = 0; ; successes++) {
    trials += Math.ceil(Math.log(uniform53(generator)) / logFailure);
    if (trials > count) return successes;
  }
}

/** Transformed rejection, algorithm BTRS (W. Hormann: The generation of binomial random variates, 1993); count p >= 10. */
function binomialByRejection(generator: Mt19937, count: number, p: number): number {
  const deviation = Math.sqrt(count * p * (1 - p));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const center = count * p + 0.5;
  const quick = 0.92 - 4.2 / b;
  const odds = p / (1 - p);
  const alpha = (2.83 + 5.1 / b) * deviation;
  const mode = Math.floor((count + 1) * p);
  for (;;) {
    const u = uniform53(generator) - 0.5;
    const v = uniform53(generator);
    const rest = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / rest + b) * u + center);
    if (rest >= 0.07 && v <= quick) return k;
    if (k < 0 || k > count) continue;
    const bound =
      (mode + 0.5) * Math.log((mode + 1) / (odds * (count - mode + 1))) +
      (count + 1) * Math.log((count - mode + 1) / (count - k + 1)) +
      (k + 0.5) * Math.log((odds * (count - k + 1)) / (k + 1)) +
      stirlingTail(mode) +
      stirlingTail(count - mode) -
      stirlingTail(k) -
      stirlingTail(count - k);
    if (Math.log((v * alpha) / (a / (rest * rest) + b)) <= bound) return k;
  }
}

/** The successes of `count` trials with probability p: the rarer of success and failure is drawn. */
export function binomial(generator: Mt19937, count: number, p: number): number {
  if (count <= 0 || p <= 0) return 0;
  if (p >= 1) return count;
  const rare = p <= 0.5 ? p : 1 - p;
  const draw = count * rare >= 10 ? binomialByRejection : binomialByWaiting;
  const found = draw(generator, count, rare);
  return p <= 0.5 ? found : count - found;
}

/** A gamma variate of scale 1. (G. Marsaglia, W. Tsang: A simple method for generating gamma variables, 2000) */
export function gamma(generator: Mt19937, shape: number): number {
  if (shape === 0) return 0;
  // Below 1 it is a power of a uniform times a variate of shape + 1.
  const scale = shape < 1 ? (1 - uniform53(generator)) ** (1 / shape) : 1;
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    let x: number;
    let y: number;
    do {
      x = normal53(generator, 0, 1);
      y = 1 + c * x;
    } while (y <= 0);
    const v = y * y * y;
    const u = 1 - uniform53(generator);
    const square = x * x;
    if (u < 1 - 0.0331 * square * square || Math.log(u) < 0.5 * square + d * (1 - v + Math.log(v)))
      return scale * d * v;
  }
}
