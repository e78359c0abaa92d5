// profile(): runs a piece of a program while every kernel of a device is timed, and reports what they took, moved and
// computed. The times are the device's business (graph.ts, Inspector); here they are added up and shown.
// https://pytorch.org/docs/stable/profiler.html

import { getDefaultDevice } from '../device.ts';
import { ArgumentError } from '../errors.ts';
import { flushPending } from '../core/flush.ts';
import type { Backend, Device } from '../core/graph.ts';
import { chromeTrace } from '../host/chrome-trace.ts';
import {
  type Column,
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatShare,
  formatTable,
  shorten,
} from '../host/table.ts';
import type { HostEvent, KernelEvent, Observed, Peak } from '../core/report.ts';
import { describe } from '../core/signature.ts';

/** Options of `profile`. */
export interface ProfileOptions {
  /** The device to look at; the default one if none is given. */
  readonly device?: Device;
}

/** All runs of one kernel over one index space. */
export interface ProfileRow {
  /** The template that it was made from: `matmul`, `map`, `rows`; on the CPU device the operation. */
  readonly kernel: string;
  /** The operations fused into it: `matmul + add + relu`. */
  readonly ops: string;
  /** The index space: shapes of the operands of a product, else the shape that it runs over. */
  readonly sizes: string;
  readonly dispatches: number;
  /** Milliseconds, and the part of all kernels' time; null where the device tells no times. */
  readonly time: number | null;
  readonly mean: number | null;
  readonly share: number | null;
  /** Bytes read and written by all runs, each element once a run. */
  readonly read: number;
  readonly written: number;
  readonly flops: number;
  /** Bytes and floating-point operations a second. */
  readonly bandwidth: number | null;
  readonly speed: number | null;
  /** Of what the adapter was measured to do at best, the larger of both parts, and which one it is. */
  readonly peakShare: number | null;
  readonly bound: 'memory' | 'compute' | null;
}

/** How a table is to look. */
export interface TableOptions {
  /** What the rows are sorted by, falling: 'time' if there is any, else 'bytes'. */
  readonly sortBy?: 'time' | 'dispatches' | 'bytes' | 'flops';
  /** Rows at most; 40 if left out. */
  readonly rowLimit?: number;
  /** Characters of the fused operations at most; 48 if left out. */
  readonly maxNameColumnWidth?: number;
}

const hostNames = ['flush', 'replay', 'plan', 'submit', 'upload', 'read'] as const;
const observed = new WeakSet<Backend>();

/**
 * Runs `body` (plain or async) and resolves to what the kernels of the device did meanwhile. Work that was recorded before
 * is run first and not counted; what `body` leaves pending is run and counted. While it runs, each kernel has a pass of its
 * own, so a step takes longer than alone. The first profile of a GPU also measures what the adapter can do. Throws what
 * `body` throws, and an ArgumentError where another profile of the device has not ended.
 * https://pytorch.org/docs/stable/profiler.html#torch.profiler.profile
 */
export async function profile(body: () => unknown, options: ProfileOptions = {}): Promise<ProfileReport> {
  if (typeof body !== 'function') {
    throw new ArgumentError({ op: 'profile', fact: `body is ${describe(body)}`, rule: 'profile takes a function' });
  }
  const { device = getDefaultDevice() } = options;
  const backend = await device.open();
  if (observed.has(backend)) {
    throw new ArgumentError({
      op: 'profile',
      fact: 'another profile of this device has not ended',
      rule: 'there is one at a time',
      cure: 'Await the first one.',
    });
  }
  observed.add(backend);
  try {
    flushPending(device);
    await backend.settled();
    const observation = backend.inspector.observe();
    const start = performance.now();
    let end = start;
    let seen: Observed;
    try {
      await body();
      flushPending(device);
    } finally {
      seen = await observation.stop();
      end = performance.now();
    }
    return new ProfileReport(backend, seen, await backend.inspector.peak(), start, end);
  } finally {
    observed.delete(backend);
  }
}

/** What `profile` saw: sorted rows as data, a table for people, a trace for a viewer. */
export class ProfileReport {
  /** One line about the device. */
  readonly device: string;
  /** Where times come from: 'device' (timestamps of the GPU), 'host' (the CPU device), or 'none' (an adapter without). */
  readonly timing: Observed['timing'];
  /** Runs of kernels that are alike, added up; the slowest first, or where there are no times, those that move most. */
  readonly rows: readonly ProfileRow[];
  /** Every run of a kernel, in order, and what JavaScript did. */
  readonly kernels: readonly KernelEvent[];
  readonly host: readonly HostEvent[];
  /** What the adapter can do, measured; null where it cannot be. */
  readonly peak: Peak | null;
  /** Milliseconds from the beginning to the end, and of all kernels together. */
  readonly wall: number;
  readonly kernelTime: number | null;
  /** Microseconds between two times that the device can tell apart; 0 if it counts finer than a microsecond. */
  readonly resolution: number;
  private readonly start: number;

  constructor(backend: Backend, seen: Observed, peak: Peak | null, start: number, end: number) {
    this.device = `${backend.type}: ${backend.description}`;
    this.timing = seen.timing;
    this.kernels = seen.kernels;
    this.host = seen.host;
    this.peak = peak;
    this.resolution = seen.resolution;
    this.start = start;
    this.wall = end - start;
    const times = seen.kernels.map(({ duration }) => duration);
    this.kernelTime = seen.timing === 'none' ? null : times.reduce<number>((sum, time) => sum + (time ?? 0), 0);
    this.rows = sorted(rowsOf(seen.kernels, this.kernelTime, peak), seen.timing === 'none' ? 'bytes' : 'time');
  }

  /** Runs of all kernels. */
  get dispatches(): number {
    return this.kernels.length;
  }

  /** How often something of JavaScript happened, its milliseconds and bytes. */
  hostTotals(name: HostEvent['name']): { readonly count: number; readonly time: number; readonly bytes: number } {
    const events = this.host.filter((event) => event.name === name);
    const total = (pick: (event: HostEvent) => number) => events.reduce((sum, event) => sum + pick(event), 0);
    return { count: events.length, time: total(({ duration }) => duration), bytes: total(({ bytes }) => bytes) };
  }

  /** The rows as text. https://pytorch.org/docs/stable/profiler.html (`key_averages().table()`) */
  table(options: TableOptions = {}): string {
    const { rowLimit = 40, maxNameColumnWidth = 48 } = options;
    const rows = options.sortBy === undefined ? this.rows : sorted(this.rows, options.sortBy);
    const timed = this.timing !== 'none';
    const known = (value: number | null, format: (value: number) => string) => (value === null ? '' : format(value));
    const columns: (Column & { readonly text: (row: ProfileRow) => string })[] = [
      { title: 'kernel', align: 'left', text: ({ kernel }) => kernel },
      { title: 'operations', align: 'left', text: ({ ops }) => shorten(ops, maxNameColumnWidth) },
      { title: 'sizes', align: 'left', text: ({ sizes }) => sizes },
      { title: 'runs', align: 'right', text: ({ dispatches }) => String(dispatches) },
    ];
    if (timed) {
      columns.push(
        { title: 'time', align: 'right', text: ({ time }) => known(time, formatDuration) },
        { title: 'share', align: 'right', text: ({ share }) => known(share, formatShare) },
        { title: 'mean', align: 'right', text: ({ mean }) => known(mean, formatDuration) },
      );
    }
    columns.push({
      title: 'bytes a run',
      align: 'right',
      text: (row) => formatBytes(perRun(row, row.read + row.written)),
    });
    if (timed) {
      columns.push({ title: 'GB/s', align: 'right', text: ({ bandwidth }) => known(bandwidth, giga) });
    }
    columns.push({
      title: 'FLOP a run',
      align: 'right',
      text: (row) => (row.flops === 0 ? '' : formatCount(perRun(row, row.flops))),
    });
    if (timed) {
      const speed = ({ speed: rate, flops }: ProfileRow) => (flops === 0 ? '' : known(rate, giga));
      columns.push({ title: 'GFLOP/s', align: 'right', text: speed });
    }
    if (this.peak !== null) {
      const part = ({ peakShare, bound }: ProfileRow) =>
        peakShare === null ? '' : `${formatShare(peakShare)} ${bound === 'memory' ? 'mem' : 'flop'}`;
      columns.push({ title: 'of the peak', align: 'right', text: part });
    }
    const shown = rows.slice(0, rowLimit).map((row) => columns.map(({ text }) => text(row)));
    const rest = rows.length > rowLimit ? `\n... and ${rows.length - rowLimit} more rows` : '';
    return rows.length === 0 ? 'no kernel ran' : formatTable(columns, shown) + rest;
  }

  /** The table between a line about the device and what to know about the numbers. */
  toString(): string {
    return [`profile of ${this.device}`, '', this.table(), '', ...this.summary(), ...this.notes()].join('\n');
  }

  private summary(): string[] {
    const spans = hostNames.flatMap((name) => {
      const { count, time, bytes } = this.hostTotals(name);
      if (count === 0) return [];
      const volume = bytes > 0 ? `, ${formatBytes(bytes)}` : '';
      return [`${count} ${plural(name, count)} (${formatDuration(time)}${volume})`];
    });
    const kernels = this.kernelTime === null ? '' : ` in ${formatDuration(this.kernelTime)}`;
    const runs = `${this.dispatches} ${this.dispatches === 1 ? 'run' : 'runs'} of kernels${kernels}`;
    const lines = [`${runs}, ${formatDuration(this.wall)} from the beginning to the end`];
    if (spans.length > 0) lines.push(`host: ${spans.join(', ')}`);
    if (this.peak !== null) {
      const { bandwidth, flops } = this.peak;
      lines.push(`peak, measured: ${giga(bandwidth)} GB/s in copies, ${giga(flops)} GFLOP/s in float32 multiply-adds`);
    }
    return lines;
  }

  private notes(): string[] {
    const notes: string[] = [];
    if (this.timing === 'none') {
      notes.push(
        'The adapter lacks the feature timestamp-query: kernels are counted, and nobody knows what they took.',
      );
    }
    if (this.resolution > 0) {
      const step = formatDuration(this.resolution / 1e3);
      notes.push(
        `The adapter's times step by ${step}: shorter kernels read as 0 or one step, and only their mean over many runs is right.`,
      );
    }
    if (this.rows.some(({ peakShare, bound }) => (peakShare ?? 0) > 1 && bound === 'memory')) {
      notes.push('Kernels over 100 % of the copy bandwidth found what they read in a cache.');
    }
    if (this.kernels.some(({ kernel }) => kernel === 'step')) {
      notes.push("A 'step' is a whole small step that one workgroup runs; its operations stand between semicolons.");
    }
    return notes;
  }

  /**
   * The events as JSON in the Chrome trace event format, for chrome://tracing or https://ui.perfetto.dev. Times of the GPU
   * are moved onto the host's clock so that no kernel begins before its submit.
   */
  chromeTrace(): string {
    const host = hostNames.map((thread) => ({
      process: 'JavaScript',
      thread,
      spans: this.host
        .filter(({ name }) => name === thread)
        .map(({ name, start, duration, bytes }) => ({ name, start, duration, args: { bytes } })),
    }));
    const spans = this.kernels.flatMap(({ kernel, ops, sizes, work, start, duration }) =>
      start === null || duration === null
        ? []
        : [{ name: kernel, start, duration, args: { operations: ops, sizes, ...work } }],
    );
    const tracks = [...host, { process: this.device, thread: 'kernels', spans }];
    return chromeTrace(
      tracks.filter((track) => track.spans.length > 0),
      this.start,
    );
  }
}

function giga(rate: number): string {
  return formatNumber(rate / 1e9);
}

function plural(word: string, count: number): string {
  return count === 1 ? word : word.endsWith('sh') ? `${word}es` : `${word}s`;
}

function perRun({ dispatches }: ProfileRow, total: number): number {
  return Math.round(total / dispatches);
}

function sorted(rows: readonly ProfileRow[], by: NonNullable<TableOptions['sortBy']>): ProfileRow[] {
  const keys = {
    time: ({ time }: ProfileRow) => time ?? 0,
    dispatches: ({ dispatches }: ProfileRow) => dispatches,
    bytes: ({ read, written }: ProfileRow) => read + written,
    flops: ({ flops }: ProfileRow) => flops,
  };
  return [...rows].sort((a, b) => keys[by](b) - keys[by](a));
}

/** Adds up the runs that are alike. */
function rowsOf(kernels: readonly KernelEvent[], all: number | null, peak: Peak | null): ProfileRow[] {
  const groups = new Map<string, KernelEvent[]>();
  for (const event of kernels) {
    const key = `${event.kernel}|${event.ops}|${event.sizes}`;
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [event]);
    else list.push(event);
  }
  return [...groups.values()].map((events): ProfileRow => {
    const total = (pick: (event: KernelEvent) => number) => events.reduce((sum, event) => sum + pick(event), 0);
    const { kernel, ops, sizes } = events[0];
    const time = all === null ? null : total(({ duration }) => duration ?? 0);
    const [read, written] = [total(({ work }) => work.read), total(({ work }) => work.written)];
    const flops = total(({ work }) => work.flops);
    const rate = (amount: number) => (time === null || time === 0 ? null : (amount / time) * 1e3);
    const [bandwidth, speed] = [rate(read + written), rate(flops)];
    const parts =
      peak === null || bandwidth === null || speed === null ? null : [bandwidth / peak.bandwidth, speed / peak.flops];
    const sums = { read, written, flops, time, bandwidth, speed };
    return {
      ...sums,
      kernel,
      ops,
      sizes,
      dispatches: events.length,
      mean: time === null ? null : time / events.length,
      share: time === null || all === null || all === 0 ? null : time / all,
      peakShare: parts === null ? null : Math.max(...parts),
      bound: parts === null ? null : parts[0] >= parts[1] ? 'memory' : 'compute',
    };
  });
}
