// Linear regression, concise: the same model from the library's parts: data set, loader, layer,
// loss, optimizer.
import {
  data,
  manualSeed,
  matmul,
  nn,
  noGrad,
  normal,
  optim,
  print as standardPrint,
  tensor,
} from '../../src/index.ts';

export async function main(print = standardPrint) {
  manualSeed(0);
  const trueW = tensor([2, -3.4]);
  const trueB = 4.2;
  const features = normal(0, 1, [1000, 2]);
  const labels = matmul(features, trueW).add(trueB).reshape(-1, 1);
  labels.add_(normal(0, 0.01, labels.shape));

  const dataset = new data.TensorDataset(features, labels);
  const loader = new data.DataLoader(dataset, { batchSize: 10, shuffle: true });

  const net = new nn.Sequential(new nn.Linear(2, 1));
  net[0].weight.data.normal_(0, 0.01);
  net[0].bias.data.fill_(0);
  const loss = new nn.MSELoss();
  const trainer = new optim.SGD(net.parameters(), { lr: 0.03 });

  const losses: number[] = [];
  for (let epoch = 1; epoch <= 3; epoch++) {
    for (const [X, y] of loader) {
      const l = loss(net(X), y);
      trainer.zeroGrad();
      l.backward();
      trainer.step();
    }
    const l = noGrad(() => loss(net(features), labels));
    losses.push(await l.item());
    print(`epoch ${epoch}, loss ${losses.at(-1)!.toFixed(6)}`);
  }

  const { weight, bias } = net[0];
  print('error in estimating w:', trueW.sub(weight.data.reshape(trueW.shape)));
  print('error in estimating b:', bias.data.rsub(trueB));
  return { losses, w: Array.from(await weight.numpy()), b: await bias.item() };
}
