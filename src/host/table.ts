// Tables and units for people: profiles, plans, memory. Pure text.

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers stand on the right. */
  readonly align: 'left' | 'right';
}

/** Rows under titles, with a rule between; a `null` row is another rule. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[] | null)[]): string {
  const cells = rows.filter((row) => row !== null);
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...cells.map((row) => row[at].length)));
  const line = (texts: readonly string[]) =>
    texts
      .map((text, at) => (columns[at].align === 'left' ? text.padEnd(widths[at]) : text.padStart(widths[at])))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [line(columns.map(({ title }) => title)), rule, ...rows.map((row) => (row === null ? rule : line(row)))].join(
    '\n',
  );
}

/** Three digits that matter: 1.23, 45.6, 789, 12,345. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.01 ? 2 : 4;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** 512 B, 1.50 KiB, 64.0 MiB. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [value, unit] = [bytes, 0];
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? String(value) : formatNumber(value)} ${units[unit]}`;
}

/** Milliseconds as 850 ns, 12.3 us, 4.56 ms, 7.89 s. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0 us';
  if (milliseconds < 1e-3) return `${formatNumber(milliseconds * 1e6)} ns`;
  if (milliseconds < 1) return `${formatNumber(milliseconds * 1e3)} us`;
  return milliseconds < 1e3 ? `${formatNumber(milliseconds)} ms` : `${formatNumber(milliseconds / 1e3)} s`;
}

/** 950, 1.23 K, 45.6 M, 7.89 G. */
export function formatCount(count: number): string {
  const units = ['', 'K', 'M', 'G', 'T'];
  let [value, unit] = [count, 0];
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return unit === 0 ? String(value) : `${formatNumber(value)} ${units[unit]}`;
}

/** A share of 1 as percents. */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** At most `length` characters, with the end cut off. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}
