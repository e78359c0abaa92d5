// How near float32 results come to float64 ones: long sums, running sums, norms, variances of data with a large mean, and
// NaN and infinity through what reduces, sorts and normalises.
import { cat, fromNumpy, linalg, nn, std, tensor, type Tensor, variance } from '../../src/index.ts';
import { ok, same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';
import { numbersFor, real } from '../ops/table.ts';

const million = 1_000_000;

/** The error of a number against float64's, as a share of `scale`. */
function within(label: string, found: number, wanted: number, scale: number, bound: number): void {
  const error = Math.abs(found - wanted) / scale;
  ok(error <= bound, `${label}: ${found}, wanted ${wanted}: an error of ${error.toExponential(2)} > ${bound}`);
}

function total(values: readonly number[], of: (x: number) => number = (x) => x): number {
  // Neumaier's sum: exact to float64.
  let [sum, rest] = [0, 0];
  for (const value of values) {
    const x = of(value);
    const next = sum + x;
    rest += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  return sum + rest;
}

const read = async (x: Tensor): Promise<number> => Number(await x.item());

export const suite = defineSuite('accuracy', (test) => {
  const positive = numbersFor(real([million], 0, 1), 11);
  const mixed = numbersFor(real([million], -1, 1), 12);

  test('sums of a million numbers', async () => {
    for (const [name, values] of [
      ['positive', positive],
      ['of both signs', mixed],
    ] as const) {
      const size = total(values, Math.abs);
      const x = fromNumpy(Float32Array.from(values));
      within(`sum, ${name}`, await read(x.sum()), total(values), size, 2e-7);
      within(`mean, ${name}`, await read(x.mean()), total(values) / million, size / million, 2e-7);
      within(`a column, ${name}`, await read(x.reshape(-1, 4).sum(0).sum()), total(values), size, 2e-7);
      within(`rows, ${name}`, await read(x.reshape(1000, 1000).t().sum(0).sum()), total(values), size, 2e-7);
      within(
        `norm, ${name}`,
        await read(linalg.norm(x)),
        Math.sqrt(total(values, (v) => v * v)),
        Math.sqrt(size),
        5e-7,
      );
      within(
        `dot, ${name}`,
        await read(x.dot(x)),
        total(values, (v) => v * v),
        size,
        1e-6,
      );
    }
  });

  test('the last running sum of a million numbers', async () => {
    const x = fromNumpy(Float32Array.from(positive));
    within('cumsum', await read(x.cumsum(0).index(-1)), total(positive), total(positive), 5e-6);
    within('logsumexp', await read(x.logsumexp(0)), Math.log(total(positive, Math.exp)), 14, 2e-7);
  });

  test('the variance of data with a large mean', async () => {
    // 1e4 + small, as float32 holds it: 13 bits are left for what is small.
    const values = numbersFor(real([4096], -0.5, 0.5), 13).map((v) => Math.fround(1e4 + v));
    const mean = total(values) / values.length;
    const spread = total(values, (v) => (v - mean) ** 2) / (values.length - 1);
    const x = fromNumpy(Float32Array.from(values));
    within('var', await read(variance(x)), spread, spread, 1e-6);
    within('std', await read(std(x)), Math.sqrt(spread), Math.sqrt(spread), 1e-6);
    const rows = await variance(x.reshape(16, 256), 1).numpy();
    rows.forEach((found, at) => {
      const part = values.slice(at * 256, at * 256 + 256);
      const centre = total(part) / 256;
      const wanted = total(part, (v) => (v - centre) ** 2) / 255;
      within(`row ${at}`, found, wanted, wanted, 1e-6);
    });
  });

  test('NaN and infinity through reductions of long lines', async () => {
    const line = new Float32Array(5000).fill(1);
    line[4321] = NaN;
    line[99] = Infinity;
    const x = fromNumpy(line);
    same(
      [await read(x.sum()), await read(x.mean()), await read(x.prod()), await read(x.max()), await read(x.min())],
      [NaN, NaN, NaN, NaN, NaN],
    );
    same([await read(x.argmax()), await read(x.argmin())], [4321, 4321]);
    same([await read(variance(x)), await read(x.norm()), await read(x.logsumexp(0))], [NaN, NaN, NaN]);
    const finite = cat([x.index(':4321'), x.index('4322:')]);
    same(
      [await read(finite.sum()), await read(finite.max()), await read(finite.min()), await read(finite.logsumexp(0))],
      [Infinity, Infinity, 1, Infinity],
    );
    same(await finite.neg().index('90:110').cumsum(0).index([0, 8, 9, 19]).tolist(), [-1, -9, -Infinity, -Infinity]);
    const soft = await nn.functional.softmax(tensor([NaN, 1, 2]), 0).tolist();
    same(soft, [NaN, NaN, NaN]);
    same(await nn.functional.relu(tensor([NaN, -Infinity, Infinity])).tolist(), [NaN, 0, Infinity]);
    same(await tensor([NaN, -Infinity, Infinity, 0.5]).clamp(-1, 1).tolist(), [NaN, -1, 1, 0.5]);
  });
});
