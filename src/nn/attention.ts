// Attention in several heads, with the projections that make queries, keys and values. ops/attention.ts has the mathematics.

import { empty } from '../create/create.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { attend, causalMask } from '../ops/attention.ts';
import { cat, chunk, zerosLikePart } from '../ops/join.ts';
import { logicalNot } from '../ops/math.ts';
import { linear } from '../ops/nn.ts';
import { narrow } from '../ops/part.ts';
import { mean } from '../ops/reduce.ts';
import { expand, permute, reshape, squeeze, unsqueeze } from '../ops/view.ts';
import { formatShape, sameShape } from '../shape.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { boundByName, placeOptions, placeParams, snakeCase } from './arguments.ts';
import { dropout } from './functional.ts';
import * as init from './init.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

const signature = [
  p.int('embedDim'),
  p.int('numHeads'),
  optional(p.number('dropout'), 0),
  optional(p.bool('bias'), true),
  optional(p.bool('addBiasKv'), false),
  optional(p.bool('addZeroAttn'), false),
  optional(p.int('kdim'), null),
  optional(p.int('vdim'), null),
  optional(p.bool('batchFirst'), false),
  ...placeParams,
] as const;

const callSignature = [
  p.tensor('query'),
  p.tensor('key'),
  p.tensor('value'),
  optional(p.tensor('keyPaddingMask'), null),
  optional(p.bool('needWeights'), true),
  optional(p.tensor('attnMask'), null),
  optional(p.bool('averageAttnWeights'), true),
  optional(p.bool('isCausal'), false),
] as const;

/** The output projection, under the name that PyTorch prints. */
class NonDynamicallyQuantizableLinear extends Linear<boolean> {}

/** A mask in this module's sense (true takes a key out) in that of ops/attention.ts (true keeps it). */
const turned = (mask: Tensor): Tensor => (mask.dtype === 'bool' ? logicalNot(mask) : mask);

/**
 * Attention of numHeads heads of size embedDim / numHeads: query (L, N, embedDim), key (S, N, kdim), value (S, N, vdim), or
 * (N, L, ..) with `batchFirst`, or without N -> [output in the form of the query, weights (N, L, S) or null].
 * https://pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html
 */
export class MultiheadAttention extends Module {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly headDim: number;
  readonly kdim: number;
  readonly vdim: number;
  readonly dropout: number;
  readonly batchFirst: boolean;
  readonly addZeroAttn: boolean;
  /** The three projections (3 embedDim, embedDim) under each other, where all have one size; else each by itself. */
  readonly inProjWeight: Parameter | null;
  readonly qProjWeight: Parameter | null;
  readonly kProjWeight: Parameter | null;
  readonly vProjWeight: Parameter | null;
  readonly inProjBias: Parameter | null;
  /** A key and a value (1, 1, embedDim) behind those of every batch. */
  readonly biasK: Parameter | null;
  readonly biasV: Parameter | null;
  readonly outProj: Linear<boolean>;

  constructor(...args: Args<typeof signature>) {
    super();
    const options = boundByName('nn.MultiheadAttention', signature, args);
    const { embedDim, numHeads } = options;
    if (numHeads < 1 || embedDim < 1 || embedDim % numHeads !== 0) {
      throw new ArgumentError({
        op: 'nn.MultiheadAttention',
        fact: `embedDim ${embedDim} with ${numHeads} heads`,
        rule: 'the heads share embedDim: it must be a multiple of numHeads',
      });
    }
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.headDim = embedDim / numHeads;
    this.kdim = options.kdim ?? embedDim;
    this.vdim = options.vdim ?? embedDim;
    this.dropout = options.dropout;
    this.batchFirst = options.batchFirst;
    this.addZeroAttn = options.addZeroAttn;
    const place = placeOptions(options);
    const make = (wanted: boolean, ...shape: number[]): Parameter | null =>
      wanted ? new Parameter(empty(shape, place)) : null;
    const alike = this.kdim === embedDim && this.vdim === embedDim;
    this.qProjWeight = make(!alike, embedDim, embedDim);
    this.kProjWeight = make(!alike, embedDim, this.kdim);
    this.vProjWeight = make(!alike, embedDim, this.vdim);
    this.inProjWeight = make(alike, 3 * embedDim, embedDim);
    this.inProjBias = make(options.bias, 3 * embedDim);
    this.outProj = new NonDynamicallyQuantizableLinear(embedDim, embedDim, { bias: options.bias, ...place });
    this.biasK = make(options.addBiasKv, 1, 1, embedDim);
    this.biasV = make(options.addBiasKv, 1, 1, embedDim);
    this.resetParameters();
  }

  /** Draws the parameters anew: projections by Glorot, biases 0; the output projection keeps the draws of a Linear. */
  resetParameters(): void {
    for (const weight of [this.inProjWeight, this.qProjWeight, this.kProjWeight, this.vProjWeight]) {
      if (weight !== null) init.xavierUniform_(weight);
    }
    for (const bias of [this.inProjBias, this.outProj.bias]) if (bias !== null) init.zeros_(bias);
    for (const bias of [this.biasK, this.biasV]) if (bias !== null) init.xavierNormal_(bias);
  }

  protected override stateName(property: string): string {
    return snakeCase(property);
  }

  /** Queries, keys and values, each of embedDim features. */
  private projected(query: Tensor, key: Tensor, value: Tensor): readonly Tensor[] {
    const { inProjWeight, inProjBias, embedDim } = this;
    if (inProjWeight !== null && query === key && key === value) {
      return chunk(linear(query, inProjWeight, inProjBias), 3, -1);
    }
    const own = [this.qProjWeight, this.kProjWeight, this.vProjWeight];
    const part = (whole: Parameter | null, at: number): Tensor | null =>
      whole === null ? null : narrow(whole, 0, at * embedDim, embedDim);
    return [query, key, value].map((x, at) =>
      linear(x, own[at] ?? (part(inProjWeight, at) as Tensor), part(inProjBias, at)),
    );
  }

  /** Attends; `attnMask` is (L, S) or (N numHeads, L, S), `keyPaddingMask` (N, S). In both, true takes a key out and floats are added. */
  forward(...args: Args<typeof callSignature>): [Tensor, Tensor | null] {
    const op = 'nn.MultiheadAttention';
    const given = boundByName(op, callSignature, args);
    const single = given.query.shape.length === 2;
    const [batchAt, timeAt] = this.batchFirst ? [0, 1] : [1, 0];
    this.requireShapes(given.query, given.key, given.value);
    const [query, key, value] = single
      ? withBatch([given.query, given.key, given.value], batchAt)
      : [given.query, given.key, given.value];
    const [q, ...rest] = this.projected(query, key, value);
    const [batch, queries] = [q.shape[batchAt], q.shape[timeAt]];
    let [k, v] = rest;
    let extra = 0;
    const extend = (x: Tensor, by: Tensor | null): Tensor => {
      const shape = x.shape.map((size, dim) => (dim === timeAt ? 1 : size));
      return cat([x, by === null ? zerosLikePart(x, timeAt, 1, 0) : expand(by, shape)], timeAt);
    };
    if (this.biasK !== null && this.biasV !== null) {
      [k, v] = [extend(k, this.biasK), extend(v, this.biasV)];
      extra++;
    }
    if (this.addZeroAttn) {
      [k, v] = [extend(k, null), extend(v, null)];
      extra++;
    }
    const keys = k.shape[timeAt];

    // A mask knows nothing of the keys that are added behind: they are seen.
    const widened = (mask: Tensor): Tensor =>
      extra === 0 ? mask : cat([mask, zerosLikePart(mask, mask.shape.length - 1, extra, 0)], -1);
    const masks: Tensor[] = [];
    if (given.attnMask !== null) {
      const mask = turned(widened(given.attnMask));
      masks.push(mask.shape.length === 3 ? reshape(mask, batch, this.numHeads, queries, keys) : mask);
    } else if (given.isCausal) masks.push(turned(widened(logicalNot(causalMask(q, queries, keys - extra)))));
    if (given.keyPaddingMask !== null) {
      masks.push(reshape(turned(widened(given.keyPaddingMask)), single ? 1 : batch, 1, 1, keys));
    }
    for (const mask of masks) this.requireMask(mask, [batch, this.numHeads, queries, keys]);

    // (L, N, E) or (N, L, E) -> (N, heads, L, E / heads), and back.
    const heads = (x: Tensor): Tensor =>
      permute(reshape(x, ...x.shape.slice(0, 2), this.numHeads, this.headDim), [batchAt, 2, timeAt, 3]);
    const { output, weights } = attend(op, heads(q), heads(k), heads(v), {
      masks,
      causal: false,
      scale: null,
      drop: (x) => dropout(x, this.dropout, this.training),
    });
    const joined = permute(output, this.batchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3]);
    const out = this.outProj.forward(reshape(joined, ...q.shape));
    const seen = !given.needWeights ? null : given.averageAttnWeights ? mean(weights, 1) : weights;
    if (!single) return [out, seen];
    return [squeeze(out, batchAt), seen === null ? null : squeeze(seen, 0)];
  }

  private requireShapes(query: Tensor, key: Tensor, value: Tensor): void {
    const rank = query.shape.length;
    const sizes = [this.embedDim, this.kdim, this.vdim];
    const fits = [query, key, value].every(({ shape }, at) => shape.length === rank && shape.at(-1) === sizes[at]);
    if (fits && (rank === 2 || rank === 3) && sameShape(key.shape.slice(0, -1), value.shape.slice(0, -1))) return;
    throw new ShapeError({
      op: 'nn.MultiheadAttention',
      fact: `query ${formatShape(query.shape)}, key ${formatShape(key.shape)}, value ${formatShape(value.shape)}`,
      rule: `${this.batchFirst ? '(batch, time, size)' : '(time, batch, size)'} or (time, size), of sizes ${sizes.join(', ')}`,
    });
  }

  private requireMask(mask: Tensor, shape: readonly number[]): void {
    const fits = mask.shape.every((size, at) => size === 1 || size === shape.at(at - mask.shape.length));
    if (fits) return;
    throw new ShapeError({
      op: 'nn.MultiheadAttention',
      fact: `a mask ${formatShape(mask.shape)} for scores ${formatShape(shape)} of (batch, heads, queries, keys)`,
      rule: 'attnMask is (queries, keys) or (batch * heads, queries, keys), keyPaddingMask (batch, keys)',
    });
  }
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
