// Layers over two inputs: similarities, distances, and the bilinear form with its parameters.

import { empty } from '../create/create.ts';
import { bilinear, cosineSimilarity, pairwiseDistance } from '../ops/similarity.ts';
import { optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { boundByName, placeOptions, placeParams, pythonText } from './arguments.ts';
import * as init from './init.ts';
import type { LinearOptions } from './linear.ts';
import { Module } from './module.ts';
import { optionModule } from './option-module.ts';
import { Parameter } from './parameter.ts';

/** x1 . x2 / (|x1| |x2|) along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.CosineSimilarity.html */
export class CosineSimilarity extends optionModule(
  [optional(p.int('dim'), 1), optional(p.number('eps'), 1e-8)],
  (o, x1: Tensor, x2: Tensor) => cosineSimilarity(x1, x2, o.dim, o.eps),
) {}

/** The p-norm of x1 - x2 + eps along the last dimension. https://pytorch.org/docs/stable/generated/torch.nn.PairwiseDistance.html */
export class PairwiseDistance extends optionModule(
  [optional(p.number('p'), 2), optional(p.number('eps'), 1e-6), optional(p.bool('keepdim'), false)],
  (o, x1: Tensor, x2: Tensor) => pairwiseDistance(x1, x2, o.p, o.eps, o.keepdim),
) {}

const signature = [
  p.int('in1Features'),
  p.int('in2Features'),
  p.int('outFeatures'),
  optional(p.bool('bias'), true),
  ...placeParams,
] as const;

/**
 * y_k = x1^T A_k x2 + b_k: inputs (.., in1Features) and (.., in2Features) -> (.., outFeatures), weight (out, in1, in2).
 * https://pytorch.org/docs/stable/generated/torch.nn.Bilinear.html
 */
export class Bilinear<Bias extends boolean = true> extends Module {
  readonly in1Features: number;
  readonly in2Features: number;
  readonly outFeatures: number;
  readonly weight: Parameter;
  readonly bias: Bias extends false ? null : Parameter;

  constructor(in1Features: number, in2Features: number, outFeatures: number, options?: LinearOptions<Bias>);
  constructor(
    options: {
      readonly in1Features: number;
      readonly in2Features: number;
      readonly outFeatures: number;
    } & LinearOptions<Bias>,
  );
  constructor(...args: unknown[]) {
    super();
    const options = boundByName('nn.Bilinear', signature, args);
    const { in1Features, in2Features, outFeatures } = options;
    this.in1Features = in1Features;
    this.in2Features = in2Features;
    this.outFeatures = outFeatures;
    const place = placeOptions(options);
    this.weight = new Parameter(empty([outFeatures, in1Features, in2Features], place));
    this.bias = (options.bias ? new Parameter(empty([outFeatures], place)) : null) as typeof this.bias;
    this.resetParameters();
  }

  /** Draws the parameters anew: both uniform on +-1 / sqrt(in1Features), the weight first. */
  resetParameters(): void {
    const edge = 1 / Math.sqrt(this.in1Features);
    init.uniform_(this.weight, -edge, edge);
    if (this.bias !== null) init.uniform_(this.bias, -edge, edge);
  }

  forward(input1: Tensor, input2: Tensor): Tensor {
    return bilinear(input1, input2, this.weight, this.bias);
  }

  override extraRepr(): string {
    const sizes = `in1_features=${this.in1Features}, in2_features=${this.in2Features}, out_features=${this.outFeatures}`;
    return `${sizes}, bias=${pythonText(this.bias !== null)}`;
  }
}
