// Counts what a library asks of WebGPU, by wrapping the browser's own methods: the same for every library, and none has to
// help. Bytes are those of buffers made and not destroyed. Knows no library.

/** What was asked for since the page began. */
export interface Counts {
  readonly dispatches: number;
  readonly submits: number;
  readonly writes: number;
  readonly buffers: number;
  readonly bindGroups: number;
  readonly pipelines: number;
}

const counts = { dispatches: 0, submits: 0, writes: 0, buffers: 0, bindGroups: 0, pipelines: 0 };

/** Bytes in buffers, for each device. */
const held = new WeakMap<GPUDevice, { bytes: number }>();
/** Where a buffer's bytes are counted, until it is destroyed. */
const owners = new WeakMap<GPUBuffer, { bytes: number }>();
/** The device that each contender opened. */
const devices = new Map<string, GPUDevice>();
let current: string | null = null;

type Method = (this: unknown, ...args: never[]) => unknown;

/** Replaces a method by one that calls `seen` with the object, the arguments and the result. */
function wrap(prototype: object, name: string, seen: (self: never, args: never, result: never) => void): void {
  const methods = prototype as Record<string, Method | undefined>;
  const original = methods[name];
  if (original === undefined) return;
  methods[name] = function (this: unknown, ...args: never[]): unknown {
    const result = original.apply(this, args);
    seen(this as never, args as never, result as never);
    return result;
  };
}

const count = (name: keyof typeof counts) => (): void => void counts[name]++;

function madeBuffer(device: GPUDevice, [{ size }]: [GPUBufferDescriptor], buffer: GPUBuffer): void {
  counts.buffers++;
  let owner = held.get(device);
  if (owner === undefined) {
    owner = { bytes: 0 };
    held.set(device, owner);
  }
  owner.bytes += size;
  owners.set(buffer, owner);
}

function destroyedBuffer(buffer: GPUBuffer): void {
  const owner = owners.get(buffer);
  if (owner === undefined) return;
  owner.bytes -= buffer.size;
  owners.delete(buffer);
}

let installed = false;

/** Begins to count. Without WebGPU there is nothing to count. */
export function installCounters(): void {
  if (installed || typeof GPUDevice === 'undefined') return;
  installed = true;
  wrap(GPUAdapter.prototype, 'requestDevice', (_adapter: GPUAdapter, _args: unknown, opening: Promise<GPUDevice>) => {
    const name = current;
    if (name !== null) void opening.then((device) => devices.set(name, device)).catch(() => undefined);
  });
  wrap(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', count('dispatches'));
  wrap(GPUComputePassEncoder.prototype, 'dispatchWorkgroupsIndirect', count('dispatches'));
  wrap(GPUQueue.prototype, 'submit', count('submits'));
  wrap(GPUQueue.prototype, 'writeBuffer', count('writes'));
  wrap(GPUDevice.prototype, 'createBindGroup', count('bindGroups'));
  wrap(GPUDevice.prototype, 'createComputePipeline', count('pipelines'));
  wrap(GPUDevice.prototype, 'createComputePipelineAsync', count('pipelines'));
  wrap(GPUDevice.prototype, 'createBuffer', madeBuffer);
  wrap(GPUBuffer.prototype, 'destroy', destroyedBuffer);
}

export const snapshot = (): Counts => ({ ...counts });

/** The next device that is opened belongs to the contender of this name. */
export function openingFor(name: string | null): void {
  current = name;
}

/** Bytes in the buffers of a contender's device; null where it has none. */
export function bytesHeld(name: string): number | null {
  const device = devices.get(name);
  return device === undefined ? null : (held.get(device)?.bytes ?? 0);
}

/**
 * What one operation asks for, from a repetition of one and one of `repeats`, each with one read at its end: the
 * difference has no read in it. With one operation a repetition the read is counted with it. What only the short
 * repetition made, a bind group for a buffer of another place, is no operation's.
 */
export function perOperation(one: Counts, many: Counts, repeats: number): Counts {
  const each = (name: keyof Counts): number =>
    repeats > 1 ? Math.max(many[name] - one[name], 0) / (repeats - 1) : one[name];
  return {
    dispatches: each('dispatches'),
    submits: each('submits'),
    writes: each('writes'),
    buffers: each('buffers'),
    bindGroups: each('bindGroups'),
    pipelines: each('pipelines'),
  };
}

export function difference(before: Counts, after: Counts): Counts {
  return {
    dispatches: after.dispatches - before.dispatches,
    submits: after.submits - before.submits,
    writes: after.writes - before.writes,
    buffers: after.buffers - before.buffers,
    bindGroups: after.bindGroups - before.bindGroups,
    pipelines: after.pipelines - before.pipelines,
  };
}
