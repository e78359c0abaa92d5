// What kernels work with: where values lie in buffers, parameters as words, and the dispatch of a program over n threads.
// One Machine a device; it knows the parts of the runtime but no kernel.

import type { DType } from '../dtype.ts';
import { KernelError } from '../errors.ts';
import type { Node } from '../graph.ts';
import { contiguousStrides, numelOf } from '../shape.ts';
import { BufferPool } from './buffers.ts';
import { PipelineCache } from './pipelines.ts';
import { Stream } from './stream.ts';

/** Where the elements of a value begin. */
export interface Piece {
  readonly buffer: GPUBuffer;
  /** In elements of 4 bytes. */
  readonly offset: number;
}

/** A tensor as a kernel sees it: a buffer through a layout. Offsets and strides count elements. */
export interface View extends Piece {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly dtype: DType;
}

/** The WGSL type that holds a dtype: integers and booleans are i32. */
export function wgslType(dtype: DType): 'f32' | 'i32' {
  return dtype === 'float32' ? 'f32' : 'i32';
}

/** A parameter: an unsigned integer (or a wrapping negative one), or a float. */
export type Word = number | { readonly float: number };

/** One run of a program. */
export interface ProgramCall {
  /** Says all that the text depends on; a key seen before is not assembled again. */
  readonly key: string;
  readonly source: () => string;
  /** A letter a buffer: r read, w written. */
  readonly access: string;
  readonly parameters: readonly Word[];
  readonly buffers: readonly GPUBuffer[];
  /** Values of `override` declarations. */
  readonly constants?: Record<string, number>;
}

const scratch = new DataView(new ArrayBuffer(256));

/** Parameters as the words of a uniform struct. */
export function words(list: readonly Word[]): Uint32Array {
  const out = new Uint32Array(list.length);
  list.forEach((word, index) => {
    if (typeof word === 'number') out[index] = word;
    else {
      scratch.setFloat32(0, word.float, true);
      out[index] = scratch.getUint32(0, true);
    }
  });
  return out;
}

/** Threads of a workgroup in all kernels that number their threads. */
const workgroup = 64;
const maxGroups = 65_535;
/** Checks that have a word of their own. */
export const statusWords = 1024;

/** The parts of one GPU device, and what all kernels need of them. */
export class Machine {
  readonly device: GPUDevice;
  readonly pool: BufferPool;
  readonly stream: Stream;
  readonly pipelines: PipelineCache;
  /** The adapter runs on the CPU. */
  readonly software: boolean;
  /** A word a check: 1 if it failed. */
  readonly status: GPUBuffer;
  private temporary: GPUBuffer[] = [];
  private checks = new Map<number, Node[]>();
  private nextCheck = 0;

  constructor(device: GPUDevice, software: boolean) {
    this.device = device;
    this.software = software;
    this.pool = new BufferPool(device);
    this.stream = new Stream(device);
    this.pipelines = new PipelineCache(device);
    this.status = device.createBuffer({ size: statusWords * 4, usage: 0x80 | 0x04 | 0x08 });
  }

  /** A buffer for `count` elements. */
  allocate(node: string, count: number): GPUBuffer {
    const bytes = Math.max(count, 1) * 4;
    const limit = Math.min(this.device.limits.maxBufferSize, this.device.limits.maxStorageBufferBindingSize);
    if (bytes > limit) {
      throw new KernelError({
        op: node,
        fact: `a value of ${count} elements (${bytes} bytes)`,
        rule: `this adapter binds at most ${limit} bytes`,
        cure: 'Work in smaller batches.',
      });
    }
    return this.pool.take(bytes);
  }

  /** A buffer that goes back when the node that is being run is done. */
  scratch(node: string, count: number): GPUBuffer {
    const buffer = this.allocate(node, count);
    this.temporary.push(buffer);
    return buffer;
  }

  /** Gives scratch buffers back; later work of the stream may write them. */
  endNode(): void {
    for (const buffer of this.temporary) this.pool.give(buffer);
    this.temporary = [];
  }

  /** The word of `status` in which the check of `node` may report. */
  registerCheck(node: Node): number {
    const word = this.nextCheck++ % statusWords;
    const list = this.checks.get(word);
    if (list === undefined) this.checks.set(word, [node]);
    else list.push(node);
    return word;
  }

  /** Whether checks ran whose outcome nobody has asked for. */
  get hasChecks(): boolean {
    return this.checks.size > 0;
  }

  /** The checks since the last call by their words; empty if none ran. */
  takeChecks(): ReadonlyMap<number, readonly Node[]> {
    const taken = this.checks;
    this.checks = new Map();
    return taken;
  }

  /** What readers of a node see. */
  view(node: Node): View {
    const piece = node.root.value as Piece | null;
    if (piece === null)
      throw new KernelError({
        op: node.op.name,
        fact: 'an input has no buffer',
        rule: 'inputs are computed before their readers',
      });
    const { shape, strides, dtype } = node;
    return { buffer: piece.buffer, offset: piece.offset + node.offset, shape, strides, dtype };
  }

  /** The dense view of a whole buffer. */
  denseView(buffer: GPUBuffer, shape: readonly number[], dtype: DType): View {
    return { buffer, offset: 0, shape, strides: contiguousStrides(shape), dtype };
  }

  /** Runs a program with `threads` numbered threads. */
  run(call: ProgramCall, threads: number): void {
    this.runGroups(call, Math.ceil(threads / workgroup));
  }

  /** Runs a program with `groups` workgroups, folded into two dimensions, and `depth` of that along the third. */
  runGroups({ key, source, access, parameters, buffers, constants }: ProgramCall, groups: number, depth = 1): void {
    if (groups === 0) return;
    const program = this.pipelines.get(key, source, access, constants);
    const x = Math.min(groups, maxGroups);
    this.stream.dispatch(program, words(parameters), buffers, x, Math.ceil(groups / x), depth);
  }
}

/** The number of elements of a view. */
export function sizeOf(view: View): number {
  return numelOf(view.shape);
}
