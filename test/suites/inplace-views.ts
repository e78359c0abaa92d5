// Views in place: a tensor takes another shape over its elements, other tensors on them keep theirs, and the tape goes on. The
// numbers are those of PyTorch 1.13.
import { arange, autograd, compile, noGrad, ones, optim, tensor, type Tensor } from '../../src/index.ts';
import { ok, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const counted = (): Tensor => arange(6, { dtype: 'float32' }).reshape(2, 3).clone();

/** A leaf (2, 3), and what an operation made of it. */
function taped(): readonly [leaf: Tensor, twice: Tensor] {
  const leaf = counted().requiresGrad_();
  return [leaf, leaf.mul(2)];
}

const gradientOf = async (loss: Tensor, leaf: Tensor) => (await autograd.grad([loss], [leaf])[0]?.tolist()) ?? null;

export const suite = defineSuite('in-place views', (test) => {
  test('shapes and strides change, elements and aliases stay', async () => {
    const x = arange(6, { dtype: 'float32' }).reshape(1, 2, 3, 1);
    const alias = x.view(6);
    ok(x.squeeze_() === x, 'the object stays');
    same([x.shape, x.ndim, x.numel()], [[2, 3], 2, 6]);
    x.unsqueeze_(1).swapaxes_(0, 2);
    same([x.shape, x.stride(), x.isContiguous()], [[3, 1, 2], [1, 3, 3], false]);
    x.mul_(2);
    same(await alias.tolist(), [0, 2, 4, 6, 8, 10]);
    same(await x.tolist(), [[[0, 6]], [[2, 8]], [[4, 10]]]);
    alias.add_(1);
    same(await x.squeeze_(1).tolist(), [
      [1, 7],
      [3, 9],
      [5, 11],
    ]);
    same(await x.t_().sum(0).tolist(), [8, 12, 16]);
  });

  test('the tape goes on, and views made before keep what they viewed', async () => {
    const [leaf, y] = taped();
    const row = y.index(0);
    y.t_();
    same([y.gradFn?.name(), row.shape, y.isLeaf], ['TBackward0', [3], false]);
    same(
      await gradientOf(
        y
          .mul(arange(6, { dtype: 'float32' }).reshape(3, 2))
          .sum()
          .add(row.sum()),
        leaf,
      ),
      [
        [2, 6, 10],
        [2, 6, 10],
      ],
    );
  });

  test('a view that turns writes into its base', async () => {
    const [leaf, y] = taped();
    const part = y.index(':, 1:');
    part.t_();
    part.mul_(10);
    same(await y.tolist(), [
      [0, 20, 40],
      [6, 80, 100],
    ]);
    same(await gradientOf(y.sum(), leaf), [
      [2, 20, 20],
      [2, 20, 20],
    ]);
  });

  test('a view made before writes into the tensor that turned', async () => {
    const [leaf, y] = taped();
    const part = y.index(':, 1:');
    y.t_();
    part.mul_(10);
    same(await y.tolist(), [
      [0, 6],
      [20, 80],
      [40, 100],
    ]);
    same(await gradientOf(y.mul(arange(6, { dtype: 'float32' }).reshape(3, 2)).sum(), leaf), [
      [0, 40, 80],
      [2, 60, 100],
    ]);
  });

  test('what is written on the tape through such a view reaches the tensor', async () => {
    const x = counted();
    const row = x.index(0);
    x.t_();
    const w = ones(3, { requiresGrad: true });
    row.copy_(w.mul(5));
    same([x.requiresGrad, row.requiresGrad], [true, true]);
    same(await x.tolist(), [
      [5, 3],
      [5, 4],
      [5, 5],
    ]);
    same(await gradientOf(x.mul(x).sum(), w), [50, 50, 50]);
    const part = counted().index(':, 1:');
    part.t_();
    part.mul_(w.index(':2'));
    same(
      [part.base.requiresGrad, await part.base.tolist()],
      [
        true,
        [
          [0, 1, 2],
          [3, 4, 5],
        ],
      ],
    );
    same(await gradientOf(part.base.mul(part.base).sum(), w), [10, 82, 0]);
  });

  test('gradients of gradients', async () => {
    const [leaf, y] = taped();
    y.t_().unsqueeze_(0);
    const [first] = autograd.grad([y.pow(3).sum()], [leaf], { createGraph: true });
    // d/dx (2 x)^3 = 24 x^2, and again 48 x.
    same(await gradientOf((first as Tensor).sum(), leaf), [
      [0, 48, 96],
      [144, 192, 240],
    ]);
  });

  test('a leaf that requires grad turns inside noGrad only, and stays a leaf', async () => {
    const w = counted().requiresGrad_();
    throws(() => w.t_(), 'AutogradError', /leaf tensor that requires grad/);
    throws(() => w.index(0).unsqueeze_(0), 'AutogradError', /view of a leaf/);
    same(w.shape, [2, 3]);
    noGrad(() => w.t_());
    same([w.shape, w.isLeaf, w.requiresGrad], [[3, 2], true, true]);
    const step = new optim.SGD([w], { lr: 1 });
    for (let at = 0; at < 2; at++) {
      step.zeroGrad();
      w.mul(tensor([1, 2]))
        .sum()
        .backward();
      step.step();
    }
    same(
      [w.grad?.shape, await w.tolist()],
      [
        [3, 2],
        [
          [-2, -1],
          [-1, 0],
          [0, 1],
        ],
      ],
    );
  });

  test('without the tape nothing piles up', async () => {
    const x = counted();
    for (let at = 0; at < 2001; at++) x.t_();
    same([x.shape, x.base === x, x.viewPath().length], [[3, 2], true, 0]);
    same(await x.requiresGrad_().sum().item(), 15);
    const y = counted();
    const [row, part] = [y.index(0), y.index(':, 1:')];
    for (let at = 0; at < 201; at++) part.t_();
    same([part.base === y, part.viewPath().length, part.shape], [true, 1, [2, 2]]);
    for (let at = 0; at < 3; at++) y.t_();
    same([y.base === y, part.base === y, row.base === y], [true, true, true]);
    part.add_(1);
    row.add_(tensor([10, 20, 30]));
    same(await y.tolist(), [
      [10, 3],
      [22, 5],
      [33, 6],
    ]);
  });

  test('inside noGrad a result stays on the tape', async () => {
    const [leaf, y] = taped();
    noGrad(() => y.t_());
    same(y.requiresGrad, true);
    same(await gradientOf(y.mul(tensor([1, 3])).sum(), leaf), [
      [2, 2, 2],
      [6, 6, 6],
    ]);
  });

  test('detach_ leaves the tape; what was recorded stays', async () => {
    const [leaf, y] = taped();
    const [row, thrice] = [y.index(0), y.mul(3)];
    ok(y.detach_() === y, 'the object stays');
    same([y.requiresGrad, y.gradFn, row.gradFn?.name(), y.isLeaf], [false, null, 'SelectBackward0', true]);
    same(await gradientOf(thrice.sum().add(row.sum()), leaf), [
      [8, 8, 8],
      [6, 6, 6],
    ]);
    y.mul_(2).t_().detach_();
    same(await y.tolist(), [
      [0, 12],
      [4, 16],
      [8, 20],
    ]);
    throws(() => row.detach_(), 'AutogradError', /the tensor is a view/);
    same(counted().requiresGrad_().detach_().requiresGrad, false);
    const turned = leaf.mul(2).t_();
    same(turned.detach_().requiresGrad, false, 'a tensor that turned is no view of another');
  });

  test('a compiled function that turns a tensor runs anew each time', async () => {
    const x = counted();
    const fn = compile((y: Tensor) => x.t_().sum(0).add(y));
    const shapes = [];
    for (let at = 0; at < 5; at++) shapes.push(fn(tensor(1)).shape[0]);
    same(shapes, [2, 3, 2, 3, 2]);
  });

  test('refusals', () => {
    throws(() => ones(2, 2, 2).t_(), 'ShapeError', /at most 2 dimensions/);
    throws(() => ones(2, 2).transpose_(0, 2), 'IndexError');
    throws(() => ones(2).unsqueeze_(3), 'IndexError');
  });
});
