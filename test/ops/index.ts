// The operation table as a whole, and what it must cover: every function with a signature in src/ops.
import * as wgrad from '../../src/index.ts';
import { convolutionRows } from './convolutions.ts';
import { linalgRows } from './linalg.ts';
import { layerRows } from './layers.ts';
import { nameRows } from './names.ts';
import { netRows } from './nets.ts';
import { networkRows } from './networks.ts';
import { open, variants } from './opinfo.ts';
import { pointRows } from './points.ts';
import { pointwiseRows } from './pointwise.ts';
import { rareRows } from './rare.ts';
import { camelCase } from './samples.ts';
import { sortingRows } from './sorting.ts';
import { shapeRows } from './shapes.ts';
import { structuredRows } from './structured.ts';
import type { Row } from './table.ts';

export const rows: readonly Row[] = [
  ...pointwiseRows,
  ...structuredRows,
  ...networkRows,
  ...netRows,
  ...convolutionRows,
  ...sortingRows,
  ...shapeRows,
  ...linalgRows,
  ...pointRows,
  ...layerRows,
  ...rareRows,
  ...nameRows,
];

const modules = import.meta.glob<Record<string, unknown>>('../../src/ops/**/*.ts', { eager: true });

function isSigned(value: unknown): boolean {
  return typeof value === 'function' && 'signature' in value;
}

/** The parts of the package that hold functions, and what stands before their names. */
const namespaces: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['', wgrad],
  ['nn.functional.', wgrad.nn.functional],
  ['linalg.', wgrad.linalg],
  ['special.', wgrad.special],
];

/** The names under which the package exports a function: `softmax` and `nn.functional.softmax`, say. */
function publicNames(fn: unknown, name: string): string[] {
  return namespaces.flatMap(([before, members]) => (members[name] === fn ? [`${before}${name}`] : []));
}

/** Every operation by the names that users write; a function of src/ops that is exported nowhere stands as `name (hidden)`. */
export const operations: readonly (readonly string[])[] = Object.values(modules)
  .flatMap((module) => Object.entries(module))
  .filter(([, value]) => isSigned(value))
  .map(([name, value]) => {
    const names = publicNames(value, name);
    // `where` is exported with more than its operation.
    return names.length > 0 ? names : [name in wgrad ? name : `${name} (hidden)`];
  });

/** The operations that none of `known` names. */
export function missingIn(known: ReadonlySet<string>): string[] {
  return operations.filter((names) => !names.some((name) => known.has(name))).map((names) => names[0]);
}

/** The functions that write in place. */
export const writing: readonly string[] = operations.map(([name]) => name).filter((name) => name.endsWith('_'));

/** The operations that PyTorch's own samples call. */
export const sampled: readonly string[] = variants
  .filter(({ name }) => open[name] === undefined)
  .map(({ op }) => camelCase(op));

/**
 * The operations that have neither a row nor PyTorch's own samples. A new formula or kernel takes a row, for odd sizes and
 * layouts. Those that write in place have cases of their own in test/suites/inplace.ts.
 */
export function withoutRow(): string[] {
  const known = new Set([...rows.map(({ name }) => name), ...sampled]);
  return missingIn(known).filter((name) => !name.endsWith('_'));
}
