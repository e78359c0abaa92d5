// The functions that reductions fold with, as WGSL: where they start and how a value joins. Positions of extrema are not
// among them (reduce.ts).

import type { ReduceFn } from '../../graph.ts';

interface Fold {
  /** The neutral value per element type. */
  readonly start: { readonly f32: string; readonly i32: string };
  readonly step: (a: string, b: string, type: 'f32' | 'i32') => string;
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
