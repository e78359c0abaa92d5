// Decides when recorded work is flushed, what a flush computes and what of it stays: reads, state and ends are kept,
// everything else is a temporary (residence.ts, passing.ts). All of it is decided when work is recorded, from the program
// alone, never from the garbage collector, so the same program runs the same kernels on every device.

import { RunawayGraphError, StaleTensorError } from '../errors.ts';
import type { Device, Node, Storage } from './graph.ts';
import { findDonors, findDying, findFleeting, findLastReaders } from './passing.ts';
import {
  becomeResident,
  crowdedAge,
  crowdedElements,
  expired,
  hold,
  isSmall,
  letGo,
  lose,
  release,
  touch,
  unhold,
} from './residence.ts';
import { formatShape, numelOf } from '../shape.ts';

/** Nodes in one flush without state that make a long program, whose values on the way are too many to stay. */
const manyNodes = 256;
/** Nodes recorded without a read or a written state before the program is taken for an endless loop. */
const runawayLimit = 100_000;
/** Storages noted before those that are computed already are struck off, and the rest is computed. */
const pendingLimit = 256;

/** Where in a step a flush stands: where it ends, temporaries of the step before may go. */
type Moment = 'in a step' | 'step ends' | 'step goes on';

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
  release(storage);
}

/** Lets the value of a storage go at once; its tensors can no longer be used. */
export function disposeStorage(storage: Storage): void {
  const device = storage.node.device;
  storage.disposed = true;
  device.rebound.delete(storage);
  if (storage.held === null) return;
  device.discarded.push(storage.held.node);
  unkeepStorage(storage);
}

/** Pieces of an update (a block of noGrad for each parameter) that follow one backward and count as one step. */
const writesPerStep = 512;

/**
 * Records the work that the state written since the last flush asks for, with every end made since: a step ended. Where the
 * state of one step is written in several pieces, it ended at the first, and what it made stays readable behind the others.
 */
export function flushUpdate(device: Device): void {
  if (device.rebound.size === 0) return;
  const again = !device.walked && device.writesOfStep > 0 && device.writesOfStep < writesPerStep;
  if (again) device.writesOfStep++;
  else device.writesOfStep = device.walked ? 1 : 0;
  device.walked = false;
  flushAll(device, again ? 'step goes on' : 'step ends', 0);
}

/** The same in the middle of a step, after gradients were added to others: what the step made stays readable. */
export function flushGradients(device: Device): void {
  if (device.rebound.size > 0) withinStep(device, () => flushAll(device, 'in a step', 0));
}

/** Until the step ends, what is used counts as used by the step. */
function withinStep(device: Device, body: () => void): void {
  device.updates++;
  try {
    body();
  } finally {
    device.updates--;
  }
}

/** Called when very many nodes are recorded: flushes every end, or finds an endless loop. */
export function flushOverflow(device: Device): void {
  if (device.unread <= runawayLimit) return flushAll(device, 'in a step', device.unread);
  device.unread = 0;
  throw new RunawayGraphError({
    op: 'flush',
    fact: `${runawayLimit} operations were recorded without reading a value or updating a parameter`,
    rule: 'a tensor used as a condition is an object and always true, so a loop on it never ends',
    cure: 'Read the value: while (await y.norm().lt(1000).item()).',
  });
}

function flushAll(device: Device, moment: Moment, unread: number): void {
  const states = [...device.rebound];
  const ends = findEnds(device, states);
  // In the middle of a chain its newest value has a reader already: it is computed, as a temporary.
  const wanted = moment === 'in a step' ? [...ends, ...device.pending.filter((storage) => storage.reachable)] : ends;
  device.rebound.clear();
  device.pending = [];
  const nodes = collect(
    states.map((storage) => storage.node),
    wanted.map((storage) => storage.node),
  );
  if (moment === 'step ends') device.updates++;
  const alive = ends.filter((storage) => storage.node.residence !== 'lost');
  record(device, nodes, states, alive, moment);
  device.unread = states.length > 0 ? 0 : unread;
}

/** Records the work that `roots` ask for; they are then resident or on the host. */
export function flushReads(device: Device, roots: readonly Node[]): void {
  device.unread = 0;
  const absent = roots.filter((node) => node.root.residence !== 'resident' && node.root.host === null);
  if (absent.length > 0)
    record(device, collect(absent, []), [], [], 'in a step', new Set(absent.map((node) => node.root)));
  for (const node of roots) touch(node.root);
  const limit = device.temporaryElements > crowdedElements / 8 ? crowdedAge : pendingLimit;
  if (device.pending.length <= limit) return;
  device.pending = device.pending.filter((storage) => isPending(storage));
  // Results that nobody read yet pile up and hold what they need: they are computed, so that it can go.
  if (device.pending.length > limit / 2) flushAll(device, 'in a step', 0);
}

/** Computes what is pending, as the end of a step does: before recorded work runs again over the state. */
export function flushPending(device: Device): void {
  if (device.recorded > 0) flushAll(device, device.rebound.size > 0 ? 'step ends' : 'in a step', 0);
}

/** Computes results that leave a captured step, in one flush. */
export function flushResults(device: Device, storages: readonly Storage[]): void {
  const absent = storages.filter(({ node }) => node.residence !== 'resident' && node.host === null);
  if (absent.length === 0) return;
  const nodes = collect(
    absent.map(({ node }) => node),
    [],
  );
  record(device, nodes, [], absent, 'in a step');
}

/** Brings values to the device that a replay is given: what is on the host is uploaded, the rest computed. */
export function flushGiven(device: Device, given: readonly Node[]): void {
  // A data set that a batch is taken from stays for the next one.
  withinStep(device, () => record(device, collect(given, []), [], [], 'in a step', new Set(given)));
}

/** Counts a step that ran again without being recorded; `used`: what it left behind; `given`: it took values of its own. */
export function passStep(device: Device, used: readonly Node[], given: boolean): void {
  device.flushes++;
  device.ticks++;
  device.updates++;
  for (const node of used) touch(node);
  // Values that only the step before took (its arguments) go as after any update.
  if (given || device.orphans.length > 0 || device.temporaries.size > used.length + 16)
    record(device, [], [], [], 'step ends');
}

/** Computes the value of a storage now and keeps it on the device for as long as a tensor shows it. */
export function realizeStorage(storage: Storage): void {
  const device = storage.node.device;
  device.rebound.delete(storage);
  if (storage.held?.node !== storage.node) record(device, collect([storage.node], []), [], [storage], 'in a step');
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
  moment: Moment,
  asked: ReadonlySet<Node> = new Set(),
): void {
  device.flushes++;
  if (moment !== 'step goes on') device.ticks++;
  device.recorded = 0;
  const used = new Set<Node>();
  for (const node of nodes) if (node.host === null) for (const input of node.inputs) used.add(input.root);
  // State that was written and waits for its update is needed by it, and so is what was computed of it for a read.
  for (const storage of device.rebound) used.add(storage.node.root);
  for (const storage of states) used.add(storage.node.root);
  for (const node of used) touch(node);

  for (const step of device.claims.splice(0)) step.claim();
  // Work recorded before may still read what lost its last handle: it becomes a temporary like any other.
  for (const node of device.orphans.splice(0)) unhold(node);
  const discarded = device.discarded.splice(0).filter((node) => device.temporaries.has(node) && !used.has(node));
  const releaseBefore = [...new Set([...discarded, ...expired(device, used, moment === 'step ends')])];
  for (const node of releaseBefore) letGo(node, 'an update');

  for (const storage of states) hold(storage, 'state');
  for (const storage of ends) hold(storage, 'end');
  const repeated = new Set(nodes.filter((node) => node.ran));
  const long = states.length === 0 && nodes.length > manyNodes;
  const milestones = nodes.filter((node) => becomeResident(node, long));
  const lastReaders = findLastReaders(nodes);
  const donors = findDonors(nodes, lastReaders);
  const stays = (node: Node): boolean => asked.has(node) || repeated.has(node);
  const fleeting = findFleeting(nodes, lastReaders, donors, stays, long);
  const dying = findDying(lastReaders, donors, fleeting);
  const releaseAfter = [...donors.values()];
  for (const node of releaseAfter) letGo(node, 'an update in place');
  for (const list of dying.values()) for (const node of list) letGo(node, 'its last use');
  const settle = [...new Set([...ends.map((storage) => storage.node), ...milestones])].filter(isSmall);
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
