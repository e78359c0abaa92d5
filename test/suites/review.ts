// Cases that once went wrong, each with the rule that it broke.
import {
  autograd,
  arange,
  maskedSelect,
  noGrad,
  nonzero,
  ones,
  optim,
  tensor,
  type Tensor,
  zeros,
} from '../../src/index.ts';
import { close, rejects, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

export const suite = defineSuite('rules once broken', (test) => {
  test("dtypes go by PyTorch's other names too", async () => {
    const x = tensor([1.5, 2]);
    same(x.sum({ dtype: 'long' as never }).dtype, 'int32');
    same(x.int().sum({ dtype: 'float' as never }).dtype, 'float32');
    throws(() => x.sum({ dtype: 'toString' as never }), 'ArgumentError', /dtype is 'toString'/);
  });

  test('a number meets a float32 tensor as a float32', async () => {
    const values = Array.from({ length: 100 }, (_, at) => at / 100);
    const hits = values.map((value) => tensor([value]).eq(value).item());
    same(new Set<unknown>(await Promise.all(hits)), new Set([true]));
    same(await tensor([0.1]).sub(0.1).item(), 0);
    const x = tensor([0.3], { requiresGrad: true });
    x.clamp({ max: 0.3 }).sum().backward();
    same(await (x.grad as Tensor).item(), 1);
  });

  test('a failure travels through a step of several results', async () => {
    const w = ones(2, { requiresGrad: true });
    const trainer = new optim.SGD([w], { lr: 0.1, momentum: 0.9 });
    w.indexSelect(0, tensor([5]).int().add(0))
      .sum()
      .backward();
    trainer.step();
    await rejects(w.tolist(), 'IndexError', /indexSelect/);
  });

  test('a value that was written somewhere stays the value of its tensor', async () => {
    const w = tensor([1, 2, 3]);
    const v = w.mul(2);
    const target = zeros(3);
    target.indexPut_(['...'], v);
    target.indexPut_([0], 9);
    same(
      [await target.tolist(), await v.tolist()],
      [
        [9, 4, 6],
        [2, 4, 6],
      ],
    );
  });

  test('a gradient that a hook or retainGrad was shown is not shared', async () => {
    const x = ones(2, { requiresGrad: true });
    const y = x.add(1);
    y.retainGrad();
    y.retainGrad();
    y.mul(3).sum().backward();
    (x.grad as Tensor).zero_();
    same(
      [await (x.grad as Tensor).tolist(), await (y.grad as Tensor).tolist()],
      [
        [0, 0],
        [3, 3],
      ],
    );
  });

  test('removing a hook twice removes no other', async () => {
    const x = ones(2, { requiresGrad: true });
    let seen = 0;
    const remove = x.registerHook(() => undefined);
    x.registerHook(() => void seen++);
    remove();
    remove();
    x.sum().backward();
    same(seen, 1);
    x.registerHook((grad) => grad.index(0));
    throws(() => x.sum().backward(), 'ShapeError', /^\[registerHook\] a hook on AccumulateGrad/);
  });

  test('the gradient of max goes where the maximum was, whatever happens to the indices', async () => {
    const x = tensor(
      [
        [1, 5],
        [2, 7],
      ],
      { requiresGrad: true },
    );
    const { values, indices } = x.max(1);
    indices.zero_();
    values.sum().backward();
    same(await (x.grad as Tensor).tolist(), [
      [0, 1],
      [0, 1],
    ]);
  });

  test('a view from inside noGrad cannot be written on the tape', () => {
    const b = ones(3, { requiresGrad: true });
    const x = b.mul(1);
    const v = noGrad(() => x.index(0));
    throws(() => v.mul_(2), 'AutogradError', /^\[mul_\] a view that was made inside noGrad/);
    noGrad(() => v.mul_(2));
  });

  test('backward checks its lists', async () => {
    const [a, b] = [ones(1, { requiresGrad: true }), ones(1, { requiresGrad: true })];
    throws(() => autograd.backward([a.mul(2), b.mul(2)], [ones(1)]), 'ArgumentError', /1 gradients for 2 tensors/);
    throws(() => autograd.backward(a.mul(2), null, { inputs: [] }), 'ArgumentError', /inputs is empty/);
    throws(() => (a.grad = ones(2)), 'ArgumentError', /a gradient has the shape and dtype of its tensor/);
    const middle = a.mul(2);
    autograd.backward(middle.mul(3), null, { inputs: [middle] });
    same([await (middle.grad as Tensor).item(), a.grad], [3, null]);
  });

  test('a function of the user: saved values stay, and its gradients are checked', async () => {
    class Square extends autograd.Function {
      static override forward(context: { saveForBackward(...x: Tensor[]): void }, x: Tensor): Tensor {
        context.saveForBackward(x);
        return x.mul(x);
      }
      static override backward(context: { savedTensors: readonly Tensor[] }, grad: Tensor): Tensor {
        return grad.mul(context.savedTensors[0]).mul(2);
      }
    }
    const x = tensor([1, 2], { requiresGrad: true });
    const y = Square.apply(x);
    noGrad(() => x.mul_(10));
    y.sum().backward();
    same(await (x.grad as Tensor).tolist(), [2, 4]);
  });

  test('norms and products at the edges', async () => {
    const x = tensor([0, 4], { requiresGrad: true });
    x.norm(0.5).backward();
    same(await (x.grad as Tensor).tolist(), [0, 1]);
    const empty = zeros(0, { requiresGrad: true });
    empty.prod().backward();
    same((empty.grad as Tensor).shape, [0]);
    const d = tensor([7], { requiresGrad: true });
    d.div(2, { roundingMode: 'floor' }).backward();
    same(await (d.grad as Tensor).item(), 0);
  });

  test('options set between steps are checked, and integers that do not fit', () => {
    const w = ones(1, { requiresGrad: true });
    const trainer = new optim.SGD([w], { lr: 0.1 });
    trainer.paramGroups[0].lr = 'x' as never;
    throws(() => trainer.step(), 'ArgumentError', /^\[optim\.SGD\] lr is 'x'/);
    throws(
      () => tensor([3e9], { dtype: 'int32' }),
      'ArgumentError',
      '[tensor] 3000000000 as int32: int32 holds -2147483648 to 2147483647. Make it float32.',
    );
  });

  test('shapes that depend on values are awaited, and gradients flow', async () => {
    const x = tensor(
      [
        [1, -2],
        [3, 4],
      ],
      { requiresGrad: true },
    );
    const chosen = await maskedSelect(x, x.gt(0));
    chosen.mul(2).sum().backward();
    same(
      [await chosen.tolist(), await (x.grad as Tensor).tolist()],
      [
        [1, 3, 4],
        [
          [2, 0],
          [2, 2],
        ],
      ],
    );
    same(await (await nonzero(x.gt(2))).tolist(), [
      [1, 0],
      [1, 1],
    ]);
    same(await Promise.all([...arange(3)].map((row) => row.item())), [0, 1, 2]);
    close(await (await x.maskedSelect(x.lt(0))).numpy(), [-2], {});
  });

  test('a view that is written, read, and left alone by the next update keeps its value', async () => {
    const row = zeros(3, 3).index(0);
    const w = ones(2, { requiresGrad: true });
    noGrad(() => void w.mul_(2));
    row.add_(1);
    same(await row.tolist(), [1, 1, 1]);
    noGrad(() => void w.sub_(1));
    same(await row.tolist(), [1, 1, 1]);
    same(await w.tolist(), [1, 1]);
  });

  test('a formula behind two writes, read before an update and asked for again behind it', async () => {
    const [x, w, z] = [ones(2, { requiresGrad: true }), ones(2, { requiresGrad: true }), ones(3, 2)];
    const y = z.sub(x);
    noGrad(() => void w.sub_(ones(1)));
    noGrad(() => void z.add_(x));
    const [a, t] = [x.add(x), z.tanh()];
    a.sum().backward();
    close(await t.index(0).tolist(), [Math.tanh(2), Math.tanh(2)]);
    noGrad(() => void x.sub_((x.grad as Tensor).mul(0.5)));
    same(
      [await z.index(0).tolist(), await x.tolist(), await y.index(0).tolist()],
      [
        [2, 2],
        [0, 0],
        [0, 0],
      ],
    );
  });

  test('momentum by hand: a block of noGrad for each parameter is one step', async () => {
    const shapes = [[3, 2], [2], [2, 4], [4], [4, 1], [1]];
    const params = shapes.map((shape) => ones(shape).mul(0.5).requiresGrad_());
    const velocities = params.map((p) => zeros(p.shape));
    const [w1, b1, w2, b2, w3, b3] = params;
    const X = arange(12).reshape(4, 3).div(12);
    const losses: number[] = [];
    let outputs: Tensor | null = null;
    for (let step = 0; step < 3; step++) {
      const hidden = X.matmul(w1).add(b1).tanh().matmul(w2).add(b2).tanh();
      outputs = hidden.matmul(w3).add(b3);
      const l = outputs.square().mean();
      l.backward();
      for (const [at, p] of params.entries()) {
        noGrad(() => {
          velocities[at].mul_(0.9).add_(p.grad as Tensor);
          p.sub_(velocities[at].mul(0.1));
          (p.grad as Tensor).zero_();
        });
      }
      losses.push(await l.item());
    }
    // PyTorch 1.13, the same lines.
    close(losses, [4.86925364, 0.20946154, 1.6969502], { relative: 1e-5 });
    close(await velocities[5].tolist(), [1.79327011], { relative: 1e-5 });
    close(await (outputs as Tensor).flatten().tolist(), [-1.1849885, -1.29485941, -1.34851217, -1.37421155], {
      relative: 1e-5,
    });
  });
});
