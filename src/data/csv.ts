// Reads comma-separated text: RFC 4180 into rows of strings, and strings into typed columns as pandas' read_csv infers them.
// Knows nothing of frames or tensors.

import { ArgumentError, ParseError } from '../errors.ts';

/** One record: its fields, unquoted, and the 1-based line on which it starts. */
export interface CsvRow {
  readonly line: number;
  readonly fields: readonly string[];
}

/** A value of a text column; null is missing. Booleans stay booleans in a column of booleans with gaps. */
export type Cell = string | number | boolean | null;

/** pandas' names for the kinds of column whose values are numbers. bool is 0 and 1; only float64 can miss values (NaN). */
export type NumericKind = 'int64' | 'float64' | 'uint8' | 'bool';

/** A named column: numbers, or cells of any kind, which pandas calls `object`. */
export type Column =
  | { readonly name: string; readonly dtype: NumericKind; readonly values: Float64Array }
  | { readonly name: string; readonly dtype: 'object'; readonly values: readonly Cell[] };

const op = 'data.readCsv';
const lineFeed = 10;
const carriageReturn = 13;
const quote = 34;
const comma = 44;
const byteOrderMark = 0xfeff;

/**
 * The rows of `text`, header first, all of one length. Lines end with CRLF, LF or CR; the last end is optional; blank
 * lines are skipped. Throws ParseError with the line. https://www.rfc-editor.org/rfc/rfc4180#section-2
 */
export function parseCsv(text: string): CsvRow[] {
  if (typeof text !== 'string') {
    throw new ArgumentError({
      op,
      fact: `the argument is ${text === null ? 'null' : `of type ${typeof text}`}`,
      rule: 'readCsv takes the text of a csv file, or a File, URL object or bytes to read it from',
    });
  }
  // pandas takes a path here; parsed as csv, a path would be a header without rows, and the mistake would show much later.
  if (/^[^,\r\n]+\.csv$|^https?:\/\/\S+$/i.test(text)) {
    throw new ArgumentError({
      op,
      fact: `'${text}' is the name of a file`,
      rule: 'a string is the text itself',
      cure: 'Pass an address as one: await readCsv(new URL(address, document.baseURI)).',
    });
  }
  const rows: CsvRow[] = [];
  let position = text.charCodeAt(0) === byteOrderMark ? 1 : 0;
  let line = 1;

  /** From an opening quote to behind the closing one; `""` stands for a quote, commas and line ends for themselves. */
  function readQuoted(): string {
    const opened = line;
    let value = '';
    let from = position + 1;
    for (;;) {
      const next = text.indexOf('"', from);
      if (next < 0) {
        throw new ParseError({
          op,
          line: opened,
          fact: `line ${opened} opens a quoted field that never closes`,
          rule: 'a field that begins with a quote ends with one',
          cure: 'Close it, or write "" for a quote that belongs to the text.',
        });
      }
      value += text.slice(from, next);
      position = next + 1;
      if (text.charCodeAt(position) !== quote) break;
      value += '"';
      from = position + 1;
    }
    line += value.match(/\r\n|\r|\n/g)?.length ?? 0;
    const after = text.charCodeAt(position);
    if (position < text.length && after !== comma && after !== lineFeed && after !== carriageReturn) {
      const end = text.slice(position).search(/[,\r\n]|$/);
      const where = opened === line ? '' : ` (opened on line ${opened})`;
      throw new ParseError({
        op,
        line,
        fact: `line ${line} has '${shorten(text.slice(position, position + end))}' after the closing quote of a field${where}`,
        rule: 'a closing quote is followed by a comma or by the end of the line',
        cure: 'Write "" for a quote that belongs to the text.',
      });
    }
    return value;
  }

  /** From `position` to the next comma or line end. */
  function readPlain(): string {
    const start = position;
    for (; position < text.length; position++) {
      const code = text.charCodeAt(position);
      if (code === comma || code === lineFeed || code === carriageReturn) break;
      if (code === quote) {
        throw new ParseError({
          op,
          line,
          fact: `line ${line} has a quote within the unquoted field '${shorten(text.slice(start, position + 1))}'`,
          rule: 'quotes stand around a whole field, with no space before them',
          cure: 'Quote the field and double the quotes in it: "5"" pipe".',
        });
      }
    }
    return text.slice(start, position);
  }

  while (position < text.length) {
    const row = { line, fields: [] as string[] };
    const start = position;
    for (;;) {
      row.fields.push(text.charCodeAt(position) === quote ? readQuoted() : readPlain());
      if (text.charCodeAt(position) !== comma) break;
      position++;
    }
    const blank = /^[ \t]*$/.test(text.slice(start, position));
    if (position < text.length) {
      const crlf = text.charCodeAt(position) === carriageReturn && text.charCodeAt(position + 1) === lineFeed;
      position += crlf ? 2 : 1;
      line++;
    }
    if (!blank) rows.push(row);
  }
  requireRectangle(rows);
  return rows;
}

function requireRectangle(rows: readonly CsvRow[]): void {
  const header = rows[0];
  if (header === undefined) {
    throw new ParseError({
      op,
      line: 1,
      fact: 'line 1 is the end of an empty text',
      rule: 'the first line holds the column names',
      cure: 'Check that the file was found and read.',
    });
  }
  const width = header.fields.length;
  for (const { line, fields } of rows) {
    if (fields.length === width) continue;
    throw new ParseError({
      op,
      line,
      fact: `line ${line} has ${count(fields.length)}, the header on line ${header.line} has ${width}`,
      rule: 'each row has one field for each column',
      cure:
        fields.length > width
          ? 'Put quotes around a field that contains a comma: "a, b".'
          : 'Leave a missing value empty, but keep its comma: a,,c.',
    });
  }
}

function count(fields: number): string {
  return `${fields} ${fields === 1 ? 'field' : 'fields'}`;
}

function shorten(text: string): string {
  return text.length > 24 ? `${text.slice(0, 24)}...` : text;
}

/** Column names as pandas makes them unique: `a, a, a` -> `a, a.1, a.2`; an empty name -> `Unnamed: 2` (its position). */
export function columnNames(header: readonly string[]): string[] {
  const wanted = header.map((name, position) => (name === '' ? `Unnamed: ${position}` : name));
  // A suffix may not collide with a name further on: `a, a, a.1` -> `a, a.2, a.1`.
  const taken = new Set(wanted);
  const seen = new Map<string, number>();
  return wanted.map((name) => {
    const earlier = seen.get(name);
    if (earlier === undefined) {
      seen.set(name, 1);
      return name;
    }
    let suffix = earlier;
    while (taken.has(`${name}.${suffix}`)) suffix++;
    seen.set(name, suffix + 1);
    taken.add(`${name}.${suffix}`);
    return `${name}.${suffix}`;
  });
}

/** What read_csv takes for missing, quoted or not: https://pandas.pydata.org/docs/reference/api/pandas.read_csv.html */
const missingTexts: ReadonlySet<string> = new Set(
  ['', '#N/A', '#N/A N/A', '#NA', '-1.#IND', '-1.#QNAN', '-NaN', '-nan', '1.#IND', '1.#QNAN'].concat([
    '<NA>',
    'N/A',
    'NA',
    'NULL',
    'NaN',
    'None',
    'n/a',
    'nan',
    'null',
  ]),
);

const integerText = /^\s*[+-]?\d+\s*$/;
const decimalText = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;
const infinityText = /^\s*([+-]?)inf(?:inity)?\s*$/i;
const booleanTexts: ReadonlyMap<string, boolean> = new Map([
  ['True', true],
  ['TRUE', true],
  ['true', true],
  ['False', false],
  ['FALSE', false],
  ['false', false],
]);

/**
 * The narrowest column that holds all `texts`, in pandas' order: int64, float64, bool, object. Missing values make
 * float64 of integers and object of booleans; a column without any value is float64, and object where there are no rows.
 * Integers beyond 2^53 become float64 (pandas: int64), since a JavaScript number does not hold them exactly.
 */
export function inferColumn(name: string, texts: readonly string[]): Column {
  const present = texts.filter((text) => !missingTexts.has(text));
  const whole = present.length === texts.length;
  if (texts.length === 0) return { name, dtype: 'object', values: [] };
  if (present.every((text) => decimalText.test(text) || infinityText.test(text))) {
    const values = Float64Array.from(texts, toNumber);
    const integers = whole && present.every((text) => integerText.test(text)) && values.every(Number.isSafeInteger);
    return { name, dtype: integers ? 'int64' : 'float64', values };
  }
  if (present.every((text) => booleanTexts.has(text))) {
    if (whole)
      return { name, dtype: 'bool', values: Float64Array.from(texts, (text) => Number(booleanTexts.get(text))) };
    return { name, dtype: 'object', values: texts.map((text) => booleanTexts.get(text) ?? null) };
  }
  return { name, dtype: 'object', values: texts.map((text) => (missingTexts.has(text) ? null : text)) };
}

function toNumber(text: string): number {
  if (missingTexts.has(text)) return NaN;
  const infinity = infinityText.exec(text);
  if (infinity === null) return Number(text);
  return infinity[1] === '-' ? -Infinity : Infinity;
}
