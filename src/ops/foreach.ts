// Operations on lists of tensors at once, each list a column: one kernel for all tensors, however many they are. Knows how
// columns become a node and its results values of the tensors; the formulas are rows of their own (update.ts, lists.ts).

import { writeStorage } from '../core/flush.ts';
import { type Device, foreachOf, makeNode, makeOutputs, makeScalar, type Node } from '../core/graph.ts';
import { type KernelAttrs, type KernelName, type KernelOp, type ListReduction, type ListRule } from '../core/op.ts';
import { contiguousStrides, sameShape, type Shape } from '../shape.ts';
import { Tensor } from '../core/tensor.ts';
import { copyNode } from './apply.ts';
import { writeInto } from './write.ts';

/** A number of a rule: data, so that a new rate is no new program. A function is asked anew at each replay. */
export type ListNumber = number | (() => number) | Tensor;

/** The tensors of lists that one kernel can walk together. */
export function byKind<T>(list: readonly T[], tensorOf: (one: T) => Tensor): T[][] {
  const kinds = new Map<Device, Map<string, T[]>>();
  for (const one of list) {
    const { device, dtype } = tensorOf(one);
    let ofDevice = kinds.get(device);
    if (ofDevice === undefined) kinds.set(device, (ofDevice = new Map()));
    const same = ofDevice.get(dtype);
    if (same === undefined) ofDevice.set(dtype, [one]);
    else same.push(one);
  }
  return [...kinds.values()].flatMap((ofDevice) => [...ofDevice.values()]);
}

/**
 * Applies a rule to columns of tensors of one device and dtype: tensor k of each column has the shape of tensor k of the
 * others. The written columns show the results from then on. A 0-dim tensor can stand for a number.
 */
export function foreach<C extends string, N extends string>(
  rule: ListRule<C, N>,
  columns: Readonly<Record<C, readonly Tensor[]>>,
  numbers: Readonly<Record<N, ListNumber>>,
): void {
  const [lead] = rule.written;
  for (const round of rounds(columns[lead])) {
    const pick = (names: readonly C[]) => names.map((name) => round.map((index) => columns[name][index]));
    apply(
      rule,
      pick(rule.written),
      pick(rule.read),
      rule.numbers.map((name) => numbers[name]),
    );
  }
}

/** Positions in a list so that no storage is written twice at once: the second time it starts from what the first wrote. */
function rounds(targets: readonly Tensor[]): number[][] {
  const out: { readonly seen: Set<unknown>; readonly indices: number[] }[] = [];
  targets.forEach((target, index) => {
    const whole = target.node === target.storage.node ? target.storage : target;
    let round = out.find(({ seen }) => !seen.has(whole));
    if (round === undefined) out.push((round = { seen: new Set(), indices: [] }));
    round.seen.add(whole);
    round.indices.push(index);
  });
  return out.map(({ indices }) => indices);
}

function apply(
  rule: ListRule,
  written: readonly (readonly Tensor[])[],
  read: readonly (readonly Tensor[])[],
  numbers: readonly ListNumber[],
): void {
  const targets = [...written, ...read].flat();
  const first = written.length * written[0].length;
  makeKernel(rule, [...written, ...read], numbers).forEach((node, index) => {
    // What is only read may have moved, next to the others of its column: its tensor follows where that costs nothing.
    if (index < first || isWhole(targets[index], node)) replace(targets[index], node);
  });
}

/** The results of a rule, column by column. */
function makeKernel(
  rule: ListRule,
  columns: readonly (readonly Tensor[])[],
  numbers: readonly ListNumber[],
): readonly Node[] {
  const [lead] = columns;
  const [{ device, dtype, shape }] = lead;
  const orders = lead.map(orderOf);
  const lists = rule.fresh ? [] : columns;
  const inputs = [
    ...lists.flatMap((list) => list.map((tensor, index) => nodeInOrder(tensor, orders[index]))),
    ...numbers.map((number) => (number instanceof Tensor ? number.node : makeScalar(number, device, dtype))),
  ];
  const outputs = columns.flatMap(() => lead.map((tensor, k) => ({ shape: tensor.shape, strides: orders[k], dtype })));
  const kernel = makeNode(kernelOp('foreach', { rule, count: lead.length }, outputs), inputs, device, dtype, shape);
  return makeOutputs(kernel, outputs);
}

/** New tensors by a fresh rule, alike in shape and strides to `like`, of one device and dtype. */
export function foreachMake<N extends string>(
  rule: ListRule<'values', N>,
  like: readonly Tensor[],
  numbers: Readonly<Record<N, ListNumber>>,
): Tensor[] {
  return makeKernel(
    rule,
    [like],
    rule.numbers.map((name) => numbers[name]),
  ).map((node) => Tensor.of(node));
}

/** One number for each tensor of a list of one device and dtype: (count). `p` is a number of the reduction's. */
export function foreachReduce(reduction: ListReduction, tensors: readonly Tensor[], p: number): Tensor {
  const [{ device, dtype }] = tensors;
  const inputs = tensors.map((tensor) => nodeInOrder(tensor, orderOf(tensor)));
  const op = kernelOp('foreachReduce', { reduction, count: tensors.length });
  return Tensor.of(makeNode(op, [...inputs, makeScalar(p, device, dtype)], device, dtype, [tensors.length]));
}

/** Whether a value is what `fresh` makes of the number 0, and not computed yet: whoever adds to it can take its place. */
export function isPendingZero(node: Node): boolean {
  const [kernel] = node.inputs;
  if (node.op.kind !== 'output' || kernel === undefined || node.residence !== 'absent') return false;
  const rule = foreachOf(kernel)?.rule;
  return rule?.fresh === true && kernel.inputs.every(({ op, number }) => op.kind === 'scalar' && number === 0);
}

function kernelOp<K extends KernelName>(name: K, attrs: KernelAttrs[K], outputs?: KernelOp['outputs']): KernelOp {
  return { kind: 'kernel', name, attrs, outputs } as unknown as KernelOp;
}

/** The strides in which a tensor is walked: its own where it is all of a buffer, else C order. */
function orderOf(tensor: Tensor): Shape {
  const { node } = tensor;
  return node === node.root ? node.strides : contiguousStrides(node.shape);
}

/** The node of a tensor in a buffer of its own with these strides: elements are walked in the order in which they lie. */
function nodeInOrder(tensor: Tensor, strides: Shape): Node {
  const { node } = tensor;
  return node === node.root && node.op.kind !== 'scalar' && sameShape(node.strides, strides)
    ? node
    : copyNode(node, strides);
}

/** Whether a tensor is all of a buffer that lies as `node` does. */
function isWhole(tensor: Tensor, node: Node): boolean {
  return tensor.node === tensor.storage.node && sameShape(tensor.strides, node.strides);
}

/** Puts a new value in the place of a tensor's: by its storage alone where the layouts agree. */
function replace(target: Tensor, node: Node): void {
  if (isWhole(target, node)) writeStorage(target.storage, node, true);
  else writeInto('foreach', target, Tensor.of(node));
}
