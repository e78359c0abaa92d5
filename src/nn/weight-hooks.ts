// Parameters of a module that stand behind hooks: before each forward the parameter is computed from others, which take its place
// in the state. Knows no formula; weight-norm.ts has two.

import { ArgumentError } from '../errors.ts';
import { describe } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import type { HookEntry } from './hooks.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

/** How the parameter `name` is computed from what stands in for it. */
export interface Behind {
  /** Of the function that set it up: `weightNorm`. */
  readonly kind: string;
  readonly name: string;
  /** The value for the next forward; in training the state behind it may move on. */
  compute(module: Module, moving: boolean): Tensor;
  /** What stands in for the parameter, by the ends of the names: `g` of `weight_g`. */
  readonly parts: readonly string[];
}

const known = new WeakMap<HookEntry['run'], Behind>();

/** The property that holds a part of a parameter, so that its name in the state dict is `name_part`. */
export function partName(module: Module, name: string, part: string): string {
  const camel = `${name}${part[0].toUpperCase()}${part.slice(1)}`;
  const wanted = `${Module.stateNameOf(module, name)}_${part}`;
  return Module.stateNameOf(module, camel) === wanted ? camel : `${name}_${part}`;
}

/** What stands in for a parameter. */
export function partOf(module: Module, name: string, part: string): Tensor {
  return Reflect.get(module, partName(module, name, part)) as Tensor;
}

/** The parameter of a module under a name; throws where there is none. */
export function parameterOf(op: string, module: unknown, name: string): Parameter {
  if (!(module instanceof Module)) {
    throw new ArgumentError({ op, fact: `module is ${describe(module)}`, rule: 'it must be a module' });
  }
  const parameter: unknown = Reflect.get(module, name);
  if (parameter instanceof Parameter) return parameter;
  throw new ArgumentError({
    op,
    fact: `${name} of ${module.constructor.name} is ${describe(parameter)}`,
    rule: 'it must be a parameter',
    cure: 'Name one: the second argument is the name of the property.',
  });
}

function find(module: Module, kind: string, name: string): HookEntry | undefined {
  return [...Module.preHooksOf(module)].find(({ run }) => {
    const behind = known.get(run);
    return behind?.kind === kind && behind.name === name;
  });
}

/** Puts tensors in the place of a parameter, which is computed from them from now on. */
export function standIn(op: string, module: Module, behind: Behind, parts: Readonly<Record<string, Tensor>>): void {
  const { name } = behind;
  if (find(module, behind.kind, name) !== undefined) {
    throw new ArgumentError({ op, fact: `${name} has one already`, rule: 'a parameter takes one such hook' });
  }
  Reflect.deleteProperty(module, name);
  for (const [part, value] of Object.entries(parts)) {
    if (value instanceof Parameter) module.registerParameter(partName(module, name, part), value);
    else module.registerBuffer(partName(module, name, part), value);
  }
  Reflect.set(module, name, behind.compute(module, false));
  const run = (at: unknown): void => {
    const owner = at as Module;
    Reflect.set(owner, name, behind.compute(owner, owner.training));
  };
  known.set(run, behind);
  module.registerForwardPreHook(run);
}

/** Makes a parameter one again, with the value that it would have in the next forward. */
export function standDown(op: string, module: unknown, kind: string, name: string): void {
  const entry = module instanceof Module ? find(module, kind, name) : undefined;
  if (!(module instanceof Module) || entry === undefined) {
    throw new ArgumentError({
      op,
      fact: `no ${kind} of '${name}' in ${module instanceof Module ? module.constructor.name : describe(module)}`,
      rule: `it takes a module after nn.utils.${kind}`,
    });
  }
  const behind = known.get(entry.run) as Behind;
  const value = behind.compute(module, false).detach().clone();
  for (const part of behind.parts) Reflect.deleteProperty(module, partName(module, name, part));
  Reflect.deleteProperty(module, name);
  module.registerParameter(name, new Parameter(value));
  Module.preHooksOf(module).delete(entry);
}
