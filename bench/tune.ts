// tune()'s table for the sizes where one program for matrix products gives way to another, with the runners-up: what the
// shipped choice for a class of adapter is to be corrected by.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tune, type TuneReport, type TuneRow } from '../src/index.ts';
import { formatMilliseconds, formatNumber } from './report.ts';

const squares = [256, 512, 768, 1023, 1024, 1536, 2048, 3072, 4096].map((size) => [size, size, size]);
const others: readonly (readonly number[])[] = [
  // A perceptron of 784-256-10 with batches of 128, and a wide one with batches of 512.
  [128, 784, 256],
  [256, 128, 784],
  [128, 256, 10],
  [512, 4096, 4096],
  [4096, 64, 64],
  [8192, 1024, 1024],
  // Few results, long sums.
  [64, 65_536, 64],
  [256, 16_384, 256],
  // Attention: 64 heads over 512 positions.
  [512, 64, 512, 64],
  [512, 512, 64, 64],
  // With vectors.
  [4096, 4096, 1],
  [1, 4096, 4096],
  [1, 1_048_576, 1],
];
/** Milliseconds for all of it. */
const budget = 180_000;
/** Runners-up that are shown. */
const shown = 6;

/** Measures; the winners are not kept for the user's programs. */
export function tuneForBench(): Promise<TuneReport> {
  return tune({
    shapes: [...squares, ...others],
    budget,
    file: join(tmpdir(), `wgrad-bench-tune-${process.pid}.json`),
  });
}

function runnersUp({ shape, measured, shipped }: TuneRow): string {
  const { M, K, N, batches } = shape;
  const list = measured.slice(0, shown).map(({ variant, milliseconds }) => {
    const rate = (2e-6 * M * K * N * batches) / milliseconds;
    return `    ${formatMilliseconds(milliseconds)}, ${formatNumber(rate)} GFLOP/s: ${variant}${variant === shipped ? ' (ships)' : ''}`;
  });
  return [`${batches > 1 ? `${batches} of ` : ''}${M} x ${K} x ${N}, ${shape.form}:`, ...list].join('\n');
}

/** The table, and for each product the fastest programs. */
export function tuneText(report: TuneReport): string {
  return ['### Programs for matrix products', '', String(report), '', ...report.rows.map(runnersUp)].join('\n');
}
