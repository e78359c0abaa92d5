// Tensors taken apart by numbers of parts and by places: tensorSplit and its forms for one dimension. All are views.

import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, normalizeDim, placesInOrder } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { clone } from './copy.ts';
import { split } from './join.ts';
import { narrow, sliceAt } from './part.ts';

const input = p.tensor('input');
type Places = number | readonly number[];

const isInteger = (value: unknown): boolean => Number.isInteger(value);

/** A number of parts, or the places between them. */
const places = p.custom<Places | Tensor>()(
  'indicesOrSections',
  'a number of parts, or a list or a tensor of places',
  (v) => isInteger(v) || v instanceof Tensor || (Array.isArray(v) && v.every(isInteger)),
);

/** The numbers of an int32 tensor that the host knows; one that was computed must be read first. */
function onHost(op: string, given: Tensor): Places {
  const { root, shape, strides, offset } = given.node;
  if (root.host === null || given.dtype !== 'int32' || shape.length > 1) {
    throw new ArgumentError({
      op,
      fact: `a tensor ${formatShape(shape)} of dtype ${given.dtype}`,
      rule: 'the numbers of parts decide shapes, so they must be known: int32 of at most 1 dimension, not computed',
      cure: 'Read them first: await places.tolist().',
    });
  }
  const host = root.host;
  const inOrder = placesInOrder(root.shape, root.strides);
  const at = (index: number) => host[inOrder === null ? index : inOrder(index)];
  return shape.length === 0 ? at(offset) : Array.from({ length: shape[0] }, (_, k) => at(offset + k * strides[0]));
}

/** Parts along `dim`: `given` of them as equal as can be (the first ones larger), or cut before the places given. */
function divided(op: string, x: Tensor, given: Places | Tensor, dim: number): Tensor[] {
  const at = normalizeDim(op, dim, x.shape.length);
  if (x.shape.length === 0) throw new ShapeError({ op, fact: '()', rule: 'at least 1 dimension is needed' });
  const sections = given instanceof Tensor ? onHost(op, given) : given;
  const length = x.shape[at];
  let cuts: readonly number[];
  if (typeof sections === 'number') {
    if (sections < 1) throw new ArgumentError({ op, fact: `${sections} parts`, rule: 'at least 1' });
    const [size, larger] = [Math.floor(length / sections), length % sections];
    cuts = Array.from({ length: sections - 1 }, (_, k) => (k + 1) * size + Math.min(k + 1, larger));
  } else cuts = sections;
  const ends = [...cuts, length];
  return ends.map((end, k) => sliceAt(x, at, k === 0 ? 0 : ends[k - 1], end, 1));
}

/** Parts along `dim`: a number of them, as equal as can be, or cut before the places listed. https://pytorch.org/docs/stable/generated/torch.tensor_split.html */
export const tensorSplit = define(
  'tensorSplit',
  [input, places, optional(p.int('dim'), 0)],
  (input: Tensor, indicesOrSections: Places | Tensor, dim: number): Tensor[] =>
    divided('tensorSplit', input, indicesOrSections, dim),
);

/** A split whose dimension is fixed, and whose parts must be equal where they are counted. */
function fixedSplit(name: string, rank: number, dimOf: (x: Tensor) => number) {
  return define(
    name,
    [input, p.sections('indicesOrSections')],
    (input: Tensor, indicesOrSections: Places): Tensor[] => {
      if (input.shape.length < rank) {
        throw new ShapeError({
          op: name,
          fact: formatShape(input.shape),
          rule: `at least ${rank} dimensions are needed`,
        });
      }
      const dim = dimOf(input);
      if (
        typeof indicesOrSections === 'number' &&
        (indicesOrSections < 1 || input.shape[dim] % indicesOrSections !== 0)
      ) {
        throw new ShapeError({
          op: name,
          fact: `${indicesOrSections} parts of ${formatShape(input.shape)} along dim ${dim}`,
          rule: 'the parts must be equal',
          cure: 'Use x.tensorSplit(parts, dim), whose parts may differ by one.',
        });
      }
      return divided(name, input, indicesOrSections, dim);
    },
  );
}

/** Parts side by side: along dim 1, of a vector along dim 0. https://pytorch.org/docs/stable/generated/torch.hsplit.html */
export const hsplit = fixedSplit('hsplit', 1, (x) => (x.shape.length === 1 ? 0 : 1));
/** Parts on top of each other: along dim 0. https://pytorch.org/docs/stable/generated/torch.vsplit.html */
export const vsplit = fixedSplit('vsplit', 2, () => 0);
/** Parts behind each other: along dim 2. https://pytorch.org/docs/stable/generated/torch.dsplit.html */
export const dsplit = fixedSplit('dsplit', 3, () => 2);

/** Pieces of the sizes listed. https://pytorch.org/docs/stable/generated/torch.split.html */
export const splitWithSizes = define(
  'splitWithSizes',
  [input, p.ints('splitSizes'), optional(p.int('dim'), 0)],
  (input: Tensor, splitSizes: readonly number[], dim: number): Tensor[] => split(input, [...splitSizes], dim),
);

/** `narrow` as a copy. https://pytorch.org/docs/stable/generated/torch.Tensor.narrow_copy.html */
export const narrowCopy = define(
  'narrowCopy',
  [input, p.int('dim'), p.int('start'), p.int('length')],
  (input: Tensor, dim: number, start: number, length: number): Tensor => clone(narrow(input, dim, start, length)),
);
