// How far vectors lie apart and in which direction: distances, similarities, normalising, and the bilinear form. Chains of
// operations with no step of their own on the tape, as in PyTorch.

import { ShapeError } from '../errors.ts';
import { broadcastShapes, formatShape, normalizeDim, sameShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { composite } from './apply.ts';
import { add, div, mul, sub } from './arithmetic.ts';
import { clamp } from './extrema.ts';
import { matmul } from './matmul.ts';
import { sum } from './reduce.ts';
import { vectorNorm } from './statistics.ts';
import { expand, permute, reshape, unsqueeze } from './view.ts';

/** max(x, low), whose gradient passes as if nothing had been cut. */
export function raised(x: Tensor, low: number): Tensor {
  return composite(
    'CloneBackward0',
    [x],
    () => clamp(x, { min: low }),
    (grad) => [grad],
  );
}

const norm = (x: Tensor, order: number, dim: number, keep: boolean): Tensor =>
  vectorNorm(x, order, x.shape.length === 0 ? [] : [dim], keep, 'LinalgVectorNormBackward0');

/** The p-norm of x1 - x2 + eps along the last dimension. https://pytorch.org/docs/stable/generated/torch.nn.functional.pairwise_distance.html */
export const pairwiseDistance = define(
  'pairwiseDistance',
  [
    p.tensor('x1'),
    p.tensor('x2'),
    optional(p.number('p'), 2),
    optional(p.number('eps'), 1e-6),
    optional(p.bool('keepdim'), false),
  ],
  (x1, x2, p, eps, keepdim): Tensor => {
    const apart = add(sub(x1, x2), eps);
    return norm(apart, p, apart.shape.length - 1, keepdim);
  },
);

/** x1 . x2 / (|x1| |x2|) along `dim`, each length at least eps. https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html */
export const cosineSimilarity = define(
  'cosineSimilarity',
  [p.tensor('x1'), p.tensor('x2'), optional(p.int('dim'), 1), optional(p.number('eps'), 1e-8)],
  (x1, x2, dim, eps): Tensor => {
    const shape = broadcastShapes('cosineSimilarity', x1.shape, x2.shape);
    const at = normalizeDim('cosineSimilarity', dim, shape.length);
    const unit = (x: Tensor): Tensor => {
      const wide = sameShape(x.shape, shape) ? x : expand(x, shape);
      return div(wide, raised(norm(wide, 2, at, true), eps));
    };
    return sum(mul(unit(x1), unit(x2)), at);
  },
);

/** input / max(|input|, eps) along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html */
export const normalize = define(
  'normalize',
  [p.tensor('input'), optional(p.number('p'), 2), optional(p.int('dim'), 1), optional(p.number('eps'), 1e-12)],
  (input, p, dim, eps): Tensor => {
    const at = normalizeDim('normalize', dim, input.shape.length);
    return div(input, clamp(norm(input, p, at, true), { min: eps }));
  },
);

/**
 * x1^T W_k x2 + b_k for each output k: input1 (.., in1), input2 (.., in2), weight (out, in1, in2), bias (out) -> (.., out).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.bilinear.html
 */
export const bilinear = define(
  'bilinear',
  [p.tensor('input1'), p.tensor('input2'), p.tensor('weight'), optional(p.tensor('bias'), null)],
  (input1, input2, weight, bias): Tensor => {
    const [out, in1, in2] = weight.shape;
    const batch = input1.shape.slice(0, -1);
    const fits =
      weight.shape.length === 3 &&
      input1.shape.at(-1) === in1 &&
      input2.shape.at(-1) === in2 &&
      sameShape(batch, input2.shape.slice(0, -1));
    if (!fits) {
      throw new ShapeError({
        op: 'bilinear',
        fact: `inputs ${formatShape(input1.shape)} and ${formatShape(input2.shape)} with weight ${formatShape(weight.shape)}`,
        rule: 'weight is (out, in1, in2), the inputs end in in1 and in2 and agree in all other sizes',
      });
    }
    // (.., in1) (in1, out * in2) -> (.., out, in2), then the products with x2 along in2.
    const flat = reshape(permute(weight, [1, 0, 2]), in1, out * in2);
    const half = reshape(matmul(input1, flat), [...batch, out, in2]);
    const form = sum(mul(half, unsqueeze(input2, -2)), -1);
    return bias === null ? form : add(form, bias);
  },
);
