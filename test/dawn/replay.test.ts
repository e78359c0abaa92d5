// A loop in steady state makes nothing on the GPU: no buffer, bind group or pipeline, and at most one submit for each read
// that is awaited. Every loop is warmed up first, and learns.
import { beforeAll, expect, test } from 'vitest';
import {
  getDefaultDevice,
  init,
  manualSeed,
  nn,
  noGrad,
  optim,
  randn,
  randint,
  tensor,
  type Tensor,
  zeros,
} from '../../src/index.ts';
import type { WebGpuBackend } from '../../src/webgpu/backend.ts';

const [warm, steps] = [40, 10];

beforeAll(async () => {
  await init({ device: 'webgpu' });
});

/** A training step; it returns its loss. */
type Step = (at: number) => Tensor;

/** Data: y = 2 a - 3.4 b + 4.2. */
function line(): { x: Tensor; y: Tensor } {
  const x = randn(100, 2);
  return { x, y: x.matmul(tensor([[2], [-3.4]])).add(4.2) };
}

/** The usual order: loss, zeroGrad, backward, step. */
function trained(compute: () => Tensor, trainer: optim.SGD | optim.Adam): Step {
  return () => {
    const loss = compute();
    trainer.zeroGrad();
    loss.backward();
    trainer.step();
    return loss;
  };
}

const loops: readonly (readonly [string, () => Step])[] = [
  [
    'linear regression, concise',
    () => {
      const { x, y } = line();
      const [net, loss] = [new nn.Sequential(new nn.Linear(2, 1)), new nn.MSELoss()];
      return trained(() => loss(net(x), y), new optim.SGD(net.parameters(), { lr: 0.03 }));
    },
  ],
  [
    'linear regression over batches of another place',
    () => {
      const { x, y } = line();
      const [net, loss] = [new nn.Linear(2, 1), new nn.MSELoss()];
      const trainer = new optim.SGD(net.parameters(), { lr: 0.03 });
      return (at) => {
        const part = `${(at % 10) * 10}:${(at % 10) * 10 + 10}`;
        return trained(() => loss(net(x.index(part)), y.index(part)), trainer)(at);
      };
    },
  ],
  [
    'a perceptron with cross-entropy and Adam',
    () => {
      const [x, y] = [randn(64, 20), randint(0, 10, [64])];
      const [net, loss] = [
        new nn.Sequential(new nn.Linear(20, 32), new nn.ReLU(), new nn.Linear(32, 10)),
        new nn.CrossEntropyLoss(),
      ];
      return trained(() => loss(net(x), y), new optim.Adam(net.parameters(), { lr: 0.01 }));
    },
  ],
  [
    'convolutions with both pools',
    () => {
      const [x, y] = [randn(8, 1, 12, 12), randint(0, 10, [8])];
      const net = new nn.Sequential(
        new nn.Conv2d(1, 4, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(3, 2, 1),
        new nn.Conv2d(4, 8, 3),
        new nn.Sigmoid(),
        new nn.AvgPool2d(2),
        new nn.Flatten(),
        new nn.Linear(32, 10),
      );
      const loss = new nn.CrossEntropyLoss();
      return trained(() => loss(net(x), y), new optim.SGD(net.parameters(), { lr: 0.1 }));
    },
  ],
  [
    'a perceptron whose learning rate changes at every step',
    () => {
      const [x, y] = [randn(64, 20), randint(0, 10, [64])];
      const [net, loss] = [
        new nn.Sequential(new nn.Linear(20, 32), new nn.Tanh(), new nn.Linear(32, 10)),
        new nn.CrossEntropyLoss(),
      ];
      const trainer = new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
      return (at) => {
        trainer.paramGroups[0].lr = 0.1 / (1 + at / 100);
        return trained(() => loss(net(x), y), trainer)(at);
      };
    },
  ],
  [
    'linear regression from scratch, with sub_ under noGrad',
    () => {
      const { x, y } = line();
      const [w, b] = [zeros(2, 1, { requiresGrad: true }), zeros(1, { requiresGrad: true })];
      return () => {
        const loss = x.matmul(w).add(b).sub(y).square().mean();
        loss.backward();
        noGrad(() => {
          for (const parameter of [w, b]) {
            parameter.sub_((parameter.grad as Tensor).mul(0.03));
            (parameter.grad as Tensor).zero_();
          }
        });
        return loss;
      };
    },
  ],
  [
    'a recurrent loop of fixed length',
    () => {
      const [x, y] = [randn(6, 8, 5), randn(8, 1)];
      const cell = new nn.ModuleList([new nn.Linear(5, 12), new nn.Linear(12, 12), new nn.Linear(12, 1)]);
      const [input, state, output] = [...cell] as nn.Linear[];
      return trained(
        () => {
          let h = zeros(8, 12);
          for (let t = 0; t < 6; t++) h = input(x.index(t)).add(state(h)).tanh();
          return output(h).sub(y).square().mean();
        },
        new optim.SGD(cell.parameters(), { lr: 0.05 }),
      );
    },
  ],
];

/** What `run` makes on the GPU. */
async function made(
  run: () => Promise<void>,
): Promise<Record<'buffers' | 'bindGroups' | 'pipelines' | 'submits' | 'dispatches', number>> {
  const backend = getDefaultDevice().backend as WebGpuBackend;
  const before = backend.counts();
  await run();
  const after = backend.counts();
  return {
    buffers: after.buffers - before.buffers,
    bindGroups: after.bindGroups - before.bindGroups,
    pipelines: after.pipelines - before.pipelines,
    submits: after.submits - before.submits,
    dispatches: after.dispatches - before.dispatches,
  };
}

for (const [name, make] of loops) {
  test(`${name}: nothing read`, async () => {
    manualSeed(0);
    const step = make();
    const first = await step(0).item();
    for (let at = 1; at < warm; at++) step(at);
    await step(warm).item();
    let last = NaN;
    const counts = await made(async () => {
      for (let at = 1; at < steps; at++) step(warm + at);
      last = await step(warm + steps).item();
    });
    expect(counts).toMatchObject({ buffers: 0, bindGroups: 0, pipelines: 0 });
    expect(counts.submits, 'one read').toBeLessThanOrEqual(2);
    expect(last).toBeLessThan(first);
  });

  test(`${name}: the loss is read at every step`, async () => {
    manualSeed(0);
    const step = make();
    const first = await step(0).item();
    for (let at = 1; at <= warm; at++) await step(at).item();
    let last = NaN;
    const counts = await made(async () => {
      for (let at = 1; at <= steps; at++) last = await step(warm + at).item();
    });
    expect(counts).toMatchObject({ buffers: 0, bindGroups: 0, pipelines: 0 });
    // One more where buffers that an earlier test left idle are destroyed.
    expect(counts.submits, 'one a read').toBeLessThanOrEqual(steps + 1);
    expect(last).toBeLessThan(first);
  });
}

test('a repeated forward pass makes nothing, and its values are right', async () => {
  const net = new nn.Sequential(new nn.Linear(30, 40), new nn.ReLU(), new nn.Linear(40, 5), new nn.Softmax(1));
  const x = randn(16, 30);
  const infer = async (): Promise<number> =>
    noGrad(() => net(x))
      .sum()
      .item();
  for (let at = 0; at < 20; at++) await infer();
  let total = NaN;
  const counts = await made(async () => {
    for (let at = 0; at < steps; at++) total = await infer();
  });
  expect(counts).toMatchObject({ buffers: 0, bindGroups: 0, pipelines: 0 });
  expect(counts.submits).toBeLessThanOrEqual(steps);
  expect(total).toBeCloseTo(16, 4);
});
