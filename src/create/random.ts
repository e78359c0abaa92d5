// Random tensors: drawn on the host at the call, from PyTorch's stream, so the same seed gives PyTorch's numbers.

import {
  checkSizes,
  deviceOption,
  type DeviceOption,
  dtypeOption,
  gradOption,
  leaf,
  like,
  settle,
  size,
} from './create.ts';
import { type DType, hostArray, hostArrayFrom, isFloat, type TypedArray } from '../dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { makeLeaf } from '../core/graph.ts';
import * as draw from '../host/draw.ts';
import { castNode, copyNode } from '../ops/apply.ts';
import { add, mul } from '../ops/arithmetic.ts';
import { writeInto } from '../ops/write.ts';
import { reshape } from '../ops/view.ts';
import { defaultGenerator, Generator } from './generator.ts';
import { hostNow } from '../read.ts';
import { formatShape, numelOf, type Shape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';

export const generatorOption = optional(
  p.custom<Generator>()('generator', 'a Generator', (v) => v instanceof Generator),
  null,
);

type Fill = (generator: Generator['mt'], out: TypedArray) => void;

function drawn(
  op: string,
  shape: Shape,
  dtype: DType | null,
  device: DeviceOption,
  grad: boolean,
  generator: Generator | null,
  fill: Fill,
): Tensor {
  checkSizes(op, shape);
  const settled = settle(op, dtype, device);
  const host = hostArray(settled.dtype, numelOf(shape));
  fill((generator ?? defaultGenerator).mt, host);
  return leaf(op, host, [...shape], settled.dtype, settled.device, grad);
}

type Floats = Float32Array | Float64Array;
export const randomOptions = [generatorOption, dtypeOption, deviceOption, gradOption] as const;

/** Uniform on [0, 1). https://pytorch.org/docs/stable/generated/torch.rand.html */
export const rand = define('rand', [size, ...randomOptions], (size, generator, dtype, device, requiresGrad): Tensor =>
  drawn('rand', size, dtype, device, requiresGrad, generator, (mt, out) => draw.uniform(mt, out as Floats)),
);
/** Normal with mean 0 and variance 1. https://pytorch.org/docs/stable/generated/torch.randn.html */
export const randn = define('randn', [size, ...randomOptions], (size, generator, dtype, device, requiresGrad): Tensor =>
  drawn('randn', size, dtype, device, requiresGrad, generator, (mt, out) => draw.normal(mt, out as Floats)),
);
/** Uniform, with the shape of another tensor. https://pytorch.org/docs/stable/generated/torch.rand_like.html */
export const randLike = define('randLike', like, (input, dtype, device, requiresGrad): Tensor =>
  rand([...input.shape], { dtype: dtype ?? input.dtype, device: device ?? input.device, requiresGrad }),
);
/** Normal, with the shape of another tensor. https://pytorch.org/docs/stable/generated/torch.randn_like.html */
export const randnLike = define('randnLike', like, (input, dtype, device, requiresGrad): Tensor =>
  randn([...input.shape], { dtype: dtype ?? input.dtype, device: device ?? input.device, requiresGrad }),
);

/** Normal with mean and standard deviation given as numbers (then with a size) or tensors. https://pytorch.org/docs/stable/generated/torch.normal.html */
export const normal = define(
  'normal',
  [p.operand('mean'), optional(p.operand('std'), 1), optional(p.ints('size'), null), ...randomOptions],
  (mean, std, size, generator, dtype, device, requiresGrad): Tensor => {
    if (typeof mean === 'number' && typeof std === 'number') {
      if (size === null)
        throw new ArgumentError({ op: 'normal', fact: 'size is missing', rule: 'two numbers need a size' });
      if (std < 0) throw new ArgumentError({ op: 'normal', fact: `std ${std}`, rule: 'it must not be negative' });
      return drawn('normal', size, dtype, device, requiresGrad, generator, (mt, out) =>
        draw.normal(mt, out as Floats, mean, std),
      );
    }
    const given = (mean instanceof Tensor ? mean : std) as Tensor;
    const unit = randn([...given.shape], { generator, device: given.device } as never);
    return add(mul(unit, std), mean);
  },
);

/** Integers from low (0 if missing) up to high, which is excluded; int32. https://pytorch.org/docs/stable/generated/torch.randint.html */
export const randint = define(
  'randint',
  [
    p.int('low'),
    optional(
      p.custom<number | readonly number[]>()('high', 'an integer', (v) => typeof v === 'number' || Array.isArray(v)),
      null,
    ),
    optional(p.ints('size'), null),
    ...randomOptions,
  ],
  (low, high, size, generator, dtype, device, requiresGrad): Tensor => {
    // randint(high, size) leaves out low.
    const [from, to, dims] =
      Array.isArray(high) || high === null
        ? [0, low, size ?? (high as readonly number[] | null)]
        : [low, high as number, size];
    if (dims === null)
      throw new ArgumentError({
        op: 'randint',
        fact: 'size is missing',
        rule: 'write randint(low, high, size) or randint(high, size)',
      });
    if (!(from < to))
      throw new ArgumentError({ op: 'randint', fact: `from ${from} to ${to}`, rule: 'low must be below high' });
    return drawn('randint', dims, dtype ?? 'int32', device, requiresGrad, generator, (mt, out) =>
      draw.randint(mt, out, from, to),
    );
  },
);

/** The integers 0 to n - 1 in random order; int32. https://pytorch.org/docs/stable/generated/torch.randperm.html */
export const randperm = define(
  'randperm',
  [p.int('n'), ...randomOptions],
  (n, generator, dtype, device, requiresGrad): Tensor => {
    checkSizes('randperm', [n]);
    const settled = settle('randperm', dtype ?? 'int32', device);
    const order = draw.randperm((generator ?? defaultGenerator).mt, n);
    return leaf('randperm', hostArrayFrom(settled.dtype, order), [n], settled.dtype, settled.device, requiresGrad);
  },
);

/** Writes host values into `target`, drawn as `dtype`; used by the in-place draws. */
export function drawInto(
  op: string,
  target: Tensor,
  generator: Generator | null,
  fill: Fill,
  dtype: DType = isFloat(target.dtype) ? target.dtype : 'float32',
): Tensor {
  const host = hostArray(dtype, target.numel());
  fill((generator ?? defaultGenerator).mt, host);
  target.checkWritable(op);
  const drawnLeaf = makeLeaf(host, target.device, dtype, target.shape);
  const node = castNode(drawnLeaf, target.dtype);
  return writeInto(op, target, Tensor.of(node === drawnLeaf ? copyNode(node) : node));
}

/** Draws every element from the uniform distribution. https://pytorch.org/docs/stable/generated/torch.Tensor.uniform_.html */
export const uniform_ = define(
  'uniform_',
  [p.tensor('input'), optional(p.number('from'), 0), optional(p.number('to'), 1), generatorOption],
  (input, from, to, generator): Tensor => {
    if (from > to)
      throw new ArgumentError({ op: 'uniform_', fact: `from ${from} to ${to}`, rule: 'from must not be above to' });
    return drawInto('uniform_', input, generator, (mt, out) => draw.uniform(mt, out as Floats, from, to));
  },
);
/** Draws every element from the normal distribution. https://pytorch.org/docs/stable/generated/torch.Tensor.normal_.html */
export const normal_ = define(
  'normal_',
  [p.tensor('input'), optional(p.number('mean'), 0), optional(p.number('std'), 1), generatorOption],
  (input, mean, std, generator): Tensor => {
    if (std < 0) throw new ArgumentError({ op: 'normal_', fact: `std ${std}`, rule: 'it must not be negative' });
    return drawInto('normal_', input, generator, (mt, out) => draw.normal(mt, out as Floats, mean, std));
  },
);
/** Draws every element from the exponential distribution of rate lambda. https://pytorch.org/docs/stable/generated/torch.Tensor.exponential_.html */
export const exponential_ = define(
  'exponential_',
  [p.tensor('input'), optional(p.number('lambda'), 1), generatorOption],
  (input, lambda, generator): Tensor =>
    drawInto('exponential_', input, generator, (mt, out) => draw.exponential(mt, out as Floats, lambda)),
);

/** The values of a tensor by which is drawn: they must be on the host, because the draws happen there. */
export function parametersOf(
  op: string,
  x: Tensor,
  what = 'probabilities',
  cure = 'tensor(await p.numpy())',
): TypedArray {
  return hostNow(x, {
    op,
    fact: `${what} that were computed on the device`,
    rule: `draws happen on the host, so their ${what} must be there`,
    cure: `Read them first: ${cure}.`,
  });
}

/** 1 with probability `input`, else 0. The probabilities must be on the host. https://pytorch.org/docs/stable/generated/torch.bernoulli.html */
export const bernoulli = define('bernoulli', [p.tensor('input'), generatorOption], (input, generator): Tensor => {
  const probabilities = parametersOf('bernoulli', input);
  return drawn('bernoulli', input.shape, input.dtype, input.device, false, generator, (mt, out) =>
    draw.bernoulli(mt, out, probabilities as Floats),
  );
});

/** Draws every element as 1 with probability p, else 0. https://pytorch.org/docs/stable/generated/torch.Tensor.bernoulli_.html */
export const bernoulli_ = define(
  'bernoulli_',
  [p.tensor('input'), optional(p.number('p'), 0.5), generatorOption],
  (input, p, generator): Tensor => drawInto('bernoulli_', input, generator, (mt, out) => draw.bernoulli(mt, out, p)),
);

/** Indices drawn by the weights of each row: (n) -> (numSamples), (m, n) -> (m, numSamples). https://pytorch.org/docs/stable/generated/torch.multinomial.html */
export const multinomial = define(
  'multinomial',
  [p.tensor('input'), p.int('numSamples'), optional(p.bool('replacement'), false), generatorOption],
  (input, numSamples, replacement, generator): Tensor => {
    if (!isFloat(input.dtype)) {
      throw new DTypeError({
        op: 'multinomial',
        fact: `dtype ${input.dtype}`,
        rule: 'probabilities need a floating point dtype',
        cure: 'Use x.float().',
      });
    }
    if (input.shape.length < 1 || input.shape.length > 2) {
      throw new ShapeError({
        op: 'multinomial',
        fact: `probabilities of shape ${formatShape(input.shape)}`,
        rule: 'they have 1 dimension (categories) or 2 (rows, categories)',
      });
    }
    const weights = parametersOf('multinomial', input);
    const categories = input.shape.at(-1) ?? 0;
    const picks = draw.multinomial(
      (generator ?? defaultGenerator).mt,
      weights as Floats,
      categories,
      numSamples,
      replacement,
    );
    const made = leaf('multinomial', picks, [picks.length], 'int32', input.device, false);
    return input.shape.length === 2 ? reshape(made, input.shape[0], numSamples) : made;
  },
);
