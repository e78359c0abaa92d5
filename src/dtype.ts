// Element types, the arrays that hold them on the host, and PyTorch's promotion rules.
// Knows nothing of tensors or devices.

import { DTypeError } from './errors.ts';

/** An element type. `int32` stands where PyTorch has int64. `float64` exists on the CPU device only. */
export type DType = 'float32' | 'float64' | 'int32' | 'uint8' | 'bool';

/** The host arrays that hold elements: bool is a Uint8Array of 0 and 1. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

export const float32 = 'float32' as const satisfies DType;
export const float64 = 'float64' as const satisfies DType;
export const int32 = 'int32' as const satisfies DType;
export const uint8 = 'uint8' as const satisfies DType;
export const bool = 'bool' as const satisfies DType;

/** PyTorch's other names for the same types; its default integer, int64, is int32 here. */
export const float = float32;
export const double = float64;
export const int = int32;
export const long = int32;
export const int64 = int32;

/** The dtype of each name. */
export const dtypeAliases: Readonly<Record<string, DType>> = {
  float: 'float32',
  float32: 'float32',
  double: 'float64',
  float64: 'float64',
  int: 'int32',
  int32: 'int32',
  long: 'int32',
  int64: 'int32',
  uint8: 'uint8',
  bool: 'bool',
};

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** A new host array of `size` zeros. */
export function hostArray(dtype: DType, size: number): TypedArray {
  return new arrays[dtype](size);
}

/** `values` as a host array of `dtype`: numbers truncate towards zero for integers, `!= 0` for bool. */
export function hostArrayFrom(dtype: DType, values: ArrayLike<number>): TypedArray {
  if (dtype === 'bool') return Uint8Array.from(values, (value) => (value !== 0 ? 1 : 0));
  const out = hostArray(dtype, values.length);
  out.set(values);
  return out;
}

/** The dtype that a typed array keeps, or undefined for a kind that wgrad has no dtype for. */
export function dtypeOfArray(array: ArrayBufferView): DType | undefined {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof Int32Array) return 'int32';
  if (array instanceof Uint8Array || array instanceof Uint8ClampedArray) return 'uint8';
  return undefined;
}

export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

const rank: Readonly<Record<DType, number>> = { bool: 0, uint8: 1, int32: 2, float32: 3, float64: 4 };

/** bool < integers < floats: a 0-dim tensor or a number widens a tensor only across these. */
function category(dtype: DType): number {
  return dtype === 'bool' ? 0 : isFloat(dtype) ? 2 : 1;
}

/** The wider of two dtypes: bool < uint8 < int32 < float32 < float64. */
export function widen(a: DType, b: DType): DType {
  return rank[a] >= rank[b] ? a : b;
}

/** An operand of a promotion: its dtype and the priority it takes part with. */
export interface Operand {
  readonly dtype: DType;
  /** 'tensor' for one or more dimensions, 'scalar' for 0-dim tensors, 'number' for JavaScript numbers. */
  readonly weight: 'tensor' | 'scalar' | 'number';
}

/**
 * The common dtype of several operands: tensors with dimensions decide; 0-dim tensors and then numbers take part only
 * when they are of a higher category (bool < integer < float).
 * https://pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
 */
export function promote(operands: readonly Operand[]): DType {
  let result: DType | null = null;
  for (const weight of ['tensor', 'scalar', 'number'] as const) {
    let group: DType | null = null;
    for (const operand of operands) {
      if (operand.weight === weight) group = group === null ? operand.dtype : widen(group, operand.dtype);
    }
    if (group === null) continue;
    if (result === null || category(group) > category(result)) result = group;
  }
  return result ?? 'float32';
}

/** The dtype with which a JavaScript value meets a tensor: numbers by `Number.isInteger`, booleans as bool. */
export function dtypeOfScalar(value: number | boolean): DType {
  if (typeof value === 'boolean') return 'bool';
  return Number.isInteger(value) ? 'int32' : 'float32';
}

/** Whether values of `from` may become `to`: a category may not shrink (bool < integers < floats). */
export function castable(from: DType, to: DType): boolean {
  return category(from) <= category(to);
}

/** Throws unless `from` may be written into `to` in place: a category may not shrink (float into int, int into bool). */
export function requireCastable(op: string, from: DType, to: DType): void {
  if (castable(from, to)) return;
  throw new DTypeError({
    op,
    fact: `result type ${from} cannot be stored in a ${to} tensor`,
    rule: 'an in-place operation keeps the dtype of the tensor it writes',
    cure: `Use the operation without the underscore, or convert first: x.to('${from}').`,
  });
}
