// The numbers of a run as text: the same in the page, in the terminal and in RESULTS.md. Knows neither page nor clock.
import { type ContenderId, contenderNames } from './contenders/contender.ts';
import type { Counts } from './counters.ts';
import type { Measurement, Row, Timing } from './measure.ts';
import type { Report } from './suite.ts';

/** Three digits: 1,240, 12.4, 0.124. */
export function formatNumber(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

/** Milliseconds: `12.4`, or `1.24 s` from a second on. */
export const formatMilliseconds = (value: number): string =>
  value >= 1000 ? `${(value / 1000).toPrecision(3)} s` : `${formatNumber(value)} ms`;

export const formatSpread = ({ spread }: Timing): string => `± ${Math.round(spread * 100)} %`;

/** A count for one operation: whole numbers plainly, shares with two digits. */
export const formatCount = (value: number): string =>
  Math.abs(value - Math.round(value)) < 1e-9 ? String(Math.round(value)) : value.toFixed(value < 0.1 ? 3 : 2);

export function formatBytes(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes >= 0.1 ? `${mebibytes.toFixed(mebibytes < 10 ? 1 : 0)} MiB` : `${Math.round(bytes / 1024)} KiB`;
}

export const formatCheck = (difference: number): string =>
  difference === 0 ? 'equal' : `ok, ${difference.toExponential(0)}`;

/** The share of the adapter's measured peak, `43 %`; null where there is none to compare with. */
export function formatShare(row: Row, { rate }: Measurement, { peak }: Pick<Report, 'peak'>): string | null {
  if (peak === null || row.unit === 'steps/s') return null;
  const most = row.unit === 'GFLOP/s' ? peak.arithmetic : peak.copy;
  return `${Math.round((rate / most) * 100)} %`;
}

/** The contenders that a report has something to say of, in the order of the tables. */
export function contendersOf(rows: readonly Row[]): ContenderId[] {
  const all = Object.keys(contenderNames) as ContenderId[];
  return all.filter((id) => rows.some(({ measured, refused }) => measured[id] ?? refused[id]));
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)];
};

/** What stands in the place of a figure that there is none of. */
function absence(row: Row, id: ContenderId): string {
  const refusal = row.refused[id];
  return refusal === undefined || refusal.kind === 'unsupported' ? '–' : refusal.kind;
}

function cellsOf(rows: readonly Row[], ids: readonly ContenderId[], cell: (one: Measurement, row: Row) => string) {
  return rows.map((row) => [
    row.name,
    ...ids.map((id) => {
      const one = row.measured[id];
      return one === undefined ? absence(row, id) : cell(one, row);
    }),
  ]);
}

const timingCell = (timing: Timing): string =>
  `${formatMilliseconds(timing.median)} ${formatSpread(timing)} (${formatMilliseconds(timing.minimum)})`;

const countsCell = ({ dispatches, submits, buffers, bindGroups }: Counts): string =>
  [dispatches, submits, buffers, bindGroups].map(formatCount).join(' / ');

/** wgrad as a user would run the case: compiled where that was measured. */
export function ours(row: Row): Measurement | undefined {
  return row.measured.compiled ?? row.measured.wgrad;
}

/** How many times faster wgrad is than a peer, by the medians of throughput. */
export function ratio(row: Row, peer: 'jax' | 'tfjs'): number | null {
  const [mine, other] = [ours(row), row.measured[peer]];
  return mine === undefined || other === undefined ? null : other.throughput.median / mine.throughput.median;
}

/** `1.30 ×, reached`, with the target beside it. */
function ratioCells(row: Row, peer: 'jax' | 'tfjs'): string[] {
  const factor = ratio(row, peer);
  const wanted = row.target[peer];
  const other = row.measured[peer];
  return [
    other === undefined ? absence(row, peer) : formatMilliseconds(other.throughput.median),
    factor === null ? '–' : `${formatNumber(factor)} ×`,
    `${wanted} × ${factor === null ? '' : factor >= wanted ? '✓' : '✗'}`.trim(),
  ];
}

function comparison(rows: readonly Row[]): string[] {
  const peers = (['jax', 'tfjs'] as const).filter((id) => rows.some(({ measured }) => measured[id]));
  if (peers.length === 0 || rows.every((row) => ours(row) === undefined)) return [];
  const head = ['case', 'wgrad', ...peers.flatMap((id) => [contenderNames[id], 'ratio', 'target'])];
  const lines = rows.map((row) => {
    const mine = ours(row);
    const time = mine === undefined ? absence(row, 'wgrad') : formatMilliseconds(mine.throughput.median);
    return [
      row.name,
      row.measured.compiled === undefined ? time : `${time}, compiled`,
      ...peers.flatMap((id) => ratioCells(row, id)),
    ];
  });
  return ['', '### wgrad against the peers', '', ...table(head, lines)];
}

/** One line about where and when. */
export function headline(report: Report): string {
  const { adapter, software, runtime, cores, rounds, size, date } = report;
  const kind = software ? ' (a software adapter)' : '';
  return `${date.slice(0, 10)}: ${adapter}${kind}, ${runtime}, ${cores} cores; ${rounds} rounds, sizes: ${size}`;
}

function peakLine({ peak, software }: Report): string[] {
  if (peak === null) return [];
  const { copy, copyLarge, arithmetic } = peak;
  const large = software ? '' : ` (${formatNumber(copyLarge)} GB/s where no cache holds it)`;
  return [
    '',
    `Measured in the same run with raw WebGPU: a copy kernel moves ${formatNumber(copy)} GB/s over 16 MiB${large}, ` +
      `multiply-adds in registers reach ${formatNumber(arithmetic)} GFLOP/s.`,
  ];
}

function rateTable(report: Report, ids: readonly ContenderId[]): string[] {
  const rate = (one: Measurement, row: Row): string => {
    const share = formatShare(row, one, report);
    return `${formatNumber(one.rate)} ${row.unit}${share === null ? '' : `, ${share}`}`;
  };
  const what = report.peak === null ? '' : ', and the share of the measured peak';
  return [
    '',
    `### Rates by the median of R${what}`,
    '',
    ...table(['case', ...names(ids)], cellsOf(report.rows, ids, rate)),
  ];
}

const names = (ids: readonly ContenderId[]): string[] => ids.map((id) => contenderNames[id]);

function refusals(rows: readonly Row[]): string[] {
  const lines = rows.flatMap((row) =>
    Object.entries(row.refused)
      .filter(([, { kind }]) => kind !== 'unsupported')
      .map(([id, { kind, text }]) => `- ${row.name}, ${contenderNames[id as ContenderId]}: ${kind}: ${text}`),
  );
  return lines.length === 0 ? [] : ['', '### Not timed', '', ...lines];
}

/** The report as Markdown for RESULTS.md. */
export function markdown(report: Report): string {
  const { rows, cold, versions, command, notes } = report;
  const ids = contendersOf(rows);
  const onGpu = ids.filter((id) => rows.some(({ measured }) => measured[id]?.counts));
  const head = ['case', ...names(ids)];
  const pinned = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const counts = (one: Measurement): string => (one.counts === null ? '–' : countsCell(one.counts));
  const bytes = ({ bytes: one }: Measurement): string =>
    one === null ? '–' : `${formatBytes(one.warm)} → ${formatBytes(one.end)}`;
  const coldIds = ids.filter((id) => cold[id] !== undefined);
  return [
    headline(report),
    ...(command === '' ? [] : ['', `\`${command}\`${pinned.length > 0 ? `; ${pinned.join(', ')}` : ''}`]),
    ...peakLine(report),
    ...comparison(rows),
    '',
    '### Each of R operations with one read at the end: median ± spread (minimum)',
    '',
    ...table(
      head,
      cellsOf(rows, ids, ({ throughput }) => timingCell(throughput)),
    ),
    '',
    '### One operation and one read: median ± spread (minimum)',
    '',
    ...table(
      head,
      cellsOf(rows, ids, ({ latency }) => timingCell(latency)),
    ),
    ...rateTable(report, ids),
    ...(onGpu.length === 0
      ? []
      : [
          '',
          '### Asked of WebGPU for one operation: dispatches / submits / buffers made / bind groups made',
          '',
          ...table(['case', ...names(onGpu)], cellsOf(rows, onGpu, counts)),
          '',
          '### Bytes in buffers: after the warm-up → at the end',
          '',
          ...table(['case', ...names(onGpu)], cellsOf(rows, onGpu, bytes)),
        ]),
    '',
    '### Largest difference from the CPU device, relative to the largest element',
    '',
    ...table(
      head,
      cellsOf(rows, ids, ({ difference }) => (difference === 0 ? 'equal' : difference.toExponential(0))),
    ),
    ...(coldIds.length === 0
      ? []
      : [
          '',
          '### Cold start: to the loss of one MLP step, libraries from this machine',
          '',
          ...table(['', ...names(coldIds)], [['median (minimum)', ...coldIds.map((id) => coldCell(cold[id]!))]]),
        ]),
    ...refusals(rows),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `- ${note}`)]),
  ].join('\n');
}

const coldCell = ({ median, minimum }: { median: number; minimum: number }): string =>
  `${formatMilliseconds(median)} (${formatMilliseconds(minimum)})`;

/** One case in one line for the terminal: `softmax 1024 × 1024: wgrad 15.2 ms, jax-js 25.0 ms`. */
export function textRow(row: Row): string {
  const ids = contendersOf([row]).filter((id) => row.refused[id]?.kind !== 'unsupported');
  const parts = ids.map((id) => {
    const one = row.measured[id];
    const refusal = row.refused[id];
    if (one === undefined)
      return `${contenderNames[id]} ${refusal?.kind ?? 'nothing'} (${refusal?.text.slice(0, 200) ?? ''})`;
    return `${contenderNames[id]} ${formatMilliseconds(one.throughput.median)}`;
  });
  return `${row.name}: ${parts.join(', ')}`;
}
