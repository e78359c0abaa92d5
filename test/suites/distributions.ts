// Distributions against PyTorch's (golden/distributions.json): samples from the same seed, densities, moments, entropies,
// gradients, divergences.
import {
  type NestedArray,
  binomial,
  cat,
  distributions,
  linspace,
  full,
  init,
  manualSeed,
  ones,
  poisson,
  randn,
  tensor,
  Tensor,
  zeros,
} from '../../src/index.ts';
import golden from '../golden/distributions.json';
import { close, ok, same, throws, type Tolerance } from '../support/expect.ts';
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
  return tensor(shape.length === 0 ? nested[0] : nested, { requiresGrad });
}

/** Recorded in float32 on the CPU, and found the same on every device. */
const bounds: Tolerance = { absolute: 5e-6, relative: 1e-4 };
/** PyTorch fits the slopes of gamma and beta variates with rational functions, "relative error of 5e-4"; ours are series in double. */
const fitted: Tolerance = { absolute: 2e-4, relative: 2e-3 };

/** What is compared, and read at once in the end: a read is a round trip to the GPU. */
class Comparisons {
  readonly #found: Tensor[] = [];
  readonly #wanted: (readonly [values: readonly number[], label: string, tolerance: Tolerance])[] = [];

  add(found: Tensor, { shape, data }: Packed, label: string, tolerance = bounds): void {
    same([...found.shape], shape, `${label}: shape`);
    this.#found.push(found.detach().to('float32').reshape(-1));
    this.#wanted.push([data.map(number), label, tolerance]);
  }

  async check(): Promise<void> {
    const values = [...(await cat(this.#found).numpy())];
    let start = 0;
    for (const [wanted, label, tolerance] of this.#wanted) {
      close(values.slice(start, start + wanted.length), wanted, tolerance, label);
      start += wanted.length;
    }
  }
}

const exact: Tolerance = { absolute: 0, relative: 0 };

/** A distribution of recorded parameters, and its tensors. */
function make(name: string, params: Params, requiresGrad = false) {
  const leaves: Record<string, Tensor> = {};
  const entries = Object.entries(params).map(([key, value]) => {
    const given = typeof value === 'number' ? value : leafOf(value, requiresGrad);
    if (given instanceof Tensor) leaves[key] = given;
    return [camel(key), given] as const;
  });
  const options = Object.fromEntries(entries);
  const Class = Reflect.get(distributions, name) as new (...args: unknown[]) => Made;
  return { leaves, made: new Class(options) };
}

/** torch.linspace in float32: the two halves are counted from either end. */
const line = (from: number, to: number, steps: number): Float32Array =>
  Float32Array.from({ length: steps }, (_, at) => {
    const step = Math.fround((to - from) / (steps - 1));
    return at < steps / 2 ? from + step * at : to - step * (steps - at - 1);
  });

const discrete =
  'Bernoulli Geometric Binomial NegativeBinomial Poisson Categorical Multinomial OneHotCategorical OneHotCategoricalStraightThrough'.split(
    ' ',
  );
/** Their samples move with parameters as gamma and beta variates do. */
const implicit = ['Gamma', 'Chi2', 'Beta', 'Dirichlet', 'StudentT', 'FisherSnedecor'];
/** What newer versions of PyTorch have and 1.13 has not. */
const newer = ['Gamma cdf', 'Chi2 cdf'];

interface Row {
  readonly name: string;
  readonly params: Params;
  readonly value: Packed;
  readonly samples: readonly Packed[];
  readonly batch_shape: readonly number[];
  readonly event_shape: readonly number[];
  readonly log_prob: Packed;
  readonly grads: Readonly<Record<string, Packed>>;
  readonly rsample?: Packed;
  readonly rsample_grads?: Readonly<Record<string, Packed>>;
}

/** What a row has of a distribution, by the name that it is recorded under; absent where PyTorch has none. */
const answers = {
  mean: (d) => d.mean,
  mode: (d) => d.mode,
  variance: (d) => d.variance,
  stddev: (d) => d.stddev,
  entropy: (d) => d.entropy(),
  cdf: (d, value) => d.cdf(value),
  icdf: (d) => d.icdf(tensor([[0.1], [0.7]])),
  enumerated: (d) => d.enumerateSupport(),
  unexpanded: (d) => d.enumerateSupport(false),
} satisfies Record<string, (d: distributions.Distribution, value: Tensor) => Tensor>;

const camel = (key: string): string => key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/**
 * On the GPU one row of 24 runs fused. The others run a kernel an operation, which all rows share: every formula of every
 * distribution as a program of its own takes more than a minute to compile.
 */
async function onOwnKernels(at: number, { device }: Context, run: () => Promise<void>): Promise<void> {
  if (device === 'cpu' || at % 24 === 0) return run();
  await init({ device, fuse: false });
  try {
    await run();
  } finally {
    await init({ device });
  }
}

export const suite = defineSuite('distributions', (register) => {
  let count = 0;
  const test = (name: string, run: () => Promise<void>) => {
    const at = count++;
    register(name, (context) => onOwnKernels(at, context, run));
  };
  for (const [at, row] of (golden.rows as unknown as readonly Row[]).entries()) {
    test(`${row.name} ${at}`, async () => {
      const found = new Comparisons();
      const { made } = make(row.name, row.params);
      same([made.batchShape, made.eventShape], [row.batch_shape, row.event_shape]);
      manualSeed(12);
      const samples = [made.sample(), made.sample([5]), made.sample([2, 3])];
      for (const [which, wanted] of row.samples.entries()) {
        found.add(samples[which], wanted, `sample ${which}`, discrete.includes(row.name) ? exact : bounds);
      }
      const value = unpack(row.value);
      for (const [key, answer] of Object.entries(answers)) {
        const wanted = (row as unknown as Readonly<Record<string, Packed | undefined>>)[key];
        if (wanted !== undefined) {
          const given = answer(made, value);
          // A moment may lie in one place for the whole batch.
          found.add(given.expand(...wanted.shape), wanted, key);
        } else if (!newer.includes(`${row.name} ${key}`)) {
          throws(() => answer(made, value), 'NotImplementedError', /no closed form|one number|not defined/);
        }
      }

      const second = make(row.name, row.params, true);
      const log = second.made.logProb(value);
      found.add(log, row.log_prob, 'logProb');
      if (log.requiresGrad) log.sum().backward();
      for (const [key, wanted] of Object.entries(row.grads)) {
        found.add(second.leaves[key].grad as Tensor, wanted, `gradient for ${key}`);
      }
      const larger = made.expand([2, ...made.batchShape]);
      same(larger.batchShape, [2, ...row.batch_shape]);
      // Values of more dimensions than a single distribution would broadcast against the larger batch.
      if (row.value.shape.length === row.batch_shape.length + row.event_shape.length) {
        found.add(larger.logProb(value).select(0, 1), row.log_prob, 'logProb, expanded');
      }

      if (row.rsample === undefined) {
        throws(() => made.rsample(), 'NotImplementedError', /without a gradient/);
        return found.check();
      }
      const third = make(row.name, row.params, true);
      manualSeed(13);
      const drawn = third.made.rsample([4]);
      found.add(drawn, row.rsample, 'rsample');
      const weights = linspace(1, drawn.numel(), drawn.numel()).view([...drawn.shape]);
      if (row.rsample_grads === undefined) return found.check();
      drawn.mul(weights).sum().backward();
      for (const [key, wanted] of Object.entries(row.rsample_grads)) {
        const tolerance = implicit.includes(row.name) ? fitted : bounds;
        found.add(third.leaves[key].grad as Tensor, wanted, `gradient of rsample for ${key}`, tolerance);
      }
      await found.check();
    });
  }

  test('klDivergence of all pairs', async () => {
    const found = new Comparisons();
    for (const row of golden.kl) {
      const p = make(row.name, row.p as unknown as Params).made;
      const q = make(row.other, row.q as unknown as Params).made;
      found.add(distributions.klDivergence(p, q), row.value, `${row.name} and ${row.other}`);
    }
    await found.check();
  });

  const transforms = transformsOf();
  for (const [name, row] of Object.entries(golden.transforms)) {
    test(`transform ${name}`, async () => {
      const found = new Comparisons();
      const map = transforms[name]();
      const x = leafOf(row.x, true);
      const y = map(x);
      found.add(y, row.y, 'forward');
      found.add(map.inv(y.detach()), row.back, 'inverse', { absolute: 2e-5, relative: 2e-4 });
      same(map.forwardShape(row.x.shape), row.y.shape, 'shape');
      same(map.inverseShape(row.y.shape), row.x.shape, 'shape of the inverse');
      const weights = linspace(1, y.numel(), y.numel()).view([...y.shape]);
      let total = y.mul(weights).sum();
      if ('det' in row) {
        const det = map.logAbsDetJacobian(x, y);
        found.add(det, row.det, 'determinant');
        found.add(map.inv.logAbsDetJacobian(y, x).neg(), row.det, 'determinant of the inverse');
        total = total.add(det.sum());
      } else throws(() => map.logAbsDetJacobian(x, y), 'NotImplementedError', /not defined/);
      total.backward();
      found.add(x.grad as Tensor, row.grad, 'gradient');
      const cached = map.withCache();
      const input = x.detach();
      ok(cached.inv(cached(input)) === input, 'a cache gives the argument back');
      await found.check();
    });
  }

  const composed = composedOf();
  for (const [name, row] of Object.entries(golden.composed)) {
    test(`composed ${name}`, async () => {
      const found = new Comparisons();
      const made = composed[name]();
      same([made.batchShape, made.eventShape], [row.batch_shape, row.event_shape]);
      manualSeed(5);
      found.add(made.sample([3]), row.sample, 'sample');
      const value = unpack(row.value);
      found.add(made.logProb(value), row.log_prob, 'logProb');
      for (const key of ['mean', 'variance', 'entropy', 'cdf'] as const) {
        const wanted = (row as unknown as Readonly<Record<string, Packed | undefined>>)[key];
        if (wanted === undefined) throws(() => answers[key](made, value), 'NotImplementedError', /no closed form/);
        else found.add(answers[key](made, value), wanted, key);
      }
      if ('icdf' in row) found.add(made.icdf(tensor([0.2, 0.7])), row.icdf, 'icdf');
      same(made.expand([4, ...made.batchShape]).sample([3]).shape, [3, 4, ...row.batch_shape, ...row.event_shape]);
      await found.check();
    });
  }

  register('poisson, binomial, and where the stream stands after them', async (context) => {
    const found = new Comparisons();
    manualSeed(21);
    found.add(poisson(tensor(line(0, 40, 60))), golden.draws.poisson, 'poisson', exact);
    found.add(binomial(full([60], 50), tensor(line(0, 1, 60))), golden.draws.binomial, 'binomial', exact);
    const gamma = new distributions.Gamma(tensor(line(0.1, 6, 40)), 1).sample();
    found.add(gamma, golden.draws.gamma, 'gamma');
    found.add(randn(3), golden.draws.after, 'after');
    await found.check();
    if (context.device === 'webgpu') {
      throws(() => poisson(ones(2).exp()), 'ArgumentError', /rates that were computed on the device/);
    }
    throws(() => poisson(tensor([-1])), 'ArgumentError', /a rate of -1/);
    throws(() => binomial(ones(2), ones(3)), 'ShapeError', /counts \(2,\) and probabilities \(3,\)/);
  });

  register('samples of probabilities that the device computed', async () => {
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
    close(await new Uniform(0, 4, false).cdf(tensor([-1, 1, 5])).tolist(), [0, 0.25, 1]);
    close(await new Exponential(2).cdf(0.5).item(), 1 - Math.exp(-1), { relative: 1e-5 });
    same(await new Uniform(0, 1, { validateArgs: false }).logProb(2).item(), -Infinity);
    same(String(new Normal(zeros(3), 1)), 'Normal(batch_shape: [3], event_shape: [])');
    same(new Normal(zeros(3, 1), ones(2)).sample([4]).shape, [4, 3, 2]);
    ok(!normal.expand([2]).sample().requiresGrad, 'samples have no gradient');
    throws(() => new Normal(0, -1), 'ArgumentError', /scale is -1: it must be positive/);
    throws(() => new Bernoulli(), 'ArgumentError', /neither probs nor logits/);
    throws(() => new Bernoulli(0.5, 0.5), 'ArgumentError', /both probs and logits/);
    throws(() => new Bernoulli(1.5), 'ArgumentError', /probs is 1\.5/);
    throws(
      () => new Categorical(tensor(1)),
      'ShapeError',
      /probs of shape \(\): the last dimension is that of an event/,
    );
    throws(() => normal.sample(3 as never), 'ArgumentError', /sampleShape is 3/);
    throws(() => klDivergence(normal, new Bernoulli(0.5)), 'NotImplementedError', /Normal and Bernoulli/);
  });

  register('parameters and values that the host knows are checked', () => {
    const D = distributions;
    throws(() => new D.Normal(zeros(2), tensor([1, -3])), 'ArgumentError', /scale is -3 in a tensor of shape \(2,\)/);
    throws(() => new D.Normal(0, 1).logProb(NaN), 'ArgumentError', /the value NaN, which is outside of the support/);
    throws(() => new D.Bernoulli(0.5).logProb(tensor([0, 0.5])), 'ArgumentError', /the value 0\.5.*it is 0 or 1/);
    throws(() => new D.Uniform(tensor([0, 1]), 2).logProb(0.5), 'ArgumentError', /0\.5, .*a bound for each/);
    throws(() => new D.Chi2(-1), 'ArgumentError', /df is -1/);
    throws(() => new D.Uniform(2, tensor([3, 1])), 'ArgumentError', /high is 1 .*above 2/);
    throws(
      () => new D.MixtureSameFamily(new D.Bernoulli(0.5) as never, new D.Normal(0, 1)),
      'ArgumentError',
      /Categorical/,
    );
    const [two, skew] = [
      () =>
        tensor([
          [1, 0.5],
          [0.5, 1],
        ]),
      tensor([
        [1, 0.5],
        [0.1, 1],
      ]),
    ];
    throws(() => new D.MultivariateNormal(zeros(2), skew), 'ArgumentError', /covarianceMatrix is 0\.5/);
    throws(() => new D.MultivariateNormal(zeros(2), { scaleTril: two() }), 'ArgumentError', /0 above the diagonal/);
    throws(() => new D.MultivariateNormal(zeros(2)), 'ArgumentError', /no covariance/);
    throws(() => new D.Normal(zeros(3), 1).logProb(zeros(2)), 'ShapeError', /\(2,\)/);
    throws(() => new D.Dirichlet(ones(3)).logProb(zeros(2)), 'ShapeError', /those of an event, \(3,\)/);
    throws(() => new D.StackTransform([new D.ExpTransform()])(zeros(2)), 'ArgumentError', /has the size 1/);
    throws(() => new D.ReshapeTransform([2], [3]), 'ShapeError', /the same number of elements/);
    throws(() => new D.CorrCholeskyTransform()(zeros(2)), 'ShapeError', /n \(n - 1\) \/ 2/);
    same(new D.Normal(0, -1, false).validateArgs, false);
    D.Distribution.setDefaultValidateArgs(false);
    same(new D.Normal(0, -1).validateArgs, false);
    D.Distribution.setDefaultValidateArgs(true);
    throws(() => new D.Normal(0, -1), 'ArgumentError', /scale is -1/);
  });

  test('constraints, and the maps onto them', async () => {
    const { bijectTo, constraints: c, transformTo } = distributions;
    same(
      await c
        .interval(0, 1)
        .check(tensor([-1, 0.5, 2]))
        .tolist(),
      [false, true, false],
    );
    same(
      await c.simplex
        .check(
          tensor([
            [0.5, 0.5],
            [0.5, 0.6],
          ]),
        )
        .tolist(),
      [true, false],
    );
    same(
      await c.oneHot
        .check(
          tensor([
            [0, 1],
            [1, 1],
          ]),
        )
        .tolist(),
      [true, false],
    );
    same(
      await c.positiveDefinite
        .check(
          tensor([
            [
              [1, 0.5],
              [0.5, 1],
            ],
            [
              [1, 2],
              [2, 1],
            ],
          ]),
        )
        .tolist(),
      [true, false],
    );
    same(
      await c.corrCholesky
        .check(
          tensor([
            [
              [1, 0],
              [0.6, 0.8],
            ],
            [
              [1, 0],
              [0.6, 0.9],
            ],
          ]),
        )
        .tolist(),
      [true, false],
    );
    same(
      await c
        .independent(c.positive, 1)
        .check(
          tensor([
            [1, 2],
            [1, -1],
          ]),
        )
        .tolist(),
      [true, false],
    );
    same(String(c.greaterThan(2)), 'GreaterThan(lowerBound=2)');
    const values = tensor([[0.3, -1, 2]]);
    const halves = [c.real, c.positive];
    const scalars = [...halves, c.lessThan(-1), c.unitInterval, c.interval(-2, 5), c.halfOpenInterval(0, 2)];
    const vectors = [c.simplex, c.realVector, c.corrCholesky];
    const parts = [c.cat(halves, -1, [1, 2]), c.stack([...halves, c.real], -1)];
    for (const registry of [bijectTo, transformTo]) {
      for (const one of [...scalars, ...vectors, ...parts]) {
        same(await one.check(registry(one)(values)).all().item<boolean>(), true, String(one));
      }
    }
    same(await c.lowerCholesky.check(transformTo(c.lowerCholesky)(randn(2, 3, 3))).tolist(), [true, true]);
    throws(() => bijectTo(c.boolean), 'NotImplementedError', /no map onto Boolean\(\)/);
  });

  test("distributions and divergences of the user's own", async () => {
    const { Distribution, ExponentialFamily, klDivergence, Normal, registerKl } = distributions;
    class Fixed extends Distribution {
      override readonly hasRsample = true;
      override rsample(shape: readonly number[] = []): Tensor {
        return ones([...shape]);
      }
    }
    registerKl(Fixed, Normal)((_p, q) => q.loc);
    same(await klDivergence(new Fixed(), new Normal(3, 1)).item(), 3);
    same(await new Fixed().sample([2]).tolist(), [1, 1]);
    throws(() => new Fixed().mean, 'NotImplementedError', /distributions\.Fixed\.mean/);
    // By the gradient of the normaliser, as PyTorch does for families without a formula of their own.
    const entropy = Object.getOwnPropertyDescriptor(ExponentialFamily.prototype, 'entropy')?.value as () => Tensor;
    const wide = new Normal(tensor([1, 2]), tensor([0.5, 3]));
    const kinds = [wide, new distributions.Cauchy(0, 1)].map((one) => one instanceof ExponentialFamily);
    same(kinds, [true, false]);
    close(await entropy.call(wide).tolist(), (await wide.entropy().tolist()) as number[], { absolute: 1e-5 });
    close(await wide.perplexity().tolist(), (await wide.entropy().exp().tolist()) as number[]);
  });

  register('parameters that the device computes from known ones are known to draws', async ({ device }) => {
    const { Chi2, Gamma } = distributions;
    const df = tensor([3, 5]);
    same(new Chi2(df).sample([2]).shape, [2, 2]);
    if (device === 'cpu') return;
    throws(() => new Gamma(df.mul(0.5), 1).sample(), 'ArgumentError', /computed on the device/);
  });
});

const list = (...values: NestedArray[]): Tensor => tensor(values);

/** The transforms of the recording script, by its names. */
function transformsOf(): Readonly<Record<string, () => distributions.Transform>> {
  const D = distributions;
  const exp = () => new D.ExpTransform();
  return {
    exp,
    sigmoid: () => new D.SigmoidTransform(),
    tanh: () => new D.TanhTransform(),
    softplus: () => new D.SoftplusTransform(),
    power: () => new D.PowerTransform(list(0.5, 2, -1, 3)),
    affine: () => new D.AffineTransform(list(1, -2, 0.5, 0), -3),
    affineEvents: () => new D.AffineTransform(0.5, list(1, -2, 0.5), { eventDim: 1 }),
    softmax: () => new D.SoftmaxTransform(),
    stickBreaking: () => new D.StickBreakingTransform(),
    lowerCholesky: () => new D.LowerCholeskyTransform(),
    corrCholesky: () => new D.CorrCholeskyTransform(),
    reshape: () => new D.ReshapeTransform([2, 3], [3, 2]),
    inverse: () => exp().inv,
    independent: () => new D.IndependentTransform(exp(), 1),
    compose: () => new D.ComposeTransform([new D.AffineTransform(0, 2), new D.StickBreakingTransform()]),
    cat: () => new D.CatTransform([exp(), new D.AffineTransform(1, 2)], { dim: -1, lengths: [1, 2] }),
    stack: () => new D.StackTransform([exp(), new D.SigmoidTransform(), D.identityTransform], -1),
    cumulative: () => new D.CumulativeDistributionTransform(new D.Normal(0.5, 2)),
  };
}

/** The distributions of the recording script that are made of others, by its names. */
function composedOf(): Readonly<Record<string, () => distributions.Distribution>> {
  const D = distributions;
  const [places, widths] = [() => list([0, 1], [-1, 3]), () => list([1, 0.5], [2, 1])];
  const normal = () => new D.Normal(list(0, 1), 1);
  return {
    independent: () => new D.Independent(new D.Normal(places(), list(1, 0.5)), 1),
    mixture: () =>
      new D.MixtureSameFamily(new D.Categorical(list([0.2, 0.8], [0.5, 0.5])), new D.Normal(places(), widths())),
    vectors: () => {
      const parts = new D.Independent(new D.Normal(places(), widths()), 1);
      return new D.MixtureSameFamily(new D.Categorical(list(0.2, 0.8)), parts);
    },
    transformed: () =>
      new D.TransformedDistribution(normal(), [new D.AffineTransform(1, list(-2, 0.5)), new D.ExpTransform()]),
    logistic: () =>
      new D.TransformedDistribution(new D.Uniform(list(0), list(1)), [
        new D.SigmoidTransform().inv,
        new D.AffineTransform(2, 3),
      ]),
    simplex: () => new D.TransformedDistribution(normal(), new D.StickBreakingTransform()),
  };
}
