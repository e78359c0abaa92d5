// The divergences of two distributions of one kind. https://pytorch.org/docs/stable/distributions.html#module-torch.distributions.kl

import { ShapeError } from '../errors.ts';
import { solveTriangular } from '../ops/linalg/triangular.ts';
import { softplus } from '../ops/nn.ts';
import { broadcastShapes, formatShape, sameShape } from '../shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { Categorical, OneHotCategorical } from './categorical.ts';
import { Cauchy, Exponential, Laplace, Normal, Uniform } from './continuous.ts';
import { Gumbel, HalfNormal, Pareto } from './derived.ts';
import { Bernoulli, Binomial, ContinuousBernoulli, continuousNormalizer, Geometric, Poisson } from './discrete.ts';
import { type Distribution, eulerGamma, ExponentialFamily, sumRightmost } from './distribution.ts';
import { Beta, Dirichlet, Gamma, pairOf } from './gamma.ts';
import { halfLogDet, LowRankMultivariateNormal, mahalanobis, MultivariateNormal } from './gaussian.ts';
import { type Kind, klDivergence, noFormula, registerKl } from './kl.ts';
import { equalLists } from './transform.ts';
import { Independent, TransformedDistribution } from './transformed.ts';

const same = <D extends Distribution>(kind: Kind<D>, formula: (p: D, q: D) => Tensor) =>
  registerKl(kind, kind)(formula);

same(Normal, (p, q) => {
  const ratio = p.scale.div(q.scale).square();
  return ratio.add(p.loc.sub(q.loc).div(q.scale).square()).sub(1).sub(ratio.log()).mul(0.5);
});
same(HalfNormal, (p, q) => klDivergence(p.baseDist, q.baseDist));
same(Laplace, (p, q) => {
  const ratio = p.scale.div(q.scale);
  const apart = p.loc.sub(q.loc).abs();
  const near = ratio.mul(apart.div(p.scale).neg().exp());
  return apart.div(q.scale).add(near).sub(ratio.log()).sub(1);
});
// (F. Chyzak, F. Nielsen: A closed-form formula for the Kullback-Leibler divergence between Cauchy distributions, 2019)
same(Cauchy, (p, q) => {
  const apart = p.scale.add(q.scale).square().add(p.loc.sub(q.loc).square());
  return apart.log().sub(p.scale.mul(q.scale).mul(4).log());
});
same(Uniform, (p, q) => {
  const outside = q.low.gt(p.low).logicalOr(q.high.lt(p.high));
  return q.high.sub(q.low).div(p.high.sub(p.low)).log().maskedFill(outside, Infinity);
});
same(Exponential, (p, q) => {
  const ratio = q.rate.div(p.rate);
  return ratio.sub(ratio.log()).sub(1);
});
same(Gumbel, (p, q) => {
  const ratio = p.scale.div(q.scale);
  const apart = p.loc.sub(q.loc).div(q.scale);
  const far = ratio.add(1).lgamma().sub(apart).exp();
  return apart
    .sub(ratio.log())
    .add(ratio.mul(eulerGamma))
    .add(far)
    .sub(1 + eulerGamma);
});
same(Pareto, (p, q) => {
  const ratio = q.alpha.div(p.alpha);
  const result = q.alpha.mul(p.scale.div(q.scale).log()).sub(ratio.log()).add(ratio).sub(1);
  return result.maskedFill(p.scale.lt(q.scale), Infinity);
});

same(Bernoulli, (p, q) => {
  /** P(x) log(P(x) / Q(x)) of one outcome, with its probabilities and by how much its logarithms differ. */
  const part = (mine: Tensor, theirs: Tensor, log: Tensor) =>
    mine.mul(log).maskedFill(theirs.eq(0), Infinity).maskedFill(mine.eq(0), 0);
  const [a, b] = [p.logits, q.logits];
  const yes = part(p.probs, q.probs, softplus(b.neg()).sub(softplus(a.neg())));
  const no = part(p.probs.neg().add(1), q.probs.neg().add(1), softplus(b).sub(softplus(a)));
  return yes.add(no);
});
same(Geometric, (p, q) => p.entropy().neg().sub(q.probs.neg().log1p().div(p.probs)).sub(q.logits));
// Of equal totalCounts; infinite where p's is larger, NaN where it is smaller, which has no closed form.
same(Binomial, (p, q) => {
  const each = p.probs.mul(p.logits.sub(q.logits)).add(p.probs.neg().log1p()).sub(q.probs.neg().log1p());
  const equal = p.totalCount.mul(each);
  return equal.maskedFill(p.totalCount.gt(q.totalCount), Infinity).maskedFill(p.totalCount.lt(q.totalCount), NaN);
});
same(Poisson, (p, q) => p.rate.mul(p.rate.log().sub(q.rate.log())).sub(p.rate.sub(q.rate)));
same(ContinuousBernoulli, (p, q) => {
  const norm = (d: ContinuousBernoulli) => continuousNormalizer(d.probs).add(d.probs.neg().log1p());
  return p.mean.mul(p.logits.sub(q.logits)).add(norm(p)).sub(norm(q));
});

interface Shares {
  readonly probs: Tensor;
  readonly logits: Tensor;
}
const categories = (p: Shares, q: Shares): Tensor =>
  p.probs.mul(p.logits.sub(q.logits)).maskedFill(q.probs.eq(0), Infinity).maskedFill(p.probs.eq(0), 0).sum(-1);
same(Categorical, categories);
same(OneHotCategorical, categories);

same(Gamma, (p, q) => {
  const shape = p.concentration.sub(q.concentration).mul(p.concentration.digamma());
  const norms = q.concentration.lgamma().sub(p.concentration.lgamma());
  const rates = q.concentration.mul(p.rate.div(q.rate).log());
  const means = q.rate.sub(p.rate).mul(p.concentration.div(p.rate));
  return rates.add(norms).add(shape).add(means);
});
const dirichlets = (p: Tensor, q: Tensor): Tensor => {
  const [all, others] = [p.sum(-1, true), q.sum(-1, true)];
  const norms = all.lgamma().sub(others.lgamma()).squeeze(-1).sub(p.lgamma().sub(q.lgamma()).sum(-1));
  return norms.add(p.sub(q).mul(p.digamma().sub(all.digamma())).sum(-1));
};
same(Dirichlet, (p, q) => dirichlets(p.concentration, q.concentration));
same(Beta, (p, q) => dirichlets(pairOf(p), pairOf(q)));

/** Bregman's divergence of the normaliser between the natural parameters. */
same(ExponentialFamily, (p, q) => {
  if (p.constructor !== q.constructor) throw noFormula(p, q, 'exponential families are of one kind');
  const { params, normalizer, slopes } = p.normalizerAndSlopes();
  const theirs = q.naturalParams;
  const dims = q.eventShape.length;
  return params.reduce(
    (total, mine, at) => {
      const term = theirs[at].sub(mine).mul(slopes[at]);
      return total.sub(sumRightmost(term, Math.max(Math.min(dims, term.ndim - p.batchShape.length), 0)));
    },
    q.logNormalizer(...theirs).sub(normalizer),
  );
});

same(TransformedDistribution, (p, q) => {
  if (!equalLists(p.transforms, q.transforms) || !sameShape(p.eventShape, q.eventShape)) {
    throw noFormula(p, q, 'both are the same transforms of their bases, as far as the host knows');
  }
  return klDivergence(p.baseDist, q.baseDist);
});
same(Independent, (p, q) => {
  if (p.reinterpretedBatchNdims !== q.reinterpretedBatchNdims) {
    throw noFormula(p, q, 'the same number of dimensions is the event');
  }
  return sumRightmost(klDivergence(p.baseDist, q.baseDist), p.reinterpretedBatchNdims);
});

type Gaussian = MultivariateNormal | LowRankMultivariateNormal;

/** Throws where events differ. */
function requireEvents(p: Gaussian, q: Gaussian): void {
  if (sameShape(p.eventShape, q.eventShape)) return;
  throw new ShapeError({
    op: 'distributions.klDivergence',
    fact: `events of shape ${formatShape(p.eventShape)} and ${formatShape(q.eventShape)}`,
    rule: 'they are equal',
  });
}

/** Columns whose products with their transposes add up to the covariance: one lower factor, or W and the roots of D. */
const columnsOf = (p: Gaussian): readonly Tensor[] =>
  p instanceof MultivariateNormal ? [p.spread.lower] : [p.covFactor, p.covDiag.sqrt().diagEmbed()];
const logDetOf = (p: Gaussian): Tensor =>
  p instanceof MultivariateNormal ? halfLogDet(p.spread.lower).mul(2) : p.logDet;
const squares = (x: Tensor): Tensor => x.square().sum([-2, -1]);

/** A lower factor's inverse times columns. */
function solved(lower: Tensor, columns: Tensor): Tensor {
  const batch = broadcastShapes('distributions', lower.shape.slice(0, -2), columns.shape.slice(0, -2));
  const wide = (x: Tensor) => x.expand(...batch, ...x.shape.slice(-2));
  return solveTriangular(wide(lower), wide(columns), false);
}

/** The trace of q's precision times columns and their transposes. */
function traceOf(q: Gaussian, columns: Tensor): Tensor {
  if (q instanceof MultivariateNormal) return squares(solved(q.spread.lower, columns));
  // Woodbury: D^-1 less what W explains.
  const scaled = squares(columns.mul(q.covDiag.rsqrt().unsqueeze(-1)));
  return scaled.sub(squares(solved(q.capacitanceTril, q.whitened.matmul(columns))));
}

/** (log det Sq - log det Sp + tr(Sq^-1 Sp) + |mq - mp|^2 in units of Sq - n) / 2. */
const gaussians = (p: Gaussian, q: Gaussian): Tensor => {
  requireEvents(p, q);
  const apart = q.loc.sub(p.loc);
  const distance = q instanceof MultivariateNormal ? mahalanobis(q.spread.lower, apart) : q.distance(apart);
  const traces = columnsOf(p).map((columns) => traceOf(q, columns));
  const trace = traces.reduce((total, one) => total.add(one));
  return logDetOf(q).sub(logDetOf(p)).add(trace).add(distance).sub(p.eventShape[0]).mul(0.5);
};
for (const P of [MultivariateNormal, LowRankMultivariateNormal]) {
  for (const Q of [MultivariateNormal, LowRankMultivariateNormal]) {
    registerKl<Gaussian, Gaussian>(P, Q)(gaussians);
  }
}
