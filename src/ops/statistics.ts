// Variance, deviation and norms: formulas over reductions, each one step of the tape with a gradient in closed form.

import { ArgumentError } from '../errors.ts';
import { normalizeDims } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { composite } from './apply.ts';
import { div, mul, pow, sqrt, square, sub, where } from './arithmetic.ts';
import { maximum } from './extrema.ts';
import { abs, eq, logicalOr, ne, sign } from './math.ts';
import { amax, amin, countOf, keepdim, mean, type NamedTuple, namedTuple, spread, sum } from './reduce.ts';

const input = p.tensor('input');

const dimsOrUnbiased = optional(
  p.custom<number | readonly number[] | boolean>()(
    'dim',
    'a dimension, a list of dimensions or unbiased',
    (v) => typeof v === 'boolean' || p.dims('dim').accepts(v),
  ),
  null,
);
const spreadParams = [
  input,
  dimsOrUnbiased,
  optional(p.bool('unbiased'), true),
  keepdim,
  optional(p.number('correction'), null),
] as const;

/** The variance over `dim`, divided by n - 1 (or n - correction): var(dim, unbiased, keepdim) or var(unbiased). https://pytorch.org/docs/stable/generated/torch.var.html */
export const variance = define('var', spreadParams, (x, given, unbiasedOption, keepdim, correction): Tensor => {
  const [dim, unbiased] = typeof given === 'boolean' ? [null, given] : [given, unbiasedOption];
  const over = normalizeDims('var', dim, x.shape.length);
  const freedom = Math.max(countOf(x.shape, over) - (correction ?? Number(unbiased)), 0);
  const deviations = (y: Tensor): Tensor => sub(y, mean(y, over, true));
  return composite(
    'VarBackward0',
    [x],
    () => {
      // Two passes; what the deviations add up to is the mean's own rounding error, and is taken off again (Chan, Golub
      // and LeVeque, Algorithms for computing the sample variance, 1983).
      const off = deviations(x);
      const drift = div(square(sum(off, over, keepdim)), countOf(x.shape, over));
      return div(maximum(sub(sum(square(off), over, keepdim), drift), 0), freedom);
    },
    (grad, { input, shape }) => [mul(spread(grad, shape(0), over), mul(deviations(input(0)), 2 / freedom))],
  );
});

/** The standard deviation over `dim`, as `var`. https://pytorch.org/docs/stable/generated/torch.std.html */
export const std = define('std', spreadParams, (x, given, unbiased, keepdim, correction): Tensor =>
  composite(
    'StdBackward0',
    [x],
    () => sqrt(variance(x, given, unbiased, keepdim, correction)),
    (grad, { input, shape, output }) => {
      const dim = typeof given === 'boolean' ? null : given;
      const over = normalizeDims('std', dim, shape(0).length);
      const freedom = Math.max(
        countOf(shape(0), over) - (correction ?? Number(typeof given === 'boolean' ? given : unbiased)),
        0,
      );
      const deviations = sub(input(0), mean(input(0), over, true));
      const scale = where(eq(output(), 0), 0, div(grad, mul(output(), freedom)));
      return [mul(spread(scale, shape(0), over), deviations)];
    },
  ),
);

/** The variance and the mean over `dim`, as `var`. https://pytorch.org/docs/stable/generated/torch.var_mean.html */
export const varMean = define(
  'varMean',
  spreadParams,
  (input, dim, unbiased, keepdim, correction): NamedTuple<{ var: Tensor; mean: Tensor }> =>
    namedTuple('varMean', {
      var: variance(input, dim, unbiased, keepdim, correction),
      mean: mean(input, typeof dim === 'boolean' ? null : dim, keepdim),
    }),
);

/** The standard deviation and the mean over `dim`, as `var`. https://pytorch.org/docs/stable/generated/torch.std_mean.html */
export const stdMean = define(
  'stdMean',
  spreadParams,
  (input, dim, unbiased, keepdim, correction): NamedTuple<{ std: Tensor; mean: Tensor }> =>
    namedTuple('stdMean', {
      std: std(input, dim, unbiased, keepdim, correction),
      mean: mean(input, typeof dim === 'boolean' ? null : dim, keepdim),
    }),
);

/** sum(|x|^p)^(1/p) over `over`, with the limits p = 0 (count), inf (largest) and -inf (smallest). */
export function vectorNorm(x: Tensor, power: number, over: readonly number[], keep: boolean, gradName: string): Tensor {
  if (Number.isNaN(power)) throw new ArgumentError({ op: 'norm', fact: 'p is NaN', rule: 'it must be a number' });
  if (power === Infinity) return amax(abs(x), over, keep);
  if (power === -Infinity) return amin(abs(x), over, keep);
  if (power === 0) return sum(ne(x, 0), over, keep, x.dtype);
  const expansion = (): Tensor => {
    if (power === 2) return sqrt(sum(square(x), over, keep));
    if (power === 1) return sum(abs(x), over, keep);
    return pow(sum(pow(abs(x), power), over, keep), 1 / power);
  };
  return composite(gradName, [x], expansion, (grad, { input, output }) => {
    const saved = input(0);
    const flow = spread(grad, saved.shape, over);
    if (power === 1) return [mul(flow, sign(saved))];
    const length = spread(output(), saved.shape, over);
    // The gradient at 0 is 0, the subgradient that PyTorch takes.
    const zero = eq(length, 0);
    if (power === 2) return [where(zero, 0, mul(flow, div(saved, length)))];
    const slope = mul(sign(saved), pow(div(abs(saved), length), power - 1));
    // Below p = 1 the slope at an element 0 is infinite; PyTorch takes 0 there.
    const still = power < 1 ? logicalOr(zero, eq(saved, 0)) : zero;
    return [where(still, 0, mul(flow, slope))];
  });
}
