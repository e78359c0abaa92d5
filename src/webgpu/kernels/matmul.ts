// Products of matrices on the GPU: which program suits the adapter and the shapes, and how operands are read as they lie.

import productTemplate from '../../../shaders/product.wgsl?raw';
import tiledTemplate from '../../../shaders/matmul-tiled.wgsl?raw';
import registerTemplate from '../../../shaders/matmul.wgsl?raw';
import vectorTemplate from '../../../shaders/matvec.wgsl?raw';
import { begin, type Place, type Recorder, type View, wgslType, type Word } from '../record.ts';
import type { Group } from '../schedule.ts';
import { assemble } from '../shader.ts';
import { denseCopy, viewOf } from './copy.ts';
import { epilogueOf, productOf } from './epilogue.ts';

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

function readable(recorder: Recorder, view: View): Matrix {
  const matrix = matrixOf(view);
  return lies(matrix) === null ? matrixOf(denseCopy(recorder, view)) : matrix;
}

/** What becomes of a value: stored as it is, or as an epilogue says. */
interface Finish {
  readonly hooks: Readonly<Record<string, string>>;
  readonly key: string;
  readonly parameters: readonly Word[];
  readonly buffers: readonly Place[];
  readonly access: string;
}

/** A product with the formulas fused behind it. */
export function runProduct(recorder: Recorder, group: Group): void {
  const product = productOf(group);
  const [a, b] = product.inputs.map((input) => viewOf(recorder, input));
  if (group.nodes.length === 1) return runMatmul(recorder, a, b, recorder.view(product));
  const [M, N] = [a.shape[a.shape.length - 2], b.shape[b.shape.length - 1]];
  const vector = (M === 1 || N === 1) && !recorder.adapter.single;
  // The domain leaves out dimensions of size 1.
  const sizes = product.shape.length === 3 ? product.shape : [1, ...product.shape];
  const names = vector ? (N === 1 ? ['batch', 'row', ''] : ['batch', '', 'row']) : ['batch', 'row', 'column'];
  const used = names.filter((_, dim) => sizes[dim] !== 1);
  runMatmul(recorder, a, b, null, epilogueOf(recorder, group, used));
}

/** a (B, M, K) x b (B, K, N), or without B, into out (dense), or where an epilogue says. */
export function runMatmul(recorder: Recorder, a: View, b: View, out: View | null, epilogue?: Finish): void {
  const finish = epilogue ?? { hooks: {}, key: '', parameters: [], buffers: [(out as View).place], access: 'w' };
  const start = out === null ? 0 : begin(out);
  const [M, K] = a.shape.slice(-2);
  const N = b.shape[b.shape.length - 1];
  const batches = a.shape.length === 3 ? a.shape[0] : 1;
  if (M * N * batches === 0) return;
  if (recorder.adapter.single) return runSingle(recorder, matrixOf(a), matrixOf(b), start, finish, M, K, N, batches);
  const [left, right] = [readable(recorder, a), readable(recorder, b)];
  const type = wgslType(a.dtype);
  if (N === 1 || M === 1) runMatvec(recorder, left, right, type, start, finish, M, K, N, batches);
  else runTiles(recorder, left, right, type, start, finish, M, K, N, batches);
}

/** Which program multiplies, and what it needs to know beyond the operands. */
interface TileProgram {
  readonly template: string;
  /** Rows and columns of the output that a workgroup owns. */
  readonly rows: number;
  readonly columns: number;
  readonly constants: Readonly<Record<string, number>>;
  /** The lanes of a quad hand their operands around instead of reading them again. */
  readonly exchanges: boolean;
}

/** Rows and columns of a small tile of the program in registers; a large one has twice as many. */
const smallTile = 16;
/** Fewer large tiles than this leave cores idle. */
const fewestTiles = 4;

function programFor(adapter: Recorder['adapter'], M: number, N: number, batches: number): TileProgram {
  if (!adapter.software) return { template: tiledTemplate, rows: 64, columns: 64, constants: {}, exchanges: false };
  const large = 2 * smallTile;
  const enough = Math.ceil(M / large) * Math.ceil(N / large) * batches >= fewestTiles;
  // A tile that is mostly outside costs as much as one inside.
  const tall = M > smallTile && (enough || N <= smallTile);
  const broad = N > smallTile && (enough || M <= smallTile);
  return {
    template: registerTemplate,
    rows: tall ? large : smallTile,
    columns: broad ? large : smallTile,
    constants: { tall: Number(tall), broad: Number(broad) },
    exchanges: adapter.subgroups,
  };
}

function runTiles(
  recorder: Recorder,
  a: Matrix,
  b: Matrix,
  type: 'f32' | 'i32',
  start: Word,
  finish: Finish,
  M: number,
  K: number,
  N: number,
  batches: number,
): void {
  const program = programFor(recorder.adapter, M, N, batches);
  const turnedA = lies(a) === 'columns';
  const turnedB = lies(b) === 'columns';
  const lda = turnedA ? a.columns : a.rows;
  const ldb = turnedB ? b.columns : b.rows;
  // Four at a time where every row begins at a multiple of four.
  const wide = (matrix: Matrix, stride: number) =>
    [matrix.view.place.aligned, matrix.view.offset, stride, matrix.batch].every((value) => value % 4 === 0);
  const hooks: Record<string, string> = { ELEMENT: `alias Element = ${type};`, ...finish.hooks };
  const loads = program.template === registerTemplate ? unitLoads : vectorLoads;
  if (wide(a, lda)) hooks.A_LOADS = loads('a', 1);
  if (wide(b, ldb)) hooks.B_LOADS = loads('b', 2);
  if (program.exchanges) {
    // A workgroup of four threads is one subgroup, whose lanes are numbered 0 to 3 in whatever order.
    hooks.LANE = '@builtin(subgroup_invocation_id) lane: u32,';
    hooks.EXCHANGE = ['quadSwapX', 'quadSwapY', 'quadSwapDiagonal'].map(exchange).join('\n');
  }
  const constants = { transpose_a: Number(turnedA), transpose_b: Number(turnedB), ...program.constants };
  const key = [
    'matmul',
    program.template === registerTemplate ? 'register' : 'tiled',
    type,
    ...[program.exchanges, 'A_LOADS' in hooks, 'B_LOADS' in hooks].map(Number),
    ...Object.values(constants),
    finish.key,
  ].join('|');
  const groups = Math.ceil(M / program.rows) * Math.ceil(N / program.columns) * batches;
  const parameters = [
    M,
    N,
    K,
    batches,
    begin(a.view),
    begin(b.view),
    start,
    a.batch,
    b.batch,
    lda,
    ldb,
    ...finish.parameters,
  ];
  // Directives stand before all declarations.
  const directives = program.exchanges ? 'enable subgroups;\n' : '';
  const source = () => directives + assemble(program.template, hooks);
  const buffers = [a.view.place, b.view.place, ...finish.buffers];
  recorder.runGroups({ key, source, access: `rr${finish.access}`, parameters, buffers, constants }, groups);
}

/** The rows that lane ^ (index + 1) has read, by the builtin that swaps them. */
function exchange(swap: string, index: number): string {
  const rows = [0, 1, 2, 3].map((row) => `${swap}(own.r${row})`);
  return `let lane${index + 1} = Block(${rows.join(', ')});`;
}

/** Loads by vectors where load4 takes the number of a vector: shifts are slow on software adapters. */
function unitLoads(name: string, binding: number): string {
  return [
    `@group(0) @binding(${binding}) var<storage, read> ${name}: array<vec4<Element>>;`,
    `const unit_${name} = 4u;`,
    `fn load_${name}(i: u32) -> Element { return ${name}[i >> 2u][i & 3u]; }`,
    `fn load_${name}4(i: u32) -> Element4 { return ${name}[i]; }`,
  ].join('\n');
}

/** Loads by vectors where load4 takes the number of an element. */
function vectorLoads(name: string, binding: number): string {
  return [
    `@group(0) @binding(${binding}) var<storage, read> ${name}: array<vec4<Element>>;`,
    `fn load_${name}(i: u32) -> Element { return ${name}[i >> 2u][i & 3u]; }`,
    `fn load_${name}4(i: u32) -> Element4 { return ${name}[i >> 2u]; }`,
  ].join('\n');
}

/** M = 1 or N = 1: out[r] = sum over k of matrix[r, k] * vector[k]. */
function runMatvec(
  recorder: Recorder,
  a: Matrix,
  b: Matrix,
  type: 'f32' | 'i32',
  start: Word,
  finish: Finish,
  M: number,
  K: number,
  N: number,
  batches: number,
): void {
  const [matrix, vector] = N === 1 ? [a, b] : [b, a];
  const rows = N === 1 ? M : N;
  const [strideRow, strideK] = N === 1 ? [matrix.rows, matrix.columns] : [matrix.columns, matrix.rows];
  const strideVector = N === 1 ? vector.rows : vector.columns;
  const [outputs, lanes] = recorder.software ? [64, 1] : strideK === 1 ? [1, 64] : [32, 8];
  const groups = Math.ceil(rows / outputs);
  const parameters = [
    rows,
    K,
    batches,
    begin(matrix.view),
    begin(vector.view),
    start,
    matrix.batch,
    vector.batch,
    strideRow,
    strideK,
    strideVector,
    ...finish.parameters,
  ];
  const source = () => assemble(vectorTemplate, { ELEMENT: `alias Element = ${type};`, ...finish.hooks });
  const buffers = [matrix.view.place, vector.view.place, ...finish.buffers];
  const key = `matvec|${type}|${outputs}|${lanes}|${finish.key}`;
  const constants = { outputs, lanes };
  const depth = Math.min(batches, 65_535);
  recorder.runGroups({ key, source, access: `rr${finish.access}`, parameters, buffers, constants }, groups, depth);
}

/** One value a thread, for a stage of a small step. */
function runSingle(
  recorder: Recorder,
  a: Matrix,
  b: Matrix,
  start: Word,
  finish: Finish,
  M: number,
  K: number,
  N: number,
  batches: number,
): void {
  const type = wgslType(a.view.dtype);
  const parameters = [
    M,
    N,
    K,
    batches,
    begin(a.view),
    begin(b.view),
    start,
    a.batch,
    b.batch,
    a.rows,
    a.columns,
    b.rows,
    b.columns,
    ...finish.parameters,
  ];
  const source = () => assemble(productTemplate, { ELEMENT: `alias Element = ${type};`, ...finish.hooks });
  const buffers = [a.view.place, b.view.place, ...finish.buffers];
  const key = `product|${type}|${finish.key}`;
  recorder.run({ key, source, access: `rr${finish.access}`, parameters, buffers }, M * N * batches);
}
