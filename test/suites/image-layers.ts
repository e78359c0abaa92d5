// Layers over images and normalisation: what they print, draw and compute against PyTorch's (golden/image-layers.json), lazy
// twins, dropout of channels, names on the tape, bad inputs. Training is in running-statistics.ts.
import { manualSeed, nn, ones, randn, tensor, type Tensor } from '../../src/index.ts';
import golden from '../golden/image-layers.json';
import { close, ok, same, throws } from '../support/expect.ts';
import { type Context, defineSuite } from '../support/suite.ts';
import { closeState, type Numbers, stateOf } from '../support/state.ts';

type AnyModule = nn.Module & ((x: Tensor) => Tensor);

function build(text: string): AnyModule {
  // eslint-disable-next-line no-new-func
  return new Function('nn', `return new ${text}`)(nn) as AnyModule;
}

const learned = ({ device }: Context) =>
  device === 'cpu' ? { absolute: 1e-5, relative: 1e-4 } : { absolute: 1e-4, relative: 1e-3 };

export const suite = defineSuite('image layers', (test) => {
  test('printed form', () => {
    for (const { new: text, repr } of golden.printed) {
      // From PyTorch 2 on the mode has quotes, and a size is printed as it was given.
      same(String(build(text)), repr, text);
    }
    same(
      [
        new nn.Upsample({ scaleFactor: 2 }),
        new nn.Upsample([5, 7], null, 'bilinear', true),
        new nn.UpsamplingBilinear2d({ scaleFactor: 2.5 }),
        new nn.UpsamplingNearest2d(4),
        new nn.RMSNorm([2, 3]),
        new nn.ZeroPad3d(1),
        new nn.CircularPad2d([1, 0, 0, 1]),
        new nn.LPPool3d(2, 2),
      ].map(String),
      [
        "Upsample(scale_factor=2.0, mode='nearest')",
        "Upsample(size=(5, 7), mode='bilinear')",
        "UpsamplingBilinear2d(scale_factor=2.5, mode='bilinear')",
        "UpsamplingNearest2d(size=4, mode='nearest')",
        'RMSNorm((2, 3), eps=None, elementwise_affine=True)',
        'ZeroPad3d((1, 1, 1, 1, 1, 1))',
        'CircularPad2d((1, 0, 0, 1))',
        'LPPool3d(norm_type=2, kernel_size=2, stride=None, ceil_mode=False)',
      ],
    );
  });

  test('draws of transposed convolutions, with a norm between', async () => {
    manualSeed(5);
    const layers = golden.drawn.map((row) => build(row.new));
    for (const [at, row] of golden.drawn.entries())
      closeState(await stateOf(layers[at]), row.state as unknown as Numbers, { absolute: 1e-7 }, row.new);
  });

  for (const { new: text, shape, sizes, output, grad } of golden.runs) {
    test(`${text}: forward and the way back`, async (context) => {
      manualSeed(9);
      const layer = build(text);
      const waves = (of: (value: number) => number, count: number) =>
        tensor(Array.from({ length: count }, (_, at) => of(at)));
      const x = waves(
        Math.sin,
        shape.reduce((product, size) => product * size, 1),
      )
        .view(shape)
        .requiresGrad_();
      const y = layer(x);
      same(y.shape, sizes);
      close(await y.reshape(-1).tolist(), output, learned(context), 'output');
      y.mul(waves(Math.cos, output.length).view(sizes)).sum().backward();
      close(await x.grad?.reshape(-1).tolist(), grad, learned(context), 'gradient');
    });
  }

  test('lazy layers: sizes and draws at the first input, then the eager class', async (context) => {
    manualSeed(6);
    const net = new nn.Sequential(
      new nn.LazyConv2d(3, 3),
      new nn.LazyBatchNorm2d(),
      new nn.ReLU(),
      new nn.LazyConvTranspose2d(2, 2, { bias: false }),
      new nn.LazyInstanceNorm2d({ affine: true }),
    );
    const held = [...net.parameters(), ...net.buffers()];
    throws(() => (net[1].runningMean as Tensor).shape, 'ArgumentError', /before the first forward/);
    const x = tensor(Array.from({ length: 100 }, (_, at) => Math.sin(at))).view(2, 2, 5, 5);
    const y = net(x);
    same(String(net), golden.lazy.repr);
    ok(
      [...net.parameters(), ...net.buffers()].every((one, at) => one === held[at]),
      'parameters and buffers stay the objects that they were',
    );
    closeState(await stateOf(net), golden.lazy.state as unknown as Numbers, { absolute: 1e-6 }, 'state');
    close(await y.reshape(-1).tolist(), golden.lazy.output, learned(context), 'output');
    same([net[0] instanceof nn.LazyConv2d, net[1] instanceof nn.BatchNorm2d], [false, true]);

    const loaded = new nn.Sequential(
      new nn.LazyConv2d(3, 3),
      new nn.LazyBatchNorm2d(),
      new nn.ReLU(),
      new nn.LazyConvTranspose2d(2, 2, { bias: false }),
      new nn.LazyInstanceNorm2d({ affine: true }),
    );
    loaded.loadStateDict(net.stateDict());
    close(
      await loaded.eval()(x).reshape(-1).tolist(),
      await net.eval()(x).reshape(-1).numpy(),
      { absolute: 1e-6 },
      'what was loaded stays',
    );
    for (const [layer, shape] of [
      [new nn.LazyConv1d(2, 3), [2, 3, 5]],
      [new nn.LazyConv3d(2, 2), [2, 3, 4, 4, 4]],
      [new nn.LazyConvTranspose1d(2, 3), [2, 3, 5]],
      [new nn.LazyConvTranspose3d(2, 2), [1, 3, 2, 2, 2]],
      [new nn.LazyBatchNorm1d(), [2, 3, 5]],
      [new nn.LazyBatchNorm3d(), [2, 3, 4, 4, 4]],
      [new nn.LazyInstanceNorm1d({ affine: true }), [3, 5]],
      [new nn.LazyInstanceNorm3d(), [3, 4, 4, 4]],
    ] as const) {
      (layer as unknown as AnyModule)(ones([...shape]));
      ok(/^\w+\(3, /.test(String(layer)) && !String(layer).startsWith('Lazy'), String(layer));
    }
  });

  test('dropout of channels: whole ones, scaled, with their gradient', async () => {
    for (const [layer, shape] of [
      [new nn.Dropout1d(0.25), [40, 50, 3]],
      [new nn.Dropout2d(0.25), [40, 50, 2, 2]],
      [new nn.Dropout3d(0.25), [40, 50, 1, 2, 2]],
    ] as const) {
      manualSeed(3);
      const x = ones([...shape]).requiresGrad_();
      const y = layer(x);
      y.sum().backward();
      const values = [...(await y.reshape(2000, -1).numpy())];
      const size = values.length / 2000;
      const first = values.filter((_, at) => at % size === 0);
      ok(
        values.every((value, at) => value === first[Math.floor(at / size)]),
        'a channel is dropped as a whole',
      );
      same(new Set(first), new Set([0, Math.fround(1 / 0.75)]));
      const kept = first.filter((value) => value > 0).length;
      ok(Math.abs(kept / 2000 - 0.75) < 0.04, `kept ${kept} of 2000`);
      same([...((await x.grad?.reshape(-1).numpy()) ?? [])], values, 'the gradient has the same mask');
      same(layer.eval()(x) === x, true);
    }
    same(nn.functional.dropout1d(ones(3, 4), 0.5).shape, [3, 4]);
    throws(() => new nn.Dropout2d(0.5)(ones(2, 3)), 'ShapeError', /\[dropout2d\] input \(2, 3\): it must have 3 or 4/);
    throws(() => new nn.AlphaDropout(-1), 'ArgumentError', /p is -1/);
  });

  test('alpha dropout keeps mean 0 and variance 1', async () => {
    manualSeed(4);
    const x = randn(40_000);
    const y = new nn.AlphaDropout(0.3)(x);
    close([await y.mean().item(), await y.var().item()], [0, 1], { absolute: 0.03 });
    // -s a (1 - p), with the limit s of SELU and the scale a that keeps the variance.
    const [limit, share] = [1.7580993408473766, 0.7];
    const low = (-limit * share) / Math.sqrt((limit * limit * 0.3 + 1) * share);
    const dropped = await y.sub(low).abs().lt(1e-5).sum().item();
    ok(Math.abs(dropped / 40_000 - 0.3) < 0.02, `${dropped} elements at ${low}`);
    const whole = await nn.functional.featureAlphaDropout(ones(4, 6, 5), 0.5, true).tolist();
    ok(
      (whole as number[][][]).flat().every((channel) => channel.every((value) => value === channel[0])),
      'whole channels',
    );
    same(nn.functional.alphaDropout(x) === x, true, 'not in training unless asked for');
  });

  test('unpooling undoes a pool; sizes of transposed convolutions can be asked for', async () => {
    const x = tensor([
      [
        [
          [1, 5, 2],
          [7, 0, 3],
          [4, 4, 9],
        ],
      ],
    ]);
    const [values, places] = nn.functional.maxPool2d(x, 2, { ceilMode: true, returnIndices: true });
    same(await new nn.MaxUnpool2d(2)(values, places, [3, 3]).tolist(), [
      [
        [
          [0, 0, 0],
          [7, 0, 3],
          [4, 0, 9],
        ],
      ],
    ]);
    throws(() => new nn.MaxUnpool2d(2)(values, places, [9, 9]), 'ArgumentError', /nearer to \(4, 4\) than a stride/);
    const up = new nn.ConvTranspose2d(1, 1, 3, { stride: 2, padding: 1 });
    same(
      [up(x).shape, up(x, [6, 6]).shape, up(x, [1, 1, 5, 6]).shape],
      [
        [1, 1, 5, 5],
        [1, 1, 6, 6],
        [1, 1, 5, 6],
      ],
    );
    throws(() => up(x, [7, 7]), 'ShapeError', /dimension 0 can be 5 to 6/);
    same(new nn.Unflatten(1, [1, -1])(ones(2, 6)).shape, [2, 1, 6]);
    const [largest, where] = new nn.AdaptiveMaxPool2d(2, true)(x) as unknown as readonly [Tensor, Tensor];
    same(
      [[...(await largest.numpy())], [...(await where.numpy())]],
      [
        [7, 5, 7, 9],
        [3, 1, 3, 8],
      ],
    );
    same([...(await new nn.Upsample({ size: 2 })(x).numpy())], [1, 5, 7, 0]);
  });

  test('names on the tape', () => {
    const f = nn.functional;
    const x = ones(2, 4, 5, 5).requiresGrad_();
    const name = (y: Tensor) => y.gradFn?.name();
    same(
      [
        f.batchNorm(x, null, null, null, null, true),
        f.layerNorm(x, [5, 5]),
        f.groupNorm(x, 2),
        f.adaptiveAvgPool2d(x, 3),
        f.adaptiveAvgPool2d(x, 1),
        f.adaptiveMaxPool2d(x, 3),
        f.interpolate(x, { scaleFactor: 2 }),
        f.interpolate(x, { size: 3, mode: 'bicubic' }),
        f.interpolate(x, { size: 3, mode: 'area' }),
        f.maxUnpool2d(x, ones(2, 4, 5, 5).long(), 2),
      ].map(name),
      [
        'NativeBatchNormBackward0',
        'NativeLayerNormBackward0',
        'NativeGroupNormBackward0',
        'AdaptiveAvgPool2DBackward0',
        'MeanBackward1',
        'AdaptiveMaxPool2DBackward0',
        'UpsampleNearest2DBackward0',
        'UpsampleBicubic2DBackward0',
        'AdaptiveAvgPool2DBackward0',
        'MaxUnpool2DBackward0',
      ],
    );
    const norm = new nn.BatchNorm2d(4);
    const next = norm(x).gradFn?.nextFunctions.map(([fn]) => fn?.name());
    same(next?.filter((one) => one !== undefined).length, 3);
  });

  test('bad inputs', () => {
    const f = nn.functional;
    throws(
      () => new nn.BatchNorm2d(3)(ones(2, 3)),
      'ShapeError',
      '[nn.BatchNorm2d] input (2, 3): it must have 4 dimensions.',
    );
    throws(
      () => new nn.BatchNorm1d(3)(ones(1, 3)),
      'ShapeError',
      /has one value a channel: in training there must be more/,
    );
    throws(() => f.batchNorm(ones(2, 3)), 'ArgumentError', /no runningMean and runningVar in evaluation/);
    throws(
      () => f.batchNorm(ones(2, 3), ones(2), ones(3)),
      'ShapeError',
      /runningMean \(2,\) for input \(2, 3\).*\(3,\)/,
    );
    throws(() => f.batchNorm(ones(2, 3).long(), ones(3), ones(3)), 'DTypeError', /dtype int32/);
    throws(
      () => f.layerNorm(ones(2, 3), [2]),
      'ShapeError',
      /normalizedShape \(2,\) for input \(2, 3\): it must be the last/,
    );
    throws(() => f.layerNorm(ones(2, 3), [3], ones(2)), 'ShapeError', /weight \(2,\).*\(3,\)/);
    throws(() => f.groupNorm(ones(2, 3), 2), 'ShapeError', /input \(2, 3\) in 2 groups/);
    throws(() => new nn.GroupNorm(2, 3), 'ArgumentError', /3 channels in 2 groups/);
    throws(() => f.interpolate(ones(1, 1, 2)), 'ArgumentError', /neither size nor scaleFactor/);
    throws(() => f.interpolate(ones(1, 1, 2, 2), 3, null, 'linear'), 'ShapeError', /Did you mean mode: 'bilinear'\?/);
    throws(() => f.interpolate(ones(1, 1, 2), 3, null, 'nearest', true), 'ArgumentError', /alignCorners is given/);
    throws(() => f.adaptiveAvgPool2d(ones(1, 1, 2, 2), [1, 2, 3]), 'ArgumentError', /outputSize is \[1, 2, 3\]/);
    throws(() => f.gridSample(ones(1, 1, 2, 2), ones(1, 2, 2, 3)), 'ShapeError', /grid \(1, 2, 2, 3\)/);
    throws(() => f.maxUnpool1d(ones(1, 1, 2), ones(1, 1, 3).long(), 2), 'ShapeError', /indices \(1, 1, 3\)/);
    throws(() => new nn.LazyConv2d(4, 3, { groups: 2 })(ones(1, 3, 5, 5)), 'ArgumentError', /3 channels with groups 2/);
  });
});
