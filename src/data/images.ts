// What transforms of images are made of: cutting, padding, scaling of the last two dimensions of a tensor (.., height, width).
// Works on every device; knows no transform and no randomness.

import { full, leaf } from '../create/create.ts';
import { DTypeError, ShapeError } from '../errors.ts';
import { isFloat } from '../dtype.ts';
import { makeLeaf } from '../core/graph.ts';
import { toDType } from '../ops/apply.ts';
import { indexSelect } from '../ops/gather.ts';
import { cat } from '../ops/join.ts';
import { matmul } from '../ops/matmul.ts';
import { round } from '../ops/math.ts';
import { clamp } from '../ops/extrema.ts';
import { narrow } from '../ops/part.ts';
import { formatShape } from '../shape.ts';
import { Tensor } from '../core/tensor.ts';

/** Height and width. */
export type Size = readonly [number, number];

/** The height and width of an image tensor; throws where it has none. */
export function sizeOf(op: string, image: Tensor): Size {
  const { shape } = image;
  if (shape.length >= 2) return [shape[shape.length - 2], shape[shape.length - 1]];
  throw new ShapeError({
    op,
    fact: `a tensor of shape ${formatShape(shape)}`,
    rule: 'images are (channels, height, width), with more dimensions before or none',
  });
}

/** The part of an image that begins at (top, left); what lies outside is 0. */
export function crop(op: string, image: Tensor, top: number, left: number, [height, width]: Size): Tensor {
  const [rows, columns] = sizeOf(op, image);
  const inside = [
    Math.max(-left, 0),
    Math.max(-top, 0),
    Math.max(left + width - columns, 0),
    Math.max(top + height - rows, 0),
  ] as const;
  const wide = inside.some((one) => one > 0) ? pad(op, image, inside, 'constant', 0) : image;
  return narrow(narrow(wide, -2, top + inside[1], height), -1, left + inside[0], width);
}

/** Ways to continue an image beyond its border. */
export const padModes = ['constant', 'edge', 'reflect', 'symmetric'] as const;
export type PadMode = (typeof padModes)[number];

/** Which position of 0 .. length - 1 stands at `at`, which may lie outside. */
function mirrored(at: number, length: number, mode: PadMode): number {
  if (mode === 'edge') return Math.min(Math.max(at, 0), length - 1);
  // Reflections repeat after twice the way there: without the border itself, or with it.
  const period = mode === 'reflect' ? Math.max(2 * (length - 1), 1) : 2 * length;
  const place = ((at % period) + period) % period;
  return place < length ? place : mode === 'reflect' ? period - place : period - 1 - place;
}

/** An image with a border of [left, top, right, bottom] elements. */
export function pad(
  op: string,
  image: Tensor,
  border: readonly [number, number, number, number],
  mode: PadMode,
  fill: number,
): Tensor {
  const size = sizeOf(op, image);
  if (mode === 'reflect' && (Math.max(border[1], border[3]) >= size[0] || Math.max(border[0], border[2]) >= size[1])) {
    throw new ShapeError({
      op,
      fact: `a border of ${border.join(', ')} around an image of ${size.join(' x ')}`,
      rule: 'a reflected border is narrower than the image',
    });
  }
  let out = image;
  for (const [dim, before, after] of [
    [-2, border[1], border[3]],
    [-1, border[0], border[2]],
  ] as const) {
    if (before < 0 || after < 0) {
      const length = out.shape[out.shape.length + dim];
      out = narrow(out, dim, Math.max(-before, 0), length + Math.min(before, 0) + Math.min(after, 0));
    }
    if (before > 0 || after > 0) out = extended(out, dim, Math.max(before, 0), Math.max(after, 0), mode, fill);
  }
  return out;
}

function extended(image: Tensor, dim: number, before: number, after: number, mode: PadMode, fill: number): Tensor {
  const { device, dtype, shape } = image;
  const length = shape[shape.length + dim];
  if (mode === 'constant') {
    const block = (count: number) => {
      const sizes = shape.map((one, at) => (at === shape.length + dim ? count : one));
      return full(sizes, fill, { device, dtype });
    };
    return cat([...(before > 0 ? [block(before)] : []), image, ...(after > 0 ? [block(after)] : [])], dim);
  }
  const places = Int32Array.from({ length: before + length + after }, (_, at) => mirrored(at - before, length, mode));
  return indexSelect(image, dim, Tensor.of(makeLeaf(places, device, 'int32', [places.length])));
}

/** Ways to find values between pixels. */
export const interpolations = ['nearest', 'bilinear'] as const;
export type Interpolation = (typeof interpolations)[number];

/**
 * The weights (target, source) by which lines of `source` elements become lines of `target`. With antialias, what shrinks is
 * averaged: the triangle of bilinear weights is as wide as a new pixel, as in PIL and in torch's interpolate.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
 */
export function resizeWeights(source: number, target: number, kind: Interpolation, antialias: boolean): Float32Array {
  const weights = new Float32Array(target * source);
  const scale = source / target;
  for (let row = 0; row < target; row++) {
    const put = (at: number, weight: number) => void (weights[row * source + at] += weight);
    if (kind === 'nearest') put(Math.min(Math.floor(row * scale), source - 1), 1);
    else if (antialias) {
      const width = Math.max(scale, 1);
      const center = scale * (row + 0.5);
      const first = Math.max(Math.trunc(center - width + 0.5), 0);
      const last = Math.min(Math.trunc(center + width + 0.5), source);
      const parts = Array.from({ length: last - first }, (_, at) =>
        Math.max(0, 1 - Math.abs((at + first - center + 0.5) / width)),
      );
      const total = parts.reduce((sum, one) => sum + one, 0);
      parts.forEach((one, at) => put(first + at, one / total));
    } else {
      const place = Math.max(scale * (row + 0.5) - 0.5, 0);
      const before = Math.min(Math.floor(place), source - 1);
      put(before, 1 - (place - before));
      put(Math.min(before + 1, source - 1), place - before);
    }
  }
  return weights;
}

/** An image of another size: (.., H, W) -> (.., height, width), as two products with weights. uint8 is rounded. */
export function resize(
  op: string,
  image: Tensor,
  [height, width]: Size,
  kind: Interpolation,
  antialias: boolean,
): Tensor {
  const [rows, columns] = sizeOf(op, image);
  if (rows === height && columns === width) return image;
  const { device, dtype } = image;
  if (!isFloat(dtype) && dtype !== 'uint8') {
    throw new DTypeError({ op, fact: `an image of ${dtype}`, rule: 'images are of floats or uint8' });
  }
  const float = isFloat(dtype) ? image : toDType(image, 'float32');
  const matrix = (values: Float32Array, shape: readonly number[]) =>
    toDType(leaf(op, values, shape, 'float32', device, false), float.dtype);
  let out = float;
  if (rows !== height) out = matmul(matrix(resizeWeights(rows, height, kind, antialias), [height, rows]), out);
  if (columns !== width)
    out = matmul(out, matrix(resizeWeights(columns, width, kind, antialias), [width, columns]).t());
  return dtype === 'uint8' ? toDType(clamp(round(out), 0, 255), 'uint8') : out;
}
