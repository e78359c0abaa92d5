// Images as columns of patches and back, and channels as pixels: nn.functional.unfold, fold, pixelShuffle, pixelUnshuffle.

import { ShapeError } from '../errors.ts';
import { formatShape, numelOf } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { composite } from './apply.ts';
import {
  batched,
  eachDimension,
  type Extent,
  fold as addWindows,
  padded,
  type Sizes,
  sizesParam,
  spanOf,
} from './window.ts';
import { windows } from './window.ts';
import { permute, reshape, squeeze, transpose, unsqueeze } from './view.ts';

const input = p.tensor('input');
const geometry = [
  sizesParam('kernelSize'),
  optional(sizesParam('dilation'), 1),
  optional(sizesParam('padding'), 0),
  optional(sizesParam('stride'), 1),
] as const;

/** The patches of an image of `sizes` (height, width), one extent a dimension. */
function extentsOf(
  op: string,
  sizes: readonly number[],
  kernelSize: Sizes,
  dilation: Sizes,
  padding: Sizes,
  stride: Sizes,
): Extent[] {
  const kernels = eachDimension(op, 'kernelSize', kernelSize, 2, 1);
  const dilations = eachDimension(op, 'dilation', dilation, 2, 1);
  const paddings = eachDimension(op, 'padding', padding, 2, 0);
  const strides = eachDimension(op, 'stride', stride, 2, 1);
  return sizes.map((size, at) => {
    const one = { kernel: kernels[at], dilation: dilations[at] };
    const count = Math.floor((size + 2 * paddings[at] - spanOf(one)) / strides[at]) + 1;
    if (count < 1) {
      throw new ShapeError({
        op,
        fact: `a patch spans ${spanOf(one)} of ${size} + 2 * ${paddings[at]} elements`,
        rule: 'it must fit into the padded image',
      });
    }
    return { ...one, size, stride: strides[at], low: paddings[at], high: paddings[at], count };
  });
}

/**
 * The patches that a convolution would see, as columns: (N, C, H, W) -> (N, C kh kw, number of patches).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html
 */
export const unfold = define('unfold', [input, ...geometry], (given, kernelSize, dilation, padding, stride): Tensor => {
  const x = batched('unfold', given, 2);
  const [images, channels, ...sizes] = x.shape;
  const extents = extentsOf('unfold', sizes, kernelSize, dilation, padding, stride);
  const low = extents.map((one) => one.low);
  const [across, count] = [numelOf(extents.map(({ kernel }) => kernel)), numelOf(extents.map((one) => one.count))];
  const columns = (): Tensor => {
    const seen = windows(padded(x, 2, low, low), 2, extents);
    // (N, C, oh, kh, ow, kw) -> (N, C, kh, kw, oh, ow)
    return reshape(permute(seen, 0, 1, 3, 5, 2, 4), images, channels * across, count);
  };
  const back = (grad: Tensor): Tensor[] => [fold(grad, sizes, kernelSize, dilation, padding, stride)];
  const result = composite('Im2ColBackward0', [x], columns, back);
  return x === given ? result : squeeze(result, 0);
});

/**
 * The adjoint of unfold: columns of patches added up to images, (N, C kh kw, number of patches) -> (N, C, H, W).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.fold.html
 */
export const fold = define(
  'fold',
  [input, sizesParam('outputSize'), ...geometry],
  (given, outputSize, kernelSize, dilation, padding, stride): Tensor => {
    const sizes = eachDimension('fold', 'outputSize', outputSize, 2, 1);
    const extents = extentsOf('fold', sizes, kernelSize, dilation, padding, stride);
    const kernels = extents.map(({ kernel }) => kernel);
    const counts = extents.map(({ count }) => count);
    const rank = given.shape.length;
    const [rows, columns] = given.shape.slice(-2);
    if ((rank !== 2 && rank !== 3) || rows % numelOf(kernels) !== 0 || columns !== numelOf(counts)) {
      throw new ShapeError({
        op: 'fold',
        fact: `input ${formatShape(given.shape)}`,
        rule: `it must be (N, C * ${numelOf(kernels)}, ${numelOf(counts)}), or the same without N`,
      });
    }
    const images = rank === 3 ? given.shape[0] : 1;
    const crop = extents.map(({ low }) => -low);
    const x = rank === 3 ? given : unsqueeze(given, 0);
    const image = (): Tensor => {
      const patches = reshape(x, images, rows / numelOf(kernels), ...kernels, ...counts);
      // (N, C, kh, kw, oh, ow) -> (N, C, oh, kh, ow, kw)
      return padded(addWindows(permute(patches, 0, 1, 4, 2, 5, 3), 2, extents), 2, crop, crop);
    };
    const back = (grad: Tensor): Tensor[] => [unfold(grad, kernelSize, dilation, padding, stride)];
    const result = composite('Col2ImBackward0', [x], image, back);
    return rank === 3 ? result : squeeze(result, 0);
  },
);

function requireImage(op: string, x: Tensor, fits: boolean, rule: string): void {
  if (x.shape.length >= 3 && fits) return;
  throw new ShapeError({ op, fact: `input ${formatShape(x.shape)}`, rule });
}

/** Groups of r * r channels as pixels: (.., C r r, H, W) -> (.., C, H r, W r). https://pytorch.org/docs/stable/generated/torch.nn.functional.pixel_shuffle.html */
export const pixelShuffle = define('pixelShuffle', [input, p.int('upscaleFactor')], (x: Tensor, r: number): Tensor => {
  const [channels, height, width] = x.shape.slice(-3);
  requireImage(
    'pixelShuffle',
    x,
    r >= 1 && channels % (r * r) === 0,
    `it must be (.., C * ${r * r}, H, W), with a factor of at least 1`,
  );
  const before = x.shape.slice(0, -3);
  const at = before.length;
  const order = [...before.keys(), at, at + 3, at + 1, at + 4, at + 2];
  const shuffled = (): Tensor => {
    const split = reshape(x, [...before, channels / (r * r), r, r, height, width]);
    return reshape(permute(split, order), [...before, channels / (r * r), height * r, width * r]);
  };
  return composite('PixelShuffleBackward0', [x], shuffled, (grad) => [pixelUnshuffle(grad, r)]);
});

/** Channels dealt out: (N, groups * n, ..) -> the same, the first of each of `groups` before the second ones. https://pytorch.org/docs/stable/generated/torch.nn.ChannelShuffle.html */
export const channelShuffle = define(
  'channelShuffle',
  [input, p.int('groups')],
  (x: Tensor, groups: number): Tensor => {
    const [images, channels, ...sizes] = x.shape;
    requireImage(
      'channelShuffle',
      x,
      groups >= 1 && channels % groups === 0,
      `it must be (N, C * ${groups}, ..), with at least one group`,
    );
    const split = reshape(x, [images, groups, channels / groups, ...sizes]);
    return reshape(transpose(split, 1, 2), [...x.shape]);
  },
);

/** The inverse of pixelShuffle: (.., C, H r, W r) -> (.., C r r, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.pixel_unshuffle.html */
export const pixelUnshuffle = define(
  'pixelUnshuffle',
  [input, p.int('downscaleFactor')],
  (x: Tensor, r: number): Tensor => {
    const [channels, height, width] = x.shape.slice(-3);
    requireImage(
      'pixelUnshuffle',
      x,
      r >= 1 && height % r === 0 && width % r === 0,
      `it must be (.., C, H * ${r}, W * ${r}), with a factor of at least 1`,
    );
    const before = x.shape.slice(0, -3);
    const at = before.length;
    const order = [...before.keys(), at, at + 2, at + 4, at + 1, at + 3];
    const unshuffled = (): Tensor => {
      const split = reshape(x, [...before, channels, height / r, r, width / r, r]);
      return reshape(permute(split, order), [...before, channels * r * r, height / r, width / r]);
    };
    return composite('PixelUnshuffleBackward0', [x], unshuffled, (grad) => [pixelShuffle(grad, r)]);
  },
);
