// Formulas that mix two or three tensors: a product or quotient added on, a place between two, sums in the logarithm,
// x log y. Each is one step of the tape.

import { isFloat } from '../dtype.ts';
import { ArgumentError, DTypeError } from '../errors.ts';
import { define, optional, p, type Operand } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { applyPointwise, composite, resultType, toDType } from './apply.ts';
import { add, div, log, mul, neg, pow, row, rsub, square, sub, where } from './arithmetic.ts';
import { eq, le, log1p, logicalAnd, sigmoid } from './math.ts';

const input = p.tensor('input');
const value = optional(p.number('value'), 1);
const scaled = (x: Tensor, factor: number): Tensor => (factor === 1 ? x : mul(x, factor));

/** input + value tensor1 tensor2. https://pytorch.org/docs/stable/generated/torch.addcmul.html */
export const addcmul = define(
  'addcmul',
  [input, p.tensor('tensor1'), p.tensor('tensor2'), value],
  (x: Tensor, tensor1: Tensor, tensor2: Tensor, value: number): Tensor =>
    composite(
      'AddcmulBackward0',
      [x, tensor1, tensor2],
      () => add(x, mul(scaled(tensor1, value), tensor2)),
      (grad, { input, needs }) => [
        grad,
        needs(1) ? mul(grad, scaled(input(2), value)) : null,
        needs(2) ? mul(grad, scaled(input(1), value)) : null,
      ],
    ),
);

/** input + value tensor1 / tensor2, of floats. https://pytorch.org/docs/stable/generated/torch.addcdiv.html */
export const addcdiv = define(
  'addcdiv',
  [input, p.tensor('tensor1'), p.tensor('tensor2'), value],
  (x: Tensor, tensor1: Tensor, tensor2: Tensor, value: number): Tensor => {
    if (!isFloat(tensor1.dtype) && !isFloat(tensor2.dtype)) {
      throw new DTypeError({
        op: 'addcdiv',
        fact: `${tensor1.dtype} divided by ${tensor2.dtype}`,
        rule: 'one of them must be of floats',
        cure: 'Use x.add(tensor1.div(tensor2)).',
      });
    }
    return composite(
      'AddcdivBackward0',
      [x, tensor1, tensor2],
      () => add(x, div(scaled(tensor1, value), tensor2)),
      (grad, { input, needs }) => [
        grad,
        needs(1) ? div(scaled(grad, value), input(2)) : null,
        needs(2) ? neg(div(mul(scaled(grad, value), input(1)), square(input(2)))) : null,
      ],
    );
  },
);

// Counted from the nearer end, so that weights 0 and 1 give the ends themselves.
const lerpRow = row(
  'lerp',
  {
    float: [
      (a, b, c) => (Math.abs(c) < 0.5 ? a + c * (b - a) : b - (b - a) * (1 - c)),
      'select(b - (b - a) * (1.0 - c), a + c * (b - a), abs(c) < 0.5)',
    ],
  },
  (grad, { input, needs }) => [
    needs(0) ? mul(grad, rsub(input(2), 1)) : null,
    needs(1) ? mul(grad, input(2)) : null,
    needs(2) ? mul(grad, sub(input(1), input(0))) : null,
  ],
);

/** input + weight (end - input). https://pytorch.org/docs/stable/generated/torch.lerp.html */
export const lerp = define(
  'lerp',
  [input, p.tensor('end'), p.operand('weight')],
  (input: Tensor, end: Tensor, weight: Operand): Tensor =>
    applyPointwise({ ...lerpRow, gradName: weight instanceof Tensor ? 'LerpBackward1' : 'LerpBackward0' }, [
      input,
      end,
      weight,
    ]),
);

/** log(b^x + b^y) for a base b: the larger one and what the other adds. */
function logSum(name: string, base: number) {
  const scale = Math.log(base);
  const cpu = (a: number, b: number): number => {
    if (a === b) return a + (Math.abs(a) === Infinity ? 0 : Math.LN2 / scale);
    return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b) * scale)) / scale;
  };
  const wgsl = base === 2 ? 'wg_logaddexp2(a, b)' : 'wg_logaddexp(a, b)';
  const table = row(name, { float: [cpu, wgsl] }, (grad, { input }) => {
    const lead = sub(input(0), input(1));
    const share = sigmoid(base === 2 ? mul(lead, scale) : lead);
    return [mul(grad, share), mul(grad, rsub(share, 1))];
  });
  return define(name, [input, p.tensor('other')], (input: Tensor, other: Tensor): Tensor =>
    applyPointwise(table, [input, other]),
  );
}

/** log(e^input + e^other). https://pytorch.org/docs/stable/generated/torch.logaddexp.html */
export const logaddexp = logSum('logaddexp', Math.E);
/** log2(2^input + 2^other). https://pytorch.org/docs/stable/generated/torch.logaddexp2.html */
export const logaddexp2 = logSum('logaddexp2', 2);

const xlogyOf = (a: number, b: number): number => (b !== b ? NaN : a === 0 ? 0 : a * Math.log(b));

const xlogyRow = row('xlogy', { float: [xlogyOf, 'wg_xlogy(a, b)'], result: 'float' }, (grad, { input, needs }) => {
  const [x, y] = [input(0), input(1)];
  return [
    needs(0) ? where(logicalAnd(eq(x, 0), le(y, 0)), 0, mul(grad, log(y))) : null,
    needs(1) ? div(mul(grad, x), y) : null,
  ];
});

const xlog1pyRow = row(
  'xlog1py',
  {
    float: [(a, b) => (b !== b ? NaN : a === 0 ? 0 : a * Math.log1p(b)), 'wg_xlog1py(a, b)'],
    result: 'float',
    gradName: 'SpecialXlog1PyBackward0',
  },
  (grad, { input, needs }) => {
    const [x, y] = [input(0), input(1)];
    return [
      needs(0) ? where(logicalAnd(eq(x, 0), le(y, -1)), 0, mul(grad, log1p(y))) : null,
      needs(1) ? div(mul(grad, x), add(y, 1)) : null,
    ];
  },
);

const pair = [p.operand('input'), p.operand('other')] as const;

/** input log(other), 0 where input is 0; either may be a number. https://pytorch.org/docs/stable/special.html#torch.special.xlogy */
export const xlogy = define('xlogy', pair, (input: Operand, other: Operand): Tensor =>
  applyPointwise(xlogyRow, [input, other]),
);
/** input log(1 + other), 0 where input is 0. https://pytorch.org/docs/stable/special.html#torch.special.xlog1py */
export const xlog1py = define('xlog1py', pair, (input: Operand, other: Operand): Tensor =>
  applyPointwise(xlog1pyRow, [input, other]),
);

/**
 * input ^ exponent in floats, whatever the operands are: float32, or float64 where one of them is (PyTorch: float64).
 * https://pytorch.org/docs/stable/generated/torch.float_power.html
 */
export const floatPower = define(
  'floatPower',
  [p.operand('input'), p.operand('exponent')],
  (input: Operand, exponent: Operand): Tensor => {
    if (!(input instanceof Tensor) && !(exponent instanceof Tensor)) {
      throw new ArgumentError({ op: 'floatPower', fact: 'two numbers', rule: 'one of them must be a tensor' });
    }
    const dtype = resultType([input, exponent]) === 'float64' ? 'float64' : 'float32';
    const float = (x: Operand): Operand => (x instanceof Tensor ? toDType(x, dtype) : x);
    return pow(float(input), float(exponent));
  },
);
