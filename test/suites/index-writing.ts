// Writing between PyTorch's square brackets, with indexPut_: x[i, j] = value. Numbers are PyTorch's.
import { arange, ones, slice, tensor, type Tensor, zeros } from '../../src/index.ts';
import { ok, same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const matrix = (): Tensor => arange(6, { dtype: 'float32' }).reshape(2, 3);

export const suite = defineSuite('index-writing', (test) => {
  test('writing an element, a row, a block', async () => {
    const x = zeros(3, 4);
    const alias = x.view(12);
    const result = x.indexPut_([1, 2], 9);
    ok(result === x, 'the object written is the answer');
    x.indexPut_([slice(0, 1)], 12);
    x.indexPut_(['2, ::2'], tensor([7, 8]));
    x.indexPut_([':', -1], -1);
    same(await x.tolist(), [
      [12, 12, 12, -1],
      [0, 0, 9, -1],
      [7, 0, 8, -1],
    ]);
    same((await alias.tolist())[6], 9, 'seen through an alias');
    same(await x.indexPut('1:, 1:3', 5).indexPut_('0', 1).tolist(), [
      [1, 1, 1, 1],
      [0, 5, 5, -1],
      [7, 5, 5, -1],
    ]);
    x.indexPut_([0], ones(1, 1, 4));
    x.indexPut_([1, '...'], tensor([true, false, true, true]));
    same(await x.tolist(), [
      [1, 1, 1, 1],
      [1, 0, 1, 1],
      [7, 0, 8, -1],
    ]);
  });

  test('Z[:] = X + Y keeps the object', async () => {
    const [X, Y] = [arange(12, { dtype: 'float32' }).reshape(3, 4), ones(3, 4)];
    const Z = zeros(3, 4);
    const { storage } = Z;
    Z.indexPut_(['...'], X.add(Y));
    ok(Z.storage === storage, 'one storage');
    same(await Z.sum().item(), 78);
    Z.indexPut_([':'], 2);
    same(await Z.sum().item(), 24);
  });

  test('writing converts to the dtype of the target', async () => {
    const z = zeros(2, 3, { dtype: 'int32' });
    z.indexPut_([0], tensor([1.5, -2.5, 3]));
    z.indexPut_([1, 0], 7.9);
    z.indexPut_([1, '1:'], true);
    same(
      [await z.tolist(), z.dtype],
      [
        [
          [1, -2, 3],
          [7, 1, 1],
        ],
        'int32',
      ],
    );
    const b = zeros(3, { dtype: 'bool' });
    b.indexPut_([1], 5);
    same(await b.tolist(), [false, true, false]);
  });

  test('writing at positions', async () => {
    const rows = zeros(3, 4);
    rows.indexPut_([[0, 2]], tensor([1, 2, 3, 4]));
    same(await rows.tolist(), [
      [1, 2, 3, 4],
      [0, 0, 0, 0],
      [1, 2, 3, 4],
    ]);
    const last = zeros(2, 2);
    last.indexPut_(
      [
        [0, 0],
        [1, 1],
      ],
      tensor([5, 6]),
    );
    same(
      await last.tolist(),
      [
        [0, 6],
        [0, 0],
      ],
      'the last of equal positions stays',
    );
    const sums = zeros(4);
    sums.indexPut_([tensor([0, 0, 2], { dtype: 'int32' })], tensor([1, 2, 3]), true);
    sums.indexPut_([[-1]], 5, { accumulate: true });
    same(await sums.tolist(), [3, 0, 3, 5]);
    const eye = zeros(3, 3);
    eye.indexPut_(
      [
        [0, 1, 2],
        [0, 1, 2],
      ],
      eye.index([0, 1, 2], [0, 1, 2]).add(1),
    );
    same(await eye.tolist(), [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
    const columns = zeros(2, 3);
    columns.indexPut_(
      [':', [2, 0]],
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    same(await columns.tolist(), [
      [2, 0, 1],
      [4, 0, 3],
    ]);
    const base = zeros(3, 4);
    base.t().indexPut_([[1, 3], '::2'], 1);
    same(
      await base.tolist(),
      [
        [0, 1, 0, 1],
        [0, 0, 0, 0],
        [0, 1, 0, 1],
      ],
      'through a transposed view',
    );
  });

  test('writing where a mask is true', async () => {
    const x = matrix();
    x.indexPut_([x.gt(2)], tensor([9, 8, 7]));
    same(await x.tolist(), [
      [0, 1, 2],
      [9, 8, 7],
    ]);
    x.indexPut_([x.eq(8)], 0.5);
    same(await x.tolist(), [
      [0, 1, 2],
      [9, 0.5, 7],
    ]);
    x.indexPut_([[true, false]], tensor([5, 6, 7]));
    same(await x.tolist(), [
      [5, 6, 7],
      [9, 0.5, 7],
    ]);
    x.indexPut_([x.eq(7)], 1, true);
    same(
      await x.tolist(),
      [
        [5, 6, 8],
        [9, 0.5, 8],
      ],
      'accumulated',
    );
    const rows = matrix();
    rows.indexPut_([tensor([false, true])], tensor([[1, 2, 3]]));
    same(await rows.tolist(), [
      [0, 1, 2],
      [1, 2, 3],
    ]);
    const none = matrix();
    none.indexPut_([none.gt(99)], 1);
    same(await none.tolist(), [
      [0, 1, 2],
      [3, 4, 5],
    ]);
    const image = zeros(2, 2, 2);
    image.indexPut_(
      [
        tensor([
          [true, false],
          [false, true],
        ]),
      ],
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    same(await image.tolist(), [
      [
        [1, 2],
        [0, 0],
      ],
      [
        [0, 0],
        [3, 4],
      ],
    ]);
  });

  test('gradients of writes: none where overwritten, the value gets its own', async () => {
    const a = tensor([1, 2, 3], { requiresGrad: true });
    const v = tensor([7, 8], { requiresGrad: true });
    const z = a.mul(1);
    z.indexPut_([[0, 2]], v);
    z.mul(tensor([1, 10, 100]))
      .sum()
      .backward();
    same(
      [await z.tolist(), await a.grad?.tolist(), await v.grad?.tolist()],
      [
        [7, 2, 8],
        [0, 10, 0],
        [1, 100],
      ],
    );
    const b = tensor([1, 2, 3], { requiresGrad: true });
    const masked = b.mul(1);
    masked.indexPut_([masked.gt(1)], 0);
    masked.sum().backward();
    same(
      [await masked.tolist(), await b.grad?.tolist()],
      [
        [1, 0, 0],
        [1, 0, 0],
      ],
    );
    const c = tensor([1, 2], { requiresGrad: true });
    const target = zeros(2, 3);
    target.indexPut_([':', [2, 0]], c);
    target
      .mul(arange(6, { dtype: 'float32' }).reshape(2, 3))
      .sum()
      .backward();
    same(await c.grad?.tolist(), [7, 3]);
    const d = tensor([1, 2], { requiresGrad: true });
    const added = d.mul(1);
    added.indexPut_([[0, 0]], d.mul(3), true);
    added.sum().backward();
    same(
      [await added.tolist(), await d.grad?.tolist()],
      [
        [10, 2],
        [4, 4],
      ],
    );
  });
});
