// Containers by name or position that only keep what they hold, so that its owner sees it: modules by name, and parameters
// in lists and by name. What they hold are their own properties; nothing else is stored.

import type { DType } from '../dtype.ts';
import { ArgumentError, IndexError } from '../errors.ts';
import { describe } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

/** A container is not called. */
abstract class Keeper<V> extends Module {
  /** What is held, in order. */
  protected held(): [string, V][] {
    return (Object.entries(this) as [string, unknown][]).filter((entry): entry is [string, V] => this.holds(entry[1]));
  }

  protected abstract holds(value: unknown): value is V;

  /** How many entries there are. */
  override get length(): number {
    return this.held().length;
  }

  forward(...args: never[]): never {
    throw new ArgumentError({
      op: `nn.${this.typeName()}`,
      fact: `the container was called with ${args.length} arguments`,
      rule: 'it keeps what it is given and has no forward',
      cure: 'Use what it holds.',
    });
  }
}

/** What containers by name share: the methods of a Map, in order of insertion. */
abstract class ByName<V> extends Keeper<V> {
  protected abstract put(name: string, value: V): void;

  /** The entry of a name; throws where there is none. */
  get(name: string): V {
    const found = this.held().find(([own]) => own === name);
    if (found !== undefined) return found[1];
    throw new IndexError({
      op: `nn.${this.typeName()}`,
      fact: `the name '${name}'`,
      rule: `it holds ${this.keys().join(', ') || 'nothing'}`,
    });
  }

  has(name: string): boolean {
    return this.held().some(([own]) => own === name);
  }

  set(name: string, value: V): this {
    this.put(name, value);
    return this;
  }

  /** Adds all entries of an object, a Map or a list of pairs. */
  update(entries: Readonly<Record<string, V>> | Iterable<readonly [string, V]>): this {
    const list = Symbol.iterator in entries ? (entries as Iterable<readonly [string, V]>) : Object.entries(entries);
    for (const [name, value] of list) this.put(name, value);
    return this;
  }

  /** Takes an entry out and returns it. */
  pop(name: string): V {
    const value = this.get(name);
    Reflect.deleteProperty(this, name);
    return value;
  }

  clear(): void {
    for (const name of this.keys()) Reflect.deleteProperty(this, name);
  }

  keys(): string[] {
    return this.held().map(([name]) => name);
  }

  values(): V[] {
    return this.held().map(([, value]) => value);
  }

  /** Names with their entries; PyTorch's `items`. */
  items(): [string, V][] {
    return this.held();
  }

  [Symbol.iterator](): Iterator<[string, V]> {
    return this.held()[Symbol.iterator]();
  }
}

class Dict extends ByName<Module> {
  constructor(modules: Readonly<Record<string, Module>> | Iterable<readonly [string, Module]> = {}) {
    super();
    this.update(modules);
  }

  protected override holds(value: unknown): value is Module {
    return value instanceof Module;
  }

  protected override put(name: string, value: Module): void {
    if (!(value instanceof Module)) {
      throw new ArgumentError({
        op: 'nn.ModuleDict',
        fact: `${name} is ${describe(value)}`,
        rule: 'it must be a module',
      });
    }
    this.registerModule(name, value);
  }

  protected override typeName(): string {
    return this.constructor === Dict ? 'ModuleDict' : super.typeName();
  }
}

/** Modules by name; `dict.name` has the type of that module. */
export type ModuleDict<N extends Readonly<Record<string, Module>> = Record<string, Module>> = Dict & {
  readonly [K in keyof N]: N[K];
};

/** Keeps modules by name. https://pytorch.org/docs/stable/generated/torch.nn.ModuleDict.html */
export const ModuleDict = Dict as unknown as {
  new <N extends Readonly<Record<string, Module>> = Record<string, Module>>(
    modules?: N | Iterable<readonly [string, Module]>,
  ): ModuleDict<N>;
  readonly prototype: ModuleDict;
};

/** A tensor as a container keeps it: a parameter as it is, another as the elements of a new one. */
function parameterOf(op: string, name: string, value: unknown): Parameter {
  if (value instanceof Parameter) return value;
  if (value instanceof Tensor) return new Parameter(value);
  throw new ArgumentError({ op, fact: `entry ${name} is ${describe(value)}`, rule: 'it must be a parameter' });
}

/** `(0): Parameter containing: [torch.float32 of size 3x4]` for each. */
function parameterLines(held: readonly (readonly [string, Parameter])[], typeName: (dtype: DType) => string): string {
  return held
    .map(
      ([name, { dtype, shape }]) =>
        `  (${name}): Parameter containing: [torch.${typeName(dtype)} of size ${shape.join('x')}]`,
    )
    .join('\n');
}

/** The older name of a tensor's type, which a ParameterDict shows. */
const tensorTypes: Readonly<Record<DType, string>> = {
  float32: 'FloatTensor',
  float64: 'DoubleTensor',
  int32: 'IntTensor',
  uint8: 'ByteTensor',
  bool: 'BoolTensor',
};

/** Parameters by name. https://pytorch.org/docs/stable/generated/torch.nn.ParameterDict.html */
export class ParameterDict extends ByName<Parameter> {
  constructor(parameters: Readonly<Record<string, Tensor>> | Iterable<readonly [string, Tensor]> = {}) {
    super();
    this.update(parameters as Readonly<Record<string, Parameter>>);
  }

  protected override holds(value: unknown): value is Parameter {
    return value instanceof Parameter;
  }

  protected override put(name: string, value: Parameter): void {
    this.registerParameter(name, parameterOf('nn.ParameterDict', name, value));
  }

  override extraRepr(): string {
    return parameterLines(this.held(), (dtype) => tensorTypes[dtype]);
  }
}

/** Parameters by position. https://pytorch.org/docs/stable/generated/torch.nn.ParameterList.html */
export class ParameterList extends Keeper<Parameter> {
  constructor(parameters: Iterable<Tensor> = []) {
    super();
    this.extend(parameters);
  }

  protected override holds(value: unknown): value is Parameter {
    return value instanceof Parameter;
  }

  /** The parameter at a position; -1 is the last. */
  at(index: number): Parameter {
    const found = this.held().at(index);
    if (found !== undefined && Number.isInteger(index)) return found[1];
    throw new IndexError({
      op: 'nn.ParameterList',
      fact: `index ${index} of ${this.length} parameters`,
      rule: 'it is out of range',
    });
  }

  append(parameter: Tensor): this {
    const name = String(this.length);
    this.registerParameter(name, parameterOf('nn.ParameterList', name, parameter));
    return this;
  }

  /** Adds several at the end. */
  extend(parameters: Iterable<Tensor>): this {
    for (const parameter of parameters) this.append(parameter);
    return this;
  }

  *[Symbol.iterator](): Iterator<Parameter> {
    for (const [, parameter] of this.held()) yield parameter;
  }

  override extraRepr(): string {
    return parameterLines(this.held(), (dtype) => dtype);
  }
}
