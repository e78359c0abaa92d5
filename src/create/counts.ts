// Random tensors whose draws depend on other tensors, element by element: Poisson, binomial, gamma. They are drawn on the host
// from PyTorch's stream, so their parameters must be there; categories are searched on the device.

import { leaf, zeros } from './create.ts';
import { type DType, hostArray } from '../dtype.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { parametersOf } from './random.ts';
import { cauchy, uniform53 } from '../host/draw.ts';
import * as counts from '../host/draw-counts.ts';
import { defaultGenerator, Generator } from './generator.ts';
import { formatShape, numelOf, sameShape, type Shape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';

const generatorOption = optional(
  p.custom<Generator>()('generator', 'a Generator', (v) => v instanceof Generator),
  null,
);

/** One draw for each element. */
function drawEach(op: string, { device, dtype }: Tensor, shape: Shape, draw: (at: number) => number): Tensor {
  const host = hostArray(dtype, numelOf(shape));
  for (let at = 0; at < host.length; at++) host[at] = draw(at);
  return leaf(op, host, [...shape], dtype, device, false);
}

function requireNotNegative(op: string, name: string, value: number): void {
  if (value >= 0) return;
  throw new ArgumentError({ op, fact: `a ${name} of ${value}`, rule: 'it must not be negative' });
}

const readRates = (op: string, x: Tensor) => parametersOf(op, x, 'rates', 'tensor(await rate.numpy())');

/** Counts of the Poisson distribution with these rates. https://pytorch.org/docs/stable/generated/torch.poisson.html */
export const poisson = define('poisson', [p.tensor('input'), generatorOption], (input, generator): Tensor => {
  const rates = readRates('poisson', input);
  const { mt } = generator ?? defaultGenerator;
  rates.forEach((rate) => requireNotNegative('poisson', 'rate', rate));
  return drawEach('poisson', input, input.shape, (at) => counts.poisson(mt, rates[at]));
});

/** Successes of `count` trials with probability `prob`, both tensors of one shape. https://pytorch.org/docs/stable/distributions.html#binomial */
export const binomial = define(
  'binomial',
  [p.tensor('count'), p.tensor('prob'), generatorOption],
  (count, prob, generator): Tensor => {
    if (!sameShape(count.shape, prob.shape)) {
      throw new ShapeError({
        op: 'binomial',
        fact: `counts ${formatShape(count.shape)} and probabilities ${formatShape(prob.shape)}`,
        rule: 'the shapes must be equal',
      });
    }
    const [trials, chances] = [count, prob].map((one) => parametersOf('binomial', one));
    const { mt } = generator ?? defaultGenerator;
    return drawEach('binomial', prob, prob.shape, (at) => counts.binomial(mt, trials[at], chances[at]));
  },
);

/**
 * Gamma variates of scale 1 with these shapes; of several tensors of one shape, whose draws take turns, along a last dimension.
 * For distributions.
 */
export function standardGamma(...concentrations: readonly Tensor[]): Tensor {
  const op = 'distributions.Gamma';
  const hosts = concentrations.map((one) => parametersOf(op, one, 'shapes', 'tensor(await x.numpy())'));
  for (const host of hosts) host.forEach((one) => requireNotNegative(op, 'concentration', one));
  const [first] = concentrations;
  const count = hosts.length;
  const shape = count === 1 ? first.shape : [...first.shape, count];
  const draw = (at: number) => counts.gamma(defaultGenerator.mt, hosts[at % count][Math.floor(at / count)]);
  return drawEach(op, first, shape, draw);
}

/** Draws of a standard Cauchy variable, with dtype and device of a tensor. For distributions. */
export function cauchyLike({ device, dtype }: Tensor, shape: Shape): Tensor {
  const host = hostArray(dtype, numelOf(shape));
  cauchy(defaultGenerator.mt, host as Float32Array | Float64Array);
  return leaf('distributions.Cauchy', host, [...shape], dtype, device, false);
}

/**
 * For each row of probabilities (rows, categories) some categories, drawn with replacement: (rows, samples), int32. The uniforms
 * come from the host, in PyTorch's order; the search in the cumulative probabilities is the device's.
 */
export function drawCategories(probabilities: Tensor, samples: number): Tensor {
  const [rows, categories] = probabilities.shape;
  const { device, dtype } = probabilities;
  const draws = hostArray(dtype, rows * samples);
  for (let at = 0; at < draws.length; at++) draws[at] = roundedUp(uniform53(defaultGenerator.mt), dtype);
  const u = leaf('multinomial', draws, [rows, samples, 1], dtype, device, false);
  if (categories === 1) return zeros(rows, samples, { dtype: 'int32', device });
  const sums = probabilities.detach().cumsum(1);
  // The last entry is 1 and above every draw. What lies below a draw is counted.
  const parts = sums.div(sums.narrow(1, categories - 1, 1)).narrow(1, 0, categories - 1);
  return parts.unsqueeze(1).lt(u).to('int32').sum(2);
}

const single = new Float32Array(1);
const bits = new Int32Array(single.buffer);

/** The next float32 that is not below a number in [0, 1): comparisons of float32 with it come out as with the number. */
function roundedUp(value: number, dtype: DType): number {
  if (dtype === 'float64') return value;
  single[0] = value;
  if (single[0] < value) bits[0]++;
  return single[0];
}
