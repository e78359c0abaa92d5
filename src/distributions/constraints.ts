// Constraints: which values a parameter may have and where samples lie. `check` answers on the device; the host looks with rules
// of its own at values that it knows already, so that a mistake throws at the call and nothing is read for it.
// https://pytorch.org/docs/stable/distributions.html#module-torch.distributions.constraints

import { full } from '../create/create.ts';
import { choleskyEx } from '../ops/linalg/cholesky.ts';
import { eigvalsh } from '../ops/linalg/spectral.ts';
import { cat as joined, stack as stacked } from '../ops/join.ts';
import { knownNow } from '../read.ts';
import { broadcastShapes, numelOf, type Shape } from '../shape.ts';
import { Tensor } from '../core/tensor.ts';
import { type HostRule, hostRules, type Kind } from './host-rules.ts';

type Bound = Tensor | number;

/** Values that are allowed: one answer for each event of `eventDim` dimensions. */
export abstract class Constraint {
  /** What registries of transforms know it by. */
  abstract readonly kind: string;
  readonly isDiscrete: boolean = false;
  /** How many dimensions are judged together. */
  readonly eventDim: number = 0;
  /** What a message asks for. */
  get rule(): string {
    return `it satisfies ${String(this)}`;
  }

  /** Whether values lie inside, for each event. */
  abstract check(value: Tensor): Tensor;

  /** The first value outside, of those that the host knows; null where it knows none. */
  firstOutside(_value: Tensor): number | null {
    return null;
  }

  toString(): string {
    return `${this.kind}()`;
  }
}

interface Rule {
  readonly check: (x: Tensor, ...bounds: Bound[]) => Tensor;
  readonly text: string;
  readonly discrete?: true;
  readonly eventDim?: number;
}

/** Whether every one of the last `dims` dimensions agrees. */
const allOf = (x: Tensor, dims: number): Tensor => (dims === 0 ? x : x.flatten(x.ndim - dims, -1).all(-1));
const whole = (x: Tensor): Tensor => x.remainder(1).eq(0);
const lowerTriangularOf = (x: Tensor): Tensor => allOf(x.tril().eq(x), 2);
const lowerCholeskyOf = (x: Tensor): Tensor => lowerTriangularOf(x).logicalAnd(x.diagonal(0, -2, -1).gt(0).all(-1));
const squareOf = (x: Tensor): Tensor =>
  full(x.shape.slice(0, -2), x.shape.at(-1) === x.shape.at(-2), { dtype: 'bool', device: x.device });
const symmetricOf = (x: Tensor): Tensor =>
  x.shape.at(-1) === x.shape.at(-2) ? allOf(x.isclose(x.mT, { atol: 1e-6 }), 2) : squareOf(x);

/** The rules on the device; those of the host stand in host-rules.ts under the same names. */
const rules: Readonly<Record<Kind, Rule>> = {
  Boolean: { check: (x) => x.eq(0).logicalOr(x.eq(1)), text: 'it is 0 or 1', discrete: true },
  OneHot: {
    check: (x) => x.eq(0).logicalOr(x.eq(1)).all(-1).logicalAnd(x.sum(-1).eq(1)),
    text: 'one entry is 1 and all others are 0',
    discrete: true,
    eventDim: 1,
  },
  IntegerInterval: {
    check: (x, low, high) => whole(x).logicalAnd(x.ge(low)).logicalAnd(x.le(high)),
    text: 'it is a whole number between',
    discrete: true,
  },
  IntegerGreaterThan: {
    check: (x, low) => whole(x).logicalAnd(x.ge(low)),
    text: 'it is a whole number of at least',
    discrete: true,
  },
  Real: { check: (x) => x.eq(x), text: 'it is a number, not NaN' },
  GreaterThan: { check: (x, low) => x.gt(low), text: 'it must be above' },
  GreaterThanEq: { check: (x, low) => x.ge(low), text: 'it must be at least' },
  LessThan: { check: (x, high) => x.lt(high), text: 'it must be below' },
  Interval: { check: (x, low, high) => x.ge(low).logicalAnd(x.le(high)), text: 'it lies between' },
  HalfOpenInterval: {
    check: (x, low, high) => x.ge(low).logicalAnd(x.lt(high)),
    text: 'it lies, the end excluded, between',
  },
  Simplex: {
    check: (x) => x.ge(0).all(-1).logicalAnd(x.sum(-1).sub(1).abs().lt(1e-6)),
    text: 'its last dimension is not negative and adds up to 1',
    eventDim: 1,
  },
  Multinomial: {
    check: (x, high) => x.ge(0).all(-1).logicalAnd(x.sum(-1).le(high)),
    text: 'its last dimension is not negative and adds up to at most',
    discrete: true,
    eventDim: 1,
  },
  LowerTriangular: { check: lowerTriangularOf, text: 'it is 0 above the diagonal', eventDim: 2 },
  LowerCholesky: {
    check: lowerCholeskyOf,
    text: 'it is 0 above the diagonal and positive on it',
    eventDim: 2,
  },
  CorrCholesky: {
    check: (x) => {
      const off = x.detach().square().sum(-1).sqrt().sub(1).abs();
      return lowerCholeskyOf(x).logicalAnd(off.le(2 ** -23 * (x.shape.at(-1) as number) * 10).all(-1));
    },
    text: 'it is lower triangular with rows of length 1 and a positive diagonal',
    eventDim: 2,
  },
  Square: { check: squareOf, text: 'its last two dimensions are equal', eventDim: 2 },
  Symmetric: { check: symmetricOf, text: 'it equals its transpose', eventDim: 2 },
  PositiveSemidefinite: {
    check: (x) => symmetricOf(x).logicalAnd(eigvalsh(x).ge(0).all(-1)),
    text: 'it is symmetric without negative eigenvalues',
    eventDim: 2,
  },
  PositiveDefinite: {
    check: (x) => symmetricOf(x).logicalAnd(choleskyEx(x).info.eq(0)),
    text: 'it is symmetric with positive eigenvalues',
    eventDim: 2,
  },
};

/** The names of the bounds of each kind that has some. */
const boundNames: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  IntegerInterval: ['lowerBound', 'upperBound'],
  IntegerGreaterThan: ['lowerBound'],
  GreaterThan: ['lowerBound'],
  GreaterThanEq: ['lowerBound'],
  LessThan: ['upperBound'],
  Interval: ['lowerBound', 'upperBound'],
  HalfOpenInterval: ['lowerBound', 'upperBound'],
  Multinomial: ['upperBound'],
};

/** A constraint of the tables above, with its bounds. */
class RuleConstraint extends Constraint {
  readonly kind: Kind;
  readonly bounds: readonly Bound[];
  override readonly isDiscrete: boolean;
  override readonly eventDim: number;

  constructor(kind: Kind, bounds: readonly Bound[]) {
    super();
    [this.kind, this.bounds] = [kind, bounds];
    this.isDiscrete = rules[kind].discrete ?? false;
    this.eventDim = rules[kind].eventDim ?? 0;
  }

  /** The least value, of kinds that have one. */
  get lowerBound(): Bound {
    return this.bounds[(boundNames[this.kind] ?? []).indexOf('lowerBound')];
  }

  /** The largest value, of kinds that have one. */
  get upperBound(): Bound {
    return this.bounds[(boundNames[this.kind] ?? []).indexOf('upperBound')];
  }

  override get rule(): string {
    if (this.kind === 'GreaterThan' && this.lowerBound === 0) return 'it must be positive';
    if (this.kind === 'GreaterThanEq' && this.lowerBound === 0) return 'it must not be negative';
    const shown = this.bounds.map((one) => {
      const known = one instanceof Tensor ? (knownNow(one) ?? []) : [one];
      return known.length > 0 && known.every((bound) => bound === known[0]) ? String(known[0]) : 'a bound for each';
    });
    return `${rules[this.kind].text}${shown.length > 0 ? ` ${shown.join(' and ')}` : ''}`;
  }

  check(value: Tensor): Tensor {
    return rules[this.kind].check(value, ...this.bounds);
  }

  override firstOutside(value: Tensor): number | null {
    if (value.ndim < this.eventDim) return null;
    const event = value.shape.slice(value.ndim - this.eventDim);
    const outer = value.shape.slice(0, value.ndim - this.eventDim);
    const tensors = this.bounds.filter((one) => one instanceof Tensor);
    const batch = broadcastShapes('distributions', outer, ...tensors.map((one) => one.shape));
    const numbers = knownNow(value.expand(...batch, ...event));
    if (numbers === null) return null;
    const bounds = this.bounds.map((one) => (one instanceof Tensor ? knownNow(one.expand(...batch)) : one));
    if (bounds.includes(null)) return null;
    return search(hostRules[this.kind], numbers, event, bounds as (number | ArrayLike<number>)[]);
  }

  override toString(): string {
    const shown = this.bounds.map(
      (one, at) => `${boundNames[this.kind]?.[at]}=${one instanceof Tensor ? `[${one.shape.join(', ')}]` : one}`,
    );
    return `${this.kind}(${shown.join(', ')})`;
  }
}

/** The first element of the first event that breaks a rule. */
function search(
  rule: HostRule,
  values: ArrayLike<number>,
  event: Shape,
  bounds: readonly (number | ArrayLike<number>)[],
): number | null {
  const size = numelOf(event);
  if (size === 0) return null;
  if (event.length === 0 && bounds.every((one) => typeof one === 'number')) {
    const all = values as readonly number[];
    const wrong = rule(all, [all.length], bounds);
    return wrong >= 0 ? all[wrong] : null;
  }
  for (let at = 0; at * size < values.length; at++) {
    const mine = Array.from({ length: size }, (_, inner) => values[at * size + inner]);
    const limits = bounds.map((one) => (typeof one === 'number' ? one : one[at]));
    const wrong = rule(mine, event, limits);
    if (wrong >= 0) return mine[wrong];
  }
  return null;
}

/** A constraint of which the last dimensions are judged together. */
class IndependentConstraint extends Constraint {
  readonly kind = 'Independent';
  override readonly isDiscrete: boolean;
  override readonly eventDim: number;
  readonly baseConstraint: Constraint;
  readonly reinterpretedBatchNdims: number;

  constructor(baseConstraint: Constraint, reinterpretedBatchNdims: number) {
    super();
    [this.baseConstraint, this.reinterpretedBatchNdims] = [baseConstraint, reinterpretedBatchNdims];
    this.isDiscrete = baseConstraint.isDiscrete;
    this.eventDim = baseConstraint.eventDim + reinterpretedBatchNdims;
  }

  override get rule(): string {
    return this.baseConstraint.rule;
  }

  check(value: Tensor): Tensor {
    return allOf(this.baseConstraint.check(value), this.reinterpretedBatchNdims);
  }

  override firstOutside(value: Tensor): number | null {
    return this.baseConstraint.firstOutside(value);
  }

  override toString(): string {
    return `Independent(${String(this.baseConstraint)}, ${this.reinterpretedBatchNdims})`;
  }
}

/** Parts of a dimension, each under a constraint of its own. */
class PartsConstraint extends Constraint {
  readonly kind: 'Cat' | 'Stack';
  override readonly isDiscrete: boolean;
  override readonly eventDim: number;
  readonly parts: readonly Constraint[];
  readonly dim: number;
  /** How long each part is along the dimension; parts of a stack take one place and lose the dimension. */
  readonly lengths: readonly number[];

  constructor(kind: 'Cat' | 'Stack', parts: readonly Constraint[], dim: number, lengths: readonly number[] | null) {
    super();
    [this.kind, this.parts, this.dim] = [kind, parts, dim];
    this.lengths = lengths ?? parts.map(() => 1);
    this.isDiscrete = parts.some((one) => one.isDiscrete);
    const deepest = Math.max(...parts.map((one) => one.eventDim));
    this.eventDim = kind === 'Stack' && dim + deepest < 0 ? deepest + 1 : deepest;
  }

  check(value: Tensor): Tensor {
    if (this.kind === 'Stack') {
      return stacked(
        this.parts.map((one, at) => one.check(value.select(this.dim, at))),
        this.dim,
      );
    }
    let start = 0;
    const checks = this.parts.map((one, at) => {
      const part = value.narrow(this.dim, start, this.lengths[at]);
      start += this.lengths[at];
      return one.check(part);
    });
    return joined(checks, this.dim);
  }
}

export type { IndependentConstraint, PartsConstraint, RuleConstraint };

const made = (kind: Kind, ...bounds: Bound[]): RuleConstraint => new RuleConstraint(kind, bounds);

/** 0 or 1. */
export const boolean = made('Boolean');
/** A vector that is 1 at one place and 0 elsewhere. */
export const oneHot = made('OneHot');
/** 0, 1, 2, .. */
export const nonnegativeInteger = made('IntegerGreaterThan', 0);
/** 1, 2, 3, .. */
export const positiveInteger = made('IntegerGreaterThan', 1);
/** Whole numbers from lowerBound to upperBound, both included. */
export const integerInterval = (lowerBound: Bound, upperBound: Bound) =>
  made('IntegerInterval', lowerBound, upperBound);
/** Any number but NaN. */
export const real = made('Real');
/** Above 0. */
export const positive = made('GreaterThan', 0);
/** 0 or above. */
export const nonnegative = made('GreaterThanEq', 0);
/** Above a bound. */
export const greaterThan = (lowerBound: Bound) => made('GreaterThan', lowerBound);
/** A bound or above. */
export const greaterThanEq = (lowerBound: Bound) => made('GreaterThanEq', lowerBound);
/** Below a bound. */
export const lessThan = (upperBound: Bound) => made('LessThan', upperBound);
/** Counts that add up to upperBound at most. */
export const multinomial = (upperBound: Bound) => made('Multinomial', upperBound);
/** From 0 to 1, both included. */
export const unitInterval = made('Interval', 0, 1);
/** From lowerBound to upperBound, both included. */
export const interval = (lowerBound: Bound, upperBound: Bound) => made('Interval', lowerBound, upperBound);
/** From lowerBound to upperBound, which is excluded. */
export const halfOpenInterval = (lowerBound: Bound, upperBound: Bound) =>
  made('HalfOpenInterval', lowerBound, upperBound);
/** Shares: the last dimension is not negative and adds up to 1. */
export const simplex = made('Simplex');
/** Matrices with zeros above the diagonal. */
export const lowerTriangular = made('LowerTriangular');
/** Such with a positive diagonal. */
export const lowerCholesky = made('LowerCholesky');
/** Such with rows of length 1: the lower factors of correlation matrices. */
export const corrCholesky = made('CorrCholesky');
/** Square matrices. */
export const square = made('Square');
/** Matrices that equal their transposes. */
export const symmetric = made('Symmetric');
/** Symmetric matrices without negative eigenvalues. */
export const positiveSemidefinite = made('PositiveSemidefinite');
/** Symmetric matrices with positive eigenvalues. */
export const positiveDefinite = made('PositiveDefinite');
/** The last `reinterpretedBatchNdims` dimensions are one event. */
export const independent = (baseConstraint: Constraint, reinterpretedBatchNdims: number) =>
  new IndependentConstraint(baseConstraint, reinterpretedBatchNdims);
/** Vectors of any numbers but NaN. */
export const realVector = independent(real, 1);
/** Parts one behind the other along a dimension. */
export const cat = (cseq: readonly Constraint[], dim = 0, lengths: readonly number[] | null = null) =>
  new PartsConstraint('Cat', cseq, dim, lengths);
/** Parts that are the places of a dimension. */
export const stack = (cseq: readonly Constraint[], dim = 0) => new PartsConstraint('Stack', cseq, dim, null);
