// Maximum pools whose windows begin at places drawn at random, so that sizes shrink by any factor (B. Graham: Fractional
// max-pooling, 2014). The draws are given; nn/functional-random.ts has the functions that make them.

import { isFloat } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, numelOf, sameShape } from '../shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { composite, fillNode, toDType, untaped } from './apply.ts';
import { add, mul, sub, where } from './arithmetic.ts';
import { gather, nodeTensor, scatterAdd } from './gather.ts';
import { eq, floor } from './math.ts';
import { select } from './part.ts';
import { dtypeError, type Pooled } from './pool.ts';
import { argmax } from './reduce.ts';
import { counting } from './tables.ts';
import { expand, reshape, squeeze } from './view.ts';
import { batched, eachDimension, type Sizes } from './window.ts';

/** How large windows and output are: a size each, or the output as a share of the input. */
export interface FractionalSizes {
  readonly kernelSize: Sizes;
  readonly outputSize: Sizes | null;
  readonly outputRatio: number | readonly number[] | null;
}

/** The windows of one spatial dimension. */
interface Line {
  readonly size: number;
  readonly kernel: number;
  readonly count: number;
}

function linesOf(op: string, x: Tensor, rank: number, options: FractionalSizes): Line[] {
  const { kernelSize, outputSize, outputRatio } = options;
  if ((outputSize === null) === (outputRatio === null)) {
    throw new ArgumentError({
      op,
      fact: outputSize === null ? 'neither outputSize nor outputRatio' : 'outputSize and outputRatio',
      rule: 'one of them is given',
    });
  }
  const kernel = eachDimension(op, 'kernelSize', kernelSize, rank, 1);
  const sizes = x.shape.slice(2);
  const ratios = outputRatio === null ? [] : eachDimension(op, 'outputRatio', outputRatio, rank, 0);
  if (ratios.some((ratio) => ratio <= 0 || ratio >= 1)) {
    throw new ArgumentError({ op, fact: `outputRatio is ${ratios.join(', ')}`, rule: 'it lies between 0 and 1' });
  }
  const counts =
    outputSize === null
      ? sizes.map((size, at) => Math.trunc(size * ratios[at]))
      : eachDimension(op, 'outputSize', outputSize, rank, 1);
  return sizes.map((size, at) => {
    const line = { size, kernel: kernel[at], count: counts[at] };
    if (line.count >= 1 && line.count + line.kernel - 1 <= size) return line;
    throw new ShapeError({
      op,
      fact: `input ${formatShape(x.shape)} with kernels of ${line.kernel} for an output of ${line.count}`,
      rule: 'outputSize + kernelSize - 1 must be at most the size of the input, and the output not empty',
    });
  });
}

/**
 * Where the windows of a line begin, for draws u in [0, 1) (N C): window i at floor((i + u) a) - floor(u a) with
 * a = (size - kernel) / (count - 1), and the last at the end: (N C, count), integers.
 */
function begins(draws: Tensor, { size, kernel, count }: Line): Tensor {
  const at = counting(draws.device, [1, count]);
  if (count === 1) return add(mul(expand(at, [draws.shape[0], 1]), 0), size - kernel);
  const step = Math.fround((size - kernel) / (count - 1));
  const u = reshape(draws, [-1, 1]);
  const moved = sub(floor(mul(add(toDType(at, draws.dtype), u), step)), floor(mul(u, step)));
  return where(eq(at, count - 1), size - kernel, toDType(moved, 'int32'));
}

/** The place in the input's C order of each element of each window: (N C, windows, elements of one). */
function placesOf(samples: Tensor, lines: readonly Line[]): Tensor {
  const planes = samples.shape[0] * samples.shape[1];
  const rank = lines.length;
  const shape = [planes, ...lines.map(({ count }) => count), ...lines.map(({ kernel }) => kernel)];
  const along = (x: Tensor, dim: number, first: number): Tensor =>
    reshape(
      x,
      shape.map((length, at) => (at === dim ? length : at === 0 ? first : 1)),
    );
  let places: Tensor | null = null;
  for (const [at, line] of lines.entries()) {
    // PyTorch takes the draws of two dimensions from the last to the first, those of three from the first on.
    const which = rank === 2 ? 1 - at : at;
    const draws = reshape(select(samples, 2, which), [planes]);
    const inside = along(counting(samples.device, [line.kernel]), 1 + rank + at, 1);
    const own = add(along(begins(draws, line), 1 + at, planes), inside);
    places = places === null ? own : add(mul(places, line.size), own);
  }
  return reshape(places as Tensor, [planes, numelOf(lines.map(({ count }) => count)), -1]);
}

/** The largest element of each window of x (N, C, sizes..), and where it is; `samples` (N, C, rank) draws from [0, 1). */
export function fractionalMaxPool(
  op: string,
  rank: number,
  given: Tensor,
  options: FractionalSizes,
  draw: (shape: readonly number[]) => Tensor,
): Pooled {
  if (!isFloat(given.dtype)) throw dtypeError(op, given);
  const x = batched(op, given, rank);
  const lines = linesOf(op, x, rank, options);
  const [batch, channels] = x.shape;
  const wanted = [batch, channels, rank];
  const samples = draw(wanted);
  if (!sameShape(samples.shape, wanted)) {
    throw new ShapeError({
      op,
      fact: `_randomSamples ${formatShape(samples.shape)}`,
      rule: `they must be ${formatShape(wanted)}: a draw for each sample, channel and dimension`,
    });
  }
  const planes = batch * channels;
  const elements = numelOf(lines.map(({ size }) => size));
  const counts = lines.map(({ count }) => count);
  const windows = numelOf(counts);
  const indices = untaped(() => {
    const places = placesOf(samples.detach(), lines);
    const seen = gather(reshape(x.detach(), [planes, elements]), 1, reshape(places, [planes, -1]));
    const largest = argmax(reshape(seen, [...places.shape]), 2, true);
    return reshape(gather(places, 2, largest), [planes, windows]);
  });
  const out = composite(
    `FractionalMaxPool${rank}DBackward0`,
    [x, indices],
    () => reshape(gather(reshape(x, [planes, elements]), 1, indices), [batch, channels, ...counts]),
    (grad, { input, shape }) => {
      const none = nodeTensor(fillNode(0, grad.device, grad.dtype, [planes, elements]));
      return [reshape(scatterAdd(none, 1, input(1), reshape(grad, [planes, windows])), [...shape(0)]), null];
    },
  );
  const places = reshape(indices, [batch, channels, ...counts]);
  return x === given ? [out, places] : [squeeze(out, 0), squeeze(places, 0)];
}
