// The functions of normalisation: batch, instance, layer, group, root mean square and local response norm. What is computed
// stands in normalize.ts; here are options, checks, which dimensions are normalised, and the running statistics.

import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, sameShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { untaped } from './apply.ts';
import { add, div, mul, pow, rsub, square } from './arithmetic.ts';
import { writeInto } from './write.ts';
import { rsqrt } from './math.ts';
import { type Lines, normalized, requireFloat, requireShapes, statisticsOf } from './normalize.ts';
import { sliceAt } from './part.ts';
import { countOf, mean } from './reduce.ts';
import { reshape } from './view.ts';
import { padded, windows } from './window.ts';

const input = p.tensor('input');
const weightOption = optional(p.tensor('weight'), null);
const biasOption = optional(p.tensor('bias'), null);
const epsOption = optional(p.number('eps'), 1e-5);

/** The factor by which new statistics enter: a number, or a tensor that only the device knows (1 / batches so far). */
const momentumParam = p.custom<number | Tensor>()(
  'momentum',
  'a number or a 0-dim tensor',
  (v) => p.number('momentum').accepts(v) || p.tensor('momentum').accepts(v),
);

/** Statistics of batches so far; both or none. */
interface Running {
  readonly mean: Tensor | null;
  readonly variance: Tensor | null;
}

/** Moves the running statistics towards those of a batch: running (1 - momentum) + new momentum. */
function follow(op: string, running: Running, center: Tensor, variance: Tensor, momentum: number | Tensor): void {
  untaped(() => {
    for (const [state, fresh] of [
      [running.mean, center],
      [running.variance, variance],
    ] as const) {
      if (state === null) continue;
      const value = reshape(fresh, [...state.shape]);
      writeInto(
        op,
        state,
        add(mul(state, typeof momentum === 'number' ? 1 - momentum : rsub(momentum, 1)), mul(value, momentum)),
      );
    }
  });
}

/** The shape in which one number a channel meets (N, C, ..). */
const channelShape = (x: Tensor): number[] => x.shape.map((size, dim) => (dim === 1 ? size : 1));

/** The dimensions of (N, C, ..) without that of channels, from `first` on. */
const besidesChannels = (x: Tensor, first: number): number[] =>
  x.shape.flatMap((_, dim) => (dim >= first && dim !== 1 ? [dim] : []));

interface BatchOptions {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly running: Running;
  /** Whether the statistics are those of the input, which then move the running ones. */
  readonly training: boolean;
  readonly momentum: number | Tensor;
  readonly eps: number;
}

/** Batch norm over (N, C, ..), or with `first` = 2 instance norm, whose lines are those of one example. */
function overChannels(op: string, gradName: string, x: Tensor, first: 0 | 2, options: BatchOptions) {
  requireFloat(op, x);
  const { weight, bias, running, training, momentum, eps } = options;
  if (x.shape.length < 2 && x.numel() > 0) {
    throw new ShapeError({
      op,
      fact: `input ${formatShape(x.shape)}`,
      rule: 'it must have at least 2 dimensions: batch and channels',
    });
  }
  const channels = [x.shape[1] ?? 0];
  requireShapes(op, x, channels, { runningMean: running.mean, runningVar: running.variance, weight, bias });
  const affine = channelShape(x);
  const lines: Lines = { over: besidesChannels(x, first), shape: x.shape, affine };
  const parameters = [weight, bias] as const;
  if (!training) {
    const { mean: center, variance } = running;
    if (center === null || variance === null) {
      throw new ArgumentError({
        op,
        fact: 'no runningMean and runningVar in evaluation',
        rule: 'without statistics of the input those of training are needed',
      });
    }
    if (x.numel() === 0) return { output: mul(x, 1), statistics: null };
    const known = untaped(() => ({
      center: reshape(center, affine),
      scale: rsqrt(add(reshape(variance, affine), eps)),
    }));
    return { output: normalized(gradName, x, lines, parameters, eps, known, true), statistics: null };
  }
  const count = countOf(x.shape, lines.over);
  if (count === 1 && x.numel() > 0) {
    throw new ShapeError({
      op,
      fact: `input ${formatShape(x.shape)} has one value ${first === 0 ? 'a channel' : 'a channel of each example'}`,
      rule: 'in training there must be more than one to have a variance',
      cure: 'Use a larger batch, or eval().',
    });
  }
  const statistics = untaped(() => statisticsOf(x, lines, eps));
  const output = normalized(gradName, x, lines, parameters, eps, statistics);
  untaped(() => {
    // One number a channel: of an instance norm the mean over the examples.
    const each = (value: Tensor) => (first === 0 ? value : mean(value, 0, true));
    // The running variance divides by n - 1.
    const unbiased = mul(each(statistics.variance), count / (count - 1));
    follow(op, running, each(statistics.center), unbiased, momentum);
  });
  return { output, statistics };
}

/**
 * (N, C, ..) with each channel brought to mean 0 and variance 1 over the batch and all places, times weight (C) plus bias (C).
 * In training the running statistics move towards those of the batch; else they take their place.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html
 */
export const batchNorm = define(
  'batchNorm',
  [
    input,
    optional(p.tensor('runningMean'), null),
    optional(p.tensor('runningVar'), null),
    weightOption,
    biasOption,
    optional(p.bool('training'), false),
    optional(momentumParam, 0.1),
    epsOption,
  ],
  (input, runningMean, runningVar, weight, bias, training, momentum, eps): Tensor => {
    const running = { mean: runningMean, variance: runningVar };
    const options = { weight, bias, running, training, momentum, eps };
    return overChannels('batchNorm', 'NativeBatchNormBackward0', input, 0, options).output;
  },
);

/**
 * batchNorm with what its gradient keeps: [output, mean, 1 / sqrt(variance + eps)], the last two empty in evaluation.
 * (ATen's native_batch_norm.)
 */
export const nativeBatchNorm = define(
  'nativeBatchNorm',
  [
    input,
    weightOption,
    biasOption,
    optional(p.tensor('runningMean'), null),
    optional(p.tensor('runningVar'), null),
    optional(p.bool('training'), false),
    optional(p.number('momentum'), 0.1),
    epsOption,
  ],
  (input, weight, bias, runningMean, runningVar, training, momentum, eps): [Tensor, Tensor, Tensor] => {
    const running = { mean: runningMean, variance: runningVar };
    const options = { weight, bias, running, training, momentum, eps };
    const { output, statistics } = overChannels('nativeBatchNorm', 'NativeBatchNormBackward0', input, 0, options);
    const none = (): Tensor => sliceAt(reshape(input.detach(), -1), 0, 0, 0, 1);
    if (statistics === null) return [output, none(), none()];
    return [output, reshape(statistics.center, -1), reshape(statistics.scale, -1)];
  },
);

/**
 * (N, C, ..) with each channel of each example brought to mean 0 and variance 1 over its places.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.instance_norm.html
 */
export const instanceNorm = define(
  'instanceNorm',
  [
    input,
    optional(p.tensor('runningMean'), null),
    optional(p.tensor('runningVar'), null),
    weightOption,
    biasOption,
    optional(p.bool('useInputStats'), true),
    optional(p.number('momentum'), 0.1),
    epsOption,
  ],
  (input, runningMean, runningVar, weight, bias, useInputStats, momentum, eps): Tensor => {
    const running = { mean: runningMean, variance: runningVar };
    const options = { weight, bias, running, training: useInputStats, momentum, eps };
    return overChannels('instanceNorm', 'NativeBatchNormBackward0', input, 2, options).output;
  },
);

const shapeParam = p.custom<number | readonly number[]>()('normalizedShape', 'a size or a list of sizes', (v) =>
  p.sections('normalizedShape').accepts(v),
);

/** The dimensions of a normalised shape: the last ones of x. */
function lastLines(op: string, x: Tensor, given: number | readonly number[]): Lines {
  const shape = typeof given === 'number' ? [given] : given;
  const first = x.shape.length - shape.length;
  if (shape.length === 0 || first < 0 || !sameShape(x.shape.slice(first), shape)) {
    throw new ShapeError({
      op,
      fact: `normalizedShape ${formatShape(shape)} for input ${formatShape(x.shape)}`,
      rule: 'it must be the last sizes of the input',
    });
  }
  const over = shape.map((_, at) => first + at);
  return { over, shape: x.shape, affine: x.shape.map((size, dim) => (dim < first ? 1 : size)) };
}

function layered(
  op: string,
  x: Tensor,
  given: number | readonly number[],
  weight: Tensor | null,
  bias: Tensor | null,
  eps: number,
) {
  requireFloat(op, x);
  const lines = lastLines(op, x, given);
  requireShapes(op, x, typeof given === 'number' ? [given] : given, { weight, bias });
  const statistics = untaped(() => statisticsOf(x, lines, eps));
  return { output: normalized('NativeLayerNormBackward0', x, lines, [weight, bias], eps, statistics), statistics };
}

/**
 * x brought to mean 0 and variance 1 over its last dimensions (of sizes `normalizedShape`), times weight plus bias of that
 * shape. https://pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html
 */
export const layerNorm = define(
  'layerNorm',
  [input, shapeParam, weightOption, biasOption, epsOption],
  (input, normalizedShape, weight, bias, eps): Tensor =>
    layered('layerNorm', input, normalizedShape, weight, bias, eps).output,
);

/** layerNorm with what its gradient keeps: [output, mean, 1 / sqrt(variance + eps)]. (ATen's native_layer_norm.) */
export const nativeLayerNorm = define(
  'nativeLayerNorm',
  [input, shapeParam, weightOption, biasOption, epsOption],
  (input, normalizedShape, weight, bias, eps): [Tensor, Tensor, Tensor] => {
    const { output, statistics } = layered('nativeLayerNorm', input, normalizedShape, weight, bias, eps);
    return [output, statistics.center, statistics.scale];
  },
);

/**
 * (N, C, ..) with each group of C / numGroups channels of each example brought to mean 0 and variance 1, times weight (C)
 * plus bias (C). https://pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html
 */
export const groupNorm = define(
  'groupNorm',
  [input, p.int('numGroups'), weightOption, biasOption, epsOption],
  (input, numGroups, weight, bias, eps): Tensor => {
    const op = 'groupNorm';
    requireFloat(op, input);
    const [batch, channels, ...sizes] = input.shape;
    if (channels === undefined || numGroups < 1 || channels % numGroups !== 0) {
      throw new ShapeError({
        op,
        fact: `input ${formatShape(input.shape)} in ${numGroups} groups`,
        rule: 'the second size is the number of channels, and the groups divide it',
      });
    }
    requireShapes(op, input, [channels], { weight, bias });
    const shape = [batch, numGroups, channels / numGroups, ...sizes];
    const over = shape.flatMap((_, dim) => (dim >= 2 ? [dim] : []));
    const lines: Lines = { over, shape, affine: [1, numGroups, channels / numGroups, ...sizes.map(() => 1)] };
    const statistics = untaped(() => statisticsOf(input, lines, eps));
    return normalized('NativeGroupNormBackward0', input, lines, [weight, bias], eps, statistics);
  },
);

/** The step between 1 and the next number: what PyTorch's rms_norm adds where eps is left out. */
const machineEpsilon = { float32: 2 ** -23, float64: Number.EPSILON } as const;

/**
 * x / sqrt(mean(x^2) + eps) * weight over the last dimensions (of sizes `normalizedShape`); eps is that of the dtype where
 * left out. https://pytorch.org/docs/stable/generated/torch.nn.functional.rms_norm.html
 */
export const rmsNorm = define(
  'rmsNorm',
  [input, shapeParam, weightOption, optional(p.number('eps'), null)],
  (input, normalizedShape, weight, eps): Tensor => {
    requireFloat('rmsNorm', input);
    const { over } = lastLines('rmsNorm', input, normalizedShape);
    requireShapes('rmsNorm', input, typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape, {
      weight,
    });
    const added = eps ?? machineEpsilon[input.dtype === 'float64' ? 'float64' : 'float32'];
    const out = mul(input, rsqrt(add(mean(square(input), over, true), added)));
    return weight === null ? out : mul(out, weight);
  },
);

/**
 * x / (k + alpha mean(x^2))^beta, the mean over `size` neighbouring channels, zeros beyond the first and last.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.local_response_norm.html
 */
export const localResponseNorm = define(
  'localResponseNorm',
  [
    input,
    p.int('size'),
    optional(p.number('alpha'), 1e-4),
    optional(p.number('beta'), 0.75),
    optional(p.number('k'), 1),
  ],
  (input, size, alpha, beta, k): Tensor => {
    const op = 'localResponseNorm';
    requireFloat(op, input);
    if (input.shape.length < 3 || size < 1) {
      throw new ShapeError({
        op,
        fact: `input ${formatShape(input.shape)} with size ${size}`,
        rule: 'it must have batch, channels and at least one more dimension, and size must be at least 1',
      });
    }
    if (input.numel() === 0) return mul(input, 1);
    const [low, high] = [Math.floor(size / 2), Math.floor((size - 1) / 2)];
    const rest = input.shape.slice(2);
    const none = rest.map(() => 0);
    const squares = padded(square(input), 1, [low, ...none], [high, ...none]);
    // Windows of 1 along all but the channels.
    const single = { kernel: 1, stride: 1, dilation: 1, low: 0, high: 0 };
    const extents = [
      { ...single, size: input.shape[1] + low + high, kernel: size, count: input.shape[1] },
      ...rest.map((one) => ({ ...single, size: one, count: one })),
    ];
    const near = mean(
      windows(squares, 1, extents),
      extents.map((_, at) => 2 + 2 * at),
    );
    return div(input, pow(add(mul(near, alpha), k), beta));
  },
);
