// Layers that normalise within each example: over the last dimensions, over groups of channels, by the root mean square, or
// by neighbouring channels. Batch and instance norm are in batch-normalization.ts.

import { ones, zeros } from '../create/create.ts';
import { ArgumentError } from '../errors.ts';
import { groupNorm, layerNorm, localResponseNorm, rmsNorm } from '../ops/normalization.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { boundByName, floatText, placeOptions, placeParams, pythonText } from './arguments.ts';
import * as init from './init.ts';
import { Module } from './module.ts';
import { named, optionModule } from './option-module.ts';
import { Parameter } from './parameter.ts';

const shape = p.dims('normalizedShape');
const eps = optional(p.number('eps'), 1e-5);
const affine = optional(p.bool('elementwiseAffine'), true);
const layerSignature = [shape, eps, affine, optional(p.bool('bias'), true), ...placeParams] as const;

/**
 * input (.., normalizedShape) with its last dimensions brought to mean 0 and variance 1, times weight plus bias (both of
 * normalizedShape). https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  constructor(...args: Args<typeof layerSignature>) {
    super();
    const given = boundByName('nn.LayerNorm', layerSignature, args);
    this.normalizedShape = [given.normalizedShape].flat();
    this.eps = given.eps;
    this.elementwiseAffine = given.elementwiseAffine;
    const [sizes, place] = [[...this.normalizedShape], placeOptions(given)];
    this.weight = this.elementwiseAffine ? new Parameter(ones(sizes, place)) : null;
    this.bias = this.elementwiseAffine && given.bias ? new Parameter(zeros(sizes, place)) : null;
  }

  /** Weight 1, bias 0. */
  resetParameters(): void {
    if (this.weight !== null) init.ones_(this.weight);
    if (this.bias !== null) init.zeros_(this.bias);
  }

  forward(input: Tensor): Tensor {
    return layerNorm(input, this.normalizedShape, this.weight, this.bias, this.eps);
  }

  override extraRepr(): string {
    const text = `${pythonText(this.normalizedShape)}, eps=${pythonText(this.eps)}`;
    return `${text}, elementwise_affine=${pythonText(this.elementwiseAffine)}`;
  }
}

const rmsSignature = [shape, optional(p.number('eps'), null), affine, ...placeParams] as const;

/**
 * input (.., normalizedShape) divided by the root of its mean square, times weight (normalizedShape).
 * https://pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html
 */
export class RMSNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number | null;
  readonly elementwiseAffine: boolean;
  readonly weight: Parameter | null;

  constructor(...args: Args<typeof rmsSignature>) {
    super();
    const given = boundByName('nn.RMSNorm', rmsSignature, args);
    this.normalizedShape = [given.normalizedShape].flat();
    this.eps = given.eps;
    this.elementwiseAffine = given.elementwiseAffine;
    const made = () => new Parameter(ones([...this.normalizedShape], placeOptions(given)));
    this.weight = this.elementwiseAffine ? made() : null;
  }

  /** Weight 1. */
  resetParameters(): void {
    if (this.weight !== null) init.ones_(this.weight);
  }

  forward(input: Tensor): Tensor {
    return rmsNorm(input, this.normalizedShape, this.weight, this.eps);
  }

  override extraRepr(): string {
    const text = `${pythonText(this.normalizedShape)}, eps=${pythonText(this.eps)}`;
    return `${text}, elementwise_affine=${pythonText(this.elementwiseAffine)}`;
  }
}

const groupSignature = [
  p.int('numGroups'),
  p.int('numChannels'),
  eps,
  optional(p.bool('affine'), true),
  ...placeParams,
] as const;

/**
 * input (N, numChannels, ..) with each group of channels of each example brought to mean 0 and variance 1, times weight plus
 * bias (numChannels each). https://pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html
 */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly affine: boolean;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  constructor(...args: Args<typeof groupSignature>) {
    super();
    const given = boundByName('nn.GroupNorm', groupSignature, args);
    const { numGroups, numChannels } = given;
    if (numGroups < 1 || numChannels % numGroups !== 0) {
      throw new ArgumentError({
        op: 'nn.GroupNorm',
        fact: `${numChannels} channels in ${numGroups} groups`,
        rule: 'the groups must divide the channels',
      });
    }
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = given.eps;
    this.affine = given.affine;
    const place = placeOptions(given);
    this.weight = this.affine ? new Parameter(ones([numChannels], place)) : null;
    this.bias = this.affine ? new Parameter(zeros([numChannels], place)) : null;
  }

  /** Weight 1, bias 0. */
  resetParameters(): void {
    if (this.weight !== null) init.ones_(this.weight);
    if (this.bias !== null) init.zeros_(this.bias);
  }

  forward(input: Tensor): Tensor {
    return groupNorm(input, this.numGroups, this.weight, this.bias, this.eps);
  }

  override extraRepr(): string {
    const { numGroups, numChannels } = this;
    return `${numGroups}, ${numChannels}, eps=${pythonText(this.eps)}, affine=${pythonText(this.affine)}`;
  }
}

/**
 * input divided by a power of the mean square of `size` neighbouring channels.
 * https://pytorch.org/docs/stable/generated/torch.nn.LocalResponseNorm.html
 */
export class LocalResponseNorm extends optionModule(
  [p.int('size'), optional(p.number('alpha'), 1e-4), optional(p.number('beta'), 0.75), optional(p.number('k'), 1)],
  (o, input: Tensor) => localResponseNorm(input, o.size, o.alpha, o.beta, o.k),
  (o) => [String(o.size), ...named(o, 'alpha', 'beta'), `k=${floatText(o.k, 1)}`],
) {}
