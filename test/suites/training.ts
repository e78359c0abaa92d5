// Optimizers and schedules beyond Rosenbrock's path, against PyTorch's numbers (golden/optim.json): several parameters, the keys
// of their state, L-BFGS, schedules of two groups with momentum, schedules made of others.
import { compile, memory, nn, ones, optim, randn, tensor, type Tensor, zeros } from '../../src/index.ts';
import golden from '../golden/optim.json';
import { close, ok, rejects, same, throws } from '../support/expect.ts';
import { type Context, defineSuite } from '../support/suite.ts';

type Numbers = readonly number[];
type Options = Readonly<Record<string, unknown>>;
type Trainer = new (params: unknown, options: Options) => optim.Optimizer<{ lr: number }>;
type Schedule = new (optimizer: unknown, options: Options) => optim.lrScheduler.LRScheduler;

const camel = (options: Options): Options =>
  Object.fromEntries(
    Object.entries(options).map(([key, value]) => [key.replace(/_(\w)/g, (_, l: string) => l.toUpperCase()), value]),
  );
const within = ({ device }: Context) =>
  device === 'cpu' ? { absolute: 1e-6, relative: 2e-5 } : { absolute: 5e-6, relative: 2e-4 };
const tensors = (lists: readonly Numbers[], options: { requiresGrad?: boolean } = {}): Tensor[] =>
  lists.map((list, at) => tensor(list).view(golden.shapes[at]).detach().clone().requiresGrad_(options.requiresGrad));
const trainerOf = (name: string, params: unknown, options: Options) =>
  new (Reflect.get(optim, name) as Trainer)(params, camel(options));
const rosenbrock = (point: Tensor): Tensor => {
  const [x, y] = [point.select(0, 0), point.select(0, 1)];
  return x.neg().add(1).square().add(y.sub(x.square()).square().mul(100));
};

/** Two groups as the recording had them. */
function twoGroups(kind: string) {
  const groups = [{ params: [zeros(1)] }, { params: [zeros(1)], lr: 0.1 }];
  return kind === 'SGD' ? new optim.SGD(groups, { lr: 0.3, momentum: 0.9 }) : new optim.Adam(groups, { lr: 0.3 });
}

/** Rate and momentum of each group, step by step. */
function follow(
  trainer: optim.SGD | optim.Adam,
  scheduler: { step(epoch?: number): void },
  count: number,
  epochs?: Numbers,
): Numbers[][] {
  return Array.from({ length: count }, (_, at) => {
    const row = trainer.paramGroups.map((group) => [
      group.lr,
      'momentum' in group ? group.momentum : (group as optim.AdamOptions).betas[0],
    ]);
    trainer.step();
    if (epochs === undefined) scheduler.step();
    else scheduler.step(epochs[at]);
    return row;
  });
}

export const suite = defineSuite('training', (test) => {
  for (const [at, row] of golden.steps.entries()) {
    test(`steps ${at}: ${row.optimizer} ${JSON.stringify(row.options)}`, async (context) => {
      const run = (options: Options, steps: number, before?: { state: optim.OptimizerState; params: Tensor[] }) => {
        const params = before?.params ?? tensors(golden.starts, { requiresGrad: true });
        const trainer = trainerOf(row.optimizer, params, options);
        if (before !== undefined) trainer.loadStateDict(before.state);
        for (const push of golden.pushes.slice(steps > 0 ? 0 : steps, steps > 0 ? steps : undefined)) {
          tensors(push).forEach((grad, index) => (params[index].grad = grad));
          trainer.step();
        }
        return { params, trainer };
      };
      const compare = (params: readonly Tensor[]) =>
        Promise.all(
          params.map(async (one, index) =>
            close(await one.reshape(-1).tolist(), row.after[index], within(context), `parameter ${index}`),
          ),
        );
      const { params, trainer } = run(row.options, 8);
      await compare(params);
      const saved = trainer.stateDict().state[1];
      same(Object.keys(saved).sort(), Object.keys(row.state).sort());
      for (const [key, wanted] of Object.entries(row.state)) {
        if (wanted === null) same(saved[key], null, key);
        else close(await (saved[key] as Tensor).reshape(-1).tolist(), wanted, within(context), key);
      }
      await compare(run({ ...row.options, foreach: false }, 8).params);
      // Half of the steps, then on from the state dict with another optimizer.
      const half = run(row.options, 4);
      await compare(run(row.options, -4, { params: half.params, state: half.trainer.stateDict() }).params);
    });
  }

  for (const [at, row] of golden.lbfgs.entries()) {
    test(`L-BFGS ${at}: ${JSON.stringify(row.options)}`, async (context) => {
      const point = tensor([-1.2, 1], { requiresGrad: true });
      const trainer = new optim.LBFGS([point], camel(row.options) as Partial<optim.LBFGSOptions>);
      let calls = 0;
      const closure = () => {
        calls++;
        trainer.zeroGrad();
        const loss = rosenbrock(point);
        loss.backward();
        return loss;
      };
      for (const [step, [x, y, loss, count]] of row.path.entries()) {
        const found = await trainer.step(step % 2 === 0 ? closure : async () => closure());
        const tolerance = { absolute: 1e-5, relative: context.device === 'cpu' ? 2e-3 : 1e-2 };
        close([...((await point.tolist()) as number[]), await found.item()], [x, y, loss], tolerance, `step ${step}`);
        same(calls, count, `calls of the closure up to step ${step}`);
      }
    });
  }

  test('L-BFGS: a least squares problem, its state, its limits', async () => {
    const X = randn(40, 12);
    const truth = randn(12, 1);
    const net = new nn.Linear(12, 1);
    const trainer = new optim.LBFGS(net.parameters(), { lr: 1, maxIter: 30, lineSearchFn: 'strong_wolfe' });
    const loss = new nn.MSELoss();
    const closure = () => {
      trainer.zeroGrad();
      const value = loss(net(X), X.matmul(truth).add(0.5));
      value.backward();
      return value;
    };
    await trainer.step(closure);
    await trainer.step(closure);
    ok((await closure().item()) < 1e-7, 'the minimum is found');
    const { state } = trainer.stateDict();
    const keys = 'func_evals n_iter d t old_dirs old_stps ro H_diag prev_flat_grad prev_loss';
    same(Object.keys(state[0]).sort(), keys.split(' ').sort());
    const other = new optim.LBFGS(net.parameters());
    other.loadStateDict(trainer.stateDict());
    await other.step(closure);
    throws(() => new optim.LBFGS([{ params: [zeros(1)] }, { params: [zeros(1)] }]), 'ArgumentError', /one group/);
    await rejects(trainer.step(undefined as never), 'ArgumentError', /needs a function/);
  });

  test('L-BFGS holds its bytes flat', async () => {
    const w = randn(5000, { requiresGrad: true });
    const scale = randn(5000).abs().add(0.1);
    const trainer = new optim.LBFGS([w], { maxIter: 3, historySize: 4, lr: 0.1 });
    const live: number[] = [];
    for (let step = 0; step < 14; step++) {
      await trainer.step(() => {
        trainer.zeroGrad();
        const loss = w.square().mul(scale).sum();
        loss.backward();
        return loss;
      });
      live.push(memory().live);
    }
    ok(live[13] <= live[6] * 1.05 + 50_000, `bytes after each step: ${live.join(' ')}`);
  });

  for (const [at, row] of golden.schedules.entries()) {
    test(`schedule ${at}: ${row.scheduler} over ${row.optimizer}, ${JSON.stringify(row.options)}`, () => {
      const trainer = twoGroups(row.optimizer);
      const scheduler = new (Reflect.get(optim.lrScheduler, row.scheduler) as Schedule)(trainer, camel(row.options));
      close(follow(trainer, scheduler, row.rows.length, row.epochs).flat(2), row.rows.flat(2), {
        absolute: 1e-12,
        relative: 1e-9,
      });
      const saved = scheduler.stateDict();
      for (const [key, value] of Object.entries(row.state)) {
        ok(key in saved, `${key} in ${Object.keys(saved).join(', ')}`);
        close([saved[key] as number].flat(), [value].flat() as number[], { absolute: 1e-9, relative: 1e-9 }, key);
      }
      // Goes on where it was saved.
      const [next, again] = [twoGroups(row.optimizer), twoGroups(row.optimizer)];
      const two = [next, again].map(
        (one) => new (Reflect.get(optim.lrScheduler, row.scheduler) as Schedule)(one, camel(row.options)),
      );
      follow(next, two[0], 5);
      again.loadStateDict(next.stateDict());
      two[1].loadStateDict(two[0].stateDict());
      same(follow(again, two[1], 4), follow(next, two[0], 4));
    });
  }

  test('schedules made of others', () => {
    const { ConstantLR, ChainedScheduler, ExponentialLR, MultiplicativeLR, SequentialLR, StepLR } = optim.lrScheduler;
    const makers: Record<string, (trainer: optim.SGD) => { step(): void; getLastLr(): number[] }> = {
      multiplicative: (trainer) => new MultiplicativeLR(trainer, (epoch) => 1 - 0.05 * epoch),
      sequential: (trainer) =>
        new SequentialLR(
          trainer,
          [new ConstantLR(trainer, 0.1, 2), new ExponentialLR(trainer, 0.9), new StepLR(trainer, 2, 0.5)],
          [3, 8],
        ),
      chained: (trainer) => new ChainedScheduler([new ConstantLR(trainer, 0.1, 3), new ExponentialLR(trainer, 0.9)]),
    };
    for (const [name, make] of Object.entries(makers)) {
      const trainer = twoGroups('SGD') as optim.SGD;
      const scheduler = make(trainer);
      const wanted = golden.combined[name as keyof typeof golden.combined];
      close(follow(trainer, scheduler, wanted.length).flat(2), wanted.flat(2), { relative: 1e-9 }, name);
      same(
        scheduler.getLastLr(),
        trainer.paramGroups.map(({ lr }) => lr),
      );
    }
    const trainer = twoGroups('SGD') as optim.SGD;
    throws(() => new SequentialLR(trainer, [new StepLR(trainer, 1)], [1]), 'ArgumentError', /1 milestones for 1/);
    throws(
      () => new ChainedScheduler([new StepLR(trainer, 1), new StepLR(twoGroups('SGD'), 1)]),
      'ArgumentError',
      /another optimizer/,
    );
  });

  for (const row of golden.plateau) {
    test(`ReduceLROnPlateau ${JSON.stringify(row.options)}`, () => {
      const trainer = twoGroups('SGD');
      const scheduler = new optim.lrScheduler.ReduceLROnPlateau(trainer, camel(row.options) as object);
      const rates = golden.metrics.map((metric) => {
        trainer.step();
        scheduler.step(metric);
        return scheduler.getLastLr();
      });
      close(rates.flat(), row.rates.flat(), { relative: 1e-9 });
      same([scheduler.numBadEpochs, scheduler.best], [row.bad, row.best]);
      throws(() => scheduler.step(ones(1) as never), 'ArgumentError', /Await it first/);
      const other = new optim.lrScheduler.ReduceLROnPlateau(trainer, camel(row.options) as object);
      other.loadStateDict(scheduler.stateDict());
      same(other.stateDict(), scheduler.stateDict());
    });
  }

  test('rates and momentum of a schedule are data of a compiled step', async (context) => {
    const run = async (compiled: boolean) => {
      const w = tensor([1, -2, 3], { requiresGrad: true });
      const trainer = new optim.ASGD([w], { lr: 0.1, lambd: 0.1, t0: 2 });
      const { ConstantLR, ExponentialLR, SequentialLR } = optim.lrScheduler;
      const parts = [new ConstantLR(trainer, 0.5, 9), new ExponentialLR(trainer, 0.5)];
      const scheduler = new SequentialLR(trainer, parts, [4]);
      const step = () => {
        trainer.zeroGrad();
        w.square().sum().backward();
        trainer.step();
        scheduler.step();
      };
      const body = compiled ? compile(step) : step;
      for (let at = 0; at < 9; at++) body();
      return [await w.tolist(), trainer.paramGroups[0].lr];
    };
    const [found, wanted] = [await run(true), await run(false)];
    close((found as [number[], number]).flat(), (wanted as [number[], number]).flat(), within(context));
  });

  test('wrong options', () => {
    const trainer = new optim.SGD([zeros(1)], 0.1);
    const { CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR } = optim.lrScheduler;
    throws(() => new optim.Rprop([zeros(1)], { etas: [0.5, 0.9] }), 'ArgumentError', /the second above 1/);
    throws(() => new optim.Adamax([zeros(1)], { betas: [1, 0.5] }), 'ArgumentError', /both lie in \[0, 1\)/);
    throws(() => new optim.LBFGS([zeros(1)], { lineSearchFn: 'armijo' }), 'ArgumentError', /'strong_wolfe'/);
    throws(() => new OneCycleLR(trainer, 1), 'ArgumentError', /give totalSteps, or both/);
    throws(() => new OneCycleLR(trainer, 1, { total_steps: 3 } as never), 'ArgumentError', /Did you mean totalSteps/);
    throws(() => new CyclicLR(new optim.Rprop([zeros(1)]), 0.1, 1), 'ArgumentError', /no momentum/);
    throws(() => new CyclicLR(trainer, [0.1, 0.2], 1), 'ArgumentError', /2 values of baseLr for 1 groups/);
    throws(() => new CosineAnnealingWarmRestarts(trainer, 0), 'ArgumentError', /positive integers/);
  });
});
