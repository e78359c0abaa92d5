// Data sets: what has a length and gives samples by position. Tensors stay where they are; a batch of them is gathered
// there. https://pytorch.org/docs/stable/data.html

import { ArgumentError, IndexError, ShapeError } from '../errors.ts';
import { track } from '../core/flush.ts';
import { makeLeaf, Storage } from '../core/graph.ts';
import { randperm } from '../host/draw.ts';
import { clone } from '../ops/copy.ts';
import { indexSelect } from '../ops/gather.ts';
import { narrow, select } from '../ops/part.ts';
import { defaultGenerator, Generator as RandomStream } from '../create/generator.ts';
import { formatShape } from '../shape.ts';
import { bind, describe, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';

/**
 * Samples by position, from 0 to length - 1. Subclasses have `length` and `get`; anything of this form is a data set, also an
 * array. `get` may return a promise: then the loader is iterated with `for await`.
 * https://pytorch.org/docs/stable/data.html#torch.utils.data.Dataset
 */
export abstract class Dataset<T = unknown> {
  abstract readonly length: number;
  abstract get(index: number): T;
}

/**
 * Samples one after the other, without positions. Subclasses are iterable, or asynchronously iterable.
 * https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset
 */
export abstract class IterableDataset<T = unknown> {
  /** The number of samples, where it is known. */
  readonly length?: number;
  [Symbol.iterator]?(): Iterator<T>;
  [Symbol.asyncIterator]?(): AsyncIterator<T>;
}

/** A list of data sets; throws where it is none. */
function listed<T>(op: string, given: Iterable<T>): T[] {
  const list: unknown = given;
  const iterable = typeof list === 'object' && list !== null && Symbol.iterator in list && !(list instanceof Tensor);
  if (iterable) return [...given];
  throw new ArgumentError({ op, fact: `datasets is ${describe(given)}`, rule: 'it must be a list of data sets' });
}

/** Several data sets behind each other. https://pytorch.org/docs/stable/data.html#torch.utils.data.ConcatDataset */
export class ConcatDataset<T = unknown> extends Dataset<T> {
  readonly datasets: readonly Dataset<T>[];
  /** Where each data set ends. */
  readonly cumulativeSizes: readonly number[];

  constructor(datasets: Iterable<Dataset<T> | readonly T[]>) {
    super();
    this.datasets = listed('data.ConcatDataset', datasets).map((one) => asDataset('data.ConcatDataset', one));
    if (this.datasets.length === 0) {
      throw new ArgumentError({
        op: 'data.ConcatDataset',
        fact: 'an empty list',
        rule: 'it takes data sets, one or more',
      });
    }
    let end = 0;
    this.cumulativeSizes = this.datasets.map(({ length }) => (end += length));
  }

  get length(): number {
    return this.cumulativeSizes.at(-1) as number;
  }

  get(index: number): T {
    const at = position('data.ConcatDataset', index, this.length);
    const which = this.cumulativeSizes.findIndex((end) => at < end);
    return this.datasets[which].get(at - (which === 0 ? 0 : this.cumulativeSizes[which - 1]));
  }
}

const isStream = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);

/** The samples of several iterable data sets, one set after the other. https://pytorch.org/docs/stable/data.html#torch.utils.data.ChainDataset */
export class ChainDataset<T = unknown> extends IterableDataset<T> {
  readonly datasets: readonly IterableDataset<T>[];

  constructor(datasets: Iterable<IterableDataset<T>>) {
    super();
    this.datasets = listed('data.ChainDataset', datasets);
    const wrong = this.datasets.findIndex((one) => !isStream(one));
    if (wrong >= 0) {
      throw new ArgumentError({
        op: 'data.ChainDataset',
        fact: `data set ${wrong} is ${describe(this.datasets[wrong])}`,
        rule: 'it must be an IterableDataset',
      });
    }
    if (this.datasets.every((one) => one[Symbol.asyncIterator] === undefined)) {
      this[Symbol.iterator] = () => this.#each();
    }
  }

  *#each(): Generator<T> {
    for (const one of this.datasets) yield* one as unknown as Iterable<T>;
  }

  override async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (const one of this.datasets) yield* one as unknown as AsyncIterable<T>;
  }
}

/** The batch of several samples at once, for data sets that can do better than one by one. */
export interface BatchedDataset<B> {
  /** `contiguous`: the positions follow each other, so that the batch can be a view. */
  getBatch(indices: readonly number[], contiguous: boolean): B;
}

/** A data set whose position may count from the end. */
function position(op: string, index: number, length: number): number {
  const at = index < 0 ? index + length : index;
  if (Number.isInteger(index) && at >= 0 && at < length) return at;
  throw new IndexError({ op, fact: `index ${index} of ${length} samples`, rule: 'it is out of range' });
}

/** Tensors of one length, row by row: `new TensorDataset(X, y)` gives [X[i], y[i]]. https://pytorch.org/docs/stable/data.html#torch.utils.data.TensorDataset */
export class TensorDataset<const T extends readonly Tensor[] = readonly Tensor[]>
  implements Dataset<T>, BatchedDataset<T>
{
  readonly tensors: T;
  readonly length: number;

  constructor(...tensors: T) {
    const at = tensors.findIndex((tensor) => !(tensor instanceof Tensor));
    if (at >= 0 || tensors.length === 0) {
      throw new ArgumentError({
        op: 'data.TensorDataset',
        fact: tensors.length === 0 ? 'no tensor' : `an argument is ${describe(tensors[at])}`,
        rule: 'it takes tensors, one or more',
        cure: Array.isArray(tensors[at]) ? 'Spread the list: new TensorDataset(...tensors).' : undefined,
      });
    }
    if (tensors.some(({ shape }) => shape.length === 0 || shape[0] !== tensors[0].shape[0])) {
      throw new ShapeError({
        op: 'data.TensorDataset',
        fact: `tensors of shapes ${tensors.map(({ shape }) => formatShape(shape)).join(', ')}`,
        rule: `all must have the same first size; the lengths are ${tensors.map(({ shape }) => shape[0] ?? 'none').join(', ')}`,
      });
    }
    this.tensors = tensors;
    this.length = tensors[0].shape[0];
  }

  /** Sample `index`: one view of each tensor. */
  get(index: number): T {
    const at = position('data.TensorDataset', index, this.length);
    return this.tensors.map((tensor) => select(tensor, 0, at)) as readonly Tensor[] as T;
  }

  /** Several samples, gathered on the device; a view where they follow each other. */
  getBatch(indices: readonly number[], contiguous: boolean): T {
    const checked = Int32Array.from(indices, (index) => position('data.TensorDataset', index, this.length));
    const leaves = new Map<Tensor['device'], Tensor>();
    const rows = (tensor: Tensor): Tensor => {
      if (contiguous && checked.length > 0) return standalone(narrow(tensor, 0, checked[0], checked.length));
      const { device } = tensor;
      let leaf = leaves.get(device);
      if (leaf === undefined)
        leaves.set(device, (leaf = Tensor.of(makeLeaf(checked, device, 'int32', [checked.length]))));
      return indexSelect(tensor, 0, leaf);
    };
    return this.tensors.map(rows) as readonly Tensor[] as T;
  }
}

/** A view that shares its elements' bytes but no writes: a batch is the user's own, as a stacked copy would be. */
function standalone(view: Tensor): Tensor {
  if (view.requiresGrad) return clone(view);
  const { root, shape, strides, offset } = view.node;
  const storage = new Storage(root, true);
  track(storage);
  return new Tensor(storage, { shape, strides, offset }, null);
}

const isNumbers = (value: unknown): boolean =>
  (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) &&
  (value as readonly unknown[]).every((one) => typeof one === 'number');
/** The parameter `indices` of subsets: positions. */
export const indicesParam = p.custom<readonly number[]>()('indices', 'a list of positions', isNumbers);
const lengthsParam = p.custom<readonly number[]>()('lengths', 'a list of numbers', isNumbers);
/** The parameter `generator` of what draws. */
export const generatorParam = optional(
  p.custom<RandomStream>()('generator', 'a Generator', (value) => value instanceof RandomStream),
  null,
);

/** Some samples of a data set, in the order of `indices`. https://pytorch.org/docs/stable/data.html#torch.utils.data.Subset */
export class Subset<T = unknown> implements Dataset<T> {
  readonly dataset: Dataset<T>;
  readonly indices: readonly number[];

  constructor(dataset: Dataset<T> | readonly T[], indices: readonly number[]) {
    this.dataset = asDataset('data.Subset', dataset);
    bind('data.Subset', [indicesParam], [indices]);
    this.indices = indices;
  }

  get length(): number {
    return this.indices.length;
  }

  get(index: number): T {
    return this.dataset.get(this.indices[position('data.Subset', index, this.length)]);
  }

  /** The batch of the data set at those places; undefined where it has no batches of its own. */
  getBatch(indices: readonly number[]): T | undefined {
    const own = indices.map((index) => this.indices[position('data.Subset', index, this.length)]);
    return batchOf(this.dataset, own, false);
  }
}

/** The batch that a data set makes by itself, or undefined. */
export function batchOf<T>(dataset: Dataset<T>, indices: readonly number[], contiguous: boolean): T | undefined {
  const batched = dataset as Dataset<T> & Partial<BatchedDataset<T | undefined>>;
  return typeof batched.getBatch === 'function' ? batched.getBatch(indices, contiguous) : undefined;
}

/** A data set for anything with a length and samples: arrays by their index. */
export function asDataset<T>(op: string, given: Dataset<T> | readonly T[]): Dataset<T> {
  if (Array.isArray(given)) {
    const list = given as readonly T[];
    return { length: list.length, get: (index) => list[position(op, index, list.length)] };
  }
  const dataset = given as Dataset<T>;
  if (typeof dataset?.get === 'function' && Number.isInteger(dataset.length)) return dataset;
  throw new ArgumentError({
    op,
    fact: `the data set is ${describe(given)}`,
    rule: 'it must be an array or have `length` and `get(index)`',
    cure: given instanceof Tensor ? 'Use new TensorDataset(x).' : undefined,
  });
}

/**
 * Parts of a data set at random, of the lengths given, or of fractions that add up to 1.
 * https://pytorch.org/docs/stable/data.html#torch.utils.data.random_split
 */
export function randomSplit<T>(
  given: Dataset<T> | readonly T[],
  lengths: readonly number[],
  options: { readonly generator?: RandomStream } = {},
): Subset<T>[] {
  const dataset = asDataset('data.randomSplit', given);
  const [, generator] = bind('data.randomSplit', [lengthsParam, generatorParam], [lengths, options]);
  const total = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0);
  const fractions = lengths.every((one) => one >= 0 && one <= 1) && Math.abs(total(lengths) - 1) < 1e-9;
  const sizes = fractions ? lengths.map((share) => Math.floor(dataset.length * share)) : [...lengths];
  // What rounding left over goes to the first parts, one each.
  if (fractions)
    for (let left = dataset.length - total(sizes), at = 0; left > 0; left--, at++) sizes[at % sizes.length]++;
  if (total(sizes) !== dataset.length || sizes.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new ArgumentError({
      op: 'data.randomSplit',
      fact: `lengths ${lengths.join(', ')} of ${dataset.length} samples`,
      rule: 'they must add up to the length of the data set, or to 1',
    });
  }
  const order = [...randperm(((generator as RandomStream | null) ?? defaultGenerator).mt, dataset.length)];
  return sizes.map((size) => new Subset(dataset, order.splice(0, size)));
}
