// Normal distributions of vectors: with any covariance, and with one of low rank beside a diagonal.
// https://pytorch.org/docs/stable/distributions.html#multivariatenormal

import { ArgumentError, ShapeError } from '../errors.ts';
import { cholesky } from '../ops/linalg/cholesky.ts';
import { identity } from '../ops/linalg/matrices.ts';
import { solveTriangular } from '../ops/linalg/triangular.ts';
import { diagEmbed } from '../ops/replace.ts';
import { broadcastShapes, formatShape, type Shape } from '../shape.ts';
import { type Args, bind, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import {
  type Constraint,
  independent,
  lowerCholesky,
  positive,
  positiveDefinite,
  real,
  realVector,
} from './constraints.ts';
import { normals } from './continuous.ts';
import { Distribution, type Parameter, validateArgsParam } from './distribution.ts';

const log2Pi = Math.log(2 * Math.PI);

/** Matrices times vectors. */
export const times = (matrix: Tensor, vector: Tensor): Tensor => matrix.matmul(vector.unsqueeze(-1)).squeeze(-1);
/** The squared length of vectors in units of a covariance, given by its lower factor. */
export const mahalanobis = (lower: Tensor, x: Tensor): Tensor => {
  const batch = broadcastShapes('distributions', lower.shape.slice(0, -2), x.shape.slice(0, -1));
  const n = x.shape[x.ndim - 1];
  const column = x.expand(...batch, n).unsqueeze(-1);
  return solveTriangular(lower.expand(...batch, n, n), column, false)
    .square()
    .sum([-2, -1]);
};
/** Half the logarithm of a determinant, given by its lower factor. */
export const halfLogDet = (lower: Tensor): Tensor => lower.diagonal(0, -2, -1).log().sum(-1);

/** The lower factor of the covariance, from its inverse: the precision is factored from its last row up. */
export function factorOfPrecision(precision: Tensor): Tensor {
  const flipped = cholesky(precision.flip(-2, -1));
  const upper = flipped.flip(-2, -1).mT;
  return solveTriangular(upper, identity(precision.shape[precision.ndim - 1], precision), false);
}

/** The three forms in which a matrix parameter is given, and the lower factor that all are kept as. */
export interface MatrixParameters {
  readonly covarianceMatrix: Tensor | null;
  readonly precisionMatrix: Tensor | null;
  readonly scaleTril: Tensor | null;
}

function requireOne(op: string, parameters: MatrixParameters): readonly [keyof MatrixParameters, Tensor] {
  const given = Object.entries(parameters).filter(([, one]) => one !== null) as [keyof MatrixParameters, Tensor][];
  if (given.length !== 1) {
    throw new ArgumentError({
      op,
      fact: given.length === 0 ? 'no covariance' : given.map(([name]) => name).join(' and '),
      rule: 'exactly one of covarianceMatrix, precisionMatrix and scaleTril is given',
    });
  }
  const [[name, matrix]] = given;
  if (matrix.ndim >= 2 && matrix.shape.at(-1) === matrix.shape.at(-2)) return [name, matrix];
  throw new ShapeError({ op, fact: `${name} of shape ${formatShape(matrix.shape)}`, rule: 'it is (.., n, n)' });
}

/** The covariance, its inverse and its lower factor, from the one that was given. */
export class Spread {
  /** Without the dimensions of a larger batch. */
  readonly lower: Tensor;
  readonly given: Tensor;
  readonly name: keyof MatrixParameters;

  constructor(op: string, parameters: MatrixParameters) {
    const [name, given] = requireOne(op, parameters);
    [this.name, this.given] = [name, given];
    this.lower =
      name === 'scaleTril' ? given : name === 'covarianceMatrix' ? cholesky(given) : factorOfPrecision(given);
  }

  get size(): number {
    return this.given.shape[this.given.ndim - 1];
  }
  get batchShape(): Shape {
    return this.given.shape.slice(0, -2);
  }
  #wide(name: keyof MatrixParameters, batchShape: Shape, formula: () => Tensor): Tensor {
    return (name === this.name ? this.given : formula()).expand(...batchShape, this.size, this.size);
  }
  scaleTril(batchShape: Shape): Tensor {
    return this.#wide('scaleTril', batchShape, () => this.lower);
  }
  covarianceMatrix(batchShape: Shape): Tensor {
    return this.#wide('covarianceMatrix', batchShape, () => this.lower.matmul(this.lower.mT));
  }
  precisionMatrix(batchShape: Shape): Tensor {
    return this.#wide('precisionMatrix', batchShape, () => {
      const inverse = solveTriangular(this.lower, identity(this.size, this.lower), false);
      return inverse.mT.matmul(inverse);
    });
  }
}

export const matrixParams = [
  optional(p.tensor('covarianceMatrix'), null),
  optional(p.tensor('precisionMatrix'), null),
  optional(p.tensor('scaleTril'), null),
  validateArgsParam,
] as const;
export const matrixConstraints = {
  covarianceMatrix: positiveDefinite,
  precisionMatrix: positiveDefinite,
  scaleTril: lowerCholesky,
} as const;
const signature = [p.tensor('loc'), ...matrixParams] as const;

function requireVector(op: string, loc: Tensor): void {
  if (loc.ndim > 0) return;
  throw new ShapeError({ op, fact: `loc of shape ${formatShape(loc.shape)}`, rule: 'its last dimension is an event' });
}

/** A vector around loc with a covariance, given as such, by its inverse or by its lower factor. https://pytorch.org/docs/stable/distributions.html#multivariatenormal */
export class MultivariateNormal extends Distribution {
  override readonly hasRsample = true;
  override readonly argConstraints = { loc: realVector, ...matrixConstraints };
  readonly loc: Tensor;
  readonly spread: Spread;

  constructor(...args: Args<typeof signature>) {
    const op = 'distributions.MultivariateNormal';
    const bound = bind(op, signature, args) as [Tensor, ...(Tensor | null)[], boolean | null];
    const [loc, covarianceMatrix, precisionMatrix, scaleTril] = bound as [Tensor, ...(Tensor | null)[]];
    requireVector(op, loc);
    const spread = new Spread(op, { covarianceMatrix, precisionMatrix, scaleTril });
    const batchShape = broadcastShapes(op, spread.batchShape, loc.shape.slice(0, -1));
    super(batchShape, [spread.size], bound[4] as boolean | null);
    this.loc = loc.expand(...batchShape, spread.size);
    this.spread = spread;
    this.checkParameters({ loc, [spread.name]: spread.given });
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
    return realVector;
  }
  override get mean(): Tensor {
    return this.loc;
  }
  override get mode(): Tensor {
    return this.loc;
  }
  override get variance(): Tensor {
    return this.spread.lower
      .square()
      .sum(-1)
      .expand(...this.batchShape, ...this.eventShape);
  }
  protected override like(): Tensor {
    return this.loc;
  }
  protected override draw(sampleShape: Shape): Tensor {
    return this.loc.add(times(this.spread.lower, normals(this.loc, this.shapeFor(sampleShape))));
  }
  override logProb(value: Parameter): Tensor {
    const apart = this.checkedValue('logProb', value).sub(this.loc);
    const { lower, size } = this.spread;
    return mahalanobis(lower, apart)
      .add(size * log2Pi)
      .mul(-0.5)
      .sub(halfLogDet(lower));
  }
  override entropy(): Tensor {
    const { lower, size } = this.spread;
    return halfLogDet(lower)
      .add(0.5 * size * (1 + log2Pi))
      .expand(...this.batchShape);
  }
  override expand(batchShape: Shape): MultivariateNormal {
    const { given, name, size } = this.spread;
    const loc = this.loc.expand(...batchShape, size);
    return new MultivariateNormal({ loc, [name]: given, validateArgs: this.validateArgs });
  }
}

const lowRankSignature = [p.tensor('loc'), p.tensor('covFactor'), p.tensor('covDiag'), validateArgsParam] as const;

/** A vector around loc with the covariance W W^T + D: W of few columns, D diagonal. https://pytorch.org/docs/stable/distributions.html#lowrankmultivariatenormal */
export class LowRankMultivariateNormal extends Distribution {
  override readonly hasRsample = true;
  override readonly argConstraints = {
    loc: realVector,
    covFactor: independent(real, 2),
    covDiag: independent(positive, 1),
  };
  readonly loc: Tensor;
  readonly covFactor: Tensor;
  readonly covDiag: Tensor;
  /** The lower factor of I + W^T D^-1 W, of the size of the rank. */
  readonly capacitanceTril: Tensor;

  constructor(...args: Args<typeof lowRankSignature>) {
    const op = 'distributions.LowRankMultivariateNormal';
    const bound = bind(op, lowRankSignature, args) as [Tensor, Tensor, Tensor, boolean | null];
    const [loc, covFactor, covDiag, validateArgs] = bound;
    requireVector(op, loc);
    const size = loc.shape[loc.ndim - 1];
    if (covFactor.ndim < 2 || covFactor.shape[covFactor.ndim - 2] !== size || covDiag.shape.at(-1) !== size) {
      throw new ShapeError({
        op,
        fact: `covFactor of shape ${formatShape(covFactor.shape)}, covDiag of shape ${formatShape(covDiag.shape)}`,
        rule: `they are (.., ${size}, rank) and (.., ${size})`,
      });
    }
    const outer = [loc.shape.slice(0, -1), covFactor.shape.slice(0, -2), covDiag.shape.slice(0, -1)];
    const batchShape = broadcastShapes(op, ...outer);
    super(batchShape, [size], validateArgs);
    this.loc = loc.expand(...batchShape, size);
    this.covFactor = covFactor.expand(...batchShape, ...covFactor.shape.slice(-2));
    this.covDiag = covDiag.expand(...batchShape, size);
    const inner = covFactor.mT.div(covDiag.unsqueeze(-2)).matmul(covFactor);
    this.capacitanceTril = cholesky(inner.add(identity(inner.shape[inner.ndim - 1], inner)));
    this.checkParameters({ loc, covFactor, covDiag });
  }

  /** W^T D^-1. */
  get whitened(): Tensor {
    return this.covFactor.mT.div(this.covDiag.unsqueeze(-2));
  }
  /** The logarithm of the covariance's determinant. */
  get logDet(): Tensor {
    return halfLogDet(this.capacitanceTril).mul(2).add(this.covDiag.log().sum(-1));
  }
  /** The squared length of vectors in units of the covariance. */
  distance(x: Tensor): Tensor {
    const whole = x.square().div(this.covDiag).sum(-1);
    return whole.sub(mahalanobis(this.capacitanceTril, times(this.whitened, x)));
  }
  /** D^(1/2) times the lower factor of I + D^(-1/2) W W^T D^(-1/2), whose eigenvalues are at least 1. */
  get scaleTril(): Tensor {
    const root = this.covDiag.sqrt().unsqueeze(-1);
    const scaled = this.covFactor.div(root);
    const inner = scaled.matmul(scaled.mT);
    return root.mul(cholesky(inner.add(identity(this.eventShape[0], inner))));
  }
  get covarianceMatrix(): Tensor {
    return this.covFactor.matmul(this.covFactor.mT).add(diagEmbed(this.covDiag));
  }
  /** By Woodbury's identity. */
  get precisionMatrix(): Tensor {
    const rank = this.covFactor.shape[this.covFactor.ndim - 1];
    const inner = solveTriangular(this.capacitanceTril.expand(...this.batchShape, rank, rank), this.whitened, false);
    return diagEmbed(this.covDiag.reciprocal()).sub(inner.mT.matmul(inner));
  }
  override get support(): Constraint {
    return realVector;
  }
  override get mean(): Tensor {
    return this.loc;
  }
  override get mode(): Tensor {
    return this.loc;
  }
  override get variance(): Tensor {
    return this.covFactor.square().sum(-1).add(this.covDiag);
  }
  protected override like(): Tensor {
    return this.loc;
  }
  protected override draw(sampleShape: Shape): Tensor {
    const shape = this.shapeFor(sampleShape);
    const inner = normals(this.loc, [...shape.slice(0, -1), this.covFactor.shape[this.covFactor.ndim - 1]]);
    const own = normals(this.loc, shape);
    return this.loc.add(times(this.covFactor, inner)).add(this.covDiag.sqrt().mul(own));
  }
  override logProb(value: Parameter): Tensor {
    const apart = this.checkedValue('logProb', value).sub(this.loc);
    return this.distance(apart)
      .add(this.logDet)
      .add(this.eventShape[0] * log2Pi)
      .mul(-0.5);
  }
  override entropy(): Tensor {
    return this.logDet
      .add(this.eventShape[0] * (1 + log2Pi))
      .mul(0.5)
      .expand(...this.batchShape);
  }
  override expand(batchShape: Shape): LowRankMultivariateNormal {
    const [loc, covFactor, covDiag] = [this.loc, this.covFactor, this.covDiag].map((one, at) =>
      one.expand(...batchShape, ...one.shape.slice(at === 1 ? -2 : -1)),
    );
    return new LowRankMultivariateNormal({ loc, covFactor, covDiag, validateArgs: this.validateArgs });
  }
}
