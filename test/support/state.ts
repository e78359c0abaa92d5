// State dicts in tests: their numbers by name, and how they are compared.
import type { nn } from '../../src/index.ts';
import { close, same, type Tolerance } from './expect.ts';

/** Numbers by the name of a parameter or buffer. */
export type Numbers = Readonly<Record<string, readonly number[]>>;

/** All numbers of a module's state dict. */
export async function stateOf(net: nn.Module): Promise<Record<string, number[]>> {
  const entries = Object.entries(net.stateDict());
  const values = await Promise.all(entries.map(([, value]) => value.reshape(-1).numpy()));
  return Object.fromEntries(entries.map(([name], at) => [name, [...values[at]]]));
}

/** Compares names, in order, and numbers. */
export function closeState(actual: Numbers, wanted: Numbers, tolerance: Tolerance, label: string): void {
  same(Object.keys(actual), Object.keys(wanted), `${label}: names`);
  for (const [name, values] of Object.entries(wanted)) close(actual[name], values, tolerance, `${label}: ${name}`);
}
