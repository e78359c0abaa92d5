// nn.utils.parametrize: parameters that are computed from others whenever they are asked for, by modules that stand in a list under
// `parametrizations`. Knows no such module; parametrizations.ts has some.
// https://pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.register_parametrization.html

import { ArgumentError, ShapeError } from '../errors.ts';
import { untaped } from '../ops/apply.ts';
import { formatShape, sameShape } from '../shape.ts';
import { bind, describe, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { ModuleDict } from './parameter-containers.ts';
import { parameterOf } from './weight-hooks.ts';

/** A module that computes a parameter; `rightInverse` gives what it is computed from, one tensor or several. */
export interface Parametrization extends Module {
  forward(...originals: Tensor[]): Tensor;
  rightInverse?(value: Tensor): Tensor | readonly Tensor[];
}

/**
 * The modules that compute one parameter, one after the other, and what the first takes: `original`, or `original0`, ..
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.ParametrizationList.html
 */
export class ParametrizationList extends Module {
  /** What the parameter is computed from. */
  get originals(): Tensor[] {
    const entries = Object.entries(this) as [string, unknown][];
    return entries.flatMap(([name, value]) => (/^original\d*$/.test(name) && value instanceof Tensor ? [value] : []));
  }

  /** The modules in order. */
  get steps(): Parametrization[] {
    return this.children() as Parametrization[];
  }

  /** Keeps what a value is computed from: new parameters, or in the place of the old ones. */
  keep(value: Tensor, first: Parametrization): void {
    const given = first.rightInverse?.(value) ?? value;
    const list = given instanceof Tensor ? [given] : given;
    for (const [at, one] of list.entries()) {
      const name = list.length === 1 ? 'original' : `original${at}`;
      this.registerParameter(name, new Parameter(one.detach()));
    }
  }

  /** Adds a module at the end. */
  append(step: Parametrization): void {
    this.registerModule(String(this.steps.length), step);
  }

  forward(): Tensor {
    const [first, ...others] = this.steps;
    return others.reduce((value, step) => step(value), first(...this.originals));
  }
}

const listOf = (module: Module, name: string): ParametrizationList | undefined => {
  const all: unknown = Reflect.get(module, 'parametrizations');
  const key = Module.stateNameOf(module, name);
  return all instanceof ModuleDict && all.has(key) ? (all.get(key) as ParametrizationList) : undefined;
};

/** Gives a module the class `ParametrizedX`, whose property `name` asks the list; one class for a module and its copies. */
function install(module: Module, name: string): void {
  let prototype = Object.getPrototypeOf(module) as object;
  if (!Object.hasOwn(prototype, 'parametrized')) {
    const base = module.constructor as abstract new () => Module;
    abstract class Parametrized extends base {}
    Object.defineProperty(Parametrized, 'name', { value: `Parametrized${base.name}` });
    prototype = Parametrized.prototype;
    Object.defineProperty(prototype, 'parametrized', { value: true });
    Object.setPrototypeOf(module, prototype);
  }
  Object.defineProperty(prototype, name, {
    get(this: Module): Tensor {
      return (listOf(this, name) as ParametrizationList).forward();
    },
    configurable: true,
  });
}

/**
 * Lets `parametrization` compute the parameter `tensorName` of a module from now on: reading the property runs it. Further ones run
 * behind the first. https://pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.register_parametrization.html
 */
export function registerParametrization<M extends Module>(
  module: M,
  tensorName: string,
  parametrization: Parametrization,
): M {
  const op = 'nn.utils.parametrize.registerParametrization';
  bind(
    op,
    [p.custom<Module>()('module', 'a module', (value) => value instanceof Module), p.string('tensorName')],
    [module, tensorName],
  );
  if (!((parametrization as unknown) instanceof Module)) {
    throw new ArgumentError({
      op,
      fact: `parametrization is ${describe(parametrization)}`,
      rule: 'it must be a module',
    });
  }
  const known = listOf(module, tensorName);
  if (known !== undefined) {
    if (parametrization.rightInverse !== undefined) {
      throw new ArgumentError({
        op,
        fact: `a second parametrization of ${tensorName} with a rightInverse`,
        rule: 'only the first may have one',
      });
    }
    known.append(parametrization);
    return module;
  }
  const parameter = parameterOf(op, module, tensorName);
  const list = new ParametrizationList();
  list.train(module.training);
  untaped(() => list.keep(parameter, parametrization));
  list.append(parametrization);
  const computed = untaped(() => list.forward());
  if (!sameShape(computed.shape, parameter.shape) || computed.dtype !== parameter.dtype) {
    throw new ShapeError({
      op,
      fact: `${tensorName} ${formatShape(parameter.shape)} becomes ${formatShape(computed.shape)}`,
      rule: 'a parametrization keeps shape and dtype',
    });
  }
  Reflect.deleteProperty(module, tensorName);
  install(module, tensorName);
  const all: unknown = Reflect.get(module, 'parametrizations');
  const dict = all instanceof ModuleDict ? all : new ModuleDict({});
  if (dict !== all) module.registerModule('parametrizations', dict);
  dict.set(Module.stateNameOf(module, tensorName), list);
  return module;
}

/** Whether a module has parametrizations, of one parameter if it is named. https://pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.is_parametrized.html */
export function isParametrized(module: Module, tensorName: string | null = null): boolean {
  if (tensorName !== null) return listOf(module, tensorName) !== undefined;
  return Reflect.get(module, 'parametrizations') instanceof ModuleDict;
}

/**
 * Makes a parameter one again: with the value computed last, or with `leaveParametrized: false` with what it was computed from.
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.remove_parametrizations.html
 */
export function removeParametrizations<M extends Module>(module: M, tensorName: string, leaveParametrized = true): M {
  const op = 'nn.utils.parametrize.removeParametrizations';
  const list = module instanceof Module ? listOf(module, tensorName) : undefined;
  if (list === undefined) {
    throw new ArgumentError({
      op,
      fact: `${describe(module)} has no parametrization of '${tensorName}'`,
      rule: 'it takes a module after registerParametrization',
    });
  }
  const { originals } = list;
  if (!leaveParametrized && originals.length > 1) {
    throw new ArgumentError({
      op,
      fact: `${tensorName} is computed from ${originals.length} tensors`,
      rule: 'leaveParametrized: false needs one',
    });
  }
  const value = leaveParametrized
    ? untaped(() => list.forward())
        .detach()
        .clone()
    : originals[0];
  const dict = Reflect.get(module, 'parametrizations') as ModuleDict;
  dict.pop(Module.stateNameOf(module, tensorName));
  if (dict.length === 0) {
    Reflect.deleteProperty(module, 'parametrizations');
    Object.setPrototypeOf(module, Object.getPrototypeOf(Object.getPrototypeOf(module)) as object);
  }
  // A property of its own, before that of a class which copies of the module may share.
  Object.defineProperty(module, tensorName, { value: null, writable: true, enumerable: true, configurable: true });
  module.registerParameter(tensorName, value instanceof Parameter ? value : new Parameter(value));
  return module;
}
