// What the adapter can do at most, measured with raw WebGPU: bytes a second through a copy kernel, and floating point
// operations a second in registers. The rates of the cases stand beside these. Knows no library.

export interface Peak {
  /** GB/s read and written together, by copying an array of the size of the 4M cases. */
  readonly copy: number;
  /** The same for a large array, which no cache holds; equal to `copy` where the adapter computes on the CPU. */
  readonly copyLarge: number;
  /** GFLOP/s of float32 multiply-adds. */
  readonly arithmetic: number;
}

/** Elements are vec4f: 16 bytes. A grid of two dimensions, as one holds at most 65,535 workgroups. */
const copyKernel = (each: number): string => `
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4f>;
@compute @workgroup_size(64) fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                                     @builtin(local_invocation_index) lane: u32) {
  let first = (group.y * groups.x + group.x) * ${64 * each}u + lane;
  ${Array.from({ length: each }, (_, at) => `target_[first + ${64 * at}u] = source[first + ${64 * at}u];`).join('\n  ')}
}`;

const rounds = 128;
/** Eight independent chains hide the latency of a multiply-add; 8 x 4 x 2 operations a round. */
const chains = 8;
const arithmeticKernel = `
@group(0) @binding(0) var<storage, read_write> result: array<vec4f>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  let scale = result[0];
  let shift = result[1];
  ${Array.from({ length: chains }, (_, at) => `var x${at} = vec4f(f32(id.x) + ${at}.0);`).join('\n  ')}
  for (var round = 0u; round < ${rounds}u; round++) {
    ${Array.from({ length: chains }, (_, at) => `x${at} = x${at} * scale + shift;`).join('\n    ')}
  }
  // Stored where it cannot be left out, though no element is ever this large.
  let total = ${Array.from({ length: chains }, (_, at) => `x${at}`).join(' + ')};
  if (total.x > 1e30) { result[2] = total; }
}`;

interface Kernel {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

async function prepare(device: GPUDevice, code: string, buffers: readonly GPUBuffer[]): Promise<Kernel> {
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  return { pipeline, bindGroup: device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }) };
}

/** Milliseconds for one dispatch, the best of several samples of as many dispatches as fill `target` milliseconds. */
async function best(device: GPUDevice, { pipeline, bindGroup }: Kernel, x: number, y: number): Promise<number> {
  const target = 40;
  const sample = async (times: number): Promise<number> => {
    const start = performance.now();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    for (let at = 0; at < times; at++) pass.dispatchWorkgroups(x, y);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return performance.now() - start;
  };
  let times = 1;
  await sample(1);
  while (times < 4096 && (await sample(times)) < target) times *= 2;
  let least = Infinity;
  for (let at = 0; at < 5; at++) least = Math.min(least, (await sample(times)) / times);
  return least;
}

async function copyRate(device: GPUDevice, bytes: number): Promise<number> {
  const usage = GPUBufferUsage.STORAGE;
  const buffers = [device.createBuffer({ size: bytes, usage }), device.createBuffer({ size: bytes, usage })];
  let rate = 0;
  for (const each of [1, 4]) {
    const groups = bytes / 16 / 64 / each;
    const x = Math.min(groups, 32_768);
    const kernel = await prepare(device, copyKernel(each), buffers);
    rate = Math.max(rate, (2 * bytes * 1e-6) / (await best(device, kernel, x, groups / x)));
  }
  buffers.forEach((buffer) => buffer.destroy());
  return rate;
}

/** Measures on a device of its own, which it gives back. Null where there is no WebGPU. */
export async function measurePeak(software: boolean): Promise<Peak | null> {
  const adapter = await (globalThis.navigator as Navigator | undefined)?.gpu?.requestAdapter({
    powerPreference: 'high-performance',
  });
  if (adapter == null) return null;
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
  const copy = await copyRate(device, 16 * 2 ** 20);
  const large = Math.min(512 * 2 ** 20, 2 ** Math.floor(Math.log2(maxStorageBufferBindingSize)));
  const copyLarge = software ? copy : await copyRate(device, large);
  // A GPU needs many threads to be full; a software adapter has as many as cores.
  const groups = software ? 64 : 16_384;
  const buffer = device.createBuffer({ size: 256, usage: GPUBufferUsage.STORAGE });
  const milliseconds = await best(device, await prepare(device, arithmeticKernel, [buffer]), groups, 1);
  const arithmetic = (groups * 64 * rounds * chains * 8 * 1e-6) / milliseconds;
  device.destroy();
  return { copy, copyLarge, arithmetic };
}
