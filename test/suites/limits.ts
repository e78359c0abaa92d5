// Sizes and shapes that break naive kernels: more elements than workgroups of one dimension, more bytes than a default
// binding, many inputs, depth, emptiness, and shapes that never repeat. All right, or a clear error.
import { cat, full, getDefaultDevice, nn, ones, tensor, type Tensor, zeros } from '../../src/index.ts';
import { close, ok, rejects, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

/** The values ((i mod 13) - 6) / 4 with their shape; exact in float32, as are their sums below 2^22. */
function pattern(...shape: number[]): { x: Tensor; at: (i: number) => number } {
  const size = shape.reduce((product, length) => product * length, 1);
  const at = (i: number): number => ((i % 13) - 6) / 4;
  return { x: tensor(Float32Array.from({ length: size }, (_, i) => at(i))).view(shape), at };
}

const sumTo = (size: number, value: (i: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += value(i);
  return sum;
};

export const suite = defineSuite('limits', (test) => {
  test('cat of 20 tensors, forward and back', async () => {
    const parts = Array.from({ length: 20 }, (_, at) => full([3, at + 1], at).requiresGrad_());
    const joined = cat(parts, 1);
    same([...joined.shape], [3, 210]);
    const row = Array.from({ length: 20 }, (_, at) => Array.from({ length: at + 1 }, () => at)).flat();
    same(await joined.tolist(), [row, row, row]);
    joined.mul(joined).sum().backward();
    same(await (parts[19].grad as Tensor).index(2, 19).item(), 38);
    const sum = cat(parts.map((part) => part.sum().mul(2).unsqueeze(0)));
    close(
      await sum.numpy(),
      Array.from({ length: 20 }, (_, at) => 6 * at * (at + 1)),
    );
    const chain = parts.map((part) => part.index(':', ':1')).reduce((total, part) => total.add(part));
    same(await chain.tolist(), [[190], [190], [190]]);
  });

  test('129 MiB: right, or a clear error', async ({ device }) => {
    const size = 129 * 2 ** 18;
    try {
      const x = full([size], 0.5);
      x.index('-2').fill_(-3);
      const y = x
        .mul(2)
        .add(full([size], -0.25))
        .relu();
      // 0.75 everywhere but for one 0.
      close(await y.sum().item(), 0.75 * (size - 1), { relative: 1e-5 });
      same(await y.index('-3:').tolist(), [0.75, 0, 0.75]);
      for (const one of [x, y]) one.dispose();
    } catch (error) {
      ok(device === 'webgpu', `the CPU has no such limit: ${String(error)}`);
      ok(/bytes|MiB|bind/.test((error as Error).message), `a clear error: ${String(error)}`);
    }
  });

  test('4,194,241 elements, one more than 65,535 workgroups of 64 reach', async () => {
    const size = 4_194_241;
    const { x, at } = pattern(size);
    const y = x.mul(2).add(1).relu();
    const wanted = (i: number): number => Math.max(2 * at(i) + 1, 0);
    close(await y.sum().item(), sumTo(size, wanted), { relative: 1e-6 });
    const tail = Array.from({ length: 70 }, (_, i) => wanted(size - 70 + i));
    same(await y.index('-70:').tolist(), tail);
    same(await x.argmax().item(), 12);
    same(await x.eq(1.5).sum().item(), Math.floor((size - 13) / 13) + 1);
    for (const one of [x, y]) one.dispose();
  });

  test('70,000 rows of 4', async () => {
    const [rows, columns] = [70_000, 4];
    const { x, at } = pattern(rows, columns);
    const soft = x.softmax(1);
    const line = (row: number): number[] => {
      const powers = Array.from({ length: columns }, (_, column) => Math.exp(at(row * columns + column)));
      const total = powers.reduce((sum, power) => sum + power, 0);
      return powers.map((power) => power / total);
    };
    close(await soft.index('-2:').tolist(), [line(rows - 2), line(rows - 1)]);
    close(await soft.index('65535:65537').tolist(), [line(65_535), line(65_536)]);
    close(await soft.sum().item(), rows, { relative: 1e-5 });
    const sums = await x.sum(1).numpy();
    const wanted = Array.from({ length: rows }, (_, row) => sumTo(columns, (i) => at(row * columns + i)));
    close(sums, wanted);
    const totals = Array.from({ length: columns }, (_, column) => sumTo(rows, (row) => at(row * columns + column)));
    close(await x.sum(0).numpy(), totals);
    close(
      await x.amax(1).index('-3:').numpy(),
      [rows - 3, rows - 2, rows - 1].map((row) => Math.max(...[0, 1, 2, 3].map((i) => at(row * columns + i)))),
    );
  });

  test('products over K = 4097', async () => {
    const [M, K, N] = [5, 4097, 18];
    const [a, b] = [pattern(M, K), pattern(K, N)];
    const wanted = Array.from({ length: M }, (_, i) =>
      Array.from({ length: N }, (_one, j) => sumTo(K, (k) => a.at(i * K + k) * b.at(k * N + j))),
    );
    close(await a.x.matmul(b.x).tolist(), wanted, { absolute: 1e-3 });
    close(
      await a.x.matmul(b.x).add(1).relu().tolist(),
      wanted.map((row) => row.map((value) => Math.max(value + 1, 0))),
      { absolute: 1e-3 },
    );
    close(
      await b.x.t().matmul(a.x.t()).tolist(),
      wanted[0].map((_, j) => wanted.map((row) => row[j])),
      { absolute: 1e-3 },
    );
    close(
      await a.x.matmul(b.x.index(':', 3)).tolist(),
      wanted.map((row) => row[3]),
      { absolute: 1e-3 },
    );
  });

  test('nothing at all, through chains, reductions, products and back', async () => {
    const x = zeros(0, 3, { requiresGrad: true });
    const y = x.mul(2).add(1).relu().exp();
    same([[...y.shape], await y.tolist()], [[0, 3], []]);
    same(await y.sum().item(), 0);
    same(await y.sum(0).tolist(), [0, 0, 0]);
    same([...y.sum(1).shape], [0]);
    same(await y.mean(0).tolist(), [NaN, NaN, NaN]);
    same(await y.prod(0).tolist(), [1, 1, 1]);
    same(await y.softmax(1).tolist(), []);
    same(await y.softmax(0).sum(0).tolist(), [0, 0, 0]);
    same(await y.gt(0).any().item<boolean>(), false);
    same(await y.gt(0).all().item<boolean>(), true);
    same(await y.t().matmul(y).tolist(), [
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    same(await zeros(2, 0).matmul(zeros(0, 4)).add(1).tolist(), [
      [1, 1, 1, 1],
      [1, 1, 1, 1],
    ]);
    same(await cat([y, ones(1, 3)]).tolist(), [[1, 1, 1]]);
    y.sum().add(y.sum(0).mul(2).sum()).backward();
    same([...(x.grad as Tensor).shape], [0, 3]);
    same(await (x.grad as Tensor).tolist(), []);
    throws(() => y.amax(0), 'ShapeError');
  });

  test('a graph 10,000 deep, forward and back', async () => {
    const x = tensor([1, -2], { requiresGrad: true });
    let y = x.mul(1);
    for (let at = 0; at < 5_000; at++) y = y.add(0.5).mul(at % 2 === 0 ? 0.5 : 2);
    // z -> 2 ((z + 0.5) / 2 + 0.5) adds 1.5 in two steps.
    const wanted = [1 + 2_500 * 1.5, -2 + 2_500 * 1.5];
    same(await y.tolist(), wanted);
    y.sum().backward();
    same(await (x.grad as Tensor).tolist(), [1, 1]);
    same(await y.tolist(), wanted, 'read again');
  });

  test('a value that others were read through stays readable', async () => {
    let u = tensor([1, 2, 3]);
    for (let at = 0; at < 20; at++) u = u.add(u).mul(0.5);
    same(await u.sum().item(), 6);
    same(await u.tolist(), [1, 2, 3]);
    let v = tensor([1, 2]);
    for (let at = 0; at < 1_200; at++) v = v.add(1);
    const square = v.square();
    same(await square.tolist(), [1201 ** 2, 1202 ** 2]);
    same(await v.tolist(), [1201, 1202]);
  });

  test('two kernels that differ only in which reads share a buffer', async () => {
    const [x, y] = [tensor([0, 1, 4, 9]), tensor([10, 20, 30])];
    same(await x.index(':3').add(x.index('1:')).mul(y).tolist(), [10, 100, 390]);
    same(await y.add(x.index(':3')).mul(x.index('1:')).tolist(), [10, 84, 306]);
  });

  test('reads that run backwards, with lanes of several elements', async () => {
    const [rows, columns] = [64, 128];
    const { x, at } = pattern(rows, columns);
    const flat = x.flatten();
    const size = rows * columns;
    const back = Array.from({ length: size }, (_, i) => 2 * at(size - 1 - i));
    same([...(await flat.flip(0).mul(2).numpy())], back);
    const totals = Array.from({ length: columns }, (_, j) =>
      sumTo(rows, (i) => at(i * columns + columns - 1 - j) * at(j)),
    );
    close(
      await x
        .flip(1)
        .mul(flat.index(`:${columns}`))
        .sum(0)
        .numpy(),
      totals,
    );
    const picked = tensor(Int32Array.from({ length: rows }, (_, i) => i));
    const wanted = Array.from({ length: rows }, (_, i) => {
      const powers = Array.from({ length: columns }, (_one, j) => Math.exp(at(i * columns + j)));
      return Math.log(powers.reduce((sum, power) => sum + power, 0)) - at(i * columns + columns - 1 - i);
    });
    close(await nn.functional.crossEntropy(x.flip(1), picked, { reduction: 'none' }).numpy(), wanted);
  });

  test('a small step that is linked into one dispatch reads each value where it lies', async () => {
    for (let use = 0; use < 8; use++) {
      const x = tensor([
        [1, 2 + use],
        [3, 4],
      ]);
      const m = x.square().sum(0, true).add(x);
      // [[11, 22], [13, 24]] for use 0; 4 m m summed.
      const values = [
        [11, 22 + 5 * use + use * use],
        [13, 24 + 4 * use + use * use],
      ].flat();
      same(
        await m.add(m.t().mul(3).t()).mul(m).sum().item(),
        4 * values.reduce((sum, one) => sum + one * one, 0),
        `use ${use}`,
      );
    }
  });

  test('running sums along long lines', async () => {
    for (const [outer, count, inner] of [
      [1, 100_003, 1],
      [2, 4097, 3],
      [1, 5000, 40],
    ]) {
      const value = (i: number) => ((i * 37) % 19) - 8;
      const numbers = Int32Array.from({ length: outer * count * inner }, (_, i) => value(i));
      const wanted = numbers.slice();
      for (let at = 0; at < wanted.length; at++)
        if (Math.floor(at / inner) % count > 0) wanted[at] += wanted[at - inner];
      same(await tensor(numbers).view(outer, count, inner).cumsum(1).view(-1).numpy(), wanted);
      const parts = tensor(Float32Array.from(numbers, (one) => one / 8));
      const sums = await parts.view(outer, count, inner).cumsum(1).view(-1).numpy();
      close(
        sums,
        Array.from(wanted, (one) => one / 8),
        { absolute: 1e-3, relative: 1e-5 },
      );
    }
  });

  test('a loop that never reads is told so', async () => {
    const endless = async (): Promise<void> => {
      let y = tensor([1]);
      for (let at = 0; at < 300_000; at++) y = y.mul(2);
    };
    await rejects(endless, 'RunawayGraphError');
    // The device goes on.
    same(await tensor([1, 2]).add(1).tolist(), [2, 3]);
  });

  test('a shape that changes at every step makes no pipeline of its own', async ({ device }) => {
    const backend = getDefaultDevice().backend as unknown as { counts?: () => { pipelines: number } };
    const pipelines = (): number => (device === 'webgpu' ? (backend.counts?.().pipelines ?? NaN) : 0);
    const weight = tensor([1, 2, 3, 4], { requiresGrad: true });
    const step = async (rows: number): Promise<void> => {
      const { x, at } = pattern(rows, 4);
      const loss = x.mul(weight).sum(1).tanh().sub(x.softmax(1).amax(1)).square().mean();
      weight.grad = null;
      loss.backward();
      const lines = Array.from({ length: rows }, (_, row) => [0, 1, 2, 3].map((column) => at(row * 4 + column)));
      const wanted = lines.map((line) => {
        const powers = line.map(Math.exp);
        const soft = Math.max(...powers) / powers.reduce((sum, power) => sum + power, 0);
        return (Math.tanh(line.reduce((sum, value, column) => sum + value * (column + 1), 0)) - soft) ** 2;
      });
      close(
        await loss.item(),
        wanted.reduce((sum, value) => sum + value, 0) / rows,
        { relative: 2e-5 },
        `${rows} rows`,
      );
      await (weight.grad as unknown as Tensor).numpy();
    };
    // Sizes of every remainder, below and above the bounds of wide lanes.
    for (let rows = 30; rows < 46; rows++) await step(rows);
    for (let rows = 1030; rows < 1046; rows++) await step(rows);
    const before = pipelines();
    for (let rows = 46; rows < 70; rows++) await step(rows);
    for (let rows = 1046; rows < 1070; rows++) await step(rows);
    ok(pipelines() - before <= 4, `48 more shapes made ${pipelines() - before} pipelines more`);
  });
});
