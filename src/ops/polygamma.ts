// Polygamma: the formula and the function, apart from its neighbours because digamma's gradient is one of it.

import { polygamma as polygammaAt } from '../host/special-gamma.ts';
import { ArgumentError } from '../errors.ts';
import { define, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { applyPointwise } from './apply.ts';
import { mul, row } from './arithmetic.ts';

/** One row for each order: the gradient is the next order's. */
function rowOf(order: number) {
  return row('polygamma', { float: [polygammaAtOf, 'wg_polygamma(a, b)'], result: 'float' }, (grad, { input }) => [
    mul(grad, polygammaOf(input(0), order + 1)),
    null,
  ]);
}

function polygammaAtOf(x: number, order: number): number {
  return polygammaAt(order, x);
}

/** The derivative of order n of digamma at the elements of a tensor. */
export function polygammaOf(x: Tensor, order: number): Tensor {
  return applyPointwise(rowOf(order), [x, order]);
}

const either = (name: string) =>
  p.custom<Tensor | number>()(name, 'an order and a tensor', (v) => v instanceof Tensor || Number.isInteger(v));

/**
 * The derivative of order n of digamma: polygamma(n, x), or x.polygamma(n).
 * https://pytorch.org/docs/stable/special.html#torch.special.polygamma
 */
export const polygamma = define(
  'polygamma',
  [either('n'), either('input')],
  (first: Tensor | number, second: Tensor | number): Tensor => {
    const [order, x] = first instanceof Tensor ? [second, first] : [first, second];
    if (typeof order !== 'number' || !(x instanceof Tensor)) {
      throw new ArgumentError({
        op: 'polygamma',
        fact: 'two tensors or two numbers',
        rule: 'it takes an order and a tensor',
      });
    }
    if (order < 0)
      throw new ArgumentError({ op: 'polygamma', fact: `order ${order}`, rule: 'it must not be negative' });
    return polygammaOf(x, order);
  },
);
