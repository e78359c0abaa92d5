// Transform: a map of random variables with the logarithm of its Jacobian's determinant, its inverse, and chains of them. Instances
// are callable. Knows no map of its own. https://pytorch.org/docs/stable/distributions.html#module-torch.distributions.transforms

import { Callable, onCall } from '../core/callable.ts';
import { zerosLike } from '../create/create.ts';
import { ArgumentError, NotImplementedError, ShapeError } from '../errors.ts';
import { formatShape, type Shape } from '../shape.ts';
import { type Args, bind, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import * as constraints from './constraints.ts';
import type { Constraint } from './constraints.ts';
import { sumRightmost } from './distribution.ts';

export const cacheSizeParam = optional(p.int('cacheSize'), 0);

/** Whether it rises (1) or falls (-1), for each element where the map has parameters. */
export type Sign = number | Tensor;

/** The result of a call. */
// The interface has a call signature alone, which TypeScript cannot write in a class.
// oxlint-disable-next-line no-unsafe-declaration-merging
export interface Transform {
  (x: Tensor): Tensor;
}

/** A map from `domain` to `codomain`: define `forward`, `inverse` and `logAbsDetJacobian`. https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.Transform */
// oxlint-disable-next-line no-unsafe-declaration-merging
export abstract class Transform extends Callable {
  /** 1: the last pair of argument and result is kept, so that inverting a result gives the argument back. */
  readonly cacheSize: number;
  #pair: readonly [x: Tensor, y: Tensor] | null = null;
  #inverse: Transform | null = null;

  constructor(cacheSize = 0) {
    super();
    if (cacheSize !== 0 && cacheSize !== 1) {
      throw new ArgumentError({ op: this.label(), fact: `cacheSize is ${cacheSize}`, rule: 'it is 0 or 1' });
    }
    this.cacheSize = cacheSize;
  }

  abstract get domain(): Constraint;
  abstract get codomain(): Constraint;

  /** Whether every value has one argument. */
  get bijective(): boolean {
    return false;
  }

  /** The image of x. */
  abstract forward(x: Tensor): Tensor;

  /** An argument whose image is y. */
  inverse(_y: Tensor): Tensor {
    throw this.missing('inverse');
  }

  /** log |det dy/dx|, one number for each event. */
  logAbsDetJacobian(_x: Tensor, _y: Tensor): Tensor {
    throw this.missing('logAbsDetJacobian');
  }

  get sign(): Sign {
    throw this.missing('sign');
  }

  /** The dimensions of an event, where domain and codomain have the same. */
  get eventDim(): number {
    const [from, to] = [this.domain.eventDim, this.codomain.eventDim];
    if (from === to) return from;
    throw new ArgumentError({
      op: this.label(),
      fact: `events of ${from} dimensions become events of ${to}`,
      rule: 'eventDim is one number',
      cure: 'Use domain.eventDim or codomain.eventDim.',
    });
  }

  /** The map back. */
  get inv(): Transform {
    this.#inverse ??= this.inverted();
    return this.#inverse;
  }

  protected inverted(): Transform {
    return new InverseTransform(this);
  }

  /** The same map with another cache. */
  withCache(cacheSize = 1): Transform {
    return cacheSize === this.cacheSize ? this : this.remade(cacheSize);
  }

  /** The same map with another cache; a subclass with parameters says how. */
  protected remade(cacheSize: number): Transform {
    const Class = this.constructor as new (cacheSize: number) => Transform;
    return new Class(cacheSize);
  }

  /** Whether another is the same map, as far as the host knows its parameters. */
  equals(other: Transform): boolean {
    return other === this;
  }

  forwardShape(shape: Shape): Shape {
    return shape;
  }

  inverseShape(shape: Shape): Shape {
    return shape;
  }

  [onCall](args: readonly unknown[]): Tensor {
    const [x] = args as [Tensor];
    if (this.cacheSize === 0) return this.forward(x);
    if (this.#pair?.[0] !== x) this.#pair = [x, this.forward(x)];
    return this.#pair[1];
  }

  /** What a call of `inv` does. */
  invert(y: Tensor): Tensor {
    if (this.cacheSize === 0) return this.inverse(y);
    if (this.#pair?.[1] !== y) this.#pair = [this.inverse(y), y];
    return this.#pair[0];
  }

  protected missing(what: string): NotImplementedError {
    return new NotImplementedError({
      op: `${this.label()}.${what}`,
      fact: 'not defined',
      rule: 'PyTorch has none either',
    });
  }

  /** What messages call it; `name` is a property of functions. */
  protected label(): string {
    return `distributions.${this.constructor.name}`;
  }

  override toString(): string {
    return `${this.constructor.name}()`;
  }
}

/** The map back of another. */
class InverseTransform extends Transform {
  readonly #of: Transform;

  constructor(of: Transform) {
    super(of.cacheSize);
    this.#of = of;
  }

  get domain(): Constraint {
    return this.#of.codomain;
  }
  get codomain(): Constraint {
    return this.#of.domain;
  }
  override get bijective(): boolean {
    return this.#of.bijective;
  }
  override get sign(): Sign {
    return this.#of.sign;
  }
  protected override inverted(): Transform {
    return this.#of;
  }
  override withCache(cacheSize = 1): Transform {
    return this.#of.withCache(cacheSize).inv;
  }
  override equals(other: Transform): boolean {
    return other instanceof InverseTransform && this.#of.equals(other.#of);
  }
  override [onCall](args: readonly unknown[]): Tensor {
    return this.#of.invert((args as [Tensor])[0]);
  }
  forward(x: Tensor): Tensor {
    return this.#of.invert(x);
  }
  override invert(y: Tensor): Tensor {
    return this.#of(y);
  }
  override inverse(y: Tensor): Tensor {
    return this.#of(y);
  }
  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    return this.#of.logAbsDetJacobian(y, x).neg();
  }
  override forwardShape(shape: Shape): Shape {
    return this.#of.inverseShape(shape);
  }
  override inverseShape(shape: Shape): Shape {
    return this.#of.forwardShape(shape);
  }
  override toString(): string {
    return `InverseTransform(${String(this.#of)})`;
  }
}

/** A sign times a sign. */
export const signs = (a: Sign, b: Sign): Sign =>
  typeof a === 'number' ? (typeof b === 'number' ? a * b : b.mul(a)) : a.mul(b);

const isTransforms = (value: unknown): value is readonly Transform[] =>
  Array.isArray(value) && value.every((one) => one instanceof Transform);
export const transformsParam = <N extends string>(name: N) =>
  p.custom<readonly Transform[]>()(name, 'a list of transforms', isTransforms);
const composeSignature = [transformsParam('parts'), cacheSizeParam] as const;

/** Maps one after the other. https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.ComposeTransform */
export class ComposeTransform extends Transform {
  readonly parts: readonly Transform[];

  constructor(...args: Args<typeof composeSignature>) {
    const [parts, cacheSize] = bind('distributions.ComposeTransform', composeSignature, args) as [Transform[], number];
    super(cacheSize);
    this.parts = cacheSize === 0 ? [...parts] : parts.map((one) => one.withCache(cacheSize));
  }

  get domain(): Constraint {
    return this.#end(
      this.parts.toReversed(),
      (one) => one.domain.eventDim,
      (one) => one.codomain.eventDim,
      'domain',
    );
  }

  get codomain(): Constraint {
    return this.#end(
      this.parts,
      (one) => one.codomain.eventDim,
      (one) => one.domain.eventDim,
      'codomain',
    );
  }

  /** The constraint of the part at one end, with the most dimensions that any part asks for there. `parts` end with that part. */
  #end(
    parts: readonly Transform[],
    near: (one: Transform) => number,
    far: (one: Transform) => number,
    side: 'domain' | 'codomain',
  ): Constraint {
    const last = parts.at(-1);
    if (last === undefined) return constraints.real;
    const own = last[side];
    const eventDim = parts.reduce((dims, one) => Math.max(dims + near(one) - far(one), near(one)), far(parts[0]));
    return eventDim > own.eventDim ? constraints.independent(own, eventDim - own.eventDim) : own;
  }

  override get bijective(): boolean {
    return this.parts.every((one) => one.bijective);
  }

  override get sign(): Sign {
    return this.parts.reduce<Sign>((sign, one) => signs(sign, one.sign), 1);
  }

  protected override inverted(): Transform {
    return new ComposeTransform(this.parts.map((one) => one.inv).toReversed());
  }

  protected override remade(cacheSize: number): Transform {
    return new ComposeTransform(this.parts, cacheSize);
  }

  override equals(other: Transform): boolean {
    return other instanceof ComposeTransform && equalLists(this.parts, other.parts);
  }

  /** The parts have caches of their own. */
  override [onCall](args: readonly unknown[]): Tensor {
    return this.forward((args as [Tensor])[0]);
  }

  forward(x: Tensor): Tensor {
    return this.parts.reduce((value, one) => one(value), x);
  }

  override inverse(y: Tensor): Tensor {
    return this.parts.reduceRight((value, one) => one.inv(value), y);
  }

  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    const { parts } = this;
    if (parts.length === 0) return zerosLike(x);
    let { eventDim } = this.domain;
    let from = x;
    const terms = parts.map((one, at) => {
      const to = at === parts.length - 1 ? y : one(from);
      const term = sumRightmost(one.logAbsDetJacobian(from, to), eventDim - one.domain.eventDim);
      eventDim += one.codomain.eventDim - one.domain.eventDim;
      from = to;
      return term;
    });
    return terms.reduce((total, one) => total.add(one));
  }

  override forwardShape(shape: Shape): Shape {
    return this.parts.reduce((one, part) => part.forwardShape(one), shape);
  }

  override inverseShape(shape: Shape): Shape {
    return this.parts.reduceRight((one, part) => part.inverseShape(one), shape);
  }

  override toString(): string {
    return `ComposeTransform(\n    ${this.parts.map(String).join(',\n    ')}\n)`;
  }
}

/** Whether two lists hold the same maps. */
export function equalLists(a: readonly Transform[], b: readonly Transform[]): boolean {
  return a.length === b.length && a.every((one, at) => one.equals(b[at]));
}

/** The map that changes nothing. https://pytorch.org/docs/stable/distributions.html#module-torch.distributions.transforms */
export const identityTransform: Transform = new ComposeTransform([]);

const independentSignature = [
  p.custom<Transform>()('baseTransform', 'a transform', (value) => value instanceof Transform),
  p.int('reinterpretedBatchNdims'),
  cacheSizeParam,
] as const;

/** A map of which the last dimensions of a batch are one event. https://pytorch.org/docs/stable/distributions.html#torch.distributions.transforms.IndependentTransform */
export class IndependentTransform extends Transform {
  readonly baseTransform: Transform;
  readonly reinterpretedBatchNdims: number;

  constructor(...args: Args<typeof independentSignature>) {
    const [base, dims, cacheSize] = bind('distributions.IndependentTransform', independentSignature, args) as [
      Transform,
      number,
      number,
    ];
    super(cacheSize);
    this.baseTransform = base.withCache(cacheSize);
    this.reinterpretedBatchNdims = dims;
  }

  get domain(): Constraint {
    return constraints.independent(this.baseTransform.domain, this.reinterpretedBatchNdims);
  }
  get codomain(): Constraint {
    return constraints.independent(this.baseTransform.codomain, this.reinterpretedBatchNdims);
  }
  override get bijective(): boolean {
    return this.baseTransform.bijective;
  }
  override get sign(): Sign {
    return this.baseTransform.sign;
  }
  protected override remade(cacheSize: number): Transform {
    return new IndependentTransform(this.baseTransform, this.reinterpretedBatchNdims, cacheSize);
  }
  override equals(other: Transform): boolean {
    return (
      other instanceof IndependentTransform &&
      other.reinterpretedBatchNdims === this.reinterpretedBatchNdims &&
      this.baseTransform.equals(other.baseTransform)
    );
  }
  forward(x: Tensor): Tensor {
    requireDims(this.label(), x.shape, this.domain.eventDim);
    return this.baseTransform(x);
  }
  override inverse(y: Tensor): Tensor {
    requireDims(this.label(), y.shape, this.codomain.eventDim);
    return this.baseTransform.inv(y);
  }
  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    return sumRightmost(this.baseTransform.logAbsDetJacobian(x, y), this.reinterpretedBatchNdims);
  }
  override forwardShape(shape: Shape): Shape {
    return this.baseTransform.forwardShape(shape);
  }
  override inverseShape(shape: Shape): Shape {
    return this.baseTransform.inverseShape(shape);
  }
  override toString(): string {
    return `IndependentTransform(${String(this.baseTransform)}, ${this.reinterpretedBatchNdims})`;
  }
}

/** Throws where a shape has fewer dimensions than an event. */
export function requireDims(op: string, shape: Shape, dims: number): void {
  if (shape.length >= dims) return;
  throw new ShapeError({ op, fact: `a shape of ${formatShape(shape)}`, rule: `an event has ${dims} dimensions` });
}
