// Rows of views by strides, joins, splits, paddings, patches, writing at positions, differences: odd sizes, layouts, dtypes.
import * as wgrad from '../../src/index.ts';
import type { Tensor } from '../../src/index.ts';
import { bits, type Call, type Input, real, type Row, whole } from './table.ts';

const { functional } = wgrad.nn;
type Run = Call['run'];

/** A row of calls `[inputs, run]`. */
function row(name: string, calls: readonly (readonly [Input[], Run])[], options: Partial<Row> = {}): Row {
  return { name, gradient: 'all', calls: calls.map(([inputs, run]) => ({ inputs, run })), ...options };
}

/** An index on the device of a tensor. */
const at = (x: Tensor, ...places: number[]): Tensor => wgrad.tensor(places, { dtype: 'int32', device: x.device });

const strideRows: readonly Row[] = [
  row('asStrided', [
    [[real([3, 4])], (x) => wgrad.asStrided(x, [2, 3], [4, 1], 1)],
    [[real([2, 3])], (x) => wgrad.asStrided(x.t(), [2, 2], [3, 1])],
    [[real([7])], (x) => wgrad.asStrided(x, [3, 3], [2, 1])],
    [[real([5])], (x) => wgrad.asStrided(x.index('1:4'), [2], [1], 2)],
    [[real([3])], (x) => wgrad.asStrided(x.expand(2, 3), [4], [0], 1)],
    [[whole([65])], (x) => wgrad.asStrided(x, [33], [2])],
  ]),
  row('unfold', [
    [[real([7])], (x) => wgrad.unfold(x, 0, 3, 2)],
    [[real([2, 5, 2])], (x) => wgrad.unfold(x, 1, 2, 1)],
    [[real([5, 2])], (x) => wgrad.unfold(x.t(), 1, 2, 2)],
    [[real([3, 65])], (x) => wgrad.unfold(x, -1, 33, 7)],
    [[real([])], (x) => wgrad.unfold(x, 0, 1, 1)],
  ]),
  row('asStridedScatter', [
    [[real([3, 3]), real([2, 2])], (x, y) => wgrad.asStridedScatter(x, y, [2, 2], [1, 2], 1)],
    [[real([65]), real([33])], (x, y) => wgrad.asStridedScatter(x, y, [33], [2])],
  ]),
  row('sliceScatter', [
    [[real([4, 3]), real([2, 3])], (x, y) => wgrad.sliceScatter(x, y, 0, 1, 3)],
    [[real([3, 4]), real([2, 3])], (x, y) => wgrad.sliceScatter(x.t(), y, { start: 1, step: 2 })],
    [[real([33, 65]), real([33, 22])], (x, y) => wgrad.sliceScatter(x, y, 1, 0, null, 3)],
  ]),
  row('selectScatter', [[[real([5, 33]), real([5])], (x, y) => wgrad.selectScatter(x, y, 1, -2)]]),
  row('diagonalScatter', [[[real([3, 65]), real([3])], (x, y) => wgrad.diagonalScatter(x, y, 5)]]),
  row('diagEmbed', [[[real([2, 33])], (x) => wgrad.diagEmbed(x, -1, 0, 2)]]),
  row('adjoint', [[[real([2, 3, 4])], (x) => wgrad.adjoint(x)]]),
  row('rot90', [[[real([33, 5])], (x) => [1, 2, 3].map((k) => wgrad.rot90(x, k))]]),
];

const how = ['sum', 'prod', 'mean', 'amax', 'amin'] as const;

const positionRows: readonly Row[] = [
  row(
    'scatterReduce',
    how.flatMap((reduce): (readonly [Input[], Run])[] => [
      ...[true, false].map((includeSelf): readonly [Input[], Run] => [
        [real([3, 2]), real([4, 2], 0.5)],
        (x, y) => wgrad.scatterReduce(x, 0, at(x, 0, 2, 0, 0).unsqueeze(1).expand(4, 2), y, reduce, { includeSelf }),
      ]),
      [
        [real([5, 33]), whole([1, 33], 0, 4), real([1, 33])],
        (x, index, y) => wgrad.scatterReduce(x, 0, index, y, reduce),
      ],
      [
        [real([9, 3]), whole([3, 65], 0, 8), real([3, 65], 0.8, 1.2)],
        (x, index, y) => wgrad.scatterReduce(x.t(), 1, index, y, reduce, false),
      ],
      [
        [whole([5]), whole([33], 0, 4), whole([33], -3, 3)],
        (x, index, y) => wgrad.scatterReduce(x, 0, index, y, reduce),
      ],
      [
        [whole([5], 0, 255, 'uint8'), whole([9], 0, 4), whole([9], 0, 255, 'uint8')],
        (x, index, y) => wgrad.scatterReduce(x, 0, index, y, reduce, false),
      ],
    ]),
    { relative: 2e-5 },
  ),
  row('indexReduce', [
    [[real([3, 2]), real([3, 2])], (x, y) => wgrad.indexReduce(x, 0, at(x, 0, 2, 0), y, 'mean')],
    [[real([2, 3]), real([2, 2])], (x, y) => wgrad.indexReduce(x, 1, at(x, 1, 1), y, 'prod', false)],
  ]),
  row('indexFill', [
    [[real([3, 4]), real([])], (x, y) => wgrad.indexFill(x, 1, at(x, 3, 0, -1), y)],
    [[whole([33])], (x) => wgrad.indexFill(x, 0, at(x, 3, 0), 7)],
    [[bits([5])], (x) => wgrad.indexFill(x, 0, at(x, 1), 1)],
  ]),
  row('put', [
    [[real([2, 3]), real([2, 2])], (x, y) => wgrad.put(x, at(x, 5, 0, -2, 1).reshape(2, 2), y)],
    [[real([3, 2]), real([3])], (x, y) => wgrad.put(x.t(), at(x, 5, 0, 5), y, true)],
  ]),
  row('maskedScatter', [
    [[real([2, 3]), bits([2, 3]), real([6])], (x, mask, y) => wgrad.maskedScatter(x, mask, y)],
    [[real([65, 3]), bits([3]), real([200])], (x, mask, y) => wgrad.maskedScatter(x, mask, y)],
    [[whole([33]), bits([33]), whole([33])], (x, mask, y) => wgrad.maskedScatter(x, mask, y)],
  ]),
];

const imageRows: readonly Row[] = [
  row('nn.functional.unfold', [
    [[real([1, 1, 3, 4])], (x) => functional.unfold(x, [2, 3], 1, [1, 0], [2, 1])],
    [[real([2, 3, 9, 7])], (x) => functional.unfold(x, 3, 2, 1)],
    [[real([2, 4, 4])], (x) => functional.unfold(x.mT, 2, { stride: 2 })],
  ]),
  row('nn.functional.fold', [
    [[real([1, 4, 4])], (x) => functional.fold(x, 3, 2)],
    [[real([2, 18, 63])], (x) => functional.fold(x, [9, 7], 3, { padding: 1 })],
    [[real([8, 4])], (x) => functional.fold(x, [4, 4], 2, { stride: 2 })],
  ]),
  row('nn.functional.pad', [
    [[real([2, 3])], (x) => functional.pad(x, [1, -1, 2, 0], { value: 0.5 })],
    [[real([3, 33])], (x) => functional.pad(x.t(), [1, 2], 'reflect')],
    [[real([1, 2, 3])], (x) => functional.pad(x, [2, 1], 'reflect')],
    [[real([1, 2, 3])], (x) => functional.pad(x, [4, 1, 0, 2], 'replicate')],
    [[real([1, 3, 2])], (x) => functional.pad(x, [2, 1], 'circular')],
    [[real([1, 2, 3, 3])], (x) => functional.pad(x, [1, 0, 2, 1], 'circular')],
    [[whole([2, 5])], (x) => functional.pad(x, [1, 1], 'reflect')],
    [[bits([5])], (x) => functional.pad(x, [1, 2])],
  ]),
  row('nn.functional.pixelShuffle', [
    [[real([4, 1, 3])], (x) => functional.pixelShuffle(x, 2)],
    [[real([2, 18, 3, 2])], (x) => functional.pixelShuffle(x, 3)],
  ]),
  row('channelShuffle', [[[real([2, 6, 3])], (x) => functional.channelShuffle(x, 3)]]),
  row('nn.functional.pixelUnshuffle', [
    [[real([1, 2, 6])], (x) => functional.pixelUnshuffle(x, 2)],
    [[real([2, 2, 6, 9])], (x) => functional.pixelUnshuffle(x, 3)],
  ]),
];

const joinRows: readonly Row[] = [
  row('blockDiag', [[[real([2, 3]), real([33]), real([])], (x, y, z) => wgrad.blockDiag(x, y, z)]]),
  row('kron', [[[real([2, 3]), real([5])], (x, y) => wgrad.kron(x.t(), y)]]),
  row('vander', [[[real([3])], (x) => wgrad.vander(x, 4)]]),
  row('cartesianProd', [[[real([3]), real([2])], (x, y) => wgrad.cartesianProd(x, y)]]),
  row('combinations', [
    [[real([4])], (x) => wgrad.combinations(x, 3, true)],
    [[whole([5])], (x) => wgrad.combinations(x)],
  ]),
  row('columnStack', [[[real([3]), real([2, 3])], (x, y) => wgrad.columnStack([x, y.t()])]]),
  row('dstack', [[[real([3]), real([1, 3])], (x, y) => wgrad.dstack([x, y])]]),
  row('tensorSplit', [[[real([7, 2])], (x) => wgrad.tensorSplit(x, 3)]]),
  row('repeatInterleave', [
    [[real([2, 3])], (x) => wgrad.repeatInterleave(x.t(), 2, 1)],
    [[real([3, 2])], (x) => wgrad.repeatInterleave(x, [2, 0, 1], 0)],
    [[whole([33])], (x) => wgrad.repeatInterleave(x, 3)],
  ]),
];

const differenceRows: readonly Row[] = [
  row('diff', [
    [[real([2, 5])], (x) => wgrad.diff(x, 2)],
    [[real([3, 65])], (x) => wgrad.diff(x.t(), 1, 0)],
    [[bits([33])], (x) => wgrad.diff(x)],
    [[whole([33])], (x) => wgrad.diff(x, 3)],
  ]),
  row('gradient', [
    [[real([4, 3])], (x) => wgrad.gradient(x, { spacing: 0.5, edgeOrder: 2 })],
    [[real([5]), real([5])], (x, y) => wgrad.gradient(x, { spacing: [wgrad.cumsum(wgrad.exp(y), 0)], edgeOrder: 2 })],
    [[real([5]), real([5])], (x, y) => wgrad.gradient(x, { spacing: [wgrad.cumsum(wgrad.exp(y), 0)] })],
    [[real([33, 5])], (x) => wgrad.gradient(x.t(), { dim: 1 })],
  ]),
  row('trapezoid', [[[real([2, 4]), real([4])], (x, y) => wgrad.trapezoid(x, y)]]),
  row('cumulativeTrapezoid', [[[real([2, 65])], (x) => wgrad.cumulativeTrapezoid(x.t(), { dx: 0.5, dim: 0 })]], {
    absolute: 1e-5,
  }),
  row('linalg.vander', [[[real([2, 3])], (x) => wgrad.linalg.vander(x, 4)]]),
];

export const shapeRows: readonly Row[] = [...strideRows, ...positionRows, ...imageRows, ...joinRows, ...differenceRows];
