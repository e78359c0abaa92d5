// Samples that PyTorch recorded (golden/ops.json and golden/opinfo): how their values are read, how an operation is found
// by PyTorch's name and called, and how answers and gradients are compared. Knows no operation by name but the exceptions.
import * as wgrad from '../../src/index.ts';
import { AssertionError, close, same, type Tolerance } from '../support/expect.ts';

const { Tensor } = wgrad;
type Tensor = wgrad.Tensor;

/** A recorded tensor; int64 is recorded as int32, and NaN and infinities as text. */
export interface RecordedTensor {
  readonly tensor: readonly number[];
  readonly dtype: wgrad.DType;
  readonly data: readonly (number | 'nan' | 'inf' | '-inf')[];
  /** The tensor takes part in the recorded gradients. */
  readonly grad?: boolean;
}

/** A tensor, a slice, an ellipsis, a dtype, a special float, or plain JSON. */
export type Recorded =
  | RecordedTensor
  | { readonly slice: readonly [number | null, number | null, number | null] }
  | { readonly ellipsis: true }
  | { readonly dtype: wgrad.DType }
  | { readonly float: 'nan' | 'inf' | '-inf' }
  | readonly Recorded[]
  | number
  | boolean
  | string
  | null;

export interface Sample {
  readonly input: Recorded;
  readonly args: readonly Recorded[];
  readonly kwargs: Readonly<Record<string, Recorded>>;
  readonly output: Recorded;
  /** One for each output that is differentiable. */
  readonly grad_outputs?: readonly RecordedTensor[];
  /** One for each tensor marked `grad`, in the order input, args, kwargs; null where no gradient flows. */
  readonly grads?: readonly (RecordedTensor | null)[];
}

/** What one PyTorch function (of one variant) answers. */
export interface Samples {
  readonly op: string;
  readonly variant: string;
  readonly cases: readonly Sample[];
}

/** The bounds of an answer and of a gradient. */
export interface Bounds {
  readonly value: Tolerance;
  readonly gradient: Tolerance;
}

const specialNumbers = { nan: NaN, inf: Infinity, '-inf': -Infinity } as const;

export function isRecordedTensor(value: Recorded): value is RecordedTensor {
  return typeof value === 'object' && value !== null && 'tensor' in value;
}

function numbersOf({ data }: RecordedTensor): number[] {
  return data.map((value) => (typeof value === 'number' ? value : specialNumbers[value]));
}

/** Plain numbers in nested lists of a shape, as `tensor` takes them. */
function nested(values: readonly number[], shape: readonly number[]): wgrad.NestedArray {
  if (shape.length === 0) return values[0];
  const step = values.length / shape[0];
  return Array.from({ length: shape[0] }, (_, at) => nested(values.slice(at * step, (at + 1) * step), shape.slice(1)));
}

export function tensorOf(recorded: RecordedTensor, requiresGrad = false, float: wgrad.DType = 'float32'): Tensor {
  const { tensor: shape } = recorded;
  const dtype = recorded.dtype === 'float32' ? float : recorded.dtype;
  if (shape.includes(0)) return wgrad.zeros([...shape], { dtype, requiresGrad });
  return wgrad.tensor(nested(numbersOf(recorded), shape), { dtype, requiresGrad });
}

/** `max_pool2d` -> `maxPool2d`, segment by segment; a leading or closing underscore stays. */
export function camelCase(name: string): string {
  return name.replace(/(?<=[a-zA-Z0-9])_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** An argument as wgrad takes it; tensors that want a gradient are noted in `leaves`. */
export function argument(value: Recorded, leaves: Tensor[], float: wgrad.DType = 'float32'): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one: Recorded) => argument(one, leaves, float));
  if (isRecordedTensor(value)) {
    const made = tensorOf(value, value.grad === true, float);
    if (value.grad === true) leaves.push(made);
    return made;
  }
  if ('slice' in value) return wgrad.slice(...(value.slice as [number | null, number | null, number | null]));
  if ('ellipsis' in value) return '...';
  if ('float' in value) return specialNumbers[value.float];
  if ('dtype' in value) return value.dtype;
  throw new AssertionError(`a recorded value of an unknown kind: ${JSON.stringify(value)}`);
}

/** What stands between square brackets: a list of integers is one entry, a list of anything else is several (PyTorch 1.13). */
function entriesOf(entry: unknown): wgrad.Index[] {
  const several = Array.isArray(entry) && !entry.every((one) => typeof one === 'number');
  return several ? (entry as wgrad.Index[]) : [entry as wgrad.Index];
}

/** The function that PyTorch's name means: from the namespace, else a method or property of the input; undefined if none. */
export function lookUp(op: string): ((input: unknown, args: readonly unknown[]) => unknown) | undefined {
  if (op === '__getitem__') return (input, [entry]) => (input as Tensor).index(...entriesOf(entry));
  // torch.where takes the condition first; the samples call the method of the tensor.
  if (op === 'where') return (input, args) => (input as Tensor).where(...(args as [Tensor, Tensor]));
  // torch.einsum takes the equation first; the samples take it second.
  if (op === 'einsum') return (input, [equation]) => wgrad.einsum(equation as string, input as Tensor[]);
  // The singular matrices of a variant are made by the call: pinv(a b^T).
  if (op === 'linalg.pinv') {
    return (input, [b, ...options]) =>
      b instanceof Tensor
        ? wgrad.linalg.pinv((input as Tensor).matmul(b.mT))
        : wgrad.linalg.pinv(input as Tensor, ...([b, ...options] as [number]));
  }
  const path = op.split('.').map(camelCase);
  const found = path.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], wgrad);
  if (typeof found === 'function') return (input, args) => (found as (...all: unknown[]) => unknown)(input, ...args);
  if (path.length > 1 || !(path[0] in Tensor.prototype)) return undefined;
  return (input, args) => {
    const member = Reflect.get(input as object, path[0]) as unknown;
    return typeof member === 'function' ? (member as (...all: unknown[]) => unknown).apply(input, [...args]) : member;
  };
}

/** The results of a call in a list: one tensor, a list, or the parts of a named tuple. */
function resultsOf(op: string, sample: Sample, value: unknown): unknown[] {
  // The variant of lstsq for gradients is about the solution alone.
  if (op === 'linalg.lstsq' && !Array.isArray(sample.output)) return [(value as { solution: Tensor }).solution];
  if (value instanceof Tensor || typeof value !== 'object' || value === null) return [value];
  // histogramdd answers a tensor and a list: recorded one behind the other.
  return Symbol.iterator in value ? [...(value as Iterable<unknown>)].flat() : Object.values(value);
}

const floats: readonly string[] = ['float32', 'float64'];

/** Compares one answer; integers and booleans are exact. */
async function compare(label: string, actual: unknown, wanted: Recorded, tolerance: Tolerance): Promise<void> {
  if (!isRecordedTensor(wanted)) return same(actual, argument(wanted, []), label);
  if (!(actual instanceof Tensor)) throw new AssertionError(`${label}: got ${String(actual)}, wanted a tensor`);
  const values = await actual.numpy();
  same([actual.dtype, actual.shape], [wanted.dtype, wanted.tensor], `${label}: dtype and shape`);
  const numbers = numbersOf(wanted);
  if (floats.includes(wanted.dtype)) close(Array.from(values), numbers, tolerance, label);
  else same(Array.from(values), numbers, label);
}

/** The arguments of a sample, with the tensors that want a gradient in `leaves`. */
function argumentsOf(op: string, sample: Sample, leaves: Tensor[], float: wgrad.DType = 'float32'): unknown[] {
  let input = argument(sample.input, leaves, float);
  const args = sample.args.map((value) => argument(value, leaves, float));
  const options = Object.entries(sample.kwargs).map(
    ([key, value]) => [camelCase(key), argument(value, leaves, float)] as const,
  );
  if (options.length > 0) args.push(Object.fromEntries(options));
  // What writes in place may not write a leaf; PyTorch's own check takes a copy, too.
  if (op.endsWith('_') && !op.endsWith('__') && input instanceof Tensor) input = input.clone();
  return [input, ...args];
}

/** The elements of a sample's inputs and results. */
export function sizeOf(sample: Sample): number {
  const count = (value: Recorded): number => {
    if (typeof value !== 'object' || value === null) return 0;
    if (Array.isArray(value)) return value.reduce((sum: number, one: Recorded) => sum + count(one), 0);
    return isRecordedTensor(value) ? value.data.length : 0;
  };
  return count([sample.input, ...sample.args, ...Object.values(sample.kwargs), sample.output]);
}

/** A sample as `gradcheck` takes it: a function of the tensors that want a gradient, in float64. */
export function differentiable(op: string, sample: Sample) {
  const call = lookUp(op);
  if (call === undefined) throw new AssertionError(`${op} does not exist`);
  const leaves: Tensor[] = [];
  const given = argumentsOf(op, sample, leaves, 'float64');
  const replaced = (value: unknown, inputs: readonly Tensor[]): unknown => {
    if (value instanceof Tensor) return inputs[leaves.indexOf(value)] ?? value;
    if (Array.isArray(value)) return value.map((one) => replaced(one, inputs));
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replaced(one, inputs)]));
  };
  const run = (...inputs: Tensor[]): Tensor[] => {
    const [input, ...args] = given.map((value) => replaced(value, inputs));
    const wanted = [sample.output].flat() as readonly Recorded[];
    return resultsOf(op, sample, call(input, args)).filter(
      (_, at) => (wanted[at] as RecordedTensor).grad === true,
    ) as Tensor[];
  };
  return { run, leaves };
}

/** Runs one sample on the default device and compares the answers and, where they were recorded, the gradients. */
export async function checkSample(op: string, sample: Sample, bounds: Bounds): Promise<void> {
  const call = lookUp(op);
  if (call === undefined) throw new AssertionError(`${op} does not exist`);
  const leaves: Tensor[] = [];
  const [input, ...args] = argumentsOf(op, sample, leaves);
  const results = resultsOf(op, sample, await call(input, args));
  const wanted = Array.isArray(sample.output) ? (sample.output as readonly Recorded[]) : [sample.output];
  same(results.length, wanted.length, `${op}: number of results`);
  const checks = results.map((result, index) => compare(`${op}: result ${index}`, result, wanted[index], bounds.value));
  if (sample.grads !== undefined && sample.grad_outputs !== undefined) {
    const outputs = results.filter((_, index) => (wanted[index] as RecordedTensor).grad === true) as Tensor[];
    const seeds = sample.grad_outputs.map((seed) => tensorOf(seed));
    const found = wgrad.autograd.grad(outputs, leaves, seeds, { allowUnused: true });
    sample.grads.forEach((gradient, index) => {
      const label = `${op}: gradient ${index}`;
      const actual = found[index];
      // PyTorch answers "no gradient" and zeros alike where nothing flows.
      if (actual === null || gradient === null) {
        if (gradient !== null)
          close(
            numbersOf(gradient).map(() => 0),
            numbersOf(gradient),
            {},
            `${label} is null`,
          );
        else if (actual !== null)
          checks.push(
            actual.numpy().then((values) =>
              close(
                values,
                values.map(() => 0),
                {},
                label,
              ),
            ),
          );
      } else checks.push(compare(label, actual, gradient, bounds.gradient));
    });
  }
  const answers = await Promise.allSettled(checks);
  for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
}
