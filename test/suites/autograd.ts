// The tape: backward, accumulation, grad, the switch, the graph as it can be walked. Numbers are PyTorch's.
import {
  arange,
  autograd,
  enableGrad,
  isGradEnabled,
  noGrad,
  ones,
  setGradEnabled,
  tensor,
  type Tensor,
  zeros,
} from '../../src/index.ts';
import { close, ok, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const leaf = (...values: number[]): Tensor => tensor(values, { requiresGrad: true });
type Step = NonNullable<Tensor['gradFn']>;

/** `x.grad = null`, out of sight of the compiler, which would take it for null ever after. */
const clear = (x: Tensor): void => void (x.grad = null);

/** The steps of the tape that lead to a tensor, each after all that read its result. */
function topological(root: Step): Step[] {
  const order: Step[] = [];
  const seen = new Set<Step>();
  const visit = (step: Step): void => {
    if (seen.has(step)) return;
    seen.add(step);
    for (const [next] of step.nextFunctions) if (next !== null) visit(next);
    order.push(step);
  };
  visit(root);
  return order.reverse();
}

export const suite = defineSuite('autograd', (test) => {
  test('backward of a scalar fills .grad of every leaf, and only there', async () => {
    const x = arange(4, { dtype: 'float32', requiresGrad: true });
    const constant = tensor([1, 2, 3, 4]);
    const y = x.mul(x).mul(constant).sum().mul(2);
    same(x.grad, null);
    y.backward();
    same(await x.grad?.tolist(), [0, 8, 24, 48]);
    same([constant.grad, y.grad], [null, null]);
  });

  test('gradients accumulate in one object until they are zeroed', async () => {
    const x = leaf(1, 2, 3);
    x.sum().backward();
    const first = x.grad as Tensor;
    x.mul(x).sum().backward();
    ok(x.grad === first, '.grad is one object');
    same(await first.tolist(), [3, 5, 7]);
    first.zero_();
    x.sum().backward();
    same(await x.grad?.tolist(), [1, 1, 1]);
    clear(x);
    x.mul(3).sum().backward();
    same(await x.grad?.tolist(), [3, 3, 3]);
    same(await first.tolist(), [1, 1, 1], 'the gradient before');
  });

  test('a read of a gradient binds its value at the call', async () => {
    const x = leaf(1, 2);
    x.sum().backward();
    const before = x.grad?.tolist();
    x.sum().backward();
    same(
      [await before, await x.grad?.tolist()],
      [
        [1, 1],
        [2, 2],
      ],
    );
  });

  test('backward of a non-scalar takes a gradient', async () => {
    const x = leaf(1, 2, 3);
    const y = x.mul(x);
    throws(
      () => y.backward(),
      'AutogradError',
      '[backward] an output of shape (3,): without a gradient argument only a single element can be walked back from. ' +
        'Write y.sum().backward(), or pass a gradient of the same shape: y.backward(onesLike(y)).',
    );
    same(x.grad, null);
    y.backward(tensor([1, 10, 100]));
    same(await x.grad?.tolist(), [2, 40, 600]);
    throws(
      () => x.mul(2).backward(ones(2)),
      'ShapeError',
      '[backward] a gradient of shape (2,) for an output of shape (3,): they must be equal.',
    );
    clear(x);
    x.mul(x).backward({ gradient: ones(3), retainGraph: true });
    same(await x.grad?.tolist(), [2, 4, 6]);
    clear(x);
    ones(1, 1).mul(x.sum()).backward();
    same(await x.grad?.tolist(), [1, 1, 1], 'one element of two dimensions');
  });

  test('the gradient passed in stays what it was', async () => {
    const x = leaf(1, 2);
    const seed = tensor([5, 7]);
    x.view(2).backward(seed);
    x.view(2).backward(seed);
    same(await seed.tolist(), [5, 7]);
    same(await x.grad?.tolist(), [10, 14]);
    ok(x.grad !== seed, '.grad is no alias of the seed');
  });

  test('two leaves of one gradient do not share it', async () => {
    const [a, b] = [leaf(1, 2), leaf(3, 4)];
    a.add(b).sum().backward();
    a.grad?.zero_();
    same(
      [await a.grad?.tolist(), await b.grad?.tolist()],
      [
        [0, 0],
        [1, 1],
      ],
    );
  });

  test('autograd.backward of several outputs, and of chosen inputs', async () => {
    const [a, b] = [leaf(1, 2), leaf(3, 4)];
    autograd.backward([a.mul(b), a.sum()], [tensor([1, 2]), null]);
    same(
      [await a.grad?.tolist(), await b.grad?.tolist()],
      [
        [4, 9],
        [1, 4],
      ],
    );
    const [c, d] = [leaf(1, 2), leaf(3, 4)];
    c.mul(d)
      .sum()
      .backward({ inputs: [d] });
    same([c.grad, await d.grad?.tolist()], [null, [1, 2]]);
  });

  test('a graph can be walked once, unless it is retained or saved nothing', async () => {
    const x = leaf(1, 2);
    const z = x.exp().sum();
    z.backward({ retainGraph: true });
    z.backward();
    close(await x.grad?.numpy(), [2 * Math.E, 2 * Math.E ** 2]);
    const before = await x.grad?.tolist();
    throws(
      () => z.backward(),
      'AutogradError',
      '[backward] the values saved by ExpBackward0 were freed: a graph can be walked once, unless the first walk retains it. ' +
        'Call backward({ retainGraph: true }) the first time.',
    );
    same(await x.grad?.tolist(), before);
    const sum = x.add(1).sum();
    sum.backward();
    sum.backward();
    close(await x.grad?.numpy(), [2 * Math.E + 2, 2 * Math.E ** 2 + 2]);
  });

  test('grad answers without touching .grad', async () => {
    const [x, w] = [leaf(1, 2), leaf(3, 4)];
    const [gx, gw] = autograd.grad(x.mul(w).sum(), [x, w]);
    same([await gx?.tolist(), await gw?.tolist(), x.grad, w.grad], [[3, 4], [1, 2], null, null]);
    const middle = x.mul(3);
    same(await autograd.grad(middle.mul(middle).sum(), middle)[0]?.tolist(), [6, 12], 'of a tensor in the middle');
    same(await autograd.grad(x.mul(2), x, tensor([1, 10]))[0]?.tolist(), [2, 20], 'with gradOutputs');
    same(await autograd.grad([x.sum(), w.mul(x)], x, [null, ones(2)])[0]?.tolist(), [4, 5], 'of several outputs');
  });

  test('grad of an input that was not used', async () => {
    const [x, unused] = [leaf(1, 2), leaf(3)];
    throws(
      () => autograd.grad(x.sum(), [x, unused]),
      'AutogradError',
      '[grad] the outputs do not depend on input 1: every input must have been used. Pass { allowUnused: true } to get null for it.',
    );
    throws(
      () => autograd.grad(x.sum(), tensor([1])),
      'AutogradError',
      '[grad] an input does not require grad: every input must. Use requiresGrad_().',
    );
    const [gx, none] = autograd.grad(x.sum(), [x, unused], { allowUnused: true });
    same([await gx?.tolist(), none], [[1, 1], null]);
  });

  test('gradients of gradients', async () => {
    const x = tensor(2, { requiresGrad: true });
    const [first] = autograd.grad(x.pow(3), x, { createGraph: true });
    same(first?.requiresGrad, true);
    const [second] = autograd.grad(first as Tensor, x, { createGraph: true });
    const [third] = autograd.grad(second as Tensor, x);
    same([await first?.item(), await second?.item(), await third?.item(), third?.requiresGrad], [12, 12, 6, false]);
    x.pow(3).backward({ createGraph: true });
    same(x.grad?.requiresGrad, true);
    // d/dx (x^2 gradient penalty): (3x^2)^2 -> 36 x^3.
    const y = tensor([1, 2], { requiresGrad: true });
    const [g] = autograd.grad(y.pow(3).sum(), y, { createGraph: true });
    (g as Tensor).square().sum().backward();
    same(await y.grad?.tolist(), [36, 288]);
  });

  test('detach cuts the tape and shares the elements', async () => {
    const x = leaf(1, 2, 3);
    const u = x.mul(x).detach();
    same([u.requiresGrad, u.isLeaf, u.gradFn], [false, true, null]);
    u.mul(x).sum().backward();
    same(await x.grad?.tolist(), [1, 4, 9]);
    const d = x.detach();
    d.index(0).fill_(9);
    same(await x.tolist(), [9, 2, 3]);
  });

  test('control flow is whatever ran', async () => {
    const f = async (a: Tensor): Promise<Tensor> => {
      let b = a.mul(2);
      while (await b.norm().lt(1000).item()) b = b.mul(2);
      return (await b.sum().gt(0).item()) ? b : b.mul(100);
    };
    for (const value of [0.7, -0.3]) {
      const a = tensor(value, { requiresGrad: true });
      const d = await f(a);
      d.backward();
      close(await a.grad?.item(), (await d.item()) / Math.fround(value));
    }
  });

  test('noGrad, enableGrad, setGradEnabled', async () => {
    const x = leaf(1, 2);
    same(isGradEnabled(), true);
    const inside = noGrad(() => {
      same(isGradEnabled(), false);
      same(
        enableGrad(() => x.mul(2).requiresGrad),
        true,
      );
      same(isGradEnabled(), false);
      return x.mul(2);
    });
    same([inside.requiresGrad, inside.isLeaf, isGradEnabled()], [false, true, true]);
    throws(() => noGrad(() => x.add(tensor([1, 2, 3]))), 'ShapeError');
    same(isGradEnabled(), true, 'after an exception');
    setGradEnabled(false);
    same(x.mul(2).requiresGrad, false);
    setGradEnabled(true);
    same(x.mul(2).requiresGrad, true);
  });

  test('noGrad refuses what runs later', () => {
    const rule =
      ': what runs later would run outside the block. Await outside: const value = noGrad(() => net(x)); await value.item().';
    const late = (body: () => unknown) => () => noGrad(body as () => number);
    const message = `[noGrad] the function returned a promise or an iterator${rule}`;
    throws(
      late(async () => 1),
      'ArgumentError',
      message,
    );
    throws(
      late(function* () {
        yield 1;
      }),
      'ArgumentError',
      message,
    );
    same(isGradEnabled(), true);
  });

  test('leaves', () => {
    const x = leaf(1, 2);
    const y = x.mul(2);
    const plain = ones(2);
    same([x.isLeaf, y.isLeaf, plain.isLeaf, x.detach().isLeaf, plain.add(1).isLeaf], [true, false, true, true, true]);
    same([x.requiresGrad, y.requiresGrad, plain.requiresGrad], [true, true, false]);
    same([x.gradFn, plain.gradFn, y.gradFn?.name()], [null, null, 'MulBackward0']);
    plain.requiresGrad_();
    same([plain.isLeaf, plain.requiresGrad], [true, true]);
    plain.requiresGrad = false;
    same(plain.requiresGrad, false);
    same(y.requiresGrad_(), y);
  });

  test('requiresGrad_ later changes nothing that was made before', async () => {
    const x = ones(2);
    const before = x.mul(3);
    x.requiresGrad_();
    same(before.requiresGrad, false);
    const after = x.mul(3);
    x.requiresGrad_(false);
    after.sum().backward();
    same([x.grad === null || (await x.grad.tolist())], [[3, 3]]);
  });

  test('the graph can be walked in topological order', () => {
    const x = leaf(1, 2, 3);
    const y = x.mul(2);
    const z = y.sum().add(x.mean());
    same(
      topological(z.gradFn as Step).map((step) => step.name()),
      ['AddBackward0', 'MeanBackward0', 'SumBackward0', 'MulBackward0', 'AccumulateGrad'],
    );
    const next = z.gradFn?.nextFunctions.map(([step, index]) => [step?.name() ?? null, index]);
    same(next, [
      ['SumBackward0', 0],
      ['MeanBackward0', 0],
    ]);
    same(
      y.gradFn?.nextFunctions.map(([step]) => step?.name() ?? null),
      ['AccumulateGrad', null],
    );
    const step = y.gradFn?.nextFunctions[0][0] as autograd.AccumulateGrad;
    same([step.variable === x, String(z.gradFn)], [true, '<AddBackward0>']);
  });

  test('a chain of ten thousand steps is walked without recursion', async () => {
    const x = leaf(1);
    let y = x.mul(1);
    for (let step = 0; step < 10_000; step++) y = y.add(0.5);
    y.sum().backward();
    same([await x.grad?.item(), await y.item()], [1, 5001]);
  });

  test('a step is visited once, however often its result is read', async () => {
    const x = leaf(1);
    let calls = 0;
    let y = x.mul(1);
    y.registerHook(() => void calls++);
    for (let step = 0; step < 20; step++) y = y.add(y);
    y.sum().backward();
    same([calls, await x.grad?.item()], [1, 2 ** 20]);
  });

  test('integers take no part', async () => {
    const message =
      '[requiresGrad_] dtype int32: only floating point tensors can require gradients. ' +
      "Convert first: x.to('float32').";
    throws(() => arange(3).requiresGrad_(), 'AutogradError', message);
    throws(() => tensor([true]).requiresGrad_(), 'AutogradError');
    throws(() => zeros(2, { dtype: 'int32', requiresGrad: true }), 'DTypeError');
    const x = leaf(1.5, 2.5);
    same([x.to('int32').requiresGrad, x.gt(2).requiresGrad, x.argmax().requiresGrad], [false, false, false]);
    x.mul(tensor([2, 3], { dtype: 'int32' }))
      .sum()
      .backward();
    same([await x.grad?.tolist(), x.grad?.dtype], [[2, 3], 'float32']);
  });

  test('a tensor without a tape cannot be walked back from', () => {
    throws(
      () => ones(2).sum().backward(),
      'AutogradError',
      '[backward] the tensor does not require grad and no operation on the tape made it: gradients flow only to tensors that ' +
        'require them. Make a parameter with { requiresGrad: true }, and compute outside noGrad.',
    );
    throws(
      () => leaf(1).mul(2).requiresGrad_(false),
      'AutogradError',
      '[requiresGrad_] the tensor was made by an operation on the tape: only leaves can stop requiring gradients. Use x.detach().',
    );
  });
});
