// Automatic differentiation: gradients of sums, of vectors, through a detached value and
// through a loop whose length depends on the data; and the recorded graph, printed from the
// result back to its inputs.
import { arange, equal, manualSeed, print as standardPrint, randn, tensor, type Tensor } from '../../src/index.ts';

export async function main(print = standardPrint) {
  const x = arange(4.0, { dtype: 'float32', requiresGrad: true });
  print(x);
  const shifted = x.add(2);
  print(shifted);
  shifted.sum().backward();
  print(x.grad);

  // Gradients add up until they are zeroed: d(2 x.x)/dx = 4x.
  x.dot(x).mul(2).backward();
  print(x.grad);
  x.grad!.zero_();
  x.dot(x).mul(2).backward();
  print(x.grad);

  // y = x * x is a vector: sum it, or say with which weights its elements count.
  x.grad!.zero_();
  x.mul(x).sum().backward();
  print(x.grad);
  x.grad!.zero_();
  x.mul(x).backward(tensor([1, 0.1, 0.01, 0.001]));
  print(x.grad);

  // u has the value of x * x and no history: z = u * x has the gradient u, not 3 x * x.
  x.grad!.zero_();
  const u = x.mul(x).detach();
  u.mul(x).sum().backward();
  print(await equal(x.grad!, u));

  // Control flow is JavaScript's: the graph is what ran. Here f(a) = k a, so its slope is f(a) / a.
  manualSeed(3);
  const a = randn([], { requiresGrad: true });
  const d = await f(a);
  d.backward();
  print(a.grad, await equal(a.grad!, d.div(a).detach()));

  // The graph behind a loss.
  const w = tensor(2, { requiresGrad: true });
  const b = tensor(1, { requiresGrad: true });
  const loss = w.mul(3).add(b).sub(5).pow(2);
  print(loss);
  const graph = topologicalOrder(loss.gradFn!).map((step) => step.name());
  print(graph.join(' -> '));

  return { slope: await a.grad!.item(), graph };
}

async function f(a: Tensor): Promise<Tensor> {
  let b = a.mul(2);
  while ((await b.norm().item()) < 1000) b = b.mul(2);
  return (await b.sum().item()) > 0 ? b : b.mul(100);
}

/** One step of the recorded graph, such as `AddBackward0`. */
type Step = NonNullable<Tensor['gradFn']>;

/** The steps of the graph, each before those that its gradient goes to next. */
function topologicalOrder(last: Step): Step[] {
  const order: Step[] = [];
  const seen = new Set<Step>();
  const visit = (step: Step | null) => {
    if (step === null || seen.has(step)) return;
    seen.add(step);
    for (const [next] of step.nextFunctions) visit(next);
    order.push(step);
  };
  visit(last);
  return order.reverse();
}
