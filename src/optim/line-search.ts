// How far to go along a direction: until the strong Wolfe conditions hold, that is until the loss has fallen enough and its
// slope has flattened. Knows numbers and a function that measures, no parameters.
// J. Nocedal, S. Wright: Numerical Optimization, 2nd edition, algorithms 3.5 and 3.6.

import type { Tensor } from '../core/tensor.ts';

/** The loss and its gradient at a place. */
export interface Point {
  readonly loss: number;
  readonly gradient: Tensor;
}

/** A place on the line, with the slope of the loss along it. */
export interface LinePoint extends Point {
  readonly slope: number;
}

interface Bound extends LinePoint {
  readonly distance: number;
}

/** The loss must fall by this share of what the first slope promises, and the slope to this share of the first. */
const enoughFall = 1e-4;
const enoughFlattening = 0.9;
const mostIterations = 25;

/** The place of the smallest value of the cubic through two values and slopes, brought into [low, high]. */
function cubicMinimum(
  a: Bound,
  b: Bound,
  low = Math.min(a.distance, b.distance),
  high = Math.max(a.distance, b.distance),
) {
  const turn = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.distance - b.distance);
  const square = turn ** 2 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const root = Math.sqrt(square);
  const [left, right] = a.distance <= b.distance ? [a, b] : [b, a];
  const span = right.distance - left.distance;
  const place = right.distance - span * ((right.slope + root - turn) / (right.slope - left.slope + 2 * root));
  return Math.min(Math.max(place, low), high);
}

/**
 * Where to stop on a line: `measure` tells about a distance, `first` is the distance to try first, `start` the place where
 * the line begins, `reach` the largest move of a parameter in one unit of distance.
 */
export async function strongWolfe(
  measure: (distance: number) => Promise<LinePoint>,
  first: number,
  start: LinePoint,
  reach: number,
  toleranceChange: number,
): Promise<{ readonly point: Point; readonly distance: number; readonly evaluations: number }> {
  const probe = async (distance: number): Promise<Bound> => ({ ...(await measure(distance)), distance });
  const origin: Bound = { ...start, distance: 0 };
  const tooHigh = (at: Bound): boolean => at.loss > start.loss + enoughFall * at.distance * start.slope;
  const flat = (at: Bound): boolean => Math.abs(at.slope) <= -enoughFlattening * start.slope;

  // Away from the start until a piece of the line must hold a good place.
  let before = origin;
  let here = await probe(first);
  let evaluations = 1;
  let iteration = 0;
  let bracket: [Bound, Bound] | null = null;
  while (bracket === null && iteration < mostIterations) {
    if (tooHigh(here) || (iteration > 1 && here.loss >= before.loss)) bracket = [before, here];
    else if (flat(here)) return { point: here, distance: here.distance, evaluations };
    else if (here.slope >= 0) bracket = [before, here];
    else {
      const { distance } = here;
      const next = cubicMinimum(before, here, distance + 0.01 * (distance - before.distance), distance * 10);
      before = here;
      here = await probe(next);
      evaluations++;
      iteration++;
    }
  }
  let [one, other] = bracket ?? [origin, here];

  // The piece shrinks around the good place; `one` is the lower of its ends.
  const order = (): void => {
    if (other.loss < one.loss) [one, other] = [other, one];
  };
  order();
  let stuck = false;
  while (iteration < mostIterations) {
    const [low, high] = [Math.min(one.distance, other.distance), Math.max(one.distance, other.distance)];
    if ((high - low) * reach < toleranceChange) break;
    let distance = cubicMinimum(one, other);
    // A place near the ends twice in a row, or at an end, is moved inwards by a tenth of the piece.
    const margin = 0.1 * (high - low);
    if (Math.min(high - distance, distance - low) < margin) {
      if (stuck || distance >= high || distance <= low) {
        distance = Math.abs(distance - high) < Math.abs(distance - low) ? high - margin : low + margin;
        stuck = false;
      } else stuck = true;
    } else stuck = false;
    const found = await probe(distance);
    evaluations++;
    iteration++;
    if (tooHigh(found) || found.loss >= one.loss) {
      other = found;
      order();
    } else {
      const good = flat(found);
      if (!good && found.slope * (other.distance - one.distance) >= 0) other = one;
      one = found;
      if (good) break;
    }
  }
  return { point: one, distance: one.distance, evaluations };
}
