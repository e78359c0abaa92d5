// A flush run again over other values: results stay in the places that they had, so that nothing is allocated but for what
// leaves the step. `compile` decides what is given and what is fresh (compile.ts).

import type { Node, Recording } from '../core/graph.ts';
import type { BufferPool } from './buffers.ts';
import { valuesOf } from './placement.ts';
import type { Replay, PreparedPlan } from './player.ts';
import type { GpuValue, Pack, Residency } from './residency.ts';
import type { Piece } from './stream.ts';
import type { GivenTraits, Structure } from './structure.ts';

/** A plan with the nodes of one of its flushes. */
export interface GpuRecording extends Recording {
  readonly prepared: PreparedPlan;
  /** The nodes that were run; their recipes may be gone. */
  readonly nodes: readonly Node[];
  readonly traits: readonly GivenTraits[];
  /** For each result, the inputs through which a failure would be followed: a replay is followed as a whole. */
  readonly unread: readonly (readonly Node[])[];
}

/** What can be run again of a flush that just ran. */
export function recordingOf(prepared: PreparedPlan, structure: Structure): GpuRecording {
  const values = valuesOf(structure);
  const results = prepared.plan.results.map(({ value }) => values[value]);
  const { given, scalars, nodes, traits } = structure;
  return { structure: prepared.code, prepared, given, scalars, results, nodes, traits, unread: results.map(() => []) };
}

/** Whether every value is where the plan expects it. */
export function fits({ traits }: GpuRecording, given: readonly Node[], residency: Residency): boolean {
  const traitsNow = residency.traitsOf();
  for (let index = 0; index < given.length; index++) {
    const node = given[index];
    const value = node.value as GpuValue | null;
    if (value === null || node.failure !== null || !residency.isHome(value)) return false;
    const now = traitsNow(node);
    const before = traits[index];
    if (now.aligned !== before.aligned || now.own !== before.own) return false;
    if (now.start !== before.start || now.shared !== before.shared) return false;
  }
  return true;
}

/** The values of a replay that fits; `done` lets go what was replaced. */
export function castAgain(
  recording: GpuRecording,
  givenNodes: readonly Node[],
  fresh: ReadonlyMap<Node, Node>,
  residency: Residency,
  pool: BufferPool,
): Pick<Replay, 'given' | 'results' | 'packs' | 'scalars'> & { done(): void } {
  const { prepared, scalars } = recording;
  const given: GpuValue[] = [];
  // A program cannot read and write one buffer.
  const reads = new Set<GPUBuffer>();
  for (let at = 0; at < givenNodes.length; at++) {
    const value = givenNodes[at].value as GpuValue;
    given.push(value);
    reads.add(value.buffer);
  }
  for (let at = 0; at < scalars.length; at++) {
    const scalar = scalars[at];
    if (scalar.source !== null) scalar.number = scalar.source();
  }
  const replaced: GpuValue[] = [];
  const { plan } = prepared;
  const packs = plan.packs.map((): Pack | null => null);
  const settling: Node[] = [];
  const results = plan.results.map((result, index): Piece => {
    const template = recording.results[index];
    const node = fresh.get(template) ?? template;
    const old = node.value as GpuValue | null;
    // What the host knew of it was the value of before.
    node.residence = 'resident';
    node.host = null;
    if (result.takes >= 0) {
      const donor = givenNodes[result.takes];
      if (donor === node) return node.value as GpuValue;
      if (old !== null) replaced.push(old);
      return residency.pass(donor, node);
    }
    if (result.place.kind === 'pack') {
      const at = result.place.index;
      const known = packs[at];
      // A line that holds given values as well, such as running statistics, is read by the step that would write it.
      const line = old?.pack ?? null;
      if (known === null && line !== null && !reads.has(line.buffer)) packs[at] = line;
      const pack = (packs[at] ??= { buffer: pool.take(plan.packs[at] * 4), values: 0 });
      if (old !== null && old.pack === pack && old.start === result.place.start) return old;
      if (old !== null) replaced.push(old);
      return residency.allocateIn(pack, node, result.place.start);
    }
    // What nobody reads in this step is overwritten where it lies; but what moved into a page afterwards is written elsewhere
    // again, for its kernel may write another value of that page.
    const moved = result.settle === 'copy' && old?.owned === false;
    if (old !== null && residency.isHome(old) && !reads.has(old.buffer) && !moved) return old;
    if (old !== null) replaced.push(old);
    if (result.settle === 'copy') settling.push(node);
    return result.settle === 'direct' ? residency.settleAt(node, reads) : residency.allocate(node, result.size);
  });
  // A line of which nobody asks for a value is memory of this replay alone.
  const passing = packs.map((pack, at) => (pack === null ? pool.take(plan.packs[at] * 4) : null));
  return {
    given,
    results,
    packs: packs.map((pack, at) => pack?.buffer ?? (passing[at] as GPUBuffer)),
    scalars,
    done: () => {
      for (const node of settling) residency.settle(node);
      for (const value of replaced) residency.drop(value);
      for (const buffer of passing) if (buffer !== null) pool.give(buffer);
    },
  };
}
