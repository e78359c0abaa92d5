// What floats are made of: signs, exponents, infinities and NaN, and functions that change little else. A complex tensor
// there is not, so conj, real and their like are the tensor itself.

import { isFloat } from '../dtype.ts';
import { ArgumentError } from '../errors.ts';
import type { ScalarFunction } from '../core/op.ts';
import { define, optional, p, type Operand } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { applyPointwise, composite, onTape, resultType, toDType } from './apply.ts';
import { add, div, mul, reciprocal, row, rsub, sub, where } from './arithmetic.ts';
import { clamp } from './extrema.ts';
import { flat, floatFunction, oneTensor, times, withoutGradient } from './formula.ts';
import { abs, cos, eq, exp2, gt, isfinite, isnan, le, logicalAnd, logicalOr, lt, sign, sin } from './math.ts';
import { type NamedTuple, namedTuple } from './reduce.ts';

const operand = p.operand('other');
const isNegative = (a: number): boolean => a < 0 || Object.is(a, -0);

const copysignRow = row(
  'copysign',
  { float: [(a, b) => (isNegative(b) ? -Math.abs(a) : Math.abs(a)), 'wg_copysign(a, b)'], result: 'float' },
  (grad, { input, output }) => [mul(grad, mul(sign(input(0)), sign(output()))), null],
);

/** |input| with the sign of other, -0 included. https://pytorch.org/docs/stable/generated/torch.copysign.html */
export const copysign = define('copysign', [p.tensor('input'), operand], (input: Tensor, other: Operand): Tensor =>
  applyPointwise(copysignRow, [input, other]),
);

const heavisideRow = row(
  'heaviside',
  {
    float: [(a, b) => (a === 0 ? b : a > 0 ? 1 : 0), 'wg_heaviside(a, b)'],
    int: [(a, b) => (a === 0 ? b : a > 0 ? 1 : 0), 'select(select(0, 1, a > 0), b, a == 0)'],
    bool: [(a, b) => a | b, 'a | b'],
  },
  withoutGradient('heaviside'),
);

/** 0 below 0, 1 above, and `values` at 0. https://pytorch.org/docs/stable/generated/torch.heaviside.html */
export const heaviside = define(
  'heaviside',
  [p.tensor('input'), p.operand('values')],
  (input: Tensor, values: Operand): Tensor => applyPointwise(heavisideRow, [input, values]),
);

const floats32 = new Float32Array(1);
const bits32 = new Int32Array(floats32.buffer);
const floats64 = new Float64Array(1);
const bits64 = new BigInt64Array(floats64.buffer);

/** The number next to a towards b, by `step`, which moves the bits of a by one: their order is that of magnitudes. */
function neighbour(a: number, b: number, least: number, step: (a: number, by: 1 | -1) => number): number {
  if (a !== a || b !== b) return NaN;
  if (a === b) return b;
  if (a === 0) return b > 0 ? least : -least;
  return step(a, a < b === a > 0 ? 1 : -1);
}

function step32(a: number, by: 1 | -1): number {
  floats32[0] = a;
  bits32[0] += by;
  return floats32[0];
}

function step64(a: number, by: 1 | -1): number {
  floats64[0] = a;
  bits64[0] += BigInt(by);
  return floats64[0];
}

const single: ScalarFunction = (a, b) => neighbour(a, b, 2 ** -149, step32);
const nextafterRows = {
  float32: row('nextafter', { float: [single, 'wg_nextafter(a, b)'] }, withoutGradient('nextafter')),
  float64: row(
    'nextafterDouble',
    // float64 is on the CPU device only: the GPU never sees this row.
    {
      float: [(a, b) => neighbour(a, b, Number.MIN_VALUE, step64), 'wg_nextafter(a, b)'],
      gradName: 'NextafterBackward0',
    },
    withoutGradient('nextafter'),
  ),
};

/** The number next to input towards other, of those that the dtype has, denormals among them (a GPU may give these as 0). https://pytorch.org/docs/stable/generated/torch.nextafter.html */
export const nextafter = define(
  'nextafter',
  [p.tensor('input'), p.tensor('other')],
  (input: Tensor, other: Tensor): Tensor =>
    applyPointwise(nextafterRows[resultType([input, other]) === 'float64' ? 'float64' : 'float32'], [input, other]),
);

/** A test of one tensor: of floats by `[JavaScript, WGSL]`, of integers and booleans another. */
function test(
  name: string,
  float: readonly [(a: number) => boolean, string],
  whole: readonly [(a: number) => boolean, string],
) {
  const formula = ([run, wgsl]: typeof float) => [(a: number) => Number(run(a)), wgsl] as const;
  const table = row(name, { float: formula(float), int: formula(whole), bool: formula(whole), result: 'test' });
  return define(name, oneTensor, (input: Tensor): Tensor => applyPointwise(table, [input]));
}

const never = [() => false, 'false'] as const;
const always = [() => true, 'true'] as const;

/** The sign bit is set: of -0, too. https://pytorch.org/docs/stable/generated/torch.signbit.html */
export const signbit = test('signbit', [isNegative, 'wg_signbit(a)'], [(a) => a < 0, 'a < 0']);
/** https://pytorch.org/docs/stable/generated/torch.isposinf.html */
export const isposinf = test('isposinf', [(a) => a === Infinity, 'bitcast<u32>(a) == wg_infinity_bits'], never);
/** https://pytorch.org/docs/stable/generated/torch.isneginf.html */
export const isneginf = test('isneginf', [(a) => a === -Infinity, 'bitcast<u32>(a) == 0xff800000u'], never);
/** Every number here is. https://pytorch.org/docs/stable/generated/torch.isreal.html */
export const isreal = test('isreal', always, always);

/**
 * |input - other| <= atol + rtol |other|, or both are equal; NaN and NaN where `equalNan`.
 * https://pytorch.org/docs/stable/generated/torch.isclose.html
 */
export const isclose = define(
  'isclose',
  [
    p.tensor('input'),
    p.tensor('other'),
    optional(p.number('rtol'), 1e-5),
    optional(p.number('atol'), 1e-8),
    optional(p.bool('equalNan'), false),
  ],
  (input: Tensor, other: Tensor, rtol: number, atol: number, equalNan: boolean): Tensor => {
    if (rtol < 0 || atol < 0) {
      throw new ArgumentError({ op: 'isclose', fact: `rtol ${rtol}, atol ${atol}`, rule: 'neither may be negative' });
    }
    const float = (x: Tensor): Tensor => (isFloat(x.dtype) ? x : toDType(x, 'float32'));
    const same = eq(input, other);
    const equal = equalNan ? logicalOr(same, logicalAnd(isnan(input), isnan(other))) : same;
    const difference = abs(sub(float(input), float(other)));
    const allowed = add(mul(abs(float(other)), rtol), atol);
    return logicalOr(equal, logicalAnd(isfinite(difference), le(difference, allowed)));
  },
);

const mantissaRow = row('frexp', { float: [(a) => split(a)[0], 'wg_frexp_fraction(a)'] });
const exponentRow = row('frexpExponent', { float: [(a) => split(a)[1], 'wg_frexp_exponent(a)'] });

/** [m, e] with a = m 2^e and m of [1/2, 1); [a, 0] for 0, infinity and NaN. */
function split(a: number): readonly [number, number] {
  if (a === 0 || !Number.isFinite(a)) return [a, 0];
  let exponent = Math.max(Math.floor(Math.log2(Math.abs(a))) + 1, -1000);
  // The logarithm may be rounded up to the next integer, and denormals lie below.
  let mantissa = a * 2 ** -exponent;
  for (; Math.abs(mantissa) < 0.5; exponent--) mantissa *= 2;
  for (; Math.abs(mantissa) >= 1; exponent++) mantissa /= 2;
  return [mantissa, exponent];
}

/**
 * { mantissa, exponent } with input = mantissa 2^exponent, 1/2 <= |mantissa| < 1.
 * https://pytorch.org/docs/stable/generated/torch.frexp.html
 */
export const frexp = define('frexp', oneTensor, (input: Tensor): NamedTuple<{ mantissa: Tensor; exponent: Tensor }> => {
  const raw = applyPointwise(exponentRow, [Tensor.at(input.node, null)]);
  const exponent = toDType(raw, 'int32');
  const { node } = applyPointwise(mantissaRow, [Tensor.at(input.node, null)]);
  // The exponent is an input of the step: the gradient is grad / 2^exponent.
  const mantissa = onTape(
    'FrexpBackward0',
    (grad, context) => [div(grad, exp2(context.input(1))), null],
    [input, Tensor.at(raw.node, null)],
    node,
  );
  return namedTuple('frexp', { mantissa, exponent });
});

/** input 2^other. https://pytorch.org/docs/stable/generated/torch.ldexp.html */
export const ldexp = define('ldexp', [p.tensor('input'), p.tensor('other')], (input: Tensor, other: Tensor): Tensor =>
  mul(input, exp2(other)),
);

const largest = { float32: 3.4028234663852886e38, float64: Number.MAX_VALUE } as const;

/**
 * NaN becomes `nan`, the infinities `posinf` and `neginf`, or the largest numbers of the dtype.
 * https://pytorch.org/docs/stable/generated/torch.nan_to_num.html
 */
export const nanToNum = define(
  'nanToNum',
  [
    p.tensor('input'),
    optional(p.number('nan'), null),
    optional(p.number('posinf'), null),
    optional(p.number('neginf'), null),
  ],
  (input: Tensor, nan: number | null, posinf: number | null, neginf: number | null): Tensor => {
    const { dtype } = input;
    if (dtype !== 'float32' && dtype !== 'float64') return mul(input, 1);
    const [above, below] = [posinf ?? largest[dtype], neginf ?? -largest[dtype]];
    return composite(
      'NanToNumBackward0',
      [input],
      () => where(isnan(input), nan ?? 0, where(isposinf(input), above, where(isneginf(input), below, input))),
      (grad, { input }) => [where(isfinite(input(0)), grad, 0)],
    );
  },
);

/** 0, or pi for negative numbers; NaN stays. https://pytorch.org/docs/stable/generated/torch.angle.html */
export const angle = floatFunction(
  'angle',
  (a) => (a < 0 ? Math.PI : a !== a ? a : 0),
  flat,
  'select(wg_choose_bits(0.0, wg_nan_bits, wg_is_nan(a)), 3.14159265, wg_lt(a, 0.0))',
);

/** Degrees to radians. https://pytorch.org/docs/stable/generated/torch.deg2rad.html */
export const deg2rad = scaling('deg2rad', 'Deg2RadBackward0', Math.PI / 180);
/** Radians to degrees. https://pytorch.org/docs/stable/generated/torch.rad2deg.html */
export const rad2deg = scaling('rad2deg', 'Rad2DegBackward0', 180 / Math.PI);

function scaling(name: string, gradName: string, factor: number) {
  return floatFunction(
    name,
    (a) => a * factor,
    (grad) => [mul(grad, factor)],
    `a * ${factor}`,
    gradName,
  );
}

/** sin(pi x) / (pi x), 1 at 0. https://pytorch.org/docs/stable/special.html#torch.special.sinc */
export const sinc = floatFunction(
  'sinc',
  (a) => (a === 0 ? 1 : Math.sin(Math.PI * a) / (Math.PI * a)),
  times(({ input }) => {
    // (cos(pi x) - sinc(x)) / x; near 0 its series, for the difference cancels there.
    const x = input(0);
    const near = lt(abs(x), 0.05);
    const safe = where(near, 1, x);
    const squared = mul(x, x);
    const series = mul(
      x,
      add(mul(squared, add(mul(squared, -(Math.PI ** 6) / 840), Math.PI ** 4 / 30)), -(Math.PI ** 2) / 3),
    );
    const turned = mul(safe, Math.PI);
    return where(near, series, div(sub(cos(turned), div(sin(turned), turned)), safe));
  }),
);

const logitOf = floatFunction(
  'logit',
  (a) => Math.log(a / (1 - a)),
  times(({ input }) => {
    const x = input(0);
    const slope = reciprocal(mul(x, rsub(x, 1)));
    return where(logicalOr(lt(x, 0), gt(x, 1)), NaN, slope);
  }),
);

/**
 * log(x / (1 - x)), with x kept between eps and 1 - eps where eps is given.
 * https://pytorch.org/docs/stable/special.html#torch.special.logit
 */
export const logit = define(
  'logit',
  [p.tensor('input'), optional(p.number('eps'), null)],
  (input: Tensor, eps: number | null): Tensor => logitOf(eps === null ? input : clamp(input, eps, 1 - eps)),
);

/** The tensor itself: what PyTorch's functions of complex numbers are for real ones. */
function itself(name: string) {
  return define(name, oneTensor, (input: Tensor): Tensor => input);
}

/** https://pytorch.org/docs/stable/generated/torch.conj.html */
export const conj = itself('conj');
/** https://pytorch.org/docs/stable/generated/torch.conj_physical.html */
export const conjPhysical = itself('conjPhysical');
/** https://pytorch.org/docs/stable/generated/torch.resolve_conj.html */
export const resolveConj = itself('resolveConj');
/** https://pytorch.org/docs/stable/generated/torch.resolve_neg.html */
export const resolveNeg = itself('resolveNeg');
/** https://pytorch.org/docs/stable/generated/torch.real.html */
export const real = itself('real');

/** The tensor itself; booleans have no sign. https://pytorch.org/docs/stable/generated/torch.positive.html */
export const positive = define('positive', oneTensor, (input: Tensor): Tensor => {
  if (input.dtype !== 'bool') return input;
  throw new ArgumentError({ op: 'positive', fact: 'a bool tensor', rule: 'only numbers have a sign' });
});
