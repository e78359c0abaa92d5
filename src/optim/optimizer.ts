// Optimizer: a step along the gradients, and what the steps of all optimizers share. Knows no formula.
// https://pytorch.org/docs/stable/optim.html

import { effect, watchGradient } from '../core/capture.ts';
import { enableGrad } from '../autograd/autograd.ts';
import { flushUpdate, keepStorage } from '../core/flush.ts';
import type { Device } from '../core/graph.ts';
import { untaped } from '../ops/apply.ts';
import { byKind, foreach, type ListNumber } from '../ops/foreach.ts';
import { fullAll } from '../ops/lists.ts';
import type { UpdateRule } from './rules.ts';
import { asOperation } from '../core/mode.ts';
import { show, type Tensor } from '../core/tensor.ts';
import { isPlainObject, optional, p } from '../core/signature.ts';
import { BaseOptimizer, type ParamGroup } from './base-optimizer.ts';
import type { ParamState } from './state.ts';

/** A parameter that a step moves, with its gradient and its state. */
export interface Move<O> {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly state: ParamState;
  readonly group: ParamGroup<O>;
}

/** The last parameters of most optimizers. */
export const commonParams = [optional(p.bool('maximize'), false), optional(p.bool('foreach'), null)] as const;

/** The options that most optimizers have. */
export interface CommonOptions {
  /** Climbs the gradient. */
  readonly maximize: boolean;
  /** false moves one parameter after the other; else all of a group are moved by one kernel. */
  readonly foreach: boolean | null;
}

/** An optimizer whose step moves every parameter along its gradient. */
export abstract class Optimizer<O extends object = { lr: number }> extends BaseOptimizer<O> {
  /** Moves the parameters of a group that have a gradient. */
  protected abstract update(moves: readonly Move<O>[], group: O): void;

  /**
   * Moves each parameter that has a gradient. `closure`, if given, computes the loss anew (with gradients) before, and
   * its result is returned.
   */
  step(): null;
  step(closure: () => Tensor): Tensor;
  step(closure?: () => Tensor): Tensor | null {
    const loss = closure === undefined ? null : enableGrad(closure as () => never);
    effect(() => void this.stepCount++);
    const devices = new Set<Device>();
    untaped(() => {
      for (const group of this.paramGroups) {
        // Options may be set between steps: group.lr = ..
        this.check(group);
        const moves = group.params.flatMap((parameter) => this.#moveOf(parameter, group));
        for (const { parameter } of moves) {
          devices.add(parameter.device);
          // A gradient lives until it is cleared, through the steps of other optimizers too.
          if (parameter.grad !== null) keepStorage(parameter.grad.storage);
        }
        const [first] = moves;
        const alone = (group as Partial<CommonOptions>).foreach === false;
        for (const list of alone ? moves.map((move) => [move]) : [moves]) {
          first?.parameter.device.shelter(() => asOperation(() => this.update(list, group)));
        }
        for (const { state } of moves) show(state);
      }
    });
    for (const device of devices) flushUpdate(device);
    return loss;
  }

  #moveOf(parameter: Tensor, group: ParamGroup<O>): Move<O>[] {
    watchGradient(parameter);
    const gradient = parameter.grad;
    if (gradient === null) return [];
    let state = this.state.get(parameter);
    if (state === undefined) this.state.set(parameter, (state = {}));
    return [{ parameter, gradient, state, group }];
  }
}

/** How many steps a parameter has made. */
export const stepOf = (state: ParamState): number => (state.step as number | undefined) ?? 0;

/**
 * Counts a step of each parameter, and lets `more` count what else goes by steps; the moves by how many steps their parameters
 * have made with it.
 */
export function countSteps<O>(moves: readonly Move<O>[], more?: (state: ParamState) => void): Move<O>[][] {
  const bySteps = new Map<number, Move<O>[]>();
  for (const move of moves) {
    const { state } = move;
    effect(() => {
      state.step = stepOf(state) + 1;
      more?.(state);
    });
    const list = bySteps.get(stepOf(state));
    if (list === undefined) bySteps.set(stepOf(state), [move]);
    else list.push(move);
  }
  return [...bySteps.values()];
}

/**
 * Moves parameters by a rule, in one kernel a device and dtype. The state that the rule keeps goes by its own names; what is
 * missing is made, filled with `first`: a number for all, or by name.
 */
export function moveAll<N extends string>(
  rule: UpdateRule<N>,
  moves: readonly Move<unknown>[],
  numbers: Readonly<Record<N, ListNumber>>,
  first: ListNumber | Readonly<Record<string, ListNumber>> = 0,
): void {
  const kept = rule.written.filter((name) => name !== 'parameter');
  for (const list of byKind(moves, ({ parameter }) => parameter)) {
    for (const name of kept) makeState(list, name, isPlainObject(first) ? (first[name] ?? 0) : (first as ListNumber));
    const columns = Object.fromEntries(kept.map((name) => [name, list.map(({ state }) => state[name] as Tensor)]));
    const parameter = list.map((move) => move.parameter);
    foreach(rule, { ...columns, parameter, gradient: list.map(({ gradient }) => gradient) } as never, numbers);
  }
}

/** State for the parameters that have none: in the order in which the parameter lies. */
function makeState(moves: readonly Move<unknown>[], name: string, value: ListNumber): void {
  const fresh = moves.filter(({ state }) => state[name] === undefined);
  if (fresh.length === 0) return;
  const made = fullAll(
    fresh.map(({ parameter }) => parameter),
    value,
  );
  fresh.forEach(({ state }, index) => (state[name] = made[index]));
}
