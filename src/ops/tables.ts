// Constants that operations read at positions: divisors of windows, places and weights of a resampling. Made once for each
// device and name, so that a repeated step has nothing to upload. Knows no operation.

import { hostArrayFrom, type DType } from '../dtype.ts';
import { type Device, makeLeaf, type Node } from '../core/graph.ts';
import { numelOf, type Shape } from '../shape.ts';
import { Tensor } from '../core/tensor.ts';

const tables = new WeakMap<Device, Map<string, Node>>();
/** All are made anew once there are more: a program with that many sizes has other costs. */
const mostTables = 512;

/** The constant of a name: its elements come from `make` where it is not known yet. */
export function table(name: string, device: Device, dtype: DType, shape: Shape, make: () => ArrayLike<number>): Tensor {
  const known = tables.get(device) ?? new Map<string, Node>();
  tables.set(device, known);
  const key = `${name} ${dtype} ${shape.join()}`;
  let node = known.get(key);
  if (node === undefined) {
    if (known.size >= mostTables) known.clear();
    known.set(key, (node = makeLeaf(hostArrayFrom(dtype, make()), device, dtype, shape)));
  }
  return Tensor.at(node, null);
}

/** 0 .. count - 1 as int32, of a shape. */
export function counting(device: Device, shape: Shape): Tensor {
  return table('counting', device, 'int32', shape, () => Int32Array.from({ length: numelOf(shape) }, (_, at) => at));
}
