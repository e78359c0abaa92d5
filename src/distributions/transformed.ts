// Distributions made of others: of transformed samples, of a batch that is one event.
// https://pytorch.org/docs/stable/distributions.html#transformeddistribution

import { noGrad } from '../autograd/autograd.ts';
import { ArgumentError, NotImplementedError, ShapeError } from '../errors.ts';
import { formatShape, sameShape, type Shape } from '../shape.ts';
import type { Tensor } from '../core/tensor.ts';
import * as constraints from './constraints.ts';
import type { Constraint } from './constraints.ts';
import { Distribution, type Parameter, sumRightmost } from './distribution.ts';
import { ComposeTransform, type Sign, signs, Transform } from './transform.ts';

/** The last dimensions of a batch as part of the event. https://pytorch.org/docs/stable/distributions.html#independent */
export class Independent extends Distribution {
  readonly baseDist: Distribution;
  readonly reinterpretedBatchNdims: number;
  override readonly hasRsample: boolean;
  override readonly hasEnumerateSupport: boolean;

  constructor(baseDistribution: Distribution, reinterpretedBatchNdims: number, validateArgs: boolean | null = null) {
    const { batchShape, eventShape } = baseDistribution;
    const cut = batchShape.length - reinterpretedBatchNdims;
    if (cut < 0) {
      throw new ShapeError({
        op: 'distributions.Independent',
        fact: `reinterpretedBatchNdims is ${reinterpretedBatchNdims} for a batch of shape ${formatShape(batchShape)}`,
        rule: 'the batch has at least as many dimensions',
      });
    }
    super(batchShape.slice(0, cut), [...batchShape.slice(cut), ...eventShape], validateArgs);
    this.baseDist = baseDistribution;
    this.reinterpretedBatchNdims = reinterpretedBatchNdims;
    this.hasRsample = baseDistribution.hasRsample;
    this.hasEnumerateSupport = reinterpretedBatchNdims === 0 && baseDistribution.hasEnumerateSupport;
  }

  override get support(): Constraint {
    const { support } = this.baseDist;
    return this.reinterpretedBatchNdims > 0 ? constraints.independent(support, this.reinterpretedBatchNdims) : support;
  }
  override get mean(): Tensor {
    return this.baseDist.mean;
  }
  override get mode(): Tensor {
    return this.baseDist.mode;
  }
  override get variance(): Tensor {
    return this.baseDist.variance;
  }
  override sample(sampleShape: Shape = []): Tensor {
    return this.baseDist.sample(sampleShape);
  }
  override rsample(sampleShape: Shape = []): Tensor {
    return this.baseDist.rsample(sampleShape);
  }
  override logProb(value: Parameter): Tensor {
    return sumRightmost(this.baseDist.logProb(value), this.reinterpretedBatchNdims);
  }
  override entropy(): Tensor {
    return sumRightmost(this.baseDist.entropy(), this.reinterpretedBatchNdims);
  }
  override enumerateSupport(expand = true): Tensor {
    if (this.reinterpretedBatchNdims === 0) return this.baseDist.enumerateSupport(expand);
    throw new NotImplementedError({
      op: 'distributions.Independent.enumerateSupport',
      fact: 'events of several variables',
      rule: 'their values would be all combinations',
    });
  }
  override expand(batchShape: Shape): Independent {
    const base = this.baseDist.expand([...batchShape, ...this.eventShape.slice(0, this.reinterpretedBatchNdims)]);
    return new Independent(base, this.reinterpretedBatchNdims, this.validateArgs);
  }
  override toString(): string {
    return `Independent(${String(this.baseDist)}, ${this.reinterpretedBatchNdims})`;
  }
}

/** The distribution whose samples a chain of maps makes, and its shapes. */
function reach(base: Distribution, transforms: readonly Transform[]) {
  const chain = new ComposeTransform(transforms);
  const shape = [...base.batchShape, ...base.eventShape];
  const [own, wanted] = [base.eventShape.length, chain.domain.eventDim];
  if (shape.length < wanted) {
    throw new ShapeError({
      op: 'distributions.TransformedDistribution',
      fact: `a base of shape ${formatShape(shape)}`,
      rule: `the transforms need ${wanted} dimensions or more`,
    });
  }
  const result = chain.forwardShape(shape);
  const larger = chain.inverseShape(result);
  const expanded = sameShape(shape, larger) ? base : base.expand(larger.slice(0, larger.length - own));
  const baseDist = wanted > own ? new Independent(expanded, wanted - own) : expanded;
  const cut = result.length - chain.codomain.eventDim - Math.max(own - wanted, 0);
  return { baseDist, batchShape: result.slice(0, cut), eventShape: result.slice(cut) };
}

/** Samples of another distribution, transformed. https://pytorch.org/docs/stable/distributions.html#torch.distributions.transformed_distribution.TransformedDistribution */
export class TransformedDistribution extends Distribution {
  readonly baseDist: Distribution;
  readonly transforms: readonly Transform[];
  override readonly hasRsample: boolean;

  constructor(
    baseDistribution: Distribution,
    transforms: Transform | readonly Transform[],
    validateArgs: boolean | null = null,
  ) {
    const list = transforms instanceof Transform ? [transforms] : transforms;
    if (!Array.isArray(list) || !list.every((one) => one instanceof Transform)) {
      throw new ArgumentError({
        op: 'distributions.TransformedDistribution',
        fact: 'transforms are something else',
        rule: 'they are a Transform or a list of them',
      });
    }
    const { baseDist, batchShape, eventShape } = reach(baseDistribution, list);
    super(batchShape, eventShape, validateArgs);
    this.baseDist = baseDist;
    this.transforms = [...list];
    this.hasRsample = baseDist.hasRsample;
  }

  override get support(): Constraint {
    const last = this.transforms.at(-1);
    if (last === undefined) return this.baseDist.support;
    const more = this.eventShape.length - last.codomain.eventDim;
    return more > 0 ? constraints.independent(last.codomain, more) : last.codomain;
  }

  /** A value of the base under all maps. */
  #forward(x: Tensor): Tensor {
    return this.transforms.reduce((value, one) => one(value), x);
  }

  override sample(sampleShape: Shape = []): Tensor {
    return noGrad(() => this.#forward(this.baseDist.sample(sampleShape)));
  }

  override rsample(sampleShape: Shape = []): Tensor {
    return this.#forward(this.baseDist.rsample(sampleShape));
  }

  override logProb(value: Parameter): Tensor {
    let y = this.checkedValue('logProb', value);
    let eventDim = this.eventShape.length;
    let total: Tensor | null = null;
    for (const one of this.transforms.toReversed()) {
      const x = one.inv(y);
      eventDim += one.domain.eventDim - one.codomain.eventDim;
      const term = sumRightmost(one.logAbsDetJacobian(x, y), eventDim - one.domain.eventDim);
      total = total === null ? term.neg() : total.sub(term);
      y = x;
    }
    const base = sumRightmost(this.baseDist.logProb(y), eventDim - this.baseDist.eventShape.length);
    return total === null ? base : total.add(base);
  }

  /** A probability of the base for one of the result: where the maps fall, from the other end. */
  #turned(value: Tensor): Tensor {
    const sign = this.transforms.reduce<Sign>((all, one) => signs(all, one.sign), 1);
    return sign === 1 ? value : value.sub(0.5).mul(sign).add(0.5);
  }

  override cdf(value: Parameter): Tensor {
    const x = this.transforms.reduceRight((y, one) => one.inv(y), this.checkedValue('cdf', value));
    return this.#turned(this.baseDist.cdf(x));
  }

  override icdf(value: Parameter): Tensor {
    return this.#forward(this.baseDist.icdf(this.#turned(this.tensorOf(value))));
  }

  protected override like(): Tensor | null {
    return this.baseDist['like']();
  }

  override expand(batchShape: Shape): TransformedDistribution {
    const shape = this.transforms.reduceRight<Shape>(
      (one, map) => map.inverseShape(one),
      [...batchShape, ...this.eventShape],
    );
    const base = this.baseDist.expand(shape.slice(0, shape.length - this.baseDist.eventShape.length));
    return new TransformedDistribution(base, this.transforms, this.validateArgs);
  }
}
