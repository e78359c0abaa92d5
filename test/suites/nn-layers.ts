// Layers: what they print, draw, and do to their input, against PyTorch's text and numbers.
import { manualSeed, nn, ones, rand, tensor, type Tensor, zeros } from '../../src/index.ts';
import printed from '../golden/print.json';
import random from '../golden/random.json';
import { close, ok, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

export const suite = defineSuite('nn layers', (test) => {
  const drawn = /nn\.(Linear|Conv2d|Embedding|init)/;
  for (const { manual_seed, calls } of random) {
    const rows = calls as readonly { call: string; value: { readonly data: readonly unknown[] } }[];
    if (!rows.some(({ call }) => drawn.test(call))) continue;
    test(`draws of ${rows[0].call}, seed ${manual_seed}`, async () => {
      manualSeed(manual_seed);
      for (const { call, value } of rows) {
        if (!drawn.test(call)) break;
        const text = call.startsWith('nn.init') ? call : `new ${call}`;
        // eslint-disable-next-line no-new-func
        const got = new Function('nn', 'empty', `return ${text}`)(nn, zeros) as Tensor;
        close(await got.reshape(-1).tolist(), value.data, { absolute: 1e-7, relative: 1e-6 }, call);
      }
    });
  }

  test('init: constants, gains, truncated normals', async () => {
    same(await nn.init.eye_(zeros(2, 3)).tolist(), [
      [1, 0, 0],
      [0, 1, 0],
    ]);
    same(await nn.init.constant_(zeros(2), 0.5).tolist(), [0.5, 0.5]);
    same([nn.init.calculateGain('tanh'), nn.init.calculateGain('leaky_relu', 2)], [5 / 3, Math.sqrt(2 / 5)]);
    manualSeed(0);
    close(await nn.init.truncNormal_(zeros(5)).tolist(), TRUNC, { absolute: 1e-6 });
    manualSeed(0);
    close(await nn.init.kaimingUniform_(zeros(2, 2), { mode: 'fanOut', nonlinearity: 'relu' }).tolist(), KAIMING, {
      absolute: 1e-6,
    });
    throws(() => nn.init.xavierNormal_(zeros(3)), 'ShapeError', /fan in and fan out of \(3,\)/);
    throws(() => nn.init.calculateGain('softmax'), 'ArgumentError', /nonlinearity 'softmax'/);
  });

  test('printed form', async () => {
    const net = new nn.Sequential(new nn.Linear(20, 256), new nn.ReLU(), new nn.Linear(256, 10));
    const rows = printed as readonly { module?: boolean; repr: string }[];
    ok(
      rows.some(({ repr }) => repr === String(net)),
      `golden text of ${String(net)}`,
    );
    same(
      String(
        new nn.Sequential(
          new nn.Flatten(),
          new nn.Sequential(new nn.Dropout(0.5), new nn.Sigmoid()),
          new nn.Sequential(),
        ),
      ),
      NESTED,
    );
    const one = [
      new nn.ReLU(true),
      new nn.ELU(),
      new nn.LeakyReLU(1e-5),
      new nn.Softplus(2, 1),
      new nn.GELU(),
      new nn.Softmax(1),
    ];
    same(one.map(String), [
      'ReLU(inplace=True)',
      'ELU(alpha=1.0)',
      'LeakyReLU(negative_slope=1e-05)',
      'Softplus(beta=2, threshold=1)',
      "GELU(approximate='none')",
      'Softmax(dim=1)',
    ]);
    same(
      [new nn.LazyLinear(3), new nn.MSELoss(), new nn.Identity(1, 2), new nn.ModuleList([new nn.Tanh()])].map(String),
      [
        'LazyLinear(in_features=0, out_features=3, bias=True)',
        'MSELoss()',
        'Identity()',
        'ModuleList(\n  (0): Tanh()\n)',
      ],
    );
    same(
      [
        new nn.Conv2d(1, 6, 5, { padding: 2 }),
        new nn.Conv2d(4, 6, [3, 2], { stride: [2, 1], groups: 2, dilation: [1, 2], bias: false }),
        new nn.Conv1d(3, 3, 3, { padding: 'same' }),
        new nn.Conv3d(1, 2, 2, { dilation: 2 }),
        new nn.AvgPool2d([3, 2], { stride: [2, 1], padding: 1 }),
        new nn.AvgPool1d(3, 2),
        new nn.MaxPool2d(2),
        new nn.MaxPool2d([3, 2], 1, 1, 2, { ceilMode: true }),
      ].map(String),
      [
        'Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))',
        'Conv2d(4, 6, kernel_size=(3, 2), stride=(2, 1), dilation=(1, 2), groups=2, bias=False)',
        'Conv1d(3, 3, kernel_size=(3,), stride=(1,), padding=same)',
        'Conv3d(1, 2, kernel_size=(2, 2, 2), stride=(1, 1, 1), dilation=(2, 2, 2))',
        'AvgPool2d(kernel_size=(3, 2), stride=(2, 1), padding=1)',
        'AvgPool1d(kernel_size=(3,), stride=(2,), padding=(0,))',
        'MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)',
        'MaxPool2d(kernel_size=(3, 2), stride=1, padding=1, dilation=2, ceil_mode=True)',
      ],
    );
    const inspect = Reflect.get(net, Symbol.for('nodejs.util.inspect.custom')) as () => string;
    same(inspect.call(net), String(net));
    same(await new nn.Parameter(ones(2)).repr(), 'Parameter containing:\ntensor([1., 1.], requires_grad=True)');
  });

  test('LazyLinear: sizes and draws at the first input, then a Linear', async () => {
    manualSeed(0);
    const eager = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 2));
    const lazy = new nn.Sequential(new nn.LazyLinear(4), new nn.ReLU(), new nn.LazyLinear(2));
    const parameters = lazy.parameters();
    throws(() => lazy[0].weight.shape, 'ArgumentError', /before the first forward/);
    throws(() => lazy[0].weight.add(1), 'ArgumentError', /before the first forward/);
    manualSeed(0);
    const y = lazy(ones(5, 3));
    same(y.shape, [5, 2]);
    close(await lazy[2].weight.tolist(), await eager[2].weight.tolist());
    same(
      [lazy.parameters()[0] === parameters[0], parameters[0].shape, parameters[0] instanceof nn.UninitializedParameter],
      [true, [4, 3], false],
    );
    same(String(lazy), String(eager));
    y.sum().backward();
    same(parameters[0].grad?.shape, [4, 3]);
    const loaded = new nn.LazyLinear(4);
    loaded.loadStateDict(eager[0].stateDict());
    close(await loaded(ones(1, 3)).tolist(), await eager[0](ones(1, 3)).tolist());
    same(loaded.inFeatures, 3);
  });

  test('dropout: a mask of the seed, scaled, with its gradient; off in eval', async () => {
    const drop = new nn.Dropout(0.25);
    manualSeed(3);
    const x = ones(4000).requiresGrad_();
    const y = drop(x);
    y.sum().backward();
    const values = (await y.numpy()) as Float32Array;
    same(new Set(values), new Set([0, Math.fround(1 / 0.75)]));
    const kept = values.filter((value) => value > 0).length;
    ok(Math.abs(kept / 4000 - 0.75) < 0.03, `kept ${kept} of 4000`);
    same(await x.grad?.numpy(), values, 'the gradient has the same mask');
    manualSeed(3);
    same(await drop(ones(4000)).numpy(), values, 'the same seed');
    ok(!(await drop(ones(4000)).eq(tensor(values)).all().item()), 'another draw, another mask');
    manualSeed(3);
    const first = await rand(2).tolist();
    manualSeed(3);
    drop(ones(8));
    same(await rand(2).tolist(), first, 'the host stream does not move');
    same(drop.eval()(x) === x, true);
    same(await new nn.Dropout(1)(ones(3)).tolist(), [0, 0, 0]);
    same(await new nn.Dropout(0)(ones(3)).tolist(), [1, 1, 1]);
    throws(
      () => new nn.Dropout(1.5),
      'ArgumentError',
      '[nn.Dropout] p is 1.5: a dropout probability lies between 0 and 1.',
    );
  });

  test('inplace activations write their input', async () => {
    const x = tensor([-1, 2]);
    same(new nn.ReLU({ inplace: true })(x) === x, true);
    same(await x.tolist(), [0, 2]);
    const leaf = ones(2).requiresGrad_();
    throws(() => new nn.ReLU(true)(leaf), 'AutogradError');
    const hidden = leaf.mul(-3);
    new nn.LeakyReLU(0.5, true)(hidden).sum().backward();
    same(await leaf.grad?.tolist(), [-1.5, -1.5]);
  });
});

const NESTED = `Sequential(
  (0): Flatten(start_dim=1, end_dim=-1)
  (1): Sequential(
    (0): Dropout(p=0.5, inplace=False)
    (1): Sigmoid()
  )
  (2): Sequential()
)`;

// PyTorch's numbers for the tests above.
const TRUNC = [-0.008956512, 0.693549573, -1.241547227, -1.041709423, -0.478393346];
const KAIMING = [
  [-0.012967553, 0.929147542],
  [-1.425555944, -1.274683714],
];
