// The form of a row of the operation table, and the fixed numbers its inputs are filled with. A row says how an
// operation is called and on what; the suites derive the checks from it.
import { tensor, type DType, type NestedArray, type Tensor } from '../../src/index.ts';

/** An input of a call: shape, element type, and the range its numbers are from. */
export interface Input {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly low: number;
  readonly high: number;
}

/** One way to call an operation. */
export interface Call {
  readonly inputs: readonly Input[];
  readonly run: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
}

export interface Row {
  /** As wgrad exports it: `maxPool2d`, `nn.functional.gelu`, `linalg.norm`. */
  readonly name: string;
  readonly calls: readonly Call[];
  /** How often float inputs can be differentiated: not at all, once, or again and again. */
  readonly gradient: 'none' | 'first' | 'all';
  /** How far GPU and CPU may differ, relative to the number and at least; 1e-5 and 2e-6 where left out. */
  readonly relative?: number;
  readonly absolute?: number;
}

/** Floats of a shape between `low` and `high`. */
export function real(shape: readonly number[], low = -2, high = 2): Input {
  return { shape, dtype: 'float32', low, high };
}

/** Integers of a shape from `low` to `high`, both included. */
export function whole(shape: readonly number[], low = -6, high = 6, dtype: DType = 'int32'): Input {
  return { shape, dtype, low, high };
}

export function bits(shape: readonly number[]): Input {
  return { shape, dtype: 'bool', low: 0, high: 1 };
}

/** A number in [0, 1) that two integers decide: two rounds of multiplying and mixing (Murmur's finalizer). */
function scatteredNumber(seed: number, index: number): number {
  let bits = (Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b)) >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}

/** The numbers of an input, the same on every device and in every run. */
export function numbersFor(input: Input, seed: number): number[] {
  const { shape, dtype, low, high } = input;
  const count = shape.reduce((product, length) => product * length, 1);
  const isFloat = dtype === 'float32' || dtype === 'float64';
  return Array.from({ length: count }, (_, index) => {
    const share = scatteredNumber(seed, index);
    return isFloat ? Math.fround(low + (high - low) * share) : Math.floor(low + (high - low + 1) * share);
  });
}

function nested(values: readonly number[], shape: readonly number[]): NestedArray {
  if (shape.length === 0) return values[0];
  const step = values.length / Math.max(shape[0], 1);
  return Array.from({ length: shape[0] }, (_, at) => nested(values.slice(at * step, (at + 1) * step), shape.slice(1)));
}

/** The tensor of an input on a device; in another float type where one is given. */
export function tensorFor(
  input: Input,
  seed: number,
  device: 'cpu' | 'webgpu',
  float: 'float32' | 'float64' = 'float32',
): Tensor {
  const dtype = input.dtype === 'float32' ? float : input.dtype;
  const flat = numbersFor(input, seed);
  if (flat.length === 0) return tensor(new Float32Array(0), { dtype, device }).reshape([...input.shape]);
  return tensor(nested(flat, input.shape), { dtype, device });
}
