// The divergences of distributions of two kinds. https://pytorch.org/docs/stable/distributions.html#module-torch.distributions.kl

import { fullLike } from '../create/create.ts';
import type { Tensor } from '../core/tensor.ts';
import { Exponential, Laplace, Normal, Uniform } from './continuous.ts';
import { Gumbel, Pareto } from './derived.ts';
import { Bernoulli, Binomial, ContinuousBernoulli, continuousNormalizer, Poisson } from './discrete.ts';
import { type Distribution, eulerGamma } from './distribution.ts';
import { Beta, Gamma } from './gamma.ts';
import { type Kind, registerKl } from './kl.ts';

const logRoot2Pi = 0.5 * Math.log(2 * Math.PI);

/** Pairs in which p has values that q never has. */
const infinite: readonly (readonly [Kind<Distribution>, (p: never) => Tensor, readonly Kind<Distribution>[]])[] = [
  [Beta, (p: Beta) => p.concentration1, [Pareto]],
  [ContinuousBernoulli, (p: ContinuousBernoulli) => p.probs, [Pareto]],
  [Exponential, (p: Exponential) => p.rate, [Beta, ContinuousBernoulli, Pareto, Uniform]],
  [Gamma, (p: Gamma) => p.concentration, [Beta, ContinuousBernoulli, Pareto, Uniform]],
  [Gumbel, (p: Gumbel) => p.loc, [Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform]],
  [Laplace, (p: Laplace) => p.loc, [Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform]],
  [Normal, (p: Normal) => p.loc, [Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform]],
  [Pareto, (p: Pareto) => p.scale, [Beta, ContinuousBernoulli, Uniform]],
  [Poisson, (p: Poisson) => p.rate, [Bernoulli, Binomial]],
];
for (const [P, parameter, kinds] of infinite) {
  for (const Q of kinds) registerKl(P, Q)((p) => fullLike(parameter(p as never), Infinity));
}

/** The mean of -log of a normal density: from mean and variance of p. */
const underNormal = (q: Normal, mean: Tensor, variance: Tensor): Tensor =>
  mean.sub(q.loc).square().add(variance).div(q.scale.square().mul(2)).add(q.scale.log()).add(logRoot2Pi);
/** log of the normaliser of a Gamma density, up to its sign: lgamma(a) - a log rate. */
const gammaNorm = (q: Gamma): Tensor => q.concentration.lgamma().sub(q.concentration.mul(q.rate.log()));
/** The mean of -log of a Gamma density: from the means of x and log x under p. */
const underGamma = (q: Gamma, mean: Tensor, log: Tensor): Tensor =>
  gammaNorm(q).sub(q.concentration.sub(1).mul(log)).add(q.rate.mul(mean));
/** The mean of -log of an Exponential density. */
const underExponential = (q: Exponential, mean: Tensor): Tensor => q.rate.mul(mean).sub(q.rate.log());
/** The mean of -log of a Gumbel density: from the mean of x and of exp((loc - x) / scale). */
const underGumbel = (q: Gumbel, mean: Tensor, tail: Tensor): Tensor =>
  mean.sub(q.loc).div(q.scale).add(tail).add(q.scale.log());
/** The mean of -log of a ContinuousBernoulli density. */
const underContinuous = (q: ContinuousBernoulli, mean: Tensor): Tensor =>
  mean.mul(q.logits).add(q.probs.neg().log1p()).add(continuousNormalizer(q.probs)).neg();

registerKl(Bernoulli, Poisson)((p, q) => p.entropy().neg().sub(p.probs.mul(q.rate.log()).sub(q.rate)));

registerKl(Beta, ContinuousBernoulli)((p, q) => underContinuous(q, p.mean).sub(p.entropy()));
registerKl(Beta, Exponential)((p, q) => underExponential(q, p.mean).sub(p.entropy()));
registerKl(
  Beta,
  Gamma,
)((p, q) => {
  const log = p.concentration1.digamma().sub(p.concentration1.add(p.concentration0).digamma());
  return underGamma(q, p.mean, log).sub(p.entropy());
});
registerKl(Beta, Normal)((p, q) => underNormal(q, p.mean, p.variance).sub(p.entropy()));
registerKl(
  Beta,
  Uniform,
)((p, q) => {
  const result = q.high.sub(q.low).log().sub(p.entropy());
  return result.maskedFill(q.low.gt(0).logicalOr(q.high.lt(1)), Infinity);
});

registerKl(ContinuousBernoulli, Exponential)((p, q) => underExponential(q, p.mean).sub(p.entropy()));
registerKl(ContinuousBernoulli, Normal)((p, q) => underNormal(q, p.mean, p.variance).sub(p.entropy()));
// PyTorch 1.13 asks for low >= 0 or high <= 1 here, so that a Uniform over exactly [0, 1] is infinitely far.
registerKl(
  ContinuousBernoulli,
  Uniform,
)((p, q) => {
  const result = q.high.sub(q.low).log().sub(p.entropy());
  return result.maskedFill(q.low.ge(0).logicalOr(q.high.le(1)), Infinity);
});

registerKl(Exponential, Gamma)((p, q) => underGamma(q, p.mean, p.rate.log().neg().sub(eulerGamma)).sub(p.entropy()));
registerKl(
  Exponential,
  Gumbel,
)((p, q) => {
  const product = p.rate.mul(q.scale);
  const tail = q.loc.div(q.scale).exp().mul(product).div(product.add(1));
  return underGumbel(q, p.mean, tail).sub(p.entropy());
});
registerKl(Exponential, Normal)((p, q) => underNormal(q, p.mean, p.variance).sub(p.entropy()));

registerKl(Gamma, Exponential)((p, q) => underExponential(q, p.mean).sub(p.entropy()));
registerKl(
  Gamma,
  Gumbel,
)((p, q) => {
  const tail = q.loc.div(q.scale).exp().mul(p.rate.mul(q.scale).reciprocal().add(1).pow(p.concentration.neg()));
  return underGumbel(q, p.mean, tail).sub(p.entropy());
});
registerKl(Gamma, Normal)((p, q) => underNormal(q, p.mean, p.variance).sub(p.entropy()));

registerKl(Gumbel, Normal)((p, q) => underNormal(q, p.mean, p.variance).sub(p.entropy()));
registerKl(Laplace, Normal)((p, q) => underNormal(q, p.mean, p.variance).sub(p.entropy()));

registerKl(
  Normal,
  Gumbel,
)((p, q) => {
  const tail = q.loc.sub(p.loc).div(q.scale).add(p.scale.div(q.scale).square().mul(0.5)).exp();
  return underGumbel(q, p.mean, tail).sub(p.entropy());
});
registerKl(
  Normal,
  Laplace,
)((p, q) => {
  const apart = p.loc.sub(q.loc);
  const ratio = apart.div(p.scale);
  // The mean of |x - loc| under a normal distribution.
  const spread = p.scale.mul(Math.sqrt(2 / Math.PI)).mul(ratio.square().mul(-0.5).exp());
  const size = spread.add(apart.mul(ratio.mul(Math.SQRT1_2).erf()));
  return size.div(q.scale).add(q.scale.mul(2).log()).sub(p.entropy());
});

registerKl(
  Pareto,
  Exponential,
)((p, q) => {
  const mean = p.alpha.mul(p.scale).div(p.alpha.sub(1));
  return underExponential(q, mean).sub(p.entropy()).maskedFill(p.alpha.le(1), Infinity);
});
registerKl(
  Pareto,
  Gamma,
)((p, q) => {
  const mean = p.alpha.mul(p.scale).div(p.alpha.sub(1));
  const log = p.scale.log().add(p.alpha.reciprocal());
  return underGamma(q, mean, log).sub(p.entropy()).maskedFill(p.alpha.le(1), Infinity);
});
registerKl(
  Pareto,
  Normal,
)((p, q) => {
  const step = p.scale.div(p.alpha.sub(1));
  const variance = p.alpha.mul(step.square()).div(p.alpha.sub(2));
  return underNormal(q, p.alpha.mul(step), variance).sub(p.entropy()).maskedFill(p.alpha.le(2), Infinity);
});

const xLogX = (x: Tensor): Tensor => x.mul(x.log());
/** The mean of log x between low and high. */
const meanLog = (low: Tensor, high: Tensor): Tensor => xLogX(high).sub(xLogX(low)).div(high.sub(low)).sub(1);

registerKl(
  Uniform,
  Beta,
)((p, q) => {
  const [a, b] = [q.concentration1, q.concentration0];
  const norm = a.lgamma().add(b.lgamma()).sub(a.add(b).lgamma());
  const near = a.sub(1).mul(meanLog(p.low, p.high));
  const far = b.sub(1).mul(meanLog(p.high.neg().add(1), p.low.neg().add(1)));
  const result = norm.sub(near).sub(far).sub(p.entropy());
  return result.maskedFill(p.high.gt(1).logicalOr(p.low.lt(0)), Infinity);
});
registerKl(
  Uniform,
  ContinuousBernoulli,
)((p, q) =>
  underContinuous(q, p.mean)
    .sub(p.entropy())
    .maskedFill(p.high.ge(1).logicalOr(p.low.le(0)), Infinity),
);
registerKl(
  Uniform,
  Exponential,
)((p, q) => underExponential(q, p.mean).sub(p.entropy()).maskedFill(p.low.lt(0), Infinity));
registerKl(
  Uniform,
  Gamma,
)((p, q) => underGamma(q, p.mean, meanLog(p.low, p.high)).sub(p.entropy()).maskedFill(p.low.lt(0), Infinity));
registerKl(
  Uniform,
  Gumbel,
)((p, q) => {
  const [low, high] = [p.low, p.high].map((one) => q.loc.sub(one).div(q.scale).exp());
  const tail = low.sub(high).mul(q.scale).div(p.high.sub(p.low));
  return underGumbel(q, p.mean, tail).sub(p.entropy());
});
registerKl(Uniform, Normal)((p, q) => underNormal(q, p.mean, p.variance).sub(p.entropy()));
registerKl(
  Uniform,
  Pareto,
)((p, q) => {
  const log = meanLog(p.low, p.high);
  const norm = q.alpha.log().add(q.alpha.mul(q.scale.log()));
  return q.alpha.add(1).mul(log).sub(norm).sub(p.entropy()).maskedFill(p.low.lt(q.scale), Infinity);
});
