// What is measured: each case makes its inputs from a seed, on any device, and runs an operation R times before one read.
// Knows how much work an operation is; knows nothing of clocks and pages.
import { manualSeed, nn, normal, optim, rand, stack, type Tensor } from '../src/index.ts';

export type DeviceName = 'webgpu' | 'cpu';
/** `small` is for tests: the same cases in a moment. */
export type Size = 'full' | 'small';

/** A case with its inputs on one device. */
export interface Runner {
  /** Computes what the devices are compared by, from the inputs as they were made. */
  result(): Promise<ArrayLike<number>>;
  /** The operation `times` times, each after or beside the others, then one read that needs them all. */
  run(times: number): Promise<unknown>;
}

export interface BenchCase {
  readonly name: string;
  /** What `rate` counts: floating point operations, bytes that must move, or steps. */
  readonly unit: 'GFLOP/s' | 'GB/s' | 'steps/s';
  /** How much of it one operation is: operations or bytes times 1e-9, or 1 step. */
  readonly work: number;
  /** The largest difference between the devices, relative to the largest element. */
  readonly tolerance: number;
  readonly mostRepeats: number;
  prepare(device: DeviceName): Promise<Runner>;
}

/** Reads one number that depends on every value. */
async function readOne(values: readonly Tensor[]): Promise<number> {
  if (values.length === 1) return values[0].reshape(-1).index(0).item();
  return stack(values.map((value) => value.reshape(-1).index(0)))
    .sum()
    .item();
}

/** C = A B for n x n: 2 n^3 operations. Chained: X <- X B, with B scaled so that X keeps its size. */
function matmulCase(n: number): BenchCase {
  return {
    name: `matmul ${n} × ${n}`,
    unit: 'GFLOP/s',
    work: 2 * n ** 3 * 1e-9,
    tolerance: 1e-5,
    mostRepeats: 64,
    async prepare(device) {
      manualSeed(1);
      const a = await normal(0, 1, [n, n], { device }).realize();
      const b = await normal(0, 1 / Math.sqrt(n), [n, n], { device }).realize();
      return {
        result: () => a.matmul(b).numpy(),
        run(times) {
          let x = a;
          for (let i = 0; i < times; i++) x = x.matmul(b);
          return readOne([x]);
        },
      };
    },
  };
}

/** relu(2 x + y): two values read and one written for each element, 12 bytes. Chained: x <- relu(2 x + y). */
function pointwiseCase(count: number): BenchCase {
  return {
    name: `relu(2x + y), ${label(count)}`,
    unit: 'GB/s',
    work: 12 * count * 1e-9,
    tolerance: 1e-6,
    // x doubles each time: 2^64 is far from the end of float32 (2^128).
    mostRepeats: 64,
    async prepare(device) {
      manualSeed(2);
      const x = await normal(0, 1, [count], { device }).realize();
      const y = await normal(0, 1, [count], { device }).realize();
      const operation = (value: Tensor): Tensor => value.mul(2).add(y).relu();
      return {
        result: () => operation(x).numpy(),
        run(times) {
          let value = x;
          for (let i = 0; i < times; i++) value = operation(value);
          return readOne([value]);
        },
      };
    },
  };
}

/** A sum that reads n x n elements of 4 bytes. R sums stand beside each other; one read needs them all. */
function sumCase(name: string, n: number, sum: (x: Tensor) => Tensor): BenchCase {
  return {
    name: `${name}, ${label(n * n)}`,
    unit: 'GB/s',
    work: 4 * n * n * 1e-9,
    tolerance: 1e-5,
    mostRepeats: 64,
    async prepare(device) {
      manualSeed(3);
      const x = await rand(n, n, { device }).realize();
      return { result: () => sum(x).numpy(), run: (times) => readOne(Array.from({ length: times }, () => sum(x))) };
    },
  };
}

/** One training step on a fixed batch: forward, backward, SGD. Compared by the loss and the parameters after three steps. */
function trainingCase(
  name: string,
  unit: 'GFLOP/s' | 'steps/s',
  work: number,
  make: (device: DeviceName) => { net: nn.Module; step(): Tensor },
): BenchCase {
  return {
    name,
    unit,
    work,
    tolerance: 1e-4,
    mostRepeats: 200,
    async prepare(device) {
      const { step } = make(device);
      const run = async (times: number): Promise<number> => {
        let loss = step();
        for (let i = 1; i < times; i++) loss = step();
        return loss.item();
      };
      return {
        async result() {
          const fresh = make(device);
          for (let i = 0; i < 2; i++) fresh.step();
          const loss = await fresh.step().item();
          const parameters = await Promise.all([...fresh.net.parameters()].map((parameter) => parameter.numpy()));
          return [loss, ...parameters.flatMap((values) => [...values])];
        },
        run,
      };
    },
  };
}

function linearRegression(device: DeviceName): { net: nn.Module; step(): Tensor } {
  manualSeed(4);
  const X = normal(0, 1, [10, 2], { device });
  const y = normal(0, 1, [10, 1], { device });
  const net = new nn.Linear(2, 1, { device });
  return training(net, X, y, new nn.MSELoss(), 0.03);
}

function mlp(
  device: DeviceName,
  sizes: readonly [number, number, number],
  batch: number,
): { net: nn.Module; step(): Tensor } {
  manualSeed(5);
  const [inputs, hidden, classes] = sizes;
  const X = normal(0, 1, [batch, inputs], { device });
  const y = rand(batch, { device }).mul(classes).floor().long();
  const net = new nn.Sequential(
    new nn.Linear(inputs, hidden, { device }),
    new nn.ReLU(),
    new nn.Linear(hidden, classes, { device }),
  );
  return training(net, X, y, new nn.CrossEntropyLoss(), 0.01);
}

function training(
  net: nn.Module & ((x: Tensor) => Tensor),
  X: Tensor,
  y: Tensor,
  loss: (yHat: Tensor, y: Tensor) => Tensor,
  lr: number,
): { net: nn.Module; step(): Tensor } {
  const trainer = new optim.SGD(net.parameters(), { lr });
  const step = (): Tensor => {
    const l = loss(net(X), y);
    trainer.zeroGrad();
    l.backward();
    trainer.step();
    return l.detach();
  };
  return { net, step };
}

/** `1M elements`, `10k elements`. */
function label(count: number): string {
  const short =
    count >= 1e6 ? `${Math.round(count / 1e6)}M` : count >= 1000 ? `${Math.round(count / 1000)}k` : String(count);
  return `${short} elements`;
}

/** The cases in the order of the table. */
export function benchCases(size: Size): BenchCase[] {
  const full = size === 'full';
  const side = full ? 1000 : 64;
  const layers = full ? ([784, 256, 10] as const) : ([32, 16, 10] as const);
  const batch = full ? 128 : 16;
  const [inputs, hidden, classes] = layers;
  // Forward 2 B (I H + H C); backward as much again for the weights, and 2 B H C for the hidden layer's gradient.
  const operations = 2 * batch * (2 * inputs * hidden + 3 * hidden * classes);
  return [
    matmulCase(full ? 256 : 32),
    matmulCase(full ? 512 : 48),
    pointwiseCase(full ? 1_000_000 : 4096),
    sumCase('sum', side, (x) => x.sum()),
    sumCase('row sums', side, (x) => x.sum(1)),
    sumCase('column sums', side, (x) => x.sum(0)),
    trainingCase('SGD step, linear regression, batch 10', 'steps/s', 1, linearRegression),
    trainingCase(`SGD step, MLP ${layers.join('-')}, batch ${batch}`, 'GFLOP/s', operations * 1e-9, (device) =>
      mlp(device, layers, batch),
    ),
  ];
}
