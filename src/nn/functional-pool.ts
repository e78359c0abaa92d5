// The pools of nn.functional that draw where their windows begin.

import { rand } from '../create/random.ts';
import { fractionalMaxPool } from '../ops/fractional-pool.ts';
import type { Pooled } from '../ops/pool.ts';
import { type Sizes, sizesParam } from '../ops/window.ts';
import { type Args, define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';

const isRatio = (value: unknown): boolean => typeof value === 'number';

/** The options of both forms, in the order of PyTorch's layers. */
export const fractionalParams = [
  sizesParam('kernelSize'),
  optional(sizesParam('outputSize'), null),
  optional(
    p.custom<number | readonly number[]>()(
      'outputRatio',
      'a number or a list of numbers',
      (value) => isRatio(value) || (Array.isArray(value) && value.every(isRatio)),
    ),
    null,
  ),
  optional(p.bool('returnIndices'), false),
  optional(p.tensor('_randomSamples'), null),
] as const;

const signature = [p.tensor('input'), ...fractionalParams] as const;

/** With `returnIndices: true` two results: the values, and their positions in the input's sizes taken as one dimension. */
export interface FractionalMaxPool {
  (input: Tensor, kernelSize: Sizes, options: FractionalPoolOptions & { readonly returnIndices: true }): Pooled;
  (...args: Args<typeof signature>): Tensor;
}

export interface FractionalPoolOptions {
  readonly outputSize?: Sizes | null;
  readonly outputRatio?: number | readonly number[] | null;
  readonly returnIndices?: boolean;
  /** Draws from [0, 1), (N, C, spatial dimensions), in the place of those of the program's stream. */
  readonly _randomSamples?: Tensor | null;
}

function defineFractional(op: string, rank: number, always: boolean) {
  return define(
    op,
    signature,
    (input, kernelSize, outputSize, outputRatio, returnIndices, _randomSamples): Tensor | Pooled => {
      const { dtype, device } = input;
      const draw = (shape: readonly number[]): Tensor => _randomSamples ?? rand([...shape], { dtype, device });
      const pooled = fractionalMaxPool(op, rank, input, { kernelSize, outputSize, outputRatio }, draw);
      return always || returnIndices ? pooled : pooled[0];
    },
  );
}

/**
 * The largest element of each window of (N, C, H, W) or (C, H, W); the windows begin at random, so that `outputSize`, or
 * `outputRatio` times the size of the input, is any. https://pytorch.org/docs/stable/generated/torch.nn.functional.fractional_max_pool2d.html
 */
export const fractionalMaxPool2d = defineFractional('fractionalMaxPool2d', 2, false) as FractionalMaxPool;
/** The same over (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.fractional_max_pool3d.html */
export const fractionalMaxPool3d = defineFractional('fractionalMaxPool3d', 3, false) as FractionalMaxPool;

type WithIndices = (...args: Args<typeof signature>) => Pooled;
/** fractionalMaxPool2d with the positions of the elements. https://pytorch.org/docs/stable/generated/torch.nn.functional.fractional_max_pool2d.html */
export const fractionalMaxPool2dWithIndices = defineFractional(
  'fractionalMaxPool2dWithIndices',
  2,
  true,
) as WithIndices;
/** fractionalMaxPool3d with the positions of the elements. https://pytorch.org/docs/stable/generated/torch.nn.functional.fractional_max_pool3d.html */
export const fractionalMaxPool3dWithIndices = defineFractional(
  'fractionalMaxPool3dWithIndices',
  3,
  true,
) as WithIndices;
