// What all distributions share: the shapes of a batch of them and of one event, drawing without a place on the tape, and how
// parameters become tensors of one shape. https://pytorch.org/docs/stable/distributions.html#torch.distributions.distribution.Distribution

import { noGrad } from '../autograd/autograd.ts';
import { tensor } from '../create/create.ts';
import { ArgumentError, NotImplementedError } from '../errors.ts';
import { broadcastShapes, type Shape } from '../shape.ts';
import { describe } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';

/** A parameter as it is given: a tensor, or a number for all. */
export type Parameter = Tensor | number;

/** The machine epsilon of float32: probabilities are held this far from 0 and 1 before their logarithm is taken. */
export const epsilon = 2 ** -23;

/** Distributions over events of `eventShape`, one for each element of `batchShape`. */
export abstract class Distribution {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  /** Whether samples have a gradient with respect to the parameters. */
  readonly hasRsample: boolean = false;

  constructor(batchShape: Shape, eventShape: Shape = []) {
    this.batchShape = [...batchShape];
    this.eventShape = [...eventShape];
  }

  abstract get mean(): Tensor;
  abstract get variance(): Tensor;
  /** The logarithm of the density, or of the probability, at `value`. */
  abstract logProb(value: Parameter): Tensor;
  /** The same distribution for a larger batch. */
  abstract expand(batchShape: Shape): Distribution;

  /** How draws are made: samples of a shape. */
  protected abstract draw(shape: Shape): Tensor;

  get stddev(): Tensor {
    return this.variance.sqrt();
  }

  /** Samples of shape sampleShape + batchShape + eventShape, without gradient, as PyTorch draws them from the same seed. */
  sample(sampleShape: Shape = []): Tensor {
    return noGrad(() => this.draw(this.shapeFor(sampleShape)));
  }

  /** Samples through which gradients flow to the parameters. */
  rsample(sampleShape: Shape = []): Tensor {
    if (this.hasRsample) return this.draw(this.shapeFor(sampleShape));
    throw new NotImplementedError({
      op: `${this.name()}.rsample`,
      fact: 'samples without a gradient',
      rule: 'they do not follow the parameters smoothly, or how is not known here',
      cure: 'Use sample(), and logProb(value) for the gradient.',
    });
  }

  /** The entropy, in nats. */
  entropy(): Tensor {
    throw new NotImplementedError({
      op: `${this.name()}.entropy`,
      fact: 'no closed form',
      rule: 'PyTorch has none either',
    });
  }

  /** The shape of samples: sampleShape + batchShape + eventShape. */
  protected shapeFor(sampleShape: Shape): Shape {
    if (!Array.isArray(sampleShape) || !sampleShape.every((size) => Number.isInteger(size) && size >= 0)) {
      throw new ArgumentError({
        op: `${this.name()}.sample`,
        fact: `sampleShape is ${describe(sampleShape)}`,
        rule: 'it is a list of sizes',
      });
    }
    return [...sampleShape, ...this.batchShape, ...this.eventShape];
  }

  /** What messages call it. */
  protected name(): string {
    return `distributions.${this.constructor.name}`;
  }

  toString(): string {
    return `${this.constructor.name}(batch_shape: [${this.batchShape.join(', ')}], event_shape: [${this.eventShape.join(', ')}])`;
  }

  /** What Node's console.log shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** A tensor for a parameter or a value, on the device and of the dtype of `like`. */
export function asTensor(value: Parameter, like: Tensor): Tensor {
  return value instanceof Tensor ? value : tensor(value, { dtype: like.dtype, device: like.device });
}

/** Parameters as tensors of one shape. */
export function together(op: string, ...given: readonly Parameter[]): Tensor[] {
  const wrong = given.find((one) => !(one instanceof Tensor) && typeof one !== 'number');
  if (wrong !== undefined) {
    throw new ArgumentError({
      op,
      fact: `a parameter is ${describe(wrong)}`,
      rule: 'parameters are tensors or numbers',
    });
  }
  const first = given.find((one) => one instanceof Tensor);
  const tensors = given.map((one) =>
    one instanceof Tensor ? one : first === undefined ? tensor(one) : asTensor(one, first),
  );
  const shape = broadcastShapes(op, ...tensors.map((one) => one.shape));
  return tensors.map((one) => one.expand(...shape));
}

/** Throws where a number breaks a rule. Tensors are not looked at, for their values are on the device. */
export function demand(
  op: string,
  name: string,
  value: Parameter,
  holds: (value: number) => boolean,
  rule: string,
): void {
  if (value instanceof Tensor || holds(value)) return;
  throw new ArgumentError({ op, fact: `${name} is ${value}`, rule });
}

/** What is given of probabilities: themselves, or their logits. */
export interface ProbsOrLogits {
  readonly probs?: Parameter | null;
  readonly logits?: Parameter | null;
}

/** The one of probs and logits that was given. */
export function oneOf(op: string, probs: Parameter | null, logits: Parameter | null): Parameter {
  if ((probs === null) !== (logits === null)) return (probs ?? logits) as Parameter;
  throw new ArgumentError({
    op,
    fact: probs === null ? 'neither probs nor logits' : 'both probs and logits',
    rule: 'one of them is given',
  });
}
