// What passes within a flush: which results are written over an input, which values need not be stored at all, and after
// which node each value is let go. Decided from the recorded work alone.

import { foreachOf, type Node } from './graph.ts';
import { canRecompute } from './residence.ts';
import { sameShape } from '../shape.ts';

/** Formulas behind each other at most that are computed again rather than kept. */
const longestFleeting = 16;

/** The results of a kernel that can be written in place, each with the input whose buffer it takes over. */
function inPlacePairs(node: Node): readonly (readonly [Node, Node])[] {
  if (node.host !== null) return [];
  if (node.op.kind === 'pointwise') return samePlaces(node);
  if (node.op.kind !== 'kernel') return [];
  if (node.op.name === 'write') return [[node, node.inputs[0]]];
  if (node.outputs === null || foreachOf(node)?.rule.fresh !== false) return [];
  return node.outputs.map((output, index) => [output, node.inputs[index]] as const);
}

/** A formula may be written over an input of its own layout and dtype. */
function samePlaces(node: Node): readonly (readonly [Node, Node])[] {
  const { shape, strides, dtype } = node;
  const fits = (input: Node): boolean =>
    input === input.root && input.dtype === dtype && sameShape(input.shape, shape) && sameShape(input.strides, strides);
  const input = node.inputs.find((one) => fits(one) && one.op.kind !== 'scalar' && isPassing(one));
  return input === undefined ? [] : [[node, input]];
}

/** The last node of a flush that reads each value. */
export function findLastReaders(nodes: readonly Node[]): Map<Node, Node> {
  const last = new Map<Node, Node>();
  for (const node of nodes) if (node.host === null) for (const input of node.inputs) last.set(input.root, node);
  return last;
}

/** Whether a value is out of reach once its recorded readers ran: no tensor shows it, no gradient holds it. */
function isPassing(node: Node): boolean {
  const mine = node.bound === 0 && node.saved === 0 && node.keep === 'temporary' && node.waiting === 0;
  return mine && node.residence === 'resident';
}

/**
 * Which results are written into the buffer of an input: one that nobody reads after the kernel, that nobody can reach any
 * more, and that the kernel replaces (a parameter update, a write to a part).
 */
export function findDonors(nodes: readonly Node[], lastReaders: ReadonlyMap<Node, Node>): Map<Node, Node> {
  const donors = new Map<Node, Node>();
  // What passes within the flush is no memory to write over, for formulas: it may never be stored.
  const made = new Set(nodes);
  for (const node of nodes) {
    for (const [result, input] of inPlacePairs(node)) {
      if (node.op.kind === 'pointwise' && made.has(input)) continue;
      const alone = input === input.root && node.inputs.filter((other) => other.root === input).length === 1;
      if (alone && isPassing(input) && lastReaders.get(input) === node) donors.set(result, input);
    }
  }
  return donors;
}

/**
 * Values that a tensor shows but that need not stay: a formula over what stays for certain, computed for its readers for the
 * first time. Should the user ask for one, it is computed again, and stays from then on. Each with the length of its chain.
 */
export function findFleeting(
  nodes: readonly Node[],
  lastReaders: ReadonlyMap<Node, Node>,
  donors: ReadonlyMap<Node, Node>,
  stays: (node: Node) => boolean,
  long: boolean,
): Map<Node, number> {
  const given = new Set(donors.values());
  const fleeting = new Map<Node, number>();
  for (const node of nodes) {
    const formula = node.op.kind === 'pointwise' || (node.op.kind === 'kernel' && (long || node.op.name === 'fill'));
    if (!formula || node.outputs !== null || node.host !== null || !lastReaders.has(node) || stays(node)) continue;
    if (node.keep !== 'temporary' || node.saved > 0 || node.waiting > 0 || donors.has(node)) continue;
    if (!canRecompute(node)) continue;
    let chain = 1;
    for (const { root } of node.inputs) {
      if (root.op.kind === 'scalar' || root.host !== null) continue;
      const before = fleeting.get(root);
      // What a storage keeps is overwritten sooner or later, as parameters are, and what passes is gone.
      const lasting =
        root.residence === 'resident' && root.keep === 'temporary' && !isPassing(root) && !given.has(root);
      chain = before !== undefined ? Math.max(chain, before + 1) : lasting ? chain : Infinity;
    }
    if (long ? chain < Infinity : chain <= longestFleeting) fleeting.set(node, chain);
  }
  return fleeting;
}

/** The values that are let go within the flush, by the node after which they are. */
export function findDying(
  lastReaders: ReadonlyMap<Node, Node>,
  donors: ReadonlyMap<Node, Node>,
  fleeting: ReadonlyMap<Node, number>,
): Map<Node, Node[]> {
  const given = new Set(donors.values());
  const dying = new Map<Node, Node[]>();
  for (const [node, reader] of lastReaders) {
    if (!(isPassing(node) || fleeting.has(node)) || given.has(node) || node.op.kind === 'scalar') continue;
    const list = dying.get(reader);
    if (list === undefined) dying.set(reader, [node]);
    else list.push(node);
  }
  return dying;
}
