// Rows of what has names beside others: nextafter, positions of pools, histograms of points, sequences, scatter with `reduce`.
import * as wgrad from '../../src/index.ts';
import { binary } from './pointwise.ts';
import { real, type Row, whole } from './table.ts';

const { functional } = wgrad.nn;

/** Positions are compared exactly, so the values of a window must be far apart on every device: they are the same bits. */
const poolRows: readonly Row[] = [
  {
    name: 'nn.functional.maxPool1dWithIndices',
    gradient: 'none',
    calls: [{ inputs: [real([2, 3, 11])], run: (x) => functional.maxPool1dWithIndices(x, 3, 2, 1) }],
  },
  {
    name: 'nn.functional.maxPool2dWithIndices',
    gradient: 'none',
    calls: [{ inputs: [real([1, 2, 7, 5])], run: (x) => functional.maxPool2dWithIndices(x, [3, 2]) }],
  },
  {
    name: 'nn.functional.maxPool3dWithIndices',
    gradient: 'none',
    calls: [{ inputs: [real([1, 2, 4, 5, 3])], run: (x) => functional.maxPool3dWithIndices(x, 2) }],
  },
  {
    name: 'nn.functional.adaptiveMaxPool1dWithIndices',
    gradient: 'none',
    calls: [{ inputs: [real([2, 3, 11])], run: (x) => functional.adaptiveMaxPool1dWithIndices(x, 4) }],
  },
  {
    name: 'nn.functional.adaptiveMaxPool2dWithIndices',
    gradient: 'none',
    calls: [{ inputs: [real([1, 2, 6, 4])], run: (x) => functional.adaptiveMaxPool2dWithIndices(x, [3, 2]) }],
  },
  {
    name: 'nn.functional.adaptiveMaxPool3dWithIndices',
    gradient: 'none',
    calls: [{ inputs: [real([1, 2, 4, 4, 3])], run: (x) => functional.adaptiveMaxPool3dWithIndices(x, [2, 2, 1]) }],
  },
];

export const nameRows: readonly Row[] = [
  binary('nextafter', wgrad.nextafter, [-3, 3], [-3, 3], { gradient: 'none' }),
  ...poolRows,
  {
    name: 'histogramdd',
    gradient: 'none',
    calls: [
      {
        inputs: [real([65, 2])],
        run: (x) =>
          [wgrad.histogramdd(x, [3, 5], { range: [-1, 1, -2, 2] })].flatMap(({ hist, binEdges }) => [
            hist,
            ...binEdges,
          ]),
      },
      {
        inputs: [real([2, 33]), real([33], 0, 1)],
        run: (x, w) => wgrad.histogramdd(x.t(), 4, { range: [-2, 2, -2, 2], weight: w, density: true }).hist,
      },
    ],
  },
  {
    name: 'nn.functional.convTbc',
    gradient: 'all',
    absolute: 1e-5,
    calls: [
      { inputs: [real([7, 2, 3]), real([3, 3, 5]), real([5])], run: (x, w, b) => functional.convTbc(x, w, b, 1) },
      {
        inputs: [real([3, 2, 7]), real([2, 3, 2]), real([2])],
        run: (x, w, b) => functional.convTbc(x.transpose(0, 2), w, b),
      },
    ],
  },
  {
    name: 'scatter',
    gradient: 'all',
    calls: [
      { inputs: [real([3, 5]), whole([2, 5], 0, 2), real([2, 5])], run: (x, i, y) => wgrad.scatter(x, 0, i, y, 'add') },
      {
        inputs: [real([3, 5]), whole([2, 5], 0, 2)],
        run: (x, i) => wgrad.scatter(x, 0, i, 1.5, { reduce: 'multiply' }),
      },
    ],
  },
];
