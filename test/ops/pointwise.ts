// Rows of the pointwise operations. A row of numbers becomes calls over odd sizes, layouts and dtypes by itself.
import * as wgrad from '../../src/index.ts';
import type { DType, Tensor } from '../../src/index.ts';
import { bits, type Call, type Input, real, type Row, whole } from './table.ts';

/** Sizes around the workgroup and the vector width. */
const oddSizes: readonly number[] = [1, 33, 63, 65, 257];
type Unary = (x: Tensor) => Tensor;
type Binary = (x: Tensor, y: Tensor) => Tensor;
type Range = readonly [low: number, high: number];

/** Calls of a function of one tensor: odd sizes, a transposed, a strided, a broadcast, a scalar and an empty input. */
function unaryCalls(run: Unary, input: (shape: readonly number[]) => Input): Call[] {
  return [
    ...oddSizes.map((size) => ({ inputs: [input([size])], run })),
    { inputs: [input([5, 7])], run: (x) => run(x.t()) },
    { inputs: [input([4, 9])], run: (x) => run(x.index('::2, 1::3')) },
    { inputs: [input([3, 1])], run: (x) => run(x.expand(2, 3, 5)) },
    { inputs: [input([])], run },
    { inputs: [input([0, 3])], run },
  ];
}

/** The same for two tensors, each in turn the one that is broadcast or strided. */
function binaryCalls(
  run: Binary,
  left: (shape: readonly number[]) => Input,
  right: (shape: readonly number[]) => Input,
): Call[] {
  return [
    ...oddSizes.map((size) => ({ inputs: [left([size]), right([size])], run })),
    { inputs: [left([5, 7]), right([7, 5])], run: (x, y) => run(x, y.t()) },
    { inputs: [left([5, 1]), right([7])], run },
    { inputs: [left([4, 9]), right([2, 3])], run: (x, y) => run(x.index('::2, 1::3'), y) },
    { inputs: [left([]), right([3])], run },
    { inputs: [left([2, 3]), right([])], run },
    { inputs: [left([0, 3]), right([1, 3])], run },
  ];
}

function dtypeInput(dtype: DType, range: Range): (shape: readonly number[]) => Input {
  if (dtype === 'bool') return bits;
  return (shape) => whole(shape, dtype === 'uint8' ? Math.max(range[0], 0) : range[0], range[1], dtype);
}

interface Options {
  readonly integers?: Range;
  readonly bool?: boolean;
  readonly gradient?: Row['gradient'];
  readonly relative?: number;
  readonly absolute?: number;
}

/** A row of a function of one tensor, over a range of floats. */
export function unary(name: string, run: Unary, [low, high]: Range, options: Options = {}): Row {
  const { integers, bool = false, gradient = 'all', ...tolerance } = options;
  const calls = unaryCalls(run, (shape) => real(shape, low, high));
  for (const dtype of integers === undefined ? [] : (['int32', 'uint8'] as const)) {
    calls.push({ inputs: [dtypeInput(dtype, integers as Range)([33])], run });
  }
  if (bool) calls.push({ inputs: [bits([33])], run });
  return { name, calls, gradient, ...tolerance };
}

/** A row of a function of two tensors. */
export function binary(name: string, run: Binary, left: Range, right: Range, options: Options = {}): Row {
  const { integers, bool = false, gradient = 'all', ...tolerance } = options;
  const calls = binaryCalls(
    run,
    (shape) => real(shape, ...left),
    (shape) => real(shape, ...right),
  );
  for (const dtype of integers === undefined ? [] : (['int32', 'uint8'] as const)) {
    const input = dtypeInput(dtype, integers as Range);
    calls.push({ inputs: [input([5, 7]), input([7, 5])], run: (x, y) => run(x, y.t()) });
    calls.push({ inputs: [input([33]), real([33], ...right)], run });
  }
  if (bool) calls.push({ inputs: [bits([33]), bits([33])], run });
  return { name, calls, gradient, ...tolerance };
}

/** Float functions take integers and booleans, too, and answer in float32. */
const numbers: Options = { integers: [0, 6], bool: true };
const unit: Options = { integers: [0, 1], bool: true };
const kept: Options = { integers: [-6, 6] };
const flat: Options = { gradient: 'none' };

const unaryRows: readonly Row[] = [
  unary('exp', wgrad.exp, [-3, 3], numbers),
  unary('exp2', wgrad.exp2, [-3, 3], numbers),
  unary('expm1', wgrad.expm1, [-1, 2], numbers),
  unary('log', wgrad.log, [0.1, 5], numbers),
  unary('log2', wgrad.log2, [0.1, 5], numbers),
  unary('log10', wgrad.log10, [0.1, 5], numbers),
  unary('log1p', wgrad.log1p, [-0.9, 3], numbers),
  unary('sqrt', wgrad.sqrt, [0.1, 5], numbers),
  unary('rsqrt', wgrad.rsqrt, [0.1, 5], numbers),
  unary('reciprocal', wgrad.reciprocal, [0.3, 4], numbers),
  unary('sin', wgrad.sin, [-7, 7], numbers),
  unary('cos', wgrad.cos, [-7, 7], numbers),
  unary('tan', wgrad.tan, [-1.4, 1.4], numbers),
  unary('asin', wgrad.asin, [-0.95, 0.95], unit),
  unary('acos', wgrad.acos, [-0.95, 0.95], unit),
  unary('atan', wgrad.atan, [-4, 4], numbers),
  unary('sinh', wgrad.sinh, [-3, 3], numbers),
  unary('cosh', wgrad.cosh, [-3, 3], numbers),
  unary('tanh', wgrad.tanh, [-3, 3], numbers),
  unary('asinh', wgrad.asinh, [-4, 4], numbers),
  unary('acosh', wgrad.acosh, [1.1, 5], { integers: [1, 6] }),
  unary('atanh', wgrad.atanh, [-0.9, 0.9], unit),
  unary('sigmoid', wgrad.sigmoid, [-6, 6], numbers),
  unary('erf', wgrad.erf, [-2, 2], numbers),
  unary('erfc', wgrad.erfc, [-2, 3], numbers),
  unary('erfinv', wgrad.erfinv, [-0.9, 0.9], unit),
  unary('lgamma', wgrad.lgamma, [0.3, 6], { integers: [1, 6] }),
  unary('digamma', wgrad.digamma, [0.3, 6], { integers: [1, 6] }),
  unary('neg', wgrad.neg, [-3, 3], kept),
  unary('square', wgrad.square, [-3, 3], kept),
  unary('abs', wgrad.abs, [-3, 3], kept),
  unary('sign', wgrad.sign, [-3, 3], kept),
  unary('floor', wgrad.floor, [-4, 4], kept),
  unary('ceil', wgrad.ceil, [-4, 4], kept),
  unary('trunc', wgrad.trunc, [-4, 4], kept),
  unary('round', wgrad.round, [-4, 4], kept),
  unary('frac', wgrad.frac, [-4, 4]),
  unary('relu', wgrad.relu, [-3, 3], kept),
  unary('isnan', wgrad.isnan, [-3, 3], { ...flat, integers: [-6, 6] }),
  unary('isinf', wgrad.isinf, [-3, 3], { ...flat, integers: [-6, 6] }),
  unary('isfinite', wgrad.isfinite, [-3, 3], { ...flat, integers: [-6, 6] }),
  unary('logicalNot', wgrad.logicalNot, [-3, 3], { ...flat, integers: [-1, 1], bool: true }),
];

const mixed: Options = { integers: [1, 6] };
const compared: Options = { ...flat, integers: [-2, 2], bool: true };

const binaryRows: readonly Row[] = [
  binary('add', (x, y) => wgrad.add(x, y), [-3, 3], [-3, 3], { integers: [-6, 6], bool: true }),
  binary('sub', (x, y) => wgrad.sub(x, y, 0.5), [-3, 3], [-3, 3]),
  binary('rsub', (x, y) => wgrad.rsub(x, y), [-3, 3], [-3, 3], { integers: [-6, 6] }),
  binary('mul', wgrad.mul, [-3, 3], [-3, 3], { integers: [-6, 6], bool: true }),
  binary('div', (x, y) => wgrad.div(x, y), [-3, 3], [0.5, 3], mixed),
  binary('floorDivide', wgrad.floorDivide, [-9, 9], [0.7, 3], { ...mixed, gradient: 'none' }),
  binary('remainder', wgrad.remainder, [-9, 9], [1.3, 1.7], mixed),
  binary('fmod', wgrad.fmod, [-9, 9], [1.3, 1.7], mixed),
  binary('pow', wgrad.pow, [0.3, 3], [-2, 3], { integers: [0, 4] }),
  binary('maximum', wgrad.maximum, [-3, 3], [-3, 3], { integers: [-6, 6], bool: true }),
  binary('minimum', wgrad.minimum, [-3, 3], [-3, 3], { integers: [-6, 6], bool: true }),
  binary('atan2', wgrad.atan2, [-3, 3], [0.3, 3], mixed),
  binary('hypot', wgrad.hypot, [0.3, 3], [0.3, 3]),
  binary('eq', wgrad.eq, [-3, 3], [-3, 3], compared),
  binary('ne', wgrad.ne, [-3, 3], [-3, 3], compared),
  binary('lt', wgrad.lt, [-3, 3], [-3, 3], compared),
  binary('le', wgrad.le, [-3, 3], [-3, 3], compared),
  binary('gt', wgrad.gt, [-3, 3], [-3, 3], compared),
  binary('ge', wgrad.ge, [-3, 3], [-3, 3], compared),
  binary('logicalAnd', wgrad.logicalAnd, [-3, 3], [-3, 3], compared),
  binary('logicalOr', wgrad.logicalOr, [-3, 3], [-3, 3], compared),
  binary('logicalXor', wgrad.logicalXor, [-3, 3], [-3, 3], compared),
];

/** Operations of integers and booleans alone. */
export function bitwise(name: string, run: Binary, bool = true): Row {
  const calls = binaryCalls(
    run,
    (shape) => whole(shape, -99, 99),
    (shape) => whole(shape, -99, 99),
  );
  calls.push({ inputs: [whole([33], 0, 255, 'uint8'), whole([33], 0, 255, 'uint8')], run });
  if (bool) calls.push({ inputs: [bits([33]), bits([33])], run });
  return { name, calls, gradient: 'none' };
}

const select = (condition: Tensor, x: Tensor, y: Tensor): Tensor => wgrad.where(condition, x, y);

/** Three operands: the condition of `where` and the bounds of `clamp` broadcast like all others. */
const ternaryRows: readonly Row[] = [
  {
    name: 'where',
    gradient: 'all',
    calls: [
      ...oddSizes.map((size) => ({ inputs: [bits([size]), real([size]), real([size])], run: select })),
      { inputs: [bits([5, 1]), real([7]), real([])], run: select },
      { inputs: [bits([7, 5]), real([5, 7]), real([1, 7])], run: (c, x, y) => wgrad.where(c.t(), x, y) },
      { inputs: [bits([33]), whole([33]), whole([33], 0, 9, 'uint8')], run: select },
      { inputs: [bits([4]), bits([4]), bits([4])], run: select },
      { inputs: [bits([2, 3]), real([2, 3])], run: (c, x) => wgrad.where(c, x, -1.5) },
    ],
  },
  {
    name: 'clamp',
    gradient: 'all',
    calls: [
      ...oddSizes.map((size): Call => ({ inputs: [real([size])], run: (x) => wgrad.clamp(x, -0.7, 0.9) })),
      {
        inputs: [real([3, 5]), real([5], -1, 0), real([3, 1], 0.1, 1)],
        run: (x, low, high) => wgrad.clamp(x, low, high),
      },
      { inputs: [real([6])], run: (x) => wgrad.clamp(x, { min: 0.1 }) },
      { inputs: [real([6])], run: (x) => wgrad.clamp(x, { max: 0.1 }) },
      { inputs: [whole([33])], run: (x) => wgrad.clamp(x, -2, 3) },
      { inputs: [whole([33], 0, 255, 'uint8')], run: (x) => wgrad.clamp(x, 9, 99) },
    ],
  },
];

export const pointwiseRows: readonly Row[] = [
  ...unaryRows,
  ...binaryRows,
  bitwise('bitwiseAnd', wgrad.bitwiseAnd),
  bitwise('bitwiseOr', wgrad.bitwiseOr),
  bitwise('bitwiseXor', wgrad.bitwiseXor),
  {
    name: 'bitwiseNot',
    gradient: 'none',
    calls: [
      { inputs: [whole([5, 7], -99, 99)], run: (x) => wgrad.bitwiseNot(x.t()) },
      { inputs: [whole([33], 0, 255, 'uint8')], run: (x) => wgrad.bitwiseNot(x) },
      { inputs: [bits([33])], run: (x) => wgrad.bitwiseNot(x) },
    ],
  },
  ...ternaryRows,
];
