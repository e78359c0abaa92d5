// The kinds of operations: formulas per element, views, leaves, and the kernels with what each is told. Knows no node.

import { type DType, isFloat } from '../dtype.ts';
import type { Layout, Shape } from '../shape.ts';

/** How an element type is computed: floats, integers and booleans may each need their own formula. */
export type Arithmetic = 'float' | 'int' | 'bool';

/** Which formula computes a dtype. */
export function arithmeticOf(dtype: DType): Arithmetic {
  return isFloat(dtype) ? 'float' : dtype === 'bool' ? 'bool' : 'int';
}

export type ScalarFunction = (a: number, b: number, c: number) => number;

/** One formula per element of its (broadcast) inputs `a`, `b`, `c`. */
export interface PointwiseOp {
  readonly kind: 'pointwise';
  readonly name: string;
  /** The formula in JavaScript, for the CPU device: numbers in, number out; booleans are 0 and 1. */
  readonly cpu: { readonly [A in Arithmetic]?: ScalarFunction };
  /** The formula in WGSL over `a`, `b`, `c`; comparisons yield a WGSL bool. */
  readonly wgsl: { readonly [A in Arithmetic]?: string };
  /** The formula yields a truth value: 0 or 1 on the CPU, a WGSL bool on the GPU. */
  readonly test: boolean;
}

/**
 * One formula over columns of tensors (parameters, gradients, momentum ..), element by element, with several results. Tensor k
 * of every column has the same layout; one kernel walks all of them.
 */
export interface ListRule<Column extends string = string, Name extends string = string> {
  /** Says all that the formula depends on. */
  readonly name: string;
  /** The columns that it writes over, and those that it only reads: they may be moved, to where the kernel walks them best. */
  readonly written: readonly Column[];
  readonly read: readonly Column[];
  /** What it writes does not depend on what was there: the written columns are no inputs. */
  readonly fresh: boolean;
  /** Its numbers, by name. */
  readonly numbers: readonly Name[];
  /** On the host: told the numbers, a function that works on the values of one element, written columns first. */
  readonly cpu: (numbers: ArrayLike<number>) => (values: Float64Array) => void;
  /** Statements over the columns (variables, vec4f) and the numbers (f32), under their names. */
  readonly wgsl: string;
}

/** How each tensor of a list becomes one number: elements `a` are measured, joined, and the total finished; `p` is a number. */
export interface ListReduction {
  readonly name: string;
  /** NaN wins in all three. */
  readonly join: 'sum' | 'max' | 'min';
  readonly cpu: {
    readonly measure: (a: number, p: number) => number;
    readonly finish: (total: number, p: number) => number;
  };
  /** Bodies of functions of `a` and `p`: of a vec4f, and of the total, a f32. */
  readonly wgsl: { readonly measure: string; readonly finish: string };
}

/** Another layout over the buffer of its input; never runs. */
export interface ViewOp {
  readonly kind: 'view';
  readonly name: string;
}

/** A value that exists on the host: `node.host` holds it. */
export interface LeafOp {
  readonly kind: 'leaf';
  readonly name: 'leaf';
}

/** A number of the user's in a formula: data (`node.number`), never part of a program. */
export interface ScalarOp {
  readonly kind: 'scalar';
  readonly name: 'scalar';
}

/** Result `attrs.index` of a kernel with several results, which is its only input. */
export interface OutputOp {
  readonly kind: 'output';
  /** That of the kernel. */
  readonly name: string;
}

/** The kernels and what each is told besides its inputs. Both devices must have every one. */
export interface KernelAttrs {
  /** () -> shape: every element `node.inputs[0]` (a scalar). */
  fill: Record<string, never>;
  /** x -> x without `dims` (sorted). 'argmax' / 'argmin' count positions over the reduced dimensions in C order. */
  reduce: { readonly fn: ReduceFn; readonly dims: readonly number[] };
  /** x -> running sum, product or log of the sum of exponentials along dimension `dim`. */
  scan: { readonly fn: 'sum' | 'prod' | 'logsumexp'; readonly dim: number };
  /** x -> position of the extremum of the elements so far along `dim`: the last of ties, and NaN before all. */
  scanExtreme: { readonly fn: 'max' | 'min'; readonly dim: number };
  /** x -> positions along `dim` in the order of their elements, the first `keep`. NaN is the largest; ties keep their order. */
  argsort: { readonly dim: number; readonly descending: boolean; readonly keep: number };
  /** sorted (L, N), values (L, M) -> how many of row l lie before each value; with `right` not behind it. NaN is the largest. */
  search: { readonly right: boolean };
  /** (B, M, K) x (B, K, N) -> (B, M, N). */
  matmul: Record<string, never>;
  /** (b.., m.., k..) x (b.., k.., n..)[, bias (b.., m..)] -> sums over k.., each to its place in a dense result. */
  contract: ContractAttrs;
  /** x (O, D, I), index (O, J, I) -> x[o, index[o, j, i], i]. */
  gather: { readonly op: string };
  /** x (O, D, I), index (O, J, I), source (O, J, I) -> x with source written at index, or joined with what is there; j runs in order. */
  scatter: { readonly op: string; readonly mode: ScatterMode };
  /** index -> index, negative ones counted from the end; one outside 0..size-1 is an error of `op`, of the kind `fault`. */
  checkIndex: { readonly op: string; readonly size: number; readonly negative: boolean; readonly fault: Fault };
  /** x (B, M, N) -> (B, line): what `method` finds of each matrix, in one line of numbers (src/ops/linalg/factors.ts). */
  decompose: { readonly method: Decomposition; readonly size: number };
  /** A (B, N, N), triangular, and B (B, N, K) -> A^-1 B. `unit`: the diagonal is taken as 1. */
  solveTriangular: { readonly upper: boolean; readonly unit: boolean };
  /** base, value -> base with the elements of `region` (a layout over base's buffer) replaced by value. */
  write: { readonly region: Layout };
  /** inputs -> their elements side by side along `dim`. */
  cat: { readonly dim: number };
  /** (seed low, seed high, offset) -> uniform [0, 1) float32, one Philox4x32-10 draw per element. */
  philox: Record<string, never>;
  /** The columns of the rule, `count` tensors each, written ones first; its numbers -> the columns after it. */
  foreach: { readonly rule: ListRule; readonly count: number };
  /** `count` tensors; p -> (count): one number a tensor. */
  foreachReduce: { readonly reduction: ListReduction; readonly count: number };
}

/** What an integer that is not in its range says: it is an index; or it counts where a factorisation failed, at a pivot of 0
 * or at a leading minor that is not positive. */
export type Fault = 'index' | 'singular' | 'indefinite';

/**
 * What is found of a matrix M x N, and the line that holds it (K = min(M, N)): lu: LU, K pivots, info; cholesky: L, info; qr (M >= N):
 * Q (M x size), R (size x N); eigh: values, V; svd (M >= N): U (M x N), S, V^T; permutation (M = 1, pivots): an order of
 * `size` rows; ldl: LD, K pivots, info; ldlParts (N = M + 1: LD and a column of pivots): L, the diagonal of D^-1 and what stands
 * beside it, an order of rows. What follows in a line is room to work in.
 */
export type Decomposition = 'lu' | 'cholesky' | 'qr' | 'eigh' | 'svd' | 'permutation' | 'ldl' | 'ldlParts';

/**
 * A sum of products over groups of dimensions: batch b.., rows m.., inner k.. and columns n.., several each. The operands are
 * read by any strides, so that windows of a tensor are never stored: a convolution is one of these.
 */
export interface ContractAttrs {
  /** Dimensions in the groups b.. and m.. . */
  readonly batch: number;
  readonly rows: number;
  /** Strides over (b.., m.., n..) into the result: a bijection. */
  readonly strides: readonly number[];
}

/**
 * What a scattered value does with the one that is there: takes its place (by 'place' where no index of a line occurs twice),
 * or is added, multiplied, or compared with it (NaN wins).
 */
export type ScatterMode = 'set' | 'place' | 'add' | 'mul' | 'max' | 'min';
export type ReduceFn = 'sum' | 'prod' | 'max' | 'min' | 'argmax' | 'argmin' | 'any' | 'all';
export type KernelName = keyof KernelAttrs;

/** A computation with loops of its own. */
export interface KernelOp<K extends KernelName = KernelName> {
  readonly kind: 'kernel';
  readonly name: K;
  readonly attrs: KernelAttrs[K];
  /** Its results, for a kernel with several; each is an `output` node. */
  readonly outputs?: readonly { readonly shape: Shape; readonly strides?: Shape; readonly dtype: DType }[];
}

export type Op = PointwiseOp | ViewOp | LeafOp | ScalarOp | OutputOp | KernelOp;
