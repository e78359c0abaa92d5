// Optimizers and schedules against PyTorch's paths (golden/optimizers.json) and learning curves (golden/training.json).
import {
  data,
  manualSeed,
  memory,
  nn,
  noGrad,
  normal,
  ones,
  optim,
  randn,
  tensor,
  type Tensor,
  zeros,
} from '../../src/index.ts';
import golden from '../golden/optimizers.json';
import training from '../golden/training.json';
import { close, ok, same, throws } from '../support/expect.ts';
import { type Context, defineSuite } from '../support/suite.ts';

type Options = Readonly<Record<string, unknown>>;

interface PathRow {
  readonly optimizer: string;
  readonly options: Options;
  readonly start: readonly number[];
  readonly path: readonly (readonly (number | string)[])[];
}

interface ScheduleRow {
  readonly scheduler: string;
  readonly options: Options;
  readonly base_lr: number;
  readonly lrs: readonly number[];
}

interface TrainingRow {
  readonly name: string;
  readonly manual_seed: number;
  readonly optimizer?: string;
  readonly options?: Options;
  readonly curve: readonly number[];
  readonly params?: readonly { readonly data: readonly number[] }[];
  readonly accuracy?: number;
}

/** Numbers that JSON does not have stand as text. */
const finite = (value: number | string): number =>
  typeof value === 'number' ? value : (({ inf: Infinity, '-inf': -Infinity } as Record<string, number>)[value] ?? NaN);

const camel = (options: Options): Options =>
  Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );

type OptimizerClass = new (params: Iterable<Tensor>, options: Options) => optim.Optimizer<{ lr: number }>;
type SchedulerClass = new (optimizer: unknown, options: Options) => optim.lrScheduler.LRScheduler;

function optimizerOf(name: string, params: Iterable<Tensor>, options: Options = {}): optim.Optimizer<{ lr: number }> {
  const Class = Reflect.get(optim, name.split(' ')[0]) as OptimizerClass;
  return new Class(params, camel(options));
}

/** What training reaches: rounding differs a little more from step to step on the GPU. */
const trained = ({ device }: Context) =>
  device === 'cpu' ? { absolute: 1e-6, relative: 1e-4 } : { absolute: 1e-5, relative: 1e-3 };

function rosenbrock(point: Tensor): Tensor {
  const [x, y] = [point.select(0, 0), point.select(0, 1)];
  return x.neg().add(1).square().add(y.sub(x.square()).square().mul(100));
}

export const suite = defineSuite('optim', (test) => {
  for (const [at, row] of (golden.optimizers as unknown as PathRow[]).entries()) {
    test(`path ${at}: ${row.optimizer} ${JSON.stringify(row.options)}`, async (context) => {
      const point = tensor(row.start, { requiresGrad: true });
      const optimizer = optimizerOf(row.optimizer, [point], row.options);
      for (const [step, wanted] of row.path.entries()) {
        optimizer.zeroGrad();
        rosenbrock(point).backward();
        optimizer.step();
        close(await point.tolist(), wanted.map(finite), trained(context), `step ${step}`);
      }
    });
  }

  for (const row of golden.schedulers as unknown as ScheduleRow[]) {
    test(`rates of ${row.scheduler}`, () => {
      const optimizer = new optim.SGD([zeros(1).requiresGrad_()], { lr: row.base_lr });
      const Class = Reflect.get(optim.lrScheduler, row.scheduler) as SchedulerClass;
      const scheduler = new Class(optimizer, camel(row.options));
      const rates = [scheduler.getLastLr()[0]];
      while (rates.length < row.lrs.length) {
        optimizer.step();
        scheduler.step();
        rates.push(optimizer.paramGroups[0].lr);
      }
      close(rates, row.lrs, { absolute: 1e-9, relative: 1e-8 });
    });
  }

  for (const row of training as TrainingRow[]) {
    test(`${row.name}, seed ${row.manual_seed}${row.optimizer === undefined ? '' : `, ${row.optimizer}`}`, async (context) => {
      manualSeed(row.manual_seed);
      await (row.optimizer === undefined
        ? regression(row, context)
        : classifier(row as Required<TrainingRow>, context));
    });
  }

  test('parameter groups, options between steps, a closure', async () => {
    const [a, b] = [ones(1).requiresGrad_(), ones(1).requiresGrad_()];
    const optimizer = new optim.SGD([{ params: [a] }, { params: b, lr: 0.5 }], { lr: 0.1 });
    const loss = optimizer.step(() => {
      optimizer.zeroGrad();
      const sum = a.add(b).sum();
      sum.backward();
      return sum;
    });
    same(await loss.item(), 2);
    close([await a.item(), await b.item()], [0.9, 0.5]);
    optimizer.paramGroups[0].lr = 1;
    optimizer.step();
    close([await a.item(), await b.item()], [-0.1, 0]);
    const c = ones(1).requiresGrad_();
    optimizer.addParamGroup({ params: [c], momentum: 0.9 });
    same(
      optimizer.paramGroups.map(({ momentum }) => momentum),
      [0, 0, 0.9],
    );
    same(optimizer.step(), null);
    same(await c.item(), 1, 'no gradient, no step');
  });

  test("the state in PyTorch's layout: saved, loaded, continued", async (context) => {
    const make = () => {
      manualSeed(0);
      const net = new nn.Linear(2, 1);
      return { net, optimizer: new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9, weightDecay: 0.01 }) };
    };
    const step = ({ net, optimizer }: ReturnType<typeof make>) => {
      optimizer.zeroGrad();
      net(tensor([[1, 2]]))
        .square()
        .sum()
        .backward();
      optimizer.step();
    };
    const first = make();
    step(first);
    const saved = first.optimizer.stateDict();
    same(saved.param_groups, [
      {
        lr: 0.1,
        momentum: 0.9,
        dampening: 0,
        weight_decay: 0.01,
        nesterov: false,
        maximize: false,
        foreach: null,
        params: [0, 1],
      },
    ]);
    same(
      Object.entries(saved.state).map(([key, value]) => [key, Object.keys(value)]),
      [
        ['0', ['momentum_buffer']],
        ['1', ['momentum_buffer']],
      ],
    );
    const second = make();
    second.net.loadStateDict(first.net.stateDict());
    second.optimizer.loadStateDict(saved);
    step(first);
    step(second);
    close(await second.net.weight.tolist(), await first.net.weight.tolist(), trained(context));
    throws(
      () => new optim.SGD([zeros(1)], 1).loadStateDict(saved),
      'ArgumentError',
      /groups of 2 parameters for optim\.SGD with 1/,
    );
    const adam = new optim.Adam(first.net.parameters(), { amsgrad: true });
    adam.zeroGrad();
    first
      .net(tensor([[1, 2]]))
      .sum()
      .backward();
    adam.step();
    same(Object.keys(adam.stateDict().state[0]), ['step', 'exp_avg', 'exp_avg_sq', 'max_exp_avg_sq']);
    ok(
      String(adam).startsWith(
        'Adam (\nParameter Group 0\n    amsgrad: True\n    betas: (0.9, 0.999)\n    eps: 1e-08\n    foreach: None\n    lr: 0.001\n',
      ),
      String(adam),
    );
  });

  test('maximize climbs; momentum without a first dampening', async () => {
    const x = zeros(2).requiresGrad_();
    const optimizer = new optim.SGD([x], { lr: 1, momentum: 0.5, dampening: 0.5, maximize: true });
    for (let step = 0; step < 2; step++) {
      optimizer.zeroGrad();
      x.sum().backward();
      optimizer.step();
    }
    // buffers 1 (undamped), then 0.5 * 1 + 0.5 * 1
    same(await x.tolist(), [-(-1) + 1, 2]);
  });

  test('the momentum buffer and a shared view of a parameter follow the steps', async () => {
    const x = ones(4).requiresGrad_();
    const alias = x.detach();
    const part = x.data.narrow(0, 1, 2);
    const optimizer = new optim.SGD([x], { lr: 0.5 });
    x.sum().backward();
    optimizer.step();
    optimizer.step();
    same(
      [await alias.tolist(), await part.tolist()],
      [
        [0, 0, 0, 0],
        [0, 0],
      ],
    );
    same(x.isLeaf && x.requiresGrad, true);
    const column = new nn.Parameter(
      tensor([
        [1, 2],
        [3, 4],
      ]).t(),
    );
    column.sum().backward();
    new optim.SGD([column], { lr: 1 }).step();
    same(await column.tolist(), [
      [0, 2],
      [1, 3],
    ]);
  });

  test('zeroGrad', async () => {
    const x = ones(2).requiresGrad_();
    const optimizer = new optim.SGD([x], { lr: 1 });
    x.sum().backward();
    optimizer.zeroGrad({ setToNone: false });
    same(await x.grad?.tolist(), [0, 0]);
    optimizer.zeroGrad();
    same(x.grad, null);
  });

  for (const name of ['SGD', 'SGD momentum', 'Adam']) {
    test(`two hundred steps of ${name} hold their bytes flat`, async () => {
      const net = new nn.Sequential(new nn.Linear(40, 64), new nn.ReLU(), new nn.Linear(64, 1));
      const optimizer = optimizerOf(name, net.parameters(), {
        lr: 0.01,
        ...(name === 'SGD momentum' ? { momentum: 0.9 } : {}),
      });
      const loader = new data.DataLoader(new data.TensorDataset(randn(100, 40), randn(100, 1)), {
        batchSize: 10,
        shuffle: true,
      });
      const live: number[] = [];
      for (let epoch = 0; epoch < 20; epoch++) {
        for await (const [X, y] of loader) {
          optimizer.zeroGrad();
          new nn.MSELoss()(net(X), y).backward();
          optimizer.step();
        }
        live.push(memory().live);
      }
      ok(live[19] <= live[4] * 1.01, `bytes after each epoch: ${live.join(' ')}`);
    });
  }

  test('bad input', () => {
    const x = zeros(1).requiresGrad_();
    throws(
      () => new optim.SGD([x], { lr: -1 }),
      'ArgumentError',
      '[optim.SGD] lr is -1: a learning rate is 0 or more.',
    );
    throws(() => new optim.SGD([x], {} as never), 'ArgumentError', '[optim.SGD] lr is missing: it must be a number.');
    throws(() => new optim.SGD([], { lr: 1 }), 'ArgumentError', /an empty list of parameters/);
    throws(() => new optim.SGD([x.mul(1)], { lr: 1 }), 'ArgumentError', /only leaves can be optimized/);
    throws(() => new optim.SGD(x as never, { lr: 1 }), 'ArgumentError', /params is a tensor \(1\)/);
    throws(() => new optim.SGD([{ params: [x] }, { params: [x] }], { lr: 1 }), 'ArgumentError', /two groups/);
    throws(
      () => new optim.SGD([x], { lr: 1, nesterov: true }),
      'ArgumentError',
      /nesterov is true: it needs a momentum above 0/,
    );
    throws(
      () => new optim.SGD([x], { lr: 1, weight_decay: 1 } as never),
      'ArgumentError',
      /Did you mean weightDecay\?/,
    );
    throws(
      () => new optim.SGD([{ params: [x], weight_decay: 1 } as never], { lr: 1 }),
      'ArgumentError',
      /Did you mean weightDecay\?/,
    );
    throws(() => new optim.Adam([x], { betas: [0.9, 1] }), 'ArgumentError', /both lie in \[0, 1\)/);
    throws(() => new optim.lrScheduler.StepLR(new optim.SGD([x], 1), 0), 'ArgumentError', /stepSize is 0/);
    throws(() => new optim.lrScheduler.StepLR(x as never, 1), 'ArgumentError', /it must be an optimizer/);
  });

  test('LambdaLR by group, and a schedule that goes on', () => {
    const optimizer = new optim.SGD([{ params: [zeros(1)] }, { params: [zeros(1)], lr: 1 }], { lr: 2 });
    const scheduler = new optim.lrScheduler.LambdaLR(optimizer, [(epoch) => 1 / (epoch + 1), (epoch) => epoch]);
    same(scheduler.getLastLr(), [2, 0]);
    optimizer.step();
    scheduler.step();
    same(scheduler.getLastLr(), [1, 1]);
    same(scheduler.stateDict(), { base_lrs: [2, 1], last_epoch: 1, _step_count: 2, _last_lr: [1, 1] });
    const later = new optim.lrScheduler.LambdaLR(optimizer, (epoch) => epoch, { lastEpoch: 1 });
    same(later.getLastLr(), [4, 2]);
  });
});

/** Linear regression, concise: the loss over all data after each of 3 epochs, and the parameters. */
async function regression(row: TrainingRow, context: Context): Promise<void> {
  const X = normal(0, 1, [1000, 2]);
  const labels = X.matmul(tensor([[2], [-3.4]])).add(4.2);
  const y = labels.add(normal(0, 0.01, [1000, 1]));
  const loader = new data.DataLoader(new data.TensorDataset(X, y), { batchSize: 10, shuffle: true });
  const net = new nn.Sequential(new nn.Linear(2, 1));
  net[0].weight.data.normal_(0, 0.01);
  net[0].bias.data.fill_(0);
  const loss = new nn.MSELoss();
  const trainer = new optim.SGD(net.parameters(), { lr: 0.03 });
  const curve: number[] = [];
  for (let epoch = 0; epoch < 3; epoch++) {
    for (const [batch, targets] of loader) {
      const value = loss(net(batch), targets);
      trainer.zeroGrad();
      value.backward();
      trainer.step();
    }
    curve.push(await loss(net(X), y).item());
  }
  close(curve, row.curve, trained(context), 'curve');
  for (const [at, parameter] of net.parameters().entries()) {
    close(await parameter.reshape(-1).tolist(), row.params?.[at].data, trained(context), `parameter ${at}`);
  }
}

/** A three-layer classifier: the loss of each batch of 2 epochs, a new shuffling loader each. */
async function classifier(row: Required<TrainingRow>, context: Context): Promise<void> {
  const X = randn(200, 8);
  const column = (at: number) => X.select(1, at);
  const y = column(0).mul(column(1)).gt(0).to('int32').add(column(2).gt(0.5).to('int32'));
  const net = new nn.Sequential(
    new nn.Linear(8, 16),
    new nn.ReLU(),
    new nn.Linear(16, 16),
    new nn.Tanh(),
    new nn.Linear(16, 3),
  );
  const loss = new nn.CrossEntropyLoss();
  const trainer = optimizerOf(row.optimizer, net.parameters(), row.options);
  const losses: Tensor[] = [];
  for (let epoch = 0; epoch < 2; epoch++) {
    const loader = new data.DataLoader(new data.TensorDataset(X, y), { batchSize: 25, shuffle: true });
    for await (const [batch, classes] of loader) {
      trainer.zeroGrad();
      const value = loss(net(batch), classes);
      value.backward();
      trainer.step();
      losses.push(value.detach());
    }
  }
  close(await Promise.all(losses.map((value) => value.item())), row.curve, trained(context), 'curve');
  const accuracy = noGrad(() => net(X).argmax(1).eq(y).to('float32').mean());
  close(await accuracy.item(), row.accuracy, { absolute: 1e-6 }, 'accuracy');
}
