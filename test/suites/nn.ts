// Modules against PyTorch's numbers (golden/modules.json), its printed form, its draws and its rules.
import { autograd, manualSeed, nn, noGrad, ones, rand, randn, tensor, type Tensor, zeros } from '../../src/index.ts';
import modules from '../golden/modules.json';
import printed from '../golden/print.json';
import random from '../golden/random.json';
import { close, ok, rejects, same, throws } from '../support/expect.ts';
import { type Context, defineSuite } from '../support/suite.ts';

interface Encoded {
  readonly tensor: readonly number[];
  readonly dtype?: string;
  readonly data: readonly unknown[];
}

interface ModuleRow {
  readonly new: string;
  readonly eval: boolean;
  readonly state: Readonly<Record<string, Encoded>>;
  readonly inputs: readonly Encoded[];
  readonly calls: number;
  readonly output: Encoded;
  readonly grad_outputs: readonly Encoded[];
  readonly input_grads: readonly (Encoded | null)[];
  readonly param_grads: Readonly<Record<string, Encoded>>;
}

type AnyModule = nn.Module & ((...inputs: Tensor[]) => Tensor);

/** Losses and gradients on the GPU: exp and log there are a few units in the last place off. */
const tolerance = ({ device }: Context) =>
  device === 'cpu' ? { absolute: 2e-6, relative: 1e-5 } : { absolute: 1e-5, relative: 1e-4 };

function decode({ tensor: shape, dtype, data }: Encoded): Tensor {
  const flat = tensor(data.map(Number), { dtype: dtype === 'int32' ? 'int32' : 'float32' });
  return flat.reshape([...shape]);
}

function build(text: string): AnyModule {
  // eslint-disable-next-line no-new-func
  return new Function('nn', `return new ${text}`)(nn) as AnyModule;
}

/** The rows whose module the library has. */
const known = (modules as unknown as ModuleRow[]).filter((row) =>
  Object.hasOwn(nn, /^nn\.(\w+)/.exec(row.new)?.[1] ?? ''),
);

const wanted = [
  'Linear',
  'ReLU',
  'LeakyReLU',
  'ELU',
  'GELU',
  'SiLU',
  'Sigmoid',
  'Tanh',
  'Softplus',
  'LogSigmoid',
  'Softmax',
  'LogSoftmax',
  'Flatten',
  'Identity',
];
const wantedLosses = [
  'MSELoss',
  'L1Loss',
  'SmoothL1Loss',
  'HuberLoss',
  'CrossEntropyLoss',
  'NLLLoss',
  'BCELoss',
  'BCEWithLogitsLoss',
];

async function grads(net: nn.Module): Promise<unknown> {
  return Promise.all(net.parameters().map((parameter) => (parameter.grad as Tensor).tolist()));
}

export const suite = defineSuite('nn', (test) => {
  test('golden rows are there for all modules in scope', () => {
    const names = new Set(known.map((row) => /^nn\.(\w+)/.exec(row.new)?.[1]));
    same(
      [...wanted, ...wantedLosses].filter((name) => !names.has(name)),
      [],
    );
  });

  known.forEach((row, at) =>
    test(`golden ${at}: ${row.new}`, async (context) => {
      const net = build(row.new);
      if (row.eval) net.eval();
      net.loadStateDict(Object.fromEntries(Object.entries(row.state).map(([key, value]) => [key, decode(value)])));
      const inputs = row.inputs.map((input, index) => {
        const x = decode(input);
        return row.input_grads[index] ? x.requiresGrad_() : x;
      });
      let output = net(...inputs);
      for (let call = 1; call < row.calls; call++) output = net(...inputs);
      same(output.shape, row.output.tensor, 'shape');
      close(await output.reshape(-1).tolist(), row.output.data.map(Number), tolerance(context), 'output');
      output.backward(decode(row.grad_outputs[0]));
      for (const [index, grad] of row.input_grads.entries()) {
        if (grad)
          close(
            await (inputs[index].grad as Tensor).reshape(-1).tolist(),
            grad.data.map(Number),
            tolerance(context),
            `input ${index}`,
          );
      }
      for (const [name, parameter] of net.namedParameters()) {
        const grad = row.param_grads[name];
        close(await (parameter.grad as Tensor).reshape(-1).tolist(), grad.data.map(Number), tolerance(context), name);
      }
    }),
  );

  const drawn = /nn\.(Linear|Conv2d|init)/;
  for (const { manual_seed, calls } of random) {
    const rows = calls as readonly { call: string; value: Encoded }[];
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

  test('a network of the user: callable, typed, walked', async () => {
    class Net extends nn.Module {
      readonly hidden = new nn.Linear(3, 4);
      readonly out = new nn.Linear(4, 1, { bias: false });
      override readonly name = 'net';

      forward(x: Tensor, options: { readonly scale: number }): Tensor {
        return this.out(this.hidden(x).relu()).mul(options.scale);
      }
    }
    const net = new Net();
    const y: Tensor = net(ones(2, 3), { scale: 2 });
    same(y.shape, [2, 1]);
    same(
      [typeof net, net instanceof nn.Module, net.name, Object.keys(net)],
      ['function', true, 'net', ['training', 'hidden', 'out', 'name']],
    );
    same(
      net.namedParameters().map(([name]) => name),
      ['hidden.weight', 'hidden.bias', 'out.weight'],
    );
    same(
      net.namedModules().map(([name]) => name),
      ['', 'hidden', 'out'],
    );
    same(Object.keys(net.stateDict()), ['hidden.weight', 'hidden.bias', 'out.weight']);
    const order: string[] = [];
    same(net.apply((module) => void order.push(module.constructor.name)) === net, true);
    same(order, ['Linear', 'Linear', 'Net']);
    y.sum().backward();
    ok(
      net.parameters().every(({ grad }) => grad !== null),
      'gradients',
    );
    net.zeroGrad({ setToNone: false });
    close(await net.hidden.weight.grad?.abs().sum().item(), 0);
    net.zeroGrad();
    ok(
      net.parameters().every(({ grad }) => grad === null),
      'no gradients',
    );
    same([net.eval().hidden.training, net.train().out.training], [false, true]);
    net.requiresGrad_(false);
    same(
      net.parameters().map(({ requiresGrad }) => requiresGrad),
      [false, false, false],
    );
  });

  test('shared layers and parameters appear once; the state dict names each place', () => {
    const shared = new nn.Linear(2, 2);
    const net = new nn.Sequential(shared, new nn.ReLU(), shared);
    same(net.parameters().length, 2);
    same(net.modules().length, 3);
    same(net.children().length, 2);
    same(Object.keys(net.stateDict()), ['0.weight', '0.bias', '2.weight', '2.bias']);
    same(net(ones(1, 2)).shape, [1, 2]);
    class Tied extends nn.Module {
      readonly encoder = new nn.Linear(2, 2, { bias: false });
      readonly weight = this.encoder.weight;

      forward(x: Tensor): Tensor {
        return this.encoder(x).matmul(this.weight);
      }
    }
    same(
      new Tied().namedParameters().map(([name]) => name),
      ['weight'],
    );
  });

  test('Sequential: positions, names, subclass, append', async () => {
    const net = new nn.Sequential(new nn.Linear(2, 1));
    manualSeed(0);
    net[0].weight.data.normal_(0, 0.01);
    net[0].bias.data.fill_(0);
    close(await net[0].weight.tolist(), [[0.0154099607, -0.00293428907]], { absolute: 1e-8 });
    same([net.length, [...net].length, net.at(-1) === net[0]], [1, 1, true]);
    throws(() => net.at(1), 'IndexError', /index 1 of 1 modules/);
    same(net.append(new nn.Sigmoid()).length, 2);
    const named = new nn.Sequential({ hidden: new nn.Linear(2, 3), act: new nn.Tanh() });
    same(
      String(named),
      'Sequential(\n  (hidden): Linear(in_features=2, out_features=3, bias=True)\n  (act): Tanh()\n)',
    );
    same([named.hidden === named[0], named(ones(1, 2)).shape], [true, [1, 3]]);
    same(Object.keys(named.stateDict()), ['hidden.weight', 'hidden.bias']);
    class Mlp extends nn.Sequential<[nn.Linear, nn.ReLU, nn.Linear]> {
      constructor() {
        super(new nn.Linear(2, 4), new nn.ReLU(), new nn.Linear(4, 1));
      }
    }
    const mlp = new Mlp();
    const out: Tensor = mlp(ones(3, 2));
    same([out.shape, mlp[0].outFeatures, String(mlp).slice(0, 4)], [[3, 1], 4, 'Mlp(']);
    throws(
      () => new nn.Sequential(nn.ReLU as never),
      'ArgumentError',
      /module 0 is a function: it must be a module\. Make an instance/,
    );
    const list = new nn.ModuleList([new nn.Linear(1, 1), new nn.Linear(1, 1)]);
    same([list[1].inFeatures, list.length, list.parameters().length], [1, 2, 4]);
    throws(() => (list as unknown as AnyModule)(ones(1)), 'ArgumentError', /ModuleList/);
  });

  test('buffers, registered members, private fields', async () => {
    class Counter extends nn.Module {
      readonly #hidden = new nn.Linear(1, 1);
      count!: Tensor;

      constructor() {
        super();
        this.registerBuffer('count', zeros(1));
        this.registerBuffer('cache', ones(1), false);
        this.registerParameter('scale', new nn.Parameter(ones(1)));
        this.registerParameter('none', null);
      }

      see(): void {
        this.registerModule('hidden', this.#hidden);
      }

      forward(x: Tensor): Tensor {
        this.count = this.count.add(1);
        return x;
      }
    }
    const net = new Counter();
    same(Object.keys(net.stateDict()), ['scale', 'count']);
    same(
      net.namedBuffers().map(([name]) => name),
      ['count', 'cache'],
    );
    net.see();
    same(Object.keys(net.stateDict()), ['scale', 'count', 'hidden.weight', 'hidden.bias']);
    net(ones(1));
    same(await net.stateDict().count.tolist(), [1]);
    throws(() => net.registerBuffer('a.b', zeros(1)), 'ArgumentError', /the name 'a\.b'/);
    throws(() => net.registerBuffer('forward', zeros(1)), 'ArgumentError', /'forward' is a member of Counter/);
  });

  test('hooks see and replace arguments and results', () => {
    const net = new nn.Linear(2, 3);
    const seen: string[] = [];
    const before = net.registerForwardPreHook((module, [x]) => {
      seen.push(`pre ${module.outFeatures} ${x.shape.join('x')}`);
      return [x.reshape(1, 2)];
    });
    const after = net.registerForwardHook((_, args, output) => {
      seen.push(`post ${args[0].shape.join('x')} ${output.shape.join('x')}`);
      return output.sum();
    });
    same(net(ones(2)).shape, []);
    before.remove();
    after.remove();
    same(net(ones(2)).shape, [3]);
    same(seen, ['pre 3 2', 'post 1x2 1x3']);
  });

  test('loadStateDict: copies, keeps the tensors, names all faults at once', async () => {
    const [a, b] = [new nn.Linear(2, 3), new nn.Linear(2, 3)];
    const weight = b.weight;
    same(b.loadStateDict(a.stateDict()), { missingKeys: [], unexpectedKeys: [] });
    same(await b.weight.tolist(), await a.weight.tolist());
    same(b.weight === weight, true);
    noGrad(() => void a.weight.fill_(7));
    same((await b.weight.max().item()) < 1, true, 'a copy');
    same(await a.stateDict().weight.max().item(), 7, 'the dict shares the elements');
    const before = await b.weight.tolist();
    throws(
      () => b.loadStateDict({ weight: zeros(2, 2), x: zeros(1) }),
      'ArgumentError',
      '[loadStateDict] Linear: missing keys: "bias"; unexpected keys: "x"; size mismatch for weight: (2, 2) in the dict, (3, 2) in the module: ' +
        'names and sizes must be those of the module.',
    );
    throws(() => b.loadStateDict({ weight: zeros(3, 2), x: zeros(1) }), 'ArgumentError', /strict: false/);
    same(await b.weight.tolist(), before, 'nothing changed');
    same(b.loadStateDict({ weight: zeros(3, 2) }, { strict: false }), { missingKeys: ['bias'], unexpectedKeys: [] });
    same(await b.weight.sum().item(), 0);
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

  test('to(float64) and back keeps the parameters', async ({ device }) => {
    if (device !== 'cpu') return;
    const net = new nn.Linear(2, 1);
    const { weight } = net;
    net.to('float64');
    same(
      [net.weight === weight, weight.dtype, net(ones(1, 2, { dtype: 'float64' })).dtype],
      [true, 'float64', 'float64'],
    );
    net(ones(1, 2, { dtype: 'float64' }))
      .sum()
      .backward();
    same(weight.grad?.dtype, 'float64');
    same(net.float().weight.dtype, 'float32');
    throws(() => net.to('int32'), 'ArgumentError', /floating point dtypes only/);
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

  test('a step by the library against the chain rule written out', async (context) => {
    const net = new nn.Sequential(new nn.Linear(2, 3), new nn.Tanh(), new nn.Linear(3, 1));
    const x = tensor([
      [1, -2],
      [0.5, 3],
    ]);
    const y = tensor([[1], [0]]);
    new nn.MSELoss()(net(x), y).backward();
    const got = (await grads(net)) as unknown[];
    const { hidden, delta2, delta1 } = noGrad(() => {
      const hidden = x.matmul(net[0].weight.t()).add(net[0].bias).tanh();
      const delta2 = hidden.matmul(net[2].weight.t()).add(net[2].bias).sub(y);
      const delta1 = delta2.matmul(net[2].weight).mul(hidden.square().neg().add(1));
      return { hidden, delta2, delta1 };
    });
    const rule = [delta1.t().matmul(x), delta1.sum(0), delta2.t().matmul(hidden), delta2.sum(0)];
    for (const [at, wantedGrad] of rule.entries())
      close(got[at], await wantedGrad.tolist(), tolerance(context), `parameter ${at}`);
  });
});

/** A bias for `linear` of fixed weights. */
function randnLikeFirst(x: Tensor): Tensor {
  return x.select(1, 0).detach();
}

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
