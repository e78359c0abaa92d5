// Putting tensors together and taking them apart along a dimension.

import type { DType } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import type { Node } from '../core/graph.ts';
import { formatShape, normalizeDim, sameShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { castNode, commonDevice, fillNode, kernelNode, onTape, resultType, savesNothing } from './apply.ts';
import { reshape, unsqueeze } from './view.ts';
import { selectAt, sliceAt } from './part.ts';

const tensors = p.tensors('tensors');
const dim0 = optional(p.int('dim'), 0);

/** Throws for an empty list. */
export function requireSome(op: string, list: readonly Tensor[]): void {
  if (list.length === 0)
    throw new ArgumentError({ op, fact: 'an empty list of tensors', rule: 'at least one is needed' });
}

/** The tensors one after the other along `dim`. https://pytorch.org/docs/stable/generated/torch.cat.html */
export const cat = define('cat', [tensors, dim0], (tensors: readonly Tensor[], dim: number): Tensor => {
  requireSome('cat', tensors);
  // An empty 1-dim tensor joins anything, as in PyTorch.
  const parts = tensors.filter((one) => one.shape.length !== 1 || one.shape[0] !== 0);
  const used = parts.length === 0 ? tensors.slice(0, 1) : parts;
  const first = used[0];
  if (first.shape.length === 0) {
    throw new ShapeError({
      op: 'cat',
      fact: 'a 0-dim tensor',
      rule: 'at least 1 dimension is needed',
      cure: 'Use stack.',
    });
  }
  const at = normalizeDim('cat', dim, first.shape.length);
  for (const one of used) {
    const same = one.shape.length === first.shape.length;
    if (same && one.shape.every((length, d) => d === at || length === first.shape[d])) continue;
    throw new ShapeError({
      op: 'cat',
      fact: `${formatShape(first.shape)} and ${formatShape(one.shape)} along dim ${at}`,
      rule: 'all sizes but that of the joined dimension must be equal',
    });
  }
  return onTape(
    'CatBackward0',
    savesNothing((grad, { shape }) => {
      let start = 0;
      return used.map((_, index) => {
        const length = shape(index)[at];
        start += length;
        return sliceAt(grad, at, start - length, start, 1);
      });
    }),
    used,
    joined('cat', used, at),
  );
});

/** The node of tensors side by side along dimension `at`, in their common dtype. */
function joined(op: string, parts: readonly Tensor[], at: number): Node {
  commonDevice(op, parts);
  const dtype = resultType(parts);
  const total = parts.reduce((length, one) => length + one.shape[at], 0);
  const shape = parts[0].shape.map((length, d) => (d === at ? total : length));
  const nodes = parts.map((one) => castNode(one.node, dtype));
  return kernelNode('cat', { dim: at }, nodes, dtype, shape);
}

/** The tensors side by side along a new dimension. https://pytorch.org/docs/stable/generated/torch.stack.html */
export const stack = define('stack', [tensors, dim0], (tensors: readonly Tensor[], dim: number): Tensor => {
  requireSome('stack', tensors);
  const first = tensors[0].shape;
  for (const one of tensors) {
    if (sameShape(one.shape, first)) continue;
    throw new ShapeError({
      op: 'stack',
      fact: `${formatShape(first)} and ${formatShape(one.shape)}`,
      rule: 'all shapes must be equal',
    });
  }
  const at = normalizeDim('stack', dim, first.length + 1);
  const layers = tensors.map((one) => unsqueeze(one.detach(), at));
  return onTape('StackBackward0', (grad) => unbind(grad, at), tensors, joined('stack', layers, at));
});

/** Vectors end to end, others along dim 1. https://pytorch.org/docs/stable/generated/torch.hstack.html */
export const hstack = define('hstack', [tensors], (tensors: readonly Tensor[]): Tensor => {
  requireSome('hstack', tensors);
  const parts = tensors.map((one) => (one.shape.length === 0 ? reshape(one, 1) : one));
  return cat(parts, parts[0].shape.length === 1 ? 0 : 1);
});

/** Rows on top of each other. https://pytorch.org/docs/stable/generated/torch.vstack.html */
export const vstack = define('vstack', [tensors], (tensors: readonly Tensor[]): Tensor => {
  requireSome('vstack', tensors);
  return cat(
    tensors.map((one) => (one.shape.length < 2 ? reshape(one, 1, -1) : one)),
    0,
  );
});

/** Pieces of a size (the last may be smaller), or of the sizes listed. https://pytorch.org/docs/stable/generated/torch.split.html */
export const split = define(
  'split',
  [p.tensor('input'), p.sections('splitSizeOrSections'), dim0],
  (input: Tensor, splitSizeOrSections: number | readonly number[], dim: number): Tensor[] => {
    const at = normalizeDim('split', dim, input.shape.length);
    const length = input.shape[at];
    if (typeof splitSizeOrSections === 'number' && splitSizeOrSections <= 0 && length > 0) {
      throw new ArgumentError({ op: 'split', fact: `size ${splitSizeOrSections}`, rule: 'it must be positive' });
    }
    const list =
      typeof splitSizeOrSections === 'number'
        ? Array.from({ length: Math.max(Math.ceil(length / splitSizeOrSections), 1) }, (_, index) =>
            Math.min(splitSizeOrSections, length - index * splitSizeOrSections),
          )
        : splitSizeOrSections;
    const total = list.reduce((a, b) => a + b, 0);
    if (total !== length) {
      throw new ShapeError({
        op: 'split',
        fact: `sizes ${formatShape(list)} of a dimension of ${length}`,
        rule: 'they must add up to it',
      });
    }
    let start = 0;
    return list.map((size) => {
      start += size;
      return sliceAt(input, at, start - size, start, 1);
    });
  },
);

/** At most `chunks` pieces of equal size (the last may be smaller). https://pytorch.org/docs/stable/generated/torch.chunk.html */
export const chunk = define(
  'chunk',
  [p.tensor('input'), p.int('chunks'), dim0],
  (input: Tensor, chunks: number, dim: number): Tensor[] => {
    if (chunks < 1) throw new ArgumentError({ op: 'chunk', fact: `${chunks} chunks`, rule: 'at least 1' });
    const at = normalizeDim('chunk', dim, input.shape.length);
    return split(input, Math.max(Math.ceil(input.shape[at] / chunks), 1), at);
  },
);

/** Every position along `dim` as a tensor of its own. https://pytorch.org/docs/stable/generated/torch.unbind.html */
export const unbind = define('unbind', [p.tensor('input'), dim0], (input: Tensor, dim: number): Tensor[] => {
  if (input.shape.length === 0) {
    throw new ShapeError({
      op: 'unbind',
      fact: 'iteration over a tensor of no dimensions',
      rule: 'it has no rows: a loop goes over the first dimension',
      cure: 'Its value is await x.item().',
    });
  }
  const at = normalizeDim('unbind', dim, input.shape.length);
  return Array.from({ length: input.shape[at] }, (_, index) => selectAt('unbind', input, at, index));
});

/** A constant tensor shaped like x but for `length` along `dim`. */
export function zerosLikePart(x: Tensor, dim: number, length: number, value: number, dtype: DType = x.dtype): Tensor {
  const shape = x.shape.map((size, at) => (at === dim ? length : size));
  return Tensor.at(fillNode(value, x.device, dtype, shape), null);
}
