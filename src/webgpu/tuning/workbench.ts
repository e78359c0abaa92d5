// Runs single programs of products on a device of its own: once, to look at the result and at what lies around it, and many
// times, to measure. Knows the kernels, and no stream, pool or plan.

import { contiguousStrides } from '../../shape.ts';
import { adapterClass, type OpenedDevice, productTraits } from '../adapter.ts';
import type { ProductShape, ProductTraits } from '../kernels/matmul-choice.ts';
import { runMatmul } from '../kernels/matmul.ts';
import type { Variant } from '../kernels/matmul-variants.ts';
import { PipelineCache } from '../pipelines.ts';
import { type Command, type Place, Recorder, type View, type Word } from '../record.ts';
import type { Laid } from './check.ts';

const storage = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST
const uniformUse = 0x40 | 0x08; // UNIFORM | COPY_DST
const reading = 0x01 | 0x08; // MAP_READ | COPY_DST
const queryUse = 0x200 | 0x04; // QUERY_RESOLVE | COPY_SRC

/** Elements before and after the result that no program may touch, and what they hold. */
const guard = 64;
const guardBits = 0x7fc0_dead;

/** The operands of a product on the GPU, with room for the result between two guards. */
export interface Operands {
  readonly shape: ProductShape;
  readonly a: Laid;
  readonly b: Laid;
  readonly buffers: readonly [a: GPUBuffer, b: GPUBuffer, out: GPUBuffer];
}

/** A product by one program, ready to run. */
export interface Prepared {
  readonly operands: Operands;
  readonly steps: readonly Step[];
  readonly owned: readonly GPUBuffer[];
}

interface Step {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly groups: readonly [number, number, number];
}

/** A device for measurements. */
export class Workbench {
  readonly traits: ProductTraits;
  readonly bindingBytes: number;
  private readonly device: GPUDevice;
  private readonly pipelines: PipelineCache;
  private readonly queries: { readonly set: GPUQuerySet; readonly resolved: GPUBuffer } | null;

  constructor(opened: OpenedDevice) {
    const { device } = opened;
    this.device = device;
    this.pipelines = new PipelineCache(device);
    this.traits = productTraits(opened, []);
    this.bindingBytes = adapterClass(device, this.traits).bindingBytes;
    this.queries = device.features.has('timestamp-query')
      ? {
          set: device.createQuerySet({ type: 'timestamp', count: 2 }),
          resolved: device.createBuffer({ size: 256, usage: queryUse }),
        }
      : null;
  }

  /** Uploads operands. */
  load(shape: ProductShape, a: Laid, b: Laid): Operands {
    const upload = (data: ArrayBufferView<ArrayBuffer>): GPUBuffer => {
      const buffer = this.device.createBuffer({ size: Math.ceil(data.byteLength / 16) * 16, usage: storage });
      this.device.queue.writeBuffer(buffer, 0, data.buffer, data.byteOffset, data.byteLength);
      return buffer;
    };
    const count = shape.M * shape.N * shape.batches;
    const out = upload(new Uint32Array(count + 2 * guard).fill(guardBits));
    return { shape, a, b, buffers: [upload(a.data), upload(b.data), out] };
  }

  unload({ buffers }: Operands): void {
    for (const buffer of buffers) buffer.destroy();
  }

  /** Compiles a program for operands. Throws what the device says against it. */
  async prepare(operands: Operands, variant: Variant): Promise<Prepared> {
    const { shape, a, b, buffers } = operands;
    const traits = { ...this.traits, forced: variant };
    const unknown = (): never => {
      throw new Error('a product alone knows no nodes');
    };
    const table = { placeOf: unknown, isPlaced: () => false, share: () => null, scalarOf: unknown, numberOf: unknown };
    let places = buffers.length;
    const recorder = new Recorder(adapterClass(this.device, traits), table, () => places++);
    const given = buffers.map((buffer, index): Place => {
      return { kind: 'given', index, size: buffer.size / 4, buffer: index, aligned: 16, start: 0 };
    });
    const { M, K, N, batches } = shape;
    const operand = (place: Place, height: number, width: number, { batch, rows, columns }: Laid): View => {
      return { place, offset: 0, shape: [batches, height, width], strides: [batch, rows, columns], dtype: 'float32' };
    };
    const sizes = [batches, M, N];
    const out: View = {
      place: given[2],
      offset: guard,
      shape: sizes,
      strides: contiguousStrides(sizes),
      dtype: 'float32',
    };
    runMatmul(recorder, operand(given[0], M, K, a), operand(given[1], K, N, b), out);
    return this.scoped(() => {
      const scratch = recorder.scratchSizes.map((size) => this.device.createBuffer({ size: size * 4, usage: storage }));
      const bufferOf = ({ kind, index }: Place) => (kind === 'scratch' ? scratch[index] : buffers[index]);
      const words: GPUBuffer[] = [];
      const steps = recorder.commands.map((command) => {
        const uniform = this.device.createBuffer({ size: 256, usage: uniformUse });
        words.push(uniform);
        return this.step(command, uniform, bufferOf);
      });
      return { operands, steps, owned: [...scratch, ...words] };
    });
  }

  private step(command: Command, uniform: GPUBuffer, bufferOf: (place: Place) => GPUBuffer): Step {
    const { key, source, access, constants, parameters, buffers, workgroups: groups } = command;
    const { pipeline, layout } = this.pipelines.get(key, source, access, constants);
    this.device.queue.writeBuffer(uniform, 0, Uint32Array.from(parameters, wordOf));
    const entries = [uniform, ...buffers.map(bufferOf)].map((buffer, binding) => ({ binding, resource: { buffer } }));
    return { pipeline, group: this.device.createBindGroup({ layout, entries }), groups };
  }

  release({ owned }: Prepared): void {
    for (const buffer of owned) buffer.destroy();
  }

  /** Runs a product once; its result, or what is wrong with what lies around it. */
  async result(prepared: Prepared): Promise<Float32Array | string> {
    const { shape, buffers } = prepared.operands;
    const [, , out] = buffers;
    const count = shape.M * shape.N * shape.batches;
    // A program that writes too little must not find the result of another one.
    this.device.queue.writeBuffer(out, 0, new Uint32Array(count + 2 * guard).fill(guardBits));
    const staging = this.device.createBuffer({ size: out.size, usage: reading });
    try {
      await this.scoped(() => {
        const encoder = this.device.createCommandEncoder();
        this.encode(encoder, prepared, 1);
        encoder.copyBufferToBuffer(out, 0, staging, 0, out.size);
        this.device.queue.submit([encoder.finish()]);
      });
      await staging.mapAsync(1);
      const bytes = staging.getMappedRange().slice(0);
      const bits = new Uint32Array(bytes);
      const touched = [...bits.subarray(0, guard), ...bits.subarray(guard + count, count + 2 * guard)];
      if (touched.some((word) => word !== guardBits)) return 'it writes outside its result';
      return new Float32Array(bytes, guard * 4, count);
    } finally {
      staging.destroy();
    }
  }

  private encode(encoder: GPUCommandEncoder, { steps }: Prepared, times: number): void {
    const { queries } = this;
    const pass = encoder.beginComputePass(
      queries === null
        ? {}
        : { timestampWrites: { querySet: queries.set, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 } },
    );
    for (let at = 0; at < times; at++) {
      for (const { pipeline, group, groups } of steps) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group, [0]);
        pass.dispatchWorkgroups(...groups);
      }
    }
    pass.end();
  }

  /** Milliseconds of one run, from `times` in a row: by the GPU's clock where it shows one, else around the submit. */
  async sample(prepared: Prepared, times: number): Promise<number> {
    const { device, queries } = this;
    const encoder = device.createCommandEncoder();
    this.encode(encoder, prepared, times);
    const staging = queries && device.createBuffer({ size: 16, usage: reading });
    if (queries !== null && staging !== null) {
      encoder.resolveQuerySet(queries.set, 0, 2, queries.resolved, 0);
      encoder.copyBufferToBuffer(queries.resolved, 0, staging, 0, 16);
    }
    const commands = encoder.finish();
    const start = performance.now();
    device.queue.submit([commands]);
    await device.queue.onSubmittedWorkDone();
    const around = performance.now() - start;
    if (staging === null) return around / times;
    await staging.mapAsync(1);
    const [begun, ended] = new BigUint64Array(staging.getMappedRange().slice(0));
    staging.destroy();
    const inside = Number(ended - begun) * 1e-6;
    // A clock that stands still or runs wild is none.
    return (inside > 0 && inside <= around ? inside : around) / times;
  }

  /** Runs `body`; throws what the device reports against it. */
  private async scoped<T>(body: () => T): Promise<T> {
    const { device } = this;
    const scopes = ['out-of-memory', 'internal', 'validation'] as const;
    for (const scope of scopes) device.pushErrorScope(scope);
    let made: T;
    let errors: (GPUError | null)[];
    try {
      made = body();
    } finally {
      errors = await Promise.all(scopes.map(() => device.popErrorScope()));
    }
    const reason = this.pipelines.takeProblem() ?? errors.find((one) => one !== null)?.message;
    if (reason !== undefined) throw new Error(reason);
    return made;
  }

  close(): void {
    this.device.destroy();
  }
}

/** A parameter as it is uploaded: places begin where their buffers do. */
function wordOf(word: Word): number {
  if (typeof word === 'number') return word;
  if ('base' in word) return (word.base.start + word.plus) / (word.per ?? 1);
  throw new Error('a product alone has sizes and places only');
}
