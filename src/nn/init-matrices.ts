// The fillings of nn.init that look at a tensor as a matrix or a kernel: identities, orthogonal and sparse matrices. They are
// made on the host from PyTorch's draws and written at once.

import { noGrad } from '../autograd/autograd.ts';
import { hostArray } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { makeLeaf } from '../core/graph.ts';
import { normal, randperm } from '../host/draw.ts';
import { copy_ } from '../ops/inplace.ts';
import { defaultGenerator } from '../create/generator.ts';
import { contiguousStrides, formatShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';

const target = p.tensor('tensor');

type Floats = Float32Array | Float64Array;

/** Writes host values, in C order, into a tensor, off the tape. */
export function written(x: Tensor, host: Parameters<typeof makeLeaf>[0]): Tensor {
  noGrad(() => void copy_(x, Tensor.of(makeLeaf(host, x.device, x.dtype, x.shape))));
  return x;
}

function requireRank(op: string, x: Tensor, low: number, high: number): void {
  const rank = x.shape.length;
  if (rank >= low && rank <= high) return;
  const rule = low === high ? `${low}` : high === Infinity ? `${low} or more` : `${low} to ${high}`;
  throw new ShapeError({ op, fact: formatShape(x.shape), rule: `${rule} dimensions are needed` });
}

/** Ones on the diagonal of a matrix, zeros elsewhere. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.eye_ */
export const eye_ = define('nn.init.eye_', [target], (tensor): Tensor => {
  requireRank('nn.init.eye_', tensor, 2, 2);
  const [rows, columns] = tensor.shape;
  const host = hostArray(tensor.dtype, rows * columns);
  for (let at = 0; at < Math.min(rows, columns); at++) host[at * columns + at] = 1;
  return written(tensor, host);
});

/**
 * A kernel (out, in, ..) of a convolution that hands its channels on, as many as both sides have, in each of `groups`.
 * https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.dirac_
 */
export const dirac_ = define('nn.init.dirac_', [target, optional(p.int('groups'), 1)], (tensor, groups): Tensor => {
  const op = 'nn.init.dirac_';
  requireRank(op, tensor, 3, 5);
  const [outputs, inputs, ...window] = tensor.shape;
  if (groups < 1 || outputs % groups !== 0) {
    throw new ArgumentError({ op, fact: `${groups} groups of ${outputs} outputs`, rule: 'groups must divide them' });
  }
  const strides = contiguousStrides(tensor.shape);
  const centre = window.reduce((sum, size, at) => sum + Math.floor(size / 2) * strides[at + 2], 0);
  const host = hostArray(tensor.dtype, tensor.numel());
  const each = outputs / groups;
  for (let group = 0; group < groups; group++) {
    for (let at = 0; at < Math.min(each, inputs); at++) {
      host[(group * each + at) * strides[0] + at * strides[1] + centre] = 1;
    }
  }
  return written(tensor, host);
});

/** The columns (count of length `size`, one after the other) made orthonormal in order (Gram and Schmidt, each run twice). */
function orthonormal(columns: Float64Array[]): void {
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, at) => sum + value * b[at], 0);
  columns.forEach((column, at) => {
    for (let pass = 0; pass < 2; pass++) {
      for (const before of columns.slice(0, at)) {
        const share = dot(before, column);
        for (let i = 0; i < column.length; i++) column[i] -= share * before[i];
      }
    }
    const length = Math.sqrt(dot(column, column));
    for (let i = 0; i < column.length; i++) column[i] /= length;
  });
}

/**
 * `gain` times a (half) orthogonal matrix (A. Saxe et al. 2013); dimensions behind the first count as columns.
 * https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.orthogonal_
 */
export const orthogonal_ = define(
  'nn.init.orthogonal_',
  [target, optional(p.number('gain'), 1)],
  (tensor, gain): Tensor => {
    requireRank('nn.init.orthogonal_', tensor, 2, Infinity);
    if (tensor.numel() === 0) return tensor;
    const rows = tensor.shape[0];
    const columns = tensor.numel() / rows;
    const host = hostArray(tensor.dtype, tensor.numel()) as Floats;
    normal(defaultGenerator.mt, host);
    // The longer side is orthonormalised; with a positive diagonal of R, as here, the factor Q is the only one.
    const tall = rows >= columns;
    const [count, size] = tall ? [columns, rows] : [rows, columns];
    const place = (which: number, at: number): number => (tall ? at * columns + which : which * columns + at);
    const vectors = Array.from({ length: count }, (_, which) =>
      Float64Array.from({ length: size }, (_unused, at) => host[place(which, at)]),
    );
    orthonormal(vectors);
    vectors.forEach((vector, which) => vector.forEach((value, at) => (host[place(which, at)] = value * gain)));
    return written(tensor, host);
  },
);

/**
 * Normal with deviation `std`, and `sparsity` of each column 0 (J. Martens 2010).
 * https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.sparse_
 */
export const sparse_ = define(
  'nn.init.sparse_',
  [target, p.number('sparsity'), optional(p.number('std'), 0.01)],
  (tensor, sparsity, std): Tensor => {
    requireRank('nn.init.sparse_', tensor, 2, 2);
    const [rows, columns] = tensor.shape;
    const host = hostArray(tensor.dtype, rows * columns) as Floats;
    normal(defaultGenerator.mt, host, 0, std);
    const empty = Math.ceil(sparsity * rows);
    for (let column = 0; column < columns; column++) {
      for (const row of randperm(defaultGenerator.mt, rows).subarray(0, empty)) host[row * columns + column] = 0;
    }
    return written(tensor, host);
  },
);
