// Functions of one number that JavaScript's Math lacks, in float64 and accurate to about 1e-13: the CPU device computes
// with them, and the WGSL prelude is held against them. Plain series and continued fractions; knows nothing of tensors.

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/** The error function: Kummer's series, whose terms are all of one sign, below 2.5; else by `erfc`. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  const a = Math.abs(x);
  if (a >= 2.5) return Math.sign(x) * (1 - erfc(a));
  // 2/sqrt(pi) e^(-x^2) (x + 2 x^3 / 3 + 4 x^5 / 15 + ...)
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
}

/** 1 - erf(x): a continued fraction from 2.5 on (DLMF 7.9.1), evaluated from its end. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x < 0) return 2 - erfc(-x);
  if (x < 2.5) return 1 - erf(x);
  if (x > 28) return 0;
  let tail = x;
  for (let n = 120; n >= 1; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * tail);
}

/** The inverse of erf by Halley's steps on erf, or on erfc towards the ends, where erf is flat. */
export function erfinv(x: number): number {
  if (x === 0) return x;
  const a = Math.abs(x);
  if (!(a <= 1)) return NaN;
  if (a === 1) return x * Infinity;
  // Winitzki's estimate, good to 2e-3.
  const logarithm = Math.log1p(-a * a);
  const half = 2 / (Math.PI * 0.147) + logarithm / 2;
  let y = Math.sqrt(Math.sqrt(half * half - logarithm / 0.147) - half);
  if (a < 1e-4) y = a / TWO_OVER_SQRT_PI;
  for (let step = 0; step < 6; step++) {
    const error = a < 0.5 ? erf(y) - a : 1 - a - erfc(y);
    const ratio = error / (TWO_OVER_SQRT_PI * Math.exp(-y * y));
    y -= ratio / (1 + y * ratio);
  }
  return Math.sign(x) * y;
}

// zeta(2) ... zeta(13)
const ZETA = [
  1.6449340668482264, 1.2020569031595942, 1.0823232337111382, 1.03692775514337, 1.0173430619844491, 1.008349277381923,
  1.0040773561979443, 1.0020083928260822, 1.000994575127818, 1.0004941886041194, 1.000246086553308, 1.0001227133475785,
];
const EULER = 0.5772156649015329;

/** log gamma(1 + z) for small z: -gamma z + zeta(2) z^2 / 2 - zeta(3) z^3 / 3 + ... (DLMF 5.7.3). */
function lgammaNearOne(z: number): number {
  let sum = -EULER * z;
  ZETA.forEach((zeta, index) => (sum += (zeta * (-z) ** (index + 2)) / (index + 2)));
  return sum;
}

/** log|gamma(x)|: Stirling's series after shifting to 15 or more, reflection for negative x. */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (!Number.isFinite(x) || (x <= 0 && Number.isInteger(x))) return Infinity;
  if (x < 0) {
    const distance = Math.abs(x - Math.round(x));
    return Math.log(Math.PI / (-x * Math.sin(Math.PI * distance))) - lgamma(-x);
  }
  if (Math.abs(x - 1) < 0.03) return lgammaNearOne(x - 1);
  if (Math.abs(x - 2) < 0.03) return Math.log1p(x - 2) + lgammaNearOne(x - 2);
  let product = 1;
  let y = x;
  for (; y < 15; y++) product *= y;
  const r = 1 / (y * y);
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - (r * 691) / 360360))))) / y;
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}

/** The logarithmic derivative of gamma, with PyTorch's values at the poles: -inf at 0, inf at -0, NaN at -1, -2, ... */
export function digamma(x: number): number {
  if (x === 0) return Object.is(x, -0) ? Infinity : -Infinity;
  if (x === Infinity) return Infinity;
  if (Number.isNaN(x) || x === -Infinity || (x < 0 && Number.isInteger(x))) return NaN;
  if (x < 0) return digamma(1 - x) - Math.PI / Math.tan(Math.PI * (x - Math.round(x)));
  let sum = 0;
  let y = x;
  for (; y < 15; y++) sum -= 1 / y;
  const r = 1 / (y * y);
  const series = r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (1 / 132)))));
  return sum + Math.log(y) - 0.5 / y - series;
}

/** x^y by C99's rules, which are PyTorch's: JavaScript makes 1^NaN, 1^inf and (-1)^inf NaN. */
