// Tensors repeated, turned around and laid out as grids.

import { ArgumentError, ShapeError } from '../errors.ts';
import { normalizeDim, type Shape } from '../shape.ts';
import { define, describe, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { kernelNode, onTape } from './apply.ts';
import { cat } from './join.ts';
import { sliceAt } from './part.ts';
import { sum } from './reduce.ts';
import { expand, permute, reshape } from './view.ts';

const tensors = p.tensors('tensors');

/** The whole tensor repeated `sizes` times along each dimension (a copy). https://pytorch.org/docs/stable/generated/torch.Tensor.repeat.html */
export const repeat = define(
  'repeat',
  [p.tensor('input'), p.sizes('repeats')],
  (input: Tensor, repeats: readonly number[]): Tensor => {
    const lead = repeats.length - input.shape.length;
    if (lead < 0) {
      throw new ShapeError({
        op: 'repeat',
        fact: `${repeats.length} repeats for a tensor of ${input.shape.length} dimensions`,
        rule: 'at least one for each dimension is needed',
      });
    }
    const shape: Shape = [...new Array<number>(lead).fill(1), ...input.shape];
    const apart = shape.flatMap((length) => [1, length]);
    const wide = expand(
      reshape(input.detach(), apart),
      shape.flatMap((length, dim) => [repeats[dim], length]),
    );
    const out = shape.map((length, dim) => length * repeats[dim]);
    const node = kernelNode('cat', { dim: 0 }, [wide.node], input.dtype, out);
    // Every other dimension of the split gradient counts the repetitions.
    const rule = (grad: Tensor): readonly Tensor[] => {
      const split = reshape(
        grad,
        shape.flatMap((length, dim) => [repeats[dim], length]),
      );
      return [
        reshape(
          sum(
            split,
            shape.map((_, dim) => 2 * dim),
          ),
          [...input.shape],
        ),
      ];
    };
    return onTape('RepeatBackward0', rule, [input], node);
  },
);

/** Like repeat, but missing leading repeats count as 1. https://pytorch.org/docs/stable/generated/torch.tile.html */
export const tile = define(
  'tile',
  [p.tensor('input'), p.sizes('dims')],
  (input: Tensor, dims: readonly number[]): Tensor => {
    const lead = Math.max(input.shape.length - dims.length, 0);
    return repeat(input, [...new Array<number>(lead).fill(1), ...dims]);
  },
);

/** The elements turned `shifts` places around along `dims` (of the flattened tensor if none). https://pytorch.org/docs/stable/generated/torch.roll.html */
export const roll = define(
  'roll',
  [p.tensor('input'), p.dims('shifts'), optional(p.dims('dims'), null)],
  (input: Tensor, shifts: number | readonly number[], dims): Tensor => {
    const by = [shifts].flat();
    if (by.length === 0 || (dims === null && by.length > 1)) {
      throw new ArgumentError({
        op: 'roll',
        fact: `shifts is ${describe(shifts)} without dims`,
        rule: 'the flattened tensor is rolled by one number',
      });
    }
    if (dims === null) return reshape(rollOne(reshape(input, -1), [shifts].flat()[0], 0), [...input.shape]);
    const along = [dims as number | readonly number[]].flat();
    if (by.length !== along.length) {
      throw new ArgumentError({
        op: 'roll',
        fact: `${by.length} shifts for ${along.length} dims`,
        rule: 'as many of both',
      });
    }
    return along.reduce(
      (at: Tensor, dim, index) => rollOne(at, by[index], normalizeDim('roll', dim, input.shape.length)),
      input,
    );
  },
);

function rollOne(input: Tensor, shift: number, dim: number): Tensor {
  const length = input.shape[dim] ?? 0;
  const turn = length === 0 ? 0 : ((shift % length) + length) % length;
  if (turn === 0) return input;
  return cat([sliceAt(input, dim, length - turn, length, 1), sliceAt(input, dim, 0, length - turn, 1)], dim);
}

type MeshgridArgs = readonly Tensor[] | readonly [...Tensor[], { readonly indexing?: 'ij' | 'xy' }];

/** The outer grid of 1-dim tensors, given one by one or as a list: one tensor per input, all of the same shape. https://pytorch.org/docs/stable/generated/torch.meshgrid.html */
export function meshgrid(
  ...given: MeshgridArgs | readonly [readonly Tensor[], ...{ readonly indexing?: 'ij' | 'xy' }[]]
): Tensor[] {
  const variadic = given[0] instanceof Tensor;
  const list = (variadic ? given.filter((one) => one instanceof Tensor) : given[0]) as readonly Tensor[];
  const options = variadic ? given.slice(list.length) : given.slice(1);
  return meshgridOf(list, ...(options as []));
}

const meshgridOf = define(
  'meshgrid',
  [tensors, optional(p.string('indexing'), 'ij')],
  (tensors: readonly Tensor[], indexing: string): Tensor[] => {
    const grid = tensors.map((one) => one.numel());
    const out = tensors.map((one, at) =>
      expand(
        reshape(
          one,
          grid.map((_, dim) => (dim === at ? -1 : 1)),
        ),
        grid,
      ),
    );
    if (indexing !== 'xy' || grid.length < 2) return out;
    return out.map((one) => permute(one, [1, 0, ...grid.slice(2).map((_, dim) => dim + 2)]));
  },
);
