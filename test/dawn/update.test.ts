// Updates of parameters: one kernel for all of them, in the buffers that they have, and nothing made in steady state.
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

  // The step alone, on gradients that exist: one dispatch for all parameters.
  const stepBefore = backend.counts().dispatches;
  trainer.step();
  expect(backend.counts().dispatches - stepBefore).toBe(1);
});

test.each([
  ['SGD', (parameters: Tensor[]) => new optim.SGD(parameters, { lr: 0.1, momentum: 0.9, nesterov: true })],
  ['Adam', (parameters: Tensor[]) => new optim.Adam(parameters, { lr: 0.1, amsgrad: true })],
  ['AdamW', (parameters: Tensor[]) => new optim.AdamW(parameters, { lr: 0.1 })],
])('%s: a step over 3 or 100 tensors is one dispatch', async (_, make) => {
  await init({ device: 'webgpu' });
  const backend = getDefaultDevice().backend as WebGpuBackend;
  for (const count of [3, 100]) {
    const parameters = Array.from({ length: count }, (_one, at) => randn((at % 7) + 1, 5, { requiresGrad: true }));
    const trainer = make(parameters);
    const step = (): void => {
      trainer.zeroGrad();
      for (const parameter of parameters) parameter.grad = parameter.detach().mul(2);
      trainer.step();
    };
    step();
    step();
    await parameters[0].sum().item();
    const before = backend.counts();
    trainer.step();
    const after = backend.counts();
    expect(after.dispatches - before.dispatches).toBe(1);
    expect(after.buffers - before.buffers).toBe(0);
  }
});
