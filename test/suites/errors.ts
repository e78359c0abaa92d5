// Bad input: each mistake throws on the user's line an error of a named class with shapes and the cure, and changes nothing.
import * as wgrad from '../../src/index.ts';
import {
  arange,
  cat,
  data,
  init,
  matmul,
  nn,
  ones,
  optim,
  stack,
  tensor,
  type Tensor,
  WgradError,
  zeros,
} from '../../src/index.ts';
import { ok, rejects, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

/** A call with what the types would refuse. */
const loose = (fn: unknown): ((...args: unknown[]) => unknown) => fn as (...args: unknown[]) => unknown;

export const suite = defineSuite('errors', (test) => {
  test('errors are named and carry their parts', () => {
    try {
      ones(2, 3).add(ones(4));
      ok(false, 'nothing was thrown');
    } catch (error) {
      ok(error instanceof WgradError && error instanceof wgrad.ShapeError && error instanceof Error, 'the classes');
      same([error.name, error.op], ['ShapeError', 'add']);
      ok(
        error.message === `[${error.op}] ${error.fact}: ${error.rule}.${error.cure ? ` ${error.cure}` : ''}`,
        error.message,
      );
      ok(error.fact.includes('(2, 3)') && error.fact.includes('(4,)'), 'both shapes are named');
    }
  });

  test('shapes that do not fit', () => {
    throws(() => ones(2, 3).add(ones(4)), 'ShapeError', /^\[add\] \(2, 3\) .*\(4,\)/);
    throws(() => ones(2, 3).mul(ones(3, 2)), 'ShapeError', /^\[mul\]/);
    throws(
      () => matmul(ones(32, 784), ones(10, 784)),
      'ShapeError',
      '[matmul] (32, 784) x (10, 784): inner sizes 784 and 10 differ. Did you mean x.matmul(w.t())?',
    );
    throws(
      () => ones(2, 3).mm(ones(3)),
      'ShapeError',
      '[mm] (2, 3) x (3,): the operands need 2 and 2 dimensions. matmul takes any number of dimensions.',
    );
    throws(() => ones(2).dot(ones(3)), 'ShapeError', '[dot] (2,) x (3,): inner sizes 2 and 3 differ.');
    throws(
      () => ones(2, 2, 3).bmm(ones(3, 3, 2)),
      'ShapeError',
      '[bmm] (2, 2, 3) x (3, 3, 2): batch sizes 2 and 3 differ. matmul broadcasts batches.',
    );
    throws(
      () => matmul(tensor(1), ones(2)),
      'ShapeError',
      '[matmul] () x (2,): both need at least 1 dimension. Use mul for scalars.',
    );
    throws(
      () => cat([ones(2, 3), ones(2, 4)]),
      'ShapeError',
      '[cat] (2, 3) and (2, 4) along dim 0: all sizes but that of the joined dimension must be equal.',
    );
    throws(() => stack([ones(2), ones(3)]), 'ShapeError', '[stack] (2,) and (3,): all shapes must be equal.');
    throws(() => cat([]), 'ArgumentError', '[cat] an empty list of tensors: at least one is needed.');
    throws(
      () => nn.functional.linear(ones(2, 3), ones(4, 5)),
      'ShapeError',
      '[linear] input (2, 3) with weight (4, 5): the last size of both must be equal: the layer takes 5 features. ' +
        'Reshape the input, or make the layer with as many inFeatures.',
    );
    const { functional } = nn;
    throws(
      () => functional.conv2d(ones(2, 3, 5, 5), ones(4, 1, 3, 3)),
      'ShapeError',
      '[conv2d] input (2, 3, 5, 5) has 3 channels, weight (4, 1, 3, 3) with groups 1 takes 1: ' +
        'the second size of the weight is the number of input channels divided by groups. ' +
        'Make the layer with inChannels 3.',
    );
    throws(
      () => functional.conv2d(ones(28, 28), ones(4, 1, 3, 3)),
      'ShapeError',
      '[conv2d] input (28, 28): it must have 4 dimensions (batch, channels, 2 sizes), or 3 without a batch. ' +
        'Add the dimension of channels: x.unsqueeze(0).',
    );
    throws(
      () => functional.conv2d(ones(1, 4, 5, 5), ones(6, 1, 3, 3), { groups: 4 }),
      'ArgumentError',
      '[conv2d] groups is 4 with 6 output channels: ' +
        'groups must be at least 1 and divide the channels of input and output.',
    );
    throws(
      () => functional.conv1d(ones(1, 1, 4), ones(1, 1, 3), { dilation: 2 }),
      'ShapeError',
      '[conv1d] a kernel that spans 5 over a padded size of 4: input (1, 1, 4), weight (1, 1, 3): ' +
        'the kernel must fit into the padded input. Use a smaller kernel or dilation, or more padding.',
    );
    throws(
      () => functional.conv2d(ones(1, 1, 4, 4), ones(1, 1, 3, 3), ones(2)),
      'ShapeError',
      '[conv2d] bias (2,) with weight (1, 1, 3, 3): it must have one number for each of the 1 output channels.',
    );
    throws(
      () => functional.conv2d(ones(1, 1, 4, 4), ones(1, 1, 3, 3), { stride: 2, padding: 'same' }),
      'ArgumentError',
      "[conv2d] padding 'same' with stride [2, 2]: the output has the size of the input only where the stride is 1. " +
        'Give the padding as a number.',
    );
    throws(
      () => functional.conv2d(ones(1, 1, 4, 4), ones(1, 1, 3, 3), { stride: [1, 2, 3] }),
      'ArgumentError',
      '[conv2d] stride is [1, 2, 3]: it must be a number, or 2 numbers, each of at least 1.',
    );
    throws(
      () => functional.conv2d(ones(1, 1, 4, 4), ones(1, 1, 3, 3).to('int32')),
      'DTypeError',
      /^\[conv2d\] dtypes float32, int32: input, weight and bias must be of one dtype/,
    );
    throws(
      () => functional.maxPool2d(ones(1, 1, 4, 4), 5),
      'ShapeError',
      '[maxPool2d] input (1, 1, 4, 4) with a kernel that spans 5 over a padded size of 4: ' +
        'the kernel must fit into the padded input. Use a smaller kernel, or more padding.',
    );
    throws(
      () => functional.avgPool2d(ones(1, 1, 4, 4), 2, 2, 2),
      'ArgumentError',
      '[avgPool2d] padding 2 with a kernel that spans 2: ' +
        'padding must be at most half of the kernel, so that every window sees an element.',
    );
    throws(
      () => new nn.Conv2d(3, 4, 3, { groups: 2 }),
      'ArgumentError',
      '[nn.Conv2d] inChannels is 3 with groups 2: both are at least 1, and groups divides the channels.',
    );
    throws(
      () => zeros(0).max(),
      'ShapeError',
      '[amax] (0,) has no elements along dim 0: the largest or smallest of nothing is not defined.',
    );
  });

  test('dimensions and positions out of range', () => {
    const x = ones(2, 3);
    const range = 'dim must be an integer from -2 to 1.';
    throws(() => x.sum(2), 'IndexError', `[sum] dim 2 is out of range for a tensor of 2 dimensions: ${range}`);
    throws(
      () => x.mean({ dim: -3 }),
      'IndexError',
      `[mean] dim -3 is out of range for a tensor of 2 dimensions: ${range}`,
    );
    throws(() => x.argmax(5), 'IndexError', `[argmax] dim 5 is out of range for a tensor of 2 dimensions: ${range}`);
    throws(() => x.cumsum(2), 'IndexError');
    throws(() => x.sum([0, -2]), 'IndexError', '[sum] dim (0, -2) names a dimension twice: each may appear once.');
    throws(
      () => x.index(2),
      'IndexError',
      '[index] index 2 is out of range for dimension 0 with size 2: it must be from -2 to 1.',
    );
    throws(
      () => x.gather(1, tensor([[3]], { dtype: 'int32' })),
      'IndexError',
      /^\[gather\] index 3 is out of range for dimension 1 with size 3/,
    );
    throws(
      () => x.indexSelect(0, tensor([-1], { dtype: 'int32' })),
      'IndexError',
      /^\[indexSelect\] index -1 is out of range/,
    );
    throws(
      () => x.gather(0, ones(1, 1)),
      'DTypeError',
      "[gather] an index of dtype float32: an index must be int32. Convert it: index.to('int32').",
    );
  });

  test('a position that only the device knows fails at the read, and only there', async () => {
    const x = ones(2, 3);
    const computed = tensor([0, 5], { dtype: 'int32' }).add(0);
    const wrong = x.indexSelect(0, computed);
    const after = x.mul(2);
    await rejects(wrong.sum().item(), 'IndexError', /^\[indexSelect\] /);
    const labels = tensor([0, 3], { dtype: 'int32' });
    throws(
      () => nn.functional.crossEntropy(ones(2, 3), labels),
      'IndexError',
      '[crossEntropy] class 3 in the target: classes are 0 to 2, or -100 to be ignored.',
    );
    const loss = nn.functional.crossEntropy(ones(2, 3), labels.add(0));
    await rejects(loss.item(), 'IndexError', /^\[crossEntropy\] /);
    same(await after.sum().item(), 12);
    same(await x.indexSelect(0, computed.clamp(0, 1)).sum().item(), 6);
  });

  test('wrong dtypes', () => {
    const i = arange(4);
    throws(
      () => i.mean(),
      'DTypeError',
      "[mean] dtype int32: the mean needs a floating point dtype. Write x.mean({ dtype: 'float32' }) or x.float().mean().",
    );
    throws(
      () => i.norm(),
      'DTypeError',
      '[norm] dtype int32: a norm needs a floating point dtype. Use x.float().norm().',
    );
    throws(
      () => matmul(i, ones(4)),
      'DTypeError',
      "[matmul] dtypes int32 and float32: both must be one numeric dtype. Convert one: x.to('float32').",
    );
    throws(
      () => ones(2).bitwiseAnd(ones(2)),
      'DTypeError',
      /^\[bitwiseAnd\] dtype float32: it is defined for integer or bool tensors/,
    );
    throws(() => tensor([true]).neg(), 'DTypeError', /^\[neg\] dtype bool/);
    throws(() => tensor([true]).sub(tensor([true])), 'DTypeError', /^\[sub\] dtype bool/);
    throws(
      () => ones(2).maskedFill(ones(2), 1),
      'ArgumentError',
      '[maskedFill] a mask of dtype float32: it must be bool. Use mask.bool().',
    );
    throws(
      () => i.pow(-1),
      'ArgumentError',
      /^\[pow\] exponent -1 for dtype int32: integers to negative integer powers are not allowed/,
    );
    throws(
      () => nn.functional.crossEntropy(ones(2, 3), ones(2)),
      'ArgumentError',
      /^\[crossEntropy\] class indices of dtype float32/,
    );
  });

  test('wrong arguments are named', () => {
    const x = ones(2, 3);
    throws(() => loose(wgrad.add)(x), 'ArgumentError', '[add] other is missing: it must be a tensor or a number.');
    throws(() => loose(wgrad.add)(x, 'a'), 'ArgumentError', "[add] other is 'a': it must be a tensor or a number.");
    throws(() => loose(wgrad.add)([1, 2], x), 'ArgumentError', '[add] input is [1, 2]: it must be a tensor.');
    throws(
      () => loose(wgrad.add)(x, x.sum().item()),
      'ArgumentError',
      '[add] other is a promise: it must be a tensor or a number. Await it first.',
    );
    throws(
      () => loose(wgrad.sum)(x, 0.5),
      'ArgumentError',
      '[sum] dim is 0.5: it must be a dimension or a list of dimensions.',
    );
    throws(
      () => loose(wgrad.sum)(x, 0, true, null, 5),
      'ArgumentError',
      '[sum] 5 arguments: at most 4: input, dim, keepdim, dtype.',
    );
    throws(
      () => loose(wgrad.sum)(x, { keepDim: true }),
      'ArgumentError',
      /^\[sum\] unknown option keepDim: .* Did you mean keepdim\?$/,
    );
    throws(
      () => loose(wgrad.sum)(x, { dim: 0, axis: 1 }),
      'ArgumentError',
      /^\[sum\] unknown option axis: the options are dim, keepdim, dtype\. Did you mean dim\?$/,
    );
    throws(
      () => loose(wgrad.sum)(x, 0, { dim: 1 }),
      'ArgumentError',
      '[sum] dim is given twice: once by position and once by name.',
    );
    throws(() => loose(x.flatten).call(x, { start_dim: 1 }), 'ArgumentError', /Did you mean startDim\?$/);
    throws(
      () => loose(nn.functional.mseLoss)(x, x, { reduction: 'avg' }),
      'ArgumentError',
      "[mseLoss] reduction is 'avg': it must be 'mean', 'sum' or 'none'.",
    );
    throws(() => x.clamp(), 'ArgumentError', '[clamp] neither min nor max is given: at least one must be.');
    throws(() => x.to('half'), 'ArgumentError', /^\[to\] target 'half'/);
  });

  test('JavaScript operators throw and name the method', () => {
    const x = ones(2);
    const operator =
      '[tensor] a tensor of shape (2,) was used with a JavaScript operator: JavaScript has no operators for tensors, and values ' +
      'must be awaited. Use x.add(y), x.mul(y), x.lt(y), or await x.item().';
    throws(() => (x as unknown as number) + 1, 'ArgumentError', operator);
    throws(() => (x as unknown as number) < 3, 'ArgumentError', operator);
    throws(
      () => `${x as unknown as string}`,
      'ArgumentError',
      '[tensor] a tensor was put into a string: JavaScript has no operators for tensors, and values must be awaited. ' +
        'Use `${await x.repr()}` or print(x).',
    );
    throws(
      () => x.item(),
      'ShapeError',
      '[item] a tensor of shape (2,): only one element can be converted to a number. Use await x.numpy() or await x.tolist().',
    );
  });

  test('a condition that is an object never ends, and says so', ({ backend }) => {
    // What is recorded does not depend on the device; a software adapter takes half a minute for it.
    if (backend !== 'cpu') return;
    let y = ones(1);
    throws(
      () => {
        while (y.norm().lt(1000)) y = y.mul(1);
      },
      'RunawayGraphError',
      '[flush] 100000 operations were recorded without reading a value or updating a parameter: a tensor used as a condition is ' +
        'an object and always true, so a loop on it never ends. Read the value: while (await y.norm().lt(1000).item()).',
    );
  });

  test('two devices do not mix, but for a number', async ({ device }) => {
    const elsewhere = tensor([1, 2], { device: 'cpu' });
    const here = ones(2);
    if (device === 'cpu') {
      same(await here.add(elsewhere).tolist(), [2, 3]);
      return;
    }
    throws(
      () => here.add(elsewhere),
      'DeviceError',
      "[add] one operand is on webgpu, another on cpu: all operands must be on one device. Move one: x.to('webgpu').",
    );
    same(await here.add(tensor(3, { device: 'cpu' })).tolist(), [4, 4]);
    same(await here.add(elsewhere.to('webgpu')).tolist(), [2, 3]);
    same(await (await here.add(1).cpu()).add(elsewhere).tolist(), [3, 4]);
    throws(() => here.add(1).to('cpu'), 'ArgumentError', /Use await x\.cpu\(\), or of a module await net\.cpu\(\)\.$/);
    throws(
      () => zeros(2, { dtype: 'float64' }),
      'DTypeError',
      /^\[zeros\] float64 on webgpu: float64 exists on the CPU device only/,
    );
  });

  test('init refuses what is no device', async () => {
    await rejects(
      init({ device: 'gpu' as 'webgpu' }),
      'ArgumentError',
      "[init] device 'gpu': it must be 'auto', 'webgpu' or 'cpu'.",
    );
  });

  test('data: unequal lengths and malformed csv', () => {
    throws(() => new data.TensorDataset(ones(3, 2), ones(4)), 'ShapeError');
    try {
      data.readCsv('a,b\n1,2\n1,"2\n');
      ok(false, 'nothing was thrown');
    } catch (error) {
      same([(error as Error).name, (error as { line?: number }).line], ['ParseError', 3]);
    }
  });

  test('optimizers refuse what is no parameter', () => {
    throws(() => new optim.SGD([], { lr: 0.1 }), 'ArgumentError');
    throws(() => new optim.SGD([ones(1, { requiresGrad: true })], { lr: -1 }), 'ArgumentError');
  });

  test('after an error everything is as it was', async () => {
    const x = tensor([1, 2, 3], { requiresGrad: true });
    const y = zeros(3);
    const bad: readonly (() => unknown)[] = [
      () => y.add_(ones(4)),
      () => y.copy_(ones(2)),
      () => y.indexPut_([7], 1),
      () => y.data.mul_(ones(2, 2)),
      () => x.mul(2).backward(),
      () => x.add_(1),
      () => wgrad.noGrad(() => x.sub_(ones(2))),
    ];
    for (const run of bad) throws(run, WgradError);
    same([await y.tolist(), await x.tolist(), x.grad, wgrad.isGradEnabled()], [[0, 0, 0], [1, 2, 3], null, true]);
    x.sum().backward();
    same(await (x.grad as unknown as Tensor).tolist(), [1, 1, 1]);
  });
});
