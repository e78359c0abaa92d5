// What constructors of layers, losses, optimizers and loaders share: binding their arguments by a signature list, and
// showing values as Python does. Knows none of them.

import { bind, optional, p, type Param, type Values } from '../core/signature.ts';
import { pythonText } from '../host/python.ts';

export { camelCase, pythonText, snakeCase } from '../host/python.ts';

/** The values of a constructor's parameters, in order; throws an ArgumentError that names a wrong one. */
export function bound<const P extends readonly Param[]>(op: string, signature: P, args: readonly unknown[]): Values<P> {
  return bind(op, signature, args) as Values<P>;
}

/** The values of a constructor's parameters under their names. */
export type Named<P extends readonly Param[]> = {
  readonly [K in P[number] as K['name']]: K extends Param<string, infer V, boolean> ? V : never;
};

/** The values of a constructor's parameters under their names; throws as `bound` does. */
export function boundByName<const P extends readonly Param[]>(
  op: string,
  signature: P,
  args: readonly unknown[],
): Named<P> {
  const values = bind(op, signature, args);
  return Object.fromEntries(signature.map(({ name }, at) => [name, values[at]])) as Named<P>;
}

/** The parameters of a layer that say where its own parameters are made, and of which dtype. */
export const placeParams = [optional(p.device('device'), null), optional(p.dtype('dtype'), null)] as const;

/** What `placeParams` hold, as creation takes it. */
export function placeOptions({ device, dtype }: Named<typeof placeParams>) {
  return { device: device ?? undefined, dtype: dtype ?? undefined };
}

/** A number that PyTorch's default writes as a float: 1 is `1.0` unless another value is given. */
export function floatText(value: number, fallback: number): string {
  return value === fallback && Number.isInteger(value) ? `${value}.0` : pythonText(value);
}
