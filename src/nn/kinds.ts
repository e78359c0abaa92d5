// What may be registered with a module: a parameter, a buffer (module.ts adds the child). Knows no module.

import { ArgumentError } from '../errors.ts';
import { describe } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { Parameter } from './parameter.ts';

/** A kind of member: its class, the rule, and what to write instead of a value of another class. */
export interface Kind {
  readonly type: abstract new (...args: never[]) => unknown;
  readonly rule: string;
  readonly cure?: string;
}

export const parameterKind: Kind = {
  type: Parameter,
  rule: 'it must be a parameter, or null',
  cure: 'Use new nn.Parameter(x).',
};

export const bufferKind: Kind = { type: Tensor, rule: 'it must be a tensor, or null' };

/** Throws where the value of a member is not of its kind. */
export function requireKind(op: string, name: string, value: unknown, { type, rule, cure }: Kind): void {
  if (value instanceof type) return;
  throw new ArgumentError({ op, fact: `${name} is ${describe(value)}`, rule, cure });
}
