// Transforms that act on each element: those without parameters as a table, powers, affine maps, and cumulative distributions.
// https://pytorch.org/docs/stable/distributions.html#module-torch.distributions.transforms

import { fullLike } from '../create/create.ts';
import { logsigmoid, softplus } from '../ops/nn.ts';
import { atanh } from '../ops/math.ts';
import { knownNow } from '../read.ts';
import { broadcastShapes, sameShape, type Shape } from '../shape.ts';
import { type Args, bind, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import * as constraints from './constraints.ts';
import type { Constraint } from './constraints.ts';
import { Distribution, epsilonOf, type Parameter, parameter, sumRightmost, tensorsOf, tinyOf } from './distribution.ts';
import { cacheSizeParam, type Sign, Transform } from './transform.ts';

interface Rule {
  readonly domain: Constraint;
  readonly codomain: Constraint;
  readonly bijective: boolean;
  readonly sign?: number;
  readonly forward: (x: Tensor) => Tensor;
  readonly inverse: (y: Tensor) => Tensor;
  readonly logDeterminant?: (x: Tensor, y: Tensor) => Tensor;
  /** For maps that change how many elements an event has. */
  readonly forwardShape?: (shape: Shape) => Shape;
  readonly inverseShape?: (shape: Shape) => Shape;
}

const cacheOnly = [cacheSizeParam] as const;

/** A map without parameters. */
export class FixedTransform extends Transform {
  readonly #rule: Rule;

  constructor(rule: Rule, cacheSize: number) {
    super(cacheSize);
    this.#rule = rule;
  }

  get domain(): Constraint {
    return this.#rule.domain;
  }
  get codomain(): Constraint {
    return this.#rule.codomain;
  }
  override get bijective(): boolean {
    return this.#rule.bijective;
  }
  override get sign(): Sign {
    return this.#rule.sign ?? super.sign;
  }
  override equals(other: Transform): boolean {
    return other.constructor === this.constructor;
  }
  forward(x: Tensor): Tensor {
    return this.#rule.forward(x);
  }
  override inverse(y: Tensor): Tensor {
    return this.#rule.inverse(y);
  }
  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    return this.#rule.logDeterminant?.(x, y) ?? super.logAbsDetJacobian(x, y);
  }
  override forwardShape(shape: Shape): Shape {
    return this.#rule.forwardShape?.(shape) ?? shape;
  }
  override inverseShape(shape: Shape): Shape {
    return this.#rule.inverseShape?.(shape) ?? shape;
  }
}

/** The class of a map without parameters. */
export function fixedTransform(rule: Rule): new (...args: Args<typeof cacheOnly>) => FixedTransform {
  return class extends FixedTransform {
    constructor(...args: Args<typeof cacheOnly>) {
      const [cacheSize] = bind(`distributions.${new.target.name}`, cacheOnly, args) as [number];
      super(rule, cacheSize);
    }
  };
}

/** The sigmoid, held inside of 0 and 1. */
export const clippedSigmoid = (x: Tensor): Tensor => x.sigmoid().clamp(tinyOf(x), 1 - epsilonOf(x));

const rising = { bijective: true, sign: 1 } as const;

/** y = exp(x). https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.ExpTransform */
export class ExpTransform extends fixedTransform({
  ...rising,
  domain: constraints.real,
  codomain: constraints.positive,
  forward: (x) => x.exp(),
  inverse: (y) => y.log(),
  logDeterminant: (x) => x,
}) {}

/** y = 1 / (1 + exp(-x)). https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.SigmoidTransform */
export class SigmoidTransform extends fixedTransform({
  ...rising,
  domain: constraints.real,
  codomain: constraints.unitInterval,
  forward: clippedSigmoid,
  inverse: (y) => {
    const held = y.clamp(tinyOf(y), 1 - epsilonOf(y));
    return held.log().sub(held.neg().log1p());
  },
  // Both are the logarithm of a sigmoid: of x, and of -x.
  logDeterminant: (x) => logsigmoid(x).add(logsigmoid(x.neg())),
}) {}

/** y = log(1 + exp(x)). https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.SoftplusTransform */
export class SoftplusTransform extends fixedTransform({
  ...rising,
  domain: constraints.real,
  codomain: constraints.positive,
  forward: (x) => softplus(x),
  inverse: (y) => y.neg().expm1().neg().log().add(y),
  logDeterminant: (x) => logsigmoid(x),
}) {}

/** y = tanh(x). https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.TanhTransform */
export class TanhTransform extends fixedTransform({
  ...rising,
  domain: constraints.real,
  codomain: constraints.interval(-1, 1),
  forward: (x) => x.tanh(),
  inverse: (y) => atanh(y),
  // log(1 - tanh(x)^2) without the difference of nearly equal numbers.
  logDeterminant: (x) => softplus(x.mul(-2)).add(x).sub(Math.LN2).mul(-2),
}) {}

/** y = |x|. https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.AbsTransform */
export class AbsTransform extends fixedTransform({
  domain: constraints.real,
  codomain: constraints.positive,
  bijective: false,
  forward: (x) => x.abs(),
  inverse: (y) => y,
}) {}

const shapeOf = (one: Parameter): Shape => (one instanceof Tensor ? one.shape : []);

/** Whether two parameters are the same, as far as the host knows. */
function sameParameter(a: Parameter, b: Parameter): boolean {
  if (a === b) return true;
  const [left, right] = [a, b].map((one) => (one instanceof Tensor ? knownNow(one) : [one]));
  if (left === null || right === null) return false;
  return sameShape(shapeOf(a), shapeOf(b)) && [...left].every((value, at) => value === right[at]);
}

const powerSignature = [parameter('exponent'), cacheSizeParam] as const;

/** y = x^exponent. https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.PowerTransform */
export class PowerTransform extends Transform {
  readonly exponent: Tensor;

  constructor(...args: Args<typeof powerSignature>) {
    const op = 'distributions.PowerTransform';
    const [exponent, cacheSize] = bind(op, powerSignature, args) as [Parameter, number];
    super(cacheSize);
    [this.exponent] = tensorsOf(op, [exponent]);
  }

  get domain(): Constraint {
    return constraints.positive;
  }
  get codomain(): Constraint {
    return constraints.positive;
  }
  override get bijective(): boolean {
    return true;
  }
  override get sign(): Sign {
    return 1;
  }
  protected override remade(cacheSize: number): Transform {
    return new PowerTransform(this.exponent, cacheSize);
  }
  override equals(other: Transform): boolean {
    return other instanceof PowerTransform && sameParameter(this.exponent, other.exponent);
  }
  forward(x: Tensor): Tensor {
    return x.pow(this.exponent);
  }
  override inverse(y: Tensor): Tensor {
    return y.pow(this.exponent.reciprocal());
  }
  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    return this.exponent.mul(y).div(x).abs().log();
  }
  override forwardShape(shape: Shape): Shape {
    return broadcastShapes(this.label(), shape, this.exponent.shape);
  }
  override inverseShape(shape: Shape): Shape {
    return this.forwardShape(shape);
  }
}

const affineSignature = [parameter('loc'), parameter('scale'), optional(p.int('eventDim'), 0), cacheSizeParam] as const;

/** y = loc + scale x. https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.AffineTransform */
export class AffineTransform extends Transform {
  readonly loc: Parameter;
  readonly scale: Parameter;
  readonly #eventDim: number;

  constructor(...args: Args<typeof affineSignature>) {
    const bound = bind('distributions.AffineTransform', affineSignature, args);
    const [loc, scale, eventDim, cacheSize] = bound as [Parameter, Parameter, number, number];
    super(cacheSize);
    [this.loc, this.scale, this.#eventDim] = [loc, scale, eventDim];
  }

  get domain(): Constraint {
    return this.#eventDim === 0 ? constraints.real : constraints.independent(constraints.real, this.#eventDim);
  }
  get codomain(): Constraint {
    return this.domain;
  }
  override get bijective(): boolean {
    return true;
  }
  override get sign(): Sign {
    return typeof this.scale === 'number' ? Math.sign(this.scale) : this.scale.sign();
  }
  protected override remade(cacheSize: number): Transform {
    return new AffineTransform(this.loc, this.scale, this.#eventDim, cacheSize);
  }
  override equals(other: Transform): boolean {
    return (
      other instanceof AffineTransform && sameParameter(this.loc, other.loc) && sameParameter(this.scale, other.scale)
    );
  }
  forward(x: Tensor): Tensor {
    return x.mul(this.scale).add(this.loc);
  }
  override inverse(y: Tensor): Tensor {
    return y.sub(this.loc).div(this.scale);
  }
  override logAbsDetJacobian(x: Tensor): Tensor {
    const { scale } = this;
    const each =
      typeof scale === 'number'
        ? fullLike(x, Math.log(Math.abs(scale)))
        : scale
            .abs()
            .log()
            .expand(...x.shape);
    return sumRightmost(each, this.#eventDim);
  }
  override forwardShape(shape: Shape): Shape {
    return broadcastShapes(this.label(), shape, shapeOf(this.loc), shapeOf(this.scale));
  }
  override inverseShape(shape: Shape): Shape {
    return this.forwardShape(shape);
  }
}

const cumulativeSignature = [
  p.custom<Distribution>()('distribution', 'a distribution', (value) => value instanceof Distribution),
  cacheSizeParam,
] as const;

/** y = the probability of values up to x. https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.CumulativeDistributionTransform */
export class CumulativeDistributionTransform extends Transform {
  readonly distribution: Distribution;

  constructor(...args: Args<typeof cumulativeSignature>) {
    const bound = bind('distributions.CumulativeDistributionTransform', cumulativeSignature, args);
    const [distribution, cacheSize] = bound as [Distribution, number];
    super(cacheSize);
    this.distribution = distribution;
  }

  get domain(): Constraint {
    return this.distribution.support;
  }
  get codomain(): Constraint {
    return constraints.unitInterval;
  }
  override get bijective(): boolean {
    return true;
  }
  override get sign(): Sign {
    return 1;
  }
  protected override remade(cacheSize: number): Transform {
    return new CumulativeDistributionTransform(this.distribution, cacheSize);
  }
  override equals(other: Transform): boolean {
    return other instanceof CumulativeDistributionTransform && other.distribution === this.distribution;
  }
  forward(x: Tensor): Tensor {
    return this.distribution.cdf(x);
  }
  override inverse(y: Tensor): Tensor {
    return this.distribution.icdf(y);
  }
  override logAbsDetJacobian(x: Tensor): Tensor {
    return this.distribution.logProb(x);
  }
}
