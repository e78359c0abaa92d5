// What constructors of layers, losses, optimizers and loaders share: binding their arguments by a signature list, and
// showing values as Python does. Knows none of them.

import { bind, optional, p, type Param, type Values } from '../core/signature.ts';

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

/** `in_features` -> `inFeatures`: PyTorch's names as wgrad spells them. */
export function camelCase(name: string): string {
  return name.replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `inFeatures` -> `in_features`; a name that begins with a capital keeps it: `TMax` -> `T_max`, `T0` -> `T_0`. */
export function snakeCase(name: string): string {
  return name.replace(/^([A-Z])(\d)/, '$1_$2').replace(/(?!^)[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A number as Python's `repr` writes it: exponents of two digits, below 1e-4 and from 1e16 on. */
function pythonNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-4 && size < 1e16)) return Object.is(value, -0) ? '-0.0' : String(value);
  const [digits, exponent] = value.toExponential().split('e');
  return `${digits}e${exponent.startsWith('-') ? '-' : '+'}${exponent.slice(1).padStart(2, '0')}`;
}

/** A value as Python's `repr` writes it. */
export function pythonText(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return pythonNumber(value);
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `(${value.map(pythonText).join(', ')}${value.length === 1 ? ',' : ''})`;
  return String(value);
}

/** A number that PyTorch's default writes as a float: 1 is `1.0` unless another value is given. */
export function floatText(value: number, fallback: number): string {
  return value === fallback && Number.isInteger(value) ? `${value}.0` : pythonText(value);
}
