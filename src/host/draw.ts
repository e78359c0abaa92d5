// Distributions on the host: fills typed arrays from an MT19937 stream with the numbers that PyTorch's CPU generator
// gives for the same seed. Knows nothing of tensors; shapes are C order and flat.
//
// Where PyTorch computes in float32, `Math.fround` stands at each rounding; where it draws in double and stores float32
// (normal below 16 values, exponential, bernoulli with a number, ...), the typed array does the one rounding.
// Which path takes how many outputs of the generator is part of the contract: it keeps later draws in step.
// https://pytorch.org/docs/stable/torch.html#random-sampling

import { ArgumentError } from '../errors.ts';
import type { DType, TypedArray } from '../dtype.ts';
import type { Mt19937 } from './mt19937.ts';

export type FloatArray = Float32Array | Float64Array;

const TWO_PI = 2 * Math.PI;
/** Box-Muller fills whole blocks: 8 radii, then 8 angles. */
const BLOCK = 16;
const EPSILON = Number.EPSILON;

function demand(condition: boolean, op: string, fact: string, rule: string): void {
  if (!condition) throw new ArgumentError({ op, fact, rule });
}

/** A double in [0, 1): 53 bits of a 64-bit draw. */
export function uniform53(generator: Mt19937): number {
  return generator.random53() * 2 ** -53;
}

/** A float32 in [0, 1): 24 bits of a 32-bit draw. */
export function uniform24(generator: Mt19937): number {
  return (generator.random() & 0xffffff) * 2 ** -24;
}

/** `torch.empty((), dtype=torch.int64).random_()`: the 63-bit seeds that DataLoader and its sampler draw. */
export function seed64(generator: Mt19937): bigint {
  return generator.random64() & ((1n << 63n) - 1n);
}

/** `uniform_(from, to)`: u (to - from) + from, in the arithmetic of `out`; the product and the sum round once. */
export function uniform(generator: Mt19937, out: FloatArray, from = 0, to = 1): void {
  demand(from <= to, 'uniform_', `from = ${from}, to = ${to}`, 'from must not exceed to');
  if (out instanceof Float32Array) {
    const start = Math.fround(from);
    const width = Math.fround(Math.fround(to) - start);
    for (let i = 0; i < out.length; i++) out[i] = uniform24(generator) * width + start;
  } else {
    for (let i = 0; i < out.length; i++) out[i] = uniform53(generator) * (to - from) + from;
  }
}

/**
 * One normal in double. Box-Muller gives a pair: the cosine at once, the sine kept for the next call.
 * radius = sqrt(-2 log(1 - u2)), angle = 2 pi u1. The kept value is standard; mean and std are those of its own call.
 */
export function normal53(generator: Mt19937, mean: number, std: number): number {
  const kept = generator.keptNormal;
  if (kept !== null) {
    generator.keptNormal = null;
    return kept * std + mean;
  }
  const u1 = uniform53(generator);
  const u2 = uniform53(generator);
  const radius = Math.sqrt(-2 * Math.log1p(-u2));
  const angle = TWO_PI * u1;
  generator.keptNormal = radius * Math.sin(angle);
  return radius * Math.cos(angle) * std + mean;
}

/**
 * Float32 Box-Muller takes PyTorch's vectorised logarithm, sine and cosine: the polynomials of S. Moshier's Cephes
 * library (logf, sinf, cosf) with fused multiply-adds. A correctly rounded log or cos differs in every tenth normal,
 * and by a millionth of it or more where mean cancels; with the same polynomials all bits agree.
 * Products of two float32 are exact in double, so that fround(a * b + c) is a fused multiply-add.
 */
const LOG_TERMS = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(Math.fround);
const SINE_TERMS = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1].map(Math.fround);
const COSINE_TERMS = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2].map(Math.fround);
/** log 2 and pi / 4 in parts, the leading ones short, so that whole multiples of them are exact. */
const LOG2_PARTS = [0.693359375, Math.fround(-2.1219444e-4)] as const;
const QUARTER_PI_PARTS = [0.78515625, 2.4187564849853516e-4, 3.774894977445941e-8].map(Math.fround);

const floatView = new Float32Array(1);
const bitView = new Int32Array(floatView.buffer);

function polynomial32(terms: readonly number[], x: number): number {
  let sum = terms[0]!;
  for (let i = 1; i < terms.length; i++) sum = Math.fround(sum * x + terms[i]!);
  return sum;
}

/** log of a normal float32 in (0, 1]: value = 2^exponent m with m in [sqrt(1/2), sqrt 2), and x = m - 1. */
function log32(value: number): number {
  floatView[0] = value;
  let exponent = (bitView[0]! >> 23) - 126;
  bitView[0] = (bitView[0]! & 0x007fffff) | 0x3f000000;
  let x = floatView[0]! - 1;
  if (floatView[0]! < Math.fround(Math.SQRT1_2)) {
    exponent -= 1;
    x += floatView[0]!;
  }
  const square = Math.fround(x * x);
  // log m = x - x^2 / 2 + x^3 P(x)
  let rest = Math.fround(polynomial32(LOG_TERMS, x) * x);
  rest = Math.fround(rest * square + Math.fround(exponent * LOG2_PARTS[1]));
  rest = Math.fround(rest - square * 0.5);
  return Math.fround(Math.fround(x + rest) + exponent * LOG2_PARTS[0]);
}

/** Sine and cosine of a float32 angle >= 0: quarter turns are taken off until the rest lies within pi / 4 of 0. */
function sineCosine32(angle: number): [sine: number, cosine: number] {
  const eighths = (Math.trunc(Math.fround(angle * Math.fround(4 / Math.PI))) + 1) & ~1;
  let x = angle;
  for (const part of QUARTER_PI_PARTS) x = Math.fround(x - eighths * part);
  const square = Math.fround(x * x);
  let cosine = Math.fround(polynomial32(COSINE_TERMS, square) * square);
  cosine = Math.fround(Math.fround(cosine * square - square * 0.5) + 1);
  const sine = Math.fround(Math.fround(polynomial32(SINE_TERMS, square) * square) * x + x);
  // Quadrants 0 to 3: (s, c), (c, -s), (-s, -c), (-c, s).
  const quadrant = (eighths >> 1) & 3;
  const [first, second] = quadrant & 1 ? [cosine, sine] : [sine, cosine];
  return [quadrant >= 2 ? -first : first, quadrant === 1 || quadrant === 2 ? -second : second];
}

/** Box-Muller in place on the uniforms out[start .. start + 16): radius from the first 8, angle from the last 8. */
function normalBlock(out: FloatArray, start: number, mean: number, std: number): void {
  const single = out instanceof Float32Array;
  for (let j = start; j < start + BLOCK / 2; j++) {
    // 1 - u lies in (0, 1], so that the logarithm is finite.
    const u1 = 1 - out[j]!;
    const u2 = out[j + BLOCK / 2]!;
    if (single) {
      const radius = Math.fround(Math.sqrt(Math.fround(-2 * log32(u1))));
      const [sine, cosine] = sineCosine32(Math.fround(Math.fround(TWO_PI) * u2));
      out[j] = Math.fround(radius * cosine) * std + mean;
      out[j + BLOCK / 2] = Math.fround(radius * sine) * std + mean;
    } else {
      const radius = Math.sqrt(-2 * Math.log(u1));
      const angle = TWO_PI * u2;
      out[j] = radius * Math.cos(angle) * std + mean;
      out[j + BLOCK / 2] = radius * Math.sin(angle) * std + mean;
    }
  }
}

/**
 * `normal_(mean, std)`. Fewer than 16 values come one by one in double. Otherwise all uniforms are drawn first and
 * turned block by block; if a tail is left, 16 fresh uniforms replace the last 16 values, also those already turned.
 */
export function normal(generator: Mt19937, out: FloatArray, mean = 0, std = 1): void {
  demand(std >= 0, 'normal_', `std = ${std}`, 'a standard deviation is not negative');
  const size = out.length;
  if (size < BLOCK) {
    for (let i = 0; i < size; i++) out[i] = normal53(generator, mean, std);
    return;
  }
  const center = out instanceof Float32Array ? Math.fround(mean) : mean;
  const scale = out instanceof Float32Array ? Math.fround(std) : std;
  uniform(generator, out);
  for (let start = 0; start + BLOCK <= size; start += BLOCK) normalBlock(out, start, center, scale);
  if (size % BLOCK !== 0) {
    uniform(generator, out.subarray(size - BLOCK));
    normalBlock(out, size - BLOCK, center, scale);
  }
}

/** `log_normal_(mean, std)`: exp of normals drawn one by one in double, whatever the size. */
export function logNormal(generator: Mt19937, out: FloatArray, mean = 1, std = 2): void {
  demand(std > 0, 'logNormal_', `std = ${std}`, 'std must be positive');
  for (let i = 0; i < out.length; i++) out[i] = Math.exp(normal53(generator, mean, std));
}

/**
 * `random_(low, high)`: whole numbers in [low, high), the remainder of a 32-bit draw, or of a 64-bit draw where the
 * range needs one. Both bounds are integers below 2^53 in magnitude.
 */
export function randint(generator: Mt19937, out: TypedArray, low: number, high: number): void {
  const whole = Number.isSafeInteger(low) && Number.isSafeInteger(high);
  demand(whole && low < high, 'randint', `low = ${low}, high = ${high}`, 'both are integers and low is below high');
  const range = high - low;
  if (range < 2 ** 32) {
    for (let i = 0; i < out.length; i++) out[i] = (generator.random() % range) + low;
  } else {
    const wide = BigInt(high) - BigInt(low);
    for (let i = 0; i < out.length; i++) out[i] = Number((generator.random64() % wide) + BigInt(low));
  }
}

/**
 * `random_()` without bounds: from 0 to the largest value up to which a dtype holds every integer. int32 is drawn as
 * PyTorch's int32 (31 bits of one output), since 63 bits would not fit; `seed64` draws PyTorch's int64.
 */
export function randomInteger(generator: Mt19937, out: TypedArray, dtype: DType): void {
  for (let i = 0; i < out.length; i++) {
    if (dtype === 'float64') out[i] = Number(generator.random64() % ((1n << 53n) + 1n));
    else if (dtype === 'float32') out[i] = generator.random() % (2 ** 24 + 1);
    else if (dtype === 'int32') out[i] = generator.random() % 2 ** 31;
    else out[i] = generator.random() & (dtype === 'bool' ? 1 : 255);
  }
}

/** `randperm(n)`: Fisher and Yates from the front; entry i trades places with one of i .. n - 1. */
export function randperm(generator: Mt19937, n: number): Int32Array {
  demand(Number.isSafeInteger(n) && n >= 0, 'randperm', `n = ${n}`, 'n is an integer, not negative');
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  for (let i = 0; i < n - 1; i++) {
    const other = i + (generator.random() % (n - i));
    const held = order[i]!;
    order[i] = order[other]!;
    order[other] = held;
  }
  return order;
}

/**
 * `bernoulli_(p)` and `bernoulli(probabilities)`: 1 where a uniform lies below p. A number and float64 probabilities
 * take 53-bit uniforms (two outputs each), float32 probabilities 24-bit ones (one output).
 */
export function bernoulli(generator: Mt19937, out: TypedArray, p: number | FloatArray): void {
  const check = (value: number): void => {
    if (value >= 0 && value <= 1) return;
    demand(false, 'bernoulli', `p = ${value}`, 'a probability lies between 0 and 1');
  };
  if (typeof p === 'number') {
    check(p);
    for (let i = 0; i < out.length; i++) out[i] = uniform53(generator) < p ? 1 : 0;
    return;
  }
  demand(
    p.length === out.length,
    'bernoulli',
    `${p.length} probabilities for ${out.length} values`,
    'one probability a value',
  );
  p.forEach(check);
  const draw = p instanceof Float32Array ? uniform24 : uniform53;
  for (let i = 0; i < out.length; i++) out[i] = draw(generator) < p[i]! ? 1 : 0;
}

/** `exponential_(lambda)`: -log(1 - u) / lambda, in double. */
export function exponential(generator: Mt19937, out: FloatArray, lambda = 1): void {
  demand(lambda >= 0, 'exponential_', `lambda = ${lambda}`, 'a rate is not negative');
  for (let i = 0; i < out.length; i++) out[i] = (-1 / lambda) * Math.log1p(-uniform53(generator));
}

/** `cauchy_(median, sigma)`: median + sigma tan(pi (u - 1/2)), in double, u held one epsilon away from 0 and 1. */
export function cauchy(generator: Mt19937, out: FloatArray, median = 0, sigma = 1): void {
  for (let i = 0; i < out.length; i++) {
    const u = Math.min(Math.max(uniform53(generator), EPSILON), 1 - EPSILON);
    out[i] = median + sigma * Math.tan(Math.PI * (u - 0.5));
  }
}

/** `geometric_(p)`: the number of the first success, ceil(log u / log(1 - p)), in double. */
export function geometric(generator: Mt19937, out: TypedArray, p: number): void {
  demand(p > 0 && p < 1, 'geometric_', `p = ${p}`, 'p lies between 0 and 1, both excluded');
  for (let i = 0; i < out.length; i++) out[i] = Math.ceil(Math.log(uniform53(generator)) / Math.log1p(-p));
}

/**
 * `multinomial`: `numSamples` categories for each row of `probabilities` [rows, categories] (unnormalised), as int32
 * [rows, numSamples]. Without replacement the categories race: p / q with q exponential, the largest first. With
 * replacement, a binary search in the cumulative distribution.
 */
export function multinomial(
  generator: Mt19937,
  probabilities: FloatArray,
  categories: number,
  numSamples: number,
  replacement = false,
): Int32Array {
  const op = 'multinomial';
  demand(numSamples > 0, op, `numSamples = ${numSamples}`, 'at least one sample is drawn');
  demand(
    replacement || numSamples <= categories,
    op,
    `${numSamples} samples from ${categories} categories`,
    'without replacement there are no more samples than categories',
  );
  const rows = probabilities.length / categories;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (const p of probabilities.subarray(row * categories, (row + 1) * categories)) {
      if (!(p >= 0 && p < Infinity)) demand(false, op, `a probability of ${p}`, 'it is finite and not negative');
      sum += p;
    }
    demand(sum > 0, op, `row ${row} sums to 0`, 'a row needs a positive probability');
  }
  const out = new Int32Array(rows * numSamples);
  if (replacement) searchRows(generator, probabilities, categories, numSamples, out);
  else raceRows(generator, probabilities, categories, numSamples, out);
  return out;
}

/** The exponential race: all of q [rows, categories] is drawn first, in the dtype of the probabilities. */
function raceRows(generator: Mt19937, p: FloatArray, categories: number, numSamples: number, out: Int32Array): void {
  const ratio = p instanceof Float32Array ? new Float32Array(p.length) : new Float64Array(p.length);
  exponential(generator, ratio);
  for (let i = 0; i < p.length; i++) ratio[i] = p[i]! / ratio[i]!;
  for (let row = 0; row < p.length / categories; row++) {
    const scores = ratio.subarray(row * categories, (row + 1) * categories);
    const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
    for (let j = 0; j < numSamples; j++) out[row * numSamples + j] = order[j]!;
  }
}

/** The cumulative distribution is summed and normalised in the dtype of the probabilities, the uniforms are doubles. */
function searchRows(generator: Mt19937, p: FloatArray, categories: number, numSamples: number, out: Int32Array): void {
  const cumulative = p instanceof Float32Array ? new Float32Array(categories) : new Float64Array(categories);
  for (let row = 0; row < p.length / categories; row++) {
    let before = 0;
    for (let j = 0; j < categories; j++) {
      cumulative[j] = before + p[row * categories + j]!;
      before = cumulative[j]!;
    }
    for (let j = 0; j < categories; j++) cumulative[j] = cumulative[j]! / before;
    cumulative[categories - 1] = 1;
    for (let sample = 0; sample < numSamples; sample++) {
      const u = uniform53(generator);
      let left = 0;
      let right = categories;
      while (left < right) {
        const middle = left + Math.floor((right - left) / 2);
        if (cumulative[middle]! < u) left = middle + 1;
        else right = middle;
      }
      out[row * numSamples + sample] = left;
    }
  }
}

/**
 * erf to double precision. Up to 1.5 the series 2 / sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (1 3 5 ... (2n+1)), whose
 * terms share a sign; beyond, 1 minus the continued fraction of erfc. Abramowitz and Stegun, 7.1.6 and 7.1.14.
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (!(size < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  if (size <= 1.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  // 100 levels leave an error of about exp(-2 x sqrt(200)), below 1e-18 for x >= 1.5.
  let fraction = size;
  for (let n = 100; n >= 1; n--) fraction = size + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction));
}

/**
 * The inverse of erf: a rational guess (one in y^2 up to 0.7, one in sqrt(-log((1 - |y|) / 2)) beyond), then two steps
 * of Newton. `round` is Math.fround where PyTorch's arithmetic is float32; the steps then end on its value, not a
 * better one.
 */
export function erfinv(y: number, round: (value: number) => number = (value) => value): number {
  const size = Math.abs(y);
  if (!(size < 1)) return size === 1 ? y * Infinity : NaN;
  const horner = (coefficients: readonly number[], z: number): number =>
    coefficients.reduce((sum, coefficient) => round(sum * z + round(coefficient)), 0);
  let x: number;
  if (size <= 0.7) {
    const z = round(y * y);
    const above = horner([-0.140543331, 0.914624893, -1.645349621, 0.886226899], z);
    const below = horner([0.012229801, -0.329097515, 1.442710462, -2.118377725, 1], z);
    x = round(round(y * above) / below);
  } else {
    const z = round(Math.sqrt(round(-Math.log(round(round(1 - size) / 2)))));
    const above = horner([1.641345311, 3.429567803, -1.624906493, -1.970840454], z);
    const below = horner([1.6370678, 3.5438892, 1], z);
    x = Math.sign(y) * round(above / below);
  }
  for (let step = 0; step < 2; step++) {
    const slope = round(round(2 / Math.sqrt(Math.PI)) * round(Math.exp(round(-x * x))));
    x = round(x - round(round(round(erf(x)) - y) / slope));
  }
  return x;
}

/**
 * `nn.init.trunc_normal_`: a uniform between the values of 2 Phi - 1 at both bounds, through erfinv, scaled, and
 * clamped to [a, b]. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.trunc_normal_
 */
export function truncNormal(generator: Mt19937, out: FloatArray, mean = 0, std = 1, a = -2, b = 2): void {
  demand(std > 0 && a <= b, 'nn.init.truncNormal_', `std = ${std}, a = ${a}, b = ${b}`, 'std > 0 and a <= b');
  const round = out instanceof Float32Array ? Math.fround : (value: number): number => value;
  // 2 Phi(z) - 1 = erf(z / sqrt(2)).
  uniform(generator, out, erf((a - mean) / std / Math.SQRT2), erf((b - mean) / std / Math.SQRT2));
  const scale = round(std * Math.SQRT2);
  for (let i = 0; i < out.length; i++) {
    const value = round(round(erfinv(out[i]!, round) * scale) + round(mean));
    out[i] = Math.min(Math.max(value, round(a)), round(b));
  }
}
