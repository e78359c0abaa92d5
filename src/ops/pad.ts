// Padding: constants around a tensor, or its own elements, mirrored, repeated or continued from the other side.

import { ArgumentError, ShapeError } from '../errors.ts';
import { makeLeaf } from '../core/graph.ts';
import { formatShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { nodeTensor, selectMany } from './gather.ts';
import { padded } from './window.ts';

const input = p.tensor('input');

/** `pad` (before and behind the last dimension, then the one before it, ..) as lists over all dimensions. */
function sides(op: string, x: Tensor, pad: readonly number[]): { low: number[]; high: number[] } {
  const rank = x.shape.length;
  if (pad.length % 2 !== 0 || pad.length / 2 > rank) {
    throw new ArgumentError({
      op,
      fact: `${pad.length} sizes for ${formatShape(x.shape)}`,
      rule: 'a pair (before, behind) for each of the last dimensions, the last one first',
    });
  }
  const low = x.shape.map((_, dim) => pad[2 * (rank - 1 - dim)] ?? 0);
  const high = x.shape.map((_, dim) => pad[2 * (rank - 1 - dim) + 1] ?? 0);
  const negative = x.shape.findIndex((length, dim) => length + low[dim] + high[dim] < 0);
  if (negative >= 0) {
    throw new ShapeError({
      op,
      fact: `pad ${formatShape(pad)} crops ${-low[negative] - high[negative]} of ${x.shape[negative]} elements along dim ${negative}`,
      rule: 'there must be as many',
    });
  }
  return { low, high };
}

/**
 * `value` around the last dimensions: `pad` is (before, behind) of the last dimension, then of the one before it, and so on.
 * Negative sizes crop. https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
 */
export const constantPadNd = define(
  'constantPadNd',
  [input, p.ints('pad'), optional(p.number('value'), 0)],
  (input: Tensor, pad: readonly number[], value: number): Tensor => {
    const { low, high } = sides('constantPadNd', input, pad);
    return padded(input, 0, low, high, value);
  },
);

type Mode = 'reflect' | 'replicate' | 'circular';

/** Where the element at `place` comes from, in a line of `length`; places before 0 and from `length` on are padding. */
const origins: Readonly<Record<Mode, (place: number, length: number) => number>> = {
  reflect: (place, length) => (place < 0 ? -place : place < length ? place : 2 * (length - 1) - place),
  replicate: (place, length) => Math.min(Math.max(place, 0), length - 1),
  circular: (place, length) => (place + length) % length,
};

const layerNames: Readonly<Record<Mode, string>> = {
  reflect: 'ReflectionPad',
  replicate: 'ReplicationPad',
  circular: 'CircularPad',
};

/** How much padding each mode can make of a line. */
function mostOf(mode: Mode, length: number): number {
  if (mode === 'replicate') return length === 0 ? 0 : Infinity;
  return mode === 'reflect' ? length - 1 : length;
}

/** The last dimensions continued with elements of the tensor: one gather a dimension. */
function continued(x: Tensor, pad: readonly number[], mode: Mode): Tensor {
  const rank = x.shape.length;
  const count = pad.length / 2;
  if (count < 1 || count > 3 || (rank !== count + 1 && rank !== count + 2)) {
    throw new ShapeError({
      op: 'pad',
      fact: `${pad.length} sizes for ${formatShape(x.shape)} in mode '${mode}'`,
      rule: '2 sizes pad the last dimension of 2 or 3, 4 the last two of 3 or 4, 6 the last three of 4 or 5',
    });
  }
  const { low, high } = sides('pad', x, pad);
  return x.shape.reduce((at: Tensor, length, dim) => {
    if (low[dim] === 0 && high[dim] === 0) return at;
    if (Math.max(low[dim], high[dim]) > mostOf(mode, length)) {
      throw new ShapeError({
        op: 'pad',
        fact: `${low[dim]} before and ${high[dim]} behind ${length} elements along dim ${dim} in mode '${mode}'`,
        rule: mode === 'reflect' ? 'there must be more elements than padding' : 'there must be enough elements',
      });
    }
    const origin = (_: unknown, place: number) => origins[mode](place - low[dim], length);
    const places = Int32Array.from({ length: length + low[dim] + high[dim] }, origin);
    const index = nodeTensor(makeLeaf(places, x.device, 'int32', [places.length]));
    return selectMany('pad', at, dim, index, false, `${layerNames[mode]}${count}DBackward0`);
  }, x);
}

const modeParam = p.custom<'constant' | Mode>()(
  'mode',
  "'constant', 'reflect', 'replicate' or 'circular'",
  (v) => v === 'constant' || (typeof v === 'string' && Object.hasOwn(origins, v)),
);

/**
 * The last dimensions padded: `pad` is (before, behind) of the last dimension, then of the one before it, and so on. 'constant'
 * pads any dimensions with `value`, 'reflect', 'replicate' and 'circular' the last one to three with elements of the tensor.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
 */
export const pad = define(
  'pad',
  [input, p.ints('pad'), optional(modeParam, 'constant' as 'constant' | Mode), optional(p.number('value'), null)],
  (input: Tensor, pad: readonly number[], mode: 'constant' | Mode, value: number | null): Tensor => {
    if (mode === 'constant') return constantPadNd(input, pad, value ?? 0);
    if (value === null || value === 0) return continued(input, pad, mode);
    throw new ArgumentError({
      op: 'pad',
      fact: `value ${value} in mode '${mode}'`,
      rule: "only mode 'constant' takes a value",
    });
  },
);
