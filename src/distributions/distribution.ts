// What all distributions share: the shapes of a batch of them and of one event, drawing without a place on the tape, the check of
// values, and how parameters become tensors of one shape.
// https://pytorch.org/docs/stable/distributions.html#torch.distributions.distribution.Distribution

import { grad, noGrad } from '../autograd/autograd.ts';
import { tensor } from '../create/create.ts';
import { isFloat } from '../dtype.ts';
import { ArgumentError, NotImplementedError, ShapeError } from '../errors.ts';
import { pythonText, snakeCase } from '../host/python.ts';
import { broadcastShapes, formatShape, sameShape, type Shape } from '../shape.ts';
import { describe, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import type { Constraint } from './constraints.ts';

/** A parameter as it is given: a tensor, or a number for all. */
export type Parameter = Tensor | number;

/** A parameter of a signature. */
export const parameter = <N extends string>(name: N) =>
  p.custom<Parameter>()(name, 'a tensor or a number', (value) => typeof value === 'number' || value instanceof Tensor);

/** The machine epsilon of a dtype: probabilities are held this far from 0 and 1 before their logarithm is taken. */
export const epsilonOf = ({ dtype }: Tensor): number => (dtype === 'float64' ? 2 ** -52 : 2 ** -23);
/** The smallest normal number of a dtype. */
export const tinyOf = ({ dtype }: Tensor): number => (dtype === 'float64' ? 2 ** -1022 : 2 ** -126);
/** The Euler-Mascheroni constant. */
export const eulerGamma = 0.5772156649015329;

/** The last parameter of every distribution. */
export const validateArgsParam = optional(p.bool('validateArgs'), null);

let validatesByDefault = true;

/** Distributions over events of `eventShape`, one for each element of `batchShape`. */
export abstract class Distribution {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  /** Whether parameters and values are checked, where the host knows them. */
  readonly validateArgs: boolean;
  /** Whether samples have a gradient with respect to the parameters. */
  readonly hasRsample: boolean = false;
  /** Whether `enumerateSupport` lists all values. */
  readonly hasEnumerateSupport: boolean = false;
  /** What each parameter must be. */
  readonly argConstraints: Readonly<Record<string, Constraint>> = {};

  constructor(batchShape: Shape = [], eventShape: Shape = [], validateArgs: boolean | null = null) {
    this.batchShape = [...batchShape];
    this.eventShape = [...eventShape];
    this.validateArgs = validateArgs ?? validatesByDefault;
  }

  /** Whether distributions check what they are given; true at the start. */
  static setDefaultValidateArgs(value: boolean): void {
    validatesByDefault = value;
  }

  /** Where samples lie. */
  get support(): Constraint {
    throw this.missing('support');
  }

  get mean(): Tensor {
    throw this.missing('mean');
  }

  /** The most probable value. */
  get mode(): Tensor {
    throw this.missing('mode');
  }

  get variance(): Tensor {
    throw this.missing('variance');
  }

  get stddev(): Tensor {
    return this.variance.sqrt();
  }

  /** How draws are made: samples for a shape in front of batch and event. */
  protected draw(_sampleShape: Shape): Tensor {
    throw this.missing('sample');
  }

  /** Samples of shape sampleShape + batchShape + eventShape, without gradient, as PyTorch draws them from the same seed. */
  sample(sampleShape: Shape = []): Tensor {
    this.requireSizes(sampleShape);
    return noGrad(() => (this.hasRsample ? this.rsample(sampleShape) : this.draw(sampleShape)));
  }

  /** Samples through which gradients flow to the parameters. */
  rsample(sampleShape: Shape = []): Tensor {
    this.requireSizes(sampleShape);
    if (this.hasRsample) return this.draw(sampleShape);
    throw new NotImplementedError({
      op: `${this.name()}.rsample`,
      fact: 'samples without a gradient',
      rule: 'they do not follow the parameters smoothly',
      cure: 'Use sample(), and logProb(value) for the gradient.',
    });
  }

  /** The logarithm of the density, or of the probability, at `value`. */
  logProb(_value: Parameter): Tensor {
    throw this.missing('logProb');
  }

  /** The probability of values up to this one. */
  cdf(_value: Parameter): Tensor {
    throw this.missing('cdf');
  }

  /** The value up to which a probability lies. */
  icdf(_value: Parameter): Tensor {
    throw this.missing('icdf');
  }

  /** All values, along a new first dimension; for the whole batch, or of size 1 where `expand` is false. */
  enumerateSupport(_expand = true): Tensor {
    throw this.missing('enumerateSupport');
  }

  /** The entropy, in nats. */
  entropy(): Tensor {
    throw this.missing('entropy');
  }

  /** The exponential of the entropy. */
  perplexity(): Tensor {
    return this.entropy().exp();
  }

  /** The same distribution for a larger batch. */
  expand(_batchShape: Shape): Distribution {
    throw this.missing('expand');
  }

  /** The shape of samples: sampleShape + batchShape + eventShape. */
  protected shapeFor(sampleShape: Shape): Shape {
    return [...sampleShape, ...this.batchShape, ...this.eventShape];
  }

  private requireSizes(sampleShape: Shape): void {
    if (Array.isArray(sampleShape) && sampleShape.every((size) => Number.isInteger(size) && size >= 0)) return;
    throw new ArgumentError({
      op: `${this.name()}.sample`,
      fact: `sampleShape is ${describe(sampleShape)}`,
      rule: 'it is a list of sizes',
    });
  }

  /** Throws where parameters that the host knows break their constraints. */
  protected checkParameters(given: Readonly<Record<string, Tensor>>, constraints = this.argConstraints): void {
    if (!this.validateArgs) return;
    for (const [name, value] of Object.entries(given)) {
      const constraint = constraints[name] as Constraint | undefined;
      const wrong = constraint?.firstOutside(value) ?? null;
      if (constraint === undefined || wrong === null) continue;
      throw new ArgumentError({
        op: this.name(),
        fact: `${name} is ${wrong}${value.ndim > 0 ? ` in a tensor of shape ${formatShape(value.shape)}` : ''}`,
        rule: constraint.rule,
        cure: 'validateArgs: false turns the check off.',
      });
    }
  }

  /** A parameter, from which numbers take dtype and device. */
  protected like(): Tensor | null {
    return null;
  }

  /** A value or a probability as a tensor. */
  protected tensorOf(value: Parameter): Tensor {
    const like = this.like();
    return value instanceof Tensor ? value : like === null ? tensor(value) : asTensor(value, like);
  }

  /** A value as a tensor, of a shape and inside the support as far as the host knows. */
  protected checkedValue(op: string, value: Parameter): Tensor {
    const given = this.tensorOf(value);
    if (!this.validateArgs) return given;
    const { batchShape, eventShape } = this;
    if (!sameShape(given.shape.slice(given.ndim - Math.min(eventShape.length, given.ndim)), eventShape)) {
      throw new ShapeError({
        op: `${this.name()}.${op}`,
        fact: `a value of shape ${formatShape(given.shape)}`,
        rule: `its last dimensions are those of an event, ${formatShape(eventShape)}`,
      });
    }
    broadcastShapes(`${this.name()}.${op}`, given.shape, [...batchShape, ...eventShape]);
    const wrong = this.support.firstOutside(given);
    if (wrong === null) return given;
    throw new ArgumentError({
      op: `${this.name()}.${op}`,
      fact: `the value ${wrong}, which is outside of the support`,
      rule: this.support.rule,
      cure: 'validateArgs: false turns the check off.',
    });
  }

  /** The error of what this distribution has no formula for. */
  protected missing(what: string): NotImplementedError {
    return new NotImplementedError({
      op: `${this.name()}.${what}`,
      fact: 'no closed form',
      rule: 'PyTorch has none either',
    });
  }

  /** What messages call it. */
  protected name(): string {
    return `distributions.${this.constructor.name}`;
  }

  /** PyTorch's text, with the values of parameters of one element, which are read, and the sizes of others. */
  async repr(): Promise<string> {
    const held = Object.keys(this.argConstraints).flatMap((name) => {
      const value: unknown = Object.getOwnPropertyDescriptor(this, name)?.value;
      return value instanceof Tensor ? [{ name, value }] : [];
    });
    if (held.length === 0) return this.toString();
    const texts = held.map(async ({ name, value }) => `${snakeCase(name)}: ${await parameterText(value)}`);
    return `${this.constructor.name}(${(await Promise.all(texts)).join(', ')})`;
  }

  toString(): string {
    return `${this.constructor.name}(batch_shape: [${this.batchShape.join(', ')}], event_shape: [${this.eventShape.join(', ')}])`;
  }

  /** What Node's console.log shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/**
 * Densities h(x) exp(<natural parameters, statistics of x> - logNormalizer). Entropies and divergences follow from the gradient of
 * the normaliser (Bregman divergences). https://pytorch.org/docs/stable/distributions.html#exponentialfamily
 */
export abstract class ExponentialFamily extends Distribution {
  /** The natural parameters. */
  get naturalParams(): readonly Tensor[] {
    throw this.missing('naturalParams');
  }

  /** The logarithm of the normalising constant, from natural parameters. */
  logNormalizer(..._naturalParams: readonly Tensor[]): Tensor {
    throw this.missing('logNormalizer');
  }

  /** The mean of log h(x). */
  get meanCarrierMeasure(): number {
    throw this.missing('meanCarrierMeasure');
  }

  /** The natural parameters as leaves, the normaliser at them, and its gradient, which is the mean of the statistics. */
  normalizerAndSlopes(): {
    readonly params: readonly Tensor[];
    readonly normalizer: Tensor;
    readonly slopes: readonly Tensor[];
  } {
    const params = this.naturalParams.map((one) => one.detach().requiresGrad_());
    const normalizer = this.logNormalizer(...params);
    return { params, normalizer, slopes: grad(normalizer.sum(), params, null, { createGraph: true }) };
  }

  override entropy(): Tensor {
    const { params, normalizer, slopes } = this.normalizerAndSlopes();
    const rank = this.batchShape.length;
    return params.reduce(
      (total, one, at) => total.sub(sumRightmost(one.mul(slopes[at]), one.ndim - rank)),
      normalizer.sub(this.meanCarrierMeasure),
    );
  }
}

/** The sum over the last `dims` dimensions. */
export function sumRightmost(x: Tensor, dims: number): Tensor {
  return dims === 0 ? x : x.reshape(...x.shape.slice(0, x.ndim - dims), -1).sum(-1);
}

/** A tensor for a parameter or a value, on the device and of the dtype of `like`. */
export function asTensor(value: Parameter, like: Tensor): Tensor {
  return value instanceof Tensor ? value : tensor(value, { dtype: like.dtype, device: like.device });
}

/** Parameters as tensors: numbers take dtype and device of the first tensor. */
export function tensorsOf(op: string, given: readonly Parameter[]): Tensor[] {
  const wrong = given.find((one) => !(one instanceof Tensor) && typeof one !== 'number');
  if (wrong !== undefined) {
    throw new ArgumentError({
      op,
      fact: `a parameter is ${describe(wrong)}`,
      rule: 'parameters are tensors or numbers',
    });
  }
  const first = given.find((one) => one instanceof Tensor);
  return given.map((one) => (one instanceof Tensor ? one : first === undefined ? tensor(one) : asTensor(one, first)));
}

/** The one of probs and logits that was given. */
export function oneOf<T>(op: string, probs: T | null, logits: T | null): T {
  if ((probs === null) !== (logits === null)) return (probs ?? logits) as T;
  throw new ArgumentError({
    op,
    fact: probs === null ? 'neither probs nor logits' : 'both probs and logits',
    rule: 'one of them is given',
  });
}

/** A parameter as PyTorch's texts of distributions have it: a number as Python writes it, the size of several. */
async function parameterText(value: Tensor): Promise<string> {
  if (value.numel() > 1) return `torch.Size([${value.shape.join(', ')}])`;
  if (value.ndim > 0) return value.repr();
  const number = await value.item();
  return isFloat(value.dtype) && Number.isInteger(number) ? `${number}.0` : pythonText(number);
}
