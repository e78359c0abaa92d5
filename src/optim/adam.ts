// Adam and AdamW: steps scaled by running averages of the gradient and of its square.
// D. Kingma, J. Ba: Adam, ICLR 2015; I. Loshchilov, F. Hutter: Decoupled weight decay regularization, ICLR 2019.

import { zerosLike } from '../create.ts';
import { bound } from '../nn/arguments.ts';
import { add, div, mul, neg, sqrt, square, sub } from '../ops/arithmetic.ts';
import { maximum } from '../ops/extrema.ts';
import { writeInto } from '../ops/inplace.ts';
import { type Args, optional, p } from '../signature.ts';
import type { Tensor } from '../tensor.ts';
import { decayed, type Move, Optimizer, paramsParam } from './optimizer.ts';

export interface AdamOptions {
  readonly lr: number;
  readonly betas: readonly number[];
  readonly eps: number;
  readonly weightDecay: number;
  readonly amsgrad: boolean;
  readonly maximize: boolean;
}

const signature = (weightDecay: number) =>
  [
    paramsParam<AdamOptions>(),
    optional(p.number('lr'), 1e-3),
    optional(
      p.custom<readonly number[]>()(
        'betas',
        'two numbers',
        (v) => Array.isArray(v) && v.length === 2 && v.every((b) => typeof b === 'number'),
      ),
      [0.9, 0.999],
    ),
    optional(p.number('eps'), 1e-8),
    optional(p.number('weightDecay'), weightDecay),
    optional(p.bool('amsgrad'), false),
    optional(p.bool('maximize'), false),
  ] as const;

const adamSignature = signature(0);
const adamWSignature = signature(1e-2);

abstract class Adaptive extends Optimizer<AdamOptions> {
  protected override check({ lr, betas, eps, weightDecay }: AdamOptions): void {
    this.demand(lr >= 0, 'lr', lr, 'a learning rate is 0 or more');
    this.demand(eps >= 0, 'eps', eps, 'it is 0 or more');
    this.demand(weightDecay >= 0, 'weightDecay', weightDecay, 'it is 0 or more');
    for (const beta of betas) this.demand(beta >= 0 && beta < 1, 'betas', betas, 'both lie in [0, 1)');
  }

  /** p -= lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps), with m and v the averages of g and g^2 (step t). */
  protected move({ parameter, state, group }: Move<AdamOptions>, gradient: Tensor, from: Tensor): void {
    const { lr, betas, eps, amsgrad } = group;
    const [beta1, beta2] = betas;
    state.step = ((state.step as number | undefined) ?? 0) + 1;
    state.expAvg ??= zerosLike(parameter);
    state.expAvgSq ??= zerosLike(parameter);
    if (amsgrad) state.maxExpAvgSq ??= zerosLike(parameter);
    const mean = add(mul(state.expAvg as Tensor, beta1), gradient, 1 - beta1);
    const spread = add(mul(state.expAvgSq as Tensor, beta2), square(gradient), 1 - beta2);
    const largest = amsgrad ? maximum(state.maxExpAvgSq as Tensor, spread) : spread;
    const scale = add(div(sqrt(largest), Math.sqrt(1 - beta2 ** state.step)), eps);
    const moved = sub(from, div(mean, scale), lr / (1 - beta1 ** state.step));
    writeInto('step', state.expAvg as Tensor, mean);
    writeInto('step', state.expAvgSq as Tensor, spread);
    if (amsgrad) writeInto('step', state.maxExpAvgSq as Tensor, largest);
    writeInto('step', parameter, moved);
  }
}

/** Adam; weight decay adds to the gradient. https://pytorch.org/docs/stable/generated/torch.optim.Adam.html */
export class Adam extends Adaptive {
  constructor(...args: Args<typeof adamSignature>) {
    const [params, lr, betas, eps, weightDecay, amsgrad, maximize] = bound('optim.Adam', adamSignature, args);
    super(params, { lr, betas, eps, weightDecay, amsgrad, maximize });
  }

  protected override update(moves: readonly Move<AdamOptions>[]): void {
    for (const one of moves) this.move(one, decayed(one, one.group.weightDecay, one.group.maximize), one.parameter);
  }
}

/** Adam whose weight decay shrinks the parameter itself. https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html */
export class AdamW extends Adaptive {
  constructor(...args: Args<typeof adamWSignature>) {
    const [params, lr, betas, eps, weightDecay, amsgrad, maximize] = bound('optim.AdamW', adamWSignature, args);
    super(params, { lr, betas, eps, weightDecay, amsgrad, maximize });
  }

  protected override update(moves: readonly Move<AdamOptions>[]): void {
    for (const one of moves) {
      const { lr, weightDecay, maximize } = one.group;
      const shrunk = weightDecay === 0 ? one.parameter : mul(one.parameter, 1 - lr * weightDecay);
      this.move(one, maximize ? neg(one.gradient) : one.gradient, shrunk);
    }
  }
}
