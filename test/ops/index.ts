// The operation table as a whole, and what it must cover: every function with a signature in src/ops.
import * as wgrad from '../../src/index.ts';
import { networkRows } from './networks.ts';
import { pointwiseRows } from './pointwise.ts';
import { structuredRows } from './structured.ts';
import type { Row } from './table.ts';

export const rows: readonly Row[] = [...pointwiseRows, ...structuredRows, ...networkRows];

const modules = import.meta.glob<Record<string, unknown>>('../../src/ops/*.ts', { eager: true });

function isSigned(value: unknown): boolean {
  return typeof value === 'function' && 'signature' in value;
}

/** The name under which the package exports a function: `add`, `nn.functional.gelu`; undefined if it does not. */
function publicName(fn: unknown, name: string): string | undefined {
  const { functional } = wgrad.nn as { functional: Record<string, unknown> };
  if ((wgrad as Record<string, unknown>)[name] === fn) return name;
  return functional[name] === fn ? `nn.functional.${name}` : undefined;
}

/** Every operation by the name that users write; a function of src/ops that is exported nowhere stands as `name (hidden)`. */
export const operations: readonly string[] = Object.values(modules)
  .flatMap((module) => Object.entries(module))
  .filter(([, value]) => isSigned(value))
  .map(([name, value]) => publicName(value, name) ?? `${name} (hidden)`)
  .sort();

/** The names without a trailing underscore, each once: a twin that writes in place is covered by the row of its function. */
export const writing: readonly string[] = operations.filter((name) => name.endsWith('_'));

/** The operations that have no row. Those that write in place have cases of their own in test/suites/inplace.ts. */
export function withoutRow(): string[] {
  const known = new Set(rows.map(({ name }) => name));
  return operations.filter((name) => !name.endsWith('_') && !known.has(name));
}
