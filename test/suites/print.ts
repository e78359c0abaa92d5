// The text of tensors as PyTorch prints them, through the public repr and print (test/golden/print.json).
import golden from '../golden/print.json';
import {
  arange,
  distributions,
  histogram,
  linalg,
  nn,
  ones,
  print,
  tensor,
  type Tensor,
  zeros,
} from '../../src/index.ts';
import { type RecordedTensor, tensorOf } from '../ops/samples.ts';
import { same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

interface Row extends Partial<RecordedTensor> {
  readonly js?: string;
  readonly repr: string;
}

const rows = golden as unknown as readonly Row[];

/** What console.log is given while `run` runs. */
async function logged(run: () => Promise<unknown> | void): Promise<string[]> {
  const lines: string[] = [];
  const before = console.log;
  console.log = (...parts: unknown[]) => void lines.push(parts.join(' '));
  try {
    await run();
  } finally {
    console.log = before;
  }
  return lines;
}

export const suite = defineSuite('print', (test) => {
  test('recorded values', async () => {
    const values = rows.filter((row): row is Row & RecordedTensor => row.tensor !== undefined);
    const texts = await Promise.all(values.map((row) => tensorOf(row).repr()));
    same(values.length >= 45, true);
    for (const [at, row] of values.entries()) same(texts[at], row.repr, `${row.dtype} [${row.tensor.join(', ')}]`);
  });

  test('recorded expressions', async () => {
    const expressions = rows.filter((row) => row.js !== undefined);
    same(expressions.length, 5);
    for (const { js, repr } of expressions) {
      const run = new Function('ones', `return ${js}`) as (make: typeof ones) => Tensor;
      same(await run(ones).repr(), repr, js);
    }
  });

  test('what autograd adds', async () => {
    const x = arange(4, { dtype: 'float32', requiresGrad: true });
    same(await x.repr(), 'tensor([0., 1., 2., 3.], requires_grad=True)');
    same(await x.mul(2).sum().repr(), 'tensor(12., grad_fn=<SumBackward0>)');
    same(await x.index('1:').repr(), 'tensor([1., 2., 3.], grad_fn=<SliceBackward0>)');
    same(await x.matmul(ones(4)).repr(), 'tensor(6., grad_fn=<DotBackward0>)');
    x.sum().backward();
    same(await (x.grad as Tensor).repr(), 'tensor([1., 1., 1., 1.])');
    same(await x.detach().repr(), 'tensor([0., 1., 2., 3.])');
    const base = zeros(2);
    base.index('1:').add_(x.index(':1'));
    same(await base.repr(), 'tensor([0., 0.], grad_fn=<CopySlices>)');
  });

  test('dtypes: int32 stands for PyTorch int64, others are named', async () => {
    same(await arange(3).repr(), 'tensor([0, 1, 2])');
    same(await tensor([1, 2], { dtype: 'uint8' }).repr(), 'tensor([1, 2], dtype=torch.uint8)');
    same(await tensor([true, false]).repr(), 'tensor([ True, False])');
    same(await zeros(2, 0, { dtype: 'int32' }).repr(), 'tensor([], size=(2, 0), dtype=torch.int64)');
  });

  test('a tensor away from the default device says so', async ({ device }) => {
    const text = await tensor([1.5], { device: 'cpu' }).repr();
    same(text, device === 'cpu' ? 'tensor([1.5000])' : "tensor([1.5000], device='cpu')");
    same(
      await tensor([0.5], { dtype: 'float64', device: 'cpu' }).mul(1).sum().repr(),
      `tensor(0.5000${device === 'cpu' ? '' : ", device='cpu'"}, dtype=torch.float64)`,
    );
  });

  test('print keeps the order of its calls and shows values as they were', async () => {
    const lines = await logged(async () => {
      const x = ones(2);
      void print('before', x);
      x.add_(1);
      void print(x, true, null, [1, x]);
      await print(3, 'after', false);
    });
    same(lines, ['before tensor([1., 1.])', 'tensor([2., 2.]) True None [1, tensor([2., 2.])]', '3 after False']);
  });

  test('what has no values yet, and devices', async ({ device }) => {
    const { weight, bias } = new nn.LazyLinear(3);
    const norm = new nn.LazyBatchNorm1d();
    same(await logged(() => print(weight, bias)), ['<UninitializedParameter> <UninitializedParameter>']);
    same(await (norm.runningMean as Tensor).repr(), '<UninitializedBuffer>');
    const inspect = Symbol.for('nodejs.util.inspect.custom');
    const inspected = (value: object) => (Reflect.get(value, inspect) as () => string).call(value);
    same(inspected(weight), '<UninitializedParameter>');
    same([inspected(ones(1).device), String(ones(1).device)], [`device(type='${device}')`, device]);
  });

  test('lists, named results, state dicts and distributions as Python shows them', async () => {
    const layer = new nn.Linear(1, 1);
    const lines = await logged(async () => {
      await print('a', ['a', "it's", ['b', 1.5]], { k: 'v' });
      await print(ones(2).max(0));
      await print(linalg.qr(ones(1, 1)).R, linalg.slogdet(ones(1, 1)));
      await print(histogram(ones(4), 2));
      await print(layer.loadStateDict(layer.stateDict()));
      await print(new distributions.Normal(0, 1), new distributions.Bernoulli(0.5));
      await print([new distributions.Gamma(ones(2, 2), 1)]);
    });
    same(lines, [
      `a ['a', "it's", ['b', 1.5]] {'k': 'v'}`,
      'torch.return_types.max(\nvalues=tensor(1.),\nindices=tensor(0))',
      'tensor([[1.]]) torch.return_types.linalg_slogdet(\nsign=tensor(1.),\nlogabsdet=tensor(0.))',
      'torch.return_types.histogram(\nhist=tensor([0., 4.]),\nbin_edges=tensor([0.5000, 1.0000, 1.5000]))',
      '<All keys matched successfully>',
      'Normal(loc: 0.0, scale: 1.0) Bernoulli(probs: 0.5)',
      '[Gamma(concentration: torch.Size([2, 2]), rate: torch.Size([2, 2]))]',
    ]);
  });

  test('the steps that results show', async () => {
    const table = new nn.Embedding(3, 2);
    same(table(tensor([[0, 1]], { dtype: 'int32' })).gradFn?.name(), 'EmbeddingBackward0');
  });
});
