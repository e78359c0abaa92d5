// Losses as modules: each is a signature list and a function of src/ops. Their properties are the options, as PyTorch's.

import { ctcLoss, type Lengths } from '../ops/ctc.ts';
import { batchReductionParam, gaussianNllLoss, klDiv, poissonNllLoss } from '../ops/likelihood.ts';
import * as ops from '../ops/loss.ts';
import { reductionParam } from '../ops/loss.ts';
import * as margins from '../ops/margin-loss.ts';
import { distanceParam } from '../ops/margin-loss.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';

import { PairwiseDistance } from './distance.ts';
import { optionModule } from './option-module.ts';

const weight = optional(p.tensor('weight'), null);
const ignoreIndex = optional(p.int('ignoreIndex'), -100);
const margin = (value: number) => optional(p.number('margin'), value);
const swap = optional(p.bool('swap'), false);
const full = optional(p.bool('full'), false);

/** (input - target)^2. https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html */
export class MSELoss extends optionModule([reductionParam], ({ reduction }, input: Tensor, target: Tensor) =>
  ops.mseLoss(input, target, reduction),
) {}

/** |input - target|. https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html */
export class L1Loss extends optionModule([reductionParam], ({ reduction }, input: Tensor, target: Tensor) =>
  ops.l1Loss(input, target, reduction),
) {}

/** A square near 0, |input - target| - beta / 2 beyond. https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html */
export class SmoothL1Loss extends optionModule(
  [reductionParam, optional(p.number('beta'), 1)],
  ({ reduction, beta }, input: Tensor, target: Tensor) => ops.smoothL1Loss(input, target, reduction, beta),
) {}

/** A square near 0, a line of slope delta beyond. https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html */
export class HuberLoss extends optionModule(
  [reductionParam, optional(p.number('delta'), 1)],
  ({ reduction, delta }, input: Tensor, target: Tensor) => ops.huberLoss(input, target, reduction, delta),
) {}

/**
 * The cross entropy of scores (N, C, ..) with class indices (N, ..) or probabilities (N, C, ..).
 * https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 */
export class CrossEntropyLoss extends optionModule(
  [weight, ignoreIndex, reductionParam, optional(p.number('labelSmoothing'), 0)],
  (o, input: Tensor, target: Tensor) =>
    ops.crossEntropy(input, target, o.weight, o.ignoreIndex, o.reduction, o.labelSmoothing),
) {}

/** How unlikely labels are under log probabilities (T, N, C) of each time. https://pytorch.org/docs/stable/generated/torch.nn.CTCLoss.html */
export class CTCLoss extends optionModule(
  [optional(p.int('blank'), 0), reductionParam, optional(p.bool('zeroInfinity'), false)],
  (o, logProbs: Tensor, targets: Tensor, inputLengths: Lengths, targetLengths: Lengths) =>
    ctcLoss(logProbs, targets, inputLengths, targetLengths, o.blank, o.reduction, o.zeroInfinity),
) {}

/** -weight[y] input[y] for class indices y. https://pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html */
export class NLLLoss extends optionModule([weight, ignoreIndex, reductionParam], (o, input: Tensor, target: Tensor) =>
  ops.nllLoss(input, target, o.weight, o.ignoreIndex, o.reduction),
) {}

/** The cross entropy of probabilities with targets from 0 to 1. https://pytorch.org/docs/stable/generated/torch.nn.BCELoss.html */
export class BCELoss extends optionModule([weight, reductionParam], (o, input: Tensor, target: Tensor) =>
  ops.binaryCrossEntropy(input, target, o.weight, o.reduction),
) {}

/** BCELoss of sigmoid(input), without overflow. https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html */
export class BCEWithLogitsLoss extends optionModule(
  [weight, reductionParam, optional(p.tensor('posWeight'), null)],
  (o, input: Tensor, target: Tensor) =>
    ops.binaryCrossEntropyWithLogits(input, target, o.weight, o.reduction, o.posWeight),
) {}

/** target (log target - input) for log probabilities. https://pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html */
export class KLDivLoss extends optionModule(
  [batchReductionParam, optional(p.bool('logTarget'), false)],
  ({ reduction, logTarget }, input: Tensor, target: Tensor) => klDiv(input, target, reduction, logTarget),
) {}

/** Counts under a Poisson distribution. https://pytorch.org/docs/stable/generated/torch.nn.PoissonNLLLoss.html */
export class PoissonNLLLoss extends optionModule(
  [optional(p.bool('logInput'), true), full, optional(p.number('eps'), 1e-8), reductionParam],
  (o, logInput: Tensor, target: Tensor) => poissonNllLoss(logInput, target, o.logInput, o.full, o.eps, o.reduction),
) {}

/** Values under a normal distribution of variance `var`. https://pytorch.org/docs/stable/generated/torch.nn.GaussianNLLLoss.html */
export class GaussianNLLLoss extends optionModule(
  [full, optional(p.number('eps'), 1e-6), reductionParam],
  (o, input: Tensor, target: Tensor, variance: Tensor) =>
    gaussianNllLoss(input, target, variance, o.full, o.eps, o.reduction),
) {}

/** input for targets 1, max(0, margin - input) for targets -1. https://pytorch.org/docs/stable/generated/torch.nn.HingeEmbeddingLoss.html */
export class HingeEmbeddingLoss extends optionModule([margin(1), reductionParam], (o, input: Tensor, target: Tensor) =>
  margins.hingeEmbeddingLoss(input, target, o.margin, o.reduction),
) {}

/** 1 - cos for targets 1, max(0, cos - margin) for targets -1. https://pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html */
export class CosineEmbeddingLoss extends optionModule(
  [margin(0), reductionParam],
  (o, input1: Tensor, input2: Tensor, target: Tensor) =>
    margins.cosineEmbeddingLoss(input1, input2, target, o.margin, o.reduction),
) {}

/** max(0, margin - target (input1 - input2)). https://pytorch.org/docs/stable/generated/torch.nn.MarginRankingLoss.html */
export class MarginRankingLoss extends optionModule(
  [margin(0), reductionParam],
  (o, input1: Tensor, input2: Tensor, target: Tensor) =>
    margins.marginRankingLoss(input1, input2, target, o.margin, o.reduction),
) {}

/** log(1 + e^(-target input)). https://pytorch.org/docs/stable/generated/torch.nn.SoftMarginLoss.html */
export class SoftMarginLoss extends optionModule([reductionParam], ({ reduction }, input: Tensor, target: Tensor) =>
  margins.softMarginLoss(input, target, reduction),
) {}

/** The right class ahead of each other by a margin. https://pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html */
export class MultiMarginLoss extends optionModule(
  [margins.powerParam, margin(1), weight, reductionParam],
  (o, input: Tensor, target: Tensor) => margins.multiMarginLoss(input, target, o.p, o.margin, o.weight, o.reduction),
) {}

/** Each right class ahead of each wrong one by 1. https://pytorch.org/docs/stable/generated/torch.nn.MultiLabelMarginLoss.html */
export class MultiLabelMarginLoss extends optionModule(
  [reductionParam],
  ({ reduction }, input: Tensor, target: Tensor) => margins.multilabelMarginLoss(input, target, reduction),
) {}

/** The mean of binary cross entropies of classes. https://pytorch.org/docs/stable/generated/torch.nn.MultiLabelSoftMarginLoss.html */
export class MultiLabelSoftMarginLoss extends optionModule(
  [weight, reductionParam],
  (o, input: Tensor, target: Tensor) => margins.multilabelSoftMarginLoss(input, target, o.weight, o.reduction),
) {}

/** The positive nearer to the anchor than the negative by a margin. https://pytorch.org/docs/stable/generated/torch.nn.TripletMarginLoss.html */
export class TripletMarginLoss extends optionModule(
  [margin(1), optional(p.number('p'), 2), optional(p.number('eps'), 1e-6), swap, reductionParam],
  (o, anchor: Tensor, positive: Tensor, negative: Tensor) =>
    margins.tripletMarginLoss(anchor, positive, negative, o.margin, o.p, o.eps, o.swap, o.reduction),
) {}

const distances = [distanceParam, margin(1), swap, reductionParam] as const;

/** TripletMarginLoss with a distance of the caller's. https://pytorch.org/docs/stable/generated/torch.nn.TripletMarginWithDistanceLoss.html */
export class TripletMarginWithDistanceLoss extends optionModule(
  distances,
  (o, anchor: Tensor, positive: Tensor, negative: Tensor) =>
    margins.tripletMarginWithDistanceLoss(
      anchor,
      positive,
      negative,
      o.distanceFunction,
      o.margin,
      o.swap,
      o.reduction,
    ),
) {
  constructor(...args: Args<typeof distances>) {
    super(...args);
    // The distance that it measures by itself is a module, as PyTorch prints it.
    if (this.distanceFunction === null) Reflect.set(this, 'distanceFunction', new PairwiseDistance());
  }
}
