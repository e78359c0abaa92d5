// Products of matrices on the GPU: which program suits the adapter and the shapes, and how operands are read as they lie.

import tiledTemplate from '../../../shaders/matmul-tiled.wgsl?raw';
import registerTemplate from '../../../shaders/matmul.wgsl?raw';
import vectorTemplate from '../../../shaders/matvec.wgsl?raw';
import { type Machine, type View, wgslType } from '../machine.ts';
import { assemble } from '../shader.ts';
import { denseCopy } from './pointwise.ts';

/** A matrix operand with batches: element (b, row, column) at offset + b * batch + row * rows + column * columns. */
interface Matrix {
  readonly view: View;
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
}

function matrixOf(view: View): Matrix {
  const [rows, columns] = view.strides.slice(-2);
  return { view, batch: view.shape.length === 3 && view.shape[0] > 1 ? view.strides[0] : 0, rows, columns };
}

/** Whether a matrix lies in rows (or, transposed, in columns) without gaps inside them. */
function lies(matrix: Matrix): 'rows' | 'columns' | null {
  const [height, width] = matrix.view.shape.slice(-2);
  if (matrix.columns === 1 || width === 1) return 'rows';
  return matrix.rows === 1 || height === 1 ? 'columns' : null;
}

function readable(machine: Machine, view: View): Matrix {
  const matrix = matrixOf(view);
  return lies(matrix) === null ? matrixOf(denseCopy(machine, 'matmul', view)) : matrix;
}

/** a (B, M, K) x b (B, K, N), or without B, into out (dense). */
export function runMatmul(machine: Machine, a: View, b: View, out: View): void {
  const [M, K] = a.shape.slice(-2);
  const N = b.shape[b.shape.length - 1];
  const batches = a.shape.length === 3 ? a.shape[0] : 1;
  if (M * N * batches === 0) return;
  const [left, right] = [readable(machine, a), readable(machine, b)];
  if (N === 1 || M === 1) runMatvec(machine, left, right, out, M, K, N, batches);
  else runTiles(machine, left, right, out, M, K, N, batches);
}

/** Tiles of the two programs: rows and columns of the output that a workgroup owns. */
const tiles = { register: [64, 32], tiled: [64, 64] } as const;

function runTiles(
  machine: Machine,
  a: Matrix,
  b: Matrix,
  out: View,
  M: number,
  K: number,
  N: number,
  batches: number,
): void {
  const kind = machine.software ? 'register' : 'tiled';
  const turnedA = lies(a) === 'columns';
  const turnedB = lies(b) === 'columns';
  const lda = turnedA ? a.columns : a.rows;
  const ldb = turnedB ? b.columns : b.rows;
  const type = wgslType(out.dtype);
  // Four at a time where every row begins at a multiple of four.
  const wide = (matrix: Matrix, stride: number) =>
    [matrix.view.offset, stride, matrix.batch].every((value) => value % 4 === 0);
  const loads = {
    A_LOADS: wide(a, lda) ? vectorLoads('a', 1) : undefined,
    B_LOADS: wide(b, ldb) ? vectorLoads('b', 2) : undefined,
  };
  const hooks = Object.fromEntries(
    Object.entries({ ELEMENT: `alias Element = ${type};`, ...loads }).filter(([, text]) => text !== undefined),
  ) as Record<string, string>;
  const key = [
    'matmul',
    kind,
    type,
    Number('A_LOADS' in hooks),
    Number('B_LOADS' in hooks),
    Number(turnedA),
    Number(turnedB),
  ].join('|');
  const [rows, columns] = tiles[kind];
  const groups = Math.ceil(M / rows) * Math.ceil(N / columns) * batches;
  const parameters = [M, N, K, batches, a.view.offset, b.view.offset, out.offset, a.batch, b.batch, lda, ldb];
  const source = () => assemble(kind === 'register' ? registerTemplate : tiledTemplate, hooks);
  const constants = { transpose_a: Number(turnedA), transpose_b: Number(turnedB) };
  const buffers = [a.view.buffer, b.view.buffer, out.buffer];
  machine.runGroups({ key, source, access: 'rrw', parameters, buffers, constants }, groups);
}

function vectorLoads(name: string, binding: number): string {
  return [
    `@group(0) @binding(${binding}) var<storage, read> ${name}: array<vec4<Element>>;`,
    `fn load_${name}(i: u32) -> Element { return ${name}[i >> 2u][i & 3u]; }`,
    `fn load_${name}4(i: u32) -> Element4 { return ${name}[i >> 2u]; }`,
  ].join('\n');
}

/** M = 1 or N = 1: out[r] = sum over k of matrix[r, k] * vector[k]. */
function runMatvec(
  machine: Machine,
  a: Matrix,
  b: Matrix,
  out: View,
  M: number,
  K: number,
  N: number,
  batches: number,
): void {
  const type = wgslType(out.dtype);
  const [matrix, vector] = N === 1 ? [a, b] : [b, a];
  const rows = N === 1 ? M : N;
  const [strideRow, strideK] = N === 1 ? [matrix.rows, matrix.columns] : [matrix.columns, matrix.rows];
  const strideVector = N === 1 ? vector.rows : vector.columns;
  const [outputs, lanes] = machine.software ? [64, 1] : strideK === 1 ? [1, 64] : [32, 8];
  const groups = Math.ceil(rows / outputs);
  const parameters = [
    rows,
    K,
    batches,
    matrix.view.offset,
    vector.view.offset,
    out.offset,
    matrix.batch,
    vector.batch,
    strideRow,
    strideK,
    strideVector,
  ];
  const source = () => assemble(vectorTemplate, { ELEMENT: `alias Element = ${type};` });
  const buffers = [matrix.view.buffer, vector.view.buffer, out.buffer];
  const key = `matvec|${type}|${outputs}|${lanes}`;
  const constants = { outputs, lanes };
  const depth = Math.min(batches, 65_535);
  machine.runGroups({ key, source, access: 'rrw', parameters, buffers, constants }, groups, depth);
}
