// Every program that multiplies matrices, forced onto devices of its own, against the CPU device: odd sizes, long sums, all
// layouts, batches, formulas behind the product, and nothing.
import { beforeAll, expect, test } from 'vitest';
import { flushOverflow } from '../../src/core/flush.ts';
import { Device } from '../../src/core/graph.ts';
import { float64, manualSeed, randint, randn, type Tensor, type TypedArray } from '../../src/index.ts';
import { openDevice, type OpenedDevice, productTraits } from '../../src/webgpu/adapter.ts';
import { WebGpuBackend } from '../../src/webgpu/backend.ts';
import {
  inParts,
  registerVariants,
  runsWithin,
  tileVariants,
  type Variant,
  vectorVariants,
} from '../../src/webgpu/kernels/matmul-variants.ts';
import { close } from '../support/expect.ts';
import { gpu } from '../support/dawn.ts';

let opened: OpenedDevice;

beforeAll(async () => {
  opened = await openDevice((await gpu.requestAdapter())!);
});

/** A device on which all products that `variant` suits run by it. */
function deviceWith(variant: Variant): Device {
  const traits = { ...productTraits(opened, []), forced: variant };
  expect(runsWithin(variant, traits), `${variant.name} needs more than this adapter has`).toBe(true);
  return new Device('webgpu', async () => new WebGpuBackend(opened, traits), flushOverflow);
}

/** The labels of the programs that a device has compiled. */
function programsOf(device: Device): string[] {
  return [
    ...(device.backend as unknown as { pipelines: { programs: Map<string, unknown> } }).pipelines.programs.keys(),
  ];
}

type Compute = (a: Tensor, b: Tensor) => Tensor;

interface Case {
  readonly name: string;
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly compute: Compute;
}

const product: Compute = (a, b) => a.matmul(b);
const turnedB: Compute = (a, b) => a.matmul(b.t());
const turnedA: Compute = (a, b) => a.t().matmul(b);

// Few programs serve many cases, because software adapters take seconds to compile one: elements alone, vectors of four,
// either operand turned, and one with formulas behind it.
const plain: readonly Case[] = [
  ...[
    [2, 1, 3],
    [127, 129, 131],
    [1023, 65, 33],
    [5, 4097, 7],
    [65, 1, 70],
    [40, 0, 34],
    [0, 5, 4],
  ].map(([M, K, N]): Case => ({ name: `${M}x${K}x${N}`, a: [M, K], b: [K, N], compute: product })),
  { name: '132x68x136', a: [132, 68], b: [68, 136], compute: product },
  { name: '16x4096x16', a: [16, 4096], b: [4096, 16], compute: product },
  { name: 'batches', a: [3, 33, 20], b: [3, 20, 44], compute: product },
  { name: 'batches over one matrix', a: [3, 33, 20], b: [1, 20, 44], compute: (a, b) => a.matmul(b.expand(3, 20, 44)) },
];
const turned: readonly Case[] = [
  { name: '132x68x136, NT', a: [132, 68], b: [136, 68], compute: turnedB },
  { name: '36x2048x40, NT', a: [36, 2048], b: [40, 2048], compute: turnedB },
  { name: '127x129x131, TN', a: [129, 127], b: [129, 131], compute: turnedA },
  { name: '33x2047x5, TN', a: [2047, 33], b: [2047, 5], compute: turnedA },
];
const fused: readonly Case[] = [
  {
    name: 'bias and relu behind it',
    a: [67, 300],
    b: [300, 45],
    compute: (a, b) => a.matmul(b).add(b.index(3)).relu(),
  },
];
const others: readonly Case[] = [
  { name: 'both turned', a: [70, 36], b: [130, 70], compute: (a, b) => a.t().matmul(b.t()) },
  { name: 'batches turned', a: [3, 20, 36], b: [3, 44, 20], compute: (a, b) => a.mT.matmul(b.mT) },
  {
    name: 'parts of larger ones',
    a: [70, 90],
    b: [90, 70],
    compute: (a, b) => a.index('1:68, 2:87').matmul(b.index('2:87, 3:')),
  },
  {
    name: 'batches with formulas behind them, one of another layout',
    a: [2, 40, 40],
    b: [2, 40, 40],
    compute: (a, b) => a.matmul(b).mul(a.mT).add(a.index(0, 0)).tanh(),
  },
];

const vectors: readonly Case[] = [
  ...[
    [1, 1],
    [127, 129],
    [203, 65],
    [5, 4097],
    [3, 20_000],
    [600, 7],
    [1, 5000],
  ].flatMap(([rows, K]): Case[] => [
    { name: `${rows}x${K} x vector`, a: [rows, K], b: [K, 1], compute: product },
    { name: `${rows}x${K} turned x vector`, a: [K, rows], b: [K, 1], compute: (a, b) => a.t().matmul(b) },
    { name: `vector x ${K}x${rows}`, a: [1, K], b: [K, rows], compute: product },
    { name: `vector x ${K}x${rows} turned`, a: [1, K], b: [rows, K], compute: (a, b) => a.matmul(b.t()) },
  ]),
  { name: 'batches', a: [4, 33, 600], b: [4, 600, 1], compute: product },
  {
    name: 'bias and relu behind a row',
    a: [1, 700],
    b: [700, 45],
    compute: (a, b) => a.matmul(b).add(b.index(3)).relu(),
  },
  {
    name: 'formulas behind a column',
    a: [67, 900],
    b: [900, 1],
    compute: (a, b) => a.matmul(b).mul(a.index(':, :1')).relu(),
  },
  { name: 'no terms', a: [40, 0], b: [0, 1], compute: product },
];

/** In float64, once for all variants. */
const answers = new Map<Case, { x: Tensor; y: Tensor; shape: readonly number[]; wanted: TypedArray }>();

async function answerOf(one: Case) {
  let answer = answers.get(one);
  if (answer === undefined) {
    manualSeed(7);
    const [x, y] = [one.a, one.b].map((shape) => randn([...shape], { device: 'cpu' }));
    const exact = one.compute(x.to(float64), y.to(float64));
    answers.set(one, (answer = { x, y, shape: exact.shape, wanted: await exact.numpy() }));
  }
  return answer;
}

async function compare(cases: readonly Case[], device: Device): Promise<void> {
  for (const one of cases) {
    const { x, y, shape, wanted } = await answerOf(one);
    const found = one.compute(x.to(device), y.to(device));
    expect(found.shape, one.name).toEqual(shape);
    const terms = Math.max(...one.a);
    close(await found.numpy(), wanted, { relative: 2e-5, absolute: 4e-6 * Math.sqrt(terms + 1) }, one.name);
  }
}

const { small, middle, middleShared, largeStaged, ...larger } = tileVariants;
const { line, columns } = vectorVariants;
const runs: readonly (readonly [Variant, readonly Case[]])[] = [
  ...Object.values(registerVariants).map((variant) => [variant, [...plain, ...turned, ...fused]] as const),
  [small, [...plain, ...turned, ...fused, ...others]],
  [middle, [...plain, ...turned, ...fused]],
  ...Object.values(larger).map((variant) => [variant, [...plain, ...turned, ...fused]] as const),
  [middleShared, [...plain, ...turned]],
  [largeStaged, plain],
  [inParts(small, 4), [...plain, ...turned, ...fused, ...others]],
  [inParts(middle, 32), [...plain, ...fused]],
  ...Object.values(vectorVariants).map((variant) => [variant, vectors] as const),
  [inParts(line, 16), vectors],
  [inParts(columns, 4), vectors],
];

test.each(runs.map(([variant, cases]) => [variant.name, variant, cases] as const))(
  '%s gives what the CPU gives',
  async (name, variant, cases) => {
    const device = deviceWith(variant);
    await compare(cases, device);
    const programs = programsOf(device);
    expect(programs.some((key) => key.includes(`|${name}|`))).toBe(true);
    expect(programs.some((key) => key.startsWith('parts|'))).toBe(variant.parts > 1);
  },
);

test.each([small, inParts(small, 4), inParts(line, 4)].map((variant) => [variant.name, variant] as const))(
  '%s multiplies integers exactly, and floats to the same bits twice',
  async (_, variant) => {
    const device = deviceWith(variant);
    const [M, K, N] = variant.kind === 'vector' ? [50, 3000, 1] : [50, 3000, 40];
    manualSeed(1);
    const [i, j] = [randint(-9, 9, [M, K]), randint(-9, 9, [K, N])].map((one) => one.to('cpu'));
    expect(await i.to(device).matmul(j.to(device)).numpy()).toEqual(await i.matmul(j).numpy());
    const [a, b] = [randn(M, K, { device }), randn(K, N, { device })];
    const first = await a.matmul(b).numpy();
    expect(await a.matmul(b.clone()).numpy()).toEqual(first);
  },
);
