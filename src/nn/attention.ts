// Attention in several heads, with the projections that make queries, keys and values: the parameters alone;
// functional-attention.ts computes.

import { empty } from '../create/create.ts';
import { ArgumentError } from '../errors.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { boundByName, placeOptions, placeParams, snakeCase } from './arguments.ts';
import { attendInHeads } from './functional-attention.ts';
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

  /** Attends; `attnMask` is (L, S) or (N numHeads, L, S), `keyPaddingMask` (N, S). In both, true takes a key out and floats are added. */
  forward(...args: Args<typeof callSignature>): [Tensor, Tensor | null] {
    const op = 'nn.MultiheadAttention';
    return attendInHeads(op, {
      ...boundByName(op, callSignature, args),
      embedDimToCheck: this.embedDim,
      numHeads: this.numHeads,
      inProjWeight: this.inProjWeight,
      inProjBias: this.inProjBias,
      biasK: this.biasK,
      biasV: this.biasV,
      addZeroAttn: this.addZeroAttn,
      dropoutP: this.dropout,
      outProjWeight: this.outProj.weight,
      outProjBias: this.outProj.bias,
      training: this.training,
      useSeparateProjWeight: this.inProjWeight === null,
      qProjWeight: this.qProjWeight,
      kProjWeight: this.kProjWeight,
      vProjWeight: this.vProjWeight,
      staticK: null,
      staticV: null,
      batchFirst: this.batchFirst,
    });
  }
}
