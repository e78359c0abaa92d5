// How long values stay on the device: what keeps them, when temporaries are let go, and what can be computed again. Decided
// when work is recorded, from the program alone; the garbage collector only ends the keeping of what no tensor shows.

import type { Device, Holding, Keep, Node, Storage } from './graph.ts';
import { numelOf } from '../shape.ts';

/** Values of at most this many elements that stay for long are settled in slots of a shared buffer. */
const smallNumel = 1024;
/** A temporary that can be computed again is let go after this many ticks without use, another one after this many. */
const recomputableAge = 2;
const otherAge = 8;
/** A temporary that a gradient or recorded work may still need stays this long; not as long when they are many bytes. */
const neededAge = 512;
export const crowdedAge = 16;
export const crowdedElements = 1 << 25;
/** More nodes than this to compute a value again count as "cannot". */
const recomputeLimit = 1000;

const registry =
  typeof FinalizationRegistry === 'undefined'
    ? null
    : new FinalizationRegistry<Holding>(({ node }) => void node.device.orphans.push(node));

/** Whether a value that stays for long moves to a slot of a shared buffer. */
export function isSmall(node: Node): boolean {
  return numelOf(node.shape) <= smallNumel;
}

/** Counts as a use of the value now. */
export function touch(node: Node): void {
  node.usedTick = node.device.ticks;
  node.usedUpdate = node.device.updates;
}

/** Keeps the node that `storage` shows now; the one it showed before becomes a temporary. */
export function hold(storage: Storage, reason: Keep): void {
  const { held, node } = storage;
  if (held?.node === node) return;
  if (held !== null) unhold(held.node);
  node.holders++;
  node.keep = reason;
  removeTemporary(node);
  if (held === null) storage.held = { node, registered: false };
  else held.node = node;
  // Registrations are dear. Pages of small ends come to the host by themselves, and state keeps its registration.
  if (reason === 'state' || !isSmall(node)) register(storage);
}

/** Ends the keeping of what a storage shows. */
export function release(storage: Storage): void {
  if (storage.held === null) return;
  if (storage.held.registered) registry?.unregister(storage.held);
  unhold(storage.held.node);
  storage.held = null;
}

/** Keeps a result of a replay while a tensor shows it; small ones lie in pages that come to the host by themselves. */
export function keepResult(storage: Storage): void {
  const { node } = storage;
  node.holders++;
  if (isSmall(node)) return;
  storage.held = { node, registered: false };
  register(storage);
}

/** The keeping ends with the storage. */
function register(storage: Storage): void {
  const held = storage.held as Holding;
  if (held.registered) return;
  registry?.register(storage, held, held);
  held.registered = true;
}

/** Ends one keeping of a node; without another it is a temporary. */
export function unhold(node: Node): void {
  if (--node.holders > 0 || node.residence !== 'resident') return;
  node.keep = 'temporary';
  addTemporary(node);
}

function addTemporary(node: Node): void {
  const { device } = node;
  if (!device.temporaries.has(node)) device.temporaryElements += numelOf(node.shape);
  device.temporaries.add(node);
}

function removeTemporary(node: Node): void {
  if (node.device.temporaries.delete(node)) node.device.temporaryElements -= numelOf(node.shape);
}

/** The node is computed; whether it is a milestone: a small value from which what follows in a long program is computed again. */
export function becomeResident(node: Node, long: boolean): boolean {
  touch(node);
  const { inputs } = node;
  // By index: this runs for every node of every step, and iterators are objects.
  if (!node.ran) for (let at = 0; at < inputs.length; at++) inputs[at].root.waiting--;
  node.ran = true;
  findCost(node, long);
  if (node.outputs !== null) return false;
  node.residence = 'resident';
  if (node.keep !== 'temporary') return false;
  if (!long || node.cost <= recomputeLimit || !isSmall(node)) {
    addTemporary(node);
    return false;
  }
  // It stays as long as a recipe or a tensor knows it; pages of small values come to the host by themselves.
  node.keep = 'end';
  node.holders++;
  return true;
}

/** Bounds the nodes to run to compute a value again: as a tree, and by the ids that lie between. */
function findCost(node: Node, long: boolean): void {
  let cost = 1;
  node.since = node.id;
  const { inputs } = node;
  for (let at = 0; at < inputs.length; at++) {
    const { root } = inputs[at];
    if (root.host !== null || root.keep !== 'temporary' || root.op.kind === 'scalar') continue;
    if (long && root.cost > recomputeLimit) {
      // What follows begins here, for as long as this is there.
      node.relies = true;
      continue;
    }
    node.relies ||= root.relies;
    cost += root.cost;
    node.since = Math.min(node.since, root.since);
  }
  node.cost = Math.min(cost, node.id - node.since + 1, recomputeLimit + 1);
}

/** Temporaries whose time is over: at an update all that were not used since the last one, else by age. */
export function expired(device: Device, used: ReadonlySet<Node>, update: boolean): Node[] {
  const out: Node[] = [];
  const patience = device.temporaryElements > crowdedElements ? crowdedAge : neededAge;
  for (const node of device.temporaries) {
    if (used.has(node)) continue;
    const age = device.ticks - node.usedTick;
    const needed = node.saved > 0 || node.waiting > 0;
    const limit = needed ? patience : canRecompute(node) && !node.relies ? recomputableAge : otherAge;
    if (update && node.saved === 0 ? node.usedUpdate < device.updates : age > limit) out.push(node);
  }
  return out;
}

/** Whether the value can be computed again from what is resident or on the host. */
export function canRecompute(node: Node): boolean {
  if (node.host !== null) return true;
  if (node.cost > recomputeLimit || node.inputs.length === 0) return false;
  return node.inputs.every((input) => input.root.residence !== 'lost');
}

/** Ends the residence of a node; without a way to compute it again it is lost, and its recipe is dropped. */
export function letGo(node: Node, to: string): void {
  removeTemporary(node);
  const recomputable = node.keep === 'temporary' && canRecompute(node);
  node.keep = 'temporary';
  if (recomputable) node.residence = 'absent';
  else lose(node, to);
}

/** From now on nobody can have the value; the recipe goes when recorded work has run (`forget`). */
export function lose(node: Node, to: string): void {
  node.residence = 'lost';
  node.lostTo = to;
}
