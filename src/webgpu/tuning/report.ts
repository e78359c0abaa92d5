// What tune() found, as rows and as a table for people. Pure.

import type { ProductShape } from '../kernels/matmul-choice.ts';

/** What was measured for one product. */
export interface TuneRow {
  readonly shape: ProductShape;
  /** The fastest program that is right; the shipped one unless another is clearly faster. Null where none is right. */
  readonly variant: string | null;
  /** The program that ships. */
  readonly shipped: string;
  /** Of the fastest program; NaN where there is none. */
  readonly milliseconds: number;
  /** 2 M K N batches operations in that time. */
  readonly gigaflops: number;
  /** How many times faster than the shipped program; NaN where that one is wrong. */
  readonly speedup: number;
  /** Every program that was measured, with its milliseconds. */
  readonly measured: readonly { readonly variant: string; readonly milliseconds: number }[];
  /** Programs that may not win, and why. */
  readonly rejected: readonly { readonly variant: string; readonly reason: string }[];
  /** Programs for which no time was left. */
  readonly unmeasured: readonly string[];
}

/** What `tune` found. */
export interface TuneReport {
  readonly adapter: string;
  readonly rows: readonly TuneRow[];
  /** Products for which no time was left, or that no buffer of this adapter holds. */
  readonly skipped: readonly ProductShape[];
  /** Where the winners are kept; null where there is no such place. */
  readonly kept: string | null;
  /** Whether a device of this program is open on the adapter: then what was found counts from the next start on. */
  readonly waits: boolean;
  readonly milliseconds: number;
  /** The table. */
  toString(): string;
}

/** A program must be this much faster than the shipped one, or noise would choose. */
const margin = 1.03;

/** The row of a product from what was measured: the shipped program stays unless another is clearly faster, or it is wrong. */
export function rowOf(
  shape: ProductShape,
  shipped: string,
  measured: TuneRow['measured'],
  rejected: TuneRow['rejected'],
  unmeasured: TuneRow['unmeasured'],
): TuneRow {
  const sorted = measured.toSorted((one, other) => one.milliseconds - other.milliseconds);
  const own = sorted.find(({ variant }) => variant === shipped);
  const fastest = sorted.at(0);
  const keeps = own !== undefined && fastest !== undefined && own.milliseconds <= margin * fastest.milliseconds;
  const winner = keeps ? own : fastest;
  const milliseconds = winner?.milliseconds ?? NaN;
  return {
    shape,
    variant: winner?.variant ?? null,
    shipped,
    milliseconds,
    gigaflops: (2e-6 * shape.M * shape.K * shape.N * shape.batches) / milliseconds,
    speedup: (own?.milliseconds ?? NaN) / milliseconds,
    measured: sorted,
    rejected,
    unmeasured,
  };
}

/** `512 x 256 x 10`, with batches and the layout of a matrix times a vector. */
export function shapeText({ form, M, K, N, batches }: ProductShape): string {
  const sizes = `${batches > 1 ? `${batches} of ` : ''}${M} x ${K} x ${N}`;
  return form === 'columns' ? `${sizes} (turned)` : sizes;
}

const figure = (value: number): string => (Number.isFinite(value) ? value.toPrecision(3) : '-');

/** Lines of cells, each column as wide as its widest cell; numbers to the right. */
function aligned(rows: readonly (readonly string[])[], left: readonly boolean[]): string[] {
  const widths = left.map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  return rows.map((row) =>
    row
      .map((cell, at) => (left[at] ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
      .join('  ')
      .trimEnd(),
  );
}

/** The report as text: a line a product, then what was rejected, and for what no time was left. */
export function tableOf({ adapter, rows, skipped, kept, waits, milliseconds }: Omit<TuneReport, 'toString'>): string {
  const cells = rows.map(({ shape, variant, milliseconds: time, gigaflops, speedup, measured, unmeasured }) => [
    shapeText(shape),
    figure(time),
    figure(gigaflops),
    figure(speedup),
    variant ?? 'none is right',
    `${measured.length} of ${measured.length + unmeasured.length}`,
  ]);
  const head = ['M x K x N', 'ms', 'GFLOP/s', 'speed-up', 'program', 'measured'];
  const reasons = new Map(
    rows.flatMap(({ rejected }) => rejected.map(({ variant, reason }) => [variant, reason] as const)),
  );
  return [
    adapter,
    ...aligned([head, ...cells], [true, false, false, false, true, true]),
    ...[...reasons].map(([variant, reason]) => `rejected: ${variant}: ${reason}`),
    ...(skipped.length > 0 ? [`not measured: ${skipped.map(shapeText).join(', ')}`] : []),
    `${(milliseconds / 1000).toFixed(1)} s; ${whereKept(kept, waits)}`,
  ].join('\n');
}

function whereKept(kept: string | null, waits: boolean): string {
  if (kept === null) return waits ? 'there is no place to keep this' : 'kept for this program alone';
  return `kept in ${kept}${waits ? ', for the next start' : ''}`;
}
