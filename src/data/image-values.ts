// Transforms that change what pixels are: their layout, dtype, scale and colour; and those that join or wrap others.

import { fromNumpy, tensor } from '../create/create.ts';
import { type DType, isFloat } from '../dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { bound } from '../nn/arguments.ts';
import { Module } from '../nn/module.ts';
import { toDType } from '../ops/apply.ts';
import { add, div, mul } from '../ops/arithmetic.ts';
import { clone } from '../ops/copy.ts';
import { narrow } from '../ops/part.ts';
import { expand, permute, reshape } from '../ops/view.ts';
import { formatShape } from '../shape.ts';
import { type Args, describe, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';

const op = (name: string): string => `data.transforms.${name}`;

/** Pixels as a canvas gives them: rows of red, green, blue, alpha. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

const isPixels = (value: unknown): value is Pixels =>
  typeof value === 'object' && value !== null && 'data' in value && 'width' in value && 'height' in value;

/** One after the other. https://pytorch.org/vision/stable/generated/torchvision.transforms.Compose.html */
export class Compose extends Module {
  readonly transforms: readonly ((value: never) => unknown)[];

  constructor(transforms: readonly ((value: never) => unknown)[]) {
    super();
    const wrong = transforms.find((one) => typeof one !== 'function');
    if (wrong !== undefined) {
      throw new ArgumentError({
        op: op('Compose'),
        fact: `${describe(wrong)} in the list`,
        rule: 'transforms are functions',
      });
    }
    this.transforms = transforms;
  }

  forward(value: unknown): Tensor {
    return this.transforms.reduce((image, one) => one(image as never), value) as Tensor;
  }

  override toString(): string {
    return `Compose(\n${this.transforms.map((one) => `    ${String(one)}\n`).join('')})`;
  }
}

/** A function as a transform. https://pytorch.org/vision/stable/generated/torchvision.transforms.Lambda.html */
export class Lambda extends Module {
  readonly lambd: (value: never) => unknown;

  constructor(lambd: (value: never) => unknown) {
    super();
    if (typeof lambd !== 'function') {
      throw new ArgumentError({ op: op('Lambda'), fact: `lambd is ${describe(lambd)}`, rule: 'it must be a function' });
    }
    this.lambd = lambd;
  }

  forward(value: unknown): Tensor {
    return this.lambd(value as never) as Tensor;
  }
}

/**
 * An image as a float tensor (channels, height, width): ImageData (without its alpha), or a tensor (height, width[, channels]).
 * uint8 becomes [0, 1]; other dtypes stay as they are. https://pytorch.org/vision/stable/generated/torchvision.transforms.ToTensor.html
 */
export class ToTensor extends Module {
  forward(image: Pixels | Tensor): Tensor {
    if (!(image instanceof Tensor) && !isPixels(image)) {
      throw new ArgumentError({
        op: op('ToTensor'),
        fact: `the image is ${describe(image)}`,
        rule: 'it must be ImageData, or a tensor (height, width, channels)',
      });
    }
    const rows = image instanceof Tensor ? image : fromPixels(image);
    const { shape } = rows;
    if (shape.length !== 2 && shape.length !== 3) {
      throw new ShapeError({
        op: op('ToTensor'),
        fact: `a tensor of shape ${formatShape(shape)}`,
        rule: 'an image is (height, width) or (height, width, channels)',
      });
    }
    const planes = permute(shape.length === 2 ? reshape(rows, ...shape, 1) : rows, 2, 0, 1);
    return rows.dtype === 'uint8' ? div(toDType(planes, 'float32'), 255) : planes;
  }
}

/** (height, width, 3): the colours without the alpha. */
function fromPixels({ data, width, height }: Pixels): Tensor {
  const all = reshape(fromNumpy(Uint8Array.from(data)), height, width, 4);
  return narrow(all, 2, 0, 3);
}

const convertSignature = [p.dtype('dtype')] as const;

/** Another dtype, the range of uint8 (0 to 255) standing for 0 to 1 of floats. https://pytorch.org/vision/stable/generated/torchvision.transforms.ConvertImageDtype.html */
export class ConvertImageDtype extends Module {
  readonly dtype: DType;

  constructor(...args: Args<typeof convertSignature>) {
    super();
    [this.dtype] = bound(op('ConvertImageDtype'), convertSignature, args);
  }

  forward(image: Tensor): Tensor {
    return scaled(op('ConvertImageDtype'), image, this.dtype);
  }
}

function scaled(name: string, image: Tensor, dtype: DType): Tensor {
  const from = image.dtype;
  if (from === dtype || (isFloat(from) && isFloat(dtype))) return toDType(image, dtype);
  if (from === 'uint8' && isFloat(dtype)) return div(toDType(image, dtype), 255);
  // 256 steps of equal width, but for the last, which holds 1.
  if (isFloat(from) && dtype === 'uint8') return toDType(mul(image, 256 - 1e-3), 'uint8');
  throw new DTypeError({ op: name, fact: `${from} to ${dtype}`, rule: 'images are of floats or uint8' });
}

const toDtypeSignature = [p.dtype('dtype'), optional(p.bool('scale'), false)] as const;

/** Another dtype; with `scale` as ConvertImageDtype. https://pytorch.org/vision/stable/generated/torchvision.transforms.v2.ToDtype.html */
export class ToDtype extends Module {
  readonly dtype: DType;
  readonly scale: boolean;

  constructor(...args: Args<typeof toDtypeSignature>) {
    super();
    [this.dtype, this.scale] = bound(op('ToDtype'), toDtypeSignature, args);
  }

  forward(image: Tensor): Tensor {
    return this.scale ? scaled(op('ToDtype'), image, this.dtype) : toDType(image, this.dtype);
  }
}

const numbersParam = <N extends string>(name: N) =>
  p.custom<readonly number[]>()(
    name,
    'a list of numbers, one a channel',
    (v) => Array.isArray(v) && v.length > 0 && v.every((one) => typeof one === 'number'),
  );
const normalizeSignature = [numbersParam('mean'), numbersParam('std'), optional(p.bool('inplace'), false)] as const;

/** (image - mean) / std, channel by channel. https://pytorch.org/vision/stable/generated/torchvision.transforms.Normalize.html */
export class Normalize extends Module {
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly inplace: boolean;

  constructor(...args: Args<typeof normalizeSignature>) {
    super();
    [this.mean, this.std, this.inplace] = bound(op('Normalize'), normalizeSignature, args);
    if (this.std.includes(0)) {
      throw new ArgumentError({ op: op('Normalize'), fact: 'a std of 0', rule: 'channels are divided by it' });
    }
  }

  forward(image: Tensor): Tensor {
    const { dtype, device, shape } = image;
    if (!isFloat(dtype)) {
      throw new DTypeError({
        op: op('Normalize'),
        fact: `an image of ${dtype}`,
        rule: 'it must be of floats',
        cure: 'Use ToTensor or ConvertImageDtype before.',
      });
    }
    const channels = shape[shape.length - 3];
    const fits = ({ length }: readonly number[]) => length === 1 || length === channels;
    if (!fits(this.mean) || !fits(this.std)) {
      throw new ShapeError({
        op: op('Normalize'),
        fact: `${this.mean.length} means and ${this.std.length} deviations for an image ${formatShape(shape)}`,
        rule: 'there is one for each channel, the third dimension from the end',
      });
    }
    const column = (list: readonly number[]) => reshape(tensor(list, { dtype, device }), -1, 1, 1);
    const target = this.inplace ? image : clone(image);
    return target.sub_(column(this.mean)).div_(column(this.std)) as Tensor;
  }

  override extraRepr(): string {
    const list = (values: readonly number[]) => `[${values.join(', ')}]`;
    return `mean=${list(this.mean)}, std=${list(this.std)}`;
  }
}

const graySignature = [optional(p.int('numOutputChannels'), 1)] as const;

/** 0.2989 red + 0.587 green + 0.114 blue. https://pytorch.org/vision/stable/generated/torchvision.transforms.Grayscale.html */
export class Grayscale extends Module {
  readonly numOutputChannels: number;

  constructor(...args: Args<typeof graySignature>) {
    super();
    [this.numOutputChannels] = bound(op('Grayscale'), graySignature, args);
    if (this.numOutputChannels !== 1 && this.numOutputChannels !== 3) {
      throw new ArgumentError({
        op: op('Grayscale'),
        fact: `numOutputChannels is ${this.numOutputChannels}`,
        rule: 'it is 1 or 3',
      });
    }
  }

  forward(image: Tensor): Tensor {
    const { shape, dtype } = image;
    const channels = shape[shape.length - 3];
    if (channels !== 1 && channels !== 3) {
      throw new ShapeError({
        op: op('Grayscale'),
        fact: `an image of shape ${formatShape(shape)}`,
        rule: 'images have 1 or 3 channels, the third dimension from the end',
      });
    }
    const plane = (at: number) => narrow(image, -3, at, 1);
    const gray =
      channels === 1
        ? image
        : toDType(add(add(mul(plane(0), 0.2989), mul(plane(1), 0.587)), mul(plane(2), 0.114)), dtype);
    const sizes = shape.map((one, dim) => (dim === shape.length - 3 ? this.numOutputChannels : one));
    return this.numOutputChannels === 1 ? gray : clone(expand(gray, ...sizes));
  }

  override extraRepr(): string {
    return `num_output_channels=${this.numOutputChannels}`;
  }
}
