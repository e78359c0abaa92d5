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
export const unfold = define('unfold', [input, ...geometry], (input, kernelSize, dilation, padding, stride): Tensor => {
  const x = batched('unfold', input, 2);
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
  return x === input ? result : squeeze(result, 0);
});

/**
 * The adjoint of unfold: columns of patches added up to images, (N, C kh kw, number of patches) -> (N, C, H, W).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.fold.html
 */
export const fold = define(
  'fold',
  [input, sizesParam('outputSize'), ...geometry],
  (input, outputSize, kernelSize, dilation, padding, stride): Tensor => {
    const sizes = eachDimension('fold', 'outputSize', outputSize, 2, 1);
    const extents = extentsOf('fold', sizes, kernelSize, dilation, padding, stride);
    const kernels = extents.map(({ kernel }) => kernel);
    const counts = extents.map(({ count }) => count);
    const rank = input.shape.length;
    const [rows, columns] = input.shape.slice(-2);
    if ((rank !== 2 && rank !== 3) || rows % numelOf(kernels) !== 0 || columns !== numelOf(counts)) {
      throw new ShapeError({
        op: 'fold',
        fact: `input ${formatShape(input.shape)}`,
        rule: `it must be (N, C * ${numelOf(kernels)}, ${numelOf(counts)}), or the same without N`,
      });
    }
    const images = rank === 3 ? input.shape[0] : 1;
    const crop = extents.map(({ low }) => -low);
    const x = rank === 3 ? input : unsqueeze(input, 0);
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
export const pixelShuffle = define(
  'pixelShuffle',
  [input, p.int('upscaleFactor')],
  (input: Tensor, upscaleFactor: number): Tensor => {
    const [channels, height, width] = input.shape.slice(-3);
    requireImage(
      'pixelShuffle',
      input,
      upscaleFactor >= 1 && channels % (upscaleFactor * upscaleFactor) === 0,
      `it must be (.., C * ${upscaleFactor * upscaleFactor}, H, W), with a factor of at least 1`,
    );
    const before = input.shape.slice(0, -3);
    const at = before.length;
    const order = [...before.keys(), at, at + 3, at + 1, at + 4, at + 2];
    const shuffled = (): Tensor => {
      const split = reshape(input, [
        ...before,
        channels / (upscaleFactor * upscaleFactor),
        upscaleFactor,
        upscaleFactor,
        height,
        width,
      ]);
      return reshape(permute(split, order), [
        ...before,
        channels / (upscaleFactor * upscaleFactor),
        height * upscaleFactor,
        width * upscaleFactor,
      ]);
    };
    return composite('PixelShuffleBackward0', [input], shuffled, (grad) => [pixelUnshuffle(grad, upscaleFactor)]);
  },
);

/** Channels dealt out: (N, groups * n, ..) -> the same, the first of each of `groups` before the second ones. https://pytorch.org/docs/stable/generated/torch.nn.ChannelShuffle.html */
export const channelShuffle = define(
  'channelShuffle',
  [input, p.int('groups')],
  (input: Tensor, groups: number): Tensor => {
    const [images, channels, ...sizes] = input.shape;
    requireImage(
      'channelShuffle',
      input,
      groups >= 1 && channels % groups === 0,
      `it must be (N, C * ${groups}, ..), with at least one group`,
    );
    const split = reshape(input, [images, groups, channels / groups, ...sizes]);
    return reshape(transpose(split, 1, 2), [...input.shape]);
  },
);

/** The inverse of pixelShuffle: (.., C, H r, W r) -> (.., C r r, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.pixel_unshuffle.html */
export const pixelUnshuffle = define(
  'pixelUnshuffle',
  [input, p.int('downscaleFactor')],
  (input: Tensor, downscaleFactor: number): Tensor => {
    const [channels, height, width] = input.shape.slice(-3);
    requireImage(
      'pixelUnshuffle',
      input,
      downscaleFactor >= 1 && height % downscaleFactor === 0 && width % downscaleFactor === 0,
      `it must be (.., C, H * ${downscaleFactor}, W * ${downscaleFactor}), with a factor of at least 1`,
    );
    const before = input.shape.slice(0, -3);
    const at = before.length;
    const order = [...before.keys(), at, at + 2, at + 4, at + 1, at + 3];
    const unshuffled = (): Tensor => {
      const split = reshape(input, [
        ...before,
        channels,
        height / downscaleFactor,
        downscaleFactor,
        width / downscaleFactor,
        downscaleFactor,
      ]);
      return reshape(permute(split, order), [
        ...before,
        channels * downscaleFactor * downscaleFactor,
        height / downscaleFactor,
        width / downscaleFactor,
      ]);
    };
    return composite('PixelUnshuffleBackward0', [input], unshuffled, (grad) => [pixelShuffle(grad, downscaleFactor)]);
  },
);
