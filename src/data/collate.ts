// Batches of samples: tensors stacked, numbers as a tensor, lists and plain objects part by part.
// https://pytorch.org/docs/stable/data.html#torch.utils.data.default_collate

import { tensor } from '../create/create.ts';
import type { TypedArray } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { stack } from '../ops/join.ts';
import { describe, isPlainObject } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';

/** What a batch of samples `T` is: tensors stacked, numbers as a tensor, tuples and objects part by part, text as a list. */
export type Collated<T> =
  T extends Promise<infer S>
    ? Collated<S>
    : T extends Tensor | number | boolean | TypedArray
      ? Tensor
      : T extends string
        ? string[]
        : T extends readonly unknown[] | object
          ? { -readonly [K in keyof T]: Collated<T[K]> }
          : T[];

/** One batch of samples: tensors stacked, numbers as a tensor, lists and plain objects part by part. */
export function defaultCollate<T>(samples: readonly T[]): Collated<T> {
  if (!Array.isArray(samples) || samples.length === 0) {
    throw new ArgumentError({
      op: 'data.defaultCollate',
      fact: `samples is ${describe(samples)}`,
      rule: 'it must be a list of samples, one or more',
    });
  }
  return collate(samples) as Collated<T>;
}

/** What samples are, as far as a batch asks. */
function kindOf(value: unknown): string {
  if (value instanceof Tensor) return 'tensor';
  if (typeof value === 'number' || typeof value === 'boolean') return 'number';
  if (ArrayBuffer.isView(value)) return 'typed array';
  if (Array.isArray(value)) return 'list';
  return isPlainObject(value) ? 'object' : typeof value;
}

/** Throws unless all samples are of the kind of the first. */
function requireAlike(samples: readonly unknown[]): void {
  const kind = kindOf(samples[0]);
  const at = samples.findIndex((sample) => kindOf(sample) !== kind);
  if (at < 0) return;
  throw new ArgumentError({
    op: 'data.DataLoader',
    fact: `the first sample of a batch holds ${describe(samples[0])}, sample ${at} ${describe(samples[at])}`,
    rule: 'the samples of a batch are of one kind',
    cure: 'Pass a collateFn.',
  });
}

/** The same part of each record; throws where one lacks it. */
function partsOf(records: readonly Record<string, unknown>[], key: string): unknown[] {
  return records.map((record, at) => {
    if (Object.hasOwn(record, key)) return record[key];
    throw new ArgumentError({
      op: 'data.DataLoader',
      fact: `sample ${at} of a batch has no ${key}, but ${Object.keys(record).join(', ') || 'nothing'}`,
      rule: 'the samples of a batch have the same keys',
    });
  });
}

function collate(samples: readonly unknown[]): unknown {
  const [first] = samples;
  requireAlike(samples);
  if (first instanceof Tensor) return stack(samples as readonly Tensor[]);
  if (typeof first === 'number' || typeof first === 'boolean') {
    const whole = typeof first === 'number' && samples.every(Number.isInteger);
    return tensor(samples as readonly (number | boolean)[], whole ? { dtype: 'int32' } : {});
  }
  if (ArrayBuffer.isView(first)) return stack((samples as readonly TypedArray[]).map((one) => tensor(one)));
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
    return Object.fromEntries(Object.keys(first).map((key) => [key, collate(partsOf(records, key))]));
  }
  throw new ArgumentError({
    op: 'data.DataLoader',
    fact: `a sample holds ${describe(first)}`,
    rule: 'samples are tensors, numbers, text, lists or plain objects of them',
    cure: 'Pass a collateFn.',
  });
}
