// klDivergence: how far one distribution is from another, the mean of log p / q under p, by formulas that are registered for pairs of
// classes. Knows no pair. https://pytorch.org/docs/stable/distributions.html#torch.distributions.kl.kl_divergence

import { NotImplementedError } from '../errors.ts';
import type { Tensor } from '../core/tensor.ts';
import type { Distribution } from './distribution.ts';

/** A class of distributions. */
export interface Kind<D extends Distribution> {
  readonly prototype: D;
  readonly name: string;
}
type Formula = (p: never, q: never) => Tensor;

const formulas = new Map<Kind<Distribution>, Map<Kind<Distribution>, Formula>>();

/**
 * Registers the formula that it is called with for p and q of two classes, and of those that extend them:
 * `registerKl(Normal, Normal)((p, q) => ..)`. https://pytorch.org/docs/stable/distributions.html#torch.distributions.kl.register_kl
 */
export function registerKl<P extends Distribution, Q extends Distribution>(typeP: Kind<P>, typeQ: Kind<Q>) {
  return <F extends (p: P, q: Q) => Tensor>(formula: F): F => {
    const row = formulas.get(typeP) ?? new Map<Kind<Distribution>, Formula>();
    formulas.set(typeP, row.set(typeQ, formula as unknown as Formula));
    return formula;
  };
}

/** The class of a distribution and those that it extends, nearest first. */
function* kindsOf(one: Distribution): Generator<Kind<Distribution>> {
  let prototype = Object.getPrototypeOf(one) as object | null;
  for (; prototype !== null; prototype = Object.getPrototypeOf(prototype) as object | null) {
    yield prototype.constructor as Kind<Distribution>;
  }
}

/** The formula of the nearest classes, those of p first. */
function find(p: Distribution, q: Distribution): Formula | undefined {
  for (const kind of kindsOf(p)) {
    const row = formulas.get(kind);
    if (row === undefined) continue;
    for (const other of kindsOf(q)) {
      const formula = row.get(other);
      if (formula !== undefined) return formula;
    }
  }
  return undefined;
}

/** The error of a pair without a formula. */
export function noFormula(p: Distribution, q: Distribution, why: string): NotImplementedError {
  return new NotImplementedError({
    op: 'distributions.klDivergence',
    fact: `${p.constructor.name} and ${q.constructor.name}`,
    rule: why,
    cure: 'registerKl(P, Q)(formula) adds one.',
  });
}

/** The divergence of p from q, of the batch's shape. https://pytorch.org/docs/stable/distributions.html#torch.distributions.kl.kl_divergence */
export function klDivergence(p: Distribution, q: Distribution): Tensor {
  const formula = find(p, q);
  if (formula !== undefined) return formula(p as never, q as never);
  throw noFormula(p, q, 'no formula is registered for the two');
}
