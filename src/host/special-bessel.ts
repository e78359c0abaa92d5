// Bessel functions of orders 0 and 1, and Airy's Ai, of one float64. Plain recurrences, series and integrals, accurate to
// about 1e-13 of the larger of value and amplitude: the CPU device computes with them. Knows nothing of tensors. Numbers
// in brackets are sections of the Digital Library of Mathematical Functions (https://dlmf.nist.gov).

const EULER = 0.5772156649015329;

/** From here on Hankel's series ends below 1e-16 of its first term. */
const FAR = 25;

/** J of orders 0 and 1 and Y of orders 0 and 1 at x > 0. */
interface Oscillating {
  readonly j: readonly [number, number];
  readonly y: readonly [number, number];
}

/** One part of a cosine and one of a sine of the phase x - (2 order + 1) pi / 4, by Hankel's series (10.17.3). */
function hankel(order: number, x: number): readonly [number, number] {
  const sums = [0, 0];
  let term = 1;
  for (let k = 1; k < 40; k++) {
    // Terms 0, 2, 4 .. belong to the cosine, the others to the sine, with signs + + - -.
    sums[(k - 1) % 2] += (k - 1) % 4 < 2 ? term : -term;
    const next = (term * (4 * order * order - (2 * k - 1) ** 2)) / (8 * k * x);
    if (Math.abs(next) > Math.abs(term) || next === 0) break;
    term = next;
  }
  return [sums[0], sums[1]];
}

function farOscillating(x: number): Oscillating {
  const amplitude = Math.sqrt(2 / (Math.PI * x));
  const [sine, cosine] = [Math.sin(x), Math.cos(x)];
  // cos and sin of x - pi / 4; order 1 is a quarter turn behind.
  const quarter = [(cosine + sine) * Math.SQRT1_2, (sine - cosine) * Math.SQRT1_2];
  const at = (order: number): readonly [number, number] => {
    const [p, q] = hankel(order, x);
    const [c, s] = order === 0 ? [quarter[0], quarter[1]] : [quarter[1], -quarter[0]];
    return [amplitude * (p * c - q * s), amplitude * (p * s + q * c)];
  };
  const [zero, one] = [at(0), at(1)];
  return { j: [zero[0], one[0]], y: [zero[1], one[1]] };
}

/**
 * Miller's recurrence downwards (3.6(v)), scaled by J0 + 2 J2 + 2 J4 + .. = 1 (10.12.4); Y by its series of J's (10.23.15
 * and 10.23.16).
 */
function nearOscillating(x: number): Oscillating {
  const orders = 2 * Math.ceil((x + 40) / 2);
  const values = new Float64Array(orders + 2);
  values[orders] = 1e-300;
  let total = 0;
  for (let n = orders; n > 0; n--) {
    values[n - 1] = ((2 * n) / x) * values[n] - values[n + 1];
    if (Math.abs(values[n - 1]) > 1e200) for (let at = n - 1; at <= orders; at++) values[at] *= 1e-200;
  }
  for (let n = orders; n > 0; n -= 2) total += 2 * values[n];
  total += values[0];
  const j = (n: number): number => values[n] / total;
  const logarithm = (2 / Math.PI) * (Math.log(x / 2) + EULER);
  let even = 0;
  let odd = 0;
  for (let k = 1; 2 * k < orders; k++) {
    const sign = k % 2 === 0 ? 1 : -1;
    even += (sign * j(2 * k)) / k;
    odd += (sign * (2 * k + 1) * j(2 * k + 1)) / (k * (k + 1));
  }
  const y0 = logarithm * j(0) - (4 / Math.PI) * even;
  const y1 = (logarithm - 2 / Math.PI) * j(1) - (2 / (Math.PI * x)) * j(0) - (2 / Math.PI) * odd;
  return { j: [j(0), j(1)], y: [y0, y1] };
}

function oscillating(x: number): Oscillating {
  return x < FAR ? nearOscillating(x) : farOscillating(x);
}

/** Below this the first terms of the power series are all there is, and the recurrence would overflow. */
const TINY = 1e-8;

/** J0; NaN at infinity, as PyTorch. */
export function besselJ0(x: number): number {
  const a = Math.abs(x);
  return a < TINY ? 1 : Number.isFinite(a) ? oscillating(a).j[0] : NaN;
}

/** J1. */
export function besselJ1(x: number): number {
  const a = Math.abs(x);
  if (a < TINY) return x / 2;
  return Number.isFinite(a) ? Math.sign(x) * oscillating(a).j[1] : NaN;
}

/** Y0; -inf at 0, NaN below. */
export function besselY0(x: number): number {
  if (x === 0) return -Infinity;
  if (!(x > 0 && x < Infinity)) return NaN;
  return x < TINY ? (2 / Math.PI) * (Math.log(x / 2) + EULER) : oscillating(x).y[0];
}

/** Y1; -inf at 0, NaN below. */
export function besselY1(x: number): number {
  if (x === 0) return -Infinity;
  if (!(x > 0 && x < Infinity)) return NaN;
  return x < TINY ? -2 / (Math.PI * x) : oscillating(x).y[1];
}

/** e^-|x| I0(x) and e^-|x| I1(|x|): the power series (10.25.2), whose terms are positive; from 40 on Hankel's (10.40.1). */
function growing(order: 0 | 1, x: number): number {
  const a = Math.abs(x);
  if (a >= 40) {
    let term = 1;
    let sum = 1;
    for (let k = 1; k < 30; k++) {
      term *= ((2 * k - 1) ** 2 - 4 * order * order) / (8 * k * a);
      sum += term;
    }
    return sum / Math.sqrt(2 * Math.PI * a);
  }
  let term = order === 0 ? 1 : a / 2;
  let sum = term;
  for (let k = 1; k < 90 && term > sum * 1e-17; k++) {
    term *= (a * a) / 4 / (k * (k + order));
    sum += term;
  }
  return sum * Math.exp(-a);
}

/** e^-|x| I0(x). */
export function i0e(x: number): number {
  return growing(0, x);
}

/** e^-|x| I1(x). */
export function i1e(x: number): number {
  return x < 0 ? -growing(1, x) : growing(1, x);
}

/** I0; NaN at infinity, as PyTorch. */
export function i0(x: number): number {
  const a = Math.abs(x);
  // Half of the exponential at a time: the product may be finite where e^a is not.
  return a === Infinity ? NaN : growing(0, x) * Math.exp(a / 2) * Math.exp(a / 2);
}

/** I1. */
export function i1(x: number): number {
  const a = Math.abs(x);
  return a === Infinity ? NaN : i1e(x) * Math.exp(a / 2) * Math.exp(a / 2);
}

/**
 * e^x K of an order at x > 0: the integral of e^(x - x cosh t) cosh(order t) over t > 0 (10.32.9) by the trapezoidal rule,
 * whose error for a step h is e^(-pi^2 / h), or e^(-2 pi^2 / (x h^2)) where x is large.
 */
function falling(order: number, x: number): number {
  const step = Math.min(0.2, 0.7 / Math.sqrt(x));
  let sum = 0.5;
  for (let n = 1; ; n++) {
    const t = n * step;
    const exponent = 2 * x * Math.sinh(t / 2) ** 2;
    if (exponent > 45 + order * t) return sum * step;
    sum += Math.exp(-exponent) * Math.cosh(order * t);
  }
}

function scaledFalling(order: 0 | 1, x: number): number {
  if (x === 0) return Infinity;
  if (!(x > 0)) return NaN;
  if (x === Infinity) return 0;
  if (x < TINY) return order === 0 ? -Math.log(x / 2) - EULER : 1 / x + 1;
  return falling(order, x);
}

/** e^x K0(x); infinite at 0, NaN below. */
export function scaledK0(x: number): number {
  return scaledFalling(0, x);
}

/** e^x K1(x). */
export function scaledK1(x: number): number {
  return scaledFalling(1, x);
}

/** K0. */
export function besselK0(x: number): number {
  return x === Infinity ? 0 : scaledFalling(0, x) * Math.exp(-x);
}

/** K1. */
export function besselK1(x: number): number {
  return x === Infinity ? 0 : scaledFalling(1, x) * Math.exp(-x);
}

/** sin(x) / x. */
export function sphericalBesselJ0(x: number): number {
  if (Math.abs(x) === Infinity) return 0;
  return x === 0 ? 1 : Math.sin(x) / x;
}

// Ai(0) and -Ai'(0).
const AI = 0.3550280538878172;
const AI_SLOPE = 0.2588194037928068;

/**
 * Ai: Maclaurin's series between -8 and 1 (9.4.1), K of order 1/3 above (9.6.2), a sine and a cosine of the phase below
 * (9.7.9). NaN at infinity, as PyTorch.
 */
export function airyAi(x: number): number {
  if (!Number.isFinite(x)) return NaN;
  const phase = (2 / 3) * Math.abs(x) ** 1.5;
  if (x > 1) return (Math.sqrt(x / 3) / Math.PI) * falling(1 / 3, phase) * Math.exp(-phase);
  if (x < -8) {
    let term = 1;
    const sums = [1, 0];
    for (let k = 1; k < 30; k++) {
      const next = (term * (6 * k - 5) * (6 * k - 3) * (6 * k - 1)) / (216 * k * (2 * k - 1) * phase);
      if (next > term) break;
      term = next;
      sums[k % 2] += k % 4 < 2 ? term : -term;
    }
    const turned = phase - Math.PI / 4;
    return (sums[0] * Math.cos(turned) + sums[1] * Math.sin(turned)) / (Math.sqrt(Math.PI) * Math.abs(x) ** 0.25);
  }
  const cube = x * x * x;
  let [even, odd] = [AI, -AI_SLOPE * x];
  let sum = even + odd;
  for (let k = 1; k < 80; k++) {
    even *= cube / (3 * k * (3 * k - 1));
    odd *= cube / (3 * k * (3 * k + 1));
    sum += even + odd;
  }
  return sum;
}
