// The way back from maximum pools: each value goes to the place where it was found, all other places are 0.

import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, numelOf, sameShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { composite, fillNode } from './apply.ts';
import { gather, scatterSet } from './gather.ts';
import { reshape, squeeze } from './view.ts';
import { batched, eachDimension, type Sizes, sizesParam } from './window.ts';

interface Options {
  readonly kernelSize: Sizes;
  readonly stride: Sizes | null;
  readonly padding: Sizes;
  readonly outputSize: readonly number[] | null;
}

/** The spatial sizes of the output: those that the pool would have made the input of, or those given near them. */
function sizesOf(op: string, x: Tensor, rank: number, { kernelSize, stride, padding, outputSize }: Options): number[] {
  const kernel = eachDimension(op, 'kernelSize', kernelSize, rank, 1);
  const none = stride === null || (typeof stride !== 'number' && stride.length === 0);
  const steps = none ? kernel : eachDimension(op, 'stride', stride, rank, 1);
  const around = eachDimension(op, 'padding', padding, rank, 0);
  const usual = x.shape.slice(2).map((count, at) => (count - 1) * steps[at] - 2 * around[at] + kernel[at]);
  if (outputSize === null) return usual;
  const given = outputSize.length > rank ? outputSize.slice(-rank) : outputSize;
  const near = given.length === rank && given.every((size, at) => Math.abs(size - usual[at]) < steps[at]);
  if (near) return [...given];
  throw new ArgumentError({
    op,
    fact: `outputSize is [${outputSize.join(', ')}]`,
    rule: `it must be nearer to ${formatShape(usual)} than a stride`,
  });
}

function unpool(op: string, rank: number, given: Tensor, places: Tensor, options: Options): Tensor {
  const x = batched(op, given, rank);
  if (!sameShape(given.shape, places.shape)) {
    throw new ShapeError({
      op,
      fact: `indices ${formatShape(places.shape)} for input ${formatShape(given.shape)}`,
      rule: 'both must have one shape: that of a pool with returnIndices',
    });
  }
  const sizes = sizesOf(op, x, rank, options);
  const [batch, channels] = x.shape;
  const lines = [batch * channels, numelOf(x.shape.slice(2))];
  const listed = (tensor: Tensor) => reshape(tensor, lines);
  const out = composite(
    `MaxUnpool${rank}DBackward0`,
    [x, places],
    () => {
      const none = Tensor.at(fillNode(0, x.device, x.dtype, [lines[0], numelOf(sizes)]), null);
      return reshape(scatterSet(none, 1, listed(places), listed(x)), [batch, channels, ...sizes]);
    },
    (grad, { input, shape }) => {
      const flow = reshape(grad, [lines[0], numelOf(sizes)]);
      return [reshape(gather(flow, 1, listed(input(1))), [...shape(0)]), null];
    },
  );
  return x === given ? out : squeeze(out, 0);
}

const signature = [
  p.tensor('input'),
  p.tensor('indices'),
  sizesParam('kernelSize'),
  optional(sizesParam('stride'), null),
  optional(sizesParam('padding'), 0),
  optional(p.ints('outputSize'), null),
] as const;

function defineUnpool(op: string, rank: number) {
  return define(op, signature, (input, indices, kernelSize, stride, padding, outputSize): Tensor =>
    unpool(op, rank, input, indices, { kernelSize, stride, padding, outputSize }),
  );
}

/**
 * The values and indices of maxPool1d -> a tensor of the pool's input size with the values at their places, 0 elsewhere;
 * `outputSize` chooses among the sizes that pool to the same. Of several values for one place the last stays.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool1d.html
 */
export const maxUnpool1d = defineUnpool('maxUnpool1d', 1);
/** The same over (N, C, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool2d.html */
export const maxUnpool2d = defineUnpool('maxUnpool2d', 2);
/** The same over (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool3d.html */
export const maxUnpool3d = defineUnpool('maxUnpool3d', 3);
