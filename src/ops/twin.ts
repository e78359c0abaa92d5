// What makes a function that changes its first argument of one that does not: `exp_` of `exp`, `elu_` of `elu`, `t_` of `t`.

import { asOperation, currentWatcher, isInOperation } from '../core/mode.ts';
import { type Layout, sameShape } from '../shape.ts';
import { bind, define, p, type Param, type Signed } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { asStrided } from './stride.ts';
import { tooLarge, writeInto } from './write.ts';

/** The result of `compute`, written into `target`; the result must have the shape of the target. */
function inPlace(op: string, target: Tensor, compute: () => Tensor): Tensor {
  target.checkWritable(op);
  const value = compute();
  if (!sameShape(value.shape, target.shape)) throw tooLarge(op, target, value);
  return writeInto(op, target, value);
}

type Change = (op: string, target: Tensor, compute: () => Tensor) => Tensor;

/** A function with the parameters of `fn` that changes its first argument, by what `fn` answers, and returns it. */
function changing<P extends readonly Param[], L extends readonly unknown[]>(
  name: string,
  fn: Signed<P, Tensor, L>,
  change: Change,
): Signed<P, Tensor, L> {
  const call = fn as unknown as (...args: unknown[]) => Tensor;
  const signature = [p.tensor('input'), ...fn.signature.slice(1)];
  const bound = (...args: unknown[]): Tensor => {
    const values = bind(name, signature, args);
    const result = asOperation(() => change(name, values[0] as Tensor, () => call(...values)));
    if (!isInOperation()) currentWatcher()?.operation(name, values, result);
    return result;
  };
  Object.defineProperty(bound, 'name', { value: name });
  return Object.assign(bound, { signature }) as unknown as Signed<P, Tensor, L>;
}

/** The in-place twin of a function: writes the result into the first argument and returns it. */
export function twin<P extends readonly Param[], L extends readonly unknown[]>(
  name: string,
  fn: Signed<P, Tensor, L>,
): Signed<P, Tensor, L> {
  return changing(name, fn, inPlace);
}

/** The in-place twin of a view: the first argument becomes that view of itself. */
export function viewTwin<P extends readonly Param[], L extends readonly unknown[]>(
  name: string,
  fn: Signed<P, Tensor, L>,
): Signed<P, Tensor, L> {
  return changing(name, fn, (op, target, compute) => target.becomeView(op, compute, strided));
}

function strided(x: Tensor, { shape, strides, offset }: Layout): Tensor {
  return asStrided(x, shape, strides, offset);
}

type WithoutLast<List extends readonly unknown[]> = List extends readonly [...infer Others, unknown] ? Others : never;
type Fewer<P extends readonly Param[]> = P extends readonly [...infer Others extends readonly Param[], Param]
  ? Others
  : never;

/** The in-place twin of a function whose last option is `inplace`: the same without the option, which is on. */
export function switchedOn<P extends readonly Param[], L extends readonly unknown[]>(
  name: string,
  fn: Signed<P, Tensor, L>,
): Signed<Fewer<P>, Tensor, WithoutLast<L>> {
  const call = fn as unknown as (...args: unknown[]) => Tensor;
  const made = define(name, fn.signature.slice(0, -1), (...values: unknown[]) => call(...values, true));
  return made as unknown as Signed<Fewer<P>, Tensor, WithoutLast<L>>;
}
