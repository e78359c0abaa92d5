// Distributions over a few categories: one of them, or how often each came in several draws.

import { noGrad } from '../autograd/autograd.ts';
import { fullLike, zeros } from '../create/create.ts';
import { drawCategories } from '../create/counts.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { logSoftmax } from '../ops/nn.ts';
import { formatShape, numelOf, type Shape } from '../shape.ts';
import { type Args, bind, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { asTensor, Distribution, epsilon, oneOf, type Parameter } from './distribution.ts';
import { Binomial } from './discrete.ts';

const probsParam = optional(p.tensor('probs'), null);
const logitsParam = optional(p.tensor('logits'), null);
const signature = [probsParam, logitsParam] as const;

/** The normalised probabilities and their logarithms; the last dimension is that of the categories. */
class Shares {
  readonly probs: Tensor;
  readonly logits: Tensor;

  constructor(op: string, probs: Tensor | null, logits: Tensor | null) {
    const given = oneOf(op, probs, logits) as Tensor;
    if (given.shape.length === 0) {
      throw new ShapeError({
        op,
        fact: `${probs === null ? 'logits' : 'probs'} of shape ${formatShape(given.shape)}`,
        rule: 'the last dimension is that of the categories',
      });
    }
    if (probs !== null) {
      this.probs = probs.div(probs.sum(-1, true));
      this.logits = this.probs.clamp(epsilon, 1 - epsilon).log();
    } else {
      this.logits = logSoftmax(given, -1);
      this.probs = this.logits.exp();
    }
  }

  get batchShape(): Shape {
    return this.probs.shape.slice(0, -1);
  }

  get count(): number {
    return this.probs.shape[this.probs.shape.length - 1];
  }

  /** -sum p log p. */
  entropy(): Tensor {
    return this.logits.mul(this.probs).sum(-1).neg();
  }

  /** Draws of categories: (sampleShape, batchShape), int32. */
  draw(sampleShape: Shape): Tensor {
    const samples = numelOf(sampleShape);
    const rows = drawCategories(this.probs.reshape(-1, this.count), samples);
    return rows.t().reshape([...sampleShape, ...this.batchShape]);
  }
}

/** One of several categories, by its number (int32). https://pytorch.org/docs/stable/distributions.html#categorical */
export class Categorical extends Distribution {
  readonly #shares: Shares;
  readonly #byProbs: boolean;

  constructor(...args: Args<typeof signature>) {
    const op = 'distributions.Categorical';
    const [probs, logits] = bind(op, signature, args) as [Tensor | null, Tensor | null];
    const shares = new Shares(op, probs, logits);
    super(shares.batchShape);
    this.#shares = shares;
    this.#byProbs = probs !== null;
  }

  get probs(): Tensor {
    return this.#shares.probs;
  }

  get logits(): Tensor {
    return this.#shares.logits;
  }

  /** NaN: numbers of categories have no mean. */
  get mean(): Tensor {
    return fullLike(this.probs.select(-1, 0), NaN);
  }

  /** NaN: numbers of categories have no variance. */
  get variance(): Tensor {
    return this.mean;
  }

  protected draw(shape: Shape): Tensor {
    return this.#shares.draw(shape.slice(0, shape.length - this.batchShape.length));
  }

  logProb(value: Parameter): Tensor {
    const at = asTensor(value, this.logits).to('int32').unsqueeze(-1);
    // Values and logits broadcast against each other but for the categories.
    const shape = broadcast(at.shape, this.logits.shape);
    const index = at.expand(...shape.slice(0, -1), 1);
    return this.logits
      .expand(...shape.slice(0, -1), this.#shares.count)
      .gather(-1, index)
      .squeeze(-1);
  }

  override entropy(): Tensor {
    return this.#shares.entropy();
  }

  override expand(shape: Shape): Categorical {
    const larger = (one: Tensor) => one.expand(...shape, this.#shares.count);
    return new Categorical(this.#byProbs ? { probs: larger(this.probs) } : { logits: larger(this.logits) });
  }
}

/** The shape of values (.., 1) and logits (.., categories) together. */
function broadcast(values: Shape, logits: Shape): Shape {
  const rank = Math.max(values.length, logits.length);
  const sizes = (shape: Shape) => [...new Array<number>(rank - shape.length).fill(1), ...shape];
  const [a, b] = [sizes(values), sizes(logits)];
  return a.map((size, dim) => (size === 1 ? b[dim] : size));
}

const multinomialSignature = [optional(p.int('totalCount'), 1), ...signature] as const;

/** How often each category came in totalCount draws. https://pytorch.org/docs/stable/distributions.html#multinomial */
export class Multinomial extends Distribution {
  readonly totalCount: number;
  readonly #shares: Shares;
  readonly #byProbs: boolean;

  constructor(...args: Args<typeof multinomialSignature>) {
    const op = 'distributions.Multinomial';
    const [count, probs, logits] = bind(op, multinomialSignature, args) as [number, Tensor | null, Tensor | null];
    if (count < 0) throw new ArgumentError({ op, fact: `totalCount is ${count}`, rule: 'it is 0 or more' });
    const shares = new Shares(op, probs, logits);
    super(shares.batchShape, [shares.count]);
    this.totalCount = count;
    this.#shares = shares;
    this.#byProbs = probs !== null;
  }

  get probs(): Tensor {
    return this.#shares.probs;
  }

  get logits(): Tensor {
    return this.#shares.logits;
  }

  get mean(): Tensor {
    return this.probs.mul(this.totalCount);
  }

  get variance(): Tensor {
    return this.mean.mul(this.probs.neg().add(1));
  }

  protected draw(shape: Shape): Tensor {
    const { dtype, device } = this.probs;
    const outer = shape.slice(0, shape.length - 1 - this.batchShape.length);
    // (totalCount, sampleShape, batchShape): counted along the first dimension.
    const drawn = this.#shares.draw([this.totalCount, ...outer]).movedim(0, -1);
    const counts = zeros([...shape], { dtype, device });
    return counts.scatterAdd(-1, drawn, fullLike(drawn, 1, { dtype }));
  }

  logProb(value: Tensor): Tensor {
    const { logits } = this;
    const x = value.to(logits.dtype);
    // 0 log 0 is 0.
    const held = logits.maskedFill(x.eq(0).logicalAnd(logits.eq(-Infinity)), 0);
    return x.sum(-1).add(1).lgamma().sub(x.add(1).lgamma().sum(-1)).add(held.mul(x).sum(-1));
  }

  /** n H(p) - log n! + sum over categories and counts of binomial probabilities times log k!. */
  override entropy(): Tensor {
    const n = this.totalCount;
    const first = this.#shares.entropy().mul(n);
    const { dtype, device } = this.probs;
    const counts = noGrad(() => zeros([n], { dtype, device }).add(1).cumsum(0));
    const column = counts.reshape(-1, ...this.probs.shape.map(() => 1));
    const binomials = new Binomial({ totalCount: n, probs: this.probs }).logProb(column).exp();
    const weighted = binomials.mul(column.add(1).lgamma()).sum([0, -1]);
    return first.sub(asTensor(n + 1, this.probs).lgamma()).add(weighted);
  }

  override expand(shape: Shape): Multinomial {
    const larger = (one: Tensor) => one.expand(...shape, this.#shares.count);
    const { totalCount } = this;
    return new Multinomial(
      this.#byProbs ? { totalCount, probs: larger(this.probs) } : { totalCount, logits: larger(this.logits) },
    );
  }
}
