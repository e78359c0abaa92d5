// Convolutions on the GPU beyond the operation table: sums so long that they are split, the program for hardware adapters on
// whatever adapter there is, and a network fused and unfused.
import { beforeEach, expect, test } from 'vitest';
import { autograd, getDefaultDevice, init, manualSeed, nn, optim, randn, type Tensor } from '../../src/index.ts';
import type { WebGpuBackend } from '../../src/webgpu/backend.ts';

const { conv2d } = nn.functional;

beforeEach(async () => {
  await init({ device: 'webgpu' });
  manualSeed(0);
});

/** The largest difference from the same in float64 on the CPU, relative to the largest element. */
async function error(inputs: readonly Tensor[], run: (...inputs: Tensor[]) => Tensor): Promise<number> {
  const found = Array.from(await run(...inputs).numpy());
  const exact = await Promise.all(inputs.map(async (one) => (await one.to('cpu')).to('float64')));
  const wanted = Array.from(await run(...exact).numpy());
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return found.reduce((most, value, at) => Math.max(most, Math.abs(value - wanted[at])), 0) / largest;
}

/** The gradient of the weight: a sum over all positions of all images. */
function weightGradient(x: Tensor, w: Tensor, g: Tensor, options: { padding?: number; groups?: number }): Tensor {
  const weight = w.detach().requiresGrad_();
  return autograd.grad([conv2d(x, weight, options)], [weight], [g])[0] as Tensor;
}

test('a gradient of the weight over 100,352 positions is close to float64', async () => {
  const inputs = [randn(32, 2, 56, 56), randn(3, 2, 3, 3), randn(32, 3, 56, 56)];
  expect(await error(inputs, (x, w, g) => weightGradient(x, w, g, { padding: 1 }))).toBeLessThan(2e-6);
});

test('a sum over 9,216 channels and places for few outputs is split, with the bias added once', async () => {
  const inputs = [randn(1, 1024, 3, 3), randn(2, 1024, 3, 3), randn(2)];
  expect(await error(inputs, (x, w, b) => conv2d(x, w, b))).toBeLessThan(2e-6);
});

test('the program for hardware adapters', async () => {
  const { adapter } = getDefaultDevice().backend as unknown as { adapter: { software: boolean } };
  const before = adapter.software;
  adapter.software = false;
  try {
    const layer = [randn(3, 4, 19, 23), randn(70, 2, 3, 3), randn(70)];
    const options = { stride: 2, padding: 1, groups: 2 };
    expect(await error(layer, (x, w, b) => conv2d(x, w, b, options))).toBeLessThan(2e-6);
    const split = [randn(1, 513, 3, 3), randn(2, 513, 3, 3), randn(2)];
    expect(await error(split, (x, w, b) => conv2d(x, w, b))).toBeLessThan(2e-6);
    const back = [randn(16, 3, 33, 31), randn(5, 3, 3, 3), randn(16, 5, 31, 29)];
    expect(await error(back, (x, w, g) => weightGradient(x, w, g, {}))).toBeLessThan(2e-6);
  } finally {
    adapter.software = before;
  }
});

test('a gradient is right long after its forward pass', async () => {
  const x = randn(2, 3, 9, 9).mul(1);
  const [w, other] = [randn(4, 3, 3, 3).requiresGrad_(), randn(5).requiresGrad_()];
  const trainer = new optim.SGD([other], { lr: 0.1 });
  const out = conv2d(x, w, { padding: 1 });
  await out.sum().item();
  for (let at = 0; at < 40; at++) {
    trainer.zeroGrad();
    other.square().sum().backward();
    trainer.step();
  }
  await other.sum().item();
  const [late] = autograd.grad([out.sum()], [w]);
  const [soon] = autograd.grad([conv2d(x, w, { padding: 1 }).sum()], [w]);
  expect(await (late as Tensor).tolist()).toEqual(await (soon as Tensor).tolist());
});

test('a network gives the same fused and unfused', async () => {
  const backend = getDefaultDevice().backend as WebGpuBackend;
  const x = randn(4, 1, 12, 12);
  const net = new nn.Sequential(
    new nn.Conv2d(1, 5, 5, { padding: 2 }),
    new nn.Sigmoid(),
    new nn.AvgPool2d(2),
    new nn.Conv2d(5, 7, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(3, 1),
    new nn.Flatten(),
  );
  const gradients = async (fuse: boolean): Promise<number[][]> => {
    backend.fuse = fuse;
    try {
      const found = autograd.grad([net(x).square().sum()], net.parameters());
      return await Promise.all(found.map(async (one) => Array.from(await (one as Tensor).numpy())));
    } finally {
      backend.fuse = true;
    }
  };
  const [fused, plain] = [await gradients(true), await gradients(false)];
  fused.forEach((values, at) => {
    const largest = Math.max(...plain[at].map(Math.abs));
    values.forEach((value, place) => expect(Math.abs(value - plain[at][place])).toBeLessThan(1e-5 * largest));
  });
});
