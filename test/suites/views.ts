// Views: which operations share elements with their input, which copy, and the strides that PyTorch gives each result.
import { arange, ones, tensor, type Tensor, zeros } from '../../src/index.ts';
import { ok, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const matrix = (): Tensor => arange(12, { dtype: 'float32' }).reshape(3, 4);

export const suite = defineSuite('views', (test) => {
  test('views share their elements, both ways', async () => {
    const x = matrix();
    const views: readonly (readonly [string, Tensor])[] = [
      ['view', x.view(4, 3)],
      ['reshape', x.reshape(2, 6)],
      ['reshape of -1', x.reshape(-1)],
      ['flatten', x.flatten()],
      ['ravel', x.ravel()],
      ['t', x.t()],
      ['T', x.T],
      ['mT', x.mT],
      ['transpose', x.transpose(0, 1)],
      ['permute', x.permute(1, 0)],
      ['movedim', x.movedim(0, 1)],
      ['unsqueeze', x.unsqueeze(0)],
      ['squeeze', x.squeeze()],
      ['expand', x.expand(2, 3, 4)],
      ['broadcastTo', x.broadcastTo(2, 3, 4)],
      ['unflatten', x.unflatten(1, [2, 2])],
      ['select', x.select(0, 0)],
      ['narrow', x.narrow(0, 0, 2)],
      ['diagonal', x.diagonal()],
      ['index', x.index(':2')],
      ['detach', x.detach()],
      ['data', x.data],
      ['split', x.split(2)[0]],
      ['chunk', x.chunk(2)[0]],
      ['unbind', x.unbind()[0]],
      ['contiguous', x.contiguous()],
      ['to its own dtype', x.to('float32')],
    ];
    for (const [name, view] of views) ok(view.storage === x.storage, `${name} is a view`);
    x.indexPut_([0, 0], 100);
    for (const [name, view] of views) same((await view.numpy())[0], 100, `${name} sees a write to its base`);
    x.t().select(0, 0).mul_(2);
    same((await x.numpy())[0], 200, 'the base sees a write through two views');
    same(await x.diagonal().fill_(-1).sum().item(), -3);
    same(await x.tolist(), [
      [-1, 1, 2, 3],
      [8, -1, 6, 7],
      [16, 9, -1, 11],
    ]);
  });

  test('copies do not', async () => {
    const x = matrix();
    const copies: readonly (readonly [string, Tensor])[] = [
      ['clone', x.clone()],
      ['contiguous of a transposed', x.t().contiguous()],
      ['reshape across a gap', x.t().reshape(12)],
      ['ravel of a transposed', x.t().ravel()],
      ['flatten of a part', x.index(':, :2').flatten()],
      ['a gather', x.index([0, 1])],
      ['repeat', x.repeat(1, 1)],
      ['flip', x.flip(0)],
      ['roll', x.roll(1)],
      ['another dtype', x.to('int32')],
      ['add', x.add(0)],
      ['tril', x.tril()],
    ];
    const before = await Promise.all(copies.map(([, copy]) => copy.tolist()));
    for (const [name, copy] of copies) ok(copy.storage !== x.storage, `${name} is a copy`);
    x.fill_(7);
    same(await Promise.all(copies.map(([, copy]) => copy.tolist())), before);
  });

  test('strides of views', () => {
    const x = matrix();
    const strides: readonly (readonly [Tensor, number[]])[] = [
      [x.t(), [1, 4]],
      [x.expand(2, 3, 4), [0, 4, 1]],
      [x.unsqueeze(1), [4, 4, 1]],
      [x.unsqueeze(-1), [4, 1, 1]],
      [x.t().unsqueeze(0), [4, 1, 4]],
      [x.diagonal(), [5]],
      [x.index('::2'), [8, 1]],
      [x.narrow(1, 1, 2), [4, 1]],
      [x.view(4, 3), [3, 1]],
      [x.t().view(2, 2, 3), [2, 1, 4]],
      [x.index(':, :2').view(3, 2, 1), [4, 1, 1]],
      [zeros(1, 3, 4).index(':, :, ::4').view(3), [4]],
      [zeros(2, 0, 3), [3, 3, 1]],
    ];
    same(
      strides.map(([one]) => one.stride()),
      strides.map(([, wanted]) => wanted),
    );
    same([ones(1, 3).t().isContiguous(), x.t().isContiguous(), x.index(1).storageOffset()], [true, false, 4]);
  });

  test('strides of results', () => {
    const x = matrix();
    const results: readonly (readonly [Tensor, number[]])[] = [
      [x.t().clone(), [1, 4]],
      [x.t().add(1), [1, 4]],
      [x.t().add(x.t()), [1, 4]],
      [x.t().exp(), [1, 4]],
      [x.t().mul(ones(4, 1)), [1, 4]],
      [ones(4, 1).mul(x.t()), [1, 4]],
      [x.index(':, ::2').clone(), [2, 1]],
      [x.t().contiguous(), [3, 1]],
      [x.t().reshape(12), [1]],
      [zeros(3, 1).expand(3, 4).exp(), [4, 1]],
      [ones(2, 3, 4).permute(2, 0, 1).mul(2), [1, 12, 4]],
      [ones(2, 3, 4).permute(2, 0, 1).clone(), [1, 12, 4]],
      [x.T.sum(0), [1]],
    ];
    same(
      results.map(([one]) => one.stride()),
      results.map(([, wanted]) => wanted),
    );
  });

  test('values of strided results, also after more operations', async () => {
    const x = matrix();
    const sum = x.t().add(1);
    same(await sum.tolist(), [
      [1, 5, 9],
      [2, 6, 10],
      [3, 7, 11],
      [4, 8, 12],
    ]);
    same(await sum.index(1).tolist(), [2, 6, 10]);
    same(await sum.reshape(2, 6).tolist(), [
      [1, 5, 9, 2, 6, 10],
      [3, 7, 11, 4, 8, 12],
    ]);
    same(await sum.t().view(12).tolist(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    same(await sum.sum(0).tolist(), [10, 26, 42]);
    same(await sum.matmul(x).index(0).tolist(), [92, 107, 122, 137]);
    sum.index(0).zero_();
    same(await sum.tolist(), [
      [0, 0, 0],
      [2, 6, 10],
      [3, 7, 11],
      [4, 8, 12],
    ]);
    const permuted = ones(2, 3, 4).permute(2, 0, 1).mul(arange(6).reshape(2, 3));
    same(await permuted.index(3).tolist(), [
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  test('a value bound at the call outlives a write', async () => {
    const x = matrix();
    const row = x.index(0);
    const before = row.numpy();
    x.add_(1);
    same(await before, Float32Array.of(0, 1, 2, 3));
    same(await row.tolist(), [1, 2, 3, 4]);
  });

  test('what cannot be seen that way', () => {
    const x = matrix();
    throws(
      () => x.t().view(12),
      'ShapeError',
      '[view] (4, 3) with strides (1, 4) cannot be seen as (12,): at least one dimension spans across two separate runs of ' +
        'elements. Use x.reshape(..), which copies where it must.',
    );
    throws(() => x.index(':, :2').view(6), 'ShapeError');
    throws(() => x.index('::2').view(8), 'ShapeError');
    throws(
      () => x.reshape(5, -1),
      'ShapeError',
      '[reshape] (3, 4) as (5, -1): 12 elements do not fit: the number of elements must stay the same.',
    );
    throws(
      () => x.reshape(-1, -1),
      'ShapeError',
      '[reshape] sizes (-1, -1): sizes are integers of 0 or more, and at most one may be -1.',
    );
    throws(
      () => x.expand(3, 5),
      'ShapeError',
      '[expand] (3, 4) to (3, 5): only dimensions of size 1 can be repeated, and new dimensions come first.',
    );
    throws(
      () => x.permute(0),
      'ArgumentError',
      '[permute] 1 dims for a tensor of 2 dimensions: each dimension must be named once.',
    );
    throws(() => x.permute(0, 0), 'IndexError', '[permute] dim (0, 0) names a dimension twice: each may appear once.');
    throws(
      () => x.transpose(0, 2),
      'IndexError',
      '[transpose] dim 2 is out of range for a tensor of 2 dimensions: dim must be an integer from -2 to 1.',
    );
    throws(() => x.narrow(0, 2, 2), 'IndexError');
    throws(
      () => x.select(0, 3),
      'IndexError',
      '[select] index 3 is out of range for dimension 0 with size 3: it must be from -3 to 2.',
    );
    throws(() => ones(2, 2, 2).t(), 'ShapeError');
    throws(() => tensor(1).mT, 'ShapeError');
    throws(() => x.split([1, 1]), 'ShapeError', '[split] sizes (1, 1) of a dimension of 3: they must add up to it.');
  });
});
