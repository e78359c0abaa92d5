// Tensors: making them, reading and writing parts of them, and arithmetic, where sizes of 1
// stretch to fit.
import {
  arange,
  cat,
  exp,
  fromNumpy,
  ones,
  print as standardPrint,
  rand,
  randn,
  slice,
  tensor,
  zeros,
  zerosLike,
  float32,
  manualSeed,
} from '../../src/index.ts';

export async function main(print = standardPrint) {
  manualSeed(0);

  // A vector, its shape, and the same elements as a matrix; -1 is the size that is left over.
  const x = arange(12);
  print(x);
  print(x.shape, x.numel());
  const X = x.reshape(3, 4);
  print(X);
  print(x.reshape(-1, 4).shape, x.reshape(3, -1).shape);

  // Constants, random numbers, lists.
  print(zeros(2, 3, 4));
  print(ones(2, 3, 4));
  print(rand(2, 3, 4));
  print(rand([2, 3, 4]).shape);
  print(randn(3, 4));
  const Y = tensor([
    [2, 1, 4, 3],
    [1, 2, 3, 4],
    [4, 3, 2, 1],
  ]);
  print(Y);

  // Parts: the last row; rows 1 and 2; every second row with every second column from 1 on.
  const Z = arange(12, { dtype: float32 }).reshape(3, 4);
  print(Z.index(-1));
  print(Z.index(slice(1, 3)));
  print(Z.index('::2, 1::2'));

  // Writing one element, then a block.
  Z.indexPut_([1, 2], 17);
  print(Z);
  Z.indexPut_([slice(0, 2), slice()], 12);
  print(Z);

  // Arithmetic, element by element.
  const a = tensor([1, 2, 4, 8]);
  const b = tensor([2, 2, 2, 2]);
  print(a.add(b));
  print(a.sub(b));
  print(a.mul(b));
  print(a.div(b));
  print(a.pow(b));
  print(exp(a));

  // Joining along rows and along columns, comparing, summing.
  const M = arange(12, { dtype: float32 }).reshape(3, 4);
  print(cat([M, Y], { dim: 0 }));
  print(cat([M, Y], { dim: 1 }));
  print(M.eq(Y));
  print(M.sum());

  // Broadcasting: (3, 1) + (1, 2) is (3, 2).
  const column = arange(3).reshape(3, 1);
  const row = arange(2).reshape(1, 2);
  print(column);
  print(row);
  print(column.add(row));

  // Writing in place keeps the object: no new tensor for the sum.
  const target = zerosLike(Y);
  const written = target.indexPut_(['...'], M.add(Y));
  print(written === target);
  print(target);

  // Typed arrays out and in.
  const array = await M.sum(0).numpy();
  print(array.join(' '));
  print(fromNumpy(array.map((value) => value * 2)));

  return { sum: await M.sum().item(), array };
}
