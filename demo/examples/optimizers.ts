// Optimizers on the toy function f(x) = 0.1 x1^2 + 2 x2^2 from (-5, -2): a long flat valley. Each one
// is written out, and runs beside its twin from the library.
import { maximum, noGrad, optim, print as standardPrint, tensor, type Tensor, zeros } from '../../src/index.ts';

function f(x: Tensor): Tensor {
  return x
    .pow(2)
    .mul(tensor([0.1, 2]))
    .sum();
}

/** One step of an optimizer written out: moves x by the gradient g; `s` is its memory, `t` counts from 1. */
type Rule = (x: Tensor, g: Tensor, s: Tensor[], t: number) => void;

interface Entry {
  readonly name: string;
  readonly rule: Rule;
  readonly twin: (params: Tensor[]) => optim.Optimizer;
}

const entries: readonly Entry[] = [
  {
    name: 'gradient descent, lr 0.4',
    rule: (x, g) => void x.sub_(g.mul(0.4)),
    twin: (params) => new optim.SGD(params, { lr: 0.4 }),
  },
  {
    name: 'momentum, lr 0.6, beta 0.5',
    rule: (x, g, [v]) => {
      v.mul_(0.5).add_(g);
      x.sub_(v.mul(0.6));
    },
    twin: (params) => new optim.SGD(params, { lr: 0.6, momentum: 0.5 }),
  },
  {
    name: 'Nesterov, lr 0.3, beta 0.5',
    rule: (x, g, [v]) => {
      v.mul_(0.5).add_(g);
      x.sub_(g.add(v.mul(0.5)).mul(0.3));
    },
    twin: (params) => new optim.SGD(params, { lr: 0.3, momentum: 0.5, nesterov: true }),
  },
  {
    name: 'Adagrad, lr 2',
    rule: (x, g, [s]) => {
      s.add_(g.square());
      x.sub_(g.div(s.sqrt().add(1e-10)).mul(2));
    },
    twin: (params) => new optim.Adagrad(params, { lr: 2 }),
  },
  {
    name: 'RMSprop, lr 0.4, alpha 0.9',
    rule: (x, g, [s]) => {
      s.mul_(0.9).add_(g.square().mul(0.1));
      x.sub_(g.div(s.sqrt().add(1e-8)).mul(0.4));
    },
    twin: (params) => new optim.RMSprop(params, { lr: 0.4, alpha: 0.9 }),
  },
  {
    name: 'Adadelta, lr 5, rho 0.9',
    rule: (x, g, [s, delta]) => {
      s.mul_(0.9).add_(g.square().mul(0.1));
      const step = delta.add(1e-6).sqrt().div(s.add(1e-6).sqrt()).mul(g);
      delta.mul_(0.9).add_(step.square().mul(0.1));
      x.sub_(step.mul(5));
    },
    twin: (params) => new optim.Adadelta(params, { lr: 5, rho: 0.9 }),
  },
  {
    name: 'Adam, lr 0.5',
    rule: (x, g, [v, s], t) => {
      v.mul_(0.9).add_(g.mul(0.1));
      s.mul_(0.999).add_(g.square().mul(0.001));
      const [mean, square] = [v.div(1 - 0.9 ** t), s.div(1 - 0.999 ** t)];
      x.sub_(mean.div(square.sqrt().add(1e-8)).mul(0.5));
    },
    twin: (params) => new optim.Adam(params, { lr: 0.5 }),
  },
  {
    name: 'AMSGrad, lr 0.5',
    rule: (x, g, [v, s, most], t) => {
      v.mul_(0.9).add_(g.mul(0.1));
      s.mul_(0.999).add_(g.square().mul(0.001));
      most.copy_(maximum(most, s));
      const bound = most
        .div(1 - 0.999 ** t)
        .sqrt()
        .add(1e-8);
      x.sub_(
        v
          .div(1 - 0.9 ** t)
          .div(bound)
          .mul(0.5),
      );
    },
    twin: (params) => new optim.Adam(params, { lr: 0.5, amsgrad: true }),
  },
];

const steps = 20;

/** The points of 20 steps, the start first. */
async function descend(move: (x: Tensor, t: number) => void): Promise<number[][]> {
  const x = tensor([-5, -2], { requiresGrad: true });
  const points = [x.detach().clone()];
  for (let t = 1; t <= steps; t++) {
    x.grad = null;
    f(x).backward();
    move(x, t);
    points.push(x.detach().clone());
  }
  const read = await Promise.all(points.map((point) => point.numpy()));
  return read.map((point) => Array.from(point));
}

export async function main(print = standardPrint) {
  const paths: Record<string, { byHand: number[][]; twin: number[][] }> = {};
  for (const { name, rule, twin } of entries) {
    const memory = [zeros(2), zeros(2), zeros(2)];
    const byHand = await descend((x, t) => noGrad(() => rule(x, x.grad!, memory, t)));
    let trainer: optim.Optimizer | null = null;
    const library = await descend((x) => {
      trainer ??= twin([x]);
      trainer.step();
    });
    const last = byHand.at(-1)!;
    const value = 0.1 * last[0] ** 2 + 2 * last[1] ** 2;
    print(`${name.padEnd(28)} x1 ${last[0].toFixed(5)}, x2 ${last[1].toFixed(5)}, f ${value.toExponential(2)}`);
    paths[name] = { byHand, twin: library };
  }
  return paths;
}
