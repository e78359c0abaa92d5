// Attention: queries look keys up and take a mean of the values by how well they match (A. Vaswani et al. 2017). The scores,
// their masks and the softmax; which weights are dropped is the caller's to say. Knows no parameters.

import { ShapeError } from '../errors.ts';
import { formatShape } from '../shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { add, mul, where } from './arithmetic.ts';
import { matmul } from './matmul.ts';
import { le } from './math.ts';
import { softmax } from './nn.ts';
import { positions } from './triangle.ts';
import { transpose } from './view.ts';

/** What changes the scores (.., L, S) before the softmax, and the weights after it. */
export interface AttentionOptions {
  /** Added where it is of floats; where it is of bool, false takes a key out. It broadcasts. */
  readonly masks: readonly Tensor[];
  /** Query i sees keys 0 to i. */
  readonly causal: boolean;
  /** The factor of the scores; 1 / sqrt(E) where it is null. */
  readonly scale: number | null;
  readonly drop: (weights: Tensor) => Tensor;
}

/** A mask (L, S) of bool: true where the key is not behind the query. */
export function causalMask(like: Tensor, queries: number, keys: number): Tensor {
  return le(positions(like, keys, [1, keys]), positions(like, queries, [queries, 1]));
}

/**
 * softmax(scale q k^T + masks) v: query (.., L, E), key (.., S, E), value (.., S, Ev) -> output (.., L, Ev), weights (.., L, S).
 */
export function attend(
  op: string,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  { masks, causal, scale, drop }: AttentionOptions,
): { readonly output: Tensor; readonly weights: Tensor } {
  const [queries, size] = query.shape.slice(-2);
  const keys = key.shape.at(-2) as number;
  if (query.shape.length < 2 || key.shape.at(-1) !== size || value.shape.at(-2) !== keys) {
    throw new ShapeError({
      op,
      fact: `query ${formatShape(query.shape)}, key ${formatShape(key.shape)}, value ${formatShape(value.shape)}`,
      rule: 'query (.., L, E), key (.., S, E) and value (.., S, Ev)',
    });
  }
  let scores = mul(matmul(query, transpose(key, -2, -1)), scale ?? 1 / Math.sqrt(size));
  const all = causal ? [...masks, causalMask(query, queries, keys)] : masks;
  for (const mask of all) scores = mask.dtype === 'bool' ? where(mask, scores, -Infinity) : add(scores, mask);
  let weights = softmax(scores, -1);
  // A query that sees no key takes nothing, where the softmax has no answer.
  for (const mask of all) if (mask.dtype === 'bool') weights = where(mask, weights, 0);
  weights = drop(weights);
  return { output: matmul(weights, value), weights };
}
