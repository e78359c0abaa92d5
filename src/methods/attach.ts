// Gives Tensor its methods: the table of functions and the others. Importing this file is what attaches them.

import { type OtherMethods, others } from './others.ts';
import { type FunctionMethods, table } from './table.ts';
import { unbind } from '../ops/join.ts';
import { hermitian } from '../ops/turn.ts';
import { matrixTransposed, reversed } from '../ops/view.ts';
import { guardBrackets } from './brackets.ts';
import { guardJavaScript, type JavaScriptMethods } from './javascript.ts';
import { elementSize } from './facts.ts';
import { Tensor } from '../core/tensor.ts';

declare module '../core/tensor.ts' {
  // The merged interface is how the class gets its methods' types.
  interface Tensor extends FunctionMethods, OtherMethods, JavaScriptMethods {}
}

function attach(name: string, fn: (x: Tensor, ...args: never[]) => unknown): void {
  const method = function (this: Tensor, ...args: never[]): unknown {
    return fn(this, ...args);
  };
  Object.defineProperty(method, 'name', { value: name });
  Object.defineProperty(Tensor.prototype, name, { value: method, writable: true, configurable: true });
}

for (const [name, fn] of Object.entries(table)) attach(name, fn as unknown as (x: Tensor) => unknown);
for (const [name, fn] of Object.entries(others)) attach(name, fn);
Object.defineProperties(Tensor.prototype, {
  T: {
    get(this: Tensor) {
      return reversed(this);
    },
  },
  H: {
    get(this: Tensor) {
      return hermitian(this);
    },
  },
  mH: {
    get(this: Tensor) {
      return matrixTransposed(this);
    },
  },
  isCpu: {
    get(this: Tensor) {
      return this.device.type === 'cpu';
    },
  },
  real: {
    get(this: Tensor) {
      return this;
    },
  },
  itemsize: {
    get(this: Tensor) {
      return elementSize(this);
    },
  },
  nbytes: {
    get(this: Tensor) {
      return elementSize(this) * this.numel();
    },
  },
  [Symbol.iterator]: {
    value(this: Tensor) {
      return unbind(this)[Symbol.iterator]();
    },
  },
  mT: {
    get(this: Tensor) {
      return matrixTransposed(this);
    },
  },
});
guardJavaScript(Tensor.prototype);
guardBrackets(Tensor.prototype);
