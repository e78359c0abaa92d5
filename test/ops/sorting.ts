// Rows of sorting, searching, counting and scans. What only moves elements or counts them is the same on both devices, to the
// last bit; so are the positions of ties, NaN, infinities and zeros of both signs.
import * as wgrad from '../../src/index.ts';
import { type Tensor, where } from '../../src/index.ts';
import { bits, type Call, type Input, real, type Row, whole } from './table.ts';

type Run = Call['run'];

const exact = { relative: 0, absolute: 0 } as const;

function row(name: string, calls: readonly (readonly [Input[], Run])[], options: Partial<Row> = {}): Row {
  return { name, gradient: 'none', calls: calls.map(([inputs, run]) => ({ inputs, run })), ...exact, ...options };
}

/** The same elements, whose last two dimensions lie the other way round in memory. */
const turned = (x: Tensor): Tensor => x.mT.contiguous().mT;

/** Many ties, and where the numbers say so NaN, infinities and -0. */
function mixed(x: Tensor): Tensor {
  const coarse = x.mul(2).round();
  const special = (low: number, value: number, y: Tensor): Tensor =>
    where(x.gt(low).logicalAnd(x.lt(low + 0.3)), value, y);
  return special(-2, NaN, special(-1.2, -Infinity, special(-0.4, -0, special(0.6, Infinity, coarse))));
}

/** One dimension of odd sizes, and several dimensions as they lie, transposed, strided and expanded; integers and booleans. */
function alongEach(run: (x: Tensor, dim: number) => Tensor | readonly Tensor[], integers = true): [Input[], Run][] {
  const calls: [Input[], Run][] = [
    ...[1, 15, 16, 17, 33, 63, 65, 257].map((size): [Input[], Run] => [[real([size])], (x) => run(mixed(x), 0)]),
    [[real([3, 65])], (x) => run(mixed(x), 1)],
    [[real([65, 3])], (x) => run(mixed(x), 0)],
    [[real([5, 33, 3])], (x) => run(mixed(x), 1)],
    [[real([5, 33, 3])], (x) => run(turned(mixed(x)), 1)],
    [[real([5, 33, 3])], (x) => run(mixed(x).permute(2, 0, 1), 2)],
    [[real([3, 80])], (x) => run(mixed(x).index(':, 1::3'), -1)],
    [[real([1, 40])], (x) => run(mixed(x).expand(3, 40), 0)],
    [[real([1, 40])], (x) => run(mixed(x).expand(3, 40), 1)],
    [[real([])], (x) => run(x, 0)],
  ];
  if (!integers) return calls;
  return [
    ...calls,
    [[whole([4, 33])], (x) => run(x, 1)],
    [[whole([33, 2], 0, 9, 'uint8')], (x) => run(x, 0)],
    [[bits([3, 20])], (x) => run(x, 1)],
  ];
}

const orderRows: readonly Row[] = [
  row('sort', [
    ...alongEach((x, dim) => [...wgrad.sort(x, dim)]),
    ...alongEach((x, dim) => [...wgrad.sort(x, dim, true)]),
    [[real([0, 3])], (x) => [...wgrad.sort(x, 0)]],
    [[real([3, 0])], (x) => [...wgrad.sort(x, 0)]],
    [[whole([40], -2147483648, 2147483647)], (x) => [...wgrad.sort(x)]],
    [[real([40], -1e-38, 1e-38)], (x) => [...wgrad.sort(x)]],
  ]),
  row(
    'argsort',
    alongEach((x, dim) => wgrad.argsort(x, dim, { descending: true })),
  ),
  row('msort', [
    [[real([33, 3])], (x) => wgrad.msort(turned(mixed(x)))],
    [[whole([70])], (x) => wgrad.msort(x)],
  ]),
  row('topk', [
    ...[1, 2, 15, 16, 17, 33, 40].map((k): [Input[], Run] => [[real([3, 40])], (x) => [...wgrad.topk(mixed(x), k)]]),
    ...alongEach((x, dim) => [...wgrad.topk(x, 1, dim, false)]),
    [[real([70, 3])], (x) => [...wgrad.topk(mixed(x), 3, 0)]],
    [[real([3, 0])], (x) => [...wgrad.topk(x, 0)]],
    [[real([5])], (x) => [...wgrad.topk(x, 0)]],
  ]),
  row('kthvalue', [
    ...alongEach((x, dim) => [...wgrad.kthvalue(x, 1, dim, true)]),
    ...[1, 7, 16, 17, 65].map((k): [Input[], Run] => [[real([2, 65])], (x) => [...wgrad.kthvalue(mixed(x), k)]]),
  ]),
  row('median', [
    ...alongEach((x, dim) => [...wgrad.median(x, dim)], false),
    [[real([5, 7])], (x) => wgrad.median(x)],
    [[real([5, 8])], (x) => wgrad.median(mixed(x))],
    [[whole([4, 8])], (x) => [...wgrad.median(x, 1, true)]],
    [[whole([5, 3], 0, 9, 'uint8')], (x) => wgrad.median(x.t())],
  ]),
  row('nanmedian', [
    ...alongEach((x, dim) => [...wgrad.nanmedian(x, dim)], false),
    [[real([5, 8])], (x) => wgrad.nanmedian(mixed(x))],
  ]),
  row(
    'mode',
    alongEach((x, dim) => [...wgrad.mode(x, dim)]),
  ),
];

const quantiles = { quantile: wgrad.quantile, nanquantile: wgrad.nanquantile };

const quantileRows: readonly Row[] = Object.entries(quantiles).map(([name, quantile]) =>
  row(
    name,
    [
      ...(['linear', 'lower', 'higher', 'midpoint', 'nearest'] as const).map((interpolation): [Input[], Run] => [
        [real([3, 33]), real([4], 0, 1)],
        (x, q) => quantile(x, q, 1, { interpolation }),
      ]),
      [[real([33, 3])], (x) => quantile(where(x.gt(1.5), NaN, x), 0.4, 0, true)],
      [[real([65])], (x) => quantile(x, 0.99)],
    ],
    { relative: 1e-6, absolute: 1e-6 },
  ),
);

/** Inputs without ties, where there are gradients: as the numbers lie, and transposed. */
const smoothRows: readonly Row[] = (
  [
    ['sort', (x, dim) => wgrad.sort(x, dim, true).values],
    ['msort', (x) => wgrad.msort(x)],
    ['topk', (x, dim) => wgrad.topk(x, 2, dim).values],
    ['kthvalue', (x, dim) => wgrad.kthvalue(x, 2, dim, true).values],
    ['median', (x, dim) => wgrad.median(x, dim).values],
    ['median', (x) => wgrad.median(x)],
    ['nanmedian', (x, dim) => wgrad.nanmedian(x, dim).values],
    ['mode', (x, dim) => wgrad.mode(x, dim).values],
    ['cummax', (x, dim) => wgrad.cummax(x, dim).values],
    ['cummin', (x, dim) => wgrad.cummin(x, dim).values],
    ['logcumsumexp', (x, dim) => wgrad.logcumsumexp(x, dim)],
    ['quantile', (x, dim) => wgrad.quantile(x, 0.3, dim)],
    ['nanquantile', (x, dim) => wgrad.nanquantile(x, 0.3, dim)],
    ['renorm', (x, dim) => wgrad.renorm(x, 3, dim, 1.5)],
    ['cov', (x) => wgrad.cov(x)],
    ['corrcoef', (x) => wgrad.corrcoef(x)],
  ] as [string, (x: Tensor, dim: number) => Tensor][]
).map(([name, run]) =>
  row(
    name,
    [
      [[real([3, 5])], (x) => run(x, 1)],
      [[real([3, 5])], (x) => run(x.t(), 0)],
      [[real([17, 65])], (x) => run(x, 0)],
    ],
    { gradient: 'all', relative: 1e-5, absolute: 2e-6 },
  ),
);

const scanRows: readonly Row[] = [
  row(
    'cummax',
    alongEach((x, dim) => [...wgrad.cummax(x, dim)]),
  ),
  row(
    'cummin',
    alongEach((x, dim) => [...wgrad.cummin(x, dim)]),
  ),
  row(
    'logcumsumexp',
    [
      ...alongEach((x, dim) => wgrad.logcumsumexp(x, dim), false),
      [[real([5000], -80, 80)], (x) => wgrad.logcumsumexp(x, 0)],
      [[real([0, 3])], (x) => wgrad.logcumsumexp(x, 0)],
    ],
    { relative: 1e-6, absolute: 1e-6 },
  ),
];

const searchRows: readonly Row[] = [
  row(
    'searchsorted',
    [false, true].flatMap((right): [Input[], Run][] => [
      [[real([33]), real([3, 5])], (x, y) => wgrad.searchsorted(wgrad.msort(mixed(x)), mixed(y), { right })],
      [[real([3, 17]), real([3, 5])], (x, y) => wgrad.searchsorted(wgrad.sort(mixed(x)).values, mixed(y), { right })],
      [[real([17, 3]), real([5, 3])], (x, y) => wgrad.searchsorted(wgrad.msort(x).t(), y.t(), { right })],
      [[whole([40]), whole([9, 2])], (x, y) => wgrad.searchsorted(wgrad.msort(x), y.t(), { right })],
      [[whole([40]), real([9], -6, 6)], (x, y) => wgrad.searchsorted(wgrad.msort(x), y, { right })],
      [[real([3, 0]), real([3, 2])], (x, y) => wgrad.searchsorted(x, y, { right })],
    ]),
  ),
  row('bucketize', [
    [[real([257]), real([9])], (x, y) => wgrad.bucketize(mixed(x), wgrad.msort(y))],
    [[real([5, 3]), real([9])], (x, y) => wgrad.bucketize(x.t(), wgrad.msort(y), { right: true })],
  ]),
  row('isin', [
    [[whole([65]), whole([3, 3])], (x, y) => wgrad.isin(x, y)],
    [[real([5, 13]), real([33])], (x, y) => wgrad.isin(mixed(x).t(), mixed(y), { invert: true })],
    [[whole([9]), whole([0])], (x, y) => wgrad.isin(x, y)],
  ]),
  row('histc', [
    [[real([257])], (x) => wgrad.histc(x.mul(8).round(), 10, -16, 16)],
    [[real([5, 13])], (x) => wgrad.histc(mixed(x).t(), 8, -2, 2)],
    [[real([33])], (x) => wgrad.histc(x, { bins: 7 })],
  ]),
  row(
    'histogram',
    [
      [[real([257])], (x) => [...wgrad.histogram(x, 9)]],
      [[real([33]), real([33])], (x, y) => [...wgrad.histogram(x, 5, [-1, 1.5], y)]],
      [[real([33, 3]), real([6])], (x, y) => [...wgrad.histogram(mixed(x), wgrad.msort(y))]],
    ],
    { relative: 1e-6, absolute: 1e-6 },
  ),
];

export const sortingRows: readonly Row[] = [...orderRows, ...quantileRows, ...smoothRows, ...scanRows, ...searchRows];
