// Products of vectors and matrices, all over one kernel (B, M, K) x (B, K, N) -> (B, M, N), and the forms with a bias.
// Transposed operands are views; the kernel reads them as they lie.

import type { DType } from '../dtype.ts';
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
      cure: `Convert one: x.to('${b.dtype === 'bool' ? 'float32' : b.dtype}').`,
    });
  }
}

/** The kernel on 2- or 3-dimensional nodes; `shape` may leave out dimensions of size 1. */
function product(a: Node, b: Node, dtype: DType, shape: Shape): Node {
  return kernelNode('matmul', {}, [a, b], dtype, shape);
}

/** (M, K) x (K, N) -> (M, N). https://pytorch.org/docs/stable/generated/torch.mm.html */
export const mm = define('mm', [input, p.tensor('mat2')], (a: Tensor, b: Tensor): Tensor => mmAs('mm', a, b));

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
export const bmm = define('bmm', [input, p.tensor('mat2')], (a: Tensor, b: Tensor): Tensor => {
  check('bmm', a, b, [3, 3], [a.shape[2], b.shape[1]]);
  if (a.shape[0] !== b.shape[0]) {
    throw new ShapeError({
      op: 'bmm',
      fact: `${formatShape(a.shape)} x ${formatShape(b.shape)}`,
      rule: `batch sizes ${a.shape[0]} and ${b.shape[0]} differ`,
      cure: 'matmul broadcasts batches.',
    });
  }
  return onTape(
    'BmmBackward0',
    (grad, { input, needs }) => [
      needs(0) ? bmm(grad, matrixTransposed(input(1))) : null,
      needs(1) ? bmm(matrixTransposed(input(0)), grad) : null,
    ],
    [a, b],
    product(a.node, b.node, a.dtype, [a.shape[0], a.shape[1], b.shape[2]]),
  );
});

/** (M, K) x (K) -> (M). https://pytorch.org/docs/stable/generated/torch.mv.html */
export const mv = define('mv', [input, p.tensor('vec')], (a: Tensor, x: Tensor): Tensor => mvAs('mv', a, x));

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
export const dot = define('dot', [input, p.tensor('tensor')], (a: Tensor, b: Tensor): Tensor => dotAs('dot', a, b));

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
export const outer = define('outer', [input, p.tensor('vec2')], (a: Tensor, b: Tensor): Tensor => {
  if (a.shape.length !== 1 || b.shape.length !== 1) {
    throw new ShapeError({
      op: 'outer',
      fact: `${formatShape(a.shape)} and ${formatShape(b.shape)}`,
      rule: 'both must have 1 dimension',
    });
  }
  return mul(unsqueeze(a, 1), b);
});

/**
 * The product by the number of dimensions: dot, matrix-vector, matrix-matrix, or batches of matrices that broadcast.
 * https://pytorch.org/docs/stable/generated/torch.matmul.html
 */
export const matmul = define('matmul', [input, p.tensor('other')], (a: Tensor, b: Tensor): Tensor => {
  const [left, right] = [a.shape.length, b.shape.length];
  if (left === 0 || right === 0) {
    throw new ShapeError({
      op: 'matmul',
      fact: `${formatShape(a.shape)} x ${formatShape(b.shape)}`,
      rule: 'both need at least 1 dimension',
      cure: 'Use mul for scalars.',
    });
  }
  if (left === 1 && right === 1) return dotAs('matmul', a, b);
  if (left === 2 && right === 1) return mvAs('matmul', a, b);
  if (left === 2 && right === 2) return mmAs('matmul', a, b);
  checkInner('matmul', a, b, a.shape.at(-1) as number, b.shape.at(right === 1 ? -1 : -2) as number);
  if (left === 1) return squeeze(matmul(unsqueeze(a, 0), b), -2);
  if (right === 1) return squeeze(matmul(a, unsqueeze(b, 1)), -1);
  if (right === 2) {
    // One large product instead of a batch: the rows of all batches together.
    const rows = mmAs('matmul', reshape(a, numelOf(a.shape.slice(0, -1)), a.shape.at(-1) as number), b);
    return reshape(rows, [...a.shape.slice(0, -1), b.shape[1]]);
  }
  const batch = broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2));
  const flat = (x: Tensor): Tensor =>
    reshape(expand(x, [...batch, ...x.shape.slice(-2)]), [numelOf(batch), ...x.shape.slice(-2)]);
  const out = bmm(flat(a), flat(b));
  return reshape(out, [...batch, ...out.shape.slice(-2)]);
});

const beta = optional(p.number('beta'), 1);
const alpha = optional(p.number('alpha'), 1);

/** beta * input + alpha * (mat1 x mat2). https://pytorch.org/docs/stable/generated/torch.addmm.html */
export const addmm = define(
  'addmm',
  [input, p.tensor('mat1'), p.tensor('mat2'), beta, alpha],
  (bias: Tensor, a: Tensor, b: Tensor, beta: number, alpha: number): Tensor => {
    check('addmm', a, b, [2, 2], [a.shape[1], b.shape[0]]);
    return composite(
      'AddmmBackward0',
      [bias, a, b],
      () => add(scaled(mm(a, b), alpha), scaled(bias, beta)),
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
  (bias: Tensor, a: Tensor, x: Tensor, beta: number, alpha: number): Tensor =>
    add(scaled(mv(a, x), alpha), scaled(bias, beta)),
);

/** beta * input + alpha * (batch1 x batch2). https://pytorch.org/docs/stable/generated/torch.baddbmm.html */
export const baddbmm = define(
  'baddbmm',
  [input, p.tensor('batch1'), p.tensor('batch2'), beta, alpha],
  (bias: Tensor, a: Tensor, b: Tensor, beta: number, alpha: number): Tensor =>
    add(scaled(bmm(a, b), alpha), scaled(bias, beta)),
);

/** The sum of the diagonal of a matrix. https://pytorch.org/docs/stable/generated/torch.trace.html */
export const trace = define('trace', [input], (x: Tensor): Tensor => {
  if (x.shape.length !== 2)
    throw new ShapeError({ op: 'trace', fact: formatShape(x.shape), rule: 'a matrix is needed' });
  return sum(diagonal(x));
});
