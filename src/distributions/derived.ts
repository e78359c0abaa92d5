// Distributions over real numbers that are transformed samples of another: their densities, and where nothing else is said their
// cumulative probabilities, follow from the transforms. https://pytorch.org/docs/stable/distributions.html

import { fullLike, onesLike, zerosLike } from '../create/create.ts';
import { where } from '../ops/arithmetic.ts';
import type { Shape } from '../shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { greaterThanEq, nonnegative, positive, real, simplex, unitInterval } from './constraints.ts';
import { Cauchy, Exponential, loc, Normal, scale, Uniform } from './continuous.ts';
import { type Distribution, epsilonOf, eulerGamma, tinyOf } from './distribution.ts';
import { param, transformedFamily } from './family.ts';
import { AbsTransform, AffineTransform, ExpTransform, PowerTransform } from './transforms.ts';
import { StickBreakingTransform } from './vector-transforms.ts';

/** Parameters were checked already. */
const unchecked = { validateArgs: false } as const;

/** The exponential of a normal variable. https://pytorch.org/docs/stable/distributions.html#lognormal */
export class LogNormal extends transformedFamily([loc, scale], {
  support: positive,
  base: (d) => new Normal({ loc: d.loc, scale: d.scale, ...unchecked }),
  transforms: () => [new ExpTransform()],
  mean: (d) => d.loc.add(d.scale.square().div(2)).exp(),
  mode: (d) => d.loc.sub(d.scale.square()).exp(),
  variance: (d) => d.scale.square().expm1().mul(d.loc.mul(2).add(d.scale.square()).exp()),
  entropy: (d) => d.baseDist.entropy().add(d.loc),
}) {}

/** A normal variable for each of n, made into n + 1 shares by breaking a stick. https://pytorch.org/docs/stable/distributions.html#logisticnormal */
export class LogisticNormal extends transformedFamily([loc, scale], {
  support: simplex,
  base: (d) => {
    const base = new Normal({ loc: d.loc, scale: d.scale, ...unchecked });
    return base.batchShape.length === 0 ? base.expand([1]) : base;
  },
  transforms: () => [new StickBreakingTransform()],
}) {
  /** The last dimension of the parameters is part of the event. */
  override expand(batchShape: Shape): this {
    const shape = [...batchShape, this.eventShape[0] - 1];
    const [loc, scale] = [this.loc, this.scale].map((one) => one.expand(...shape));
    return new LogisticNormal({ loc, scale, validateArgs: this.validateArgs }) as this;
  }
}

/** The density of one half of a symmetric distribution, twice: nothing below 0. */
const folded = (base: Distribution, x: Tensor): Tensor => {
  const log = base.logProb(x).add(Math.LN2);
  return where(x.ge(0), log, fullLike(log, -Infinity));
};

/** The size of a normal variable of mean 0. https://pytorch.org/docs/stable/distributions.html#halfnormal */
export class HalfNormal extends transformedFamily([scale], {
  support: nonnegative,
  base: (d) => new Normal({ loc: zerosLike(d.scale), scale: d.scale, ...unchecked }),
  transforms: () => [new AbsTransform()],
  mean: (d) => d.scale.mul(Math.sqrt(2 / Math.PI)),
  mode: (d) => zerosLike(d.scale),
  variance: (d) => d.scale.square().mul(1 - 2 / Math.PI),
  logProb: (d, x) => folded(d.baseDist, x),
  cdf: (d, x) => d.baseDist.cdf(x).mul(2).sub(1),
  icdf: (d, x) => d.baseDist.icdf(x.add(1).div(2)),
  entropy: (d) => d.baseDist.entropy().sub(Math.LN2),
}) {}

/** The size of a Cauchy variable around 0. https://pytorch.org/docs/stable/distributions.html#halfcauchy */
export class HalfCauchy extends transformedFamily([scale], {
  support: nonnegative,
  base: (d) => new Cauchy({ loc: zerosLike(d.scale), scale: d.scale, ...unchecked }),
  transforms: () => [new AbsTransform()],
  mean: (d) => fullLike(d.scale, Infinity),
  mode: (d) => zerosLike(d.scale),
  variance: (d) => d.baseDist.variance,
  logProb: (d, x) => folded(d.baseDist, x),
  cdf: (d, x) => d.baseDist.cdf(x).mul(2).sub(1),
  icdf: (d, x) => d.baseDist.icdf(x.add(1).div(2)),
  entropy: (d) => d.baseDist.entropy().sub(Math.LN2),
}) {}

/** The largest of many: loc - scale log(-log u). https://pytorch.org/docs/stable/distributions.html#gumbel */
export class Gumbel extends transformedFamily([loc, scale], {
  support: real,
  base: (d) =>
    new Uniform({ low: fullLike(d.loc, tinyOf(d.loc)), high: fullLike(d.loc, 1 - epsilonOf(d.loc)), ...unchecked }),
  transforms: (d) => [
    new ExpTransform().inv,
    new AffineTransform(0, onesLike(d.scale).neg()),
    new ExpTransform().inv,
    new AffineTransform(d.loc, d.scale.neg()),
  ],
  mean: (d) => d.loc.add(d.scale.mul(eulerGamma)),
  mode: (d) => d.loc,
  stddev: (d) => d.scale.mul(Math.PI / Math.sqrt(6)),
  variance: (d) => d.scale.square().mul(Math.PI ** 2 / 6),
  logProb: (d, x) => {
    const y = d.loc.sub(x).div(d.scale);
    return y.sub(y.exp()).sub(d.scale.log());
  },
  entropy: (d) => d.scale.log().add(1 + eulerGamma),
}) {}

/** alpha scale^alpha / x^(alpha + 1), from scale on. https://pytorch.org/docs/stable/distributions.html#pareto */
export class Pareto extends transformedFamily([scale, param('alpha', positive)], {
  support: (d) => greaterThanEq(d.scale),
  base: (d) => new Exponential({ rate: d.alpha, ...unchecked }),
  transforms: (d) => [new ExpTransform(), new AffineTransform(0, d.scale)],
  mean: (d) => {
    const alpha = d.alpha.clamp(1);
    return alpha.mul(d.scale).div(alpha.sub(1));
  },
  mode: (d) => d.scale,
  variance: (d) => {
    const alpha = d.alpha.clamp(2);
    return d.scale
      .square()
      .mul(alpha)
      .div(alpha.sub(1).square().mul(alpha.sub(2)));
  },
  entropy: (d) => d.scale.div(d.alpha).log().add(d.alpha.reciprocal()).add(1),
}) {}

/** Failure by age: 1 - exp(-(x / scale)^concentration) up to x. https://pytorch.org/docs/stable/distributions.html#weibull */
export class Weibull extends transformedFamily([scale, param('concentration', positive)], {
  support: positive,
  base: (d) => new Exponential({ rate: onesLike(d.scale), ...unchecked }),
  transforms: (d) => [new PowerTransform(d.concentration.reciprocal()), new AffineTransform(0, d.scale)],
  mean: (d) => d.scale.mul(d.concentration.reciprocal().add(1).lgamma().exp()),
  mode: (d) => d.scale.mul(d.concentration.sub(1).div(d.concentration).pow(d.concentration.reciprocal())),
  variance: (d) => {
    const k = d.concentration.reciprocal();
    const squares = k.mul(2).add(1).lgamma().exp().sub(k.add(1).lgamma().mul(2).exp());
    return d.scale.square().mul(squares);
  },
  entropy: (d) => {
    const k = d.concentration.reciprocal();
    return k.neg().add(1).mul(eulerGamma).add(d.scale.mul(k).log()).add(1);
  },
}) {}

/** The n-th moment: b B(1 + n / a, b). */
const moment = (
  { concentration1: a, concentration0: b }: Readonly<Record<'concentration1' | 'concentration0', Tensor>>,
  n: number,
) => {
  const first = a.reciprocal().mul(n).add(1);
  return b.mul(first.lgamma().add(b.lgamma()).sub(first.add(b).lgamma()).exp());
};

/** a b x^(a - 1) (1 - x^a)^(b - 1). https://pytorch.org/docs/stable/distributions.html#kumaraswamy */
export class Kumaraswamy extends transformedFamily(
  [param('concentration1', positive), param('concentration0', positive)],
  {
    support: unitInterval,
    base: (d) => new Uniform({ low: zerosLike(d.concentration0), high: onesLike(d.concentration0), ...unchecked }),
    transforms: (d) => [
      new PowerTransform(d.concentration0.reciprocal()),
      new AffineTransform(1, -1),
      new PowerTransform(d.concentration1.reciprocal()),
    ],
    mean: (d) => moment(d, 1),
    mode: (d) => {
      const { concentration1: a, concentration0: b } = d;
      const log = b.reciprocal().mul(b.neg().log1p()).sub(a.mul(b).neg().log1p());
      return log.maskedFill(b.lt(1).logicalOr(a.lt(1)), NaN).exp();
    },
    variance: (d) => moment(d, 2).sub(moment(d, 1).square()),
    entropy: (d) => {
      const { concentration1: a, concentration0: b } = d;
      const harmonic = b.add(1).digamma().add(eulerGamma);
      return a.reciprocal().neg().add(1).mul(harmonic).sub(b.reciprocal()).add(1).sub(a.log()).sub(b.log());
    },
  },
) {}
