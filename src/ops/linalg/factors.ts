// The factorisations as steps of the tape. Each is one kernel that writes a line of numbers a matrix; what users call are parts
// of the line, as views. The rule of the line gives the gradient from those of all its parts.
// Formulas: Giles, "Collected matrix derivative results" (2008); Walter and Lehmann (2010) for QR; PyTorch's FunctionsManual.

import { AutogradError } from '../../errors.ts';
import type { Node } from '../../core/graph.ts';
import type { Decomposition, Fault } from '../../core/op.ts';
import { contiguousStrides, numelOf, type Shape } from '../../shape.ts';
import { Tensor, type Rule } from '../../core/tensor.ts';
import { castNode, kernelNode, onTape, toDType, untaped } from '../apply.ts';
import { add, mul, neg, reciprocal, sub, where } from '../arithmetic.ts';
import { cat } from '../join.ts';
import { eq } from '../math.ts';
import { matmul } from '../matmul.ts';
import { partRecord, sliceAt } from '../part.ts';
import { reshape, type Way } from '../view.ts';
import { tril, triu } from '../triangle.ts';
import {
  asColumn,
  asRow,
  batchOf,
  diagonalMatrix,
  onDiagonal,
  permutationMatrix,
  sizes,
  transposed as T,
} from './matrices.ts';
import { substitute } from './triangular.ts';

/** An operation that fails where a factorisation did. */
export interface Demand {
  readonly op: string;
  readonly fault: Exclude<Fault, 'index'>;
}

/** The lines of a factorisation, and how its parts are cut out. */
class Lines {
  private readonly batch: Shape;
  private readonly gradName: string;

  constructor(gradName: string, batch: Shape) {
    this.gradName = gradName;
    this.batch = batch;
  }

  /** The part of each line that begins at `start`, as a tensor (batch.., shape..). */
  part(lines: Tensor, start: number, shape: Shape): Tensor {
    const layout: Way = ({ strides: [line, step], offset }) => ({
      shape: [...this.batch, ...shape],
      strides: [
        ...contiguousStrides(this.batch).map((stride) => stride * line),
        ...contiguousStrides(shape).map((stride) => stride * step),
      ],
      offset: offset + start * step,
    });
    return lines.viewThrough(partRecord('part', layout, this.gradName));
  }
}

/** What a factorisation is told: its kernel, the length of a line, and how it names its step of the tape. */
interface Plan {
  readonly method: Decomposition;
  readonly size: number;
  readonly length: number;
  readonly gradName: string;
}

/** Runs a factorisation of x; with a demand, results fail where the number at `info` of a line is not 0. */
function factor(
  x: Tensor,
  { method, size, length, gradName }: Plan,
  rule: ((parts: Lines) => Rule) | null,
  demand: (Demand & { readonly info: number }) | null = null,
): { readonly lines: Tensor; readonly parts: Lines } {
  const batch = batchOf(x);
  const count = numelOf(batch);
  const parts = new Lines(gradName, batch);
  const node = untaped(() => {
    const flat = reshape(x.detach(), [count, ...sizes(x)]);
    const made = kernelNode('decompose', { method, size }, [flat.node], x.dtype, [count, length]);
    return demand === null ? made : demanded(Tensor.at(made, null), parts, demand);
  });
  return { lines: onTape(gradName, rule === null ? null : rule(parts), [x], node), parts };
}

/** The lines, which fail where the number at `info` is not 0: what is added is 0, and known only once it was checked. */
function demanded(lines: Tensor, parts: Lines, { op, fault, info }: Demand & { readonly info: number }): Node {
  const outcome = castNode(parts.part(lines, info, []).node, 'int32');
  const attrs = { op, size: 1, negative: false, fault };
  const checked = Tensor.at(kernelNode('checkIndex', attrs, [outcome], 'int32', outcome.shape), null);
  return add(lines, reshape(toDType(checked, lines.dtype), [lines.shape[0], 1])).node;
}

function integers(x: Tensor): Tensor {
  return toDType(x.detach(), 'int32');
}

/** 1 / x, and 0 where x is 0: what has no finite derivative then has none. */
export function inverseOrZero(x: Tensor): Tensor {
  const zero = eq(x, 0);
  return where(zero, 0, reciprocal(where(zero, 1, x)));
}

export interface Lu {
  /** L below the diagonal (its own is 1) and U: (.., M, N). */
  readonly lu: Tensor;
  /** Step k swapped row k with row pivot - 1: (.., K). */
  readonly pivots: Tensor;
  /** 0, or the first step (from 1) whose pivot is 0: (..). */
  readonly info: Tensor;
}

/** L and U of a packed LU: (.., M, K) and (.., K, N). */
export function unpackLu(lu: Tensor): readonly [lower: Tensor, upper: Tensor] {
  const [m, n] = sizes(lu);
  const k = Math.min(m, n);
  const rank = lu.shape.length;
  const lower = where(onDiagonal(m, k, lu), 1, tril(sliceAt(lu, rank - 1, 0, k, 1), -1));
  return [lower, triu(sliceAt(lu, rank - 2, 0, k, 1))];
}

/** The order of `rows` rows that pivots make: (.., K) -> (.., rows), integers. */
export function orderOf(pivots: Tensor, rows: number, like: Tensor): Tensor {
  const batch = pivots.shape.slice(0, -1);
  const row = asRow(toDType(pivots.detach(), like.dtype));
  const { lines } = factor(row, { method: 'permutation', size: rows, length: rows, gradName: '' }, null);
  return reshape(integers(lines), [...batch, rows]);
}

/** P A = L U with partial pivoting. */
export function factorLu(x: Tensor, demand: Demand | null = null): Lu {
  const [m, n] = sizes(x);
  const k = Math.min(m, n);
  const info = m * n + k;
  const plan = { method: 'lu', size: 0, length: info + 1, gradName: 'LinalgLuFactorExBackward0' } as const;
  const { lines, parts } = factor(
    x,
    plan,
    (all) =>
      (grad, { output }) => {
        const lu = all.part(output(), 0, [m, n]);
        const pivots = integers(all.part(output(), m * n, [k]));
        return [luGradient(all.part(grad, 0, [m, n]), lu, pivots)];
      },
    demand === null ? null : { ...demand, info },
  );
  return {
    lu: parts.part(lines, 0, [m, n]),
    pivots: integers(parts.part(lines, m * n, [k])),
    info: integers(parts.part(lines, info, [])),
  };
}

/**
 * With A = P L U in blocks (L1 over L2, U1 beside U2, L1 and U1 square):
 * M = tril(L1^T gL1 - gU2 U2^T, -1) + triu(gU1 U1^T - L2^T gL2);
 * gA = P [L1^-T M U1^-T, L1^-T gU2; gL2 U1^-T, 0].
 */
function luGradient(grad: Tensor, lu: Tensor, pivots: Tensor): Tensor {
  const [m, n] = sizes(lu);
  const k = Math.min(m, n);
  const rank = lu.shape.length;
  const rows = (x: Tensor, from: number, to: number) => sliceAt(x, rank - 2, from, to, 1);
  const columns = (x: Tensor, from: number, to: number) => sliceAt(x, rank - 1, from, to, 1);
  const square = columns(rows(lu, 0, k), 0, k);
  const flow = columns(rows(grad, 0, k), 0, k);
  const [lower, upper] = unpackLu(square);
  let below = matmul(T(lower), tril(flow, -1));
  let above = matmul(triu(flow), T(upper));
  const gradU2 = columns(rows(grad, 0, k), k, n);
  const gradL2 = columns(rows(grad, k, m), 0, k);
  if (n > k) below = sub(below, matmul(gradU2, T(columns(rows(lu, 0, k), k, n))));
  if (m > k) above = sub(above, matmul(T(columns(rows(lu, k, m), 0, k)), gradL2));
  const byLower = (x: Tensor) => substitute(T(lower), x, { upper: true, unit: true });
  const byUpper = (x: Tensor) => T(substitute(upper, T(x), { upper: true, unit: false }));
  let result = byUpper(byLower(add(tril(below, -1), triu(above))));
  if (n > k) result = cat([result, byLower(gradU2)], -1);
  if (m > k) result = cat([result, byUpper(gradL2)], -2);
  return matmul(permutationMatrix(orderOf(pivots, m, lu), lu), result);
}

/** A = L L^T from the lower triangle of A; the gradient is symmetric, as PyTorch's. */
export function factorCholesky(x: Tensor, demand: Demand | null): { readonly lower: Tensor; readonly info: Tensor } {
  const [n] = sizes(x);
  const info = n * n;
  const plan = { method: 'cholesky', size: 0, length: info + 1, gradName: 'LinalgCholeskyExBackward0' } as const;
  const { lines, parts } = factor(
    x,
    plan,
    (all) =>
      (grad, { output }) => {
        const lower = all.part(output(), 0, [n, n]);
        const inner = matmul(T(lower), all.part(grad, 0, [n, n]));
        const phi = add(tril(inner), T(tril(inner, -1)));
        const byLower = (b: Tensor) => substitute(T(lower), b, { upper: true, unit: false });
        // L^-T phi L^-1 / 2, phi being symmetric.
        return [mul(byLower(T(byLower(phi))), 0.5)];
      },
    demand === null ? null : { ...demand, info },
  );
  return { lower: parts.part(lines, 0, [n, n]), info: integers(parts.part(lines, info, [])) };
}

/** A = Q R for at least as many rows as columns; Q has `size` columns (N, or M for a complete basis). */
export function factorQr(x: Tensor, size: number): { readonly q: Tensor; readonly r: Tensor } {
  const [m, n] = sizes(x);
  const length = m * size + size * n + n;
  const plan = { method: 'qr', size, length, gradName: 'LinalgQrBackward0' } as const;
  const { lines, parts } = factor(x, plan, (all) => (grad, { output }) => {
    if (size > n) {
      throw new AutogradError({
        op: 'linalg.qr',
        fact: `the gradient of a complete Q of matrices with ${m} rows and ${n} columns`,
        rule: 'columns beyond those of the matrix have no derivative',
        cure: "Use mode 'reduced'.",
      });
    }
    const take = (lines: Tensor) => [all.part(lines, 0, [m, n]), all.part(lines, m * n, [n, n])] as const;
    const [q, r] = take(output());
    const [gradQ, gradR] = take(grad);
    // gA = (gQ + Q sym(triu(gR R^T - Q^T gQ))) R^-T, where sym mirrors the upper triangle.
    const upper = triu(sub(matmul(gradR, T(r)), matmul(T(q), gradQ)));
    const mirrored = add(upper, T(triu(upper, 1)));
    return [T(substitute(r, T(add(gradQ, matmul(q, mirrored))), { upper: true, unit: false }))];
  });
  return { q: parts.part(lines, 0, [m, size]), r: parts.part(lines, m * size, [size, n]) };
}

/** A = V diag(values) V^T from one triangle of A; the gradient is that of symmetric changes, as PyTorch's. */
export function factorEigh(x: Tensor, upper: boolean): { readonly values: Tensor; readonly vectors: Tensor } {
  const [n] = sizes(x);
  const plan = { method: 'eigh', size: 0, length: 2 * n * n + 3 * n + 1, gradName: 'LinalgEighBackward0' } as const;
  const rule = (all: Lines): Rule => {
    return (grad, { output }) => {
      const [values, vectors] = [all.part(output(), 0, [n]), all.part(output(), n, [n, n])];
      const [gradValues, gradVectors] = [all.part(grad, 0, [n]), all.part(grad, n, [n, n])];
      // V (diag(gL) + (V^T gV) / E) V^T with E[i, j] = L[j] - L[i]; equal values turn no vector into another.
      const spread = inverseOrZero(sub(asRow(values), asColumn(values)));
      const inner = add(diagonalMatrix(gradValues), mul(matmul(T(vectors), gradVectors), spread));
      return [matmul(matmul(vectors, inner), T(vectors))];
    };
  };
  // The step on the tape is that of x, not of the mirrored triangle.
  const mirrored = untaped(() => {
    const plain = x.detach();
    return upper ? add(triu(plain), T(triu(plain, 1))) : add(tril(plain), T(tril(plain, -1)));
  });
  const { lines: off, parts } = factor(mirrored, plan, null);
  const lines = onTape(plan.gradName, rule(parts), [x], off.node);
  return { values: parts.part(lines, 0, [n]), vectors: parts.part(lines, n, [n, n]) };
}

export interface Svd {
  readonly u: Tensor;
  readonly s: Tensor;
  readonly vt: Tensor;
}

/** A = U diag(S) V^T with K = min(M, N) columns of U and rows of V^T. */
export function factorSvd(x: Tensor): Svd {
  const [m, n] = sizes(x);
  if (m < n) {
    const { u, s, vt } = factorSvd(T(x));
    return { u: T(vt), s, vt: T(u) };
  }
  const length = 2 * m * n + 2 * n * n + 2 * n;
  const plan = { method: 'svd', size: 0, length, gradName: 'LinalgSvdBackward0' } as const;
  const take = (all: Lines, lines: Tensor): Svd => ({
    u: all.part(lines, 0, [m, n]),
    s: all.part(lines, m * n, [n]),
    vt: all.part(lines, m * n + n, [n, n]),
  });
  const { lines, parts } = factor(x, plan, (all) => (grad, { output }) => [
    svdGradient(take(all, grad), take(all, output())),
  ]);
  return take(parts, lines);
}

/**
 * gA = U [(skew(U^T gU) / E) S + S (skew(V^T gV) / E) + diag(gS)] V^T + (I - U U^T) gU S^-1 V^T with skew(X) = X - X^T and
 * E[i, j] = S[j]^2 - S[i]^2; equal values turn no vector into another.
 */
function svdGradient(grad: Svd, { u, s, vt }: Svd): Tensor {
  const [m, n] = sizes(u);
  const spread = inverseOrZero(mul(sub(asRow(s), asColumn(s)), add(asRow(s), asColumn(s))));
  const turned = (x: Tensor) => mul(sub(x, T(x)), spread);
  const left = turned(matmul(T(u), grad.u));
  const right = turned(matmul(vt, T(grad.vt)));
  const inner = add(add(mul(left, asRow(s)), mul(right, asColumn(s))), diagonalMatrix(grad.s));
  let result = matmul(u, inner);
  if (m > n) {
    const scaled = mul(grad.u, asRow(inverseOrZero(s)));
    result = add(result, add(scaled, neg(matmul(u, matmul(T(u), scaled)))));
  }
  return matmul(result, vt);
}

/** A = P L D L^T P^T from the lower triangle of A, as LAPACK keeps it; not differentiable, as in PyTorch. */
export function factorLdl(x: Tensor, demand: Demand | null) {
  const [n] = sizes(x);
  const info = n * n + n;
  const plan = { method: 'ldl', size: 0, length: info + 1, gradName: '' } as const;
  const { lines, parts } = factor(x.detach(), plan, null, demand === null ? null : { ...demand, info });
  return {
    ld: parts.part(lines, 0, [n, n]),
    pivots: integers(parts.part(lines, n * n, [n])),
    info: integers(parts.part(lines, info, [])),
  };
}

/** What an LDL (.., n, n) with its pivots as column n says: unit L with all swaps, D^-1 by its diagonal and neighbours, the order. */
export function partsOfLdl(marked: Tensor) {
  const [n] = sizes(marked);
  const plan = { method: 'ldlParts', size: 0, length: n * n + 3 * n, gradName: '' } as const;
  const { lines, parts } = factor(marked, plan, null);
  return {
    lower: parts.part(lines, 0, [n, n]),
    diagonal: parts.part(lines, n * n, [n]),
    beside: parts.part(lines, n * n + n, [n]),
    order: integers(parts.part(lines, n * n + 2 * n, [n])),
  };
}
