// Names beside others: draws in place from PyTorch's stream, the generator's state, windows, what tensors say of themselves.
import draws from '../golden/draws.json';
import {
  arange,
  asarray,
  canCast,
  double,
  type DType,
  e,
  empty,
  float,
  Generator,
  getRngState,
  hannWindow,
  histogramdd,
  inf,
  initialSeed,
  int,
  int64,
  isNonzero,
  long,
  manualSeed,
  nan,
  nextafter,
  nn,
  ones,
  pi,
  rand,
  randintLike,
  randn,
  rrelu_,
  scatter,
  seed,
  setRngState,
  tensor,
  type Tensor,
  zeros,
} from '../../src/index.ts';
import { close, ok, rejects, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

type Drawing = (x: Tensor, ...args: readonly number[]) => Tensor;
const drawing: Readonly<Record<string, Drawing>> = {
  cauchy_: (x, ...args) => x.cauchy_(...(args as [number])),
  log_normal_: (x, ...args) => x.logNormal_(...(args as [number])),
  geometric_: (x, ...args) => x.geometric_(...(args as [number])),
  random_: (x, ...args) => x.random_(...(args as [number])),
};

export const suite = defineSuite('names', (test) => {
  test('draws in place are those of PyTorch', async ({ device }) => {
    manualSeed(draws.seed);
    for (const { method, size, dtype, args, values } of draws.draws) {
      const label = `${method}(${args.join()}) of ${dtype}`;
      // float64 is on the CPU device only; the stream goes on as if it were drawn.
      const where = dtype === 'float64' ? 'cpu' : device;
      const x = zeros(size, { dtype: dtype as DType, device: where });
      ok(drawing[method](x, ...args) === x, label);
      // The host's exp, log and tan may differ from PyTorch's in the last bit.
      const relative = dtype === 'float64' ? 1e-14 : dtype === 'float32' ? 1.3e-7 : 0;
      close(await x.numpy(), values.map(Number), { absolute: 0, relative }, label);
    }
  });

  test('draws refuse what they cannot draw', () => {
    throws(() => zeros(3, { dtype: 'int32' }).cauchy_(), 'DTypeError', /cauchy_/);
    throws(() => zeros(3, { dtype: 'int32' }).logNormal_(), 'DTypeError', /logNormal_/);
    throws(() => zeros(3).cauchy_(0, 0), 'ArgumentError', /sigma 0/);
    throws(() => zeros(3).geometric_(1), 'ArgumentError', /p = 1/);
    throws(() => zeros(3).random_(5, 5), 'ArgumentError', /from 5 to 5/);
    throws(() => ones(3, { requiresGrad: true }).random_(), 'AutogradError', /leaf/);
  });

  test('bernoulli, multinomial and randintLike draw what the functions draw', async () => {
    manualSeed(5);
    const wanted = [
      await tensor([0.2, 0.5, 0.9]).bernoulli().tolist(),
      await tensor([1, 2, 3]).multinomial(2).tolist(),
    ];
    manualSeed(5);
    const p = [0.2, 0.5, 0.9].map((one) => Math.fround(one));
    const found = [(await rand(3).tolist()) as number[]].map((u) => u.map((one, at) => Number(one < p[at])));
    same(found[0], wanted[0]);
    const like = randintLike(zeros(2, 3, { dtype: 'uint8' }), 3, 7);
    same([like.shape, like.dtype], [[2, 3], 'uint8']);
    ok(
      ((await like.reshape(-1).tolist()) as number[]).every((one) => one >= 3 && one < 7),
      'from 3 to 6',
    );
    same(randintLike(zeros(2), 4).dtype, 'float32');
  });

  test('the state of the generator: a stream goes on where it was taken', async () => {
    manualSeed(3);
    randn(3);
    const state = getRngState();
    same([state.dtype, state.shape, state.device.type], ['uint8', [5056], 'cpu']);
    const layer = new nn.Dropout(0.5);
    const drawn = async () => [await randn(3).tolist(), await rand(2).tolist(), await layer(ones(40)).tolist()];
    const first = await drawn();
    const later = await drawn();
    setRngState(state);
    same(await drawn(), first);
    ok(JSON.stringify(later) !== JSON.stringify(first), 'and goes on');
    const other = new Generator().setState(state);
    same([other.initialSeed(), initialSeed()], [3n, 3n]);
    same(
      await rand(2, { generator: other }).tolist(),
      await rand(2, { generator: new Generator().setState(state) }).tolist(),
    );
    throws(() => setRngState(zeros(5056)), 'DTypeError', /float32/);
    throws(() => setRngState(zeros(9, { dtype: 'uint8' })), 'ArgumentError', /9 bytes/);
    throws(() => setRngState(zeros(5056, { dtype: 'uint8' })), 'ArgumentError', /no state/);
  });

  test('seed starts anew from a seed that it answers', async () => {
    const chosen = seed();
    same(initialSeed(), chosen);
    const first = await rand(4).tolist();
    manualSeed(chosen);
    same(await rand(4).tolist(), first);
    ok(seed() !== chosen, 'another one each time');
  });

  test('windows: no length, dtypes, devices', async () => {
    same([hannWindow(0).shape, await hannWindow(1).tolist()], [[0], [1]]);
    same(hannWindow(4, { requiresGrad: true }).requiresGrad, true);
    throws(() => hannWindow(-1), 'ArgumentError', /windowLength is -1/);
    throws(() => hannWindow(4, { dtype: 'int32' }), 'DTypeError', /int32/);
  });

  test('nextafter is exact to the last bit, denormals included', async () => {
    const pairs = [
      [1, 2, 0x3f800001],
      [1, 0, 0x3f7fffff],
      [-1, 0, 0xbf7fffff],
      [0, 1, 0x00000001],
      [0, -1, 0x80000001],
      [-0, 1, 0x00000001],
      [0, -0, 0x80000000],
      [2 ** -149, 0, 0x00000000],
      [-(2 ** -149), 0, 0x80000000],
      [2 ** -126, 0, 0x007fffff],
      [3.4028234663852886e38, Infinity, 0x7f800000],
      [Infinity, 0, 0x7f7fffff],
      [-Infinity, -Infinity, 0xff800000],
    ];
    const column = (at: number) => tensor(pairs.map((one) => one[at]));
    const found = (await nextafter(column(0), column(1)).numpy()) as Float32Array;
    const bits = Array.from(new Uint32Array(found.slice().buffer), (one) => one.toString(16));
    same(
      bits,
      pairs.map(([, , one]) => one.toString(16)),
    );
    throws(() => nextafter(ones(2, { dtype: 'int32' }), ones(2, { dtype: 'int32' })), 'DTypeError');
    throws(
      () =>
        nextafter(ones(2, { requiresGrad: true }), zeros(2))
          .sum()
          .backward(),
      'NotImplementedError',
      /nextafter/,
    );
  });

  test('asarray shares, copies and converts', async () => {
    const x = arange(3.5, { requiresGrad: true });
    const y = x.mul(2);
    const shared = asarray(y);
    same([shared.requiresGrad, shared.storage === y.storage], [false, true]);
    same([asarray(y, { requiresGrad: true }).gradFn === y.gradFn], [true]);
    same([asarray(y, { copy: true }).storage === y.storage, asarray(y, { dtype: 'int32' }).dtype], [false, 'int32']);
    same(await asarray([1, 2], { dtype: 'int32' }).tolist(), [1, 2]);
    const plain = ones(2);
    ok(asarray(plain) === plain && asarray(plain, { requiresGrad: true }) === plain && plain.requiresGrad, 'itself');
    throws(() => asarray(y, { dtype: 'int32', copy: false }), 'ArgumentError', /copy is false/);
  });

  test('what tensors say of themselves', async ({ device }) => {
    same(
      [await isNonzero(tensor([[2]])), await isNonzero(tensor(0)), await isNonzero(tensor([NaN]))],
      [true, false, true],
    );
    await rejects(isNonzero(ones(2)), 'ShapeError', /isNonzero/);
    same([canCast('int32', 'float32'), canCast('float32', 'int32'), canCast('int32', 'uint8')], [true, false, true]);
    const x = empty(2);
    same([x.isCpu, x.isSigned(), empty(2, { dtype: 'uint8' }).isSigned()], [device === 'cpu', true, false]);
    ok(x.real === x, 'the real part');
  });

  test('rrelu_ draws slopes in training and writes them', async () => {
    const x = tensor([-1, -1, 2]);
    ok(rrelu_(x, 0.2, 0.3, true) === x, 'in place');
    const [first, second, third] = (await x.tolist()) as number[];
    ok(
      [first, second].every((one) => one <= -0.2 && one > -0.3),
      'slopes',
    );
    same(third, 2);
  });

  test('scatter with reduce has gradients; its numbers join integers, too', async () => {
    const x = tensor([1, 2, 3], { requiresGrad: true });
    const index = tensor([0, 0], { dtype: 'int32' });
    const source = tensor([5, 7], { requiresGrad: true });
    scatter(x, 0, index, source, 'multiply').sum().backward();
    same(
      [await x.grad?.tolist(), await source.grad?.tolist()],
      [
        [35, 1, 1],
        [7, 5],
      ],
    );
    const counts = zeros(3, { dtype: 'int32' }).scatter_(0, index, 1, { reduce: 'add' });
    same(await counts.tolist(), [2, 0, 0]);
    throws(() => scatter(x, 0, index, source, 'mean' as 'add'), 'ArgumentError', /'add' or 'multiply'/);
  });

  test('histogramdd refuses bins that do not fit the points', () => {
    throws(() => histogramdd(ones(4), 2), 'ShapeError', /points/);
    throws(() => histogramdd(ones(4, 2), [2]), 'ArgumentError', /2 coordinates/);
    throws(() => histogramdd(ones(4, 2), 2, { range: [0, 1] }), 'ArgumentError', /2 coordinates/);
    throws(() => histogramdd(ones(4, 2), 2, { weight: ones(3) }), 'ShapeError', /each point/);
  });

  test('ChannelShuffle deals channels out', async () => {
    const layer = new nn.ChannelShuffle(2);
    same(
      await layer(arange(4, { dtype: 'float32' }).reshape(1, 4, 1))
        .reshape(-1)
        .tolist(),
      [0, 2, 1, 3],
    );
    same(String(layer), 'ChannelShuffle(groups=2)');
  });

  test('the only element of a bool tensor is true or false', async () => {
    const x = tensor([1, 2]);
    same([await x.eq(x).all().item<boolean>(), await x.eq(1).all().item<boolean>()], [true, false]);
    same([await isNonzero(x.eq(x).all()), await isNonzero(x.eq(1).all())], [true, false]);
    same(await x.eq(1).index(1).tolist(), false);
    same(await x.eq(1).sum().item(), 1);
  });

  test('constants: other names of dtypes, and numbers', () => {
    same([int64, long, int, float, double], ['int32', 'int32', 'int32', 'float32', 'float64']);
    same(zeros(2, { dtype: int64 }).dtype, 'int32');
    same([e, pi, inf, nan], [Math.E, Math.PI, Infinity, NaN]);
  });

  test("NumPy's names of dim and keepdim", async () => {
    const x = arange(6).reshape(2, 3);
    same(await x.sum({ axis: 1, keepdims: true }).tolist(), [[3], [12]]);
    same(await x.amax({ axis: 0 }).tolist(), [3, 4, 5]);
  });
});
