// What is taken down while the GPU device is observed: the times of kernels, by timestamps around a pass for each, and what
// JavaScript did. Without the feature timestamp-query kernels are counted and not timed.

import type { HostEvent, KernelEvent, Observed } from '../core/report.ts';
import type { Command } from './record.ts';

/** Dispatches that one query set times: more than a submit has, with a set for what does not fit. */
const dispatchesPerSet = 512;
const stampBytes = 8;
/** Times that are needed to tell the device's resolution. */
const fewestStamps = 16;

const usages = { resolve: 0x200 | 0x04, staging: 0x01 | 0x08 } as const; // QUERY_RESOLVE | COPY_SRC, MAP_READ | COPY_DST

/** A query set with the memory through which its times come to the host. */
interface StampSet {
  readonly queries: GPUQuerySet;
  readonly resolved: GPUBuffer;
  readonly staging: GPUBuffer;
}

/** The dispatches of one submit that share a query set. */
interface Batch {
  readonly set: StampSet;
  readonly commands: Command[];
  /** When it was handed to the GPU. */
  submitted: number;
}

/** The times of a batch, in nanoseconds of the device's clock: begin and end of each dispatch. */
interface Stamped {
  readonly batch: Batch;
  readonly stamps: BigUint64Array;
}

/** One observation of a stream. */
export class Trace {
  private readonly device: GPUDevice;
  private readonly stamps: boolean;
  private readonly host: HostEvent[] = [];
  /** Commands without times. */
  private readonly untimed: Command[] = [];
  private readonly free: StampSet[] = [];
  private readonly made: StampSet[] = [];
  /** Batches that are being encoded, and the times of those that were handed over. */
  private open: Batch[] = [];
  private readonly arriving: Promise<Stamped>[] = [];

  constructor(device: GPUDevice) {
    this.device = device;
    this.stamps = device.features.has('timestamp-query');
  }

  now(): number {
    return performance.now();
  }

  /** Takes down what JavaScript did since a time of `now`; what began before the observation is left out. */
  note(name: HostEvent['name'], since: number | undefined, bytes = 0): void {
    if (since !== undefined) this.host.push({ name, start: since, duration: this.now() - since, bytes });
  }

  /** The pass in which a command is to run; undefined where there are no times. */
  dispatch(command: Command): GPUComputePassDescriptor | undefined {
    if (!this.stamps) {
      this.untimed.push(command);
      return undefined;
    }
    let batch = this.open.at(-1);
    if (batch === undefined || batch.commands.length === dispatchesPerSet) {
      batch = { set: this.free.pop() ?? this.makeSet(), commands: [], submitted: 0 };
      this.open.push(batch);
    }
    const at = 2 * (batch.commands.push(command) - 1);
    const { queries } = batch.set;
    return {
      timestampWrites: { querySet: queries, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 },
    };
  }

  private makeSet(): StampSet {
    const count = 2 * dispatchesPerSet;
    const set = {
      queries: this.device.createQuerySet({ type: 'timestamp', count }),
      resolved: this.device.createBuffer({ size: count * stampBytes, usage: usages.resolve }),
      staging: this.device.createBuffer({ size: count * stampBytes, usage: usages.staging }),
    };
    this.made.push(set);
    return set;
  }

  /** Encodes the way of the times to the host, at the end of a submit. */
  resolve(encoder: GPUCommandEncoder): void {
    for (const { set, commands } of this.open) {
      const count = 2 * commands.length;
      encoder.resolveQuerySet(set.queries, 0, count, set.resolved, 0);
      encoder.copyBufferToBuffer(set.resolved, 0, set.staging, 0, count * stampBytes);
    }
  }

  /** What was resolved is on its way. */
  submitted(): void {
    for (const batch of this.open) {
      batch.submitted = this.now();
      const arriving = this.receive(batch);
      // Who asks for the times sees the failure.
      arriving.catch(() => undefined);
      this.arriving.push(arriving);
    }
    this.open = [];
  }

  private async receive(batch: Batch): Promise<Stamped> {
    const { set, commands } = batch;
    const bytes = 2 * commands.length * stampBytes;
    await set.staging.mapAsync(1, 0, bytes);
    const stamps = new BigUint64Array(set.staging.getMappedRange(0, bytes).slice(0));
    set.staging.unmap();
    this.free.push(set);
    return { batch, stamps };
  }

  /** Everything that was taken down, once its times are there. No work may follow. */
  async finish(): Promise<Observed> {
    try {
      const stamped = await Promise.all(this.arriving);
      const { host } = this;
      if (!this.stamps) {
        const kernels = this.untimed.map((command) => eventOf(command, null, null));
        return { timing: 'none', kernels, host, resolution: 0 };
      }
      const kernels = eventsOf(stamped);
      return { timing: 'device', kernels, host, resolution: resolutionOf(stamped) };
    } finally {
      for (const { queries, resolved, staging } of this.made) {
        queries.destroy();
        resolved.destroy();
        staging.destroy();
      }
    }
  }
}

function eventOf(command: Command, start: number | null, duration: number | null): KernelEvent {
  const { key, label, sizes, work } = command;
  const kernel = key.split('|', 1)[0];
  return { kernel, ops: label, sizes, work: work ?? { read: 0, written: 0, flops: 0 }, start, duration };
}

/** The kernels with their times on the host's clock. No kernel begins before its submit: that is how far clocks differ. */
function eventsOf(stamped: readonly Stamped[]): KernelEvent[] {
  const milliseconds = (stamp: bigint, origin: bigint) => Number(stamp - origin) / 1e6;
  const origin = stamped[0]?.stamps[0] ?? 0n;
  const shift = Math.max(...stamped.map(({ batch, stamps }) => batch.submitted - milliseconds(stamps[0], origin)));
  return stamped.flatMap(({ batch, stamps }) =>
    batch.commands.map((command, at) => {
      const [begin, end] = [stamps[2 * at], stamps[2 * at + 1]];
      // A device that was reset in between counts from the start again.
      const duration = end < begin ? null : milliseconds(end, begin);
      return eventOf(command, milliseconds(begin, origin) + shift, duration);
    }),
  );
}

/** Microseconds that all times are multiples of; 0 below one microsecond, or where there are too few times. */
function resolutionOf(stamped: readonly Stamped[]): number {
  let divisor = 0n;
  let count = 0;
  for (const { stamps } of stamped) {
    for (const stamp of stamps) {
      count++;
      for (let rest = stamp; rest > 0n;) [divisor, rest] = [rest, divisor % rest];
    }
  }
  const step = Number(divisor) / 1e3;
  return count < fewestStamps || step < 1 ? 0 : step;
}
