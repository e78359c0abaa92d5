// The same program gives the same bits on one adapter: run twice, compiled and replayed; random numbers of the device are those
// of the host, and a mask is the same in forward and backward.
import * as wgrad from '../../src/index.ts';
import { compile, manualSeed, nn, ones, optim, rand, randint, randn, type Tensor } from '../../src/index.ts';
import { philoxUniform } from '../../src/host/philox.ts';
import { identical, ok, same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

interface Program {
  readonly net: nn.Module & ((x: Tensor) => Tensor);
  readonly X: Tensor;
  readonly y: Tensor;
}

/** A network with dropout over 33 rows, a size that no tile divides. */
function perceptron(): Program {
  manualSeed(11);
  const net = new nn.Sequential(new nn.Linear(17, 65), new nn.ReLU(), new nn.Dropout(0.4), new nn.Linear(65, 5));
  return { net, X: randn(33, 17), y: randint(0, 5, [33]) };
}

function convolutional(): Program {
  manualSeed(12);
  const net = new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(4 * 5 * 5, 3),
  );
  return { net, X: rand(9, 1, 11, 11), y: randint(0, 3, [9]) };
}

/** The losses and parameters of some steps from the program's beginning. */
async function trained(make: () => Program, compiled: boolean): Promise<number[]> {
  const { net, X, y } = make();
  const trainer = new optim.SGD([...net.parameters()], { lr: 0.1, momentum: 0.9 });
  const once = (): Tensor => {
    const loss = nn.functional.crossEntropy(net(X), y);
    trainer.zeroGrad();
    loss.backward();
    trainer.step();
    return loss.detach();
  };
  const step = compiled ? compile(once) : once;
  const losses: number[] = [];
  for (let at = 0; at < 7; at++) losses.push(await step().item());
  const values = await Promise.all([...net.parameters()].map((parameter) => parameter.numpy()));
  return [...losses, ...values.flatMap((one) => [...one])];
}

export const suite = defineSuite('determinism', (test) => {
  for (const [name, make] of [
    ['a perceptron with dropout', perceptron],
    ['a convolutional network', convolutional],
  ] as const) {
    test(`${name}: twice, and compiled twice, to the bit`, async () => {
      const first = await trained(make, false);
      ok(first.every(Number.isFinite), 'it learns');
      identical(await trained(make, false), first, 'again');
      identical(await trained(make, true), first, 'compiled and replayed');
      identical(await trained(make, true), first, 'compiled again');
    });
  }

  test('additions at equal positions, long sums and products of odd sizes, to the bit', async () => {
    manualSeed(3);
    const source = randn(4099);
    const index = randint(0, 7, [4099]);
    const [a, b] = [randn(67, 1031), randn(1031, 65)];
    const run = async (): Promise<number[][]> => {
      const results = [
        wgrad.zeros(7).scatterAdd(0, index, source),
        wgrad.zeros(7).indexAdd(0, index, source),
        source.sum().reshape(1),
        source.cumsum(0),
        source.var().reshape(1),
        a.matmul(b),
      ];
      return Promise.all(results.map(async (one) => [...(await one.numpy())]));
    };
    const first = await run();
    for (let again = 0; again < 3; again++) identical(await run(), first);
  });

  test('dropout draws the same mask on every device', async () => {
    const { dropout } = nn.functional;
    const on = async (device: 'cpu' | 'webgpu'): Promise<number[]> => {
      manualSeed(2026);
      const [x, y] = [ones(1001, { device }), ones(3, 5, 7, { device })];
      return [...(await dropout(x, 0.3).numpy()), ...(await dropout(y, 0.7).numpy())];
    };
    const wanted = await on('cpu');
    ok(wanted.includes(0) && wanted.includes(Math.fround(1 / 0.7)), 'some are dropped, the others scaled');
    identical(await on(wgrad.getDefaultDevice().type), wanted);
  });

  test('the device draws the uniform numbers of the host', async () => {
    // An element is kept where its number is below the probability to keep.
    manualSeed(77);
    const { low, high, offset } = wgrad.defaultGenerator.philoxSeed();
    const drawn = new Float64Array(1001);
    philoxUniform(drawn, (BigInt(high) << 32n) | BigInt(low), offset);
    manualSeed(77);
    const mask = await nn.functional.dropout(ones(1001), 0.25).numpy();
    same(
      Array.from(mask, (value) => value !== 0),
      Array.from(drawn, (value) => value < 0.75),
    );
  });

  test('the mask is the same in backward, also when it is computed again', async () => {
    manualSeed(5);
    const x = rand(257).add(1).detach().requiresGrad_();
    const y = nn.functional.dropout(x, 0.5);
    y.mul(3).sum().backward();
    const kept = Array.from(await y.detach().ne(0).numpy());
    same(
      Array.from(await (x.grad as Tensor).numpy()),
      kept.map((one) => one * 6),
    );
  });

  test("PyTorch's switches are remembered", () => {
    same([wgrad.areDeterministicAlgorithmsEnabled(), wgrad.isDeterministicAlgorithmsWarnOnlyEnabled()], [false, false]);
    wgrad.useDeterministicAlgorithms(true, { warnOnly: true });
    same([wgrad.areDeterministicAlgorithmsEnabled(), wgrad.isDeterministicAlgorithmsWarnOnlyEnabled()], [true, true]);
    wgrad.useDeterministicAlgorithms(false);
    same([wgrad.areDeterministicAlgorithmsEnabled(), wgrad.isDeterministicAlgorithmsWarnOnlyEnabled()], [false, false]);
  });
});
