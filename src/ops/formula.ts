// How a function of one or two tensors is made of a formula: the common forms of rows, and of gradient rules. Knows no
// function by name.

import { NotImplementedError } from '../errors.ts';
import type { ScalarFunction } from '../core/op.ts';
import { define, type Operand, p, type Param, type Signed, type Values } from '../core/signature.ts';
import type { Rule, RuleContext, Tensor } from '../core/tensor.ts';
import { applyPointwise } from './apply.ts';
import { mul, row } from './arithmetic.ts';

export type Slope = (context: RuleContext) => Tensor;

/** A gradient rule of the form grad * slope. */
export const times =
  (slope: Slope): Rule =>
  (grad, context) => [mul(grad, slope(context))];

/** The gradient of a step function: 0 where it exists. */
export const flat: Rule = (grad) => [mul(grad, 0)];

/** The rule of a function that PyTorch does not differentiate either: says so when the gradient is asked for. */
export function withoutGradient(op: string): Rule {
  return () => {
    throw notDifferentiable(op, 'the function');
  };
}

/** The error of a derivative that there is no formula for. */
export function notDifferentiable(op: string, what: string): NotImplementedError {
  return new NotImplementedError({
    op,
    fact: `the gradient of ${what} was asked for`,
    rule: 'it has no formula for it, and PyTorch has none',
    cure: 'Detach what needs none: x.detach().',
  });
}

export const oneTensor = [p.tensor('input')] as const;

/** A function of floats: integers become float32 first. */
export function floatFunction(
  name: string,
  cpu: ScalarFunction,
  backward: Rule | null,
  wgsl = `wg_${name}(a)`,
  gradName?: string,
) {
  const table = row(name, { float: [cpu, wgsl], result: 'float', gradName }, backward);
  return define(name, oneTensor, (input: Tensor): Tensor => applyPointwise(table, [input]));
}

/** A function that keeps the dtype; integers stay as they are (or have a formula of their own). */
export function keepFunction(
  name: string,
  cpu: ScalarFunction,
  backward: Rule,
  wgsl = `wg_${name}(a)`,
  int?: [ScalarFunction, string],
) {
  const table = row(name, { float: [cpu, wgsl], int: int ?? [(a) => a, 'a'] }, backward);
  return define(name, oneTensor, (input: Tensor): Tensor => applyPointwise(table, [input]));
}

/** A function of two floats, either of which may be a number; integers become float32 first. */
export function floatPair<const P extends readonly [Param, Param]>(
  name: string,
  parameters: P,
  cpu: ScalarFunction,
  wgsl: string,
  backward: Rule | null,
  gradName?: string,
) {
  const table = row(name, { float: [cpu, wgsl], result: 'float', gradName }, backward);
  type Pair = [input: Values<P>[0], other: Values<P>[1]];
  const compute = (input: Operand, other: Operand): Tensor => applyPointwise(table, [input, other]);
  return define(name, parameters as readonly Param[], compute as never) as unknown as Signed<P, Tensor, Pair>;
}
