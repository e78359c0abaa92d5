// The order in which samples come: one after the other, at random, in batches. The draws are PyTorch's, from the same
// generators at the same moments. https://pytorch.org/docs/stable/data.html#torch.utils.data.Sampler

import { ArgumentError } from '../errors.ts';
import { bind, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { multinomial, randint, randperm, seed64 } from '../host/draw.ts';
import { Mt19937 } from '../host/mt19937.ts';
import { defaultGenerator, type Generator } from '../create/generator.ts';
import { generatorParam, indicesParam } from './dataset.ts';

/**
 * The base of samplers of the user's: positions (or batches of positions) in an order; iterating again may give another one.
 * Anything with a length that can be iterated serves, too. https://pytorch.org/docs/stable/data.html#torch.utils.data.Sampler
 */
export abstract class Sampler<T = number> implements Iterable<T> {
  abstract readonly length: number;
  abstract [Symbol.iterator](): Iterator<T>;
}

/** What samplers and loaders ask of positions: that they can be iterated, and are no text. */
export const isPositions = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Symbol.iterator in value && !(value instanceof Tensor);

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;

const sized = {
  ...p.custom<{ readonly length: number }>()(
    'dataset',
    'a data set with a length',
    (value) =>
      isCount((value as { readonly length?: unknown } | null | undefined)?.length) && typeof value !== 'string',
  ),
  // `{ length: 10 }` is one, too.
  mapping: true,
};
const randomSignature = [
  sized,
  optional(p.bool('replacement'), false),
  optional(p.number('numSamples'), null),
  generatorParam,
] as const;
const weightedSignature = [
  p.custom<ArrayLike<number>>()('weights', 'a list of numbers', indicesParam.accepts),
  p.number('numSamples'),
  optional(p.bool('replacement'), true),
  generatorParam,
] as const;
const batchSignature = [
  p.custom<Iterable<number>>()('sampler', 'positions to iterate', isPositions),
  p.number('batchSize'),
  p.bool('dropLast'),
] as const;

function requirePositive(op: string, name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new ArgumentError({ op, fact: `${name} is ${value}`, rule: 'it must be a positive integer' });
}

/** 0, 1, 2, .. */
export class SequentialSampler extends Sampler {
  readonly length: number;

  constructor(dataset: { readonly length: number }) {
    super();
    bind('data.SequentialSampler', [sized], [dataset]);
    this.length = dataset.length;
  }

  *[Symbol.iterator](): Iterator<number> {
    for (let index = 0; index < this.length; index++) yield index;
  }
}

export interface RandomSamplerOptions {
  /** Draw each position anew, so that some come twice. */
  readonly replacement?: boolean;
  /** How many positions; the length of the data set by default. */
  readonly numSamples?: number;
  /** The stream; without one, each iteration seeds one of its own from the default stream. */
  readonly generator?: Generator | null;
}

/** All positions in random order. https://pytorch.org/docs/stable/data.html#torch.utils.data.RandomSampler */
export class RandomSampler extends Sampler {
  private readonly size: number;
  private readonly replacement: boolean;
  private readonly generator: Generator | null;
  readonly length: number;

  constructor(dataset: { readonly length: number }, options: RandomSamplerOptions = {}) {
    super();
    const op = 'data.RandomSampler';
    const [, replacement, given, generator] = bind(op, randomSignature, [dataset, options]) as [
      unknown,
      boolean,
      number | null,
      Generator | null,
    ];
    const numSamples = given ?? dataset.length;
    requirePositive(op, 'numSamples', numSamples);
    this.size = dataset.length;
    this.length = numSamples;
    this.replacement = replacement;
    this.generator = generator;
  }

  *[Symbol.iterator](): Iterator<number> {
    // A 64-bit seed from the default stream, for a stream of its own.
    const stream = this.generator?.mt ?? new Mt19937(seed64(defaultGenerator.mt));
    const { size, length } = this;
    if (this.replacement) {
      for (let done = 0; done < length; done += 32) {
        const some = new Int32Array(Math.min(32, length - done));
        randint(stream, some, 0, size);
        yield* some;
      }
      return;
    }
    for (let round = 0; round < Math.floor(length / size); round++) yield* randperm(stream, size);
    // PyTorch draws the last permutation also where nothing of it is used; a stream that is given moves on by it.
    yield* randperm(stream, size).subarray(0, length % size);
  }
}

/** Some positions, in random order. https://pytorch.org/docs/stable/data.html#torch.utils.data.SubsetRandomSampler */
export class SubsetRandomSampler extends Sampler {
  readonly indices: readonly number[];
  private readonly generator: Generator | null;

  constructor(indices: readonly number[], options: { readonly generator?: Generator | null } = {}) {
    super();
    const [, generator] = bind('data.SubsetRandomSampler', [indicesParam, generatorParam], [indices, options]);
    this.indices = indices;
    this.generator = generator as Generator | null;
  }

  get length(): number {
    return this.indices.length;
  }

  *[Symbol.iterator](): Iterator<number> {
    const stream = (this.generator ?? defaultGenerator).mt;
    for (const at of randperm(stream, this.length)) yield this.indices[at];
  }
}

/** Positions drawn by weights, which need not add up to 1. https://pytorch.org/docs/stable/data.html#torch.utils.data.WeightedRandomSampler */
export class WeightedRandomSampler extends Sampler {
  readonly weights: Float64Array;
  readonly length: number;
  readonly replacement: boolean;
  private readonly generator: Generator | null;

  constructor(
    weights: ArrayLike<number>,
    numSamples: number,
    replacement = true,
    options: { readonly generator?: Generator | null } = {},
  ) {
    super();
    const op = 'data.WeightedRandomSampler';
    const [, , , generator] = bind(op, weightedSignature, [weights, numSamples, replacement, options]);
    requirePositive(op, 'numSamples', numSamples);
    this.weights = Float64Array.from(weights);
    this.length = numSamples;
    this.replacement = replacement;
    this.generator = generator as Generator | null;
  }

  *[Symbol.iterator](): Iterator<number> {
    const { weights, length, replacement } = this;
    yield* multinomial((this.generator ?? defaultGenerator).mt, weights, weights.length, length, replacement);
  }
}

/** Lists of `batchSize` positions; the last may be shorter, or is left out. https://pytorch.org/docs/stable/data.html#torch.utils.data.BatchSampler */
export class BatchSampler extends Sampler<number[]> {
  readonly sampler: Iterable<number>;
  readonly batchSize: number;
  readonly dropLast: boolean;

  constructor(sampler: Iterable<number>, batchSize: number, dropLast: boolean) {
    super();
    const op = 'data.BatchSampler';
    bind(op, batchSignature, [sampler, batchSize, dropLast]);
    requirePositive(op, 'batchSize', batchSize);
    this.sampler = sampler;
    this.batchSize = batchSize;
    this.dropLast = dropLast;
  }

  get length(): number {
    const count = lengthOf(this.sampler);
    return this.dropLast ? Math.floor(count / this.batchSize) : Math.ceil(count / this.batchSize);
  }

  *[Symbol.iterator](): Iterator<number[]> {
    let batch: number[] = [];
    for (const index of this.sampler) {
      batch.push(index);
      if (batch.length < this.batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0 && !this.dropLast) yield batch;
  }
}

/** The length of a sampler; throws where it has none. */
export function lengthOf(sampler: Iterable<unknown>): number {
  const { length } = sampler as { readonly length?: unknown };
  if (typeof length === 'number') return length;
  throw new ArgumentError({
    op: 'data',
    fact: 'the sampler has no length',
    rule: 'a length needs one',
    cure: 'Give it a `length`.',
  });
}
