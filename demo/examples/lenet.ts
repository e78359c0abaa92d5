// LeNet: convolutions see the same stroke wherever it stands. (Y. LeCun, L. Bottou, Y. Bengio,
// P. Haffner: Gradient-based learning applied to document recognition, 1998; with ReLU and
// pictures of 16 x 16.)
import { compile, data, manualSeed, nn, noGrad, optim, print as standardPrint, type Tensor } from '../../src/index.ts';
import { digits } from '../data/digits.ts';

export async function main(print = standardPrint) {
  manualSeed(4);
  const train = new data.TensorDataset(...digits(1000));
  const [testX, testY] = digits(200);
  const loader = new data.DataLoader(train, { batchSize: 50, shuffle: true });

  const net = new nn.Sequential(
    new nn.Conv2d(1, 6, 5, { padding: 2 }),
    new nn.ReLU(),
    new nn.AvgPool2d(2),
    new nn.Conv2d(6, 16, 5),
    new nn.ReLU(),
    new nn.AvgPool2d(2),
    new nn.Flatten(),
    new nn.Linear(64, 120),
    new nn.ReLU(),
    new nn.Linear(120, 84),
    new nn.ReLU(),
    new nn.Linear(84, 10),
  );
  for (const layer of net.modules()) {
    if (layer instanceof nn.Linear || layer instanceof nn.Conv2d) nn.init.xavierUniform_(layer.weight);
  }
  // What each layer makes of one picture.
  let X = testX.index('0:1');
  for (const layer of net) {
    X = layer(X);
    print(`${layer.constructor.name.padEnd(10)} output shape: [${X.shape.join(', ')}]`);
  }

  const loss = new nn.CrossEntropyLoss();
  const trainer = new optim.SGD(net.parameters(), { lr: 0.05, momentum: 0.9 });
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
