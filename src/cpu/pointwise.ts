// Pointwise operations on the CPU: one formula per element, its inputs read through their layouts.

import type { TypedArray } from '../dtype.ts';
import type { Node } from '../core/graph.ts';
import { arithmeticOf, type PointwiseOp, type ScalarFunction } from '../core/op.ts';
import { broadcast, type Operand, operandOf } from './strided.ts';

/** Computes every element of `node` into `out`, which lies as the node's strides say. */
export function runPointwise(op: PointwiseOp, node: Node, out: TypedArray): void {
  const last = node.inputs[node.inputs.length - 1].dtype;
  const formula = op.cpu[arithmeticOf(last)] as ScalarFunction;
  const inputs = node.inputs.map((input) => broadcast(operandOf(input), node.shape));
  if (out.length === 0) return;
  if (inputs.every((input) => followsOutput(input, node))) runLinear(formula, inputs, out);
  else runStrided(formula, inputs, node, out);
}

/** Whether the elements of an input lie exactly as those of the output, or are one element. */
function followsOutput(input: Operand, node: Node): boolean {
  const still = input.strides.every((stride, dim) => stride === 0 || node.shape[dim] === 1);
  return still || input.strides.every((stride, dim) => node.shape[dim] === 1 || stride === node.strides[dim]);
}

function runLinear(formula: ScalarFunction, inputs: readonly Operand[], out: TypedArray): void {
  const [a, b = a, c = b] = inputs;
  const step = (input: Operand): number =>
    Number(input.strides.some((stride, dim) => stride !== 0 && input.shape[dim] !== 1));
  const [stepA, stepB, stepC] = [step(a), step(b), step(c)];
  let [atA, atB, atC] = [a.offset, b.offset, c.offset];
  const [arrayA, arrayB, arrayC] = [a.array, b.array, c.array];
  for (let index = 0; index < out.length; index++, atA += stepA, atB += stepB, atC += stepC) {
    out[index] = formula(arrayA[atA], arrayB[atB], arrayC[atC]);
  }
}

function runStrided(formula: ScalarFunction, inputs: readonly Operand[], node: Node, out: TypedArray): void {
  const { shape, strides } = node;
  const rank = shape.length;
  const [a, b = a, c = b] = inputs;
  const counter = new Int32Array(rank);
  let [to, atA, atB, atC] = [0, a.offset, b.offset, c.offset];
  for (let index = 0; index < out.length; index++) {
    out[to] = formula(a.array[atA], b.array[atB], c.array[atC]);
    for (let dim = rank - 1; dim >= 0; dim--) {
      to += strides[dim];
      atA += a.strides[dim];
      atB += b.strides[dim];
      atC += c.strides[dim];
      if (++counter[dim] < shape[dim]) break;
      to -= strides[dim] * shape[dim];
      atA -= a.strides[dim] * shape[dim];
      atB -= b.strides[dim] * shape[dim];
      atC -= c.strides[dim] * shape[dim];
      counter[dim] = 0;
    }
  }
}
