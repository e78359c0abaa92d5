// Stochastic gradient descent: with momentum and weight decay in the same pass over all parameters; and its average.

import { watch } from '../core/capture.ts';
import { asgdRule, sgdRule } from './rules.ts';
import { type Args, optional, p } from '../core/signature.ts';
import { given, paramsParam } from './base-optimizer.ts';
import { commonParams, type CommonOptions, countSteps, type Move, moveAll, Optimizer, stepOf } from './optimizer.ts';
import type { ParamState } from './state.ts';

export interface SGDOptions extends CommonOptions {
  readonly lr: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;
}

const signature = [
  paramsParam<SGDOptions>(),
  p.number('lr'),
  optional(p.number('momentum'), 0),
  optional(p.number('dampening'), 0),
  optional(p.number('weightDecay'), 0),
  optional(p.bool('nesterov'), false),
  ...commonParams,
] as const;

/** p -= lr g, with momentum (also Nesterov's) and weight decay. https://pytorch.org/docs/stable/generated/torch.optim.SGD.html */
export class SGD extends Optimizer<SGDOptions> {
  constructor(...args: Args<typeof signature>) {
    super(...given<SGDOptions, typeof signature>('optim.SGD', signature, args));
  }

  protected override check(options: SGDOptions): void {
    const { momentum, dampening, nesterov } = options;
    this.demandNotNegative(options, 'lr', 'momentum', 'weightDecay');
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
    const isFirst = ({ state }: Move<SGDOptions>) => momentum !== 0 && (state.momentumBuffer ?? null) === null;
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
    // PyTorch's state dicts name the buffer that is not there.
    if (momentum === 0) for (const { state } of moves) state.momentumBuffer ??= null;
  }
}

export interface ASGDOptions extends CommonOptions {
  readonly lr: number;
  readonly lambd: number;
  readonly alpha: number;
  readonly t0: number;
  readonly weightDecay: number;
}

const averagedSignature = [
  paramsParam<ASGDOptions>(),
  optional(p.number('lr'), 1e-2),
  optional(p.number('lambd'), 1e-4),
  optional(p.number('alpha'), 0.75),
  optional(p.number('t0'), 1e6),
  optional(p.number('weightDecay'), 0),
  ...commonParams,
] as const;

/** SGD with a falling rate, and the average of the parameters in `ax` of their state. https://pytorch.org/docs/stable/generated/torch.optim.ASGD.html */
export class ASGD extends Optimizer<ASGDOptions> {
  /** What this step of a parameter uses; its state holds the next step's. */
  readonly #now = new WeakMap<ParamState, { readonly eta: number; readonly mu: number }>();

  constructor(...args: Args<typeof averagedSignature>) {
    super(...given<ASGDOptions, typeof averagedSignature>('optim.ASGD', averagedSignature, args));
  }

  protected override check(options: ASGDOptions): void {
    this.demandNotNegative(options, 'lr', 'weightDecay');
  }

  protected override update(moves: readonly Move<ASGDOptions>[], group: ASGDOptions): void {
    const steps = countSteps(moves, (state) => {
      const { eta = group.lr, mu = 1 } = state as { readonly eta?: number; readonly mu?: number };
      this.#now.set(state, { eta, mu });
      // The rate and the weight of the average for the next step.
      state.eta = group.lr / (1 + group.lambd * group.lr * stepOf(state)) ** group.alpha;
      state.mu = 1 / Math.max(1, stepOf(state) - group.t0);
    });
    for (const list of steps) {
      const now = () => this.#now.get(list[0].state) as { readonly eta: number; readonly mu: number };
      moveAll(asgdRule, list, {
        eta: () => now().eta,
        shrink: () => group.lambd * now().eta,
        mu: () => now().mu,
        decay: () => group.weightDecay,
        sign: () => (group.maximize ? -1 : 1),
      });
    }
  }
}
