// Distributions over real numbers whose samples are formulas of normal, uniform, exponential and Cauchy draws, so that gradients
// flow through them. Each class is a table (family.ts). https://pytorch.org/docs/stable/distributions.html

import { empty, fullLike, zerosLike } from '../create/create.ts';
import { cauchyLike } from '../create/counts.ts';
import { rand, randn } from '../create/random.ts';
import type { Shape } from '../shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { greaterThan, interval, nonnegative, positive, real } from './constraints.ts';
import { epsilonOf } from './distribution.ts';
import { family, param } from './family.ts';

const likeOf = ({ dtype, device }: Tensor) => ({ dtype, device });
const log2Pi = Math.log(2 * Math.PI);

/** Draws of a shape with the dtype and device of a parameter. */
export const normals = (like: Tensor, shape: Shape): Tensor => randn([...shape], likeOf(like));
export const uniforms = (like: Tensor, shape: Shape): Tensor => rand([...shape], likeOf(like));
export const exponentials = (like: Tensor, shape: Shape): Tensor => empty([...shape], likeOf(like)).exponential_();

/** The place of a value in units of the scale. */
const standard = ({ loc, scale }: { readonly loc: Tensor; readonly scale: Tensor }, x: Tensor): Tensor =>
  x.sub(loc).div(scale);

export const loc = param('loc', real);
export const scale = param('scale', positive);

/** exp(-(x - loc)^2 / (2 scale^2)) / (scale sqrt(2 pi)). https://pytorch.org/docs/stable/distributions.html#normal */
export class Normal extends family([loc, scale], {
  support: real,
  mean: (d) => d.loc,
  mode: (d) => d.loc,
  stddev: (d) => d.scale,
  variance: (d) => d.scale.square(),
  draw: (d, shape) => normals(d.loc, shape).mul(d.scale).add(d.loc),
  logProb: (d, x) =>
    standard(d, x)
      .square()
      .div(-2)
      .sub(d.scale.log())
      .sub(log2Pi / 2),
  cdf: (d, x) => standard(d, x).div(Math.SQRT2).erf().add(1).mul(0.5),
  icdf: (d, x) => x.mul(2).sub(1).erfinv().mul(Math.SQRT2).mul(d.scale).add(d.loc),
  entropy: (d) => d.scale.log().add(0.5 + log2Pi / 2),
  natural: (d) => [d.loc.div(d.scale.square()), d.scale.square().reciprocal().mul(-0.5)],
  logNormalizer: (a, b) => a.square().div(b).mul(-0.25).add(b.reciprocal().mul(-Math.PI).log().mul(0.5)),
  meanCarrierMeasure: 0,
}) {}

/** exp(-|x - loc| / scale) / (2 scale). https://pytorch.org/docs/stable/distributions.html#laplace */
export class Laplace extends family([loc, scale], {
  support: real,
  mean: (d) => d.loc,
  mode: (d) => d.loc,
  stddev: (d) => d.scale.mul(Math.SQRT2),
  variance: (d) => d.scale.square().mul(2),
  draw: (d, shape) => {
    const u = empty([...shape], likeOf(d.loc)).uniform_(epsilonOf(d.loc) - 1, 1);
    return d.loc.sub(d.scale.mul(u.sign()).mul(u.abs().neg().log1p()));
  },
  logProb: (d, x) => standard(d, x).abs().neg().sub(d.scale.mul(2).log()),
  cdf: (d, x) => x.sub(d.loc).sign().mul(standard(d, x).abs().neg().expm1()).mul(-0.5).add(0.5),
  icdf: (d, x) => d.loc.sub(d.scale.mul(x.sub(0.5).sign()).mul(x.sub(0.5).abs().mul(-2).log1p())),
  entropy: (d) => d.scale.mul(2).log().add(1),
}) {}

/** scale / (pi (scale^2 + (x - loc)^2)). https://pytorch.org/docs/stable/distributions.html#cauchy */
export class Cauchy extends family([loc, scale], {
  support: real,
  mean: (d) => fullLike(d.loc, NaN),
  mode: (d) => d.loc,
  variance: (d) => fullLike(d.loc, Infinity),
  draw: (d, shape) => cauchyLike(d.loc, shape).mul(d.scale).add(d.loc),
  logProb: (d, x) => d.scale.log().add(standard(d, x).square().log1p()).neg().sub(Math.log(Math.PI)),
  cdf: (d, x) => standard(d, x).atan().div(Math.PI).add(0.5),
  icdf: (d, x) => x.sub(0.5).mul(Math.PI).tan().mul(d.scale).add(d.loc),
  entropy: (d) => d.scale.log().add(Math.log(4 * Math.PI)),
}) {}

/** All values between low and high alike. https://pytorch.org/docs/stable/distributions.html#uniform */
export class Uniform extends family([param('low', real), param('high', real)], {
  dependent: (d) => ({ high: greaterThan(d.low) }),
  support: (d) => interval(d.low, d.high),
  mean: (d) => d.high.add(d.low).div(2),
  mode: (d) => d.high.mul(NaN),
  stddev: (d) => d.high.sub(d.low).div(Math.sqrt(12)),
  variance: (d) => d.high.sub(d.low).square().div(12),
  draw: (d, shape) => uniforms(d.low, shape).mul(d.high.sub(d.low)).add(d.low),
  // log 1 inside, log 0 outside.
  logProb: (d, x) => d.low.le(x).logicalAnd(d.high.gt(x)).to(d.low.dtype).log().sub(d.high.sub(d.low).log()),
  cdf: (d, x) => x.sub(d.low).div(d.high.sub(d.low)).clamp(0, 1),
  icdf: (d, x) => x.mul(d.high.sub(d.low)).add(d.low),
  entropy: (d) => d.high.sub(d.low).log(),
}) {}

/** rate exp(-rate x). https://pytorch.org/docs/stable/distributions.html#exponential */
export class Exponential extends family([param('rate', positive)], {
  support: nonnegative,
  mean: (d) => d.rate.reciprocal(),
  mode: (d) => zerosLike(d.rate),
  stddev: (d) => d.rate.reciprocal(),
  variance: (d) => d.rate.pow(-2),
  draw: (d, shape) => exponentials(d.rate, shape).div(d.rate),
  logProb: (d, x) => d.rate.log().sub(d.rate.mul(x)),
  cdf: (d, x) => d.rate.neg().mul(x).expm1().neg(),
  icdf: (d, x) => x.neg().log1p().neg().div(d.rate),
  entropy: (d) => d.rate.log().neg().add(1),
  natural: (d) => [d.rate.neg()],
  logNormalizer: (a) => a.neg().log().neg(),
  meanCarrierMeasure: 0,
}) {}
