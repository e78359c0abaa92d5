// The walk back over the tape: every step once, after all that read its results. Broadcast sums are inserted here, once,
// and nowhere else.

import { toDType } from '../ops/apply.ts';
import { add } from '../ops/arithmetic.ts';
import { sum } from '../ops/reduce.ts';
import { reshape } from '../ops/view.ts';
import { ShapeError } from '../errors.ts';
import type { Storage } from '../core/graph.ts';
import { formatShape, sameShape, type Shape } from '../shape.ts';
import type { TapeFn } from '../core/tape.ts';
import { asOperation, asUser, currentWatcher, switchGrad } from '../core/mode.ts';
import { AccumulateGrad, type Edge, type Rule, type RuleContext, show, type Tensor } from '../core/tensor.ts';

type Step = TapeFn<Tensor>;

/** Sums a gradient over the dimensions along which its tensor was repeated, and gives it the tensor's dtype. */
function fit(grad: Tensor, shape: Shape, dtype: Tensor['dtype']): Tensor {
  let fitted = grad;
  if (!sameShape(fitted.shape, shape)) {
    const lead = fitted.shape.length - shape.length;
    const over = fitted.shape
      .map((_, dim) => dim)
      .filter((dim) => dim < lead || (shape[dim - lead] === 1 && fitted.shape[dim] !== 1));
    // Without dimensions to keep the sum has the shape at once, and the gradient is no view.
    const keep = over.some((dim) => dim >= lead);
    fitted = over.length > 0 ? sum(fitted, over, keep) : fitted;
    if (fitted.shape.length !== shape.length || !sameShape(fitted.shape, shape)) fitted = reshape(fitted, [...shape]);
  }
  return toDType(fitted, dtype);
}

/** A queue of functions that answers the one recorded last: every reader of a value comes before its maker. */
class LatestFirst {
  private readonly heap: Step[] = [];

  get size(): number {
    return this.heap.length;
  }

  push(fn: Step): void {
    const { heap } = this;
    let at = heap.push(fn) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent].id >= fn.id) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = fn;
  }

  pop(): Step {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop() as Step;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].id > heap[child].id) child++;
      if (heap[child].id <= last.id) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

interface WalkOptions {
  readonly retainGraph: boolean;
  readonly createGraph: boolean;
  /** Edges whose gradients are wanted; the walk goes nowhere else. None: all leaves. */
  readonly targets: readonly (Edge | null)[] | null;
}

/** What a walk found: the gradients of its targets, and the storages of gradients that hooks were shown. */
export interface Walked {
  readonly captured: Map<Step, (Tensor | null)[]>;
  readonly shown: Set<Storage>;
}

/**
 * Walks the tape from `roots` and returns the gradient of every target, or of every leaf reached. Iterative; visits a
 * function once, after all that read its results.
 */
export function walk(roots: readonly Edge[], seeds: readonly Tensor[], options: WalkOptions): Walked {
  if (roots.length === 0) return { captured: new Map(), shown: new Set() };
  for (const { device } of seeds) device.walked = true;
  return seeds[0].device.shelter(() => asOperation(() => walkFrom(roots, seeds, options)));
}

function walkFrom(roots: readonly Edge[], seeds: readonly Tensor[], options: WalkOptions): Walked {
  const { targets } = options;
  const wanted = targets === null ? null : neededFor(roots, targets);
  const captured = new Map<Step, (Tensor | null)[]>();
  const shown = new Set<Storage>();
  const capturing = new Set(targets?.map((edge) => edge?.fn));
  const leads = wanted === null ? null : (fn: Step) => wanted.has(fn) || capturing.has(fn);
  const grads = new Map<Step, (Tensor | null)[]>();
  const queue = new LatestFirst();
  const arrive = (edge: Edge, grad: Tensor): void => {
    let slots = grads.get(edge.fn);
    if (slots === undefined) {
      slots = new Array<Tensor | null>(edge.fn.outputs.length).fill(null);
      grads.set(edge.fn, slots);
      queue.push(edge.fn);
    }
    const before = slots[edge.index];
    slots[edge.index] = before === null ? grad : add(before, grad);
  };
  roots.forEach((edge, index) => arrive(edge, seeds[index]));
  const visited: Step[] = [];
  const before = switchGrad(options.createGraph);
  try {
    while (queue.size > 0) {
      const fn = queue.pop();
      const slots = runHooks(fn, grads.get(fn) as (Tensor | null)[], shown);
      grads.delete(fn);
      if (capturing.has(fn) || (targets === null && fn instanceof AccumulateGrad)) captured.set(fn, slots);
      if (fn.rule === null || (wanted !== null && !wanted.has(fn))) continue;
      visited.push(fn);
      const context = fn.context(slots, leads);
      const results = applyRule(fn.rule, fn, slots.find((slot) => slot !== null) as Tensor, context);
      fn.edges.forEach((edge, index) => {
        const grad = results[index] ?? null;
        if (edge === null || grad === null || !context.needs(index)) return;
        const fitted = fit(grad, fn.inputs[index].shape, fn.inputs[index].dtype);
        currentWatcher()?.gradient(fn, index, fitted);
        arrive(edge, fitted);
      });
    }
  } finally {
    switchGrad(before);
  }
  if (!options.retainGraph) {
    for (const fn of visited) {
      fn.walked = true;
      fn.free();
    }
  }
  return { captured, shown };
}

/** The gradients of a step; while the program is watched, an error says where the step was recorded. */
function applyRule(rule: Rule, fn: Step, grad: Tensor, context: RuleContext): ReturnType<Rule> {
  const watcher = currentWatcher();
  if (watcher === null) return rule(grad, context);
  try {
    return rule(grad, context);
  } catch (error) {
    throw watcher.failure(fn, error);
  }
}

function runHooks(fn: Step, slots: (Tensor | null)[], shown: Set<Storage>): (Tensor | null)[] {
  // A copy: a hook may remove itself.
  for (const { index, hook } of fn.hooks.slice()) {
    const grad = slots[index];
    if (grad === null) continue;
    show(grad);
    const answer = asUser(() => hook(grad)) ?? grad;
    if (!sameShape(answer.shape, grad.shape)) {
      throw new ShapeError({
        op: 'registerHook',
        fact: `a hook on ${fn.name()} answered ${formatShape(answer.shape)} for a gradient ${formatShape(grad.shape)}`,
        rule: 'the shape must stay the same',
      });
    }
    shown.add(grad.storage).add(answer.storage);
    slots[index] = answer;
  }
  return slots;
}

/** The functions from which a target can be reached, targets excluded unless they lead to others. */
function neededFor(roots: readonly Edge[], targets: readonly (Edge | null)[]): Set<Step> {
  const goals = new Set(targets.map((edge) => edge?.fn));
  const reachable = new Set<Step>();
  const seen = new Set<Step>();
  const found: Step[] = [];
  const stack = roots.map((edge) => edge.fn);
  while (stack.length > 0) {
    const fn = stack.pop() as Step;
    if (seen.has(fn)) continue;
    seen.add(fn);
    found.push(fn);
    for (const edge of fn.edges) if (edge !== null) stack.push(edge.fn);
  }
  // Ids fall along every edge, so in rising order all that a function leads to is settled before it.
  for (const fn of found.sort((a, b) => a.id - b.id)) {
    if (fn.edges.some((edge) => edge !== null && (goals.has(edge.fn) || reachable.has(edge.fn)))) reachable.add(fn);
  }
  return reachable;
}
