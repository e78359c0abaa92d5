// A multilayer perceptron from scratch: one hidden layer of 64 with ReLU written out, between
// parameters made by hand.
import {
  manualSeed,
  matmul,
  maximum,
  nn,
  noGrad,
  optim,
  print as standardPrint,
  randn,
  randperm,
  type Tensor,
  zeros,
  zerosLike,
} from '../../src/index.ts';
import { digits } from '../data/digits.ts';

function relu(X: Tensor): Tensor {
  return maximum(X, zerosLike(X));
}

function net(X: Tensor, [W1, b1, W2, b2]: Tensor[]): Tensor {
  const H = relu(matmul(X.reshape(-1, 256), W1).add(b1));
  return matmul(H, W2).add(b2);
}

export async function main(print = standardPrint) {
  manualSeed(1);
  const [X, y] = digits(1000);
  const [testX, testY] = digits(200);
  const params = [randn(256, 64).mul(0.05), zeros(64), randn(64, 10).mul(0.05), zeros(10)];
  for (const param of params) param.requiresGrad_();
  const loss = new nn.CrossEntropyLoss();
  const trainer = new optim.SGD(params, { lr: 0.2 });

  const losses: number[] = [];
  const accuracies: number[] = [];
  for (let epoch = 1; epoch <= 5; epoch++) {
    let total = zeros([]);
    for (const batch of randperm(y.numel()).split(50)) {
      const l = loss(net(X.index(batch), params), y.index(batch));
      trainer.zeroGrad();
      l.backward();
      trainer.step();
      total = total.add(l.detach());
    }
    const right = noGrad(() => net(testX, params).argmax(1).eq(testY).float().mean());
    losses.push((await total.item()) / 20);
    accuracies.push(await right.item());
    print(`epoch ${epoch}, loss ${losses.at(-1)!.toFixed(4)}, test accuracy ${accuracies.at(-1)!.toFixed(3)}`);
  }
  return { losses, accuracies };
}
