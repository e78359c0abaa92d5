// Decides what a flush computes and what stays resident: reads, state and ends are kept, everything else is a temporary
// that is let go by the rules below. All of it is decided when work is recorded, from the program alone, never from the
// garbage collector, so the same program runs the same kernels on every device.

import { RunawayGraphError, StaleTensorError } from './errors.ts';
import { type Device, isUpdate, type Keep, type Node, type Storage } from './graph.ts';
import { type KernelOp, replacedInput, type UpdateName } from './op.ts';
import { formatShape, numelOf, sameShape } from './shape.ts';

/** Values of at most this many elements that stay for long are settled in slots of a shared buffer. */
export const smallNumel = 1024;
/** A temporary that can be computed again is let go after this many flushes without use, another one after this many. */
const recomputableAge = 2;
const otherAge = 8;
/** A temporary that a gradient or recorded work may still need stays this long; not as long when they are many bytes. */
const neededAge = 512;
const crowdedAge = 16;
const crowdedElements = 1 << 25;
/** Formulas behind each other at most that are computed again rather than kept. */
const longestFleeting = 16;
/** More nodes than this to compute a value again count as "cannot". */
const recomputeLimit = 1000;
/** Nodes recorded without a read or a written state before the program is taken for an endless loop. */
const runawayLimit = 100_000;
/** Storages noted before those that are computed already are struck off, and the rest is computed. */
const pendingLimit = 256;

const registry =
  typeof FinalizationRegistry === 'undefined'
    ? null
    : new FinalizationRegistry<Node>((node) => void node.device.orphans.push(node));

/** Notes a new storage: at the next flush that writes state it may be an end. */
export function track(storage: Storage): void {
  storage.node.device.pending.push(storage);
}

/** Replaces what a storage shows. It is state if an earlier flush knows it, or if it is to outlive the step (a parameter). */
export function writeStorage(storage: Storage, node: Node, outlives: boolean): void {
  const device = node.device;
  storage.write(node);
  if (outlives || storage.born < device.flushes) device.rebound.add(storage);
}

/** Keeps what a storage shows from the next flush on, like the value of a parameter. */
export function keepStorage(storage: Storage): void {
  storage.node.device.rebound.add(storage);
}

/** Ends the keeping of a storage: its value is a temporary from now on. */
export function unkeepStorage(storage: Storage): void {
  storage.node.device.rebound.delete(storage);
  if (storage.held === null) return;
  registry?.unregister(storage);
  unhold(storage.held);
  storage.held = null;
}

/** Lets the value of a storage go at once; its tensors can no longer be used. */
export function disposeStorage(storage: Storage): void {
  const device = storage.node.device;
  storage.disposed = true;
  device.rebound.delete(storage);
  if (storage.held === null) return;
  device.discarded.push(storage.held);
  unkeepStorage(storage);
}

/** Records the work that the state written since the last flush asks for, with every end made since: a step ended. */
export function flushUpdate(device: Device): void {
  if (device.rebound.size > 0) flushAll(device, true, 0);
}

/** The same in the middle of a step, after gradients were added to others: what the step made stays readable. */
export function flushGradients(device: Device): void {
  if (device.rebound.size === 0) return;
  // Until the step ends, what was used counts as used by the step.
  device.updates++;
  flushAll(device, false, 0);
  device.updates--;
}

/** Called when very many nodes are recorded: flushes every end, or finds an endless loop. */
export function flushOverflow(device: Device): void {
  if (device.unread <= runawayLimit) return flushAll(device, false, device.unread);
  device.unread = 0;
  throw new RunawayGraphError({
    op: 'flush',
    fact: `${runawayLimit} operations were recorded without reading a value or updating a parameter`,
    rule: 'a tensor used as a condition is an object and always true, so a loop on it never ends',
    cure: 'Read the value: while (await y.norm().lt(1000).item()).',
  });
}

/** `update`: a step ended here, so temporaries of the step before may go. */
function flushAll(device: Device, update: boolean, unread: number): void {
  const states = [...device.rebound];
  const ends = findEnds(device, states);
  // In the middle of a chain its newest value has a reader already: it is computed, as a temporary.
  const wanted = update ? ends : [...ends, ...device.pending.filter((storage) => storage.reachable)];
  device.rebound.clear();
  device.pending = [];
  const nodes = collect(
    states.map((storage) => storage.node),
    wanted.map((storage) => storage.node),
  );
  if (update) device.updates++;
  const alive = ends.filter((storage) => storage.node.residence !== 'lost');
  record(device, nodes, states, alive, update);
  device.unread = states.length > 0 ? 0 : unread;
}

/** Records the work that `roots` ask for; they are then resident or on the host. */
export function flushReads(device: Device, roots: readonly Node[]): void {
  device.unread = 0;
  const absent = roots.filter((node) => node.root.residence !== 'resident' && node.root.host === null);
  if (absent.length > 0) record(device, collect(absent, []), [], [], false, new Set(absent.map((node) => node.root)));
  for (const node of roots) touch(node.root);
  const limit = device.temporaryElements > crowdedElements / 8 ? crowdedAge : pendingLimit;
  if (device.pending.length <= limit) return;
  device.pending = device.pending.filter((storage) => isPending(storage));
  // Results that nobody read yet pile up and hold what they need: they are computed, so that it can go.
  if (device.pending.length > limit / 2) flushAll(device, false, 0);
}

/** Computes what is pending, as the end of a step does: before recorded work runs again over the state. */
export function flushPending(device: Device): void {
  if (device.recorded > 0) flushAll(device, device.rebound.size > 0, 0);
}

/** Computes results that leave a captured step, in one flush. */
export function flushResults(device: Device, storages: readonly Storage[]): void {
  const absent = storages.filter(({ node }) => node.residence !== 'resident' && node.host === null);
  if (absent.length === 0) return;
  const nodes = collect(
    absent.map(({ node }) => node),
    [],
  );
  record(device, nodes, [], absent, false);
}

/** Keeps a result of a replay while a tensor shows it; small ones lie in pages that come to the host by themselves. */
export function keepResult(storage: Storage): void {
  const { node } = storage;
  node.holders++;
  if (numelOf(node.shape) <= smallNumel) return;
  storage.held = node;
  registry?.register(storage, node, storage);
}

/** Counts a step that ran again without being recorded; `used`: what it left behind. */
export function passStep(device: Device, used: readonly Node[]): void {
  device.flushes++;
  device.updates++;
  for (const node of used) touch(node);
  // Values that only this step took (its arguments) go as after any update.
  if (device.orphans.length > 0 || device.temporaries.size > used.length + 16) record(device, [], [], [], true);
}

/** Computes the value of a storage now and keeps it on the device for as long as a tensor shows it. */
export function realizeStorage(storage: Storage): void {
  const device = storage.node.device;
  device.rebound.delete(storage);
  if (storage.held !== storage.node) record(device, collect([storage.node], []), [], [storage], false);
  device.unread = 0;
}

function isPending(storage: Storage, read = false): boolean {
  const { node } = storage;
  const computed = node.op.kind !== 'leaf' && node.op.kind !== 'scalar';
  return computed && (read || node.readers === 0) && node.residence === 'absent' && storage.reachable;
}

/** The storages made since the last flush whose value nobody reads: losses, metrics, copies. */
function findEnds(device: Device, states: readonly Storage[]): Storage[] {
  const written = new Set(states);
  // A number that others read may still be kept in a list: a loss that was added to another.
  const isKept = (storage: Storage) => isPending(storage, numelOf(storage.node.shape) === 1);
  return device.pending.filter((storage) => isKept(storage) && !written.has(storage));
}

function record(
  device: Device,
  nodes: readonly Node[],
  states: readonly Storage[],
  ends: readonly Storage[],
  update: boolean,
  asked: ReadonlySet<Node> = new Set(),
): void {
  device.flushes++;
  device.recorded = 0;
  const used = new Set<Node>();
  for (const node of nodes) if (node.host === null) for (const input of node.inputs) used.add(input.root);
  // State that was written and waits for its update is needed by it.
  for (const storage of device.rebound) used.add(storage.node.root);
  for (const node of used) touch(node);

  // Work recorded before may still read what lost its last handle: it becomes a temporary like any other.
  for (const node of device.orphans.splice(0)) unhold(node);
  const discarded = device.discarded.splice(0).filter((node) => device.temporaries.has(node) && !used.has(node));
  const releaseBefore = [...new Set([...discarded, ...expired(device, used, update)])];
  for (const node of releaseBefore) letGo(node, 'an update');

  for (const storage of states) hold(storage, 'state');
  for (const storage of ends) hold(storage, 'end');
  const repeated = new Set(nodes.filter((node) => node.ran));
  for (const node of nodes) becomeResident(node);
  const lastReaders = findLastReaders(nodes);
  const donors = findDonors(nodes, lastReaders);
  const fleeting = findFleeting(nodes, lastReaders, donors, (node) => asked.has(node) || repeated.has(node));
  const dying = findDying(lastReaders, donors, fleeting);
  const releaseAfter = [...donors.values()];
  for (const node of releaseAfter) letGo(node, 'an update in place');
  for (const list of dying.values()) for (const node of list) letGo(node, 'its last use');
  const settle = [...new Set(ends.map((storage) => storage.node))].filter((node) => numelOf(node.shape) <= smallNumel);
  const forget = [...nodes, ...releaseBefore].filter((node) => node.keep !== 'temporary' || node.residence === 'lost');
  for (const node of releaseAfter) if (node.residence === 'lost') forget.push(node);
  const passing = new Set([...dying.values()].flat());
  device.execute({ nodes, donors, dying, passing, releaseBefore, releaseAfter, settle, forget });
}

/**
 * The nodes to run for `roots`, in program order: everything that is not resident, down to what is. An end (of `optional`)
 * that cannot be computed any more is lost; it fails whoever reads it, not the flush.
 */
function collect(roots: readonly Node[], optional: readonly Node[]): Node[] {
  const found = new Set<Node>();
  for (const root of roots) visit(root, found, found);
  for (const root of optional) {
    const part = new Set<Node>();
    try {
      visit(root, part, found);
    } catch (error) {
      if (!(error instanceof StaleTensorError)) throw error;
      lose(root, 'an update');
      continue;
    }
    for (const node of part) found.add(node);
  }
  return [...found].sort((a, b) => a.id - b.id);
}

/** Adds to `found` what must run for `root`, but for what is in `known`. */
function visit(root: Node, found: Set<Node>, known: ReadonlySet<Node>): void {
  const stack = [root];
  while (stack.length > 0) {
    const node = (stack.pop() as Node).root;
    if (node.residence === 'resident' || node.op.kind === 'scalar' || found.has(node) || known.has(node)) continue;
    if (node.residence === 'lost') throw staleError(node);
    found.add(node);
    if (node.host !== null) continue;
    for (const input of node.inputs) stack.push(input);
    for (const output of node.outputs ?? []) stack.push(output);
  }
}

function staleError(node: Node): StaleTensorError {
  return new StaleTensorError({
    op: node.op.name,
    fact: `the value ${formatShape(node.shape)} was let go after ${node.lostTo}`,
    rule: 'an intermediate whose inputs were overwritten stays readable until the next update',
    cure: 'Read it earlier, or keep it with `await x.realize()` before the update.',
  });
}

function touch(node: Node): void {
  node.usedFlush = node.device.flushes;
  node.usedUpdate = node.device.updates;
}

/** Keeps the node that `storage` shows now; the one it showed before becomes a temporary. */
function hold(storage: Storage, reason: Keep): void {
  const { held, node } = storage;
  if (held === node) return;
  if (held !== null) {
    registry?.unregister(storage);
    unhold(held);
  }
  registry?.register(storage, node, storage);
  storage.held = node;
  node.holders++;
  node.keep = reason;
  removeTemporary(node);
}

/** Ends one keeping of a node; without another it is a temporary. */
function unhold(node: Node): void {
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

function becomeResident(node: Node): void {
  touch(node);
  if (!node.ran) for (const input of node.inputs) input.root.waiting--;
  node.ran = true;
  if (node.outputs !== null) return;
  node.residence = 'resident';
  let cost = 1;
  for (const input of node.inputs) {
    const root = input.root;
    cost += root.host !== null || root.keep !== 'temporary' ? 0 : root.cost;
  }
  node.cost = Math.min(cost, recomputeLimit + 1);
  if (node.keep === 'temporary') addTemporary(node);
}

/** Temporaries whose time is over: at an update all that were not used since the last one, else by age. */
function expired(device: Device, used: ReadonlySet<Node>, update: boolean): Node[] {
  const out: Node[] = [];
  const patience = device.temporaryElements > crowdedElements ? crowdedAge : neededAge;
  for (const node of device.temporaries) {
    if (used.has(node)) continue;
    const age = device.flushes - node.usedFlush;
    const needed = node.saved > 0 || node.waiting > 0;
    const limit = needed ? patience : canRecompute(node) ? recomputableAge : otherAge;
    if (update && node.saved === 0 ? node.usedUpdate < device.updates : age > limit) out.push(node);
  }
  return out;
}

/** Whether the value can be computed again from what is resident or on the host. */
function canRecompute(node: Node): boolean {
  if (node.host !== null) return true;
  if (node.cost > recomputeLimit || node.inputs.length === 0) return false;
  return node.inputs.every((input) => input.root.residence !== 'lost');
}

/** Ends the residence of a node; without a way to compute it again it is lost, and its recipe is dropped. */
function letGo(node: Node, to: string): void {
  removeTemporary(node);
  const recomputable = node.keep === 'temporary' && canRecompute(node);
  node.keep = 'temporary';
  if (recomputable) node.residence = 'absent';
  else lose(node, to);
}

/** From now on nobody can have the value; the recipe goes when recorded work has run (`forget`). */
function lose(node: Node, to: string): void {
  node.residence = 'lost';
  node.lostTo = to;
}

/** The results of a kernel that can be written in place, each with the input whose buffer it takes over. */
function inPlacePairs(node: Node): readonly (readonly [Node, Node])[] {
  if (node.host !== null) return [];
  if (node.op.kind === 'pointwise') return samePlaces(node);
  if (node.op.kind !== 'kernel') return [];
  if (node.op.name === 'write') return [[node, node.inputs[0]]];
  if (!isUpdate(node) || node.outputs === null) return [];
  const { count } = (node.op as KernelOp<UpdateName>).attrs;
  return node.outputs.map((output, index) => [output, node.inputs[replacedInput(count, index)]] as const);
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
function findLastReaders(nodes: readonly Node[]): Map<Node, Node> {
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
function findDonors(nodes: readonly Node[], lastReaders: ReadonlyMap<Node, Node>): Map<Node, Node> {
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
function findFleeting(
  nodes: readonly Node[],
  lastReaders: ReadonlyMap<Node, Node>,
  donors: ReadonlyMap<Node, Node>,
  stays: (node: Node) => boolean,
): Map<Node, number> {
  const given = new Set(donors.values());
  const fleeting = new Map<Node, number>();
  for (const node of nodes) {
    const formula = node.op.kind === 'pointwise' || (node.op.kind === 'kernel' && node.op.name === 'fill');
    if (!formula || node.host !== null || !lastReaders.has(node) || stays(node)) continue;
    if (node.keep !== 'temporary' || node.saved > 0 || node.waiting > 0 || donors.has(node)) continue;
    if (!canRecompute(node)) continue;
    let chain = 1;
    for (const { root } of node.inputs) {
      if (root.op.kind === 'scalar' || root.host !== null) continue;
      const before = fleeting.get(root);
      // State is overwritten sooner or later, and what passes is gone.
      const lasting = root.residence === 'resident' && root.keep !== 'state' && !isPassing(root) && !given.has(root);
      chain = before !== undefined ? Math.max(chain, before + 1) : lasting ? chain : Infinity;
    }
    if (chain <= longestFleeting) fleeting.set(node, chain);
  }
  return fleeting;
}

/** The values that are let go within the flush, by the node after which they are. */
function findDying(
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
