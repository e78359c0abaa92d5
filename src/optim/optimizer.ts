// Optimizer: parameter groups, their options, the state of each parameter, and what a step shares. Knows no formula.
// https://pytorch.org/docs/stable/optim.html

import { effect, watchGradient } from '../capture.ts';
import { enableGrad } from '../autograd.ts';
import { ArgumentError } from '../errors.ts';
import { flushUpdate, keepStorage } from '../flush.ts';
import type { Device } from '../graph.ts';
import { camelCase, pythonText, snakeCase } from '../nn/arguments.ts';
import { clearGradients } from '../nn/state.ts';
import { toDType, untaped } from '../ops/apply.ts';
import { clone } from '../ops/copy.ts';
import { byKind, foreach, type ListNumber } from '../ops/foreach.ts';
import { fullAll } from '../ops/lists.ts';
import { toDevice } from '../read.ts';
import { describe, isPlainObject, p } from '../signature.ts';
import type { UpdateRule } from '../ops/update.ts';
import { asOperation } from '../mode.ts';
import { show, Tensor } from '../tensor.ts';

/** What an option of a group can be. */
export type OptionValue = number | boolean | null | readonly number[];

/** Parameters with the options by which they are moved; an option can be set anew between steps. */
export type ParamGroup<O> = { -readonly [K in keyof O]: O[K] } & {
  params: Tensor[];
  /** The rate from which a scheduler started. */
  initialLr?: number;
};

/** A group as it is given: options that are left out take the optimizer's. */
export type GroupInput<O> = { readonly params: Tensor | Iterable<Tensor> } & Partial<O>;

/** What optimizers are given: parameters, or groups of them. */
export type Params<O> = Iterable<Tensor> | Iterable<GroupInput<O>>;

/** What an optimizer keeps for a parameter, under PyTorch's names in camelCase. */
export type ParamState = Record<string, Tensor | number>;

/** The state of an optimizer in PyTorch's layout: snake_case names, parameters by their number. */
export interface OptimizerState {
  readonly state: Readonly<Record<string, Readonly<Record<string, Tensor | number>>>>;
  readonly param_groups: readonly ({ readonly params: readonly number[] } & Readonly<Record<string, unknown>>)[];
}

const isIterable = (value: unknown): boolean => typeof value === 'object' && value !== null && Symbol.iterator in value;

/** The first parameter of every optimizer. */
export const paramsParam = <O>() =>
  p.custom<Params<O>>()(
    'params',
    'a list of parameters, such as net.parameters(), or of groups { params, .. }',
    (value) => isIterable(value) && !(value instanceof Tensor),
  );

/** A parameter that a step moves, with its gradient and its state. */
export interface Move<O> {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly state: ParamState;
  readonly group: ParamGroup<O>;
}

export abstract class Optimizer<O extends object = Record<string, OptionValue>> {
  readonly defaults: Readonly<O>;
  /** The groups; options such as `lr` can be written between steps. */
  paramGroups: ParamGroup<O>[] = [];
  /** The state of each parameter that has been moved. */
  state = new Map<Tensor, ParamState>();
  /** How many steps were taken; schedulers look at it. */
  stepCount = 0;

  constructor(params: Params<O>, defaults: O) {
    this.defaults = defaults;
    const given = [...params] as (Tensor | GroupInput<O>)[];
    if (given.length === 0) {
      throw new ArgumentError({
        op: this.name(),
        fact: 'an empty list of parameters',
        rule: 'an optimizer needs parameters to move',
        cure: 'Layers that are held in plain arrays or private fields are invisible to parameters(): use ModuleList or registerModule.',
      });
    }
    const groups = isPlainObject(given[0])
      ? (given as GroupInput<O>[])
      : [{ params: given } as unknown as GroupInput<O>];
    for (const group of groups) this.addParamGroup(group);
  }

  /** What messages call the optimizer. */
  protected name(): string {
    return `optim.${this.constructor.name}`;
  }

  /** Throws where an option of a group is out of its range. */
  protected abstract check(options: O): void;

  /** Moves the parameters of a group that have a gradient. */
  protected abstract update(moves: readonly Move<O>[], group: ParamGroup<O>): void;

  /** Throws unless the number `value` of option `name` fits a rule. */
  protected demand(holds: boolean, name: string, value: unknown, rule: string): void {
    if (holds) return;
    throw new ArgumentError({ op: this.name(), fact: `${name} is ${describe(value)}`, rule });
  }

  /** Adds parameters, with options of their own where given. */
  addParamGroup(given: GroupInput<O>): void {
    const { params, ...options } = given;
    if (params === undefined)
      throw new ArgumentError({ op: this.name(), fact: 'a group without params', rule: 'a group is { params, .. }' });
    const unknown = Object.keys(options).find((key) => !(key in this.defaults));
    if (unknown !== undefined) {
      const right = Object.keys(this.defaults).find((key) => key.toLowerCase() === camelCase(unknown).toLowerCase());
      throw new ArgumentError({
        op: this.name(),
        fact: `unknown option ${unknown} of a group`,
        rule: `the options are ${Object.keys(this.defaults).join(', ')}`,
        cure: right === undefined ? undefined : `Did you mean ${right}?`,
      });
    }
    const list = params instanceof Tensor ? [params] : [...params];
    for (const [at, parameter] of list.entries()) {
      if (!(parameter instanceof Tensor)) {
        throw new ArgumentError({
          op: this.name(),
          fact: `parameter ${at} is ${describe(parameter)}`,
          rule: 'an optimizer moves tensors',
        });
      }
      if (!parameter.isLeaf) {
        throw new ArgumentError({
          op: this.name(),
          fact: `parameter ${at} was made by an operation`,
          rule: 'only leaves can be optimized',
          cure: 'Pass the tensor that you made, or x.detach().requiresGrad_().',
        });
      }
    }
    const known = new Set(this.paramGroups.flatMap((group) => group.params));
    if (list.some((parameter) => known.has(parameter))) {
      throw new ArgumentError({
        op: this.name(),
        fact: 'a parameter appears in two groups',
        rule: 'each belongs to one group',
      });
    }
    if (new Set(list).size !== list.length) {
      console.warn(
        'UserWarning: optimizer contains a parameter group with duplicate parameters; each of them is moved twice',
      );
    }
    const settled = { ...this.defaults, ...options } as O;
    this.check(settled);
    this.paramGroups.push({ ...settled, params: list } as ParamGroup<O>);
  }

  /** Forgets the gradients of all parameters, or sets them to 0. */
  zeroGrad(options: { readonly setToNone?: boolean } = {}): void {
    clearGradients(this.#parameters(), options.setToNone ?? true);
  }

  *#parameters(): Generator<Tensor> {
    for (const group of this.paramGroups) yield* group.params;
  }

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
        if (first !== undefined) first.parameter.device.shelter(() => asOperation(() => this.update(moves, group)));
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

  /** The state in PyTorch's layout. The tensors are the optimizer's own, not copies. */
  stateDict(): OptimizerState {
    const numbers = new Map([...this.#parameters()].map((parameter, at) => [parameter, at]));
    const packed = this.paramGroups.map(({ params, ...options }) => ({
      ...renamed(options, snakeCase),
      params: params.map((parameter) => numbers.get(parameter) as number),
    }));
    const state = [...this.state].map(
      ([parameter, values]) => [numbers.get(parameter), renamed(values, snakeCase)] as const,
    );
    return { state: Object.fromEntries(state) as OptimizerState['state'], param_groups: packed };
  }

  /** Takes over a copy of what `stateDict` returned: options and state. The groups must have the same sizes. */
  loadStateDict(saved: OptimizerState): void {
    const sizes = (groups: readonly { readonly params: readonly unknown[] }[]) =>
      groups.map(({ params }) => params.length).join(', ');
    if (sizes(saved.param_groups) !== sizes(this.paramGroups)) {
      throw new ArgumentError({
        op: 'loadStateDict',
        fact: `groups of ${sizes(saved.param_groups)} parameters for ${this.name()} with ${sizes(this.paramGroups)}`,
        rule: 'there must be as many groups, and each of the same size',
      });
    }
    const parameters = new Map<string, Tensor>();
    const groups = this.paramGroups.map(({ params }, at) => {
      const { params: numbers, ...options } = saved.param_groups[at];
      numbers.forEach((number, place) => parameters.set(String(number), params[place]));
      const settled = { ...this.defaults, ...(renamed(options, camelCase) as Partial<O>) } as O;
      this.check(settled);
      return { ...settled, params } as ParamGroup<O>;
    });
    const state = new Map<Tensor, ParamState>();
    for (const [number, values] of Object.entries(saved.state)) {
      const parameter = parameters.get(number);
      if (parameter === undefined) continue;
      const own = untaped(() =>
        Object.entries(values).map(([key, value]) => [camelCase(key), copied(value, parameter)] as const),
      );
      state.set(parameter, Object.fromEntries(own));
    }
    this.paramGroups = groups;
    this.state = state;
  }

  /** PyTorch's text: the options of each group by name. */
  toString(): string {
    const groups = this.paramGroups.map((group, at) => {
      const options = Object.entries(renamed(group, snakeCase)).filter(([key]) => key !== 'params');
      const lines = options.sort(([a], [b]) => (a < b ? -1 : 1));
      return `\nParameter Group ${at}\n${lines.map(([key, value]) => `    ${key}: ${pythonText(value)}\n`).join('')}`;
    });
    return `${this.constructor.name} (${groups.join('')})`;
  }

  /** What Node's console.log shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

function renamed<V>(values: { readonly [key: string]: V } | object, name: (key: string) => string): Record<string, V> {
  return Object.fromEntries((Object.entries(values) as [string, V][]).map(([key, value]) => [name(key), value]));
}

/** A copy of a state value on the device and of the dtype of its parameter. */
function copied(value: Tensor | number, parameter: Tensor): Tensor | number {
  return value instanceof Tensor ? clone(toDType(toDevice(value, parameter.device), parameter.dtype)) : value;
}

/** How many steps a parameter has made. */
export const stepOf = (state: ParamState): number => (state.step as number | undefined) ?? 0;

/** Counts a step of each parameter; the moves by how many steps their parameters have made with it. */
export function countSteps<O>(moves: readonly Move<O>[]): Move<O>[][] {
  const bySteps = new Map<number, Move<O>[]>();
  for (const move of moves) {
    const { state } = move;
    effect(() => void (state.step = stepOf(state) + 1));
    const list = bySteps.get(stepOf(state));
    if (list === undefined) bySteps.set(stepOf(state), [move]);
    else list.push(move);
  }
  return [...bySteps.values()];
}

/**
 * Moves parameters by a rule, in one kernel a device and dtype. The state that the rule keeps goes by its own names; what is
 * missing is made, filled with `first`.
 */
export function moveAll<N extends string>(
  rule: UpdateRule<N>,
  moves: readonly Move<unknown>[],
  numbers: Readonly<Record<N, ListNumber>>,
  first: ListNumber = 0,
): void {
  const kept = rule.written.filter((name) => name !== 'parameter');
  for (const list of byKind(moves, ({ parameter }) => parameter)) {
    for (const name of kept) makeState(list, name, first);
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
