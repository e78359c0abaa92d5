// The csv parser and the data frame, against what pandas documents for the same text. No device takes part.
import { describe, expect, test } from 'vitest';
import { columnNames, parseCsv } from '../../src/data/csv.ts';
import { DataFrame, getDummies, readCsv } from '../../src/data/frame.ts';
import { ArgumentError, DTypeError, IndexError, ParseError, ShapeError } from '../../src/errors.ts';

const house = 'NumRooms,RoofType,Price\nNA,NA,127500\n2,NA,106000\n4,Slate,178100\nNA,NA,140000\n';

/** What `run` throws; fails where it throws nothing. */
function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** A line of text for each argument. */
function lines(...texts: string[]): string {
  return texts.join('\n');
}

const fields = (text: string): (readonly string[])[] => parseCsv(text).map((row) => row.fields);

describe('parseCsv', () => {
  // prettier-ignore
  const readings: [name: string, text: string, rows: string[][]][] = [
    ['LF', 'a,b\n1,2\n', [['a', 'b'], ['1', '2']]],
    ['no last line end', 'a,b\n1,2', [['a', 'b'], ['1', '2']]],
    ['CRLF', 'a,b\r\n1,2\r\n', [['a', 'b'], ['1', '2']]],
    ['CR', 'a,b\r1,2\r', [['a', 'b'], ['1', '2']]],
    ['byte order mark', '\ufeffa,b\n1,2', [['a', 'b'], ['1', '2']]],
    ['byte order mark before a quote', '\ufeff"a",b', [['a', 'b']]],
    ['quotes', '"a","b"\n"1","2"', [['a', 'b'], ['1', '2']]],
    ['comma within quotes', '"a,b",c', [['a,b', 'c']]],
    ['doubled quotes', '"say ""yes""",""""', [['say "yes"', '"']]],
    ['line ends within quotes', '"a\nb","c\r\nd"\n1,2', [['a\nb', 'c\r\nd'], ['1', '2']]],
    ['empty fields', 'a,b,c\n,"",\n', [['a', 'b', 'c'], ['', '', '']]],
    ['last field empty at the end', 'a,b\n1,', [['a', 'b'], ['1', '']]],
    ['spaces belong to fields', 'a , b\n 1,2 ', [['a ', ' b'], [' 1', '2 ']]],
    ['blank lines', '\n\na\n\n1\n \t\n2\n\n', [['a'], ['1'], ['2']]],
    ['a quoted empty field is no blank line', 'a\n""\n2', [['a'], [''], ['2']]],
  ];
  test.each(readings)('%s', (_, text, wanted) => {
    expect(fields(text)).toEqual(wanted);
  });

  test('rows know the line they start on', () => {
    expect(parseCsv('\na,b\r\n"x\ny\r\nz",1\n\n2,3').map((row) => row.line)).toEqual([2, 3, 7]);
  });

  test.each([
    [
      'an empty text',
      '',
      1,
      '[data.readCsv] line 1 is the end of an empty text: the first line holds the column names. Check that the file was found and read.',
    ],
    ['blank lines alone', '\n \r\n', 1, /empty text/],
    [
      'an unclosed quote: the line where it opens',
      'a,b\n1,2\n3,"four\n5,6\n',
      3,
      '[data.readCsv] line 3 opens a quoted field that never closes: a field that begins with a quote ends with one. Close it, or write "" for a quote that belongs to the text.',
    ],
    ['a lone quote at the end', 'a\n"', 2, /line 2 opens a quoted field/],
    [
      'text after a closing quote',
      'a,b\n"one"two,3',
      2,
      `[data.readCsv] line 2 has 'two' after the closing quote of a field: a closing quote is followed by a comma or by the end of the line. Write "" for a quote that belongs to the text.`,
    ],
    ['text after a quote that opened earlier', 'a\n"one\n2" x', 3, /line 3 has ' x' after .* \(opened on line 2\)/],
    [
      'a quote in an unquoted field',
      'a\n5" pipe',
      2,
      `[data.readCsv] line 2 has a quote within the unquoted field '5"': quotes stand around a whole field, with no space before them. Quote the field and double the quotes in it: "5"" pipe".`,
    ],
    ['a space before a quote', 'a,b\n1, "x, y"', 2, /within the unquoted field ' "'/],
    [
      'more fields than names',
      'a,b\n1,2\n\n1,2,3\n',
      4,
      '[data.readCsv] line 4 has 3 fields, the header on line 1 has 2: each row has one field for each column. Put quotes around a field that contains a comma: "a, b".',
    ],
    [
      'fewer fields than names',
      'a,b\n"1\n2",3\n4\n',
      4,
      '[data.readCsv] line 4 has 1 field, the header on line 1 has 2: each row has one field for each column. Leave a missing value empty, but keep its comma: a,,c.',
    ],
  ])('%s', (_, text, line, message) => {
    const error = thrown(() => parseCsv(text));
    expect(error).toBeInstanceOf(ParseError);
    expect((error as ParseError).line).toBe(line);
    if (typeof message === 'string') expect((error as ParseError).message).toBe(message);
    else expect((error as ParseError).message).toMatch(message);
  });

  test('a path or a thing that is not text', () => {
    expect(() => readCsv('data/house_tiny.csv')).toThrow(ArgumentError);
    expect(() => readCsv('https://example.org/house')).toThrow(/is the name of a file/);
    expect(() => readCsv(null as unknown as string)).toThrow(/the argument is null: readCsv takes the text/);
  });

  test('column names become unique as in pandas', () => {
    expect(columnNames(['a', 'a', 'a'])).toEqual(['a', 'a.1', 'a.2']);
    expect(columnNames(['a', 'a', 'a.1'])).toEqual(['a', 'a.2', 'a.1']);
    expect(columnNames(['', 'b', ''])).toEqual(['Unnamed: 0', 'b', 'Unnamed: 2']);
  });
});

describe('types of columns', () => {
  const dtype = (...texts: string[]): string =>
    readCsv(['x', ...texts.map((text) => `"${text}"`)].join('\n')).dtypes[0];

  test.each([
    ['int64', ['1', '-2', '+3', ' 4 ']],
    ['float64', ['1', 'NA']],
    ['float64', ['1', '2.5']],
    ['float64', ['1e3', '.5', '2.', '-inf', 'Infinity']],
    ['float64', ['NA', '']],
    ['float64', ['9007199254740993']],
    ['bool', ['True', 'FALSE', 'true']],
    ['object', ['True', 'NA']],
    ['object', ['True', '1']],
    ['object', ['1', 'x']],
    ['object', ['1', ' NA']],
    ['object', ['0x10']],
    ['object', ['1_000']],
    ['object', ['1e']],
    ['object', ['-']],
    ['object', []],
  ])('%s of %j', (wanted, texts) => {
    expect(dtype(...texts)).toBe(wanted);
  });

  test('what counts as missing, quoted or not', () => {
    const texts = [
      'NA',
      'N/A',
      'NaN',
      'nan',
      'null',
      'NULL',
      'None',
      '#N/A',
      'n/a',
      '<NA>',
      '-nan',
      '#NA',
      '""',
      '"NA"',
    ];
    const frame = readCsv(lines('x,y', ...texts.map((text) => `${text},a`), 'na,b', 'none,c', 'NAN,d'));
    expect(texts.map((_, row) => frame.at(row, 'x'))).toEqual(texts.map(() => null));
    expect(frame.iloc('-3:', 0).toString()).toBe(lines('       x', '14    na', '15  none', '16   NAN'));
  });

  test('values', () => {
    const frame = readCsv('i,f,b,t\n1,NA,True,x\n-2,1e-3,False,None\n3,-inf,true,"a ""b"""\n');
    expect(frame.dtypes).toEqual(['int64', 'float64', 'bool', 'object']);
    expect([0, 1, 2].map((row) => frame.at(row, 'i'))).toEqual([1, -2, 3]);
    expect([0, 1, 2].map((row) => frame.at(row, 'f'))).toEqual([NaN, 0.001, -Infinity]);
    expect([0, 1, 2].map((row) => frame.at(row, 'b'))).toEqual([true, false, true]);
    expect([0, 1, 2].map((row) => frame.at(row, 't'))).toEqual(['x', null, 'a "b"']);
    expect(frame.iat(-1, -1)).toBe('a "b"');
  });
});

describe('iloc', () => {
  const frame = readCsv('a,b,c\n0,10,20\n1,11,21\n2,12,22\n3,13,23\n4,14,24\n');
  const rows = (selector: Parameters<DataFrame['iloc']>[0]): number[] => frame.iloc(selector).index;

  // The middle column is Python: list(range(5))[...].
  test.each([
    [':', [0, 1, 2, 3, 4]],
    [null, [0, 1, 2, 3, 4]],
    ['1:3', [1, 2]],
    [' 1 : 3 ', [1, 2]],
    ['-2:', [3, 4]],
    [':-2', [0, 1, 2]],
    ['::2', [0, 2, 4]],
    ['::-1', [4, 3, 2, 1, 0]],
    ['3:0:-2', [3, 1]],
    ['-1:-4:-1', [4, 3, 2]],
    ['2::-1', [2, 1, 0]],
    [':2:-1', [4, 3]],
    ['9:', []],
    ['-9:2', [0, 1]],
    [':99', [0, 1, 2, 3, 4]],
    ['99::-3', [4, 1]],
    ['3:1', []],
    [{ start: 1, stop: 4, step: 2 }, [1, 3]],
    [{ stop: 2 }, [0, 1]],
    [{ start: null, stop: null, step: -2 }, [4, 2, 0]],
    [{}, [0, 1, 2, 3, 4]],
    [2, [2]],
    [-1, [4]],
    ['3', [3]],
    [
      [4, 0, -5, 2],
      [4, 0, 0, 2],
    ],
    [[], []],
  ])('rows %j', (selector, wanted) => {
    expect(rows(selector)).toEqual(wanted);
  });

  test('columns, and both at once', () => {
    expect(frame.iloc(':', 2).columns).toEqual(['c']);
    expect(frame.iloc(':', 2).shape).toEqual([5, 1]);
    expect(frame.iloc('1:3', '::-2').columns).toEqual(['c', 'a']);
    expect(frame.iloc('1:3', '::-2').values()).toEqual(new Float64Array([21, 1, 22, 2]));
    expect(frame.iloc([-1, 0], [1]).values()).toEqual(new Float64Array([14, 10]));
    expect(frame.iloc(':', []).shape).toEqual([5, 0]);
    expect(frame.head(2).shape).toEqual([2, 3]);
    expect(frame.head(-2).shape).toEqual([3, 3]);
    expect(frame.head().shape).toEqual([5, 3]);
  });

  test('rows keep their labels; at goes by label, iat by position', () => {
    const cut = frame.iloc('3:').iloc('::-1');
    expect(cut.index).toEqual([4, 3]);
    expect(cut.at(3, 'b')).toBe(13);
    expect(cut.iat(0, 1)).toBe(14);
    expect(cut.toString()).toBe(lines('   a   b   c', '4  4  14  24', '3  3  13  23'));
  });

  test('bad selectors', () => {
    expect(() => frame.iloc(5)).toThrow(IndexError);
    expect(() => frame.iloc(':', -4)).toThrow(
      '[iloc] column -4 is out of range for 3 columns: positions go from 0, or from -1 at the end. A range stops at the ends of the frame by itself.',
    );
    expect(() => frame.iloc([0, 7])).toThrow(/row 7 is out of range for 5 rows/);
    expect(() => frame.iloc(0.5)).toThrow(ArgumentError);
    expect(() => frame.iloc('::0')).toThrow(/the step of the range of rows is 0/);
    expect(() => frame.iloc({ start: NaN })).toThrow(/the range of rows holds NaN/);
    expect(() => frame.iloc(':', 'c')).toThrow(/'c' does not select columns/);
    expect(() => frame.iloc('0:2, 1')).toThrow(/'0:2, 1' does not select rows/);
    expect(() => frame.at(0, 'd')).toThrow('The columns are a, b, c.');
    expect(() => frame.iloc('2:').at(0, 'a')).toThrow(/no row is labelled 0/);
    expect(() => frame.iat(0, 3)).toThrow(IndexError);
  });
});

describe('fillna and mean', () => {
  const frame = readCsv('n,t,b,e,i\nNA,x,True,NA,1\n2,NA,NA,NA,2\n4,y,False,NA,6\n');

  test('mean takes numbers and booleans, and leaves missing values out', () => {
    expect(frame.mean()).toEqual({ n: 3, e: NaN, i: 3 });
    expect(readCsv('b\nTrue\nFalse\nTrue\nTrue').mean()).toEqual({ b: 0.75 });
    expect(readCsv('a,b\n').mean()).toEqual({});
  });

  test('one value for all columns', () => {
    const filled = frame.fillna(0);
    expect(filled.iloc(0).toString()).toBe(lines('     n  t     b    e  i', '0  0.0  x  True  0.0  1'));
    expect(filled.at(1, 't')).toBe(0);
    expect(filled.dtypes).toEqual(['float64', 'object', 'object', 'float64', 'int64']);
    expect(frame.at(0, 'n')).toBeNaN();
  });

  test('a value for each column; others keep their gaps', () => {
    const filled = frame.fillna({ n: -1, t: 'none', absent: 7 });
    expect([0, 1, 2].map((row) => filled.at(row, 'n'))).toEqual([-1, 2, 4]);
    expect([0, 1, 2].map((row) => filled.at(row, 't'))).toEqual(['x', 'none', 'y']);
    expect(filled.at(1, 'b')).toBeNull();
    expect(filled.at(1, 'e')).toBeNaN();
  });

  test('the means of the frame; a column without values keeps NaN', () => {
    const filled = frame.fillna(frame.mean());
    expect(filled.at(0, 'n')).toBe(3);
    expect(filled.at(0, 'e')).toBeNaN();
  });

  test('text in a column of numbers makes it an object column, but only where something is missing', () => {
    expect(frame.fillna('?').dtypes).toEqual(['object', 'object', 'object', 'object', 'int64']);
    expect(frame.fillna('?').iloc(':', 0).toString()).toBe(lines('   n', '0  ?', '1  2', '2  4'));
  });

  test('bad fills', () => {
    expect(() => frame.fillna(null as unknown as number)).toThrow(/the fill is null: a fill is a value, or a record/);
    expect(() => frame.fillna([1] as unknown as number)).toThrow(/the fill is an array/);
    expect(() => frame.fillna(undefined as unknown as number)).toThrow(ArgumentError);
  });
});

describe('getDummies', () => {
  test('other columns first, then sorted categories for each text column', () => {
    const frame = readCsv('t,n,u,b\nb,1,y,True\na,2,NA,False\nB,3,y,True\n');
    const dummies = getDummies(frame);
    expect(dummies.columns).toEqual(['n', 'b', 't_B', 't_a', 't_b', 'u_y']);
    expect(dummies.dtypes).toEqual(['int64', 'bool', 'uint8', 'uint8', 'uint8', 'uint8']);
    // prettier-ignore
    expect(dummies.values()).toEqual(new Float64Array([1, 1, 0, 0, 1, 1,  2, 0, 0, 1, 0, 0,  3, 1, 1, 0, 0, 1]));
    expect(getDummies(frame, { dummyNa: true }).columns.slice(2)).toEqual('t_B t_a t_b t_nan u_y u_nan'.split(' '));
    expect(getDummies(frame, { dummyNa: false }).columns).toEqual(dummies.columns);
  });

  test('booleans with gaps, numbers among text, code points', () => {
    expect(getDummies(readCsv('b\nTrue\nNA\nFalse'), { dummyNa: true }).columns).toEqual([
      'b_False',
      'b_True',
      'b_nan',
    ]);
    expect(getDummies(readCsv('t\n"10"\nNA\nx').fillna(3)).columns).toEqual(['t_3', 't_10', 't_x']);
    expect(getDummies(readCsv('t\n\u{1f600}\n\uff5e\nab\na')).columns).toEqual([
      't_a',
      't_ab',
      't_\uff5e',
      't_\u{1f600}',
    ]);
  });

  test('labels stay, and a frame without text comes back equal', () => {
    expect(getDummies(readCsv('t\na\nb\nc').iloc('1:')).toString()).toBe(
      lines('   t_b  t_c', '1    1    0', '2    0    1'),
    );
    expect(getDummies(readCsv('n\n1\n2'), { dummyNa: true }).toString()).toBe(lines('   n', '0  1', '1  2'));
  });

  test('bad options', () => {
    const frame = readCsv(house);
    expect(() => getDummies(frame, { dummy_na: true } as object)).toThrow(
      "[data.getDummies] 'dummy_na' is not an option: the one option is dummyNa, true or false. Write data.getDummies(frame, { dummyNa: true }).",
    );
    expect(() => getDummies(frame, { dummyNa: 1 } as object)).toThrow(/dummyNa is 1/);
  });
});

describe('values and toTensor', () => {
  test('C order, booleans as 0 and 1, missing as NaN', () => {
    const frame = readCsv('n,b,g\n1.5,True,True\nNA,False,NA\n');
    expect(frame.values()).toEqual(new Float64Array([1.5, 1, 1, NaN, 0, NaN]));
    expect(readCsv('a,b\n').values()).toEqual(new Float64Array(0));
  });

  test('text is refused before any tensor is made', () => {
    const error = thrown(() => readCsv(house).toTensor());
    expect(error).toBeInstanceOf(DTypeError);
    expect((error as Error).message).toBe(
      "[toTensor] column 'RoofType' holds text: 'Slate' in row 2: a tensor holds numbers only. Encode text columns first: data.getDummies(frame, { dummyNa: true }), or leave them out with iloc.",
    );
    expect(() => readCsv(house).values()).toThrow(/^\[values\]/);
  });

  test('columns of unequal length', () => {
    const values = new Float64Array(2);
    expect(() => new DataFrame([{ name: 'a', dtype: 'float64', values }], [0])).toThrow(ShapeError);
  });
});

// Each text is what pandas prints for that frame (version 1 for dummies, which version 2 prints as False and True).
describe('toString', () => {
  test('the course: inputs, targets, dummies, filled', () => {
    const frame = readCsv(house);
    expect(frame.shape).toEqual([4, 3]);
    expect(frame.toString()).toBe(
      lines(
        '   NumRooms RoofType   Price',
        '0       NaN      NaN  127500',
        '1       2.0      NaN  106000',
        '2       4.0    Slate  178100',
        '3       NaN      NaN  140000',
      ),
    );
    const inputs = getDummies(frame.iloc(':', '0:2'), { dummyNa: true });
    expect(inputs.toString()).toBe(
      lines(
        '   NumRooms  RoofType_Slate  RoofType_nan',
        '0       NaN               0             1',
        '1       2.0               0             1',
        '2       4.0               1             0',
        '3       NaN               0             1',
      ),
    );
    const filled = inputs.fillna(inputs.mean());
    expect(`${filled}`).toBe(
      lines(
        '   NumRooms  RoofType_Slate  RoofType_nan',
        '0       3.0               0             1',
        '1       2.0               0             1',
        '2       4.0               1             0',
        '3       3.0               0             1',
      ),
    );
    expect(filled.values()).toEqual(new Float64Array([3, 0, 1, 2, 0, 1, 4, 1, 0, 3, 0, 1]));
    expect(frame.iloc(':', 2).values()).toEqual(new Float64Array([127500, 106000, 178100, 140000]));
  });

  test('signs, decimals, booleans, text', () => {
    expect(readCsv('i,f,b,t\n-1,0.5,True,x\n20,-1.25,False,long one\n').toString()).toBe(
      lines('    i     f      b         t', '0  -1  0.50   True         x', '1  20 -1.25  False  long one'),
    );
    expect(readCsv('a\n0.1234567\n3\n').toString()).toBe(lines('          a', '0  0.123457', '1  3.000000'));
    expect(readCsv('a\n1.5\ninf\n-inf\n').toString()).toBe(lines('     a', '0  1.5', '1  inf', '2 -inf'));
    expect(readCsv('a\nNA\n""\n').toString()).toBe(lines('    a', '0 NaN', '1 NaN'));
    expect(readCsv('t,u\n"a\tb\nc",1\n').toString()).toBe(lines('         t  u', '0  a\\tb\\nc  1'));
  });

  test('very small and very large numbers', () => {
    expect(readCsv('a\n1e-8\n1.5\n').toString()).toBe(lines('              a', '0  1.000000e-08', '1  1.500000e+00'));
    expect(readCsv('a\n1234567.25\n0.5\n').toString()).toBe(lines('            a', '0  1234567.25', '1        0.50'));
    expect(readCsv('a\n123456789.125\n0.5\n').toString()).toBe(
      lines('              a', '0  1.234568e+08', '1  5.000000e-01'),
    );
    expect(readCsv('a\n1e300\n').toString()).toBe(lines('               a', '0  1.000000e+300'));
    expect(readCsv('a\n1e21\n').toString()).toBe(lines('              a', '0  1.000000e+21'));
  });

  test('long text is cut to 50 places', () => {
    expect(
      readCsv(`t\n${'x'.repeat(80)}\n`)
        .toString()
        .split('\n')[1],
    ).toBe(`0  ${'x'.repeat(46)}...`);
  });

  test('more than 60 rows', () => {
    const text = lines('a,b', ...Array.from({ length: 100 }, (_, row) => `${row},x`));
    expect(readCsv(text).toString()).toBe(
      lines(
        '     a  b',
        '0    0  x',
        '1    1  x',
        '2    2  x',
        '3    3  x',
        '4    4  x',
        '..  .. ..',
        '95  95  x',
        '96  96  x',
        '97  97  x',
        '98  98  x',
        '99  99  x',
        '',
        '[100 rows x 2 columns]',
      ),
    );
  });

  test('no rows or no columns', () => {
    expect(readCsv('a,b\n').toString()).toBe('Empty DataFrame\nColumns: [a, b]\nIndex: []');
    expect(readCsv('a\n1\n2').iloc(':', []).toString()).toBe('Empty DataFrame\nColumns: []\nIndex: [0, 1]');
  });
});
