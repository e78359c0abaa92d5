// Rows of what OpInfo has no samples of: the loss of label sequences, pools at random places, products of reflections, LDL^T.
import { eye, linalg, nn, tensor } from '../../src/index.ts';
import { real, type Row, whole } from './table.ts';

const { functional } = nn;

export const rareRows: readonly Row[] = [
  {
    name: 'nn.functional.ctcLoss',
    gradient: 'all',
    // The scores are those of a softmax, as PyTorch's gradient takes for granted.
    calls: [
      {
        inputs: [real([3, 2, 3]), whole([2, 2], 1, 2)],
        run: (x, y) => functional.ctcLoss(functional.logSoftmax(x, 2), y, [3, 3], [1, 2], { reduction: 'none' }),
      },
      {
        inputs: [real([4, 4]), whole([2], 0, 2)],
        run: (x, y) => functional.ctcLoss(functional.logSoftmax(x, 1), y, 4, tensor([2], { dtype: 'int32' }), 3),
      },
      {
        inputs: [real([19, 3, 5], -3, 3), whole([7], 1, 4)],
        run: (x, y) => functional.ctcLoss(functional.logSoftmax(x, 2), y, [19, 11, 5], [4, 0, 3]),
      },
    ],
    relative: 1e-4,
    absolute: 1e-5,
  },
  {
    name: 'nn.functional.fractionalMaxPool2d',
    gradient: 'all',
    calls: [
      {
        inputs: [real([1, 1, 4, 5]), real([1, 1, 2], 0, 1)],
        run: (x, u) => functional.fractionalMaxPool2d(x, 2, { outputSize: [2, 3], _randomSamples: u.detach() }),
      },
      {
        inputs: [real([9, 3, 11, 2]), real([2, 3, 2], 0, 1)],
        run: (x, u) =>
          functional.fractionalMaxPool2dWithIndices(x.permute(3, 1, 0, 2), [2, 3], {
            outputRatio: 0.5,
            _randomSamples: u.detach(),
          }),
      },
    ],
  },
  {
    name: 'nn.functional.fractionalMaxPool3d',
    gradient: 'all',
    calls: [
      {
        inputs: [real([2, 1, 5, 4, 6]), real([2, 1, 3], 0, 1)],
        run: (x, u) =>
          functional.fractionalMaxPool3dWithIndices(x, 2, { outputSize: [3, 1, 2], _randomSamples: u.detach() }),
      },
      {
        inputs: [real([2, 5, 3, 7]), real([1, 2, 3], 0, 1)],
        run: (x, u) => functional.fractionalMaxPool3d(x, [2, 1, 3], [2, 2, 3], { _randomSamples: u.detach() }),
      },
    ],
  },
  {
    name: 'linalg.householderProduct',
    gradient: 'all',
    calls: [{ inputs: [real([3, 2]), real([2])], run: (a, tau) => linalg.householderProduct(a, tau) }],
    relative: 1e-4,
    absolute: 1e-4,
  },
  {
    name: 'linalg.ldlFactor',
    gradient: 'none',
    calls: [{ inputs: [real([2, 19, 19])], run: (a) => [...linalg.ldlFactor(a.mT)] }],
    relative: 1e-3,
    absolute: 1e-3,
  },
  {
    name: 'linalg.ldlFactorEx',
    gradient: 'none',
    calls: [{ inputs: [real([1, 1])], run: (a) => [...linalg.ldlFactorEx(a)] }],
  },
  {
    name: 'linalg.ldlSolve',
    gradient: 'none',
    calls: [
      {
        inputs: [real([2, 9, 9]), real([9, 3])],
        // Far from singular: what is solved is then known well.
        run: (a, b) => {
          const { LD, pivots } = linalg.ldlFactor(a.add(eye(9).to(a.device).to(a.dtype).mul(30)));
          return linalg.ldlSolve(LD, pivots, b);
        },
      },
    ],
    relative: 1e-3,
    absolute: 1e-4,
  },
];
