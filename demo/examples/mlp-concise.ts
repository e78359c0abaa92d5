// A multilayer perceptron, concise; the whole step is captured by `compile` and replayed.
import { compile, data, manualSeed, nn, noGrad, optim, print as standardPrint, type Tensor } from '../../src/index.ts';
import { digits } from '../data/digits.ts';

export async function main(print = standardPrint) {
  manualSeed(1);
  const train = new data.TensorDataset(...digits(1000));
  const [testX, testY] = digits(200);
  const loader = new data.DataLoader(train, { batchSize: 50, shuffle: true });

  const net = new nn.Sequential(new nn.Flatten(), new nn.Linear(256, 64), new nn.ReLU(), new nn.Linear(64, 10));
  const loss = new nn.CrossEntropyLoss();
  const trainer = new optim.SGD(net.parameters(), { lr: 0.2 });
  const step = compile((X: Tensor, y: Tensor) => {
    const l = loss(net(X), y);
    trainer.zeroGrad();
    l.backward();
    trainer.step();
    return l.detach();
  });

  const losses: number[] = [];
  const accuracies: number[] = [];
  for (let epoch = 1; epoch <= 5; epoch++) {
    const batches: Promise<number>[] = [];
    for (const [X, y] of loader) batches.push(step(X, y).item());
    const right = noGrad(() => net(testX).argmax(1).eq(testY).float().mean());
    const each = await Promise.all(batches);
    losses.push(each.reduce((sum, one) => sum + one, 0) / each.length);
    accuracies.push(await right.item());
    print(`epoch ${epoch}, loss ${losses.at(-1)!.toFixed(4)}, test accuracy ${accuracies.at(-1)!.toFixed(3)}`);
  }
  return { losses, accuracies };
}
