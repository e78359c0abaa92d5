// Differences and integrals along a dimension: diff, gradient, and the trapezoid rule. All are formulas over neighbours.

import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, normalizeDim, normalizeDims } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { add, div, mul, neg, sub } from './arithmetic.ts';
import { clone } from './copy.ts';
import { cat } from './join.ts';
import { logicalXor } from './math.ts';
import { sliceAt } from './part.ts';
import { cumsum, sum } from './reduce.ts';
import { reshape } from './view.ts';

const input = p.tensor('input');
const lastDim = optional(p.int('dim'), -1);

/** All but the first, and all but the last, along `dim`. */
function neighbours(x: Tensor, dim: number): [right: Tensor, left: Tensor] {
  const length = x.shape[dim];
  return [sliceAt(x, dim, Math.min(1, length), length, 1), sliceAt(x, dim, 0, Math.max(length - 1, 0), 1)];
}

/** The difference of neighbours along `dim`, taken `n` times; of booleans, whether they differ. https://pytorch.org/docs/stable/generated/torch.diff.html */
export const diff = define(
  'diff',
  [input, optional(p.int('n'), 1), lastDim, optional(p.tensor('prepend'), null), optional(p.tensor('append'), null)],
  (input, n, dim, prepend, append): Tensor => {
    if (input.shape.length === 0 || n < 0) {
      throw new ShapeError({
        op: 'diff',
        fact: `${formatShape(input.shape)}, n ${n}`,
        rule: 'at least 1 dimension is needed, and n must not be negative',
      });
    }
    if (n === 0) return clone(input);
    const at = normalizeDim('diff', dim, input.shape.length);
    const parts = [prepend, input, append].filter((one) => one !== null);
    let line = parts.length === 1 ? input : cat(parts, at);
    for (let turn = Math.min(n, line.shape[at]); turn > 0; turn--) {
      const [right, left] = neighbours(line, at);
      line = line.dtype === 'bool' ? logicalXor(right, left) : sub(right, left);
    }
    return line;
  },
);

/** x as a factor along `dim` of a tensor of `rank` dimensions. */
function along(x: Tensor, dim: number, rank: number): Tensor {
  return reshape(
    x,
    Array.from({ length: rank }, (_, at) => (at === dim ? -1 : 1)),
  );
}

/** The areas under neighbouring samples of y: (left + right) / 2 times their distance. */
function trapezoids(op: string, y: Tensor, x: Tensor | null, dx: number, dim: number): Tensor {
  const rank = y.shape.length;
  if (rank === 0) throw new ShapeError({ op, fact: 'y is ()', rule: 'at least 1 dimension is needed' });
  const [right, left] = neighbours(y, dim);
  if (x === null) return mul(add(right, left), dx / 2);
  if (x.shape.length === 1 && x.shape[0] !== y.shape[dim]) {
    throw new ShapeError({
      op,
      fact: `${x.shape[0]} positions for ${y.shape[dim]} samples`,
      rule: 'there must be a position for each sample',
    });
  }
  const ones = new Array<number>(Math.max(rank - x.shape.length, 0)).fill(1);
  const positions = x.shape.length === 1 ? along(x, dim, rank) : reshape(x, [...ones, ...x.shape]);
  const [to, from] = neighbours(positions, dim);
  return div(mul(add(right, left), sub(to, from)), 2);
}

const rule = [p.tensor('y'), optional(p.tensor('x'), null), optional(p.number('dx'), 1), lastDim] as const;

/** The integral of samples y along `dim` by the trapezoid rule; they are `dx` apart, or lie at x. https://pytorch.org/docs/stable/generated/torch.trapezoid.html */
export const trapezoid = define('trapezoid', rule, (y, x, dx, dim): Tensor => {
  const at = normalizeDim('trapezoid', dim, y.shape.length);
  return sum(trapezoids('trapezoid', y, x, dx, at), at);
});

/** The integral up to each sample but the first: running sums of the trapezoid rule. https://pytorch.org/docs/stable/generated/torch.cumulative_trapezoid.html */
export const cumulativeTrapezoid = define('cumulativeTrapezoid', rule, (y, x, dx, dim): Tensor => {
  const at = normalizeDim('cumulativeTrapezoid', dim, y.shape.length);
  return cumsum(trapezoids('cumulativeTrapezoid', y, x, dx, at), at);
});

type Spacing = number | readonly number[] | readonly Tensor[] | null;

const spacingParam = p.custom<Exclude<Spacing, null>>()(
  'spacing',
  'a number, a list of numbers or a list of tensors',
  (v) =>
    typeof v === 'number' ||
    (Array.isArray(v) && (v.every((one) => typeof one === 'number') || v.every((one) => one instanceof Tensor))),
);

/**
 * The derivative of samples along one dimension, exact for polynomials of order 2 inside and of `edgeOrder` at the ends. With
 * steps h1 before and h2 behind a sample it weighs the three samples around it by Lagrange's polynomial.
 */
function derivative(x: Tensor, dim: number, spacing: number | Tensor, edgeOrder: number): Tensor {
  const length = x.shape[dim];
  const part = (first: number, count: number) => sliceAt(x, dim, first, first + count, 1);
  if (typeof spacing === 'number') {
    const inner = div(sub(part(2, length - 2), part(0, length - 2)), 2 * spacing);
    const end = (a: number, b: number, c: number): Tensor => {
      if (edgeOrder === 1) return div(sub(part(b, 1), part(a, 1)), b > a ? spacing : -spacing);
      const weighed = sub(mul(part(b, 1), 2), add(mul(part(a, 1), 1.5), mul(part(c, 1), 0.5)));
      return div(weighed, b > a ? spacing : -spacing);
    };
    return cat([end(0, 1, 2), inner, end(length - 1, length - 2, length - 3)], dim);
  }
  const [to, from] = neighbours(spacing, 0);
  const steps = along(sub(to, from), dim, x.shape.length);
  const step = (first: number, count: number) => sliceAt(steps, dim, first, first + count, 1);
  const [h1, h2] = [step(0, length - 2), step(1, length - 2)];
  const weighed = (a: Tensor, b: Tensor, c: Tensor, first: number, count: number): Tensor =>
    add(add(mul(a, part(first, count)), mul(b, part(first + 1, count))), mul(c, part(first + 2, count)));
  const both = add(h1, h2);
  const inner = weighed(
    div(neg(h2), mul(h1, both)),
    div(sub(h2, h1), mul(h1, h2)),
    div(h1, mul(h2, both)),
    0,
    length - 2,
  );
  if (edgeOrder === 1) {
    const slope = (at: number) => div(sub(part(at + 1, 1), part(at, 1)), step(at, 1));
    return cat([slope(0), inner, slope(length - 2)], dim);
  }
  const ends = (at: number) => [step(at, 1), step(at + 1, 1), add(step(at, 1), step(at + 1, 1))] as const;
  const [a, b, ab] = ends(0);
  const first = weighed(div(neg(add(a, ab)), mul(a, ab)), div(ab, mul(a, b)), div(neg(a), mul(b, ab)), 0, 1);
  const [c, d, cd] = ends(length - 3);
  const last = weighed(div(d, mul(c, cd)), div(neg(cd), mul(c, d)), div(add(d, cd), mul(d, cd)), length - 3, 1);
  return cat([first, inner, last], dim);
}

/**
 * The derivative of samples along each of `dim` (all dimensions if none): one tensor a dimension. The samples are `spacing`
 * apart (one number for all, or one a dimension), or lie at the coordinates that 1-dim tensors give.
 * https://pytorch.org/docs/stable/generated/torch.gradient.html
 */
export const gradient = define(
  'gradient',
  [input, optional(spacingParam, null), optional(p.dims('dim'), null), optional(p.int('edgeOrder'), 1)],
  (input: Tensor, spacing: Spacing, dim, edgeOrder): Tensor[] => {
    const rank = input.shape.length;
    const named = dim as number | readonly number[] | null;
    normalizeDims('gradient', named, rank);
    const dims =
      named === null
        ? input.shape.map((_, at) => at)
        : [named].flat().map((one) => normalizeDim('gradient', one, rank));
    if (edgeOrder !== 1 && edgeOrder !== 2) {
      throw new ArgumentError({ op: 'gradient', fact: `edgeOrder ${edgeOrder}`, rule: 'it must be 1 or 2' });
    }
    const given = Array.isArray(spacing)
      ? (spacing as readonly (number | Tensor)[])
      : dims.map(() => (spacing as number | null) ?? 1);
    if (given.length !== dims.length) {
      throw new ArgumentError({
        op: 'gradient',
        fact: `${given.length} spacings for ${dims.length} dimensions`,
        rule: 'one for each dimension',
      });
    }
    return dims.map((at, which) => {
      const length = input.shape[at];
      const one = given[which];
      const fits = typeof one === 'number' || (one.shape.length === 1 && one.shape[0] === length);
      if (length <= edgeOrder || !fits) {
        throw new ShapeError({
          op: 'gradient',
          fact: `${formatShape(input.shape)} has ${length === 1 ? '1 sample' : `${length} samples`} along dim ${at}${fits ? '' : `, coordinates ${formatShape((one as Tensor).shape)}`}`,
          rule: fits ? `at least ${edgeOrder + 1} are needed` : 'one coordinate for each sample',
        });
      }
      return derivative(input, at, one, edgeOrder);
    });
  },
);
