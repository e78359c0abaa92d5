// One optimizer step over all parameters at once: a single kernel that writes parameters and their state in place. Knows the
// formulas of stochastic gradient descent and of Adam, and nothing of optimizers.

import { writeStorage } from '../flush.ts';
import { makeNode, makeOutputs, makeScalar, type Node } from '../graph.ts';
import { type KernelAttrs, type KernelOp } from '../op.ts';
import { contiguousStrides, sameShape } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { copyNode } from './apply.ts';
import { writeInto } from './inplace.ts';

/** The parameters of a step with their gradients. */
export interface UpdateTargets {
  readonly parameters: readonly Tensor[];
  readonly gradients: readonly Tensor[];
  /** What the optimizer keeps: one list a kind, one tensor a parameter. */
  readonly state: readonly (readonly Tensor[])[];
}

/** A number of a step: data, so that a new rate is no new program; asked for anew at each replay. */
export type Rate = () => number;

/** The numbers of a step. */
export interface SgdRates {
  readonly lr: Rate;
  readonly momentum: Rate;
  readonly dampening: Rate;
  readonly weightDecay: Rate;
}

/**
 * g = +-gradient + weightDecay p; with a momentum buffer b: b = momentum b + (1 - dampening) g, and g = b, or with
 * Nesterov g + momentum b; p = p - lr g. (I. Sutskever et al.: On the importance of initialization and momentum in deep
 * learning, ICML 2013; https://pytorch.org/docs/stable/generated/torch.optim.SGD.html)
 */
export function sgdStep(
  targets: UpdateTargets,
  { lr, momentum, dampening, weightDecay }: SgdRates,
  form: { readonly nesterov: boolean; readonly maximize: boolean },
): void {
  const attrs = { ...form, momentum: targets.state.length > 0, count: targets.parameters.length };
  update('sgd', attrs, targets, [lr, momentum, dampening, weightDecay]);
}

/** Numbers of an Adam step. */
export interface AdamRates {
  /** lr / (1 - beta1^t): the rate with the bias of the running mean taken out. */
  readonly rate: Rate;
  readonly beta1: Rate;
  readonly beta2: Rate;
  readonly eps: Rate;
  /** sqrt(1 - beta2^t), for the bias of the running mean of squares. */
  readonly correction: Rate;
  /** Weight decay; for AdamW times lr. */
  readonly decay: Rate;
}

/**
 * With g = +-gradient: m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, p -= rate m / (sqrt(v) / correction + eps).
 * Decay adds decay p to g, or (decoupled) first shrinks p by decay p. With amsgrad the largest v so far divides. State: m, v
 * [, largest v]. (D. Kingma, J. Ba: Adam, ICLR 2015; I. Loshchilov, F. Hutter: Decoupled weight decay, ICLR 2019)
 */
export function adamStep(
  targets: UpdateTargets,
  { rate, beta1, beta2, eps, correction, decay }: AdamRates,
  form: { readonly decoupled: boolean; readonly amsgrad: boolean; readonly maximize: boolean },
): void {
  const attrs = { ...form, count: targets.parameters.length };
  update('adam', attrs, targets, [rate, beta1, beta2, eps, correction, decay]);
}

function update<K extends 'sgd' | 'adam'>(
  name: K,
  attrs: KernelAttrs[K],
  { parameters, gradients, state }: UpdateTargets,
  numbers: readonly Rate[],
): void {
  const [{ device, dtype, shape }] = parameters;
  const written = [parameters, ...state].flat();
  const outputs = written.map((tensor) => ({ shape: tensor.shape, dtype }));
  const op: KernelOp<K> = { kind: 'kernel', name, attrs, outputs };
  const inputs = [
    ...[parameters, gradients, ...state].flat().map(denseNode),
    ...numbers.map((value) => makeScalar(value, device, dtype)),
  ];
  const kernel = makeNode(op as unknown as KernelOp, inputs, device, dtype, shape);
  makeOutputs(kernel, outputs).forEach((node, index) => replace(written[index], node));
}

/** The node of a tensor in C order: updates walk all values as one line. */
function denseNode(tensor: Tensor): Node {
  const { node } = tensor;
  return node === node.root && sameShape(node.strides, contiguousStrides(node.shape)) ? node : copyNode(node);
}

/** Puts a new value in the place of a tensor's: by its storage alone where the layouts agree. */
function replace(target: Tensor, node: Node): void {
  const whole = target.node === target.storage.node;
  if (whole && sameShape(target.strides, contiguousStrides(target.shape))) writeStorage(target.storage, node, true);
  else writeInto('step', target, Tensor.of(node));
}
