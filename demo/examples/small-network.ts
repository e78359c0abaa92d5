// A small network: two layers tell points inside a circle from those outside. For each
// activation the gradients of the library are checked against the chain rule written out, then
// the network is trained.
import {
  allclose,
  manualSeed,
  nn,
  noGrad,
  print as standardPrint,
  randn,
  relu,
  sigmoid,
  tanh,
  type Tensor,
  where,
  zeros,
} from '../../src/index.ts';

/** A function and its derivative by its input z. */
interface Activation {
  value(z: Tensor): Tensor;
  slope(z: Tensor): Tensor;
}

const activations: Record<string, Activation> = {
  sigmoid: { value: sigmoid, slope: (z) => sigmoid(z).mul(sigmoid(z).rsub(1)) },
  tanh: { value: tanh, slope: (z) => tanh(z).pow(2).rsub(1) },
  relu: { value: relu, slope: (z) => z.gt(0).float() },
  leakyRelu: { value: (z) => nn.functional.leakyRelu(z, 0.1), slope: (z) => where(z.gt(0), 1, 0.1) },
};

/** (n, 2) points and (n, 1) classes: 1 inside the circle of radius 1.2, else 0. */
function twoClasses(n: number): [Tensor, Tensor] {
  const X = randn(n, 2);
  return [X, X.norm(2, 1, true).lt(1.2).float()];
}

/** The gradients by the chain rule, from L = -mean(y log p + (1 - y) log(1 - p)) back to W1. */
function chainRule(X: Tensor, y: Tensor, [W1, b1, W2, b2]: Tensor[], { value, slope }: Activation): Tensor[] {
  const z1 = X.matmul(W1).add(b1);
  const h = value(z1);
  const p = sigmoid(h.matmul(W2).add(b2));
  // Sigmoid and cross-entropy together: dL/dz2 = (p - y) / n.
  const dz2 = p.sub(y).div(y.numel());
  // h reaches the loss through W2, and z1 through h = f(z1): dL/dz1 = dL/dh f'(z1).
  const dz1 = dz2.matmul(W2.T).mul(slope(z1));
  return [X.T.matmul(dz1), dz1.sum(0), h.T.matmul(dz2), dz2.sum(0)];
}

export async function main(print = standardPrint) {
  manualSeed(1);
  const [X, y] = twoClasses(200);
  const hidden = 8;
  const [lr, steps] = [1, 200];

  const results: Record<string, { agrees: boolean; accuracy: number; loss: number }> = {};
  for (const [name, activation] of Object.entries(activations)) {
    const params = [randn(2, hidden), zeros(hidden), randn(hidden, 1), zeros(1)];
    for (const param of params) param.requiresGrad_();
    const [W1, b1, W2, b2] = params;
    const net = () => sigmoid(activation.value(X.matmul(W1).add(b1)).matmul(W2).add(b2));
    const loss = () => {
      const p = net();
      const [inside, outside] = [y.mul(p.log()), y.rsub(1).mul(p.rsub(1).log())];
      return inside.add(outside).mean().neg();
    };

    loss().backward();
    const byHand = noGrad(() => chainRule(X, y, params, activation));
    const near = { rtol: 1e-3, atol: 1e-5 };
    const compared = params.map((param, at) => allclose(param.grad!, byHand[at], near));
    const agrees = (await Promise.all(compared)).every(Boolean);

    for (let step = 0; step < steps; step++) {
      for (const param of params) param.grad!.zero_();
      loss().backward();
      noGrad(() => params.forEach((param) => void param.sub_(param.grad!.mul(lr))));
    }
    const right = noGrad(() => net().gt(0.5).eq(y.gt(0.5)).float().mean());
    const [accuracy, last] = await Promise.all([right.item(), loss().item()]);
    const percent = (100 * accuracy).toFixed(1);
    print(`${name}: chain rule agrees: ${agrees}, loss ${last.toFixed(4)}, accuracy ${percent} %`);
    results[name] = { agrees, accuracy, loss: last };
  }
  return results;
}
