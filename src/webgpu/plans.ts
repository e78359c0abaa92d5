// The plans of a device, by the structure of the flush: a training step is planned once and replayed from then on.

import type { Flush } from '../core/graph.ts';
import type { PipelineCache } from './pipelines.ts';
import { assignSlots, buildPlan, type Plan } from './plan.ts';
import { prepare, type PreparedPlan } from './player.ts';
import { type AdapterClass, type Place, Recorder } from './record.ts';
import { sameCode, type Structure } from './structure.ts';

/** Plans kept; the one that was used longest ago goes first. */
const most = 256;

interface Entry {
  readonly code: Int32Array;
  readonly fuse: boolean;
  prepared: PreparedPlan;
  uses: number;
}

/** Uses after which a plan is taken for a step of a loop: the second, which is also when a step is captured for replays. */
const often = 2;

/** Plans by structure. */
export class PlanCache {
  readonly adapter: AdapterClass;
  private readonly pipelines: PipelineCache;
  private readonly entries = new Map<number, Entry[]>();
  private count = 0;

  constructor(adapter: AdapterClass, pipelines: PipelineCache) {
    this.adapter = adapter;
    this.pipelines = pipelines;
  }

  /** The plan of a flush, made at its first time. Throws a PlanningError where a kernel cannot be planned. */
  find(flush: Flush, structure: Structure, fuse: boolean): PreparedPlan {
    const { hash, code } = structure;
    const list = this.entries.get(hash);
    const known = list?.find((entry) => entry.fuse === fuse && sameCode(entry.code, code));
    if (list !== undefined && known !== undefined) {
      // The end of a map is where the latest are.
      this.entries.delete(hash);
      this.entries.set(hash, list);
      if (++known.uses === often) known.prepared = this.improved(flush, structure, known);
      return known.prepared;
    }
    const prepared = prepare(buildPlan(flush, structure, this.adapter, fuse), code, this.pipelines);
    if (this.count >= most) {
      const [oldest, entries] = this.entries.entries().next().value as [number, Entry[]];
      this.entries.delete(oldest);
      this.count -= entries.length;
    }
    // The oldest may have had the same hash.
    const others = this.entries.get(hash) ?? [];
    this.entries.set(hash, [...others, { code, fuse, prepared, uses: 1 }]);
    this.count++;
    return prepared;
  }

  /** The plan that a flush would find, which does not count as a use; null if it has none yet. */
  known({ hash, code }: Structure, fuse: boolean): Plan | null {
    const entry = this.entries.get(hash)?.find((one) => one.fuse === fuse && sameCode(one.code, code));
    return entry?.prepared.plan ?? null;
  }

  /** The plan for the many uses to come. */
  private improved(flush: Flush, structure: Structure, { fuse, prepared }: Entry): PreparedPlan {
    const plan = buildPlan(flush, structure, this.adapter, fuse, true);
    return plan.commands.length < prepared.commands.length ? prepare(plan, prepared.code, this.pipelines) : prepared;
  }

  /** A plan for one use over `count` given values. */
  once(count: number, body: (recorder: Recorder, places: readonly Place[]) => void): PreparedPlan {
    const unknown = (): never => {
      throw new Error('a plan for one use knows no nodes');
    };
    const table = { placeOf: unknown, isPlaced: () => false, share: () => null, scalarOf: unknown, numberOf: unknown };
    let buffers = count;
    const recorder = new Recorder(this.adapter, table, () => buffers++);
    const places = Array.from({ length: count }, (_, index): Place => ({
      kind: 'given',
      index,
      size: 0,
      buffer: index,
      aligned: 1,
      start: -1,
    }));
    recorder.label = 'copy';
    body(recorder, places);
    const { commands, scratchSizes } = recorder;
    return prepare(
      { commands, results: [], packs: [], notes: new Map(), ...assignSlots(commands, scratchSizes) },
      commands,
      this.pipelines,
    );
  }
}
