// Apples and oranges: the yields of two crops from temperature, rainfall and humidity in five
// regions; a linear model with its gradient descent written out.
import { manualSeed, noGrad, print as standardPrint, randn, tensor } from '../../src/index.ts';

export async function main(print = standardPrint) {
  // temperature, rainfall, humidity -> apples, oranges
  const inputs = tensor([
    [73, 67, 43],
    [91, 88, 64],
    [87, 134, 58],
    [102, 43, 37],
    [69, 96, 70],
  ]);
  const targets = tensor([
    [56, 70],
    [81, 101],
    [119, 133],
    [22, 37],
    [103, 119],
  ]);

  manualSeed(0);
  const w = randn(2, 3, { requiresGrad: true });
  const b = randn(2, { requiresGrad: true });

  const losses: Record<number, number> = {};
  for (let step = 0; step <= 100; step++) {
    const predictions = inputs.matmul(w.t()).add(b);
    const loss = predictions.sub(targets).pow(2).mean();
    if ([0, 1, 10, 100].includes(step)) {
      losses[step] = await loss.item();
      print(`step ${step}, loss ${losses[step].toPrecision(7)}`);
    }
    loss.backward();
    noGrad(() => {
      for (const param of [w, b]) {
        param.sub_(param.grad!.mul(1e-5));
        param.grad!.zero_();
      }
    });
  }
  print(inputs.matmul(w.t()).add(b).detach());
  return losses;
}
