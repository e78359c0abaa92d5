// Pure arithmetic on shapes, strides and layouts. A stride counts elements, not bytes.
// Knows nothing of tensors; errors name the operation that the caller passes in.

import { IndexError, ShapeError } from './errors.ts';

export type Shape = readonly number[];

/** Where the elements of a tensor lie in a buffer: element (i, j, ..) is at offset + i * strides[0] + j * strides[1] .. */
export interface Layout {
  readonly shape: Shape;
  readonly strides: Shape;
  readonly offset: number;
}

/** The number of elements of a shape; 1 for a scalar. */
export function numelOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Strides of a dense tensor in C order: (2, 3, 4) -> (12, 4, 1). As in PyTorch, an empty dimension counts as 1. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let dim = shape.length - 1; dim >= 0; dim--) {
    strides[dim] = step;
    step *= Math.max(shape[dim], 1);
  }
  return strides;
}

export function contiguousLayout(shape: Shape): Layout {
  return { shape, strides: contiguousStrides(shape), offset: 0 };
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let dim = 0; dim < a.length; dim++) if (a[dim] !== b[dim]) return false;
  return true;
}

/** Whether the elements lie dense in C order (strides of dimensions of length 1 do not matter). */
export function isContiguous(shape: Shape, strides: Shape): boolean {
  let step = 1;
  for (let dim = shape.length - 1; dim >= 0; dim--) {
    if (shape[dim] === 0) return true;
    if (shape[dim] !== 1) {
      if (strides[dim] !== step) return false;
      step *= shape[dim];
    }
  }
  return true;
}

/** `(2, 3)`, `(3,)`, `()`: a shape as Python writes it, for messages. */
export function formatShape(shape: Shape): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
}

/** The dimension that `dim` means for a tensor of `rank` dimensions; -1 is the last. Scalars count as one dimension. */
export function normalizeDim(op: string, dim: number, rank: number): number {
  const range = Math.max(rank, 1);
  if (!Number.isInteger(dim) || dim < -range || dim >= range) {
    throw new IndexError({
      op,
      fact: `dim ${dim} is out of range for a tensor of ${rank} dimension${rank === 1 ? '' : 's'}`,
      rule: `dim must be an integer from ${-range} to ${range - 1}`,
    });
  }
  return dim < 0 ? dim + range : dim;
}

/** `dim` given as a number, a list or nothing (all dimensions), as sorted dimensions without repeats. */
export function normalizeDims(op: string, dim: number | readonly number[] | null, rank: number): number[] {
  if (dim === null) return Array.from({ length: rank }, (_, index) => index);
  const list = typeof dim === 'number' ? [dim] : dim;
  const dims = list.map((one) => normalizeDim(op, one, rank));
  if (new Set(dims).size !== dims.length) {
    throw new IndexError({
      op,
      fact: `dim ${formatShape(list)} names a dimension twice`,
      rule: 'each may appear once',
    });
  }
  if (rank === 0) return [];
  return list.length === 0 ? normalizeDims(op, null, rank) : dims.sort((a, b) => a - b);
}

/** The common shape of several shapes, aligned at the right, where 1 stretches. https://pytorch.org/docs/stable/notes/broadcasting.html */
export function broadcastShapes(op: string, ...shapes: Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let dim = 0; dim < shape.length; dim++) {
      const at = rank - shape.length + dim;
      if (shape[dim] === out[at] || shape[dim] === 1) continue;
      if (out[at] !== 1) throw broadcastError(op, shapes, at - rank, out[at], shape[dim]);
      out[at] = shape[dim];
    }
  }
  return out;
}

function broadcastError(op: string, shapes: readonly Shape[], dim: number, a: number, b: number): ShapeError {
  return new ShapeError({
    op,
    fact: `${shapes.map(formatShape).join(' and ')}: sizes ${a} and ${b} differ at dim ${dim}`,
    rule: 'shapes are aligned at the right and a size must be equal or 1 to broadcast',
    cure: 'Reshape or unsqueeze one of them.',
  });
}

/** Strides with which a tensor of `shape` is read as the larger `target`: 0 where it is repeated. */
export function expandStrides(shape: Shape, strides: Shape, target: Shape): number[] {
  const lead = target.length - shape.length;
  return target.map((length, dim) => {
    if (dim < lead) return 0;
    return shape[dim - lead] === 1 && length !== 1 ? 0 : strides[dim - lead];
  });
}

/** Fills the one -1 in `sizes` so that they hold the elements of `shape`; throws where that cannot be. */
export function resolveSizes(op: string, sizes: Shape, shape: Shape): number[] {
  const numel = numelOf(shape);
  const unknown = sizes.filter((size) => size === -1).length;
  const bad = sizes.find((size) => !Number.isInteger(size) || size < -1);
  if (unknown > 1 || bad !== undefined) {
    throw new ShapeError({
      op,
      fact: `sizes ${formatShape(sizes)}`,
      rule: 'sizes are integers of 0 or more, and at most one may be -1',
    });
  }
  const known = sizes.reduce((product, size) => (size === -1 ? product : product * size), 1);
  if (unknown === 1 ? known === 0 || numel % known !== 0 : known !== numel) {
    throw new ShapeError({
      op,
      fact: `${formatShape(shape)} as ${formatShape(sizes)}: ${numel} ${numel === 1 ? 'element does' : 'elements do'} not fit`,
      rule: 'the number of elements must stay the same',
    });
  }
  return sizes.map((size) => (size === -1 ? numel / known : size));
}

/**
 * The strides under which the same buffer shows `target` instead of `shape`, or null when only a copy can.
 * Runs of dimensions that lie dense behind each other are split and merged freely; others must stay as they are.
 * https://pytorch.org/docs/stable/generated/torch.Tensor.view.html
 */
export function viewStrides(shape: Shape, strides: Shape, target: Shape): number[] | null {
  if (numelOf(shape) === 0) return contiguousStrides(target);
  const out = new Array<number>(target.length);
  let at = target.length - 1;
  let runStride = shape.length === 0 ? 1 : strides[shape.length - 1];
  let runLength = 1;
  let viewLength = 1;
  for (let dim = shape.length - 1; dim >= 0; dim--) {
    runLength *= shape[dim];
    const runEnds = dim === 0 || (shape[dim - 1] !== 1 && strides[dim - 1] !== runLength * runStride);
    if (!runEnds) continue;
    while (at >= 0 && (viewLength < runLength || target[at] === 1)) {
      out[at] = viewLength * runStride;
      viewLength *= target[at];
      at--;
    }
    if (viewLength !== runLength) return null;
    if (dim > 0) {
      runStride = strides[dim - 1];
      runLength = 1;
      viewLength = 1;
    }
  }
  for (; at >= 0; at--) out[at] = viewLength * runStride;
  return out;
}

/**
 * The strides that PyTorch gives the result of a pointwise operation: C order if all inputs have it, else the order of
 * dimensions that the inputs agree on (TensorIterator: dimensions sorted by the strides of the first input that tells).
 */
export function pointwiseStrides(shape: Shape, inputs: readonly Layout[]): number[] {
  const rank = shape.length;
  const plain = inputs.every((input) => input.shape.length === 0 || isContiguous(input.shape, input.strides));
  if (rank < 2 || plain) return contiguousStrides(shape);
  const expanded = inputs
    .filter((input) => input.shape.length > 0)
    .map((input) => expandStrides(input.shape, input.strides, shape).map((stride, d) => (shape[d] === 1 ? 0 : stride)));
  // Positive when the dimension `inner` should lie outside `outer`.
  const compare = (inner: number, outer: number): number => {
    for (const strides of expanded) {
      const a = strides[inner];
      const b = strides[outer];
      if (a === 0 || b === 0) continue;
      if (a !== b) return a < b ? -1 : 1;
      if (shape[inner] > shape[outer]) return 1;
    }
    return 0;
  };
  const order = Array.from({ length: rank }, (_, index) => rank - 1 - index);
  for (let index = 1; index < rank; index++) {
    let moving = index;
    for (let other = index - 1; other >= 0; other--) {
      const verdict = compare(order[other], order[moving]);
      if (verdict > 0) {
        [order[other], order[moving]] = [order[moving], order[other]];
        moving = other;
      } else if (verdict < 0) break;
    }
  }
  const strides = new Array<number>(rank);
  let step = 1;
  for (const dim of order) {
    strides[dim] = step;
    step *= Math.max(shape[dim], 1);
  }
  return strides;
}

/** The order of dimensions from outermost to innermost under `strides`; a dense layout is C order after this permutation. */
export function dimensionOrder(shape: Shape, strides: Shape): number[] {
  const dims = shape.map((_, dim) => dim);
  return dims.sort((a, b) => strides[b] - strides[a] || a - b);
}

/** From a place in the buffer of a dense layout to the place of the same element in C order; null where they are the same. */
export function placesInOrder(shape: Shape, strides: Shape): ((place: number) => number) | null {
  if (isContiguous(shape, strides)) return null;
  const plain = contiguousStrides(shape);
  const order = dimensionOrder(shape, strides).filter((dim) => shape[dim] !== 1);
  return (place) => {
    let rest = place;
    let out = 0;
    for (const dim of order) {
      const position = Math.floor(rest / strides[dim]);
      rest -= position * strides[dim];
      out += position * plain[dim];
    }
    return out;
  };
}
