// Distributions over real numbers with parameters of place and scale: Normal, LogNormal, Laplace, Uniform, Exponential, Gumbel,
// Cauchy. Samples are formulas of draws, so gradients flow through them.

import { empty } from '../create/create.ts';
import { rand, randn } from '../create/random.ts';
import type { Shape } from '../shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { asTensor, demand, Distribution, epsilon, type Parameter, together } from './distribution.ts';

const positive = (value: number): boolean => value > 0;
const likeOf = ({ dtype, device }: Tensor) => ({ dtype, device });

/** A place and a scale, both of one shape. */
abstract class PlaceAndScale extends Distribution {
  override readonly hasRsample = true;
  readonly loc: Tensor;
  readonly scale: Tensor;

  constructor(loc: Parameter, scale: Parameter) {
    const op = 'distributions';
    demand(op, 'scale', scale, positive, 'it must be positive');
    const [place, width] = together(op, loc, scale);
    super(place.shape);
    [this.loc, this.scale] = [place, width];
  }

  /** The place in units of the scale. */
  protected standard(value: Parameter): Tensor {
    return asTensor(value, this.loc).sub(this.loc).div(this.scale);
  }

  override expand(shape: Shape): this {
    const Class = this.constructor as new (loc: Tensor, scale: Tensor) => this;
    return new Class(this.loc.expand(...shape), this.scale.expand(...shape));
  }
}

/** exp(-(x - loc)^2 / (2 scale^2)) / (scale sqrt(2 pi)). https://pytorch.org/docs/stable/distributions.html#normal */
export class Normal extends PlaceAndScale {
  get mean(): Tensor {
    return this.loc;
  }

  override get stddev(): Tensor {
    return this.scale;
  }

  get variance(): Tensor {
    return this.scale.square();
  }

  protected draw(shape: Shape): Tensor {
    return randn([...shape], likeOf(this.loc))
      .mul(this.scale)
      .add(this.loc);
  }

  logProb(value: Parameter): Tensor {
    return this.standard(value)
      .square()
      .div(-2)
      .sub(this.scale.log())
      .sub(Math.log(Math.sqrt(2 * Math.PI)));
  }

  /** The probability of values up to this one. */
  cdf(value: Parameter): Tensor {
    return this.standard(value).div(Math.SQRT2).erf().add(1).mul(0.5);
  }

  /** The value up to which a probability lies. */
  icdf(probability: Parameter): Tensor {
    return asTensor(probability, this.loc).mul(2).sub(1).erfinv().mul(Math.SQRT2).mul(this.scale).add(this.loc);
  }

  override entropy(): Tensor {
    return this.scale.log().add(0.5 + 0.5 * Math.log(2 * Math.PI));
  }
}

/** The exponential of a normal variable. https://pytorch.org/docs/stable/distributions.html#lognormal */
export class LogNormal extends PlaceAndScale {
  get mean(): Tensor {
    return this.loc.add(this.scale.square().div(2)).exp();
  }

  get variance(): Tensor {
    const square = this.scale.square();
    return square.expm1().mul(this.loc.mul(2).add(square).exp());
  }

  protected draw(shape: Shape): Tensor {
    return randn([...shape], likeOf(this.loc))
      .mul(this.scale)
      .add(this.loc)
      .exp();
  }

  logProb(value: Parameter): Tensor {
    const log = asTensor(value, this.loc).log();
    return new Normal(this.loc, this.scale).logProb(log).sub(log);
  }

  override entropy(): Tensor {
    return new Normal(this.loc, this.scale).entropy().add(this.loc);
  }
}

/** exp(-|x - loc| / scale) / (2 scale). https://pytorch.org/docs/stable/distributions.html#laplace */
export class Laplace extends PlaceAndScale {
  get mean(): Tensor {
    return this.loc;
  }

  get variance(): Tensor {
    return this.scale.square().mul(2);
  }

  protected draw(shape: Shape): Tensor {
    const u = empty([...shape], likeOf(this.loc)).uniform_(epsilon - 1, 1);
    return this.loc.sub(this.scale.mul(u.sign()).mul(u.abs().neg().log1p()));
  }

  logProb(value: Parameter): Tensor {
    return this.standard(value).abs().neg().sub(this.scale.mul(2).log());
  }

  override entropy(): Tensor {
    return this.scale.mul(2).log().add(1);
  }
}

/** The largest of many: loc - scale log(-log u). https://pytorch.org/docs/stable/distributions.html#gumbel */
export class Gumbel extends PlaceAndScale {
  get mean(): Tensor {
    return this.loc.add(this.scale.mul(eulerGamma));
  }

  get variance(): Tensor {
    return this.scale.square().mul(Math.PI ** 2 / 6);
  }

  protected draw(shape: Shape): Tensor {
    const u = empty([...shape], likeOf(this.loc)).uniform_(tiny, 1 - epsilon);
    return this.loc.sub(this.scale.mul(u.log().neg().log()));
  }

  logProb(value: Parameter): Tensor {
    const y = this.standard(value).neg();
    return y.sub(y.exp()).sub(this.scale.log());
  }

  override entropy(): Tensor {
    return this.scale.log().add(1 + eulerGamma);
  }
}

const eulerGamma = 0.5772156649015329;
/** The smallest normal float32. */
export const tiny = 2 ** -126;

/** All values between low and high alike. https://pytorch.org/docs/stable/distributions.html#uniform */
export class Uniform extends Distribution {
  override readonly hasRsample = true;
  readonly low: Tensor;
  readonly high: Tensor;

  constructor(low: Parameter, high: Parameter) {
    const op = 'distributions.Uniform';
    if (typeof low === 'number') demand(op, 'high', high, (value) => value > low, 'it must be above low');
    const [from, to] = together(op, low, high);
    super(from.shape);
    [this.low, this.high] = [from, to];
  }

  get mean(): Tensor {
    return this.high.add(this.low).div(2);
  }

  get variance(): Tensor {
    return this.high.sub(this.low).square().div(12);
  }

  protected draw(shape: Shape): Tensor {
    return this.low.add(rand([...shape], likeOf(this.low)).mul(this.high.sub(this.low)));
  }

  logProb(value: Parameter): Tensor {
    const x = asTensor(value, this.low);
    // log 1 inside, log 0 outside.
    const inside = this.low.le(x).logicalAnd(this.high.gt(x)).to(this.low.dtype);
    return inside.log().sub(this.high.sub(this.low).log());
  }

  /** The probability of values up to this one. */
  cdf(value: Parameter): Tensor {
    return asTensor(value, this.low).sub(this.low).div(this.high.sub(this.low)).clamp(0, 1);
  }

  override entropy(): Tensor {
    return this.high.sub(this.low).log();
  }

  override expand(shape: Shape): Uniform {
    return new Uniform(this.low.expand(...shape), this.high.expand(...shape));
  }
}

/** rate exp(-rate x). https://pytorch.org/docs/stable/distributions.html#exponential */
export class Exponential extends Distribution {
  override readonly hasRsample = true;
  readonly rate: Tensor;

  constructor(rate: Parameter) {
    demand('distributions.Exponential', 'rate', rate, positive, 'it must be positive');
    const [one] = together('distributions.Exponential', rate);
    super(one.shape);
    this.rate = one;
  }

  get mean(): Tensor {
    return this.rate.reciprocal();
  }

  override get stddev(): Tensor {
    return this.rate.reciprocal();
  }

  get variance(): Tensor {
    return this.rate.pow(-2);
  }

  protected draw(shape: Shape): Tensor {
    return empty([...shape], likeOf(this.rate))
      .exponential_()
      .div(this.rate);
  }

  logProb(value: Parameter): Tensor {
    return this.rate.log().sub(this.rate.mul(asTensor(value, this.rate)));
  }

  /** The probability of values up to this one. */
  cdf(value: Parameter): Tensor {
    return this.rate.neg().mul(asTensor(value, this.rate)).expm1().neg();
  }

  override entropy(): Tensor {
    return this.rate.log().neg().add(1);
  }

  override expand(shape: Shape): Exponential {
    return new Exponential(this.rate.expand(...shape));
  }
}
