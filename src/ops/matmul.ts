// Products of vectors and matrices, all over one kernel (B, M, K) x (B, K, N) -> (B, M, N), and the forms with a bias.
// Transposed operands are views; the kernel reads them as they lie.

import { type DType, widen } from '../dtype.ts';
import { DTypeError, ShapeError } from '../errors.ts';
import type { Node } from '../core/graph.ts';
import { broadcastShapes, formatShape, numelOf, type Shape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { commonDevice, composite, kernelNode, onTape } from './apply.ts';
import { add, mul } from './arithmetic.ts';
import { sum } from './reduce.ts';
import { expand, matrixTransposed, reshape, squeeze, t, unsqueeze } from './view.ts';
import { diagonal } from './part.ts';

const input = p.tensor('input');

/** Throws unless a and b have the ranks that `op` wants, equal inner sizes and one dtype. */
function check(
  op: string,
  a: Tensor,
  b: Tensor,
  ranks: readonly [number, number],
  inner: readonly [number, number],
): void {
  if (a.shape.length !== ranks[0] || b.shape.length !== ranks[1]) {
    throw new ShapeError({
      op,
      fact: `${formatShape(a.shape)} x ${formatShape(b.shape)}`,
      rule: `the operands need ${ranks[0]} and ${ranks[1]} dimensions`,
      cure: op === 'matmul' ? undefined : 'matmul takes any number of dimensions.',
    });
  }
  checkInner(op, a, b, inner[0], inner[1]);
}

function checkInner(op: string, a: Tensor, b: Tensor, left: number, right: number): void {
  commonDevice(op, [a, b]);
  if (left !== right) {
    const turned = b.shape.length >= 2 && b.shape.at(-1) === left;
    throw new ShapeError({
      op,
      fact: `${formatShape(a.shape)} x ${formatShape(b.shape)}`,
      rule: `inner sizes ${left} and ${right} differ`,
      cure: turned ? `Did you mean x.${op}(w.${b.shape.length === 2 ? 't()' : 'mT'})?` : undefined,
    });
  }
  if (a.dtype !== b.dtype || a.dtype === 'bool') {
    throw new DTypeError({
      op,
      fact: `dtypes ${a.dtype} and ${b.dtype}`,
      rule: 'both must be one numeric dtype',
      cure: `Convert one: ${conversion(a.dtype, b.dtype)}.`,
    });
  }
}

/** How x and y, as x.matmul(y) has them, come to one numeric dtype without losing digits: the narrower one is converted. */
function conversion(x: DType, y: DType): string {
  const wide = widen(x, y);
  return wide === 'bool' ? "x.to('float32') and y.to('float32')" : `${x === wide ? 'y' : 'x'}.to('${wide}')`;
}

/** The kernel on 2- or 3-dimensional nodes; `shape` may leave out dimensions of size 1. */
function product(a: Node, b: Node, dtype: DType, shape: Shape): Node {
  return kernelNode('matmul', {}, [a, b], dtype, shape);
}

/** (M, K) x (K, N) -> (M, N). https://pytorch.org/docs/stable/generated/torch.mm.html */
export const mm = define('mm', [input, p.tensor('mat2')], (input: Tensor, mat2: Tensor): Tensor =>
  mmAs('mm', input, mat2),
);

function mmAs(op: string, a: Tensor, b: Tensor): Tensor {
  check(op, a, b, [2, 2], [a.shape[1], b.shape[0]]);
  return onTape(
    'MmBackward0',
    (grad, { input, needs }) => [
      needs(0) ? leftGradient(grad, input(0), input(1)) : null,
      needs(1) ? rightGradient(grad, input(0), input(1)) : null,
    ],
    [a, b],
    product(a.node, b.node, a.dtype, [a.shape[0], b.shape[1]]),
  );
}

/** Whether a matrix lies column by column, as the transpose of a dense one does. */
function liesInColumns({ shape, strides }: Tensor): boolean {
  return strides[0] === 1 && strides[1] === shape[0];
}

/**
 * The gradients of a b, laid out as PyTorch lays them: where an operand lies in columns its gradient does too, so that the
 * gradient of the weight under x w.T is dense.
 */
function leftGradient(grad: Tensor, a: Tensor, b: Tensor): Tensor {
  return liesInColumns(a) ? t(mm(b, t(grad))) : mm(grad, t(b));
}

function rightGradient(grad: Tensor, a: Tensor, b: Tensor): Tensor {
  return liesInColumns(b) ? t(mm(t(grad), a)) : mm(t(a), grad);
}

/** (B, M, K) x (B, K, N) -> (B, M, N). https://pytorch.org/docs/stable/generated/torch.bmm.html */
export const bmm = define('bmm', [input, p.tensor('mat2')], (a: Tensor, mat2: Tensor): Tensor => {
  check('bmm', a, mat2, [3, 3], [a.shape[2], mat2.shape[1]]);
  if (a.shape[0] !== mat2.shape[0]) {
    throw new ShapeError({
      op: 'bmm',
      fact: `${formatShape(a.shape)} x ${formatShape(mat2.shape)}`,
      rule: `batch sizes ${a.shape[0]} and ${mat2.shape[0]} differ`,
      cure: 'matmul broadcasts batches.',
    });
  }
  return onTape(
    'BmmBackward0',
    (grad, { input, needs }) => [
      needs(0) ? bmm(grad, matrixTransposed(input(1))) : null,
      needs(1) ? bmm(matrixTransposed(input(0)), grad) : null,
    ],
    [a, mat2],
    product(a.node, mat2.node, a.dtype, [a.shape[0], a.shape[1], mat2.shape[2]]),
  );
});

/** (M, K) x (K) -> (M). https://pytorch.org/docs/stable/generated/torch.mv.html */
export const mv = define('mv', [input, p.tensor('vec')], (input: Tensor, vec: Tensor): Tensor =>
  mvAs('mv', input, vec),
);

function mvAs(op: string, a: Tensor, x: Tensor): Tensor {
  check(op, a, x, [2, 1], [a.shape[1], x.shape[0]]);
  return onTape(
    'MvBackward0',
    (grad, { input, needs }) => [
      needs(0) ? mul(unsqueeze(grad, 1), input(1)) : null,
      needs(1) ? mv(t(input(0)), grad) : null,
    ],
    [a, x],
    product(a.node, unsqueeze(x.detach(), 1).node, a.dtype, [a.shape[0]]),
  );
}

/** (K) x (K) -> (). https://pytorch.org/docs/stable/generated/torch.dot.html */
export const dot = define('dot', [input, p.tensor('tensor')], (input: Tensor, tensor: Tensor): Tensor =>
  dotAs('dot', input, tensor),
);

function dotAs(op: string, a: Tensor, b: Tensor): Tensor {
  check(op, a, b, [1, 1], [a.shape[0], b.shape[0]]);
  // A sum of products rather than a matrix product: it is added up in parts, and as near as `sum` for long vectors.
  return composite(
    'DotBackward0',
    [a, b],
    () => sum(mul(a, b)),
    (grad, { input, needs }) => [needs(0) ? mul(input(1), grad) : null, needs(1) ? mul(input(0), grad) : null],
  );
}

/** (M) x (N) -> (M, N). https://pytorch.org/docs/stable/generated/torch.outer.html */
export const outer = define('outer', [input, p.tensor('vec2')], (input: Tensor, vec2: Tensor): Tensor => {
  if (input.shape.length !== 1 || vec2.shape.length !== 1) {
    throw new ShapeError({
      op: 'outer',
      fact: `${formatShape(input.shape)} and ${formatShape(vec2.shape)}`,
      rule: 'both must have 1 dimension',
    });
  }
  return mul(unsqueeze(input, 1), vec2);
});

/**
 * The product by the number of dimensions: dot, matrix-vector, matrix-matrix, or batches of matrices that broadcast.
 * https://pytorch.org/docs/stable/generated/torch.matmul.html
 */
export const matmul = define('matmul', [input, p.tensor('other')], (input: Tensor, other: Tensor): Tensor => {
  const [left, right] = [input.shape.length, other.shape.length];
  if (left === 0 || right === 0) {
    throw new ShapeError({
      op: 'matmul',
      fact: `${formatShape(input.shape)} x ${formatShape(other.shape)}`,
      rule: 'both need at least 1 dimension',
      cure: 'Use mul for scalars.',
    });
  }
  if (left === 1 && right === 1) return dotAs('matmul', input, other);
  if (left === 2 && right === 1) return mvAs('matmul', input, other);
  if (left === 2 && right === 2) return mmAs('matmul', input, other);
  checkInner('matmul', input, other, input.shape.at(-1) as number, other.shape.at(right === 1 ? -1 : -2) as number);
  if (left === 1) return squeeze(matmul(unsqueeze(input, 0), other), -2);
  if (right === 1) return squeeze(matmul(input, unsqueeze(other, 1)), -1);
  if (right === 2) {
    // One large product instead of a batch: the rows of all batches together.
    const rows = mmAs('matmul', reshape(input, numelOf(input.shape.slice(0, -1)), input.shape.at(-1) as number), other);
    return reshape(rows, [...input.shape.slice(0, -1), other.shape[1]]);
  }
  const batch = broadcastShapes('matmul', input.shape.slice(0, -2), other.shape.slice(0, -2));
  const flat = (x: Tensor): Tensor =>
    reshape(expand(x, [...batch, ...x.shape.slice(-2)]), [numelOf(batch), ...x.shape.slice(-2)]);
  const out = bmm(flat(input), flat(other));
  return reshape(out, [...batch, ...out.shape.slice(-2)]);
});

const beta = optional(p.number('beta'), 1);
const alpha = optional(p.number('alpha'), 1);

/** beta * input + alpha * (mat1 x mat2). https://pytorch.org/docs/stable/generated/torch.addmm.html */
export const addmm = define(
  'addmm',
  [input, p.tensor('mat1'), p.tensor('mat2'), beta, alpha],
  (bias: Tensor, mat1: Tensor, mat2: Tensor, beta: number, alpha: number): Tensor => {
    check('addmm', mat1, mat2, [2, 2], [mat1.shape[1], mat2.shape[0]]);
    return composite(
      'AddmmBackward0',
      [bias, mat1, mat2],
      () => add(scaled(mm(mat1, mat2), alpha), scaled(bias, beta)),
      (grad, { input, needs }) => [
        needs(0) ? scaled(grad, beta) : null,
        needs(1) ? scaled(leftGradient(grad, input(1), input(2)), alpha) : null,
        needs(2) ? scaled(rightGradient(grad, input(1), input(2)), alpha) : null,
      ],
    );
  },
);

function scaled(x: Tensor, factor: number): Tensor {
  return factor === 1 ? x : mul(x, factor);
}

/** beta * input + alpha * (mat x vec). https://pytorch.org/docs/stable/generated/torch.addmv.html */
export const addmv = define(
  'addmv',
  [input, p.tensor('mat'), p.tensor('vec'), beta, alpha],
  (input: Tensor, mat: Tensor, vec: Tensor, beta: number, alpha: number): Tensor =>
    add(scaled(mv(mat, vec), alpha), scaled(input, beta)),
);

/** beta * input + alpha * (batch1 x batch2). https://pytorch.org/docs/stable/generated/torch.baddbmm.html */
export const baddbmm = define(
  'baddbmm',
  [input, p.tensor('batch1'), p.tensor('batch2'), beta, alpha],
  (input: Tensor, batch1: Tensor, batch2: Tensor, beta: number, alpha: number): Tensor =>
    add(scaled(bmm(batch1, batch2), alpha), scaled(input, beta)),
);

/** The sum of the diagonal of a matrix. https://pytorch.org/docs/stable/generated/torch.trace.html */
export const trace = define('trace', [input], (input: Tensor): Tensor => {
  if (input.shape.length !== 2)
    throw new ShapeError({ op: 'trace', fact: formatShape(input.shape), rule: 'a matrix is needed' });
  return sum(diagonal(input));
});
