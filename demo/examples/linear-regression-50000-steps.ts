// Linear regression on one feature with the partial derivatives written by hand: 50,000 steps
// over all examples at once, with the squared (L2) and with the absolute (L1) loss. The best
// parameters are kept on the device, without a read.
import {
  manualSeed,
  minimum,
  noGrad,
  normal,
  ones,
  print as standardPrint,
  stack,
  tensor,
  type Tensor,
  where,
  zeros,
} from '../../src/index.ts';

/** A loss and its gradient, summed over the residuals r = w x + b - y. X (n, 2) holds x and 1. */
interface Criterion {
  readonly lr: number;
  loss(r: Tensor): Tensor;
  gradient(r: Tensor, X: Tensor): Tensor;
}

const criteria: Record<'L2' | 'L1', Criterion> = {
  // L = sum r^2: dL/dw = sum 2 r x, dL/db = sum 2 r
  L2: { lr: 0.01, loss: (r) => r.dot(r), gradient: (r, X) => X.T.mv(r.mul(2)) },
  // L = sum |r|: dL/dw = sum sign(r) x, dL/db = sum sign(r)
  L1: { lr: 0.03, loss: (r) => r.abs().sum(), gradient: (r, X) => X.T.mv(r.sign()) },
};

/** Gradient descent from w = b = 0; returns the smallest loss (a mean) on the way, and its parameters. */
export async function fit(name: keyof typeof criteria, print = standardPrint, steps = 50_000) {
  // The price of a house (in thousands) by its number of rooms: 100 examples around 9 rooms - 35.
  manualSeed(0);
  const n = 100;
  const rooms = normal(6.3, 0.7, [n]);
  const noise = normal(0, 2, [n]);
  const y = rooms.mul(9).sub(35).add(noise);
  const X = stack([rooms, ones(n)], 1);

  const { lr, loss, gradient } = criteria[name];
  const theta = zeros(2, { requiresGrad: true });
  const best = zeros(2);
  const bestLoss = tensor(Infinity);
  for (let step = 0; step < steps; step++) {
    noGrad(() => {
      const r = X.mv(theta).sub(y);
      const current = loss(r);
      best.copy_(where(current.lt(bestLoss), theta, best));
      bestLoss.copy_(minimum(current, bestLoss));
      theta.sub_(gradient(r, X), { alpha: lr / n });
    });
    // Now and then the program waits for the device, and lets the page breathe.
    if (step % 1000 === 0) await theta.realize();
  }

  const [[w, b], smallest] = await Promise.all([best.numpy(), bestLoss.item()]);
  print(`${name}: price = ${w.toFixed(2)} rooms - ${(-b).toFixed(2)}, loss ${(smallest / n).toFixed(4)}`);
  return { w, b, loss: smallest / n };
}

export async function main(print = standardPrint) {
  return { L2: await fit('L2', print), L1: await fit('L1', print) };
}
