// Transforms of vectors and matrices: shares that add up to 1, Cholesky factors, other shapes, and parts with maps of their own.
// https://pytorch.org/docs/stable/distributions.html#module-torch.distributions.transforms

import { arange, zeros } from '../create/create.ts';
import { trilIndices } from '../create/like.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { cat, stack } from '../ops/join.ts';
import { logsigmoid, softmax } from '../ops/nn.ts';
import { pad } from '../ops/pad.ts';
import { diagEmbed } from '../ops/replace.ts';
import { formatShape, numelOf, sameShape, type Shape } from '../shape.ts';
import { type Args, bind, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import * as constraints from './constraints.ts';
import type { Constraint } from './constraints.ts';
import { epsilonOf, sumRightmost, tinyOf } from './distribution.ts';
import { cacheSizeParam, equalLists, requireDims, Transform, transformsParam } from './transform.ts';
import { clippedSigmoid, fixedTransform, TanhTransform } from './transforms.ts';

const keepsVectors = (op: string) => (shape: Shape) => {
  requireDims(`distributions.${op}`, shape, 1);
  return shape;
};

/** exp(x), made to add up to 1. https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.SoftmaxTransform */
export class SoftmaxTransform extends fixedTransform({
  domain: constraints.realVector,
  codomain: constraints.simplex,
  bijective: false,
  forward: (x) => softmax(x, -1),
  inverse: (y) => y.log(),
  forwardShape: keepsVectors('SoftmaxTransform'),
  inverseShape: keepsVectors('SoftmaxTransform'),
}) {}

/** The logarithms of how many parts are left, from n down to 1. */
const logsLeft = (n: number, { dtype, device }: Tensor): Tensor => arange(n, 0, -1, { dtype, device }).log();

/** A shape whose last dimension is longer by some. */
const longer = (op: string, by: number) => (shape: Shape) => {
  requireDims(`distributions.${op}`, shape, 1);
  return [...shape.slice(0, -1), shape[shape.length - 1] + by];
};

/**
 * Each entry says by its sigmoid how much is broken off what is left of a stick of length 1: (.., n) -> (.., n + 1).
 * https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.StickBreakingTransform
 */
export class StickBreakingTransform extends fixedTransform({
  domain: constraints.realVector,
  codomain: constraints.simplex,
  bijective: true,
  forward: (x) => {
    const share = clippedSigmoid(x.sub(logsLeft(x.shape[x.ndim - 1], x)));
    const left = share.neg().add(1).cumprod(-1);
    return pad(share, [0, 1], 'constant', 1).mul(pad(left, [1, 0], 'constant', 1));
  },
  inverse: (y) => {
    const n = y.shape[y.ndim - 1] - 1;
    const cut = y.narrow(-1, 0, n);
    const left = cut.cumsum(-1).neg().add(1).clamp(tinyOf(y));
    return cut.log().sub(left.log()).add(logsLeft(n, y));
  },
  logDeterminant: (x, y) => {
    const n = x.shape[x.ndim - 1];
    const moved = x.sub(logsLeft(n, x));
    return logsigmoid(moved)
      .sub(moved)
      .add(y.narrow(-1, 0, n).log())
      .sum(-1);
  },
  forwardShape: longer('StickBreakingTransform', 1),
  inverseShape: longer('StickBreakingTransform', -1),
}) {}

/** A matrix of which the part below the diagonal stays and the diagonal is mapped. */
const withDiagonal = (x: Tensor, map: (diagonal: Tensor) => Tensor): Tensor =>
  x.tril(-1).add(diagEmbed(map(x.diagonal(0, -2, -1))));

/** A matrix -> a Cholesky factor: zeros above, the diagonal's exponential. https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.LowerCholeskyTransform */
export class LowerCholeskyTransform extends fixedTransform({
  domain: constraints.independent(constraints.real, 2),
  codomain: constraints.lowerCholesky,
  bijective: false,
  forward: (x) => withDiagonal(x, (one) => one.exp()),
  inverse: (y) => withDiagonal(y, (one) => one.log()),
}) {}

/** The size of a square matrix with `count` places below the diagonal. */
function sizeOf(count: number): number {
  const size = Math.round(Math.sqrt(0.25 + 2 * count) + 0.5);
  if ((size * (size - 1)) / 2 === count) return size;
  throw new ShapeError({
    op: 'distributions.CorrCholeskyTransform',
    fact: `vectors of ${count}`,
    rule: 'their length is n (n - 1) / 2, the places below the diagonal of (n, n)',
  });
}

/** The places at or below a diagonal of (n, n), row by row, in the flattened matrix. */
function placesBelow(n: number, diagonal: number, { device }: Tensor): Tensor {
  const [rows, columns] = [0, 1].map((at) => trilIndices(n, n, diagonal, { device, dtype: 'int32' }).select(0, at));
  return rows.mul(n).add(columns);
}

/** Those places as a vector. */
const vectorOf = (x: Tensor, diagonal: number): Tensor =>
  x.flatten(-2, -1).indexSelect(-1, placesBelow(x.shape[x.ndim - 1], diagonal, x));

/** A vector in the places below the diagonal, zeros elsewhere. */
export function matrixOf(x: Tensor): Tensor {
  const n = sizeOf(x.shape[x.ndim - 1]);
  const { dtype, device } = x;
  const flat = zeros([...x.shape.slice(0, -1), n * n], { dtype, device });
  return flat.indexAdd(-1, placesBelow(n, -1, x), x).unflatten(-1, [n, n]);
}

const shifted = (x: Tensor): Tensor => pad(x.narrow(-1, 0, x.shape[x.ndim - 1] - 1), [1, 0], 'constant', 1);

/**
 * A vector -> the Cholesky factor of a correlation matrix, (.., n (n - 1) / 2) -> (.., n, n): tanh gives partial correlations, and
 * each row is a stick of length 1 that is broken by their squares.
 * https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.CorrCholeskyTransform
 */
export class CorrCholeskyTransform extends fixedTransform({
  domain: constraints.realVector,
  codomain: constraints.corrCholesky,
  bijective: true,
  forward: (x) => {
    const r = matrixOf(x.tanh().clamp(epsilonOf(x) - 1, 1 - epsilonOf(x)));
    const left = r.square().neg().add(1).sqrt().cumprod(-1);
    const n = r.shape[r.ndim - 1];
    const { dtype, device } = r;
    return r.add(diagEmbed(zeros(n, { dtype, device }).add(1))).mul(shifted(left));
  },
  inverse: (y) => {
    const left = shifted(y.square().cumsum(-1).neg().add(1));
    const t = vectorOf(y, -1).div(vectorOf(left, -1).sqrt());
    return t.add(1).div(t.neg().add(1)).log().div(2);
  },
  // Of x and the places of y below the diagonal. The stick that is left before a place is the one after its neighbour.
  logDeterminant: (x, y) => {
    const left = y.square().cumsum(-1).neg().add(1);
    const broken = vectorOf(left, -2).log().sum(-1).mul(0.5);
    return broken.add(new TanhTransform().logAbsDetJacobian(x, x).sum(-1));
  },
  forwardShape: (shape) => {
    requireDims('distributions.CorrCholeskyTransform', shape, 1);
    const n = sizeOf(shape[shape.length - 1]);
    return [...shape.slice(0, -1), n, n];
  },
  inverseShape: (shape) => {
    requireDims('distributions.CorrCholeskyTransform', shape, 2);
    const [rows, columns] = shape.slice(-2);
    if (rows !== columns) {
      throw new ShapeError({
        op: 'distributions.CorrCholeskyTransform',
        fact: `matrices of shape ${formatShape([rows, columns])}`,
        rule: 'they are square',
      });
    }
    return [...shape.slice(0, -2), (rows * (rows - 1)) / 2];
  },
}) {}

const reshapeSignature = [p.ints('inShape'), p.ints('outShape'), cacheSizeParam] as const;

/** Events of one shape in another. https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.ReshapeTransform */
export class ReshapeTransform extends Transform {
  readonly inShape: Shape;
  readonly outShape: Shape;

  constructor(...args: Args<typeof reshapeSignature>) {
    const op = 'distributions.ReshapeTransform';
    const [inShape, outShape, cacheSize] = bind(op, reshapeSignature, args) as [Shape, Shape, number];
    if (numelOf(inShape) !== numelOf(outShape)) {
      throw new ShapeError({
        op,
        fact: `${formatShape(inShape)} and ${formatShape(outShape)}`,
        rule: 'both have the same number of elements',
      });
    }
    super(cacheSize);
    [this.inShape, this.outShape] = [[...inShape], [...outShape]];
  }

  get domain(): Constraint {
    return constraints.independent(constraints.real, this.inShape.length);
  }
  get codomain(): Constraint {
    return constraints.independent(constraints.real, this.outShape.length);
  }
  override get bijective(): boolean {
    return true;
  }
  protected override remade(cacheSize: number): Transform {
    return new ReshapeTransform(this.inShape, this.outShape, cacheSize);
  }
  forward(x: Tensor): Tensor {
    return x.reshape(...x.shape.slice(0, x.ndim - this.inShape.length), ...this.outShape);
  }
  override inverse(y: Tensor): Tensor {
    return y.reshape(...y.shape.slice(0, y.ndim - this.outShape.length), ...this.inShape);
  }
  override logAbsDetJacobian(x: Tensor): Tensor {
    const { dtype, device } = x;
    return zeros(x.shape.slice(0, x.ndim - this.inShape.length), { dtype, device });
  }
  override forwardShape(shape: Shape): Shape {
    return exchange(this.label(), shape, this.inShape, this.outShape);
  }
  override inverseShape(shape: Shape): Shape {
    return exchange(this.label(), shape, this.outShape, this.inShape);
  }
}

/** A shape with another end. */
function exchange(op: string, shape: Shape, from: Shape, to: Shape): Shape {
  requireDims(op, shape, from.length);
  const cut = shape.length - from.length;
  if (sameShape(shape.slice(cut), from)) return [...shape.slice(0, cut), ...to];
  throw new ShapeError({
    op,
    fact: `a shape of ${formatShape(shape)}`,
    rule: `its last dimensions are ${formatShape(from)}`,
  });
}

/** Maps for the parts of a dimension. */
abstract class PartsTransform extends Transform {
  readonly transforms: readonly Transform[];
  readonly dim: number;

  constructor(transforms: readonly Transform[], dim: number, cacheSize: number) {
    super(cacheSize);
    this.transforms = cacheSize === 0 ? [...transforms] : transforms.map((one) => one.withCache(cacheSize));
    this.dim = dim;
  }

  /** The parts of a tensor, one for each map. */
  protected abstract parts(x: Tensor): Tensor[];
  protected abstract joined(parts: readonly Tensor[]): Tensor;

  override get bijective(): boolean {
    return this.transforms.every((one) => one.bijective);
  }
  override equals(other: Transform): boolean {
    return (
      other instanceof PartsTransform &&
      other.constructor === this.constructor &&
      other.dim === this.dim &&
      equalLists(this.transforms, other.transforms)
    );
  }
  forward(x: Tensor): Tensor {
    const parts = this.parts(x);
    return this.joined(this.transforms.map((one, at) => one(parts[at])));
  }
  override inverse(y: Tensor): Tensor {
    const parts = this.parts(y);
    return this.joined(this.transforms.map((one, at) => one.inv(parts[at])));
  }

  /** Throws where a dimension does not have the wanted size. */
  protected requireSize(x: Tensor, wanted: number): void {
    if (x.shape.at(this.dim) === wanted) return;
    throw new ArgumentError({
      op: this.label(),
      fact: `a tensor of shape ${formatShape(x.shape)}`,
      rule: `dimension ${this.dim} has the size ${wanted}`,
    });
  }
}

const catSignature = [
  transformsParam('tseq'),
  optional(p.int('dim'), 0),
  optional(p.ints('lengths'), null),
  cacheSizeParam,
] as const;

/** Maps for parts of a dimension that lie one behind the other. https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.CatTransform */
export class CatTransform extends PartsTransform {
  readonly lengths: readonly number[];

  constructor(...args: Args<typeof catSignature>) {
    const op = 'distributions.CatTransform';
    const bound = bind(op, catSignature, args) as [Transform[], number, readonly number[] | null, number];
    const [transforms, dim, given, cacheSize] = bound;
    const lengths = given ?? transforms.map(() => 1);
    if (lengths.length !== transforms.length) {
      throw new ArgumentError({
        op,
        fact: `${lengths.length} lengths for ${transforms.length} transforms`,
        rule: 'there is one for each',
      });
    }
    super(transforms, dim, cacheSize);
    this.lengths = lengths;
  }

  get domain(): Constraint {
    return constraints.cat(
      this.transforms.map((one) => one.domain),
      this.dim,
      this.lengths,
    );
  }
  get codomain(): Constraint {
    return constraints.cat(
      this.transforms.map((one) => one.codomain),
      this.dim,
      this.lengths,
    );
  }
  override get eventDim(): number {
    return Math.max(...this.transforms.map((one) => one.eventDim));
  }
  protected override remade(cacheSize: number): Transform {
    return new CatTransform(this.transforms, this.dim, this.lengths, cacheSize);
  }
  protected parts(x: Tensor): Tensor[] {
    this.requireSize(
      x,
      this.lengths.reduce((total, one) => total + one, 0),
    );
    return x.split([...this.lengths], this.dim);
  }
  protected joined(parts: readonly Tensor[]): Tensor {
    return cat(parts, this.dim);
  }
  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    const [from, to] = [this.parts(x), this.parts(y)];
    const { eventDim } = this;
    const terms = this.transforms.map((one, at) =>
      sumRightmost(one.logAbsDetJacobian(from[at], to[at]), eventDim - one.eventDim),
    );
    const dim = (this.dim >= 0 ? this.dim - x.ndim : this.dim) + eventDim;
    return dim < 0 ? cat(terms, dim) : terms.reduce((total, one) => total.add(one));
  }
}

const stackSignature = [transformsParam('tseq'), optional(p.int('dim'), 0), cacheSizeParam] as const;

/** Maps for the places of a dimension. https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.StackTransform */
export class StackTransform extends PartsTransform {
  constructor(...args: Args<typeof stackSignature>) {
    const bound = bind('distributions.StackTransform', stackSignature, args) as [Transform[], number, number];
    super(...bound);
  }

  get domain(): Constraint {
    return constraints.stack(
      this.transforms.map((one) => one.domain),
      this.dim,
    );
  }
  get codomain(): Constraint {
    return constraints.stack(
      this.transforms.map((one) => one.codomain),
      this.dim,
    );
  }
  protected override remade(cacheSize: number): Transform {
    return new StackTransform(this.transforms, this.dim, cacheSize);
  }
  protected parts(x: Tensor): Tensor[] {
    this.requireSize(x, this.transforms.length);
    return [...x.unbind(this.dim)];
  }
  protected joined(parts: readonly Tensor[]): Tensor {
    return stack(parts, this.dim);
  }
  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    const [from, to] = [this.parts(x), this.parts(y)];
    return this.joined(this.transforms.map((one, at) => one.logAbsDetJacobian(from[at], to[at])));
  }
}
