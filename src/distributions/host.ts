// Values on the host for draws that happen there: of parameters that were given, and of what is computed from them. Such draws work
// on the CPU device and hand their result to the device of the parameters.

import { noGrad } from '../autograd/autograd.ts';
import { leaf } from '../create/create.ts';
import { parametersOf } from '../create/random.ts';
import { resolveDevice } from '../device.ts';
import type { Node } from '../core/graph.ts';
import type { Tensor } from '../core/tensor.ts';

/** For results of `derived`: the same computed on the CPU device. */
const twins = new WeakMap<Node, () => Tensor>();

/**
 * A parameter computed from others. Where those are known to the host, this one is too: the formula runs on the CPU device as well,
 * when a draw asks for it.
 */
export function derived(formula: (...inputs: readonly Tensor[]) => Tensor, ...inputs: readonly Tensor[]): Tensor {
  const result = formula(...inputs).contiguous();
  if (result.device.type !== 'cpu') twins.set(result.node.root, () => formula(...inputs.map(onHost)).contiguous());
  return result;
}

/** The values of a parameter on the CPU device, without gradient; throws where they were computed on another device. */
export function onHost(x: Tensor): Tensor {
  return noGrad(() => {
    if (x.device.type === 'cpu') return x.detach();
    const twin = twins.get(x.node.root);
    if (twin !== undefined) return twin().asStrided([...x.shape], [...x.node.strides], x.node.offset);
    const values = parametersOf('distributions', x, 'parameters', 'tensor(await x.numpy())');
    return leaf('distributions', values, x.shape, x.dtype, resolveDevice('cpu'), false);
  });
}
