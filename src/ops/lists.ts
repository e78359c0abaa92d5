// Formulas over lists of tensors that are no optimizer's: filling, scaling, clamping, and the norm of each tensor. zeroGrad
// and the clipping of gradients are made of them. Knows no gradient and no device.

import type { ListReduction, ListRule } from '../core/op.ts';
import type { Tensor } from '../core/tensor.ts';
import { byKind, foreach, foreachMake, foreachReduce, type ListNumber } from './foreach.ts';

const fillRule: ListRule<'values', 'value'> = {
  name: 'fill',
  written: ['values'],
  read: [],
  fresh: true,
  numbers: ['value'],
  cpu: (numbers) => (values) => void (values[0] = numbers[0]),
  wgsl: 'values = vec4f(value);',
};

const scaleRule: ListRule<'values', 'factor'> = {
  name: 'scale',
  written: ['values'],
  read: [],
  fresh: false,
  numbers: ['factor'],
  cpu: (numbers) => (values) => void (values[0] *= numbers[0]),
  wgsl: 'values *= factor;',
};

/** NaN stays, and the upper limit wins where the limits cross, as in torch.clamp. */
const clampRule: ListRule<'values', 'low' | 'high'> = {
  name: 'clamp',
  written: ['values'],
  read: [],
  fresh: false,
  numbers: ['low', 'high'],
  cpu: (numbers) => (values) => void (values[0] = Math.min(Math.max(values[0], numbers[0]), numbers[1])),
  wgsl: ['x', 'y', 'z', 'w']
    .map((part) => `values.${part} = wg_minimum(wg_maximum(values.${part}, low), high);`)
    .join('\n'),
};

/** Sets every element of every tensor to `value`, in one kernel a device and dtype. */
export function fillAll(tensors: readonly Tensor[], value: ListNumber): void {
  for (const values of byKind(tensors, (one) => one)) foreach(fillRule, { values }, { value });
}

/** New tensors, every element `value`, with the shapes and strides of others of one device and dtype. */
export function fullAll(like: readonly Tensor[], value: ListNumber): Tensor[] {
  return foreachMake(fillRule, like, { value });
}

/** Multiplies tensors of one device and dtype by a number or a 0-dim tensor, in place. */
export function scaleAll(values: readonly Tensor[], factor: ListNumber): void {
  foreach(scaleRule, { values }, { factor });
}

/** Brings every element of every tensor between two numbers, in place. */
export function clampAll(tensors: readonly Tensor[], low: ListNumber, high: ListNumber): void {
  for (const values of byKind(tensors, (one) => one)) foreach(clampRule, { values }, { low, high });
}

const same = { cpu: (a: number): number => a, wgsl: 'return a;' } as const;

function reduction(
  name: string,
  join: ListReduction['join'],
  measure: { readonly cpu: ListReduction['cpu']['measure']; readonly wgsl: string },
  finish: { readonly cpu: ListReduction['cpu']['finish']; readonly wgsl: string } = same,
): ListReduction {
  return {
    name,
    join,
    cpu: { measure: measure.cpu, finish: finish.cpu },
    wgsl: { measure: measure.wgsl, finish: finish.wgsl },
  };
}

const size = { cpu: Math.abs, wgsl: 'return abs(a);' };
// A loop: the text of a power is long.
const eachPower =
  'var power = abs(a);\nfor (var at = 0; at < 4; at++) {\n  power[at] = wg_pow(power[at], p);\n}\nreturn power;';

/** Norms by their order; every other order is a power. */
const norms: ReadonlyMap<number, ListReduction> = new Map([
  [
    0,
    reduction('norm 0', 'sum', {
      cpu: (a) => Number(a !== 0),
      wgsl: 'return select(vec4f(), vec4f(1.0), a != vec4f());',
    }),
  ],
  [1, reduction('norm 1', 'sum', size)],
  [
    2,
    reduction(
      'norm 2',
      'sum',
      { cpu: (a) => a * a, wgsl: 'return a * a;' },
      { cpu: Math.sqrt, wgsl: 'return wg_sqrt(a);' },
    ),
  ],
  [Infinity, reduction('norm inf', 'max', size)],
  [-Infinity, reduction('norm -inf', 'min', size)],
]);
const anyNorm = reduction(
  'norm p',
  'sum',
  { cpu: (a, p) => Math.abs(a) ** p, wgsl: eachPower },
  { cpu: (total, p) => total ** (1 / p), wgsl: 'return wg_pow(a, 1.0 / p);' },
);

/** The norm of order `order` of each of some tensors of one device and dtype: (count). */
export function normAll(tensors: readonly Tensor[], order: number): Tensor {
  return foreachReduce(norms.get(order) ?? anyNorm, tensors, order);
}
