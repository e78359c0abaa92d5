// Reading between square brackets, with index: integers, slices, ranges, lists and tensors of positions. Numbers are PyTorch's.
import { arange, type Index, ones, slice, tensor, type Tensor } from '../../src/index.ts';
import { ok, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const cube = (): Tensor => arange(24).reshape(2, 3, 4);
const matrix = (): Tensor => arange(6, { dtype: 'float32' }).reshape(2, 3);
const places = (): Tensor =>
  tensor(
    [
      [0, 1],
      [1, 0],
    ],
    { dtype: 'int32' },
  );

export const suite = defineSuite('indexing', (test) => {
  test('integers, slices, ranges, null and ... are views', async () => {
    const x = cube();
    const reads: readonly (readonly [Index[], unknown])[] = [
      [
        [-1, 2],
        [20, 21, 22, 23],
      ],
      [[0, 1, 2], 6],
      [
        [':', 1],
        [
          [4, 5, 6, 7],
          [16, 17, 18, 19],
        ],
      ],
      [
        [slice(), 1],
        [
          [4, 5, 6, 7],
          [16, 17, 18, 19],
        ],
      ],
      [
        [slice(0, 1), slice(1, 3), slice(null, null, 2)],
        [
          [
            [4, 6],
            [8, 10],
          ],
        ],
      ],
      [
        ['0:1, 1:3, ::2'],
        [
          [
            [4, 6],
            [8, 10],
          ],
        ],
      ],
      [
        ['..., 1'],
        [
          [1, 5, 9],
          [13, 17, 21],
        ],
      ],
      [
        [1, '...', 0],
        [12, 16, 20],
      ],
      [
        ['-1, -2:, 1:3'],
        [
          [17, 18],
          [21, 22],
        ],
      ],
      [['0, 5:'], []],
      [['1, 2:1'], []],
      [
        [0, 0, slice(-3, -1)],
        [1, 2],
      ],
      [
        [0, 0, slice(-99, 99, 3)],
        [0, 3],
      ],
      [['0, 0, None, 1'], [1]],
    ];
    for (const [entries, wanted] of reads) {
      const view = x.index(...entries);
      ok(view.storage === x.storage, `${JSON.stringify(entries)} is a view`);
      same(await view.tolist(), wanted, JSON.stringify(entries));
    }
    same(x.index(null).shape, [1, 2, 3, 4]);
    same(x.index(':, None, 1').shape, [2, 1, 4]);
    same(x.index('...', null).shape, [2, 3, 4, 1]);
    same(x.index(true).shape, [1, 2, 3, 4]);
    same(x.index(0, '5:').shape, [0, 4]);
    same(x.index(slice(0, 2), '::2').strides, [12, 8, 1]);
    same([x.index(1, 2).storageOffset(), x.index(1, 2).strides], [20, [1]]);
  });

  test('lists and tensors of positions gather', async () => {
    const x = cube();
    const idx = places();
    same(await x.index(':', [2, 0]).tolist(), [
      [
        [8, 9, 10, 11],
        [0, 1, 2, 3],
      ],
      [
        [20, 21, 22, 23],
        [12, 13, 14, 15],
      ],
    ]);
    same(await x.index([1, 0], [0, 2]).tolist(), [
      [12, 13, 14, 15],
      [8, 9, 10, 11],
    ]);
    same(await x.index([0, 1], ':', [1, 2]).tolist(), [
      [1, 5, 9],
      [14, 18, 22],
    ]);
    same(await x.index('...', [0, -1]).tolist(), [
      [
        [0, 3],
        [4, 7],
        [8, 11],
      ],
      [
        [12, 15],
        [16, 19],
        [20, 23],
      ],
    ]);
    same(await x.index('1:', [0, 2], 1).tolist(), [[13, 21]]);
    same(await x.index(0, ':', [1, 2]).tolist(), [
      [1, 2],
      [5, 6],
      [9, 10],
    ]);
    same(await x.index([[0], [1]], [[0, 1]], 3).tolist(), [
      [3, 7],
      [15, 19],
    ]);
    same(await x.index(idx, 0, 0).tolist(), [
      [0, 12],
      [12, 0],
    ]);
    const shapes: readonly (readonly [Tensor, number[]])[] = [
      [x.index(idx), [2, 2, 3, 4]],
      [x.index(':', idx), [2, 2, 2, 4]],
      [x.index(idx, ':', idx), [2, 2, 3]],
      [x.index(':, :', idx), [2, 3, 2, 2]],
      [x.index(tensor(1, { dtype: 'int32' })), [3, 4]],
      [x.index([0, 1], null, [1, 2]), [2, 1, 4]],
      [x.index([]), [0, 3, 4]],
    ];
    for (const [at, [one, shape]] of shapes.entries()) same(one.shape, shape, `shape ${at}`);
    const copy = x.index([0]);
    ok(copy.storage !== x.storage, 'a gather is a copy');
  });

  test('gradients of reads: zeros elsewhere, repeated positions add up', async () => {
    const a = tensor([1, 2, 3], { requiresGrad: true });
    a.index([0, 0, 2]).sum().backward();
    a.index('1:').mul(10).sum().backward();
    same(await a.grad?.tolist(), [2, 10, 11]);
    const m = ones(2, 3, { requiresGrad: true });
    m.index(':', [-1, 0])
      .mul(tensor([1, 2]))
      .sum()
      .backward();
    same(await m.grad?.tolist(), [
      [2, 0, 1],
      [2, 0, 1],
    ]);
  });

  test('reading where a mask is true must be awaited', () => {
    const x = matrix();
    throws(
      () => x.index(x.gt(2)),
      'IndexError',
      '[index] a boolean tensor (2, 3): the shape of the result depends on its values, so it must be awaited. ' +
        'Use await maskedSelect(x, mask). Writing with a mask is x.indexPut_([mask], value).',
    );
  });

  test('bad positions throw at the call and change nothing', async () => {
    const x = matrix();
    const range = 'it must be from -2 to 1';
    throws(() => x.index(2), 'IndexError', `[index] index 2 is out of range for dimension 0 with size 2: ${range}.`);
    throws(() => x.index(-3), 'IndexError', `[index] index -3 is out of range for dimension 0 with size 2: ${range}.`);
    throws(
      () => x.index([0, 2]),
      'IndexError',
      `[index] index 2 is out of range for dimension 0 with size 2: ${range}.`,
    );
    throws(
      () => x.index(0, 0, 0),
      'IndexError',
      '[index] 3 indices for a tensor of 2 dimensions: there can be at most one for each dimension.',
    );
    throws(() => x.index('...', '...'), 'IndexError', "[index] two ellipses: '...' may appear once.");
    throws(() => x.index(0.5), 'IndexError', '[index] 0.5: positions are integers.');
    throws(
      () => x.index('1:2:3:4'),
      'IndexError',
      "[index] '1:2:3:4' in '1:2:3:4': entries are integers, ranges such as '1:3' or '::2', None and ...",
    );
    throws(
      () => x.index('::-1'),
      'ArgumentError',
      '[slice] step -1: it must be positive, as in PyTorch. Use x.flip(dim) for the reverse.',
    );
    throws(
      () => x.index(tensor([0.5])),
      'DTypeError',
      "[index] an index of dtype float32: an index must be int32. Convert it: index.to('int32').",
    );
    throws(() => x.index([0, 1], [0, 1, 2]), 'ShapeError');
    throws(() => x.indexPut_([5], 1), 'IndexError');
    throws(() => x.indexPut_([0], ones(2)), 'ShapeError');
    throws(() => x.indexPut_([[0, 2]], 1), 'IndexError');
    throws(() => x.indexPut_([ones(3, { dtype: 'bool' })], 1), 'IndexError');
    throws(
      () => x.indexPut_(0 as unknown as Index[], 1),
      'ArgumentError',
      "[indexPut_] 0: the entries are one list, x.indexPut_([0, slice(1, 3)], value), or text, x.indexPut_('0, 1:3', value).",
    );
    same(await x.tolist(), [
      [0, 1, 2],
      [3, 4, 5],
    ]);
    throws(() => tensor(1).index(0), 'IndexError');
  });
});
