// Module: what layers, losses and networks are. Instances are callable; parameters, buffers and children are found among
// their own properties at the time of asking. Knows no layer. https://pytorch.org/docs/stable/generated/torch.nn.Module.html

import { Callable, onCall } from '../core/callable.ts';
import { watch } from '../core/capture.ts';
import { ArgumentError, NotImplementedError } from '../errors.ts';
import { describe } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import type { FreeCall, Given, Taken } from './forward.ts';
import { type Gradients, type HookEntry, registered, type RemovableHandle, type Run, seenBackward } from './hooks.ts';
import { bufferKind, type Kind, parameterKind, requireKind } from './kinds.ts';
import { Parameter } from './parameter.ts';
import {
  clearGradients,
  copyTensor,
  type Destination,
  type IncompatibleKeys,
  loadState,
  move,
  moveHome,
  type StateDict,
} from './state.ts';

type Arguments<M extends Module> = Taken<M['forward']>;
type Output<M extends Module> = Given<M['forward']>;
/** Sees the arguments before `forward`; a list that it returns replaces them. */
export type ForwardPreHook<M extends Module> = (module: M, args: Arguments<M>) => readonly unknown[] | undefined | void;
/** Sees arguments and result of `forward`; what it returns, if anything, replaces the result. */
export type ForwardHook<M extends Module> = (
  module: M,
  args: Arguments<M>,
  output: Output<M>,
) => Output<M> | undefined | void;

/** Sees the gradients at the inputs and outputs of one call; a list that it returns replaces those of the inputs. */
export type BackwardHook<M extends Module> = (
  module: M,
  gradInput: Gradients,
  gradOutput: Gradients,
) => Gradients | undefined | void;

/** A call takes and returns what the `forward` of the class takes and returns. */
// The interface has a call signature alone, which TypeScript cannot write in a class.
// oxlint-disable-next-line no-unsafe-declaration-merging
interface BaseModule {
  (...args: Parameters<this['forward']>): ReturnType<this['forward']>;
}

/** What layers, losses and networks inherit. */
// oxlint-disable-next-line no-unsafe-declaration-merging
abstract class BaseModule extends Callable {
  /** Whether dropout and the like are active; `train()` and `eval()` switch it for all children, too. */
  training = true;
  /** Names of own properties that hold buffers -> whether the state dict has them. */
  readonly #buffers = new Map<string, boolean>();
  readonly #preHooks = new Set<HookEntry>();
  readonly #hooks = new Set<HookEntry>();
  readonly #backwardHooks = new Set<HookEntry>();

  /** The computation of a call, with the arguments of the call untouched. */
  abstract forward(...args: never[]): unknown;

  /** Runs the hooks around `forward`. */
  [onCall](args: readonly unknown[]): unknown {
    if (typeof this.forward !== 'function') {
      throw new NotImplementedError({
        op: `nn.${this.typeName()}`,
        fact: 'the module has no forward',
        rule: 'a call of a module runs its forward',
        cure: `Define it: class ${this.typeName()} extends nn.Module { forward(x) { .. } }.`,
      });
    }
    watch(() => this.training);
    watch(() => this.#preHooks.size + this.#hooks.size + this.#backwardHooks.size);
    let given = args;
    for (const hook of this.#preHooks) {
      const answer = hook.run(this, given);
      if (answer !== undefined) given = Array.isArray(answer) ? (answer as readonly unknown[]) : [answer];
    }
    const forward = (values: readonly unknown[]) => (this.forward as Run).apply(this, [...values]);
    let output = this.#backwardHooks.size === 0 ? forward(given) : seenBackward(given, forward, this.#seeBackward());
    for (const hook of this.#hooks) output = hook.run(this, given, output) ?? output;
    return output;
  }

  /** The backward hooks one after the other: each sees what the one before answered. */
  #seeBackward(): (gradInput: Gradients, gradOutput: Gradients) => Gradients {
    return (gradInput, gradOutput) => {
      let flow = gradInput;
      for (const { run } of this.#backwardHooks) flow = (run(this, flow, gradOutput) as Gradients | undefined) ?? flow;
      return flow;
    };
  }

  /** Own properties that are parameters, buffers or modules, in the order in which they were set. */
  #members<T>(select: (value: unknown, name: string) => value is T): [string, T][] {
    const entries = Object.entries(this) as [string, unknown][];
    return entries.filter((entry): entry is [string, T] => select(entry[1], entry[0]));
  }

  #ownParameters(): [string, Parameter][] {
    return this.#named(this.#members((value) => value instanceof Parameter));
  }

  #ownBuffers(persistentOnly = false): [string, Tensor][] {
    const wanted = (name: string) => this.#buffers.has(name) && (!persistentOnly || this.#buffers.get(name) === true);
    return this.#named(this.#members((value, name): value is Tensor => wanted(name) && value instanceof Tensor));
  }

  #named<T>(members: [string, T][]): [string, T][] {
    return members.map(([name, value]) => [this.stateName(name), value]);
  }

  /** The name of a parameter, buffer or child in paths; the library's own are PyTorch's, such as `running_mean`. */
  protected stateName(property: string): string {
    return property;
  }

  /** The children, one that has two names twice. */
  #ownModules(): [string, Module][] {
    return this.#named(this.#members((value): value is Module => value instanceof Module));
  }

  /** What each module of the tree owns by `own`, under its path; what is shared appears once. */
  #collect<T>(own: (module: Module) => [string, T][], prefix: string, recurse: boolean): [string, T][] {
    const found = new Map<T, string>();
    for (const [path, module] of recurse ? this.namedModules(prefix) : [[prefix, this] as const]) {
      for (const [name, value] of own(module)) {
        if (!found.has(value)) found.set(value, joined(path, name));
      }
    }
    return [...found].map(([value, name]) => [name, value]);
  }

  /** The parameters of this module and (if `recurse`) its children with their paths; a shared one appears once. */
  namedParameters(prefix = '', recurse = true): [string, Parameter][] {
    return this.#collect((module) => module.#ownParameters(), prefix, recurse);
  }

  /** The parameters, as optimizers take them. */
  parameters(recurse = true): Parameter[] {
    return this.namedParameters('', recurse).map(([, parameter]) => parameter);
  }

  /** The buffers: tensors that belong to the state but are not trained. */
  namedBuffers(prefix = '', recurse = true): [string, Tensor][] {
    return this.#collect((module) => module.#ownBuffers(), prefix, recurse);
  }

  buffers(recurse = true): Tensor[] {
    return this.namedBuffers('', recurse).map(([, buffer]) => buffer);
  }

  /** The modules that this one holds directly. A module in a private `#field` is invisible: register it. */
  namedChildren(): [string, Module][] {
    const seen = new Set<Module>();
    return this.#ownModules().filter(([, module]) => !seen.has(module) && seen.add(module));
  }

  children(): Module[] {
    return this.namedChildren().map(([, module]) => module);
  }

  /** This module and all below it, each once, with paths that begin with `prefix`. */
  namedModules(prefix = '', seen: Set<Module> = new Set()): [string, Module][] {
    if (seen.has(this)) return [];
    seen.add(this);
    const below = this.#ownModules().flatMap(([name, module]) => module.namedModules(joined(prefix, name), seen));
    return [[prefix, this], ...below];
  }

  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** The module at a path such as 'encoder.0'; '' is this one. */
  getSubmodule(target: string): Module {
    const steps = target === '' ? [] : target.split('.');
    return steps.reduce((at: Module, name) => at.#member('getSubmodule', target, name, at.#ownModules()), this);
  }

  /** The parameter at a path such as 'encoder.0.weight'. */
  getParameter(target: string): Parameter {
    const [owner, name] = this.#ownerOf(target);
    return owner.#member('getParameter', target, name, owner.#ownParameters());
  }

  /** The buffer at a path such as '1.running_mean'. */
  getBuffer(target: string): Tensor {
    const [owner, name] = this.#ownerOf(target);
    return owner.#member('getBuffer', target, name, owner.#ownBuffers());
  }

  #ownerOf(target: string): [owner: Module, name: string] {
    const end = target.lastIndexOf('.');
    return [this.getSubmodule(target.slice(0, Math.max(end, 0))), target.slice(end + 1)];
  }

  #member<T>(op: string, target: string, name: string, members: readonly [string, T][]): T {
    const found = members.find(([own]) => own === name);
    if (found !== undefined) return found[1];
    const names = members.map(([own]) => own).join(', ');
    const rule = `${this.typeName()} has ${names === '' ? 'none' : names}`;
    throw new ArgumentError({ op, fact: `no '${name}' for the path '${target}'`, rule });
  }

  #checkName(op: string, name: string): void {
    const taken = name in this && !this.#members((_, own): _ is unknown => own === name).length;
    if (name !== '' && !name.includes('.') && !taken) return;
    throw new ArgumentError({
      op,
      fact: taken ? `'${name}' is a member of ${this.typeName()}` : `the name '${name}'`,
      rule: 'a name is not empty, has no dot and is not taken',
    });
  }

  /** Adds a parameter under a name; null says that there is none. */
  registerParameter(name: string, parameter: Parameter | null): void {
    this.#checkName('registerParameter', name);
    if (parameter !== null) requireKind('registerParameter', name, parameter, parameterKind);
    Reflect.set(this, name, parameter);
  }

  /** Adds a tensor that is state but not trained; the state dict has it if it is `persistent`. */
  registerBuffer(name: string, tensor: Tensor | null, persistent = true): void {
    this.#checkName('registerBuffer', name);
    if (tensor !== null) requireKind('registerBuffer', name, tensor, bufferKind);
    Reflect.set(this, name, tensor);
    this.#buffers.set(name, persistent);
  }

  /** Adds a child under a name, as assigning it to a property does. */
  registerModule(name: string, module: Module): void {
    this.#checkName('registerModule', name);
    requireKind('registerModule', name, module, childKind);
    Reflect.set(this, name, module);
  }

  /** Another name of `registerModule`. https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.add_module */
  addModule(name: string, module: Module): void {
    this.registerModule(name, module);
  }

  /** Calls `hook(module, args)` before each forward; a list that it returns replaces the arguments. */
  registerForwardPreHook<M extends Module>(this: M, hook: ForwardPreHook<M>): RemovableHandle {
    return registered(this.#preHooks, hook as unknown as Run);
  }

  /** Calls `hook(module, args, output)` after each forward; what it returns replaces the output. */
  registerForwardHook<M extends Module>(this: M, hook: ForwardHook<M>): RemovableHandle {
    return registered(this.#hooks, hook as unknown as Run);
  }

  /**
   * Calls `hook(module, gradInput, gradOutput)` on the way back through each call; what it returns replaces the gradients of the
   * inputs. https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_hook
   */
  registerFullBackwardHook<M extends Module>(this: M, hook: BackwardHook<M>): RemovableHandle {
    return registered(this.#backwardHooks, hook as unknown as Run);
  }

  /** The hooks before forward, for what stands in for parameters (nn.utils.weightNorm); those of a copy are the same. */
  static preHooksOf(module: Module): Set<HookEntry> {
    return module.#preHooks;
  }

  /** The name of a property in the paths of a module's state. */
  static stateNameOf(module: Module, property: string): string {
    return module.stateName(property);
  }

  /** Calls `fn` on all children, from below, and then on this module. */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this);
    return this;
  }

  /** Switches dropout and the like on, or off, here and in all children. */
  train(mode = true): this {
    if (typeof mode !== 'boolean') {
      throw new ArgumentError({ op: 'train', fact: `mode is ${describe(mode)}`, rule: 'it must be true or false' });
    }
    this.training = mode;
    for (const child of this.children()) child.train(mode);
    return this;
  }

  /** `train(false)`. */
  eval(): this {
    return this.train(false);
  }

  /** Lets all parameters require gradients, or none. */
  requiresGrad_(requiresGrad = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(requiresGrad);
    return this;
  }

  /** Forgets the gradients of all parameters, or sets them to 0. */
  zeroGrad(options: { readonly setToNone?: boolean } = {}): void {
    clearGradients(this.parameters(), options.setToNone ?? true);
  }

  /** Moves all parameters and buffers to a device, or floating point ones to a dtype; the tensor objects stay. */
  to(target: Destination): this {
    move([...this.parameters(), ...this.buffers()], target);
    return this;
  }

  /** Moves all parameters and buffers to the CPU device, which is a read of what the GPU holds; the tensor objects stay. */
  async cpu(): Promise<this> {
    await moveHome([...this.parameters(), ...this.buffers()]);
    return this;
  }

  /** Floating point parameters and buffers as float64 (on the CPU device). */
  double(): this {
    return this.to('float64');
  }

  /** Floating point parameters and buffers as float32. */
  float(): this {
    return this.to('float32');
  }

  /**
   * All parameters and persistent buffers by their path, sharing their elements, without the tape.
   * https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.state_dict
   */
  stateDict(options: { readonly prefix?: string } = {}): StateDict {
    const path = options.prefix ?? '';
    const out: StateDict = {};
    for (const [name, tensor] of this.#ownState()) out[path + name] = tensor.detach();
    for (const [name, module] of this.#ownModules())
      Object.assign(out, module.stateDict({ prefix: `${path}${name}.` }));
    return out;
  }

  #ownState(): [string, Tensor][] {
    return [...this.#ownParameters(), ...this.#ownBuffers(true)];
  }

  /** What the state dict is made of: the tensors themselves. */
  #state(prefix = ''): Map<string, Tensor> {
    const out = new Map(this.#ownState().map(([name, tensor]) => [prefix + name, tensor]));
    for (const [name, module] of this.#ownModules()) {
      for (const [path, tensor] of module.#state(`${prefix}${name}.`)) out.set(path, tensor);
    }
    return out;
  }

  /**
   * Copies the elements of `dict` into the parameters and buffers of those paths. With `strict` (the default) both must
   * have the same paths. Nothing is copied where something does not fit; the error names all of it.
   */
  loadStateDict(dict: Readonly<StateDict>, options: { readonly strict?: boolean } | boolean = {}): IncompatibleKeys {
    const strict = typeof options === 'boolean' ? options : (options.strict ?? true);
    return loadState(this.typeName(), this.#state(), dict, strict);
  }

  /**
   * A module of the same class with copies of all parameters, buffers and children; nothing is drawn. What is shared within
   * stays shared. Other properties are taken over as they are; `#private` fields of subclasses cannot be copied.
   */
  deepcopy(copies: Map<object, unknown> = new Map()): this {
    const known = copies.get(this);
    if (known !== undefined) return known as this;
    const twin = this.bare();
    copies.set(this, twin);
    for (const [name, persistent] of this.#buffers) twin.#buffers.set(name, persistent);
    for (const hook of this.#preHooks) twin.#preHooks.add(hook);
    for (const hook of this.#hooks) twin.#hooks.add(hook);
    for (const hook of this.#backwardHooks) twin.#backwardHooks.add(hook);
    for (const [name, value] of Object.entries(this) as [string, unknown][]) {
      if (value instanceof Module) twin.registerModule(name, value.deepcopy(copies));
      else Reflect.set(twin, name, value instanceof Tensor ? copyOf(value, copies) : value);
    }
    return twin;
  }

  /** An instance of this class on which no constructor of a subclass has run. */
  protected bare(): this {
    return Reflect.construct(Module, [], this.constructor as new () => this) as this;
  }

  /** The name of the class, as printing shows it. */
  protected typeName(): string {
    return this.constructor.name;
  }

  /** What printing shows between the parentheses, before the children. */
  extraRepr(): string {
    return '';
  }

  /** PyTorch's text for the module: its class, its options and, indented by 2, its children. */
  override toString(): string {
    const extra = this.extraRepr();
    const head = extra === '' ? [] : extra.split('\n');
    const children = this.#ownModules().map(
      ([name, module]) => `(${name}): ${String(module).replaceAll('\n', '\n  ')}`,
    );
    if (head.length === 1 && children.length === 0) return `${this.typeName()}(${extra})`;
    const lines = [...head, ...children];
    return lines.length === 0 ? `${this.typeName()}()` : `${this.typeName()}(\n  ${lines.join('\n  ')}\n)`;
  }

  /** What Node's console.log shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

const childKind: Kind = { type: BaseModule, rule: 'it must be a module' };

Object.defineProperty(BaseModule, 'name', { value: 'Module' });

/** A module of any class; a call of it takes anything and gives a tensor. */
export type Module = FreeCall & BaseModule;

/** The base of layers, losses and networks: define `forward`, and call the instance. */
export const Module = BaseModule as unknown as (abstract new () => BaseModule) & {
  readonly prototype: Module;
  readonly preHooksOf: typeof BaseModule.preHooksOf;
  readonly stateNameOf: typeof BaseModule.stateNameOf;
};

function copyOf(tensor: Tensor, copies: Map<object, unknown>): Tensor {
  const known = copies.get(tensor) as Tensor | undefined;
  if (known !== undefined) return known;
  const twin = copyTensor(tensor);
  copies.set(tensor, twin);
  return twin;
}

const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
