// The words of the device's generator: Random123's known answers for Philox4x32-10, computed by the prelude's WGSL.
import { expect, test } from 'vitest';
import { preludeFor } from '../../src/webgpu/shader.ts';
import { gpu } from '../support/dawn.ts';
import { knownAnswers } from '../support/philox.ts';

const body = `
@group(0) @binding(0) var<storage, read> given: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4u>;

@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x * 6u;
  let counter = vec4u(given[at], given[at + 1u], given[at + 2u], given[at + 3u]);
  out[id.x] = wg_philox(counter, vec2u(given[at + 4u], given[at + 5u]));
}`;

test('known answers of Random123 on the device', async () => {
  const adapter = await gpu.requestAdapter();
  const device = await adapter!.requestDevice();
  const module = device.createShaderModule({ code: `${preludeFor(body)}\n${body}` });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  const words = new Uint32Array(knownAnswers.flatMap(([, counter, key]) => [...counter, ...key]));
  const size = knownAnswers.length * 16;
  const { STORAGE, COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
  const given = device.createBuffer({ size: words.byteLength, usage: STORAGE | COPY_DST });
  const out = device.createBuffer({ size, usage: STORAGE | COPY_SRC });
  const staging = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
  device.queue.writeBuffer(given, 0, words);
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = [given, out].map((buffer, binding) => ({ binding, resource: { buffer } }));
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(knownAnswers.length);
  pass.end();
  encoder.copyBufferToBuffer(out, 0, staging, 0, size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const found = [...new Uint32Array(staging.getMappedRange())];
  device.destroy();
  expect(found).toEqual(knownAnswers.flatMap(([, , , answer]) => [...answer]));
});
