// Linear regression from scratch: data, model, loss and optimizer written out, trained by
// minibatch gradient descent.
import {
  manualSeed,
  matmul,
  noGrad,
  normal,
  print as standardPrint,
  randperm,
  tensor,
  type Tensor,
  zeros,
} from '../../src/index.ts';

/** `count` examples of y = X w + b + noise: X (count, 2), y (count, 1). */
function syntheticData(w: Tensor, b: number, count: number): [Tensor, Tensor] {
  const X = normal(0, 1, [count, w.numel()]);
  const y = matmul(X, w).add(b);
  y.add_(normal(0, 0.01, y.shape));
  return [X, y.reshape(-1, 1)];
}

/** Minibatches in random order. */
function* dataIter(batchSize: number, features: Tensor, labels: Tensor): Generator<[Tensor, Tensor]> {
  for (const batch of randperm(features.size(0)).split(batchSize)) {
    yield [features.index(batch), labels.index(batch)];
  }
}

function linreg(X: Tensor, w: Tensor, b: Tensor): Tensor {
  return matmul(X, w).add(b);
}

function squaredLoss(yHat: Tensor, y: Tensor): Tensor {
  return yHat.sub(y.reshape(yHat.shape)).pow(2).div(2);
}

/** One step downhill: the gradients are of the sum over a batch. */
function sgd(params: Tensor[], lr: number, batchSize: number): void {
  noGrad(() => {
    for (const param of params) {
      param.sub_(param.grad!.mul(lr).div(batchSize));
      param.grad!.zero_();
    }
  });
}

export async function main(print = standardPrint) {
  manualSeed(7);
  const trueW = tensor([2, -3.4]);
  const trueB = 4.2;
  const [features, labels] = syntheticData(trueW, trueB, 1000);

  const w = normal(0, 0.01, [2, 1], { requiresGrad: true });
  const b = zeros(1, { requiresGrad: true });
  const [lr, epochs, batchSize] = [0.03, 3, 10];

  const losses: number[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (const [X, y] of dataIter(batchSize, features, labels)) {
      const loss = squaredLoss(linreg(X, w, b), y);
      loss.sum().backward();
      sgd([w, b], lr, batchSize);
    }
    const loss = noGrad(() => squaredLoss(linreg(features, w, b), labels).mean());
    losses.push(await loss.item());
    print(`epoch ${epoch}, loss ${losses.at(-1)!.toFixed(6)}`);
  }

  print('error in estimating w:', trueW.sub(w.detach().reshape(trueW.shape)));
  print('error in estimating b:', b.detach().rsub(trueB));
  return { losses, w: Array.from(await w.numpy()), b: await b.item() };
}
