// The formulas of pointwise ops as WGSL text.

import { type DType, isFloat } from '../dtype.ts';
import { NotImplementedError } from '../errors.ts';
import type { Node } from '../core/graph.ts';
import { arithmeticOf, type PointwiseOp, type ScatterMode } from '../core/op.ts';
import { preludeFor } from './shader.ts';

/** The formula of a pointwise op for the dtype of its last input, as the type that is stored. */
export function formulaText(op: PointwiseOp, node: Node): string {
  const last = node.inputs[node.inputs.length - 1].dtype;
  const arithmetic = arithmeticOf(last);
  const text = op.wgsl[arithmetic];
  if (text === undefined) {
    throw new NotImplementedError({
      op: op.name,
      fact: `no ${arithmetic} formula in WGSL`,
      rule: 'nothing is computed on the CPU in its place',
    });
  }
  if (op.test) return `select(0, 1, ${text})`;
  return node.dtype === 'uint8' ? `(${text}) & 255` : text;
}

/** What is at a place after a value was scattered there: both of a dtype, as text. */
export function scatterJoin(mode: ScatterMode, there: string, value: string, dtype: DType): string {
  const wrap = dtype === 'uint8' ? ' & 255' : '';
  switch (mode) {
    case 'set':
    case 'place':
      return value;
    case 'add':
      return `(${there} + ${value})${wrap}`;
    case 'mul':
      return `(${there} * ${value})${wrap}`;
    default:
      return isFloat(dtype) ? `wg_${mode}imum(${there}, ${value})` : `${mode}(${there}, ${value})`;
  }
}

const costs = new Map<string, number>();

/** The length of the functions that a formula calls. */
export function costOf(op: PointwiseOp, node: Node): number {
  const text = formulaText(op, node);
  let cost = costs.get(text);
  if (cost === undefined) costs.set(text, (cost = preludeFor(text).length));
  return cost;
}
