// Transforms that change where pixels are: resizing, padding, cutting and flipping, some at random.

import { ArgumentError, ShapeError } from '../errors.ts';
import { randint, uniform24 } from '../host/draw.ts';
import { bound, pythonText } from '../nn/arguments.ts';
import { Module } from '../nn/module.ts';
import { flip } from '../ops/copy.ts';
import { defaultGenerator } from '../create/generator.ts';
import { type Args, describe, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import {
  crop,
  type Interpolation,
  interpolations,
  pad,
  type PadMode,
  padModes,
  resize,
  type Size,
  sizeOf,
} from './images.ts';

const op = (name: string): string => `data.transforms.${name}`;

/** A size as torchvision takes it: an integer, or [height, width]. */
const sizeParam = p.custom<number | readonly number[]>()(
  'size',
  'an integer, or [height, width]',
  (v) => [v].flat().every((one) => Number.isInteger(one) && (one as number) > 0) && [1, 2].includes([v].flat().length),
);

const bothOf = (size: number | readonly number[]): Size => {
  const [height, width = height] = [size].flat();
  return [height, width];
};

const choice = <N extends string, C extends string>(name: N, choices: readonly C[]) =>
  p.custom<C>()(name, choices.map((one) => `'${one}'`).join(' or '), (v) => choices.includes(v as C));

const resizeSignature = [
  sizeParam,
  optional(choice('interpolation', interpolations), 'bilinear' as Interpolation),
  optional(p.int('maxSize'), null),
  optional(p.bool('antialias'), true),
] as const;

/**
 * Another size: [height, width], or the length of the shorter edge (then the longer one follows, up to maxSize). The numbers
 * are those of torch's interpolate. https://pytorch.org/vision/stable/generated/torchvision.transforms.Resize.html
 */
export class Resize extends Module {
  readonly size: number | readonly number[];
  readonly interpolation: Interpolation;
  readonly maxSize: number | null;
  readonly antialias: boolean;

  constructor(...args: Args<typeof resizeSignature>) {
    super();
    [this.size, this.interpolation, this.maxSize, this.antialias] = bound(op('Resize'), resizeSignature, args);
    const edge = typeof this.size === 'number' || this.size.length === 1;
    if (this.maxSize !== null && (!edge || this.maxSize <= bothOf(this.size)[0])) {
      throw new ArgumentError({
        op: op('Resize'),
        fact: `maxSize ${this.maxSize} for size ${describe(this.size)}`,
        rule: 'maxSize bounds the longer edge where size is the shorter one, which is smaller',
      });
    }
  }

  forward(image: Tensor): Tensor {
    const target = this.#target(sizeOf(op('Resize'), image));
    return resize(op('Resize'), image, target, this.interpolation, this.antialias);
  }

  #target([rows, columns]: Size): Size {
    const [height, width] = bothOf(this.size);
    if (typeof this.size !== 'number' && this.size.length === 2) return [height, width];
    const [short, long] = [Math.min(rows, columns), Math.max(rows, columns)];
    let [small, large] = [height, Math.trunc((height * long) / short)];
    if (this.maxSize !== null && large > this.maxSize) {
      [small, large] = [Math.trunc((this.maxSize * small) / large), this.maxSize];
    }
    return columns <= rows ? [large, small] : [small, large];
  }

  override extraRepr(): string {
    const size = pythonText(this.size).replace(/^\((.*)\)$/, '[$1]');
    return `size=${size}, interpolation=${this.interpolation}, max_size=${pythonText(this.maxSize)}, antialias=${pythonText(this.antialias)}`;
  }
}

/** A draw as torch.rand(1) makes it. */
const rand = (): number => uniform24(defaultGenerator.mt);

/** A draw as torch.randint(0, end, (1,)) makes it. */
function integerBelow(end: number): number {
  const drawn = new Int32Array(1);
  randint(defaultGenerator.mt, drawn, 0, end);
  return drawn[0];
}

const probabilitySignature = [optional(p.number('p'), 0.5)] as const;

abstract class RandomFlip extends Module {
  readonly p: number;
  protected abstract readonly dim: number;

  constructor(...args: Args<typeof probabilitySignature>) {
    super();
    [this.p] = bound(op('RandomFlip'), probabilitySignature, args);
    if (!(this.p >= 0 && this.p <= 1)) {
      throw new ArgumentError({ op: op('RandomFlip'), fact: `p is ${this.p}`, rule: 'it lies between 0 and 1' });
    }
  }

  forward(image: Tensor): Tensor {
    sizeOf(op('RandomFlip'), image);
    return rand() < this.p ? flip(image, [this.dim]) : image;
  }

  override extraRepr(): string {
    return `p=${this.p}`;
  }
}

/** Left and right exchanged with probability p. https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomHorizontalFlip.html */
export class RandomHorizontalFlip extends RandomFlip {
  protected readonly dim = -1;
}

/** Top and bottom exchanged with probability p. https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomVerticalFlip.html */
export class RandomVerticalFlip extends RandomFlip {
  protected readonly dim = -2;
}

/** A border: one width for all sides, [left and right, top and bottom], or [left, top, right, bottom]. */
const borderParam = p.custom<number | readonly number[]>()(
  'padding',
  'an integer, [horizontal, vertical] or [left, top, right, bottom]',
  (v) => [v].flat().every(Number.isInteger) && [1, 2, 4].includes([v].flat().length),
);

function borderOf(padding: number | readonly number[]): readonly [number, number, number, number] {
  const [left, top = left, right = left, bottom = top] = [padding].flat();
  return [left, top, right, bottom];
}

const fillParams = [
  optional(p.number('fill'), 0),
  optional(choice('paddingMode', padModes), 'constant' as PadMode),
] as const;
const padSignature = [borderParam, ...fillParams] as const;

/** A border around the image. https://pytorch.org/vision/stable/generated/torchvision.transforms.Pad.html */
export class Pad extends Module {
  readonly padding: number | readonly number[];
  readonly fill: number;
  readonly paddingMode: PadMode;

  constructor(...args: Args<typeof padSignature>) {
    super();
    [this.padding, this.fill, this.paddingMode] = bound(op('Pad'), padSignature, args);
  }

  forward(image: Tensor): Tensor {
    return pad(op('Pad'), image, borderOf(this.padding), this.paddingMode, this.fill);
  }

  override extraRepr(): string {
    return `padding=${pythonText(this.padding)}, fill=${this.fill}, padding_mode=${this.paddingMode}`;
  }
}

const centerSignature = [sizeParam] as const;

/** Half to the even neighbour, as Python rounds. */
const roundEven = (value: number): number =>
  Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);

/** The middle of the image, with a border of 0 where it is too small. https://pytorch.org/vision/stable/generated/torchvision.transforms.CenterCrop.html */
export class CenterCrop extends Module {
  readonly size: number | readonly number[];

  constructor(...args: Args<typeof centerSignature>) {
    super();
    [this.size] = bound(op('CenterCrop'), centerSignature, args);
  }

  forward(image: Tensor): Tensor {
    const target = bothOf(this.size);
    const size = sizeOf(op('CenterCrop'), image);
    const lacks = target.map((one, dim) => Math.max(one - size[dim], 0));
    const before = lacks.map((one) => Math.floor(one / 2));
    const border = [before[1], before[0], lacks[1] - before[1], lacks[0] - before[0]] as const;
    const wide = border.some((one) => one > 0) ? pad(op('CenterCrop'), image, border, 'constant', 0) : image;
    const [top, left] = target.map((one, dim) => roundEven((Math.max(size[dim], one) - one) / 2));
    return crop(op('CenterCrop'), wide, top, left, target);
  }

  override extraRepr(): string {
    return `size=${pythonText(bothOf(this.size))}`;
  }
}

const cropSignature = [
  sizeParam,
  optional(borderParam, null),
  optional(p.bool('padIfNeeded'), false),
  ...fillParams,
] as const;

/** A part of the image at a random place, after a border where one is asked for. https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomCrop.html */
export class RandomCrop extends Module {
  readonly size: number | readonly number[];
  readonly padding: number | readonly number[] | null;
  readonly padIfNeeded: boolean;
  readonly fill: number;
  readonly paddingMode: PadMode;

  constructor(...args: Args<typeof cropSignature>) {
    super();
    const values = bound(op('RandomCrop'), cropSignature, args);
    [this.size, this.padding, this.padIfNeeded, this.fill, this.paddingMode] = values;
  }

  forward(image: Tensor): Tensor {
    const name = op('RandomCrop');
    const [height, width] = bothOf(this.size);
    const bordered = (one: Tensor, border: readonly [number, number, number, number]) =>
      pad(name, one, border, this.paddingMode, this.fill);
    let wide = this.padding === null ? image : bordered(image, borderOf(this.padding));
    if (this.padIfNeeded) {
      const [rows, columns] = sizeOf(name, wide);
      if (columns < width) wide = bordered(wide, [width - columns, 0, width - columns, 0]);
      if (rows < height) wide = bordered(wide, [0, height - rows, 0, height - rows]);
    }
    const [rows, columns] = sizeOf(name, wide);
    if (rows < height || columns < width) {
      throw new ShapeError({
        op: name,
        fact: `a crop of ${height} x ${width} from an image of ${rows} x ${columns}`,
        rule: 'it must fit',
        cure: 'Pass padding, or padIfNeeded: true.',
      });
    }
    if (rows === height && columns === width) return wide;
    const top = integerBelow(rows - height + 1);
    const left = integerBelow(columns - width + 1);
    return crop(name, wide, top, left, [height, width]);
  }

  override extraRepr(): string {
    return `size=${pythonText(bothOf(this.size))}, padding=${pythonText(this.padding)}`;
  }
}
