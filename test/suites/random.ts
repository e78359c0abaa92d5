// Random numbers as users draw them: after manualSeed, the recorded calls give PyTorch's numbers (test/golden/random.json).
import golden from '../golden/random.json';
import * as wgrad from '../../src/index.ts';
import type { Tensor } from '../../src/index.ts';
import { close, ok, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const {
  bernoulli,
  empty,
  full,
  Generator,
  manualSeed,
  multinomial,
  normal,
  ones,
  rand,
  randint,
  randLike,
  randn,
  randnLike,
  randperm,
  tensor,
} = wgrad;

/** A call in the golden file's spelling: tuples are lists, and layers are made with `new`. */
function evaluate(call: string): Tensor | undefined {
  const layer = /^nn\.(\w+)\(/.exec(call)?.[1];
  if (layer !== undefined && !(layer in wgrad.nn)) return undefined;
  const source = call.replace(/, \(([\d, ]+)\)/g, ', [$1]').replace(/^nn\.([A-Z]\w*)/, 'new nn.$1');
  const names = [
    'nn',
    'rand',
    'randn',
    'normal',
    'randint',
    'randperm',
    'empty',
    'full',
    'bernoulli',
    'multinomial',
    'tensor',
  ] as const;
  // The golden file is ours; its calls are code.
  const run = new Function(...names, `return ${source}`) as (...all: unknown[]) => Tensor;
  return run(...names.map((name) => Reflect.get(wgrad, name) as unknown));
}

export const suite = defineSuite('random', (test) => {
  test('recorded streams', async () => {
    let checked = 0;
    for (const { manual_seed: seed, calls } of golden) {
      manualSeed(seed);
      for (const { call, value } of calls) {
        const drawn = evaluate(call);
        // A layer that is yet to come leaves the stream where it was: the rest of its row cannot be compared.
        if (drawn === undefined) break;
        same(drawn.shape, value.tensor, call);
        close(await drawn.detach().numpy(), value.data, { absolute: 0, relative: 1e-8 }, `seed ${seed}: ${call}`);
        checked++;
      }
    }
    ok(checked >= 48, `${checked} calls were compared`);
  });

  test('the same seed gives the same numbers, on every device', async () => {
    manualSeed(7);
    const first = [rand(5), randn(20), randint(10, [6]), randperm(9)];
    manualSeed(7);
    const second = [rand(5), randn(20), randint(10, [6]), randperm(9)];
    const again = await Promise.all([...first, ...second].map((one) => one.tolist()));
    same(again.slice(0, 4), again.slice(4));
    manualSeed(7);
    same(await rand(5, { device: 'cpu' }).tolist(), again[0]);
    same([wgrad.initialSeed(), wgrad.defaultGenerator.initialSeed()], [7n, 7n]);
  });

  test('a generator of its own', async () => {
    const generator = new Generator().manualSeed(3);
    manualSeed(3);
    const own = rand(4, { generator });
    randn(3, { generator });
    same(await own.tolist(), await rand(4).tolist());
    generator.manualSeed(3);
    same(await rand(4, { generator }).tolist(), await own.tolist());
    throws(
      () => rand(2, { generator: 5 as unknown as wgrad.Generator }),
      'ArgumentError',
      '[rand] generator is 5: it must be a Generator.',
    );
    throws(() => manualSeed(1.5), 'ArgumentError', '[manualSeed] seed is 1.5: it must be an integer.');
  });

  test('dtypes, shapes and domains', async () => {
    same([rand(2, 3).shape, rand([2, 3, 4]).shape, randn().shape, rand(2).dtype], [[2, 3], [2, 3, 4], [], 'float32']);
    same([randint(5, [3]).dtype, randperm(4).dtype, randint(2, 9, [2, 2]).shape], ['int32', 'int32', [2, 2]]);
    same([randLike(ones(2, 3)).shape, randnLike(ones(4)).shape], [[2, 3], [4]]);
    const u = (await rand(1000).numpy()) as Float32Array;
    ok(
      u.every((value) => value >= 0 && value < 1),
      'rand lies in [0, 1)',
    );
    const mean = u.reduce((sum, value) => sum + value, 0) / 1000;
    ok(Math.abs(mean - 0.5) < 0.05, `the mean of rand is ${mean}`);
    const drawn = (await randint(-2, 3, [500]).numpy()) as Int32Array;
    same([Math.min(...drawn), Math.max(...drawn)], [-2, 2]);
    same(
      [...((await randperm(50).numpy()) as Int32Array)].sort((a, b) => a - b),
      Array.from({ length: 50 }, (_, at) => at),
    );
  });

  test('normal with tensors, and the draws in place', async () => {
    manualSeed(1);
    const unit = await randn(3).numpy();
    manualSeed(1);
    const means = tensor([10, 20, 30]);
    close(
      await normal(means, 2).numpy(),
      Array.from(unit, (value, at) => 2 * value + 10 * (at + 1)),
    );
    manualSeed(1);
    close(
      await normal(1, tensor([1, 2, 3])).numpy(),
      Array.from(unit, (value, at) => 1 + (at + 1) * value),
    );
    manualSeed(1);
    const written = empty(3);
    ok(written.normal_() === written, 'normal_ answers with the tensor');
    close(await written.numpy(), Array.from(unit));
    const base = full([2, 4], 5);
    base.index(1).uniform_(-1, 0);
    const both = (await base.tolist()) as number[][];
    same(both[0], [5, 5, 5, 5]);
    ok(
      both[1].every((value) => value >= -1 && value < 0),
      'a row is drawn anew, the rest stays',
    );
    throws(() => normal(0, 1), 'ArgumentError', '[normal] size is missing: two numbers need a size.');
    throws(() => normal(0, -1, [2]), 'ArgumentError', '[normal] std -1: it must not be negative.');
    throws(() => randint(5, 5, [1]), 'ArgumentError', '[randint] from 5 to 5: low must be below high.');
    throws(() => empty(2).uniform_(1, 0), 'ArgumentError', '[uniform_] from 1 to 0: from must not be above to.');
  });

  test('bernoulli and multinomial draw by what is on the host', async () => {
    manualSeed(0);
    same(await bernoulli(tensor([0, 1, 0, 1])).tolist(), [0, 1, 0, 1]);
    const picks = (await multinomial(tensor([0, 3, 1]), 2).tolist()) as number[];
    same(
      picks.toSorted((a, b) => a - b),
      [1, 2],
    );
    same(
      multinomial(
        tensor([
          [1, 1],
          [1, 1],
        ]),
        5,
        true,
      ).shape,
      [2, 5],
    );
  });

  test('probabilities that were computed: the CPU device knows them, the GPU must be asked', ({ device }) => {
    const computed = (): unknown => bernoulli(tensor([1, 0]).mul(1));
    if (device === 'cpu') same((computed() as Tensor).shape, [2]);
    else {
      throws(
        computed,
        'ArgumentError',
        '[bernoulli] probabilities that were computed on the device: draws happen on the host, so their probabilities must be ' +
          'there. Read them first: tensor(await p.numpy()).',
      );
    }
  });
});
