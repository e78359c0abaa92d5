// Distributions over a few categories: one of them by its number or as a vector, or how often each came in several draws.
// https://pytorch.org/docs/stable/distributions.html#categorical

import { noGrad } from '../autograd/autograd.ts';
import { arange, eye, fullLike, zeros } from '../create/create.ts';
import { drawCategories } from '../create/counts.ts';
import { ArgumentError } from '../errors.ts';
import { logSoftmax, softmax } from '../ops/nn.ts';
import { numelOf, type Shape } from '../shape.ts';
import { type Args, bind, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import {
  type Constraint,
  independent,
  integerInterval,
  multinomial,
  nonnegative,
  oneHot,
  realVector,
} from './constraints.ts';
import { asTensor, Distribution, type Parameter, validateArgsParam } from './distribution.ts';
import { family, type Pair, paramOrOther } from './family.ts';
import { Binomial, held } from './discrete.ts';

/** Probabilities are made to add up to 1, logits to the logarithms of such; the last dimension is that of the categories. */
export const categories: Pair = {
  probs: (given) => given.div(given.sum(-1, true)),
  logits: (given) => logSoftmax(given, -1),
  toLogits: (probs) => held(probs).log(),
  toProbs: (logits) => softmax(logits, -1),
};
export const probs = paramOrOther('probs', independent(nonnegative, 1));
export const logits = paramOrOther('logits', realVector);

interface Shares {
  readonly probs: Tensor;
  readonly logits: Tensor;
}

export const countOf = (d: Shares): number => d.probs.shape[d.probs.ndim - 1];
/** -sum p log p. */
const entropyOf = (d: Shares): Tensor => d.logits.clamp(-3.4028234663852886e38).mul(d.probs).sum(-1).neg();
/** Draws of categories: (sampleShape, batchShape), int32. */
const drawn = (d: Shares, sampleShape: Shape): Tensor => {
  const rows = drawCategories(d.probs.reshape(-1, countOf(d)), numelOf(sampleShape));
  return rows.t().reshape(...sampleShape, ...d.probs.shape.slice(0, -1));
};
/** 1 at one place of the last dimension, by its number. */
const unit = (place: Tensor, count: number, { dtype, device }: Tensor): Tensor =>
  arange(count, { device }).eq(place.unsqueeze(-1)).to(dtype);

/** The logarithms of the probabilities of categories by number. */
function logProbOf(d: Shares, x: Tensor): Tensor {
  const at = x.to('int32').unsqueeze(-1);
  // Values and logits broadcast against each other but for the categories.
  const rank = Math.max(at.ndim, d.logits.ndim);
  const sizes = (shape: Shape) => [...new Array<number>(rank - shape.length).fill(1), ...shape].slice(0, -1);
  const [a, b] = [sizes(at.shape), sizes(d.logits.shape)];
  const outer = a.map((size, dim) => (size === 1 ? b[dim] : size));
  const all = d.logits.expand(...outer, countOf(d));
  return all.gather(-1, at.expand(...outer, 1)).squeeze(-1);
}

/** One of several categories, by its number (int32). https://pytorch.org/docs/stable/distributions.html#categorical */
export class Categorical extends family(
  [probs, logits],
  {
    rsample: false,
    support: (d) => integerInterval(0, countOf(d) - 1),
    // Numbers of categories have no mean.
    mean: (d) => fullLike(d.probs.select(-1, 0), NaN),
    mode: (d) => d.probs.argmax(-1),
    variance: (d) => fullLike(d.probs.select(-1, 0), NaN),
    draw: (d, _shape, sampleShape) => drawn(d, sampleShape),
    logProb: logProbOf,
    entropy: entropyOf,
    enumerateSupport: (d) => arange(countOf(d), { device: d.probs.device, dtype: 'int32' }),
  },
  categories,
) {}

const oneHotFormulas = {
  eventDim: 1,
  support: oneHot,
  mean: (d: Shares) => d.probs,
  mode: (d: Shares) => unit(d.probs.argmax(-1), countOf(d), d.probs),
  variance: (d: Shares) => d.probs.mul(d.probs.neg().add(1)),
  logProb: (d: Shares, x: Tensor) => logProbOf(d, x.argmax(-1)),
  entropy: entropyOf,
  enumerateSupport: (d: Shares) => eye(countOf(d), { dtype: d.probs.dtype, device: d.probs.device }),
} as const;

/** One of several categories, as a vector that is 1 there. https://pytorch.org/docs/stable/distributions.html#onehotcategorical */
export class OneHotCategorical extends family(
  [probs, logits],
  {
    ...oneHotFormulas,
    rsample: false,
    draw: (d, _shape, sampleShape) => unit(drawn(d, sampleShape), countOf(d), d.probs),
  },
  categories,
) {}

/**
 * The same, with the gradient of the probabilities for that of samples. (Y. Bengio et al.: Estimating or propagating gradients
 * through stochastic neurons, 2013) https://pytorch.org/docs/stable/distributions.html#torch.distributions.one_hot_categorical.OneHotCategoricalStraightThrough
 */
export class OneHotCategoricalStraightThrough extends OneHotCategorical {
  override readonly hasRsample = true;

  override rsample(sampleShape: Shape = []): Tensor {
    const samples = noGrad(() => this.draw(sampleShape));
    return samples.add(this.probs.sub(this.probs.detach()));
  }
}

const multinomialSignature = [
  optional(p.int('totalCount'), 1),
  optional(p.tensor('probs'), null),
  optional(p.tensor('logits'), null),
  validateArgsParam,
] as const;

/** How often each category came in totalCount draws. https://pytorch.org/docs/stable/distributions.html#multinomial */
export class Multinomial extends Distribution {
  readonly totalCount: number;
  readonly #categories: Categorical;

  constructor(...args: Args<typeof multinomialSignature>) {
    const op = 'distributions.Multinomial';
    const bound = bind(op, multinomialSignature, args);
    const [count, probs, logits, validateArgs] = bound as [number, Tensor | null, Tensor | null, boolean | null];
    if (count < 0) throw new ArgumentError({ op, fact: `totalCount is ${count}`, rule: 'it is 0 or more' });
    const categorical = new Categorical({ probs, logits, validateArgs });
    super(categorical.batchShape, [countOf(categorical)], validateArgs);
    this.totalCount = count;
    this.#categories = categorical;
  }

  get probs(): Tensor {
    return this.#categories.probs;
  }
  get logits(): Tensor {
    return this.#categories.logits;
  }
  override get support(): Constraint {
    return multinomial(this.totalCount);
  }
  override get mean(): Tensor {
    return this.probs.mul(this.totalCount);
  }
  override get variance(): Tensor {
    return this.mean.mul(this.probs.neg().add(1));
  }
  protected override like(): Tensor {
    return this.probs;
  }

  protected override draw(sampleShape: Shape): Tensor {
    const { dtype, device } = this.probs;
    // (totalCount, sampleShape, batchShape): counted along the first dimension.
    const each = drawn(this, [this.totalCount, ...sampleShape]).movedim(0, -1);
    const counts = zeros([...this.shapeFor(sampleShape)], { dtype, device });
    return counts.scatterAdd(-1, each, fullLike(each, 1, { dtype }));
  }

  override logProb(value: Parameter): Tensor {
    const x = this.checkedValue('logProb', value).to(this.logits.dtype);
    // 0 log 0 is 0.
    const held = this.logits.maskedFill(x.eq(0).logicalAnd(this.logits.eq(-Infinity)), 0);
    return x.sum(-1).add(1).lgamma().sub(x.add(1).lgamma().sum(-1)).add(held.mul(x).sum(-1));
  }

  /** n H(p) - log n! + sum over categories and counts of binomial probabilities times log k!. */
  override entropy(): Tensor {
    const n = this.totalCount;
    const { dtype, device } = this.probs;
    const column = arange(1, n + 1, { dtype, device }).reshape(-1, ...this.probs.shape.map(() => 1));
    const binomials = new Binomial({ totalCount: n, probs: this.probs, validateArgs: false }).logProb(column).exp();
    const weighted = binomials.mul(column.add(1).lgamma()).sum([0, -1]);
    return entropyOf(this)
      .mul(n)
      .sub(asTensor(n + 1, this.probs).lgamma())
      .add(weighted);
  }

  override expand(shape: Shape): Multinomial {
    const categorical = this.#categories.expand(shape);
    const { totalCount, validateArgs } = this;
    const given = Object.getOwnPropertyDescriptor(categorical, 'probs')?.get === undefined ? 'probs' : 'logits';
    return new Multinomial({ totalCount, [given]: categorical[given], validateArgs });
  }
}
