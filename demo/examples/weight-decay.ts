// Weight decay: 200 inputs and only 20 examples. Without a penalty the net learns them by heart;
// with one it loses less on new data. From scratch, and as the option of the optimizer.
import {
  data,
  manualSeed,
  matmul,
  nn,
  noGrad,
  normal,
  ones,
  optim,
  print as standardPrint,
  type Tensor,
  zeros,
} from '../../src/index.ts';

const inputs = 200;

/** `count` examples of y = 0.05 + sum of 0.01 x_i + noise. */
function examples(count: number): [Tensor, Tensor] {
  const X = normal(0, 1, [count, inputs]);
  const y = matmul(X, ones(inputs, 1).mul(0.01)).add(0.05);
  return [X, y.add(normal(0, 0.01, [count, 1]))];
}

/** The losses on the examples and on new data after training with the penalty lambda |w|^2 / 2 in the loss. */
async function fromScratch(lambda: number, train: [Tensor, Tensor], test: [Tensor, Tensor]) {
  const w = normal(0, 1, [inputs, 1], { requiresGrad: true });
  const b = zeros(1, { requiresGrad: true });
  const squaredLoss = (X: Tensor, y: Tensor) => matmul(X, w).add(b).sub(y).pow(2).div(2).mean();
  const loader = new data.DataLoader(new data.TensorDataset(...train), { batchSize: 5, shuffle: true });
  for (let epoch = 0; epoch < 100; epoch++) {
    for (const [X, y] of loader) {
      squaredLoss(X, y)
        .add(
          w
            .pow(2)
            .sum()
            .mul(lambda / 2),
        )
        .backward();
      noGrad(() => {
        for (const param of [w, b]) {
          param.sub_(param.grad!.mul(0.003));
          param.grad!.zero_();
        }
      });
    }
  }
  const results = noGrad(() => [squaredLoss(...train), squaredLoss(...test), w.norm()]);
  return Promise.all(results.map((one) => one.item()));
}

async function concise(weightDecay: number, train: [Tensor, Tensor], test: [Tensor, Tensor]) {
  const net = new nn.Sequential(new nn.Linear(inputs, 1));
  for (const param of net.parameters()) param.data.normal_();
  const loss = new nn.MSELoss();
  // The bias does not decay.
  const groups = [{ params: [net[0].weight], weightDecay }, { params: [net[0].bias] }];
  const trainer = new optim.SGD(groups, { lr: 0.003 });
  const loader = new data.DataLoader(new data.TensorDataset(...train), { batchSize: 5, shuffle: true });
  for (let epoch = 0; epoch < 100; epoch++) {
    for (const [X, y] of loader) {
      trainer.zeroGrad();
      loss(net(X), y).div(2).backward();
      trainer.step();
    }
  }
  const results = noGrad(() => [
    loss(net(train[0]), train[1]).div(2),
    loss(net(test[0]), test[1]).div(2),
    net[0].weight.norm(),
  ]);
  return Promise.all(results.map((one) => one.item()));
}

export async function main(print = standardPrint) {
  const results: number[][] = [];
  for (const [name, fit] of [['from scratch', fromScratch] as const, ['concise', concise] as const]) {
    for (const lambda of [0, 3]) {
      manualSeed(2);
      const [train, test] = [examples(20), examples(100)];
      const [seen, unseen, norm] = await fit(lambda, train, test);
      results.push([seen, unseen, norm]);
      print(
        `${name}, lambda ${lambda}: loss ${seen.toFixed(4)}, on new data ${unseen.toFixed(4)}, norm of w ${norm.toFixed(3)}`,
      );
    }
  }
  return results;
}
