// Gradients and second gradients of PyTorch's samples against central differences in float64, on the CPU device: for each
// variant the smallest sample that has a gradient.
import { beforeAll, test } from 'vitest';
import { autograd, init, type Tensor } from '../../src/index.ts';
import { open, quietly, variants } from '../ops/opinfo.ts';
import { differentiable, type Sample, sizeOf } from '../ops/samples.ts';

/** Differences cost two runs an element; those of second derivatives two more for each element of a result. */
const mostElements = 40;
const mostInSecond = 20;

/** Variants that cannot be differentiated twice, or not by differences, and why. */
const onceOnly: Readonly<Record<string, string>> = {};
const never: Readonly<Record<string, string>> = {
  'linalg.norm.subgradients_at_zero': 'a norm has a corner at 0: there are subgradients alone',
};
/** The gradient of a symmetric input is that of symmetric changes, as in PyTorch, whose own check makes it so, too. */
const symmetric: ReadonlySet<string> = new Set(['linalg.eigvalsh']);
const asGiven = (x: Tensor): Tensor => x;
const mirrored = (x: Tensor): Tensor => x.add(x.mT);

function smallest(cases: readonly Sample[], most: number): Sample | undefined {
  const small = cases.filter((one) => one.grads?.some((grad) => grad !== null) && sizeOf(one) <= most);
  small.sort((a, b) => sizeOf(a) - sizeOf(b));
  return small.find((one) => sizeOf(one) > 1) ?? small[0];
}

beforeAll(() => init({ device: 'cpu' }));

for (const { name, op, cases } of variants) {
  const first = smallest(cases, mostElements);
  if (first === undefined || name in open || name in never) continue;
  test(name, () =>
    quietly(async () => {
      const prepare = symmetric.has(name) ? mirrored : asGiven;
      const { run, leaves } = differentiable(op, first);
      await autograd.gradcheck((x, ...others) => run(prepare(x), ...others), leaves);
      const second = smallest(cases, mostInSecond);
      if (second === undefined || name in onceOnly) return;
      const again = differentiable(op, second);
      await autograd.gradgradcheck((x, ...others) => again.run(prepare(x), ...others), again.leaves);
    }),
  );
}
