// How many dispatches norms and softmax take, forward and backward: rows are one kernel each way, and what the parameters
// add is known. A step in steady state makes nothing on the GPU.
import { beforeAll, expect, test } from 'vitest';
import { autograd, getDefaultDevice, init, manualSeed, nn, ones, optim, randn, type Tensor } from '../../src/index.ts';
import type { WebGpuBackend } from '../../src/webgpu/backend.ts';

beforeAll(async () => {
  await init({ device: 'webgpu' });
});

const backend = () => getDefaultDevice().backend as WebGpuBackend;
const { functional } = nn;

/** Dispatches of `run`, once everything is known. */
async function dispatches(run: () => Promise<unknown>): Promise<number> {
  await run();
  await run();
  const before = backend().counts().dispatches;
  await run();
  return backend().counts().dispatches - before;
}

type Norm = (x: Tensor, weight: Tensor, bias: Tensor) => Tensor;

/** Forward alone; forward and the gradient of the input; forward and all gradients. */
const rows: readonly (readonly [string, readonly number[], number, Norm, readonly [number, number, number]])[] = [
  ['softmax', [512, 256], 1, (x) => functional.softmax(x, 1), [1, 2, 2]],
  ['layerNorm', [512, 256], 256, (x, w, b) => functional.layerNorm(x, 256, w, b), [1, 2, 4]],
  ['groupNorm', [8, 16, 12, 12], 16, (x, w, b) => functional.groupNorm(x, 4, w, b), [1, 2, 4]],
  ['batchNorm', [8, 16, 12, 12], 16, (x, w, b) => functional.batchNorm(x, null, null, w, b, true), [1, 2, 2]],
  ['long batchNorm', [32, 16, 32, 32], 16, (x, w, b) => functional.batchNorm(x, null, null, w, b, true), [5, 10, 10]],
];

for (const [name, shape, features, norm, wanted] of rows) {
  test(`${name}: ${wanted[0]} forward, ${wanted[1]} with the input's gradient, ${wanted[2]} with all`, async () => {
    const x = (await randn([...shape]).realize()).requiresGrad_();
    const [weight, bias] = [
      (await ones(features).realize()).requiresGrad_(),
      (await randn(features).realize()).requiresGrad_(),
    ];
    const seed = await randn([...shape]).realize();
    const way = async (leaves: readonly Tensor[]): Promise<void> => {
      const y = norm(x, weight, bias);
      const grads = leaves.length === 0 ? [] : autograd.grad(y, leaves, seed);
      await Promise.all([y, ...grads].map((one) => (one as Tensor).realize()));
    };
    const all = name === 'softmax' ? [x] : [x, weight, bias];
    const found = [await dispatches(() => way([])), await dispatches(() => way([x])), await dispatches(() => way(all))];
    expect(found).toEqual([...wanted]);
  });
}

test('a training step over convolutions and batch norms makes nothing new', async () => {
  manualSeed(0);
  const net = new nn.Sequential(
    new nn.Conv2d(1, 4, 3),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.AdaptiveAvgPool2d(2),
    new nn.Flatten(),
    new nn.Linear(16, 2),
  );
  const [x, y] = [await randn(8, 1, 12, 12).realize(), await randn(8, 2).realize()];
  const trainer = new optim.SGD(net.parameters(), { lr: 0.01 });
  const step = async (): Promise<void> => {
    const loss = functional.mseLoss(net(x), y);
    trainer.zeroGrad();
    loss.backward();
    trainer.step();
    await loss.item();
  };
  for (let at = 0; at < 40; at++) await step();
  const before = backend().counts();
  for (let at = 0; at < 10; at++) await step();
  const after = backend().counts();
  const made = (key: 'buffers' | 'bindGroups' | 'pipelines') => after[key] - before[key];
  expect([made('buffers'), made('bindGroups'), made('pipelines')]).toEqual([0, 0, 0]);
});
