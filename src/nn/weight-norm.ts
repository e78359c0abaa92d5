// nn.utils: weights as a direction and a length, and over their largest singular value, computed before each forward. (The same
// as parametrizations: parametrizations.ts.)

import { randn } from '../create/random.ts';
import { copy_ } from '../ops/inplace.ts';
import { normalize } from '../ops/similarity.ts';
import { asMatrix, iterated, lengthened, normExcept, overSingular, type SingularPair } from '../ops/weight-norm.ts';
import { ArgumentError } from '../errors.ts';
import { bind, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from './convolution-transposed.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { parameterOf, partOf, standDown, standIn } from './weight-hooks.ts';

const moduleParam = p.custom<Module>()('module', 'a module', (value) => value instanceof Module);
const nameParam = optional(p.string('name'), 'weight');
const dimOrNone = (value: unknown): boolean => value === null || Number.isInteger(value);

/** What `weightNorm` takes, in either form. */
export const weightNormParams = [
  moduleParam,
  nameParam,
  optional(p.custom<number | null>()('dim', 'a dimension or null', dimOrNone), 0),
] as const;

/** What `spectralNorm` takes, in either form. */
export const spectralNormParams = [
  moduleParam,
  nameParam,
  optional(p.int('nPowerIterations'), 1),
  optional(p.number('eps'), 1e-12),
  optional(p.int('dim'), null),
] as const;

/** Options of `weightNorm`. */
export interface WeightNormOptions {
  readonly name?: string;
  /** The dimension whose indices have a length each; null for one length. */
  readonly dim?: number | null;
}

/** Options of `spectralNorm`. */
export interface SpectralNormOptions {
  readonly name?: string;
  readonly nPowerIterations?: number;
  readonly eps?: number;
  /** The dimension of the outputs: 0, and 1 for transposed convolutions. */
  readonly dim?: number | null;
}

/** PyTorch takes -1 for "no dimension", too. */
export const lengthDim = (dim: number | null): number | null => (dim === -1 ? null : dim);

/** What a weight norm keeps of a weight: the lengths g and the direction v. */
export function lengthParts(op: string, weight: Tensor, dim: number | null): Record<'g' | 'v', Parameter> {
  const plain = weight.detach();
  return { g: new Parameter(normExcept(op, plain, dim)), v: new Parameter(plain.clone()) };
}

/**
 * Replaces a parameter by its length `weight_g` (for each index of `dim`; of all of it for null) and its direction `weight_v`,
 * from which it is computed before each forward. https://pytorch.org/docs/stable/generated/torch.nn.utils.weight_norm.html
 */
export function weightNorm<M extends Module>(module: M, options?: WeightNormOptions): M;
export function weightNorm<M extends Module>(module: M, name: string, options?: WeightNormOptions): M;
export function weightNorm<M extends Module>(module: M, name: string, dim: number | null): M;
export function weightNorm(...args: readonly unknown[]): Module {
  const op = 'nn.utils.weightNorm';
  const [module, name, given] = bind(op, weightNormParams, args) as [Module, string, number | null];
  const dim = lengthDim(given);
  const parts = lengthParts(op, parameterOf(op, module, name), dim);
  const compute = (owner: Module): Tensor => lengthened(op, partOf(owner, name, 'v'), partOf(owner, name, 'g'), dim);
  standIn(op, module, { kind: 'weightNorm', name, compute, parts: ['g', 'v'] }, parts);
  return module;
}

/** Ends `weightNorm`: the weight is a parameter again. https://pytorch.org/docs/stable/generated/torch.nn.utils.remove_weight_norm.html */
export function removeWeightNorm<M extends Module>(module: M, name = 'weight'): M {
  standDown('nn.utils.removeWeightNorm', module, 'weightNorm', name);
  return module;
}

/** How a spectral norm is told to iterate, and over which dimension. */
export interface SpectralPlan {
  readonly dim: number;
  readonly steps: number;
  readonly eps: number;
}

/** The plan for a parameter of a module; throws where an option is out of its range. */
export function spectralPlan(op: string, module: Module, steps: number, eps: number, dim: number | null): SpectralPlan {
  if (steps < 1) {
    throw new ArgumentError({ op, fact: `nPowerIterations is ${steps}`, rule: 'it must be at least 1' });
  }
  const transposed = [ConvTranspose1d, ConvTranspose2d, ConvTranspose3d].some((kind) => module instanceof kind);
  return { dim: dim ?? (transposed ? 1 : 0), steps, eps };
}

/** The first u and v for a matrix: drawn, of length 1. */
export function drawnPair(matrix: Tensor, eps: number): SingularPair {
  const { dtype, device, shape } = matrix;
  const draw = (count: number): Tensor => normalize(randn(count, { dtype, device }), 2, 0, eps);
  const u = draw(shape[0]);
  return { u, v: draw(shape[1]) };
}

/** Power iteration from the buffers of a module, which keep where it came to. */
export function moved(matrix: Tensor, kept: SingularPair, plan: SpectralPlan, first: 'u' | 'v'): SingularPair {
  const next = iterated(matrix, kept, { ...plan, first });
  copy_(kept.u, next.u);
  copy_(kept.v, next.v);
  return next;
}

/**
 * Replaces a parameter by `weight_orig`: before each forward the weight is that over its largest singular value, which one or
 * more steps of power iteration estimate in training (buffers `weight_u` and `weight_v`).
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.spectral_norm.html
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
  const op = 'nn.utils.spectralNorm';
  const [module, name, steps, eps, dim] = bind(op, spectralNormParams, args) as [
    Module,
    string,
    number,
    number,
    number | null,
  ];
  const weight = parameterOf(op, module, name);
  const plan = spectralPlan(op, module, steps, eps, dim);
  const compute = (owner: Module, moving: boolean): Tensor => {
    const original = partOf(owner, name, 'orig');
    const matrix = asMatrix(op, original, plan.dim);
    const kept = { u: partOf(owner, name, 'u'), v: partOf(owner, name, 'v') };
    return overSingular(original, matrix, moving ? moved(matrix, kept, plan, 'v') : kept);
  };
  const parts = { orig: weight, ...drawnPair(asMatrix(op, weight.detach(), plan.dim), eps) };
  standIn(op, module, { kind: 'spectralNorm', name, compute, parts: ['orig', 'u', 'v'] }, parts);
  return module;
}

/** Ends `spectralNorm`: the weight, as it is now, is a parameter again. https://pytorch.org/docs/stable/generated/torch.nn.utils.remove_spectral_norm.html */
export function removeSpectralNorm<M extends Module>(module: M, name = 'weight'): M {
  standDown('nn.utils.removeSpectralNorm', module, 'spectralNorm', name);
  return module;
}
