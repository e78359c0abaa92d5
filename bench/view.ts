// What the benchmark page shows of a run: bars for each case and a table of all numbers. Knows the report, not how it came
// about.
import type { BenchCase } from './cases.ts';
import { type ContenderId, contenderNames } from './contenders/contender.ts';
import type { Measurement, Row } from './measure.ts';
import {
  contendersOf,
  formatBytes,
  formatCheck,
  formatCount,
  formatMilliseconds,
  formatNumber,
  formatShare,
  formatSpread,
} from './report.ts';
import type { Report } from './suite.ts';

function made<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  text = '',
  children: readonly Node[] = [],
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  if (text !== '') element.textContent = text;
  element.append(...children);
  return element;
}

/** One bar: its contender, its length as a share of the case's longest, its rate. */
function lane(row: Row, id: ContenderId, most: number): HTMLElement {
  const { rate, throughput } = row.measured[id]!;
  const bar = made('div', 'bar');
  bar.style.width = `${(rate / most) * 100}%`;
  const line = made('div', 'lane', '', [
    made('span', 'who', contenderNames[id]),
    bar,
    made('span', 'rate', `${formatNumber(rate)} ${row.unit}`),
  ]);
  line.dataset.contender = id;
  line.title = `${contenderNames[id]}: ${formatMilliseconds(throughput.median)} each`;
  return line;
}

/** Bars for every case that was measured, each case to its own scale. */
export function showBars(place: HTMLElement, rows: readonly Row[]): void {
  const cases = rows.flatMap((row) => {
    const ids = contendersOf([row]).filter((id) => row.measured[id]);
    if (ids.length === 0) return [];
    const most = Math.max(...ids.map((id) => row.measured[id]!.rate));
    return [made('div', 'case', '', [made('h3', '', row.name), ...ids.map((id) => lane(row, id, most))])];
  });
  if (cases.length > 0) place.replaceChildren(...cases);
}

const columns = [
  'case, contender',
  'check',
  'one',
  'each of R',
  'fastest',
  'rate',
  'of the peak',
  'R',
  'dispatches',
  'submits',
  'bytes',
] as const;
/** Columns of words; the others are numbers and stand to the right. */
const words = 2;

/** The cells after the contender's name. */
function cells(row: Row, one: Measurement, report: Pick<Report, 'peak'>): string[] {
  const { counts, bytes, latency, throughput } = one;
  return [
    formatCheck(one.difference),
    `${formatMilliseconds(latency.median)} ${formatSpread(latency)}`,
    `${formatMilliseconds(throughput.median)} ${formatSpread(throughput)}`,
    formatMilliseconds(throughput.minimum),
    `${formatNumber(one.rate)} ${row.unit}`,
    formatShare(row, one, report) ?? '–',
    String(one.repeats),
    counts === null ? '–' : formatCount(counts.dispatches),
    counts === null ? '–' : formatCount(counts.submits),
    bytes === null ? '–' : formatBytes(bytes.end),
  ];
}

function lineOf(row: Row, id: ContenderId, report: Pick<Report, 'peak'>): HTMLTableRowElement {
  const line = made('tr');
  line.dataset.contender = id;
  line.append(made('td', 'who', contenderNames[id]));
  const one = row.measured[id];
  if (one === undefined) {
    const refusal = row.refused[id];
    const cell = made('td', refusal?.kind === 'unsupported' ? 'quiet' : 'bad', refusal?.text ?? 'not measured');
    cell.colSpan = columns.length - 1;
    line.append(cell);
    line.dataset.state = refusal?.kind ?? 'error';
    return line;
  }
  line.dataset.state = 'right';
  const texts = cells(row, one, report);
  line.append(...texts.map((text, at) => made('td', at + 1 < words ? 'good' : 'number', text)));
  return line;
}

/** Each case with a line for each contender; cases that are still to come stand in grey. */
export function showTable(
  head: HTMLElement,
  body: HTMLElement,
  cases: readonly BenchCase[],
  report: Pick<Report, 'rows' | 'peak'>,
): void {
  const titles = columns.map((name, at) => {
    const title = made('th', at < words ? '' : 'number', name);
    title.scope = 'col';
    return title;
  });
  head.replaceChildren(made('tr', '', '', titles));
  const lines = cases.flatMap(({ name }, index) => {
    const row = report.rows[index];
    const title = made('th', '', name);
    title.scope = 'rowgroup';
    title.colSpan = columns.length;
    const heading = made('tr', 'heading', '', [title]);
    if (row === undefined) heading.dataset.state = 'waiting';
    return row === undefined ? [heading] : [heading, ...contendersOf([row]).map((id) => lineOf(row, id, report))];
  });
  body.replaceChildren(...lines);
}
