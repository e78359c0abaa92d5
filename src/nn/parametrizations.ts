// nn.utils.parametrizations: weights as a direction and a length, and over their largest singular value, computed whenever they are
// asked for. https://pytorch.org/docs/stable/nn.html#utilities

import { asMatrix, iterated, lengthened, overSingular } from '../ops/weight-norm.ts';
import { normalize } from '../ops/similarity.ts';
import { bind } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { Module } from './module.ts';
import { registerParametrization } from './parametrize.ts';
import { parameterOf } from './weight-hooks.ts';
import {
  drawnPair,
  lengthDim,
  lengthParts,
  moved,
  type SpectralNormOptions,
  type SpectralPlan,
  spectralNormParams,
  spectralPlan,
  type WeightNormOptions,
  weightNormParams,
} from './weight-norm.ts';

const weightOp = 'nn.utils.parametrizations.weightNorm';
const spectralOp = 'nn.utils.parametrizations.spectralNorm';

class WeightNorm extends Module {
  readonly dim: number | null;

  constructor(dim: number | null) {
    super();
    this.dim = dim;
  }

  forward(g: Tensor, v: Tensor): Tensor {
    return lengthened(weightOp, v, g, this.dim);
  }

  rightInverse(weight: Tensor): Tensor[] {
    const { g, v } = lengthParts(weightOp, weight, this.dim);
    return [g, v];
  }

  protected override typeName(): string {
    return '_WeightNorm';
  }
}

/**
 * Computes a parameter from its length `original0` and its direction `original1`.
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.weight_norm.html
 */
export function weightNorm<M extends Module>(module: M, options?: WeightNormOptions): M;
export function weightNorm<M extends Module>(module: M, name: string, options?: WeightNormOptions): M;
export function weightNorm<M extends Module>(module: M, name: string, dim: number | null): M;
export function weightNorm(...args: readonly unknown[]): Module {
  const [module, name, dim] = bind(weightOp, weightNormParams, args) as [Module, string, number | null];
  return registerParametrization(module, name, new WeightNorm(lengthDim(dim)));
}

class SpectralNorm extends Module {
  readonly plan: SpectralPlan;
  /** Buffers of matrices; a vector is divided by its norm. */
  declare readonly _u: Tensor;
  declare readonly _v: Tensor;

  constructor(weight: Tensor, plan: SpectralPlan) {
    super();
    this.plan = plan;
    if (weight.shape.length === 1) return;
    const matrix = asMatrix(spectralOp, weight.detach(), plan.dim);
    const { u, v } = iterated(matrix, drawnPair(matrix, plan.eps), { steps: 15, eps: plan.eps, first: 'u' });
    this.registerBuffer('_u', u);
    this.registerBuffer('_v', v);
  }

  forward(weight: Tensor): Tensor {
    if (weight.shape.length === 1) return normalize(weight, 2, 0, this.plan.eps);
    const matrix = asMatrix(spectralOp, weight, this.plan.dim);
    const kept = { u: this._u, v: this._v };
    return overSingular(weight, matrix, this.training ? moved(matrix, kept, this.plan, 'u') : kept);
  }

  rightInverse(weight: Tensor): Tensor {
    return weight;
  }

  protected override typeName(): string {
    return '_SpectralNorm';
  }
}

/**
 * Computes a parameter as `original` over its largest singular value, which power iteration estimates whenever the parameter is
 * asked for in training. https://pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.spectral_norm.html
 */
export function spectralNorm<M extends Module>(module: M, options?: SpectralNormOptions): M;
export function spectralNorm<M extends Module>(module: M, name: string, options?: SpectralNormOptions): M;
export function spectralNorm<M extends Module>(
  module: M,
  name: string,
  nPowerIterations: number,
  options?: SpectralNormOptions,
): M;
export function spectralNorm(...args: readonly unknown[]): Module {
  const [module, name, steps, eps, dim] = bind(spectralOp, spectralNormParams, args) as [
    Module,
    string,
    number,
    number,
    number | null,
  ];
  const plan = spectralPlan(spectralOp, module, steps, eps, dim);
  return registerParametrization(module, name, new SpectralNorm(parameterOf(spectralOp, module, name), plan));
}
