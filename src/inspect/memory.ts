// memory(): how many bytes the device holds; memory.summary(): what they are.

import { getDefaultDevice } from '../device.ts';
import type { Device, MemoryReport } from '../core/graph.ts';
import { type Column, formatBytes, formatTable } from '../host/table.ts';
import type { BufferCount, Inventory, ResidentKind, ResidentValue } from '../core/report.ts';
import { formatShape } from '../shape.ts';

/** Values that a summary names. */
const namedValues = 10;

const nothing: MemoryReport = { live: 0, pooled: 0, peak: 0, tensors: 0 };
const empty: Inventory = { values: [], shared: [], pool: [], outside: [] };

/** What the kinds of values are, for people. */
const kindNames: Readonly<Record<ResidentKind, string>> = {
  state: 'state: parameters, gradients, buffers',
  end: 'ends: results kept when a step ended',
  data: 'data: copies of what the host has',
  temporary: 'temporaries: let go once nobody uses them',
  small: 'small values, in shared pages',
};

/**
 * Bytes on a device (the default one if none is given): `live` in values, `pooled` waiting for reuse, `peak` the most of
 * both together, and the number of resident values. All zero before the device is open.
 */
export function memory(device: Device = getDefaultDevice()): MemoryReport {
  return device.backend?.memory() ?? nothing;
}

/**
 * What the bytes of `memory` are: values by kind, shared buffers, the pool by size, the largest values. As text it is a
 * table. https://pytorch.org/docs/stable/generated/torch.cuda.memory.memory_summary.html
 */
memory.summary = (device: Device = getDefaultDevice()): MemorySummary => new MemorySummary(device);

/** The parts of a device's memory. */
export class MemorySummary implements MemoryReport {
  readonly live: number;
  readonly pooled: number;
  readonly peak: number;
  readonly tensors: number;
  /** One line about the device. */
  readonly device: string;
  /** Values by kind, and what shared buffers have beyond their values: together `live`. */
  readonly kinds: readonly BufferCount[];
  readonly shared: readonly BufferCount[];
  /** Buffers that wait, by size in bytes: together `pooled`. */
  readonly pool: readonly BufferCount[];
  /** What is in neither: parameters of kernels, staging memory. */
  readonly outside: readonly BufferCount[];
  /** All values, the largest first. */
  readonly values: readonly ResidentValue[];

  constructor(device: Device) {
    const { backend } = device;
    const { live, pooled, peak, tensors } = backend?.memory() ?? nothing;
    const { values, shared, pool, outside } = backend?.inspector.inventory() ?? empty;
    this.live = live;
    this.pooled = pooled;
    this.peak = peak;
    this.tensors = tensors;
    this.device = backend === null ? `${device.type} (not open yet)` : `${backend.type}: ${backend.description}`;
    this.kinds = kindsOf(values);
    this.shared = shared;
    this.pool = pool;
    this.outside = outside;
    this.values = [...values].sort((a, b) => b.bytes - a.bytes);
  }

  toString(): string {
    const row = ({ name, count, bytes }: BufferCount) => [name, String(count), formatBytes(bytes)];
    const filled = (list: readonly BufferCount[]) => list.filter(({ bytes }) => bytes > 0);
    const free = this.pool.map(({ name, ...rest }) => ({ ...rest, name: `buffers of ${formatBytes(Number(name))}` }));
    const buffers = this.pool.reduce((sum, { count }) => sum + count, 0);
    const table = formatTable(partColumns, [
      ...filled(this.kinds).map(row),
      ...filled(this.shared).map(({ name, bytes }) => [name, '', formatBytes(bytes)]),
      row({ name: 'live', count: this.tensors, bytes: this.live }),
      null,
      ...free.map(row),
      row({ name: 'pooled, to be used again', count: buffers, bytes: this.pooled }),
      null,
      ['peak of both', '', formatBytes(this.peak)],
      ...filled(this.outside).map((one) => row({ ...one, name: `besides: ${one.name}` })),
    ]);
    const parts = [`memory of ${this.device}`, '', table];
    if (this.values.length > 0) {
      const largest = this.values
        .slice(0, namedValues)
        .map(({ op, shape, dtype, kind, bytes }) => [formatShape(shape), dtype, op, kind, formatBytes(bytes)]);
      parts.push('', formatTable(valueColumns, largest));
    }
    return parts.join('\n');
  }
}

const partColumns: readonly Column[] = [
  { title: 'what', align: 'left' },
  { title: 'count', align: 'right' },
  { title: 'bytes', align: 'right' },
];

const valueColumns: readonly Column[] = [
  { title: 'largest values', align: 'left' },
  { title: 'dtype', align: 'left' },
  { title: 'operation', align: 'left' },
  { title: 'kind', align: 'left' },
  { title: 'bytes', align: 'right' },
];

function kindsOf(values: readonly ResidentValue[]): BufferCount[] {
  return (Object.keys(kindNames) as ResidentKind[]).map((kind) => {
    const own = values.filter((value) => value.kind === kind);
    return { name: kindNames[kind], count: own.length, bytes: own.reduce((sum, { bytes }) => sum + bytes, 0) };
  });
}
