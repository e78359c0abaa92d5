// How an operation becomes a node and, where gradients are wanted, a step of the tape: promotion, broadcasting, devices.
// The rows that use it are in the neighbouring files; nothing here knows one of them by name.

import { type DType, dtypeOfScalar, isFloat, promote, type TypedArray } from '../dtype.ts';
import { ArgumentError, DeviceError, DTypeError } from '../errors.ts';
import { type Device, makeNode, makeScalar, type Node } from '../core/graph.ts';
import {
  type Arithmetic,
  arithmeticOf,
  type KernelAttrs,
  type KernelName,
  type KernelOp,
  type PointwiseOp,
  type ScalarFunction,
} from '../core/op.ts';
import { broadcastShapes, type Layout, placesInOrder, pointwiseStrides, type Shape } from '../shape.ts';
import type { Operand } from '../core/signature.ts';
import { isGradEnabled, switchGrad } from '../core/mode.ts';
import { GradFn, type Rule, Tensor } from '../core/tensor.ts';

/** A row of the pointwise table: the formula on both devices, the dtype rule, the gradient. */
export interface PointwiseRow extends PointwiseOp {
  /** 'same': the promoted dtype; 'float': integers become float32; 'test': bool. */
  readonly result: 'same' | 'float' | 'test';
  /** The first operand is a condition: it keeps its dtype and takes no part in the promotion. */
  readonly mask: boolean;
  readonly gradName: string;
  readonly backward: Rule | null;
}

/** `add` -> `AddBackward0`, as PyTorch names the steps of its tape. */
export function gradNameOf(name: string): string {
  return `${name[0].toUpperCase()}${name.slice(1)}Backward0`;
}

function pointwiseOp(
  name: string,
  float: string,
  int: string,
  bool: string,
  cpu: ScalarFunction,
  test = false,
): PointwiseOp {
  return { kind: 'pointwise', name, cpu: { float: cpu, int: cpu, bool: cpu }, wgsl: { float, int, bool }, test };
}

const copyOp = pointwiseOp('copy', 'a', 'a', 'a', (a) => a);
const toFloat = pointwiseOp('to', 'a', 'f32(a)', 'f32(a)', (a) => a);
const toInt = pointwiseOp('to', 'wg_f32_to_i32(a)', 'a', 'a', (a) => a);
const castOps: Readonly<Record<DType, PointwiseOp>> = {
  float32: toFloat,
  float64: toFloat,
  int32: toInt,
  uint8: pointwiseOp('to', 'i32(wg_f32_to_u8(a))', 'a & 255', 'a', (a) => a),
  bool: pointwiseOp('to', 'wg_f32_to_bool(a)', 'a != 0', 'a != 0', (a) => (a !== 0 ? 1 : 0), true),
};

/** `node` in another dtype; itself if it has it already. */
export function castNode(node: Node, dtype: DType): Node {
  if (node.op.kind === 'scalar') return castScalar(node, dtype);
  if (node.dtype === dtype) return node;
  requireDType('to', node.device, dtype);
  return makeNode(castOps[dtype], [node], node.device, dtype, node.shape, pointwiseStrides(node.shape, [node]));
}

/** A number as a dtype holds it: rounded to float32 on every device, so that all compare and add the same. */
function castScalar(node: Node, dtype: DType): Node {
  requireDType('to', node.device, dtype);
  const { number } = node;
  const value = dtype === 'bool' ? Number(number !== 0) : dtype === 'float32' ? Math.fround(number) : number;
  return value === number && node.dtype === dtype ? node : makeScalar(value, node.device, dtype);
}

/** A dense copy of `node` in C order, or with the strides given (of a dense layout). */
export function copyNode(node: Node, strides?: Shape): Node {
  return makeNode(copyOp, [node], node.device, node.dtype, node.shape, strides);
}

/** A new node with the elements of `node`, expanded and cast to what a storage needs. */
export function nodeFor(node: Node, dtype: DType, shape: Shape, strides: Shape): Node {
  return makeNode(node.dtype === dtype ? copyOp : castOps[dtype], [node], node.device, dtype, shape, strides);
}

/** Throws where a device does not have a dtype. */
export function requireDType(op: string, device: Device, dtype: DType): void {
  if (dtype !== 'float64' || device.request === 'cpu' || device.backend?.supports(dtype)) return;
  throw new DTypeError({
    op,
    fact: `float64 on ${device.type}`,
    rule: 'float64 exists on the CPU device only',
    cure: "Make the tensor there: tensor(values, { dtype: 'float64', device: 'cpu' }).",
  });
}

/** The device that all tensors live on; a 0-dim CPU tensor whose value is on the host may join any. */
export function commonDevice(op: string, tensors: readonly Tensor[]): Device {
  let device: Device | null = null;
  for (const tensor of tensors) {
    if (device === null || (device !== tensor.device && visits(device, tensor))) device = tensor.device;
    else if (device !== tensor.device && !sameBackend(device, tensor.device) && tensor.shape.length > 0) {
      throw new DeviceError({
        op,
        fact: `one operand is on ${device.type}, another on ${tensor.device.type}`,
        rule: 'all operands must be on one device',
        cure: `Move one: x.to('${device.type}').`,
      });
    }
  }
  return device as Device;
}

function visits(device: Device, tensor: Tensor): boolean {
  return device.type === 'cpu' && tensor.device.type !== 'cpu' && tensor.shape.length === 0;
}

function sameBackend(a: Device, b: Device): boolean {
  return a.backend !== null && a.backend === b.backend;
}

/** The element of a 0-dim node in the host copy of its root, which is in C order. */
function hostElement({ root, offset }: Node, host: TypedArray): number {
  const inOrder = placesInOrder(root.shape, root.strides);
  return host[inOrder === null ? offset : inOrder(offset)];
}

/** `operand` as a tensor that holds a number as data; numbers take the dtype in which they meet tensors. */
export function operandTensor(operand: Operand, device: Device): Tensor {
  if (operand instanceof Tensor) {
    if (operand.device === device || sameBackend(operand.device, device)) return operand;
    const host = operand.node.root.host;
    if (operand.shape.length === 0 && host !== null) {
      return Tensor.at(makeScalar(hostElement(operand.node, host), device, operand.dtype), null);
    }
    throw new DeviceError({
      op: 'to',
      fact: `a 0-dim tensor computed on ${operand.device.type} meets a tensor on ${device.type}`,
      rule: 'only a value that is on the host can join another device by itself',
      cure: 'Use the number: x.add(await y.item()).',
    });
  }
  return Tensor.at(makeScalar(Number(operand), device, dtypeOfScalar(operand)), null);
}

/** The promoted dtype of operands: tensors with dimensions first, then 0-dim tensors, then numbers. */
export function resultType(operands: readonly Operand[]): DType {
  return promote(
    operands.map((operand) =>
      operand instanceof Tensor
        ? { dtype: operand.dtype, weight: operand.shape.length > 0 ? 'tensor' : 'scalar' }
        : { dtype: dtypeOfScalar(operand), weight: 'number' },
    ),
  );
}

/** Applies a pointwise row to operands that broadcast; `compute` overrides the promoted dtype. */
export function applyPointwise(row: PointwiseRow, operands: readonly Operand[], compute?: DType): Tensor {
  const given = operands.filter((operand) => operand instanceof Tensor);
  if (given.length === 0) {
    throw new ArgumentError({
      op: row.name,
      fact: operands.join(' and '),
      rule: 'one of them must be a tensor',
      cure: 'Numbers alone are computed with JavaScript.',
    });
  }
  const device = commonDevice(row.name, given);
  let dtype = compute ?? resultType(operands);
  if (row.result === 'float' && !isFloat(dtype)) dtype = 'float32';
  if (row.cpu[arithmeticOf(dtype)] === undefined) {
    if (dtype === 'bool' && row.cpu.int !== undefined && row.result === 'test') dtype = 'int32';
    else throw dtypeError(row, dtype);
  }
  const tensors = operands.map((operand) => operandTensor(operand, device));
  const nodes = tensors.map((tensor, at) => (row.mask && at === 0 ? tensor.node : castNode(tensor.node, dtype)));
  const shape = broadcastShapes(row.name, ...tensors.map((tensor) => tensor.shape));
  const strides = pointwiseStrides(shape, nodes);
  const node = makeNode(row, nodes, device, row.test ? 'bool' : dtype, shape, strides);
  return onTape(row.gradName, row.backward, tensors, node);
}

function dtypeError(row: PointwiseRow, dtype: DType): DTypeError {
  const kinds = { float: 'floating point', int: 'integer', bool: 'bool' } as const;
  const wanted = (Object.keys(row.cpu) as Arithmetic[]).map((key) => kinds[key]).join(' or ');
  return new DTypeError({
    op: row.name,
    fact: `dtype ${dtype}`,
    rule: `it is defined for ${wanted} tensors`,
    cure: `Convert first: x.to('${row.cpu.float === undefined ? 'bool' : 'float32'}').`,
  });
}

/** Makes the node of a kernel with one result. */
export function kernelNode<K extends KernelName>(
  name: K,
  attrs: KernelAttrs[K],
  inputs: readonly Node[],
  dtype: DType,
  shape: Shape,
): Node {
  const op: KernelOp<K> = { kind: 'kernel', name, attrs };
  return makeNode(op as unknown as KernelOp, inputs, inputs[0].device, dtype, shape);
}

/** Every element of a new tensor `value`: a node without a handle, for gradient rules. */
export function fillNode(value: number, device: Device, dtype: DType, shape: Shape): Node {
  return kernelNode('fill', {}, [makeScalar(value, device, dtype)], dtype, shape);
}

/** The tensor for `node`, with its step on the tape if gradients are on and an input wants one. */
export function onTape(gradName: string, rule: Rule | null, inputs: readonly Tensor[], node: Node): Tensor {
  const edge = makeEdge(gradName, rule, inputs, node);
  return Tensor.of(node, edge);
}

const unsaving = new WeakSet<Rule>();

/** Marks a rule that asks for shapes and needs only: its step then holds no values. A rule of one parameter holds none anyway. */
export function savesNothing(rule: Rule): Rule {
  unsaving.add(rule);
  return rule;
}

function makeEdge(gradName: string, rule: Rule | null, inputs: readonly Tensor[], node: Node) {
  if (rule === null || !isGradEnabled() || !isFloat(node.dtype)) return null;
  if (!inputs.some((input) => input.requiresGrad)) return null;
  const fn = new GradFn(gradName, rule, inputs);
  fn.outputs.push({ shape: node.shape, dtype: node.dtype });
  if (rule.length < 2 || unsaving.has(rule)) fn.free();
  else fn.saveOutput(node);
  return { fn, index: 0 };
}

/** Runs `body` without recording gradients. */
export function untaped<R>(body: () => R): R {
  const before = switchGrad(false);
  try {
    return body();
  } finally {
    switchGrad(before);
  }
}

function layoutOf({ shape, strides, offset }: Node): Layout {
  return { shape, strides, offset };
}

/**
 * One step of the tape for a whole formula: `expand` computes it from primitives off the tape, `rule` is its gradient in
 * closed form.
 */
export function composite(gradName: string, inputs: readonly Tensor[], expand: () => Tensor, rule: Rule): Tensor {
  if (!isGradEnabled() || !inputs.some((input) => input.requiresGrad)) return expand();
  const result = untaped(expand);
  const node = result.node;
  const own = node === node.root && result.base === result;
  // A view of an input is copied: the result of a step must not share its elements. One of what `expand` made is handed on.
  if (!own && inputs.some(({ storage }) => storage === result.storage))
    return onTape(gradName, rule, inputs, copyNode(node));
  const edge = makeEdge(gradName, rule, inputs, node);
  if (!own) return Tensor.over(result.storage, layoutOf(node), edge);
  result.storage.surrender();
  return Tensor.of(node, edge);
}

/** The tensor in another dtype; itself if it has it. The walk gives a gradient the dtype of its tensor. */
export function toDType(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  requireDType('to', x.device, dtype);
  return onTape('ToCopyBackward0', (grad) => [grad], [x], castNode(x.node, dtype));
}
