// Profiles on adapters that tell times coarsely, or not at all: the report says so, and makes no time up. And what is not
// being profiled costs no pass.
import { expect, test } from 'vitest';
import { create, globals } from 'webgpu';
import { flushOverflow } from '../../src/core/flush.ts';
import { Device } from '../../src/core/graph.ts';
import { explain, profile, randn, type Tensor } from '../../src/index.ts';
import { openWebGpu } from '../../src/webgpu/backend.ts';

Object.assign(globalThis, globals);

/** Dawn ends the devices of an instance that is collected. */
const instances: GPU[] = [];

/** A device of its own on an adapter of Dawn's, which may be changed. */
async function open(flags: string[], change: (adapter: GPUAdapter) => GPUAdapter = (adapter) => adapter) {
  const gpu = create(flags);
  instances.push(gpu);
  const adapter = (await gpu.requestAdapter()) as GPUAdapter;
  const device = new Device('webgpu', () => openWebGpu(change(adapter)), flushOverflow);
  await device.open();
  return device;
}

/** The adapter as one without timestamps. */
function withoutTimes(adapter: GPUAdapter): GPUAdapter {
  const { limits, info } = adapter;
  const features = new Set([...adapter.features].filter((name) => name !== 'timestamp-query'));
  return {
    limits,
    info,
    features,
    requestDevice: (descriptor: GPUDeviceDescriptor) => adapter.requestDevice(descriptor),
  } as unknown as GPUAdapter;
}

function steps(device: Device): () => Promise<void> {
  const [a, b]: Tensor[] = [randn(48, 64, { device }), randn(64, 32, { device })];
  return async () => {
    for (let at = 0; at < 12; at++) await a.matmul(b).relu().sum().item();
  };
}

test('without timestamps kernels are counted and have no time', async () => {
  const device = await open([], withoutTimes);
  const run = steps(device);
  await run();
  const report = await profile(run, { device });
  expect(report.timing).toBe('none');
  expect(report.peak).toBeNull();
  expect(report.kernelTime).toBeNull();
  expect(report.dispatches).toBe(report.kernels.length);
  expect(report.dispatches).toBeGreaterThanOrEqual(12);
  for (const { time, mean, share, bandwidth, speed, peakShare } of report.rows)
    expect([time, mean, share, bandwidth, speed, peakShare]).toEqual([null, null, null, null, null, null]);
  expect(report.rows.reduce((sum, { flops }) => sum + flops, 0)).toBeGreaterThanOrEqual(12 * 2 * 48 * 64 * 32);
  expect(report.toString()).toContain('lacks the feature timestamp-query');
  expect(report.table().split('\n')[0]).not.toMatch(/time|share|GB\/s|GFLOP/);
  expect(report.chromeTrace()).not.toContain('"kernels"');
});

test('where times step by 65 us the report says so', async () => {
  const device = await open([
    'enable-dawn-features=allow_unsafe_apis,timestamp_quantization',
    'disable-dawn-features=',
  ]);
  const run = steps(device);
  await run();
  const report = await profile(run, { device });
  expect(report.timing).toBe('device');
  expect(report.resolution).toBeCloseTo(65.536, 3);
  expect(report.toString()).toContain('times step by 65.5 us');
  for (const { duration } of report.kernels) {
    const ticks = ((duration as number) * 1e3) / 65.536;
    expect(ticks).toBeCloseTo(Math.round(ticks), 6);
  }
});

test('a kernel has a pass of its own while it is profiled, and only then', async () => {
  const device = await open([]);
  const backend = device.backend as unknown as { stream: { device: GPUDevice } };
  const gpu = backend.stream.device;
  let passes = 0;
  const original = gpu.createCommandEncoder.bind(gpu);
  gpu.createCommandEncoder = (descriptor) => {
    const encoder = original(descriptor);
    const begin = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = (one) => {
      passes++;
      return begin(one);
    };
    return encoder;
  };
  const [a, b] = [randn(16, 16, { device }), randn(16, 16, { device })];
  const run = () => a.matmul(b).softmax(1).matmul(b).numpy();
  await run();
  passes = 0;
  await run();
  expect(passes).toBe(1);
  expect(explain(a.matmul(b).softmax(1).matmul(b)).kernels?.length).toBe(3);
  passes = 0;
  const seen = await (async () => {
    const observation = device.backend?.inspector.observe();
    await run();
    return observation?.stop();
  })();
  expect(seen?.kernels.length).toBe(3);
  expect(passes).toBe(3);
  passes = 0;
  await run();
  expect(passes).toBe(1);
});
