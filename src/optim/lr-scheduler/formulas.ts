// The schedules that are one formula of the epoch, the present rate and the first one.
// https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate

import { optional, p } from '../../core/signature.ts';
import { isCount, type ScheduleRule, schedule, type ScheduleContext } from './scheduler.ts';

type Factor = (epoch: number) => number;

const factorsParam = p.custom<Factor | readonly Factor[]>()(
  'lrLambda',
  'a function of the epoch, or one a group',
  (v) => typeof v === 'function' || (Array.isArray(v) && v.every((one) => typeof one === 'function')),
);

/** One function for each group. */
function factorsOf(given: Factor | readonly Factor[], { optimizer, demand }: ScheduleContext): readonly Factor[] {
  const groups = optimizer.paramGroups.length;
  const factors = typeof given === 'function' ? new Array<Factor>(groups).fill(given) : given;
  demand(
    factors.length === groups,
    `${factors.length} functions for ${groups} groups`,
    'one function for all groups, or one for each',
  );
  return factors;
}

/** base * lrLambda(epoch). https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html */
export const LambdaLR = schedule('LambdaLR', [factorsParam], ({ lrLambda }, context) => {
  const factors = factorsOf(lrLambda, context);
  return ({ epoch, base, at }) => base * factors[at](epoch);
});

/** The rate times lrLambda(epoch), every epoch but the first. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiplicativeLR.html */
export const MultiplicativeLR = schedule('MultiplicativeLR', [factorsParam], ({ lrLambda }, context) => {
  const factors = factorsOf(lrLambda, context);
  const rate: ScheduleRule = ({ epoch, lr, at }) => (epoch === 0 ? lr : lr * factors[at](epoch));
  return { rate, chained: true };
});

/** Times gamma every stepSize epochs. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html */
export const StepLR = schedule(
  'StepLR',
  [p.int('stepSize'), optional(p.number('gamma'), 0.1)],
  ({ stepSize, gamma }, { demand }) => {
    demand(isCount(stepSize), `stepSize is ${stepSize}`, 'it must be a positive integer');
    return ({ epoch, lr }) => (epoch === 0 || epoch % stepSize !== 0 ? lr : lr * gamma);
  },
);

/** Times gamma at each milestone (twice where one is listed twice). https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html */
export const MultiStepLR = schedule(
  'MultiStepLR',
  [p.ints('milestones'), optional(p.number('gamma'), 0.1)],
  ({ milestones, gamma }) =>
    ({ epoch, lr }) =>
      lr * gamma ** milestones.filter((milestone) => milestone === epoch).length,
);

/** Times gamma every epoch. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html */
export const ExponentialLR = schedule(
  'ExponentialLR',
  [p.number('gamma')],
  ({ gamma }) =>
    ({ epoch, lr }) =>
      epoch === 0 ? lr : lr * gamma,
);

/** base * factor for totalIters epochs, then base. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html */
export const ConstantLR = schedule(
  'ConstantLR',
  [optional(p.number('factor'), 1 / 3), optional(p.int('totalIters'), 5)],
  ({ factor, totalIters }, { demand }) => {
    demand(factor >= 0 && factor <= 1, `factor is ${factor}`, 'it lies between 0 and 1');
    return ({ epoch, lr }) => (epoch === 0 ? lr * factor : epoch === totalIters ? lr / factor : lr);
  },
);

/** From base * startFactor to base * endFactor in totalIters epochs. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html */
export const LinearLR = schedule(
  'LinearLR',
  [optional(p.number('startFactor'), 1 / 3), optional(p.number('endFactor'), 1), optional(p.int('totalIters'), 5)],
  ({ startFactor, endFactor, totalIters }, { demand }) => {
    demand(
      startFactor > 0 && startFactor <= 1 && endFactor >= 0 && endFactor <= 1,
      `factors ${startFactor} and ${endFactor}`,
      'startFactor lies in (0, 1], endFactor in [0, 1]',
    );
    const rise = endFactor - startFactor;
    return ({ epoch, lr }) => {
      if (epoch === 0) return lr * startFactor;
      return epoch > totalIters ? lr : lr * (1 + rise / (totalIters * startFactor + (epoch - 1) * rise));
    };
  },
);

/** base * (1 - epoch / totalIters)^power, then 0. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html */
export const PolynomialLR = schedule(
  'PolynomialLR',
  [optional(p.int('totalIters'), 5), optional(p.number('power'), 1)],
  ({ totalIters, power }) =>
    ({ epoch, lr }) =>
      epoch === 0 || epoch > totalIters
        ? lr
        : lr * ((1 - epoch / totalIters) / (1 - (epoch - 1) / totalIters)) ** power,
);

/** Half a cosine from the base rate down to etaMin in TMax epochs, and up again. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html */
export const CosineAnnealingLR = schedule(
  'CosineAnnealingLR',
  [p.int('TMax'), optional(p.number('etaMin'), 0)],
  ({ TMax, etaMin }, { demand }) => {
    demand(isCount(TMax), `TMax is ${TMax}`, 'it must be a positive integer');
    const height = (epoch: number): number => 1 + Math.cos((Math.PI * epoch) / TMax);
    return ({ epoch, lr, base }) => {
      if (epoch === 0) return lr;
      // The quotient below has no value where the cosine was -1: the first step up again starts from etaMin.
      if ((epoch - 1 - TMax) % (2 * TMax) === 0) return lr + ((base - etaMin) * (1 - Math.cos(Math.PI / TMax))) / 2;
      return (height(epoch) / height(epoch - 1)) * (lr - etaMin) + etaMin;
    };
  },
);
