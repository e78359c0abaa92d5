// Optimizer steps on the CPU, one parameter after the other, by the formulas of PyTorch's pages.

import type { TypedArray } from '../dtype.ts';
import type { Node } from '../graph.ts';
import type { KernelAttrs } from '../op.ts';
import { dense } from './strided.ts';

/** The values of `count` inputs from `start` on, in C order. */
function column(inputs: readonly Node[], start: number, count: number): ArrayLike<number>[] {
  return inputs.slice(start, start + count).map(dense);
}

/** torch.optim.SGD; https://pytorch.org/docs/stable/generated/torch.optim.SGD.html */
export function sgd(attrs: KernelAttrs['sgd'], inputs: readonly Node[], outputs: readonly TypedArray[]): void {
  const { count, maximize, nesterov } = attrs;
  const [lr, momentum, dampening, decay] = inputs.slice(-4).map((scalar) => scalar.number);
  const [parameters, gradients] = [column(inputs, 0, count), column(inputs, count, count)];
  const velocities = attrs.momentum ? column(inputs, 2 * count, count) : null;
  const sign = maximize ? -1 : 1;
  for (let index = 0; index < count; index++) {
    const [old, gradient, out] = [parameters[index], gradients[index], outputs[index]];
    const velocity = velocities?.[index] ?? null;
    for (let at = 0; at < out.length; at++) {
      let step = sign * gradient[at] + decay * old[at];
      if (velocity !== null) {
        const next = momentum * velocity[at] + (1 - dampening) * step;
        outputs[count + index][at] = next;
        step = nesterov ? step + momentum * next : next;
      }
      out[at] = old[at] - lr * step;
    }
  }
}

/** torch.optim.Adam and AdamW; https://pytorch.org/docs/stable/generated/torch.optim.Adam.html */
export function adam(attrs: KernelAttrs['adam'], inputs: readonly Node[], outputs: readonly TypedArray[]): void {
  const { count, maximize, decoupled, amsgrad } = attrs;
  const [rate, beta1, beta2, eps, correction, decay] = inputs.slice(-6).map((scalar) => scalar.number);
  const columns = [0, 1, 2, 3].map((which) => column(inputs, which * count, count));
  const largest = amsgrad ? column(inputs, 4 * count, count) : null;
  const sign = maximize ? -1 : 1;
  for (let index = 0; index < count; index++) {
    const [old, gradient, mean, square] = columns.map((list) => list[index]);
    for (let at = 0; at < old.length; at++) {
      const g = sign * gradient[at] + (decoupled ? 0 : decay * old[at]);
      const m = mean[at] * beta1 + (1 - beta1) * g;
      const v = square[at] * beta2 + (1 - beta2) * g * g;
      outputs[count + index][at] = m;
      outputs[2 * count + index][at] = v;
      let spread = v;
      if (largest !== null) {
        // NaN wins, as in torch.maximum.
        spread = Math.max(largest[index][at], v);
        outputs[3 * count + index][at] = spread;
      }
      const start = decoupled ? old[at] - decay * old[at] : old[at];
      outputs[index][at] = start - (rate * m) / (Math.sqrt(spread) / correction + eps);
    }
  }
}
