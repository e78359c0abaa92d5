// Distances between vectors: of all pairs of two sets, of all pairs of one, of two tensors as wholes.

import { ArgumentError, ShapeError } from '../errors.ts';
import { makeLeaf } from '../core/graph.ts';
import { formatShape, normalizeDims } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { sub } from './arithmetic.ts';
import { indexSelect } from './gather.ts';
import { vectorNorm } from './statistics.ts';
import { unsqueeze } from './view.ts';

const order = optional(p.number('p'), 2);

/** The norms of vectors in the last dimension. */
function lengths(op: string, x: Tensor, power: number): Tensor {
  if (power < 0) throw new ArgumentError({ op, fact: `p is ${power}`, rule: 'it must not be negative' });
  return vectorNorm(x, power, [x.shape.length - 1], false, `${op[0].toUpperCase()}${op.slice(1)}Backward0`);
}

/** The distances between rows (.., P, M) of x1 and rows (.., R, M) of x2: (.., P, R). https://pytorch.org/docs/stable/generated/torch.cdist.html */
export const cdist = define(
  'cdist',
  [
    p.tensor('x1'),
    p.tensor('x2'),
    order,
    // How PyTorch computes it; here there is one way.
    optional(p.string('computeMode'), 'use_mm_for_euclid_dist_if_necessary'),
  ],
  (x1, x2, p, _computeMode): Tensor => {
    if (x1.shape.length < 2 || x2.shape.length < 2 || x1.shape.at(-1) !== x2.shape.at(-1)) {
      throw new ShapeError({
        op: 'cdist',
        fact: `${formatShape(x1.shape)} and ${formatShape(x2.shape)}`,
        rule: 'both need rows of one length, (.., P, M) and (.., R, M)',
      });
    }
    return lengths('cdist', sub(unsqueeze(x1, -2), unsqueeze(x2, -3)), p);
  },
);

/** The distances between all pairs of rows i < j of x (N, M): (N (N - 1) / 2). https://pytorch.org/docs/stable/generated/torch.nn.functional.pdist.html */
export const pdist = define('pdist', [p.tensor('input'), order], (input, p): Tensor => {
  if (input.shape.length !== 2)
    throw new ShapeError({ op: 'pdist', fact: formatShape(input.shape), rule: 'rows (N, M) are needed' });
  const [n] = input.shape;
  const rows = Array.from({ length: n }, (_, at) => at);
  const pick = (of: (i: number, j: number) => number): Tensor => {
    const list = rows.flatMap((i) => rows.slice(i + 1).map((j) => of(i, j)));
    return indexSelect(
      input,
      0,
      Tensor.at(makeLeaf(Int32Array.from(list), input.device, 'int32', [list.length]), null),
    );
  };
  return lengths(
    'pdist',
    sub(
      pick((i) => i),
      pick((_, j) => j),
    ),
    p,
  );
});

/** The p-norm of input - other. https://pytorch.org/docs/stable/generated/torch.dist.html */
export const dist = define('dist', [p.tensor('input'), p.tensor('other'), order], (input, other, p): Tensor => {
  const apart = sub(input, other);
  return vectorNorm(apart, p, normalizeDims('dist', null, apart.shape.length), false, 'DistBackward0');
});
