// What all normalisations share: x brought to mean 0 and variance 1 along lines, then scaled and moved, as one step of the
// tape that keeps mean and 1 / deviation. Knows no function by name; those are in normalization.ts.

import { DTypeError, ShapeError } from '../errors.ts';
import { isFloat } from '../dtype.ts';
import { isGradEnabled } from '../core/mode.ts';
import { formatShape, sameShape, type Shape } from '../shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { composite } from './apply.ts';
import { add, div, mul, square, sub } from './arithmetic.ts';
import { rsqrt } from './math.ts';
import { countOf, mean, sum } from './reduce.ts';
import { reshape } from './view.ts';

/** Which lines are normalised, and where the scale and the shift lie. */
export interface Lines {
  /** The dimensions that lines run along. */
  readonly over: readonly number[];
  /** The shape in which x is normalised: its own, or with the channels in groups. */
  readonly shape: Shape;
  /** The shape in which weight and bias meet that: 1 where they are spread. */
  readonly affine: Shape;
}

/** Mean and 1 / sqrt(variance + eps) of each line, in dimensions of size 1; the variance divides by the count. */
export interface Statistics {
  readonly center: Tensor;
  readonly scale: Tensor;
  readonly variance: Tensor;
}

export function statisticsOf(given: Tensor, { over, shape }: Lines, eps: number): Statistics {
  const x = shaped(given, shape);
  const center = mean(x, over, true);
  const variance = mean(square(sub(x, center)), over, true);
  return { center, scale: rsqrt(add(variance, eps)), variance };
}

/** x under a shape; itself if it has it, which spares a copy. */
function shaped(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : reshape(x, [...shape]);
}

/** value * weight + bias, both in the shape in which they meet it. */
function moved(value: Tensor, { affine }: Lines, weight: Tensor | null, bias: Tensor | null): Tensor {
  const scaled = weight === null ? value : mul(value, shaped(weight, affine));
  return bias === null ? scaled : add(scaled, shaped(bias, affine));
}

/** The sum over all dimensions in which a parameter was spread. */
function folded(value: Tensor, { affine }: Lines, shape: Shape): Tensor {
  const spread = affine.flatMap((size, dim) => (size === 1 && value.shape[dim] !== 1 ? [dim] : []));
  return shaped(spread.length === 0 ? value : sum(value, spread), shape);
}

/**
 * (x - center) * scale * weight + bias. `fixed` statistics are data (those of training before); others are those of x, and
 * the gradient goes through them.
 */
export function normalized(
  gradName: string,
  x: Tensor,
  lines: Lines,
  [weight, bias]: readonly [Tensor | null, Tensor | null],
  eps: number,
  { center, scale }: Pick<Statistics, 'center' | 'scale'>,
  fixed = false,
): Tensor {
  const { over, shape, affine } = lines;
  const inner = (value: Tensor) => shaped(value, shape);
  const parameters = [weight, bias].filter((one) => one !== null);
  const weightAt = weight === null ? null : 3;
  const parameterShapes = parameters.map(({ shape: own }) => own);
  const count = countOf(shape, over);
  /** The weight is one number a line: it goes through the sums along lines. */
  const level = over.every((dim) => affine[dim] === 1);
  return composite(
    gradName,
    [x, center, scale, ...parameters],
    () => shaped(moved(mul(sub(inner(x), center), scale), lines, weight, bias), x.shape),
    (given, { input, needs }) => {
      const [grad, saved] = [inner(given), inner(input(0))];
      // A rule that is recorded itself sees that the statistics depend on x.
      const own = isGradEnabled() && !fixed;
      const { center: middle, scale: width } = own
        ? statisticsOf(saved, lines, eps)
        : { center: input(1), scale: input(2) };
      const unit = mul(sub(saved, middle), width);
      const factor = weightAt === null ? null : shaped(input(weightAt), affine);
      const weigh = (value: Tensor) => (factor === null ? value : mul(value, factor));
      // Along lines: the sum of the gradient, and of the gradient times the normalised value.
      const flow = level ? grad : weigh(grad);
      const [plain, along] = [sum(flow, over, true), sum(mul(flow, unit), over, true)];
      const ways: (Tensor | null)[] = [null, null, null];
      if (needs(0)) {
        // scale (g - mean(g) - unit mean(g unit))
        const rest = fixed ? flow : sub(sub(flow, div(plain, count)), mul(unit, div(along, count)));
        ways[0] = shaped(mul(level ? weigh(rest) : rest, width), given.shape);
      }
      const sums = level ? [along, plain] : [mul(grad, unit), grad];
      if (weight === null) sums.shift();
      parameters.forEach((_, at) => {
        ways.push(needs(3 + at) ? folded(sums[at], lines, parameterShapes[at]) : null);
      });
      return ways;
    },
  );
}

/** Throws for a dtype that has no fractions. */
export function requireFloat(op: string, x: Tensor): void {
  if (isFloat(x.dtype)) return;
  throw new DTypeError({
    op,
    fact: `dtype ${x.dtype}`,
    rule: 'it is defined for floating point tensors',
    cure: "Convert first: x.to('float32').",
  });
}

/** Throws unless each of the tensors that are given has `shape`. */
export function requireShapes(
  op: string,
  x: Tensor,
  shape: Shape,
  given: Readonly<Record<string, Tensor | null>>,
): void {
  for (const [name, one] of Object.entries(given)) {
    if (one === null || sameShape(one.shape, shape)) continue;
    throw new ShapeError({
      op,
      fact: `${name} ${formatShape(one.shape)} for input ${formatShape(x.shape)}`,
      rule: `it must have the shape ${formatShape(shape)}`,
    });
  }
}
