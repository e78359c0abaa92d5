// The tape: what a gradient needs to find its way back. A TapeFn is one step; it knows what it saved, where its gradients
// go next and by which rule, and nothing about operations. Tensor completes it (tensor.ts).

import type { DType } from '../dtype.ts';
import { AutogradError } from '../errors.ts';
import { nextSerial, type Node } from './graph.ts';
import { currentWatcher } from './mode.ts';
import type { Shape } from '../shape.ts';

/** What the tape sees of a tensor. */
export interface Taped<T extends Taped<T>> {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly node: Node;
  readonly edge: Edge<T> | null;
}

/** Where a gradient goes next: a step and which of its results it is for. */
export interface Edge<T extends Taped<T>> {
  readonly fn: TapeFn<T>;
  readonly index: number;
}

/** What a gradient rule is given. Inputs and output are read through functions, so that what is not read is not needed. */
export interface TapeContext<T> {
  /** Input `index` of the operation, as it was; throws once the graph was freed. */
  input(index: number): T;
  /** The result of the operation; throws once the graph was freed. */
  output(): T;
  /** Whether input `index` wants a gradient. */
  needs(index: number): boolean;
  /** The shape of input `index`, which is never freed. */
  shape(index: number): Shape;
  /** The gradients of all results, for a step with several. */
  readonly grads: readonly (T | null)[];
}

/** From the gradient of the result to the gradients of the inputs; null where none flows. They may be broadcast. */
export type TapeRule<T> = (grad: T, context: TapeContext<T>) => readonly (T | null)[];

export type TapeHook<T> = (grad: T) => T | null | undefined | void;

interface Saved<T extends Taped<T>> {
  readonly node: Node;
  readonly edge: Edge<T> | null;
}

interface Meta {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Ends the claims of steps that were not walked by the next flush, once nobody holds them. */
const claims =
  typeof FinalizationRegistry === 'undefined'
    ? null
    : new FinalizationRegistry<readonly Node[]>((nodes) => {
        for (const node of nodes) node.saved--;
      });

/** One step of the tape. https://pytorch.org/docs/stable/autograd.html */
export abstract class TapeFn<T extends Taped<T>> {
  /** Falls along every edge: a step is made after all that it leads to. */
  readonly id: number;
  readonly rule: TapeRule<T> | null;
  readonly edges: readonly (Edge<T> | null)[];
  /** The shapes and dtypes of the inputs and of the results. */
  readonly inputs: readonly Meta[];
  readonly outputs: Meta[] = [];
  /** Hooks on the gradient of a result, run before the rule. */
  readonly hooks: { readonly index: number; readonly hook: TapeHook<T> }[] = [];
  /** Whether a backward that does not retain the graph went through. */
  walked = false;
  /** Where the program recorded it, while it is watched (`autograd.detectAnomaly`). */
  readonly trace: Error | null = currentWatcher()?.trace() ?? null;
  private readonly label: string;
  private saved: Saved<T>[] | null;
  private savedOutput: Node | null = null;
  private claimed = false;

  constructor(label: string, rule: TapeRule<T> | null, inputs: readonly T[]) {
    this.label = label;
    this.rule = rule;
    this.edges = inputs.map((input) => input.edge);
    this.inputs = inputs.map(({ shape, dtype }) => ({ shape, dtype }));
    this.saved = inputs.map((input, index) => ({ node: input.node, edge: this.edges[index] }));
    for (const { node } of this.saved) node.root.saved++;
    this.id = nextSerial();
  }

  /** The name that PyTorch gives this step, such as `AddBackward0`. */
  name(): string {
    return this.label;
  }

  /** The steps that the gradient goes to next, each with the result it is for; null where none is wanted. */
  get nextFunctions(): readonly (readonly [TapeFn<T> | null, number])[] {
    return this.edges.map((edge) => [edge?.fn ?? null, edge?.index ?? 0] as const);
  }

  toString(): string {
    return `<${this.label}>`;
  }

  /** Notes the node of the result, which the rule may ask for. From here on the step holds what it saved. */
  saveOutput(node: Node): void {
    this.savedOutput = node;
    node.root.saved++;
    node.device.claims.push(this);
  }

  /** A flush is recorded: what is still held is let go with the step, should it never be walked. */
  claim(): void {
    if (this.saved === null || this.savedOutput === null || claims === null) return;
    claims.register(this, [...this.saved.map((saved) => saved.node.root), this.savedOutput.root], this);
    this.claimed = true;
  }

  /** Lets saved values go after a backward that does not retain the graph. */
  free(): void {
    if (this.saved === null) return;
    if (this.claimed) claims?.unregister(this);
    for (const { node } of this.saved) node.root.saved--;
    if (this.savedOutput !== null) this.savedOutput.root.saved--;
    this.saved = null;
    this.savedOutput = null;
  }

  /** The context in which `rule` runs; with `wanted`, only inputs that lead to one of these steps need a gradient. */
  context(grads: readonly (T | null)[], wanted: ((fn: TapeFn<T>) => boolean) | null): TapeContext<T> {
    return {
      grads,
      input: (index) => {
        if (this.saved === null) throw this.freedError();
        const { node, edge } = this.saved[index];
        return this.handle(node, edge);
      },
      output: () => {
        if (this.savedOutput === null) throw this.freedError();
        return this.handle(this.savedOutput, { fn: this, index: 0 });
      },
      needs: (index) => {
        const edge = this.edges[index];
        return edge !== null && (wanted === null || wanted(edge.fn));
      },
      shape: (index) => this.inputs[index].shape,
    };
  }

  /** A handle on a saved value. */
  abstract handle(node: Node, edge: Edge<T> | null): T;

  private freedError(): AutogradError {
    return new AutogradError({
      op: 'backward',
      fact: `the values saved by ${this.label} were freed`,
      rule: 'a graph can be walked once, unless the first walk retains it',
      cure: 'Call backward({ retainGraph: true }) the first time.',
    });
  }
}
