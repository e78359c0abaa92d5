// Elements repeated in place, and classes as rows of zeros and ones: where the counts are known on the host.

import { ArgumentError, ShapeError } from '../errors.ts';
import { makeLeaf } from '../core/graph.ts';
import { normalizeDim } from '../shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { toDType } from './apply.ts';
import { checkedIndex, nodeTensor, selectMany } from './gather.ts';
import { eq } from './math.ts';
import { expand, reshape, unsqueeze } from './view.ts';

/** Each element of the input (flattened where there is no dim) as often as `repeats` says, one behind the other. */
export function repeatedBy(
  x: Tensor,
  repeats: number | readonly number[],
  dim: number | null,
  outputSize: number | null,
): Tensor {
  if (dim !== null && x.shape.length === 0) {
    throw new ShapeError({
      op: 'repeatInterleave',
      fact: `dim ${dim} of ()`,
      rule: 'a number has no dimensions',
      cure: 'Leave dim out.',
    });
  }
  const line = dim === null ? reshape(x, -1) : x;
  const at = dim === null ? 0 : normalizeDim('repeatInterleave', dim, line.shape.length);
  const length = line.shape[at];
  const list = typeof repeats === 'number' ? [repeats] : repeats;
  const total = typeof repeats === 'number' ? repeats * length : repeats.reduce((sum, count) => sum + count, 0);
  if (list.some((count) => count < 0) || (typeof repeats !== 'number' && repeats.length !== length)) {
    throw new ShapeError({
      op: 'repeatInterleave',
      fact: `repeats ${list.length > 8 ? `a list of ${list.length}` : `[${list.join(', ')}]`} for ${length} elements`,
      rule: 'there must be one for each element, or one for all, none negative',
    });
  }
  if (outputSize !== null && outputSize !== total) {
    throw new ArgumentError({
      op: 'repeatInterleave',
      fact: `outputSize ${outputSize}`,
      rule: `the repeats make ${total}`,
    });
  }
  const { shape } = line;
  if (typeof repeats === 'number') {
    // (.., n, ..) -> (.., n, 1, ..) -> (.., n, repeats, ..) -> (.., n repeats, ..)
    const wide = expand(unsqueeze(line, at + 1), [...shape.slice(0, at + 1), repeats, ...shape.slice(at + 1)]);
    return reshape(wide, [...shape.slice(0, at), total, ...shape.slice(at + 1)]);
  }
  const places = Int32Array.from(repeats.flatMap((count, place) => new Array<number>(count).fill(place)));
  const index = nodeTensor(makeLeaf(places, x.device, 'int32', [places.length]));
  return selectMany('repeatInterleave', line, at, index, false, 'IndexSelectBackward0');
}

/** (..) of class indices -> (.., count) of 0 and 1, int32. */
export function classRows(x: Tensor, count: number): Tensor {
  const classes = Int32Array.from({ length: count }, (_, at) => at);
  const checked = nodeTensor(checkedIndex('oneHot', x, Math.max(x.shape.length - 1, 0), count, false));
  const hit = eq(unsqueeze(checked, -1), nodeTensor(makeLeaf(classes, x.device, 'int32', [count])));
  return toDType(hit, 'int32');
}
