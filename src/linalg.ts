// torch.linalg: its functions under their names there. https://pytorch.org/docs/stable/linalg.html

export { cholesky, choleskyEx } from './ops/linalg/cholesky.ts';
export { householderProduct } from './ops/linalg/householder.ts';
export { ldlFactor, ldlFactorEx, ldlSolve } from './ops/linalg/ldl.ts';
export { lu, luFactor, luFactorEx, luSolve } from './ops/linalg/lu.ts';
export { cond, matrixNorm, norm, vectorNorm } from './ops/linalg/norms.ts';
export { cross, diagonal, matmul, matrixExp, matrixPower, multiDot, vecdot } from './ops/linalg/products.ts';
export { det, inv, invEx, slogdet, solve, solveEx, tensorinv, tensorsolve } from './ops/linalg/solve.ts';
export { eigh, eigvalsh, lstsq, matrixRank, pinv, qr, svd, svdvals } from './ops/linalg/spectral.ts';
export { solveTriangular } from './ops/linalg/triangular.ts';
export { vander } from './ops/linalg/vander.ts';
