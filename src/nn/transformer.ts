// The Transformer (A. Vaswani et al. 2017): layers of attention and of a small net each position goes through, stacks of
// them, and encoder and decoder together.

import { full } from '../create/create.ts';
import { ArgumentError } from '../errors.ts';
import { add } from '../ops/arithmetic.ts';
import { gelu, relu } from '../ops/nn.ts';
import { triu } from '../ops/triangle.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { Dropout } from './activation.ts';
import { boundByName, type Named, placeOptions, placeParams, snakeCase } from './arguments.ts';
import { MultiheadAttention } from './attention.ts';
import { ModuleList } from './container.ts';
import * as init from './init.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { LayerNorm } from './normalization.ts';

/** What stands between the two linear maps. */
export type Activation = 'relu' | 'gelu' | ((x: Tensor) => Tensor);

const activation = p.custom<Activation>()(
  'activation',
  "'relu', 'gelu' or a function",
  (v) => v === 'relu' || v === 'gelu' || typeof v === 'function',
);
const layerSignature = [
  p.int('dModel'),
  p.int('nhead'),
  optional(p.int('dimFeedforward'), 2048),
  optional(p.number('dropout'), 0.1),
  optional(activation, 'relu'),
  optional(p.number('layerNormEps'), 1e-5),
  optional(p.bool('batchFirst'), false),
  optional(p.bool('normFirst'), false),
  ...placeParams,
] as const;
type LayerOptions = Named<typeof layerSignature>;

const mask = <const N extends string>(name: N) => optional(p.tensor(name), null);
const causal = <const N extends string>(name: N) => optional(p.bool(name), false);

/** What may be seen: masks as MultiheadAttention takes them. */
interface Seen {
  readonly attnMask: Tensor | null;
  readonly keyPaddingMask: Tensor | null;
  readonly isCausal: boolean;
}

/** What layers of both kinds share: a path around each part, with a norm before (`normFirst`) or behind it. */
abstract class Layer extends Module {
  /** Set behind the children: where it is a module, it is the last of them. */
  declare activation: (x: Tensor) => Tensor;
  readonly normFirst: boolean;

  constructor(options: LayerOptions) {
    super();
    this.normFirst = options.normFirst;
  }

  protected override stateName(property: string): string {
    return snakeCase(property);
  }

  protected around(x: Tensor, norm: LayerNorm, part: (x: Tensor) => Tensor): Tensor {
    return this.normFirst ? add(x, part(norm.forward(x))) : norm.forward(add(x, part(x)));
  }
}

/** The function of an option. */
function activationOf({ activation }: LayerOptions): (x: Tensor) => Tensor {
  if (typeof activation !== 'string') return activation;
  return activation === 'relu' ? (x) => relu(x) : (x) => gelu(x);
}

function attention(options: LayerOptions): MultiheadAttention {
  const { dModel, nhead, dropout, batchFirst } = options;
  return new MultiheadAttention(dModel, nhead, { dropout, batchFirst, ...placeOptions(options) });
}

function norm({ dModel, layerNormEps, ...place }: LayerOptions): LayerNorm {
  return new LayerNorm(dModel, { eps: layerNormEps, ...placeOptions(place) });
}

/**
 * Attention of a sequence to itself, then a net: src (T, N, dModel), or (N, T, dModel) with `batchFirst`.
 * https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html
 */
export class TransformerEncoderLayer extends Layer {
  readonly selfAttn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;

  constructor(...args: Args<typeof layerSignature>) {
    const options = boundByName('nn.TransformerEncoderLayer', layerSignature, args);
    super(options);
    const { dModel, dimFeedforward, dropout } = options;
    this.selfAttn = attention(options);
    this.linear1 = new Linear(dModel, dimFeedforward, placeOptions(options));
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel, placeOptions(options));
    this.norm1 = norm(options);
    this.norm2 = norm(options);
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.activation = activationOf(options);
  }

  forward(...args: Args<typeof encoderCall>): Tensor {
    const { src, srcMask, srcKeyPaddingMask, isCausal } = boundByName('nn.TransformerEncoderLayer', encoderCall, args);
    const seen: Seen = { attnMask: srcMask, keyPaddingMask: srcKeyPaddingMask, isCausal };
    const attended = this.around(src, this.norm1, (x) =>
      this.dropout1.forward(this.selfAttn.forward(x, x, x, { ...seen, needWeights: false })[0]),
    );
    return this.around(attended, this.norm2, (x) => {
      const hidden = this.dropout.forward(this.activation(this.linear1.forward(x)));
      return this.dropout2.forward(this.linear2.forward(hidden));
    });
  }
}

const encoderCall = [p.tensor('src'), mask('srcMask'), mask('srcKeyPaddingMask'), causal('isCausal')] as const;

/**
 * Attention of a sequence to itself, then to what an encoder made, then a net.
 * https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoderLayer.html
 */
export class TransformerDecoderLayer extends Layer {
  readonly selfAttn: MultiheadAttention;
  readonly multiheadAttn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly norm3: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly dropout3: Dropout;

  constructor(...args: Args<typeof layerSignature>) {
    const options = boundByName('nn.TransformerDecoderLayer', layerSignature, args);
    super(options);
    const { dModel, dimFeedforward, dropout } = options;
    this.selfAttn = attention(options);
    this.multiheadAttn = attention(options);
    this.linear1 = new Linear(dModel, dimFeedforward, placeOptions(options));
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel, placeOptions(options));
    this.norm1 = norm(options);
    this.norm2 = norm(options);
    this.norm3 = norm(options);
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.dropout3 = new Dropout(dropout);
    this.activation = activationOf(options);
  }

  forward(...args: Args<typeof decoderCall>): Tensor {
    const given = boundByName('nn.TransformerDecoderLayer', decoderCall, args);
    const own: Seen = {
      attnMask: given.tgtMask,
      keyPaddingMask: given.tgtKeyPaddingMask,
      isCausal: given.tgtIsCausal,
    };
    const other: Seen = {
      attnMask: given.memoryMask,
      keyPaddingMask: given.memoryKeyPaddingMask,
      isCausal: given.memoryIsCausal,
    };
    const { memory } = given;
    const self = this.around(given.tgt, this.norm1, (x) =>
      this.dropout1.forward(this.selfAttn.forward(x, x, x, { ...own, needWeights: false })[0]),
    );
    const cross = this.around(self, this.norm2, (x) =>
      this.dropout2.forward(this.multiheadAttn.forward(x, memory, memory, { ...other, needWeights: false })[0]),
    );
    return this.around(cross, this.norm3, (x) => {
      const hidden = this.dropout.forward(this.activation(this.linear1.forward(x)));
      return this.dropout3.forward(this.linear2.forward(hidden));
    });
  }
}

const decoderCall = [
  p.tensor('tgt'),
  p.tensor('memory'),
  mask('tgtMask'),
  mask('memoryMask'),
  mask('tgtKeyPaddingMask'),
  mask('memoryKeyPaddingMask'),
  causal('tgtIsCausal'),
  causal('memoryIsCausal'),
] as const;

function copies<M extends Module>(op: string, layer: M, count: number): ModuleList<M> {
  if (count < 0) throw new ArgumentError({ op, fact: `${count} layers`, rule: 'there cannot be less than 0' });
  return new ModuleList(Array.from({ length: count }, () => layer.deepcopy()));
}

const encoderForward = [p.tensor('src'), mask('mask'), mask('srcKeyPaddingMask'), causal('isCausal')] as const;

/** Copies of a layer, one after the other, and a norm at the end. https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html */
export class TransformerEncoder extends Module {
  readonly layers: ModuleList<TransformerEncoderLayer>;
  readonly numLayers: number;
  readonly norm: Module | null;

  constructor(encoderLayer: TransformerEncoderLayer, numLayers: number, norm: Module | null = null) {
    super();
    this.layers = copies('nn.TransformerEncoder', encoderLayer, numLayers);
    this.numLayers = numLayers;
    this.norm = norm;
  }

  forward(...args: Args<typeof encoderForward>): Tensor {
    const { src, ...seen } = boundByName('nn.TransformerEncoder', encoderForward, args);
    let x = src;
    for (const layer of this.layers) x = layer(x, seen.mask, seen.srcKeyPaddingMask, seen.isCausal);
    return this.norm === null ? x : this.norm(x);
  }
}

/** Copies of a layer, one after the other, and a norm at the end. https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoder.html */
export class TransformerDecoder extends Module {
  readonly layers: ModuleList<TransformerDecoderLayer>;
  readonly numLayers: number;
  readonly norm: Module | null;

  constructor(decoderLayer: TransformerDecoderLayer, numLayers: number, norm: Module | null = null) {
    super();
    this.layers = copies('nn.TransformerDecoder', decoderLayer, numLayers);
    this.numLayers = numLayers;
    this.norm = norm;
  }

  forward(...args: Args<typeof decoderCall>): Tensor {
    const { tgt, memory, ...seen } = boundByName('nn.TransformerDecoder', decoderCall, args);
    let x = tgt;
    for (const layer of this.layers) x = layer(x, memory, seen);
    return this.norm === null ? x : this.norm(x);
  }
}

const transformerSignature = [
  optional(p.int('dModel'), 512),
  optional(p.int('nhead'), 8),
  optional(p.int('numEncoderLayers'), 6),
  optional(p.int('numDecoderLayers'), 6),
  optional(p.int('dimFeedforward'), 2048),
  optional(p.number('dropout'), 0.1),
  optional(activation, 'relu'),
  optional(
    p.custom<Module>()('customEncoder', 'a module', (v) => v instanceof Module),
    null,
  ),
  optional(
    p.custom<Module>()('customDecoder', 'a module', (v) => v instanceof Module),
    null,
  ),
  optional(p.number('layerNormEps'), 1e-5),
  optional(p.bool('batchFirst'), false),
  optional(p.bool('normFirst'), false),
  ...placeParams,
] as const;

const transformerCall = [
  p.tensor('src'),
  p.tensor('tgt'),
  mask('srcMask'),
  mask('tgtMask'),
  mask('memoryMask'),
  mask('srcKeyPaddingMask'),
  mask('tgtKeyPaddingMask'),
  mask('memoryKeyPaddingMask'),
  causal('srcIsCausal'),
  causal('tgtIsCausal'),
  causal('memoryIsCausal'),
] as const;

/**
 * An encoder and a decoder: src (S, N, dModel), tgt (T, N, dModel) -> (T, N, dModel), batches first with `batchFirst`.
 * https://pytorch.org/docs/stable/generated/torch.nn.Transformer.html
 */
export class Transformer extends Module {
  readonly encoder: Module;
  readonly decoder: Module;
  readonly dModel: number;
  readonly nhead: number;
  readonly batchFirst: boolean;

  constructor(...args: Args<typeof transformerSignature>) {
    super();
    const options = boundByName('nn.Transformer', transformerSignature, args);
    const { dModel, nhead, dimFeedforward, dropout, activation, layerNormEps, batchFirst, normFirst } = options;
    const place = placeOptions(options);
    const layer = { dModel, nhead, dimFeedforward, dropout, activation, layerNormEps, batchFirst, normFirst, ...place };
    this.encoder =
      options.customEncoder ??
      new TransformerEncoder(new TransformerEncoderLayer(layer), options.numEncoderLayers, norm(options));
    this.decoder =
      options.customDecoder ??
      new TransformerDecoder(new TransformerDecoderLayer(layer), options.numDecoderLayers, norm(options));
    this.dModel = dModel;
    this.nhead = nhead;
    this.batchFirst = batchFirst;
    for (const parameter of this.parameters()) if (parameter.shape.length > 1) init.xavierUniform_(parameter);
  }

  forward(...args: Args<typeof transformerCall>): Tensor {
    const given = boundByName('nn.Transformer', transformerCall, args);
    const encoder = this.encoder as TransformerEncoder;
    const decoder = this.decoder as TransformerDecoder;
    const memory = encoder(given.src, given.srcMask, given.srcKeyPaddingMask, given.srcIsCausal);
    const { tgtMask, memoryMask, tgtKeyPaddingMask, memoryKeyPaddingMask, tgtIsCausal, memoryIsCausal } = given;
    const seen = { tgtMask, memoryMask, tgtKeyPaddingMask, memoryKeyPaddingMask, tgtIsCausal, memoryIsCausal };
    return decoder(given.tgt, memory, seen);
  }

  /** -Infinity above the diagonal, 0 elsewhere: a mask (size, size) under which position i sees 0 to i. */
  static generateSquareSubsequentMask(size: number): Tensor {
    return triu(full([size, size], -Infinity), 1);
  }
}
