// What a read would run, found without running it: flush.ts decides about a copy of the graph, on a device that carries
// nothing out. The nodes of the program keep their residence, readers and ages.

import { flushReads } from '../core/flush.ts';
import { Device, type Flush, Node } from '../core/graph.ts';

/** A device that takes down what it is asked to run. */
class RehearsalDevice extends Device {
  flush: Flush | null = null;

  constructor(device: Device) {
    super(
      device.request,
      () => Promise.reject(new Error('a rehearsal runs nothing')),
      () => undefined,
    );
    this.flushes = device.flushes;
    this.updates = device.updates;
    this.ticks = device.ticks;
  }

  override execute(flush: Flush): void {
    this.flush = flush;
  }
}

/** The flush that reading `node` now would record; null where there is nothing to run. Throws what the read would throw. */
export function rehearseRead(node: Node): Flush | null {
  const device = new RehearsalDevice(node.device);
  flushReads(device, [copyFor(node.root, device)]);
  return device.flush;
}

/** Copies a value with all that it would be computed from. */
function copyFor(root: Node, device: Device): Node {
  const copies = new Map<Node, Node>();
  // In program order, which is also that of the copies; what is there already needs no recipe.
  for (const node of behind(root)) copies.set(node, copy(node, device, copies));
  for (const [node, made] of copies) {
    if (node.outputs !== null && node.outputs.every((output) => copies.has(output)))
      made.outputs = node.outputs.map((output) => copies.get(output) as Node);
  }
  return copies.get(root) as Node;
}

/** The values that a read of `root` may touch, by their ids. */
function behind(root: Node): Node[] {
  const found = new Set<Node>();
  const stack = [root];
  while (stack.length > 0) {
    const node = stack.pop() as Node;
    if (found.has(node)) continue;
    found.add(node);
    if (node !== node.root) stack.push(node.root);
    else if (isComputed(node)) stack.push(...node.inputs, ...(node.outputs ?? []));
  }
  return [...found].sort((a, b) => a.id - b.id);
}

function isComputed(node: Node): boolean {
  return node.residence !== 'resident' && node.host === null;
}

function copy(node: Node, device: Device, copies: ReadonlyMap<Node, Node>): Node {
  const { op, dtype, shape, strides, offset } = node;
  const layout = { shape, strides, offset };
  if (node !== node.root) {
    const root = copies.get(node.root) as Node;
    return new Node(op, [root], device, dtype, layout, root);
  }
  const inputs = isComputed(node) ? node.inputs.map((input) => copies.get(input) as Node) : [];
  const { id: _, op: _op, inputs: _inputs, device: _device, root: _root, outputs: _outputs, ...state } = node;
  return Object.assign(new Node(op, inputs, device, dtype, layout, null), state, { shownBy: null, holders: 0 });
}
