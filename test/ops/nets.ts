// Rows of nn.functional beyond test/ops/networks.ts: activations with corners, margins, distances, tables, attention.
import { nn, type Tensor } from '../../src/index.ts';
import { activation, loss, row } from './networks.ts';
import { real, type Row, whole } from './table.ts';

const { functional } = nn;
const labels = whole([4], 0, 2);

export const netRows: readonly Row[] = [
  activation('celu', (x) => functional.celu(x, 1.5)),
  activation('selu', (x) => functional.selu(x)),
  activation('mish', (x) => functional.mish(x), -25, 25),
  activation('softsign', (x) => functional.softsign(x)),
  activation('tanhshrink', (x) => functional.tanhshrink(x)),
  activation('hardtanh', (x) => functional.hardtanh(x, -0.7, 1.2)),
  activation('relu6', (x) => functional.relu6(x), -2, 9),
  activation('hardsigmoid', (x) => functional.hardsigmoid(x), -5, 5),
  activation('hardswish', (x) => functional.hardswish(x), -5, 5),
  activation('hardshrink', (x) => functional.hardshrink(x, 0.8)),
  activation('softshrink', (x) => functional.softshrink(x, 0.8)),
  activation('threshold', (x) => functional.threshold(x, 0.4, 7)),
  activation('rrelu', (x) => functional.rrelu(x)),
  row('prelu', [
    [[real([65]), real([1], 0, 1)], (x, w) => functional.prelu(x, w)],
    [[real([2, 3, 5]), real([3], 0, 1)], (x, w) => functional.prelu(x, w)],
    [[real([3, 2]), real([3], 0, 1)], (x, w) => functional.prelu(x.t(), w)],
  ]),
  row('glu', [
    [[real([6])], (x) => functional.glu(x)],
    [[real([4, 3])], (x) => functional.glu(x.t(), 1)],
    [[real([2, 6, 5])], (x) => functional.glu(x, 1)],
  ]),
  row('softmin', [[[real([5, 3])], (x) => functional.softmin(x, 0)]]),
  loss('klDiv', (x, y, reduction) => functional.klDiv(x, y, { reduction }), real([2, 3]), real([2, 3], 0.1, 1)),
  loss(
    'poissonNllLoss',
    (x, y, reduction) => functional.poissonNllLoss(x, y, { full: true, reduction }),
    real([2, 3]),
    real([2, 3], 0, 4),
  ),
  loss('softMarginLoss', (x, y, reduction) => functional.softMarginLoss(x, y, reduction), real([2, 3]), real([2, 3])),
  loss(
    'multilabelSoftMarginLoss',
    (x, y, reduction) => functional.multilabelSoftMarginLoss(x, y, { reduction }),
    real([2, 3]),
    real([2, 3], 0, 1),
  ),
  row('multiMarginLoss', [
    [[real([4, 3]), labels], (x, y) => functional.multiMarginLoss(x, y)],
    [[real([4, 3]), labels, real([3], 0.1, 1)], (x, y, w) => functional.multiMarginLoss(x, y, 2, 0.7, w, 'none')],
  ]),
  row('multilabelMarginLoss', [
    [[real([5, 3]), whole([5, 3], -1, 2)], (x, y) => functional.multilabelMarginLoss(x, y)],
  ]),
  row('gaussianNllLoss', [
    [
      [real([3, 5]), real([3, 5]), real([3, 1], 0.1, 2)],
      (x, y, v) => functional.gaussianNllLoss(x, y, v, true, 1e-6, 'none'),
    ],
  ]),
  row('cosineSimilarity', [
    [[real([3, 65]), real([3, 65])], (x, y) => functional.cosineSimilarity(x, y)],
    [[real([4, 3]), real([3, 4])], (x, y) => functional.cosineSimilarity(x.t(), y, 0)],
  ]),
  row('pairwiseDistance', [
    [[real([3, 65]), real([3, 65])], (x, y) => functional.pairwiseDistance(x, y)],
    [[real([3, 5]), real([5])], (x, y) => functional.pairwiseDistance(x, y, 1, 0.1, true)],
  ]),
  row('normalize', [
    [[real([3, 65])], (x) => functional.normalize(x)],
    [[real([4, 3])], (x) => functional.normalize(x.t(), 1, 0)],
  ]),
  row('bilinear', [
    [[real([5, 3]), real([5, 4]), real([2, 3, 4]), real([2])], (a, b, w, c) => functional.bilinear(a, b, w, c)],
    [[real([2, 3, 3]), real([2, 3, 4]), real([65, 3, 4])], (a, b, w) => functional.bilinear(a, b, w)],
  ]),
  row('embedding', [[[whole([3, 5], 0, 6), real([7, 65])], (x, w) => functional.embedding(x, w)]]),
  row('embeddingBag', [
    [[whole([3, 5], 0, 6), real([7, 65])], (x, w) => functional.embeddingBag(x, w)],
    [[whole([4, 3], 0, 2), real([3, 4])], (x, w) => functional.embeddingBag(x, w, { mode: 'max', paddingIdx: 1 })],
  ]),
  row('tripletMarginLoss', [
    [
      [real([3, 5]), real([3, 5]), real([3, 5])],
      (a, b, c) => functional.tripletMarginLoss(a, b, c, { swap: true, reduction: 'none' }),
    ],
  ]),
  row('tripletMarginWithDistanceLoss', [
    [
      [real([3, 5]), real([3, 5]), real([3, 5])],
      (a, b, c) => functional.tripletMarginWithDistanceLoss(a, b, c, { margin: 0.5 }),
    ],
  ]),
  row('scaledDotProductAttention', [
    [[real([2, 3, 5, 4]), real([2, 3, 7, 4]), real([2, 3, 7, 3])], (q, k, v) => attended(q, k, v)],
    [[real([65, 8]), real([65, 8]), real([65, 8])], (q, k, v) => attended(q, k, v, true)],
  ]),
];

function attended(q: Tensor, k: Tensor, v: Tensor, isCausal = false): Tensor {
  return functional.scaledDotProductAttention(q, k, v, { isCausal });
}
