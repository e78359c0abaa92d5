// What a data frame asks of the columns and labels that it is made of. Knows nothing of frames.

import { ArgumentError, ShapeError } from '../errors.ts';
import { describe, isPlainObject } from '../core/signature.ts';
import type { Column } from './csv.ts';

const numeric: readonly unknown[] = ['int64', 'float64', 'uint8', 'bool'];

function fault(fact: string, rule: string): ArgumentError {
  const cure = "For example { name: 'x', dtype: 'float64', values: new Float64Array([1, 2]) }, or data.readCsv(text).";
  return new ArgumentError({ op: 'data.DataFrame', fact, rule, cure });
}

function requireColumn(column: unknown, at: number): asserts column is Column {
  if (!isPlainObject(column)) throw fault(`column ${at} is ${describe(column)}`, 'it has a name, a dtype and values');
  const { name, dtype, values } = column;
  if (typeof name !== 'string') throw fault(`the name of column ${at} is ${describe(name)}`, 'it must be a string');
  if (dtype !== 'object' && !numeric.includes(dtype)) {
    throw fault(`the dtype of column '${name}' is ${describe(dtype)}`, `it must be ${numeric.join(', ')} or object`);
  }
  if (dtype === 'object' ? Array.isArray(values) : values instanceof Float64Array) return;
  const wanted = dtype === 'object' ? 'a list' : 'a Float64Array';
  throw fault(
    `the values of column '${name}' are ${describe(values)}`,
    `of dtype ${String(dtype)} they must be ${wanted}`,
  );
}

/** The number of rows of columns with these labels; throws where they make no frame. */
export function requireColumns(columns: unknown, index: unknown): number {
  if (!Array.isArray(columns)) throw fault(`columns is ${describe(columns)}`, 'it must be a list of columns');
  for (const [at, column] of columns.entries()) requireColumn(column, at);
  const list = columns as readonly Column[];
  if (index !== undefined && !(Array.isArray(index) && index.every((label) => typeof label === 'number'))) {
    throw fault(`index is ${describe(index)}`, 'it must be a list of numbers, a label for each row');
  }
  const rows = (index as readonly number[] | undefined)?.length ?? list[0]?.values.length ?? 0;
  for (const { name, values } of list) {
    if (values.length === rows) continue;
    throw new ShapeError({
      op: 'data.DataFrame',
      fact: `column '${name}' has ${values.length} rows, the frame has ${rows}`,
      rule: 'all columns have one value for each row',
    });
  }
  return rows;
}
