// The methods of Tensor that do not follow the rule of the method table: overloads, conversions, reads, gradients.

import { backwardFrom, type BackwardOptions, registerHook, retainGrad } from '../autograd/autograd.ts';
import { argwhere, maskedSelect, nonzero, repeatInterleave } from '../dependent.ts';
import { resolveDevice } from '../device.ts';
import { type DType, dtypeAliases, type TypedArray } from '../dtype.ts';
import { ArgumentError } from '../errors.ts';
import { Device } from '../core/graph.ts';
import { elementSize, isFloatingPoint, isSigned } from './facts.ts';
import { type Index, index, indexPut, indexPut_, type IndexPutOptions } from '../indexing.ts';
import { where } from '../ops/arithmetic.ts';
import { max, min, type ValuesAndIndices } from '../ops/reduce.ts';
import { median, nanmedian } from '../ops/sorting.ts';
import { allclose, cpu, equal, item, type NestedNumbers, numpy, realize, repr, toDevice, tolist } from '../read.ts';
import { toDType } from '../ops/apply.ts';
import { bind, describe, type MethodOf, type Operand, optional, p } from '../core/signature.ts';
import { type GradHook, Tensor } from '../core/tensor.ts';
import { type Distinct, unique, uniqueConsecutive, type UniqueOptions } from '../unique.ts';

/** The methods that do not follow the rule of the table. */
export interface OtherMethods {
  /** The part that integers, slices, ranges ('1:3, ::2'), null, '...', lists and tensors name: PyTorch's x[...]. */
  index(...entries: Index[]): Tensor;
  /** Writes into that part: x[...] = value. */
  indexPut_(entries: readonly Index[] | string, value: Operand, options?: boolean | IndexPutOptions): this;
  /** A copy with `value` written into that part. */
  indexPut(entries: readonly Index[] | string, value: Operand, options?: boolean | IndexPutOptions): Tensor;
  /** Each element several times in a row; awaited where a tensor says how often. */
  repeatInterleave(repeats: Tensor, dim?: number | null | { dim?: number; outputSize?: number }): Promise<Tensor>;
  repeatInterleave(
    repeats: number | readonly number[],
    dim?: number | null | { dim?: number; outputSize?: number },
  ): Tensor;
  /** Whether the dtype is float32 or float64. */
  isFloatingPoint(): boolean;
  /** Whether the dtype has negative numbers. */
  isSigned(): boolean;
  /** The number of elements, another name of numel. */
  nelement(): number;
  /** The number of dimensions, another name of dim. */
  ndimension(): number;
  /** The bytes of one element on the host. */
  elementSize(): number;
  /** The bytes of one element on the host. */
  readonly itemsize: number;
  /** The bytes of all elements on the host. */
  readonly nbytes: number;
  /** The largest element, or { values, indices } along a dimension, or the larger of two tensors. */
  max(): Tensor;
  max(other: Tensor): Tensor;
  max(dim: number, keepdim?: boolean | { keepdim?: boolean }): ValuesAndIndices;
  max(options: { dim: number; keepdim?: boolean }): ValuesAndIndices;
  /** The smallest element, or { values, indices } along a dimension, or the smaller of two tensors. */
  min(): Tensor;
  min(other: Tensor): Tensor;
  min(dim: number, keepdim?: boolean | { keepdim?: boolean }): ValuesAndIndices;
  min(options: { dim: number; keepdim?: boolean }): ValuesAndIndices;
  /** This tensor where `condition` is true, else `other`. */
  where(condition: Tensor, other: Operand): Tensor;
  /** Another dtype, another device, or the dtype and device of another tensor. */
  to(
    target:
      | DType
      | 'long'
      | 'double'
      | 'half'
      | 'cpu'
      | 'webgpu'
      | Device
      | Tensor
      | { dtype?: DType; device?: Device | 'cpu' | 'webgpu' },
  ): Tensor;
  float(): Tensor;
  double(): Tensor;
  int(): Tensor;
  /** int32, which stands for PyTorch's int64. */
  long(): Tensor;
  bool(): Tensor;
  byte(): Tensor;
  /** The kind of tensor in PyTorch's words, such as 'torch.FloatTensor'; with a dtype, this tensor in it. */
  type(): string;
  type(dtype: DType | 'long' | 'double'): Tensor;
  /** This tensor on the GPU, as PyTorch's cuda(). */
  gpu(): Tensor;
  typeAs(other: Tensor): Tensor;
  /** Adds the gradient of this tensor to `.grad` of every leaf that it depends on. Without `gradient` it must be one element. */
  backward(gradient?: Tensor | null | BackwardOptions, options?: BackwardOptions): void;
  /** Keeps the gradient of this non-leaf tensor in `.grad`. */
  retainGrad(): void;
  /** Calls `hook` with each gradient of this tensor; what it returns replaces it. Returns a function that removes the hook. */
  registerHook(hook: GradHook): () => void;
  /** The elements as a typed array in C order, as they are now. */
  numpy(): Promise<TypedArray>;
  /** The only element as a number; of a bool tensor it is true or false: item<boolean>(). */
  item<T extends number | boolean = number>(): Promise<T>;
  /** The elements as nested lists: of numbers, or of what T says, such as `tolist<boolean[]>()`. */
  tolist<T = NestedNumbers>(): Promise<NoInfer<T>>;
  /** PyTorch's text for this tensor. */
  repr(): Promise<string>;
  /** The elements where `mask` is true. */
  maskedSelect(mask: Tensor): Promise<Tensor>;
  /** The positions of the non-zero elements, one row each. */
  nonzero(asTuple?: false | { asTuple?: false }): Promise<Tensor>;
  nonzero(asTuple: true | { asTuple: true }): Promise<Tensor[]>;
  argwhere(): Promise<Tensor>;
  /** The lower middle of all elements, or { values, indices } along a dimension. */
  median(): Tensor;
  median(dim: number, keepdim?: boolean | { keepdim?: boolean }): ValuesAndIndices;
  median(options: { dim: number; keepdim?: boolean }): ValuesAndIndices;
  /** The same of what is not NaN. */
  nanmedian(): Tensor;
  nanmedian(dim: number, keepdim?: boolean | { keepdim?: boolean }): ValuesAndIndices;
  nanmedian(options: { dim: number; keepdim?: boolean }): ValuesAndIndices;
  /** The distinct elements, or with `returnInverse` and `returnCounts` a list. */
  unique<const O extends UniqueOptions>(options?: O): Promise<Distinct<O>>;
  unique(
    sorted: boolean,
    returnInverse?: boolean,
    returnCounts?: boolean,
    dim?: number | null,
  ): Promise<Tensor | Tensor[]>;
  /** The first of each run of equal elements. */
  uniqueConsecutive<const O extends Omit<UniqueOptions, 'sorted'>>(options?: O): Promise<Distinct<O>>;
  uniqueConsecutive(returnInverse: boolean, returnCounts?: boolean, dim?: number | null): Promise<Tensor | Tensor[]>;
  /** Whether both have the same shape and elements. */
  equal: MethodOf<typeof equal>;
  /** Whether |x - other| <= atol + rtol * |other| everywhere. */
  allclose: MethodOf<typeof allclose>;
  /** The rows, one after the other: for (const row of x). */
  [Symbol.iterator](): IterableIterator<Tensor>;
  /** Computes the value now and keeps it on the device. */
  realize(): Promise<Tensor>;
  /** A copy on the CPU device. */
  cpu(): Promise<Tensor>;
  /** Whether the tensor is on the CPU device. */
  readonly isCpu: boolean;
  /** The tensor itself: the real part, for PyTorch's complex numbers. */
  readonly real: Tensor;
  /** All dimensions reversed. */
  readonly T: Tensor;
  /** The last two dimensions exchanged. */
  readonly mT: Tensor;
  /** The transpose of a matrix (its conjugate, for PyTorch's complex numbers). */
  readonly H: Tensor;
  /** The last two dimensions exchanged, as mT (and conjugated, for PyTorch's complex numbers). */
  readonly mH: Tensor;
}

const toSignature = [
  optional(
    p.custom<DType | Device | Tensor>()(
      'target',
      'a dtype, a device or a tensor',
      (v) => typeof v === 'string' || v instanceof Device || v instanceof Tensor,
    ),
    null,
  ),
  optional(p.dtype('dtype'), null),
  optional(p.device('device'), null),
];

function to(x: Tensor, ...args: unknown[]): Tensor {
  const [target, dtypeName, deviceName] = bind('to', toSignature, args);
  if (target instanceof Tensor) return toDType(toDevice(x, target.device), target.dtype);
  let moved = x;
  const device = target instanceof Device || target === 'cpu' || target === 'webgpu' ? target : deviceName;
  const dtype = typeof target === 'string' && Object.hasOwn(dtypeAliases, target) ? dtypeAliases[target] : dtypeName;
  if (device === null && dtype === null) {
    throw new ArgumentError({
      op: 'to',
      fact: `target '${String(target)}'`,
      rule: "it must be a dtype ('float32', 'int32', 'bool', ..) or a device",
    });
  }
  if (device !== null) moved = toDevice(moved, resolveDevice(device as Device));
  return dtype === null ? moved : toDType(moved, dtype as DType);
}

/** Functions with signature lists of their own; what they answer is awaited. */
const reads = { numpy, item, tolist, repr, realize, cpu, maskedSelect, nonzero, argwhere } as unknown as Readonly<
  Record<string, (x: Tensor) => unknown>
>;

const kinds: Readonly<Record<DType, string>> = {
  float32: 'FloatTensor',
  float64: 'DoubleTensor',
  int32: 'IntTensor',
  uint8: 'ByteTensor',
  bool: 'BoolTensor',
};

function kindOf({ dtype, device }: Tensor): string {
  return `torch.${device.type === 'cpu' ? '' : 'gpu.'}${kinds[dtype]}`;
}

export const others: Record<string, (x: Tensor, ...args: never[]) => unknown> = {
  index,
  indexPut,
  indexPut_,
  repeatInterleave: repeatInterleave as (x: Tensor) => unknown,
  isFloatingPoint: (x) => isFloatingPoint(x),
  isSigned: (x) => isSigned(x),
  nelement: (x) => x.numel(),
  ndimension: (x) => x.ndim,
  elementSize,
  max: max as (x: Tensor) => unknown,
  min: min as (x: Tensor) => unknown,
  where: (x: Tensor, condition: Tensor, other: Operand) => where(condition, x, other),
  to,
  float: (x) => toDType(x, 'float32'),
  double: (x) => toDType(x, 'float64'),
  int: (x) => toDType(x, 'int32'),
  long: (x) => toDType(x, 'int32'),
  bool: (x) => toDType(x, 'bool'),
  byte: (x) => toDType(x, 'uint8'),
  gpu: (x) => to(x, 'webgpu'),
  type: (x: Tensor, dtype?: DType) => {
    if (dtype === undefined) return kindOf(x);
    if (typeof dtype === 'string' && Object.hasOwn(dtypeAliases, dtype)) return toDType(x, dtypeAliases[dtype]);
    throw new ArgumentError({
      op: 'type',
      fact: describe(dtype),
      rule: 'it must be a dtype',
    });
  },
  typeAs: (x: Tensor, other: Tensor) => toDType(x, other.dtype),
  backward: backwardFrom,
  retainGrad,
  registerHook,
  ...reads,
  median: median as (x: Tensor) => unknown,
  nanmedian: nanmedian as (x: Tensor) => unknown,
  unique,
  uniqueConsecutive,
  equal: equal as unknown as (x: Tensor) => unknown,
  allclose: allclose as unknown as (x: Tensor) => unknown,
};
