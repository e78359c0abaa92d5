// Relatives of Adam (Adamax, NAdam, RAdam) and Rprop, which looks at the signs of gradients alone.

import { adamaxRule, nadamRule, radamRule, rpropRule } from './rules.ts';
import { type Args, optional, p } from '../core/signature.ts';
import { given, pairParam, paramsParam } from './base-optimizer.ts';
import { commonParams, type CommonOptions, countSteps, type Move, moveAll, Optimizer, stepOf } from './optimizer.ts';

/** The options of Adamax and RAdam. */
export interface MomentOptions extends CommonOptions {
  readonly lr: number;
  readonly betas: readonly number[];
  readonly eps: number;
  readonly weightDecay: number;
}

const momentParams = <const R extends number>(lr: R) =>
  [
    optional(p.number('lr'), lr),
    optional(pairParam('betas'), [0.9, 0.999]),
    optional(p.number('eps'), 1e-8),
    optional(p.number('weightDecay'), 0),
  ] as const;

const adamaxSignature = [paramsParam<MomentOptions>(), ...momentParams(2e-3), ...commonParams] as const;
const radamSignature = [paramsParam<MomentOptions>(), ...momentParams(1e-3), ...commonParams] as const;

abstract class Moments<O extends MomentOptions> extends Optimizer<O> {
  protected override check(options: O): void {
    this.demandNotNegative(options, 'lr', 'eps', 'weightDecay');
    this.demandBetas(options.betas);
  }

  /** The numbers that all their formulas are told. */
  protected common(group: MomentOptions) {
    return {
      beta1: () => group.betas[0],
      beta2: () => group.betas[1],
      eps: () => group.eps,
      decay: () => group.weightDecay,
      sign: () => (group.maximize ? -1 : 1),
    };
  }
}

/** Adam whose steps are scaled by the largest gradient that was seen. https://pytorch.org/docs/stable/generated/torch.optim.Adamax.html */
export class Adamax extends Moments<MomentOptions> {
  constructor(...args: Args<typeof adamaxSignature>) {
    super(...given<MomentOptions, typeof adamaxSignature>('optim.Adamax', adamaxSignature, args));
  }

  protected override update(moves: readonly Move<MomentOptions>[], group: MomentOptions): void {
    for (const list of countSteps(moves)) {
      const [{ state }] = list;
      const rate = () => group.lr / (1 - group.betas[0] ** stepOf(state));
      moveAll(adamaxRule, list, { ...this.common(group), rate });
    }
  }
}

/** Adam that starts without the variance until it is known. https://pytorch.org/docs/stable/generated/torch.optim.RAdam.html */
export class RAdam extends Moments<MomentOptions> {
  constructor(...args: Args<typeof radamSignature>) {
    super(...given<MomentOptions, typeof radamSignature>('optim.RAdam', radamSignature, args));
  }

  protected override update(moves: readonly Move<MomentOptions>[], group: MomentOptions): void {
    for (const list of countSteps(moves)) {
      const [{ state }] = list;
      moveAll(radamRule, list, {
        ...this.common(group),
        rate: () => group.lr / (1 - group.betas[0] ** stepOf(state)),
        rectified: () => rectification(group.betas[1], stepOf(state)),
      });
    }
  }
}

/**
 * The rectification of RAdam's step t times sqrt(1 - beta2^t): from how many gradients the average of their squares is made
 * (rho), 0 while these are 5 or fewer.
 */
function rectification(beta2: number, t: number): number {
  const fading = beta2 ** t;
  const longest = 2 / (1 - beta2) - 1;
  const rho = longest - (2 * t * fading) / (1 - fading);
  if (rho <= 5) return 0;
  const share = ((rho - 4) * (rho - 2) * longest) / ((longest - 4) * (longest - 2) * rho);
  return Math.sqrt(share) * Math.sqrt(1 - fading);
}

export interface NAdamOptions extends MomentOptions {
  readonly momentumDecay: number;
}

const nadamSignature = [
  paramsParam<NAdamOptions>(),
  ...momentParams(2e-3),
  optional(p.number('momentumDecay'), 4e-3),
  ...commonParams,
] as const;

/** Adam with Nesterov's momentum. https://pytorch.org/docs/stable/generated/torch.optim.NAdam.html */
export class NAdam extends Moments<NAdamOptions> {
  constructor(...args: Args<typeof nadamSignature>) {
    super(...given<NAdamOptions, typeof nadamSignature>('optim.NAdam', nadamSignature, args));
  }

  protected override check(options: NAdamOptions): void {
    super.check(options);
    this.demandNotNegative(options, 'momentumDecay');
  }

  protected override update(moves: readonly Move<NAdamOptions>[], group: NAdamOptions): void {
    const momentum = (t: number): number => group.betas[0] * (1 - 0.5 * 0.96 ** (t * group.momentumDecay));
    const steps = countSteps(moves, (state) => {
      state.muProduct = ((state.muProduct as number | undefined) ?? 1) * momentum(stepOf(state));
    });
    for (const list of steps) {
      const [{ state }] = list;
      const here = () => momentum(stepOf(state));
      const next = () => momentum(stepOf(state) + 1);
      const product = () => state.muProduct as number;
      moveAll(nadamRule, list, {
        ...this.common(group),
        now: () => (group.lr * (1 - here())) / (1 - product()),
        // As recorded from PyTorch 1.13, this step's momentum counts twice in the product for the next.
        ahead: () => (group.lr * next()) / (1 - product() * here() * next()),
        correction: () => Math.sqrt(1 - group.betas[1] ** stepOf(state)),
      });
    }
  }
}

export interface RpropOptions extends CommonOptions {
  readonly lr: number;
  readonly etas: readonly number[];
  readonly stepSizes: readonly number[];
}

const rpropSignature = [
  paramsParam<RpropOptions>(),
  optional(p.number('lr'), 1e-2),
  optional(pairParam('etas'), [0.5, 1.2]),
  optional(pairParam('stepSizes'), [1e-6, 50]),
  ...commonParams,
] as const;

/** Steps of a size for each element, which grows while the sign of its gradient stays. https://pytorch.org/docs/stable/generated/torch.optim.Rprop.html */
export class Rprop extends Optimizer<RpropOptions> {
  constructor(...args: Args<typeof rpropSignature>) {
    super(...given<RpropOptions, typeof rpropSignature>('optim.Rprop', rpropSignature, args));
  }

  protected override check(options: RpropOptions): void {
    const [down, up] = options.etas;
    this.demandNotNegative(options, 'lr');
    this.demand(down > 0 && down < 1 && up > 1, 'etas', options.etas, 'the first lies in (0, 1), the second above 1');
  }

  protected override update(moves: readonly Move<RpropOptions>[], group: RpropOptions): void {
    countSteps(moves);
    const numbers = {
      down: () => group.etas[0],
      up: () => group.etas[1],
      low: () => group.stepSizes[0],
      high: () => group.stepSizes[1],
      sign: () => (group.maximize ? -1 : 1),
    };
    moveAll(rpropRule, moves, numbers, { stepSize: () => group.lr });
  }
}
