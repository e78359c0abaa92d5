// Making tensors like another (x.newZeros(..)), by strides, on a logarithmic scale, and the positions of triangles.

import {
  checkSizes,
  constant,
  type DeviceOption,
  deviceOption,
  dtypeOption,
  fillEvenly,
  fillValue,
  gradOption,
  leaf,
  type NestedArray,
  settle,
  size,
  tensor,
} from './create.ts';
import { type DType, hostArray, type TypedArray } from '../dtype.ts';
import { ArgumentError } from '../errors.ts';
import { clone } from '../ops/copy.ts';
import { asStrided, checkStrides } from '../ops/stride.ts';
import type { Shape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { toDType } from '../ops/apply.ts';
import { toDevice } from '../read.ts';
import { resolveDevice } from '../device.ts';

const input = p.tensor('input');
const options = [dtypeOption, deviceOption, gradOption] as const;

/** Zeros of a shape, with the dtype and on the device of this tensor. https://pytorch.org/docs/stable/generated/torch.Tensor.new_zeros.html */
export const newZeros = define(
  'newZeros',
  [input, size, ...options],
  (input, size, dtype, device, requiresGrad): Tensor =>
    constant('newZeros', 0, size, dtype ?? input.dtype, device ?? input.device, requiresGrad),
);
/** Ones of a shape, with the dtype and on the device of this tensor. https://pytorch.org/docs/stable/generated/torch.Tensor.new_ones.html */
export const newOnes = define(
  'newOnes',
  [input, size, ...options],
  (input, size, dtype, device, requiresGrad): Tensor =>
    constant('newOnes', 1, size, dtype ?? input.dtype, device ?? input.device, requiresGrad),
);
/** An unwritten tensor (zeros), with the dtype and on the device of this one. https://pytorch.org/docs/stable/generated/torch.Tensor.new_empty.html */
export const newEmpty = define(
  'newEmpty',
  [input, size, ...options],
  (input, size, dtype, device, requiresGrad): Tensor =>
    constant('newEmpty', 0, size, dtype ?? input.dtype, device ?? input.device, requiresGrad),
);
/** One value everywhere, with the dtype and on the device of this tensor. https://pytorch.org/docs/stable/generated/torch.Tensor.new_full.html */
export const newFull = define(
  'newFull',
  [input, p.ints('size'), fillValue, ...options],
  (input, size, fillValue, dtype, device, requiresGrad): Tensor =>
    constant('newFull', Number(fillValue), size, dtype ?? input.dtype, device ?? input.device, requiresGrad),
);

const data = p.custom<NestedArray | TypedArray>()(
  'data',
  'numbers, nested lists or a typed array',
  (v) => v !== undefined && v !== null,
);

/** A tensor of given values, with the dtype and on the device of this one. https://pytorch.org/docs/stable/generated/torch.Tensor.new_tensor.html */
export const newTensor = define(
  'newTensor',
  [input, data, ...options],
  (input, data, dtype, device, requiresGrad): Tensor =>
    tensor(data, { dtype: dtype ?? input.dtype, device: device ?? input.device, requiresGrad }),
);

const tensorOrData = p.custom<Tensor | NestedArray | TypedArray>()(
  'data',
  'a tensor, numbers, nested lists or a typed array',
  (v) => v !== undefined && v !== null,
);

/** A tensor of the values given; a tensor that has the dtype and device already is returned as it is. https://pytorch.org/docs/stable/generated/torch.as_tensor.html */
export const asTensor = define('asTensor', [tensorOrData, dtypeOption, deviceOption], (data, dtype, device): Tensor => {
  if (!(data instanceof Tensor)) {
    return tensor(data, { dtype: dtype ?? undefined, device: device ?? undefined });
  }
  const moved = device === null ? data : toDevice(data, resolveDevice(device));
  return toDType(moved, dtype ?? data.dtype);
});

/**
 * A tensor of the values given. Of a tensor: one that shares its elements and has no place on the tape, unless dtype, device or
 * `copy` ask for a copy; with `requiresGrad` it keeps its history. https://pytorch.org/docs/stable/generated/torch.asarray.html
 */
export const asarray = define(
  'asarray',
  [tensorOrData, dtypeOption, deviceOption, optional(p.bool('copy'), null), gradOption],
  (data, dtype, device, copy, requiresGrad): Tensor => {
    if (!(data instanceof Tensor)) {
      if (copy === false) throw cannotShare('a list or typed array');
      return tensor(data, { dtype: dtype ?? undefined, device: device ?? undefined, requiresGrad });
    }
    const made = asTensor(requiresGrad || !data.requiresGrad ? data : data.detach(), {
      dtype: dtype ?? undefined,
      device: device ?? undefined,
    });
    const shares = made.storage === data.storage;
    if (copy === false && !shares) throw cannotShare(`${data.dtype} on ${data.device.type}`);
    const result = copy === true && shares ? clone(made) : made;
    return requiresGrad ? result.requiresGrad_() : result;
  },
);

function cannotShare(what: string): ArgumentError {
  return new ArgumentError({
    op: 'asarray',
    fact: `copy is false, of ${what}`,
    rule: 'only a tensor of the same dtype and device can be shared',
    cure: 'Leave copy out.',
  });
}

/** An unwritten tensor (zeros) whose elements lie by the strides given. https://pytorch.org/docs/stable/generated/torch.empty_strided.html */
export const emptyStrided = define(
  'emptyStrided',
  [p.ints('size'), p.ints('stride'), ...options],
  (size, stride, dtype, device, requiresGrad): Tensor =>
    strided('emptyStrided', size, stride, dtype, device, requiresGrad),
);

/** The same, with the dtype and on the device of this tensor. https://pytorch.org/docs/stable/generated/torch.Tensor.new_empty_strided.html */
export const newEmptyStrided = define(
  'newEmptyStrided',
  [input, p.ints('size'), p.ints('stride'), ...options],
  (input, size, stride, dtype, device, requiresGrad): Tensor =>
    strided('newEmptyStrided', size, stride, dtype ?? input.dtype, device ?? input.device, requiresGrad),
);

function strided(
  op: string,
  shape: Shape,
  stride: Shape,
  dtype: DType | null,
  device: DeviceOption,
  grad: boolean,
): Tensor {
  checkSizes(op, shape);
  checkStrides(op, shape, stride);
  const last = shape.reduce((at, length, dim) => at + Math.max(length - 1, 0) * stride[dim], 0);
  const storage = constant(op, 0, [shape.includes(0) ? 0 : last + 1], dtype, device, false);
  return asStrided(storage, [...shape], [...stride])
    .detach()
    .requiresGrad_(grad);
}

/** base ** x for `steps` numbers x from start to end, both included. https://pytorch.org/docs/stable/generated/torch.logspace.html */
export const logspace = define(
  'logspace',
  [p.number('start'), p.number('end'), p.int('steps'), optional(p.number('base'), 10), ...options],
  (start, end, steps, base, dtype, device, requiresGrad): Tensor => {
    checkSizes('logspace', [steps]);
    const settled = settle('logspace', dtype, device);
    const host = hostArray(settled.dtype, steps);
    fillEvenly(host, start, end, (exponent) => base ** exponent);
    return leaf('logspace', host, [steps], settled.dtype, settled.device, requiresGrad);
  },
);

/** Positions (2, n) of a matrix in C order that `wanted` names by column - row. */
function triangle(
  op: string,
  rows: number,
  columns: number,
  wanted: (shift: number) => boolean,
  dtype: DType | null,
  device: DeviceOption,
): Tensor {
  checkSizes(op, [rows, columns]);
  const settled = settle(op, dtype ?? 'int32', device);
  if (settled.dtype !== 'int32') {
    throw new ArgumentError({ op, fact: `dtype ${settled.dtype}`, rule: 'positions are int32' });
  }
  const places: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (wanted(column - row)) places.push(row * columns + column);
    }
  }
  const host = Int32Array.from([
    ...places.map((place) => Math.floor(place / columns)),
    ...places.map((place) => place % columns),
  ]);
  return leaf(op, host, [2, places.length], 'int32', settled.device, false);
}

const matrix = [p.int('row'), p.int('col'), optional(p.int('offset'), 0), dtypeOption, deviceOption] as const;

/** Rows and columns of the lower triangle of a matrix, as two rows of positions. https://pytorch.org/docs/stable/generated/torch.tril_indices.html */
export const trilIndices = define('trilIndices', matrix, (row, col, offset, dtype, device): Tensor =>
  triangle('trilIndices', row, col, (shift) => shift <= offset, dtype, device),
);
/** Rows and columns of the upper triangle of a matrix, as two rows of positions. https://pytorch.org/docs/stable/generated/torch.triu_indices.html */
export const triuIndices = define('triuIndices', matrix, (row, col, offset, dtype, device): Tensor =>
  triangle('triuIndices', row, col, (shift) => shift >= offset, dtype, device),
);
