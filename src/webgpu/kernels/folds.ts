// The functions that reductions fold with, as WGSL: where they start, how a value joins, and how a loop adds many values up.
// Positions of extrema are not among them (reduce.ts).

import type { ReduceFn } from '../../core/op.ts';

type Type = 'f32' | 'i32';

interface Fold {
  /** The neutral value per element type. */
  readonly start: Readonly<Record<Type, string>>;
  readonly step: (a: string, b: string, type: Type) => string;
}

const sum: Fold = { start: { f32: '0.0', i32: '0' }, step: (a, b) => `${a} + ${b}` };

export const folds: Readonly<Record<ReduceFn, Fold>> = {
  sum,
  prod: { start: { f32: '1.0', i32: '1' }, step: (a, b) => `${a} * ${b}` },
  max: {
    start: { f32: '-wg_inf()', i32: '-2147483647 - 1' },
    step: (a, b, type) => (type === 'f32' ? `wg_maximum(${a}, ${b})` : `max(${a}, ${b})`),
  },
  min: {
    start: { f32: 'wg_inf()', i32: '2147483647' },
    step: (a, b, type) => (type === 'f32' ? `wg_minimum(${a}, ${b})` : `min(${a}, ${b})`),
  },
  any: { start: { f32: '0.0', i32: '0' }, step: (a, b) => `${a} | ${b}` },
  all: { start: { f32: '1.0', i32: '1' }, step: (a, b) => `${a} & ${b}` },
  argmax: sum,
  argmin: sum,
};

/** Statements that fold values into a variable. */
export interface Accumulator {
  /** Where the result is. */
  readonly name: string;
  /** Before the loop. */
  readonly declare: readonly string[];
  /** Before a run of turns, for sums that add up in runs. */
  readonly begin: readonly string[];
  /** In the loop: values join. */
  readonly add: (values: readonly string[]) => readonly string[];
  /** After a run. */
  readonly join: readonly string[];
  /** After the loop. */
  readonly finish: readonly string[];
}

/** The accumulator `name` of a reduction. */
export function accumulator(fn: ReduceFn, type: Type, name: string): Accumulator {
  const fold = folds[fn];
  const step = (a: string, b: string) => fold.step(a, b, type);
  const start = fold.start[type];
  const plain = { name, declare: [`var ${name} = ${start};`], begin: [], join: [], finish: [] };
  const run = `${name}_run`;
  if (type === 'f32' && (fn === 'sum' || fn === 'prod')) {
    // Runs join the total, so that rounding errors grow with the number of runs and the length of one.
    return {
      ...plain,
      begin: [`var ${run} = ${start};`],
      add: (values) => [`${run} = ${step(run, tree(values, step))};`],
      join: [`${name} = ${step(name, run)};`],
    };
  }
  if (type === 'f32' && (fn === 'max' || fn === 'min')) {
    // NaN has a magnitude above infinity's. Watching the largest magnitude beside the extremum of whatever compares
    // costs a third of an extremum that keeps NaN at each step.
    const size = `${name}_size`;
    const better = (a: string, b: string) => `wg_${fn === 'max' ? 'larger' : 'smaller'}(${a}, ${b})`;
    const sizes = (values: readonly string[]) => values.map((value) => `wg_magnitude(${value})`);
    return {
      ...plain,
      declare: [...plain.declare, `var ${size} = 0u;`],
      add: (values) => [
        `${name} = ${better(name, tree(values, better))};`,
        `${size} = max(${size}, ${tree(sizes(values), (a, b) => `max(${a}, ${b})`)});`,
      ],
      finish: [`${name} = wg_choose_bits(${name}, wg_nan_bits, ${size} > wg_infinity_bits);`],
    };
  }
  return { ...plain, add: (values) => [`${name} = ${step(name, tree(values, step))};`] };
}

/** Values folded pair by pair. */
function tree(values: readonly string[], step: (a: string, b: string) => string): string {
  if (values.length === 1) return values[0];
  const half = Math.ceil(values.length / 2);
  return `(${step(tree(values.slice(0, half), step), tree(values.slice(half), step))})`;
}
