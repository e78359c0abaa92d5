// Linear regression on one feature with the partial derivatives written by hand: 50,000 steps over all examples at once,
// with the squared (L2) and with the absolute (L1) loss. The best parameters are kept on the device, without a read.
import {
  manualSeed,
  minimum,
  normal,
  ones,
  print as standardPrint,
  stack,
  tensor,
  type Tensor,
  where,
  zeros,
} from '../../src/index.ts';

/** A loss and its gradient by the parameters, for residuals r = X theta - y: r (n), X (n, 2). */
interface Criterion {
  readonly lr: number;
  loss(r: Tensor): Tensor;
  gradient(r: Tensor, X: Tensor): Tensor;
}

const criteria: Record<'L2' | 'L1', Criterion> = {
  // mean(r^2): dL/dw = 2/n sum(r x), dL/db = 2/n sum(r)
  L2: { lr: 0.01, loss: (r) => r.square().mean(), gradient: (r, X) => X.T.mv(r).mul(2 / r.numel()) },
  // mean(|r|): dL/dw = 1/n sum(sign(r) x), dL/db = 1/n sum(sign(r))
  L1: { lr: 0.03, loss: (r) => r.abs().mean(), gradient: (r, X) => X.T.mv(r.sign()).div(r.numel()) },
};

/** Gradient descent from (0, 0); returns the parameters (w, b) of the smallest loss on the way, and that loss. */
function descend(
  X: Tensor,
  y: Tensor,
  { lr, loss, gradient }: Criterion,
  steps: number,
): { best: Tensor; bestLoss: Tensor } {
  const theta = zeros(2);
  const best = zeros(2);
  const bestLoss = tensor(Infinity);
  for (let step = 0; step < steps; step++) {
    const r = X.mv(theta).sub(y);
    const now = loss(r);
    best.copy_(where(now.lt(bestLoss), theta, best));
    bestLoss.copy_(minimum(now, bestLoss));
    theta.sub_(gradient(r, X).mul(lr));
  }
  return { best, bestLoss };
}

export async function main(print = standardPrint, steps = 50_000) {
  // The price of a house (in thousands) by its number of rooms: 100 examples around 9 rooms - 35.
  manualSeed(0);
  const rooms = normal(6.3, 0.7, [100]);
  const price = rooms
    .mul(9)
    .sub(35)
    .add(normal(0, 2, [100]));
  const X = stack([rooms, ones(100)], 1);

  const results: Partial<Record<'L2' | 'L1', { w: number; b: number; loss: number }>> = {};
  for (const name of ['L2', 'L1'] as const) {
    const { best, bestLoss } = descend(X, price, criteria[name], steps);
    const [w, b] = await best.numpy();
    const loss = await bestLoss.item();
    print(`${name}: price = ${w.toFixed(3)} rooms - ${(-b).toFixed(3)}, loss ${loss.toFixed(4)}`);
    results[name] = { w, b, loss };
  }
  return results as Required<typeof results>;
}
