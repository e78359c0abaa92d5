// Attention as functions: of given queries, keys and values, and in several heads with the projections that make them.
// nn.MultiheadAttention holds the parameters of the second. ops/attention.ts has the mathematics.

import { ArgumentError, ShapeError } from '../errors.ts';
import { attend, causalMask } from '../ops/attention.ts';
import { cat, chunk, zerosLikePart } from '../ops/join.ts';
import { logicalNot } from '../ops/math.ts';
import { linear, requireProbability } from '../ops/nn.ts';
import { narrow } from '../ops/part.ts';
import { mean } from '../ops/reduce.ts';
import { expand, permute, reshape, squeeze, unsqueeze } from '../ops/view.ts';
import { formatShape, sameShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import type { Named } from './arguments.ts';
import { dropout } from './functional-dropout.ts';

/**
 * softmax(scale query key^T + attnMask) value: query (.., L, E), key (.., S, E), value (.., S, Ev) -> (.., L, Ev). A mask of
 * bool takes keys out where it is false, one of floats is added; `scale` is 1 / sqrt(E) where it is not given. Dropout takes
 * weights out whenever dropoutP is above 0: pass 0 in evaluation.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
 */
export const scaledDotProductAttention = define(
  'scaledDotProductAttention',
  [
    p.tensor('query'),
    p.tensor('key'),
    p.tensor('value'),
    optional(p.tensor('attnMask'), null),
    optional(p.number('dropoutP'), 0),
    optional(p.bool('isCausal'), false),
    optional(p.number('scale'), null),
  ],
  (query, key, value, attnMask, dropoutP, isCausal, scale): Tensor => {
    const op = 'scaledDotProductAttention';
    requireProbability(op, dropoutP);
    if (attnMask !== null && isCausal) {
      throw new ArgumentError({ op, fact: 'attnMask and isCausal', rule: 'only one of them can be given' });
    }
    const options = { masks: attnMask === null ? [] : [attnMask], causal: isCausal, scale };
    return attend(op, query, key, value, { ...options, drop: (weights) => dropout(weights, dropoutP) }).output;
  },
);

const optionalTensor = <const N extends string>(name: N) => optional(p.tensor(name), null);
const nullable = <const N extends string>(name: N) =>
  p.custom<Tensor | null>()(name, 'a tensor or null', (value) => value === null || p.tensor(name).accepts(value));

const headsSignature = [
  p.tensor('query'),
  p.tensor('key'),
  p.tensor('value'),
  p.int('embedDimToCheck'),
  p.int('numHeads'),
  nullable('inProjWeight'),
  nullable('inProjBias'),
  nullable('biasK'),
  nullable('biasV'),
  p.bool('addZeroAttn'),
  p.number('dropoutP'),
  p.tensor('outProjWeight'),
  nullable('outProjBias'),
  optional(p.bool('training'), true),
  optionalTensor('keyPaddingMask'),
  optional(p.bool('needWeights'), true),
  optionalTensor('attnMask'),
  optional(p.bool('useSeparateProjWeight'), false),
  optionalTensor('qProjWeight'),
  optionalTensor('kProjWeight'),
  optionalTensor('vProjWeight'),
  optionalTensor('staticK'),
  optionalTensor('staticV'),
  optional(p.bool('averageAttnWeights'), true),
  optional(p.bool('isCausal'), false),
] as const;

/** What attention in several heads is told: the parameters of `multiHeadAttentionForward`, and which way the inputs lie. */
export interface HeadsOptions extends Named<typeof headsSignature> {
  readonly batchFirst: boolean;
}

/** A mask in PyTorch's sense (true takes a key out) in that of ops/attention.ts (true keeps it). */
const turned = (mask: Tensor): Tensor => (mask.dtype === 'bool' ? logicalNot(mask) : mask);

/** Queries, keys and values, each of embedDim features. */
function projected(query: Tensor, key: Tensor, value: Tensor, o: HeadsOptions): readonly Tensor[] {
  const { inProjWeight, inProjBias, embedDimToCheck: size } = o;
  if (!o.useSeparateProjWeight && inProjWeight !== null && query === key && key === value) {
    return chunk(linear(query, inProjWeight, inProjBias), 3, -1);
  }
  const own = o.useSeparateProjWeight ? [o.qProjWeight, o.kProjWeight, o.vProjWeight] : [];
  const part = (whole: Tensor | null, at: number): Tensor | null =>
    whole === null ? null : narrow(whole, 0, at * size, size);
  return [query, key, value].map((x, at) =>
    linear(x, own[at] ?? (part(inProjWeight, at) as Tensor), part(inProjBias, at)),
  );
}

/** Tensors with a batch of 1 at `dim`; those that were one stay one. */
function withBatch(inputs: readonly Tensor[], dim: number): Tensor[] {
  const made = new Map<Tensor, Tensor>();
  return inputs.map((input) => {
    const wide = made.get(input) ?? unsqueeze(input, dim);
    made.set(input, wide);
    return wide;
  });
}

function requireShapes(op: string, o: HeadsOptions): void {
  const { query, key, value, embedDimToCheck: size } = o;
  const rank = query.shape.length;
  const sizes = [size, o.kProjWeight?.shape[1] ?? size, o.vProjWeight?.shape[1] ?? size];
  const fits = [query, key, value].every(({ shape }, at) => shape.length === rank && shape.at(-1) === sizes[at]);
  if (fits && (rank === 2 || rank === 3) && sameShape(key.shape.slice(0, -1), value.shape.slice(0, -1))) return;
  throw new ShapeError({
    op,
    fact: `query ${formatShape(query.shape)}, key ${formatShape(key.shape)}, value ${formatShape(value.shape)}`,
    rule: `${o.batchFirst ? '(batch, time, size)' : '(time, batch, size)'} or (time, size), of sizes ${sizes.join(', ')}`,
  });
}

function requireMask(op: string, mask: Tensor, shape: readonly number[]): void {
  const fits = mask.shape.every((size, at) => size === 1 || size === shape.at(at - mask.shape.length));
  if (fits) return;
  throw new ShapeError({
    op,
    fact: `a mask ${formatShape(mask.shape)} for scores ${formatShape(shape)} of (batch, heads, queries, keys)`,
    rule: 'attnMask is (queries, keys) or (batch * heads, queries, keys), keyPaddingMask (batch, keys)',
  });
}

/** Attention of numHeads heads: the output in the form of the query, and the weights where they are wanted. */
export function attendInHeads(op: string, o: HeadsOptions): [output: Tensor, weights: Tensor | null] {
  const { numHeads, embedDimToCheck } = o;
  const single = o.query.shape.length === 2;
  const [batchAt, timeAt] = o.batchFirst ? [0, 1] : [1, 0];
  requireShapes(op, o);
  const given = [o.query, o.key, o.value];
  const [query, key, value] = single ? withBatch(given, batchAt) : given;
  const [q, ...rest] = projected(query, key, value, o);
  const [batch, queries] = [q.shape[batchAt], q.shape[timeAt]];
  let [k, v] = rest;
  let extra = 0;
  const extend = (x: Tensor, by: Tensor | null): Tensor => {
    const shape = x.shape.map((size, dim) => (dim === timeAt ? 1 : size));
    return cat([x, by === null ? zerosLikePart(x, timeAt, 1, 0) : expand(by, shape)], timeAt);
  };
  if (o.biasK !== null && o.biasV !== null) {
    [k, v] = [extend(k, o.biasK), extend(v, o.biasV)];
    extra++;
  }
  // (L, N, E) or (N, L, E) -> (N, heads, L, E / heads), and back.
  const size = embedDimToCheck / numHeads;
  const heads = (x: Tensor): Tensor =>
    permute(reshape(x, ...x.shape.slice(0, 2), numHeads, size), [batchAt, 2, timeAt, 3]);
  // Keys and values that are given for the heads: (N heads, S, E / heads).
  const fixed = (x: Tensor): Tensor => reshape(x, batch, numHeads, -1, size);
  let [keys, values] = [
    o.staticK === null ? heads(k) : fixed(o.staticK),
    o.staticV === null ? heads(v) : fixed(o.staticV),
  ];
  if (o.addZeroAttn) {
    [keys, values] = [keys, values].map((x) => cat([x, zerosLikePart(x, 2, 1, 0)], 2));
    extra++;
  }
  const seen = keys.shape[2];

  // A mask knows nothing of the keys that are added behind: they are seen.
  const widened = (mask: Tensor): Tensor =>
    extra === 0 ? mask : cat([mask, zerosLikePart(mask, mask.shape.length - 1, extra, 0)], -1);
  const masks: Tensor[] = [];
  if (o.attnMask !== null) {
    const mask = turned(widened(o.attnMask));
    masks.push(mask.shape.length === 3 ? reshape(mask, batch, numHeads, queries, seen) : mask);
  } else if (o.isCausal) masks.push(turned(widened(logicalNot(causalMask(q, queries, seen - extra)))));
  if (o.keyPaddingMask !== null) {
    masks.push(reshape(turned(widened(o.keyPaddingMask)), single ? 1 : batch, 1, 1, seen));
  }
  for (const mask of masks) requireMask(op, mask, [batch, numHeads, queries, seen]);

  const { output, weights } = attend(op, heads(q), keys, values, {
    masks,
    causal: false,
    scale: null,
    drop: (x) => dropout(x, o.dropoutP, o.training),
  });
  const joined = permute(output, o.batchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3]);
  const out = linear(reshape(joined, ...q.shape), o.outProjWeight, o.outProjBias);
  const shown = !o.needWeights ? null : o.averageAttnWeights ? mean(weights, 1) : weights;
  if (!single) return [out, shown];
  return [squeeze(out, batchAt), shown === null ? null : squeeze(shown, 0)];
}

/**
 * Attention in several heads with the parameters given: query (L, N, E), key (S, N, K), value (S, N, V), or without N ->
 * [output (L, N, E), weights (N, L, S) or null]. In masks true takes a key out and floats are added. `inProjWeight` (3 E, E) has
 * the projections under each other; with `useSeparateProjWeight` there are three. `staticK` and `staticV` (N heads, S, E / heads)
 * stand in for keys and values. https://github.com/pytorch/pytorch/blob/main/torch/nn/functional.py (multi_head_attention_forward)
 */
export const multiHeadAttentionForward = define(
  'multiHeadAttentionForward',
  headsSignature,
  (...values): [output: Tensor, weights: Tensor | null] => {
    const op = 'multiHeadAttentionForward';
    const named = Object.fromEntries(headsSignature.map(({ name }, at) => [name, values[at]]));
    const options = { ...(named as unknown as Named<typeof headsSignature>), batchFirst: false };
    const { embedDimToCheck: size, numHeads, useSeparateProjWeight } = options;
    requireProbability(op, options.dropoutP);
    if (numHeads < 1 || size < 1 || size % numHeads !== 0) {
      throw new ArgumentError({
        op,
        fact: `embedDimToCheck ${size} with ${numHeads} heads`,
        rule: 'the heads share it: it must be a multiple of numHeads',
      });
    }
    const wanted = useSeparateProjWeight
      ? ([options.qProjWeight, options.kProjWeight, options.vProjWeight] as const)
      : ([options.inProjWeight] as const);
    if (wanted.some((weight) => weight === null)) {
      throw new ArgumentError({
        op,
        fact: useSeparateProjWeight ? 'a projection is missing' : 'inProjWeight is null',
        rule: 'qProjWeight, kProjWeight and vProjWeight with useSeparateProjWeight, else inProjWeight',
      });
    }
    return attendInHeads(op, options);
  },
);
