// A submit that fails: every value that it wrote rejects, and so does what is computed from them; other work goes on.
import { expect, test } from 'vitest';
import { getDefaultDevice, init, KernelError, noGrad, tensor, zeros } from '../../src/index.ts';

interface Internals {
  readonly pipelines: { readonly device: { createShaderModule(given: { code: string }): GPUShaderModule } };
  readonly stream: { copy(from: GPUBuffer, at: number, to: GPUBuffer, to_: number, bytes: number): void };
}

test('a failed submit fails the values that it wrote, and no others', async () => {
  await init({ device: 'webgpu' });
  const { stream } = getDefaultDevice().backend as unknown as Internals;
  const safe = await tensor([1, 2]).mul(3).realize();
  const weight = zeros(2, { requiresGrad: true });
  await weight.add(0).tolist();

  // One command buffer: an update of the weight, and a copy that is not allowed (within one buffer, overlapping).
  noGrad(() => void weight.sub_(1));
  const { buffer } = weight.storage.node.value as { buffer: GPUBuffer };
  stream.copy(buffer, 0, buffer, 0, 4);
  const computed = weight.mul(2);

  await expect(computed.tolist()).rejects.toThrow(KernelError);
  await expect(weight.tolist()).rejects.toThrow(/\[submit\]/);
  await expect(weight.add(1).tolist()).rejects.toThrow(KernelError);
  expect(await safe.tolist()).toEqual([3, 6]);
  expect(await tensor([1, 2]).add(1).tolist()).toEqual([2, 3]);
});

test('a kernel that does not compile is named, with what its compiler says', async () => {
  await init({ device: 'webgpu' });
  const { device } = (getDefaultDevice().backend as unknown as Internals).pipelines;
  const make = device.createShaderModule.bind(device);
  device.createShaderModule = (given) => make({ ...given, code: given.code.replace('fn main(', 'fn main(wrong, ') });
  try {
    // A formula that no other test has, so that its program is not there yet.
    const x = await tensor([1, 2, 3, 5]).realize();
    await expect(x.mul(3).sin().add(0.125).cos().tolist()).rejects.toThrow(/\[submit\] kernel map.*wrong/s);
  } finally {
    device.createShaderModule = make;
  }
  expect(await tensor([1, 2]).add(1).tolist()).toEqual([2, 3]);
});
