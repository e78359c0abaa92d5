// Distributions over counts: Bernoulli, Geometric, Binomial, NegativeBinomial, Poisson; and ContinuousBernoulli, which has their
// parameters. Probabilities are given as such or as logits, and the other follows. https://pytorch.org/docs/stable/distributions.html

import { arange, empty, zerosLike } from '../create/create.ts';
import { binomial, poisson, standardGamma } from '../create/counts.ts';
import { NotImplementedError } from '../errors.ts';
import { where } from '../ops/arithmetic.ts';
import { logsigmoid, softplus } from '../ops/nn.ts';
import { knownNow } from '../read.ts';
import type { Tensor } from '../core/tensor.ts';
import {
  boolean,
  greaterThanEq,
  halfOpenInterval,
  integerInterval,
  nonnegative,
  nonnegativeInteger,
  real,
  unitInterval,
} from './constraints.ts';
import { uniforms } from './continuous.ts';
import { epsilonOf, tinyOf } from './distribution.ts';
import { family, type Pair, param, paramOr, paramOrOther } from './family.ts';
import { onHost } from './host.ts';

/** Probabilities held away from 0 and 1. */
export const held = (probs: Tensor): Tensor => probs.clamp(epsilonOf(probs), 1 - epsilonOf(probs));
export const oddsOf = (probs: Tensor): Tensor => probs.log().sub(probs.neg().log1p());

/** log(p / (1 - p)), and back. */
export const binary: Pair = { toLogits: (probs) => oddsOf(held(probs)), toProbs: (logits) => logits.sigmoid() };
export const probs = paramOrOther('probs', unitInterval);
export const logits = paramOrOther('logits', real);
const complement = (x: Tensor): Tensor => x.neg().add(1);
/** The entropy of one trial. */
const trialEntropy = (d: { readonly probs: Tensor; readonly logits: Tensor }): Tensor =>
  softplus(d.logits).sub(d.logits.mul(d.probs));

/** 1 with probability p, else 0. https://pytorch.org/docs/stable/distributions.html#bernoulli */
export class Bernoulli extends family(
  [probs, logits],
  {
    rsample: false,
    support: boolean,
    mean: (d) => d.probs,
    mode: (d) => d.probs.ge(0.5).to(d.probs.dtype).maskedFill(d.probs.eq(0.5), NaN),
    variance: (d) => d.probs.mul(complement(d.probs)),
    draw: (d, shape) => uniforms(d.probs, shape).lt(d.probs).to(d.probs.dtype),
    logProb: (d, x) => d.logits.mul(x).sub(softplus(d.logits)),
    entropy: trialEntropy,
    enumerateSupport: (d) => arange(2, { dtype: d.probs.dtype, device: d.probs.device }),
    natural: (d) => [d.logits],
    logNormalizer: (a) => a.exp().log1p(),
    meanCarrierMeasure: 0,
  },
  binary,
) {}

/** The failures before the first success. https://pytorch.org/docs/stable/distributions.html#geometric */
export class Geometric extends family(
  [probs, logits],
  {
    rsample: false,
    support: nonnegativeInteger,
    mean: (d) => d.probs.reciprocal().sub(1),
    mode: (d) => zerosLike(d.probs),
    variance: (d) => d.probs.reciprocal().sub(1).div(d.probs),
    draw: (d, shape) => {
      const u = empty([...shape], { dtype: d.probs.dtype, device: d.probs.device }).uniform_(tinyOf(d.probs), 1);
      return u.log().div(d.probs.neg().log1p()).floor();
    },
    logProb: (d, x) => {
      // A sure success at once has probability 1, not 0 log 0.
      const sure = d.probs.eq(1).logicalAnd(x.eq(0));
      return x.mul(d.probs.maskedFill(sure, 0).neg().log1p()).add(d.probs.log());
    },
    entropy: (d) => trialEntropy(d).div(d.probs),
  },
  binary,
) {}

/** The one count that all of a batch have; throws where they differ or only the device knows. */
function commonCount(totalCount: Tensor, what: string): number {
  const counts = knownNow(totalCount);
  if (counts !== null && counts.every((one) => one === counts[0])) return counts[0];
  throw new NotImplementedError({
    op: `distributions.Binomial.${what}`,
    fact: counts === null ? 'a totalCount that was computed on the device' : 'several totalCounts',
    rule: 'the list of all counts needs one number',
  });
}

/** The successes of totalCount trials. https://pytorch.org/docs/stable/distributions.html#binomial */
export class Binomial extends family(
  [paramOr('totalCount', nonnegativeInteger, 1), probs, logits],
  {
    rsample: false,
    support: (d) => integerInterval(0, d.totalCount),
    mean: (d) => d.totalCount.mul(d.probs),
    mode: (d) => d.totalCount.add(1).mul(d.probs).floor().minimum(d.totalCount),
    variance: (d) => d.totalCount.mul(d.probs).mul(complement(d.probs)),
    draw: (d, shape) => {
      const [count, chance] = [d.totalCount, d.probs].map((one) => onHost(one).expand(...shape));
      return binomial(count, chance).to(d.probs.device);
    },
    logProb: (d, k) => {
      const { totalCount: n } = d;
      const ways = n.add(1).lgamma().sub(k.add(1).lgamma()).sub(n.sub(k).add(1).lgamma());
      return ways.add(k.mul(d.logits)).sub(n.mul(softplus(d.logits)));
    },
    /** Needs one totalCount for all. */
    entropy: (d) => {
      const n = commonCount(d.totalCount, 'entropy');
      const { dtype, device } = d.probs;
      const counts = arange(n + 1, { dtype, device }).reshape(-1, ...d.batchShape.map(() => 1));
      const log = d.logProb(counts);
      return log.exp().mul(log).sum(0).neg();
    },
    enumerateSupport: (d) =>
      arange(commonCount(d.totalCount, 'enumerateSupport') + 1, { dtype: d.probs.dtype, device: d.probs.device }),
  },
  binary,
) {}

/** The successes, of probability p, before totalCount failures. https://pytorch.org/docs/stable/distributions.html#negativebinomial */
export class NegativeBinomial extends family(
  [param('totalCount', greaterThanEq(0)), paramOrOther('probs', halfOpenInterval(0, 1)), logits],
  {
    rsample: false,
    support: nonnegativeInteger,
    mean: (d) => d.totalCount.mul(d.logits.exp()),
    mode: (d) => d.totalCount.sub(1).mul(d.logits.exp()).floor().clamp(0),
    variance: (d) => d.totalCount.mul(d.logits.exp()).div(d.logits.neg().sigmoid()),
    draw: (d, shape) => {
      // A Poisson count whose rate is a gamma variate of rate exp(-logits).
      const [count, odds] = [d.totalCount, d.logits].map((one) => onHost(one).expand(...shape));
      const rates = standardGamma(count).div(odds.neg().exp()).clamp(tinyOf(count));
      return poisson(rates).to(d.totalCount.device);
    },
    logProb: (d, x) => {
      const { totalCount: n } = d;
      const chance = n.mul(logsigmoid(d.logits.neg())).add(x.mul(logsigmoid(d.logits)));
      const ways = n.add(x).lgamma().sub(x.add(1).lgamma()).sub(n.lgamma());
      return chance.add(ways.maskedFill(n.add(x).eq(0), 0));
    },
  },
  binary,
) {}

/** rate^k exp(-rate) / k!. https://pytorch.org/docs/stable/distributions.html#poisson */
export class Poisson extends family([param('rate', nonnegative)], {
  rsample: false,
  support: nonnegativeInteger,
  mean: (d) => d.rate,
  mode: (d) => d.rate.floor(),
  variance: (d) => d.rate,
  draw: (d, shape) => poisson(onHost(d.rate).expand(...shape)).to(d.rate.device),
  logProb: (d, k) => {
    // 0 log 0 is 0.
    const log = d.rate.maskedFill(d.rate.eq(0).logicalAnd(k.eq(0)), 1).log();
    return k.mul(log).sub(d.rate).sub(k.add(1).lgamma());
  },
  natural: (d) => [d.rate.log()],
  logNormalizer: (a) => a.exp(),
}) {}

/** Around p = 1/2 the formulas are differences of nearly equal numbers; there series in p - 1/2 stand for them. */
const [low, high] = [0.499, 0.501];
const unstable = (p: Tensor): Tensor => p.gt(low).logicalAnd(p.le(high));
/** Probabilities outside of that region, for the formulas whose result is not taken inside. */
const cut = (p: Tensor): Tensor => p.maskedFill(unstable(p), low);
/** A formula outside of the region, a series in (p - 1/2) inside. */
const chosen = (p: Tensor, formula: (p: Tensor) => Tensor, series: (x: Tensor) => Tensor): Tensor =>
  where(unstable(p), series(p.sub(0.5)), formula(cut(p)));

/** The logarithm of the factor that makes p^x (1 - p)^(1 - x) a density on [0, 1]. */
export const continuousNormalizer = (p: Tensor): Tensor =>
  chosen(
    p,
    (q) => oddsOf(q).abs().log().sub(q.mul(-2).add(1).abs().log()),
    (x) =>
      x
        .square()
        .mul(104 / 45)
        .add(4 / 3)
        .mul(x.square())
        .add(Math.LN2),
  );

/** The density p^x (1 - p)^(1 - x) on [0, 1]. https://pytorch.org/docs/stable/distributions.html#continuousbernoulli */
export class ContinuousBernoulli extends family(
  [probs, logits],
  {
    support: unitInterval,
    mean: (d) =>
      chosen(
        d.probs,
        (q) => q.div(q.mul(2).sub(1)).sub(oddsOf(q).reciprocal()),
        (x) =>
          x
            .square()
            .mul(16 / 45)
            .add(1 / 3)
            .mul(x)
            .add(0.5),
      ),
    variance: (d) =>
      chosen(
        d.probs,
        (q) => q.mul(q.sub(1)).div(q.mul(-2).add(1).square()).add(oddsOf(q).square().reciprocal()),
        (x) =>
          x
            .square()
            .mul(-128 / 945)
            .add(1 / 15)
            .mul(x.square())
            .neg()
            .add(1 / 12),
      ),
    draw: (d, shape) => d.icdf(uniforms(d.probs, shape)),
    logProb: (d, x) => d.logits.mul(x).sub(softplus(d.logits)).add(continuousNormalizer(d.probs)),
    cdf: (d, x) => {
      const q = cut(d.probs);
      const power = q.pow(x).mul(complement(q).pow(complement(x)));
      const inside = where(unstable(d.probs), x, power.add(q).sub(1).div(q.mul(2).sub(1)));
      return inside.maskedFill(x.le(0), 0).maskedFill(x.ge(1), 1);
    },
    icdf: (d, x) => {
      const q = cut(d.probs);
      const none = q.neg().log1p();
      const value = x.mul(q.mul(2).sub(1)).sub(q).log1p().sub(none).div(q.log().sub(none));
      return where(unstable(d.probs), x, value);
    },
    entropy: (d) => {
      const none = d.probs.neg().log1p();
      return d.mean.mul(none.sub(d.probs.log())).sub(continuousNormalizer(d.probs)).sub(none);
    },
    natural: (d) => [d.logits],
    logNormalizer: (a) => {
      const near = a.gt(low - 0.5).logicalAnd(a.le(high - 0.5));
      const far = a.maskedFill(near, low - 0.5);
      const series = a.mul(0.5).add(a.square().div(24)).sub(a.pow(4).div(2880));
      return where(near, series, far.expm1().abs().log().sub(far.abs().log()));
    },
    meanCarrierMeasure: 0,
  },
  { toLogits: oddsOf, toProbs: (given) => held(given.sigmoid()), probs: held },
) {}
