// Tables of vectors as layers: Embedding and EmbeddingBag, their draws, and tables that are given.

import { noGrad } from '../autograd/autograd.ts';
import { empty } from '../create/create.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { type BagMode, bagModeParam, embedding, embeddingBag } from '../ops/embedding.ts';
import { zero_ } from '../ops/inplace.ts';
import { selectAt } from '../ops/part.ts';
import { formatShape, sameShape } from '../shape.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { boundByName, type Named, placeOptions, placeParams, pythonText } from './arguments.ts';
import * as init from './init.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

const sizes = [p.int('numEmbeddings'), p.int('embeddingDim')] as const;
const padding = optional(p.int('paddingIdx'), null);
const norms = [
  optional(p.number('maxNorm'), null),
  optional(p.number('normType'), 2),
  optional(p.bool('scaleGradByFreq'), false),
] as const;
const sparse = optional(p.bool('sparse'), false);
const includeLast = optional(p.bool('includeLastOffset'), false);
/** A table to take instead of drawing one, under PyTorch's name. */
const given = optional(p.tensor('_weight'), null);
const pretrained = [p.tensor('embeddings'), optional(p.bool('freeze'), true)] as const;

const signature = [...sizes, padding, ...norms, sparse, given, ...placeParams] as const;
const bagSignature = [...sizes, ...norms, bagModeParam, sparse, given, includeLast, padding, ...placeParams] as const;
const pretrainedSignature = [...pretrained, padding, ...norms, sparse] as const;
const pretrainedBagSignature = [...pretrained, ...norms, bagModeParam, sparse, includeLast, padding] as const;

/** What both have: the table `weight` (numEmbeddings, embeddingDim) and the options of its rows. */
abstract class Table extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;
  readonly maxNorm: number | null;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  readonly sparse: boolean;
  readonly weight: Parameter;

  constructor(op: string, options: Named<typeof signature>) {
    super();
    const { numEmbeddings, embeddingDim, paddingIdx, _weight } = options;
    if (paddingIdx !== null && (paddingIdx >= numEmbeddings || paddingIdx < -numEmbeddings)) {
      throw new ArgumentError({
        op,
        fact: `paddingIdx ${paddingIdx} for ${numEmbeddings} rows`,
        rule: 'it must be one of them',
      });
    }
    if (_weight !== null && !sameShape(_weight.shape, [numEmbeddings, embeddingDim])) {
      throw new ShapeError({
        op,
        fact: `a table ${formatShape(_weight.shape)}`,
        rule: `it must be ${formatShape([numEmbeddings, embeddingDim])}`,
      });
    }
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = paddingIdx !== null && paddingIdx < 0 ? paddingIdx + numEmbeddings : paddingIdx;
    this.maxNorm = options.maxNorm;
    this.normType = options.normType;
    this.scaleGradByFreq = options.scaleGradByFreq;
    this.sparse = options.sparse;
    this.weight = new Parameter(_weight ?? empty([numEmbeddings, embeddingDim], placeOptions(options)));
    if (_weight === null) this.resetParameters();
  }

  /** Draws the table anew from the normal distribution, with zeros in the padding row. */
  resetParameters(): void {
    init.normal_(this.weight);
    const { paddingIdx } = this;
    if (paddingIdx !== null) noGrad(() => void zero_(selectAt('select', this.weight, 0, paddingIdx)));
  }

  /** What printing shows of the table, in PyTorch's order. */
  protected tableText(paddingIdx: number | null): string[] {
    return [
      `${this.numEmbeddings}, ${this.embeddingDim}`,
      ...(paddingIdx === null ? [] : [`padding_idx=${paddingIdx}`]),
      ...(this.maxNorm === null ? [] : [`max_norm=${pythonText(this.maxNorm)}`]),
      ...(this.normType === 2 ? [] : [`norm_type=${pythonText(this.normType)}`]),
      ...(this.scaleGradByFreq ? ['scale_grad_by_freq=True'] : []),
    ];
  }
}

/** The sizes of a table that is given, and whether it is trained. */
function pretrainedTable(op: string, { embeddings, freeze }: Named<typeof pretrained>) {
  if (embeddings.shape.length !== 2) {
    throw new ShapeError({
      op,
      fact: `embeddings ${formatShape(embeddings.shape)}`,
      rule: 'they must be (numbers, size)',
    });
  }
  const [numEmbeddings, embeddingDim] = embeddings.shape;
  return { numEmbeddings, embeddingDim, _weight: embeddings, trained: !freeze };
}

/**
 * Vectors by number: input (..) of int32 -> (.., embeddingDim).
 * https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html
 */
export class Embedding extends Table {
  constructor(...args: Args<typeof signature>) {
    super('nn.Embedding', boundByName('nn.Embedding', signature, args));
  }

  /** A layer over a table that is there; it is not trained if `freeze` (the default). */
  static fromPretrained(...args: Args<typeof pretrainedSignature>): Embedding {
    const options = boundByName('nn.Embedding.fromPretrained', pretrainedSignature, args);
    const { trained, ...sizes } = pretrainedTable('nn.Embedding.fromPretrained', options);
    const { paddingIdx, maxNorm, normType, scaleGradByFreq, sparse } = options;
    const layer = new Embedding({ ...sizes, paddingIdx, maxNorm, normType, scaleGradByFreq, sparse });
    layer.weight.requiresGrad_(trained);
    return layer;
  }

  forward(input: Tensor): Tensor {
    const { weight, paddingIdx, maxNorm, normType, scaleGradByFreq, sparse } = this;
    return embedding(input, weight, paddingIdx, maxNorm, normType, scaleGradByFreq, sparse);
  }

  override extraRepr(): string {
    return [...this.tableText(this.paddingIdx), ...(this.sparse ? ['sparse=True'] : [])].join(', ');
  }
}

/**
 * Sums, means or maxima of the vectors of bags of numbers: input (bags, length), or one line with the offsets of its bags
 * -> (bags, embeddingDim). https://pytorch.org/docs/stable/generated/torch.nn.EmbeddingBag.html
 */
export class EmbeddingBag extends Table {
  readonly mode: BagMode;
  readonly includeLastOffset: boolean;

  constructor(...args: Args<typeof bagSignature>) {
    const options = boundByName('nn.EmbeddingBag', bagSignature, args);
    super('nn.EmbeddingBag', options);
    this.mode = options.mode;
    this.includeLastOffset = options.includeLastOffset;
  }

  /** A layer over a table that is there; it is not trained if `freeze` (the default). */
  static fromPretrained(...args: Args<typeof pretrainedBagSignature>): EmbeddingBag {
    const options = boundByName('nn.EmbeddingBag.fromPretrained', pretrainedBagSignature, args);
    const { trained, ...sizes } = pretrainedTable('nn.EmbeddingBag.fromPretrained', options);
    const { embeddings: _, freeze: __, ...rest } = options;
    const layer = new EmbeddingBag({ ...sizes, ...rest });
    layer.weight.requiresGrad_(trained);
    return layer;
  }

  forward(input: Tensor, offsets: Tensor | null = null, perSampleWeights: Tensor | null = null): Tensor {
    const { weight, maxNorm, normType, scaleGradByFreq, mode, sparse, includeLastOffset, paddingIdx } = this;
    const options = {
      maxNorm,
      normType,
      scaleGradByFreq,
      mode,
      sparse,
      perSampleWeights,
      includeLastOffset,
      paddingIdx,
    };
    return embeddingBag(input, weight, offsets, options);
  }

  override extraRepr(): string {
    const { paddingIdx } = this;
    return [
      ...this.tableText(null),
      `mode=${this.mode}`,
      ...(paddingIdx === null ? [] : [`padding_idx=${paddingIdx}`]),
    ].join(', ');
  }
}
