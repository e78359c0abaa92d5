// Special numbers through every pointwise operation: PyTorch's answers (golden/special-values.json) on zeros of both signs,
// denormals, the smallest and largest numbers, infinities and NaN, all pairs of them for two operands; and large angles.
import golden from '../golden/special-values.json';
import { tensor, Tensor } from '../../src/index.ts';
import { lookUp } from '../ops/samples.ts';
import { AssertionError, same } from '../support/expect.ts';
import { type Context, defineSuite } from '../support/suite.ts';

type Recorded = readonly [op: string, args: readonly unknown[], answers: string];

/** Below this are the denormals, which a GPU may take, and give, as zeros (WGSL, section 15.7.2). */
const SMALLEST_NORMAL = 2 ** -126;
const isDenormal = (x: number): boolean => x !== 0 && Math.abs(x) < SMALLEST_NORMAL;

const special: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: NaN };
const numbersIn = (text: string): number[] => text.split(' ').map((word) => special[word] ?? Number(word));

/** Where an answer may differ from PyTorch 1.13's: by how much at most, or (`at`) for which operands altogether. */
interface Deviation {
  readonly op: RegExp;
  readonly why: string;
  readonly at?: (inputs: readonly number[], wanted: number) => boolean;
  /** As much may be between the answers; the sign of zero then counts nothing. */
  readonly absolute?: number;
}

const huge = 1e10;
const deviations: readonly Deviation[] = [
  {
    op: /^(maximum|minimum|fmax|fmin|clamp.*)$/,
    absolute: 1e-45,
    why: 'of zeros of both signs either may be returned',
  },
  {
    op: /relu|elu$/,
    absolute: 1e-45,
    why: 'the sign of a zero of the activations depends on the width of the vectors',
  },
  { op: /i1e?$/, absolute: 1e-45, why: 'odd functions: of -0 they are -0' },
  { op: /gelu/, absolute: 3e-7, why: '1 + erf cancels in PyTorch' },
  { op: /sinc/, absolute: 3e-8, why: 'PyTorch rounds pi x before it takes the sine' },
  { op: /sinc/, at: ([x]) => Math.abs(x) > 1e38, why: 'pi x overflows in float32, on the CPU device it does not' },
  { op: /igamma/, absolute: 1e-7, why: 'one is 1 less the other' },
  { op: /igamma/, at: ([a]) => isDenormal(a) || a > 1e38, why: 'PyTorch overflows on the way' },
  { op: /log1p$/, at: ([x]) => x > 1e38, why: 'infinite in PyTorch, where it is 88.7' },
  {
    op: /polygamma/,
    at: ([x]) => x < 0 && Number.isInteger(x),
    why: 'a pole, where PyTorch divides by a rounded sine',
  },
  { op: /zeta/, at: ([s]) => s > 1e38, why: 'PyTorch multiplies 0 by infinity on the way' },
  { op: /bessel|airy/, absolute: 3e-7, why: 'of the amplitude, near the zeros' },
  { op: /bessel|airy/, at: ([x]) => Math.abs(x) >= huge, why: 'PyTorch loses the phase of the waves' },
  { op: /polynomial/, absolute: 1e-6, why: 'sums of terms around 1' },
  { op: /polynomial/, at: ([x], wanted) => Math.abs(x) >= huge && Number.isNaN(wanted), why: 'overflow in float32' },
  {
    op: /^lerp/,
    at: ([a, b]) => Math.abs(a - b) > 4e38,
    why: 'b - a overflows in float32, on the CPU device it does not',
  },
  {
    op: /^(floor_divide|remainder|fmod)$/,
    at: ([a, b], wanted) => Number.isNaN(wanted) && Math.abs(a / b) > 3.4e38 && b !== 0,
    why: 'NaN in PyTorch where the quotient overflows; remainders are exact here',
  },
];

/** Whether `got` stands for `wanted` to 1e-5 of it: NaN for NaN, infinities and zeros by their sign. */
function stands(got: number, wanted: number, relative: number, absolute: number): boolean {
  if (!Number.isFinite(wanted)) return Object.is(got, wanted);
  if (got === 0 && wanted === 0) return absolute > 0 || Object.is(got, wanted);
  if (Math.abs(wanted) <= SMALLEST_NORMAL && Math.abs(got - wanted) <= SMALLEST_NORMAL) return true;
  return Math.abs(got - wanted) <= absolute + relative * Math.abs(wanted);
}

const signed = (x: number): string => (Object.is(x, -0) ? '-0' : String(x));

/** The answers of a call, all its results behind each other. */
async function answersOf(op: string, inputs: readonly Tensor[], args: readonly unknown[]): Promise<number[]> {
  const call = lookUp(op);
  if (call === undefined) throw new AssertionError(`${op} does not exist`);
  const [first, ...others] = inputs;
  const result = await call(first, [...others, ...args]);
  const parts = result instanceof Tensor ? [result] : [...(result as Iterable<Tensor>)];
  const numbers = await Promise.all(parts.map((part) => part.numpy()));
  return numbers.flatMap((values) => Array.from(values));
}

/** Compares a recorded operation over rows of operands; the answers of zeros may stand for those of denormals on a GPU. */
async function check(recorded: Recorded, rows: readonly (readonly number[])[], { device }: Context) {
  const [op, args, text] = recorded;
  const wanted = numbersIn(text);
  const inputs = rows[0].map((_, at) => tensor(rows.map((row) => row[at])));
  const found = await answersOf(op, inputs, args);
  same(found.length, wanted.length, `${op}: number of answers`);
  const flushed = (row: readonly number[]): number[] => row.map((x) => (isDenormal(x) ? x * 0 : x));
  const place = (row: readonly number[]): number =>
    rows.findIndex((other) => other.every((x, at) => Object.is(x, row[at])));
  const known = deviations.filter((one) => one.op.test(op));
  const absolute = Math.max(0, ...known.map((one) => one.absolute ?? 0));
  const wrong: string[] = [];
  wanted.forEach((value, at) => {
    const row = rows[at % rows.length];
    if (stands(found[at], value, 1e-5, absolute)) return;
    if (known.some((one) => one.at?.(row, value) === true)) return;
    if (device === 'webgpu' && row.some(isDenormal)) {
      // Each denormal may have been taken as a zero, or not.
      const start = at - (at % rows.length);
      const allowed = row.flatMap((_, index) => {
        const mixed = row.map((x, other) => (other === index ? flushed(row)[other] : x));
        return [mixed, flushed(row)].map((one) => place(one)).filter((found) => found >= 0);
      });
      if (allowed.some((one) => stands(found[at], wanted[start + one], 1e-5, absolute))) return;
    }
    wrong.push(`(${row.map(signed).join(', ')}) -> ${signed(found[at])}, wanted ${signed(value)}`);
  });
  if (wrong.length > 0) {
    throw new AssertionError(
      `${op}(${args.join(', ')}): ${wrong.length} of ${wanted.length}: ${wrong.slice(0, 12).join('; ')}`,
    );
  }
}

const single = numbersIn(golden.single).map((x) => [x]);
const angles = numbersIn(golden.angles).map((x) => [x]);
const cross = (first: string, second: string): number[][] =>
  numbersIn(first).flatMap((a) => numbersIn(second).map((b) => [a, b]));
const pairs = cross(golden.pair, golden.pair);
const withDegrees = cross(golden.pair, golden.degrees);

/** Integers wrap around: every pair of a list with another, exact. */
async function checkIntegers(dtype: 'int32' | 'uint8'): Promise<void> {
  const { numbers, unary, binary, multiples } = golden.integers[dtype];
  const recorded: (readonly [op: string, seconds: readonly number[] | null, answers: string])[] = [
    ...unary.map(([op, answers]) => [op, null, answers] as const),
    ...([...binary, ...multiples] as unknown as (readonly [string, readonly number[], string])[]),
  ];
  const wrong: string[] = [];
  for (const [op, seconds, answers] of recorded) {
    // Of gcd and lcm PyTorch has no answers for the last number.
    const firsts = op === 'gcd' || op === 'lcm' ? numbers.slice(0, -1) : numbers;
    const rows = firsts.flatMap((a) => (seconds === null ? [[a]] : seconds.map((b) => [a, b])));
    const column = (at: number): number[] => rows.map((row) => row[at]);
    const inputs = rows[0].map((_, at) => tensor(column(at), { dtype }));
    const found = await answersOf(op, inputs, []);
    numbersIn(answers).forEach((wanted, at) => {
      if (found[at] !== wanted) wrong.push(`${op}(${rows[at].join(', ')}) -> ${found[at]}, wanted ${wanted}`);
    });
  }
  same(wrong, []);
}

const titled = ([op, args]: Recorded): string => `${op}${args.length > 0 ? ` ${args.join(' ')}` : ''}`;

export const suite = defineSuite('special-table', (test) => {
  test('int32 wraps around', () => checkIntegers('int32'));
  test('uint8 wraps around', () => checkIntegers('uint8'));

  for (const recorded of golden.unary as unknown as Recorded[]) {
    test(titled(recorded), (context) => check(recorded, single, context));
  }
  for (const recorded of golden.turning as unknown as Recorded[]) {
    test(`${titled(recorded)} of large angles`, (context) => check(recorded, angles, context));
  }
  for (const recorded of golden.binary as unknown as Recorded[]) {
    test(`pairs: ${titled(recorded)}`, (context) => check(recorded, pairs, context));
  }
  for (const recorded of golden.families as unknown as Recorded[]) {
    test(titled(recorded), (context) => check(recorded, withDegrees, context));
  }
});
