// Gradients and second gradients of linear algebra against central differences in float64: of each function, on matrices on
// which it is smooth, in all the shapes that have formulas of their own. Vectors that are known up to their sign are squared.
import { beforeAll, test } from 'vitest';
import * as wgrad from '../../src/index.ts';
import { autograd, init, linalg, tensor, type Tensor } from '../../src/index.ts';
import { numbersFor, real } from '../ops/table.ts';

beforeAll(() => init({ device: 'cpu' }));

let seed = 0;

/** Floats between -2 and 2, as a leaf. */
function leaf(...shape: number[]): Tensor {
  const values = Float64Array.from(numbersFor(real(shape), ++seed));
  return tensor(values, { dtype: 'float64' }).reshape(shape).clone().requiresGrad_();
}

const eye = (n: number): Tensor => wgrad.eye(n, { dtype: 'float64' });
/** Far from singular, and far from equal singular values. */
const regular = (x: Tensor): Tensor => x.add(eye(x.shape.at(-1) as number).mul(4));
const definite = (x: Tensor): Tensor => x.matmul(x.mT).add(eye(x.shape.at(-1) as number));
const symmetric = (x: Tensor): Tensor => x.add(x.mT);
const squares = (list: Iterable<Tensor>): Tensor[] => [...list].map((one) => one.square());

type Case = readonly [name: string, shapes: readonly (readonly number[])[], run: (...x: Tensor[]) => Tensor | Tensor[]];

const cases: readonly Case[] = [
  ['lu, square', [[3, 3]], (x) => [...linalg.lu(x)].slice(1)],
  ['lu, tall', [[4, 2]], (x) => [...linalg.lu(x)].slice(1)],
  ['lu, wide', [[2, 4]], (x) => [...linalg.lu(x)].slice(1)],
  ['luFactor', [[2, 3, 3]], (x) => linalg.luFactor(x).LU],
  ['cholesky', [[3, 3]], (x) => linalg.cholesky(definite(x))],
  ['cholesky, upper', [[2, 2, 2]], (x) => linalg.cholesky(definite(x), true)],
  // The gradient of a factor is that of all its elements: it is checked through a triangular one.
  ['choleskyInverse', [[3, 3]], (x) => wgrad.choleskyInverse(linalg.cholesky(definite(x)))],
  [
    'choleskySolve',
    [
      [3, 2],
      [3, 3],
    ],
    (b, x) => wgrad.choleskySolve(b, linalg.cholesky(definite(x))),
  ],
  [
    'choleskySolve, upper',
    [
      [3, 2],
      [3, 3],
    ],
    (b, x) => wgrad.choleskySolve(b, linalg.cholesky(definite(x), true), true),
  ],
  ['qr, square', [[3, 3]], (x) => [...linalg.qr(x)]],
  ['qr, tall', [[4, 2]], (x) => [...linalg.qr(x)]],
  ['qr, wide', [[2, 4]], (x) => [...linalg.qr(x)]],
  ['qr, complete', [[3, 3]], (x) => [...linalg.qr(x, 'complete')]],
  ['eigh', [[3, 3]], (x) => [linalg.eigh(symmetric(x)).eigenvalues, linalg.eigh(symmetric(x)).eigenvectors.square()]],
  ['eigvalsh', [[2, 3, 3]], (x) => linalg.eigvalsh(symmetric(x))],
  ['svd, square', [[3, 3]], (x) => squares(linalg.svd(x))],
  ['svd, tall', [[4, 2]], (x) => squares(linalg.svd(x, false))],
  ['svd, wide', [[2, 4]], (x) => squares(linalg.svd(x, false))],
  ['svdvals', [[2, 3, 4]], (x) => linalg.svdvals(x)],
  [
    'solveTriangular',
    [
      [3, 3],
      [3, 2],
    ],
    (a, b) => linalg.solveTriangular(regular(a), b, false),
  ],
  [
    'solveTriangular, all the other ways',
    [
      [3, 3],
      [2, 3],
    ],
    (a, b) => linalg.solveTriangular(a, b, true, false, true),
  ],
  [
    'solveTriangular, broadcast',
    [
      [2, 1, 2, 2],
      [3, 2, 1],
    ],
    (a, b) => linalg.solveTriangular(regular(a), b, true),
  ],
  [
    'luSolve',
    [
      [3, 3],
      [3, 2],
    ],
    (x, b) => {
      const { LU, pivots } = linalg.luFactor(x);
      return [linalg.luSolve(LU, pivots, b), linalg.luSolve(LU, pivots, b, { adjoint: true })];
    },
  ],
  [
    'luSolve, right',
    [
      [2, 2],
      [3, 2],
    ],
    (x, b) => {
      const { LU, pivots } = linalg.luFactor(x);
      return [linalg.luSolve(LU, pivots, b, false), linalg.luSolve(LU, pivots, b, false, true)];
    },
  ],
  [
    'luUnpack',
    [[3, 2]],
    (x) => {
      const { LU, pivots } = linalg.luFactor(x);
      return [...wgrad.luUnpack(LU, pivots)].slice(1);
    },
  ],
  [
    'solve',
    [
      [3, 3],
      [3, 2],
    ],
    (a, b) => linalg.solve(regular(a), b),
  ],
  ['solve, vector', [[3, 3], [3]], (a, b) => linalg.solve(regular(a), b)],
  [
    'solve, right',
    [
      [2, 2],
      [3, 2],
    ],
    (a, b) => linalg.solve(regular(a), b, false),
  ],
  [
    'solve, broadcast',
    [
      [2, 1, 2, 2],
      [3, 2, 1],
    ],
    (a, b) => linalg.solve(regular(a), b),
  ],
  ['inv', [[2, 3, 3]], (x) => linalg.inv(regular(x))],
  ['det', [[2, 3, 3]], (x) => linalg.det(x)],
  ['slogdet', [[2, 3, 3]], (x) => linalg.slogdet(x).logabsdet],
  ['logdet', [[3, 3]], (x) => wgrad.logdet(definite(x))],
  ['tensorinv', [[4, 2, 2]], (x) => linalg.tensorinv(regular(x.reshape(4, 4)).reshape(4, 2, 2), 1)],
  ['tensorsolve', [[4, 2, 2], [4]], (x, b) => linalg.tensorsolve(regular(x.reshape(4, 4)).reshape(4, 2, 2), b)],
  ['pinv, square', [[3, 3]], (x) => linalg.pinv(x)],
  ['pinv, tall', [[4, 2]], (x) => linalg.pinv(x)],
  ['pinv, wide', [[2, 4]], (x) => linalg.pinv(x)],
  [
    'pinv, of low rank',
    [
      [4, 2],
      [3, 2],
    ],
    (a, b) => linalg.pinv(a.matmul(b.mT)),
  ],
  ['pinv, hermitian', [[3, 3]], (x) => linalg.pinv(symmetric(x), null, null, true)],
  ['pinverse', [[3, 2]], (x) => x.pinverse()],
  [
    'lstsq',
    [
      [4, 2],
      [4, 2],
    ],
    (a, b) => linalg.lstsq(a, b).solution,
  ],
  ['cond', [[3, 3]], (x) => linalg.cond(regular(x))],
  ['cond, smallest first', [[3, 3]], (x) => linalg.cond(regular(x), -2)],
  ['cond, nuclear', [[2, 2]], (x) => linalg.cond(regular(x), 'nuc')],
  ['cond, of inverses', [[2, 2]], (x) => linalg.cond(regular(x), 'fro')],
  ['matrixNorm 2', [[2, 3, 2]], (x) => linalg.matrixNorm(x, 2)],
  ['matrixNorm nuc', [[3, 2]], (x) => linalg.matrixNorm(x, 'nuc')],
  ['matrixExp', [[3, 3]], (x) => linalg.matrixExp(x)],
  [
    'matrixExp, in a batch',
    [[2, 2, 2]],
    (x) => linalg.matrixExp(x.mul(tensor([[[3]], [[0.01]]], { dtype: 'float64' }))),
  ],
  ['matrixPower', [[2, 2]], (x) => linalg.matrixPower(x, 3)],
  ['matrixPower, negative', [[2, 2]], (x) => linalg.matrixPower(regular(x), -2)],
  ['multiDot', [[2], [2, 3], [3, 2], [2]], (...list) => linalg.multiDot(list)],
  [
    'cross',
    [
      [3, 2],
      [3, 2],
    ],
    (a, b) => linalg.cross(a, b, 0),
  ],
  ['vecdot', [[2, 3], [3]], (a, b) => linalg.vecdot(a, b)],
  [
    'tensordot',
    [
      [2, 3],
      [3, 2],
    ],
    (a, b) => wgrad.tensordot(a, b, 1),
  ],
  [
    'inner',
    [
      [2, 3],
      [2, 3],
    ],
    (a, b) => wgrad.inner(a, b),
  ],
  ['addbmm', [[2], [2, 2, 3], [2, 3, 2]], (a, b, c) => wgrad.addbmm(a, b, c, 0.5, 2)],
  ['addr', [[2, 3], [2], [3]], (a, b, c) => wgrad.addr(a, b, c, 0.5, 2)],
  ['einsum of four', [[2, 2], [2, 3], [3, 2], [2]], (a, b, c, d) => wgrad.einsum('ij,jk,kl,l->i', a, b, c, d)],
  [
    'einsum, diagonal',
    [
      [2, 2, 3],
      [3, 2],
    ],
    (a, b) => wgrad.einsum('iij,jk->ik', a, b),
  ],
  [
    'cdist',
    [
      [3, 2],
      [2, 2],
    ],
    (a, b) => wgrad.cdist(a, b),
  ],
  [
    'cdist 3',
    [
      [3, 2],
      [2, 2],
    ],
    (a, b) => wgrad.cdist(a, b, 3),
  ],
  ['pdist', [[3, 2]], (x) => wgrad.nn.functional.pdist(x)],
  ['dist', [[3, 2], [2]], (a, b) => wgrad.dist(a, b)],
];

for (const [name, shapes, run] of cases) {
  test(name, async () => {
    const leaves = shapes.map((shape) => leaf(...shape));
    await autograd.gradcheck(run, leaves);
    await autograd.gradgradcheck(run, leaves);
  });
}
