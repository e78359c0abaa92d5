// The host's random numbers against PyTorch 1.13 on the CPU: the recorded rows of test/golden/random.json, and one long
// stream through every distribution, which also holds how many outputs each of them takes.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ArgumentError } from '../../src/errors.ts';
import * as draw from '../../src/host/draw.ts';
import { Mt19937 } from '../../src/host/mt19937.ts';

interface Recorded {
  readonly manual_seed: number;
  readonly calls: readonly { readonly call: string; readonly value: { tensor: number[]; data: number[] } }[];
}

const goldenUrl = new URL('../golden/random.json', import.meta.url);
const golden = JSON.parse(readFileSync(goldenUrl, 'utf8')) as readonly Recorded[];

/** 1e-8 relative is the 9 digits of the recorded float32 values: the same bits. */
function expectClose(actual: ArrayLike<number>, expected: readonly number[], relative = 1e-8): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!);
    if (!(error <= relative * Math.abs(expected[i]!))) expect(actual[i], `element ${i}`).toBe(expected[i]);
  }
}

/** What PyTorch's layers do: weights in +-1 / sqrt(fanIn), kaiming_uniform with a = sqrt(5). */
function layerUniform(generator: Mt19937, size: number, fanIn: number): Float32Array {
  const out = new Float32Array(size);
  const bound = Math.sqrt(3) * (Math.sqrt(2 / 6) / Math.sqrt(fanIn));
  draw.uniform(generator, out, -bound, bound);
  return out;
}

/** A layer draws its weight, then its bias; `part` is the one recorded. */
function layer(generator: Mt19937, part: string, weights: number, biases: number, fanIn: number): Float32Array {
  const weight = layerUniform(generator, weights, fanIn);
  const bias = new Float32Array(biases);
  draw.uniform(generator, bias, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn));
  return part === 'weight' ? weight : bias;
}

/** Runs a recorded call by its distribution and its numbers; `size` is that of the result. */
function runRecorded(generator: Mt19937, call: string, size: number): ArrayLike<number> {
  const name = /(\w+)\((?!.*\w\()/.exec(call)![1]!;
  const [a = 0, b = 0] = (/\(([^()]*)\)?[^(]*$/.exec(call)![1]!.match(/-?[\d.]+/g) ?? []).map(Number);
  const out = new Float32Array(size);
  if (call.startsWith('nn.Linear')) return layer(generator, call.split(').')[1]!, a * b, b, a);
  if (call.startsWith('nn.Conv2d(2, 3, 3)')) return layer(generator, 'weight', 54, 3, 18);
  if (call.startsWith('nn.init.xavierUniform_')) draw.uniform(generator, out, -Math.sqrt(6 / 9), Math.sqrt(6 / 9));
  else if (call.startsWith('nn.init.kaimingNormal_')) draw.normal(generator, out, 0, Math.sqrt(2 / 5));
  else if (call.startsWith('bernoulli(full')) draw.bernoulli(generator, out, out.fill(0.3).slice());
  else if (call.startsWith('multinomial')) {
    return draw.multinomial(generator, Float32Array.of(0.1, 0.2, 0.3, 0.4), 4, 8, true);
  } else if (call.startsWith('randint(10')) draw.randint(generator, out, 0, 10);
  else if (call.startsWith('randint(3, 9')) draw.randint(generator, out, 3, 9);
  else if (call.startsWith('normal(')) draw.normal(generator, out, 0, call.includes('0.01') ? 0.01 : 1);
  else if (name === 'rand') draw.uniform(generator, out);
  else if (name === 'randn' || name === 'Embedding') draw.normal(generator, out);
  else if (name === 'randperm') return draw.randperm(generator, a);
  else if (name === 'uniform_') draw.uniform(generator, out, a, b);
  else if (name === 'normal_') draw.normal(generator, out, a, b);
  else if (name === 'exponential_') draw.exponential(generator, out, a);
  else throw new Error(`no rule for ${call}`);
  return out;
}

test.each(golden.map((row) => [row.manual_seed, row.calls.map(({ call }) => call).join(', '), row] as const))(
  'seed %i: %s',
  (seed, _calls, row) => {
    const generator = new Mt19937(seed);
    for (const { call, value } of row.calls) {
      expectClose(runRecorded(generator, call, value.data.length), value.data);
    }
  },
);

test('one stream through every distribution keeps in step with PyTorch', () => {
  const generator = new Mt19937(2026);
  const doubles = (size: number, fill: (out: Float64Array) => void): Float64Array => {
    const out = new Float64Array(size);
    fill(out);
    return out;
  };
  const floats = (size: number, fill: (out: Float32Array) => void): Float32Array => {
    const out = new Float32Array(size);
    fill(out);
    return out;
  };
  const near = 1e-13;
  expectClose(
    doubles(3, (out) => draw.uniform(generator, out, -1, 3)),
    [-0.12060209921065468, 2.392141268136097, -0.4021950476279357],
    near,
  );
  expectClose(
    doubles(3, (out) => draw.normal(generator, out, 1, 2)),
    [3.4351831849448256, 2.0574278035027525, -2.5485675851610607],
    near,
  );
  // The fourth of two pairs is kept in double and serves the next single normal, float32 here.
  expectClose(
    floats(1, (out) => draw.normal(generator, out)),
    [-0.0381078906],
  );
  const eighteen = doubles(18, (out) => draw.normal(generator, out));
  expectClose(eighteen.slice(0, 3), [-0.6542600872137795, 0.04577552402506183, -0.4951138020963729], near);
  expectClose(eighteen.slice(15), [2.5820152734651547, 0.7496990308087904, -0.20227195472148274], near);
  expectClose(
    doubles(2, (out) => draw.exponential(generator, out, 2)),
    [0.318971928212977, 0.05785286036048407],
    near,
  );
  expectClose(
    floats(2, (out) => draw.exponential(generator, out, 2)),
    [0.0802440196, 0.0494105667],
  );
  expectClose(
    floats(2, (out) => draw.cauchy(generator, out, 1, 2)),
    [32.047821, -1.70697749],
  );
  expectClose(
    floats(3, (out) => draw.logNormal(generator, out, 0.5, 0.25)),
    [1.81155026, 1.79854369, 1.64490914],
  );
  expectClose(
    floats(6, (out) => draw.geometric(generator, out, 0.3)),
    [2, 1, 4, 4, 1, 3],
  );
  expectClose(
    floats(8, (out) => draw.bernoulli(generator, out, 0.4)),
    [0, 1, 0, 0, 0, 1, 1, 0],
  );
  expectClose(
    floats(8, (out) => draw.bernoulli(generator, out, new Float32Array(8).fill(0.4))),
    [1, 1, 1, 0, 1, 0, 1, 0],
  );
  expectClose(
    floats(8, (out) => draw.bernoulli(generator, out, new Float64Array(8).fill(0.4))),
    [0, 0, 0, 1, 0, 0, 0, 1],
  );
  expectClose(
    doubles(3, (out) => draw.randint(generator, out, -5, 2 ** 40)),
    [737486618440, 416864301915, 270979144699],
    0,
  );
  const whole = new Int32Array(3);
  draw.randint(generator, whole, -2, 2 ** 31 - 1);
  expect([...whole]).toEqual([1199337679, 1098844626, 1527658513]);
  const p = Float32Array.of(0.1, 0.2, 0.3, 0.4, 4, 3, 2, 1);
  expect([...draw.multinomial(generator, p, 4, 3)]).toEqual([3, 1, 2, 0, 1, 3]);
  expect([...draw.multinomial(generator, p, 4, 1)]).toEqual([2, 0]);
  expect([...draw.multinomial(generator, p, 4, 1, true)]).toEqual([3, 1]);
  expect([...draw.multinomial(generator, Float64Array.from(p), 4, 5, true)]).toEqual([3, 3, 2, 1, 0, 2, 1, 1, 0, 0]);
  expectClose(
    floats(4, (out) => draw.truncNormal(generator, out, 1, 2, -1, 1.5)),
    [-0.458121777, -0.777026534, 0.529786706, 0.485210717],
    // PyTorch's float32 erf is not rounded correctly.
    1e-6,
  );
  expectClose(
    doubles(3, (out) => draw.truncNormal(generator, out)),
    [-0.7457063860349831, -0.05641199561514089, 0.456736805678837],
    near,
  );
  expectClose(
    floats(2, (out) => draw.randomInteger(generator, out, 'float32')),
    [14818516, 5938403],
    0,
  );
  expectClose(
    doubles(2, (out) => draw.randomInteger(generator, out, 'float64')),
    [5860914086372026, 8910283982913110],
    0,
  );
  const integers = new Int32Array(2);
  draw.randomInteger(generator, integers, 'int32');
  expect([...integers]).toEqual([1231190086, 1866332819]);
  const bytes = new Uint8Array(2);
  draw.randomInteger(generator, bytes, 'uint8');
  expect([...bytes]).toEqual([222, 166]);
  draw.randomInteger(generator, bytes, 'bool');
  expect([...bytes]).toEqual([0, 0]);
  expect(draw.seed64(generator)).toBe(844453558588581786n);
  expectClose(
    floats(2, (out) => draw.uniform(generator, out)),
    [0.0294861794, 0.645287335],
  );
});

test('seeds: negative, beyond 32 bits and bigint, by their low 32 bits', () => {
  // The values that PyTorch's `torch.empty((), dtype=torch.int64).random_()` gives after these seeds.
  expect(draw.seed64(new Mt19937(0))).toBe(900450186894289455n);
  expect(draw.seed64(new Mt19937(-1))).toBe(1800993050274709794n);
  expect(draw.seed64(new Mt19937(2 ** 40 + 5))).toBe(4095051218741643470n);
  expect(draw.seed64(new Mt19937(5n))).toBe(4095051218741643470n);
  expect(new Mt19937(-1).initialSeed).toBe(2n ** 64n - 1n);
  expect(() => new Mt19937(0.5)).toThrow(ArgumentError);
  expect(() => new Mt19937(2n ** 64n)).toThrow(/\[manualSeed\] seed 18446744073709551616/);
});

test('MT19937 of seed 5489: the 10000th output of the C++ standard', () => {
  // ISO C++ [rand.predef]: the 10000th consecutive invocation of a default-constructed mt19937 gives 4123659995.
  const generator = new Mt19937(5489);
  let last = 0;
  for (let i = 0; i < 10000; i++) last = generator.random();
  expect(last).toBe(4123659995);
});

test('a state is a plain copy: cloned, restored, with the kept normal', () => {
  const generator = new Mt19937(11);
  const three = new Float64Array(3);
  draw.normal(generator, three);
  const state = structuredClone(generator.getState());
  const twin = generator.clone();
  const next = (source: Mt19937): number[] => {
    const out = new Float64Array(5);
    draw.normal(source, out);
    return [...out];
  };
  const expected = next(generator);
  expect(next(twin)).toEqual(expected);
  const restored = new Mt19937();
  restored.setState(state);
  expect(next(restored)).toEqual(expected);
  expect(restored.initialSeed).toBe(11n);
  generator.manualSeed(11);
  expect(generator.keptNormal).toBeNull();
  expect(() => restored.setState({ ...state, words: new Uint32Array(3) })).toThrow(ArgumentError);
});

test('erf and erfinv to double precision', () => {
  expect(draw.erf(0.5)).toBeCloseTo(0.5204998778130465, 15);
  expect(draw.erf(1.7)).toBeCloseTo(0.9837904585907746, 15);
  expect(draw.erf(-3)).toBeCloseTo(-0.9999779095030014, 15);
  expect([draw.erf(Infinity), draw.erf(-7), draw.erf(NaN)]).toEqual([1, -1, NaN]);
  expect(draw.erf(1e-300)).toBeCloseTo(1.1283791670955126e-300, 310);
  for (const y of [-0.999, -0.7, -0.3, 1e-8, 0.5, 0.71, 0.99]) expectClose([draw.erf(draw.erfinv(y))], [y], 1e-14);
  expect([draw.erfinv(1), draw.erfinv(-1), draw.erfinv(2), draw.erfinv(0)]).toEqual([Infinity, -Infinity, NaN, 0]);
});

test('values outside their domain are named', () => {
  const generator = new Mt19937(0);
  const out = new Float32Array(2);
  expect(() => draw.normal(generator, out, 0, -1)).toThrow('[normal_] std = -1: a standard deviation is not negative.');
  expect(() => draw.uniform(generator, out, 2, 1)).toThrow(ArgumentError);
  expect(() => draw.bernoulli(generator, out, 1.5)).toThrow(ArgumentError);
  expect(() => draw.bernoulli(generator, out, Float32Array.of(0.5, NaN))).toThrow(ArgumentError);
  expect(() => draw.randint(generator, out, 3, 3)).toThrow(ArgumentError);
  expect(() => draw.geometric(generator, out, 0)).toThrow(ArgumentError);
  expect(() => draw.multinomial(generator, Float32Array.of(0, 0), 2, 1)).toThrow(/sums to 0/);
  expect(() => draw.multinomial(generator, Float32Array.of(1, -1), 2, 1)).toThrow(ArgumentError);
  expect(() => draw.multinomial(generator, Float32Array.of(1, 2), 2, 3)).toThrow(/no more samples/);
});
