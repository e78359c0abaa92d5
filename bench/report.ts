// The report of a run, and its numbers as text: the same in the page, in the terminal and in RESULTS.md.
import type { DeviceName } from './cases.ts';
import type { Row, Timing } from './measure.ts';

export interface Report {
  readonly adapter: string;
  /** Whether the adapter computes on the CPU: then this compares two CPU programs. */
  readonly software: boolean;
  readonly browser: string;
  readonly date: string;
  readonly cores: number;
  readonly size: string;
  readonly rounds: number;
  readonly rows: readonly Row[];
}

/** Three digits: 1,240, 12.4, 0.124. */
export function formatNumber(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

/** `1.24 ms ± 3 %`. */
export function formatTiming({ median, spread }: Timing): string {
  return `${formatNumber(median)} ms ± ${Math.round(spread * 100)} %`;
}

/** How many times faster WebGPU is, by throughput. */
export function speedup({ devices }: Row): number | null {
  return devices.webgpu && devices.cpu ? devices.cpu.throughput.median / devices.webgpu.throughput.median : null;
}

export const columns = [
  'case',
  'check',
  'WebGPU, one',
  'WebGPU, each of R',
  'rate',
  'CPU, one',
  'CPU, each of R',
  'rate',
  'speed-up',
];

/** The cells of a row, in the order of `columns`. */
export function cells(row: Row): string[] {
  if (!row.right) return [row.name, `FAILED: ${row.error}`];
  const check =
    row.difference === null ? 'reference' : row.difference === 0 ? 'equal' : `ok, ${row.difference.toExponential(0)}`;
  const device = (name: DeviceName): string[] => {
    const measured = row.devices[name];
    if (measured === undefined) return ['–', '–', '–'];
    const { latency, throughput, rate } = measured;
    return [formatTiming(latency), formatTiming(throughput), `${formatNumber(rate)} ${row.unit}`];
  };
  const faster = speedup(row);
  return [row.name, check, ...device('webgpu'), ...device('cpu'), faster === null ? '–' : `${formatNumber(faster)} ×`];
}

/** The report as a Markdown table with a line about where it was measured. */
export function markdown(report: Report): string {
  const line = (values: readonly string[]): string => `| ${values.join(' | ')} |`;
  const where = `${report.adapter}${report.software ? ' (a software adapter)' : ''}, ${report.browser}, ${report.cores} cores`;
  return [
    `${report.date.slice(0, 10)}: ${where}; ${report.rounds} rounds, sizes: ${report.size}`,
    '',
    line(columns),
    line(columns.map((_, at) => (at < 2 ? '---' : '---:'))),
    ...report.rows.map((row) => line(cells(row))),
  ].join('\n');
}
