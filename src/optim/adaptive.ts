// Older optimizers that scale the step of each element by its past gradients: Adagrad, RMSprop, Adadelta.

import { fullLike, zerosLike } from '../create.ts';
import { bound } from '../nn/arguments.ts';
import { add, div, mul, sqrt, square, sub } from '../ops/arithmetic.ts';
import { writeInto } from '../ops/inplace.ts';
import { type Args, optional, p } from '../signature.ts';
import type { Tensor } from '../tensor.ts';
import { decayed, type Move, Optimizer, paramsParam } from './optimizer.ts';

const decayAndSign = [optional(p.number('weightDecay'), 0), optional(p.bool('maximize'), false)] as const;
const write = (target: Tensor | number, value: Tensor): void => void writeInto('step', target as Tensor, value);
/** factor * average + (1 - factor) * value. */
const averaged = (average: Tensor | number, value: Tensor, factor: number): Tensor =>
  add(mul(average as Tensor, factor), value, 1 - factor);

export interface RMSpropOptions {
  readonly lr: number;
  readonly alpha: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly momentum: number;
  readonly centered: boolean;
  readonly maximize: boolean;
}

const rmsSignature = [
  paramsParam<RMSpropOptions>(),
  optional(p.number('lr'), 1e-2),
  optional(p.number('alpha'), 0.99),
  optional(p.number('eps'), 1e-8),
  optional(p.number('weightDecay'), 0),
  optional(p.number('momentum'), 0),
  optional(p.bool('centered'), false),
  optional(p.bool('maximize'), false),
] as const;

/** p -= lr g / (sqrt(v) + eps), with v the running average of g^2. https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(...args: Args<typeof rmsSignature>) {
    const [params, lr, alpha, eps, weightDecay, momentum, centered, maximize] = bound(
      'optim.RMSprop',
      rmsSignature,
      args,
    );
    super(params, { lr, alpha, eps, weightDecay, momentum, centered, maximize });
  }

  protected override check(options: RMSpropOptions): void {
    for (const key of ['lr', 'alpha', 'eps', 'weightDecay', 'momentum'] as const)
      this.demand(options[key] >= 0, key, options[key], 'it is 0 or more');
  }

  protected override update(moves: readonly Move<RMSpropOptions>[]): void {
    for (const one of moves) {
      const { parameter, state, group } = one;
      const { lr, alpha, eps, weightDecay, momentum, centered, maximize } = group;
      const gradient = decayed(one, weightDecay, maximize);
      state.step = ((state.step as number | undefined) ?? 0) + 1;
      state.squareAvg ??= zerosLike(parameter);
      if (momentum > 0) state.momentumBuffer ??= zerosLike(parameter);
      if (centered) state.gradAvg ??= zerosLike(parameter);
      const squares = averaged(state.squareAvg, square(gradient), alpha);
      const mean = centered ? averaged(state.gradAvg, gradient, alpha) : null;
      const variance = mean === null ? squares : sub(squares, square(mean));
      const step = div(gradient, add(sqrt(variance), eps));
      const pushed = momentum > 0 ? add(mul(state.momentumBuffer as Tensor, momentum), step) : step;
      const moved = sub(parameter, pushed, lr);
      write(state.squareAvg, squares);
      if (mean !== null) write(state.gradAvg, mean);
      if (momentum > 0) write(state.momentumBuffer, pushed);
      write(parameter, moved);
    }
  }
}

export interface AdagradOptions {
  readonly lr: number;
  readonly lrDecay: number;
  readonly weightDecay: number;
  readonly initialAccumulatorValue: number;
  readonly eps: number;
  readonly maximize: boolean;
}

const adagradSignature = [
  paramsParam<AdagradOptions>(),
  optional(p.number('lr'), 1e-2),
  optional(p.number('lrDecay'), 0),
  optional(p.number('weightDecay'), 0),
  optional(p.number('initialAccumulatorValue'), 0),
  optional(p.number('eps'), 1e-10),
  optional(p.bool('maximize'), false),
] as const;

/** p -= lr g / (sqrt(s) + eps), with s the sum of all g^2. https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(...args: Args<typeof adagradSignature>) {
    const [params, lr, lrDecay, weightDecay, initialAccumulatorValue, eps, maximize] = bound(
      'optim.Adagrad',
      adagradSignature,
      args,
    );
    super(params, { lr, lrDecay, weightDecay, initialAccumulatorValue, eps, maximize });
  }

  protected override check(options: AdagradOptions): void {
    for (const key of ['lr', 'lrDecay', 'weightDecay', 'initialAccumulatorValue', 'eps'] as const) {
      this.demand(options[key] >= 0, key, options[key], 'it is 0 or more');
    }
  }

  protected override update(moves: readonly Move<AdagradOptions>[]): void {
    for (const one of moves) {
      const { parameter, state, group } = one;
      const { lr, lrDecay, weightDecay, initialAccumulatorValue, eps, maximize } = group;
      const gradient = decayed(one, weightDecay, maximize);
      const before = (state.step as number | undefined) ?? 0;
      state.step = before + 1;
      state.sum ??= fullLike(parameter, initialAccumulatorValue);
      const total = add(state.sum as Tensor, square(gradient));
      const moved = sub(parameter, div(gradient, add(sqrt(total), eps)), lr / (1 + before * lrDecay));
      write(state.sum, total);
      write(parameter, moved);
    }
  }
}

export interface AdadeltaOptions {
  readonly lr: number;
  readonly rho: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly maximize: boolean;
}

const adadeltaSignature = [
  paramsParam<AdadeltaOptions>(),
  optional(p.number('lr'), 1),
  optional(p.number('rho'), 0.9),
  optional(p.number('eps'), 1e-6),
  ...decayAndSign,
] as const;

/** Steps in the units of the parameter: running averages of g^2 and of past steps^2. https://pytorch.org/docs/stable/generated/torch.optim.Adadelta.html */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  constructor(...args: Args<typeof adadeltaSignature>) {
    const [params, lr, rho, eps, weightDecay, maximize] = bound('optim.Adadelta', adadeltaSignature, args);
    super(params, { lr, rho, eps, weightDecay, maximize });
  }

  protected override check(options: AdadeltaOptions): void {
    for (const key of ['lr', 'eps', 'weightDecay'] as const)
      this.demand(options[key] >= 0, key, options[key], 'it is 0 or more');
    this.demand(options.rho >= 0 && options.rho <= 1, 'rho', options.rho, 'it lies between 0 and 1');
  }

  protected override update(moves: readonly Move<AdadeltaOptions>[]): void {
    for (const one of moves) {
      const { parameter, state, group } = one;
      const { lr, rho, eps, weightDecay, maximize } = group;
      const gradient = decayed(one, weightDecay, maximize);
      state.step = ((state.step as number | undefined) ?? 0) + 1;
      state.squareAvg ??= zerosLike(parameter);
      state.accDelta ??= zerosLike(parameter);
      const squares = averaged(state.squareAvg, square(gradient), rho);
      const delta = mul(div(sqrt(add(state.accDelta as Tensor, eps)), sqrt(add(squares, eps))), gradient);
      const steps = averaged(state.accDelta, square(delta), rho);
      const moved = sub(parameter, delta, lr);
      write(state.squareAvg, squares);
      write(state.accDelta, steps);
      write(parameter, moved);
    }
  }
}
