// What is known of a call where only nn.Module is known: it takes anything and gives a tensor. Types alone; knows no module.

import type { Tensor } from '../core/tensor.ts';

/** `forward` where nothing is known of the class. */
type AnyForward = (...args: never[]) => unknown;

/** What `forward` takes, and tensors where that is not known. */
export type Taken<F extends AnyForward> = AnyForward extends F ? Tensor[] : Parameters<F>;

/** What `forward` gives, and a tensor where that is not known. */
export type Given<F extends AnyForward> = AnyForward extends F ? Tensor : ReturnType<F>;

/**
 * The call of a module of which no more is known, as in `train(net: nn.Module)`. It gives a tensor, which can be taken apart
 * as a list of tensors can: `const [output, state] = net(X)`; another result is named: `net<[Tensor, State]>(X)`.
 * The second form is never met by a call: TypeScript compares a type of two forms with type parameters left open, so
 * that a module of any `forward` is an nn.Module.
 */
export interface FreeCall {
  // What stands around a call is no sign of what it gives: in `x.add(net(X))` it would be the options of add as well.
  <R = Tensor, A extends readonly unknown[] = readonly unknown[]>(...args: A): NoInfer<R>;
  (...args: never[]): unknown;
}
