// Losses with a margin: what is right must be ahead of what is wrong by so much. Chains of operations where PyTorch has
// chains or one step alike; ops/loss.ts has the losses of regression and of classes.

import { ArgumentError, ShapeError } from '../errors.ts';
import { broadcastShapes, formatShape, sameShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { toDType } from './apply.ts';
import { add, div, mul, neg, rsub, sqrt, square, sub, where } from './arithmetic.ts';
import { clamp, minimum } from './extrema.ts';
import { pairwiseDistance } from './similarity.ts';
import { gather, indexSelect, scatterAdd } from './gather.ts';
import { reduce, reductionParam } from './loss.ts';
import { eq, gt, logicalAnd, logicalNot, lt, ne, relu } from './math.ts';
import { logsigmoid, softplus } from './nn.ts';
import { cumsum, mean, sum } from './reduce.ts';
import { positions } from './triangle.ts';
import { reshape, unsqueeze } from './view.ts';

const input = p.tensor('input');
const target = p.tensor('target');
const input1 = p.tensor('input1');
const input2 = p.tensor('input2');
const marginOf = (value: number) => optional(p.number('margin'), value);
const weightParam = optional(p.tensor('weight'), null);

/** max(x, 0), with a gradient of 1 at 0. */
const atLeast0 = (x: Tensor): Tensor => clamp(x, { min: 0 });

/** input for targets 1, max(0, margin - input) for targets -1. https://pytorch.org/docs/stable/generated/torch.nn.functional.hinge_embedding_loss.html */
export const hingeEmbeddingLoss = define(
  'hingeEmbeddingLoss',
  [input, target, marginOf(1), reductionParam],
  (input, target, margin, reduction): Tensor =>
    reduce(add(where(ne(target, 1), atLeast0(rsub(input, margin)), 0), where(ne(target, -1), input, 0)), reduction),
);

/** What is added to squared lengths, so that a zero vector has a direction. */
const tiny = 1e-12;

/** 1 - cos for targets 1, max(0, cos - margin) for targets -1. https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_embedding_loss.html */
export const cosineEmbeddingLoss = define(
  'cosineEmbeddingLoss',
  [input1, input2, target, marginOf(0), reductionParam],
  (input1, input2, target, margin, reduction): Tensor => {
    const rank = target.shape.length + 1;
    if (rank > 2 || input1.shape.length !== rank || input2.shape.length !== rank) {
      throw new ShapeError({
        op: 'cosineEmbeddingLoss',
        fact: `inputs ${formatShape(input1.shape)} and ${formatShape(input2.shape)}, target ${formatShape(target.shape)}`,
        rule: 'inputs (N, D) with a target (N), or (D) with a target of 0 dimensions',
      });
    }
    const along = (a: Tensor, b: Tensor): Tensor => sum(mul(a, b), -1);
    const cosine = div(
      along(input1, input2),
      sqrt(mul(add(along(input1, input1), tiny), add(along(input2, input2), tiny))),
    );
    const losses = add(
      where(eq(target, 1), rsub(cosine, 1), 0),
      where(eq(target, -1), atLeast0(sub(cosine, margin)), 0),
    );
    return reduce(losses, reduction);
  },
);

/** max(0, margin - target (input1 - input2)). https://pytorch.org/docs/stable/generated/torch.nn.functional.margin_ranking_loss.html */
export const marginRankingLoss = define(
  'marginRankingLoss',
  [input1, input2, target, marginOf(0), reductionParam],
  (input1, input2, target, margin, reduction): Tensor => {
    if (input1.shape.length !== input2.shape.length || input1.shape.length !== target.shape.length) {
      throw new ShapeError({
        op: 'marginRankingLoss',
        fact: `inputs ${formatShape(input1.shape)} and ${formatShape(input2.shape)}, target ${formatShape(target.shape)}`,
        rule: 'all three have as many dimensions',
      });
    }
    return reduce(atLeast0(add(mul(neg(target), sub(input1, input2)), margin)), reduction);
  },
);

/** log(1 + e^(-target input)), without overflow. https://pytorch.org/docs/stable/generated/torch.nn.functional.soft_margin_loss.html */
export const softMarginLoss = define(
  'softMarginLoss',
  [input, target, reductionParam],
  (input, target, reduction): Tensor => {
    broadcastShapes('softMarginLoss', input.shape, target.shape);
    // No threshold, as the line beyond it is exact only to float32.
    return reduce(softplus(neg(mul(target, input)), 1, 40), reduction);
  },
);

/** A tensor of scores as (N, C). */
function scores(op: string, x: Tensor): Tensor {
  if (x.shape.length > 2 || x.numel() === 0) {
    throw new ShapeError({ op, fact: `input ${formatShape(x.shape)}`, rule: 'it must be (N, C) or (C), not empty' });
  }
  return x.shape.length === 2 ? x : reshape(x, 1, -1);
}

/** The parameter `p` of multiMarginLoss. */
export const powerParam = optional(
  p.custom<1 | 2>()('p', '1 or 2', (v) => v === 1 || v === 2),
  1,
);

/**
 * sum over classes i but the right one y of max(0, margin - input[y] + input[i])^p / C, times weight[y].
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.multi_margin_loss.html
 */
export const multiMarginLoss = define(
  'multiMarginLoss',
  [input, target, powerParam, marginOf(1), weightParam, reductionParam],
  (input, target, p, margin, weight, reduction): Tensor => {
    const x = scores('multiMarginLoss', input);
    const [count, size] = x.shape;
    if (target.numel() !== count) {
      throw new ShapeError({
        op: 'multiMarginLoss',
        fact: `target ${formatShape(target.shape)} for input ${formatShape(input.shape)}`,
        rule: 'one class for each of the N lines of scores',
      });
    }
    const labels = reshape(target, count, 1);
    const short = relu(add(sub(x, gather(x, 1, labels)), margin));
    const wrong = ne(labels, positions(x, size, [1, size]));
    const parts = where(wrong, p === 2 ? square(short) : short, 0);
    const factors = weight === null ? null : unsqueeze(indexSelect(weight, 0, reshape(labels, -1)), 1);
    const losses = div(sum(factors === null ? parts : mul(parts, factors), 1), size);
    return reduce(input.shape.length < 2 ? reshape(losses, [...target.shape].slice(1)) : losses, reduction);
  },
);

/**
 * sum over right classes j and wrong ones i of max(0, 1 - input[j] + input[i]) / C. The target lists the right classes of
 * each line, up to its first -1. https://pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_margin_loss.html
 */
export const multilabelMarginLoss = define(
  'multilabelMarginLoss',
  [input, target, reductionParam],
  (input, target, reduction): Tensor => {
    if (!sameShape(input.shape, target.shape)) {
      throw new ShapeError({
        op: 'multilabelMarginLoss',
        fact: `target ${formatShape(target.shape)} for input ${formatShape(input.shape)}`,
        rule: 'both must have the same shape',
      });
    }
    const x = scores('multilabelMarginLoss', input);
    const [count, size] = x.shape;
    const labels = reshape(target, count, size);
    const listed = eq(cumsum(lt(labels, 0), 1), 0);
    const safe = where(listed, labels, 0);
    const hits = scatterAdd(mul(toDType(labels, 'int32'), 0), 1, safe, toDType(listed, 'int32'));
    const right = gt(hits, 0);
    // (N, right j, wrong i)
    const short = relu(rsub(sub(unsqueeze(gather(x, 1, safe), 2), unsqueeze(x, 1)), 1));
    const counted = logicalAnd(unsqueeze(listed, 2), unsqueeze(logicalNot(right), 1));
    const losses = div(sum(where(counted, short, 0), [1, 2]), size);
    return reduce(input.shape.length < 2 ? reshape(losses, []) : losses, reduction);
  },
);

/**
 * The mean over classes of the binary cross entropy of scores with targets 0 and 1.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_soft_margin_loss.html
 */
export const multilabelSoftMarginLoss = define(
  'multilabelSoftMarginLoss',
  [input, target, weightParam, reductionParam],
  (input, target, weight, reduction): Tensor => {
    const losses = neg(add(mul(target, logsigmoid(input)), mul(rsub(target, 1), logsigmoid(neg(input)))));
    return reduce(mean(weight === null ? losses : mul(losses, weight), -1), reduction);
  },
);

const triple = [p.tensor('anchor'), p.tensor('positive'), p.tensor('negative')] as const;
const swapParam = optional(p.bool('swap'), false);

/** max(0, margin + nearby - faraway); with `swap` the negative may be measured from the positive (V. Balntas et al. 2016). */
function triplet(
  distance: Distance,
  [anchor, positive, negative]: readonly [Tensor, Tensor, Tensor],
  margin: number,
  swap: boolean,
): Tensor {
  const far = distance(anchor, negative);
  const away = swap ? minimum(far, distance(positive, negative)) : far;
  return atLeast0(sub(add(distance(anchor, positive), margin), away));
}

/** max(0, margin + |anchor - positive| - |anchor - negative|). https://pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_loss.html */
export const tripletMarginLoss = define(
  'tripletMarginLoss',
  [...triple, marginOf(1), optional(p.number('p'), 2), optional(p.number('eps'), 1e-6), swapParam, reductionParam],
  (anchor, positive, negative, margin, p, eps, swap, reduction): Tensor => {
    const distance = (a: Tensor, b: Tensor): Tensor => pairwiseDistance(a, b, p, eps);
    return reduce(triplet(distance, [anchor, positive, negative], margin, swap), reduction);
  },
);

/** A distance of two batches of vectors: one number a pair. */
export type Distance = (a: Tensor, b: Tensor) => Tensor;
/** The parameter `distanceFunction`. */
export const distanceParam = optional(
  p.custom<Distance>()('distanceFunction', 'a function of two tensors', (v) => typeof v === 'function'),
  null,
);

/** tripletMarginLoss with a distance of the caller's. https://pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_with_distance_loss.html */
export const tripletMarginWithDistanceLoss = define(
  'tripletMarginWithDistanceLoss',
  [...triple, distanceParam, marginOf(1), swapParam, reductionParam],
  (anchor, positive, negative, distanceFunction, margin, swap, reduction): Tensor => {
    if (margin < 0) {
      throw new ArgumentError({
        op: 'tripletMarginWithDistanceLoss',
        fact: `margin is ${margin}`,
        rule: 'it must not be negative',
      });
    }
    const measure: Distance = distanceFunction ?? ((a, b) => pairwiseDistance(a, b));
    return reduce(triplet(measure, [anchor, positive, negative], margin, swap), reduction);
  },
);
