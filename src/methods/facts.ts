// What a tensor says of itself without being computed: what it is, how many elements and bytes it has.

import { castable, type DType, isFloat, promote } from '../dtype.ts';
import { resultType as typeOf } from '../ops/apply.ts';
import { define, type Operand, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';

/** Whether a value is a tensor. https://pytorch.org/docs/stable/generated/torch.is_tensor.html */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}

/** Whether the dtype is float32 or float64. https://pytorch.org/docs/stable/generated/torch.is_floating_point.html */
export const isFloatingPoint = define('isFloatingPoint', [p.tensor('input')], (input): boolean => isFloat(input.dtype));

/** The number of elements. https://pytorch.org/docs/stable/generated/torch.numel.html */
export const numel = define('numel', [p.tensor('input')], (input): number => input.numel());

/** Bytes of one element in PyTorch and in the typed arrays of the host; on the GPU uint8 and bool take 4. */
const bytes: Readonly<Record<DType, number>> = { float32: 4, float64: 8, int32: 4, uint8: 1, bool: 1 };

/** The bytes of one element. https://pytorch.org/docs/stable/generated/torch.Tensor.element_size.html */
export function elementSize(input: Tensor): number {
  return bytes[input.dtype];
}

/** The dtype in which tensors and numbers meet. https://pytorch.org/docs/stable/generated/torch.result_type.html */
export const resultType = define(
  'resultType',
  [p.operand('tensor1'), p.operand('tensor2')],
  (tensor1: Operand, tensor2: Operand): DType => typeOf([tensor1, tensor2]),
);

/** The dtype in which tensors of two dtypes meet. https://pytorch.org/docs/stable/generated/torch.promote_types.html */
export const promoteTypes = define(
  'promoteTypes',
  [p.dtype('type1'), p.dtype('type2')],
  (type1: DType, type2: DType): DType =>
    promote([
      { dtype: type1, weight: 'tensor' },
      { dtype: type2, weight: 'tensor' },
    ]),
);

/** Whether PyTorch's promotion lets values of one dtype become another. https://pytorch.org/docs/stable/generated/torch.can_cast.html */
export const canCast = define('canCast', [p.dtype('from'), p.dtype('to')], (from: DType, to: DType): boolean =>
  castable(from, to),
);

/** Whether the dtype has negative numbers. https://pytorch.org/docs/stable/generated/torch.Tensor.is_signed.html */
export function isSigned({ dtype }: Tensor): boolean {
  return dtype !== 'uint8' && dtype !== 'bool';
}
