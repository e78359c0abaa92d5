// What the library says about its own work: profile() counts and times kernels, explain() names them before they run and
// after, memory.summary() adds up. What they say is held against the device's counts and against plain arithmetic.
import {
  explain,
  type Explanation,
  getDefaultDevice,
  manualSeed,
  matmul,
  memory,
  nn,
  optim,
  profile,
  type ProfileReport,
  randint,
  randn,
  tensor,
  type Tensor,
} from '../../src/index.ts';
import type { Context } from '../support/suite.ts';
import { close, ok, rejects, same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

/** Runs of kernels on the GPU so far; the CPU device keeps no count. */
function dispatched(): number | null {
  const backend = getDefaultDevice().backend as unknown as { counts?: () => { readonly dispatches: number } };
  return backend.counts?.().dispatches ?? null;
}

/** Data on the device, so that no upload is part of what follows. */
async function there(...values: Tensor[]): Promise<void> {
  for (const value of values) await value.realize();
}

interface Training {
  readonly step: () => Tensor;
  readonly parameters: Tensor[];
}

function perceptron(): Training {
  manualSeed(5);
  const net = new nn.Sequential(new nn.Linear(20, 48), new nn.ReLU(), new nn.Linear(48, 10));
  const [loss, trainer] = [new nn.CrossEntropyLoss(), new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 })];
  const [x, y] = [randn(96, 20), randint(0, 10, [96])];
  const step = (): Tensor => {
    const l = loss(net(x), y);
    trainer.zeroGrad();
    l.backward();
    trainer.step();
    return l;
  };
  return { step, parameters: [...net.parameters()] };
}

const bytesPer = 4;

/** What the only kernel of a profile moves and computes. */
function only({ rows }: ProfileReport): { read: number; written: number; flops: number; sizes: string } {
  same(rows.length, 1, 'rows');
  const [{ read, written, flops, sizes, dispatches }] = rows;
  same(dispatches, 1, 'dispatches');
  return { read, written, flops, sizes };
}

/** Times are there where the device tells any, and nowhere else. */
function checkTimes(report: ProfileReport, { device }: Context): void {
  ok(device === 'cpu' ? report.timing === 'host' : report.timing !== 'host', `timing is ${report.timing}`);
  const timed = report.timing !== 'none';
  for (const { time, mean, share, dispatches } of report.rows) {
    if (!timed) same([time, mean, share], [null, null, null]);
    else {
      ok(time !== null && time >= 0, `a time of ${time}`);
      close(mean, time / dispatches);
    }
  }
  if (report.kernelTime !== null && report.kernelTime > 0) {
    close(
      report.rows.reduce((sum, { share }) => sum + (share ?? 0), 0),
      1,
    );
    // Steps of the device's clock may add up beyond the host's.
    ok(report.kernelTime <= report.wall + report.dispatches * 0.2, `${report.kernelTime} of ${report.wall} ms`);
  }
}

export const suite = defineSuite('profile', (test) => {
  test('a product: bytes, operations, sizes', async () => {
    const [a, b] = [randn(24, 40), randn(40, 36)];
    await there(a, b);
    const report = await profile(() => matmul(a, b).numpy());
    same(only(report), {
      read: (24 * 40 + 40 * 36) * bytesPer,
      written: 24 * 36 * bytesPer,
      flops: 2 * 24 * 40 * 36,
      sizes: '(24, 40) x (40, 36)',
    });
    same([report.rows[0].kernel, report.rows[0].ops], ['matmul', 'matmul']);
    same(report.hostTotals('read').bytes, report.host.some(({ name }) => name === 'read') ? 24 * 36 * bytesPer : 0);
  });

  test('of a slice only its own rows count, and what broadcasts counts once', async ({ device }) => {
    const [x, w, row] = [randn(64, 16), randn(16, 8), randn(16)];
    await there(x, w, row);
    const part = only(await profile(() => x.index('8:16').matmul(w).numpy()));
    same([part.read, part.written], [(8 * 16 + 16 * 8) * bytesPer, 8 * 8 * bytesPer]);
    const sum = only(await profile(() => x.add(row).numpy()));
    same([sum.read, sum.written, sum.flops], [(64 * 16 + 16) * bytesPer, 64 * 16 * bytesPer, 64 * 16]);
    const chain = await profile(() => x.mul(2).add(row).relu().numpy());
    const [ops, moved] = [
      chain.rows.map(({ ops: name }) => name).join(' + '),
      chain.rows.reduce((all, { read, written }) => all + read + written, 0),
    ];
    // Fused, nothing is stored in between.
    const size = 64 * 16;
    if (device === 'webgpu') same([ops, moved], ['mul + add + relu', (2 * size + 16) * bytesPer]);
    else same(moved, (2 * size + (2 * size + 16) + 2 * size) * bytesPer);
  });

  test('a training step', async (context) => {
    const { step } = perceptron();
    for (let at = 0; at < 5; at++) await step().item();
    const before = dispatched();
    const report = await profile(async () => {
      for (let at = 0; at < 3; at++) await step().item();
    });
    const after = dispatched();
    if (before !== null && after !== null) same(report.dispatches, after - before, 'dispatches');
    same(
      report.rows.reduce((sum, { dispatches }) => sum + dispatches, 0),
      report.dispatches,
    );
    ok(report.dispatches % 3 === 0 && report.dispatches > 0, `${report.dispatches} runs in 3 steps`);
    const names = report.rows.map(({ ops }) => ops).join(' ');
    for (const name of ['matmul', 'relu', 'sgd', 'reduce'])
      ok(names.includes(name), `no kernel computes ${name}: ${names}`);
    const sgd = report.rows.filter(({ ops }) => ops.startsWith('sgd'));
    const elements = 20 * 48 + 48 + 48 * 10 + 10;
    // Parameters, gradients and velocities are read, all but the gradients written.
    const moved = (pick: 'read' | 'written') => sgd.reduce((sum, row) => sum + row[pick], 0);
    same([moved('read'), moved('written')], [3 * 3 * elements * bytesPer, 3 * 2 * elements * bytesPer]);
    checkTimes(report, context);
    const text = report.toString();
    for (const word of ['kernel', 'runs', 'bytes a run', 'matmul', 'from the beginning to the end'])
      ok(text.includes(word), `the table lacks ${word}:\n${text}`);
    ok(report.table({ rowLimit: 1 }).includes(`and ${report.rows.length - 1} more rows`), 'the table is not cut');
    const byRuns = report.table({ sortBy: 'bytes' }).split('\n');
    same(byRuns.length, report.rows.length + 2);
  });

  test('the Chrome trace is in order of time', async () => {
    const { step } = perceptron();
    await step().item();
    const report = await profile(async () => void (await step().item()));
    interface TraceEvent {
      readonly ph: string;
      readonly ts: number;
      readonly dur: number;
      readonly args: { readonly operations?: string };
    }
    const { traceEvents } = JSON.parse(report.chromeTrace()) as { traceEvents: TraceEvent[] };
    const spans = traceEvents.filter(({ ph }) => ph === 'X');
    const kernels = spans.filter(({ args }) => args.operations !== undefined);
    same(kernels.length, report.timing === 'none' ? 0 : report.dispatches);
    spans.forEach(({ ts, dur }, at) => {
      ok(dur >= 0, `a duration of ${dur}`);
      if (at > 0) ok(ts >= spans[at - 1].ts, `${ts} after ${spans[at - 1].ts}`);
    });
    for (const { ts } of kernels) ok(ts >= 0, `a kernel began ${-ts} us before the profile`);
  });

  test('what is pending is counted where it was asked for', async () => {
    const [a, b] = [randn(8, 8), randn(8, 8)];
    await there(a, b);
    const early = a.mul(b);
    let late: Tensor | null = null;
    const report = await profile(() => {
      late = matmul(a, b);
    });
    same(
      report.rows.map(({ ops }) => ops),
      ['matmul'],
    );
    await early.numpy();
    ok(late !== null, 'the body did not run');
  });

  test('one at a time, and a body that throws ends it', async () => {
    const inner = profile(async () => {
      await rejects(
        profile(() => undefined),
        'ArgumentError',
        /has not ended/,
      );
      throw new RangeError('from the body');
    });
    await rejects(inner, 'RangeError', 'from the body');
    same((await profile(() => undefined)).dispatches, 0);
    await rejects(profile(3 as unknown as () => void), 'ArgumentError', /profile takes a function/);
  });

  test('explain names the kernels that a read then runs, and changes nothing', async ({ device }) => {
    const [x, w, b] = [randn(32, 16), randn(16, 8), randn(8)];
    await there(x, w, b);
    const plans: Explanation[] = [];
    const report = await profile(() => {
      const y = x.matmul(w).add(b).softmax(1);
      const [before, held] = [dispatched(), memory()];
      plans.push(explain(y), explain(y.t()));
      same([dispatched(), memory()], [before, held]);
      return y.numpy();
    });
    const [plan, turned] = plans;
    same([plan.state, plan.shape, plan.dtype], ['pending', [32, 8], 'float32']);
    same([turned.shape, turned.kernels?.length], [[8, 32], plan.kernels?.length]);
    const planned = plan.kernels ?? [];
    same(
      planned.map(({ kernel, ops, sizes, work }) => ({ kernel, ops, sizes, work })),
      report.kernels.map(({ kernel, ops, sizes, work }) => ({ kernel, ops, sizes, work })),
    );
    const text = plan.toString();
    for (const word of ['pending', 'matmul', '(32, 16) x (16, 8)', 'read', 'write'])
      ok(text.includes(word), `the text lacks ${word}:\n${text}`);
    ok(!text.includes('@compute'), 'programs are shown that nobody asked for');
    if (device === 'webgpu') {
      ok(
        planned.every(({ groups, wgsl }) => groups !== null && wgsl?.().includes('@compute') === true),
        'no programs',
      );
      ok(explain(randn(4).exp(), { wgsl: true }).toString().includes('@compute'), 'the program is not shown');
    }
  });

  test('a loop that is explained at every step learns the same, with the same kernels', async () => {
    const run = async (look: boolean): Promise<{ losses: number[]; kernels: number | null; tensors: number }> => {
      const { step, parameters } = perceptron();
      await step().item();
      const start = dispatched();
      const losses: number[] = [];
      for (let at = 0; at < 6; at++) {
        const l = step();
        const twice = l.mul(2);
        if (look) for (const one of [l, twice, ...parameters, parameters[0].grad as Tensor]) explain(one).toString();
        losses.push(await l.item());
      }
      const end = dispatched();
      return { losses, kernels: start === null || end === null ? null : end - start, tensors: memory().tensors };
    };
    const plain = await run(false);
    const looked = await run(true);
    same([looked.losses, looked.kernels], [plain.losses, plain.kernels]);
  });

  test('explain of what is there: given, computed, updated in place', async ({ device }) => {
    const { step, parameters } = perceptron();
    for (let at = 0; at < 3; at++) await step().item();
    const [weight] = parameters;
    const plan = explain(weight);
    same(plan.state, 'resident');
    const last = plan.kernels?.at(-1);
    // The CPU device knows nothing of what it ran once the recipe is gone.
    if (device === 'cpu') same(plan.kernels, null);
    else {
      ok(last?.ops.startsWith('sgd') === true, `the last kernel is ${last?.ops}`);
      ok(last?.buffers.some(({ access }) => access === 'update') === true, `nothing in place:\n${plan}`);
    }
    const given = explain(tensor([1, 2, 3]));
    same([given.state, given.kernels], ['host', null]);
    ok(given.toString().includes('given, not computed'), given.toString());
    await rejects(async () => explain(3 as unknown as Tensor), 'ArgumentError', /must be a tensor/);
  });

  test('the parts of the memory add up', async () => {
    const { step } = perceptron();
    for (let at = 0; at < 4; at++) await step().item();
    const big = await randn(1200, 1000).add(1).realize();
    const summary = memory.summary();
    const { live, pooled, peak, tensors } = memory();
    same([summary.live, summary.pooled, summary.peak, summary.tensors], [live, pooled, peak, tensors]);
    const total = (list: readonly { readonly bytes: number }[]) => list.reduce((sum, { bytes }) => sum + bytes, 0);
    same(total(summary.kinds) + total(summary.shared), live, 'live');
    same(total(summary.pool), pooled, 'pooled');
    same(
      summary.kinds.reduce((sum, { count }) => sum + count, 0),
      tensors,
      'values',
    );
    // Outside of `run` nothing lies in scratch memory, so every byte has a name.
    ok(!summary.shared.some(({ name }) => name === 'scratch memory'), `there is scratch memory:\n${summary}`);
    ok(
      summary.values.some(({ shape, bytes }) => shape.join() === '1200,1000' && bytes >= big.numel() * bytesPer),
      'a value is missing',
    );
    const text = summary.toString();
    for (const word of ['live', 'pooled', 'state', '(1200, 1000)']) ok(text.includes(word), `the table lacks ${word}`);
  });
});
