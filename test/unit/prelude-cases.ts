// What every function of shaders/prelude must answer: inputs, a float64 reference, and the error allowed. Pure data:
// the device suites run it on each adapter. Knows nothing of WebGPU.

import { digamma, erf, erfc, erfinv, lgamma } from '../../src/host/special.ts';
import { floorDivide, pow, remainder, roundHalfEven } from './special-reference.ts';

/** A function of one or two f32 to f32. Inputs are f32 numbers, one row per call. */
export interface PreludeCase {
  readonly name: string;
  /** The WGSL function. */
  readonly wgsl: string;
  readonly arity: 1 | 2;
  readonly inputs: readonly (readonly number[])[];
  readonly reference: (a: number, b?: number) => number;
  /** Allowed: |got - reference| <= absolute + relative |reference|, and special values bit by bit (see `agrees`). */
  readonly relative: number;
  readonly absolute: number;
}

/** A function of one or two f32 to bool. */
export interface PreludePredicate {
  readonly wgsl: string;
  readonly arity: 1 | 2;
  readonly inputs: readonly (readonly number[])[];
  readonly reference: (a: number, b?: number) => boolean;
}

/** A function of f32 or i32 operands to i32 or u32, compared exactly, as 32-bit words. */
export interface PreludeIntegerCase {
  readonly wgsl: string;
  readonly operand: 'f32' | 'i32';
  readonly result: 'i32' | 'u32';
  readonly arity: 1 | 2;
  readonly inputs: readonly (readonly number[])[];
  readonly reference: (a: number, b?: number) => number;
}

/** The smallest normal f32: results below it may be flushed to zero by an adapter. */
const SMALLEST_NORMAL = 2 ** -126;

/**
 * Whether `got` (an f32) answers for `reference`: NaN for NaN, infinities and zeros by their sign, everything else
 * within the bounds; a reference below the normal numbers may come as any number of its size, or as zero.
 */
export function agrees(got: number, reference: number, relative: number, absolute: number): boolean {
  const expected = Math.fround(reference);
  if (Number.isNaN(expected) || !Number.isFinite(expected) || reference === 0) return Object.is(got, expected);
  if (!Number.isFinite(got)) return false;
  if (Math.abs(reference) < SMALLEST_NORMAL) return Math.abs(got - reference) <= SMALLEST_NORMAL + absolute;
  return Math.abs(got - reference) <= absolute + relative * Math.abs(reference);
}

// One value of each kind, both signs: zero, tiny, small, ordinary, huge, infinite; and NaN.
const positive = [0, 1e-30, 1e-6, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 7, 100, 16777216, 1e10, 1e30, 3.4e38, Infinity];
export const specialValues: readonly number[] = [...positive.flatMap((x) => [Math.fround(x), Math.fround(-x)]), NaN];

/** `count` f32 numbers from `low` to `high`, evenly spaced. */
export function linear(low: number, high: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.fround(low + ((high - low) * index) / (count - 1)));
}

/** `count` f32 numbers of both signs whose magnitudes run evenly in the exponent from 2^low to 2^high. */
export function logarithmic(low: number, high: number, count: number): number[] {
  return linear(low, high, count >> 1).flatMap((power) => [Math.fround(2 ** power), Math.fround(-(2 ** power))]);
}

const everywhere = [...specialValues, ...logarithmic(-100, 127.9, 600), ...linear(-10, 10, 401)];
const unit = [...specialValues, ...logarithmic(-100, 0, 200), ...linear(-1, 1, 601), ...linear(0.999, 1, 51)];
const exponents = [...specialValues, ...logarithmic(-60, 6, 200), ...linear(-100, 88, 401), ...linear(-2, 2, 201)];

/** Multiples of pi / 2 as near as f32 comes, on both sides of where the reduction of angles changes; and up to 3e38. */
const turns = Array.from({ length: 1100 }, (_, n) => Math.fround((n * Math.PI) / 2));
const angles = [...everywhere, ...turns, ...linear(1590, 1610, 201), ...logarithmic(-2, 20, 800)];

function unary(values: readonly number[]): number[][] {
  return values.map((value) => [value]);
}

/** Every special value with every other, then pairs of the two lists, each against a shuffled partner. */
function pairs(first: readonly number[], second: readonly number[]): number[][] {
  const special = specialValues.flatMap((a) => specialValues.map((b) => [a, b]));
  const ordinary = first.map((a, index) => [a, second[(index * 7919 + 13) % second.length] ?? 1]);
  return [...special, ...ordinary];
}

type Unary = readonly [
  name: string,
  reference: (x: number) => number,
  values: readonly number[],
  ulps: number,
  absolute?: number,
];

/** One unit in the last place, relative to the smallest significand. */
const ULP = 2 ** -23;

// V8's sin, cos and tan reduce their argument exactly, so they serve as references for huge angles too.
const unaryRows: readonly Unary[] = [
  ['abs', Math.abs, everywhere, 0],
  ['neg', (x) => -x, everywhere, 0],
  ['sign', (x) => (x > 0 ? 1 : x < 0 ? -1 : 0), everywhere, 0],
  ['round', roundHalfEven, [...everywhere, ...linear(-9.5, 9.5, 39)], 0],
  ['trunc', Math.trunc, everywhere, 0],
  ['floor', Math.floor, everywhere, 0],
  ['ceil', Math.ceil, everywhere, 0],
  ['frac', (x) => x - Math.trunc(x), everywhere, 0],
  ['exp', Math.exp, exponents, 2],
  ['exp2', (x) => 2 ** x, [...exponents, ...linear(-126, 127, 254)], 3],
  ['expm1', Math.expm1, exponents, 5],
  ['sigmoid', (x) => 1 / (1 + Math.exp(-x)), exponents, 6],
  ['log', Math.log, [...everywhere, ...linear(0.4, 2.5, 301)], 4],
  ['log2', Math.log2, [...everywhere, ...linear(0.4, 2.5, 301)], 5],
  ['log10', Math.log10, [...everywhere, ...linear(0.4, 2.5, 301)], 5],
  ['log1p', Math.log1p, [...everywhere, ...linear(-1, 1.5, 4001)], 5],
  ['sqrt', Math.sqrt, everywhere, 3],
  ['rsqrt', (x) => 1 / Math.sqrt(x), everywhere, 5],
  ['sin', Math.sin, angles, 3],
  ['cos', Math.cos, angles, 3],
  ['tan', Math.tan, angles, 5],
  ['asin', Math.asin, unit, 4],
  ['acos', Math.acos, unit, 4],
  ['atan', Math.atan, everywhere, 4],
  ['sinh', Math.sinh, [...exponents, ...linear(87, 89.5, 301)], 4],
  ['cosh', Math.cosh, [...exponents, ...linear(87, 89.5, 301)], 4],
  ['tanh', Math.tanh, exponents, 4],
  ['asinh', Math.asinh, everywhere, 6],
  ['acosh', Math.acosh, [...everywhere, ...linear(1, 1.1, 51)], 6],
  ['atanh', Math.atanh, unit, 6],
  ['erf', erf, exponents, 4],
  ['erfc', erfc, [...specialValues, ...linear(-9.5, 9.5, 601), ...linear(9, 12, 61)], 8],
  ['erfinv', erfinv, unit, 8],
  // Between negative poles the sign changes, and the error is absolute.
  ['lgamma', lgamma, [...specialValues, ...logarithmic(-60, 120, 300), ...linear(0.01, 8, 400)], 20, 2e-6],
  ['lgamma', lgamma, linear(-9.97, -0.03, 200), 20, 1e-5],
  ['digamma', digamma, [...specialValues, ...linear(0.01, 12, 400), ...linear(1.4, 1.5, 41)], 20, 2e-7],
  ['digamma', digamma, linear(-9.97, -0.03, 200), 20, 2e-5],
];

const logAddExp = (a: number, b: number): number => {
  const top = Math.max(a, b);
  return Math.abs(top) === Infinity ? top : top + Math.log1p(Math.exp(Math.min(a, b) - top));
};

type Binary = readonly [
  name: string,
  reference: (a: number, b: number) => number,
  inputs: number[][],
  ulps: number,
  absolute?: number,
];

const ordinary = [...linear(-10, 10, 501), ...logarithmic(-20, 20, 200)];

const binaryRows: readonly Binary[] = [
  ['copysign', (a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a)), pairs(ordinary, ordinary), 0],
  ['maximum', (a, b) => (a > b || Number.isNaN(a) ? a : b), pairs(ordinary, ordinary), 0],
  ['minimum', (a, b) => (a < b || Number.isNaN(a) ? a : b), pairs(ordinary, ordinary), 0],
  ['fmax', (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) || a > b ? a : b), pairs(ordinary, ordinary), 0],
  ['fmin', (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) || a < b ? a : b), pairs(ordinary, ordinary), 0],
  ['fmod', (a, b) => a % b, pairs(logarithmic(-100, 127, 600), logarithmic(-90, 100, 500)), 0],
  ['remainder', remainder, pairs(logarithmic(-100, 127, 600), logarithmic(-90, 100, 500)), 0],
  ['floor_divide', floorDivide, pairs(ordinary, ordinary), 3],
  ['hypot', Math.hypot, pairs(logarithmic(-90, 120, 600), logarithmic(-90, 120, 500)), 4],
  ['atan2', Math.atan2, pairs(ordinary, ordinary), 5],
  // Where the larger is about -log 2 the answer is near 0, and what is added to it is rounded.
  ['logaddexp', logAddExp, pairs(linear(0.5, 90, 401), ordinary), 4, 5e-8],
  ['pow', pow, pairs(linear(0.01, 10, 500), linear(-35, 35, 401)), 6],
  ['pow', pow, pairs(linear(-12, 12, 49), linear(-12, 12, 25)), 6],
  // Bases next to 1 with huge exponents: all of the result is the low part of the logarithm.
  ['pow', pow, linear(-80, 80, 161).map((y) => [1 + 2 ** -18, Math.fround(y * 2 ** 18)]), 6],
];

export const preludeCases: readonly PreludeCase[] = [
  ...unaryRows.map(([name, reference, values, ulps, absolute = 0]): PreludeCase => ({
    name,
    wgsl: `wg_${name}`,
    arity: 1,
    inputs: unary(values),
    reference: (a) => reference(a),
    relative: ulps * ULP,
    absolute,
  })),
  ...binaryRows.map(([name, reference, inputs, ulps, absolute = 0]): PreludeCase => ({
    name,
    wgsl: `wg_${name}`,
    arity: 2,
    inputs,
    reference: (a, b = NaN) => reference(a, b),
    relative: ulps * ULP,
    absolute,
  })),
];

function predicate(wgsl: string, test: (a: number) => boolean): PreludePredicate {
  return { wgsl, arity: 1, inputs: unary(specialValues), reference: (a) => test(a) };
}

function comparison(wgsl: string, test: (a: number, b: number) => boolean): PreludePredicate {
  return { wgsl, arity: 2, inputs: pairs([], []), reference: (a, b = NaN) => test(a, b) };
}

export const preludePredicates: readonly PreludePredicate[] = [
  predicate('wg_is_nan', Number.isNaN),
  predicate('wg_is_inf', (x) => Math.abs(x) === Infinity),
  predicate('wg_is_finite', Number.isFinite),
  predicate('wg_signbit', (x) => x < 0 || Object.is(x, -0)),
  predicate('wg_f32_to_bool', (x) => x !== 0),
  comparison('wg_eq', (a, b) => a === b),
  comparison('wg_ne', (a, b) => a !== b),
  comparison('wg_lt', (a, b) => a < b),
  comparison('wg_le', (a, b) => a <= b),
  comparison('wg_gt', (a, b) => a > b),
  comparison('wg_ge', (a, b) => a >= b),
];

const INT_MIN = -(2 ** 31);
const integers = [0, 1, -1, 2, -2, 3, -3, 7, -7, 10, 31, 32, 33, 1000, -1001, 65536, 2 ** 31 - 1, INT_MIN, INT_MIN + 1];
const integerPairs = integers.flatMap((a) => integers.map((b) => [a, b]));
const conversions = unary([...specialValues, ...logarithmic(-2, 60, 400), ...linear(-300.5, 300.5, 301)]);

function integerCase(wgsl: string, reference: (a: number, b: number) => number): PreludeIntegerCase {
  return {
    wgsl,
    operand: 'i32',
    result: 'i32',
    arity: 2,
    inputs: integerPairs,
    reference: (a, b = 0) => reference(a, b),
  };
}

/** base^exponent modulo 2^32 by plain multiplication of big integers, and PyTorch's answers for negative exponents. */
function integerPower(base: number, exponent: number): number {
  if (exponent < 0) return base === 1 ? 1 : base === -1 ? (exponent % 2 === 0 ? 1 : -1) : 0;
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = BigInt.asIntN(32, result * result * (bit === '1' ? BigInt(base) : 1n));
  }
  return Number(result);
}

export const preludeIntegerCases: readonly PreludeIntegerCase[] = [
  integerCase('wg_i32_trunc_divide', (a, b) => (b === 0 ? 0 : a / b) | 0),
  integerCase('wg_i32_fmod', (a, b) => (b === 0 ? 0 : a % b) | 0),
  integerCase('wg_i32_floor_divide', (a, b) => (b === 0 ? 0 : Math.floor(a / b)) | 0),
  integerCase('wg_i32_remainder', (a, b) => (b === 0 ? 0 : a - b * Math.floor(a / b)) | 0),
  integerCase('wg_i32_pow', integerPower),
  integerCase('wg_i32_shift_left', (a, b) => (b < 0 || b > 31 ? 0 : a << b)),
  integerCase('wg_i32_shift_right', (a, b) => a >> (b < 0 || b > 31 ? 31 : b)),
  { wgsl: 'wg_f32_to_i32', operand: 'f32', result: 'i32', arity: 1, inputs: conversions, reference: (a) => a | 0 },
  { wgsl: 'wg_f32_to_u8', operand: 'f32', result: 'u32', arity: 1, inputs: conversions, reference: (a) => a & 255 },
  { wgsl: 'wg_i32_to_u8', operand: 'i32', result: 'u32', arity: 1, inputs: unary(integers), reference: (a) => a & 255 },
];

/** Known answers of Philox4x32-10: the file kat_vectors of Random123 (https://github.com/DEShawResearch/random123). */
export const philoxCases: readonly {
  readonly counter: readonly number[];
  readonly key: readonly number[];
  readonly words: readonly number[];
}[] = [
  { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];
