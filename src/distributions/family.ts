// Distributions as tables: a list of parameters and formulas over them become a class. The class binds its arguments by the list,
// broadcasts the parameters to one batch, checks them, and has a member for each formula. Knows no distribution.

import { ShapeError } from '../errors.ts';
import { broadcastShapes, formatShape, type Shape } from '../shape.ts';
import { type Args, bind, optional, type Param } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import type { Constraint } from './constraints.ts';
import {
  Distribution,
  ExponentialFamily,
  oneOf,
  type Parameter,
  parameter,
  tensorsOf,
  validateArgsParam,
} from './distribution.ts';
import { derived } from './host.ts';
import { TransformedDistribution } from './transformed.ts';
import type { Transform } from './transform.ts';

/** A parameter of the signature, with what it must be. */
export interface ConstrainedParam<N extends string = string, V = unknown, O extends boolean = boolean> extends Param<
  N,
  V,
  O
> {
  readonly constraint: Constraint;
  /** It takes no part in the shape of the batch. */
  readonly free?: true;
}

/** A parameter that must be given. */
export const param = <N extends string>(name: N, constraint: Constraint): ConstrainedParam<N, Parameter, false> => ({
  ...parameter(name),
  constraint,
});

/** A parameter with a default. */
export const paramOr = <N extends string>(
  name: N,
  constraint: Constraint,
  fallback: number,
): ConstrainedParam<N, Parameter, true> => ({
  ...(optional(parameter(name), fallback) as Param<N, Parameter, true>),
  constraint,
});

/** A parameter that another may stand for: probs and logits. */
export const paramOrOther = <N extends string>(
  name: N,
  constraint: Constraint,
): ConstrainedParam<N, Parameter | null, true> => ({ ...optional(parameter(name), null), constraint });

type Parameters = readonly ConstrainedParam[];
/** The parameters of a distribution, as tensors of its batch. */
export type Held<P extends Parameters> = { readonly [K in P[number]['name']]: Tensor };

/** Formulas over a distribution `d`; `x` is a value. */
export interface Formulas<D> {
  readonly support?: Constraint | ((d: D) => Constraint);
  readonly mean?: (d: D) => Tensor;
  readonly mode?: (d: D) => Tensor;
  readonly variance?: (d: D) => Tensor;
  readonly stddev?: (d: D) => Tensor;
  readonly entropy?: (d: D) => Tensor;
  readonly logProb?: (d: D, x: Tensor) => Tensor;
  readonly cdf?: (d: D, x: Tensor) => Tensor;
  readonly icdf?: (d: D, x: Tensor) => Tensor;
  /** All values, along the first dimension. */
  readonly enumerateSupport?: (d: D) => Tensor;
}

/** Formulas of a distribution that draws by itself. */
export interface OwnFormulas<D> extends Formulas<D> {
  /** Samples of a shape: sampleShape + batchShape + eventShape. */
  readonly draw: (d: D, shape: Shape, sampleShape: Shape) => Tensor;
  /** Gradients do not flow through samples. */
  readonly rsample?: false;
  /** What parameters must be beside others. */
  readonly dependent?: (d: D) => Readonly<Record<string, Constraint>>;
  /** Of an exponential family: its natural parameters, and the logarithm of its normaliser. */
  readonly natural?: (d: D) => readonly Tensor[];
  readonly logNormalizer?: (...params: readonly Tensor[]) => Tensor;
  readonly meanCarrierMeasure?: number;
  /** How many of the last dimensions of the last parameter are the event. */
  readonly eventDim?: number;
}

/** Formulas of a distribution that transforms the samples of another. */
export interface ChangedFormulas<D, H> extends Formulas<D> {
  /** The distribution that is transformed, from the parameters. */
  readonly base: (d: H) => Distribution;
  readonly transforms: (d: H) => readonly Transform[];
}

/** How probs and logits follow from each other. */
export interface Pair {
  readonly toLogits: (probs: Tensor) => Tensor;
  readonly toProbs: (logits: Tensor) => Tensor;
  /** What is kept of probs, of logits, that were given. */
  readonly probs?: (given: Tensor) => Tensor;
  readonly logits?: (given: Tensor) => Tensor;
}

type ArgsOf<P extends Parameters> = Args<[...P, typeof validateArgsParam]>;
/** The same distribution for a larger batch. */
interface Expandable {
  expand(batchShape: Shape): this;
}
export type FamilyClass<P extends Parameters, B> = new (...args: ArgsOf<P>) => Expandable & B & Held<P>;

interface Settled {
  readonly batchShape: Shape;
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** As they were given, for checks. */
  readonly given: Readonly<Record<string, Tensor>>;
  readonly validateArgs: boolean | null;
}

/** The given parameters, broadcast to one batch; the last `constraint.eventDim` dimensions of each are its own. */
function settle(op: string, parameters: Parameters, pair: Pair | null, args: readonly unknown[]): Settled {
  const values = bind(op, [...parameters, validateArgsParam], args);
  const validateArgs = values.pop() as boolean | null;
  if (pair !== null) {
    const [probs, logits] = ['probs', 'logits'].map(
      (name) => values[parameters.findIndex((one) => one.name === name)] as Parameter | null,
    );
    oneOf(op, probs, logits);
  }
  const used = parameters.map((parameter, at) => ({ parameter, value: values[at] as Parameter | null }));
  const present = used.filter((one): one is { parameter: ConstrainedParam; value: Parameter } => one.value !== null);
  const given = tensorsOf(
    op,
    present.map((one) => one.value),
  );
  const own = present.map(({ parameter }) => parameter.constraint.eventDim);
  given.forEach((one, at) => {
    if (one.ndim >= own[at]) return;
    throw new ShapeError({
      op,
      fact: `${present[at].parameter.name} of shape ${formatShape(one.shape)}`,
      rule: `the last ${own[at] === 1 ? 'dimension is' : `${own[at]} dimensions are`} that of an event`,
    });
  });
  const outer = given.map((one, at) => (present[at].parameter.free ? [] : one.shape.slice(0, one.ndim - own[at])));
  const batchShape = broadcastShapes(op, ...outer);
  const names = present.map(({ parameter }) => parameter.name);
  const expanded = given.map((one, at) => {
    const shape = [...batchShape, ...one.shape.slice(one.ndim - own[at])];
    const larger = present[at].parameter.free ? one : one.expand(...shape);
    const keep = names[at] === 'probs' ? pair?.probs : names[at] === 'logits' ? pair?.logits : undefined;
    return keep === undefined ? larger : keep(larger);
  });
  const named = (tensors: readonly Tensor[]) => Object.fromEntries(names.map((name, at) => [name, tensors[at]]));
  return { batchShape, tensors: named(expanded), given: named(given), validateArgs };
}

/** Gives an instance its parameters. */
function hold(instance: Distribution, parameters: Parameters, { tensors }: Settled, pair: Pair | null): void {
  Object.assign(instance, tensors);
  Object.assign(instance, { argConstraints: Object.fromEntries(parameters.map((one) => [one.name, one.constraint])) });
  if (pair === null) return;
  // The one that was not given is computed when it is asked for.
  const { probs, logits } = tensors;
  const [missing, get] =
    probs === undefined
      ? ['probs', () => derived((one) => pair.toProbs(one), logits)]
      : ['logits', () => derived((one) => pair.toLogits(one), probs)];
  Object.defineProperty(instance, missing, { get, configurable: true });
}

/** The arguments that make the same distribution for a larger batch. */
function expandedArgs(parameters: Parameters, { tensors, validateArgs }: Settled, shape: Shape) {
  const entries = Object.entries(tensors).map(([name, one]) => {
    const known = parameters.find((found) => found.name === name) as ConstrainedParam;
    if (known.free) return [name, one] as const;
    const own = known.constraint.eventDim;
    return [name, one.expand(...shape, ...one.shape.slice(one.ndim - own))] as const;
  });
  return { ...Object.fromEntries(entries), validateArgs };
}

/** Puts a member for each formula on the prototype of a class. */
function install<D extends Distribution>(prototype: D, parameters: Parameters, formulas: Formulas<D>): void {
  const { support, enumerateSupport } = formulas;
  const members: object & ThisType<D> = {
    /** A tensor from which numbers take dtype and device. */
    like() {
      return (this as unknown as Readonly<Record<string, Tensor>>)[parameters[0].name];
    },
    get support() {
      return typeof support === 'function' ? support(this) : support;
    },
    get mean() {
      return formulas.mean?.(this);
    },
    get mode() {
      return formulas.mode?.(this);
    },
    get variance() {
      return formulas.variance?.(this);
    },
    get stddev() {
      return formulas.stddev?.(this);
    },
    entropy() {
      return formulas.entropy?.(this);
    },
    logProb(value: Parameter) {
      return formulas.logProb?.(this, this['checkedValue']('logProb', value));
    },
    cdf(value: Parameter) {
      return formulas.cdf?.(this, this['checkedValue']('cdf', value));
    },
    icdf(value: Parameter) {
      return formulas.icdf?.(this, this['tensorOf'](value));
    },
    enumerateSupport(expand = true) {
      const values = enumerateSupport?.(this) as Tensor;
      const shaped = values.view(values.shape[0], ...this.batchShape.map(() => 1), ...this.eventShape);
      return expand ? shaped.expand(values.shape[0], ...this.batchShape, ...this.eventShape) : shaped;
    },
  };
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(members))) {
    if (name !== 'like' && !(name in formulas)) continue;
    Object.defineProperty(prototype, name, { ...descriptor, enumerable: false });
  }
}

/** The class of a distribution that draws by itself. */
export function family<const P extends Parameters>(
  parameters: P,
  formulas: OwnFormulas<Distribution & Held<P>>,
  pair: Pair | null = null,
): FamilyClass<P, Distribution> {
  type Made = Distribution & Held<P>;
  const { draw, rsample, dependent, natural, logNormalizer, meanCarrierMeasure, eventDim = 0 } = formulas;
  const Base: typeof Distribution = natural === undefined ? Distribution : ExponentialFamily;
  class Family extends Base {
    override readonly hasRsample = rsample ?? true;
    override readonly hasEnumerateSupport = formulas.enumerateSupport !== undefined;
    readonly #settled: Settled;

    constructor(...args: readonly unknown[]) {
      const settled = settle(`distributions.${new.target.name}`, parameters, pair, args);
      const last = Object.values(settled.tensors).at(-1) as Tensor;
      super(settled.batchShape, last.shape.slice(last.ndim - eventDim), settled.validateArgs);
      this.#settled = settled;
      hold(this, parameters, settled, pair);
      this.checkParameters(settled.given);
      if (dependent !== undefined) this.checkParameters(settled.given, dependent(this as unknown as Made));
    }

    protected override draw(sampleShape: Shape): Tensor {
      return draw(this as unknown as Made, this.shapeFor(sampleShape), sampleShape);
    }

    override expand(batchShape: Shape): this {
      const Class = this.constructor as new (options: object) => this;
      return new Class(expandedArgs(parameters, this.#settled, batchShape));
    }
  }
  const { prototype } = Family;
  if (natural !== undefined && logNormalizer !== undefined) {
    Object.defineProperty(prototype, 'naturalParams', {
      get(this: Made) {
        return natural(this);
      },
    });
    Object.defineProperty(prototype, 'logNormalizer', { value: logNormalizer });
    if (meanCarrierMeasure !== undefined)
      Object.defineProperty(prototype, 'meanCarrierMeasure', { value: meanCarrierMeasure });
  }
  install(prototype as unknown as Made, parameters, formulas);
  return Family as unknown as FamilyClass<P, Distribution>;
}

/** The class of a distribution whose samples are transformed samples of another. */
export function transformedFamily<const P extends Parameters>(
  parameters: P,
  formulas: ChangedFormulas<TransformedDistribution & Held<P>, Held<P>>,
  pair: Pair | null = null,
): FamilyClass<P, TransformedDistribution> {
  type Made = TransformedDistribution & Held<P>;
  class Family extends TransformedDistribution {
    readonly #settled: Settled;

    constructor(...args: readonly unknown[]) {
      const settled = settle(`distributions.${new.target.name}`, parameters, pair, args);
      const held = settled.tensors as Held<P>;
      super(formulas.base(held), [...formulas.transforms(held)], settled.validateArgs);
      this.#settled = settled;
      hold(this, parameters, settled, pair);
      this.checkParameters(settled.given);
    }

    override expand(batchShape: Shape): this {
      const Class = this.constructor as new (options: object) => this;
      return new Class(expandedArgs(parameters, this.#settled, batchShape));
    }
  }
  install(Family.prototype as unknown as Made, parameters, formulas);
  return Family as unknown as FamilyClass<P, TransformedDistribution>;
}
