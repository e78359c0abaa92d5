// One optimizer step of a parameter as one kernel: parameter, gradient and momentum in a single pass, in place. Knows the
// formula of stochastic gradient descent and nothing of optimizers.

import { writeStorage } from '../flush.ts';
import { type KernelOp, makeNode, makeOutputs, makeScalar, type Node } from '../graph.ts';
import { contiguousStrides, sameShape } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { writeInto } from './inplace.ts';

/** The numbers of a step: data, so that a new rate is no new program. */
export interface SgdRates {
  readonly lr: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly weightDecay: number;
}

/**
 * g = +-gradient + weightDecay p; with a momentum buffer b: b = momentum b + (1 - dampening) g, and g = b, or with
 * Nesterov g + momentum b; p = p - lr g. (I. Sutskever et al.: On the importance of initialization and momentum in deep
 * learning, ICML 2013; https://pytorch.org/docs/stable/generated/torch.optim.SGD.html)
 */
export function sgdStep(
  parameter: Tensor,
  gradient: Tensor,
  buffer: Tensor | null,
  rates: SgdRates,
  form: { readonly nesterov: boolean; readonly maximize: boolean },
): void {
  const { device, dtype, shape } = parameter;
  const state = buffer === null ? [parameter] : [parameter, buffer];
  const numbers = [rates.lr, rates.momentum, rates.dampening, rates.weightDecay];
  const op: KernelOp<'sgd'> = {
    kind: 'kernel',
    name: 'sgd',
    attrs: { nesterov: form.nesterov, maximize: form.maximize, momentum: buffer !== null },
    outputs: state.map(() => ({ shape, dtype })),
  };
  const inputs = [
    parameter.node,
    gradient.node,
    ...(buffer === null ? [] : [buffer.node]),
    ...numbers.map((value) => makeScalar(value, device, dtype)),
  ];
  const outputs = op.outputs as NonNullable<KernelOp['outputs']>;
  const kernel = makeNode(op as unknown as KernelOp, inputs, device, dtype, shape);
  makeOutputs(kernel, outputs).forEach((node, index) => replace(state[index], node));
}

/** Puts a new value in the place of a tensor's: by its storage alone where the layouts agree. */
function replace(target: Tensor, node: Node): void {
  const whole = target.node === target.storage.node;
  if (whole && sameShape(target.strides, contiguousStrides(target.shape))) writeStorage(target.storage, node, true);
  else writeInto('step', target, Tensor.of(node));
}
