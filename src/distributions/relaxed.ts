// Smooth stand-ins for one of two, and for one of several categories, that a temperature draws to the corners.
// (C. Maddison, A. Mnih, Y. W. Teh: The concrete distribution, 2017) https://pytorch.org/docs/stable/distributions.html#relaxedbernoulli

import { lgamma } from '../host/special.ts';
import { logSoftmax } from '../ops/nn.ts';
import type { Tensor } from '../core/tensor.ts';
import * as categorical from './categorical.ts';
import { positive, real, realVector, simplex, unitInterval } from './constraints.ts';
import { uniforms } from './continuous.ts';
import * as discrete from './discrete.ts';
import { family, param, transformedFamily } from './family.ts';
import { ExpTransform, SigmoidTransform } from './transforms.ts';

const temperature = { ...param('temperature', positive), free: true } as const;

/** The parameters of a base: the temperature, and the one of probs and logits that was given. */
const handedOn = (d: { readonly temperature: Tensor; readonly probs: Tensor; readonly logits: Tensor }) => ({
  temperature: d.temperature,
  ...('probs' in d ? { probs: d.probs } : { logits: (d as { logits: Tensor }).logits }),
  validateArgs: false,
});

/** The logit of a relaxed choice: (logits + logistic noise) / temperature. */
class LogitRelaxedBernoulli extends family(
  [temperature, discrete.probs, discrete.logits],
  {
    support: real,
    draw: (d, shape) => {
      const noise = discrete.oddsOf(discrete.held(uniforms(d.probs, shape)));
      return noise.add(discrete.oddsOf(discrete.held(d.probs))).div(d.temperature);
    },
    logProb: (d, x) => {
      const apart = d.logits.sub(x.mul(d.temperature));
      return d.temperature.log().add(apart).sub(apart.exp().log1p().mul(2));
    },
  },
  discrete.binary,
) {}

/** A number between 0 and 1 that comes near to a Bernoulli variable as the temperature falls. https://pytorch.org/docs/stable/distributions.html#relaxedbernoulli */
export class RelaxedBernoulli extends transformedFamily(
  [temperature, discrete.probs, discrete.logits],
  {
    support: unitInterval,
    base: (d) => new LogitRelaxedBernoulli(handedOn(d)),
    transforms: () => [new SigmoidTransform()],
  },
  discrete.binary,
) {}

/** The logarithms of a relaxed choice: log softmax((logits + Gumbel noise) / temperature). */
class ExpRelaxedCategorical extends family(
  [temperature, categorical.probs, categorical.logits],
  {
    eventDim: 1,
    support: realVector,
    draw: (d, shape) => {
      const noise = discrete.held(uniforms(d.logits, shape)).log().neg().log();
      return logSoftmax(d.logits.sub(noise).div(d.temperature), -1);
    },
    logProb: (d, x) => {
      const count = categorical.countOf(d);
      const score = logSoftmax(d.logits.sub(x.mul(d.temperature)), -1).sum(-1);
      return score.add(
        d.temperature
          .log()
          .mul(count - 1)
          .add(lgamma(count)),
      );
    },
  },
  categorical.categories,
) {}

/** Shares that come near to a OneHotCategorical variable as the temperature falls. https://pytorch.org/docs/stable/distributions.html#relaxedonehotcategorical */
export class RelaxedOneHotCategorical extends transformedFamily(
  [temperature, categorical.probs, categorical.logits],
  {
    support: simplex,
    base: (d) => new ExpRelaxedCategorical(handedOn(d)),
    transforms: () => [new ExpTransform()],
  },
  categorical.categories,
) {}
