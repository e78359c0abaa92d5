// compile: a captured step gives what the function gives, call by call, and says what it cannot capture. On the CPU device
// the function just runs, so the same tests hold there.
import {
  AutogradError,
  CompileError,
  compile,
  data,
  getDefaultDevice,
  manualSeed,
  memory,
  nn,
  noGrad,
  normal,
  optim,
  rand,
  randn,
  stack,
  tensor,
  type Tensor,
} from '../../src/index.ts';
import { close, ok, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

type Step = (X: Tensor, y: Tensor) => Tensor;
type Wrap = (step: Step) => Step;

const plain: Wrap = (step) => step;
const captured: Wrap = (step) => compile(step);

/** The losses of `count` steps over batches, and the parameters at the end. */
async function train(
  wrap: Wrap,
  make: () => {
    net: nn.Module & ((x: Tensor) => Tensor);
    loss: (a: Tensor, b: Tensor) => Tensor;
    trainer: { zeroGrad(): void; step(): void };
    after?: () => void;
  },
  batches: readonly (readonly [Tensor, Tensor])[],
  count: number,
): Promise<number[]> {
  manualSeed(3);
  const { net, loss, trainer, after } = make();
  const step = wrap((X, y) => {
    const l = loss(net(X), y);
    trainer.zeroGrad();
    l.backward();
    trainer.step();
    after?.();
    return l.detach();
  });
  const losses: Tensor[] = [];
  for (let at = 0; at < count; at++) losses.push(step(...batches[at % batches.length]));
  const parameters = await Promise.all([...net.parameters()].map((parameter) => parameter.numpy()));
  return [...(await stack(losses).numpy()), ...parameters.flatMap((values) => [...values])];
}

const sgd = (net: nn.Module) => new optim.SGD(net.parameters(), { lr: 0.05, momentum: 0.9 });

export const suite = defineSuite('compile', (test) => {
  const regression = () => {
    const net = new nn.Linear(2, 1);
    return { net, loss: new nn.MSELoss(), trainer: sgd(net) };
  };
  const classifier = () => {
    const net = new nn.Sequential(new nn.Linear(6, 16), new nn.ReLU(), new nn.Dropout(0.25), new nn.Linear(16, 3));
    const trainer = new optim.Adam(net.parameters(), { lr: 0.01 });
    return { net, loss: new nn.CrossEntropyLoss(), trainer };
  };
  const scheduled = () => {
    const net = new nn.Linear(2, 1);
    const trainer = new optim.SGD(net.parameters(), { lr: 0.1 });
    const scheduler = new optim.lrScheduler.StepLR(trainer, 3, 0.5);
    return { net, loss: new nn.MSELoss(), trainer, after: () => scheduler.step() };
  };

  test('linear regression with momentum: the losses and parameters of the plain loop', async () => {
    manualSeed(1);
    const batches = Array.from({ length: 4 }, () => [randn(10, 2), randn(10, 1)] as const);
    close(await train(captured, regression, batches, 25), await train(plain, regression, batches, 25), {
      absolute: 1e-6,
      relative: 1e-5,
    });
  });

  test('a classifier with dropout and Adam draws the same masks', async () => {
    manualSeed(2);
    const labels = () => rand(20).mul(3).floor().long();
    const batches = Array.from({ length: 3 }, () => [randn(20, 6), labels()] as const);
    await batches[0][1].numpy();
    close(await train(captured, classifier, batches, 20), await train(plain, classifier, batches, 20), {
      absolute: 1e-6,
      relative: 1e-5,
    });
  });

  test('a schedule inside the step: rates are data', async () => {
    manualSeed(4);
    const batches = [[randn(10, 2), randn(10, 1)] as const];
    close(await train(captured, scheduled, batches, 20), await train(plain, scheduled, batches, 20), {
      absolute: 1e-6,
      relative: 1e-5,
    });
  });

  test('batches that are views, and a last smaller one', async () => {
    manualSeed(5);
    const [X, y] = [await randn(34, 2).realize(), await randn(34, 1).realize()];
    const batches = [0, 10, 20, 30].map((from) => {
      const cut = `${from}:${Math.min(from + 10, 34)}`;
      return [X.index(cut), y.index(cut)] as const;
    });
    close(await train(captured, regression, batches, 32), await train(plain, regression, batches, 32), {
      absolute: 1e-6,
      relative: 1e-5,
    });
  });

  test('gradients, parameters and what the step showed outside are those of the latest call', async () => {
    manualSeed(6);
    const [X, y] = [randn(8, 2), randn(8, 1)];
    const net = new nn.Linear(2, 1);
    const trainer = new optim.SGD(net.parameters(), { lr: 0.1 });
    const step = compile(() => {
      const l = net(X).sub(y).square().mean();
      trainer.zeroGrad();
      l.backward();
      trainer.step();
      return l.detach();
    });
    for (let at = 0; at < 8; at++) {
      const before = await net.weight.numpy();
      const bias = await net.bias.numpy();
      step();
      const error = noGrad(() =>
        X.matmul(tensor([...before]).view(2, 1))
          .add(tensor([...bias]))
          .sub(y),
      );
      const wanted = noGrad(() => error.mul(X).mean(0).mul(2));
      close(await (net.weight.grad as Tensor).view(2).numpy(), await wanted.numpy(), {
        absolute: 1e-5,
        relative: 1e-4,
      });
      close(
        await net.weight.view(2).numpy(),
        await tensor([...before])
          .sub(wanted.mul(0.1))
          .numpy(),
        { absolute: 1e-5, relative: 1e-4 },
      );
    }
  });

  test('train and eval, and writes from outside, are seen', async () => {
    manualSeed(7);
    const net = new nn.Sequential(new nn.Linear(4, 4), new nn.Dropout(0.5));
    const run = compile((x: Tensor) => noGrad(() => net(x).sum()));
    const x = randn(3, 4);
    net.eval();
    const still: number[] = [];
    for (let at = 0; at < 5; at++) still.push(await run(x).item());
    same(new Set(still).size, 1);
    net.train();
    const moved: number[] = [];
    for (let at = 0; at < 5; at++) moved.push(await run(x).item());
    ok(new Set(moved).size > 1, 'dropout draws anew in each call');
    net.eval();
    noGrad(() => (net[0] as nn.Linear).weight.fill_(0));
    close(await run(x).item(), 3 * (await (net[0] as nn.Linear).bias.sum().item()), { absolute: 1e-5, relative: 1e-5 });
  });

  test('a loss whose backward ran inside may be returned as it is', async () => {
    const w = tensor([1, 2, 3]).requiresGrad_();
    const trainer = new optim.SGD([w], { lr: 0.1 });
    const step = compile((x: Tensor) => {
      const loss = w.mul(x).square().sum();
      trainer.zeroGrad();
      loss.backward();
      trainer.step();
      return loss;
    });
    const wanted = [1, 2, 3];
    for (let at = 0; at < 6; at++) {
      const x = [1, at, -1];
      const loss = step(tensor(x));
      close(
        await loss.item(),
        wanted.reduce((sum, one, i) => sum + (one * x[i]) ** 2, 0),
        { relative: 1e-5 },
      );
      wanted.forEach((one, i) => (wanted[i] = one - 0.2 * one * x[i] * x[i]));
      same(loss.requiresGrad, true);
      throws(() => loss.backward(), AutogradError, /freed/);
    }
  });

  test('a step is traced twice, whatever formulas it has', async () => {
    const w = tensor([0.5, -1, 2]).requiresGrad_();
    const trainer = new optim.SGD([w], { lr: 0.01 });
    let traces = 0;
    const step = compile((x: Tensor) => {
      traces++;
      const bent = nn.functional.gelu(w.mul(x), { approximate: 'tanh' }).rsub(1);
      const loss = bent.sub(x, { alpha: 0.5 }).add(w, { alpha: 2 }).clamp(-3, 3).pow(2).sum();
      trainer.zeroGrad();
      loss.backward();
      trainer.step();
      return loss;
    });
    for (let at = 0; at < 8; at++) ok(Number.isFinite(await step(tensor([at, 1, 2])).item()), 'a loss');
    if (getDefaultDevice().type === 'webgpu') ok(traces <= 3, `${traces} traces of 8 calls`);
  });

  test('batches that come from the host are replayed over, and go again', async () => {
    const net = new nn.Linear(64, 32);
    const trainer = new optim.Adam(net.parameters(), { lr: 0.01 });
    let traces = 0;
    const step = compile((x: Tensor, y: Tensor) => {
      traces++;
      const loss = nn.functional.mseLoss(net(x), y);
      trainer.zeroGrad();
      loss.backward();
      trainer.step();
      return loss;
    });
    const batch = (at: number, width: number) =>
      tensor(Float32Array.from({ length: 40 * width }, (_, i) => ((i * 7 + at) % 11) / 11)).view(40, width);
    let before = 0;
    for (let at = 0; at < 80; at++) {
      const loss = await step(batch(at, 64), batch(at, 32)).item();
      ok(Number.isFinite(loss), 'a loss');
      if (at === 20) before = memory().live + memory().pooled;
    }
    const after = memory().live + memory().pooled;
    ok(after <= before + 64 * 1024, `${before} bytes after 20 steps, ${after} after 80`);
    if (getDefaultDevice().type === 'webgpu') ok(traces <= 3, `${traces} traces of 80 calls`);
  });

  test('batches of a loader are replayed over: nothing of them stays, the data set is not sent again', async () => {
    const set = new data.TensorDataset(randn(400, 6), randn(400, 2));
    const loader = new data.DataLoader(set, { batchSize: 20, shuffle: true });
    const net = new nn.Linear(6, 2);
    const trainer = new optim.SGD(net.parameters(), { lr: 0.01 });
    let traces = 0;
    const step = compile((x: Tensor, y: Tensor) => {
      traces++;
      const loss = nn.functional.mseLoss(net(x), y);
      trainer.zeroGrad();
      loss.backward();
      trainer.step();
      return loss;
    });
    const tensors: number[] = [];
    for (let epoch = 0; epoch < 12; epoch++) {
      let last: Tensor | null = null;
      for (const [x, y] of loader) last = step(x, y);
      ok(Number.isFinite(await (last as unknown as Tensor).item()), 'a loss');
      tensors.push(memory().tensors);
    }
    if (getDefaultDevice().type === 'cpu') return;
    ok(traces <= 3, `${traces} traces of 240 calls`);
    // Twenty losses an epoch are kept in pages, and no batch.
    ok(tensors[11] - tensors[1] <= 10 * 20 + 8, `${tensors[1]} values after 2 epochs, ${tensors[11]} after 12`);
  });

  test('what cannot be captured says so', async () => {
    const w = randn(3, { requiresGrad: true });
    await w.sum().item();
    const open = compile(() => w.mul(2).sum());
    throws(() => void open(), CompileError, /requires grad/);
    const waiting = compile(async () => 1);
    throws(() => void waiting(), CompileError, /promise/);
    if (getDefaultDevice().type === 'cpu') return;
    let rate = 1;
    const sneaky = compile((x: Tensor) => x.mul(rate));
    sneaky(w.detach());
    rate = 2;
    throws(() => void sneaky(w.detach()), CompileError, /a number was 1 in one call and 2 in the next/);
    const drawing = compile(() => noGrad(() => normal(0, 1, [3]).add(1)));
    drawing();
    throws(() => void drawing(), CompileError, /made inside/);
  });

  test('a thousand calls hold their bytes', async () => {
    manualSeed(8);
    const { net, loss, trainer } = regression();
    const [X, y] = [randn(10, 2), randn(10, 1)];
    const step = compile(() => {
      const l = loss(net(X), y);
      trainer.zeroGrad();
      l.backward();
      trainer.step();
      return l.detach();
    });
    let l = step();
    for (let at = 0; at < 20; at++) l = step();
    await l.item();
    const { live, pooled } = memory();
    for (let at = 0; at < 1000; at++) l = step();
    await l.item();
    const after = memory();
    ok(
      after.live + after.pooled - live - pooled <= 256 * 1024,
      `${after.live + after.pooled - live - pooled} bytes more`,
    );
  });
});
