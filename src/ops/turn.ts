// Matrices and images turned and mirrored, and sums back to the shape that was broadcast.

import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, normalizeDim, sameShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { composite } from './apply.ts';
import { clone, flip } from './copy.ts';
import { sum } from './reduce.ts';
import { matrixTransposed, reshape, transpose } from './view.ts';

const input = p.tensor('input');

function requireRank(op: string, x: Tensor, rank: number): void {
  if (x.shape.length >= rank) return;
  const dimensions = `${rank} dimension${rank === 1 ? '' : 's'}`;
  throw new ShapeError({ op, fact: formatShape(x.shape), rule: `at least ${dimensions} are needed` });
}

/** Left and right exchanged: dim 1 reversed (a copy). https://pytorch.org/docs/stable/generated/torch.fliplr.html */
export const fliplr = define('fliplr', [input], (input: Tensor): Tensor => {
  requireRank('fliplr', input, 2);
  return flip(input, 1);
});

/** Up and down exchanged: dim 0 reversed (a copy). https://pytorch.org/docs/stable/generated/torch.flipud.html */
export const flipud = define('flipud', [input], (input: Tensor): Tensor => {
  requireRank('flipud', input, 1);
  return flip(input, 0);
});

/** Turned by 90 degrees `k` times, from the first of `dims` towards the second (a copy). https://pytorch.org/docs/stable/generated/torch.rot90.html */
export const rot90 = define(
  'rot90',
  [input, optional(p.int('k'), 1), optional(p.ints('dims'), [0, 1])],
  (input: Tensor, k: number, dims: readonly number[]): Tensor => {
    requireRank('rot90', input, 2);
    const [from, to] = dims.map((dim) => normalizeDim('rot90', dim, input.shape.length));
    if (dims.length !== 2 || from === to) {
      throw new ArgumentError({
        op: 'rot90',
        fact: `dims ${formatShape(dims)}`,
        rule: 'two different dimensions are needed',
      });
    }
    const turns = ((k % 4) + 4) % 4;
    const turned = (): Tensor => {
      if (turns === 0) return clone(input);
      if (turns === 2) return flip(input, from, to);
      return transpose(flip(input, turns === 1 ? to : from), from, to);
    };
    return composite('Rot90Backward0', [input], turned, (grad) => [rot90(grad, -turns, [from, to])]);
  },
);

/**
 * The sum over what broadcasting would repeat: to a shape that broadcasts to that of the input.
 * https://pytorch.org/docs/stable/generated/torch.Tensor.sum_to_size.html
 */
export const sumToSize = define(
  'sumToSize',
  [input, p.sizes('size')],
  (input: Tensor, size: readonly number[]): Tensor => {
    const lead = input.shape.length - size.length;
    if (lead < 0 || size.some((length, dim) => length !== 1 && length !== input.shape[lead + dim])) {
      throw new ShapeError({
        op: 'sumToSize',
        fact: `${formatShape(input.shape)} to ${formatShape(size)}`,
        rule: 'the size must broadcast to the shape of the input',
      });
    }
    if (sameShape(input.shape, size)) return input;
    const over = input.shape.map((_, dim) => dim).filter((dim) => dim < lead || size[dim - lead] === 1);
    return reshape(sum(input, over, true), [...size]);
  },
);

/** The last two dimensions exchanged (and conjugated, which changes nothing for real numbers): `x.mH`. https://pytorch.org/docs/stable/generated/torch.adjoint.html */
export const adjoint = define('adjoint', [input], (input: Tensor): Tensor => matrixTransposed(input));

/** The adjoint of one matrix, or a number: `x.H`. https://pytorch.org/docs/stable/tensors.html#torch.Tensor.H */
export function hermitian(x: Tensor): Tensor {
  if (x.shape.length !== 2 && x.shape.length !== 0) {
    throw new ShapeError({
      op: 'H',
      fact: formatShape(x.shape),
      rule: '2 dimensions are needed',
      cure: 'Use x.mH for batches of matrices.',
    });
  }
  return x.shape.length === 0 ? x : transpose(x, 0, 1);
}
