// What every optimizer is: groups of parameters with their options, the state of each parameter, and both in PyTorch's
// layout. Knows neither gradients nor formulas. https://pytorch.org/docs/stable/optim.html

import { ArgumentError } from '../errors.ts';
import { camelCase, pythonText, snakeCase } from '../nn/arguments.ts';
import { clearGradients } from '../nn/state.ts';
import { bind, describe, isPlainObject, p, type Param } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { type OptimizerState, type ParamState, savedState, takenState } from './state.ts';

/** What an option of a group can be. */
export type OptionValue = number | boolean | string | null | readonly number[];

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

const isIterable = (value: unknown): boolean => typeof value === 'object' && value !== null && Symbol.iterator in value;

/** The first parameter of every optimizer. */
export const paramsParam = <O>() =>
  p.custom<Params<O>>()(
    'params',
    'a list of parameters, such as net.parameters(), or of groups { params, .. }',
    (value) => isIterable(value) && !(value instanceof Tensor),
  );

/** A parameter that is two numbers, such as Adam's betas. */
export const pairParam = <N extends string>(name: N) =>
  p.custom<readonly number[]>()(
    name,
    'two numbers',
    (v) => Array.isArray(v) && v.length === 2 && v.every((one) => typeof one === 'number'),
  );

/**
 * The parameters and the options that a constructor was given, by a signature list whose first entry is `params`; the list of
 * all its other names and values are the options.
 */
export function given<O, const P extends readonly Param[]>(
  op: string,
  signature: P,
  args: readonly unknown[],
): [Params<O>, O] {
  const [params, ...values] = bind(op, signature, args);
  return [params as Params<O>, Object.fromEntries(values.map((value, at) => [signature[at + 1].name, value])) as O];
}

/** Parameters in groups, and what is kept for each; how they move is the subclass's. */
export abstract class BaseOptimizer<O extends object = { lr: number }> {
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

  /** Throws unless the number `value` of option `name` fits a rule. */
  protected demand(holds: boolean, name: string, value: unknown, rule: string): void {
    if (holds) return;
    throw new ArgumentError({ op: this.name(), fact: `${name} is ${describe(value)}`, rule });
  }

  /** Throws unless these options are 0 or more. */
  protected demandNotNegative(
    options: Partial<Readonly<Record<string, unknown>>> | O,
    ...names: readonly (keyof O & string)[]
  ): void {
    for (const name of names) {
      const value = (options as O)[name];
      this.demand(
        (value as number) >= 0,
        name,
        value,
        name === 'lr' ? 'a learning rate is 0 or more' : 'it is 0 or more',
      );
    }
  }

  /** Throws unless the rates of two running averages fit. */
  protected demandBetas(betas: readonly number[]): void {
    for (const beta of betas) this.demand(beta >= 0 && beta < 1, 'betas', betas, 'both lie in [0, 1)');
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
    clearGradients(this.parameters(), options.setToNone ?? true);
  }

  /** The parameters of all groups, in order. */
  protected *parameters(): Generator<Tensor> {
    for (const group of this.paramGroups) yield* group.params;
  }

  /** The state in PyTorch's layout. The tensors are the optimizer's own, not copies. */
  stateDict(): OptimizerState {
    const numbers = new Map([...this.parameters()].map((parameter, at) => [parameter, at]));
    const packed = this.paramGroups.map(({ params, ...options }) => ({
      ...renamed(options, snakeCase),
      params: params.map((parameter) => numbers.get(parameter) as number),
    }));
    const state = [...this.state].map(([parameter, values]) => [numbers.get(parameter), savedState(values)] as const);
    return { state: Object.fromEntries(state) as OptimizerState['state'], param_groups: packed };
  }

  /**
   * Takes over a copy of what `stateDict` returned, here or in PyTorch: options and state. The groups must have the same
   * sizes.
   */
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
      if (parameter !== undefined) state.set(parameter, takenState(values, parameter));
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
