// Layers that change the size of images: Upsample and its two old short forms.

import { type InterpolationMode, interpolate, modeParam, numbers, type Numbers } from '../ops/interpolate.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { boundByName, pythonText } from './arguments.ts';
import { Module } from './module.ts';

const sizeOptions = [optional(numbers('size'), null), optional(numbers('scaleFactor'), null)] as const;
const signature = [
  ...sizeOptions,
  optional(modeParam, 'nearest'),
  optional(p.bool('alignCorners'), null),
  optional(p.bool('recomputeScaleFactor'), null),
] as const;

/** A factor as PyTorch keeps and prints it: as a float. */
const factorText = (value: number): string => (Number.isInteger(value) ? `${value}.0` : pythonText(value));

/**
 * (N, C, sizes..) -> (N, C, size..), or each size times scaleFactor, by a mode of `interpolate`.
 * https://pytorch.org/docs/stable/generated/torch.nn.Upsample.html
 */
export class Upsample extends Module {
  readonly size: Numbers | null;
  readonly scaleFactor: Numbers | null;
  readonly mode: InterpolationMode;
  readonly alignCorners: boolean | null;
  readonly recomputeScaleFactor: boolean | null;

  constructor(...args: Args<typeof signature>) {
    super();
    const given = boundByName('nn.Upsample', signature, args);
    this.size = given.size;
    this.scaleFactor = given.scaleFactor;
    this.mode = given.mode as InterpolationMode;
    this.alignCorners = given.alignCorners;
    this.recomputeScaleFactor = given.recomputeScaleFactor;
  }

  forward(input: Tensor): Tensor {
    const { size, scaleFactor, mode, alignCorners, recomputeScaleFactor } = this;
    return interpolate(input, { size, scaleFactor, mode, alignCorners, recomputeScaleFactor });
  }

  override extraRepr(): string {
    const { size, scaleFactor, mode } = this;
    const factors =
      typeof scaleFactor === 'number' ? factorText(scaleFactor) : `(${(scaleFactor ?? []).map(factorText).join(', ')})`;
    const first = scaleFactor === null ? `size=${pythonText(size)}` : `scale_factor=${factors}`;
    return `${first}, mode=${pythonText(mode)}`;
  }
}

/** Upsample by the nearest element. https://pytorch.org/docs/stable/generated/torch.nn.UpsamplingNearest2d.html */
export class UpsamplingNearest2d extends Upsample {
  constructor(...args: Args<typeof sizeOptions>) {
    super({ ...boundByName('nn.UpsamplingNearest2d', sizeOptions, args), mode: 'nearest' });
  }
}

/** Upsample between elements, with aligned corners. https://pytorch.org/docs/stable/generated/torch.nn.UpsamplingBilinear2d.html */
export class UpsamplingBilinear2d extends Upsample {
  constructor(...args: Args<typeof sizeOptions>) {
    super({ ...boundByName('nn.UpsamplingBilinear2d', sizeOptions, args), mode: 'bilinear', alignCorners: true });
  }
}
