// Stochastic gradient descent: one kernel a parameter, with momentum and weight decay in the same pass.

import { watch } from '../capture.ts';
import { zerosLike } from '../create.ts';
import { bound } from '../nn/arguments.ts';
import { sgdStep } from '../ops/update.ts';
import { type Args, optional, p } from '../signature.ts';
import { alike, type Move, Optimizer, paramsParam } from './optimizer.ts';

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
    const { momentum, nesterov, maximize } = group;
    const fresh = moves.filter(({ state }) => momentum !== 0 && state.momentumBuffer === undefined);
    for (const { parameter, state } of fresh) state.momentumBuffer = zerosLike(parameter);
    watch(() => group.momentum !== 0);
    watch(() => group.nesterov);
    watch(() => group.maximize);
    // The first buffer is the gradient itself, without dampening.
    const rest = moves.filter((move) => !fresh.includes(move));
    for (const [list, first] of [
      [fresh, true],
      [rest, false],
    ] as const) {
      const rates = {
        lr: () => group.lr,
        momentum: () => group.momentum,
        dampening: () => (first ? 0 : group.dampening),
        weightDecay: () => group.weightDecay,
      };
      for (const targets of alike(list, momentum === 0 ? [] : ['momentumBuffer'])) {
        sgdStep(targets, rates, { nesterov, maximize });
      }
    }
  }
}
