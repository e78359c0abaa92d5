// Gamma and what is made of it: Beta and Dirichlet. Samples come from the host and have no gradient.

import { standardGamma } from '../create/counts.ts';
import { ShapeError } from '../errors.ts';
import { stack } from '../ops/join.ts';
import { formatShape, type Shape } from '../shape.ts';
import { Tensor } from '../core/tensor.ts';
import { asTensor, demand, Distribution, type Parameter, together } from './distribution.ts';
import { tiny } from './continuous.ts';

const positive = (value: number): boolean => value > 0;

/** rate^a x^(a - 1) exp(-rate x) / gamma(a), a the concentration. https://pytorch.org/docs/stable/distributions.html#gamma */
export class Gamma extends Distribution {
  readonly concentration: Tensor;
  readonly rate: Tensor;

  constructor(concentration: Parameter, rate: Parameter) {
    const op = 'distributions.Gamma';
    demand(op, 'concentration', concentration, positive, 'it must be positive');
    demand(op, 'rate', rate, positive, 'it must be positive');
    const [a, b] = together(op, concentration, rate);
    super(a.shape);
    [this.concentration, this.rate] = [a, b];
  }

  get mean(): Tensor {
    return this.concentration.div(this.rate);
  }

  get variance(): Tensor {
    return this.concentration.div(this.rate.square());
  }

  protected draw(shape: Shape): Tensor {
    return standardGamma(this.concentration.expand(...shape))
      .div(this.rate)
      .clamp({ min: tiny });
  }

  logProb(value: Parameter): Tensor {
    const { concentration: a, rate } = this;
    const x = asTensor(value, rate);
    return a.mul(rate.log()).add(a.sub(1).mul(x.log())).sub(rate.mul(x)).sub(a.lgamma());
  }

  override entropy(): Tensor {
    const { concentration: a, rate } = this;
    return a.sub(rate.log()).add(a.lgamma()).add(a.neg().add(1).mul(a.digamma()));
  }

  override expand(shape: Shape): Gamma {
    return new Gamma(this.concentration.expand(...shape), this.rate.expand(...shape));
  }
}

/** Shares that add up to 1: the last dimension of the concentration. https://pytorch.org/docs/stable/distributions.html#dirichlet */
export class Dirichlet extends Distribution {
  readonly concentration: Tensor;

  constructor(concentration: Tensor) {
    if (!(concentration instanceof Tensor) || concentration.shape.length === 0) {
      throw new ShapeError({
        op: 'distributions.Dirichlet',
        fact: `a concentration of shape ${concentration instanceof Tensor ? formatShape(concentration.shape) : 'none'}`,
        rule: 'it is a tensor of one dimension or more',
      });
    }
    super(concentration.shape.slice(0, -1), concentration.shape.slice(-1));
    this.concentration = concentration;
  }

  get #total(): Tensor {
    return this.concentration.sum(-1, true);
  }

  get mean(): Tensor {
    return this.concentration.div(this.#total);
  }

  get variance(): Tensor {
    const total = this.#total;
    return this.concentration.mul(total.sub(this.concentration)).div(total.square().mul(total.add(1)));
  }

  protected draw(shape: Shape): Tensor {
    const parts = standardGamma(this.concentration.expand(...shape));
    return parts.div(parts.sum(-1, true));
  }

  logProb(value: Tensor): Tensor {
    const a = this.concentration;
    return value.log().mul(a.sub(1)).sum(-1).add(a.sum(-1).lgamma()).sub(a.lgamma().sum(-1));
  }

  override entropy(): Tensor {
    const a = this.concentration;
    const [total, count] = [a.sum(-1), a.shape[a.shape.length - 1]];
    return a
      .lgamma()
      .sum(-1)
      .sub(total.lgamma())
      .sub(total.digamma().mul(total.neg().add(count)))
      .sub(a.sub(1).mul(a.digamma()).sum(-1));
  }

  override expand(shape: Shape): Dirichlet {
    return new Dirichlet(this.concentration.expand(...shape, ...this.eventShape));
  }
}

/** x^(a - 1) (1 - x)^(b - 1) over their integral. https://pytorch.org/docs/stable/distributions.html#beta */
export class Beta extends Distribution {
  readonly concentration1: Tensor;
  readonly concentration0: Tensor;
  readonly #dirichlet: Dirichlet;

  constructor(concentration1: Parameter, concentration0: Parameter) {
    const op = 'distributions.Beta';
    demand(op, 'concentration1', concentration1, positive, 'it must be positive');
    demand(op, 'concentration0', concentration0, positive, 'it must be positive');
    const [a, b] = together(op, concentration1, concentration0);
    super(a.shape);
    [this.concentration1, this.concentration0] = [a, b];
    this.#dirichlet = new Dirichlet(stack([a, b], -1));
  }

  get mean(): Tensor {
    return this.concentration1.div(this.concentration1.add(this.concentration0));
  }

  get variance(): Tensor {
    const total = this.concentration1.add(this.concentration0);
    return this.concentration1.mul(this.concentration0).div(total.square().mul(total.add(1)));
  }

  protected draw(shape: Shape): Tensor {
    const parts = standardGamma(this.concentration1.expand(...shape), this.concentration0.expand(...shape));
    return parts.select(-1, 0).div(parts.sum(-1));
  }

  logProb(value: Parameter): Tensor {
    const x = asTensor(value, this.concentration1);
    return this.#dirichlet.logProb(stack([x, x.neg().add(1)], -1));
  }

  override entropy(): Tensor {
    return this.#dirichlet.entropy();
  }

  override expand(shape: Shape): Beta {
    return new Beta(this.concentration1.expand(...shape), this.concentration0.expand(...shape));
  }
}
