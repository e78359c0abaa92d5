// Rosenbrock's valley (1 - x)^2 + 100 (y - x^2)^2: thousands of small steps down, until the
// loss is below a goal. The steps stop by themselves on the device, so that the program reads
// one number every 100 steps, not after each.
import { autograd, noGrad, print as standardPrint, type Tensor, tensor } from '../../src/index.ts';

function rosenbrock(x: Tensor, y: Tensor): Tensor {
  const along = x.rsub(1).pow(2);
  const across = y.sub(x.pow(2)).pow(2);
  return along.add(across.mul(100));
}

export async function main(print = standardPrint) {
  const [lr, goal] = [0.001, 0.001];
  const x = tensor(0, { requiresGrad: true });
  const y = tensor(0, { requiresGrad: true });
  const steps = tensor(0);

  // 1 above the goal and 0 below: from there on a step changes nothing and does not count.
  const going = tensor(1);
  while ((await going.item()) > 0) {
    for (let step = 0; step < 100; step++) {
      const loss = rosenbrock(x, y);
      const [dx, dy] = autograd.grad(loss, [x, y]);
      noGrad(() => {
        going.copy_(loss.ge(goal));
        const rate = going.mul(lr);
        x.sub_(dx!.mul(rate));
        y.sub_(dy!.mul(rate));
        steps.add_(going);
      });
    }
  }

  const result = {
    steps: await steps.item(),
    loss: await rosenbrock(x, y).item(),
    point: [await x.item(), await y.item()],
  };
  const [a, b] = result.point.map((value) => value.toFixed(6));
  print(`${result.steps} steps, loss ${result.loss.toFixed(8)} at (${a}, ${b})`);
  return result;
}
