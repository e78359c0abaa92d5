// Special functions around the normal distribution, entropy and gamma. Series and their sources are in host/special*.ts and
// shaders/prelude; here are signatures and gradients.

import { igamma as igammaAt, igammac as igammacAt, zeta as zetaAt } from '../host/special-gamma.ts';
import { erfcx as erfcxAt, logNdtr as logNdtrAt, ndtr as ndtrAt, ndtri as ndtriAt } from '../host/special-normal.ts';
import { ArgumentError } from '../errors.ts';
import { define, p } from '../core/signature.ts';
import type { RuleContext, Tensor } from '../core/tensor.ts';
import { composite } from './apply.ts';
import { add, log, mul, neg, reciprocal, square, sub } from './arithmetic.ts';
import { floatFunction, floatPair, notDifferentiable, times } from './formula.ts';
import { digamma, exp, lgamma } from './math.ts';

type Gradients = readonly (Tensor | null)[];
const tau = 2 * Math.PI;

/** -x log x, 0 at 0, -inf below. https://pytorch.org/docs/stable/special.html#torch.special.entr */
export const entr = floatFunction(
  'entr',
  (a) => (a > 0 ? -a * Math.log(a) : a === 0 ? 0 : a < 0 ? -Infinity : NaN),
  times(({ input }) => neg(add(log(input(0)), 1))),
  'wg_entr(a)',
  'SpecialEntrBackward0',
);

/** e^(x^2) erfc(x). https://pytorch.org/docs/stable/special.html#torch.special.erfcx */
export const erfcx = floatFunction(
  'erfcx',
  erfcxAt,
  times(({ input, output }) => sub(mul(mul(input(0), output()), 2), 2 / Math.sqrt(Math.PI))),
  'wg_erfcx(a)',
  'SpecialErfcxBackward0',
);

/** The normal distribution function. https://pytorch.org/docs/stable/special.html#torch.special.ndtr */
export const ndtr = floatFunction(
  'ndtr',
  ndtrAt,
  times(({ input }) => mul(exp(mul(square(input(0)), -0.5)), 1 / Math.sqrt(tau))),
  'wg_ndtr(a)',
  'SpecialNdtrBackward0',
);

/** The logarithm of `ndtr`, exact in both tails. https://pytorch.org/docs/stable/special.html#torch.special.log_ndtr */
export const logNdtr = floatFunction(
  'logNdtr',
  logNdtrAt,
  // The density over the distribution function: sqrt(2 / pi) / erfcx(-x / sqrt 2).
  times(({ input }) => mul(reciprocal(erfcx(mul(input(0), -Math.SQRT1_2))), Math.sqrt(2 / Math.PI))),
  'wg_log_ndtr(a)',
  'SpecialLogNdtrBackward0',
);

/** The inverse of `ndtr`. https://pytorch.org/docs/stable/special.html#torch.special.ndtri */
export const ndtri = floatFunction(
  'ndtri',
  ndtriAt,
  times(({ output }) => mul(exp(mul(square(output()), 0.5)), Math.sqrt(tau))),
  'wg_ndtri(a)',
  'SpecialNdtriBackward0',
);

const pair = [p.operand('input'), p.operand('other')] as const;

/** The sum of (other + k)^-input over k >= 0: Hurwitz's zeta function. https://pytorch.org/docs/stable/special.html#torch.special.zeta */
export const zeta = floatPair(
  'zeta',
  pair,
  zetaAt,
  'wg_zeta(a, b)',
  (grad, { input, needs }): Gradients => {
    if (needs(0)) throw notDifferentiable('zeta', 'the first argument');
    return [null, mul(grad, neg(mul(input(0), zeta(add(input(0), 1), input(1)))))];
  },
  'SpecialZetaBackward0',
);

/** x^(a - 1) e^-x / gamma(a): how fast the lower incomplete gamma function grows with x. */
function gammaDensity({ input }: RuleContext): Tensor {
  const [a, x] = [input(0), input(1)];
  return exp(sub(sub(mul(sub(a, 1), log(x)), x), lgamma(a)));
}

/** The share of gamma(input) that lies below `other`. https://pytorch.org/docs/stable/special.html#torch.special.gammainc */
export const igamma = floatPair(
  'igamma',
  pair,
  igammaAt,
  'wg_incomplete_gamma(a, b, false)',
  (grad, context): Gradients => {
    if (context.needs(0)) throw notDifferentiable('igamma', 'the first argument');
    return [null, mul(grad, gammaDensity(context))];
  },
);

/** The share above, 1 - igamma. https://pytorch.org/docs/stable/special.html#torch.special.gammaincc */
export const igammac = floatPair(
  'igammac',
  pair,
  igammacAt,
  'wg_incomplete_gamma(a, b, true)',
  (grad, context): Gradients => {
    if (context.needs(0)) throw notDifferentiable('igammac', 'the first argument');
    return [null, neg(mul(grad, gammaDensity(context)))];
  },
);

/** The sum of f(x - j / 2) over j = 0 .. p - 1. */
function overHalves(f: (x: Tensor) => Tensor, x: Tensor, p: number): Tensor {
  let total = f(x);
  for (let j = 1; j < p; j++) total = add(total, f(sub(x, j / 2)));
  return total;
}

/**
 * log gamma of p dimensions: p (p - 1) log(pi) / 4 + the sum of lgamma(x - j / 2) over j = 0 .. p - 1, for x > (p - 1) / 2.
 * https://pytorch.org/docs/stable/special.html#torch.special.multigammaln
 */
export const mvlgamma = define('mvlgamma', [p.tensor('input'), p.int('p')], (x: Tensor, p: number): Tensor => {
  if (p < 1) throw new ArgumentError({ op: 'mvlgamma', fact: `p = ${p}`, rule: 'it must be 1 or more' });
  return composite(
    'MvlgammaBackward0',
    [x],
    () => add(overHalves(lgamma, x, p), (p * (p - 1) * Math.log(Math.PI)) / 4),
    (grad, { input }) => [mul(grad, overHalves(digamma, input(0), p))],
  );
});
