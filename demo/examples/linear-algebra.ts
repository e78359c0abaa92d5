// Linear algebra: transposes, sums and means along axes, products, norms.
import {
  abs,
  arange,
  dot,
  equal,
  float32,
  mm,
  mv,
  norm,
  ones,
  print as standardPrint,
  tensor,
} from '../../src/index.ts';

export async function main(print = standardPrint) {
  const A = arange(6, { dtype: float32 }).reshape(2, 3);
  print(A);
  print(A.T);

  // A symmetric matrix equals its transpose.
  const S = tensor([
    [1, 2, 3],
    [2, 0, 4],
    [3, 4, 5],
  ]);
  print(S.eq(S.T));
  print(await equal(S, S.T));

  // Sums: of everything, of each column, of each row, over both axes.
  print(A.sum());
  print(A.sum(0));
  print(A.sum(1));
  print(A.sum([0, 1]));
  print(A.mean(), A.sum().div(A.numel()));
  print(A.mean(0));

  // A kept axis lets the sums divide the rows that they came from; a running sum keeps the shape.
  print(A.sum(1, { keepdim: true }));
  print(A.div(A.sum(1, { keepdim: true })));
  print(A.cumsum(0));

  // Products: vector with vector, matrix with vector, matrix with matrix.
  const x = arange(3, { dtype: float32 });
  const y = ones(3);
  print(dot(x, y), x.mul(y).sum());
  print(mv(A, x));
  print(mm(A, ones(3, 4)));

  // Norms: L2 and L1 of a vector, Frobenius of a matrix.
  const u = tensor([3, -4]);
  print(norm(u));
  print(abs(u).sum());
  print(norm(ones(4, 9)));

  return { dot: await dot(x, y).item(), norm: await norm(u).item() };
}
