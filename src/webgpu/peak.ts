// What an adapter can do at best: bytes a second of a copy, float operations a second in registers. Measured with timestamps
// on buffers of its own, so that neither the pool nor the counts of the stream notice.

import copyTemplate from '../../shaders/peak-copy.wgsl?raw';
import flopsTemplate from '../../shaders/peak-flops.wgsl?raw';
import type { Peak } from '../core/report.ts';
import { assemble } from './shader.ts';

/** Measurements of which the best counts; one more warms up. */
const rounds = 4;
const workgroup = 128;
const maxGroups = 65_535;

/** How much is measured: a few milliseconds, and copies that no cache holds. Bytes of a copy, copies, threads that compute. */
const amounts = {
  software: { bytes: 1 << 25, copies: 1, threads: 1 << 11 },
  hardware: { bytes: 1 << 28, copies: 8, threads: 1 << 20 },
} as const;

/** float operations of a thread of peak-flops.wgsl: 2048 steps of 12 multiply-adds of vectors. */
const flopsPerThread = 2048 * 12 * 4 * 2;

const usages = { storage: 0x80 | 0x04 | 0x08, resolve: 0x200 | 0x04, staging: 0x01 | 0x08 } as const; // STORAGE | COPY_SRC | COPY_DST, QUERY_RESOLVE | COPY_SRC, MAP_READ | COPY_DST

/** Measures a device that has the feature timestamp-query. */
export async function measurePeak(device: GPUDevice, software: boolean): Promise<Peak> {
  const { bytes, copies, threads } = software ? amounts.software : amounts.hardware;
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const size = Math.min(bytes, maxBufferSize, maxStorageBufferBindingSize);
  const buffers = [0, 1].map(() => device.createBuffer({ size, usage: usages.storage }));
  try {
    const width = software ? 16 : 4;
    const copy = assemble(copyTemplate, { BLOCK: `alias Block = ${software ? 'mat4x4f' : 'vec4f'};` });
    const copying = await fastest(device, copy, buffers, size / 4 / width, copies);
    const computing = await fastest(device, assemble(flopsTemplate), buffers, threads, 1);
    return { bandwidth: (2 * size * copies) / copying, flops: (flopsPerThread * threads) / computing };
  } finally {
    for (const buffer of buffers) buffer.destroy();
  }
}

/** Seconds of the fastest of several passes of `runs` dispatches each. */
async function fastest(
  device: GPUDevice,
  code: string,
  buffers: readonly GPUBuffer[],
  threads: number,
  runs: number,
): Promise<number> {
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  const queries = device.createQuerySet({ type: 'timestamp', count: 2 * (rounds + 1) });
  const bytes = 2 * (rounds + 1) * 8;
  const resolved = device.createBuffer({ size: bytes, usage: usages.resolve });
  const staging = device.createBuffer({ size: bytes, usage: usages.staging });
  const encoder = device.createCommandEncoder();
  const groups = Math.ceil(threads / workgroup);
  const x = Math.min(groups, maxGroups);
  for (let round = 0; round <= rounds; round++) {
    const stamps = { querySet: queries, beginningOfPassWriteIndex: 2 * round, endOfPassWriteIndex: 2 * round + 1 };
    const pass = encoder.beginComputePass({ timestampWrites: stamps });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let run = 0; run < runs; run++) pass.dispatchWorkgroups(x, Math.ceil(groups / x));
    pass.end();
  }
  encoder.resolveQuerySet(queries, 0, 2 * (rounds + 1), resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(1);
  const times = new BigUint64Array(staging.getMappedRange());
  const seconds = Array.from({ length: rounds }, (_, at) => Number(times[2 * at + 3] - times[2 * at + 2]) / 1e9);
  staging.destroy();
  resolved.destroy();
  queries.destroy();
  return Math.min(...seconds.filter((one) => one > 0));
}
