// The printed form of tensors against PyTorch 1.13: test/golden/print.json (its data cases) and print-more.json
// (scalars of every magnitude, ties, special values, summaries, wrapped suffixes, print options).
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { hostArrayFrom, type DType } from '../../src/dtype.ts';
import { ArgumentError } from '../../src/errors.ts';
import { formatFixed, formatScientific, formatTensor, printOptions } from '../../src/host/format.ts';
import { setPrintoptions } from '../../src/index.ts';

type Encoded = number | 'nan' | 'inf' | '-inf';

interface Printed {
  readonly tensor?: readonly number[];
  readonly dtype: DType;
  readonly data: readonly Encoded[];
  readonly options?: Partial<typeof printOptions>;
  readonly gradFn?: string;
  readonly requiresGrad?: boolean;
  readonly repr: string;
}

const special = { nan: NaN, inf: Infinity, '-inf': -Infinity } as const;

function printedRows(file: string): readonly Printed[] {
  const url = new URL(`../golden/${file}`, import.meta.url);
  const rows = JSON.parse(readFileSync(url, 'utf8')) as readonly Printed[];
  return rows.filter((row) => row.tensor !== undefined);
}

afterEach(() => setPrintoptions({ profile: 'default' }));

const rows = ['print.json', 'print-more.json'].flatMap((file) =>
  printedRows(file).map((row, i) => [file, i, `${row.dtype} [${row.tensor!.join(', ')}]`, row] as const),
);

test.each(rows)('%s %i: %s', (_file, _index, _name, row) => {
  if (row.options !== undefined) setPrintoptions(row.options);
  const values = row.data.map((value) => (typeof value === 'number' ? value : special[value]));
  const text = formatTensor({
    shape: row.tensor!,
    dtype: row.dtype,
    data: hostArrayFrom(row.dtype, values),
    gradFn: row.gradFn,
    requiresGrad: row.requiresGrad,
  });
  expect(text).toBe(row.repr);
});

test('all data cases are there', () => {
  expect(rows.length).toBe(45 + 86);
});

test('the device comes first; the default dtype is not named, another one is', () => {
  const parts = { shape: [1], data: [1.5], requiresGrad: true };
  expect(formatTensor({ ...parts, dtype: 'float32', device: 'cuda:0' })).toBe(
    "tensor([1.5000], device='cuda:0', requires_grad=True)",
  );
  expect(formatTensor({ shape: [1], data: [1.5], dtype: 'float64', defaultDtype: 'float64' })).toBe('tensor([1.5000])');
  expect(formatTensor({ shape: [1], data: [1.5], dtype: 'float32', defaultDtype: 'float64' })).toBe(
    'tensor([1.5000], dtype=torch.float32)',
  );
});

// Left Python's '{:.<precision>f}', right its '{:.<precision>e}'.
const pythonNumbers: readonly (readonly [number, number, string, string])[] = [
  [0.5, 0, '0', '5e-01'],
  [1.5, 0, '2', '2e+00'],
  [2.5, 0, '2', '2e+00'],
  [0.03125, 4, '0.0312', '3.1250e-02'],
  [0.09375, 4, '0.0938', '9.3750e-02'],
  [-0.03125, 4, '-0.0312', '-3.1250e-02'],
  [123445, 4, '123445.0000', '1.2344e+05'],
  [123455, 4, '123455.0000', '1.2346e+05'],
  [9.5, 0, '10', '1e+01'],
  [8.5, 0, '8', '8e+00'],
  [1e22, 2, '10000000000000000000000.00', '1.00e+22'],
  [2 ** 70, 0, '1180591620717411303424', '1e+21'],
  [1e-7, 4, '0.0000', '1.0000e-07'],
  [-1e-7, 4, '-0.0000', '-1.0000e-07'],
  [-0, 2, '-0.00', '-0.00e+00'],
  [2 ** 100, 1, '1267650600228229401496703205376.0', '1.3e+30'],
  [1e-300, 1, '0.0', '1.0e-300'],
  [NaN, 3, 'nan', 'nan'],
  [-Infinity, 3, '-inf', '-inf'],
];

test.each(pythonNumbers)('%d with precision %i as Python writes it', (value, precision, fixed, scientific) => {
  expect(formatFixed(value, precision)).toBe(fixed);
  expect(formatScientific(value, precision)).toBe(scientific);
});

test('setPrintoptions: a profile, single options over it, sciMode back to automatic', () => {
  setPrintoptions({ profile: 'short', linewidth: 60 });
  expect(printOptions).toEqual({ precision: 2, threshold: 1000, edgeitems: 2, linewidth: 60, sciMode: null });
  setPrintoptions({ sciMode: true });
  expect(printOptions.sciMode).toBe(true);
  setPrintoptions({ precision: 3 });
  expect(printOptions).toEqual({ precision: 3, threshold: 1000, edgeitems: 2, linewidth: 60, sciMode: null });
  setPrintoptions({ profile: 'full' });
  expect(printOptions.threshold).toBe(Infinity);
});

test('setPrintoptions refuses what cannot be printed and changes nothing', () => {
  const before = { ...printOptions };
  expect(() => setPrintoptions({ precision: 1.5, linewidth: 10 })).toThrow(ArgumentError);
  expect(() => setPrintoptions({ edgeitems: 0 })).toThrow(
    '[setPrintoptions] edgeitems = 0: it is an integer of 1 or more.',
  );
  expect(printOptions).toEqual(before);
});
