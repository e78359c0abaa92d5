// Distributions over counts: Bernoulli, Geometric, Binomial, Poisson. Probabilities are given as such or as logits, and the other
// follows. https://pytorch.org/docs/stable/distributions.html

import { arange, empty } from '../create/create.ts';
import { binomial, chancesOf, poisson } from '../create/counts.ts';
import { rand } from '../create/random.ts';
import { NotImplementedError } from '../errors.ts';
import { softplus } from '../ops/nn.ts';
import type { Shape } from '../shape.ts';
import { type Args, bind, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { tiny } from './continuous.ts';
import { asTensor, demand, Distribution, epsilon, oneOf, type Parameter, together } from './distribution.ts';

export const probsParam = optional(p.operand('probs'), null);
export const logitsParam = optional(p.operand('logits'), null);
const signature = [probsParam, logitsParam] as const;

/** log(p / (1 - p)), with p held away from 0 and 1. */
export function logitsOf(probs: Tensor): Tensor {
  const held = probs.clamp(epsilon, 1 - epsilon);
  return held.log().sub(held.neg().log1p());
}

/** Chances of success, given as probabilities or as logits; the one that was not given is computed when it is asked for. */
abstract class Chances extends Distribution {
  readonly #given: { readonly probs: Tensor } | { readonly logits: Tensor };

  constructor(op: string, given: readonly [Parameter | null, Parameter | null]) {
    const [probs, logits] = given;
    const [chosen] = together(op, oneOf(op, probs, logits));
    if (probs !== null) demand(op, 'probs', probs, (value) => value >= 0 && value <= 1, 'it lies between 0 and 1');
    super(chosen.shape);
    this.#given = probs !== null ? { probs: chosen } : { logits: chosen };
  }

  get probs(): Tensor {
    return 'probs' in this.#given ? this.#given.probs : this.#given.logits.sigmoid();
  }

  get logits(): Tensor {
    return 'logits' in this.#given ? this.#given.logits : logitsOf(this.#given.probs);
  }

  /** The probabilities for draws on the host. */
  protected drawnBy(): Tensor {
    return 'probs' in this.#given ? this.#given.probs : chancesOf(this.#given.logits);
  }

  /** What was given, for a larger batch. */
  protected expanded(shape: Shape): { probs: Tensor } | { logits: Tensor } {
    return 'probs' in this.#given
      ? { probs: this.#given.probs.expand(...shape) }
      : { logits: this.#given.logits.expand(...shape) };
  }
}

const chosen = (op: string, args: readonly unknown[]) =>
  bind(op, signature, args) as [Parameter | null, Parameter | null];

/** 1 with probability p, else 0. https://pytorch.org/docs/stable/distributions.html#bernoulli */
export class Bernoulli extends Chances {
  constructor(...args: Args<typeof signature>) {
    super('distributions.Bernoulli', chosen('distributions.Bernoulli', args));
  }

  get mean(): Tensor {
    return this.probs;
  }

  get variance(): Tensor {
    return this.probs.mul(this.probs.neg().add(1));
  }

  protected draw(shape: Shape): Tensor {
    const { probs } = this;
    return rand([...shape], { dtype: probs.dtype, device: probs.device })
      .lt(probs)
      .to(probs.dtype);
  }

  logProb(value: Parameter): Tensor {
    const { logits } = this;
    return logits.mul(asTensor(value, logits)).sub(softplus(logits));
  }

  override entropy(): Tensor {
    return softplus(this.logits).sub(this.logits.mul(this.probs));
  }

  override expand(shape: Shape): Bernoulli {
    return new Bernoulli(this.expanded(shape));
  }
}

/** The failures before the first success. https://pytorch.org/docs/stable/distributions.html#geometric */
export class Geometric extends Chances {
  constructor(...args: Args<typeof signature>) {
    super('distributions.Geometric', chosen('distributions.Geometric', args));
  }

  get mean(): Tensor {
    return this.probs.reciprocal().sub(1);
  }

  get variance(): Tensor {
    return this.probs.reciprocal().sub(1).div(this.probs);
  }

  protected draw(shape: Shape): Tensor {
    const { probs } = this;
    const u = empty([...shape], { dtype: probs.dtype, device: probs.device }).uniform_(tiny, 1);
    return u.log().div(probs.neg().log1p()).floor();
  }

  logProb(value: Parameter): Tensor {
    const { probs } = this;
    const x = asTensor(value, probs);
    // A sure success at once has probability 1, not 0 log 0.
    const sure = probs.eq(1).logicalAnd(x.eq(0));
    return x.mul(probs.maskedFill(sure, 0).neg().log1p()).add(probs.log());
  }

  override entropy(): Tensor {
    return softplus(this.logits).sub(this.logits.mul(this.probs)).div(this.probs);
  }

  override expand(shape: Shape): Geometric {
    return new Geometric(this.expanded(shape));
  }
}

const binomialSignature = [optional(p.operand('totalCount'), 1), ...signature] as const;

/** The successes of totalCount trials. https://pytorch.org/docs/stable/distributions.html#binomial */
export class Binomial extends Chances {
  readonly totalCount: Tensor;
  readonly #count: Parameter;

  constructor(...args: Args<typeof binomialSignature>) {
    const op = 'distributions.Binomial';
    const [count, probs, logits] = bind(op, binomialSignature, args) as [Parameter, Parameter | null, Parameter | null];
    demand(op, 'totalCount', count, (value) => Number.isInteger(value) && value >= 0, 'it is a whole number');
    const [total, chance] = together(op, ...([count, oneOf(op, probs, logits)] as const));
    super(op, probs === null ? [null, chance] : [chance, null]);
    this.totalCount = total.to(chance.dtype);
    this.#count = count;
  }

  get mean(): Tensor {
    return this.totalCount.mul(this.probs);
  }

  get variance(): Tensor {
    return this.mean.mul(this.probs.neg().add(1));
  }

  protected draw(shape: Shape): Tensor {
    return binomial(this.totalCount.expand(...shape), this.drawnBy().expand(...shape));
  }

  logProb(value: Parameter): Tensor {
    const { totalCount: n, logits } = this;
    const k = asTensor(value, logits);
    const ways = n.add(1).lgamma().sub(k.add(1).lgamma()).sub(n.sub(k).add(1).lgamma());
    return ways.add(k.mul(logits)).sub(n.mul(softplus(logits)));
  }

  /** Needs one totalCount for all, given as a number. */
  override entropy(): Tensor {
    if (this.#count instanceof Tensor) {
      throw new NotImplementedError({
        op: 'distributions.Binomial.entropy',
        fact: 'totalCount is a tensor',
        rule: 'the sum over all counts needs it as a number',
      });
    }
    const { dtype, device } = this.probs;
    const ones = this.batchShape.map(() => 1);
    const counts = arange(this.#count + 1, { dtype, device }).reshape(-1, ...ones);
    const log = this.logProb(counts);
    return log.exp().mul(log).sum(0).neg();
  }

  override expand(shape: Shape): Binomial {
    const totalCount = this.#count instanceof Tensor ? this.#count.expand(...shape) : this.#count;
    return new Binomial({ totalCount, ...this.expanded(shape) });
  }
}

/** rate^k exp(-rate) / k!. https://pytorch.org/docs/stable/distributions.html#poisson */
export class Poisson extends Distribution {
  readonly rate: Tensor;

  constructor(rate: Parameter) {
    demand('distributions.Poisson', 'rate', rate, (value) => value >= 0, 'it must not be negative');
    const [one] = together('distributions.Poisson', rate);
    super(one.shape);
    this.rate = one;
  }

  get mean(): Tensor {
    return this.rate;
  }

  get variance(): Tensor {
    return this.rate;
  }

  protected draw(shape: Shape): Tensor {
    return poisson(this.rate.expand(...shape));
  }

  logProb(value: Parameter): Tensor {
    const k = asTensor(value, this.rate);
    // 0 log 0 is 0.
    const log = this.rate.maskedFill(this.rate.eq(0).logicalAnd(k.eq(0)), 1).log();
    return k.mul(log).sub(this.rate).sub(k.add(1).lgamma());
  }

  override expand(shape: Shape): Poisson {
    return new Poisson(this.rate.expand(...shape));
  }
}
