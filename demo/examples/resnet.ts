// A residual net: blocks learn what to add to their input, so that gradients find a way through.
// (K. He, X. Zhang, S. Ren, J. Sun: Deep residual learning for image recognition, 2016)
import { compile, data, manualSeed, nn, noGrad, optim, print as standardPrint, type Tensor } from '../../src/index.ts';
import { digits } from '../data/digits.ts';

class Residual extends nn.Module {
  readonly conv1: nn.Conv2d;
  readonly bn1: nn.BatchNorm2d;
  readonly conv2: nn.Conv2d;
  readonly bn2: nn.BatchNorm2d;
  readonly shortcut: nn.Conv2d | nn.Identity;

  constructor(inputs: number, outputs: number, stride = 1) {
    super();
    this.conv1 = new nn.Conv2d(inputs, outputs, 3, { padding: 1, stride });
    this.bn1 = new nn.BatchNorm2d(outputs);
    this.conv2 = new nn.Conv2d(outputs, outputs, 3, { padding: 1 });
    this.bn2 = new nn.BatchNorm2d(outputs);
    this.shortcut = inputs === outputs ? new nn.Identity() : new nn.Conv2d(inputs, outputs, 1, { stride });
  }

  override forward(X: Tensor): Tensor {
    const Y = this.bn2(this.conv2(this.bn1(this.conv1(X)).relu()));
    return Y.add(this.shortcut(X)).relu();
  }
}

export async function main(print = standardPrint) {
  manualSeed(9);
  const train = new data.TensorDataset(...digits(800));
  const [testX, testY] = digits(100);
  const loader = new data.DataLoader(train, { batchSize: 50, shuffle: true });

  const net = new nn.Sequential(
    new nn.Conv2d(1, 8, 5, { padding: 2, stride: 2 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new Residual(8, 8),
    new Residual(8, 16, 2),
    new nn.AdaptiveAvgPool2d(2),
    new nn.Flatten(),
    new nn.Linear(64, 10),
  );
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
  for (let epoch = 1; epoch <= 4; epoch++) {
    net.train();
    const batches: Promise<number>[] = [];
    for (const [X, y] of loader) batches.push(step(X, y).item());
    // In eval mode the batch norms take their running statistics.
    net.eval();
    const right = noGrad(() => net(testX).argmax(1).eq(testY).float().mean());
    const each = await Promise.all(batches);
    losses.push(each.reduce((sum, one) => sum + one, 0) / each.length);
    accuracies.push(await right.item());
    print(`epoch ${epoch}, loss ${losses.at(-1)!.toFixed(4)}, test accuracy ${accuracies.at(-1)!.toFixed(3)}`);
  }
  return { losses, accuracies };
}
