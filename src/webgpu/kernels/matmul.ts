// Products of matrices on the GPU: how operands are read as they lie, what each program must be told, and the second run of
// a sum in parts. Which program suits is matmul-choice.ts.

import productTemplate from '../../../shaders/product.wgsl?raw';
import { begin, type Recorder, type View, wgslType } from '../record.ts';
import type { Kernel } from '../schedule.ts';
import { assemble } from '../shader.ts';
import { denseCopy, viewOf } from './copy.ts';
import { epilogueOf, type Finish, type FinishFrom, productOf, storedIn } from './epilogue.ts';
import { chooseMatmul, groupsOf } from './matmul-choice.ts';
import { type RegisterVariant, type TileVariant, type VectorVariant } from './matmul-variants.ts';
import { addParts } from './sum-parts.ts';
import { quadHooks } from './quad.ts';

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

/** Whether values that are stored as they are go to consecutive elements of which every fourth begins a vector of the buffer. */
function inFours({ hooks, start }: Finish, columns: number): boolean {
  if (hooks.STORE !== undefined || typeof start === 'number') return false;
  return 'base' in start && [start.base.aligned, start.plus, columns].every((value) => value % 4 === 0);
}

/** (B, M, K) x (B, K, N), or without B. */
interface Product {
  readonly a: Matrix;
  readonly b: Matrix;
  readonly type: 'f32' | 'i32';
  readonly M: number;
  readonly K: number;
  readonly N: number;
  readonly batches: number;
}

/** A matrix product with the formulas fused behind it. */
export function runProduct(recorder: Recorder, kernel: Kernel): void {
  const product = productOf(kernel);
  const [a, b] = product.inputs.map((input) => viewOf(recorder, input));
  if (kernel.nodes.length === 1) return runMatmul(recorder, a, b, recorder.view(product));
  const [M, N] = [a.shape[a.shape.length - 2], b.shape[b.shape.length - 1]];
  const vector = (M === 1 || N === 1) && !recorder.adapter.single;
  // The domain leaves out dimensions of size 1.
  const sizes = product.shape.length === 3 ? product.shape : [1, ...product.shape];
  const names = vector ? (N === 1 ? ['batch', 'row', ''] : ['batch', '', 'row']) : ['batch', 'row', 'column'];
  const used = names.filter((_, dim) => sizes[dim] !== 1);
  runWith(recorder, a, b, (firstBinding) => epilogueOf(recorder, kernel, used, firstBinding));
}

/** a (B, M, K) x b (B, K, N), or without B, into out (dense). */
export function runMatmul(recorder: Recorder, a: View, b: View, out: View): void {
  runWith(recorder, a, b, () => storedIn(out));
}

/** The number of the first output's binding in the programs with two operands. */
const behindOperands = 3;

function runWith(recorder: Recorder, aView: View, bView: View, finishFrom: FinishFrom): void {
  const [M, K] = aView.shape.slice(-2);
  const N = bView.shape[bView.shape.length - 1];
  const batches = aView.shape.length === 3 ? aView.shape[0] : 1;
  if (M * N * batches === 0) return;
  const sizes = { type: wgslType(aView.dtype), M, K, N, batches };
  if (recorder.adapter.single) {
    runSingle(recorder, { a: matrixOf(aView), b: matrixOf(bView), ...sizes }, finishFrom(behindOperands));
    return;
  }
  const product: Product = { a: readable(recorder, aView), b: readable(recorder, bView), ...sizes };
  const shape = { form: formOf(product), M, K, N, batches };
  const { adapter } = recorder;
  const variant = chooseMatmul(shape, adapter.products, adapter.bindingBytes);
  // Parts have the same number of terms, but for the last; a tile begins a turn at the first term of its part.
  const grain = variant.kind === 'tiles' ? variant.depth : 1;
  const span = Math.max(Math.ceil(K / variant.parts / grain), 1) * grain;
  const parts = Math.max(Math.ceil(K / span), 1);
  const count = M * N * batches;
  const target = parts === 1 ? null : recorder.scratch(parts * count, aView.dtype);
  const partials = target && recorder.denseView(target, [parts, count], aView.dtype);
  const finish = partials === null ? finishFrom(behindOperands) : { ...storedIn(partials), key: 'parts' };
  const sums = { span, slices: parts * batches };
  const { label } = recorder;
  if (parts > 1) recorder.label = `matmul, k in ${parts} parts`;
  if (variant.kind === 'vector') runVector(recorder, product, variant, sums, finish);
  else runTiles(recorder, product, variant, sums, finish);
  recorder.label = label;
  if (partials !== null) {
    // With a vector the results are rows, whichever side it is on.
    const [rows, columns] = M === 1 ? [N, 1] : [M, N];
    addParts(recorder, partials, { rows, columns }, finishFrom);
  }
}

/** Which way the matrix of a product with a vector lies. */
function formOf({ a, b, M, N }: Product): 'matrices' | 'line' | 'columns' {
  if (N === 1) return a.columns === 1 || a.view.shape[a.view.shape.length - 1] === 1 ? 'line' : 'columns';
  if (M === 1) return b.rows === 1 || b.view.shape[b.view.shape.length - 2] === 1 ? 'line' : 'columns';
  return 'matrices';
}

/** How the sums are cut: terms of a part, and parts of all batches together. */
interface Sums {
  readonly span: number;
  readonly slices: number;
}

function runTiles(
  recorder: Recorder,
  { a, b, type, M, K, N, batches }: Product,
  variant: TileVariant | RegisterVariant,
  sums: Sums,
  finish: Finish,
): void {
  const inRegisters = variant.kind === 'registers';
  const turnedA = lies(a) === 'columns';
  const turnedB = lies(b) === 'columns';
  const lda = turnedA ? a.columns : a.rows;
  const ldb = turnedB ? b.columns : b.rows;
  // Four at a time where every row begins at a multiple of four.
  const wide = (matrix: Matrix, stride: number) =>
    [matrix.view.place.aligned, matrix.view.offset, stride, matrix.batch].every((value) => value % 4 === 0);
  const hooks: Record<string, string> = { ELEMENT: `alias Element = ${type};`, ...finish.hooks };
  const loads = inRegisters ? unitLoads : vectorLoads;
  if (wide(a, lda)) hooks.A_LOADS = loads('a', 1);
  if (wide(b, ldb)) hooks.B_LOADS = loads('b', 2);
  const fours = !inRegisters && inFours(finish, N);
  if (fours) Object.assign(hooks, storesOfFours);
  // The lanes of a quad hand their operands around instead of reading them again.
  const exchanges = inRegisters && recorder.adapter.subgroups;
  if (exchanges) Object.assign(hooks, quadHooks(4));
  const constants = { transpose_a: Number(turnedA), transpose_b: Number(turnedB), ...constantsOf(variant, K) };
  const key = [
    'matmul',
    variant.name,
    type,
    ...[exchanges, 'A_LOADS' in hooks, 'B_LOADS' in hooks, fours].map(Number),
    ...Object.values(constants),
    finish.key,
  ].join('|');
  const parameters = [
    M,
    N,
    K,
    batches,
    ...(inRegisters ? [] : [sums.slices, sums.span]),
    begin(a.view),
    begin(b.view),
    finish.start,
    a.batch,
    b.batch,
    lda,
    ldb,
    ...finish.parameters,
  ];
  // Directives stand before all declarations.
  const directives = exchanges ? 'enable subgroups;\n' : '';
  const source = () => directives + assemble(variant.template, hooks);
  const buffers = [a.view.place, b.view.place, ...finish.buffers];
  const groups = groupsOf(variant, { M, N, batches: sums.slices });
  recorder.runGroups({ key, source, access: `rr${finish.access}`, parameters, buffers, constants }, groups);
}

function constantsOf(variant: TileVariant | RegisterVariant, K: number): Record<string, number> {
  if (variant.kind === 'registers')
    return { tall: Number(variant.tall), broad: Number(variant.broad), rest: Number(K % 4 !== 0) };
  const { down, across, tall, broad, depth, stages } = variant;
  return { down, across, tall, broad, depth, stages };
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

/** Four values of a row at a time, where nothing else is done with them. */
const storesOfFours = {
  OUTPUTS: '@group(0) @binding(3) var<storage, read_write> out: array<vec4<Element>>;',
  // Rows are multiples of four: no value is stored alone.
  STORE: 'out[index >> 2u][index & 3u] = value;',
  STORE_ROW: 'out[index >> 2u] = values;',
};

/** M = 1 or N = 1: out[r] = sum over k of matrix[r, k] * vector[k]. */
function runVector(
  recorder: Recorder,
  { a, b, type, M, K, N, batches }: Product,
  variant: VectorVariant,
  { span, slices }: Sums,
  finish: Finish,
): void {
  const [matrix, vector] = N === 1 ? [a, b] : [b, a];
  const rows = N === 1 ? M : N;
  const [strideRow, strideK] = N === 1 ? [matrix.rows, matrix.columns] : [matrix.columns, matrix.rows];
  const strideVector = N === 1 ? vector.rows : vector.columns;
  const { outputs, lanes } = variant;
  const parameters = [
    rows,
    K,
    batches,
    slices,
    span,
    begin(matrix.view),
    begin(vector.view),
    finish.start,
    matrix.batch,
    vector.batch,
    strideRow,
    strideK,
    strideVector,
    ...finish.parameters,
  ];
  const source = () => assemble(variant.template, { ELEMENT: `alias Element = ${type};`, ...finish.hooks });
  const buffers = [matrix.view.place, vector.view.place, ...finish.buffers];
  const key = `matvec|${type}|${variant.name}|${finish.key}`;
  const constants = { outputs, lanes };
  const groups = groupsOf(variant, { M, N, batches: 1 });
  const depth = Math.min(slices, 65_535);
  recorder.runGroups({ key, source, access: `rr${finish.access}`, parameters, buffers, constants }, groups, depth);
}

/** One value a thread, for a stage of a small step. */
function runSingle(recorder: Recorder, { a, b, type, M, K, N, batches }: Product, finish: Finish): void {
  const parameters = [
    M,
    N,
    K,
    batches,
    begin(a.view),
    begin(b.view),
    finish.start,
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
