// Stochastic gradient descent: one kernel a parameter, with momentum and weight decay in the same pass.

import { zerosLike } from '../create.ts';
import { bound } from '../nn/arguments.ts';
import { sgdStep } from '../ops/update.ts';
import { type Args, optional, p } from '../signature.ts';
import type { Tensor } from '../tensor.ts';
import { type Move, Optimizer, paramsParam } from './optimizer.ts';

export interface SGDOptions {
  readonly lr: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;
  readonly maximize: boolean;
}

const signature = [
  paramsParam<SGDOptions>(),
  p.number('lr'),
  optional(p.number('momentum'), 0),
  optional(p.number('dampening'), 0),
  optional(p.number('weightDecay'), 0),
  optional(p.bool('nesterov'), false),
  optional(p.bool('maximize'), false),
] as const;

/** p -= lr g, with momentum (also Nesterov's) and weight decay. https://pytorch.org/docs/stable/generated/torch.optim.SGD.html */
export class SGD extends Optimizer<SGDOptions> {
  constructor(...args: Args<typeof signature>) {
    const [params, lr, momentum, dampening, weightDecay, nesterov, maximize] = bound('optim.SGD', signature, args);
    super(params, { lr, momentum, dampening, weightDecay, nesterov, maximize });
  }

  protected override check({ lr, momentum, dampening, weightDecay, nesterov }: SGDOptions): void {
    this.demand(lr >= 0, 'lr', lr, 'a learning rate is 0 or more');
    this.demand(momentum >= 0, 'momentum', momentum, 'it is 0 or more');
    this.demand(weightDecay >= 0, 'weightDecay', weightDecay, 'it is 0 or more');
    this.demand(
      !nesterov || (momentum > 0 && dampening === 0),
      'nesterov',
      nesterov,
      'it needs a momentum above 0 and no dampening',
    );
  }

  protected override update(moves: readonly Move<SGDOptions>[]): void {
    for (const { parameter, gradient, state, group } of moves) {
      const { lr, momentum, dampening, weightDecay, nesterov, maximize } = group;
      const first = momentum !== 0 && state.momentumBuffer === undefined;
      if (first) state.momentumBuffer = zerosLike(parameter);
      const buffer = momentum === 0 ? null : (state.momentumBuffer as Tensor);
      // The first buffer is the gradient itself, without dampening.
      sgdStep(
        parameter,
        gradient,
        buffer,
        { lr, momentum, dampening: first ? 0 : dampening, weightDecay },
        { nesterov, maximize },
      );
    }
  }
}
