// Rows of views, joins, reductions, products and positions: each call is written out, because each has rules of its own.
import * as wgrad from '../../src/index.ts';
import type { Tensor } from '../../src/index.ts';
import { bits, type Call, type Input, real, type Row, whole } from './table.ts';

type Run = Call['run'];

/** A row of calls `[inputs, run]`. */
function row(name: string, calls: readonly (readonly [Input[], Run])[], options: Partial<Row> = {}): Row {
  return { name, gradient: 'all', calls: calls.map(([inputs, run]) => ({ inputs, run })), ...options };
}

/** A tensor with the same elements whose last two dimensions lie the other way round in memory. */
const turned = (x: Tensor): Tensor => x.mT.contiguous().mT;

type Reduction = (x: Tensor, dim?: number | number[], keepdim?: boolean) => Tensor;

/** Reductions over everything, one dimension, several, of transposed and strided inputs, of odd lengths and integers. */
function reduction(
  name: string,
  run: Reduction,
  options: Partial<Row> & { integers?: boolean; several?: boolean; low?: number } = {},
): Row {
  const { integers = false, several = true, low = -2, ...rest } = options;
  const calls: [Input[], Run][] = [
    ...[1, 33, 63, 65, 257].map((size): [Input[], Run] => [[real([size], low)], (x) => run(x)]),
    [[real([2, 3, 4], low)], (x) => run(x, 1)],
    [[real([3, 65], low)], (x) => run(x, 1, true)],
    [[real([65, 3], low)], (x) => run(x, 0)],
    [[real([3, 5], low)], (x) => run(x.t(), 0)],
    [[real([3, 8], low)], (x) => run(x.index(':, 1::3'), 1)],
    [[real([], low)], (x) => run(x)],
  ];
  if (several)
    calls.push([[real([2, 3, 2], low)], (x) => run(x, [0, 2])], [[real([1, 3], low)], (x) => run(x.expand(4, 3), [0])]);
  if (integers) {
    calls.push([[whole([33])], (x) => run(x)], [[whole([3, 5], 0, 9, 'uint8')], (x) => run(x, 1)]);
    calls.push([[bits([3, 5])], (x) => run(x, 0)]);
  }
  return row(name, calls, rest);
}

const reductionRows: readonly Row[] = [
  reduction('sum', (x, dim, keep) => wgrad.sum(x, dim, keep), { integers: true }),
  reduction('mean', (x, dim, keep) => wgrad.mean(x, dim, keep)),
  reduction('amax', (x, dim, keep) => wgrad.amax(x, dim, keep), { integers: true }),
  reduction('amin', (x, dim, keep) => wgrad.amin(x, dim, keep), { integers: true }),
  reduction('all', (x, dim, keep) => wgrad.all(x, dim, keep), { integers: true, gradient: 'none' }),
  reduction('any', (x, dim, keep) => wgrad.any(x, dim, keep), { integers: true, gradient: 'none' }),
  reduction('prod', (x, dim, keep) => wgrad.prod(x, dim as number, keep), { integers: true, several: false, low: 0.5 }),
  reduction('argmax', (x, dim, keep) => wgrad.argmax(x, dim as number, keep), { several: false, gradient: 'none' }),
  reduction('argmin', (x, dim, keep) => wgrad.argmin(x, dim as number, keep), { several: false, gradient: 'none' }),
  reduction('countNonzero', (x, dim) => wgrad.countNonzero(x, dim), { integers: true, gradient: 'none' }),
  reduction('logsumexp', (x, dim, keep) =>
    wgrad.logsumexp(x, dim ?? (x.ndim === 0 ? 0 : x.shape.map((_, at) => at)), keep),
  ),
  reduction('norm', (x, dim, keep) => wgrad.norm(x, 2, dim, keep)),
  row('norm: other orders', [
    [[real([2, 5])], (x) => wgrad.norm(x, 1, 1)],
    [[real([2, 5])], (x) => wgrad.norm(x, 3)],
    [[real([2, 5])], (x) => wgrad.norm(x, Infinity, 1)],
    [[real([2, 5])], (x) => wgrad.norm(x, -Infinity, 0, true)],
  ]),
  row('variance', [
    [[real([33])], (x) => wgrad.variance(x)],
    [[real([3, 5])], (x) => wgrad.variance(x.t(), 0)],
    [[real([2, 3, 2])], (x) => wgrad.variance(x, [0, 2], false, true)],
  ]),
  row('std', [
    [[real([33])], (x) => wgrad.std(x)],
    [[real([3, 5])], (x) => wgrad.std(x.t(), 1)],
    [[real([2, 3, 2])], (x) => wgrad.std(x, [0, 2], { unbiased: false })],
  ]),
  ...(
    [
      ['max', wgrad.max],
      ['min', wgrad.min],
    ] as const
  ).map(([name, extreme]) =>
    row(name, [
      [[real([33])], (x) => extreme(x)],
      [[real([3, 65])], (x) => [...extreme(x, 1)]],
      [[real([65, 3])], (x) => [...extreme(x.t(), 1, true)]],
      [[real([2, 3]), real([3])], (x, y) => extreme(x, y)],
      [[whole([3, 5])], (x) => [...extreme(x, 0)]],
    ]),
  ),
  row('cumsum', [
    [[real([257])], (x) => wgrad.cumsum(x, 0)],
    [[real([3, 5])], (x) => wgrad.cumsum(x.t(), 1)],
    [[real([2, 3, 2])], (x) => wgrad.cumsum(x, -2)],
    [[whole([33])], (x) => wgrad.cumsum(x, 0)],
    [[bits([33])], (x) => wgrad.cumsum(x, 0)],
    [[real([])], (x) => wgrad.cumsum(x, 0)],
    [[real([0, 2])], (x) => wgrad.cumsum(x, 0)],
  ]),
  row('cumprod', [
    [[real([33], 0.8, 1.2)], (x) => wgrad.cumprod(x, 0)],
    [[real([3, 4])], (x) => wgrad.cumprod(x.t(), 1)],
    [[real([])], (x) => wgrad.cumprod(x, 0)],
    [[whole([9], -2, 2)], (x) => wgrad.cumprod(x, 0)],
  ]),
  row('linalg.vectorNorm', [
    [[real([33])], (x) => wgrad.linalg.vectorNorm(x)],
    [[real([2, 3, 2])], (x) => wgrad.linalg.vectorNorm(x, 1, [0, 2])],
    [[real([2, 5])], (x) => wgrad.linalg.vectorNorm(x.t(), 3, 1, true)],
  ]),
  row('linalg.matrixNorm', [
    [[real([2, 3, 4])], (x) => wgrad.linalg.matrixNorm(x)],
    [[real([3, 4])], (x) => wgrad.linalg.matrixNorm(x, 1)],
    [[real([3, 4])], (x) => wgrad.linalg.matrixNorm(x, -Infinity, { keepdim: true })],
  ]),
  row('linalg.norm', [
    [[real([5])], (x) => wgrad.linalg.norm(x)],
    [[real([3, 4])], (x) => wgrad.linalg.norm(x, 'fro')],
    [[real([3, 4])], (x) => wgrad.linalg.norm(x, { dim: 1 })],
  ]),
];

const viewRows: readonly Row[] = [
  row('reshape', [
    [[real([2, 6])], (x) => wgrad.reshape(x, 3, -1)],
    [[real([3, 4])], (x) => wgrad.reshape(x.t(), 2, 6)],
    [[real([4, 6])], (x) => wgrad.reshape(x.index('::2, ::3'), -1)],
    [[real([0, 3])], (x) => wgrad.reshape(x, 3, 0)],
  ]),
  row('view', [[[real([2, 6])], (x) => wgrad.view(x, 4, 3)]]),
  row('viewAs', [[[real([2, 6]), real([3, 4])], (x, y) => wgrad.viewAs(x, y.detach())]]),
  row('reshapeAs', [[[real([2, 6]), real([3, 4])], (x, y) => wgrad.reshapeAs(x.t().contiguous().t(), y.detach())]]),
  row('flatten', [
    [[real([2, 3, 2])], (x) => wgrad.flatten(x)],
    [[real([2, 3, 2])], (x) => wgrad.flatten(x.permute(2, 0, 1), 1)],
    [[real([])], (x) => wgrad.flatten(x)],
  ]),
  row('unflatten', [[[real([2, 6])], (x) => wgrad.unflatten(x, 1, [3, -1])]]),
  row('ravel', [[[real([2, 3])], (x) => wgrad.ravel(x.t())]]),
  row('permute', [[[real([2, 3, 4])], (x) => wgrad.permute(x, 2, 0, 1)]]),
  row('transpose', [[[real([2, 3, 4])], (x) => wgrad.transpose(x, 0, -1)]]),
  row('swapaxes', [[[real([2, 3])], (x) => wgrad.swapaxes(x, 0, 1)]]),
  row('t', [
    [[real([2, 3])], (x) => wgrad.t(x)],
    [[real([3])], (x) => wgrad.t(x)],
  ]),
  row('movedim', [[[real([2, 3, 4])], (x) => wgrad.movedim(x, [0, 1], [2, 0])]]),
  row('unsqueeze', [[[real([2, 3])], (x) => wgrad.unsqueeze(x.t(), 1)]]),
  row('squeeze', [
    [[real([1, 3, 1])], (x) => wgrad.squeeze(x)],
    [[real([1, 3, 1])], (x) => wgrad.squeeze(x, [0, 1])],
  ]),
  row('expand', [
    [[real([3, 1])], (x) => wgrad.expand(x, 2, -1, 4)],
    [[real([])], (x) => wgrad.expand(x, 3)],
  ]),
  row('expandAs', [[[real([3, 1]), real([3, 4])], (x, y) => wgrad.expandAs(x, y.detach())]]),
  row('broadcastTo', [[[real([3])], (x) => wgrad.broadcastTo(x, 2, 3)]]),
  row('select', [
    [[real([2, 3])], (x) => wgrad.select(x, 1, -1)],
    [[real([4, 3])], (x) => wgrad.select(x.t(), 0, 1)],
  ]),
  row('narrow', [[[real([4, 3])], (x) => wgrad.narrow(x, 0, 1, 2)]]),
  row('diagonal', [
    [[real([3, 4])], (x) => wgrad.diagonal(x, 1)],
    [[real([2, 3, 4])], (x) => wgrad.diagonal(x, -1, 1, 2)],
  ]),
  row('clone', [
    [[real([2, 3])], (x) => wgrad.clone(x.t())],
    [[whole([3])], (x) => wgrad.clone(x)],
  ]),
  row('contiguous', [[[real([2, 3])], (x) => wgrad.contiguous(x.t())]]),
  row('flip', [
    [[real([2, 3])], (x) => wgrad.flip(x, 0, 1)],
    [[bits([33])], (x) => wgrad.flip(x, 0)],
  ]),
  row('tril', [
    [[real([3, 4])], (x) => wgrad.tril(x)],
    [[real([2, 3, 3])], (x) => wgrad.tril(x.mT, -1)],
  ]),
  row('triu', [
    [[real([3, 4])], (x) => wgrad.triu(x, 1)],
    [[whole([3, 3])], (x) => wgrad.triu(x)],
  ]),
  row('diag', [
    [[real([3])], (x) => wgrad.diag(x, 1)],
    [[real([3, 4])], (x) => wgrad.diag(x, -1)],
  ]),
];

const joinRows: readonly Row[] = [
  row('cat', [
    [[real([2, 3]), real([1, 3])], (x, y) => wgrad.cat([x, y])],
    [[real([2, 33]), real([63, 2])], (x, y) => wgrad.cat([x, y.t()], 1)],
    [[whole([5]), real([3])], (x, y) => wgrad.cat([x, y])],
    [[bits([3]), bits([5])], (x, y) => wgrad.cat([x, y])],
    [[real([9])], (x) => wgrad.cat(Array.from({ length: 9 }, () => x))],
    [[real([0]), real([2, 2])], (x, y) => wgrad.cat([x, y])],
  ]),
  row('stack', [
    [[real([2, 3]), real([3, 2])], (x, y) => wgrad.stack([x, y.t()], 1)],
    [[real([]), real([])], (x, y) => wgrad.stack([x, y])],
  ]),
  row('hstack', [[[real([2, 1]), real([2, 2])], (x, y) => wgrad.hstack([x, y])]]),
  row('vstack', [[[real([3]), real([2, 3])], (x, y) => wgrad.vstack([x, y])]]),
  row('split', [
    [[real([5, 2])], (x) => wgrad.split(x, 2)],
    [[real([2, 5])], (x) => wgrad.split(x, [1, 4], 1)],
  ]),
  row('chunk', [[[real([5, 2])], (x) => wgrad.chunk(x, 3)]]),
  row('unbind', [[[real([3, 2])], (x) => wgrad.unbind(x, 1)]]),
  row('repeat', [[[real([2, 3])], (x) => wgrad.repeat(x, 2, 1, 2)]]),
  row('tile', [[[real([3])], (x) => wgrad.tile(x, 2, 2)]]),
  row('roll', [
    [[real([3, 4])], (x) => wgrad.roll(x, [1, -1], [0, 1])],
    [[real([2, 3])], (x) => wgrad.roll(x.t(), 4)],
  ]),
  row('meshgrid', [[[real([2]), real([3])], (x, y) => wgrad.meshgrid([x, y], { indexing: 'xy' })]]),
];

/** Sums over 65 products: 65 roundings of 6e-8, of numbers up to 4. */
const summed: Partial<Row> = { relative: 3e-5, absolute: 1e-5 };

const productRows: readonly Row[] = [
  row(
    'mm',
    [
      [[real([2, 3]), real([3, 4])], (x, y) => wgrad.mm(x, y)],
      [[real([33, 65]), real([65, 63])], (x, y) => wgrad.mm(x, y)],
      [[real([65, 33]), real([63, 65])], (x, y) => wgrad.mm(x.t(), y.t())],
      [[real([33, 65]), real([63, 65])], (x, y) => wgrad.mm(x, y.t())],
      [[real([1, 257]), real([257, 1])], (x, y) => wgrad.mm(x, y)],
      [[real([8, 12]), real([6, 5])], (x, y) => wgrad.mm(x.index('::2, ::2'), y)],
      [[whole([3, 4]), whole([4, 2])], (x, y) => wgrad.mm(x, y)],
      [[real([3, 0]), real([0, 2])], (x, y) => wgrad.mm(x, y)],
      [[real([0, 3]), real([3, 2])], (x, y) => wgrad.mm(x, y)],
    ],
    summed,
  ),
  row(
    'bmm',
    [
      [[real([2, 2, 3]), real([2, 3, 2])], (x, y) => wgrad.bmm(x, y)],
      [[real([3, 17, 33]), real([3, 9, 33])], (x, y) => wgrad.bmm(x, y.mT)],
      [[real([1, 5, 3]), real([4, 3, 2])], (x, y) => wgrad.bmm(x.expand(4, 5, 3), turned(y))],
    ],
    summed,
  ),
  row(
    'mv',
    [
      [[real([33, 65]), real([65])], (x, y) => wgrad.mv(x, y)],
      [[real([3, 2]), real([3])], (x, y) => wgrad.mv(x.t(), y)],
    ],
    summed,
  ),
  row(
    'dot',
    [
      [[real([257]), real([257])], (x, y) => wgrad.dot(x, y)],
      [[real([3]), real([6])], (x, y) => wgrad.dot(x, y.index('::2'))],
    ],
    summed,
  ),
  row('outer', [[[real([2]), real([3])], (x, y) => wgrad.outer(x, y)]]),
  row(
    'matmul',
    [
      [[real([3]), real([3])], (x, y) => wgrad.matmul(x, y)],
      [[real([2, 2, 3]), real([3])], (x, y) => wgrad.matmul(x, y)],
      [[real([3]), real([2, 3, 2])], (x, y) => wgrad.matmul(x, y)],
      [[real([2, 2, 3]), real([3, 2])], (x, y) => wgrad.matmul(x, y)],
      [[real([2, 1, 2, 3]), real([2, 3, 2])], (x, y) => wgrad.matmul(x, y)],
      [[real([5, 9, 33]), real([33, 17])], (x, y) => wgrad.matmul(x, y)],
    ],
    summed,
  ),
  row(
    'addmm',
    [
      [[real([4]), real([2, 3]), real([3, 4])], (b, x, y) => wgrad.addmm(b, x, y)],
      [
        [real([33, 17]), real([33, 65]), real([17, 65])],
        (b, x, y) => wgrad.addmm(b, x, y.t(), { beta: 0.5, alpha: -2 }),
      ],
    ],
    summed,
  ),
  row('addmv', [[[real([2]), real([2, 3]), real([3])], (b, x, y) => wgrad.addmv(b, x, y, 0.5, 2)]]),
  row('baddbmm', [
    [[real([2, 2, 2]), real([2, 2, 3]), real([2, 3, 2])], (b, x, y) => wgrad.baddbmm(b, x, y, { beta: 0.5 })],
  ]),
  row('trace', [[[real([3, 4])], (x) => wgrad.trace(x)]]),
];

const positionRows: readonly Row[] = [
  row('gather', [
    [[real([3, 4]), whole([2, 3], 0, 2)], (x, at) => wgrad.gather(x, 0, at)],
    [[real([4, 3]), whole([3, 65], 0, 3)], (x, at) => wgrad.gather(x.t(), 1, at)],
    [[whole([5]), whole([33], 0, 4)], (x, at) => wgrad.gather(x, 0, at)],
  ]),
  row('scatter', [
    [
      [real([3, 4]), real([2, 3])],
      (x, y) =>
        wgrad.scatter(
          x,
          0,
          wgrad.tensor(
            [
              [0, 2, 1],
              [1, 0, 2],
            ],
            { dtype: 'int32', device: x.device },
          ),
          y,
        ),
    ],
    [[real([33]), whole([5], 0, 32)], (x, at) => wgrad.scatter(x, 0, at, 1.5)],
  ]),
  row('scatterAdd', [
    [[real([3, 4]), whole([2, 3], 0, 2), real([2, 3])], (x, at, y) => wgrad.scatterAdd(x, 0, at, y)],
    [[real([5]), whole([65], 0, 4), real([65])], (x, at, y) => wgrad.scatterAdd(x, 0, at, y)],
  ]),
  row('indexSelect', [
    [[real([3, 4]), whole([5], 0, 2)], (x, at) => wgrad.indexSelect(x, 0, at)],
    [[real([2, 3, 2]), whole([2], 0, 2)], (x, at) => wgrad.indexSelect(x, -2, at)],
  ]),
  row('indexAdd', [[[real([3, 2]), whole([4], 0, 2), real([4, 2])], (x, at, y) => wgrad.indexAdd(x, 0, at, y)]]),
  row('indexCopy', [
    [
      [real([2, 3]), real([2, 2])],
      (x, y) => wgrad.indexCopy(x.t(), 0, wgrad.tensor([2, 0], { dtype: 'int32', device: x.device }), y),
    ],
  ]),
  row('take', [[[real([2, 3]), whole([2, 2], -6, 5)], (x, at) => wgrad.take(x, at)]]),
  row('takeAlongDim', [
    [[real([2, 3]), whole([2, 2], 0, 2)], (x, at) => wgrad.takeAlongDim(x, at, 1)],
    [[real([2, 3]), whole([2, 1], 0, 2)], (x, at) => wgrad.takeAlongDim(x, at, 1)],
  ]),
  row('maskedFill', [
    [[real([2, 3]), bits([3])], (x, mask) => wgrad.maskedFill(x, mask, -7)],
    [[real([2, 3]), bits([2, 3]), real([])], (x, mask, y) => wgrad.maskedFill(x, mask, y)],
  ]),
  row('fill', [[[real([2, 3])], (x) => wgrad.fill(x, 2.5)]]),
];

export const structuredRows: readonly Row[] = [
  ...reductionRows,
  ...viewRows,
  ...joinRows,
  ...productRows,
  ...positionRows,
];
