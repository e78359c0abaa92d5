// What the cases need of wgrad beyond its tensors: uploads, and layer norm with the epsilon of all contenders.
import { nn, type Tensor, tensor } from '../../src/index.ts';
import { layerNormEps } from '../cases.ts';
import type { HostTensor } from '../random.ts';

export type Place = 'webgpu' | 'cpu';

/** A tensor with the host's elements in storage of its own. */
export function upload({ shape, values }: HostTensor, device: Place): Tensor {
  return tensor(values, { device })
    .reshape([...shape])
    .clone();
}

/** Layer norm over the dimensions of `gain`. */
export function layerNorm(x: Tensor, gain: Tensor, bias: Tensor): Tensor {
  return nn.functional.layerNorm(x, [...gain.shape], gain, bias, layerNormEps);
}
