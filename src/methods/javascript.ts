// What JavaScript itself does with a tensor: operators, templates, JSON, console.log. It has no operators for tensors, and
// values must be awaited, so all but the last throw and name what to write. Square brackets are in brackets.ts.

import { ArgumentError } from '../errors.ts';
import { formatShape } from '../shape.ts';
import type { Tensor } from '../core/tensor.ts';

/** What JavaScript asks an object for by itself. */
export interface JavaScriptMethods {
  /** Operators on tensors would silently give nonsense: they throw and name the method. */
  [Symbol.toPrimitive](hint: string): never;
  /** Values must be awaited, so a tensor has no JSON of its own. */
  toJSON(): never;
  readonly [Symbol.toStringTag]: string;
}

function toPrimitive(this: Tensor, hint: string): never {
  throw new ArgumentError({
    op: 'tensor',
    fact:
      hint === 'string'
        ? 'a tensor was put into a string'
        : `a tensor of shape ${formatShape(this.shape)} was used with a JavaScript operator`,
    rule: 'JavaScript has no operators for tensors, and values must be awaited',
    cure:
      hint === 'string'
        ? 'Use `${await x.repr()}` or print(x).'
        : 'Use x.add(y), x.mul(y), x.lt(y), or await x.item().',
  });
}

function toJSON(this: Tensor): never {
  throw new ArgumentError({
    op: 'tensor',
    fact: 'a tensor was put into JSON',
    rule: 'its values must be awaited',
    cure: 'Use await x.tolist().',
  });
}

/** Values must be awaited, so console.log in Node says what is known and how to see the rest. */
function inspected(this: Tensor): string {
  return (
    this.reprWithoutValues ??
    `Tensor ${formatShape(this.shape)} ${this.dtype} on ${this.device.type} (values: await print(x))`
  );
}

/** Gives a class of tensors what JavaScript asks for. */
export function guardJavaScript(prototype: Tensor): void {
  Object.defineProperties(prototype, {
    [Symbol.toPrimitive]: { value: toPrimitive, writable: true, configurable: true },
    toJSON: { value: toJSON, writable: true, configurable: true },
    [Symbol.toStringTag]: {
      get(this: Tensor) {
        return this.reprWithoutValues ?? `Tensor ${this.dtype} ${formatShape(this.shape)}`;
      },
      configurable: true,
    },
    [Symbol.for('nodejs.util.inspect.custom')]: { value: inspected, writable: true, configurable: true },
  });
}
