// DataLoader: a data set in batches, in order or shuffled, as PyTorch draws them. Batches of tensors are made on their
// device; the asynchronous loop waits for the device, so that a program never runs far ahead of it.
// https://pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader

import { ArgumentError } from '../errors.ts';
import type { Device } from '../core/graph.ts';
import { seed64 } from '../host/draw.ts';
import { bound } from '../nn/arguments.ts';
import { defaultGenerator, Generator } from '../create/generator.ts';
import { isPlainObject, optional, p, type Param } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { type Collated, defaultCollate } from './collate.ts';
import { asDataset, batchOf, type Dataset, IterableDataset } from './dataset.ts';
import { BatchSampler, isPositions, lengthOf, RandomSampler, SequentialSampler } from './sampler.ts';

/** A batch of samples `T`; a list of tensors where nothing is known of them. */
export type BatchOf<T> = unknown extends T ? Tensor[] : Collated<T>;

/** The options of a DataLoader. */
export interface DataLoaderOptions<T = unknown, B = BatchOf<T>> {
  /** Samples a batch; null gives the samples one by one, as they are. */
  readonly batchSize?: number | null;
  /** A new random order for each iteration. */
  readonly shuffle?: boolean;
  /** The order of the samples, instead of `shuffle`. */
  readonly sampler?: Iterable<number>;
  /** The batches, instead of batchSize, shuffle, sampler and dropLast. */
  readonly batchSampler?: Iterable<readonly number[]>;
  /** Makes a batch of its samples. */
  readonly collateFn?: (samples: Awaited<T>[]) => B;
  /** Leaves out a last batch that is not full. */
  readonly dropLast?: boolean;
  /** The random stream, instead of the default one. */
  readonly generator?: Generator;
  /** How many batches of samples that are promises are asked for ahead of the loop. */
  readonly prefetchFactor?: number;
}

const signature = [
  // A plain object may be the data set itself; the options stand behind it.
  {
    ...p.custom<unknown>()('dataset', 'a data set', (value) => value !== null && typeof value === 'object'),
    mapping: true,
  },
  optional(p.int('batchSize'), 1),
  optional(p.bool('shuffle'), false),
  optional(p.custom<Iterable<number>>()('sampler', 'positions to iterate', isPositions), null),
  optional(p.custom<Iterable<readonly number[]>>()('batchSampler', 'lists of positions to iterate', isPositions), null),
  optional(
    p.custom<(samples: unknown[]) => unknown>()('collateFn', 'a function', (value) => typeof value === 'function'),
    null,
  ),
  optional(p.bool('dropLast'), false),
  optional(
    p.custom<Generator>()('generator', 'a Generator', (value) => value instanceof Generator),
    null,
  ),
  optional(p.int('prefetchFactor'), 2),
] as const satisfies readonly Param[];

/** What a loader takes its samples from. */
type Samples<T> = Dataset<T> | IterableDataset<T> | readonly T[];

/** So many batches may be under way on the device in the asynchronous loop. */
const batchesAhead = 4;

/**
 * The samples of a data set in batches: `for (const [X, y] of loader)`, or `for await`, which waits on the device.
 * Each iteration over a shuffled loader is another epoch with an order of its own.
 */
export class DataLoader<T = unknown, B = BatchOf<T>> {
  readonly dataset: Dataset<T> | IterableDataset<T>;
  readonly batchSize: number | null;
  readonly dropLast: boolean;
  /** The order of the samples; null for a data set without positions. */
  readonly sampler: Iterable<number> | null;
  readonly batchSampler: Iterable<readonly number[]> | null;
  readonly prefetchFactor: number;
  private readonly generator: Generator | null;
  // Its parameter is left open, so that a loader of any samples is a DataLoader.
  private readonly collateFn: ((samples: never[]) => B) | null;

  constructor(dataset: Samples<T>, options?: DataLoaderOptions<T, B>);
  constructor(dataset: Samples<T>, batchSize: number, options?: DataLoaderOptions<T, B>);
  constructor(dataset: Samples<T>, batchSize: number, shuffle: boolean, options?: DataLoaderOptions<T, B>);
  constructor(...args: unknown[]) {
    const options = args.length > 1 && isPlainObject(args.at(-1)) ? (args.at(-1) as DataLoaderOptions<T, B>) : {};
    const single = options.batchSize === null;
    const given = single ? [...args.slice(0, -1), { ...options, batchSize: 1 }] : args;
    const [source, size, shuffle, sampler, batches, collateFn, dropLast, generator, prefetchFactor] = bound(
      'data.DataLoader',
      signature,
      given,
    );
    const fault = (fact: string, rule: string): ArgumentError =>
      new ArgumentError({ op: 'data.DataLoader', fact, rule });
    if (sampler !== null && shuffle) throw fault('both sampler and shuffle', 'a sampler decides the order');
    if (batches !== null && (size !== 1 || shuffle || sampler !== null || dropLast)) {
      throw fault('batchSampler with batchSize, shuffle, sampler or dropLast', 'a batchSampler decides all of them');
    }
    if (size <= 0) throw fault(`batchSize is ${size}`, 'it must be a positive integer');
    if (prefetchFactor <= 0) throw fault(`prefetchFactor is ${prefetchFactor}`, 'it must be a positive integer');
    if (single && dropLast) throw fault('dropLast without batches', 'batchSize null gives the samples one by one');
    this.generator = generator;
    this.collateFn = collateFn as ((samples: never[]) => B) | null;
    this.dropLast = dropLast;
    this.prefetchFactor = prefetchFactor;
    this.batchSize = single || batches !== null ? null : size;
    if (source instanceof IterableDataset) {
      if (shuffle || sampler !== null || batches !== null) {
        throw fault('shuffle or a sampler for an IterableDataset', 'it has an order of its own and no positions');
      }
      this.dataset = source as IterableDataset<T>;
      this.sampler = null;
      this.batchSampler = null;
      return;
    }
    const dataset = asDataset('data.DataLoader', source as Dataset<T> | readonly T[]);
    this.dataset = dataset;
    this.sampler = sampler ?? (shuffle ? new RandomSampler(dataset, { generator }) : new SequentialSampler(dataset));
    this.batchSampler = single ? null : (batches ?? new BatchSampler(this.sampler, size, dropLast));
  }

  /** How many batches an iteration gives. */
  get length(): number {
    if (this.sampler !== null) return lengthOf(this.batchSampler ?? this.sampler);
    const samples = lengthOf(this.dataset as Iterable<T>);
    if (this.batchSize === null) return samples;
    return this.dropLast ? Math.floor(samples / this.batchSize) : Math.ceil(samples / this.batchSize);
  }

  /** Starts an epoch: draws at once what PyTorch draws when an iterator is made, then the order with the first batch. */
  [Symbol.iterator](): IterableIterator<B> {
    return this.#ready(this.#start());
  }

  /** The same batches, at most a few of them ahead of the device; samples that are promises are waited for. */
  [Symbol.asyncIterator](): AsyncIterableIterator<B> {
    const { dataset } = this;
    const streams = dataset instanceof IterableDataset && dataset[Symbol.asyncIterator] !== undefined;
    this.#draw();
    return this.#paced(streams ? this.#streamed(dataset as unknown as AsyncIterable<T>) : this.#ahead(this.#batches()));
  }

  #start(): Iterator<B | Promise<B>> {
    this.#draw();
    return this.#batches();
  }

  /** PyTorch's seed for worker processes: there are none, but the stream moves on by it. */
  #draw(): void {
    seed64((this.generator ?? defaultGenerator).mt);
  }

  *#ready(batches: Iterator<B | Promise<B>>): IterableIterator<B> {
    for (let next = batches.next(); next.done !== true; next = batches.next()) {
      if (!(next.value instanceof Promise)) yield next.value;
      else {
        next.value.catch(() => undefined);
        throw new ArgumentError({
          op: 'data.DataLoader',
          fact: 'a sample is a promise',
          rule: 'such samples must be waited for',
          cure: 'Write for await (const batch of loader).',
        });
      }
    }
  }

  /** Batches, or promises of them where samples are promises. */
  *#batches(): IterableIterator<B | Promise<B>> {
    const { dataset, batchSampler, sampler } = this;
    if (dataset instanceof IterableDataset) {
      if (dataset[Symbol.iterator] === undefined) {
        throw new ArgumentError({
          op: 'data.DataLoader',
          fact: 'the data set iterates asynchronously',
          rule: 'its samples must be waited for',
          cure: 'Write for await (const batch of loader).',
        });
      }
      let batch: T[] = [];
      for (const sample of dataset as unknown as Iterable<T>) {
        batch.push(sample);
        if (batch.length < (this.batchSize ?? 1)) continue;
        yield this.#made(batch);
        batch = [];
      }
      if (batch.length > 0 && !this.dropLast) yield this.#made(batch);
    } else if (batchSampler === null) {
      for (const index of sampler as Iterable<number>) yield this.#made([dataset.get(index)]);
    } else {
      const inOrder = sampler instanceof SequentialSampler && batchSampler instanceof BatchSampler;
      for (const indices of batchSampler) {
        const own = this.collateFn === null ? batchOf(dataset, indices, inOrder) : undefined;
        if (own !== undefined) yield [...(own as unknown as readonly Tensor[])] as unknown as B;
        else yield this.#made(indices.map((index) => dataset.get(index)));
      }
    }
  }

  /** The batch of samples; of one sample itself where there are no batches. */
  #made(samples: readonly T[]): B | Promise<B> {
    if (samples.some((one) => one instanceof Promise)) {
      return Promise.all(samples).then((settled) => this.#collate(settled as Awaited<T>[]));
    }
    return this.#collate(samples as readonly Awaited<T>[]);
  }

  #collate(samples: readonly Awaited<T>[]): B {
    const { collateFn } = this;
    if (this.batchSize === null && this.batchSampler === null) {
      return collateFn === null
        ? (samples[0] as unknown as B)
        : (collateFn as unknown as (sample: Awaited<T>) => B)(samples[0]);
    }
    if (collateFn === null) return defaultCollate(samples) as unknown as B;
    return (collateFn as (samples: Awaited<T>[]) => B)([...samples]);
  }

  /** Of batches that are promises, the next few are asked for before they are needed. */
  async *#ahead(batches: Iterator<B | Promise<B>>): AsyncIterableIterator<B> {
    const asked: Promise<B>[] = [];
    for (let next = batches.next(); next.done !== true; next = batches.next()) {
      const { value } = next;
      if (!(value instanceof Promise)) yield value;
      else {
        // Its failure is told where the batch is waited for.
        value.catch(() => undefined);
        if (asked.push(value) > this.prefetchFactor) yield (await asked.shift()) as B;
      }
    }
    for (const value of asked) yield await value;
  }

  async *#streamed(dataset: AsyncIterable<T>): AsyncIterableIterator<B> {
    let batch: T[] = [];
    for await (const sample of dataset) {
      batch.push(sample);
      if (batch.length < (this.batchSize ?? 1)) continue;
      yield await this.#made(batch);
      batch = [];
    }
    if (batch.length > 0 && !this.dropLast) yield await this.#made(batch);
  }

  async *#paced(batches: AsyncIterable<B>): AsyncIterableIterator<B> {
    const underWay: Promise<void>[] = [];
    for await (const batch of batches) {
      const device = deviceOf(batch);
      yield batch;
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
