// The stream of commands: one encoder and one pass as long as nothing must leave it, parameters in one upload a submit,
// reads through a ring of staging buffers. Knows buffers and dispatches, no nodes.

import { KernelError } from '../errors.ts';
import type { BufferCount } from '../core/report.ts';
import type { Program } from './pipelines.ts';
import type { Command } from './record.ts';
import type { Trace } from './trace.ts';

/** Bytes of parameters that one submit holds; each dispatch takes a multiple of 256. */
const parameterBytes = 1 << 18;
const parameterStep = 256;
/** Dispatches after which the encoded work is submitted. */
const dispatchesPerSubmit = 512;
/** Bind groups kept for buffers that come back. */
const bindGroupLimit = 8192;
/** Staging buffers kept for reads. */
const stagingLimit = 8;

const usages = { uniform: 0x40 | 0x08, staging: 0x01 | 0x08, upload: 0x02 | 0x04 } as const; // UNIFORM | COPY_DST, MAP_READ | COPY_DST, MAP_WRITE | COPY_SRC

/** Where the elements of a value begin. */
export interface Piece {
  readonly buffer: GPUBuffer;
  /** In elements of 4 bytes. */
  readonly start: number;
}

/** Memory for the parameters of one submit, on the host and on the GPU. */
interface ParameterPage {
  readonly buffer: GPUBuffer;
  readonly words: Uint32Array<ArrayBuffer>;
  readonly floats: Float32Array<ArrayBuffer>;
}

/** Room for the parameters of one dispatch: a page, and where in it, in bytes. */
export interface Parameters {
  readonly page: ParameterPage;
  readonly offset: number;
  readonly bytes: number;
}

/** What a submit needs to tell when it failed. */
export interface Submit {
  readonly id: number;
  /** Resolves to the error, or null. */
  readonly outcome: Promise<KernelError | null>;
}

/** Numbers of what was done; tests count them. */
export interface StreamCounts {
  dispatches: number;
  submits: number;
  bindGroups: number;
}

/** Commands of one device, in order. */
export class Stream {
  readonly counts: StreamCounts = { dispatches: 0, submits: 0, bindGroups: 0 };
  /** What times the commands while somebody asks for it. */
  trace: Trace | null = null;
  /** Called before each submit with its number. */
  onSubmit: (submit: Submit) => void = () => undefined;
  /** Asked when a submit failed: the reason, where something else knows it better. */
  explainFailure: () => string | null = () => null;
  private readonly device: GPUDevice;
  private encoder: GPUCommandEncoder | null = null;
  private pass: GPUComputePassEncoder | null = null;
  /** The program that the pass is set to. */
  private program: Program | null = null;
  private dispatches = 0;
  private full = false;
  private readonly pages: ParameterPage[] = [];
  private readonly offsets = new Uint32Array(1);
  private parameterIndex = 0;
  private parameterOffset = 0;
  private readonly bindGroups = new Map<string, GPUBindGroup>();
  private readonly bufferIds = new WeakMap<GPUBuffer, number>();
  private nextBufferId = 0;
  private readonly staging: GPUBuffer[] = [];
  private uploads: GPUBuffer[] = [];
  private scheduled = false;
  private lastSubmit: Submit = { id: 0, outcome: Promise.resolve(null) };

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /** The submit that work encoded from now on will be part of. */
  get current(): number {
    return this.counts.submits + 1;
  }

  /** Room for `count` words of parameters in the page of this submit; they are uploaded with it. */
  parameters(count: number): Parameters {
    const bytes = Math.max(Math.ceil((count * 4) / parameterStep), 1) * parameterStep;
    if (this.parameterOffset + bytes > parameterBytes) {
      this.parameterIndex++;
      this.parameterOffset = 0;
    }
    if (this.parameterIndex === this.pages.length) {
      const buffer = this.device.createBuffer({ size: parameterBytes, usage: usages.uniform });
      const memory = new ArrayBuffer(parameterBytes);
      this.pages.push({ buffer, words: new Uint32Array(memory), floats: new Float32Array(memory) });
    }
    const page = this.pages[this.parameterIndex];
    const offset = this.parameterOffset;
    this.parameterOffset += bytes;
    return { page, offset, bytes };
  }

  /** Encodes one dispatch of a program for a command, over a bind group whose parameters begin at `offset`. */
  dispatch(program: Program, group: GPUBindGroup, offset: number, command: Command): void {
    // Times are those of passes.
    const timed = this.trace?.dispatch(command);
    if (timed !== undefined) this.outsidePass();
    if (this.pass === null) {
      this.pass = this.openEncoder().beginComputePass(timed);
      this.program = null;
    }
    const [x, y, z] = command.workgroups;
    if (program !== this.program) this.pass.setPipeline(program.pipeline);
    this.program = program;
    this.offsets[0] = offset;
    this.pass.setBindGroup(0, group, this.offsets, 0, 1);
    this.pass.dispatchWorkgroups(x, y, z);
    this.counts.dispatches++;
    if (++this.dispatches >= dispatchesPerSubmit) this.full = true;
  }

  /** Submits where much is encoded; called between flushes and between the commands of long ones. */
  submitIfFull(): boolean {
    if (!this.full) return false;
    this.submit();
    return true;
  }

  /** The bind group of a program for a page of parameters and storage buffers, made once. */
  bindGroup(program: Program, { page, bytes }: Parameters, buffers: readonly GPUBuffer[]): GPUBindGroup {
    let key = `${program.id}:${this.idOf(page.buffer)}:${bytes}`;
    for (const buffer of buffers) key += `,${this.idOf(buffer)}`;
    const known = this.bindGroups.get(key);
    if (known !== undefined) return known;
    if (this.bindGroups.size >= bindGroupLimit) this.bindGroups.clear();
    const uniform = { binding: 0, resource: { buffer: page.buffer, size: bytes } };
    const storage = buffers.map((buffer, index) => ({ binding: index + 1, resource: { buffer } }));
    const group = this.device.createBindGroup({ layout: program.layout, entries: [uniform, ...storage] });
    this.bindGroups.set(key, group);
    this.counts.bindGroups++;
    return group;
  }

  private idOf(buffer: GPUBuffer): number {
    let id = this.bufferIds.get(buffer);
    if (id === undefined) {
      id = this.nextBufferId++;
      this.bufferIds.set(buffer, id);
    }
    return id;
  }

  private openEncoder(): GPUCommandEncoder {
    if (this.encoder === null) {
      this.encoder = this.device.createCommandEncoder();
      if (!this.scheduled) {
        this.scheduled = true;
        // The end of the task: nothing more will be recorded for now, so the GPU may begin.
        queueMicrotask(() => {
          this.scheduled = false;
          this.submit();
        });
      }
    }
    return this.encoder;
  }

  private outsidePass(): GPUCommandEncoder {
    this.pass?.end();
    this.pass = null;
    return this.openEncoder();
  }

  /** Copies host bytes into `target`, at this place of the stream. */
  upload(target: GPUBuffer, bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    const since = this.trace?.now();
    const size = Math.ceil(bytes.byteLength / 4) * 4;
    const source = this.device.createBuffer({ size, usage: usages.upload, mappedAtCreation: true });
    new Uint8Array(source.getMappedRange()).set(bytes);
    source.unmap();
    this.outsidePass().copyBufferToBuffer(source, 0, target, 0, size);
    this.uploads.push(source);
    this.trace?.note('upload', since, bytes.byteLength);
  }

  /** Copies `bytes` (a multiple of 4) between buffers, at this place of the stream. */
  copy(from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, bytes: number): void {
    if (bytes > 0) this.outsidePass().copyBufferToBuffer(from, fromOffset, to, toOffset, bytes);
  }

  /** Hands all encoded work to the GPU. */
  submit(): Submit {
    if (this.encoder === null) return this.lastSubmit;
    const since = this.trace?.now();
    this.pass?.end();
    this.trace?.resolve(this.encoder);
    const { device, encoder } = this;
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('internal');
    device.pushErrorScope('validation');
    const commands = encoder.finish();
    this.encoder = null;
    this.pass = null;
    for (let index = 0; index <= this.parameterIndex && index < this.pages.length; index++) {
      const used = index === this.parameterIndex ? this.parameterOffset : parameterBytes;
      const { buffer, words } = this.pages[index];
      if (used > 0) device.queue.writeBuffer(buffer, 0, words.buffer, 0, used);
    }
    device.queue.submit([commands]);
    this.trace?.submitted();
    this.trace?.note('submit', since);
    const scopes = [device.popErrorScope(), device.popErrorScope(), device.popErrorScope()];
    const outcome = Promise.all(scopes).then(
      (errors) => {
        const error = errors.find((one) => one !== null);
        return error ? new KernelError({ op: 'submit', fact: this.explainFailure() ?? error.message }) : null;
      },
      () => null,
    );
    for (const buffer of this.uploads) buffer.destroy();
    this.uploads = [];
    this.parameterIndex = 0;
    this.parameterOffset = 0;
    this.dispatches = 0;
    this.full = false;
    this.counts.submits++;
    this.lastSubmit = { id: this.counts.submits, outcome };
    this.onSubmit(this.lastSubmit);
    return this.lastSubmit;
  }

  /** Copies pieces of buffers out and resolves to their bytes, one array a piece; work encoded later does not reach them. `clear` is set to zeros behind. */
  async read(
    pieces: readonly { readonly buffer: GPUBuffer; readonly offset: number; readonly bytes: number }[],
    clear: GPUBuffer | null = null,
  ): Promise<Uint8Array[]> {
    const { trace } = this;
    const since = trace?.now();
    const total = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
    const staging = this.takeStaging(total);
    const encoder = this.outsidePass();
    let at = 0;
    for (const { buffer, offset, bytes } of pieces) {
      if (bytes > 0) encoder.copyBufferToBuffer(buffer, offset, staging, at, bytes);
      at += bytes;
    }
    if (clear !== null) encoder.clearBuffer(clear);
    const { outcome } = this.submit();
    await staging.mapAsync(1, 0, Math.max(total, 4));
    const mapped = new Uint8Array(staging.getMappedRange(0, Math.max(total, 4)));
    at = 0;
    const out = pieces.map(({ bytes }) => {
      at += bytes;
      return mapped.slice(at - bytes, at);
    });
    staging.unmap();
    this.giveStaging(staging);
    trace?.note('read', since, total);
    const error = await outcome;
    if (error !== null) throw error;
    return out;
  }

  private takeStaging(bytes: number): GPUBuffer {
    const fit = this.staging.findIndex((buffer) => buffer.size >= bytes && buffer.size <= Math.max(bytes * 4, 4096));
    if (fit >= 0) return this.staging.splice(fit, 1)[0];
    return this.device.createBuffer({
      size: Math.max(2 ** Math.ceil(Math.log2(Math.max(bytes, 1))), 256),
      usage: usages.staging,
    });
  }

  private giveStaging(buffer: GPUBuffer): void {
    this.staging.push(buffer);
    if (this.staging.length > stagingLimit) this.staging.shift()?.destroy();
  }

  /** Buffers that live outside the pool. */
  get buffers(): readonly BufferCount[] {
    const bytes = (buffers: readonly GPUBuffer[]) => buffers.reduce((sum, buffer) => sum + buffer.size, 0);
    const parameters = this.pages.map(({ buffer }) => buffer);
    return [
      { name: 'parameters of kernels', count: parameters.length, bytes: bytes(parameters) },
      { name: 'staging for reads', count: this.staging.length, bytes: bytes(this.staging) },
      { name: 'uploads on their way', count: this.uploads.length, bytes: bytes(this.uploads) },
    ];
  }

  /** Resolves when all work so far is done. */
  async settled(): Promise<void> {
    const { outcome } = this.submit();
    await this.device.queue.onSubmittedWorkDone();
    const error = await outcome;
    if (error !== null) throw error;
  }
}
