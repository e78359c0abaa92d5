// Updates of parameters: one kernel for all of them, in the buffers that they have, and nothing made in steady state.
import { expect, test } from 'vitest';
import { getDefaultDevice, init, manualSeed, nn, ones, optim, randn, type Tensor } from '../../src/index.ts';
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

const trainers: readonly (readonly [string, (parameters: Tensor[]) => { step(): unknown }])[] = [
  ['SGD', (parameters) => new optim.SGD(parameters, { lr: 0.1, momentum: 0.9, nesterov: true })],
  ['Adam', (parameters) => new optim.Adam(parameters, { lr: 0.1, amsgrad: true })],
  ['AdamW', (parameters) => new optim.AdamW(parameters, { lr: 0.1 })],
  ['Adagrad', (parameters) => new optim.Adagrad(parameters, { lr: 0.1, lrDecay: 0.1 })],
  ['RMSprop', (parameters) => new optim.RMSprop(parameters, { lr: 0.1, momentum: 0.9, centered: true })],
  ['Adadelta', (parameters) => new optim.Adadelta(parameters, { lr: 0.1 })],
];
const many = (count: number, width: number): Tensor[] =>
  Array.from({ length: count }, (_one, at) => randn((at % 7) + 1, width, { requiresGrad: true }));

/** What `run` makes on the GPU once it has been run a few times. */
async function made(run: () => void): Promise<Record<'dispatches' | 'buffers' | 'pipelines' | 'bindGroups', number>> {
  const backend = getDefaultDevice().backend as WebGpuBackend;
  for (let at = 0; at < 3; at++) run();
  await backend.settled();
  const before = backend.counts();
  run();
  const after = backend.counts();
  return {
    dispatches: after.dispatches - before.dispatches,
    buffers: after.buffers - before.buffers,
    pipelines: after.pipelines - before.pipelines,
    bindGroups: after.bindGroups - before.bindGroups,
  };
}

test.each(trainers)('%s: a step over 3 or 100 tensors is one dispatch', async (_, make) => {
  await init({ device: 'webgpu' });
  for (const count of [3, 100]) {
    const parameters = many(count, 5);
    const trainer = make(parameters);
    // Each gradient in a buffer of its own: the first step brings them together.
    for (const parameter of parameters) parameter.grad = await parameter.detach().mul(2).realize();
    expect(await made(() => trainer.step())).toEqual({ dispatches: 1, buffers: 0, pipelines: 0, bindGroups: 0 });
  }
});

test('clipping and zeroing 3 or 100 gradients before a step take equally many dispatches', async () => {
  await init({ device: 'webgpu' });
  const counts: number[][] = [];
  for (const count of [3, 100]) {
    // Too large for a step that is one dispatch.
    const parameters = many(count, 501);
    for (const parameter of parameters) parameter.grad = parameter.detach().mul(2);
    const trainer = new optim.SGD(parameters, { lr: 0.001 });
    // Two groups in turns: their gradients lie in two lines.
    const sides = [0, 1].map((side) => ({ params: parameters.filter((_, at) => at % 2 === side) }));
    const apart = new optim.SGD(sides, { lr: 0.001 });
    const byNorm = () => {
      nn.utils.clipGradNorm_(parameters, 1);
      trainer.step();
    };
    const byValue = () => {
      nn.utils.clipGradValue_(parameters, 0.1);
      trainer.step();
    };
    const cleared = () => {
      trainer.zeroGrad({ setToNone: false });
      trainer.step();
    };
    const grouped = () => apart.step();
    const list: number[] = [];
    for (const run of [byNorm, byValue, cleared, grouped]) list.push((await made(run)).dispatches);
    counts.push(list);
  }
  expect(counts[1]).toEqual(counts[0]);
  expect(counts[0]).toEqual([4, 2, 2, 2]);
});

test('a loop that clips in every step makes nothing once it runs, and submits once a step at most', async () => {
  await init({ device: 'webgpu' });
  manualSeed(2);
  const backend = getDefaultDevice().backend as WebGpuBackend;
  const net = new nn.Sequential(new nn.Linear(20, 40), new nn.ReLU(), new nn.Linear(40, 30), new nn.Linear(30, 3));
  const [x, y] = [randn(16, 20), randn(16, 3)];
  for (const setToNone of [true, false]) {
    const trainer = new optim.RMSprop(net.parameters(), { lr: 0.001 });
    const step = (): Tensor => {
      trainer.zeroGrad({ setToNone });
      const l = new nn.MSELoss()(net(x), y);
      l.backward();
      nn.utils.clipGradNorm_(net.parameters(), 0.1);
      trainer.step();
      return l;
    };
    const first = await step().item();
    for (let at = 0; at < 40; at++) await step().item();
    const [before, held] = [backend.counts(), backend.memory()];
    let last = NaN;
    for (let at = 0; at < 20; at++) last = await step().item();
    const [after, now] = [backend.counts(), backend.memory()];
    expect(after.buffers - before.buffers).toBe(0);
    expect(after.bindGroups - before.bindGroups).toBe(0);
    expect(after.pipelines - before.pipelines).toBe(0);
    expect(after.submits - before.submits).toBeLessThanOrEqual(21);
    expect(now.live + now.pooled).toBe(held.live + held.pooled);
    expect(last).toBeLessThan(first);
  }
});

test('norms of long tensors, in segments that a second run joins, with and without fusion', async () => {
  await init({ device: 'webgpu' });
  const sizes = [100_003, 1, 16, 5000, 4096];
  const parameters = sizes.map((size) => ones(size).requiresGrad_());
  const total = Math.sqrt(4 * sizes.reduce((sum, size) => sum + size, 0));
  const backend = getDefaultDevice().backend as WebGpuBackend;
  for (const fuse of [true, false]) {
    backend.fuse = fuse;
    for (const parameter of parameters) parameter.grad = parameter.detach().mul(2);
    const norm = await nn.utils.clipGradNorm_(parameters, 1).item();
    expect(Math.abs(norm / total - 1)).toBeLessThan(1e-6);
    const last = await (parameters[0].grad as Tensor).index(-1).item();
    expect(Math.abs((last * total) / 2 - 1)).toBeLessThan(1e-5);
  }
  backend.fuse = true;
});
