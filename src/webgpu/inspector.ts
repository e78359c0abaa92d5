// What the GPU device tells people: the times of its kernels, the plan of a flush or of a value, what its bytes are. Changes
// nothing of what is computed.

import { WgradError } from '../errors.ts';
import type { Flush, Inspector, Node } from '../core/graph.ts';
import type {
  BufferCount,
  Inventory,
  Observation,
  Peak,
  PlannedBuffer,
  PlannedKernel,
  PlannedValue,
  ResidentKind,
  ResidentValue,
} from '../core/report.ts';
import { numelOf } from '../shape.ts';
import type { BufferPool } from './buffers.ts';
import { measurePeak } from './peak.ts';
import { type Plan, PlanningError } from './plan.ts';
import type { Maker } from './player.ts';
import type { Command, Place } from './record.ts';
import type { GpuValue, Pack, Residency } from './residency.ts';
import type { Stream } from './stream.ts';
import { type Structure, structureOf } from './structure.ts';
import { Trace } from './trace.ts';

/** The parts of the backend that are looked at. */
export interface InspectedParts {
  readonly device: GPUDevice;
  readonly software: boolean;
  readonly pool: BufferPool;
  readonly stream: Stream;
  readonly residency: Residency;
  readonly status: GPUBuffer;
  /** The plan that a flush would be run by. */
  readonly planOf: (flush: Flush, structure: Structure) => Plan;
}

/** Kernels that work on all values of the lines that they bind; others on the one whose place it is. */
const walksLines: ReadonlySet<string> = new Set(['foreach', 'step']);

/** The inspector of one GPU device. */
export class GpuInspector implements Inspector {
  private readonly parts: InspectedParts;
  private peaks: Promise<Peak | null> | null = null;

  constructor(parts: InspectedParts) {
    this.parts = parts;
  }

  observe(): Observation {
    const { stream, device } = this.parts;
    // What was encoded before is not part of it.
    stream.submit();
    const trace = new Trace(device);
    stream.trace = trace;
    return {
      stop: async () => {
        const settled = stream.settled();
        stream.trace = null;
        const observed = trace.finish();
        observed.catch(() => undefined);
        await settled;
        return observed;
      },
    };
  }

  peak(): Promise<Peak | null> {
    const { device, software } = this.parts;
    this.peaks ??= device.features.has('timestamp-query') ? measurePeak(device, software) : Promise.resolve(null);
    return this.peaks;
  }

  planned(flush: Flush): readonly PlannedKernel[] {
    const { residency, planOf } = this.parts;
    try {
      const plan = planOf(flush, structureOf(flush, residency.traitsOf()));
      return plan.commands.map((command) => describe(plan, command));
    } catch (error) {
      if (error instanceof PlanningError && error.cause instanceof WgradError) throw error.cause;
      throw error;
    }
  }

  computedBy(node: Node): readonly PlannedKernel[] | null {
    const maker = node.maker as Maker | null;
    const plan = maker?.plan.deref();
    if (maker === null || plan === undefined) return null;
    return behind(plan, plan.results[maker.result].place).map((command) => describe(plan, command));
  }

  inventory(): Inventory {
    const { pool, stream, residency, status } = this.parts;
    const values = [...residency.values];
    const packs = new Set(values.flatMap(({ pack }) => pack ?? []));
    const [inPages, inLines] = [values.filter(({ owned }) => !owned), values.filter(({ pack }) => pack !== null)];
    const bytesOf = (list: readonly GpuValue[]) => list.reduce((sum, value) => sum + bytesIn(value), 0);
    const lines = [...packs].reduce((sum, { buffer }: Pack) => sum + buffer.size, 0);
    const shared: BufferCount[] = [
      {
        name: 'room in pages of small values',
        count: residency.slab.pages,
        bytes: residency.slab.bytes - bytesOf(inPages),
      },
      { name: 'room in lines of values', count: packs.size, bytes: lines - bytesOf(inLines) },
    ];
    const scratch = pool.live - bytesOf(values) - shared.reduce((sum, { bytes }) => sum + bytes, 0);
    // Given back before `run` returns: only the middle of a flush has any.
    if (scratch !== 0) shared.push({ name: 'scratch memory', count: 1, bytes: scratch });
    return {
      values: values.map(residentOf),
      shared,
      pool: pool.waiting().map(({ size, count }) => ({ name: String(size), count, bytes: size * count })),
      outside: [...stream.buffers, { name: 'words of checks', count: 1, bytes: status.size }],
    };
  }
}

/** The bytes that are a value's: of a buffer of its own all, of a shared one its elements. */
function bytesIn({ buffer, owned, pack, node }: GpuValue): number {
  return owned && pack === null ? buffer.size : numelOf(node.shape) * 4;
}

function residentOf(value: GpuValue): ResidentValue {
  const { op, shape, dtype } = value.node;
  return { op: op.name, shape, dtype, kind: kindOf(value), bytes: bytesIn(value) };
}

function kindOf({ owned, node }: GpuValue): ResidentKind {
  if (!owned) return 'small';
  if (node.keep !== 'temporary') return node.keep;
  return node.op.kind === 'leaf' ? 'data' : 'temporary';
}

/** The commands of a plan that a place depends on, in order. */
function behind({ commands }: Plan, place: Place): Command[] {
  const needed = new Set([place.buffer]);
  const found: Command[] = [];
  for (const command of [...commands].reverse()) {
    const { buffers, access } = command;
    if (!buffers.some(({ buffer }, at) => access[at] === 'w' && needed.has(buffer))) continue;
    for (const { buffer } of buffers) needed.add(buffer);
    found.push(command);
  }
  return found.reverse();
}

function describe(plan: Plan, command: Command): PlannedKernel {
  const { key, label, sizes, workgroups: groups, buffers, access, work, source } = command;
  const [kernel] = key.split('|', 1);
  return {
    kernel,
    ops: label,
    sizes,
    groups,
    buffers: buffers.map((place, at) => describeBuffer(plan, place, access[at] === 'w', walksLines.has(kernel))),
    work: work ?? { read: 0, written: 0, flops: 0 },
    wgsl: source,
  };
}

function describeBuffer({ notes, slotOf }: Plan, place: Place, written: boolean, whole: boolean): PlannedBuffer {
  const { kind, index } = place;
  const places = whole ? [...notes.keys()].filter((other) => other.buffer === place.buffer) : [place];
  if (places.length === 0) places.push(place);
  const values = places.flatMap((one): PlannedValue[] => {
    const note = notes.get(one);
    return note === undefined ? [] : [note];
  });
  const own: PlannedValue = { op: null, shape: [place.size], dtype: 'float32' };
  const names = { given: 'given', result: 'result', pack: 'line', scratch: 'scratch', status: 'checks' };
  const number = kind === 'scratch' ? (slotOf[index] ?? index) : index;
  return {
    name: kind === 'status' ? names.status : `${names[kind]} ${number}`,
    values: values.length > 0 || kind === 'status' ? values : [own],
    access: !written ? 'read' : kind === 'given' ? 'update' : 'write',
    bytes: places.reduce((sum, { size }) => sum + size * 4, 0),
  };
}
