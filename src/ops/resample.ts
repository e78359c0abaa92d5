// Resampling: maps that make each element of the output from a few elements of the input along the same dimension, with
// fixed weights. Interpolation and uneven average pools are such maps, dimension by dimension; so are their gradients.

import { Tensor } from '../core/tensor.ts';
import { applyPointwise, composite, kernelNode } from './apply.ts';
import { row } from './arithmetic.ts';
import { clone } from './copy.ts';
import { sum } from './reduce.ts';
import { numelOf, type Shape } from '../shape.ts';
import { table } from './tables.ts';
import { expand, reshape } from './view.ts';

/** One element of the input, and its share in an element of the output. */
export interface Tap {
  readonly place: number;
  readonly weight: number;
}

/** A linear map from `size` elements to as many as there are lists: output j is the sum of its taps. */
export interface Taps {
  /** Names the map: equal names are equal maps. */
  readonly name: string;
  readonly size: number;
  readonly lists: readonly (readonly Tap[])[];
}

/** a b, but nothing where b is 0: places that only fill up a list, whatever they hold. */
const tapRow = row('tap', { float: [(a, b) => (b === 0 ? 0 : a * b), 'select(a * b, 0.0, b == 0.0)'] });

const adjoints = new WeakMap<Taps, Taps>();

/** The transposed map: the way of gradients. */
function adjointOf(taps: Taps): Taps {
  const known = adjoints.get(taps);
  if (known !== undefined) return known;
  const lists: Tap[][] = Array.from({ length: taps.size }, () => []);
  taps.lists.forEach((list, at) => {
    for (const { place, weight } of list) if (weight !== 0) lists[place].push({ place: at, weight });
  });
  const back: Taps = { name: `${taps.name} turned`, size: taps.lists.length, lists };
  adjoints.set(taps, back);
  adjoints.set(back, taps);
  return back;
}

/** x (.., size, ..) -> (.., outputs, ..) along `dim`, off the tape. */
function along(x: Tensor, dim: number, taps: Taps): Tensor {
  const count = taps.lists.length;
  const width = taps.lists.reduce((most, list) => Math.max(most, list.length), 1);
  const { shape } = x;
  const [outer, inner] = [numelOf(shape.slice(0, dim)), numelOf(shape.slice(dim + 1))];
  // Lists that are shorter than others end in taps of weight 0.
  const flat = (part: keyof Tap) => (): number[] =>
    taps.lists.flatMap((list) => Array.from({ length: width }, (_, at) => list[at]?.[part] ?? 0));
  const places = table(`places ${taps.name}`, x.device, 'int32', [1, count * width, 1], flat('place'));
  const index = expand(places, [outer, count * width, inner]);
  const source = reshape(x, [outer, taps.size, inner]);
  const picked = (sizes: Shape): Tensor =>
    Tensor.of(kernelNode('gather', { op: 'resample' }, [source.node, index.node], x.dtype, sizes));
  const around = (...sizes: number[]): number[] => [...shape.slice(0, dim), ...sizes, ...shape.slice(dim + 1)];
  if (taps.lists.every((list) => list.length === 1 && list[0].weight === 1)) return picked(around(count));
  const spread = [count, width, ...shape.slice(dim + 1).map(() => 1)];
  const weights = table(`weights ${taps.name}`, x.device, x.dtype, spread, flat('weight'));
  return sum(applyPointwise(tapRow, [picked(around(count, width)), weights]), dim + 1);
}

/**
 * x (.., sizes) -> (.., counts): the dimensions from `first` on by one map each, null for one that stays. One step of the
 * tape of that name.
 */
export function resampled(gradName: string, x: Tensor, first: number, maps: readonly (Taps | null)[]): Tensor {
  return composite(
    gradName,
    [x],
    () => {
      const out = maps.reduce((at, taps, dim) => (taps === null ? at : along(at, first + dim, taps)), x.detach());
      return maps.every((taps) => taps === null) ? clone(out) : out;
    },
    (grad) => [
      resampled(
        gradName,
        grad,
        first,
        maps.map((taps) => (taps === null ? null : adjointOf(taps))),
      ),
    ],
  );
}
