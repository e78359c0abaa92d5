// Operations of integers alone: shifts, divisors and multiples, and the narrow integer types, which are values of int32.

import type { ScalarFunction } from '../core/op.ts';
import { define, p, type Operand } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { applyPointwise, toDType } from './apply.ts';
import { row } from './arithmetic.ts';
import { oneTensor } from './formula.ts';

/** A function of two integer operands. */
function integerPair(name: string, cpu: ScalarFunction, wgsl: string) {
  const table = row(name, { int: [cpu, wgsl] });
  return define(name, [p.operand('input'), p.operand('other')], (input: Operand, other: Operand): Tensor =>
    applyPointwise(table, [input, other]),
  );
}

const outside = (count: number): boolean => count < 0 || count > 31;

/** input 2^other; 0 where `other` is negative or no bit is left. https://pytorch.org/docs/stable/generated/torch.bitwise_left_shift.html */
export const bitwiseLeftShift = integerPair(
  'bitwiseLeftShift',
  (a, b) => (outside(b) ? 0 : a << b),
  'wg_i32_shift_left(a, b)',
);
/** The bits moved down, the sign kept; a shift by too much or by a negative number leaves the sign alone. https://pytorch.org/docs/stable/generated/torch.bitwise_right_shift.html */
export const bitwiseRightShift = integerPair(
  'bitwiseRightShift',
  (a, b) => a >> (outside(b) ? 31 : b),
  'wg_i32_shift_right(a, b)',
);

/** Euclid's algorithm on magnitudes, which fit 32 bits without a sign. */
function greatestDivisor(a: number, b: number): number {
  let [large, small] = [Math.abs(a), Math.abs(b)];
  while (small !== 0) [large, small] = [small, large % small];
  return large;
}

/** The greatest common divisor, 0 for two zeros. https://pytorch.org/docs/stable/generated/torch.gcd.html */
export const gcd = integerPair('gcd', greatestDivisor, 'wg_i32_gcd(a, b)');

/** The least common multiple, 0 where one is 0; it wraps around. https://pytorch.org/docs/stable/generated/torch.lcm.html */
export const lcm = integerPair(
  'lcm',
  (a, b) => {
    const divisor = greatestDivisor(a, b);
    return divisor === 0 ? 0 : Math.abs(Math.imul(a / divisor, b));
  },
  'wg_i32_lcm(a, b)',
);

/** Integers kept to the lowest bits of a word, with their sign. */
function narrow(name: string, width: 8 | 16) {
  const unused = 32 - width;
  const table = row(name, { int: [(a) => (a << unused) >> unused, `(a << ${unused}u) >> ${unused}u`] });
  return define(name, oneTensor, (input: Tensor): Tensor => applyPointwise(table, [toDType(input, 'int32')]));
}

/** As int8: values of int32 from -128 to 127, wrapped around. https://pytorch.org/docs/stable/generated/torch.Tensor.char.html */
export const char = narrow('char', 8);
/** As int16: values of int32 from -32768 to 32767, wrapped around. https://pytorch.org/docs/stable/generated/torch.Tensor.short.html */
export const short = narrow('short', 16);
