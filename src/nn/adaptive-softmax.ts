// A softmax over very many classes, the frequent ones first: a head for those and for clusters of the rest, each cluster
// behind a projection that is smaller the rarer it is (E. Grave et al.: Efficient softmax approximation for GPUs, 2017).

import { ArgumentError, ShapeError } from '../errors.ts';
import { add, neg, sub, where } from '../ops/arithmetic.ts';
import { clamp } from '../ops/extrema.ts';
import { checkedIndex, gather, nodeTensor } from '../ops/gather.ts';
import { cat } from '../ops/join.ts';
import { ge, logicalAnd, lt } from '../ops/math.ts';
import { logSoftmax } from '../ops/nn.ts';
import { narrow } from '../ops/part.ts';
import { argmax, mean, type NamedTuple, namedTuple } from '../ops/reduce.ts';
import { squeeze, unsqueeze } from '../ops/view.ts';
import { formatShape } from '../shape.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { boundByName, placeOptions, placeParams, snakeCase } from './arguments.ts';
import { ModuleList, Sequential } from './container.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';

const signature = [
  p.int('inFeatures'),
  p.int('nClasses'),
  p.ints('cutoffs'),
  optional(p.number('divValue'), 4),
  optional(p.bool('headBias'), false),
  ...placeParams,
] as const;

type Tail = Sequential<[Linear<boolean>, Linear<boolean>]>;

/**
 * Log probabilities of the targets (N) for inputs (N, inFeatures), and their mean loss. `cutoffs` rise: classes below the first
 * are in the head, those between two of them in a cluster.
 * https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveLogSoftmaxWithLoss.html
 */
export class AdaptiveLogSoftmaxWithLoss extends Module {
  readonly inFeatures: number;
  readonly nClasses: number;
  /** Where each cluster ends; the last is nClasses. */
  readonly cutoffs: readonly number[];
  readonly divValue: number;
  readonly headBias: boolean;
  readonly shortlistSize: number;
  readonly nClusters: number;
  readonly headSize: number;
  readonly head: Linear<boolean>;
  readonly tail: ModuleList<Tail>;

  constructor(...args: Args<typeof signature>) {
    super();
    const op = 'nn.AdaptiveLogSoftmaxWithLoss';
    const options = boundByName(op, signature, args);
    const { inFeatures, nClasses, cutoffs, divValue, headBias } = options;
    const rising = cutoffs.every((one, at) => one > (at === 0 ? 0 : cutoffs[at - 1]) && one < nClasses);
    if (cutoffs.length === 0 || !rising) {
      throw new ArgumentError({
        op,
        fact: `cutoffs are [${cutoffs.join(', ')}] of ${nClasses} classes`,
        rule: 'they rise and lie between 1 and nClasses - 1',
      });
    }
    this.inFeatures = inFeatures;
    this.nClasses = nClasses;
    this.cutoffs = [...cutoffs, nClasses];
    this.divValue = divValue;
    this.headBias = headBias;
    this.shortlistSize = cutoffs[0];
    this.nClusters = cutoffs.length;
    this.headSize = this.shortlistSize + this.nClusters;
    const place = placeOptions(options);
    this.head = new Linear(inFeatures, this.headSize, { bias: headBias, ...place });
    this.tail = new ModuleList(
      cutoffs.map((low, at): Tail => {
        const width = Math.floor(inFeatures / divValue ** (at + 1));
        const size = this.cutoffs[at + 1] - low;
        const plain = { bias: false, ...place };
        return new Sequential(new Linear(inFeatures, width, plain), new Linear(width, size, plain));
      }),
    );
  }

  /** Draws the parameters anew. */
  resetParameters(): void {
    this.head.resetParameters();
    for (const cluster of this.tail) for (const layer of cluster) layer.resetParameters();
  }

  protected override stateName(property: string): string {
    return snakeCase(property);
  }

  /** Log probabilities within the head (N, headSize), and within each cluster. */
  private parts(input: Tensor): { readonly head: Tensor; readonly tails: readonly Tensor[] } {
    const last = (x: Tensor): Tensor => logSoftmax(x, x.shape.length - 1);
    return {
      head: last(this.head.forward(input)),
      tails: [...this.tail].map((cluster) => last(cluster.forward(input))),
    };
  }

  /** { output: log probability of each target (N), loss: the mean of their negatives }; input (N, inFeatures) or (inFeatures). */
  forward(input: Tensor, target: Tensor): NamedTuple<{ output: Tensor; loss: Tensor }> {
    const single = input.shape.length === 1;
    this.requireInput(input);
    if (target.shape.length !== (single ? 0 : 1) || (!single && target.shape[0] !== input.shape[0])) {
      throw new ShapeError({
        op: 'nn.AdaptiveLogSoftmaxWithLoss',
        fact: `input ${formatShape(input.shape)} and target ${formatShape(target.shape)}`,
        rule: 'input (samples, features) and target (samples), or (features) and a number',
      });
    }
    const classes = single ? unsqueeze(target, 0) : target;
    const labels = nodeTensor(checkedIndex('nn.AdaptiveLogSoftmaxWithLoss', classes, 0, this.nClasses, false));
    const { head, tails } = this.parts(single ? unsqueeze(input, 0) : input);
    const taken = (x: Tensor, index: Tensor): Tensor => squeeze(gather(x, 1, unsqueeze(index, 1)), 1);
    // Every sample asks every cluster, and takes the answer of its own: nothing waits for the targets.
    let output = taken(head, clamp(labels, { max: this.shortlistSize - 1 }));
    for (const [at, tail] of tails.entries()) {
      const [low, high] = [this.cutoffs[at], this.cutoffs[at + 1]];
      const inside = taken(tail, sub(clamp(labels, low, high - 1), low));
      const cluster = squeeze(narrow(head, 1, this.shortlistSize + at, 1), 1);
      output = where(logicalAnd(ge(labels, low), lt(labels, high)), add(cluster, inside), output);
    }
    const loss = mean(neg(output));
    return namedTuple('adaptiveLogSoftmaxWithLoss', { output: single ? squeeze(output, 0) : output, loss });
  }

  /** Log probabilities of all classes: (N, nClasses). */
  logProb(input: Tensor): Tensor {
    this.requireInput(input);
    const { head, tails } = this.parts(input);
    const dim = input.shape.length - 1;
    const clusters = tails.map((tail, at) => add(tail, narrow(head, dim, this.shortlistSize + at, 1)));
    return cat([narrow(head, dim, 0, this.shortlistSize), ...clusters], dim);
  }

  /** The class of each sample: the likeliest of the head, or where that is a cluster, of all: (N). */
  predict(input: Tensor): Tensor {
    const dim = input.shape.length - 1;
    const first = argmax(this.head.forward(input), dim);
    return where(lt(first, this.shortlistSize), first, argmax(this.logProb(input), dim));
  }

  private requireInput(input: Tensor): void {
    const rank = input.shape.length;
    if ((rank === 1 || rank === 2) && input.shape[rank - 1] === this.inFeatures) return;
    throw new ShapeError({
      op: 'nn.AdaptiveLogSoftmaxWithLoss',
      fact: `input ${formatShape(input.shape)}`,
      rule: `it must be (samples, ${this.inFeatures}) or (${this.inFeatures})`,
    });
  }
}
