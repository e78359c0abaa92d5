// nn.functional: names on the tape, losses with all their options, bad inputs, warnings, gradients against differences.
import { autograd, manualSeed, nn, ones, rand, randn, tensor, type Tensor, zeros } from '../../src/index.ts';
import { close, ok, rejects, same, throws } from '../support/expect.ts';
import { type Context, defineSuite } from '../support/suite.ts';

type AnyModule = nn.Module & ((...inputs: Tensor[]) => Tensor);

/** Losses and gradients on the GPU: exp and log there are a few units in the last place off. */
const tolerance = ({ device }: Context) =>
  device === 'cpu' ? { absolute: 2e-6, relative: 1e-5 } : { absolute: 1e-5, relative: 1e-4 };

export const suite = defineSuite('nn functional', (test) => {
  test('names on the tape', () => {
    const f = nn.functional;
    const x = ones(2, 3).requiresGrad_();
    const classes = tensor([0, 2], { dtype: 'int32' });
    const name = (y: Tensor) => y.gradFn?.name();
    same(name(f.linear(x, ones(4, 3), ones(4))), 'AddmmBackward0');
    same(
      [f.leakyRelu(x), f.elu(x), f.gelu(x), f.silu(x), f.softplus(x), f.softmax(x, 1), f.logSoftmax(x, 1)].map(name),
      [
        'LeakyReluBackward0',
        'EluBackward0',
        'GeluBackward0',
        'SiluBackward0',
        'SoftplusBackward0',
        'SoftmaxBackward0',
        'LogSoftmaxBackward0',
      ],
    );
    same(
      [
        f.mseLoss(x, ones(2, 3)),
        f.huberLoss(x, ones(2, 3)),
        f.nllLoss(x, classes),
        f.crossEntropy(x, classes),
        f.l1Loss(x, ones(2, 3)),
        f.dropout(x),
      ].map(name),
      [
        'MseLossBackward0',
        'HuberLossBackward0',
        'NllLossBackward0',
        'NllLossBackward0',
        'MeanBackward0',
        'MulBackward0',
      ],
    );
    same(f.crossEntropy(x, classes).gradFn?.nextFunctions[0][0]?.name(), 'LogSoftmaxBackward0');
  });

  test('losses with weights, ignored classes, smoothing', async (context) => {
    const f = nn.functional;
    const logits = () => tensor(LOGITS).requiresGrad_();
    const weight = tensor([0.5, 1, 2]);
    const classes = tensor([2, 0, -100, 1], { dtype: 'int32' });
    const plain = tensor([2, 0, 1, 1], { dtype: 'int32' });
    const targets = tensor(TARGETS);
    const cases: [string, (x: Tensor) => Tensor][] = [
      ['weighted', (x) => f.crossEntropy(x, classes, { weight })],
      ['smoothed', (x) => f.crossEntropy(x, classes, { weight, labelSmoothing: 0.2 })],
      ['ignored', (x) => f.crossEntropy(x, plain, { ignoreIndex: 1, reduction: 'sum', labelSmoothing: 0.1 })],
      ['soft', (x) => f.crossEntropy(x, targets, { weight, labelSmoothing: 0.2 })],
      ['bce', (x) => f.binaryCrossEntropyWithLogits(x, targets, { weight, posWeight: tensor([3, 0.5, 1]) })],
      ['probabilities', (x) => f.binaryCrossEntropy(x.sigmoid(), targets, { weight })],
      ['smooth l1', (x) => f.smoothL1Loss(x, targets, 'mean', 0.5)],
      ['huber', (x) => f.huberLoss(x, targets, { reduction: 'sum', delta: 0.7 })],
    ];
    for (const [name, loss] of cases) {
      const x = logits();
      const value = loss(x);
      value.backward();
      const [wantedValue, wantedGrad] = LOSSES[name];
      close(await value.item(), wantedValue, tolerance(context), name);
      close(await x.grad?.reshape(-1).tolist(), wantedGrad, tolerance(context), `gradient of ${name}`);
    }
    const all = tensor([-100, -100], { dtype: 'int32' });
    same(Number.isNaN(await f.nllLoss(zeros(2, 3), all).item()), true, 'the mean of nothing');
    same(await f.nllLoss(zeros(3), tensor(1, { dtype: 'int32' })).shape, []);
  });

  test('bad inputs of layers and losses', async () => {
    const f = nn.functional;
    throws(() => new nn.Linear(2, 3)(ones(4, 3)), 'ShapeError', /\[linear\] input \(4, 3\) with weight \(3, 2\)/);
    throws(
      () => new nn.Linear(2, 3, { in_features: 3 } as never),
      'ArgumentError',
      /unknown option in_features.*Did you mean inFeatures\?|inFeatures is given twice/,
    );
    throws(
      () => new nn.MSELoss({ reduction: 'avg' as 'mean' }),
      'ArgumentError',
      /reduction is 'avg': it must be 'mean', 'sum' or 'none'/,
    );
    throws(
      () => f.crossEntropy(ones(5, 4), zeros(4, { dtype: 'int32' })),
      'ShapeError',
      /target \(4,\) for input \(5, 4\).*\(5,\)/,
    );
    throws(() => f.crossEntropy(ones(5, 4), zeros(5)), 'ArgumentError', /class indices of dtype float32/);
    throws(() => f.binaryCrossEntropy(rand(3), rand(3, 1)), 'ShapeError', /\(3, 1\) for input \(3,\)/);
    await rejects(async () => f.nllLoss(zeros(2, 3), tensor([0, 3], { dtype: 'int32' })).item(), 'IndexError', /3/);
    // eslint-disable-next-line no-new-func
    const Empty = new Function('Module', 'return class Empty extends Module {}')(nn.Module) as new () => AnyModule;
    throws(() => new Empty()(ones(1)), 'NotImplementedError', /has no forward/);
  });

  test('(n,) against (n, 1) warns as PyTorch does', () => {
    const warned: string[] = [];
    const { warn } = console;
    console.warn = (text: string) => void warned.push(text);
    try {
      nn.functional.mseLoss(zeros(3), zeros(3, 1));
    } finally {
      console.warn = warn;
    }
    same(warned.length, 1);
    ok(
      warned[0].endsWith(
        'Using a target size (torch.Size([3, 1])) that is different to the input size (torch.Size([3])). ' +
          'This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.',
      ),
      warned[0],
    );
  });

  test('gradcheck of the operations behind nn.functional', async ({ device }) => {
    if (device !== 'cpu') return;
    const f = nn.functional;
    manualSeed(1);
    const make = (...size: number[]) => randn(size, { dtype: 'float64', requiresGrad: true });
    const fixed = randn([4, 3], { dtype: 'float64' });
    const classes = tensor([2, 0, 1, 1], { dtype: 'int32' });
    const weight = rand([3], { dtype: 'float64' });
    const positive = rand([3], { dtype: 'float64' });
    const cases: readonly [string, (x: Tensor) => Tensor][] = [
      ['leakyRelu', (x) => f.leakyRelu(x, 0.3)],
      ['elu', (x) => f.elu(x, 1.5)],
      ['gelu', (x) => f.gelu(x)],
      ['gelu tanh', (x) => f.gelu(x, 'tanh')],
      ['silu', (x) => f.silu(x)],
      ['softplus', (x) => f.softplus(x, 2)],
      ['logsigmoid', (x) => f.logsigmoid(x)],
      ['softmax', (x) => f.softmax(x, 0)],
      ['logSoftmax', (x) => f.logSoftmax(x, 1)],
      ['mseLoss', (x) => f.mseLoss(x, fixed)],
      ['l1Loss', (x) => f.l1Loss(x, fixed)],
      ['huberLoss', (x) => f.huberLoss(x, fixed, 'none', 0.5)],
      ['smoothL1Loss', (x) => f.smoothL1Loss(x, fixed, 'sum', 0.5)],
      ['crossEntropy', (x) => f.crossEntropy(x, classes, { weight, labelSmoothing: 0.1 })],
      ['nllLoss', (x) => f.nllLoss(x, classes, { reduction: 'none' })],
      ['soft crossEntropy', (x) => f.crossEntropy(x, f.softmax(fixed, 1), weight)],
      ['binaryCrossEntropy', (x) => f.binaryCrossEntropy(x.sigmoid(), fixed.sigmoid(), weight)],
      ['with logits', (x) => f.binaryCrossEntropyWithLogits(x, fixed.sigmoid(), { weight, posWeight: positive })],
      ['linear', (x) => f.linear(x, fixed, randnLikeFirst(fixed))],
    ];
    for (const [name, run] of cases) {
      ok(await autograd.gradcheck(run, [make(4, 3)]), `gradcheck ${name}`);
      ok(await autograd.gradgradcheck(run, [make(4, 3)]), `gradgradcheck ${name}`);
    }
    ok(await autograd.gradcheck((x, w, b) => f.linear(x, w, b), [make(2, 3), make(4, 3), make(4)]), 'linear');
    ok(await autograd.gradcheck((x, y) => f.mseLoss(x, y), [make(4), make(4)]), 'mse by its target');
    ok(
      await autograd.gradcheck(
        (x, y) => f.binaryCrossEntropyWithLogits(x, y, { posWeight: positive }),
        [make(2, 3), make(2, 3)],
      ),
      'logits by target',
    );
  });
});

/** A bias for `linear` of fixed weights. */
function randnLikeFirst(x: Tensor): Tensor {
  return x.select(1, 0).detach();
}

// PyTorch's numbers for the tests above.
const LOGITS = [
  [-0.49000001, -0.600000024, -0.560000002],
  [0.670000017, -0.200000003, 1.940000057],
  [-1.399999976, -0.75999999, 0.629999995],
  [-0.899999976, -0.560000002, 0.689999998],
];
const TARGETS = [
  [0.980000019, 0.090000004, 0.529999971],
  [0.680000007, 0.25999999, 0.389999986],
  [0.170000002, 0.25999999, 0.039999999],
  [0.49000001, 0.800000012, 0.74000001],
];
const LOSSES: Readonly<Record<string, readonly [number, readonly number[]]>> = {
  weighted: [
    1.334588885,
    [
      0.202044755, 0.180998594, -0.383043319, -0.114169843, 0.012018588, 0.102151252, 0.0, 0.0, 0.0, 0.039092381,
      -0.230791554, 0.191699192,
    ],
  ],
  smoothed: [
    1.28251636,
    [
      0.175683886, 0.146867752, -0.322551578, -0.087472275, -0.003824075, 0.091296345, 0.0, 0.0, 0.0, 0.03087165,
      -0.190865546, 0.159993917,
    ],
  ],
  ignored: [
    2.700707436,
    [0.320244968, 0.283414185, -0.603659153, -0.732522249, 0.050796781, 0.681725383, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
  ],
  soft: [
    1.508541703,
    [
      0.03026575, 0.087703459, -0.117969185, -0.00919548, -0.040539164, 0.049734659, -0.011696266, -0.042804226,
      0.054500479, 0.019743806, -0.068377346, 0.048633549,
    ],
  ],
  bce: [
    1.06776309,
    [
      -0.07564646, 0.02444985, -0.027742082, -0.019952187, 0.021803705, 0.080725364, -0.010205266, 0.012268524,
      0.102081567, -0.037403334, -0.015155961, -0.012338847,
    ],
  ],
  probabilities: [
    0.950322568,
    [
      -0.025004437, 0.022028642, -0.027742084, -0.0007707, 0.015847169, 0.080725349, 0.001159004, 0.004887191,
      0.102081582, -0.008372896, -0.036371045, -0.012338846,
    ],
  ],
  'smooth l1': [
    0.72451669,
    [
      -0.083333336, -0.083333336, -0.083333336, -0.001666665, -0.076666668, 0.083333336, -0.083333336, -0.083333336,
      0.083333336, -0.083333336, -0.083333336, -0.008333336,
    ],
  ],
  huber: [
    5.419199944,
    [
      -0.699999988, -0.690000057, -0.699999988, -0.00999999, -0.459999979, 0.699999988, -0.699999988, -0.699999988,
      0.589999974, -0.699999988, -0.699999988, -0.050000012,
    ],
  ],
};
