// bijectTo and transformTo: for a constraint a map of all real numbers onto the values that it allows.
// https://pytorch.org/docs/stable/distributions.html#module-torch.distributions.constraint_registry

import { Callable, onCall } from '../core/callable.ts';
import { NotImplementedError } from '../errors.ts';
import * as constraints from './constraints.ts';
import type { Constraint, IndependentConstraint, PartsConstraint, RuleConstraint } from './constraints.ts';
import { ComposeTransform, identityTransform, IndependentTransform, type Transform } from './transform.ts';
import { AffineTransform, ExpTransform, SigmoidTransform } from './transforms.ts';
import {
  CatTransform,
  CorrCholeskyTransform,
  LowerCholeskyTransform,
  SoftmaxTransform,
  StackTransform,
  StickBreakingTransform,
} from './vector-transforms.ts';

type Factory = (constraint: never) => Transform;

/** The map for a constraint. */
// oxlint-disable-next-line no-unsafe-declaration-merging
export interface ConstraintRegistry {
  (constraint: Constraint): Transform;
}

/** Maps by kinds of constraints; `register` adds one. https://pytorch.org/docs/stable/distributions.html#torch.distributions.constraint_registry.ConstraintRegistry */
// oxlint-disable-next-line no-unsafe-declaration-merging
export class ConstraintRegistry extends Callable {
  readonly #factories = new Map<string, Factory>();

  /** Says how a map is made for all constraints of the kind of this one. */
  register<C extends Constraint>(constraint: C, factory: (constraint: C) => Transform): void {
    this.#factories.set(constraint.kind, factory as Factory);
  }

  [onCall](args: readonly unknown[]): Transform {
    const [constraint] = args as [Constraint];
    const factory = this.#factories.get(constraint.kind);
    if (factory !== undefined) return factory(constraint as never);
    throw new NotImplementedError({
      op: 'distributions.transformTo',
      fact: `no map onto ${String(constraint)}`,
      rule: `there is one for ${[...this.#factories.keys()].join(', ')}`,
      cure: 'register(constraint, factory) adds one.',
    });
  }
}

/** Bijections. https://pytorch.org/docs/stable/distributions.html#module-torch.distributions.constraint_registry */
export const bijectTo: ConstraintRegistry = new ConstraintRegistry();
/** Maps onto, which may have more arguments than values but are smooth. https://pytorch.org/docs/stable/distributions.html#module-torch.distributions.constraint_registry */
export const transformTo: ConstraintRegistry = new ConstraintRegistry();

for (const registry of [bijectTo, transformTo]) {
  registry.register(constraints.real, () => identityTransform);
  registry.register(
    constraints.realVector,
    ({ baseConstraint, reinterpretedBatchNdims }: IndependentConstraint) =>
      new IndependentTransform(registry(baseConstraint), reinterpretedBatchNdims),
  );
  for (const kind of [constraints.positive, constraints.nonnegative]) {
    registry.register(
      kind,
      ({ lowerBound }: RuleConstraint) =>
        new ComposeTransform([new ExpTransform(), new AffineTransform(lowerBound, 1)]),
    );
  }
  registry.register(
    constraints.lessThan(0),
    ({ upperBound }: RuleConstraint) => new ComposeTransform([new ExpTransform(), new AffineTransform(upperBound, -1)]),
  );
  for (const kind of [constraints.unitInterval, constraints.halfOpenInterval(0, 1)]) {
    registry.register(kind, ({ lowerBound: low, upperBound: high }: RuleConstraint) => {
      if (low === 0 && high === 1) return new SigmoidTransform();
      const width =
        typeof high === 'number' ? (typeof low === 'number' ? high - low : low.neg().add(high)) : high.sub(low);
      return new ComposeTransform([new SigmoidTransform(), new AffineTransform(low, width)]);
    });
  }
  registry.register(constraints.corrCholesky, () => new CorrCholeskyTransform());
  registry.register(
    constraints.cat([constraints.real]),
    ({ parts, dim, lengths }: PartsConstraint) => new CatTransform(parts.map(registry), dim, lengths),
  );
  registry.register(
    constraints.stack([constraints.real]),
    ({ parts, dim }: PartsConstraint) => new StackTransform(parts.map(registry), dim),
  );
}
bijectTo.register(constraints.simplex, () => new StickBreakingTransform());
transformTo.register(constraints.simplex, () => new SoftmaxTransform());
transformTo.register(constraints.lowerCholesky, () => new LowerCholeskyTransform());
