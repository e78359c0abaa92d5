// What constraints ask of numbers that the host knows, one event at a time. Knows nothing of tensors.

import type { Shape } from '../shape.ts';

/** The kinds of constraints that have a rule. */
export type Kind =
  | 'Boolean'
  | 'OneHot'
  | 'IntegerInterval'
  | 'IntegerGreaterThan'
  | 'Real'
  | 'GreaterThan'
  | 'GreaterThanEq'
  | 'LessThan'
  | 'Interval'
  | 'HalfOpenInterval'
  | 'Simplex'
  | 'Multinomial'
  | 'LowerTriangular'
  | 'LowerCholesky'
  | 'CorrCholesky'
  | 'Square'
  | 'Symmetric'
  | 'PositiveSemidefinite'
  | 'PositiveDefinite';

type Event = readonly number[];
/** The place of the first element of an event that breaks the rule, or -1. */
export type HostRule = (event: Event, shape: Shape, bounds: readonly number[]) => number;

/** A rule for each element. */
const each =
  (holds: (x: number, bounds: readonly number[]) => boolean): HostRule =>
  (event, _shape, bounds) =>
    event.findIndex((x) => !holds(x, bounds));

const sum = (event: Event): number => event.reduce((total, x) => total + x, 0);
/** The last element stands for an event of which all together are wrong. */
const together = (event: Event, holds: boolean): number => (holds ? -1 : event.length - 1);
const firstOf = (...found: readonly number[]): number => found.find((at) => at >= 0) ?? -1;

const negative: HostRule = (event) => event.findIndex((x) => !(x >= 0));
const aboveDiagonal: HostRule = (event, [, columns]) =>
  event.findIndex((x, at) => at % columns > Math.floor(at / columns) && x !== 0);
const diagonalNotPositive: HostRule = (event, [, columns]) =>
  event.findIndex((x, at) => at % columns === Math.floor(at / columns) && !(x > 0));
const lowerCholesky: HostRule = (...given) => firstOf(aboveDiagonal(...given), diagonalNotPositive(...given));
const square: HostRule = (event, [rows, columns]) => together(event, rows === columns);
const symmetric: HostRule = (event, shape, bounds) => {
  const [, columns] = shape;
  const apart = event.findIndex((x, at) => {
    const other = event[(at % columns) * columns + Math.floor(at / columns)];
    return !(Math.abs(x - other) <= 1e-6 + 1e-5 * Math.abs(other));
  });
  return firstOf(square(event, shape, bounds), apart);
};

/** Whether a symmetric matrix has a Cholesky factor; the place of the first pivot that fails. `slack` is what a pivot may be below 0. */
function failingPivot(event: Event, n: number, slack: number): number {
  const lower = Float64Array.from(event);
  for (let column = 0; column < n; column++) {
    let pivot = lower[column * n + column];
    for (let inner = 0; inner < column; inner++) pivot -= lower[column * n + inner] ** 2;
    if (!(pivot > -slack)) return column * n + column;
    const root = Math.sqrt(Math.max(pivot, 0));
    lower[column * n + column] = root;
    for (let row = column + 1; row < n; row++) {
      let rest = lower[row * n + column];
      for (let inner = 0; inner < column; inner++) rest -= lower[row * n + inner] * lower[column * n + inner];
      lower[row * n + column] = root > 0 ? rest / root : 0;
    }
  }
  return -1;
}

const eps = 2 ** -23;

/** The rules by kind. */
export const hostRules: Readonly<Record<Kind, HostRule>> = {
  Boolean: each((x) => x === 0 || x === 1),
  OneHot: (event) =>
    firstOf(
      event.findIndex((x) => x !== 0 && x !== 1),
      together(event, sum(event) === 1),
    ),
  IntegerInterval: each((x, [low, high]) => Number.isInteger(x) && low <= x && x <= high),
  IntegerGreaterThan: each((x, [low]) => Number.isInteger(x) && low <= x),
  Real: each((x) => !Number.isNaN(x)),
  GreaterThan: each((x, [low]) => x > low),
  GreaterThanEq: each((x, [low]) => x >= low),
  LessThan: each((x, [high]) => x < high),
  Interval: each((x, [low, high]) => low <= x && x <= high),
  HalfOpenInterval: each((x, [low, high]) => low <= x && x < high),
  Simplex: (event, ...rest) => firstOf(negative(event, ...rest), together(event, Math.abs(sum(event) - 1) < 1e-6)),
  Multinomial: (event, shape, bounds) =>
    firstOf(negative(event, shape, bounds), together(event, sum(event) <= bounds[0])),
  LowerTriangular: aboveDiagonal,
  LowerCholesky: lowerCholesky,
  CorrCholesky: (event, shape, bounds) => {
    const [rows, columns] = shape;
    const lengths = Array.from({ length: rows }, (_, row) =>
      Math.hypot(...event.slice(row * columns, (row + 1) * columns)),
    );
    const long = lengths.findIndex((length) => !(Math.abs(length - 1) <= eps * columns * 10));
    return firstOf(lowerCholesky(event, shape, bounds), long < 0 ? -1 : long * columns + long);
  },
  Square: square,
  Symmetric: symmetric,
  PositiveSemidefinite: (event, shape, bounds) =>
    firstOf(symmetric(event, shape, bounds), failingPivot(event, shape[0], eps * sum(event.map(Math.abs)))),
  PositiveDefinite: (event, shape, bounds) =>
    firstOf(symmetric(event, shape, bounds), failingPivot(event, shape[0], 0)),
};
