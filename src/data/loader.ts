// DataLoader: a data set in batches, in order or shuffled, as PyTorch draws them. Batches of tensors are made on their
// device; the asynchronous loop waits for the device, so that a program never runs far ahead of it.
// https://pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader

import { tensor } from '../create.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import type { Device } from '../graph.ts';
import { seed64 } from '../host/draw.ts';
import { bound } from '../nn/arguments.ts';
import { stack } from '../ops/join.ts';
import { defaultGenerator, Generator } from '../random.ts';
import { describe, isPlainObject, optional, p, type Param } from '../signature.ts';
import { Tensor } from '../tensor.ts';
import { asDataset, batchOf, type Dataset } from './dataset.ts';
import { BatchSampler, lengthOf, RandomSampler, SequentialSampler } from './sampler.ts';

/** What a batch of samples `T` is: tensors stacked, numbers as a tensor, tuples and objects part by part, text as a list. */
export type Collated<T> = T extends Tensor | number | boolean
  ? Tensor
  : T extends string
    ? string[]
    : T extends readonly unknown[] | object
      ? { -readonly [K in keyof T]: Collated<T[K]> }
      : T[];

/** One batch of samples: tensors stacked, numbers as a tensor, lists and plain objects part by part. */
export function defaultCollate<T>(samples: readonly T[]): Collated<T> {
  return collate(samples) as Collated<T>;
}

function collate(samples: readonly unknown[]): unknown {
  const [first] = samples;
  if (first instanceof Tensor) return stack(samples as readonly Tensor[]);
  if (typeof first === 'number' || typeof first === 'boolean') {
    const whole = typeof first === 'number' && samples.every(Number.isInteger);
    return tensor(samples as readonly (number | boolean)[], whole ? { dtype: 'int32' } : {});
  }
  if (typeof first === 'string') return [...samples];
  if (Array.isArray(first)) {
    const lists = samples as readonly (readonly unknown[])[];
    if (lists.some((list) => list.length !== first.length)) {
      throw new ShapeError({
        op: 'data.DataLoader',
        fact: `samples of ${lists.map(({ length }) => length).join(', ')} parts`,
        rule: 'all must have as many',
      });
    }
    return first.map((_, part) => collate(lists.map((list) => list[part])));
  }
  if (isPlainObject(first)) {
    const records = samples as readonly Record<string, unknown>[];
    return Object.fromEntries(Object.keys(first).map((key) => [key, collate(records.map((record) => record[key]))]));
  }
  throw new ArgumentError({
    op: 'data.DataLoader',
    fact: `a sample holds ${describe(first)}`,
    rule: 'samples are tensors, numbers, text, lists or plain objects of them',
    cure: 'Pass a collateFn.',
  });
}

/** The options of a DataLoader. */
export interface DataLoaderOptions<T, B = Collated<T>> {
  /** Samples a batch; null gives the samples one by one, as they are. */
  readonly batchSize?: number | null;
  /** A new random order for each iteration. */
  readonly shuffle?: boolean;
  /** The order of the samples, instead of `shuffle`. */
  readonly sampler?: Iterable<number>;
  /** The batches, instead of batchSize, shuffle, sampler and dropLast. */
  readonly batchSampler?: Iterable<readonly number[]>;
  /** Makes a batch of its samples. */
  readonly collateFn?: (samples: T[]) => B;
  /** Leaves out a last batch that is not full. */
  readonly dropLast?: boolean;
  /** The random stream, instead of the default one. */
  readonly generator?: Generator;
}

const iterable = (value: unknown): boolean => typeof value === 'object' && value !== null && Symbol.iterator in value;
const signature = [
  // A plain object may be the data set itself; the options stand behind it.
  {
    ...p.custom<unknown>()('dataset', 'a data set', (value) => value !== null && typeof value === 'object'),
    mapping: true,
  },
  optional(p.int('batchSize'), 1),
  optional(p.bool('shuffle'), false),
  optional(p.custom<Iterable<number>>()('sampler', 'positions to iterate', iterable), null),
  optional(p.custom<Iterable<readonly number[]>>()('batchSampler', 'lists of positions to iterate', iterable), null),
  optional(
    p.custom<(samples: unknown[]) => unknown>()('collateFn', 'a function', (value) => typeof value === 'function'),
    null,
  ),
  optional(p.bool('dropLast'), false),
  optional(
    p.custom<Generator>()('generator', 'a Generator', (value) => value instanceof Generator),
    null,
  ),
] as const satisfies readonly Param[];

/** So many batches may be under way on the device in the asynchronous loop. */
const batchesAhead = 4;

/**
 * The samples of a data set in batches: `for (const [X, y] of loader)`, or `for await`, which waits on the device.
 * Each iteration over a shuffled loader is another epoch with an order of its own.
 */
export class DataLoader<T, B = Collated<T>> {
  readonly dataset: Dataset<T>;
  readonly batchSize: number | null;
  readonly dropLast: boolean;
  readonly sampler: Iterable<number>;
  readonly batchSampler: Iterable<readonly number[]> | null;
  private readonly generator: Generator | null;
  private readonly collateFn: ((samples: T[]) => B) | null;

  constructor(dataset: Dataset<T> | readonly T[], options?: DataLoaderOptions<T, B>);
  constructor(dataset: Dataset<T> | readonly T[], batchSize: number, options?: DataLoaderOptions<T, B>);
  constructor(
    dataset: Dataset<T> | readonly T[],
    batchSize: number,
    shuffle: boolean,
    options?: DataLoaderOptions<T, B>,
  );
  constructor(...args: unknown[]) {
    const options = args.length > 1 && isPlainObject(args.at(-1)) ? (args.at(-1) as DataLoaderOptions<T, B>) : {};
    const single = options.batchSize === null;
    const given = single ? [...args.slice(0, -1), { ...options, batchSize: 1 }] : args;
    const [source, size, shuffle, sampler, batches, collateFn, dropLast, generator] = bound(
      'data.DataLoader',
      signature,
      given,
    );
    this.dataset = asDataset('data.DataLoader', source as Dataset<T> | readonly T[]);
    const fault = (fact: string, rule: string): ArgumentError =>
      new ArgumentError({ op: 'data.DataLoader', fact, rule });
    if (sampler !== null && shuffle) throw fault('both sampler and shuffle', 'a sampler decides the order');
    if (batches !== null && (size !== 1 || shuffle || sampler !== null || dropLast)) {
      throw fault('batchSampler with batchSize, shuffle, sampler or dropLast', 'a batchSampler decides all of them');
    }
    if (size <= 0) throw fault(`batchSize is ${size}`, 'it must be a positive integer');
    if (single && dropLast) throw fault('dropLast without batches', 'batchSize null gives the samples one by one');
    this.generator = generator;
    this.collateFn = collateFn as ((samples: T[]) => B) | null;
    this.dropLast = dropLast;
    this.batchSize = single || batches !== null ? null : size;
    const random = (): Iterable<number> => new RandomSampler(this.dataset, { generator });
    this.sampler = sampler ?? (shuffle ? random() : new SequentialSampler(this.dataset));
    this.batchSampler = single ? null : (batches ?? new BatchSampler(this.sampler, size, dropLast));
  }

  /** How many batches an iteration gives. */
  get length(): number {
    return lengthOf(this.batchSampler ?? this.sampler);
  }

  /** Starts an epoch: draws at once what PyTorch draws when an iterator is made, then the order with the first batch. */
  [Symbol.iterator](): IterableIterator<B> {
    // PyTorch's seed for worker processes: there are none, but the stream moves on by it.
    seed64((this.generator ?? defaultGenerator).mt);
    return this.#batches();
  }

  *#batches(): IterableIterator<B> {
    if (this.batchSampler === null) {
      for (const index of this.sampler) {
        const sample = this.dataset.get(index);
        yield this.collateFn === null
          ? (sample as unknown as B)
          : (this.collateFn as unknown as (sample: T) => B)(sample);
      }
      return;
    }
    const inOrder = this.sampler instanceof SequentialSampler && this.batchSampler instanceof BatchSampler;
    for (const indices of this.batchSampler) yield this.#batch(indices, inOrder);
  }

  #batch(indices: readonly number[], inOrder: boolean): B {
    const { dataset, collateFn } = this;
    const own = collateFn === null ? batchOf(dataset, indices, inOrder) : undefined;
    if (own !== undefined) return [...(own as unknown as readonly Tensor[])] as unknown as B;
    const samples = indices.map((index) => dataset.get(index));
    return collateFn === null ? (defaultCollate(samples) as unknown as B) : collateFn(samples);
  }

  /** The same batches, at most a few of them ahead of the device. */
  [Symbol.asyncIterator](): AsyncIterableIterator<B> {
    return this.#paced(this[Symbol.iterator]());
  }

  async *#paced(batches: Iterator<B>): AsyncIterableIterator<B> {
    const underWay: Promise<void>[] = [];
    for (let next = batches.next(); next.done !== true; next = batches.next()) {
      const device = deviceOf(next.value);
      yield next.value;
      // What the body of the loop recorded for this batch is under way now.
      if (device !== null) underWay.push(settled(device));
      if (underWay.length >= batchesAhead) await underWay.shift();
    }
    await Promise.all(underWay);
  }
}

/** Resolves when the work recorded so far is done. A failure is not the loop's to report: the reads that it hits do. */
async function settled(device: Device): Promise<void> {
  const backend = await device.open();
  await backend.settled().catch(() => undefined);
}

/** The device of the first tensor in a batch, or null. */
function deviceOf(batch: unknown): Device | null {
  if (batch instanceof Tensor) return batch.device;
  if (typeof batch !== 'object' || batch === null) return null;
  for (const part of Object.values(batch)) {
    const device = deviceOf(part);
    if (device !== null) return device;
  }
  return null;
}
