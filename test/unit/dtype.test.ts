// Promotion against PyTorch's promote_types and result_type (1.13; its int64 is our int32), and conversions on the host.
import { expect, test } from 'vitest';
import {
  type DType,
  dtypeOfArray,
  dtypeOfScalar,
  hostArrayFrom,
  promote,
  requireCastable,
  widen,
} from '../../src/dtype.ts';

const order = ['bool', 'uint8', 'int32', 'float32', 'float64'] as const satisfies readonly DType[];

/** torch.promote_types(row, column). */
const promoted: Readonly<Record<DType, readonly DType[]>> = {
  bool: ['bool', 'uint8', 'int32', 'float32', 'float64'],
  uint8: ['uint8', 'uint8', 'int32', 'float32', 'float64'],
  int32: ['int32', 'int32', 'int32', 'float32', 'float64'],
  float32: ['float32', 'float32', 'float32', 'float32', 'float64'],
  float64: ['float64', 'float64', 'float64', 'float64', 'float64'],
};

/** torch.result_type of a tensor with dimensions (row) and one without (column). */
const withScalar: Readonly<Record<DType, readonly DType[]>> = {
  bool: ['bool', 'uint8', 'int32', 'float32', 'float64'],
  uint8: ['uint8', 'uint8', 'uint8', 'float32', 'float64'],
  int32: ['int32', 'int32', 'int32', 'float32', 'float64'],
  float32: ['float32', 'float32', 'float32', 'float32', 'float32'],
  float64: ['float64', 'float64', 'float64', 'float64', 'float64'],
};

/** torch.result_type of a tensor (row) and True, 1, 1.5; the same with and without dimensions. */
const withNumber: Readonly<Record<DType, readonly DType[]>> = {
  bool: ['bool', 'int32', 'float32'],
  uint8: ['uint8', 'uint8', 'float32'],
  int32: ['int32', 'int32', 'float32'],
  float32: ['float32', 'float32', 'float32'],
  float64: ['float64', 'float64', 'float64'],
};

test.each(order)('%s with the others', (dtype) => {
  const tensor = { dtype, weight: 'tensor' } as const;
  const scalar = { dtype, weight: 'scalar' } as const;
  expect(order.map((other) => widen(dtype, other))).toEqual(promoted[dtype]);
  expect(order.map((other) => promote([tensor, { dtype: other, weight: 'tensor' }]))).toEqual(promoted[dtype]);
  expect(order.map((other) => promote([scalar, { dtype: other, weight: 'scalar' }]))).toEqual(promoted[dtype]);
  expect(order.map((other) => promote([tensor, { dtype: other, weight: 'scalar' }]))).toEqual(withScalar[dtype]);
  expect(order.map((other) => promote([{ dtype: other, weight: 'scalar' }, tensor]))).toEqual(withScalar[dtype]);
  const numbers = [true, 1, 1.5].map((value) => ({ dtype: dtypeOfScalar(value), weight: 'number' }) as const);
  expect(numbers.map((number) => promote([tensor, number]))).toEqual(withNumber[dtype]);
  expect(numbers.map((number) => promote([number, scalar]))).toEqual(withNumber[dtype]);
});

test('what may be written in place into what', () => {
  const allowed = order.map((to) =>
    order.filter((from) => {
      try {
        requireCastable('add_', from, to);
        return true;
      } catch {
        return false;
      }
    }),
  );
  // torch.can_cast(from, to) for each target, in the order above.
  expect(allowed).toEqual([['bool'], ['bool', 'uint8', 'int32'], ['bool', 'uint8', 'int32'], [...order], [...order]]);
});

test('host arrays', () => {
  expect(hostArrayFrom('int32', [1.9, -1.9, 2 ** 31])).toEqual(Int32Array.of(1, -1, -(2 ** 31)));
  expect(hostArrayFrom('uint8', [-1, 256, 3.5])).toEqual(Uint8Array.of(255, 0, 3));
  expect(hostArrayFrom('bool', [0, -0, NaN, 0.1, 5])).toEqual(Uint8Array.of(0, 0, 1, 1, 1));
  expect(hostArrayFrom('float32', [0.1])).toEqual(Float32Array.of(0.1));
  expect(dtypeOfArray(new Uint8ClampedArray(1))).toBe('uint8');
  expect(dtypeOfArray(new Int16Array(1))).toBeUndefined();
});
