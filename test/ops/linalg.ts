// Rows of linear algebra: the factorisations on odd sizes and in all layouts, and the products by labels and distances. What is
// known up to a sign is compared as its magnitude.
import * as wgrad from '../../src/index.ts';
import { linalg, type Tensor } from '../../src/index.ts';
import { type Call, type Input, real, type Row } from './table.ts';

type Run = Call['run'];

/** A row of calls `[inputs, run]`. Factorisations divide by small numbers: their rounding grows with the matrix. */
function row(name: string, calls: readonly (readonly [Input[], Run])[], options: Partial<Row> = {}): Row {
  const made = calls.map(([inputs, run]) => ({ inputs, run }));
  return { name, gradient: 'all', absolute: 2e-4, relative: 1e-4, calls: made, ...options };
}

/** The matrix with more on its diagonal than beside it, so that all ways to divide by it agree. */
function regular(x: Tensor): Tensor {
  const n = x.shape.at(-1) as number;
  return x.add(wgrad.eye(n, { dtype: x.dtype, device: x.device }).mul(2 * n));
}

/** A symmetric matrix whose eigenvalues lie apart. */
function symmetric(x: Tensor): Tensor {
  const n = x.shape.at(-1) as number;
  const spread = wgrad.arange(n, { device: x.device }).to(x.dtype).mul(4).diag();
  return x.add(x.mT).div(n).add(spread);
}

const definite = (x: Tensor): Tensor => regular(x.matmul(x.mT));
const squareSizes = [1, 2, 5, 33, 63, 65];

/** Calls on square matrices of odd sizes, on batches, transposes, parts and expanded matrices. */
const squares = (run: (x: Tensor) => Tensor | Tensor[]): [Input[], Run][] => [
  ...squareSizes.map((n): [Input[], Run] => [[real([n, n])], run]),
  [[real([3, 2, 4, 4])], run],
  [[real([5, 5])], (x) => run(x.t())],
  [[real([7, 9])], (x) => run(x.index('1:6, ::2'))],
  [[real([3, 3])], (x) => run(x.expand(2, 3, 3))],
  [[real([0, 3, 3])], run],
  [[real([0, 0])], run],
];

/** Calls on matrices that are tall and wide. */
const oblongs = (run: (x: Tensor) => Tensor | Tensor[]): [Input[], Run][] => [
  [[real([33, 5])], run],
  [[real([5, 33])], run],
  [[real([2, 65, 3])], run],
  [[real([3, 7])], (x) => run(x.t())],
  [[real([3, 0])], run],
];

const magnitudes = (list: Iterable<Tensor>): Tensor[] => [...list].map((one) => one.abs());

export const linalgRows: readonly Row[] = [
  row('linalg.lu', [...squares((x) => [...linalg.lu(regular(x))]), ...oblongs((x) => [...linalg.lu(x)])]),
  row(
    'linalg.luFactor',
    squares((x) => [...linalg.luFactor(regular(x))]),
  ),
  row(
    'linalg.luFactorEx',
    oblongs((x) => [...linalg.luFactorEx(x)]),
  ),
  row(
    'linalg.cholesky',
    squares((x) => linalg.cholesky(definite(x))),
  ),
  row(
    'linalg.choleskyEx',
    squares((x) => [...linalg.choleskyEx(definite(x), true)]),
  ),
  row('linalg.qr', [
    ...squares((x) => [...linalg.qr(regular(x))]),
    ...oblongs((x) => [...linalg.qr(x)]),
    [[real([4, 9])], (x) => [...linalg.qr(x, 'r')]],
  ]),
  row('linalg.qr', [[[real([9, 4])], (x) => [...linalg.qr(x, 'complete')]]], { gradient: 'none' }),
  row(
    'linalg.eigh',
    squares((x) => magnitudes(linalg.eigh(symmetric(x)))),
  ),
  row('linalg.svd', [...squares((x) => magnitudes(linalg.svd(symmetric(x)))), ...oblongs((x) => [linalg.svdvals(x)])]),
  // The columns that complete U have no gradient, as in PyTorch.
  row('linalg.svd', [[[real([6, 2])], (x) => linalg.svd(x).U.matmul(linalg.svd(x).U.mT)]], { gradient: 'none' }),
  row('linalg.solveTriangular', [
    ...squares((x) => linalg.solveTriangular(regular(x), x, false)),
    ...squares((x) => linalg.solveTriangular(regular(x), x, true, false)),
    [[real([33, 33], -0.1, 0.1), real([33, 257])], (a, b) => linalg.solveTriangular(a, b, true, true, true)],
    [[real([2, 1, 5, 5]), real([3, 5, 2])], (a, b) => linalg.solveTriangular(regular(a), b, false)],
  ]),
  row('luUnpack', [
    [
      [real([9, 5])],
      (x) => {
        const { LU, pivots } = linalg.luFactor(x);
        return [...wgrad.luUnpack(LU, pivots)];
      },
    ],
  ]),
  row(
    'linalg.inv',
    squares((x) => linalg.inv(regular(x))),
  ),
  row(
    'linalg.det',
    squares((x) => linalg.det(regular(x).div(2 * (x.shape.at(-1) as number)))),
  ),
  row('linalg.solve', [
    [[real([33, 33]), real([33])], (a, b) => linalg.solve(regular(a), b)],
    [[real([2, 1, 5, 5]), real([3, 5, 2])], (a, b) => linalg.solve(regular(a), b)],
  ]),
  row('linalg.matrixExp', [
    [[real([9, 9], -1, 1)], (x) => linalg.matrixExp(x)],
    [[real([2, 3, 3])], (x) => linalg.matrixExp(x.mT)],
  ]),
  row('einsum', [
    [[real([33, 5]), real([5, 65])], (a, b) => wgrad.einsum('ij,jk->ki', a, b)],
    [[real([2, 3, 33]), real([33, 4]), real([2, 4])], (a, b, c) => wgrad.einsum('bij,jk,bk->ib', a, b, c)],
    [[real([5, 5, 3])], (x) => wgrad.einsum('ii...->...i', x)],
  ]),
  row('cdist', [
    [[real([33, 5]), real([9, 5])], (a, b) => wgrad.cdist(a, b)],
    [[real([2, 3, 5]), real([4, 5])], (a, b) => wgrad.cdist(a, b, 1)],
  ]),
  row('nn.functional.pdist', [[[real([17, 5])], (x) => wgrad.nn.functional.pdist(x)]]),
  row(
    'svd',
    oblongs((x) => wgrad.svd(x).S),
  ),
  row(
    'qr',
    oblongs((x) => [...wgrad.qr(x)]),
  ),
  row(
    'qr',
    oblongs((x) => [...wgrad.qr(x, false)]),
    { gradient: 'none' },
  ),
  row('linalg.matmul', [[[real([5, 3]), real([3, 2])], (a, b) => linalg.matmul(a, b)]]),
  row('linalg.diagonal', [[[real([2, 5, 3])], (x) => linalg.diagonal(x, -1)]]),
];
