// Rosenbrock's valley (1 - x)^2 + 100 (y - x^2)^2: thousands of small steps down, until the loss is below a goal.
// The steps stop by themselves on the device, so that the program reads one number every 100 steps, not after each.
import { noGrad, print as standardPrint, type Tensor, tensor, zeros } from '../../src/index.ts';

function rosenbrock(point: Tensor): Tensor {
  const [x, y] = point.unbind();
  return x
    .rsub(1)
    .pow(2)
    .add(y.sub(x.pow(2)).pow(2).mul(100));
}

export async function main(print = standardPrint) {
  const [lr, goal] = [0.001, 0.001];
  const point = zeros(2, { requiresGrad: true });
  const steps = tensor(0);

  // 1 above the goal and 0 below: from there on a step changes nothing and does not count.
  const going = tensor(1);
  while ((await going.item()) > 0) {
    for (let step = 0; step < 100; step++) {
      const loss = rosenbrock(point);
      loss.backward();
      noGrad(() => {
        going.copy_(loss.ge(goal));
        point.sub_(point.grad!.mul(lr).mul(going));
        steps.add_(going);
        point.grad!.zero_();
      });
    }
  }

  const result = {
    steps: await steps.item(),
    loss: await rosenbrock(point).item(),
    point: Array.from(await point.numpy()),
  };
  const [x, y] = result.point.map((value) => value.toFixed(6));
  print(`${result.steps} steps, loss ${result.loss.toFixed(8)} at (${x}, ${y})`);
  return result;
}
