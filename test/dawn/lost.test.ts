// The loss of a GPU: pending reads reject, what the host knows comes back, what only the GPU knew is an error.
import { expect, test } from 'vitest';
import { DeviceLostError, getDefaultDevice, init, tensor } from '../../src/index.ts';

test('reads of a lost device reject, and the next use opens a new one', async () => {
  await init({ device: 'webgpu' });
  const known = tensor([1, 2, 3]);
  const computed = await known.mul(2).realize();
  const { backend } = getDefaultDevice();
  expect(await computed.add(1).tolist()).toEqual([3, 5, 7]);

  const { device } = (backend as unknown as { stream: { device: GPUDevice } }).stream;
  device.destroy();
  await device.lost;
  await Promise.resolve();

  expect(await known.add(1).tolist()).toEqual([2, 3, 4]);
  expect(getDefaultDevice().backend).not.toBe(backend);
  await expect(computed.add(2).tolist()).rejects.toThrow(DeviceLostError);
  expect(await known.mul(5).tolist()).toEqual([5, 10, 15]);
});
