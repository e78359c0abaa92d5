// Mixtures of distributions of one kind. https://pytorch.org/docs/stable/distributions.html#mixturesamefamily

import { ArgumentError, ShapeError } from '../errors.ts';
import { logSoftmax } from '../ops/nn.ts';
import { broadcastShapes, formatShape, type Shape } from '../shape.ts';
import { describe } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { Categorical } from './categorical.ts';
import type { Constraint } from './constraints.ts';
import { Distribution, type Parameter } from './distribution.ts';

/**
 * One of several distributions of a kind, chosen by a Categorical: the last dimension of the components' batch.
 * https://pytorch.org/docs/stable/distributions.html#mixturesamefamily
 */
export class MixtureSameFamily extends Distribution {
  readonly mixtureDistribution: Categorical;
  readonly componentDistribution: Distribution;

  constructor(
    mixtureDistribution: Categorical,
    componentDistribution: Distribution,
    validateArgs: boolean | null = null,
  ) {
    const op = 'distributions.MixtureSameFamily';
    if (!(mixtureDistribution instanceof Categorical) || !(componentDistribution instanceof Distribution)) {
      throw new ArgumentError({
        op,
        fact: `${describe(mixtureDistribution)} and ${describe(componentDistribution)}`,
        rule: 'the weights are a Categorical, the components a distribution',
      });
    }
    const { batchShape, eventShape } = componentDistribution;
    const [parts, weights] = [batchShape.at(-1), mixtureDistribution.logits.shape.at(-1)];
    if (parts !== weights) {
      throw new ShapeError({
        op,
        fact: `${weights} weights for components of batch shape ${formatShape(batchShape)}`,
        rule: 'the last dimension of the batch is that of the weights',
      });
    }
    broadcastShapes(op, mixtureDistribution.batchShape, batchShape.slice(0, -1));
    super(batchShape.slice(0, -1), eventShape, validateArgs);
    this.mixtureDistribution = mixtureDistribution;
    this.componentDistribution = componentDistribution;
  }

  override get support(): Constraint {
    return this.componentDistribution.support;
  }

  /** The weights beside the components' batch and event. */
  get #weights(): Tensor {
    const { probs } = this.mixtureDistribution;
    return probs.reshape(...probs.shape, ...this.eventShape.map(() => 1));
  }

  /** The dimension of the parts, from the end. */
  get #parts(): number {
    return -1 - this.eventShape.length;
  }

  override get mean(): Tensor {
    return this.#weights.mul(this.componentDistribution.mean).sum(this.#parts);
  }

  /** The mean of the variances, and the variance of the means. */
  override get variance(): Tensor {
    const { mean, variance } = this.componentDistribution;
    const apart = mean.sub(this.mean.unsqueeze(this.#parts)).square();
    return this.#weights.mul(variance).sum(this.#parts).add(this.#weights.mul(apart).sum(this.#parts));
  }

  protected override like(): Tensor | null {
    return this.mixtureDistribution.logits;
  }

  #padded(op: string, value: Parameter): Tensor {
    return this.checkedValue(op, value).unsqueeze(this.#parts);
  }

  override logProb(value: Parameter): Tensor {
    const each = this.componentDistribution.logProb(this.#padded('logProb', value));
    return each.add(logSoftmax(this.mixtureDistribution.logits, -1)).logsumexp(-1);
  }

  override cdf(value: Parameter): Tensor {
    const each = this.componentDistribution.cdf(this.#padded('cdf', value));
    return each.mul(this.mixtureDistribution.probs).sum(-1);
  }

  protected override draw(sampleShape: Shape): Tensor {
    const chosen = this.mixtureDistribution.sample(sampleShape);
    const drawn = this.componentDistribution.sample(sampleShape);
    const dim = sampleShape.length + this.batchShape.length;
    const ones = this.eventShape.map(() => 1);
    const index = chosen
      .reshape(...chosen.shape, 1, ...ones)
      .expand(...sampleShape, ...this.batchShape, 1, ...this.eventShape);
    return drawn.gather(dim, index).squeeze(dim);
  }

  override expand(batchShape: Shape): MixtureSameFamily {
    const parts = this.componentDistribution.batchShape.slice(-1);
    return new MixtureSameFamily(
      this.mixtureDistribution.expand(batchShape),
      this.componentDistribution.expand([...batchShape, ...parts]),
      this.validateArgs,
    );
  }
}
