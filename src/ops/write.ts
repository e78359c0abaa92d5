// Writing a value into a tensor: a write makes a new node and rebinds the storage, so aliases see it and what gradients saved
// stays as it was. The operations that write are in inplace.ts.

import { requireCastable } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../core/graph.ts';
import { type KernelOp } from '../core/op.ts';
import { contiguousStrides, formatShape, type Layout, sameShape, type Shape } from '../shape.ts';
import { Tensor } from '../core/tensor.ts';
import { commonDevice, nodeFor } from './apply.ts';
import { expand } from './view.ts';

/** The node of a whole storage in which the part under `layout` is replaced by `value`. */
function writeRegion(base: Node, layout: Layout, value: Node): Node {
  const op: KernelOp<'write'> = { kind: 'kernel', name: 'write', attrs: { region: layout } };
  return makeNode(op as unknown as KernelOp, [base, value], base.device, base.dtype, base.shape, base.strides);
}

/** Replaces the elements of `target` by `value`, which broadcasts and casts; for `op`. */
export function writeInto(op: string, target: Tensor, value: Tensor): Tensor {
  commonDevice(op, [target, value]);
  requireCastable(op, value.dtype, target.dtype);
  if (target.strides.some((stride, dim) => stride === 0 && target.shape[dim] > 1)) {
    throw new ArgumentError({
      op,
      fact: `an expanded tensor ${formatShape(target.shape)} is written in place`,
      rule: 'several of its elements are one place in memory',
      cure: 'Write to a clone.',
    });
  }
  if (value.shape.length > target.shape.length) throw tooLarge(op, target, value);
  const wide = spreadOver(op, value, target.shape);
  const { node: made } = wide;
  // A value that was just computed becomes the storage's node as it is; leaves, numbers and views are copied.
  const computed = made === made.root && made.op.kind !== 'leaf' && made.op.kind !== 'scalar';
  const fits = computed && wide === value && wide !== target && wide.dtype === target.dtype;
  const strides = target.storage.node === target.node ? target.strides : undefined;
  if (fits && (strides === undefined || sameShape(strides, wide.strides))) {
    target.rebind(op, value, writeRegion);
    return target;
  }
  const node = nodeFor(wide.node, target.dtype, target.shape, strides ?? contiguousStrides(target.shape));
  target.rebind(op, Tensor.of(node, wide.edge), writeRegion);
  return target;
}

/** A value with the shape of the place that it is written into. */
export function spreadOver(op: string, value: Tensor, shape: Shape): Tensor {
  if (sameShape(value.shape, shape)) return value;
  const lead = shape.length - value.shape.length;
  if (lead < 0 || value.shape.some((size, dim) => size !== 1 && size !== shape[lead + dim])) {
    throw new ShapeError({
      op,
      fact: `${formatShape(value.shape)} written into ${formatShape(shape)}`,
      rule: 'only dimensions of size 1 of the value are repeated, and new ones come first',
    });
  }
  return expand(value, [...shape]);
}

/** A result that is larger than what it is written into. */
export function tooLarge(op: string, target: Tensor, value: Tensor): ShapeError {
  return new ShapeError({
    op,
    fact: `${formatShape(value.shape)} written into ${formatShape(target.shape)}`,
    rule: 'an in-place operation keeps the shape of the tensor it writes',
    cure: 'Use the operation without the underscore.',
  });
}
