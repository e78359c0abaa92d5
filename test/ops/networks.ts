// Rows of nn.functional: activations, softmax, the linear map, losses.
import { nn, type Tensor } from '../../src/index.ts';
import { type Input, real, type Row, whole } from './table.ts';

const { functional } = nn;
export type Call = readonly [inputs: Input[], run: (...inputs: Tensor[]) => Tensor];

export function row(name: string, calls: readonly Call[], options: Partial<Row> = {}): Row {
  return {
    name: `nn.functional.${name}`,
    gradient: 'all',
    calls: calls.map(([inputs, run]) => ({ inputs, run })),
    ...options,
  };
}

/** An activation on an odd size, transposed, strided and empty. */
export function activation(name: string, run: (x: Tensor) => Tensor, low = -3, high = 3): Row {
  return row(name, [
    [[real([65], low, high)], run],
    [[real([2, 3], low, high)], (x) => run(x.t())],
    [[real([4, 9], low, high)], (x) => run(x.index('::2, 1::3'))],
    [[real([0, 3])], run],
  ]);
}

type Reduction = 'mean' | 'sum' | 'none';
const reductions: readonly Reduction[] = ['mean', 'sum', 'none'];

/** A loss of two tensors of one shape, by each of its reductions. */
export function loss(
  name: string,
  run: (x: Tensor, y: Tensor, reduction: Reduction) => Tensor,
  x: Input,
  y: Input,
): Row {
  return row(name, [
    ...reductions.map((reduction): Call => [[x, y], (a, b) => run(a, b, reduction)]),
    [
      [
        { ...x, shape: [257] },
        { ...y, shape: [257] },
      ],
      (a, b) => run(a, b, 'mean'),
    ],
  ]);
}

const share = real([2, 3], 0.1, 0.9);
const labels = whole([4], 0, 2);

export const networkRows: readonly Row[] = [
  activation('relu', (x) => functional.relu(x)),
  activation('leakyRelu', (x) => functional.leakyRelu(x, 0.2)),
  activation('elu', (x) => functional.elu(x, 1.5)),
  activation('gelu', (x) => functional.gelu(x)),
  activation('gelu', (x) => functional.gelu(x, 'tanh')),
  activation('silu', (x) => functional.silu(x)),
  activation('softplus', (x) => functional.softplus(x, 2, 5), -4, 4),
  activation('logsigmoid', (x) => functional.logsigmoid(x), -9, 9),
  row('softmax', [
    [[real([2, 3])], (x) => functional.softmax(x, 1)],
    [[real([5, 65])], (x) => functional.softmax(x.t(), 0)],
    [[real([2, 3, 2])], (x) => functional.softmax(x, 1)],
    [[real([0, 3])], (x) => functional.softmax(x, 1)],
  ]),
  row('logSoftmax', [
    [[real([2, 3])], (x) => functional.logSoftmax(x, -1)],
    [[real([5, 65])], (x) => functional.logSoftmax(x.t(), 0)],
    [[real([2, 3, 2])], (x) => functional.logSoftmax(x, 1)],
  ]),
  row('linear', [
    [[real([2, 3]), real([4, 3]), real([4])], (x, w, b) => functional.linear(x, w, b)],
    [[real([2, 2, 3]), real([4, 3]), real([4])], (x, w, b) => functional.linear(x, w, b)],
    [[real([3]), real([4, 3])], (x, w) => functional.linear(x, w)],
  ]),
  loss('mseLoss', (x, y, reduction) => functional.mseLoss(x, y, reduction), real([2, 3]), real([2, 3])),
  loss('l1Loss', (x, y, reduction) => functional.l1Loss(x, y, reduction), real([2, 3]), real([2, 3])),
  loss('smoothL1Loss', (x, y, reduction) => functional.smoothL1Loss(x, y, reduction, 0.7), real([2, 3]), real([2, 3])),
  loss('huberLoss', (x, y, reduction) => functional.huberLoss(x, y, reduction, 0.7), real([2, 3]), real([2, 3])),
  loss('binaryCrossEntropy', (x, y, reduction) => functional.binaryCrossEntropy(x, y, { reduction }), share, share),
  loss(
    'binaryCrossEntropyWithLogits',
    (x, y, reduction) => functional.binaryCrossEntropyWithLogits(x, y, { reduction }),
    real([2, 3], -4, 4),
    share,
  ),
  row('nllLoss', [
    ...reductions.map((reduction): Call => [[real([4, 3]), labels], (x, y) => functional.nllLoss(x, y, { reduction })]),
    [[real([2, 3, 5]), whole([2, 5], 0, 2)], (x, y) => functional.nllLoss(x, y, { ignoreIndex: 1 })],
  ]),
  row('crossEntropy', [
    ...reductions.map((reduction): Call => [
      [real([4, 3]), labels],
      (x, y) => functional.crossEntropy(x, y, { reduction }),
    ]),
    [[real([4, 3]), labels], (x, y) => functional.crossEntropy(x, y, { labelSmoothing: 0.1 })],
    [[real([4, 3]), real([4, 3], 0, 1)], (x, y) => functional.crossEntropy(x, y)],
    [[real([257, 10]), whole([257], 0, 9)], (x, y) => functional.crossEntropy(x, y)],
  ]),
];
