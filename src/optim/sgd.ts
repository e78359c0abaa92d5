// Stochastic gradient descent: with momentum and weight decay in the same pass over all parameters.

import { watch } from '../capture.ts';
import { bound } from '../nn/arguments.ts';
import { sgdRule } from '../ops/update.ts';
import { type Args, optional, p } from '../signature.ts';
import { type Move, moveAll, Optimizer, paramsParam } from './optimizer.ts';

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

  protected override update(moves: readonly Move<SGDOptions>[], group: SGDOptions): void {
    const { momentum, nesterov } = group;
    watch(() => group.momentum !== 0);
    watch(() => group.nesterov);
    const rule = sgdRule({ momentum: momentum !== 0, nesterov });
    // The first buffer is the gradient itself, without dampening.
    const isFirst = ({ state }: Move<SGDOptions>) => momentum !== 0 && state.momentumBuffer === undefined;
    const parts = [moves.filter(isFirst), moves.filter((move) => !isFirst(move))] as const;
    for (const [at, list] of parts.entries()) {
      moveAll(rule, list, {
        lr: () => group.lr,
        momentum: () => group.momentum,
        dampening: () => (at === 0 ? 0 : group.dampening),
        decay: () => group.weightDecay,
        sign: () => (group.maximize ? -1 : 1),
      });
    }
  }
}
