// What a tensor answers to what it cannot do: the errors of tensor.ts, made of shapes and dtypes alone.

import type { DType } from '../dtype.ts';
import { ArgumentError, AutogradError, DisposedError } from '../errors.ts';
import { formatShape, type Shape } from '../shape.ts';

/** What an error says of a tensor. */
interface Described {
  readonly dtype: DType;
  readonly shape: Shape;
}

const text = ({ dtype, shape }: Described): string => `${dtype} ${formatShape(shape)}`;

/** A tensor was used after its bytes were given back. */
export function disposed(shape: Shape): DisposedError {
  return new DisposedError({
    op: 'tensor',
    fact: `a tensor of shape ${formatShape(shape)} was used after dispose()`,
  });
}

/** The class was called with what a user has, values or sizes. */
export function noValues(): ArgumentError {
  return new ArgumentError({
    op: 'Tensor',
    fact: 'new Tensor(..) was called',
    rule: 'tensors are made by functions',
    cure: 'Write tensor([1, 2]) for values, zeros(2) or empty(2) for sizes.',
  });
}

/** A tensor that an operation made was told to require no gradient. */
export function noLeaf(): AutogradError {
  return new AutogradError({
    op: 'requiresGrad_',
    fact: 'the tensor was made by an operation on the tape',
    rule: 'only leaves can stop requiring gradients',
    cure: 'Use x.detach().',
  });
}

/** Integers were told to require gradients. */
export function noFloat(dtype: DType): AutogradError {
  return new AutogradError({
    op: 'requiresGrad_',
    fact: `dtype ${dtype}`,
    rule: 'only floating point tensors can require gradients',
    cure: "Convert first: x.to('float32').",
  });
}

/** A gradient of another shape or dtype was assigned. */
export function otherGradient(tensor: Described, value: Described): ArgumentError {
  return new ArgumentError({
    op: 'grad',
    fact: `${text(value)} assigned as the gradient of ${text(tensor)}`,
    rule: 'a gradient has the shape and dtype of its tensor',
  });
}

/** Data of another shape or dtype were assigned. */
export function otherData(tensor: Described, value: Described): ArgumentError {
  return new ArgumentError({
    op: 'data',
    fact: `${text(value)} assigned to ${text(tensor)}`,
    rule: 'shape and dtype must stay the same',
  });
}

/** A view was told to leave the tape. */
export function detachedView(): AutogradError {
  return new AutogradError({
    op: 'detach_',
    fact: 'the tensor is a view',
    rule: 'its gradient belongs to what it views',
    cure: 'Use x.detach().',
  });
}

/** A leaf, or a view of one, was changed on the tape. */
export function writtenLeaf(op: string, view: boolean): AutogradError {
  return new AutogradError({
    op,
    fact: `a ${view ? 'view of a ' : ''}leaf tensor that requires grad is written in place`,
    rule: 'the tape would lose the leaf',
    cure: `Write inside noGrad(() => { w.${op}(..); }), or to w.data.`,
  });
}

/** A view that the tape does not know was written on it. */
export function offTape(op: string): AutogradError {
  return new AutogradError({
    op,
    fact: 'a view that was made inside noGrad is written on the tape',
    rule: 'the tape does not know what the view belongs to',
    cure: 'Make the view outside noGrad, or write inside it.',
  });
}
