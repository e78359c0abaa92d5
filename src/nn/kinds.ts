// What a member of a module is, by the way it was set first: a parameter, a buffer (module.ts adds the child). Knows no module.

import { ArgumentError } from '../errors.ts';
import { describe } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { Parameter } from './parameter.ts';

/** A kind of member: its class, the rule, and what to write instead of a value of another class. */
export interface Kind {
  readonly type: abstract new (...args: never[]) => unknown;
  readonly rule: string;
  readonly cure?: (name: string) => string;
}

export const parameterKind: Kind = {
  type: Parameter,
  rule: 'a parameter stays a parameter, or null',
  cure: (name) =>
    `Use new nn.Parameter(x), or write into it: nn.init.constant_(layer.${name}, 1), layer.${name}.data.copy_(x).`,
};

export const bufferKind: Kind = { type: Tensor, rule: 'a buffer is a tensor, or null' };

/** Throws where the value of a member is not of its kind. */
export function requireKind(op: string, name: string, value: unknown, { type, rule, cure }: Kind): void {
  if (value instanceof type) return;
  throw new ArgumentError({ op, fact: `${name} is ${describe(value)}`, rule, cure: cure?.(name) });
}
