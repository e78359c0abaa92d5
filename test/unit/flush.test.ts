// What a flush computes, keeps, lets go and writes in place, seen by a backend that only takes notes.
import '../../src/methods/attach.ts';
import { beforeEach, expect, test } from 'vitest';
import { noGrad } from '../../src/autograd/autograd.ts';
import { ones, zeros } from '../../src/create/create.ts';
import { hostArray } from '../../src/dtype.ts';
import { StaleTensorError } from '../../src/errors.ts';
import { flushOverflow } from '../../src/core/flush.ts';
import { type Backend, Device, type Flush, type Inspector, type Node } from '../../src/core/graph.ts';
import { numelOf } from '../../src/shape.ts';
import { tensor } from '../../src/create/create.ts';
import type { Tensor } from '../../src/core/tensor.ts';

const nothing = { live: 0, pooled: 0, peak: 0, tensors: 0 };
let flushes: Flush[];
let device: Device;

beforeEach(() => {
  flushes = [];
  const backend: Backend = {
    type: 'cpu',
    description: 'notes',
    supports: () => true,
    run: (flush) => void flushes.push(flush),
    read: async (node) => hostArray(node.dtype, numelOf(node.shape)),
    settled: async () => undefined,
    memory: () => nothing,
    inspector: {} as Inspector,
  };
  device = new Device('cpu', async () => backend, flushOverflow);
  device.backend = backend;
});

const nameOf = (node: Node): string => node.op.name;
const lastNames = (): string[] => (flushes.at(-1) as Flush).nodes.map(nameOf);
const parameter = (): Tensor => ones(3, { device, requiresGrad: true });

function step(w: Tensor): void {
  w.mul(w).sum().backward();
  noGrad(() => {
    w.sub_((w.grad as Tensor).mul(0.1));
    (w.grad as Tensor).zero_();
  });
}

test('nothing runs before a read or an update', () => {
  zeros(2, { device }).add(1).mul(2).sum();
  expect(flushes).toEqual([]);
});

test('a read computes what it needs, in program order, and nothing else', async () => {
  const x = zeros(2, { device });
  const used = x.add(1);
  x.exp();
  const read = used.mul(2);
  used.sin();
  await read.numpy();
  expect(flushes.length).toBe(1);
  expect(lastNames()).toEqual(['fill', 'add', 'mul']);
  await read.tolist();
  await used.numpy();
  expect(flushes.length, 'what is resident or was read is not computed again').toBe(1);
  await x.exp().numpy();
  expect(lastNames()).toEqual(['exp']);
});

test('views never run', async () => {
  const x = tensor(
    [
      [0, 0, 0],
      [0, 0, 0],
    ],
    { device },
  );
  await x.t().reshape(6).index('::2').numpy();
  expect(lastNames()).toEqual(['leaf', 'copy']);
  await x.t().index(0).unsqueeze(1).expand(2, 5).numpy();
  expect(flushes.length).toBe(1);
});

test('leaving noGrad in which a leaf was written is an update, with every end made since', () => {
  const w = parameter();
  const loss = w.mul(w).sum();
  const metric = loss.detach().sqrt();
  loss.backward();
  expect(flushes).toEqual([]);
  noGrad(() => w.sub_((w.grad as Tensor).mul(0.1)));
  // The first update of a leaf that no flush knows yet may wait; the next one may not.
  step(w);
  step(w);
  expect(flushes.length).toBeGreaterThan(0);
  const all = flushes.flatMap((flush) => flush.nodes);
  expect(all).toContain(metric.node);
  expect(flushes.flatMap((flush) => flush.settle)).toContain(metric.node);
});

test('a steady training step is the same flush every time, and keeps nothing more', () => {
  const w = parameter();
  for (let at = 0; at < 6; at++) step(w);
  const before = flushes.length;
  step(w);
  const first = flushes.slice(before).map((flush) => flush.nodes.map(nameOf));
  const middle = flushes.length;
  step(w);
  expect(flushes.slice(middle).map((flush) => flush.nodes.map(nameOf))).toEqual(first);
  expect(device.temporaries.size).toBeLessThan(16);
});

test('a write to a part goes into the buffer of the old value, unless somebody still needs it', async () => {
  const x = zeros(8, { device });
  await x.numpy();
  x.indexPut_([3], 1);
  await x.numpy();
  const [[written, old]] = [...(flushes.at(-1) as Flush).donors];
  expect([nameOf(written), nameOf(old), old.residence === 'resident']).toEqual(['write', 'fill', false]);
  const kept = x.exp();
  x.indexPut_([4], 2);
  await x.numpy();
  await kept.numpy();
  const reader = zeros(8, { device, requiresGrad: true });
  const saved = reader.mul(1);
  const square = saved.mul(saved);
  saved.index(0).fill_(5);
  await saved.numpy();
  expect((flushes.at(-1) as Flush).donors.size, 'a value that a gradient saved is not overwritten').toBe(0);
  square.sum().backward();
});

test('an intermediate is readable after the step, and stale two updates later', async () => {
  const w = parameter();
  for (let at = 0; at < 3; at++) step(w);
  const hidden = w.mul(3);
  hidden.sum().backward();
  noGrad(() => w.sub_(w.grad as Tensor));
  await hidden.numpy();
  const lost = w.mul(4);
  const later = lost.exp();
  later.sum().backward();
  for (let at = 0; at < 4; at++) step(w);
  await expect(lost.add(0).numpy()).rejects.toThrow(StaleTensorError);
});

test('a computed value stays while its tensor lives if it is realized', async () => {
  const x = zeros(4, { device }).add(1);
  await x.realize();
  const w = parameter();
  for (let at = 0; at < 20; at++) step(w);
  expect([x.node.residence, x.node.keep]).toEqual(['resident', 'end']);
  x.dispose();
  for (let at = 0; at < 10; at++) step(w);
  expect(flushes.flatMap((flush) => flush.releaseBefore).map(nameOf)).toContain('add');
});

test('very many nodes flush by themselves, and only their ends run', () => {
  let y = ones(1, { device });
  for (let at = 0; at < 16_500; at++) y = y.mul(2);
  expect(flushes.length).toBe(1);
  expect((flushes[0] as Flush).nodes.length).toBeGreaterThan(16_000);
});
