// The update of a parameter: one kernel, in the buffers that parameter and momentum have, and nothing made in steady state.
import { expect, test } from 'vitest';
import { getDefaultDevice, init, manualSeed, nn, optim, randn, type Tensor } from '../../src/index.ts';
import type { WebGpuBackend } from '../../src/webgpu/backend.ts';

function bufferOf(x: Tensor): GPUBuffer {
  return (x.storage.node.value as { buffer: GPUBuffer }).buffer;
}

test('SGD with momentum updates in place, and a repeated step makes nothing', async () => {
  await init({ device: 'webgpu' });
  manualSeed(0);
  const backend = getDefaultDevice().backend as WebGpuBackend;
  const net = new nn.Linear(40, 30);
  const trainer = new optim.SGD(net.parameters(), { lr: 0.01, momentum: 0.9 });
  const [x, y] = [randn(8, 40), randn(8, 30)];
  const loss = new nn.MSELoss();
  const step = (): void => {
    trainer.zeroGrad();
    loss(net(x), y).backward();
    trainer.step();
  };
  for (let at = 0; at < 20; at++) step();
  await net.weight.sum().item();

  const velocity = trainer.state.get(net.weight)?.momentumBuffer as Tensor;
  const held = [bufferOf(net.weight), bufferOf(velocity)];
  const before = backend.counts();
  for (let at = 0; at < 10; at++) step();
  const after = backend.counts();
  expect([bufferOf(net.weight), bufferOf(velocity)]).toEqual(held);
  expect(after.buffers - before.buffers).toBe(0);
  expect(after.pipelines - before.pipelines).toBe(0);
  expect(after.bindGroups - before.bindGroups).toBe(0);

  // The step alone, on gradients that exist: one dispatch a parameter.
  const stepBefore = backend.counts().dispatches;
  trainer.step();
  expect(backend.counts().dispatches - stepBefore).toBe(2);
});
