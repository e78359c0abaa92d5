// Batch norms in training: a small residual network against PyTorch's numbers (golden/image-layers.json), running statistics
// in plain loops and captured steps, bytes that stay flat.
import { compile, manualSeed, memory, nn, noGrad, ones, optim, randn, tensor, type Tensor } from '../../src/index.ts';
import golden from '../golden/image-layers.json';
import { close, ok, same } from '../support/expect.ts';
import { type Context, defineSuite } from '../support/suite.ts';
import { closeState, type Numbers, stateOf } from '../support/state.ts';

/** Two convolutions with batch norms around a way past them, as in chapter 8 of "Dive into Deep Learning". */
class Residual extends nn.Module {
  readonly conv1: nn.Conv2d;
  readonly conv2: nn.Conv2d;
  readonly conv3: nn.Conv2d | null;
  readonly bn1: nn.BatchNorm2d;
  readonly bn2: nn.BatchNorm2d;

  constructor(inputs: number, outputs: number, stride = 1) {
    super();
    this.conv1 = new nn.Conv2d(inputs, outputs, 3, { padding: 1, stride });
    this.conv2 = new nn.Conv2d(outputs, outputs, 3, { padding: 1 });
    this.conv3 = stride > 1 ? new nn.Conv2d(inputs, outputs, 1, { stride }) : null;
    this.bn1 = new nn.BatchNorm2d(outputs);
    this.bn2 = new nn.BatchNorm2d(outputs);
  }

  forward(x: Tensor): Tensor {
    const y = this.bn2(this.conv2(this.bn1(this.conv1(x)).relu()));
    return y.add(this.conv3 === null ? x : this.conv3(x)).relu();
  }
}

/** The small residual network of the golden script, with its data. */
function residual() {
  manualSeed(7);
  const net = new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { padding: 1 }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new Residual(4, 4),
    new Residual(4, 8, 2),
    new nn.AdaptiveAvgPool2d(1),
    new nn.Flatten(),
    new nn.Linear(8, 3),
  );
  const data = randn(8, 1, 9, 9);
  const labels = tensor([0, 1, 2, 0, 1, 2, 0, 1], { dtype: 'int32' });
  const trainer = new optim.SGD(net.parameters(), { lr: 0.05, momentum: 0.9 });
  const step = (x: Tensor, y: Tensor): Tensor => {
    const loss = nn.functional.crossEntropy(net(x), y);
    trainer.zeroGrad();
    loss.backward();
    trainer.step();
    return loss.detach();
  };
  return { net, data, labels, step };
}

const learned = ({ device }: Context) =>
  device === 'cpu' ? { absolute: 1e-5, relative: 1e-4 } : { absolute: 1e-4, relative: 1e-3 };

export const suite = defineSuite('running statistics', (test) => {
  test('a small residual network learns as in PyTorch', async (context) => {
    const { net, data, labels, step } = residual();
    same([String(net), Object.keys(net.stateDict())], [golden.residual.repr, golden.residual.keys]);
    const losses = golden.residual.curve.map(() => step(data, labels));
    for (const [at, loss] of losses.entries())
      close(await loss.item(), golden.residual.curve[at], learned(context), `loss ${at}`);
    const buffers = net.namedBuffers();
    const values = await Promise.all(buffers.map(([, buffer]) => buffer.reshape(-1).numpy()));
    const found = Object.fromEntries(buffers.map(([name], at) => [name, [...values[at]]]));
    closeState(found, golden.residual.buffers as unknown as Numbers, learned(context), 'buffers');
    net.eval();
    const scores = noGrad(() => net(data));
    close(await scores.reshape(-1).tolist(), golden.residual.scores, learned(context), 'scores in evaluation');
  });

  test('a captured step learns the same, moves the running statistics, and holds its bytes', async () => {
    const [plain, captured] = [residual(), residual()];
    const step = compile(captured.step);
    for (let at = 0; at < 12; at++) {
      const [a, b] = [plain.step(plain.data, plain.labels), step(captured.data, captured.labels)];
      close(await b.item(), await a.item(), { absolute: 1e-5, relative: 1e-4 }, `loss ${at}`);
    }
    const wanted = await stateOf(plain.net);
    closeState(await stateOf(captured.net), wanted, { absolute: 1e-4, relative: 1e-3 }, 'state');
    same(wanted['1.num_batches_tracked'], [12]);
    const bytes = () => memory().live + memory().pooled;
    const before = bytes();
    for (let at = 0; at < 40; at++) await step(captured.data, captured.labels).item();
    ok(bytes() <= before + 64 * 1024, `${bytes()} bytes after 40 more steps, ${before} before`);
    same((await stateOf(captured.net))['1.num_batches_tracked'], [52]);
  });

  test('a plain loop over a batch norm holds its bytes', async () => {
    const { data, labels, step } = residual();
    const bytes = () => memory().live + memory().pooled;
    let before = 0;
    for (let at = 1; at <= 60; at++) {
      const loss = step(data, labels);
      if (at % 10 === 0) await loss.item();
      if (at === 20) before = bytes();
    }
    ok(bytes() <= before + 300 * 1024, `${bytes()} bytes after step 60, ${before} after step 20`);
  });

  test('the mean over all batches, also in a captured step', async () => {
    const wanted = Array.from({ length: 7 }, (_, at) => at + 1);
    for (const wrap of [(fn: (x: Tensor) => Tensor) => fn, (fn: (x: Tensor) => Tensor) => compile(fn)]) {
      const norm = new nn.BatchNorm1d(1, { momentum: null, affine: false });
      const weight = ones(1).requiresGrad_();
      const trainer = new optim.SGD([weight], { lr: 0.1 });
      const step = wrap((x) => {
        const out = norm(x.mul(1)).mul(weight).sum();
        trainer.zeroGrad();
        out.backward();
        trainer.step();
        return out.detach();
      });
      for (const at of wanted) await step(tensor([[at - 1], [at + 1]])).item();
      close(await norm.runningMean?.tolist(), [4], { absolute: 1e-5 });
      close(await norm.runningVar?.tolist(), [2], { absolute: 1e-5 });
      same(await norm.numBatchesTracked?.item(), 7);
    }
  });

  test('running statistics: in training alone, off the tape, also under noGrad', async () => {
    const norm = new nn.BatchNorm2d(2, { momentum: 0.5 });
    const x = tensor(Array.from({ length: 16 }, (_, at) => at)).view(2, 2, 2, 2);
    noGrad(() => void norm(x));
    close(await norm.runningMean?.tolist(), [2.75, 4.75], { absolute: 1e-5 });
    norm.eval();
    norm(x.requiresGrad_()).sum().backward();
    close(await norm.runningMean?.tolist(), [2.75, 4.75], { absolute: 1e-5 });
    same([norm.runningMean?.requiresGrad, x.grad === null], [false, false]);
    norm.resetRunningStats();
    same(
      [await norm.runningMean?.tolist(), await norm.runningVar?.tolist(), await norm.numBatchesTracked?.item()],
      [[0, 0], [1, 1], 0],
    );
    const bare = new nn.BatchNorm1d(2, { trackRunningStats: false }).eval();
    same([Object.keys(bare.stateDict()), bare.buffers().length], [['weight', 'bias'], 0]);
    close(
      await bare(
        tensor([
          [0, 2],
          [2, 6],
        ]),
      ).tolist(),
      [
        [-1, -1],
        [1, 1],
      ],
      { absolute: 1e-4 },
    );
  });

  test('norms without a batch, with one statistic an example', async () => {
    const norm = new nn.InstanceNorm1d(2, { trackRunningStats: true });
    const x = tensor([
      [1, 3],
      [2, 6],
    ]);
    close(
      await norm(x).tolist(),
      [
        [-1, 1],
        [-1, 1],
      ],
      { absolute: 1e-4 },
    );
    close(await norm.runningMean?.tolist(), [0.2, 0.4], { absolute: 1e-6 });
    close(await norm.runningVar?.tolist(), [1.1, 1.7], { absolute: 1e-6 });
  });

  test('moves and dtypes: counts stay integers', ({ device }) => {
    if (device !== 'cpu') return;
    const norm = new nn.BatchNorm1d(2).double();
    same([norm.weight?.dtype, norm.runningVar?.dtype, norm.numBatchesTracked?.dtype], ['float64', 'float64', 'int32']);
    same(norm(ones(2, 2, { dtype: 'float64' })).dtype, 'float64');
  });
});
