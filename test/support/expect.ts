// Assertions for the suites: they run in Node and in a page alike, so they use the language alone.
// NaN equals NaN everywhere, as tests of special values compare it.

/** How far `close` lets a number be off: `|actual - wanted| <= absolute + relative * |wanted|`. */
export interface Tolerance {
  /** 1e-6 where left out. */
  readonly absolute?: number;
  /** 1e-5 where left out: float32 carries 6e-8 a rounding, and sums add up. */
  readonly relative?: number;
}

type Wanted = string | (abstract new (...args: never[]) => Error);

/** What assertions throw. Its stack starts at the test that asked. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';

  constructor(message: string) {
    super(message);
    const lines = this.stack?.split('\n') ?? [];
    this.stack = lines.filter((line) => !line.includes('/support/expect.ts')).join('\n');
  }
}

function fail(label: string | undefined, text: string): never {
  throw new AssertionError(label === undefined ? text : `${label}: ${text}`);
}

function isTypedArray(value: unknown): value is ArrayBufferView & ArrayLike<number> {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || isTypedArray(value);
}

/** A value in a message: numbers keep -0, and long lists are cut. */
function show(value: unknown, depth = 0): string {
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `[function ${value.name}]`;
  if (isList(value)) {
    const kind = isTypedArray(value) ? value.constructor.name : '';
    const items = Array.from({ length: Math.min(value.length, 8) }, (_, at) => show(value[at], depth + 1));
    const rest = value.length > 8 ? `, ... ${value.length} in all` : '';
    return `${kind}[${items.join(', ')}${rest}]`;
  }
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === 'object' && value !== null) {
    const kind = value.constructor?.name ?? 'null prototype';
    const keys = Object.keys(value);
    if (depth > 2) return `${kind} {...}`;
    const shown = keys.slice(0, 8).map((key) => `${key}: ${show(Reflect.get(value, key), depth + 1)}`);
    return `${kind === 'Object' ? '' : `${kind} `}{ ${shown.join(', ')}${keys.length > 8 ? ', ...' : ''} }`;
  }
  return String(value);
}

function place(path: readonly (string | number)[]): string {
  const steps = path.map((step) =>
    typeof step === 'number' || !/^[A-Za-z_$][\w$]*$/.test(step) ? `[${step}]` : `.${step}`,
  );
  return steps.length === 0 ? '' : ` at ${steps.join('')}`;
}

/** The first difference as text, or undefined; lists equal lists of their own kind. `path` is shared by all depths. */
function difference(actual: unknown, wanted: unknown, path: (string | number)[]): string | undefined {
  if (Object.is(actual, wanted) || (actual === 0 && wanted === 0)) return undefined;
  const here = (): string => `got ${show(actual)}, wanted ${show(wanted)}${place(path)}`;
  if (typeof actual !== 'object' || typeof wanted !== 'object' || actual === null || wanted === null) return here();
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(wanted)) return here();
  if (isList(actual) && isList(wanted)) {
    const shorter = Math.min(actual.length, wanted.length);
    for (let at = 0; at < shorter; at++) {
      path.push(at);
      const found = difference(actual[at], wanted[at], path);
      if (found !== undefined) return found;
      path.pop();
    }
    if (actual.length === wanted.length) return undefined;
    return `got ${actual.length} elements, wanted ${wanted.length}${place(path)}: ${show(actual)} and ${show(wanted)}`;
  }
  if (actual instanceof Map && wanted instanceof Map) return difference([...actual], [...wanted], path);
  if (actual instanceof Set && wanted instanceof Set) return difference([...actual], [...wanted], path);
  if (actual instanceof Error && wanted instanceof Error) {
    return difference([actual.name, actual.message], [wanted.name, wanted.message], path);
  }
  const keys = Object.keys(wanted);
  const extra = Object.keys(actual).find((key) => !Object.hasOwn(wanted, key));
  if (extra !== undefined) return `got a key that was not wanted${place([...path, extra])}`;
  for (const key of keys) {
    if (!Object.hasOwn(actual, key)) return `a key is missing${place([...path, key])}`;
    path.push(key);
    const found = difference(Reflect.get(actual, key), Reflect.get(wanted, key), path);
    if (found !== undefined) return found;
    path.pop();
  }
  return undefined;
}

/** Deep equality of values, lists, typed arrays and plain objects: NaN equals NaN, and -0 equals 0. */
export function same(actual: unknown, wanted: unknown, label?: string): void {
  const found = difference(actual, wanted, []);
  if (found !== undefined) fail(label, found);
}

/** Equality of numbers in which -0 differs from 0, for tests of signs and bits; over nested lists. */
export function identical(actual: unknown, wanted: unknown, label?: string): void {
  same(actual, wanted, label);
  const walk = (a: unknown, b: unknown, path: readonly number[]): void => {
    if (isList(a) && isList(b)) {
      for (let at = 0; at < a.length; at++) walk(a[at], b[at], [...path, at]);
    } else if (a === 0 && !Object.is(a, b)) fail(label, `got ${show(a)}, wanted ${show(b)}${place(path)}`);
  };
  walk(actual, wanted, []);
}

/** Whether a condition holds. */
export function ok(condition: boolean, label: string): asserts condition {
  if (!condition) fail(undefined, label);
}

/** What a comparison of lists finds: how many differ, and the first and the worst of them. */
interface Findings {
  count: number;
  wrong: number;
  first: string;
  worst: string;
  worstExcess: number;
}

function compare(
  actual: unknown,
  wanted: unknown,
  bound: Required<Tolerance>,
  path: number[],
  found: Findings,
): string | undefined {
  if (isList(actual) || isList(wanted)) {
    if (!isList(actual) || !isList(wanted)) return `got ${show(actual)}, wanted ${show(wanted)}${place(path)}`;
    if (actual.length !== wanted.length) {
      return `got ${actual.length} elements, wanted ${wanted.length}${place(path)}: ${show(actual)} and ${show(wanted)}`;
    }
    for (let at = 0; at < wanted.length; at++) {
      path.push(at);
      const misfit = compare(actual[at], wanted[at], bound, path, found);
      if (misfit !== undefined) return misfit;
      path.pop();
    }
    return undefined;
  }
  if (typeof actual === 'boolean' && typeof wanted === 'boolean') {
    return compare(Number(actual), Number(wanted), { absolute: 0, relative: 0 }, path, found);
  }
  if (typeof actual !== 'number' || typeof wanted !== 'number') {
    return `got ${show(actual)}, wanted ${show(wanted)}${place(path)}`;
  }
  found.count++;
  // Infinities and NaN are exact; Object.is says so before a difference turns into NaN.
  if (Object.is(actual, wanted) || actual === wanted) return undefined;
  const allowed = bound.absolute + bound.relative * Math.abs(wanted);
  const off = Math.abs(actual - wanted);
  if (Number.isFinite(actual) && Number.isFinite(wanted) && off <= allowed) return undefined;
  const excess = Number.isFinite(off) ? off / allowed : Infinity;
  const text = `got ${show(actual)}, wanted ${show(wanted)}${place(path)}`;
  const size = Number.isFinite(off) ? ` (off by ${off.toPrecision(3)}, allowed ${allowed.toPrecision(3)})` : '';
  if (found.wrong++ === 0) found.first = text + size;
  if (found.wrong === 1 || excess > found.worstExcess) {
    found.worstExcess = excess;
    found.worst = text;
  }
  return undefined;
}

/** Nearness of numbers, nested lists and typed arrays of any kind; NaN equals NaN, infinities must match. */
export function close(actual: unknown, wanted: unknown, tolerance: Tolerance = {}, label?: string): void {
  const bound = { absolute: tolerance.absolute ?? 1e-6, relative: tolerance.relative ?? 1e-5 };
  const found: Findings = { count: 0, wrong: 0, first: '', worst: '', worstExcess: 0 };
  const misfit = compare(actual, wanted, bound, [], found);
  if (misfit !== undefined) fail(label, misfit);
  if (found.wrong === 0) return;
  const many = found.count > 1 ? `; ${found.wrong} of ${found.count} differ` : '';
  fail(
    label,
    `${found.first}${many}${found.worst === found.first || found.wrong < 2 ? '' : `; worst: ${found.worst}`}`,
  );
}

/** Whether `error` is of the wanted class (or class name) and its message is, or matches, the wanted one. */
function checkError(error: unknown, wanted: Wanted, message: string | RegExp | undefined): void {
  const name = typeof wanted === 'string' ? wanted : wanted.name;
  const fits = typeof wanted === 'string' ? error instanceof Error && error.name === wanted : error instanceof wanted;
  if (!fits || !(error instanceof Error)) fail(undefined, `threw ${show(error)}, wanted ${name}`);
  if (typeof message === 'string' && error.message !== message) {
    fail(undefined, `${name} says ${show(error.message)}, wanted ${show(message)}`);
  }
  if (message instanceof RegExp && !message.test(error.message)) {
    fail(undefined, `${name} says ${show(error.message)}, wanted ${message}`);
  }
}

/** `run` throws an error of that class, with exactly that message or one that matches. */
export function throws(run: () => unknown, wanted: Wanted, message?: string | RegExp): void {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    return checkError(error, wanted, message);
  }
  fail(
    undefined,
    `nothing was thrown, wanted ${typeof wanted === 'string' ? wanted : wanted.name}; got ${show(result)}`,
  );
}

/** The promise rejects with an error of that class, with exactly that message or one that matches. */
export async function rejects(
  promise: PromiseLike<unknown> | (() => PromiseLike<unknown>),
  wanted: Wanted,
  message?: string | RegExp,
): Promise<void> {
  let result: unknown;
  try {
    result = await (typeof promise === 'function' ? promise() : promise);
  } catch (error) {
    return checkError(error, wanted, message);
  }
  fail(
    undefined,
    `nothing was thrown, wanted ${typeof wanted === 'string' ? wanted : wanted.name}; got ${show(result)}`,
  );
}
