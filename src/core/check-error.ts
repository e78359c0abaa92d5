// What a check that only the device can make says when it fails: an index outside its dimension, a factorisation that found its
// matrix singular or not positive definite. The same words on every device; a device that does not know the value leaves it out.

import { IndexError, LinAlgError, type WgradError } from '../errors.ts';
import type { KernelAttrs } from './op.ts';
import { formatShape, type Shape } from '../shape.ts';

/** The error for values (of `shape`) that failed a check; `value`: one of them, where it is known. */
export function checkError(
  { op, size, fault }: KernelAttrs['checkIndex'],
  shape: Shape,
  value: number | null,
): WgradError {
  if (fault === 'index') {
    if (value !== null)
      return new IndexError({ op, fact: `index ${value} is out of range for a dimension of size ${size}` });
    return new IndexError({
      op,
      fact: `an index ${formatShape(shape)} holds a position outside a dimension of size ${size}`,
      rule: 'positions that only the GPU knows are checked there',
    });
  }
  const which = shape.length === 0 ? 'the matrix' : `one of the matrices ${formatShape(shape)}`;
  if (fault === 'singular') {
    return new LinAlgError({
      op,
      fact: `${which} is singular${value === null ? '' : `, diagonal element ${value} of U is zero`}`,
      rule: 'it must be invertible',
      cure: 'linalg.pinv and linalg.lstsq take any matrix.',
    });
  }
  return new LinAlgError({
    op,
    fact: `${which} is not positive definite${value === null ? '' : `, its leading minor of order ${value} is not positive`}`,
    rule: 'it must be symmetric and positive definite',
    cure: 'linalg.choleskyEx tells in info.',
  });
}
