// Products that are other ways to call matmul: with a bias over batches, of vectors, over chosen dimensions.

import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, normalizeDim, numelOf } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { add, mul } from './arithmetic.ts';
import { bmm, dot, mm, outer } from './matmul.ts';
import { sum } from './reduce.ts';
import { permute, reshape } from './view.ts';

const input = p.tensor('input');
const beta = optional(p.number('beta'), 1);
const alpha = optional(p.number('alpha'), 1);

function biased(bias: Tensor, product: Tensor, beta: number, alpha: number): Tensor {
  const scaled = (x: Tensor, factor: number) => (factor === 1 ? x : mul(x, factor));
  return add(scaled(bias, beta), scaled(product, alpha));
}

/** beta * input + alpha * (the sum of batch1 x batch2 over the batch). https://pytorch.org/docs/stable/generated/torch.addbmm.html */
export const addbmm = define(
  'addbmm',
  [input, p.tensor('batch1'), p.tensor('batch2'), beta, alpha],
  (input, batch1, batch2, beta, alpha): Tensor => biased(input, sum(bmm(batch1, batch2), 0), beta, alpha),
);

/** beta * input + alpha * (vec1 outer vec2). https://pytorch.org/docs/stable/generated/torch.addr.html */
export const addr = define(
  'addr',
  [input, p.tensor('vec1'), p.tensor('vec2'), beta, alpha],
  (input, vec1, vec2, beta, alpha): Tensor => biased(input, outer(vec1, vec2), beta, alpha),
);

/** The dot products of all vectors in the last dimensions of two tensors. https://pytorch.org/docs/stable/generated/torch.inner.html */
export const inner = define('inner', [input, p.tensor('other')], (input, other): Tensor => {
  if (input.shape.length === 0 || other.shape.length === 0) return mul(input, other);
  return contractOver('inner', input, other, [input.shape.length - 1], [other.shape.length - 1]);
});

/** (K) x (K) -> (), as dot: the tensors are real. https://pytorch.org/docs/stable/generated/torch.vdot.html */
export const vdot = define('vdot', [input, p.tensor('other')], (input, other): Tensor => dot(input, other));

/** The sum of products over dimensions `over` of a and `along` of b, in pairs; then come the others of a and of b. */
function contractOver(op: string, a: Tensor, b: Tensor, over: readonly number[], along: readonly number[]): Tensor {
  over.forEach((dim, at) => {
    if (a.shape[dim] === b.shape[along[at]]) return;
    throw new ShapeError({
      op,
      fact: `${formatShape(a.shape)} and ${formatShape(b.shape)}: dimension ${dim} has ${a.shape[dim]} elements, dimension ${along[at]} has ${b.shape[along[at]]}`,
      rule: 'dimensions that are summed over together need one size',
    });
  });
  const rest = (x: Tensor, taken: readonly number[]) => x.shape.map((_, dim) => dim).filter((d) => !taken.includes(d));
  const [left, right] = [rest(a, over), rest(b, along)];
  const sizesOf = (x: Tensor, list: readonly number[]) => list.map((dim) => x.shape[dim]);
  const rows = sizesOf(a, left);
  const columns = sizesOf(b, right);
  const depth = numelOf(sizesOf(a, over));
  const first = reshape(permute(a, [...left, ...over]), [numelOf(rows), depth]);
  const second = reshape(permute(b, [...along, ...right]), [depth, numelOf(columns)]);
  return reshape(mm(first, second), [...rows, ...columns]);
}

const tensordotDims = optional(
  p.custom<number | readonly [readonly number[], readonly number[]]>()(
    'dims',
    'a number of dimensions, or two lists of dimensions',
    (v) => Number.isInteger(v) || (Array.isArray(v) && v.length === 2 && v.every((one) => Array.isArray(one))),
  ),
  2,
);

/** The sum of products over the last `dims` dimensions of a and the first of b, or over two lists of dimensions. https://pytorch.org/docs/stable/generated/torch.tensordot.html */
export const tensordot = define('tensordot', [p.tensor('a'), p.tensor('b'), tensordotDims], (a, b, dims): Tensor => {
  const op = 'tensordot';
  const [left, right] = [a.shape.length, b.shape.length];
  if (typeof dims === 'number') {
    if (dims < 0 || dims > left || dims > right) {
      throw new ArgumentError({
        op,
        fact: `dims ${dims} for ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
        rule: 'both need as many dimensions',
      });
    }
    const count = Array.from({ length: dims }, (_, at) => at);
    return contractOver(
      op,
      a,
      b,
      count.map((at) => left - dims + at),
      count,
    );
  }
  const [over, along] = [
    dims[0].map((dim) => normalizeDim(op, dim, left)),
    dims[1].map((dim) => normalizeDim(op, dim, right)),
  ];
  if (over.length !== along.length || new Set(over).size < over.length || new Set(along).size < along.length) {
    throw new ArgumentError({
      op,
      fact: `dims [${dims[0].join(', ')}] and [${dims[1].join(', ')}]`,
      rule: 'both lists need as many dimensions, each once',
    });
  }
  return contractOver(op, a, b, over, along);
});
