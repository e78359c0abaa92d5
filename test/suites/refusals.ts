// Calls that PyTorch refuses (test/golden/errors.json, from its own list): wgrad refuses them too, with a named error that
// says what was found, with shapes or dtypes, and the rule. Knows no operation by name but the exceptions.
import * as wgrad from '../../src/index.ts';
import golden from '../golden/errors.json';
import { argument, camelCase, isRecordedTensor, lookUp, type Recorded } from '../ops/samples.ts';
import { AssertionError, same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

interface Refusal {
  readonly op: string;
  readonly variant: string;
  readonly input: Recorded;
  readonly args: readonly Recorded[];
  readonly kwargs: Readonly<Record<string, Recorded>>;
  /** The class of Python's that PyTorch throws, and what it says. */
  readonly error: string;
  readonly message: string;
}

const refusals = golden.cases as unknown as readonly Refusal[];

/** What wgrad may take and PyTorch does not: what PyTorch says, and why. */
const accepted: readonly (readonly [message: RegExp, reason: string])[] = [
  [/\((position \d)\) must be Tensor, not (int|float)/, 'a number may be an operand of any formula'],
  [/must be int, not float/, 'JavaScript does not tell 1 from 1.0'],
  [/up to 64 dims/, 'the number of dimensions has no limit'],
];

function isAccepted({ message }: Refusal): boolean {
  return accepted.some(([part]) => part.test(message));
}

/** Large tensors are recorded with one number for all of their elements. */
function widened(value: Recorded): Recorded {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(widened);
  if (!isRecordedTensor(value)) return value;
  const count = value.tensor.reduce((product, length) => product * length, 1);
  return value.data.length === count ? value : { ...value, data: new Array<number>(count).fill(Number(value.data[0])) };
}

/** The error of a call: thrown at once, or where only the device knows, by what it answers. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    const answer = await call();
    if (answer instanceof wgrad.Tensor) await answer.numpy();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** The tensors among the arguments. */
function tensorsIn(value: unknown): wgrad.Tensor[] {
  if (value instanceof wgrad.Tensor) return [value];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(tensorsIn) : [];
}

/** What is wrong with the error of a refused call; null if nothing. */
function complaint(error: unknown, op: string, given: readonly unknown[]): string | null {
  if (error === undefined) return 'it is accepted';
  if (!(error instanceof wgrad.WgradError)) return `it throws ${String(error)}`;
  const { message } = error;
  if (!/^\[[\w.]+\] .+: .+[.?]$/.test(message)) return `the form is not '[op] fact: rule.': ${message}`;
  // Numbers that JavaScript made by accident are no facts.
  if (/undefined|NaN |\[object/.test(message)) return `the fact is garbled: ${message}`;
  const last = camelCase(op.split('.').at(-1) as string);
  // Shorter names of the same operation may speak: reshapeAs reshapes.
  const speaker = error.op.split('.').at(-1) as string;
  if (!last.startsWith(speaker) && !speaker.startsWith(last)) return `it speaks of [${error.op}]: ${message}`;
  const tensors = tensorsIn(given);
  const mentions = (texts: readonly string[]): boolean => texts.some((text) => message.includes(text));
  const lists = given.filter(
    (one) => Array.isArray(one) && one.every((size) => typeof size === 'number'),
  ) as number[][];
  const shapes = [...tensors.map(({ shape }) => shape), ...lists].map(
    (shape) => `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`,
  );
  if (error instanceof wgrad.ShapeError && tensors.length > 0 && !mentions([...shapes, '0-dim']))
    return `it names none of ${shapes.join(', ')}: ${message}`;
  const dtypes = tensors.map(({ dtype }) => dtype);
  if (error instanceof wgrad.DTypeError && !mentions(dtypes))
    return `it names none of ${dtypes.join(', ')}: ${message}`;
  return null;
}

/** Whether a value holds a tensor that only the CPU device can have. */
function isWide(value: Recorded): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(isWide);
  return isRecordedTensor(value) && value.dtype === 'float64';
}

export const suite = defineSuite('refusals', (test) => {
  test('the exceptions are of the list', () => {
    const unused = accepted.filter(([part]) => !refusals.some((one) => part.test(one.message)));
    same(unused.length, 0);
  });

  for (const name of ['mseLoss', 'l1Loss', 'smoothL1Loss', 'huberLoss'] as const) {
    test(`${name}: (n,) against (n, 1) warns as PyTorch does`, () => {
      const said: unknown[] = [];
      const warn = console.warn;
      console.warn = (text: unknown) => void said.push(text);
      try {
        wgrad.nn.functional[name](wgrad.ones(3), wgrad.ones(3, 1));
        wgrad.nn.functional[name](wgrad.ones(3), wgrad.ones(3));
      } finally {
        console.warn = warn;
      }
      const wanted =
        'UserWarning: Using a target size (torch.Size([3, 1])) that is different to the input size (torch.Size([3])). ' +
        'This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.';
      same(said, [wanted]);
    });
  }

  for (const op of new Set(refusals.map((one) => one.op))) {
    const calls = refusals.filter((one) => one.op === op && !isAccepted(one));
    test(`${op}: ${calls.length} calls`, async ({ device }) => {
      const call = lookUp(op);
      // An operation that does not exist yet refuses nothing; test/ops/opinfo-open.ts has it.
      if (call === undefined) return;
      const found: string[] = [];
      for (const { input, args, kwargs, message } of calls) {
        if (device !== 'cpu' && [input, ...args, ...Object.values(kwargs)].some(isWide)) continue;
        const given = [input, ...args].map((value) => argument(widened(value), []));
        const options = Object.entries(kwargs).map(([key, value]) => [camelCase(key), argument(widened(value), [])]);
        if (options.length > 0) given.push(Object.fromEntries(options));
        const wrong = complaint(await errorOf(() => call(given[0], given.slice(1))), op, given);
        const shown = JSON.stringify([input, ...args, kwargs], (_, value: Recorded) =>
          value !== null && typeof value === 'object' && isRecordedTensor(value)
            ? `${value.dtype} (${value.tensor.join(', ')})`
            : value,
        );
        if (wrong !== null) found.push(`${shown}: ${wrong} (PyTorch: ${message})`);
      }
      if (found.length > 0) throw new AssertionError(`${found.length} of ${calls.length}: ${found.join('\n')}`);
    });
  }
});
