// Writing in place: the object stays, aliases see it, dtypes hold, and nothing else changes.
import inplace from '../golden/ops-inplace.json';
import names from '../golden/ops-names.json';
import { writing } from '../ops/index.ts';
import { camelCase } from '../ops/samples.ts';
import { arange, noGrad, ones, tensor, type Tensor, zeros } from '../../src/index.ts';
import { close, ok, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const recorded = new Set([...Object.keys(inplace), ...Object.keys(names)].map(camelCase));
type Change = (x: Tensor) => Tensor;
const positive = (): Tensor =>
  tensor([
    [0.3, 0.9, 0.5],
    [0.7, 0.2, 0.8],
  ]);
const index = (): Tensor => tensor([[0, 1, 1]], { dtype: 'int32' });
const rows = (): Tensor => tensor([1, 0], { dtype: 'int32' });
const mask = (): Tensor => tensor([true, false, true]);

/** What writes, beside the function that answers with a new tensor; both get the same arguments. */
const pairs: Readonly<Record<string, readonly [inPlace: Change, plain: Change]>> = {
  add_: [(x) => x.add_(2, 3), (x) => x.add(2, 3)],
  sub_: [(x) => x.sub_(tensor([1, 2, 3])), (x) => x.sub(tensor([1, 2, 3]))],
  mul_: [(x) => x.mul_(x), (x) => x.mul(x)],
  div_: [(x) => x.div_(4), (x) => x.div(4)],
  floorDivide_: [(x) => x.floorDivide_(0.25), (x) => x.floorDivide(0.25)],
  remainder_: [(x) => x.remainder_(0.3), (x) => x.remainder(0.3)],
  pow_: [(x) => x.pow_(2), (x) => x.pow(2)],
  neg_: [(x) => x.neg_(), (x) => x.neg()],
  sqrt_: [(x) => x.sqrt_(), (x) => x.sqrt()],
  square_: [(x) => x.square_(), (x) => x.square()],
  log_: [(x) => x.log_(), (x) => x.log()],
  reciprocal_: [(x) => x.reciprocal_(), (x) => x.reciprocal()],
  clamp_: [(x) => x.clamp_({ min: 0.4 }), (x) => x.clamp({ min: 0.4 })],
  exp_: [(x) => x.exp_(), (x) => x.exp()],
  abs_: [(x) => x.abs_(), (x) => x.abs()],
  sin_: [(x) => x.sin_(), (x) => x.sin()],
  cos_: [(x) => x.cos_(), (x) => x.cos()],
  tanh_: [(x) => x.tanh_(), (x) => x.tanh()],
  sigmoid_: [(x) => x.sigmoid_(), (x) => x.sigmoid()],
  relu_: [(x) => x.relu_(), (x) => x.relu()],
  floor_: [(x) => x.floor_(), (x) => x.floor()],
  ceil_: [(x) => x.ceil_(), (x) => x.ceil()],
  round_: [(x) => x.round_({ decimals: 1 }), (x) => x.round({ decimals: 1 })],
  trunc_: [(x) => x.trunc_(), (x) => x.trunc()],
  erfinv_: [(x) => x.erfinv_(), (x) => x.erfinv()],
  scatter_: [(x) => x.scatter_(0, index(), 9), (x) => x.scatter(0, index(), 9)],
  scatterAdd_: [(x) => x.scatterAdd_(0, index(), ones(1, 3)), (x) => x.scatterAdd(0, index(), ones(1, 3))],
  indexAdd_: [(x) => x.indexAdd_(0, rows(), ones(2, 3)), (x) => x.indexAdd(0, rows(), ones(2, 3))],
  indexCopy_: [(x) => x.indexCopy_(0, rows(), zeros(2, 3)), (x) => x.indexCopy(0, rows(), zeros(2, 3))],
  tril_: [(x) => x.tril_(), (x) => x.tril()],
  triu_: [(x) => x.triu_(1), (x) => x.triu(1)],
  fillDiagonal_: [(x) => x.fillDiagonal_(4), (x) => x.diagonalScatter(ones(2).mul(4))],
  indexFill_: [(x) => x.indexFill_(1, rows(), 4), (x) => x.indexFill(1, rows(), 4)],
  put_: [(x) => x.put_(rows(), zeros(2)), (x) => x.put(rows(), zeros(2))],
  maskedScatter_: [(x) => x.maskedScatter_(mask(), arange(6.5)), (x) => x.maskedScatter(mask(), arange(6.5))],
  scatterReduce_: [
    (x) => x.scatterReduce_(0, index(), ones(1, 3), 'amax'),
    (x) => x.scatterReduce(0, index(), ones(1, 3), 'amax'),
  ],
  indexReduce_: [
    (x) => x.indexReduce_(0, rows(), ones(2, 3), 'mean'),
    (x) => x.indexReduce(0, rows(), ones(2, 3), 'mean'),
  ],
  maskedFill_: [(x) => x.maskedFill_(mask(), -5), (x) => x.maskedFill(mask(), -5)],
  copy_: [(x) => x.copy_(tensor([1, 2, 3])), (x) => tensor([1, 2, 3]).expand(2, 3).add(x.mul(0))],
  fill_: [(x) => x.fill_(3), (x) => x.fill(3)],
  zero_: [(x) => x.zero_(), (x) => x.mul(0)],
};

export const suite = defineSuite('inplace', (test) => {
  test('every function that writes has a pair here', () => {
    same(
      // Of the others golden/ops-inplace.json and ops-names.json have PyTorch's answers (test/suites/ops.ts).
      writing.filter((name) => pairs[name] === undefined && !recorded.has(name)),
      [],
    );
  });

  for (const [name, [inPlace, plain]] of Object.entries(pairs)) {
    test(name, async () => {
      const x = positive();
      const alias = x.view(6);
      const wanted = await plain(positive()).numpy();
      ok(inPlace(x) === x, 'the object written is the answer');
      close(await x.numpy(), wanted, {}, 'the values');
      close(await alias.numpy(), wanted, {}, 'through an alias');
      const part = zeros(3, 5);
      const view = part.t().index('1:4, :2');
      const base = positive().t();
      view.copy_(base);
      inPlace(view.t());
      close(await view.t().numpy(), wanted, {}, 'through a strided view');
      const all = (await part.tolist()) as number[][];
      same([all[0][0], all[0][4], all[2]], [0, 0, [0, 0, 0, 0, 0]], 'nothing beside the view is written');
    });
  }

  test('a scalar tensor', async () => {
    const x = tensor(2);
    x.add_(1).mul_(x).fill_(5).sub_(tensor(3));
    same(await x.item(), 2);
    x.zero_();
    same(await x.item(), 0);
    const g = zeros();
    g.fill_(4);
    g.add_(1);
    same([await g.item(), g.shape], [5, []]);
  });

  test('x += x, and an expression of its own old value', async () => {
    const x = tensor([1, 2, 3]);
    x.add_(x).add_(x.t());
    same(await x.tolist(), [4, 8, 12]);
    const y = arange(6, { dtype: 'float32' }).reshape(2, 3);
    y.index(':, 1:').copy_(y.index(':, :2').clone());
    same(await y.tolist(), [
      [0, 0, 1],
      [3, 3, 4],
    ]);
    const square = arange(4, { dtype: 'float32' }).reshape(2, 2);
    square.add_(square.t());
    same(await square.tolist(), [
      [0, 3],
      [3, 6],
    ]);
    square.copy_(square.flip(0, 1));
    same(await square.tolist(), [
      [6, 3],
      [3, 0],
    ]);
  });

  test('overlapping parts are read before they are written', async () => {
    const x = arange(5, { dtype: 'float32' });
    x.index('1:').copy_(x.index(':4'));
    same(await x.tolist(), [0, 0, 1, 2, 3]);
  });

  test('a long chain of writes to one tensor', async () => {
    const x = zeros(8);
    for (let at = 0; at < 200; at++) x.indexPut_([at % 8], x.index((at + 7) % 8).add(1));
    const plain = new Array<number>(8).fill(0);
    for (let at = 0; at < 200; at++) plain[at % 8] = plain[(at + 7) % 8] + 1;
    same(await x.tolist(), plain);
  });

  test('.data reads and assigns under the tape', async () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const loss = w.mul(w).sum();
    w.data.mul_(10);
    w.data.index(0).fill_(7);
    same([await w.tolist(), w.requiresGrad, w.isLeaf], [[7, 20], true, true]);
    loss.backward();
    same(await w.grad?.tolist(), [2, 4], 'saved values stay');
    w.data = tensor([5, 6]);
    same([await w.tolist(), w.requiresGrad], [[5, 6], true]);
    throws(
      () => (w.data = ones(3)),
      'ArgumentError',
      '[data] float32 (3,) assigned to float32 (2,): shape and dtype must stay the same.',
    );
    w.data.normal_(0, 0.01);
    same(w.isLeaf, true);
  });

  test('a copy converts; arithmetic does not narrow', async () => {
    const i = tensor([1, 2, 3], { dtype: 'int32' });
    i.copy_(tensor([1.7, -1.7, 2]));
    same([await i.tolist(), i.dtype], [[1, -1, 2], 'int32']);
    i.add_(2);
    same(await i.tolist(), [3, 1, 4]);
    const message =
      '[add_] result type float32 cannot be stored in a int32 tensor: an in-place operation keeps the dtype of the tensor ' +
      "it writes. Use the operation without the underscore, or convert first: x.to('float32').";
    throws(() => i.add_(0.5), 'DTypeError', message);
    throws(() => i.div_(2), 'DTypeError');
    throws(() => tensor([true]).add_(1), 'DTypeError');
    same(await i.tolist(), [3, 1, 4]);
    const u = tensor([250], { dtype: 'uint8' });
    u.add_(10);
    same([await u.tolist(), u.dtype], [[4], 'uint8']);
  });

  test('shapes do not grow', async () => {
    const x = zeros(1, 3);
    const rule =
      'an in-place operation keeps the shape of the tensor it writes. Use the operation without the underscore.';
    throws(() => x.add_(ones(2, 3)), 'ShapeError', `[add_] (2, 3) written into (1, 3): ${rule}`);
    throws(() => x.copy_(ones(2)), 'ShapeError');
    throws(
      () => ones(3, 1).expand(3, 4).add_(1),
      'ArgumentError',
      '[add_] an expanded tensor (3, 4) is written in place: several of its elements are one place in memory. Write to a clone.',
    );
    same(await x.tolist(), [[0, 0, 0]]);
  });

  test('empty tensors', async () => {
    const x = zeros(0, 3);
    x.add_(1).zero_().copy_(ones(1, 3));
    same([await x.tolist(), x.shape], [[], [0, 3]]);
    const y = arange(3);
    y.index('3:').fill_(9);
    same(await y.tolist(), [0, 1, 2]);
  });

  test('writes inside noGrad leave the leaf a leaf', async () => {
    const w = ones(2, { requiresGrad: true });
    for (let step = 0; step < 3; step++) {
      w.mul(tensor([1, 2]))
        .sum()
        .backward();
      noGrad(() => {
        w.sub_((w.grad as Tensor).mul(0.5));
        (w.grad as Tensor).zero_();
      });
    }
    same([await w.tolist(), w.isLeaf, await w.grad?.tolist()], [[-0.5, -2], true, [0, 0]]);
  });
});
