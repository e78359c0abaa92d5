// The formulas by which optimizers move parameters: one row each, with what it is told and what it keeps under the names of
// the optimizers' state. Knows no tensor. A number that decides whether a term exists is a switch of the row; all others are
// data, so that a new rate is no new program.

import type { ListRule } from '../core/op.ts';

/** The columns of an update besides parameter and gradient: what the optimizer keeps for each parameter. */
type Kept =
  | 'momentumBuffer'
  | 'expAvg'
  | 'expAvgSq'
  | 'maxExpAvgSq'
  | 'squareAvg'
  | 'gradAvg'
  | 'accDelta'
  | 'sum'
  | 'expInf'
  | 'prev'
  | 'stepSize'
  | 'ax';

/** A row that moves `parameter` along `gradient`; `sign` is -1 where the gradient is climbed. */
export type UpdateRule<Name extends string = string> = ListRule<'parameter' | 'gradient' | Kept, Name>;

const rows = new Map<string, UpdateRule>();

/** One object for each name: rows are told apart by identity. */
function row<N extends string>(
  name: string,
  kept: readonly Kept[],
  numbers: readonly N[],
  make: () => Pick<ListRule, 'cpu' | 'wgsl'>,
): UpdateRule<N> {
  let known = rows.get(name);
  if (known === undefined) {
    known = { name, written: ['parameter', ...kept], read: ['gradient'], fresh: false, numbers, ...make() };
    rows.set(name, known);
  }
  return known as UpdateRule<N>;
}

const lines = (...text: readonly string[]): string => text.filter((line) => line !== '').join('\n');

/**
 * g = sign gradient + decay p; with a momentum buffer b: b = momentum b + (1 - dampening) g, and g = b, or with Nesterov
 * g + momentum b; p -= lr g. (I. Sutskever et al.: On the importance of initialization and momentum in deep learning, ICML
 * 2013; https://pytorch.org/docs/stable/generated/torch.optim.SGD.html)
 */
export function sgdRule({ momentum, nesterov }: { readonly momentum: boolean; readonly nesterov: boolean }) {
  const name = `sgd${momentum ? ' momentum' : ''}${nesterov ? ' nesterov' : ''}`;
  return row(
    name,
    momentum ? ['momentumBuffer'] : [],
    ['lr', 'momentum', 'dampening', 'decay', 'sign'],
    (): Pick<ListRule, 'cpu' | 'wgsl'> => ({
      cpu: (numbers) => {
        const [lr, friction, dampening, decay, sign] = Array.from(numbers);
        return (v) => {
          const gradient = v[momentum ? 2 : 1];
          let step = sign * gradient + decay * v[0];
          if (momentum) {
            v[1] = friction * v[1] + (1 - dampening) * step;
            step = nesterov ? step + friction * v[1] : v[1];
          }
          v[0] -= lr * step;
        };
      },
      wgsl: lines(
        'let g = sign * gradient + decay * parameter;',
        momentum ? 'momentumBuffer = momentum * momentumBuffer + (1.0 - dampening) * g;' : '',
        `parameter -= lr * ${nesterov ? '(g + momentum * momentumBuffer)' : momentum ? 'momentumBuffer' : 'g'};`,
      ),
    }),
  );
}

/**
 * With g = sign gradient: m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, p -= rate m / (sqrt(v) / correction + eps),
 * where `rate` = lr / (1 - beta1^t) and `correction` = sqrt(1 - beta2^t) take out the bias of the averages. Decay adds decay p
 * to g, or (decoupled; `decay` then holds lr as well) first shrinks p by decay p. With amsgrad the largest v so far divides.
 * (D. Kingma, J. Ba: Adam, ICLR 2015; I. Loshchilov, F. Hutter: Decoupled weight decay regularization, ICLR 2019)
 */
export function adamRule({ decoupled, amsgrad }: { readonly decoupled: boolean; readonly amsgrad: boolean }) {
  return row(
    `adam${decoupled ? ' decoupled' : ''}${amsgrad ? ' amsgrad' : ''}`,
    amsgrad ? ['expAvg', 'expAvgSq', 'maxExpAvgSq'] : ['expAvg', 'expAvgSq'],
    ['rate', 'beta1', 'beta2', 'eps', 'correction', 'decay', 'sign'],
    () => ({
      cpu: (numbers) => {
        const [rate, beta1, beta2, eps, correction, decay, sign] = Array.from(numbers);
        return (v) => {
          const gradient = sign * v[amsgrad ? 4 : 3];
          if (decoupled) v[0] -= decay * v[0];
          const g = decoupled ? gradient : gradient + decay * v[0];
          v[1] = v[1] * beta1 + (1 - beta1) * g;
          v[2] = v[2] * beta2 + (1 - beta2) * g * g;
          // NaN wins, as in torch.maximum.
          const spread = amsgrad ? (v[3] = Math.max(v[3], v[2])) : v[2];
          v[0] -= (rate * v[1]) / (Math.sqrt(spread) / correction + eps);
        };
      },
      wgsl: lines(
        decoupled ? 'parameter -= decay * parameter;' : '',
        `let g = sign * gradient${decoupled ? '' : ' + decay * parameter'};`,
        'expAvg = expAvg * beta1 + (1.0 - beta1) * g;',
        'expAvgSq = expAvgSq * beta2 + (1.0 - beta2) * (g * g);',
        ...(amsgrad
          ? ['x', 'y', 'z', 'w'].map((at) => `maxExpAvgSq.${at} = wg_maximum(maxExpAvgSq.${at}, expAvgSq.${at});`)
          : []),
        `let spread = ${amsgrad ? 'maxExpAvgSq' : 'expAvgSq'};`,
        'parameter -= rate * expAvg / (sqrt(spread) / correction + eps);',
      ),
    }),
  );
}

/**
 * g = sign gradient + decay p; s = s + g^2; p -= rate g / (sqrt(s) + eps), where `rate` = lr / (1 + (t - 1) lrDecay).
 * (J. Duchi et al.: Adaptive subgradient methods, JMLR 2011)
 */
export const adagradRule = row('adagrad', ['sum'], ['rate', 'eps', 'decay', 'sign'], () => ({
  cpu: (numbers) => {
    const [rate, eps, decay, sign] = Array.from(numbers);
    return (v) => {
      const g = sign * v[2] + decay * v[0];
      v[1] += g * g;
      v[0] -= (rate * g) / (Math.sqrt(v[1]) + eps);
    };
  },
  wgsl: lines(
    'let g = sign * gradient + decay * parameter;',
    'sum += g * g;',
    'parameter -= rate * g / (sqrt(sum) + eps);',
  ),
}));

/**
 * g = sign gradient + decay p; v = alpha v + (1 - alpha) g^2; centered: m = alpha m + (1 - alpha) g and v - m^2 divides;
 * s = g / (sqrt(v) + eps); with momentum b = momentum b + s is the step. (T. Hinton: Neural networks for machine learning,
 * lecture 6; https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html)
 */
export function rmspropRule({ momentum, centered }: { readonly momentum: boolean; readonly centered: boolean }) {
  const kept: Kept[] = [
    'squareAvg',
    ...(centered ? ['gradAvg' as const] : []),
    ...(momentum ? ['momentumBuffer' as const] : []),
  ];
  return row(
    `rmsprop${momentum ? ' momentum' : ''}${centered ? ' centered' : ''}`,
    kept,
    ['lr', 'alpha', 'eps', 'momentum', 'decay', 'sign'],
    () => ({
      cpu: (numbers) => {
        const [lr, alpha, eps, friction, decay, sign] = Array.from(numbers);
        const last = kept.length;
        return (v) => {
          const g = sign * v[last + 1] + decay * v[0];
          v[1] = alpha * v[1] + (1 - alpha) * g * g;
          let variance = v[1];
          if (centered) {
            v[2] = alpha * v[2] + (1 - alpha) * g;
            variance -= v[2] * v[2];
          }
          const step = g / (Math.sqrt(variance) + eps);
          if (momentum) v[last] = friction * v[last] + step;
          v[0] -= lr * (momentum ? v[last] : step);
        };
      },
      wgsl: lines(
        'let g = sign * gradient + decay * parameter;',
        'squareAvg = alpha * squareAvg + (1.0 - alpha) * (g * g);',
        centered ? 'gradAvg = alpha * gradAvg + (1.0 - alpha) * g;' : '',
        `let step = g / (sqrt(${centered ? 'squareAvg - gradAvg * gradAvg' : 'squareAvg'}) + eps);`,
        momentum ? 'momentumBuffer = momentum * momentumBuffer + step;' : '',
        `parameter -= lr * ${momentum ? 'momentumBuffer' : 'step'};`,
      ),
    }),
  );
}

/**
 * g = sign gradient + decay p; v = rho v + (1 - rho) g^2; d = sqrt(u + eps) / sqrt(v + eps) g; u = rho u + (1 - rho) d^2;
 * p -= lr d. (M. Zeiler: ADADELTA, 2012)
 */
export const adadeltaRule = row('adadelta', ['squareAvg', 'accDelta'], ['lr', 'rho', 'eps', 'decay', 'sign'], () => ({
  cpu: (numbers) => {
    const [lr, rho, eps, decay, sign] = Array.from(numbers);
    return (v) => {
      const g = sign * v[3] + decay * v[0];
      v[1] = rho * v[1] + (1 - rho) * g * g;
      const delta = (Math.sqrt(v[2] + eps) / Math.sqrt(v[1] + eps)) * g;
      v[2] = rho * v[2] + (1 - rho) * delta * delta;
      v[0] -= lr * delta;
    };
  },
  wgsl: lines(
    'let g = sign * gradient + decay * parameter;',
    'squareAvg = rho * squareAvg + (1.0 - rho) * (g * g);',
    'let delta = sqrt(accDelta + eps) / sqrt(squareAvg + eps) * g;',
    'accDelta = rho * accDelta + (1.0 - rho) * (delta * delta);',
    'parameter -= lr * delta;',
  ),
}));

/**
 * g = sign gradient + decay p; m = beta1 m + (1 - beta1) g; u = max(beta2 u, |g| + eps); p -= rate m / u, where `rate` =
 * lr / (1 - beta1^t). (D. Kingma, J. Ba: Adam, section 7.1, ICLR 2015)
 */
export const adamaxRule = row(
  'adamax',
  ['expAvg', 'expInf'],
  ['rate', 'beta1', 'beta2', 'eps', 'decay', 'sign'],
  () => ({
    cpu: (numbers) => {
      const [rate, beta1, beta2, eps, decay, sign] = Array.from(numbers);
      return (v) => {
        const g = sign * v[3] + decay * v[0];
        v[1] = beta1 * v[1] + (1 - beta1) * g;
        // NaN wins, as in torch.amax.
        v[2] = Math.max(beta2 * v[2], Math.abs(g) + eps);
        v[0] -= (rate * v[1]) / v[2];
      };
    },
    wgsl: lines(
      'let g = sign * gradient + decay * parameter;',
      'expAvg = expAvg * beta1 + (1.0 - beta1) * g;',
      'let faded = beta2 * expInf;',
      'let size = abs(g) + eps;',
      ...['x', 'y', 'z', 'w'].map((at) => `expInf.${at} = wg_maximum(faded.${at}, size.${at});`),
      'parameter -= rate * expAvg / expInf;',
    ),
  }),
);

/**
 * g = sign gradient + decay p; m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2;
 * p -= (now g + ahead m) / (sqrt(v) / correction + eps): `now` and `ahead` hold lr and this step's and the next one's momentum,
 * `correction` = sqrt(1 - beta2^t). (T. Dozat: Incorporating Nesterov momentum into Adam, ICLR workshop 2016)
 */
export const nadamRule = row(
  'nadam',
  ['expAvg', 'expAvgSq'],
  ['now', 'ahead', 'beta1', 'beta2', 'eps', 'correction', 'decay', 'sign'],
  () => ({
    cpu: (numbers) => {
      const [now, ahead, beta1, beta2, eps, correction, decay, sign] = Array.from(numbers);
      return (v) => {
        const g = sign * v[3] + decay * v[0];
        v[1] = beta1 * v[1] + (1 - beta1) * g;
        v[2] = beta2 * v[2] + (1 - beta2) * g * g;
        v[0] -= (now * g + ahead * v[1]) / (Math.sqrt(v[2]) / correction + eps);
      };
    },
    wgsl: lines(
      'let g = sign * gradient + decay * parameter;',
      'expAvg = expAvg * beta1 + (1.0 - beta1) * g;',
      'expAvgSq = expAvgSq * beta2 + (1.0 - beta2) * (g * g);',
      'parameter -= (now * g + ahead * expAvg) / (sqrt(expAvgSq) / correction + eps);',
    ),
  }),
);

/**
 * g = sign gradient + decay p; m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2; p -= rate m while the variance of v
 * is unknown (`rectified` is 0), then p -= rate rectified m / (sqrt(v) + eps). (L. Liu et al.: On the variance of the adaptive
 * learning rate and beyond, ICLR 2020)
 */
export const radamRule = row(
  'radam',
  ['expAvg', 'expAvgSq'],
  ['rate', 'rectified', 'beta1', 'beta2', 'eps', 'decay', 'sign'],
  () => ({
    cpu: (numbers) => {
      const [rate, rectified, beta1, beta2, eps, decay, sign] = Array.from(numbers);
      return (v) => {
        const g = sign * v[3] + decay * v[0];
        v[1] = beta1 * v[1] + (1 - beta1) * g;
        v[2] = beta2 * v[2] + (1 - beta2) * g * g;
        v[0] -= rate * v[1] * (rectified > 0 ? rectified / (Math.sqrt(v[2]) + eps) : 1);
      };
    },
    wgsl: lines(
      'let g = sign * gradient + decay * parameter;',
      'expAvg = expAvg * beta1 + (1.0 - beta1) * g;',
      'expAvgSq = expAvgSq * beta2 + (1.0 - beta2) * (g * g);',
      'parameter -= rate * expAvg * select(vec4f(1.0), rectified / (sqrt(expAvgSq) + eps), rectified > 0.0);',
    ),
  }),
);

/**
 * g = sign gradient; where g and the one before have the same sign the step of the element grows by `up`, where they differ it
 * shrinks by `down` and g counts as 0; the step stays in [low, high]; p -= step where g > 0, p += step where g < 0.
 * (M. Riedmiller, H. Braun: A direct adaptive method for faster backpropagation learning, ICNN 1993)
 */
export const rpropRule = row('rprop', ['prev', 'stepSize'], ['down', 'up', 'low', 'high', 'sign'], () => ({
  cpu: (numbers) => {
    const [down, up, low, high, sign] = Array.from(numbers);
    return (v) => {
      let g = sign * v[3];
      const agreement = g * v[1];
      v[2] = Math.min(Math.max(v[2] * (agreement > 0 ? up : agreement < 0 ? down : 1), low), high);
      if (agreement < 0) g = 0;
      v[0] -= g > 0 ? v[2] : g < 0 ? -v[2] : 0;
      v[1] = g;
    };
  },
  wgsl: lines(
    'var g = sign * gradient;',
    'let agreement = g * prev;',
    'let pace = select(select(vec4f(1.0), vec4f(down), agreement < vec4f()), vec4f(up), agreement > vec4f());',
    'stepSize = clamp(stepSize * pace, vec4f(low), vec4f(high));',
    'g = select(g, vec4f(), agreement < vec4f());',
    'parameter -= select(select(vec4f(), -stepSize, g < vec4f()), stepSize, g > vec4f());',
    'prev = g;',
  ),
}));

/**
 * g = sign gradient + decay p; p = p (1 - shrink) - eta g, where `shrink` = lambd eta; a is the average of p: a += (p - a) mu.
 * (B. Polyak, A. Juditsky: Acceleration of stochastic approximation by averaging, 1992)
 */
export const asgdRule = row('asgd', ['ax'], ['eta', 'shrink', 'mu', 'decay', 'sign'], () => ({
  cpu: (numbers) => {
    const [eta, shrink, mu, decay, sign] = Array.from(numbers);
    return (v) => {
      const g = sign * v[2] + decay * v[0];
      v[0] = v[0] * (1 - shrink) - eta * g;
      v[1] = mu === 1 ? v[0] : v[1] + (v[0] - v[1]) * mu;
    };
  },
  wgsl: lines(
    'let g = sign * gradient + decay * parameter;',
    'parameter = parameter * (1.0 - shrink) - eta * g;',
    'ax = select(ax + (parameter - ax) * mu, parameter, mu == 1.0);',
  ),
}));
