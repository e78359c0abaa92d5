// Making tensors: from arrays and numbers, constant, ranges, like another; and which dtype numbers get.
import ranges from '../golden/ranges.json';
import {
  arange,
  empty,
  emptyLike,
  eye,
  fromNumpy,
  full,
  fullLike,
  linspace,
  ones,
  onesLike,
  tensor,
  type Tensor,
  zeros,
  zerosLike,
} from '../../src/index.ts';
import { close, ok, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const values = async (x: Tensor): Promise<unknown[]> => [x.dtype, x.shape, await x.tolist()];

export const suite = defineSuite('create', (test) => {
  test('tensor of numbers, booleans and nested lists', async () => {
    same(await values(tensor(3)), ['float32', [], 3]);
    same(await values(tensor([1, 2, 3])), ['float32', [3], [1, 2, 3]]);
    same(
      await values(
        tensor([
          [2, 1],
          [4, 3],
        ]),
      ),
      [
        'float32',
        [2, 2],
        [
          [2, 1],
          [4, 3],
        ],
      ],
    );
    same(await values(tensor(true)), ['bool', [], true]);
    same(await values(tensor([[true], [false]])), ['bool', [2, 1], [[true], [false]]]);
    same(await values(tensor([1, true, 0.5])), ['float32', [3], [1, 1, 0.5]]);
    same(await values(tensor([])), ['float32', [0], []]);
    same(await values(tensor([[], []])), ['float32', [2, 0], [[], []]]);
    same(await values(tensor([1.9, -1.9], { dtype: 'int32' })), ['int32', [2], [1, -1]]);
    same(await values(tensor([-1, 256, 3.5], { dtype: 'uint8' })), ['uint8', [3], [255, 0, 3]]);
    same(await values(tensor([0, 2, NaN], { dtype: 'bool' })), ['bool', [3], [false, true, true]]);
    same(await values(tensor([1, 2], { dtype: 'int64' as 'int32' })), ['int32', [2], [1, 2]]);
    const special = (await tensor([NaN, Infinity, -Infinity, -0]).numpy()) as Float32Array;
    same([special[0], special[1], special[2], Object.is(special[3], -0)], [NaN, Infinity, -Infinity, true]);
  });

  test('typed arrays keep their kind, and are copied', async ({ device }) => {
    const source = Float32Array.of(1, 2, 3);
    const x = tensor(source);
    source[0] = 9;
    same(await values(x), ['float32', [3], [1, 2, 3]]);
    same(await values(tensor(Int32Array.of(-1, 2))), ['int32', [2], [-1, 2]]);
    same(await values(tensor(Uint8Array.of(0, 255))), ['uint8', [2], [0, 255]]);
    same(tensor(Float64Array.of(0.1)).dtype, device === 'cpu' ? 'float64' : 'float32');
    same(tensor(Float64Array.of(0.1), { device: 'cpu' }).dtype, 'float64');
    const taken = fromNumpy(Int32Array.of(4, 5));
    same(await values(taken), ['int32', [2], [4, 5]]);
    same(await taken.numpy(), Int32Array.of(4, 5));
  });

  test('what comes out is a copy in C order of the right kind', async () => {
    const x = arange(6).reshape(2, 3).t();
    const out = await x.numpy();
    same(out, Int32Array.of(0, 3, 1, 4, 2, 5));
    out[0] = 99;
    same(await x.numpy(), Int32Array.of(0, 3, 1, 4, 2, 5));
    const whole = ones(2);
    const first = await whole.numpy();
    first[0] = 7;
    same(await whole.tolist(), [1, 1]);
    same(await tensor([true, false]).numpy(), Uint8Array.of(1, 0));
    same([await tensor([[2.5]]).item(), await arange(3).sum().item()], [2.5, 3]);
  });

  test('constants', async () => {
    same(await values(zeros(2, 3)), [
      'float32',
      [2, 3],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    ]);
    same(await values(ones([2])), ['float32', [2], [1, 1]]);
    same(await values(zeros()), ['float32', [], 0]);
    same(await values(ones(2, { dtype: 'int32' })), ['int32', [2], [1, 1]]);
    same(await values(ones(2, { dtype: 'bool' })), ['bool', [2], [true, true]]);
    same(await values(full([2], 2.5)), ['float32', [2], [2.5, 2.5]]);
    same(await values(full([1], true)), ['bool', [1], [true]]);
    same(await values(full([2], 7, { dtype: 'uint8' })), ['uint8', [2], [7, 7]]);
    same([empty(2, 3).shape, empty(2, 3).dtype], [[2, 3], 'float32']);
    same(await values(zeros(2, 0)), ['float32', [2, 0], [[], []]]);
    same([zeros(2, { requiresGrad: true }).requiresGrad, zeros(2).requiresGrad], [true, false]);
    same(await values(eye(2, 3)), [
      'float32',
      [2, 3],
      [
        [1, 0, 0],
        [0, 1, 0],
      ],
    ]);
    same(await values(eye(2, { dtype: 'int32' })), [
      'int32',
      [2, 2],
      [
        [1, 0],
        [0, 1],
      ],
    ]);
  });

  test('ranges', async () => {
    same(await values(arange(5)), ['int32', [5], [0, 1, 2, 3, 4]]);
    same(await values(arange(5, 0, -2)), ['int32', [3], [5, 3, 1]]);
    same(await values(arange(1, 2.5, 0.5)), ['float32', [3], [1, 1.5, 2]]);
    same(await values(arange(3, { dtype: 'float32' })), ['float32', [3], [0, 1, 2]]);
    same(await values(arange(0)), ['int32', [0], []]);
    const tenths = arange(0, 1, 0.1);
    same(tenths.shape, [10]);
    close(await tenths.numpy(), [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
    same(await values(linspace(3, 10, 5)), ['float32', [5], [3, 4.75, 6.5, 8.25, 10]]);
    same(await values(linspace(-10, 10, 5)), ['float32', [5], [-10, -5, 0, 5, 10]]);
    same(await values(linspace(1, 9, 1)), ['float32', [1], [1]]);
    same((await linspace(0, 0.3, 4).numpy())[3], Math.fround(0.3));
  });

  test('ranges with fractional steps are those of PyTorch to the bit', async () => {
    for (const [start, end, step, count, wanted] of ranges as unknown as [number, number, number, number, number[]][]) {
      const found = await arange(start, end, step, { dtype: 'float32' }).numpy();
      same(found.length, count, `arange(${start}, ${end}, ${step}): length`);
      same([...found.slice(0, 40), ...found.slice(-20)], wanted.map(Math.fround), `arange(${start}, ${end}, ${step})`);
    }
  });

  test('like another tensor', async () => {
    const x = arange(6).reshape(2, 3);
    same(await values(zerosLike(x)), [
      'int32',
      [2, 3],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    ]);
    same(await values(onesLike(x, { dtype: 'float32' })), [
      'float32',
      [2, 3],
      [
        [1, 1, 1],
        [1, 1, 1],
      ],
    ]);
    same(await values(fullLike(x, 5)), [
      'int32',
      [2, 3],
      [
        [5, 5, 5],
        [5, 5, 5],
      ],
    ]);
    same([emptyLike(x).dtype, emptyLike(x).shape], ['int32', [2, 3]]);
    same(zerosLike(tensor([1], { requiresGrad: true })).requiresGrad, false);
  });

  test('sizes, dims and properties', () => {
    const x = zeros(2, 3, 4);
    same(
      [x.shape, x.size(), x.size(1), x.size(-1), x.ndim, x.dim(), x.numel()],
      [[2, 3, 4], [2, 3, 4], 3, 4, 3, 3, 24],
    );
    same([x.stride(), x.stride(0), x.isContiguous(), x.storageOffset()], [[12, 4, 1], 12, true, 0]);
    same([tensor(1).shape, tensor(1).numel()], [[], 1]);
  });

  test('promotion of operands', async () => {
    const int = tensor([1, 2], { dtype: 'int32' });
    const byte = tensor([1, 2], { dtype: 'uint8' });
    const bool = tensor([true, false]);
    const float = tensor([1, 2]);
    const wanted: readonly (readonly [Tensor, string])[] = [
      [int.add(1), 'int32'],
      [int.add(1.5), 'float32'],
      [int.add(true), 'int32'],
      [int.add(byte), 'int32'],
      [int.mul(float), 'float32'],
      [int.div(2), 'float32'],
      [int.floorDivide(2), 'int32'],
      [byte.add(300), 'uint8'],
      [byte.add(tensor(2, { dtype: 'int32' })), 'uint8'],
      [tensor(1, { dtype: 'uint8' }).add(tensor(2, { dtype: 'int32' })), 'int32'],
      [byte.add(tensor(2.5)), 'float32'],
      [bool.add(1), 'int32'],
      [bool.mul(bool), 'bool'],
      [bool.add(1.5), 'float32'],
      [int.sqrt(), 'float32'],
      [bool.sum(), 'int32'],
      [byte.sum(), 'int32'],
      [int.sum({ dtype: 'float32' }), 'float32'],
      [float.gt(int), 'bool'],
      [int.pow(2), 'int32'],
      [int.pow(0.5), 'float32'],
      [float.argmax(), 'int32'],
      [float.where(bool, 0), 'float32'],
      [byte.where(bool, int), 'int32'],
    ];
    same(
      wanted.map(([one]) => one.dtype),
      wanted.map(([, dtype]) => dtype),
    );
    same(await byte.add(300).tolist(), [45, 46], 'numbers wrap to uint8');
  });

  test('integers of 8 and 32 bits wrap', async () => {
    const u = tensor([250, 3], { dtype: 'uint8' });
    same(await values(u.add(10)), ['uint8', [2], [4, 13]]);
    same(await values(u.mul(2)), ['uint8', [2], [244, 6]]);
    same(await values(u.sub(5)), ['uint8', [2], [245, 254]]);
    same(await values(u.neg()), ['uint8', [2], [6, 253]]);
    same(await values(u.floorDivide(7)), ['uint8', [2], [35, 0]]);
    same(await values(u.sum()), ['int32', [], 253]);
    same(await values(u.add(tensor([1000, 1000], { dtype: 'int32' }))), ['int32', [2], [1250, 1003]]);
    const big = tensor([2147483647, -2147483648], { dtype: 'int32' });
    same(await values(big.add(1)), ['int32', [2], [-2147483648, -2147483647]]);
    same(await values(big.mul(3)), ['int32', [2], [2147483645, -2147483648]]);
    same(await values(big.abs()), ['int32', [2], [2147483647, -2147483648]]);
    same(await values(big.neg()), ['int32', [2], [-2147483647, -2147483648]]);
  });

  test('casts', async () => {
    const x = tensor([3.7, -3.7, 0, 300]);
    same(await values(x.to('int32')), ['int32', [4], [3, -3, 0, 300]]);
    same(await values(x.to('uint8')), ['uint8', [4], [3, 253, 0, 44]]);
    same(await values(x.bool()), ['bool', [4], [true, true, false, true]]);
    same(await values(tensor([-1, 256], { dtype: 'int32' }).byte()), ['uint8', [2], [255, 0]]);
    same(await values(tensor([true, false]).float()), ['float32', [2], [1, 0]]);
    same(await values(tensor([true, false]).long()), ['int32', [2], [1, 0]]);
    ok(x.to('float32') === x, 'the same dtype is the same tensor');
    same(await values(x.typeAs(tensor([1], { dtype: 'int32' }))), ['int32', [4], [3, -3, 0, 300]]);
    const w = tensor([1.5, 2.5], { requiresGrad: true });
    w.to('float32').mul(2).sum().backward();
    same(await w.grad?.tolist(), [2, 2]);
  });

  test('bad data', () => {
    throws(
      () => tensor([[1, 2], [3]]),
      'ShapeError',
      '[tensor] data[1] has 1 entries where 2 are expected: nested lists must be rectangular, and the first entries say (2, 2).',
    );
    throws(
      () => tensor([[1, 2], 3]),
      'ShapeError',
      '[tensor] data[1] has a number where a list is expected: nested lists must be rectangular, and the first entries say (2, 2).',
    );
    throws(
      () => tensor([1, [2]]),
      'ShapeError',
      '[tensor] data[1] has a list where a number is expected: nested lists must be rectangular, and the first entries say (2,).',
    );
    throws(
      () => tensor(['a'] as unknown as number[]),
      'ArgumentError',
      /^\[tensor\] \[0\] is 'a': the data must be numbers/,
    );
    throws(() => tensor([ones(2)] as unknown as number[]), 'ArgumentError', /Use stack\(\[\.\.\.\]\) to join tensors/);
    throws(() => tensor(new Float32Array(2), { dtype: 'float16' as 'float32' }), 'ArgumentError', /dtype is 'float16'/);
    throws(() => tensor(new Int16Array(2) as unknown as Int32Array), 'DTypeError', /a Int16Array/);
    throws(() => zeros(-1), 'ShapeError', '[zeros] sizes (-1,): sizes are integers of 0 or more.');
    throws(() => zeros(1.5), 'ArgumentError');
    throws(
      () => arange(0, 5, -1),
      'ArgumentError',
      '[arange] from 0 to 5 by -1: the step must lead from start to end.',
    );
    throws(() => arange(1, 2, 0), 'ArgumentError');
    throws(() => linspace(0, 1, -2), 'ArgumentError', '[linspace] steps is -2: it must be at least 0.');
    throws(
      () => (zeros as (...args: unknown[]) => Tensor)(2, { requires_grad: true }),
      'ArgumentError',
      /Did you mean requiresGrad\?/,
    );
  });
});
