// What plans say that their commands move and compute, held against arithmetic by hand; and the tables that show it.
import { expect, test } from 'vitest';
import { flushReads } from '../../src/core/flush.ts';
import { type Backend, Device, type Flush } from '../../src/core/graph.ts';
import { chromeTrace } from '../../src/host/chrome-trace.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatShare,
  formatTable,
  shorten,
} from '../../src/host/table.ts';
import { cat, nn, optim, tensor, type Tensor } from '../../src/index.ts';
import type { Work } from '../../src/core/report.ts';
import { promisedLimits } from '../../src/webgpu/kernels/matmul-variants.ts';
import { buildPlan } from '../../src/webgpu/plan.ts';
import type { AdapterClass, Command } from '../../src/webgpu/record.ts';
import { structureOf } from '../../src/webgpu/structure.ts';

const adapter: AdapterClass = {
  software: true,
  single: false,
  subgroups: false,
  bindingBytes: 1 << 27,
  storageBuffers: 8,
  products: { grade: 'software', winners: [], forced: null, ...promisedLimits },
};

/** A device whose flushes are planned instead of run; `commands` of the last one. */
function planning(): { device: Device; commands: () => readonly Command[] } {
  let last: readonly Command[] = [];
  const device = new Device(
    'webgpu',
    () => Promise.reject(new Error('there is no GPU')),
    () => undefined,
  );
  const run = (flush: Flush): void => {
    const structure = structureOf(flush, () => ({ aligned: 16, own: true, shared: -1, start: 0 }));
    last = buildPlan(flush, structure, adapter, true).commands;
  };
  device.backend = { type: 'webgpu', run, supports: () => true } as unknown as Backend;
  return { device, commands: () => last };
}

function data(device: Device, ...shape: number[]): Tensor {
  return tensor(new Float32Array(shape.reduce((size, length) => size * length, 1)), { device }).view(shape);
}

/** The work of the commands behind a value, in elements of 4 bytes. */
function worksOf(compute: (device: Device) => Tensor): number[][] {
  const { device, commands } = planning();
  flushReads(device, [compute(device).node]);
  return commands().map(({ work }) => {
    const { read, written, flops } = work as Work;
    return [read / 4, written / 4, flops];
  });
}

test('formulas: each element once, also where it is read twice', () => {
  expect(worksOf((device) => data(device, 6, 8).exp())).toEqual([[48, 48, 48]]);
  expect(worksOf((device) => data(device, 6, 8).add(data(device, 8)))).toEqual([[48 + 8, 48, 48]]);
  const twice = (device: Device): Tensor => {
    const x = data(device, 8, 8);
    return x.add(x.t());
  };
  expect(worksOf(twice)).toEqual([[64, 64, 64]]);
  // Comparing, choosing and converting are no floating-point operations.
  expect(worksOf((device) => data(device, 6, 8).gt(0).to('float32'))).toEqual([[48, 48, 0]]);
});

test('reductions: lines, and chunks that a second run joins', () => {
  expect(worksOf((device) => data(device, 6, 8).sum(1))).toEqual([[48, 6, 48]]);
  // max, sub, exp, sum, div.
  expect(worksOf((device) => data(device, 6, 8).softmax(1))).toEqual([[48, 48, 5 * 48]]);
  const [first, second] = worksOf((device) => data(device, 1 << 18).sum());
  expect(first[0]).toBe(1 << 18);
  expect(first[2]).toBe(1 << 18);
  expect(second).toEqual([first[1], 1, 0]);
});

test('products: operands, epilogue, and the copy of an operand that lies in no order', () => {
  expect(worksOf((device) => data(device, 6, 8).matmul(data(device, 8, 10)))).toEqual([[48 + 80, 60, 2 * 6 * 8 * 10]]);
  expect(
    worksOf((device) =>
      data(device, 6, 8)
        .matmul(data(device, 8, 10))
        .add(data(device, 10))
        .relu(),
    ),
    // The sum stays readable beside its relu.
  ).toEqual([[48 + 80 + 10, 2 * 60, 2 * 6 * 8 * 10 + 2 * 60]]);
  const scattered = (device: Device): Tensor =>
    data(device, 6, 16)
      .index(':, ::2')
      .matmul(data(device, 8, 10));
  expect(worksOf(scattered)).toEqual([
    [48, 48, 0],
    [48 + 80, 60, 2 * 6 * 8 * 10],
  ]);
  // One matrix for all batches is read once.
  const batched = (device: Device): Tensor => data(device, 3, 6, 8).matmul(data(device, 3, 8, 10));
  expect(worksOf(batched)).toEqual([[3 * 48 + 3 * 80, 3 * 60, 2 * 3 * 6 * 8 * 10]]);
});

test('joins and gathers move what they show', () => {
  expect(worksOf((device) => cat([data(device, 2, 8), data(device, 3, 8)]))).toEqual([
    [16, 16, 0],
    [24, 24, 0],
  ]);
  const picked = (device: Device): Tensor =>
    data(device, 1000, 8).indexSelect(0, tensor(new Int32Array([1, 5]), { device }));
  const works = worksOf(picked);
  expect(works.at(-1)?.[1]).toBe(16);
  expect(works.at(-1)?.[0]).toBeLessThanOrEqual(16 + 16);
});

test('an update of many parameters: what its dispatches move adds up', () => {
  const { device, commands } = planning();
  const net = new nn.Sequential(new nn.Linear(20, 30, { device }), new nn.Linear(30, 5, { device }));
  const trainer = new optim.Adam(net.parameters(), { lr: 0.1 });
  net(data(device, 4, 20))
    .sum()
    .backward();
  trainer.step();
  const updates = commands().filter(({ label, key }) => label.startsWith('adam') && !key.startsWith('copy'));
  const elements = 20 * 30 + 30 + 30 * 5 + 5;
  const total = (pick: (work: Work) => number) => updates.reduce((sum, { work }) => sum + pick(work as Work), 0);
  expect(total(({ read }) => read)).toBe(4 * 4 * elements);
  expect(total(({ written }) => written)).toBe(4 * 3 * elements);
  expect(commands().every(({ work }) => work !== null)).toBe(true);
});

test('units', () => {
  expect([0, 0.00123, 0.5, 1.234, 45.67, 789.4, 12_345].map(formatNumber)).toEqual([
    '0',
    '0.0012',
    '0.50',
    '1.23',
    '45.7',
    '789',
    '12,345',
  ]);
  expect([0, 512, 1536, 64 * 2 ** 20].map(formatBytes)).toEqual(['0 B', '512 B', '1.50 KiB', '64.0 MiB']);
  expect([0, 85e-5, 0.0123, 4.56, 7890].map(formatDuration)).toEqual([
    '0 us',
    '850 ns',
    '12.3 us',
    '4.56 ms',
    '7.89 s',
  ]);
  expect([950, 1234, 45.6e6, 7.89e9].map(formatCount)).toEqual(['950', '1.23 K', '45.6 M', '7.89 G']);
  expect(formatShare(0.1234)).toBe('12.3 %');
  expect([shorten('abcdef', 6), shorten('abcdefg', 6)]).toEqual(['abcdef', 'abc...']);
});

test('a table', () => {
  const columns = [
    { title: 'name', align: 'left' },
    { title: 'n', align: 'right' },
  ] as const;
  expect(formatTable(columns, [['a', '1'], null, ['long name', '20']])).toBe(
    ['name        n', '---------  --', 'a           1', '---------  --', 'long name  20'].join('\n'),
  );
});

test('a Chrome trace: a line a track, in order of time, in microseconds', () => {
  const track = (process: string, thread: string, ...starts: number[]) => ({
    process,
    thread,
    spans: starts.map((start) => ({ name: thread, start, duration: 0.5, args: { start } })),
  });
  const { traceEvents } = JSON.parse(chromeTrace([track('host', 'b', 12, 11), track('gpu', 'k', 11.5)], 10)) as {
    traceEvents: { ph: string; ts: number; dur: number; pid: number; tid: number }[];
  };
  const spans = traceEvents.filter(({ ph }) => ph === 'X');
  expect(spans.map(({ ts, dur, pid, tid }) => [ts, dur, pid, tid])).toEqual([
    [1000, 500, 1, 1],
    [1500, 500, 2, 2],
    [2000, 500, 1, 1],
  ]);
  expect(traceEvents.length).toBe(3 + 2 + 2);
});
