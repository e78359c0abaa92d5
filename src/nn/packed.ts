// nn.utils.rnn: sequences of different lengths in one batch, padded or packed. A packed batch is sorted by length; its data
// are the first elements of all sequences, then the second of those that have one, and so on.
// https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.PackedSequence.html

import { tensor } from '../create/create.ts';
import { ArgumentError } from '../errors.ts';
import { toDType } from '../ops/apply.ts';
import { where } from '../ops/arithmetic.ts';
import { indexSelect } from '../ops/gather.ts';
import { cat, stack, zerosLikePart } from '../ops/join.ts';
import { reshape, transpose } from '../ops/view.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';

/** A batch of sequences in which nothing is padding. */
export class PackedSequence {
  /** (sum of lengths, ..). */
  readonly data: Tensor;
  /** How many sequences have an element at each time. */
  readonly batchSizes: readonly number[];
  /** Where each sequence of the packed batch stood in the batch it was made of, and the way back; null where they stay. */
  readonly sortedIndices: Tensor | null;
  readonly unsortedIndices: Tensor | null;

  constructor(
    data: Tensor,
    batchSizes: readonly number[],
    sortedIndices: Tensor | null = null,
    unsortedIndices: Tensor | null = null,
  ) {
    this.data = data;
    this.batchSizes = batchSizes;
    this.sortedIndices = sortedIndices;
    this.unsortedIndices = unsortedIndices;
  }
}

const integers = (values: readonly number[], like: Tensor): Tensor =>
  tensor([...values], { dtype: 'int32', device: like.device });

/** The places t * batch + b of a padded batch (T, B) that hold something, in packed order. */
function filledPlaces({ batchSizes }: Pick<PackedSequence, 'batchSizes'>): number[] {
  const [batch] = batchSizes;
  return batchSizes.flatMap((size, time) => Array.from({ length: size }, (_, at) => time * batch + at));
}

/** (T, B, ..) -> (sum of lengths, ..). */
function gathered(padded: Tensor, batchSizes: readonly number[]): Tensor {
  const [length, batch, ...rest] = padded.shape;
  return indexSelect(reshape(padded, length * batch, ...rest), 0, integers(filledPlaces({ batchSizes }), padded));
}

/** The same batch with other data: (T, B, ..) of which the padding is left out. */
export function packAs(like: PackedSequence, padded: Tensor): PackedSequence {
  return new PackedSequence(
    gathered(padded, like.batchSizes),
    like.batchSizes,
    like.sortedIndices,
    like.unsortedIndices,
  );
}

/** A packed batch as (T, B, ..), in sorted order, with any elements as padding, and (T, B, 1) of where it holds something. */
export function unpacked({ data, batchSizes }: PackedSequence): { readonly values: Tensor; readonly valid: Tensor } {
  const [batch] = batchSizes;
  const places = new Array<number>(batchSizes.length * batch).fill(0);
  const holds = new Array<number>(places.length).fill(0);
  filledPlaces({ batchSizes }).forEach((place, at) => {
    places[place] = at;
    holds[place] = 1;
  });
  const values = reshape(
    indexSelect(data, 0, integers(places, data)),
    batchSizes.length,
    batch,
    ...data.shape.slice(1),
  );
  return { values, valid: toDType(reshape(integers(holds, data), batchSizes.length, batch, 1), 'bool') };
}

const lengthsParam = p.custom<readonly number[] | Tensor>()(
  'lengths',
  'a list of integers or an int32 tensor',
  (v) => v instanceof Tensor || (Array.isArray(v) && v.every((one) => Number.isInteger(one))),
);
const batchFirst = optional(p.bool('batchFirst'), false);
const enforceSorted = optional(p.bool('enforceSorted'), true);
const paddingValue = optional(p.number('paddingValue'), 0);

/** Lengths as numbers; a tensor of them must be on the host. */
function lengthsOf(op: string, lengths: readonly number[] | Tensor, batch: number, longest: number): number[] {
  const { host } = lengths instanceof Tensor ? lengths.node.root : { host: lengths };
  if (host === null) {
    throw new ArgumentError({
      op,
      fact: 'lengths that were computed on the device',
      rule: 'how the batch is packed is decided on the host',
      cure: 'Read them first: await lengths.tolist().',
    });
  }
  const list = Array.from(host);
  const wrong = list.length !== batch || list.some((length) => length < 1 || length > longest);
  if (!wrong) return list;
  throw new ArgumentError({
    op,
    fact: `lengths [${list.join(', ')}] for ${batch} sequences of at most ${longest}`,
    rule: 'there is one from 1 on for each sequence',
  });
}

/**
 * Packs a padded batch (T, B, ..), or (B, T, ..) with `batchFirst`. Unless `enforceSorted` is false, the lengths must fall.
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html
 */
export const packPaddedSequence = define(
  'nn.utils.rnn.packPaddedSequence',
  [p.tensor('input'), lengthsParam, batchFirst, enforceSorted],
  (input, given, batchFirst, enforceSorted): PackedSequence => {
    const op = 'nn.utils.rnn.packPaddedSequence';
    const times = batchFirst ? transpose(input, 0, 1) : input;
    const lengths = lengthsOf(op, given, times.shape[1], times.shape[0]);
    const order = lengths.map((_, at) => at);
    const falling = lengths.every((length, at) => at === 0 || length <= lengths[at - 1]);
    if (enforceSorted && !falling) {
      throw new ArgumentError({
        op,
        fact: `lengths [${lengths.join(', ')}]`,
        rule: 'they must not rise where enforceSorted is true',
        cure: 'Pass { enforceSorted: false }.',
      });
    }
    order.sort((a, b) => lengths[b] - lengths[a]);
    const longest = lengths[order[0]];
    const batchSizes = Array.from({ length: longest }, (_, time) => lengths.filter((length) => length > time).length);
    if (enforceSorted) return new PackedSequence(gathered(times, batchSizes), batchSizes);
    const back = new Array<number>(order.length);
    order.forEach((from, at) => (back[from] = at));
    const [sorted, unsorted] = [integers(order, input), integers(back, input)];
    return new PackedSequence(gathered(indexSelect(times, 1, sorted), batchSizes), batchSizes, sorted, unsorted);
  },
);

const sequenceParam = p.custom<PackedSequence>()('sequence', 'a PackedSequence', (v) => v instanceof PackedSequence);

/**
 * A packed batch as [(T, B, ..) or (B, T, ..), lengths], with `paddingValue` behind the ends and in the order that the batch
 * had. https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_packed_sequence.html
 */
export const padPackedSequence = define(
  'nn.utils.rnn.padPackedSequence',
  [sequenceParam, batchFirst, paddingValue, optional(p.int('totalLength'), null)],
  (sequence, batchFirst, paddingValue, totalLength): [Tensor, Tensor] => {
    const { batchSizes, unsortedIndices, data } = sequence;
    const longest = batchSizes.length;
    if (totalLength !== null && totalLength < longest) {
      throw new ArgumentError({
        op: 'nn.utils.rnn.padPackedSequence',
        fact: `totalLength ${totalLength} for sequences of up to ${longest}`,
        rule: 'it must not be below the longest',
      });
    }
    const { values, valid } = unpacked(sequence);
    const holds = reshape(valid, [...valid.shape.slice(0, 2), ...data.shape.slice(1).map(() => 1)]);
    const padded = where(holds, values, paddingValue);
    const whole =
      totalLength === null || totalLength === longest
        ? padded
        : cat([padded, zerosLikePart(padded, 0, totalLength - longest, paddingValue)]);
    const inOrder = unsortedIndices === null ? whole : indexSelect(whole, 1, unsortedIndices);
    const lengths = integers(
      Array.from({ length: batchSizes[0] }, (_, at) => batchSizes.filter((size) => size > at).length),
      data,
    );
    const sorted = unsortedIndices === null ? lengths : indexSelect(lengths, 0, unsortedIndices);
    return [batchFirst ? transpose(inOrder, 0, 1) : inOrder, sorted];
  },
);

/**
 * Sequences (length, ..) of different lengths as one tensor (T, B, ..), or (B, T, ..) with `batchFirst`.
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_sequence.html
 */
export const padSequence = define(
  'nn.utils.rnn.padSequence',
  [p.tensors('sequences'), batchFirst, paddingValue],
  (sequences, batchFirst, paddingValue): Tensor => {
    const longest = Math.max(...sequences.map(({ shape }) => shape[0]));
    const padded = sequences.map((one) => {
      const missing = longest - one.shape[0];
      return missing === 0 ? one : cat([one, zerosLikePart(one, 0, missing, paddingValue)]);
    });
    return stack(padded, batchFirst ? 0 : 1);
  },
);

/**
 * Packs sequences (length, ..) of different lengths.
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_sequence.html
 */
export const packSequence = define(
  'nn.utils.rnn.packSequence',
  [p.tensors('sequences'), enforceSorted],
  (sequences, enforceSorted): PackedSequence =>
    packPaddedSequence(
      padSequence(sequences),
      sequences.map(({ shape }) => shape[0]),
      false,
      enforceSorted,
    ),
);
