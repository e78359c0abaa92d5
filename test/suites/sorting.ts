// Sorting, order statistics, counting and running extrema: PyTorch's answers where order matters (golden/sorting.json), stability
// in long lines, lines beyond one dimension of workgroups, and that what is asked for is bound at the call.
import {
  ArgumentError,
  argsort,
  bincount,
  compile,
  cummax,
  cummin,
  DTypeError,
  IndexError,
  isin,
  kthvalue,
  logcumsumexp,
  mode,
  quantile,
  searchsorted,
  ShapeError,
  sort,
  tensor,
  type Tensor,
  topk,
  unique,
  uniqueConsecutive,
} from '../../src/index.ts';
import golden from '../golden/sorting.json';
import { checkSample, type Sample } from '../ops/samples.ts';
import { close, rejects, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const samples = golden as unknown as Readonly<Record<string, readonly Sample[]>>;

/** Numbers without order: 0 .. range - 1. */
const scattered = (size: number, range: number): number[] =>
  Array.from({ length: size }, (_, at) => ((Math.imul(at + 1, 0x9e3779b1) >>> 7) ^ (at >>> 3)) % range);

/** Positions in the order of their numbers, ties in their own. */
function orderOf(values: ArrayLike<number>, falling = false): number[] {
  const sign = falling ? -1 : 1;
  return Array.from(values, (_, at) => at).sort((a, b) => sign * (values[a] - values[b]) || a - b);
}

const numbers = async (x: Tensor): Promise<number[]> => Array.from(await x.numpy());

export const suite = defineSuite('sorting', (test) => {
  for (const [op, list] of Object.entries(samples)) {
    test(`${op}: as PyTorch`, async ({ device }) => {
      const relative = device === 'cpu' ? 1e-5 : 2e-5;
      const bounds = { value: { absolute: 2e-6, relative }, gradient: { absolute: 1e-5, relative: 1e-4 } };
      for (const [at, sample] of list.entries()) {
        await checkSample(op, sample, bounds).catch((error: unknown) => {
          throw new Error(`sample ${at}: ${String(error)}`, { cause: error });
        });
      }
    });
  }

  test('lines of all lengths around a run and a merge', async () => {
    for (const size of [1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 65, 257, 1000]) {
      const values = scattered(3 * size, 17);
      const x = tensor(values).view(3, size);
      for (const falling of [false, true]) {
        const found = await numbers(argsort(x, 1, falling));
        for (let line = 0; line < 3; line++) {
          const part = (list: number[]): number[] => list.slice(line * size, (line + 1) * size);
          same(part(found), orderOf(part(values), falling), `${size} elements`);
        }
      }
    }
  });

  test('70,000 elements with ties: stable, rising and falling', async () => {
    const values = scattered(70_000, 1000);
    const x = tensor(Int32Array.from(values));
    for (const falling of [false, true]) {
      const wanted = orderOf(values, falling);
      const { values: sorted, indices } = sort(x, 0, falling);
      same(await numbers(indices), wanted);
      same(
        await numbers(sorted),
        wanted.map((at) => values[at]),
      );
    }
    const few = topk(x, 5);
    same(await numbers(few.indices), orderOf(values, true).slice(0, 5));
    same(await kthvalue(x, 40_000).indices.item(), orderOf(values)[39_999]);
  });

  test('70,000 lines along either dimension', async () => {
    const values = scattered(210_000, 7);
    const x = tensor(Float32Array.from(values)).view(70_000, 3);
    const found = await numbers(sort(x, 1).indices);
    for (const line of [0, 1, 65_535, 65_536, 69_999]) {
      same(found.slice(line * 3, line * 3 + 3), orderOf(values.slice(line * 3, line * 3 + 3)), `line ${line}`);
    }
    const turned = await numbers(topk(x.t(), 2, 0, { largest: false }).indices);
    for (const line of [0, 65_536, 69_999]) {
      const wanted = orderOf(values.slice(line * 3, line * 3 + 3)).slice(0, 2);
      same([turned[line], turned[70_000 + line]], wanted, `line ${line}`);
    }
  });

  test('a sort goes back: every gradient to its element', async () => {
    const values = scattered(5000, 1 << 20);
    const x = tensor(Float32Array.from(values)).requiresGrad_();
    const weights = tensor(Float32Array.from({ length: 5000 }, (_, at) => at));
    sort(x).values.mul(weights).sum().backward();
    const ranks = new Array<number>(5000);
    orderOf(values).forEach((at, rank) => (ranks[at] = rank));
    same(await numbers(x.grad as Tensor), ranks);
  });

  test('running extrema and logs of sums along 70,000 elements', async () => {
    const values = scattered(70_000, 60_000).map((value) => value - 20_000);
    const x = tensor(Float32Array.from(values));
    let [most, least] = [0, 0];
    const wanted = values.map((value, at) => {
      if (value >= values[most]) most = at;
      if (value <= values[least]) least = at;
      return [most, least] as const;
    });
    same(
      await numbers(cummax(x, 0).indices),
      wanted.map(([one]) => one),
    );
    same(
      await numbers(cummin(x, 0).indices),
      wanted.map(([, one]) => one),
    );
    let total = -Infinity;
    const logs = values.map((value) => {
      const term = value / 1000;
      const top = Math.max(total, term);
      return (total = top + Math.log1p(Math.exp(Math.min(total, term) - top)));
    });
    close(await numbers(logcumsumexp(x.div(1000), 0)), logs, { absolute: 1e-5, relative: 1e-6 });
  });

  test('counts of 70,000 elements', async () => {
    const values = scattered(70_000, 300);
    const x = tensor(Int32Array.from(values));
    const counts = new Array<number>(300).fill(0);
    for (const value of values) counts[value]++;
    same(await numbers(await bincount(x)), counts);
    const present = counts.flatMap((count, at) => (count > 0 ? [at] : []));
    const [distinct, inverse, times] = await unique(x, { returnInverse: true, returnCounts: true });
    same(await numbers(distinct), present);
    same(
      await numbers(times),
      present.map((at) => counts[at]),
    );
    same(
      await numbers(inverse),
      values.map((value) => present.indexOf(value)),
    );
    same(
      await isin(x, tensor([5, 7, 299], { dtype: 'int32' }))
        .sum()
        .item(),
      counts[5] + counts[7] + counts[299],
    );
    const top = Math.max(...counts);
    same(await mode(x, 0).values.item(), counts.indexOf(top));
    same(await mode(x, 0).indices.item(), values.lastIndexOf(counts.indexOf(top)));
  });

  test('NaN: each differs from all others, and comes last', async () => {
    const [distinct, inverse] = await unique(tensor([NaN, 2, NaN, 2, -1]), { returnInverse: true });
    same(await numbers(distinct), [-1, 2, NaN, NaN]);
    same(await numbers(inverse), [2, 1, 3, 1, 0]);
  });

  test('what is counted is bound at the call', async () => {
    const x = tensor([3, 1, 3], { dtype: 'int32' });
    const pending = [unique(x), uniqueConsecutive(x), bincount(x)] as const;
    x.fill_(7);
    const answers = await Promise.all((await Promise.all(pending)).map((one) => numbers(one)));
    same(answers, [
      [1, 3],
      [3, 1, 3],
      [0, 1, 0, 2],
    ]);
  });

  test('positions that are written later do not reach the gradient', async () => {
    const x = tensor([3, 1, 2]).requiresGrad_();
    const { values, indices } = sort(x);
    indices.fill_(0);
    values
      .mul(tensor([1, 10, 100]))
      .sum()
      .backward();
    same(await numbers(x.grad as Tensor), [100, 1, 10]);
  });

  test('a captured step sorts what it is given', async () => {
    const step = compile((x: Tensor) => topk(x, 2).values.sum());
    for (let at = 0; at < 5; at++) {
      close(await step(tensor([at, 5, 1, at * 3, -2])).item(), [6, 8, 11, 14, 17][at]);
    }
  });

  test('mistakes are named', async () => {
    const x = tensor([3, 1, 2]);
    throws(() => sort(x, 1), IndexError, /\[sort\] dim/);
    throws(() => topk(x, 4), ArgumentError, /\[topk\] k is 4/);
    throws(() => kthvalue(x, 0), ArgumentError, /\[kthvalue\] k is 0/);
    throws(() => quantile(x, 1.5), ArgumentError, /\[quantile\] q is 1\.5/);
    throws(() => quantile(x.to('int32'), 0.5), DTypeError, /\[quantile\] dtype int32/);
    throws(() => mode(tensor(new Float32Array(0)), 0), ShapeError, /\[mode\] .* no elements/);
    throws(() => searchsorted(x.view(1, 3), tensor([[1], [2]])), ShapeError, /\[searchsorted\]/);
    throws(() => x.histc(0), ArgumentError, /\[histc\] 0 bins/);
    await rejects(bincount(tensor([1, -1], { dtype: 'int32' })), ArgumentError, /\[bincount\] an element -1/);
    await rejects(bincount(x), DTypeError, /\[bincount\] dtype float32/);
  });
});
