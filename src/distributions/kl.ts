// klDivergence: how far one distribution is from another of its kind, the mean of log p / q under p, in closed form.
// https://pytorch.org/docs/stable/distributions.html#torch.distributions.kl.kl_divergence

import { NotImplementedError } from '../errors.ts';
import { stack } from '../ops/join.ts';
import { softplus } from '../ops/nn.ts';
import type { Tensor } from '../core/tensor.ts';
import { Categorical } from './categorical.ts';
import { Exponential, Laplace, LogNormal, Normal, Uniform } from './continuous.ts';
import { Bernoulli, Binomial, Geometric, Poisson } from './discrete.ts';
import type { Distribution } from './distribution.ts';
import { Beta, Dirichlet, Gamma } from './gamma.ts';

type Kind<D extends Distribution> = { readonly prototype: D; readonly name: string };
type Formula = (p: never, q: never) => Tensor;

const formulas = new Map<Kind<Distribution>, Formula>();

function register<D extends Distribution>(kind: Kind<D>, formula: (p: D, q: D) => Tensor): void {
  formulas.set(kind, formula);
}

const normals = (p: Normal | LogNormal, q: Normal | LogNormal): Tensor => {
  const ratio = p.scale.div(q.scale).square();
  return ratio.add(p.loc.sub(q.loc).div(q.scale).square()).sub(1).sub(ratio.log()).mul(0.5);
};
register(Normal, normals);
register(LogNormal, normals);
register(Laplace, (p, q) => {
  const ratio = p.scale.div(q.scale);
  const apart = p.loc.sub(q.loc).abs();
  return apart
    .div(q.scale)
    .add(ratio.mul(apart.div(p.scale).neg().exp()))
    .sub(ratio.log())
    .sub(1);
});
register(Uniform, (p, q) => {
  const outside = q.low.gt(p.low).logicalOr(q.high.lt(p.high));
  return q.high.sub(q.low).div(p.high.sub(p.low)).log().maskedFill(outside, Infinity);
});
register(Exponential, (p, q) => {
  const ratio = q.rate.div(p.rate);
  return ratio.sub(ratio.log()).sub(1);
});
register(Bernoulli, (p, q) => {
  /** P(x) log(P(x) / Q(x)) of one outcome, with its probabilities and by how much its logarithms differ. */
  const part = (mine: Tensor, theirs: Tensor, log: Tensor) =>
    mine.mul(log).maskedFill(theirs.eq(0), Infinity).maskedFill(mine.eq(0), 0);
  const [a, b] = [p.logits, q.logits];
  const yes = part(p.probs, q.probs, softplus(b.neg()).sub(softplus(a.neg())));
  const no = part(p.probs.neg().add(1), q.probs.neg().add(1), softplus(b).sub(softplus(a)));
  return yes.add(no);
});
register(Geometric, (p, q) => p.entropy().neg().sub(q.probs.neg().log1p().div(p.probs)).sub(q.logits));
/** Of equal totalCounts; infinite where p's is larger, NaN where it is smaller, which has no closed form. */
register(Binomial, (p, q) => {
  const each = p.probs.mul(p.logits.sub(q.logits)).add(p.probs.neg().log1p()).sub(q.probs.neg().log1p());
  const same = p.totalCount.mul(each);
  return same.maskedFill(p.totalCount.gt(q.totalCount), Infinity).maskedFill(p.totalCount.lt(q.totalCount), NaN);
});
register(Poisson, (p, q) => p.rate.mul(p.rate.log().sub(q.rate.log())).sub(p.rate.sub(q.rate)));
register(Categorical, (p, q) =>
  p.probs.mul(p.logits.sub(q.logits)).maskedFill(q.probs.eq(0), Infinity).maskedFill(p.probs.eq(0), 0).sum(-1),
);
register(Gamma, (p, q) => {
  const shape = p.concentration.sub(q.concentration).mul(p.concentration.digamma());
  const norms = q.concentration.lgamma().sub(p.concentration.lgamma());
  const rates = q.concentration.mul(p.rate.div(q.rate).log());
  return rates
    .add(norms)
    .add(shape)
    .add(q.rate.sub(p.rate).mul(p.concentration.div(p.rate)));
});
const dirichlets = (p: Tensor, q: Tensor): Tensor => {
  const [all, others] = [p.sum(-1, true), q.sum(-1, true)];
  const norms = all.lgamma().sub(others.lgamma()).squeeze(-1).sub(p.lgamma().sub(q.lgamma()).sum(-1));
  return norms.add(p.sub(q).mul(p.digamma().sub(all.digamma())).sum(-1));
};
register(Dirichlet, (p, q) => dirichlets(p.concentration, q.concentration));
register(Beta, (p, q) => dirichlets(pairOf(p), pairOf(q)));

function pairOf({ concentration1, concentration0 }: Beta): Tensor {
  return stack([concentration1, concentration0], -1);
}

/** The divergence of p from q, two distributions of one kind; of the batch's shape. */
export function klDivergence(p: Distribution, q: Distribution): Tensor {
  const formula = p.constructor === q.constructor ? formulas.get(p.constructor as Kind<Distribution>) : undefined;
  if (formula !== undefined) return formula(p as never, q as never);
  throw new NotImplementedError({
    op: 'distributions.klDivergence',
    fact: `${p.constructor.name} and ${q.constructor.name}`,
    rule: `both must be of one kind of ${[...formulas.keys()].map(({ name }) => name).join(', ')}`,
  });
}
