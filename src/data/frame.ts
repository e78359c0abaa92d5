// A small data frame for preparing tables: named columns of numbers or text, with pandas' semantics for the few methods
// that it has. Pure but for toTensor; knows nothing of devices. There is no Series: one column or one row is a frame.

import { tensor } from '../create/create.ts';
import { ArgumentError, DTypeError, IndexError } from '../errors.ts';
import { describe } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { requireColumns } from './columns.ts';
import { columnNames, inferColumn, parseCsv, type Cell, type Column } from './csv.ts';

/** A range as `slice(start, stop, step)` makes it; what is left out or null is the end of the axis and a step of 1. */
export interface SliceLike {
  readonly start?: number | null | undefined;
  readonly stop?: number | null | undefined;
  readonly step?: number | null | undefined;
}

/** Rows or columns by position: one, several in any order, a range, a range as text ('0:2', '::-1', ':'), or null for all. */
export type Selector = number | string | readonly number[] | SliceLike | null;

/** What fillna puts for missing values: one value for all columns, or one for each name; mean() returns such a record. */
export type Fill = number | string | boolean | Readonly<Record<string, number | string | boolean>>;

/** A table of named columns. Nothing changes a frame in place; each method returns a new one. */
export class DataFrame {
  readonly #columns: readonly Column[];
  // Row labels: positions in the csv from 0, which rows keep through iloc, as in pandas.
  readonly #index: readonly number[];

  /** Columns of one length, and a label for each row: 0, 1, 2, ... by default. */
  constructor(columns: readonly Column[], index?: readonly number[]) {
    const rows = requireColumns(columns, index);
    this.#columns = [...columns];
    this.#index = index === undefined ? Array.from({ length: rows }, (_, row) => row) : [...index];
  }

  /** `[rows, columns]`. */
  get shape(): [number, number] {
    return [this.#index.length, this.#columns.length];
  }

  /** The names of the columns, from left to right. */
  get columns(): string[] {
    return this.#columns.map((column) => column.name);
  }

  /** The labels of the rows. */
  get index(): number[] {
    return [...this.#index];
  }

  /** pandas' name for the kind of each column, from left to right: int64, float64, uint8, bool, or object (text). */
  get dtypes(): Column['dtype'][] {
    return this.#columns.map((column) => column.dtype);
  }

  /** The value at a row label and a column name; missing is NaN in columns of numbers and null in others. */
  at(row: number, column: string): Cell {
    const name = this.#columns.findIndex((candidate) => candidate.name === column);
    if (name < 0)
      throw missing('at', `no column is named '${String(column)}'`, `The columns are ${this.columns.join(', ')}.`);
    const label = this.#index.indexOf(row);
    if (label < 0)
      throw missing('at', `no row is labelled ${String(row)}`, 'iat(row, column) counts from the first row.');
    return cellOf(this.#columns[name], label);
  }

  /** The value at a row and a column by position, from 0; negative positions count from the end. */
  iat(row: number, column: number): Cell {
    const [rows, columns] = this.shape;
    const across = wrap('iat', column, columns, 'column');
    return cellOf(this.#columns[across], wrap('iat', row, rows, 'row'));
  }

  /**
   * Rows and columns by position: a number, an array of numbers, a range as `'0:2'` or `slice(0, 2)`, all as `':'` or null.
   * Negative positions and steps count as in Python; always a frame, also for one column. Throws IndexError.
   */
  iloc(rows: Selector, columns: Selector = null): DataFrame {
    const [height, width] = this.shape;
    const across = positions(columns, width, 'column');
    const down = positions(rows, height, 'row');
    return new DataFrame(
      across.map((position) => take(this.#columns[position], down)),
      down.map((position) => this.#index[position]),
    );
  }

  /** The first `rows` rows; all but the last `-rows` where negative. */
  head(rows = 5): DataFrame {
    return this.iloc({ start: 0, stop: rows });
  }

  /** The mean of each column of numbers or booleans, missing values left out; columns of text are left out. */
  mean(): Record<string, number> {
    const means: [string, number][] = [];
    for (const column of this.#columns) {
      if (column.dtype === 'object') continue;
      let sum = 0;
      let present = 0;
      for (const value of column.values) {
        if (Number.isNaN(value)) continue;
        sum += value;
        present++;
      }
      means.push([column.name, sum / present]);
    }
    return Object.fromEntries(means);
  }

  /**
   * The frame with `fill` for missing values. In a record, names that the frame lacks and columns that the record lacks
   * are passed over, so that means of a larger frame serve. Text in a column of numbers makes it an object column.
   */
  fillna(fill: Fill): DataFrame {
    if (fill === null || !['number', 'string', 'boolean', 'object'].includes(typeof fill) || Array.isArray(fill)) {
      throw new ArgumentError({
        op: 'fillna',
        fact: `the fill is ${fill === null ? 'null' : Array.isArray(fill) ? 'an array' : typeof fill}`,
        rule: 'a fill is a value, or a record of values by column name',
        cure: 'For example frame.fillna(0) or frame.fillna(frame.mean()).',
      });
    }
    const filled = this.#columns.map((column) => {
      if (typeof fill !== 'object') return fillColumn(column, fill);
      const value = Object.hasOwn(fill, column.name) ? fill[column.name] : undefined;
      return value === undefined ? column : fillColumn(column, value);
    });
    return new DataFrame(filled, this.#index);
  }

  /** The values in C order, `[rows, columns]`, booleans as 0 and 1 and missing as NaN. Text throws DTypeError. */
  values(): Float64Array {
    return this.#numbers('values');
  }

  /** A float32 tensor of shape `[rows, columns]`, booleans as 0 and 1 and missing as NaN. Text throws DTypeError. */
  toTensor(): Tensor {
    return tensor(Float32Array.from(this.#numbers('toTensor'))).reshape(...this.shape);
  }

  /** The table as pandas prints it, for frames that fit in a line's width: rows above 60 are cut to the first and last five. */
  toString(): string {
    return frameText(this.#columns, this.#index);
  }

  #numbers(op: string): Float64Array {
    const [rows, width] = this.shape;
    const out = new Float64Array(rows * width);
    this.#columns.forEach((column, across) => {
      for (let row = 0; row < rows; row++) {
        const value = column.values[row] ?? NaN;
        if (typeof value === 'string') {
          throw new DTypeError({
            op,
            fact: `column '${column.name}' holds text: '${value}' in row ${this.#index[row]}`,
            rule: 'a tensor holds numbers only',
            cure: 'Encode text columns first: data.getDummies(frame, { dummyNa: true }), or leave them out with iloc.',
          });
        }
        out[row * width + across] = Number(value);
      }
    });
    return out;
  }

  /** The columns themselves; for functions of frames. */
  static columnsOf(frame: DataFrame): readonly Column[] {
    return frame.#columns;
  }
}

const axisRule = 'positions go from 0, or from -1 at the end';

/** A position of an axis, counted from its start; negative ones count from its end. */
function wrap(op: string, position: unknown, length: number, axis: 'row' | 'column'): number {
  if (typeof position !== 'number' || !Number.isInteger(position)) {
    const fact = `${axis} ${String(position)} is not an integer`;
    throw new ArgumentError({ op, fact, rule: axisRule, cure: 'Find a column by name: frame.columns.indexOf(name).' });
  }
  if (position >= -length && position < length) return position < 0 ? position + length : position;
  const fact = `${axis} ${position} is out of range for ${length} ${axis}${length === 1 ? '' : 's'}`;
  throw new IndexError({ op, fact, rule: axisRule, cure: 'A range stops at the ends of the frame by itself.' });
}

/** The positions that a selector takes of an axis, in order. */
function positions(selector: Selector, length: number, axis: 'row' | 'column'): number[] {
  const op = 'iloc';
  if (selector === null) return Array.from({ length }, (_, position) => position);
  if (typeof selector === 'number') return [wrap(op, selector, length, axis)];
  if (isList(selector)) return selector.map((position) => wrap(op, position, length, axis));
  if (typeof selector === 'object') return rangePositions(selector, length, axis);
  const text = String(selector).trim();
  const range = /^(-?\d*)\s*:\s*(-?\d*)(?:\s*:\s*(-?\d*))?$/.exec(text);
  if (range !== null) {
    const [start, stop, step] = range.slice(1).map((part) => (part === undefined || part === '' ? null : Number(part)));
    return rangePositions({ start, stop, step }, length, axis);
  }
  if (/^-?\d+$/.test(text)) return [wrap(op, Number(text), length, axis)];
  throw new ArgumentError({
    op,
    fact: `'${text}' does not select ${axis}s`,
    rule: 'iloc(rows, columns) takes positions: a number, an array of numbers, a range',
    cure: "Write a range as start:stop or start:stop:step, for example frame.iloc(':', '0:2').",
  });
}

function isList(selector: Selector): selector is readonly number[] {
  return Array.isArray(selector);
}

/** Python's slice.indices: https://docs.python.org/3/reference/datamodel.html#slice.indices */
function rangePositions(range: SliceLike, length: number, axis: 'row' | 'column'): number[] {
  const step = range.step ?? 1;
  for (const part of [range.start ?? 0, range.stop ?? 0, step]) {
    if (Number.isInteger(part) && step !== 0) continue;
    throw new ArgumentError({
      op: 'iloc',
      fact: step === 0 ? `the step of the range of ${axis}s is 0` : `the range of ${axis}s holds ${String(part)}`,
      rule: 'a range is made of integers, and its step is not 0',
    });
  }
  // Backward, the ends move down by one: from the last position to before the first, which is -1.
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? length : length - 1;
  const clamp = (end: number): number => Math.min(Math.max(end < 0 ? end + length : end, low), high);
  const start = range.start == null ? (step > 0 ? low : high) : clamp(range.start);
  const stop = range.stop == null ? (step > 0 ? high : low) : clamp(range.stop);
  const out: number[] = [];
  for (let position = start; step > 0 ? position < stop : position > stop; position += step) out.push(position);
  return out;
}

function missing(op: string, fact: string, cure: string): IndexError {
  return new IndexError({ op, fact, rule: 'at takes the label of a row and the name of a column', cure });
}

function cellOf(column: Column, row: number): Cell {
  if (column.dtype === 'object') return column.values[row];
  const value = column.values[row];
  return column.dtype === 'bool' ? value !== 0 : value;
}

/** A column's values at `rows`, in that order. */
function take(column: Column, rows: readonly number[]): Column {
  if (column.dtype === 'object') return { ...column, values: rows.map((row) => column.values[row]) };
  return { ...column, values: Float64Array.from(rows, (row) => column.values[row]) };
}

function fillColumn(column: Column, fill: number | string | boolean): Column {
  if (column.dtype === 'object') return { ...column, values: column.values.map((value) => value ?? fill) };
  if (!column.values.some(Number.isNaN)) return column;
  if (typeof fill === 'number') {
    return { ...column, values: column.values.map((value) => (Number.isNaN(value) ? fill : value)) };
  }
  const values = Array.from(column.values, (value) => (Number.isNaN(value) ? fill : value));
  return { name: column.name, dtype: 'object', values };
}

/** The frame in `text`, comma-separated after RFC 4180, the first line the column names. Throws ParseError with the line. */
export function readCsv(text: string): DataFrame {
  const [header, ...rows] = parseCsv(text);
  const texts = (across: number): string[] => rows.map((row) => row.fields[across]);
  return new DataFrame(columnNames(header.fields).map((name, across) => inferColumn(name, texts(across))));
}

/** What getDummies takes by name. */
export interface DummyOptions {
  /** Whether each text column also gets an indicator of missing values, `NAME_nan`. */
  readonly dummyNa?: boolean;
}

/**
 * One-hot columns of 0 and 1 for each text column, named `NAME_CATEGORY`, categories sorted: first the other columns
 * unchanged, then the indicators. A missing value is 0 in all of them, but for `NAME_nan` with `dummyNa`.
 * https://pandas.pydata.org/docs/reference/api/pandas.get_dummies.html
 */
export function getDummies(frame: DataFrame, options: DummyOptions = {}): DataFrame {
  if (!((frame as unknown) instanceof DataFrame)) {
    throw new ArgumentError({
      op: 'data.getDummies',
      fact: `frame is ${describe(frame)}`,
      rule: 'it must be a DataFrame',
      cure: 'Make one: data.readCsv(text).',
    });
  }
  for (const [key, value] of Object.entries(options ?? {})) {
    if (key === 'dummyNa' && (typeof value === 'boolean' || value === undefined)) continue;
    throw new ArgumentError({
      op: 'data.getDummies',
      fact: key === 'dummyNa' ? `dummyNa is ${String(value)}` : `'${key}' is not an option`,
      rule: 'the one option is dummyNa, true or false',
      cure: 'Write data.getDummies(frame, { dummyNa: true }).',
    });
  }
  const columns = DataFrame.columnsOf(frame);
  const encoded: Column[] = columns.filter((column) => column.dtype !== 'object');
  for (const column of columns) {
    if (column.dtype !== 'object') continue;
    const categories: Cell[] = [...new Set(column.values)].filter((value) => value !== null).sort(compareCells);
    if (options?.dummyNa === true) categories.push(null);
    for (const category of categories) {
      const values = Float64Array.from(column.values, (value) => (value === category ? 1 : 0));
      encoded.push({ name: `${column.name}_${categoryText(category)}`, dtype: 'uint8', values });
    }
  }
  return new DataFrame(encoded, frame.index);
}

/** A category as Python's str() writes it, which pandas puts into the column's name. */
function categoryText(category: Cell): string {
  if (category === null) return 'nan';
  if (typeof category === 'boolean') return category ? 'True' : 'False';
  return String(category);
}

/** Python's order: numbers and booleans by value before text, text by code point (JavaScript's `<` goes by UTF-16 unit). */
function compareCells(a: Cell, b: Cell): number {
  if (typeof a !== 'string' || typeof b !== 'string') {
    if (typeof a === 'string') return 1;
    return typeof b === 'string' ? -1 : Number(a) - Number(b);
  }
  const left = Array.from(a);
  const right = Array.from(b);
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const difference = left[at].codePointAt(0)! - right[at].codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/**
 * The table as pandas prints it: the index on the left, columns right-aligned under their names, two spaces before numbers
 * and one before names of text columns. Above 60 rows the first and last five stand, dots between them, the size below.
 */
function frameText(columns: readonly Column[], index: readonly number[]): string {
  if (columns.length === 0 || index.length === 0) {
    return `Empty DataFrame\nColumns: [${columns.map(({ name }) => name).join(', ')}]\nIndex: [${index.join(', ')}]`;
  }
  const cut = index.length > 60;
  const shown = cut ? [0, 1, 2, 3, 4, -5, -4, -3, -2, -1].map((row) => (row < 0 ? row + index.length : row)) : null;
  const labels = ['', ...(shown?.map((row) => index[row]) ?? index).map(String)];
  const left = Math.max(...labels.map((label) => label.length));
  const blocks = [labels.map((label) => label.padEnd(left))];
  for (const column of columns) {
    const header = column.dtype === 'object' ? column.name : ` ${column.name}`;
    const cells = cellTexts(shown === null ? column : take(column, shown));
    const width = Math.max(header.length, ...cells.map((cell) => cell.length));
    blocks.push([header, ...cells].map((cell) => cell.padStart(width)));
  }
  if (cut) {
    blocks.forEach((block, at) => {
      const width = block[0].length;
      const dots = width > 3 ? '...' : '..';
      block.splice(6, 0, at === 0 ? dots.padEnd(width) : dots.padStart(width));
    });
  }
  const lines = blocks[0].map((_, line) => blocks.map((block) => block[line]).join(' '));
  return lines.join('\n') + (cut ? `\n\n[${index.length} rows x ${columns.length} columns]` : '');
}

/**
 * The cells of a column as pandas writes them, each with a leading place for a minus sign; but a number among text stands
 * as JavaScript writes it, 2 where pandas may print 2.0: an object cell does not know what column it came from.
 */
function cellTexts(column: Column): string[] {
  if (column.dtype === 'float64') return floatTexts(column.values);
  const texts = Array.from({ length: column.values.length }, (_, row) => {
    const value = cellOf(column, row);
    if (typeof value === 'string') return value.replace(/[\t\r\n]/g, (character) => escapes[character]);
    return value === null ? 'NaN' : categoryText(value);
  });
  return texts.map((text) => {
    const signed = column.dtype !== 'object' && text.startsWith('-') ? text : ` ${text}`;
    // display.max_colwidth is 50.
    return signed.length > 50 ? `${signed.slice(0, 47)}...` : signed;
  });
}

const escapes: Readonly<Record<string, string>> = { '\t': '\\t', '\r': '\\r', '\n': '\\n' };

/**
 * Six decimals, less the zeros that all values end with; scientific where a value would vanish (below 1e-6), or where one
 * above 1e6 makes the column wider than 12. https://pandas.pydata.org/docs/user_guide/options.html (display.precision)
 */
function floatTexts(values: Float64Array): string[] {
  const write = (digits: (value: number) => string): string[] =>
    Array.from(values, (value) => {
      if (Number.isNaN(value)) return 'NaN';
      if (!Number.isFinite(value)) return value > 0 ? ' inf' : '-inf';
      return value < 0 ? digits(value) : ` ${digits(value)}`;
    });
  const finite = values.filter(Number.isFinite).map(Math.abs);
  // The most decimals that any value needs, at least one. (From 1e21 on toFixed itself turns scientific.)
  const needed = Array.from(finite, (value) => /\.(\d*?)0*$/.exec(value.toFixed(6))?.[1].length ?? 1);
  const decimals = Math.max(1, ...needed);
  const texts = write((value) => value.toFixed(decimals));
  const wide = texts.some((text) => text.length > 12 || text.includes('e'));
  const vanishing = finite.some((value) => value > 0 && value < 1e-6);
  if (!vanishing && !(wide && finite.some((value) => value > 1e6))) return texts;
  return write((value) =>
    value.toExponential(6).replace(/e([+-])(\d)$/, (_, sign: string, digit: string) => `e${sign}0${digit}`),
  );
}
