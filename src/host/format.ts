// PyTorch's printed form of a tensor, to the letter, as a pure function of its values; and the state of
// `set_printoptions`. Knows nothing of tensors, devices or autograd: callers bring the parts of the suffix as text.
// https://pytorch.org/docs/stable/generated/torch.set_printoptions.html

import { ArgumentError } from '../errors.ts';
import { isFloat, type DType } from '../dtype.ts';

export interface PrintOptions {
  /** Digits after the point. */
  precision: number;
  /** Tensors of more elements are summarised. */
  threshold: number;
  /** What a summary shows at either end of a dimension. */
  edgeitems: number;
  /** Characters of a line. */
  linewidth: number;
  /** Scientific notation always, never, or (null) where the values ask for it. */
  sciMode: boolean | null;
}

/** The options in force; written by `setPrintOptions` only. */
export const printOptions: PrintOptions = {
  precision: 4,
  threshold: 1000,
  edgeitems: 3,
  linewidth: 80,
  sciMode: null,
};

const profiles = {
  default: { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80 },
  short: { precision: 2, threshold: 1000, edgeitems: 2, linewidth: 80 },
  full: { precision: 4, threshold: Infinity, edgeitems: 3, linewidth: 80 },
} as const;

/** The name of a set of options. */
export type PrintProfile = keyof typeof profiles;

/**
 * A profile first, then the single options over it. `sciMode` goes back to automatic with each call that does not name it,
 * as in PyTorch.
 */
export function setPrintOptions(profile: PrintProfile | null, single: Partial<PrintOptions>): void {
  const next: PrintOptions = { ...printOptions, ...(profile === null ? {} : profiles[profile]), sciMode: null };
  if (single.precision !== undefined) next.precision = single.precision;
  if (single.threshold !== undefined) next.threshold = single.threshold;
  if (single.edgeitems !== undefined) next.edgeitems = single.edgeitems;
  if (single.linewidth !== undefined) next.linewidth = single.linewidth;
  if (single.sciMode !== undefined) next.sciMode = single.sciMode;
  const bounds = [
    ['precision', next.precision, 0, 'between 0 and 99'],
    ['edgeitems', next.edgeitems, 1, 'of 1 or more'],
  ] as const;
  for (const [name, value, least, range] of bounds) {
    if (!Number.isInteger(value) || value < least || (name === 'precision' && value > 99)) {
      throw new ArgumentError({ op: 'setPrintoptions', fact: `${name} = ${value}`, rule: `it is an integer ${range}` });
    }
  }
  Object.assign(printOptions, next);
}

/** '-' of negative numbers, negative zero among them. */
function signOf(value: number): string {
  return value < 0 || Object.is(value, -0) ? '-' : '';
}

/** `digits` with its last character dropped if what remains is even: the rounding of an exact tie. */
function towardsEven(rounded: string, withFive: string): string {
  const cut = withFive.slice(0, -1);
  return '02468'.includes(cut.at(-1) === '.' ? cut.at(-2)! : cut.at(-1)!) ? cut : rounded;
}

/**
 * Python's `'{:.<precision>f}'`: the exact binary value, ties to even. `toFixed` is exact as well, but sends ties away
 * from zero. A tie has at most precision + 1 decimals, so that value * 2^(precision + 1) is whole; that product is
 * exact.
 */
export function formatFixed(value: number, precision: number): string {
  if (!Number.isFinite(value)) return pythonSpecial(value);
  const size = Math.abs(value);
  // Doubles from 1e21 on are whole; toFixed would switch to an exponent there.
  if (size >= 1e21) return `${signOf(value)}${BigInt(size)}${precision > 0 ? `.${'0'.repeat(precision)}` : ''}`;
  let text = size.toFixed(precision);
  if (Number.isInteger(size * 2 ** (precision + 1))) {
    const longer = size.toFixed(precision + 1);
    if (longer.endsWith('5')) text = towardsEven(text, longer).replace(/\.$/, '');
  }
  return signOf(value) + text;
}

/**
 * Python's `'{:.<precision>e}'`: as `toExponential`, but ties to even and at least two digits of exponent. A tie is
 * recognised by its digits: ...5 and nothing but zeros in a hundred decimals.
 */
export function formatScientific(value: number, precision: number): string {
  if (!Number.isFinite(value)) return pythonSpecial(value);
  const size = Math.abs(value);
  let [mantissa, exponent] = size.toExponential(precision).split('e') as [string, string];
  const [longer, sameExponent] = size.toExponential(precision + 1).split('e') as [string, string];
  if (longer.endsWith('5')) {
    const digits = size.toExponential(100).split('e')[0]!;
    if (digits.startsWith(longer) && /^0*$/.test(digits.slice(longer.length))) {
      const even = towardsEven(mantissa, longer).replace(/\.$/, '');
      // Rounding down keeps the exponent of the exact value; rounding up may have carried into the next.
      if (even !== mantissa) [mantissa, exponent] = [even, sameExponent];
    }
  }
  return `${signOf(value)}${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

function pythonSpecial(value: number): string {
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

/** How the numbers of one tensor are written: chosen once from all that will be shown, so that columns line up. */
interface NumberStyle {
  readonly width: number;
  readonly text: (value: number) => string;
}

/**
 * PyTorch's choice: whole floats as `12.`; scientific if the magnitudes span more than 1e3, exceed 1e8, or (unless all
 * are whole) fall below 1e-4. Zeros and non-finite values have no say, neither in the style nor in the width.
 */
function styleOf(values: readonly number[], dtype: DType): NumberStyle {
  if (!isFloat(dtype)) {
    const text = dtype === 'bool' ? (value: number) => (value === 0 ? 'False' : 'True') : (value: number) => `${value}`;
    return { width: values.reduce((width, value) => Math.max(width, text(value).length), 1), text };
  }
  const { precision, sciMode } = printOptions;
  const counted = values.filter((value) => Number.isFinite(value) && value !== 0);
  const wholeText = (value: number): string => formatFixed(value, 0) + (Number.isFinite(value) ? '.' : '');
  if (counted.length === 0) return { width: 1, text: wholeText };
  let least = Infinity;
  let most = 0;
  let whole = true;
  for (const value of counted) {
    least = Math.min(least, Math.abs(value));
    most = Math.max(most, Math.abs(value));
    whole &&= Number.isInteger(value);
  }
  const fixedText = whole ? wholeText : (value: number): string => formatFixed(value, precision);
  const scientificText = (value: number): string => formatScientific(value, precision);
  const scientific = most / least > 1000 || most > 1e8 || (!whole && least < 1e-4);
  // An imposed sciMode changes the notation but not the width, which PyTorch measures before it.
  const measured = scientific ? scientificText : fixedText;
  const width = counted.reduce((longest, value) => Math.max(longest, measured(value).length), 1);
  return { width, text: (sciMode ?? scientific) ? scientificText : fixedText };
}

/** The positions of a dimension that are shown: all, or `edgeitems` at either end. */
function shownOf(size: number, summarize: boolean): number[] {
  const { edgeitems } = printOptions;
  if (!summarize || size <= 2 * edgeitems) return Array.from({ length: size }, (_, i) => i);
  return Array.from({ length: 2 * edgeitems }, (_, i) => (i < edgeitems ? i : size - 2 * edgeitems + i));
}

/** The offsets into C-order data of all elements that are shown. */
function shownOffsets(shape: readonly number[], summarize: boolean): number[] {
  return shape.reduce<number[]>(
    (offsets, size) => {
      const shown = shownOf(size, summarize);
      return offsets.flatMap((offset) => shown.map((i) => offset * size + i));
    },
    [0],
  );
}

/** One layout pass: `indent` counts the characters left of the opening bracket. */
function layout(
  shape: readonly number[],
  data: ArrayLike<number>,
  offset: number,
  indent: number,
  summarize: boolean,
  style: NumberStyle,
): string {
  const item = (at: number): string => style.text(data[at]!).padStart(style.width);
  if (shape.length === 0) return item(offset);
  const [size, ...rest] = shape as [number, ...number[]];
  const shown = shownOf(size, summarize);
  const newline = `\n${' '.repeat(indent + 1)}`;
  if (rest.length === 0) {
    const items = shown.map((i) => item(offset + i));
    if (shown.length < size) items.splice(printOptions.edgeitems, 0, ' ...');
    const perLine = Math.max(1, Math.floor((printOptions.linewidth - indent) / (style.width + 2)));
    const lines: string[] = [];
    for (let i = 0; i < items.length; i += perLine) lines.push(items.slice(i, i + perLine).join(', '));
    return `[${lines.join(`,${newline}`)}]`;
  }
  const stride = rest.reduce((product, length) => product * length, 1);
  const parts = shown.map((i) => layout(rest, data, offset + i * stride, indent + 1, summarize, style));
  if (shown.length < size) parts.splice(printOptions.edgeitems, 0, '...');
  // Matrices are one line apart, cubes two, and so on.
  return `[${parts.join(`,${'\n'.repeat(rest.length - 1)}${newline}`)}]`;
}

/** What PyTorch calls our dtypes: int32 stands for its int64. */
function torchName(dtype: DType): string {
  return `torch.${dtype === 'int32' ? 'int64' : dtype}`;
}

export interface FormatInput {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** All elements in C order; bool as 0 and 1. */
  readonly data: ArrayLike<number>;
  /** `AddBackward0`: the name of the node that made the tensor, if it has one. */
  readonly gradFn?: string | undefined;
  readonly requiresGrad?: boolean | undefined;
  /** Printed when given; leave it out for the default device. */
  readonly device?: string | undefined;
  readonly defaultDtype?: DType | undefined;
}

/** `repr(tensor)` of PyTorch. */
export function formatTensor(input: FormatInput): string {
  const { shape, dtype, data, defaultDtype = 'float32' } = input;
  const prefix = 'tensor(';
  const indent = prefix.length;
  const size = shape.reduce((product, length) => product * length, 1);
  const suffixes: string[] = [];
  if (input.device !== undefined) suffixes.push(`device='${input.device}'`);
  let body = '[]';
  if (size === 0) {
    // No element tells shape or dtype: both are spelled out, but for the shape of a vector.
    if (shape.length !== 1) suffixes.push(`size=(${shape.join(', ')})`);
    if (dtype !== defaultDtype) suffixes.push(`dtype=${torchName(dtype)}`);
  } else {
    if (dtype !== defaultDtype && dtype !== 'int32' && dtype !== 'bool') suffixes.push(`dtype=${torchName(dtype)}`);
    const summarize = size > printOptions.threshold;
    const values = shownOffsets(shape, summarize).map((offset) => data[offset]!);
    body = layout(shape, data, 0, indent, summarize, styleOf(values, dtype));
  }
  if (input.gradFn !== undefined) suffixes.push(`grad_fn=<${input.gradFn}>`);
  else if (input.requiresGrad === true) suffixes.push('requires_grad=True');
  return addSuffixes(prefix + body, suffixes, indent);
}

/** Suffixes follow on the last line while they fit; PyTorch counts that line two characters longer than it is. */
function addSuffixes(text: string, suffixes: readonly string[], indent: number): string {
  let result = text;
  let used = text.length - text.lastIndexOf('\n') + 1;
  for (const suffix of suffixes) {
    if (used + suffix.length + 2 > printOptions.linewidth) {
      result += `,\n${' '.repeat(indent)}${suffix}`;
      used = indent + suffix.length;
    } else {
      result += `, ${suffix}`;
      used += suffix.length + 2;
    }
  }
  return `${result})`;
}
