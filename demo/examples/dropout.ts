// Dropout: two hidden layers whose units are switched off at random while the net trains. From
// scratch with masks drawn by `rand`; then with the layer, whose masks are drawn on the device.
import {
  data,
  manualSeed,
  nn,
  noGrad,
  optim,
  print as standardPrint,
  rand,
  type Tensor,
  zerosLike,
} from '../../src/index.ts';
import { digits } from '../data/digits.ts';

function dropoutLayer(X: Tensor, dropout: number): Tensor {
  if (dropout === 1) return zerosLike(X);
  const mask = rand(X.shape).gt(dropout).float();
  return mask.mul(X).div(1 - dropout);
}

class DropoutMlp extends nn.Module {
  first = new nn.Linear(256, 64);
  second = new nn.Linear(64, 64);
  last = new nn.Linear(64, 10);
  private readonly drop = [0.2, 0.5];

  override forward(X: Tensor): Tensor {
    let H = this.first(X.flatten(1)).relu();
    if (this.training) H = dropoutLayer(H, this.drop[0]);
    H = this.second(H).relu();
    if (this.training) H = dropoutLayer(H, this.drop[1]);
    return this.last(H);
  }
}

function concise(): nn.Module & ((X: Tensor) => Tensor) {
  return new nn.Sequential(
    new nn.Flatten(),
    new nn.Linear(256, 64),
    new nn.ReLU(),
    new nn.Dropout(0.2),
    new nn.Linear(64, 64),
    new nn.ReLU(),
    new nn.Dropout(0.5),
    new nn.Linear(64, 10),
  );
}

async function fit(net: nn.Module & ((X: Tensor) => Tensor), train: [Tensor, Tensor], test: [Tensor, Tensor]) {
  const loader = new data.DataLoader(new data.TensorDataset(...train), { batchSize: 50, shuffle: true });
  const loss = new nn.CrossEntropyLoss();
  const trainer = new optim.SGD(net.parameters(), { lr: 0.2 });
  const losses: number[] = [];
  for (let epoch = 0; epoch < 6; epoch++) {
    net.train();
    const batches: Tensor[] = [];
    for (const [X, y] of loader) {
      const l = loss(net(X), y);
      trainer.zeroGrad();
      l.backward();
      trainer.step();
      batches.push(l.detach());
    }
    const each = await Promise.all(batches.map((l) => l.item()));
    losses.push(each.reduce((sum, one) => sum + one, 0) / each.length);
  }
  net.eval();
  const accuracy = await noGrad(() => net(test[0]).argmax(1).eq(test[1]).float().mean()).item();
  return { losses, accuracy };
}

export async function main(print = standardPrint) {
  const results = [];
  for (const [name, make] of [['from scratch', () => new DropoutMlp()] as const, ['concise', concise] as const]) {
    manualSeed(3);
    const [train, test] = [digits(1000), digits(200)];
    const { losses, accuracy } = await fit(make(), train, test);
    print(`${name}: losses ${losses.map((l) => l.toFixed(3)).join(' ')}, test accuracy ${accuracy.toFixed(3)}`);
    results.push({ losses, accuracy });
  }
  return results;
}
