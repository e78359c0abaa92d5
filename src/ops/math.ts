// Pointwise functions of one tensor, comparisons and logic. Accuracy on the GPU is the business of shaders/prelude.

import type { ScalarFunction } from '../core/op.ts';
import {
  digamma as digammaOf,
  erf as erfOf,
  erfc as erfcOf,
  erfinv as erfinvOf,
  lgamma as lgammaOf,
} from '../host/special.ts';
import { define, optional, p, type Operand } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { applyPointwise } from './apply.ts';
import { add, div, mul, neg, reciprocal, row, rsub, square, sub, where } from './arithmetic.ts';
import { flat, floatFunction, keepFunction, times } from './formula.ts';
import { polygammaOf } from './polygamma.ts';

/** e^input. https://pytorch.org/docs/stable/generated/torch.exp.html */
export const exp = floatFunction(
  'exp',
  Math.exp,
  times(({ output }) => output()),
);
/** 2^input. https://pytorch.org/docs/stable/generated/torch.exp2.html */
export const exp2 = floatFunction(
  'exp2',
  (a) => 2 ** a,
  times(({ output }) => mul(output(), Math.LN2)),
);
/** e^input - 1, exact near 0. https://pytorch.org/docs/stable/generated/torch.expm1.html */
export const expm1 = floatFunction(
  'expm1',
  Math.expm1,
  times(({ output }) => add(output(), 1)),
);
/** Binary logarithm. https://pytorch.org/docs/stable/generated/torch.log2.html */
export const log2 = floatFunction('log2', Math.log2, (grad, { input }) => [div(grad, mul(input(0), Math.LN2))]);
/** Decimal logarithm. https://pytorch.org/docs/stable/generated/torch.log10.html */
export const log10 = floatFunction('log10', Math.log10, (grad, { input }) => [div(grad, mul(input(0), Math.LN10))]);
/** log(1 + input), exact near 0. https://pytorch.org/docs/stable/generated/torch.log1p.html */
export const log1p = floatFunction('log1p', Math.log1p, (grad, { input }) => [div(grad, add(input(0), 1))]);
/** 1 / sqrt(input). https://pytorch.org/docs/stable/generated/torch.rsqrt.html */
export const rsqrt = floatFunction(
  'rsqrt',
  (a) => 1 / Math.sqrt(a),
  times(({ output }) => mul(mul(square(output()), output()), -0.5)),
);
/** Sine of radians. https://pytorch.org/docs/stable/generated/torch.sin.html */
export const sin = floatFunction('sin', Math.sin, (grad, { input }) => [mul(grad, cos(input(0)))]);
/** Cosine of radians. https://pytorch.org/docs/stable/generated/torch.cos.html */
export const cos: typeof sin = floatFunction('cos', Math.cos, (grad, { input }) => [neg(mul(grad, sin(input(0))))]);
/** Tangent of radians. https://pytorch.org/docs/stable/generated/torch.tan.html */
export const tan = floatFunction(
  'tan',
  Math.tan,
  times(({ output }) => add(square(output()), 1)),
);
/** Arc sine, in radians. https://pytorch.org/docs/stable/generated/torch.asin.html */
export const asin = floatFunction(
  'asin',
  Math.asin,
  times(({ input }) => rsqrt(rest(square(input(0))))),
);
/** Arc cosine, in radians. https://pytorch.org/docs/stable/generated/torch.acos.html */
export const acos = floatFunction(
  'acos',
  Math.acos,
  times(({ input }) => neg(rsqrt(rest(square(input(0)))))),
);
/** Arc tangent, in radians. https://pytorch.org/docs/stable/generated/torch.atan.html */
export const atan = floatFunction(
  'atan',
  Math.atan,
  times(({ input }) => reciprocal(add(square(input(0)), 1))),
);
/** Hyperbolic sine. https://pytorch.org/docs/stable/generated/torch.sinh.html */
export const sinh = floatFunction('sinh', Math.sinh, (grad, { input }) => [mul(grad, cosh(input(0)))]);
/** Hyperbolic cosine. https://pytorch.org/docs/stable/generated/torch.cosh.html */
export const cosh: typeof sinh = floatFunction('cosh', Math.cosh, (grad, { input }) => [mul(grad, sinh(input(0)))]);
/** Hyperbolic tangent. https://pytorch.org/docs/stable/generated/torch.tanh.html */
export const tanh = floatFunction(
  'tanh',
  Math.tanh,
  times(({ output }) => rest(square(output()))),
);
/** Inverse hyperbolic sine. https://pytorch.org/docs/stable/generated/torch.asinh.html */
export const asinh = floatFunction(
  'asinh',
  Math.asinh,
  times(({ input }) => rsqrt(add(square(input(0)), 1))),
);
/** Inverse hyperbolic cosine. https://pytorch.org/docs/stable/generated/torch.acosh.html */
export const acosh = floatFunction(
  'acosh',
  Math.acosh,
  times(({ input }) => rsqrt(sub(square(input(0)), 1))),
);
/** Inverse hyperbolic tangent. https://pytorch.org/docs/stable/generated/torch.atanh.html */
export const atanh = floatFunction(
  'atanh',
  Math.atanh,
  times(({ input }) => reciprocal(rest(square(input(0))))),
);
/** 1 / (1 + e^-input). https://pytorch.org/docs/stable/generated/torch.sigmoid.html */
export const sigmoid = floatFunction(
  'sigmoid',
  (a) => (a >= 0 ? 1 / (1 + Math.exp(-a)) : Math.exp(a) / (1 + Math.exp(a))),
  times(({ output }) => mul(output(), rest(output()))),
);
/** The error function. https://pytorch.org/docs/stable/special.html#torch.special.erf */
export const erf = floatFunction(
  'erf',
  erfOf,
  times(({ input }) => gaussian(input(0), 2 / Math.sqrt(Math.PI))),
);
/** 1 - erf(input), exact for large input. https://pytorch.org/docs/stable/special.html#torch.special.erfc */
export const erfc = floatFunction(
  'erfc',
  erfcOf,
  times(({ input }) => gaussian(input(0), -2 / Math.sqrt(Math.PI))),
);
/** The inverse of erf. https://pytorch.org/docs/stable/special.html#torch.special.erfinv */
export const erfinv = floatFunction(
  'erfinv',
  erfinvOf,
  times(({ output }) => mul(exp(square(output())), Math.sqrt(Math.PI) / 2)),
);
/** log |gamma(input)|. https://pytorch.org/docs/stable/generated/torch.lgamma.html */
export const lgamma = floatFunction('lgamma', lgammaOf, (grad, { input }) => [mul(grad, digamma(input(0)))]);
/** The derivative of lgamma. https://pytorch.org/docs/stable/special.html#torch.special.digamma */
export const digamma = floatFunction(
  'digamma',
  digammaOf,
  times(({ input }) => polygammaOf(input(0), 1)),
);

/** 1 - x. */
function rest(x: Tensor): Tensor {
  return rsub(x, 1);
}

/** factor * e^(-x^2). */
function gaussian(x: Tensor, factor: number): Tensor {
  return mul(exp(neg(square(x))), factor);
}

/** |input|. https://pytorch.org/docs/stable/generated/torch.abs.html */
export const abs = keepFunction(
  'abs',
  Math.abs,
  times(({ input }) => sign(input(0))),
  'wg_abs(a)',
  [Math.abs, 'abs(a)'],
);
/** -1, 0 or 1. https://pytorch.org/docs/stable/generated/torch.sign.html */
export const sign: typeof abs = keepFunction('sign', signOf, flat, 'wg_sign(a)', [Math.sign, 'sign(a)']);
/** The largest integer not above. https://pytorch.org/docs/stable/generated/torch.floor.html */
export const floor = keepFunction('floor', Math.floor, flat);
/** The smallest integer not below. https://pytorch.org/docs/stable/generated/torch.ceil.html */
export const ceil = keepFunction('ceil', Math.ceil, flat);
/** Towards zero. https://pytorch.org/docs/stable/generated/torch.trunc.html */
export const trunc = keepFunction('trunc', Math.trunc, flat);
/** input - trunc(input). https://pytorch.org/docs/stable/generated/torch.frac.html */
export const frac = keepFunction(
  'frac',
  (a) => a - Math.trunc(a),
  (grad) => [grad],
);
const roundInteger = keepFunction('round', roundHalfEven, flat);

/** To the nearest integer (halves to even), or to `decimals` places. https://pytorch.org/docs/stable/generated/torch.round.html */
export const round = define(
  'round',
  [p.tensor('input'), optional(p.int('decimals'), 0)],
  (input: Tensor, decimals: number): Tensor => {
    if (decimals === 0) return roundInteger(input);
    const scale = 10 ** Math.abs(decimals);
    return decimals > 0 ? div(roundInteger(mul(input, scale)), scale) : mul(roundInteger(div(input, scale)), scale);
  },
);

function signOf(a: number): number {
  return a > 0 ? 1 : a < 0 ? -1 : 0;
}

/** To the nearest integer, halves to even; what rounds to 0 keeps its sign. */
function roundHalfEven(a: number): number {
  const down = Math.floor(a);
  const rest = a - down;
  const up = rest > 0.5 || (rest === 0.5 && down % 2 !== 0);
  const rounded = up ? down + 1 : down;
  return rounded === 0 && a < 0 ? -0 : rounded;
}

const reluRow = row(
  'relu',
  { float: [(a) => (a > 0 || a !== a ? a : 0), 'wg_relu(a)'], int: [(a) => Math.max(a, 0), 'max(a, 0)'] },
  (grad, { output }) => [where(gt(output(), 0), grad, 0)],
);

/** max(input, 0). https://pytorch.org/docs/stable/generated/torch.relu.html */
export const relu = define('relu', [p.tensor('input')], (input: Tensor): Tensor => applyPointwise(reluRow, [input]));

/** A comparison: both dtypes meet in one, the answer is bool, no gradient. */
function comparison(name: string, cpu: ScalarFunction, integer: string) {
  const table = row(name, {
    float: [cpu, `wg_${name}(a, b)`],
    int: [cpu, integer],
    bool: [cpu, integer],
    result: 'test',
  });
  return define(name, [p.tensor('input'), p.operand('other')], (input: Tensor, other: Operand): Tensor =>
    applyPointwise(table, [input, other]),
  );
}

/** input == other, element by element. https://pytorch.org/docs/stable/generated/torch.eq.html */
export const eq = comparison('eq', (a, b) => Number(a === b), 'a == b');
/** input != other, element by element. https://pytorch.org/docs/stable/generated/torch.ne.html */
export const ne = comparison('ne', (a, b) => Number(a !== b), 'a != b');
/** input < other, element by element. https://pytorch.org/docs/stable/generated/torch.lt.html */
export const lt = comparison('lt', (a, b) => Number(a < b), 'a < b');
/** input <= other, element by element. https://pytorch.org/docs/stable/generated/torch.le.html */
export const le = comparison('le', (a, b) => Number(a <= b), 'a <= b');
/** input > other, element by element. https://pytorch.org/docs/stable/generated/torch.gt.html */
export const gt = comparison('gt', (a, b) => Number(a > b), 'a > b');
/** input >= other, element by element. https://pytorch.org/docs/stable/generated/torch.ge.html */
export const ge = comparison('ge', (a, b) => Number(a >= b), 'a >= b');

/** A truth function over the truth (!= 0) of its operands. */
function logical(name: string, cpu: (a: boolean, b: boolean) => boolean, wgsl: string) {
  const run: ScalarFunction = (a, b) => Number(cpu(a !== 0, b !== 0));
  return row(name, {
    float: [run, wgsl.replace(/[ab]/g, 'wg_f32_to_bool($&)')],
    int: [run, wgsl.replace(/[ab]/g, '($& != 0)')],
    bool: [run, wgsl.replace(/[ab]/g, '($& != 0)')],
    result: 'test',
  });
}

// & and |, as && and || are branches: with 16 elements a turn they keep a software adapter's compiler busy for minutes.
const andRow = logical('logicalAnd', (a, b) => a && b, 'a & b');
const orRow = logical('logicalOr', (a, b) => a || b, 'a | b');
const xorRow = logical('logicalXor', (a, b) => a !== b, 'a != b');
const notRow = logical('logicalNot', (a) => !a, '!a');
const pair = [p.tensor('input'), p.tensor('other')] as const;

/** Both are non-zero. https://pytorch.org/docs/stable/generated/torch.logical_and.html */
export const logicalAnd = define('logicalAnd', pair, (input: Tensor, other: Tensor): Tensor =>
  applyPointwise(andRow, [input, other]),
);
/** One or both are non-zero. https://pytorch.org/docs/stable/generated/torch.logical_or.html */
export const logicalOr = define('logicalOr', pair, (input: Tensor, other: Tensor): Tensor =>
  applyPointwise(orRow, [input, other]),
);
/** Exactly one is non-zero. https://pytorch.org/docs/stable/generated/torch.logical_xor.html */
export const logicalXor = define('logicalXor', pair, (input: Tensor, other: Tensor): Tensor =>
  applyPointwise(xorRow, [input, other]),
);
/** The element is zero. https://pytorch.org/docs/stable/generated/torch.logical_not.html */
export const logicalNot = define('logicalNot', [p.tensor('input')], (input: Tensor): Tensor =>
  applyPointwise(notRow, [input]),
);

/** A test of floats; integers never pass (or always, for `isfinite`). */
function floatTest(name: string, cpu: (a: number) => boolean, wgsl: string, integers: boolean) {
  const constant = Number(integers);
  const table = row(name, {
    float: [(a) => Number(cpu(a)), wgsl],
    int: [() => constant, String(integers)],
    bool: [() => constant, String(integers)],
    result: 'test',
  });
  return define(name, [p.tensor('input')], (input: Tensor): Tensor => applyPointwise(table, [input]));
}

/** The element is NaN. https://pytorch.org/docs/stable/generated/torch.isnan.html */
export const isnan = floatTest('isnan', Number.isNaN, 'wg_is_nan(a)', false);
/** The element is infinite. https://pytorch.org/docs/stable/generated/torch.isinf.html */
export const isinf = floatTest('isinf', (a) => Math.abs(a) === Infinity, 'wg_is_inf(a)', false);
/** The element is neither NaN nor infinite. https://pytorch.org/docs/stable/generated/torch.isfinite.html */
export const isfinite = floatTest('isfinite', Number.isFinite, 'wg_is_finite(a)', true);

/** Bit by bit; for booleans the logical twin. */
function bitwise(name: string, cpu: ScalarFunction, symbol: string) {
  const table = row(name, { int: [cpu, `a ${symbol} b`], bool: [cpu, `a ${symbol} b`] });
  return define(name, [p.tensor('input'), p.operand('other')], (input: Tensor, other: Operand): Tensor =>
    applyPointwise(table, [input, other]),
  );
}

/** https://pytorch.org/docs/stable/generated/torch.bitwise_and.html */
export const bitwiseAnd = bitwise('bitwiseAnd', (a, b) => a & b, '&');
/** https://pytorch.org/docs/stable/generated/torch.bitwise_or.html */
export const bitwiseOr = bitwise('bitwiseOr', (a, b) => a | b, '|');
/** https://pytorch.org/docs/stable/generated/torch.bitwise_xor.html */
export const bitwiseXor = bitwise('bitwiseXor', (a, b) => a ^ b, '^');

const bitNotRow = row('bitwiseNot', { int: [(a) => ~a, '~a'], bool: [(a) => 1 - a, '1 - a'] });
/** https://pytorch.org/docs/stable/generated/torch.bitwise_not.html */
export const bitwiseNot = define('bitwiseNot', [p.tensor('input')], (input: Tensor): Tensor =>
  applyPointwise(bitNotRow, [input]),
);
