// Elements of tensors as the bytes of files (little-endian), and back: the kinds of numbers that PyTorch has and wgrad has
// not are widened or, where every value fits, narrowed. Knows no format.

import { type DType, hostArrayFrom, type TypedArray } from '../dtype.ts';
import { ArgumentError } from '../errors.ts';

/** The kinds of elements in files. */
export type ElementKind = DType | 'float16' | 'bfloat16' | 'int64' | 'int16' | 'int8';

/** Bytes an element. */
export const elementBytes: Readonly<Record<ElementKind, number>> = {
  float64: 8,
  int64: 8,
  float32: 4,
  int32: 4,
  float16: 2,
  bfloat16: 2,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** The dtype that holds the elements of a kind here. */
const dtypeOf: Readonly<Record<ElementKind, DType>> = {
  float64: 'float64',
  int64: 'int32',
  float32: 'float32',
  int32: 'int32',
  float16: 'float32',
  bfloat16: 'float32',
  int16: 'int32',
  int8: 'int32',
  uint8: 'uint8',
  bool: 'bool',
};

/** The bytes of host elements. */
export function encodeElements(values: TypedArray, dtype: DType): Uint8Array {
  const host = hostArrayFrom(dtype, values);
  return new Uint8Array(host.buffer, host.byteOffset, host.byteLength);
}

/** sign (-1)^s, exponent e of 5 bits, mantissa m of 10: (-1)^s 2^(e - 15) (1 + m / 1024), and 2^-14 m / 1024 where e is 0. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? 2 ** -24 * mantissa : 2 ** (exponent - 25) * (1024 + mantissa));
}

/** The elements that bytes hold; `doubles`: the device has float64. */
export function decodeElements(
  kind: ElementKind,
  bytes: Uint8Array,
  op: string,
  doubles: boolean,
): { readonly dtype: DType; readonly values: TypedArray } {
  const width = elementBytes[kind];
  const count = Math.floor(bytes.length / width);
  // A copy begins at a multiple of every width.
  const { buffer } = bytes.slice(0, count * width);
  const dtype = kind === 'float64' && !doubles ? 'float32' : dtypeOf[kind];
  switch (kind) {
    case 'float32':
      return { dtype, values: new Float32Array(buffer) };
    case 'float64':
      return { dtype, values: doubles ? new Float64Array(buffer) : Float32Array.from(new Float64Array(buffer)) };
    case 'int32':
      return { dtype, values: new Int32Array(buffer) };
    case 'uint8':
      return { dtype, values: new Uint8Array(buffer) };
    case 'bool':
      return { dtype, values: new Uint8Array(buffer).map((byte) => (byte === 0 ? 0 : 1)) };
    case 'int16':
      return { dtype, values: Int32Array.from(new Int16Array(buffer)) };
    case 'int8':
      return { dtype, values: Int32Array.from(new Int8Array(buffer)) };
    case 'float16':
      return { dtype, values: Float32Array.from(new Uint16Array(buffer), half) };
    case 'bfloat16': {
      // The upper half of a float32.
      const wide = Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16);
      return { dtype, values: new Float32Array(wide.buffer) };
    }
    default:
      return { dtype, values: narrowed(new BigInt64Array(buffer), op) };
  }
}

function narrowed(wide: BigInt64Array, op: string): Int32Array {
  return Int32Array.from(wide, (value) => {
    if (value === BigInt.asIntN(32, value)) return Number(value);
    throw new ArgumentError({
      op,
      fact: `an int64 tensor that holds ${value}`,
      rule: 'int32 stands for int64 here and holds -2147483648 to 2147483647',
      cure: 'Save it as float64 or in parts.',
    });
  });
}
