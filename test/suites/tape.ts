// What hangs on the tape: hooks, retained gradients, functions of the user's, names of steps, writes in place.
import {
  autograd,
  cat,
  dot,
  linalg,
  maximum,
  nn,
  noGrad,
  ones,
  outer,
  pow,
  stack,
  tensor,
  type Tensor,
  where,
  zeros,
} from '../../src/index.ts';
import { close, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const leaf = (...values: number[]): Tensor => tensor(values, { requiresGrad: true });

/** `x.grad = null`, out of sight of the compiler, which would take it for null ever after. */
const clear = (x: Tensor): void => void (x.grad = null);

/** exp, with what its backward needs saved. */
class Exponential extends autograd.Function {
  static override forward(context: autograd.FunctionContext, x: Tensor): Tensor {
    const y = x.exp();
    context.saveForBackward(y);
    return y;
  }

  static override backward(context: autograd.FunctionContext, grad: Tensor): Tensor {
    return grad.mul(context.savedTensors[0]);
  }
}

/** (a + b, a b) times a plain number. */
class SumAndProduct extends autograd.Function {
  static override forward(context: autograd.FunctionContext, a: Tensor, factor: number, b: Tensor): Tensor[] {
    context.saveForBackward(a, b);
    Object.assign(context, { factor });
    return [a.add(b).mul(factor), a.mul(b).mul(factor)];
  }

  static override backward(context: autograd.FunctionContext, sum: Tensor, product: Tensor): (Tensor | null)[] {
    const [a, b] = context.savedTensors;
    const factor = context.factor as number;
    return [sum.add(product.mul(b)).mul(factor), null, sum.add(product.mul(a)).mul(factor)];
  }
}

export const suite = defineSuite('tape', (test) => {
  test('retainGrad keeps the gradient of a tensor in the middle', async () => {
    const x = leaf(1, 2, 3);
    const y = x.mul(3);
    y.retainGrad();
    y.mul(y).sum().backward();
    same(
      [await y.grad?.tolist(), await x.grad?.tolist()],
      [
        [6, 12, 18],
        [18, 36, 54],
      ],
    );
    x.retainGrad();
    same(x.isLeaf, true);
  });

  test('hooks see and replace gradients, on leaves after all have arrived', async () => {
    const x = leaf(1, 2);
    const y = x.mul(3);
    const remove = y.registerHook((grad) => grad.mul(10));
    y.sum().backward();
    same(await x.grad?.tolist(), [30, 30]);
    remove();
    clear(x);
    x.mul(3).sum().backward();
    same(await x.grad?.tolist(), [3, 3]);
    const w = leaf(1, 2);
    const seen: Promise<unknown>[] = [];
    w.registerHook((grad) => void seen.push(grad.tolist()));
    w.mul(2).add(w.mul(3)).sum().backward();
    same(await Promise.all(seen), [[5, 5]]);
    same(await w.grad?.tolist(), [5, 5]);
    const plain = leaf(1);
    plain.registerHook((grad) => grad.add(1));
    plain.mul(4).sum().backward();
    same(await plain.grad?.tolist(), [5]);
    throws(() => ones(2).registerHook(() => undefined), 'AutogradError');
  });

  test('a function of the user', async () => {
    const x = leaf(0, 1);
    const y = Exponential.apply(x);
    same(y.gradFn?.name(), 'ExponentialBackward');
    y.sum().backward();
    close(await x.grad?.numpy(), [1, Math.E]);
    same(Exponential.apply(tensor([1])).requiresGrad, false);
    same(noGrad(() => Exponential.apply(x)).requiresGrad, false);
  });

  test('a function of the user with several results and a plain argument', async () => {
    const [a, b] = [leaf(1, 2), leaf(3, 4)];
    const [sum, product] = SumAndProduct.apply(a, 2, b);
    same(
      [await sum.tolist(), await product.tolist()],
      [
        [8, 12],
        [6, 16],
      ],
    );
    product.sum().backward();
    same(
      [await a.grad?.tolist(), await b.grad?.tolist()],
      [
        [6, 8],
        [2, 4],
      ],
    );
    clear(a);
    clear(b);
    const [s, p] = SumAndProduct.apply(a, 1, b);
    s.add(p).sum().backward();
    same(
      [await a.grad?.tolist(), await b.grad?.tolist()],
      [
        [4, 5],
        [2, 3],
      ],
    );
  });

  test('gradcheck finds a wrong gradient', async ({ device }) => {
    class Wrong extends Exponential {
      static override backward(context: autograd.FunctionContext, grad: Tensor): Tensor {
        return grad.mul(context.savedTensors[0]).mul(2);
      }
    }
    const x = tensor([0.3, -0.2], { dtype: 'float64', device: 'cpu', requiresGrad: true });
    same(await autograd.gradcheck((a) => Exponential.apply(a), x), true);
    same(await autograd.gradcheck((a) => Wrong.apply(a), x, { raiseException: false }), false);
    same(await autograd.gradgradcheck((a) => a.mul(a).mul(a), x), true);
    same(x.grad, null, `.grad after gradcheck, default device ${device}`);
  });

  test('steps have the names of PyTorch', () => {
    const m = ones(2, 2, { requiresGrad: true }).exp();
    const v = m.select(0, 0);
    const named: readonly (readonly [Tensor, string])[] = [
      [m, 'Exp'],
      [m.add(m), 'Add'],
      [m.sub(1), 'Sub'],
      [m.mul(2), 'Mul'],
      [m.div(2), 'Div'],
      [m.neg(), 'Neg'],
      [m.pow(2), 'Pow'],
      [m.square(), 'Pow'],
      [m.sqrt(), 'Sqrt'],
      [m.log(), 'Log'],
      [m.abs(), 'Abs'],
      [m.sigmoid(), 'Sigmoid'],
      [m.tanh(), 'Tanh'],
      [m.relu(), 'Relu'],
      [m.floor(), 'Floor'],
      [m.round(), 'Round'],
      [m.sign(), 'Sign'],
      [maximum(m, m), 'Maximum'],
      [where(m.gt(0), m, m), 'Where'],
      [m.sum(), 'Sum'],
      [m.mean(), 'Mean'],
      [m.prod(), 'Prod'],
      [m.cumsum(0), 'Cumsum'],
      [m.logsumexp(0), 'Logsumexp'],
      [linalg.norm(m), 'LinalgVectorNorm'],
      [m.matmul(m), 'Mm'],
      [m.matmul(v), 'Mv'],
      [dot(v, v), 'Dot'],
      [outer(v, v), 'Mul'],
      [nn.functional.linear(m, m, v), 'Addmm'],
      [nn.functional.softmax(m, 1), 'Softmax'],
      [nn.functional.mseLoss(m, ones(2, 2)), 'MseLoss'],
      [cat([m, m]), 'Cat'],
      [stack([m, m]), 'Stack'],
      [m.view(4), 'View'],
      [m.t(), 'T'],
      [m.T, 'Permute'],
      [m.transpose(0, 1), 'Transpose'],
      [m.permute(1, 0), 'Permute'],
      [m.expand(2, 2, 2), 'Expand'],
      [m.unsqueeze(0), 'Unsqueeze'],
      [m.index(0), 'Select'],
      [m.index(':, 1:'), 'Slice'],
      [m.index([0]), 'Index'],
      [m.index(null), 'Unsqueeze'],
      [m.clone(), 'Clone'],
      [m.diagonal(), 'Diagonal'],
      [m.flip(0), 'Flip'],
      [m.gather(0, zeros(1, 1, { dtype: 'int32' })), 'Gather'],
      [m.indexSelect(0, zeros(1, { dtype: 'int32' })), 'IndexSelect'],
    ];
    const wrong = named
      .filter(([one, name]) => one.gradFn?.name() !== `${name}Backward0`)
      .map(([one, name]) => `${name}: ${one.gradFn?.name()}`);
    same(wrong, []);
    const numbered: readonly (readonly [Tensor, string])[] = [
      [m.sum(0), 'SumBackward1'],
      [m.mean(0), 'MeanBackward1'],
      [m.max(), 'MaxBackward1'],
      [m.max(1).values, 'MaxBackward0'],
      [pow(2, m), 'PowBackward1'],
      [m.clamp(0, 1), 'ClampBackward1'],
      [m.rsub(1), 'RsubBackward1'],
    ];
    same(
      numbered.map(([one]) => one.gradFn?.name()),
      numbered.map(([, name]) => name),
    );
  });

  test('what was saved is undisturbed by later writes', async () => {
    const x = leaf(1, 2, 3);
    const y = x.mul(x);
    noGrad(() => x.mul_(5));
    y.sum().backward();
    same(await x.grad?.tolist(), [2, 4, 6]);
    const w = leaf(1, 2);
    const e = w.exp();
    const kept = e.mul(1);
    e.detach().zero_();
    kept.sum().backward();
    close(await w.grad?.numpy(), [Math.E, Math.E ** 2]);
  });

  test('leaves are not written on the tape', async () => {
    const x = leaf(1, 2, 3);
    const cure = ' is written in place: the tape would lose the leaf. Write inside noGrad(() => { w.';
    throws(
      () => x.add_(1),
      'AutogradError',
      `[add_] a leaf tensor that requires grad${cure}add_(..); }), or to w.data.`,
    );
    throws(
      () => x.view(3).zero_(),
      'AutogradError',
      `[fill_] a view of a leaf tensor that requires grad${cure}fill_(..); }), or to w.data.`,
    );
    throws(() => x.index('1:').mul_(2), 'AutogradError');
    throws(() => x.indexPut_([0], 7), 'AutogradError');
    throws(() => x.normal_(), 'AutogradError');
    same(await x.tolist(), [1, 2, 3]);
    noGrad(() => x.add_(1));
    x.data.mul_(2);
    same([await x.tolist(), x.isLeaf, x.requiresGrad], [[4, 6, 8], true, true]);
  });

  test('a write on the tape to a tensor that is no leaf', async () => {
    const x = leaf(1, 2, 3);
    const y = x.mul(1);
    y.mul_(y);
    same([y.gradFn?.name(), y.isLeaf], ['MulBackward0', false]);
    y.add_(1).sum().backward();
    same(
      [await y.tolist(), await x.grad?.tolist()],
      [
        [2, 5, 10],
        [2, 4, 6],
      ],
    );
  });

  test('a plain tensor joins the tape when a gradient is written into it', async () => {
    const a = leaf(1, 2, 3);
    const base = zeros(2, 3);
    const row = base.index(0);
    row.mul_(2);
    row.add_(a);
    same([base.requiresGrad, base.gradFn?.name()], [true, 'CopySlices']);
    base
      .mul(
        tensor([
          [1, 2, 3],
          [4, 5, 6],
        ]),
      )
      .sum()
      .backward();
    same(await a.grad?.tolist(), [1, 2, 3]);
  });

  test('writing a view changes its base on the tape, and the other way round', async () => {
    const a = leaf(1, 2, 3);
    const first = a.mul(1);
    first.index('1:').mul_(3);
    first.sum().backward();
    same([await a.grad?.tolist(), first.gradFn?.name()], [[1, 3, 3], 'CopySlices']);
    clear(a);
    const second = a.mul(1);
    const part = second.index('1:');
    second.mul_(3);
    part.sum().backward();
    same(
      [await a.grad?.tolist(), await part.tolist()],
      [
        [0, 3, 3],
        [6, 9],
      ],
    );
    clear(a);
    const third = a.mul(1).reshape(1, 3);
    third.t().index(0).fill_(5);
    third.mul(third).sum().backward();
    same([await a.grad?.tolist(), await third.tolist()], [[0, 4, 6], [[5, 2, 3]]]);
  });

  test('elements written one after another', async () => {
    const w = leaf(2, 3);
    const out = zeros(4);
    for (let at = 0; at < 4; at++) out.indexPut_([at], w.mul(at).sum());
    same(await out.tolist(), [0, 5, 10, 15]);
    out
      .mul(tensor([1, 10, 100, 1000]))
      .sum()
      .backward();
    same(await w.grad?.tolist(), [3210, 3210]);
  });
});
