// What square brackets on a tensor do: x[0] throws and names `index`. JavaScript reads x[0, 1] as x[1] and has no x[1:3] at
// all, so that brackets for single numbers would promise what they cannot keep, and give wrong rows without a word.

import { IndexError } from '../errors.ts';
import type { Tensor } from '../core/tensor.ts';

/** Names that JavaScript makes of numbers between brackets: '0', '-1', '1.5'. */
const numeric = /^-?\d+(\.\d+)?$/;

function bracketError(key: string, cure: string): IndexError {
  return new IndexError({
    op: 'index',
    fact: `square brackets around ${key}`,
    rule: 'JavaScript keeps them for properties',
    cure,
  });
}

/**
 * The end of the chain of prototypes: it is asked only for properties that a tensor does not have, so what tensors do have costs
 * no more than before.
 */
const traps: ProxyHandler<object> = {
  get(target, key, receiver): unknown {
    if (typeof key === 'string' && numeric.test(key)) throw bracketError(key, `Write x.index(${key}).`);
    return Reflect.get(target, key, receiver);
  },
  set(target, key, value, receiver): boolean {
    if (typeof key === 'string' && numeric.test(key)) throw bracketError(key, `Write x.indexPut_([${key}], value).`);
    return Reflect.set(target, key, value, receiver);
  },
};

/** Gives a class of tensors the errors of square brackets. */
export function guardBrackets(prototype: Tensor): void {
  Object.setPrototypeOf(prototype, new Proxy(Object.create(Object.prototype) as object, traps));
}
