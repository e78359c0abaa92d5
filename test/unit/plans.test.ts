// Plans without a GPU: which operations become one kernel, and the WGSL that they become. A lost fusion is a difference here.
import { expect, test } from 'vitest';
import { type Backend, Device, type Flush } from '../../src/core/graph.ts';
import { flushReads } from '../../src/core/flush.ts';
import { nn, optim, tensor, type Tensor } from '../../src/index.ts';
import { promisedLimits } from '../../src/webgpu/kernels/matmul-variants.ts';
import { buildPlan, type Plan } from '../../src/webgpu/plan.ts';
import type { AdapterClass } from '../../src/webgpu/record.ts';
import { structureOf } from '../../src/webgpu/structure.ts';

const adapter: AdapterClass = {
  software: true,
  single: false,
  subgroups: false,
  bindingBytes: 1 << 27,
  storageBuffers: 8,
  products: { grade: 'software', winners: [], forced: null, ...promisedLimits },
};

/** A device whose flushes are planned instead of run. */
function recording(fuse = true, on = adapter): { device: Device; plans: Plan[] } {
  const plans: Plan[] = [];
  const device = new Device(
    'webgpu',
    () => Promise.reject(new Error('there is no GPU')),
    () => undefined,
  );
  device.backend = {
    type: 'webgpu',
    run: (flush: Flush) => void plans.push(plan(flush, fuse, on)),
    supports: () => true,
  } as unknown as Backend;
  return { device, plans };
}

function plan(flush: Flush, fuse: boolean, on: AdapterClass): Plan {
  const structure = structureOf(flush, () => ({ aligned: 16, own: true, shared: -1, start: 0 }));
  return buildPlan(flush, structure, on, fuse);
}

/** Values that exist on the host. */
function data(device: Device, ...shape: number[]): Tensor {
  return tensor(new Float32Array(shape.reduce((size, length) => size * length, 1)), { device }).view(shape);
}

const labels = (one: Plan): string[] => one.commands.map(({ label }) => label);

/** The plan of what reading `compute` asks for. */
function planOf(compute: (device: Device) => Tensor, fuse = true, on = adapter): Plan {
  const { device, plans } = recording(fuse, on);
  flushReads(device, [compute(device).node]);
  return plans[plans.length - 1];
}

/** The text of a command without comments. */
function text({ commands }: Plan, at = 0): string {
  return commands[at]
    .source()
    .replace(/\/\/[^\n]*/g, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '')
    .join('\n');
}

test('a chain of formulas is one kernel', () => {
  const chain = (device: Device) => {
    const [x, y] = [data(device, 4, 8), data(device, 4, 8)];
    return x.mul(2).add(y).relu();
  };
  expect(labels(planOf(chain))).toEqual(['mul + add + relu']);
  expect(labels(planOf(chain, false))).toEqual(['mul', 'add', 'relu']);
  expect(text(planOf(chain))).toMatchInlineSnapshot(`
    "const wg_sign_bit: u32 = 0x80000000u;
    const wg_infinity_bits: u32 = 0x7f800000u;
    fn wg_relu(x: f32) -> f32 {
      let bits = bitcast<u32>(x);
      return bitcast<f32>(select(bits, 0u, bits - wg_sign_bit <= wg_infinity_bits));
    }
    struct Params {
      threads: u32,
      x0: f32,
      o_r0: u32,
      o_r1: u32,
      o_w0: u32,
    }
    @group(0) @binding(0) var<uniform> params: Params;
    @group(0) @binding(1) var<storage, read> m0: array<f32>;
    @group(0) @binding(2) var<storage, read> m1: array<f32>;
    @group(0) @binding(3) var<storage, read_write> m2: array<f32>;
    @compute @workgroup_size(128)
    fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
      let t = thread.x + thread.y * groups.x * 128u;
      if (t >= params.threads) {
        return;
      }
      let x0 = params.x0;
      let o_r0 = params.o_r0;
      let o_r1 = params.o_r1;
      let o_w0 = params.o_w0;
      let a_r0 = o_r0 + t;
      let a_r1 = o_r1 + t;
      let a_w0 = o_w0 + t;
      let v0_0 = m0[a_r0];
      let v1: f32 = v0_0 * x0;
      let v2_0 = m1[a_r1];
      let v3: f32 = v1 + v2_0;
      let v4: f32 = wg_relu(v3);
      m2[a_w0] = v4;
    }"
  `);
});

test('what compilers could cancel is settled, and nothing else', () => {
  const settles = (formula: (x: Tensor, y: Tensor) => Tensor): number =>
    text(planOf((device) => formula(data(device, 4, 8), data(device, 4, 8)))).match(/= wg_settle\(/g)?.length ?? 0;
  expect(settles((x, y) => x.sub(y).add(y))).toBe(1);
  expect(settles((x, y) => x.sub(y).neg().sub(x))).toBe(1);
  expect(settles((x, y) => x.add(1).sub(y).sub(2))).toBe(1);
  expect(settles((x, y) => x.div(y).mul(y))).toBe(1);
  expect(settles((x, y) => x.mul(y).add(x.mul(3)))).toBe(1);
  expect(settles((x) => x.mul(3).sum(1))).toBe(1);
  expect(settles((x, y) => x.mul(2).add(y).mul(y).sub(1).div(3))).toBe(0);
  expect(settles((x, y) => x.sub(y).square().sum(1))).toBe(0);
});

test('softmax and layer norm are one kernel each', () => {
  expect(labels(planOf((device) => data(device, 4, 8).softmax(1)))).toMatchInlineSnapshot(`
    [
      "reduce + sub + exp + reduce + div",
    ]
  `);
  const norm = (x: Tensor): Tensor =>
    x.sub(x.mean(1, true)).div(x.var(1, { keepdim: true, correction: 0 }).add(1e-5).sqrt());
  expect(labels(planOf((device) => norm(data(device, 4, 8))))).toMatchInlineSnapshot(`
    [
      "reduce + div + sub + reduce + div + sub + reduce + square + div + square + reduce + sub + maximum + div + add + sqrt + div",
    ]
  `);
});

test('a sum takes in what it sums, and cuts long lines into chunks', () => {
  expect(labels(planOf((device) => data(device, 4, 8).exp().sum(0)))).toEqual(['exp + reduce']);
  expect(
    labels(
      planOf((device) =>
        data(device, 1 << 20)
          .square()
          .sum(),
      ),
    ),
  ).toEqual(['square + reduce', 'square + reduce']);
});

test('thirty sums with the own transpose stay linear', () => {
  const folded = planOf((device) => {
    let h = data(device, 8, 8);
    for (let i = 0; i < 30; i++) h = h.add(h.t());
    return h;
  });
  expect(folded.commands.length).toBeLessThanOrEqual(31);
});

test('a mask is computed where it is read, from what is in memory anyway', () => {
  const { device, plans } = recording();
  const [x, w, v] = [data(device, 64, 32), data(device, 32, 48).requiresGrad_(), data(device, 48, 16)];
  x.matmul(w).relu().matmul(v).square().sum().backward();
  flushReads(device, [(w.grad as Tensor).node]);
  const found = plans.flatMap(labels);
  expect(found).toContain('matmul + gt + where');
  expect(found.filter((label) => label.includes('gt'))).toHaveLength(1);
});

test('no kernel binds more buffers than the device allows', () => {
  const many = planOf((device) => {
    const parts = Array.from({ length: 20 }, () => data(device, 64));
    return parts.reduce((sum, part) => sum.add(part));
  });
  for (const { buffers } of many.commands) expect(buffers.length).toBeLessThanOrEqual(8);
});

test('a training step', () => {
  const { device, plans } = recording();
  const net = new nn.Sequential(new nn.Linear(784, 256, { device }), new nn.ReLU(), new nn.Linear(256, 10, { device }));
  const [x, y] = [data(device, 128, 784), tensor(new Int32Array(128), { device })];
  const trainer = new optim.SGD(net.parameters(), { lr: 0.1 });
  const loss = new nn.CrossEntropyLoss();
  const step = (): void => {
    const l = loss(net(x), y);
    trainer.zeroGrad();
    l.backward();
    trainer.step();
  };
  step();
  step();
  expect(labels(plans[plans.length - 1])).toMatchInlineSnapshot(`
    [
      "matmul + add + relu",
      "matmul + add",
      "ne + where + checkIndex + to + reduce + div + mul + neg + where",
      "reduce + sub + exp + reduce + log + sub + to + gather + mul + neg + where + scatter + exp + reduce + mul + sub",
      "reduce + div",
      "matmul + gt + where",
      "matmul",
      "reduce",
      "matmul",
      "reduce",
      "sgd",
      "sgd",
      "sgd",
      "sgd",
      "sgd",
    ]
  `);
});

test('on hardware a long sum with few results runs in parts, and the formulas behind it where these are added', () => {
  const hardware: AdapterClass = { ...adapter, software: false, products: { ...adapter.products, grade: 'discrete' } };
  const layer = (device: Device): Tensor =>
    data(device, 60, 20_000)
      .matmul(data(device, 20_000, 40))
      .add(data(device, 40))
      .relu();
  const parts = planOf(layer, true, hardware);
  expect(labels(parts)).toEqual(['matmul, k in 32 parts', 'matmul + add + relu']);
  // The sum reads the parts and the bias; neither operand.
  expect(parts.commands.map(({ access }) => access.replace(/w+/, 'w'))).toEqual(['rrw', 'rrw']);
  expect(parts.slots).toHaveLength(1);
  expect(parts.slots[0]).toBeGreaterThanOrEqual(32 * 60 * 40);
  const [product, sum] = parts.commands;
  expect(product.workgroups).toEqual([2 * 2 * 32, 1, 1]);
  expect(sum.workgroups).toEqual([Math.ceil((60 * 40) / 64), 1, 1]);
  expect(sum.source()).toContain('relu');

  const whole = planOf((device) => data(device, 2048, 512).matmul(data(device, 512, 2048)), true, hardware);
  expect(labels(whole)).toEqual(['matmul']);
  // 16 x 16 tiles of 128 x 128.
  expect(whole.commands[0].workgroups).toEqual([256, 1, 1]);
});

test('a convolution, its activation and its pool are two kernels behind the padding; both gradients share the padded input', () => {
  const { device, plans } = recording();
  const x = data(device, 8, 1, 12, 12);
  const [w, b] = [data(device, 4, 1, 3, 3).requiresGrad_(), data(device, 4).requiresGrad_()];
  const pooled = () => nn.functional.avgPool2d(nn.functional.conv2d(x, w, b, { padding: 1 }).sigmoid(), 2);
  flushReads(device, [pooled().node]);
  expect(labels(plans[0])).toEqual(['fill', 'write', 'contract', 'sigmoid + reduce + div']);
  pooled().sum().backward();
  flushReads(device, [(w.grad as Tensor).node, (b.grad as Tensor).node]);
  const both = plans[plans.length - 1];
  expect(labels(both).filter((label) => label === 'write')).toHaveLength(1);
  expect(both.commands.filter(({ key }) => key.startsWith('contract'))).toHaveLength(2);
});

test('formulas stand behind a convolution, also where its sum runs in parts, and masks behind its gradients', () => {
  const layer = (device: Device, channels: number, size: number): Tensor => {
    const [x, w] = [data(device, 2, channels, size, size), data(device, 4, channels, 3, 3)];
    const scale = data(device, 4, 1, 1);
    return nn.functional.conv2d(x, w, data(device, 4)).mul(scale).relu();
  };
  expect(labels(planOf((device) => layer(device, 3, 9)))).toEqual(['contract + mul + relu']);
  const parts = planOf((device) => layer(device, 512, 3));
  expect(labels(parts).map((label) => label.replace(/\d+/, 'n'))).toEqual([
    'contract, k in n parts',
    'contract + mul + relu',
  ]);
  // The sum reads the parts and the scale.
  expect(parts.commands.map(({ access }) => access.replace(/w+/, 'w'))).toEqual(['rrrw', 'rrw']);

  const { device, plans } = recording();
  const x = data(device, 2, 3, 9, 9);
  const [w, v] = [data(device, 4, 3, 3, 3).requiresGrad_(), data(device, 4, 4, 3, 3).requiresGrad_()];
  nn.functional.conv2d(nn.functional.conv2d(x, w).relu(), v).sum().backward();
  flushReads(device, [(w.grad as Tensor).node]);
  expect(labels(plans[plans.length - 1])).toContain('contract + relu + gt + where');
});
