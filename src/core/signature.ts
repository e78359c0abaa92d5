// One signature list per function: the names, kinds and defaults of its parameters bind, check and type every call.
// A call may end in one plain object of options with camelCase keys, after any number of positional arguments:
// x.sum(1, true), x.sum(1, { keepdim: true }), x.sum({ dim: 1, keepdim: true }).

import { type DType, dtypeAliases } from '../dtype.ts';
import { ArgumentError } from '../errors.ts';
import { Device } from './graph.ts';
import { currentWatcher, enterOperation, leaveOperation } from './mode.ts';
import { show, Tensor } from './tensor.ts';

/** A tensor, or a number or boolean that takes part as one. */
export type Operand = Tensor | number | boolean;

/** One parameter: its name, how a value is recognised and what stands in for a missing one. */
export interface Param<Name extends string = string, Value = unknown, Optional extends boolean = boolean> {
  readonly name: Name;
  /** What a message calls the kind: `a tensor`, `an integer`. */
  readonly kind: string;
  readonly optional: Optional;
  /** Takes the rest of the positional numbers, as in `reshape(2, -1)`. */
  readonly variadic: boolean;
  /** A plain object is a value for this parameter, not the options. */
  readonly mapping: boolean;
  readonly fallback: unknown;
  readonly accepts: (value: unknown) => boolean;
  /** The value that the implementation receives for one that was given, where it is not that itself. */
  readonly convert?: (value: unknown) => unknown;
  /** Only there for its type: what the implementation receives. */
  readonly value?: Value;
}

type Given<P> = P extends Param<string, infer V, boolean> ? V : never;

/** What the implementation receives, in order. */
export type Values<P extends readonly Param[]> = { -readonly [K in keyof P]: Given<P[K]> };

/** The same, written out where an editor shows it. */
type Shown<T> = T extends unknown ? { [K in keyof T]: T[K] } : never;
/** What NumPy calls an option. */
type NumpyName<N extends string> = {
  [K in keyof typeof numpyNames]: (typeof numpyNames)[K] extends N ? K : never;
}[keyof typeof numpyNames];
/** The options object over a list of parameters: all may be named. */
export type Options<P extends readonly Param[]> = Shown<
  {
    readonly [H in P[number] as H['optional'] extends true ? H['name'] | NumpyName<H['name']> : never]?:
      Given<H> | undefined;
  } & {
    readonly [H in P[number] as H['optional'] extends true ? never : H['name']]: Given<H>;
  }
>;

/** `L` where the parameters of P that come last are optional and may be left out. Slices keep the names of L. */
type Positional<P extends readonly Param[], L extends readonly unknown[]> = P extends readonly [
  infer H extends Param,
  ...infer T extends readonly Param[],
]
  ? H['optional'] extends true
    ? Partial<L>
    : L extends readonly [unknown, ...infer M]
      ? L extends readonly [...infer First, ...M]
        ? [...First, ...Positional<T, M>]
        : never
      : never
  : [];

/** Some arguments by position, those of `Before` among them, and the rest by name. */
type Named<P extends readonly Param[], L extends readonly unknown[], Before extends readonly unknown[]> =
  | [...Before, options: Options<P>]
  | (P extends readonly [Param, ...infer T extends readonly Param[]]
      ? L extends readonly [unknown, ...infer M]
        ? L extends readonly [...infer First, ...M]
          ? T extends readonly []
            ? never
            : Named<T, M, [...Before, ...First]>
          : never
        : never
      : never);

/** Sizes or dimensions one by one instead of a list. */
type OneByOne<
  P extends readonly Param[],
  L extends readonly unknown[],
  Before extends readonly unknown[],
> = P extends readonly [infer H extends Param, ...infer T extends readonly Param[]]
  ? H extends Variadic
    ? | [...Before, ...sizes: number[]]
      | (T extends readonly [] ? never : [...Before, ...sizes: number[], options: Options<T>])
    : L extends readonly [unknown, ...infer M]
      ? L extends readonly [...infer First, ...M]
        ? OneByOne<T, M, [...Before, ...First]>
        : never
      : never
  : never;

/** The argument lists that a parameter list allows. `L` is what the implementation receives: editors show its names. */
export type Args<P extends readonly Param[], L extends readonly unknown[] = Values<P>> =
  Positional<P, L> | (P extends readonly [] ? never : Named<P, L, []>) | OneByOne<P, L, []>;

export interface Variadic {
  readonly variadic: true;
}

/** A function with a signature list; its first parameter becomes the receiver of the method of that name. */
export interface Signed<P extends readonly Param[], R, L extends readonly unknown[] = Values<P>> {
  (...args: Args<P, L>): R;
  readonly signature: readonly Param[];
}

/** The method that belongs to a function: the same without its first parameter. */
export type MethodOf<F> =
  F extends Signed<infer P, infer R, infer L>
    ? P extends readonly [Param, ...infer T extends readonly Param[]]
      ? L extends readonly [unknown, ...infer M]
        ? (...args: Args<T, M>) => R
        : never
      : never
    : never;

function param<Name extends string, V>(name: Name, kind: string, accepts: (value: unknown) => boolean) {
  return { name, kind, optional: false, variadic: false, mapping: false, fallback: undefined, accepts } as Param<
    Name,
    V,
    false
  >;
}

/** Makes a parameter optional: `fallback` stands in, and null is taken as "not given" where the fallback is null. */
export function optional<Name extends string, V, F extends V | null>(
  base: Param<Name, V, boolean>,
  fallback: F,
): Param<Name, V | (F extends null ? null : never), true> {
  const { name, kind, variadic, mapping, accepts, convert } = base;
  return { name, kind, optional: true, variadic, mapping, fallback, accepts, convert };
}

const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isInteger = (value: unknown): value is number => Number.isInteger(value);
const isBool = (value: unknown): value is boolean => typeof value === 'boolean';
const listOf = (accepts: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(accepts);

/** The kinds of parameters. */
export const p = {
  tensor: <N extends string>(name: N) => param<N, Tensor>(name, 'a tensor', isTensor),
  tensors: <N extends string>(name: N) => param<N, readonly Tensor[]>(name, 'a list of tensors', listOf(isTensor)),
  operand: <N extends string>(name: N) =>
    param<N, Operand>(name, 'a tensor or a number', (v) => isTensor(v) || isNumber(v) || isBool(v)),
  number: <N extends string>(name: N) => param<N, number>(name, 'a number', isNumber),
  int: <N extends string>(name: N) => param<N, number>(name, 'an integer', isInteger),
  bool: <N extends string>(name: N) => param<N, boolean>(name, 'true or false', isBool),
  string: <N extends string>(name: N) => param<N, string>(name, 'a string', (v) => typeof v === 'string'),
  dims: <N extends string>(name: N) =>
    param<N, number | readonly number[]>(
      name,
      'a dimension or a list of dimensions',
      (v) => isInteger(v) || listOf(isInteger)(v),
    ),
  ints: <N extends string>(name: N) => param<N, readonly number[]>(name, 'a list of integers', listOf(isInteger)),
  /** Sizes or dimensions as separate integers or as one list. */
  sizes: <N extends string>(name: N) =>
    ({
      ...param<N, readonly number[]>(name, 'integers or a list of integers', listOf(isInteger)),
      variadic: true,
    }) as Param<N, readonly number[], false> & Variadic,
  sections: <N extends string>(name: N) =>
    param<N, number | readonly number[]>(
      name,
      'a size or a list of sizes',
      (v) => isInteger(v) || listOf(isInteger)(v),
    ),
  /** A dtype, also under PyTorch's other names ('float', 'long', ..). */
  dtype: <N extends string>(name: N): Param<N, DType, false> => ({
    ...param<N, DType>(name, 'a dtype', (v) => typeof v === 'string' && Object.hasOwn(dtypeAliases, v)),
    convert: (value) => dtypeAliases[value as string],
  }),
  device: <N extends string>(name: N) =>
    param<N, Device | 'cpu' | 'webgpu'>(
      name,
      "'cpu', 'webgpu' or a device",
      (v) => v === 'cpu' || v === 'webgpu' || v instanceof Device,
    ),
  /** Anything that `accepts`, described as `kind`. */
  custom:
    <V>() =>
    <N extends string>(name: N, kind: string, accepts: (value: unknown) => boolean) =>
      param<N, V>(name, kind, accepts),
};

/** Whether `value` is a plain object, which is how options are given. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What an implementation receives, under its own names for it where it takes all. */
type Received<
  P extends readonly Param[],
  F extends (...values: never[]) => unknown,
> = Parameters<F>['length'] extends P['length'] ? Parameters<F> : Values<P>;

/** Joins a signature list and an implementation to a function that binds and checks its calls. */
export function define<const P extends readonly Param[], F extends (...values: Values<P>) => unknown>(
  name: string,
  signature: P,
  implementation: F,
): Signed<P, ReturnType<F>, Received<P, F>> {
  const run = implementation as (...values: unknown[]) => unknown;
  const bound = (...args: unknown[]): unknown => {
    const values = bind(name, signature, args);
    const before = enterOperation();
    let result: unknown;
    let outermost = false;
    try {
      result = run(...values);
    } finally {
      outermost = leaveOperation(before);
      if (outermost) show(result);
    }
    if (outermost) currentWatcher()?.operation(name, values, result);
    return result;
  };
  Object.defineProperty(bound, 'name', { value: name });
  return Object.assign(bound, { signature }) as unknown as Signed<P, ReturnType<F>, Received<P, F>>;
}

/**
 * The same for a function that awaits a value in its course. Its calls are no operation: what it makes before it waits must
 * be there afterwards.
 */
export function defineAwaited<const P extends readonly Param[], F extends (...values: Values<P>) => Promise<unknown>>(
  name: string,
  signature: P,
  implementation: F,
): Signed<P, ReturnType<F>, Received<P, F>> {
  const run = implementation as (...values: unknown[]) => Promise<unknown>;
  const bound = (...args: unknown[]): Promise<unknown> => run(...bind(name, signature, args));
  Object.defineProperty(bound, 'name', { value: name });
  return Object.assign(bound, { signature }) as unknown as Signed<P, ReturnType<F>, Received<P, F>>;
}

/** The value of each parameter for a call; throws an ArgumentError that names the parameter. */
export function bind(op: string, signature: readonly Param[], args: readonly unknown[]): unknown[] {
  const values = new Array<unknown>(signature.length);
  const last = args.length - 1;
  let used = 0;
  let index = 0;
  let options: Record<string, unknown> | null = null;
  for (; index < signature.length && used < args.length; index++) {
    const parameter = signature[index];
    const value = args[used];
    if (used === last && !parameter.mapping && isPlainObject(value)) break;
    if (parameter.variadic && typeof value === 'number') {
      const start = used;
      while (used < args.length && typeof args[used] === 'number') used++;
      values[index] = args.slice(start, used);
      check(op, parameter, values[index]);
    } else {
      values[index] = settle(op, parameter, value);
      used++;
    }
  }
  const positional = index;
  if (used === last && isPlainObject(args[used])) options = args[used++] as Record<string, unknown>;
  if (used < args.length) {
    throw new ArgumentError({
      op,
      fact: `${args.length} arguments`,
      rule: `at most ${signature.length}: ${signature.map((one) => one.name).join(', ')}`,
    });
  }
  if (options !== null) {
    options = torchNamed(signature, options);
    checkKeys(op, signature, options, positional);
  }
  for (; index < signature.length; index++) {
    values[index] = settle(op, signature[index], options?.[signature[index].name]);
  }
  return values;
}

function settle(op: string, parameter: Param, value: unknown): unknown {
  if (value === undefined || (value === null && parameter.optional && parameter.fallback === null)) {
    if (parameter.optional) return parameter.fallback;
    if (parameter.variadic && value === undefined) return [];
    throw new ArgumentError({ op, fact: `${parameter.name} is missing`, rule: `it must be ${parameter.kind}` });
  }
  check(op, parameter, value);
  return parameter.convert === undefined ? value : parameter.convert(value);
}

function check(op: string, parameter: Param, value: unknown): void {
  if (parameter.accepts(value)) return;
  throw new ArgumentError({
    op,
    fact: `${parameter.name} is ${describe(value)}`,
    rule: `it must be ${parameter.kind}`,
    cure: value instanceof Promise ? 'Await it first.' : undefined,
  });
}

/** A value as a message shows it. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof Tensor) return `a tensor (${value.shape.join(', ')})`;
  if (value instanceof Promise) return 'a promise';
  if (Array.isArray(value))
    return value.length > 8 ? `a list of ${value.length}` : `[${value.map(describe).join(', ')}]`;
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'object')
    return isPlainObject(value) ? `{ ${Object.keys(value).join(', ')} }` : `a ${value.constructor.name}`;
  if (typeof value !== 'function') return String(value);
  // A module is a function with a class of its own.
  return value.constructor === Function ? 'a function' : `the module ${value.constructor.name}`;
}

/** What NumPy, and so much of the course, calls PyTorch's options; PyTorch takes these names, too. */
const numpyNames = { axis: 'dim', keepdims: 'keepdim' } as const;
/** Names that PyTorch does not take, with what was meant. */
const nearNames: Readonly<Record<string, string>> = { ...numpyNames, axes: 'dims' };

/** The options with NumPy's names replaced by PyTorch's, unless both are given. */
function torchNamed(signature: readonly Param[], options: Record<string, unknown>): Record<string, unknown> {
  let named = options;
  for (const [numpy, torch] of Object.entries(numpyNames)) {
    if (!Object.hasOwn(options, numpy) || Object.hasOwn(options, torch)) continue;
    if (!signature.some(({ name }) => name === torch) || signature.some(({ name }) => name === numpy)) continue;
    const { [numpy]: value, ...others } = named;
    named = { ...others, [torch]: value };
  }
  return named;
}

/** Throws on an option that the signature does not have, or that was given by position already. */
function checkKeys(
  op: string,
  signature: readonly Param[],
  options: Record<string, unknown>,
  positional: number,
): void {
  const names = signature.map((one) => one.name);
  for (const key of Object.keys(options)) {
    const at = names.indexOf(key);
    if (at >= positional) continue;
    if (at >= 0)
      throw new ArgumentError({ op, fact: `${key} is given twice`, rule: 'once by position and once by name' });
    const camel = key.replace(/_+([a-zA-Z])/g, (_, letter: string) => letter.toUpperCase());
    const right = names.find(
      (one) => one.replace(/^_/, '').toLowerCase() === (nearNames[camel] ?? camel).toLowerCase(),
    );
    throw new ArgumentError({
      op,
      fact: `unknown option ${key}`,
      rule: `the options are ${names.slice(positional).join(', ') || 'none'}`,
      cure: right === undefined ? undefined : `Did you mean ${right}?`,
    });
  }
}
