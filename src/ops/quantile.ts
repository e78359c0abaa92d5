// Quantiles: elements of sorted lines at ranks between 0 and 1, and what lies between two of them.

import { isFloat } from '../dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { formatShape, normalizeDim } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { operandTensor, toDType } from './apply.ts';
import { mul, sub, where } from './arithmetic.ts';
import { lerp } from './blend.ts';
import { clamp } from './extrema.ts';
import { gather } from './gather.ts';
import { ceil, floor, isnan, logicalNot, round } from './math.ts';
import { any, keepdim, reducedShape, sum } from './reduce.ts';
import { sort } from './sorting.ts';
import { expand, movedim, reshape } from './view.ts';

/** How the elements around a rank become one. */
type Interpolation = 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest';
const interpolations: readonly unknown[] = ['linear', 'lower', 'higher', 'midpoint', 'nearest'];

const signature = [
  p.tensor('input'),
  p.custom<number | Tensor>()('q', 'a number or a tensor', (v) => typeof v === 'number' || v instanceof Tensor),
  optional(p.int('dim'), null),
  keepdim,
  optional(
    p.custom<Interpolation>()('interpolation', `one of ${interpolations.join(', ')}`, (v) =>
      interpolations.includes(v),
    ),
    'linear',
  ),
] as const;

/** The places of the ranks below and above, by the way of interpolation, and how far from the first to the second. */
function between(
  ranks: Tensor,
  how: Interpolation,
): { below: Tensor; above: Tensor; weight: Tensor | number } | Tensor {
  if (how === 'lower') return floor(ranks);
  if (how === 'higher') return ceil(ranks);
  if (how === 'nearest') return round(ranks);
  const below = floor(ranks.detach());
  return { below, above: ceil(ranks.detach()), weight: how === 'midpoint' ? 0.5 : sub(ranks, below) };
}

function checkQuantile(op: string, x: Tensor, q: number | Tensor): void {
  if (!isFloat(x.dtype)) {
    throw new DTypeError({
      op,
      fact: `dtype ${x.dtype}`,
      rule: 'it needs a floating point dtype',
      cure: 'Use x.float().',
    });
  }
  if (x.numel() === 0) throw new ShapeError({ op, fact: formatShape(x.shape), rule: 'it must have elements' });
  if (typeof q === 'number') {
    if (q >= 0 && q <= 1) return;
    throw new ArgumentError({ op, fact: `q is ${q}`, rule: 'it must be from 0 to 1' });
  }
  if (q.shape.length > 1)
    throw new ShapeError({ op, fact: `q of shape ${formatShape(q.shape)}`, rule: 'it must have 0 or 1 dimensions' });
  if (q.dtype !== x.dtype)
    throw new DTypeError({ op, fact: `q of dtype ${q.dtype}, input of ${x.dtype}`, rule: 'they must be the same' });
}

function quantileBy(op: string, ignoreNaN: boolean) {
  return define(op, signature, (input, q, dim, keepdim, interpolation): Tensor => {
    checkQuantile(op, input, q);
    const at = normalizeDim(op, dim ?? 0, input.shape.length);
    const over = dim === null ? input.shape.map((_, d) => d) : input.shape.length === 0 ? [] : [at];
    // Lines with the ranks behind them: (.., n).
    const lines = dim === null || input.shape.length === 0 ? reshape(input, -1) : movedim(input, at, -1);
    const last = lines.shape.length - 1;
    const sorted = sort(lines, last).values;
    const given = typeof q === 'number' ? toDType(operandTensor(q, input.device), input.dtype) : q;
    const count = given.shape[0] ?? 1;
    const missing = isnan(sorted.detach());
    const top = sorted.shape[last] - 1;
    const line = reshape(given, count);
    const ranks = ignoreNaN
      ? clamp(mul(line, toDType(sub(sum(logicalNot(missing), last, true), 1), input.dtype)), 0, null)
      : // A line with NaN has it last, and every quantile is NaN.
        where(any(missing, last, true), top, mul(line, top));
    const shape = [...sorted.shape.slice(0, -1), count];
    const pick = (places: Tensor): Tensor => gather(sorted, last, toDType(expand(places, shape), 'int32'));
    const found = between(ranks, interpolation);
    const values =
      found instanceof Tensor ? pick(found.detach()) : lerp(pick(found.below), pick(found.above), found.weight);
    const rest = reducedShape(input.shape, over, keepdim);
    return given.shape.length === 0 ? reshape(values, rest) : reshape(movedim(values, -1, 0), [count, ...rest]);
  });
}

/** The elements at the ranks `q` (0 .. 1) of the sorted elements (along `dim`), interpolated; NaN where there is one. https://pytorch.org/docs/stable/generated/torch.quantile.html */
export const quantile = quantileBy('quantile', false);

/** The quantiles of what is not NaN. https://pytorch.org/docs/stable/generated/torch.nanquantile.html */
export const nanquantile = quantileBy('nanquantile', true);
