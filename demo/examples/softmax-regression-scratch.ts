// Softmax regression from scratch: ten digits told apart by one linear map, with softmax, loss and
// accuracy written out.
import {
  arange,
  manualSeed,
  matmul,
  noGrad,
  normal,
  print as standardPrint,
  randperm,
  type Tensor,
  zeros,
} from '../../src/index.ts';
import { digits } from '../data/digits.ts';

function* dataIter(batchSize: number, X: Tensor, y: Tensor): Generator<[Tensor, Tensor]> {
  for (const batch of randperm(X.size(0)).split(batchSize)) yield [X.index(batch), y.index(batch)];
}

function softmax(X: Tensor): Tensor {
  const powers = X.exp();
  return powers.div(powers.sum(1, { keepdim: true }));
}

function net(X: Tensor, W: Tensor, b: Tensor): Tensor {
  return softmax(matmul(X.reshape(-1, W.size(0)), W).add(b));
}

/** -log of the probability of the right class. */
function crossEntropy(yHat: Tensor, y: Tensor): Tensor {
  return yHat.index(arange(y.numel()), y).log().neg();
}

/** How many predictions are right. */
function correct(yHat: Tensor, y: Tensor): Tensor {
  return yHat.argmax(1).eq(y).float().sum();
}

function sgd(params: Tensor[], lr: number, batchSize: number): void {
  noGrad(() => {
    for (const param of params) {
      param.sub_(param.grad!.mul(lr).div(batchSize));
      param.grad!.zero_();
    }
  });
}

export async function main(print = standardPrint) {
  manualSeed(0);
  const [X, y] = digits(1000);
  const [testX, testY] = digits(200);
  const W = normal(0, 0.01, [256, 10], { requiresGrad: true });
  const b = zeros(10, { requiresGrad: true });
  const [lr, epochs, batchSize] = [0.1, 5, 50];

  const losses: number[] = [];
  const accuracies: number[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let total = zeros(1);
    for (const [batchX, batchY] of dataIter(batchSize, X, y)) {
      const loss = crossEntropy(net(batchX, W, b), batchY).sum();
      loss.backward();
      sgd([W, b], lr, batchSize);
      total = total.add(loss.detach());
    }
    const right = noGrad(() => correct(net(testX, W, b), testY));
    losses.push((await total.item()) / y.numel());
    accuracies.push((await right.item()) / testY.numel());
    print(`epoch ${epoch}, loss ${losses.at(-1)!.toFixed(4)}, test accuracy ${accuracies.at(-1)!.toFixed(3)}`);
  }

  print('digits:     ', testY.index('0:10'));
  print('predictions:', net(testX.index('0:10'), W, b).argmax(1));
  return { losses, accuracies };
}
