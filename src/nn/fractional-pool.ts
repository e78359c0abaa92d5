// Layers of maximum pools whose windows begin at random places.

import type { Tensor } from '../core/tensor.ts';
import type { Named } from './arguments.ts';
import {
  fractionalMaxPool2d,
  fractionalMaxPool3d,
  type FractionalMaxPool,
  fractionalParams,
} from './functional-pool.ts';
import { optionModule } from './option-module.ts';

/** The values, or where `returnIndices` is on the values and their positions, typed as the values alone. */
function pooled(fn: FractionalMaxPool, input: Tensor, o: Named<typeof fractionalParams>): Tensor {
  const { outputSize, outputRatio, returnIndices, _randomSamples } = o;
  return fn(input, o.kernelSize, { outputSize, outputRatio, returnIndices, _randomSamples });
}

/** (N, C, H, W) -> (N, C, outputSize..) by the largest of windows at random places. https://pytorch.org/docs/stable/generated/torch.nn.FractionalMaxPool2d.html */
export class FractionalMaxPool2d extends optionModule(fractionalParams, (o, input: Tensor) =>
  pooled(fractionalMaxPool2d, input, o),
) {}

/** The same over (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.FractionalMaxPool3d.html */
export class FractionalMaxPool3d extends optionModule(fractionalParams, (o, input: Tensor) =>
  pooled(fractionalMaxPool3d, input, o),
) {}
