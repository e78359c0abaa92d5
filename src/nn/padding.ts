// Layers that put elements around images, and that move elements between places and channels: options and a function.

import { channelShuffle, fold, pixelShuffle, pixelUnshuffle, unfold } from '../ops/patch.ts';
import { pad } from '../ops/pad.ts';
import { sizesParam } from '../ops/window.ts';
import { optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { pythonText } from './arguments.ts';
import { named, optionModule } from './option-module.ts';

const isInteger = (value: unknown): boolean => Number.isInteger(value);

/** Sizes before and behind each of `rank` dimensions, the last one first; one number for all. Layers have the list. */
function sides(rank: number) {
  const count = 2 * rank;
  return {
    ...p.custom<number | readonly number[]>()(
      'padding',
      `an integer, or ${count} integers`,
      (v) => isInteger(v) || (Array.isArray(v) && v.length === count && v.every(isInteger)),
    ),
    convert: (value: unknown) => (typeof value === 'number' ? new Array<number>(count).fill(value) : value),
  };
}

interface Padded {
  readonly padding: number | readonly number[];
}

const sizesOf = ({ padding }: Padded) => padding as readonly number[];
const sizesText = ({ padding }: Padded) => [pythonText(padding)];

/** Pads the last `rank` dimensions with elements of the input. */
function paddingLayer(rank: number, mode: 'reflect' | 'replicate' | 'circular') {
  return optionModule([sides(rank)], (o, input: Tensor) => pad(input, sizesOf(o), mode), sizesText);
}

/** Pads the last `rank` dimensions with zeros. */
function zeroLayer(rank: number) {
  return optionModule([sides(rank)], (o, input: Tensor) => pad(input, sizesOf(o)), sizesText);
}

/** Pads the last `rank` dimensions with a value. */
function constantLayer(rank: number) {
  return optionModule(
    [sides(rank), p.number('value')],
    (o, input: Tensor) => pad(input, sizesOf(o), 'constant', o.value),
    (o) => named(o, 'padding', 'value'),
  );
}

/** Zeros around the last dimension. https://pytorch.org/docs/stable/generated/torch.nn.ZeroPad1d.html */
export class ZeroPad1d extends zeroLayer(1) {}

/** Zeros around the last two dimensions. https://pytorch.org/docs/stable/generated/torch.nn.ZeroPad2d.html */
export class ZeroPad2d extends zeroLayer(2) {}

/** Zeros around the last three dimensions. https://pytorch.org/docs/stable/generated/torch.nn.ZeroPad3d.html */
export class ZeroPad3d extends zeroLayer(3) {}

/** A value around the last dimension. https://pytorch.org/docs/stable/generated/torch.nn.ConstantPad1d.html */
export class ConstantPad1d extends constantLayer(1) {}

/** A value around the last two dimensions. https://pytorch.org/docs/stable/generated/torch.nn.ConstantPad2d.html */
export class ConstantPad2d extends constantLayer(2) {}

/** A value around the last three dimensions. https://pytorch.org/docs/stable/generated/torch.nn.ConstantPad3d.html */
export class ConstantPad3d extends constantLayer(3) {}

/** The last dimension mirrored at the first and last elements. https://pytorch.org/docs/stable/generated/torch.nn.ReflectionPad1d.html */
export class ReflectionPad1d extends paddingLayer(1, 'reflect') {}

/** The last two dimensions mirrored at the first and last elements. https://pytorch.org/docs/stable/generated/torch.nn.ReflectionPad2d.html */
export class ReflectionPad2d extends paddingLayer(2, 'reflect') {}

/** The last three dimensions mirrored at the first and last elements. https://pytorch.org/docs/stable/generated/torch.nn.ReflectionPad3d.html */
export class ReflectionPad3d extends paddingLayer(3, 'reflect') {}

/** The last dimension continued by their first and last elements. https://pytorch.org/docs/stable/generated/torch.nn.ReplicationPad1d.html */
export class ReplicationPad1d extends paddingLayer(1, 'replicate') {}

/** The last two dimensions continued by their first and last elements. https://pytorch.org/docs/stable/generated/torch.nn.ReplicationPad2d.html */
export class ReplicationPad2d extends paddingLayer(2, 'replicate') {}

/** The last three dimensions continued by their first and last elements. https://pytorch.org/docs/stable/generated/torch.nn.ReplicationPad3d.html */
export class ReplicationPad3d extends paddingLayer(3, 'replicate') {}

/** The last dimension continued from the other side. https://pytorch.org/docs/stable/generated/torch.nn.CircularPad1d.html */
export class CircularPad1d extends paddingLayer(1, 'circular') {}

/** The last two dimensions continued from the other side. https://pytorch.org/docs/stable/generated/torch.nn.CircularPad2d.html */
export class CircularPad2d extends paddingLayer(2, 'circular') {}

/** The last three dimensions continued from the other side. https://pytorch.org/docs/stable/generated/torch.nn.CircularPad3d.html */
export class CircularPad3d extends paddingLayer(3, 'circular') {}

/** Channels dealt out: (N, groups n, ..) -> the same, the first of each group before the second ones. https://pytorch.org/docs/stable/generated/torch.nn.ChannelShuffle.html */
export class ChannelShuffle extends optionModule(
  [p.int('groups')],
  (o, input: Tensor) => channelShuffle(input, o.groups),
  (o) => named(o, 'groups'),
) {}

/** (N, C r^2, H, W) -> (N, C, H r, W r). https://pytorch.org/docs/stable/generated/torch.nn.PixelShuffle.html */
export class PixelShuffle extends optionModule(
  [p.int('upscaleFactor')],
  (o, input: Tensor) => pixelShuffle(input, o.upscaleFactor),
  (o) => named(o, 'upscaleFactor'),
) {}

/** (N, C, H r, W r) -> (N, C r^2, H, W). https://pytorch.org/docs/stable/generated/torch.nn.PixelUnshuffle.html */
export class PixelUnshuffle extends optionModule(
  [p.int('downscaleFactor')],
  (o, input: Tensor) => pixelUnshuffle(input, o.downscaleFactor),
  (o) => named(o, 'downscaleFactor'),
) {}

const kernel = sizesParam('kernelSize');
const geometry = [
  optional(sizesParam('dilation'), 1),
  optional(sizesParam('padding'), 0),
  optional(sizesParam('stride'), 1),
] as const;

/** (N, C, H, W) -> (N, C kernel, windows): each window as a column. https://pytorch.org/docs/stable/generated/torch.nn.Unfold.html */
export class Unfold extends optionModule(
  [kernel, ...geometry],
  (o, input: Tensor) => unfold(input, o.kernelSize, o.dilation, o.padding, o.stride),
  (o) => named(o, 'kernelSize', 'dilation', 'padding', 'stride'),
) {}

/** (N, C kernel, windows) -> (N, C, outputSize): windows added up where they overlap. https://pytorch.org/docs/stable/generated/torch.nn.Fold.html */
export class Fold extends optionModule(
  [sizesParam('outputSize'), kernel, ...geometry],
  (o, input: Tensor) => fold(input, o.outputSize, o.kernelSize, o.dilation, o.padding, o.stride),
  (o) => named(o, 'outputSize', 'kernelSize', 'dilation', 'padding', 'stride'),
) {}
