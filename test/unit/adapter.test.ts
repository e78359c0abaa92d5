// Where no GPU answers, the error says what is missing and what to do.
import { afterEach, expect, test, vi } from 'vitest';
import { DeviceError } from '../../src/errors.ts';
import { init } from '../../src/index.ts';

afterEach(() => vi.unstubAllGlobals());

test("init({ device: 'webgpu' }) without an adapter", async () => {
  vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => null } });
  const opening = init({ device: 'webgpu' });
  await expect(opening).rejects.toThrow(DeviceError);
  await expect(opening).rejects.toThrow(
    "[init] no WebGPU adapter answers: a GPU with a driver, or a software adapter, is needed. Check chrome://gpu, or use init({ device: 'cpu' }).",
  );
});

test('the automatic device then takes the CPU, and says so', async () => {
  vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => null } });
  expect(await init()).toEqual({ type: 'cpu', description: 'CPU (JavaScript)' });
});
