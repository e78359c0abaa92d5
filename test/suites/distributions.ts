// Distributions against PyTorch's (golden/distributions.json): samples from the same seed, densities, moments, entropies,
// gradients, divergences.
import {
  type NestedArray,
  binomial,
  distributions,
  linspace,
  full,
  manualSeed,
  ones,
  poisson,
  randn,
  tensor,
  Tensor,
  zeros,
} from '../../src/index.ts';
import golden from '../golden/distributions.json';
import { close, ok, same, throws } from '../support/expect.ts';
import { type Context, defineSuite } from '../support/suite.ts';

interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

type Params = Readonly<Record<string, Packed | number>>;
type Made = distributions.Distribution & Readonly<Record<string, unknown>>;

const number = (value: number | string): number =>
  typeof value === 'number' ? value : ({ inf: Infinity, '-inf': -Infinity, nan: NaN } as Record<string, number>)[value];
const unpack = ({ shape, data }: Packed): Tensor => tensor(Float32Array.from(data, number)).view([...shape]);
/** A leaf that the host knows: draws by it happen there. */
function leafOf({ shape, data }: Packed, requiresGrad: boolean): Tensor {
  let nested: NestedArray[] = data.map(number);
  for (const size of shape.slice(1).reverse()) {
    nested = Array.from({ length: nested.length / size }, (_, at) => nested.slice(at * size, (at + 1) * size));
  }
  return tensor(nested, { requiresGrad });
}

const bounds = ({ device }: Context) =>
  device === 'cpu' ? { absolute: 2e-6, relative: 2e-5 } : { absolute: 5e-6, relative: 2e-4 };

async function compare(found: Tensor, wanted: Packed, context: Context, label: string, exact = false): Promise<void> {
  same([...found.shape], wanted.shape, `${label}: shape`);
  const values = [...(await found.contiguous().view(-1).numpy())];
  close(values, wanted.data.map(number), exact ? { absolute: 0, relative: 0 } : bounds(context), label);
}

/** A distribution of recorded parameters, and its tensors. */
function make(name: string, params: Params, requiresGrad = false) {
  const leaves: Record<string, Tensor> = {};
  const entries = Object.entries(params).map(([key, value]) => {
    const given = typeof value === 'number' ? value : leafOf(value, requiresGrad);
    if (given instanceof Tensor) leaves[key] = given;
    return [key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), given] as const;
  });
  const options = Object.fromEntries(entries);
  const Class = Reflect.get(distributions, name) as new (...args: unknown[]) => Made;
  const named = 'probs' in options || 'logits' in options || 'totalCount' in options;
  return { leaves, made: named ? new Class(options) : new Class(...entries.map(([, value]) => value)) };
}

/** torch.linspace in float32: the two halves are counted from either end. */
const line = (from: number, to: number, steps: number): Float32Array =>
  Float32Array.from({ length: steps }, (_, at) => {
    const step = Math.fround((to - from) / (steps - 1));
    return at < steps / 2 ? from + step * at : to - step * (steps - at - 1);
  });

const discrete = ['Bernoulli', 'Geometric', 'Binomial', 'Poisson', 'Categorical', 'Multinomial'];

export const suite = defineSuite('distributions', (test) => {
  for (const [at, row] of golden.rows.entries()) {
    test(`${row.name} ${at}`, async (context) => {
      const params = row.params as unknown as Params;
      const { made } = make(row.name, params);
      same([made.batchShape, made.eventShape], [row.batch_shape, row.event_shape]);
      manualSeed(12);
      const samples = [made.sample(), made.sample([5]), made.sample([2, 3])];
      for (const [which, wanted] of row.samples.entries()) {
        await compare(samples[which], wanted, context, `sample ${which}`, discrete.includes(row.name));
      }
      await compare(made.mean.add(zeros([...made.batchShape, ...made.eventShape])), row.mean, context, 'mean');
      await compare(made.variance, row.variance, context, 'variance');
      await compare(made.stddev.square(), row.variance, context, 'stddev');
      if (row.entropy !== undefined) await compare(made.entropy(), row.entropy, context, 'entropy');
      else throws(() => made.entropy(), 'NotImplementedError', /no closed form/);

      const second = make(row.name, params, true);
      const log = second.made.logProb(unpack(row.value));
      await compare(log, row.log_prob, context, 'logProb');
      log.sum().backward();
      for (const [key, wanted] of Object.entries(row.grads)) {
        await compare(second.leaves[key].grad as Tensor, wanted as Packed, context, `gradient for ${key}`);
      }
      const larger = made.expand([2, ...made.batchShape]);
      same(larger.batchShape, [2, ...row.batch_shape]);
      // Values of more dimensions than a single distribution would broadcast against the larger batch.
      if (row.value.shape.length === row.batch_shape.length + row.event_shape.length) {
        await compare(larger.logProb(unpack(row.value)).select(0, 1), row.log_prob, context, 'logProb, expanded');
      }

      if (row.rsample === undefined) return throws(() => made.rsample(), 'NotImplementedError', /without a gradient/);
      const third = make(row.name, params, true);
      manualSeed(13);
      const drawn = third.made.rsample([4]);
      await compare(drawn, row.rsample, context, 'rsample');
      const weights = linspace(1, drawn.numel(), drawn.numel()).view([...drawn.shape]);
      drawn.mul(weights).sum().backward();
      for (const [key, wanted] of Object.entries(row.rsample_grads as object)) {
        await compare(third.leaves[key].grad as Tensor, wanted as Packed, context, `gradient of rsample for ${key}`);
      }
    });
  }

  for (const row of golden.kl) {
    test(`klDivergence of ${row.name}`, async (context) => {
      const [p, q] = [row.p, row.q].map((params) => make(row.name, params as unknown as Params).made);
      await compare(distributions.klDivergence(p, q), row.value, context, 'divergence');
    });
  }

  test('poisson, binomial, and where the stream stands after them', async (context) => {
    manualSeed(21);
    await compare(poisson(tensor(line(0, 40, 60))), golden.draws.poisson, context, 'poisson', true);
    await compare(binomial(full([60], 50), tensor(line(0, 1, 60))), golden.draws.binomial, context, 'binomial', true);
    const gamma = new distributions.Gamma(tensor(line(0.1, 6, 40)), 1).sample();
    await compare(gamma, golden.draws.gamma, context, 'gamma');
    await compare(randn(3), golden.draws.after, context, 'after');
    if (context.device === 'webgpu') {
      throws(() => poisson(ones(2).exp()), 'ArgumentError', /rates that were computed on the device/);
    }
    throws(() => poisson(tensor([-1])), 'ArgumentError', /a rate of -1/);
    throws(() => binomial(ones(2), ones(3)), 'ShapeError', /counts \(2,\) and probabilities \(3,\)/);
  });

  test('samples of probabilities that the device computed', async () => {
    const logits = randn(3, 4).mul(2).relu();
    manualSeed(3);
    const categories = new distributions.Categorical({ logits }).sample([1000]);
    same(categories.shape, [1000, 3]);
    const share = await categories.eq(2).to('float32').mean(0).tolist();
    const wanted = await logits.softmax(1).select(1, 2).tolist();
    close(share, wanted as number[], { absolute: 0.06 });
    const odds = randn(500).sigmoid();
    const flips = new distributions.Bernoulli(odds).sample([20]).mean();
    close(await flips.item(), await odds.mean().item(), { absolute: 0.03 });
  });

  test('cdf, icdf, text, numbers as parameters, wrong calls', async () => {
    const { Bernoulli, Categorical, Exponential, klDivergence, Normal, Uniform } = distributions;
    const normal = new Normal(1, 2);
    close(await normal.cdf(tensor([1, 3])).tolist(), [0.5, 0.8413447], { absolute: 1e-6 });
    close(await normal.icdf(0.8413447).item(), 3, { absolute: 1e-4 });
    close(await new Uniform(0, 4).cdf(tensor([-1, 1, 5])).tolist(), [0, 0.25, 1]);
    close(await new Exponential(2).cdf(0.5).item(), 1 - Math.exp(-1), { relative: 1e-5 });
    same(await new Uniform(0, 1).logProb(2).item(), -Infinity);
    same(String(new Normal(zeros(3), 1)), 'Normal(batch_shape: [3], event_shape: [])');
    same(new Normal(zeros(3, 1), ones(2)).sample([4]).shape, [4, 3, 2]);
    ok(!normal.expand([2]).sample().requiresGrad, 'samples have no gradient');
    throws(() => new Normal(0, -1), 'ArgumentError', /scale is -1: it must be positive/);
    throws(() => new Bernoulli(), 'ArgumentError', /neither probs nor logits/);
    throws(() => new Bernoulli(0.5, 0.5), 'ArgumentError', /both probs and logits/);
    throws(() => new Bernoulli(1.5), 'ArgumentError', /probs is 1\.5/);
    throws(() => new Categorical(tensor(1)), 'ShapeError', /the last dimension is that of the categories/);
    throws(() => normal.sample(3 as never), 'ArgumentError', /sampleShape is 3/);
    throws(() => klDivergence(normal, new Uniform(0, 1)), 'NotImplementedError', /Normal and Uniform/);
  });
});
