// Gamma and what is made of it: Chi2, Beta, Dirichlet, StudentT, FisherSnedecor. Variates come from the host; gradients flow through
// them by how they move with their parameters at a fixed probability. https://pytorch.org/docs/stable/distributions.html

import { arange, leaf } from '../create/create.ts';
import { standardGamma } from '../create/counts.ts';
import { hostArray } from '../dtype.ts';
import { betaSlope, gammaSlope } from '../host/gamma-slopes.ts';
import { composite } from '../ops/apply.ts';
import { stack } from '../ops/join.ts';
import { igamma } from '../ops/special.ts';
import { hostNow } from '../read.ts';
import type { Shape } from '../shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { independent, nonnegative, positive, real, simplex, unitInterval } from './constraints.ts';
import { normals } from './continuous.ts';
import { type Parameter, tensorsOf, tinyOf } from './distribution.ts';
import { family, param, paramOr } from './family.ts';
import { derived, onHost } from './host.ts';

/** Values for each element of `like` from those of tensors on the host. */
function slopesOf(like: Tensor, hosts: readonly Tensor[], slope: (...values: readonly number[]) => number): Tensor {
  const values = hosts.map((one) => hostNow(one));
  const out = hostArray(like.dtype, like.numel());
  for (let at = 0; at < out.length; at++) out[at] = slope(...values.map((one) => one[at]));
  return leaf('distributions.Gamma', out, like.shape, like.dtype, like.device, false);
}

/** Gamma variates of scale 1 for concentrations that broadcast to a shape. */
export function gammas(concentration: Tensor, shape: Shape): Tensor {
  const host = onHost(concentration).expand(...shape);
  const drawn = standardGamma(host);
  const wanted = concentration.expand(...shape);
  return composite(
    'StandardGammaBackward0',
    [wanted],
    () => drawn.to(concentration.device),
    (grad) => [grad.mul(slopesOf(wanted, [host, drawn], (a, x) => gammaSlope(a, x)))],
  );
}

/** Shares that add up to 1, of gamma variates along the last dimension; each share moves as a beta variate of its own. */
function shares(concentration: Tensor, shape: Shape): Tensor {
  const host = onHost(concentration).expand(...shape);
  const parts = standardGamma(host);
  const drawn = parts.div(parts.sum(-1, true));
  const wanted = concentration.expand(...shape);
  return composite(
    'DirichletBackward',
    [wanted],
    () => drawn.to(concentration.device),
    (grad) => {
      const rest = host.sum(-1, true).sub(host);
      const slopes = slopesOf(wanted, [host, rest, drawn], (a, b, x) => betaSlope(a, b, x));
      const x = drawn.to(concentration.device);
      return [slopes.mul(grad.sub(grad.mul(x).sum(-1, true)))];
    },
  );
}

/** rate^a x^(a - 1) exp(-rate x) / gamma(a), a the concentration. https://pytorch.org/docs/stable/distributions.html#gamma */
export class Gamma extends family([param('concentration', positive), param('rate', positive)], {
  support: nonnegative,
  mean: (d) => d.concentration.div(d.rate),
  mode: (d) => d.concentration.sub(1).div(d.rate).clamp(0),
  variance: (d) => d.concentration.div(d.rate.square()),
  draw: (d, shape) => gammas(d.concentration, shape).div(d.rate).clamp(tinyOf(d.rate)),
  logProb: (d, x) => {
    const { concentration: a, rate } = d;
    return a.mul(rate.log()).add(a.sub(1).mul(x.log())).sub(rate.mul(x)).sub(a.lgamma());
  },
  cdf: (d, x) => igamma(d.concentration, d.rate.mul(x)),
  entropy: (d) => {
    const a = d.concentration;
    return a.sub(d.rate.log()).add(a.lgamma()).add(a.neg().add(1).mul(a.digamma()));
  },
  natural: (d) => [d.concentration.sub(1), d.rate.neg()],
  logNormalizer: (a, b) => a.add(1).lgamma().add(a.add(1).mul(b.reciprocal().neg().log())),
  meanCarrierMeasure: 0,
}) {}

/** The sum of df squares of standard normal variables. https://pytorch.org/docs/stable/distributions.html#chi2 */
export class Chi2 extends Gamma {
  override readonly argConstraints = { df: positive };

  constructor(
    df: Parameter | { readonly df: Parameter; readonly validateArgs?: boolean | null },
    validateArgs: boolean | null = null,
  ) {
    const named = typeof df === 'object' && 'df' in df ? df : { df, validateArgs };
    const [given] = tensorsOf('distributions.Chi2', [named.df]);
    super(
      derived((one) => one.mul(0.5), given),
      0.5,
      named.validateArgs ?? null,
    );
    this.checkParameters({ df: given });
  }

  /** The degrees of freedom. */
  get df(): Tensor {
    return this.concentration.mul(2);
  }

  override expand(batchShape: Shape): this {
    return new Chi2(this.df.expand(...batchShape), this.validateArgs) as this;
  }
}

/** Shares that add up to 1: the last dimension of the concentration. https://pytorch.org/docs/stable/distributions.html#dirichlet */
export class Dirichlet extends family([param('concentration', independent(positive, 1))], {
  eventDim: 1,
  support: simplex,
  mean: (d) => d.concentration.div(d.concentration.sum(-1, true)),
  mode: (d) => {
    const above = d.concentration.sub(1).clamp(0);
    const inner = above.div(above.sum(-1, true));
    // All below 1: no peak inside; PyTorch takes the first corner.
    const none = d.concentration.lt(1).all(-1, true);
    const corner = arange(above.shape[above.ndim - 1], { device: above.device })
      .eq(0)
      .logicalAnd(none);
    return inner.maskedFill(none, 0).add(corner.to(inner.dtype));
  },
  variance: (d) => {
    const total = d.concentration.sum(-1, true);
    return d.concentration.mul(total.sub(d.concentration)).div(total.square().mul(total.add(1)));
  },
  draw: (d, shape) => shares(d.concentration, shape),
  logProb: (d, x) => {
    const a = d.concentration;
    return x.log().mul(a.sub(1)).sum(-1).add(a.sum(-1).lgamma()).sub(a.lgamma().sum(-1));
  },
  entropy: (d) => {
    const a = d.concentration;
    const [total, count] = [a.sum(-1), a.shape[a.ndim - 1]];
    const around = total.digamma().mul(total.neg().add(count));
    return a.lgamma().sum(-1).sub(total.lgamma()).sub(around).sub(a.sub(1).mul(a.digamma()).sum(-1));
  },
  natural: (d) => [d.concentration],
  logNormalizer: (a) => a.lgamma().sum(-1).sub(a.sum(-1).lgamma()),
}) {}

type Shapes = Readonly<Record<'concentration1' | 'concentration0', Tensor>>;
/** Both parameters along a last dimension. */
export const pairOf = ({ concentration1, concentration0 }: Shapes): Tensor =>
  stack([concentration1, concentration0], -1);
const dirichletOf = (d: Shapes): Dirichlet => new Dirichlet(pairOf(d), false);

/** x^(a - 1) (1 - x)^(b - 1) over their integral. https://pytorch.org/docs/stable/distributions.html#beta */
export class Beta extends family([param('concentration1', positive), param('concentration0', positive)], {
  support: unitInterval,
  mean: (d) => d.concentration1.div(d.concentration1.add(d.concentration0)),
  mode: (d) => dirichletOf(d).mode.select(-1, 0),
  variance: (d) => {
    const total = d.concentration1.add(d.concentration0);
    return d.concentration1.mul(d.concentration0).div(total.square().mul(total.add(1)));
  },
  draw: (d, shape) => {
    const both = derived((a, b) => stack([a, b], -1), d.concentration1, d.concentration0);
    return shares(both, [...shape, 2]).select(-1, 0);
  },
  logProb: (d, x) => dirichletOf(d).logProb(stack([x, x.neg().add(1)], -1)),
  entropy: (d) => dirichletOf(d).entropy(),
  natural: (d) => [d.concentration1, d.concentration0],
  logNormalizer: (a, b) => a.lgamma().add(b.lgamma()).sub(a.add(b).lgamma()),
}) {}

/** A normal variable over the root of an independent Chi2 variable by its df. https://pytorch.org/docs/stable/distributions.html#studentt */
export class StudentT extends family([param('df', positive), paramOr('loc', real, 0), paramOr('scale', positive, 1)], {
  support: real,
  mean: (d) => d.loc.maskedFill(d.df.le(1), NaN),
  mode: (d) => d.loc,
  variance: (d) => {
    const finite = d.scale.square().mul(d.df).div(d.df.sub(2));
    return finite.maskedFill(d.df.le(2), Infinity).maskedFill(d.df.le(1), NaN);
  },
  draw: (d, shape, sampleShape) => {
    const x = normals(d.df, shape);
    const squares = new Chi2(d.df, false).rsample(sampleShape);
    return d.loc.add(d.scale.mul(x.mul(squares.div(d.df).rsqrt())));
  },
  logProb: (d, x) => {
    const y = x.sub(d.loc).div(d.scale);
    const half = d.df.add(1).mul(0.5);
    const norm = d.scale
      .log()
      .add(d.df.log().mul(0.5))
      .add(0.5 * Math.log(Math.PI));
    return half
      .neg()
      .mul(y.square().div(d.df).log1p())
      .sub(norm.add(d.df.mul(0.5).lgamma()).sub(half.lgamma()));
  },
  entropy: (d) => {
    const [half, more] = [d.df.mul(0.5), d.df.add(1).mul(0.5)];
    const beta = half
      .lgamma()
      .add(0.5 * Math.log(Math.PI))
      .sub(more.lgamma());
    return d.scale
      .log()
      .add(more.mul(more.digamma().sub(half.digamma())))
      .add(d.df.log().mul(0.5))
      .add(beta);
  },
}) {}

/** The quotient of two Chi2 variables, each by its df. https://pytorch.org/docs/stable/distributions.html#fishersnedecor */
export class FisherSnedecor extends family([param('df1', positive), param('df2', positive)], {
  support: positive,
  mean: (d) => {
    const df = d.df2.maskedFill(d.df2.le(2), NaN);
    return df.div(df.sub(2));
  },
  mode: (d) => d.df1.sub(2).div(d.df1).mul(d.df2).div(d.df2.add(2)).maskedFill(d.df1.le(2), NaN),
  variance: (d) => {
    const df = d.df2.maskedFill(d.df2.le(4), NaN);
    const above = df.square().mul(d.df1.add(df).sub(2)).mul(2);
    return above.div(d.df1.mul(df.sub(2).square()).mul(df.sub(4)));
  },
  draw: (d, shape) => {
    const [above, below] = [d.df1, d.df2].map((df) =>
      gammas(
        derived((one) => one.mul(0.5), df),
        shape,
      )
        .div(df)
        .clamp(tinyOf(df)),
    );
    return above.div(below).clamp(tinyOf(above));
  },
  logProb: (d, x) => {
    const [a, b, ratio] = [d.df1.mul(0.5), d.df2.mul(0.5), d.df1.div(d.df2)];
    const norm = a.add(b).lgamma().sub(a.lgamma()).sub(b.lgamma());
    return norm
      .add(a.mul(ratio.log()))
      .add(a.sub(1).mul(x.log()))
      .sub(a.add(b).mul(ratio.mul(x).log1p()));
  },
}) {}
