// Shapes beyond the tables: views by strides and what writes and gradients do through them, square brackets, shapes that
// depend on values, what a tensor says of itself, and the names that users of PyTorch look for.
import * as wgrad from '../../src/index.ts';
import { ok, same, throws, rejects } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const { arange, nn, ones, slice, tensor, Tensor, zeros } = wgrad;

const matrix = () => arange(12, { dtype: 'float32' }).reshape(3, 4);
const int = (...values: number[]) => tensor(values, { dtype: 'int32' });

export const suite = defineSuite('shapes', (test) => {
  test('views by strides and windows share elements, both ways', async () => {
    const x = arange(7, { dtype: 'float32' });
    const strided = x.asStrided([2, 2], [3, 1], 1);
    const windows = x.unfold(0, 3, 2);
    ok(strided.storage === x.storage && windows.storage === x.storage, 'they are views');
    same(
      [strided.stride(), windows.stride(), windows.shape],
      [
        [3, 1],
        [2, 1],
        [3, 3],
      ],
    );
    strided.fill_(-1);
    same(await x.tolist(), [0, -1, -1, 3, -1, -1, 6]);
    same(await windows.tolist(), [
      [0, -1, -1],
      [-1, 3, -1],
      [-1, -1, 6],
    ]);
    windows.select(0, 2).mul_(10);
    same(await strided.tolist(), [
      [-1, -1],
      [-10, -10],
    ]);
  });

  test('gradients through a write into a view by strides', async () => {
    const w = ones(3, 4).requiresGrad_();
    const value = tensor([[2, 3]]).requiresGrad_();
    const x = w.mul(2);
    x.t().asStrided([2, 2], [5, 1], 1).copy_(value);
    // The gradient of the sum of a transposed product lies otherwise in memory than x.
    x.t().mul(matrix().t()).sum().backward();
    same(await w.grad?.tolist(), [
      [0, 0, 0, 6],
      [8, 10, 0, 0],
      [16, 18, 20, 22],
    ]);
    same(await value.grad?.tolist(), [[7, 9]]);
  });

  test('square brackets throw and say what to write', () => {
    const x = matrix();
    const loose = x as unknown as Record<string, unknown>;
    throws(() => loose[0], 'IndexError', /square brackets around 0.*Write x\.index\(0\)/s);
    throws(() => loose['-1'], 'IndexError', /x\.index\(-1\)/);
    throws(() => void (loose[1] = 5), 'IndexError', /x\.indexPut_\(\[1\], value\)/);
    throws(() => Reflect.get(new nn.Parameter(ones(2)), '0'), 'IndexError', /x\.index\(0\)/);
    same([loose.notThere, 'then' in x, x instanceof Object, x instanceof Tensor], [undefined, false, true, true]);
    loose.note = 'kept';
    same([loose.note, Object.hasOwn(x, 'note')], ['kept', true]);
  });

  test('slice of a tensor, beside slice as an index', async () => {
    const x = matrix();
    same(await slice(x, 0, 1).tolist(), await x.index('1:').tolist());
    same(await slice(x, -1, null, -1, 2).tolist(), await x.index(':, :-1:2').tolist());
    ok(slice(x, 0).storage === x.storage, 'it is a view');
    same(await x.index(slice(1, 3), slice(null, null, 2)).tolist(), await x.index('1:3, ::2').tolist());
  });

  test('repeats that a tensor gives are awaited', async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]).requiresGrad_();
    const repeated = x.repeatInterleave(int(1, 2), 0);
    ok(repeated instanceof Promise, 'the shape depends on values');
    const out = await repeated;
    same(await out.tolist(), [
      [1, 2],
      [3, 4],
      [3, 4],
    ]);
    out.sum().backward();
    same(await x.grad?.tolist(), [
      [1, 1],
      [2, 2],
    ]);
    same(await (await wgrad.repeatInterleave(int(2, 0, 3))).tolist(), [0, 0, 2, 2, 2]);
    same(await x.repeatInterleave(2).tolist(), [1, 1, 2, 2, 3, 3, 4, 4]);
    same(await wgrad.repeatInterleave(x, { repeats: [0, 1], dim: 1 }).tolist(), [[2], [4]]);
    throws(() => x.repeatInterleave([1, 2, 3], 0), 'ShapeError', /repeats \[1, 2, 3\] for 2 elements/);
    throws(() => x.repeatInterleave(2, { dim: 0, outputSize: 5 }), 'ArgumentError', /outputSize 5.*make 4/s);
    const counts = int(1, 1);
    const before = x.detach().clone();
    const now = before.repeatInterleave(counts, 0);
    before.zero_();
    same(await (await now).tolist(), [
      [1, 2],
      [3, 4],
    ]);
  });

  test('classes as rows', async () => {
    const labels = int(1, 0, 2);
    const rows = nn.functional.oneHot(labels, 4);
    same(
      [rows.dtype, await rows.tolist()],
      [
        'int32',
        [
          [0, 1, 0, 0],
          [1, 0, 0, 0],
          [0, 0, 1, 0],
        ],
      ],
    );
    same((await nn.functional.oneHot(labels)).shape, [3, 3]);
    same((await nn.functional.oneHot(labels, { numClasses: -1 })).shape, [3, 3]);
    throws(() => nn.functional.oneHot(labels, 2), 'IndexError', /2 is out of range/);
    throws(() => nn.functional.oneHot(ones(2), 2), 'DTypeError', /int32/);
  });

  test('too few values for a mask fail where they are read', async () => {
    const mask = ones(3).gt(0);
    await rejects(
      async () => zeros(3).maskedScatter(mask, ones(2)).numpy(),
      'IndexError',
      /\[maskedScatter\].*(out of range|outside a dimension of size 2)/,
    );
  });

  test('what a tensor says of itself', () => {
    const x = matrix();
    same([wgrad.isTensor(x), wgrad.isTensor([1])], [true, false]);
    same([x.isFloatingPoint(), wgrad.isFloatingPoint(int(1))], [true, false]);
    same([wgrad.numel(x), x.numel(), x.nelement(), x.ndim, x.dim(), x.ndimension()], [12, 12, 12, 2, 2, 2]);
    same([x.elementSize(), x.itemsize, x.nbytes, ones(3).bool().nbytes], [4, 4, 48, 3]);
    same([x.size(), x.size(-1), x.stride(), x.t().stride(0), x.t().isContiguous()], [[3, 4], 4, [4, 1], 1, false]);
    same(
      [wgrad.resultType(x, 2), wgrad.resultType(int(1), 2.5), wgrad.promoteTypes('uint8', 'int32')],
      ['float32', 'float32', 'int32'],
    );
    same([x.type('int32').dtype, x.type('long').dtype], ['int32', 'int32']);
  });

  test('tensors like another and by strides', async () => {
    const x = int(1, 2);
    same(
      [x.newZeros(2, 3).shape, x.newZeros([2, 3]).dtype, x.newOnes(1, { dtype: 'float32' }).dtype],
      [[2, 3], 'int32', 'float32'],
    );
    same(
      [await x.newFull([2], 7).tolist(), await x.newTensor([1.5, 2]).tolist(), x.newEmpty(3).shape],
      [[7, 7], [1, 2], [3]],
    );
    const y = wgrad.emptyStrided([2, 3], [1, 2], { requiresGrad: true });
    same([y.stride(), y.isLeaf, y.requiresGrad, x.newEmptyStrided([2], [3]).dtype], [[1, 2], true, true, 'int32']);
    ok(wgrad.asTensor(x) === x, 'a tensor stays itself');
    same([wgrad.asTensor(x, 'float32').dtype, await wgrad.asTensor([1, 2]).tolist()], ['float32', [1, 2]]);
  });

  test('refused, with the rule', () => {
    const x = matrix();
    throws(() => x.asStrided([3, 4], [4, 2]), 'ShapeError', /the storage holds 12 elements/);
    throws(() => x.asStrided([3], [1, 1]), 'ArgumentError', /as many of both/);
    throws(() => x.unfold(0, 4, 1), 'ArgumentError', /windows of 4 every 1 along a dimension of 3/);
    throws(() => x.hsplit(3), 'ShapeError', /parts must be equal.*tensorSplit/s);
    throws(() => x.tensorSplit(x.sum(0).int()), 'ArgumentError', /await places\.tolist\(\)/);
    throws(() => x.select(0, 0).vsplit(1), 'ShapeError', /at least 2 dimensions/);
    throws(() => x.selectScatter(ones(3), 0, 0), 'ShapeError', /\(3,\) for a part \(4,\)/);
    throws(() => x.sumToSize(2, 4), 'ShapeError', /must broadcast/);
    throws(() => x.H.unsqueeze(0).H, 'ShapeError', /x\.mH/);
    throws(() => nn.functional.pad(x, [3, 4], 'reflect'), 'ShapeError', /more elements than padding/);
    throws(() => nn.functional.pad(x, [1, 1], 'reflect', 2), 'ArgumentError', /only mode 'constant' takes a value/);
    throws(() => nn.functional.pad(x, [1, 1, 1]), 'ArgumentError', /a pair \(before, behind\)/);
    throws(() => nn.functional.pad(x, [-2, -3]), 'ShapeError', /crops 5 of 4/);
    throws(() => nn.functional.pixelShuffle(ones(1, 3, 2, 2), 2), 'ShapeError', /C \* 4/);
    throws(() => nn.functional.fold(ones(1, 8, 3), 3, 2), 'ShapeError', /\(N, C \* 4, 4\)/);
    throws(() => x.scatterReduce(0, int(0), ones(1), 'sum'), 'ShapeError', /as many dimensions/);
    throws(() => x.t().scatterReduce(0, matrix().int(), matrix(), 'sum'), 'ShapeError', /may be larger/);
    throws(() => wgrad.gradient(ones(2), { edgeOrder: 2 }), 'ShapeError', /at least 3 are needed/);
    throws(() => wgrad.diff(tensor(1)), 'ShapeError', /at least 1 dimension/);
    throws(() => wgrad.cartesianProd(x), 'ShapeError', /1 dimension/);
    throws(() => wgrad.blockDiag(ones(2, 2, 2)), 'ShapeError', /at most 2 dimensions/);
    throws(() => x.indexFill(0, int(3), 1), 'IndexError', /3 is out of range/);
    throws(() => x.put(int(12), ones(1)), 'IndexError', /12 is out of range/);
  });

  test('lists and single tensors', async () => {
    const [a, b] = [ones(2), zeros(3)];
    same(await wgrad.blockDiag([a, b]).tolist(), await wgrad.blockDiag(a, b).tolist());
    same(wgrad.atleast2d(a).shape, [1, 2]);
    same(
      wgrad.atleast3d(a, b).map((one) => one.shape),
      [
        [1, 2, 1],
        [1, 3, 1],
      ],
    );
    same(
      wgrad.atleast1d([tensor(1), b]).map((one) => one.shape),
      [[1], [3]],
    );
    same(
      wgrad.broadcastTensors([ones(2, 1), b]).map((one) => one.shape),
      [
        [2, 3],
        [2, 3],
      ],
    );
    same(wgrad.broadcastShapes([2, 1], 3, [4, 1, 1]), [4, 2, 3]);
  });
});
