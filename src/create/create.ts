// Making tensors: from arrays, constants and ranges. Constants are computed on the device.

import { resolveDevice } from '../device.ts';
import { type DType, dtypeOfArray, hostArray, hostArrayFrom, isFloat, type TypedArray } from '../dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { type Device, makeLeaf } from '../core/graph.ts';
import { fillNode, requireDType } from '../ops/apply.ts';
import { formatShape, type Shape } from '../shape.ts';
import { define, describe, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';

/** Nested lists of numbers or booleans, all of one depth and length. */
export type NestedArray = number | boolean | readonly NestedArray[];

/** The options that creation functions share. */
export interface TensorOptions {
  readonly dtype?: DType;
  readonly device?: Device | 'cpu' | 'webgpu';
  readonly requiresGrad?: boolean;
}

export const dtypeOption = optional(p.dtype('dtype'), null);
export const deviceOption = optional(p.device('device'), null);
export const gradOption = optional(p.bool('requiresGrad'), false);
export const size = p.sizes('size');

export type DeviceOption = Device | 'cpu' | 'webgpu' | null;

export function settle(op: string, dtype: DType | null, device: DeviceOption): { dtype: DType; device: Device } {
  const settled = { dtype: dtype ?? 'float32', device: resolveDevice(device) };
  requireDType(op, settled.device, settled.dtype);
  return settled;
}

export function leaf(
  op: string,
  host: TypedArray,
  shape: Shape,
  dtype: DType,
  device: Device,
  requiresGrad: boolean,
): Tensor {
  const tensor = Tensor.of(makeLeaf(host, device, dtype, shape));
  return requiresGrad ? grounded(op, tensor) : tensor;
}

function grounded(op: string, tensor: Tensor): Tensor {
  if (isFloat(tensor.dtype)) return tensor.requiresGrad_();
  throw new DTypeError({
    op,
    fact: `requiresGrad with dtype ${tensor.dtype}`,
    rule: 'only floating point tensors can require gradients',
  });
}

export function checkSizes(op: string, shape: Shape): void {
  if (shape.every((length) => Number.isInteger(length) && length >= 0)) return;
  throw new ShapeError({ op, fact: `sizes ${formatShape(shape)}`, rule: 'sizes are integers of 0 or more' });
}

/** The shape of nested lists; throws where they are ragged. */
function nestedShape(data: NestedArray): number[] {
  const shape: number[] = [];
  for (let at: NestedArray = data; Array.isArray(at); at = at[0] as NestedArray) {
    shape.push(at.length);
    if (at.length === 0) break;
  }
  return shape;
}

function flattenNested(data: NestedArray, shape: Shape, depth: number, out: number[], path: string): boolean {
  if (!Array.isArray(data)) {
    if (depth !== shape.length) throw raggedError(shape, path, 'a number where a list is expected');
    if (typeof data !== 'number' && typeof data !== 'boolean') {
      throw new ArgumentError({
        op: 'tensor',
        fact: `${path || 'the data'} is ${describe(data)}`,
        rule: 'the data must be numbers, booleans, nested lists of them or a typed array',
        cure: data instanceof Tensor ? 'Use stack([...]) to join tensors, or x.clone() to copy one.' : undefined,
      });
    }
    out.push(Number(data));
    return typeof data === 'boolean';
  }
  const list = data as readonly NestedArray[];
  if (depth === shape.length) throw raggedError(shape, path, 'a list where a number is expected');
  if (list.length !== shape[depth])
    throw raggedError(shape, path, `${list.length} entries where ${shape[depth]} are expected`);
  let onlyBooleans = true;
  for (let index = 0; index < list.length; index++) {
    onlyBooleans = flattenNested(list[index], shape, depth + 1, out, `${path}[${index}]`) && onlyBooleans;
  }
  return onlyBooleans;
}

/** PyTorch refuses to make an int32 of what it cannot hold; later arithmetic wraps. */
function checkInt32(values: readonly number[]): void {
  const wrong = values.find((value) => value > 2 ** 31 - 1 || value < -(2 ** 31));
  if (wrong === undefined) return;
  throw new ArgumentError({
    op: 'tensor',
    fact: `${wrong} as int32`,
    rule: 'int32 holds -2147483648 to 2147483647',
    cure: 'Make it float32.',
  });
}

function raggedError(shape: Shape, path: string, found: string): ShapeError {
  return new ShapeError({
    op: 'tensor',
    fact: `data${path} has ${found}`,
    rule: `nested lists must be rectangular, and the first entries say ${formatShape(shape)}`,
  });
}

/**
 * A tensor of given values, which are copied. Numbers become float32, booleans bool, typed arrays (1-dim) keep their
 * kind. https://pytorch.org/docs/stable/generated/torch.tensor.html
 */
export const tensor = define(
  'tensor',
  [
    p.custom<NestedArray | TypedArray>()(
      'data',
      'numbers, nested lists or a typed array',
      (v) => v !== undefined && v !== null,
    ),
    dtypeOption,
    deviceOption,
    gradOption,
  ],
  (data: NestedArray | TypedArray, dtype: DType | null, device: DeviceOption, requiresGrad: boolean): Tensor => {
    const where = resolveDevice(device);
    if (ArrayBuffer.isView(data)) {
      const kind = dtypeOfArray(data);
      if (kind === undefined) {
        throw new DTypeError({
          op: 'tensor',
          fact: `a ${Object.getPrototypeOf(data).constructor.name as string}`,
          rule: 'the typed arrays are Float32Array, Float64Array, Int32Array and Uint8Array',
        });
      }
      const kept = kind === 'float64' && where.request !== 'cpu' ? 'float32' : kind;
      const chosen = settle('tensor', dtype ?? kept, where).dtype;
      return leaf('tensor', hostArrayFrom(chosen, data), [data.length], chosen, where, requiresGrad);
    }
    const shape = nestedShape(data);
    const values: number[] = [];
    const booleans = flattenNested(data, shape, 0, values, '') && values.length > 0;
    if (dtype === 'int32') checkInt32(values);
    const chosen = settle('tensor', dtype ?? (booleans ? 'bool' : 'float32'), where).dtype;
    return leaf('tensor', hostArrayFrom(chosen, values), shape, chosen, where, requiresGrad);
  },
);

/** A tensor over a typed array, which it takes over: do not write to the array afterwards. https://pytorch.org/docs/stable/generated/torch.from_numpy.html */
export const fromNumpy = define(
  'fromNumpy',
  [
    p.custom<TypedArray>()('array', 'a typed array', (v) => ArrayBuffer.isView(v) && dtypeOfArray(v) !== undefined),
    deviceOption,
  ],
  (array: TypedArray, device: DeviceOption): Tensor => {
    const where = resolveDevice(device);
    const kind = dtypeOfArray(array) as DType;
    if (kind === 'float64' && where.request !== 'cpu') return tensor(array, { device: where });
    return leaf('fromNumpy', array, [array.length], kind, where, false);
  },
);

/** A tensor of one value, for `op`. */
export function constant(
  op: string,
  value: number,
  shape: Shape,
  dtype: DType | null,
  device: DeviceOption,
  requiresGrad: boolean,
): Tensor {
  checkSizes(op, shape);
  const settled = settle(op, dtype, device);
  const made = Tensor.of(fillNode(value, settled.device, settled.dtype, [...shape]));
  return requiresGrad ? grounded(op, made) : made;
}

/** Zeros of a shape. https://pytorch.org/docs/stable/generated/torch.zeros.html */
export const zeros = define(
  'zeros',
  [size, dtypeOption, deviceOption, gradOption],
  (size, dtype, device, requiresGrad): Tensor => constant('zeros', 0, size, dtype, device, requiresGrad),
);
/** Ones of a shape. https://pytorch.org/docs/stable/generated/torch.ones.html */
export const ones = define(
  'ones',
  [size, dtypeOption, deviceOption, gradOption],
  (size, dtype, device, requiresGrad): Tensor => constant('ones', 1, size, dtype, device, requiresGrad),
);
/** A tensor whose elements are yet to be written; wgrad fills it with zeros. https://pytorch.org/docs/stable/generated/torch.empty.html */
export const empty = define(
  'empty',
  [size, dtypeOption, deviceOption, gradOption],
  (size, dtype, device, requiresGrad): Tensor => constant('empty', 0, size, dtype, device, requiresGrad),
);

export const fillValue = p.custom<number | boolean>()(
  'fillValue',
  'a number or a boolean',
  (v) => typeof v === 'number' || typeof v === 'boolean',
);

/** One value everywhere; a boolean gives bool, a number float32. https://pytorch.org/docs/stable/generated/torch.full.html */
export const full = define(
  'full',
  [p.ints('size'), fillValue, dtypeOption, deviceOption, gradOption],
  (size, fillValue, dtype, device, requiresGrad): Tensor =>
    constant(
      'full',
      Number(fillValue),
      size,
      dtype ?? (typeof fillValue === 'boolean' ? 'bool' : null),
      device,
      requiresGrad,
    ),
);

export const like = [p.tensor('input'), dtypeOption, deviceOption, gradOption] as const;

/** Zeros with the shape and dtype of another tensor. https://pytorch.org/docs/stable/generated/torch.zeros_like.html */
export const zerosLike = define('zerosLike', like, (input, dtype, device, requiresGrad): Tensor =>
  constant('zerosLike', 0, input.shape, dtype ?? input.dtype, device ?? input.device, requiresGrad),
);
/** Ones with the shape and dtype of another tensor. https://pytorch.org/docs/stable/generated/torch.ones_like.html */
export const onesLike = define('onesLike', like, (input, dtype, device, requiresGrad): Tensor =>
  constant('onesLike', 1, input.shape, dtype ?? input.dtype, device ?? input.device, requiresGrad),
);
/** An unwritten tensor with the shape and dtype of another. https://pytorch.org/docs/stable/generated/torch.empty_like.html */
export const emptyLike = define('emptyLike', like, (input, dtype, device, requiresGrad): Tensor =>
  constant('emptyLike', 0, input.shape, dtype ?? input.dtype, device ?? input.device, requiresGrad),
);
/** One value with the shape and dtype of another tensor. https://pytorch.org/docs/stable/generated/torch.full_like.html */
export const fullLike = define(
  'fullLike',
  [p.tensor('input'), fillValue, dtypeOption, deviceOption, gradOption],
  (input, fillValue, dtype, device, requiresGrad): Tensor =>
    constant('fullLike', Number(fillValue), input.shape, dtype ?? input.dtype, device ?? input.device, requiresGrad),
);

/** Ones on the diagonal of an n x m matrix. https://pytorch.org/docs/stable/generated/torch.eye.html */
export const eye = define(
  'eye',
  [p.int('n'), optional(p.int('m'), null), dtypeOption, deviceOption, gradOption],
  (n, m, dtype, device, requiresGrad): Tensor => {
    checkSizes('eye', [n, m ?? n]);
    const settled = settle('eye', dtype, device);
    const host = hostArray(settled.dtype, n * (m ?? n));
    for (let index = 0; index < Math.min(n, m ?? n); index++) host[index * (m ?? n) + index] = 1;
    return leaf('eye', host, [n, m ?? n], settled.dtype, settled.device, requiresGrad);
  },
);

/**
 * Writes start, start + step, .. as PyTorch does on processors with AVX2: float32 eight at a time from a first one that is
 * rounded already (so some differ in the last bit from start + index * step), what is left of sixteens one by one.
 * https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/cpu/RangeFactoriesKernel.cpp
 */
function fillSteps(host: TypedArray, start: number, step: number): void {
  const eights = host instanceof Float32Array ? host.length - (host.length % 16) : 0;
  for (let index = 0; index < eights; index++) {
    const lane = index % 8;
    host[index] = Math.fround(start + (index - lane) * step) + lane * step;
  }
  for (let index = eights; index < host.length; index++) host[index] = start + index * step;
}

/** start, start + step, .. below end: arange(end), arange(start, end), arange(start, end, step). Integers give int32. https://pytorch.org/docs/stable/generated/torch.arange.html */
export const arange = define(
  'arange',
  [
    p.number('start'),
    optional(p.number('end'), null),
    optional(p.number('step'), 1),
    dtypeOption,
    deviceOption,
    gradOption,
  ],
  (first, last, step, dtype, device, requiresGrad): Tensor => {
    const [start, end] = last === null ? [0, first] : [first, last];
    const finite = [start, end, step].every(Number.isFinite);
    if (!finite || step === 0 || (end - start) / step < 0) {
      throw new ArgumentError({
        op: 'arange',
        fact: `from ${start} to ${end} by ${step}`,
        rule: finite ? 'the step must lead from start to end' : 'all three must be finite',
      });
    }
    const whole = [start, end, step].every(Number.isInteger);
    const settled = settle('arange', dtype ?? (whole ? 'int32' : 'float32'), device);
    const host = hostArray(settled.dtype, Math.ceil((end - start) / step));
    fillSteps(host, start, step);
    return leaf('arange', host, [host.length], settled.dtype, settled.device, requiresGrad);
  },
);

/** Writes what `value` makes of numbers from start to end, both included, the same distance apart. */
export function fillEvenly(host: TypedArray, start: number, end: number, value: (at: number) => number): void {
  const steps = host.length;
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  // From both ends towards the middle, as PyTorch does, so that both ends are exact.
  for (let index = 0; index < steps; index++) {
    host[index] = value(index < steps / 2 ? start + step * index : end - step * (steps - index - 1));
  }
}

/** `steps` values from start to end, both included. https://pytorch.org/docs/stable/generated/torch.linspace.html */
export const linspace = define(
  'linspace',
  [p.number('start'), p.number('end'), p.int('steps'), dtypeOption, deviceOption, gradOption],
  (start, end, steps, dtype, device, requiresGrad): Tensor => {
    if (steps < 0)
      throw new ArgumentError({ op: 'linspace', fact: `steps is ${steps}`, rule: 'it must be at least 0' });
    const settled = settle('linspace', dtype, device);
    const host = hostArray(settled.dtype, steps);
    fillEvenly(host, start, end, (value) => value);
    return leaf('linspace', host, [steps], settled.dtype, settled.device, requiresGrad);
  },
);
