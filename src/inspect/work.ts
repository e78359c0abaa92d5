// What the operations of a graph cost: the elements that they touch and the floating-point operations that they need. Pure
// arithmetic on shapes, for profiles and plans; the devices add how their kernels divide it.

import { type DType, isFloat } from '../dtype.ts';
import { foreachOf, type Node } from '../core/graph.ts';
import type { KernelAttrs, KernelOp } from '../core/op.ts';
import type { PlannedBuffer, PlannedKernel, Work } from '../core/report.ts';
import { formatShape, numelOf, type Shape } from '../shape.ts';

/** How many different elements are read through strides: those of dimensions that broadcast count once. */
export function touched(shape: Shape, strides: Shape): number {
  if (numelOf(shape) === 0) return 0;
  return shape.reduce((count, size, dim) => (strides[dim] === 0 ? count : count * size), 1);
}

function attrsOf<K extends KernelOp['name']>(node: Node, name: K): KernelAttrs[K] | null {
  return node.op.kind === 'kernel' && node.op.name === name ? (node.op.attrs as KernelAttrs[K]) : null;
}

/** Whether a formula computes with floats, rather than compare, choose, copy or convert. */
function computes(node: Node): boolean {
  if (node.op.kind !== 'pointwise' || node.op.test) return false;
  const { name, wgsl } = node.op;
  return name !== 'to' && name !== 'where' && wgsl.float !== 'a' && node.inputs.some(({ dtype }) => isFloat(dtype));
}

/** Arithmetic in the text of a formula: operators between values, and the functions that compute. */
const arithmetic = /[\w)\]] [-+*/] |[-+*/]= |\b(?:sqrt|wg_\w+|max|min|abs)\(/g;

/** A formula over columns of tensors: its name, the elements of each column, and the operations for one; else null. */
export function foreachWork(
  node: Node,
): { readonly name: string; readonly elements: number; readonly flops: number } | null {
  const attrs = foreachOf(node);
  if (attrs === null) return null;
  const { rule, count } = attrs;
  const elements = (node.outputs ?? []).slice(0, count).reduce((sum, one) => sum + numelOf(one.shape), 0);
  return { name: rule.name, elements, flops: rule.wgsl.match(arithmetic)?.length ?? 0 };
}

/** Floating-point operations of a node. */
export function flopsOf(node: Node): number {
  const { op, shape, inputs } = node;
  if (op.kind === 'pointwise') return computes(node) ? numelOf(shape) : 0;
  if (op.kind !== 'kernel' || !isFloat((node.outputs?.[0] ?? node).dtype)) return 0;
  const list = foreachWork(node);
  if (list !== null) return list.flops * list.elements;
  switch (op.name) {
    case 'matmul':
      return 2 * numelOf(shape) * (inputs[0].shape.at(-1) ?? 1);
    case 'contract': {
      const { batch, rows } = (op as KernelOp<'contract'>).attrs;
      return 2 * numelOf(shape) * numelOf(inputs[0].shape.slice(batch + rows));
    }
    case 'solveTriangular':
      return numelOf(shape) * (inputs[0].shape.at(-1) ?? 1);
    case 'decompose':
      return decompositionFlops(node);
    case 'reduce':
    case 'scan':
      return numelOf(inputs[0].shape);
    case 'scatter':
      return attrsOf(node, 'scatter')?.mode !== 'set' ? numelOf(inputs[2].shape) : 0;
    default:
      return 0;
  }
}

/** Sweeps over all pairs that Jacobi's rotations take, about. */
const usualSweeps = 8;

/** Operations of a factorisation of matrices m x n, by their leading terms (Golub and Van Loan); sweeps are a guess. */
function decompositionFlops(node: Node): number {
  const [batches, m, n] = node.inputs[0].shape;
  const k = Math.min(m, n);
  switch (attrsOf(node, 'decompose')?.method) {
    case 'lu':
      return batches * (2 * m * n * k - (m + n) * k * k + (2 * k ** 3) / 3);
    case 'cholesky':
      return (batches * n ** 3) / 3;
    case 'qr':
      return batches * 4 * (m * n * n - n ** 3 / 3);
    case 'eigh':
      return batches * usualSweeps * 9 * n ** 3;
    case 'svd':
      return batches * usualSweeps * (n * n - n) * (6 * m + 3 * n);
    default:
      return 0;
  }
}

/** Elements that a node reads of its input `index`, and so moves at least. */
export function elementsRead(node: Node, index: number): number {
  const input = node.inputs[index];
  if (input.root.op.kind === 'scalar') return 0;
  const count = Math.min(touched(input.shape, input.strides), numelOf(input.root.shape));
  // Of what it picks from, a gather reads no more elements than it makes.
  return attrsOf(node, 'gather') !== null && index === 0 ? Math.min(count, numelOf(node.shape)) : count;
}

/** Elements that a node writes. */
export function elementsWritten(node: Node): number {
  const list = foreachOf(node);
  // Columns that are only read may be handed on, as they are.
  const outputs = node.outputs?.slice(0, list === null ? undefined : list.count * list.rule.written.length);
  return (outputs ?? [node]).reduce((sum, one) => sum + numelOf(one.shape), 0);
}

/** The index space of a node, for people. */
export function sizesOf(node: Node): string {
  if (attrsOf(node, 'matmul') !== null || attrsOf(node, 'contract') !== null)
    return node.inputs.map(({ shape }) => formatShape(shape)).join(' x ');
  if (attrsOf(node, 'reduce') !== null || attrsOf(node, 'scan') !== null) return formatShape(node.inputs[0].shape);
  const list = foreachWork(node);
  return formatShape(list === null ? node.shape : [list.elements]);
}

/** Bytes of elements on the host. */
export function bytesOf(dtype: DType, elements: number): number {
  return elements * (dtype === 'float64' ? 8 : dtype === 'float32' || dtype === 'int32' ? 4 : 1);
}

/** A node as a kernel of its own: what the CPU device runs. */
export function describeNode(node: Node): { kernel: string; ops: string; sizes: string; work: Work } {
  const read = node.inputs.reduce((sum, input, at) => sum + bytesOf(input.dtype, elementsRead(node, at)), 0);
  const written = bytesOf((node.outputs?.[0] ?? node).dtype, elementsWritten(node));
  const { name } = node.op;
  return {
    kernel: name,
    ops: foreachOf(node)?.rule.name ?? name,
    sizes: sizesOf(node),
    work: { read, written, flops: flopsOf(node) },
  };
}

/** The same as a part of a plan. */
export function planNode(node: Node, inPlace: boolean): PlannedKernel {
  const inputs = node.inputs.filter(({ root }) => root.op.kind !== 'scalar');
  const bufferOf = (one: Node, access: PlannedBuffer['access']): PlannedBuffer => ({
    name: `value ${one.root.id}`,
    values: [{ op: one.root.op.name, shape: one.shape, dtype: one.dtype }],
    access,
    bytes: bytesOf(one.dtype, numelOf(one.shape)),
  });
  const written = (node.outputs ?? [node]).map((one) => bufferOf(one, inPlace ? 'update' : 'write'));
  const buffers = [...inputs.map((one) => bufferOf(one, 'read')), ...written];
  return { ...describeNode(node), groups: null, buffers, wgsl: null };
}
