// Modules that hold modules: Sequential runs them one after the other, ModuleList only keeps them.

import { ArgumentError, IndexError } from '../errors.ts';
import { describe, isPlainObject } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import type { Given, Taken } from './forward.ts';
import { Module } from './module.ts';
import type { Parameter } from './parameter.ts';

/** What the first module takes, and what the last returns; a tensor where the modules are not known one by one. */
type Input<L extends readonly Module[]> = L extends readonly [infer First extends Module, ...unknown[]]
  ? Taken<First['forward']>
  : [input: Tensor];
type Result<L extends readonly Module[]> = L extends readonly [...unknown[], infer Last extends Module]
  ? Given<Last['forward']>
  : Tensor;

/** The modules of a list by their position: `net[0]` has the type of the first. */
export type Positions<L extends readonly Module[]> = { readonly [index: number]: L[number] } & {
  readonly [K in keyof L as K extends `${number}` ? K : never]: L[K];
};

function requireModule(op: string, value: unknown, place: string): asserts value is Module {
  if (value instanceof Module) return;
  throw new ArgumentError({
    op,
    fact: `${place} is ${describe(value)}`,
    rule: 'it must be a module',
    cure: typeof value === 'function' ? 'Make an instance: new nn.ReLU().' : undefined,
  });
}

/** A list of modules under the names '0', '1', .. or names of their own, which then have positions besides. */
abstract class Container<L extends readonly Module[]> extends Module {
  /** Own properties hold the children; this finds them in order. */
  #names: string[] = [];

  protected override bare(): this {
    return Reflect.construct(Container, [], this.constructor as new () => this) as this;
  }

  /** How many modules there are. */
  override get length(): number {
    return this.#names.length;
  }

  /** The module at a position; -1 is the last. */
  at(index: number): Module {
    const name = this.#names.at(index);
    if (name !== undefined && Number.isInteger(index)) return Reflect.get(this, name) as Module;
    throw new IndexError({
      op: `nn.${this.typeName()}`,
      fact: `index ${index} of ${this.length} modules`,
      rule: 'it is out of range',
    });
  }

  /** Puts the modules from `start` to before `end` into `part`; numbers as names begin at 0 there, other names stay. */
  protected taken<C extends Container<readonly Module[]>>(part: C, start?: number, end?: number): C {
    for (const name of this.#names.slice(start, end)) {
      part.registerModule(/^\d+$/.test(name) ? String(part.length) : name, Reflect.get(this, name) as Module);
    }
    return part;
  }

  /** Adds a module at the end. */
  append(module: Module): this {
    this.registerModule(String(this.length), module);
    return this;
  }

  /** Adds a module at the end under a name of its own. */
  override registerModule(name: string, module: Module): void {
    requireModule(`nn.${this.typeName()}`, module, `module ${name}`);
    const position = String(this.length);
    super.registerModule(name, module);
    this.#names.push(name);
    if (name === position) return;
    // `net[0]` also where the module has a name; hidden from the walk over own properties, so that it appears once.
    const get = () => Reflect.get(this, name) as unknown;
    Object.defineProperty(this, position, { get, enumerable: false, configurable: true });
  }

  *[Symbol.iterator](): Iterator<L[number]> {
    for (const name of this.#names) yield Reflect.get(this, name) as L[number];
  }
}

class Chain<L extends readonly Module[] = readonly Module[]> extends Container<L> {
  constructor(...layers: readonly unknown[]) {
    super();
    const [first] = layers;
    const named: readonly (readonly [string, unknown])[] =
      layers.length === 1 && isPlainObject(first)
        ? Object.entries(first)
        : layers.map((layer, at) => [String(at), layer] as const);
    for (const [name, layer] of named) this.registerModule(name, layer as Module);
  }

  forward(...args: Input<L>): Result<L> {
    let value: readonly unknown[] = args;
    for (const layer of this) value = [layer<unknown>(...value)];
    return value[0] as Result<L>;
  }

  /** The modules from `start` to before `end`, themselves and not copies: PyTorch's net[start:end]. */
  slice(start?: number, end?: number): Sequential {
    return this.taken(new Chain(), start, end) as Sequential;
  }

  protected override typeName(): string {
    return this.constructor === Chain ? 'Sequential' : super.typeName();
  }
}

/** Modules that run one after the other; `net[0]` is the first, with its own type. */
export type Sequential<L extends readonly Module[] = readonly Module[]> = Chain<L> & Positions<L>;

/** A module that was not given one by one: most have a weight and a bias, or modules below. */
export type Layer = Module & { readonly weight: Parameter; readonly bias: Parameter; readonly [index: number]: Layer };

/** A Sequential of modules that are known one by one, or of others: a list, or none yet. */
type SequentialOf<L extends readonly Module[]> = L extends readonly [unknown, ...unknown[]]
  ? Sequential<L>
  : Sequential & { readonly [index: number]: Layer };

interface SequentialConstructor {
  /** The modules in order. */
  new <L extends readonly Module[] = readonly Module[]>(...layers: L): SequentialOf<L>;
  /** Modules with names of their own: `net.hidden`, and `hidden.weight` in the state dict. */
  new <N extends Readonly<Record<string, Module>>, K extends keyof N>(
    layers: N,
  ): Sequential & { readonly [P in K]: N[P] };
  readonly prototype: Sequential;
}

/**
 * Runs modules one after the other: new Sequential(a, b), or new Sequential({ hidden: a, out: b }). Can be subclassed.
 * https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 */
export const Sequential = Chain as unknown as SequentialConstructor;

class List<M extends Module = Module> extends Container<readonly M[]> {
  constructor(modules: Iterable<M> = []) {
    super();
    this.extend(modules);
  }

  /** Adds several modules at the end. */
  extend(modules: Iterable<M>): this {
    for (const module of modules) this.append(module);
    return this;
  }

  /** The modules from `start` to before `end`, themselves and not copies: PyTorch's list[start:end]. */
  slice(start?: number, end?: number): ModuleList<M> {
    return this.taken(new List<M>(), start, end) as ModuleList<M>;
  }

  forward(...args: never[]): never {
    throw new ArgumentError({
      op: 'nn.ModuleList',
      fact: `the list was called with ${args.length} arguments`,
      rule: 'it keeps modules and has no forward',
      cure: 'Loop over it, or use Sequential.',
    });
  }

  protected override typeName(): string {
    return this.constructor === List ? 'ModuleList' : super.typeName();
  }
}

/** A list of modules whose parameters its owner sees, unlike those of a plain array. */
export type ModuleList<M extends Module = Module> = List<M> & { readonly [index: number]: M };

/** Keeps modules in a list: iterate, index, append. https://pytorch.org/docs/stable/generated/torch.nn.ModuleList.html */
export const ModuleList = List as unknown as {
  new <M extends Module = Module>(modules?: Iterable<M>): ModuleList<M>;
  readonly prototype: ModuleList;
};
