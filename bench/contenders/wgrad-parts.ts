// What the cases need of wgrad beyond its tensors: uploads, and functions that not every version of it has.
import * as wgrad from '../../src/index.ts';
import { layerNormEps } from '../cases.ts';
import type { HostTensor } from '../random.ts';

type Tensor = wgrad.Tensor;

export type Place = 'webgpu' | 'cpu';
/** `compile(fn)` of the library: the same function, captured once and replayed. */
export type Compile = <F extends (...args: never[]) => unknown>(fn: F) => F;

/** The library's `compile`, where this version has one. */
export const compile: Compile | null = (wgrad as unknown as { compile?: Compile }).compile ?? null;

/** A tensor with the host's elements in storage of its own. */
export function upload({ shape, values }: HostTensor, device: Place): Tensor {
  return wgrad
    .tensor(values, { device })
    .reshape([...shape])
    .clone();
}

type LayerNorm = (x: Tensor, shape: number[], gain: Tensor, bias: Tensor, eps: number) => Tensor;

const fused = (wgrad.nn.functional as unknown as { layerNorm?: LayerNorm }).layerNorm;

/** `nn.functional.layerNorm` where this version has it, else its formula. */
export function layerNorm(x: Tensor, gain: Tensor, bias: Tensor): Tensor {
  if (fused !== undefined) return fused(x, [...gain.shape], gain, bias, layerNormEps);
  const centred = x.sub(x.mean(-1, true));
  const variance = centred.square().mean(-1, true);
  return centred.mul(variance.add(layerNormEps).rsqrt()).mul(gain).add(bias);
}
