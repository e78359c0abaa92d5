// Orthogonal polynomials of x to a degree n, a number or a tensor: 0 for a negative degree, fractions of n cut off. They have
// no gradient, as in PyTorch. A degree above 65,536 is taken as that, but for Chebyshev's between -1 and 1.

import { chebyshev, hermiteH, hermiteHe, laguerreL, legendreP, polynomial } from '../host/special-polynomials.ts';
import type { ScalarFunction } from '../core/op.ts';
import { p } from '../core/signature.ts';
import { floatPair, withoutGradient } from './formula.ts';

function family(name: string, cpu: ScalarFunction, wgsl: string) {
  return floatPair(name, [p.operand('input'), p.operand('n')], cpu, wgsl, withoutGradient(name));
}

/** Chebyshev's polynomial of a kind; the shifted one takes 2 x - 1 for x. */
function chebyshevOf(kind: 'T' | 'U' | 'V' | 'W', shifted: boolean) {
  const number = `${'TUVW'.indexOf(kind)}u`;
  return shifted
    ? family(
        `shiftedChebyshevPolynomial${kind}`,
        (a, b) => chebyshev(kind, 2 * a - 1, b),
        `wg_chebyshev(2.0 * a - 1.0, b, ${number})`,
      )
    : family(`chebyshevPolynomial${kind}`, (a, b) => chebyshev(kind, a, b), `wg_chebyshev(a, b, ${number})`);
}

/** First kind: cos(n acos x). https://pytorch.org/docs/stable/special.html */
export const chebyshevPolynomialT = chebyshevOf('T', false);
/** Second kind: sin((n + 1) t) / sin t with t = acos x. */
export const chebyshevPolynomialU = chebyshevOf('U', false);
/** Third kind: cos((n + 1/2) t) / cos(t / 2). */
export const chebyshevPolynomialV = chebyshevOf('V', false);
/** Fourth kind: sin((n + 1/2) t) / sin(t / 2). */
export const chebyshevPolynomialW = chebyshevOf('W', false);
/** First kind of 2 x - 1. */
export const shiftedChebyshevPolynomialT = chebyshevOf('T', true);
/** Second kind of 2 x - 1. */
export const shiftedChebyshevPolynomialU = chebyshevOf('U', true);
/** Third kind of 2 x - 1. */
export const shiftedChebyshevPolynomialV = chebyshevOf('V', true);
/** Fourth kind of 2 x - 1. */
export const shiftedChebyshevPolynomialW = chebyshevOf('W', true);

/** Hermite's of the physicists. https://pytorch.org/docs/stable/special.html */
export const hermitePolynomialH = family(
  'hermitePolynomialH',
  (a, b) => polynomial(hermiteH, a, b),
  'wg_hermite(a, b, 2.0)',
);
/** Hermite's of the probabilists. */
export const hermitePolynomialHe = family(
  'hermitePolynomialHe',
  (a, b) => polynomial(hermiteHe, a, b),
  'wg_hermite(a, b, 1.0)',
);
/** Laguerre's. */
export const laguerrePolynomialL = family(
  'laguerrePolynomialL',
  (a, b) => polynomial(laguerreL, a, b),
  'wg_laguerre(a, b)',
);
/** Legendre's. */
export const legendrePolynomialP = family(
  'legendrePolynomialP',
  (a, b) => polynomial(legendreP, a, b),
  'wg_legendre(a, b)',
);
