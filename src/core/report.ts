// What a device tells people about its work and its memory: costs of kernels, times, plans, bytes by kind. Plain data; how
// it was found out is the device's business, how it is shown that of profile.ts, explain.ts and memory.ts.

/** What a kernel moves and computes. */
export interface Work {
  /** Bytes read and written, each element once, however often the kernel comes back to it. */
  readonly read: number;
  readonly written: number;
  /** Two for each term of a product, one for each element and formula on floats, one for each element reduced. */
  readonly flops: number;
}

/** One run of a kernel. */
export interface KernelEvent {
  /** The template that it was made from, or on the CPU device the operation. */
  readonly kernel: string;
  /** The operations that it computes: `matmul + add + relu`. */
  readonly ops: string;
  /** The index space over which it runs. */
  readonly sizes: string;
  readonly work: Work;
  /** Milliseconds on the clock of performance.now(); null where the device tells no times. */
  readonly start: number | null;
  readonly duration: number | null;
}

/** Something that JavaScript did for the device. */
export interface HostEvent {
  /** 'flush' and 'replay' hold 'plan'; 'read' lasts until the values are there. */
  readonly name: 'flush' | 'replay' | 'plan' | 'submit' | 'upload' | 'read';
  /** Milliseconds on the clock of performance.now(). */
  readonly start: number;
  readonly duration: number;
  /** Bytes that were moved; 0 for what moves none. */
  readonly bytes: number;
}

/** What was seen of a device between `observe()` and `stop()`. */
export interface Observed {
  /** Where the times of kernels come from: timestamps of the device, the host's clock, or nowhere. */
  readonly timing: 'device' | 'host' | 'none';
  /** In the order in which they ran. */
  readonly kernels: readonly KernelEvent[];
  readonly host: readonly HostEvent[];
  /** Microseconds between two times that the device can tell apart; 0 if it counts finer than a microsecond. */
  readonly resolution: number;
}

/** A device that is being observed. */
export interface Observation {
  /** Ends it; resolves when the times are there. */
  stop(): Promise<Observed>;
}

/** What an adapter can do, measured. */
export interface Peak {
  /** Bytes a second, read and written together, of a plain copy. */
  readonly bandwidth: number;
  /** float32 operations a second of multiply-adds in registers. */
  readonly flops: number;
}

/** A value in a plan. */
export interface PlannedValue {
  /** The operation that makes it; null for memory of the kernels' own. */
  readonly op: string | null;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** A buffer that a kernel of a plan binds. */
export interface PlannedBuffer {
  /** The same name is the same buffer: `given 0`, `result 2`, `scratch 1`, `line 0`. */
  readonly name: string;
  /** What lies there; several values where kernels see them as one line. */
  readonly values: readonly PlannedValue[];
  readonly access: 'read' | 'write' | 'update';
  /** Bytes of the values. */
  readonly bytes: number;
}

/** A kernel of a plan. */
export interface PlannedKernel {
  readonly kernel: string;
  readonly ops: string;
  readonly sizes: string;
  /** Workgroups along x, y and z; null on the CPU device. */
  readonly groups: readonly [number, number, number] | null;
  readonly buffers: readonly PlannedBuffer[];
  readonly work: Work;
  /** The text of the program; null on the CPU device. */
  readonly wgsl: (() => string) | null;
}

/** A value that is resident on a device. */
export interface ResidentValue {
  readonly op: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly kind: ResidentKind;
  readonly bytes: number;
}

/**
 * Why a value is resident: a parameter, gradient or buffer; a result that was kept when a step ended; a copy of what the host
 * has; a small value in a shared page; or for as long as somebody may use it.
 */
export type ResidentKind = 'state' | 'end' | 'data' | 'small' | 'temporary';

/** Buffers of one kind. */
export interface BufferCount {
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
}

/** What a device holds. */
export interface Inventory {
  readonly values: readonly ResidentValue[];
  /** Buffers in use beyond the bytes of their values: pages of small values, ends of lines, scratch memory. */
  readonly shared: readonly BufferCount[];
  /** Buffers that wait to be used again, by size. */
  readonly pool: readonly BufferCount[];
  /** What lies outside `live` and `pooled`: parameters, staging memory, words of checks. */
  readonly outside: readonly BufferCount[];
}
