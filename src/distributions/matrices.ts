// Distributions of matrices: Wishart over covariances, LKJCholesky over lower factors of correlations.
// https://pytorch.org/docs/stable/distributions.html#wishart

import { arange } from '../create/create.ts';
import { ArgumentError } from '../errors.ts';
import { choleskySolve } from '../ops/linalg/cholesky.ts';
import { slogdet } from '../ops/linalg/solve.ts';
import { cat } from '../ops/join.ts';
import { diagEmbed } from '../ops/replace.ts';
import { mvlgamma } from '../ops/special.ts';
import { knownNow } from '../read.ts';
import { broadcastShapes, type Shape } from '../shape.ts';
import { type Args, bind, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { type Constraint, corrCholesky, greaterThan, positive, positiveDefinite } from './constraints.ts';
import { normals } from './continuous.ts';
import {
  Distribution,
  epsilonOf,
  ExponentialFamily,
  type Parameter,
  parameter,
  tensorsOf,
  tinyOf,
  validateArgsParam,
} from './distribution.ts';
import { Beta, Chi2 } from './gamma.ts';
import { halfLogDet, matrixConstraints, matrixParams, Spread } from './gaussian.ts';
import { derived } from './host.ts';
import { matrixOf } from './vector-transforms.ts';

const wishartSignature = [parameter('df'), ...matrixParams] as const;

/** The sum over i < n of digamma(x - i / 2). */
const mvdigamma = (x: Tensor, n: number): Tensor => {
  const { dtype, device } = x;
  return x.unsqueeze(-1).sub(arange(n, { dtype, device }).div(2)).digamma().sum(-1);
};

/** The sum of df outer products of normal vectors of a covariance. https://pytorch.org/docs/stable/distributions.html#wishart */
export class Wishart extends ExponentialFamily {
  override readonly hasRsample = true;
  override readonly argConstraints: Readonly<Record<string, Constraint>>;
  readonly df: Tensor;
  readonly spread: Spread;

  constructor(...args: Args<typeof wishartSignature>) {
    const op = 'distributions.Wishart';
    const bound = bind(op, wishartSignature, args);
    const [degrees, covarianceMatrix, precisionMatrix, scaleTril] = bound as [Parameter, ...(Tensor | null)[]];
    const spread = new Spread(op, { covarianceMatrix, precisionMatrix, scaleTril });
    const [df] = tensorsOf(op, [degrees, spread.given]);
    const batchShape = broadcastShapes(op, spread.batchShape, df.shape);
    const { size } = spread;
    super(batchShape, [size, size], bound[4] as boolean | null);
    this.argConstraints = { ...matrixConstraints, df: greaterThan(size - 1) };
    this.df = df.expand(...batchShape);
    this.spread = spread;
    this.checkParameters({ df, [spread.name]: spread.given });
    if ((knownNow(df) ?? []).some((one) => one < size)) {
      console.warn(`Wishart: df below ${size}, the size of the matrices: samples are likely to be singular`);
    }
  }

  get scaleTril(): Tensor {
    return this.spread.scaleTril(this.batchShape);
  }
  get covarianceMatrix(): Tensor {
    return this.spread.covarianceMatrix(this.batchShape);
  }
  get precisionMatrix(): Tensor {
    return this.spread.precisionMatrix(this.batchShape);
  }
  override get support(): Constraint {
    return positiveDefinite;
  }
  /** df beside matrices. */
  get #degrees(): Tensor {
    return this.df.unsqueeze(-1).unsqueeze(-1);
  }
  override get mean(): Tensor {
    return this.covarianceMatrix.mul(this.#degrees);
  }
  override get mode(): Tensor {
    const factor = this.#degrees.sub(this.spread.size + 1);
    return this.covarianceMatrix.mul(factor.maskedFill(factor.le(0), NaN));
  }
  override get variance(): Tensor {
    const covariance = this.covarianceMatrix;
    const diagonal = covariance.diagonal(0, -2, -1);
    const outer = diagonal.unsqueeze(-1).mul(diagonal.unsqueeze(-2));
    return covariance.square().add(outer).mul(this.#degrees);
  }
  protected override like(): Tensor {
    return this.df;
  }

  /** By Bartlett's decomposition: roots of Chi2 variables on the diagonal, normal ones below it. */
  #bartlett(sampleShape: Shape): Tensor {
    const { size, lower } = this.spread;
    const degrees = derived(
      (df) => df.unsqueeze(-1).sub(arange(size, { dtype: df.dtype, device: df.device })),
      this.df,
    );
    const roots = new Chi2(degrees, false).rsample(sampleShape).sqrt().clamp(epsilonOf(this.df));
    const below = normals(this.df, [...sampleShape, ...this.batchShape, (size * (size - 1)) / 2]);
    const noise = size === 1 ? diagEmbed(roots) : diagEmbed(roots).add(matrixOf(below));
    const factor = lower.matmul(noise);
    return factor.matmul(factor.mT);
  }

  /** PyTorch checks a first sample and, if it is regular, draws another and returns that; so its numbers are those of the second. */
  protected override draw(sampleShape: Shape): Tensor {
    this.#bartlett(sampleShape);
    return this.#bartlett(sampleShape);
  }

  override logProb(value: Parameter): Tensor {
    const x = this.checkedValue('logProb', value);
    const { size, lower } = this.spread;
    const { df } = this;
    const batch = broadcastShapes('distributions.Wishart', x.shape.slice(0, -2), lower.shape.slice(0, -2));
    const solved = choleskySolve(x.expand(...batch, size, size), lower.expand(...batch, size, size));
    const norm = df.mul(halfLogDet(lower).add((size * Math.LN2) / 2)).add(mvlgamma(df.div(2), size));
    const near = df
      .sub(size + 1)
      .div(2)
      .mul(slogdet(x).logabsdet);
    return near.sub(norm).sub(solved.diagonal(0, -2, -1).sum(-1).div(2));
  }

  override entropy(): Tensor {
    const { size, lower } = this.spread;
    const { df } = this;
    return halfLogDet(lower)
      .add((size * Math.LN2) / 2)
      .mul(size + 1)
      .add(mvlgamma(df.div(2), size))
      .sub(
        df
          .sub(size + 1)
          .div(2)
          .mul(mvdigamma(df.div(2), size)),
      )
      .add(df.mul(size / 2));
  }

  override get naturalParams(): readonly Tensor[] {
    return [this.precisionMatrix.mul(-0.5), this.df.sub(this.spread.size + 1).div(2)];
  }
  override logNormalizer(a: Tensor, b: Tensor): Tensor {
    const { size } = this.spread;
    const half = b.add((size + 1) / 2);
    return half
      .mul(
        slogdet(a.mul(-2))
          .logabsdet.neg()
          .add(Math.LN2 * size),
      )
      .add(mvlgamma(half, size));
  }
  override get meanCarrierMeasure(): number {
    return 0;
  }

  override expand(batchShape: Shape): Wishart {
    const df = this.df.expand(...batchShape);
    return new Wishart({ df, [this.spread.name]: this.spread.given, validateArgs: this.validateArgs });
  }
}

const lkjSignature = [p.int('dim'), optional(parameter('concentration'), 1), validateArgsParam] as const;

/**
 * Lower factors of correlation matrices, with a density proportional to det^(concentration - 1). (D. Lewandowski, D. Kurowicka,
 * H. Joe: Generating random correlation matrices based on vines and extended onion method, 2009)
 * https://pytorch.org/docs/stable/distributions.html#lkjcholesky
 */
export class LKJCholesky extends Distribution {
  override readonly argConstraints = { concentration: positive };
  readonly dim: number;
  readonly concentration: Tensor;

  constructor(...args: Args<typeof lkjSignature>) {
    const op = 'distributions.LKJCholesky';
    const [dim, given, validateArgs] = bind(op, lkjSignature, args) as [number, Parameter, boolean | null];
    if (dim < 2) throw new ArgumentError({ op, fact: `dim is ${dim}`, rule: 'it is 2 or more' });
    const [concentration] = tensorsOf(op, [given]);
    super(concentration.shape, [dim, dim], validateArgs);
    [this.dim, this.concentration] = [dim, concentration];
    this.checkParameters({ concentration });
  }

  override get support(): Constraint {
    return corrCholesky;
  }
  protected override like(): Tensor {
    return this.concentration;
  }

  /** The onion method: how long each row is below the diagonal, and in which direction. */
  protected override draw(sampleShape: Shape): Tensor {
    const { dim, concentration } = this;
    const offsets = ({ dtype, device }: Tensor) => {
      const steps = arange(dim - 1, { dtype, device });
      return cat([steps.narrow(0, 0, 1), steps], 0);
    };
    const lengths = new Beta({
      concentration1: derived((one) => offsets(one).add(0.5), concentration),
      concentration0: derived(
        (one) =>
          one
            .add(0.5 * (dim - 2))
            .unsqueeze(-1)
            .sub(offsets(one).mul(0.5)),
        concentration,
      ),
      validateArgs: false,
    }).sample(sampleShape);
    const directions = normals(concentration, this.shapeFor(sampleShape)).tril(-1);
    const norm = directions.square().sum(-1, true).sqrt();
    // The first row has no direction.
    const below = directions.div(norm.maskedFill(norm.eq(0), 1)).mul(lengths.unsqueeze(-1).sqrt());
    return below.add(diagEmbed(below.square().sum(-1).neg().add(1).clamp(tinyOf(below)).sqrt()));
  }

  override logProb(value: Parameter): Tensor {
    const { dim, concentration: c } = this;
    const { dtype, device } = c;
    const diagonal = this.checkedValue('logProb', value)
      .diagonal(0, -2, -1)
      .narrow(-1, 1, dim - 1);
    const order = c
      .sub(1)
      .mul(2)
      .unsqueeze(-1)
      .add(arange(dim - 2, -1, -1, { dtype, device }));
    const rest = dim - 1;
    const alpha = c.add(0.5 * rest);
    const norm = mvlgamma(alpha.sub(0.5), rest)
      .sub(alpha.lgamma().mul(rest))
      .add(0.5 * rest * Math.log(Math.PI));
    return order.mul(diagonal.log()).sum(-1).sub(norm);
  }

  override expand(batchShape: Shape): LKJCholesky {
    return new LKJCholesky(this.dim, this.concentration.expand(...batchShape), this.validateArgs);
  }
}
