// Layer normalisation.
import { ones, zeros } from '../create.ts';
import { layerNorm } from '../ops/normalization.ts';
import { optional, p } from '../signature.ts';
import type { Tensor } from '../tensor.ts';
import { boundByName, placeOptions, placeParams, pythonText } from './arguments.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

const signature = [
  p.dims('normalizedShape'),
  optional(p.number('eps'), 1e-5),
  optional(p.bool('elementwiseAffine'), true),
  ...placeParams,
] as const;

/** https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly weight: Parameter;
  readonly bias: Parameter;

  constructor(...args: readonly unknown[]) {
    super();
    const o = boundByName('nn.LayerNorm', signature, args);
    this.normalizedShape = [o.normalizedShape].flat() as number[];
    this.eps = o.eps;
    this.weight = new Parameter(ones([...this.normalizedShape], placeOptions(o)));
    this.bias = new Parameter(zeros([...this.normalizedShape], placeOptions(o)));
  }

  forward(input: Tensor): Tensor {
    return layerNorm(input, [...this.normalizedShape], this.weight, this.bias, this.eps);
  }

  override extraRepr(): string {
    return `${pythonText(this.normalizedShape)}, eps=${pythonText(this.eps)}, elementwise_affine=True`;
  }
}
