// Pointwise arithmetic of one to three tensors: the rows with their formulas and gradients, and the functions over them.
// Gradients are written in the same functions, so gradients of gradients come free; broadcasting is undone by the walk.

import { isFloat } from '../dtype.ts';
import { ArgumentError, DTypeError } from '../errors.ts';
import type { PointwiseOp, ScalarFunction } from '../core/op.ts';
import { define, optional, p, type Operand } from '../core/signature.ts';
import { type Rule, Tensor } from '../core/tensor.ts';
import { applyPointwise, gradNameOf, type PointwiseRow, resultType, savesNothing } from './apply.ts';

interface RowParts {
  readonly float?: readonly [ScalarFunction, string];
  readonly int?: readonly [ScalarFunction, string];
  readonly bool?: readonly [ScalarFunction, string];
  readonly result?: PointwiseRow['result'];
  readonly gradName?: string;
  readonly mask?: boolean;
}

/** A row of the table from `[JavaScript, WGSL]` per arithmetic. */
export function row(name: string, parts: RowParts, backward: Rule | null = null): PointwiseRow {
  const cpu: Record<string, ScalarFunction> = {};
  const wgsl: Record<string, string> = {};
  for (const arithmetic of ['float', 'int', 'bool'] as const) {
    const formula = parts[arithmetic];
    if (formula === undefined) continue;
    cpu[arithmetic] = formula[0];
    wgsl[arithmetic] = formula[1];
  }
  const result = parts.result ?? 'same';
  const op: PointwiseOp = { kind: 'pointwise', name, cpu, wgsl, test: result === 'test' };
  return { ...op, result, mask: parts.mask ?? false, gradName: parts.gradName ?? gradNameOf(name), backward };
}

const addRow = row(
  'add',
  {
    float: [(a, b) => a + b, 'a + b'],
    int: [(a, b) => a + b, 'a + b'],
    bool: [(a, b) => a | b, 'a | b'],
  },
  (grad) => [grad, grad],
);

const subRow = row(
  'sub',
  { float: [(a, b) => a - b, 'a - b'], int: [(a, b) => a - b, 'a - b'] },
  savesNothing((grad, { needs }) => [grad, needs(1) ? neg(grad) : null]),
);

const mulRow = row(
  'mul',
  {
    float: [(a, b) => a * b, 'a * b'],
    int: [(a, b) => Math.imul(a, b), 'a * b'],
    bool: [(a, b) => a & b, 'a & b'],
  },
  (grad, { input, needs }) => [needs(0) ? mul(grad, input(1)) : null, needs(1) ? mul(grad, input(0)) : null],
);

const divRow = row('div', { float: [(a, b) => a / b, 'a / b'], result: 'float' }, (grad, { input, needs }) => {
  const byDivisor = div(grad, input(1));
  return [byDivisor, needs(1) ? neg(div(mul(byDivisor, input(0)), input(1))) : null];
});

/** The gradient of a rounded quotient is 0 where it exists. */
const still: Rule = (grad) => [mul(grad, 0), mul(grad, 0)];

/** Integer quotient as PyTorch rounds it; a zero divisor gives 0 where PyTorch raises. */
const floorQuotient: ScalarFunction = (a, b) => (b === 0 ? 0 : Math.floor(a / b));
const truncQuotient: ScalarFunction = (a, b) => (b === 0 ? 0 : Math.trunc(a / b));

const floorDivRow = row(
  'floorDivide',
  {
    float: [(a, b) => floatFloorDivide(a, b), 'wg_floor_divide(a, b)'],
    int: [floorQuotient, 'wg_i32_floor_divide(a, b)'],
    gradName: 'DivBackward1',
  },
  still,
);

const truncDivRow = row(
  'truncDivide',
  {
    float: [(a, b) => Math.trunc(a / b), 'wg_trunc(a / b)'],
    int: [truncQuotient, 'wg_i32_trunc_divide(a, b)'],
    gradName: 'DivBackward1',
  },
  still,
);

/** Python's floor division of floats: the quotient that goes with the remainder of Python's sign rule. */
function floatFloorDivide(a: number, b: number): number {
  if (b === 0) return a / b;
  const rest = a % b;
  let quotient = (a - rest) / b;
  if (rest !== 0 && b < 0 !== rest < 0) quotient -= 1;
  if (quotient === 0) return 0 * Math.sign(a / b);
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

/** Python's remainder: the sign of the divisor. */
function pythonRemainder(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

const remainderRow = row(
  'remainder',
  {
    float: [pythonRemainder, 'wg_remainder(a, b)'],
    int: [(a, b) => (b === 0 ? 0 : pythonRemainder(a, b)), 'wg_i32_remainder(a, b)'],
  },
  (grad, { input, needs }) => [grad, needs(1) ? neg(mul(grad, floorDivide(input(0), input(1)))) : null],
);

const fmodRow = row(
  'fmod',
  {
    float: [(a, b) => a % b, 'wg_fmod(a, b)'],
    int: [(a, b) => (b === 0 ? 0 : a % b), 'wg_i32_fmod(a, b)'],
  },
  (grad, { input, needs }) => [
    grad,
    needs(1) ? neg(mul(grad, applyPointwise(truncDivRow, [input(0), input(1)]))) : null,
  ],
);

const negRow = row('neg', { float: [(a) => -a, '-a'], int: [(a) => -a, '-a'] }, (grad) => [neg(grad)]);

/** pow with IEEE's answers, where JavaScript differs: 1 to any power is 1, also to NaN and infinity. */
function ieeePow(a: number, b: number): number {
  return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
}

const powRow = row(
  'pow',
  {
    float: [ieeePow, 'wg_pow(a, b)'],
    int: [(a, b) => (b < 0 ? (a === 1 ? 1 : a === -1 ? (b % 2 === 0 ? 1 : -1) : 0) : intPow(a, b)), 'wg_i32_pow(a, b)'],
    gradName: 'PowBackward1',
  },
  (grad, { input, output, needs }) => {
    const base = input(0);
    const exponent = input(1);
    // b a^(b-1), with 0 where b is 0; log(a) a^b, with 0 where a is 0 and b >= 0.
    const slope = () => where(zeroOf(exponent), 0, mul(exponent, pow(base, sub(exponent, 1))));
    const flat = () => applyPointwise(flatPowerRow, [base, exponent]);
    return [
      needs(0) ? mul(grad, slope()) : null,
      needs(1) ? mul(grad, where(flat(), 0, mul(output(), naturalLog(base)))) : null,
    ];
  },
);

const flatPowerRow = row('flatPower', {
  float: [(a, b) => (a === 0 && b >= 0 ? 1 : 0), 'wg_eq(a, 0.0) & wg_ge(b, 0.0)'],
  result: 'test',
});

const zeroRow = row('isZero', {
  float: [(a) => (a === 0 ? 1 : 0), 'wg_eq(a, 0.0)'],
  int: [(a) => (a === 0 ? 1 : 0), 'a == 0'],
  result: 'test',
});
const zeroOf = (x: Tensor): Tensor => applyPointwise(zeroRow, [x]);

const naturalLogRow = row('log', { float: [Math.log, 'wg_log(a)'], result: 'float' }, (grad, { input }) => [
  div(grad, input(0)),
]);
const naturalLog = (x: Tensor): Tensor => applyPointwise(naturalLogRow, [x]);

/** Wrapping integer power by squaring. */
function intPow(base: number, exponent: number): number {
  let result = 1;
  for (let left = exponent, square = base; left > 0; left >>>= 1, square = Math.imul(square, square)) {
    if (left & 1) result = Math.imul(result, square);
  }
  return result;
}

const squareRow = row(
  'square',
  {
    float: [(a) => a * a, 'a * a'],
    int: [(a) => Math.imul(a, a), 'a * a'],
    gradName: 'PowBackward0',
  },
  (grad, { input }) => [mul(grad, mul(input(0), 2))],
);

const cubeRow = row('cube', { float: [(a) => a * a * a, 'a * a * a'], gradName: 'PowBackward0' }, (grad, { input }) => [
  mul(grad, mul(square(input(0)), 3)),
]);

const reciprocalRow = row('reciprocal', { float: [(a) => 1 / a, '1.0 / a'], result: 'float' }, (grad, { output }) => [
  neg(mul(grad, square(output()))),
]);

const sqrtRow = row('sqrt', { float: [Math.sqrt, 'wg_sqrt(a)'], result: 'float' }, (grad, { output }) => [
  div(grad, mul(output(), 2)),
]);

const whereRow = row(
  'where',
  {
    float: [(a, b, c) => (a !== 0 ? b : c), 'select(c, b, a != 0)'],
    int: [(a, b, c) => (a !== 0 ? b : c), 'select(c, b, a != 0)'],
    bool: [(a, b, c) => (a !== 0 ? b : c), 'select(c, b, a != 0)'],
    mask: true,
  },
  (grad, { input, needs }) => [
    null,
    needs(1) ? where(input(0), grad, 0) : null,
    needs(2) ? where(input(0), 0, grad) : null,
  ],
);

const atan2Row = row('atan2', { float: [Math.atan2, 'wg_atan2(a, b)'], result: 'float' }, (grad, { input }) => {
  const [y, x] = [input(0), input(1)];
  const scaled = div(grad, add(square(x), square(y)));
  return [mul(scaled, x), neg(mul(scaled, y))];
});

const hypotRow = row('hypot', { float: [(a, b) => Math.hypot(a, b), 'wg_hypot(a, b)'] }, (grad, { input, output }) => [
  mul(grad, div(input(0), output())),
  mul(grad, div(input(1), output())),
]);

const operand = p.operand('other');
const alpha = optional(p.number('alpha'), 1);

/** input + alpha * other. https://pytorch.org/docs/stable/generated/torch.add.html */
export const add = define(
  'add',
  [p.tensor('input'), operand, alpha],
  (input: Tensor, other: Operand, alpha: number): Tensor => applyPointwise(addRow, [input, scaled(other, alpha)]),
);

/** input - alpha * other. https://pytorch.org/docs/stable/generated/torch.sub.html */
export const sub = define(
  'sub',
  [p.tensor('input'), operand, alpha],
  (input: Tensor, other: Operand, alpha: number): Tensor => applyPointwise(subRow, [input, scaled(other, alpha)]),
);

const rsubRows = { tensor: { ...subRow, gradName: 'RsubBackward0' }, number: { ...subRow, gradName: 'RsubBackward1' } };

/** other - alpha * input. https://pytorch.org/docs/stable/generated/torch.rsub.html */
export const rsub = define(
  'rsub',
  [p.tensor('input'), operand, alpha],
  (input: Tensor, other: Operand, alpha: number): Tensor =>
    applyPointwise(rsubRows[other instanceof Tensor ? 'tensor' : 'number'], [other, scaled(input, alpha)]),
);

function scaled(other: Operand, alpha: number): Operand {
  if (alpha === 1) return other;
  return other instanceof Tensor ? mul(other, alpha) : Number(other) * alpha;
}

/** input * other. https://pytorch.org/docs/stable/generated/torch.mul.html */
export const mul = define('mul', [p.tensor('input'), operand], (input: Tensor, other: Operand): Tensor =>
  applyPointwise(mulRow, [input, other]),
);

const roundingMode = optional(
  p.custom<'trunc' | 'floor'>()('roundingMode', "'trunc' or 'floor'", (v) => v === 'trunc' || v === 'floor'),
  null,
);

/** input / other; integers give floats unless rounded. https://pytorch.org/docs/stable/generated/torch.div.html */
export const div = define(
  'div',
  [p.tensor('input'), operand, roundingMode],
  (input: Tensor, other: Operand, roundingMode: 'trunc' | 'floor' | null): Tensor => {
    if (roundingMode === null) return applyPointwise(divRow, [input, other]);
    refuseZero('div', input, other);
    return applyPointwise(roundingMode === 'floor' ? floorDivRow : truncDivRow, [input, other]);
  },
);

/** Integers are not divided by the number 0. A zero in a tensor is known to the device alone: there the answer is 0. */
function refuseZero(op: string, input: Operand, other: Operand): void {
  if (other !== 0 || isFloat(resultType([input, other]))) return;
  throw new ArgumentError({
    op,
    fact: 'an integer tensor divided by 0',
    rule: 'integers have no infinity',
    cure: "Convert first: x.to('float32').",
  });
}

/** floor(input / other). https://pytorch.org/docs/stable/generated/torch.floor_divide.html */
export const floorDivide = define(
  'floorDivide',
  [p.tensor('input'), operand],
  (input: Tensor, other: Operand): Tensor => {
    refuseZero('floorDivide', input, other);
    return applyPointwise(floorDivRow, [input, other]);
  },
);

/** input modulo other, with the sign of other. https://pytorch.org/docs/stable/generated/torch.remainder.html */
export const remainder = define(
  'remainder',
  [p.operand('input'), operand],
  (input: Operand, other: Operand): Tensor => {
    refuseZero('remainder', input, other);
    return applyPointwise(remainderRow, [input, other]);
  },
);

/** input modulo other, with the sign of input. https://pytorch.org/docs/stable/generated/torch.fmod.html */
export const fmod = define('fmod', [p.tensor('input'), operand], (input: Tensor, other: Operand): Tensor => {
  refuseZero('fmod', input, other);
  return applyPointwise(fmodRow, [input, other]);
});

/** -input. https://pytorch.org/docs/stable/generated/torch.neg.html */
export const neg = define('neg', [p.tensor('input')], (input: Tensor): Tensor => applyPointwise(negRow, [input]));

/** input * input. https://pytorch.org/docs/stable/generated/torch.square.html */
export const square = define('square', [p.tensor('input')], (input: Tensor): Tensor =>
  applyPointwise(squareRow, [input]),
);

/** 1 / input. https://pytorch.org/docs/stable/generated/torch.reciprocal.html */
export const reciprocal = define('reciprocal', [p.tensor('input')], (input: Tensor): Tensor =>
  applyPointwise(reciprocalRow, [input]),
);

/** The square root; NaN below 0. https://pytorch.org/docs/stable/generated/torch.sqrt.html */
export const sqrt = define('sqrt', [p.tensor('input')], (input: Tensor): Tensor => applyPointwise(sqrtRow, [input]));

/** Natural logarithm; NaN below 0. https://pytorch.org/docs/stable/generated/torch.log.html */
export const log = define('log', [p.tensor('input')], (input: Tensor): Tensor =>
  applyPointwise(naturalLogRow, [input]),
);

/** input ** exponent; either may be a number. https://pytorch.org/docs/stable/generated/torch.pow.html */
export const pow = define(
  'pow',
  [p.operand('input'), p.operand('exponent')],
  (input: Operand, exponent: Operand): Tensor => {
    if (!(input instanceof Tensor) && !(exponent instanceof Tensor)) {
      throw new ArgumentError({ op: 'pow', fact: 'two numbers', rule: 'one of them must be a tensor' });
    }
    const dtype = resultType([input, exponent]);
    if (typeof exponent === 'number' && input instanceof Tensor && isFloat(dtype)) {
      // These exponents have formulas of their own, cheaper and exact.
      if (exponent === 2) return applyPointwise({ ...squareRow }, [input], dtype);
      if (exponent === 3) return applyPointwise(cubeRow, [input], dtype);
      if (exponent === 0.5) return applyPointwise(sqrtRow, [input], dtype);
      if (exponent === -1) return applyPointwise(reciprocalRow, [input], dtype);
    }
    if (typeof exponent === 'number' && exponent < 0 && !isFloat(dtype)) {
      throw new ArgumentError({
        op: 'pow',
        fact: `exponent ${exponent} for dtype ${dtype}`,
        rule: 'integers to negative integer powers are not allowed',
        cure: "Convert first: x.to('float32').",
      });
    }
    return applyPointwise(typeof exponent === 'number' ? { ...powRow, gradName: 'PowBackward0' } : powRow, [
      input,
      exponent,
    ]);
  },
);

/** input where condition is true, else other. https://pytorch.org/docs/stable/generated/torch.where.html */
export const where = define(
  'where',
  [p.tensor('condition'), p.operand('input'), p.operand('other')],
  (condition: Tensor, input: Operand, other: Operand): Tensor => {
    if (condition.dtype !== 'bool' && condition.dtype !== 'uint8') {
      throw new DTypeError({
        op: 'where',
        fact: `a condition of dtype ${condition.dtype}`,
        rule: 'it must be bool',
        cure: 'Compare first, x.gt(0), or use x.bool(). The order is where(condition, x, y), and x.where(condition, y).',
      });
    }
    return applyPointwise(whereRow, [condition, input, other], resultType([input, other]));
  },
);

/** The angle of (other, input) as (x, y). https://pytorch.org/docs/stable/generated/torch.atan2.html */
export const atan2 = define('atan2', [p.tensor('input'), operand], (input: Tensor, other: Operand): Tensor =>
  applyPointwise(atan2Row, [input, other]),
);

/** sqrt(input^2 + other^2). https://pytorch.org/docs/stable/generated/torch.hypot.html */
export const hypot = define('hypot', [p.tensor('input'), operand], (input: Tensor, other: Operand): Tensor =>
  applyPointwise(hypotRow, [input, other]),
);
