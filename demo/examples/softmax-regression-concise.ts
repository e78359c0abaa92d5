// Softmax regression, concise: the same pictures with the parts of the library. The layer gives
// logits; the loss takes the softmax of them, which stays exact where exp would overflow.
import { data, manualSeed, nn, noGrad, optim, print as standardPrint, type Tensor } from '../../src/index.ts';
import { digits } from '../data/digits.ts';

export async function main(print = standardPrint) {
  manualSeed(0);
  const train = new data.TensorDataset(...digits(1000));
  const [testX, testY] = digits(200);
  const loader = new data.DataLoader(train, { batchSize: 50, shuffle: true });

  const net = new nn.Sequential(new nn.Flatten(), new nn.Linear(256, 10));
  nn.init.normal_(net[1].weight, 0, 0.01);
  nn.init.zeros_(net[1].bias);
  const loss = new nn.CrossEntropyLoss();
  const trainer = new optim.SGD(net.parameters(), { lr: 0.1 });
  const accuracy = (yHat: Tensor, y: Tensor) => yHat.argmax(1).eq(y).float().mean();

  const losses: number[] = [];
  const accuracies: number[] = [];
  for (let epoch = 1; epoch <= 5; epoch++) {
    const batches: Tensor[] = [];
    for (const [X, y] of loader) {
      const l = loss(net(X), y);
      trainer.zeroGrad();
      l.backward();
      trainer.step();
      batches.push(l.detach());
    }
    const right = noGrad(() => accuracy(net(testX), testY));
    const each = await Promise.all(batches.map((l) => l.item()));
    losses.push(each.reduce((sum, one) => sum + one, 0) / each.length);
    accuracies.push(await right.item());
    print(`epoch ${epoch}, loss ${losses.at(-1)!.toFixed(4)}, test accuracy ${accuracies.at(-1)!.toFixed(3)}`);
  }
  return { losses, accuracies };
}
