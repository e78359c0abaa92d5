// Rows of convolutions and pools: strides, dilations, groups, uneven paddings, odd and empty sizes, long sums.
import { nn, type Tensor } from '../../src/index.ts';
import { type Input, real, type Row, whole } from './table.ts';

const { functional } = nn;
type Call = readonly [inputs: Input[], run: (...inputs: Tensor[]) => Tensor | readonly Tensor[]];

function row(name: string, calls: readonly Call[], options: Partial<Row> = {}): Row {
  return {
    name: `nn.functional.${name}`,
    gradient: 'all',
    calls: calls.map(([inputs, run]) => ({ inputs, run })),
    ...options,
  };
}

/** Sums of many products: the bounds are of their size, not of the result's. */
const long = { absolute: 2e-5, relative: 2e-5 };

export const convolutionRows: readonly Row[] = [
  row(
    'conv1d',
    [
      [[real([1, 1, 4]), real([2, 1, 2]), real([2])], (x, w, b) => functional.conv1d(x, w, b)],
      [[real([2, 3]), real([2, 1, 2])], (x, w) => functional.conv1d(x, w, { groups: 2, padding: 1, stride: 2 })],
      [[real([2, 3, 65]), real([5, 3, 4]), real([5])], (x, w, b) => functional.conv1d(x, w, b, { padding: 'same' })],
      [[real([65, 2, 3]), real([33, 3, 1])], (x, w) => functional.conv1d(x.permute(1, 2, 0), w, { dilation: 3 })],
    ],
    long,
  ),
  row(
    'conv2d',
    [
      [[real([1, 1, 3, 3]), real([1, 1, 2, 2]), real([1])], (x, w, b) => functional.conv2d(x, w, b)],
      [[real([1, 3, 2]), real([2, 1, 2, 2])], (x, w) => functional.conv2d(x, w, { stride: 2, padding: 1 })],
      [
        [real([1, 2, 2, 3]), real([2, 1, 2, 1]), real([2])],
        (x, w, b) => functional.conv2d(x, w, b, { groups: 2, padding: [1, 0], dilation: [2, 1] }),
      ],
      [[real([2, 3, 9, 7]), real([5, 3, 3, 2]), real([5])], (x, w, b) => functional.conv2d(x, w, b, 1, 'same')],
      [
        [real([3, 4, 11, 13]), real([6, 2, 3, 3]), real([6])],
        (x, w, b) => functional.conv2d(x, w, b, { stride: [2, 3], padding: [2, 1], dilation: [1, 2], groups: 2 }),
      ],
      [[real([1, 33, 5, 5]), real([65, 33, 1, 1])], (x, w) => functional.conv2d(x, w)],
      [[real([9, 8, 2, 5]), real([40, 2, 3, 3])], (x, w) => functional.conv2d(x.permute(2, 3, 0, 1).index(':, :2'), w)],
      [[real([2, 8, 17, 17]), real([32, 8, 5, 5])], (x, w) => functional.conv2d(x, w.mT, { stride: 3, padding: 4 })],
      [[real([2, 6, 6, 6]), real([6, 1, 3, 3])], (x, w) => functional.conv2d(x, w, { groups: 6, padding: 1 })],
      [[real([1, 300, 2, 3]), real([3, 300, 2, 3]), real([3])], (x, w, b) => functional.conv2d(x, w, b)],
      [[real([4, 1, 36, 36]), real([2, 1, 3, 3])], (x, w) => functional.conv2d(x, w)],
      [[whole([2, 2, 5, 6]), whole([3, 2, 3, 3]), whole([3])], (x, w, b) => functional.conv2d(x, w, b, { padding: 1 })],
      [[real([0, 2, 5, 5]), real([3, 2, 3, 3]), real([3])], (x, w, b) => functional.conv2d(x, w, b)],
    ],
    long,
  ),
  row(
    'conv3d',
    [
      [[real([1, 1, 2, 2, 3]), real([1, 1, 2, 1, 2]), real([1])], (x, w, b) => functional.conv3d(x, w, b)],
      [
        [real([2, 2, 5, 4, 7]), real([3, 2, 3, 2, 3]), real([3])],
        (x, w, b) => functional.conv3d(x, w, b, { stride: [2, 1, 2], padding: [1, 0, 2], dilation: [1, 2, 1] }),
      ],
    ],
    long,
  ),
  row(
    'convTranspose1d',
    [
      [[real([1, 2, 3]), real([2, 1, 2]), real([1])], (x, w, b) => functional.convTranspose1d(x, w, b)],
      [
        [real([2, 4, 33]), real([4, 3, 5]), real([6])],
        (x, w, b) => functional.convTranspose1d(x, w, b, { stride: 3, padding: 2, outputPadding: 2, groups: 2 }),
      ],
    ],
    long,
  ),
  row(
    'convTranspose2d',
    [
      [
        [real([1, 1, 2, 2]), real([1, 1, 2, 2]), real([1])],
        (x, w, b) => functional.convTranspose2d(x, w, b, { stride: 2, outputPadding: 1, padding: 1 }),
      ],
      [[real([2, 3, 5, 4]), real([3, 2, 3, 2])], (x, w) => functional.convTranspose2d(x, w, { dilation: [1, 3] })],
      [[real([1, 2, 6, 6]), real([2, 3, 2, 2])], (x, w) => functional.convTranspose2d(x, w, { padding: 2 })],
    ],
    long,
  ),
  row(
    'convTranspose3d',
    [
      [[real([1, 1, 1, 2, 2]), real([1, 1, 2, 1, 2])], (x, w) => functional.convTranspose3d(x, w, { stride: 2 })],
      [[real([1, 2, 2, 3, 2]), real([2, 3, 2, 2, 3]), real([3])], (x, w, b) => functional.convTranspose3d(x, w, b)],
    ],
    long,
  ),
  row('avgPool1d', [
    [[real([1, 7])], (x) => functional.avgPool1d(x, 3, 2)],
    [[real([2, 3, 65])], (x) => functional.avgPool1d(x, 4, 3, 2, { ceilMode: true })],
  ]),
  row('avgPool2d', [
    [[real([1, 4, 4])], (x) => functional.avgPool2d(x, 2)],
    [[real([1, 3, 5])], (x) => functional.avgPool2d(x, 2, { stride: 1 })],
    [[real([1, 4, 4])], (x) => functional.avgPool2d(x, 3, 2, 1, { countIncludePad: false })],
    [[real([2, 3, 9, 14])], (x) => functional.avgPool2d(x, [4, 3], [2, 3], [1, 1], true)],
    [[real([3, 7, 28, 28])], (x) => functional.avgPool2d(x, 2)],
    [[real([5, 6, 3, 2])], (x) => functional.avgPool2d(x.permute(3, 2, 1, 0), 2)],
    [[real([0, 3, 4, 4])], (x) => functional.avgPool2d(x, 2)],
  ]),
  row('avgPool3d', [
    [[real([1, 2, 3, 2])], (x) => functional.avgPool3d(x, 2, 1)],
    [[real([2, 3, 5, 4, 6])], (x) => functional.avgPool3d(x, [3, 2, 2], 2, 1)],
  ]),
  row('maxPool1d', [
    [[real([1, 7])], (x) => functional.maxPool1d(x, 3, 2)],
    [[real([2, 3, 65])], (x) => functional.maxPool1d(x, 4, 3, 2, 1, true)],
  ]),
  row('maxPool2d', [
    [[real([1, 4, 4])], (x) => functional.maxPool2d(x, 2)],
    [[real([1, 3, 5])], (x) => functional.maxPool2d(x, 2, { stride: 1 })],
    [[real([1, 4, 4])], (x) => functional.maxPool2d(x, 3, 2, 1)],
    [
      [real([2, 3, 9, 14])],
      (x) =>
        functional.maxPool2d(x, [4, 3], { stride: [2, 3], padding: [1, 1], dilation: [1, 2], returnIndices: true }),
    ],
    [[real([3, 7, 28, 28])], (x) => functional.maxPool2d(x.relu(), 2)],
    [[real([5, 6, 3, 2])], (x) => functional.maxPool2d(x.permute(3, 2, 1, 0), 3, 2, { ceilMode: true })],
    [[real([0, 3, 4, 4])], (x) => functional.maxPool2d(x, 2)],
  ]),
  row('maxPool3d', [
    [[real([1, 2, 3, 2])], (x) => functional.maxPool3d(x, 2, 1)],
    [[real([2, 3, 5, 4, 6])], (x) => functional.maxPool3d(x, [3, 2, 2], 2, 1)],
  ]),
];
