// Data sets and loaders: shapes, orders, and PyTorch's draws from the right generators.
import { arange, data, Generator, manualSeed, ones, rand, tensor, type Tensor, zeros } from '../../src/index.ts';
import { close, ok, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const rows = async (batches: Iterable<readonly [Tensor, ...unknown[]]>): Promise<unknown[]> => {
  const read: Promise<unknown>[] = [];
  for (const [x] of batches) read.push(x.tolist());
  return Promise.all(read);
};

export const suite = defineSuite('data', (test) => {
  test('TensorDataset: length, samples, unequal lengths', async () => {
    const set = new data.TensorDataset(arange(6).reshape(3, 2), tensor([5, 6, 7]));
    const [x, y] = set.get(-1);
    same([set.length, await x.tolist(), await y.item()], [3, [4, 5], 7]);
    throws(() => set.get(3), 'IndexError', /index 3 of 3 samples/);
    throws(
      () => new data.TensorDataset(zeros(5, 4), zeros(3), zeros(5)),
      'ShapeError',
      '[data.TensorDataset] tensors of shapes (5, 4), (3,), (5,): all must have the same first size; the lengths are 5, 3, 5.',
    );
    throws(() => new data.TensorDataset([zeros(2)] as never), 'ArgumentError', /Spread the list/);
  });

  test("a sampler of the user's", async () => {
    class Backwards extends data.Sampler {
      readonly length = 3;
      *[Symbol.iterator](): Iterator<number> {
        yield* [2, 1, 0];
      }
    }
    const loader = new data.DataLoader([5, 6, 7], { sampler: new Backwards(), batchSize: 2 });
    same([loader.length, await Promise.all([...loader].map((one) => one.tolist()))], [2, [[7, 6], [5]]]);
    ok(new data.SequentialSampler([1]) instanceof data.Sampler, 'its own samplers are samplers');
  });

  test('samplers, batches and tables say what they were given', () => {
    const any = (value: unknown) => value as never;
    throws(
      () => new data.SequentialSampler(any(3)),
      'ArgumentError',
      '[data.SequentialSampler] dataset is 3: it must be a data set with a length.',
    );
    throws(
      () => new data.RandomSampler(any(null)),
      'ArgumentError',
      /^\[data.RandomSampler\] dataset is (null|missing)/,
    );
    throws(
      () => new data.RandomSampler([1], any({ generator: 3 })),
      'ArgumentError',
      /generator is 3: it must be a Generator/,
    );
    throws(() => new data.RandomSampler([1], any({ num_samples: 3 })), 'ArgumentError', /Did you mean numSamples\?/);
    throws(() => new data.SubsetRandomSampler(any(4)), 'ArgumentError', /indices is 4: it must be a list of positions/);
    throws(
      () => new data.WeightedRandomSampler(any('ab'), 2),
      'ArgumentError',
      /weights is 'ab': it must be a list of num/,
    );
    throws(
      () => new data.BatchSampler(any(7), 2, false),
      'ArgumentError',
      /sampler is 7: it must be positions to iterate/,
    );
    throws(() => data.defaultCollate(any(undefined)), 'ArgumentError', /^\[data.defaultCollate\] samples is undefined/);
    throws(
      () => data.defaultCollate([any(zeros(2)), any(3)]),
      'ArgumentError',
      /holds a tensor \(2\), sample 1 3: the samples of a/,
    );
    throws(() => data.defaultCollate([any([1]), any(null)]), 'ArgumentError', /holds \[1\], sample 1 null/);
    throws(
      () => data.defaultCollate([any({ x: 1 }), any({ y: 1 })]),
      'ArgumentError',
      /sample 1 of a batch has no x, but y/,
    );
    throws(() => data.getDummies(any(null)), 'ArgumentError', /frame is null: it must be a DataFrame. Make one/);
    throws(() => new data.DataFrame(any(3)), 'ArgumentError', /columns is 3: it must be a list of columns/);
    throws(
      () => new data.DataFrame([any({ name: 'x', dtype: 'int64', values: [1] })]),
      'ArgumentError',
      /must be a Float64Array/,
    );
    throws(() => data.randomSplit([1, 2], any(2)), 'ArgumentError', /lengths is 2: it must be a list of numbers/);
    throws(() => new data.ConcatDataset(any(3)), 'ArgumentError', /datasets is 3: it must be a list of data sets/);
  });

  test('batches in order, the last one smaller or dropped', async () => {
    const set = new data.TensorDataset(arange(5), arange(5).mul(10));
    const loader = new data.DataLoader(set, { batchSize: 2 });
    same(loader.length, 3);
    same(await rows(loader), [[0, 1], [2, 3], [4]]);
    const dropped = new data.DataLoader(set, 2, { dropLast: true });
    same(
      [dropped.length, await rows(dropped)],
      [
        2,
        [
          [0, 1],
          [2, 3],
        ],
      ],
    );
    same(await rows(new data.DataLoader(set)), [[0], [1], [2], [3], [4]]);
    for (const [x, y] of loader) {
      const pair: [Tensor, Tensor] = [x, y];
      same(pair[1].shape, x.shape);
    }
    const [first] = [...loader];
    same(await first[1].tolist(), [0, 10]);
  });

  test("a batch is the user's own: writing to it leaves the data set alone, and the other way round", async () => {
    const x = arange(4).to('float32');
    for (const shuffle of [false, true]) {
      const [[first], [second]] = [...new data.DataLoader(new data.TensorDataset(x), { batchSize: 2, shuffle })];
      const before = await second.tolist();
      first.mul_(0).add_(7);
      x.add_(1);
      same([await first.tolist(), await second.tolist()], [[7, 7], before]);
      x.sub_(1);
      same(await x.tolist(), [0, 1, 2, 3]);
    }
  });

  test('shuffled as PyTorch does, epoch after epoch', async () => {
    const set = new data.TensorDataset(arange(10));
    manualSeed(0);
    const loader = new data.DataLoader(set, { batchSize: 4, shuffle: true });
    same(await rows(loader), SHUFFLED[0]);
    same(await rows(loader), SHUFFLED[1]);
    close(await rand(1).tolist(), AFTER, { absolute: 1e-7 });
  });

  test('a generator of its own: both draws from it, none from the default', async () => {
    const set = new data.TensorDataset(arange(10));
    manualSeed(0);
    const loader = new data.DataLoader(set, { batchSize: 4, shuffle: true, generator: new Generator().manualSeed(7) });
    same(await rows(loader), OWN[0]);
    same(await rows(loader), OWN[1]);
    close(await rand(1).tolist(), FRESH, { absolute: 1e-7 });
  });

  test('an iterator draws its base seed when it is made, the order with the first batch', async () => {
    manualSeed(0);
    const loader = new data.DataLoader(new data.TensorDataset(arange(10)), { batchSize: 10, shuffle: true });
    const iterator = loader[Symbol.iterator]();
    const between = await rand(1).tolist();
    const { value } = iterator.next() as { value: readonly [Tensor] };
    close(between, BETWEEN[0], { absolute: 1e-7 });
    same(await value[0].tolist(), BETWEEN[1]);
  });

  test('samplers', () => {
    same([...new data.SequentialSampler(ofLength(3))], [0, 1, 2]);
    manualSeed(1);
    same([...new data.RandomSampler(ofLength(5), { replacement: true, numSamples: 40 })], REPLACED);
    manualSeed(1);
    same([...new data.RandomSampler(ofLength(5), { numSamples: 12 })], ROUNDS);
    same([...new data.BatchSampler([3, 1, 2], 2, false)], [[3, 1], [2]]);
    throws(
      () => new data.RandomSampler(ofLength(0)),
      'ArgumentError',
      /numSamples is 0: it must be a positive integer/,
    );
    const loader = new data.DataLoader([10, 11, 12], { batchSampler: [[2, 0], [1]] });
    same(loader.length, 2);
  });

  test('any data set: numbers, tuples, objects, text; collateFn; single samples', async () => {
    const list = [1, 2, 3].map((value) => ({ x: ones(2).mul(value), label: value, name: `n${value}` }));
    const [batch] = [...new data.DataLoader(list, { batchSize: 2 })];
    same(
      [batch.x.shape, batch.label.dtype, await batch.label.tolist(), batch.name],
      [[2, 2], 'int32', [1, 2], ['n1', 'n2']],
    );
    const pairs: [number, boolean][] = [
      [0.5, true],
      [1, false],
    ];
    const [[values, flags]] = [...new data.DataLoader(pairs, { batchSize: 2 })];
    same([values.dtype, flags.dtype], ['float32', 'bool']);
    const sums = new data.DataLoader([1, 2, 3], { batchSize: 2, collateFn: (samples: number[]) => samples.length });
    same([...sums], [2, 1]);
    same([...new data.DataLoader(['a', 'b'], { batchSize: null, collateFn: null as never })], ['a', 'b']);
    const squares: data.Dataset<number> = { length: 3, get: (index) => index ** 2 };
    const [all] = [...new data.DataLoader(squares, { batchSize: 3 })];
    same(await all.tolist(), [0, 1, 4]);
    throws(() => [...new data.DataLoader([new Map()] as never)], 'ArgumentError', /a sample holds a Map/);
  });

  test('Subset and randomSplit', async () => {
    const set = new data.TensorDataset(arange(10));
    const part = new data.Subset(set, [7, 3]);
    same(await rows(new data.DataLoader(part, { batchSize: 2 })), [[7, 3]]);
    manualSeed(0);
    const parts = data.randomSplit(set, [6, 4]);
    same(
      parts.map(({ indices }) => [...indices]),
      SPLIT,
    );
    same(
      data.randomSplit(set, [0.5, 0.25, 0.25]).map(({ length }) => length),
      [6, 2, 2],
    );
    throws(() => data.randomSplit(set, [6, 5]), 'ArgumentError', /lengths 6, 5 of 10 samples/);
  });

  test('for await gives the same batches', async () => {
    const set = new data.TensorDataset(arange(23));
    const loader = new data.DataLoader(set, { batchSize: 2 });
    const seen: unknown[] = [];
    for await (const [x] of loader) seen.push(...((await x.tolist()) as number[]));
    same(seen, [...Array(23).keys()]);
    let count = 0;
    for await (const [x] of loader) {
      if (++count === 3) break;
      ok(x.shape[0] === 2, 'a batch');
    }
    same(count, 3);
  });

  test('bad input', () => {
    const set = new data.TensorDataset(zeros(4));
    throws(
      () => new data.DataLoader(set, { batchSize: 0 }),
      'ArgumentError',
      '[data.DataLoader] batchSize is 0: it must be a positive integer.',
    );
    throws(
      () => new data.DataLoader(set, { batch_size: 2 } as never),
      'ArgumentError',
      /unknown option batch_size.*Did you mean batchSize\?/,
    );
    throws(
      () => new data.DataLoader(set, { shuffle: true, sampler: [1] }),
      'ArgumentError',
      /a sampler decides the order/,
    );
    throws(
      () => new data.DataLoader(set, { batchSize: 2, batchSampler: [[1]] }),
      'ArgumentError',
      /a batchSampler decides/,
    );
    throws(
      () => new data.DataLoader(set, { batchSize: null, dropLast: true }),
      'ArgumentError',
      /dropLast without batches/,
    );
    throws(
      () => new data.DataLoader({} as never),
      'ArgumentError',
      /it must be an array or have `length` and `get\(index\)`/,
    );
    throws(() => new data.DataLoader([], { shuffle: true }), 'ArgumentError', /numSamples is 0/);
  });
});

const ofLength = (length: number) => ({ length });

// PyTorch's numbers for the tests above.
const SHUFFLED = [
  [
    [6, 7, 1, 4],
    [2, 0, 9, 8],
    [3, 5],
  ],
  [
    [2, 4, 7, 0],
    [8, 9, 5, 3],
    [6, 1],
  ],
];
const AFTER = [0.455627977848053];
const OWN = [
  [
    [1, 3, 5, 7],
    [9, 4, 6, 2],
    [8, 0],
  ],
  [
    [5, 1, 6, 0],
    [9, 7, 8, 4],
    [3, 2],
  ],
];
const FRESH = [0.49625658988952637];
const BETWEEN = [[0.08847743272781372], [1, 2, 3, 5, 7, 6, 0, 9, 4, 8]];
const REPLACED = [
  1, 2, 0, 4, 1, 4, 0, 0, 4, 1, 2, 1, 4, 3, 0, 2, 4, 2, 1, 4, 2, 3, 3, 0, 3, 1, 1, 3, 2, 1, 1, 4, 0, 3, 1, 3, 2, 4, 3,
  0,
];
const ROUNDS = [1, 3, 4, 0, 2, 1, 0, 3, 4, 2, 4, 2];
const SPLIT = [
  [4, 1, 7, 5, 3, 9],
  [0, 8, 6, 2],
];
