// Every program that multiplies matrices, forced onto devices of its own, against the CPU device: odd sizes, long sums, all
// layouts, batches, formulas behind the product, and nothing.
import { beforeAll, describe, expect, test } from 'vitest';
import { flushOverflow } from '../../src/flush.ts';
import { Device } from '../../src/graph.ts';
import { manualSeed, randint, randn, type Tensor, zeros } from '../../src/index.ts';
import { openDevice, type OpenedDevice, productTraits } from '../../src/webgpu/adapter.ts';
import { WebGpuBackend } from '../../src/webgpu/backend.ts';
import {
  allVariants,
  inParts,
  runsWithin,
  type TileVariant,
  type Variant,
  type VectorVariant,
} from '../../src/webgpu/kernels/matmul-variants.ts';
import { close } from '../support/expect.ts';

let opened: OpenedDevice;

beforeAll(async () => {
  opened = await openDevice(null);
});

/** A device on which all products that `variant` suits run by it. */
function deviceWith(variant: Variant): Device {
  const traits = { ...productTraits(opened, []), forced: variant };
  expect(runsWithin(variant, traits), `${variant.name} needs more than this adapter has`).toBe(true);
  const device = new Device('webgpu', async () => new WebGpuBackend(opened, traits), flushOverflow);
  return device;
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
const squares = [
  [1, 1, 1],
  [2, 3, 2],
  [4, 8, 4],
  [127, 129, 131],
  [129, 64, 128],
  [1023, 65, 33],
  [33, 17, 300],
  [5, 4097, 7],
  [16, 4096, 16],
  [65, 1, 70],
  [66, 2, 2],
] as const;

const matrices: readonly Case[] = [
  ...squares.flatMap(([M, K, N]): Case[] => [
    { name: `${M}x${K}x${N}`, a: [M, K], b: [K, N], compute: product },
    { name: `${M}x${K}x${N}, NT`, a: [M, K], b: [N, K], compute: (a, b) => a.matmul(b.t()) },
    { name: `${M}x${K}x${N}, TN`, a: [K, M], b: [K, N], compute: (a, b) => a.t().matmul(b) },
  ]),
  { name: 'both turned', a: [70, 36], b: [130, 70], compute: (a, b) => a.t().matmul(b.t()) },
  { name: 'batches', a: [3, 33, 20], b: [3, 20, 41], compute: product },
  { name: 'batches over one matrix', a: [3, 33, 20], b: [1, 20, 41], compute: (a, b) => a.matmul(b.expand(3, 20, 41)) },
  { name: 'batches turned', a: [3, 20, 36], b: [3, 44, 20], compute: (a, b) => a.mT.matmul(b.mT) },
  {
    name: 'parts of larger ones',
    a: [70, 90],
    b: [90, 70],
    compute: (a, b) => a.index('1:68, 2:87').matmul(b.index('2:87, 3:')),
  },
  {
    name: 'bias and relu behind it',
    a: [67, 300],
    b: [300, 45],
    compute: (a, b) => a.matmul(b).add(b.index(3)).relu(),
  },
  {
    name: 'batches with formulas behind them, one of another layout',
    a: [2, 40, 40],
    b: [2, 40, 40],
    compute: (a, b) => a.matmul(b).mul(a.mT).add(a.index(0, 0)).tanh(),
  },
  { name: 'no rows', a: [0, 5], b: [5, 4], compute: product },
  { name: 'no terms', a: [40, 0], b: [0, 34], compute: product },
];

const vectors: readonly Case[] = [
  ...[
    [1, 1],
    [127, 129],
    [1023, 65],
    [5, 4097],
    [3, 20_000],
    [4097, 7],
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

async function compare({ name, a, b, compute }: Case, device: Device, whole: boolean): Promise<void> {
  manualSeed(7);
  const make = (shape: readonly number[]): Tensor =>
    whole ? randint(-9, 9, [...shape], { device: 'cpu' }) : randn([...shape], { device: 'cpu' });
  const [x, y] = [make(a), make(b)];
  const wanted = compute(x, y);
  const found = compute(x.to(device), y.to(device));
  expect(found.shape, name).toEqual(wanted.shape);
  const K = a.at(-1) as number;
  try {
    close(
      await found.numpy(),
      await wanted.numpy(),
      whole ? { relative: 0, absolute: 0 } : { relative: 2e-5, absolute: 2e-6 * Math.sqrt(K + 1) * 3 },
    );
  } catch (error) {
    throw new Error(`${name}: ${String(error)}`, { cause: error });
  }
}

const uncut = allVariants.filter((variant) => variant.kind !== 'registers') as readonly (TileVariant | VectorVariant)[];
const cut = uncut.map((variant, at) => inParts(variant, [4, 16, 2][at % 3]));
const candidates: readonly Variant[] = [...allVariants, ...cut];

describe.each(candidates.map((variant) => [variant.name, variant] as const))('%s', (name, variant) => {
  test('gives what the CPU gives', async () => {
    const device = deviceWith(variant);
    for (const one of variant.kind === 'vector' ? vectors : matrices) await compare(one, device, false);
    expect(programsOf(device).filter((key) => key.includes(`|${name}|`)).length).toBeGreaterThan(0);
    const parts = programsOf(device).filter((key) => key.startsWith('parts|'));
    expect(parts.length > 0).toBe(variant.parts > 1);
  });

  test('multiplies integers exactly', async () => {
    const device = deviceWith(variant);
    const [one, other] = variant.kind === 'vector' ? [vectors[4], vectors[6]] : [matrices[9], matrices[16]];
    for (const each of [one, other]) await compare(each, device, true);
  });

  test('gives the same bits twice', async () => {
    const device = deviceWith(variant);
    manualSeed(1);
    const [M, N] = variant.kind === 'vector' ? [50, 1] : [50, 40];
    const [a, b] = [randn(M, 3000, { device }), randn(3000, N, { device })];
    const first = await a.matmul(b).numpy();
    expect(await a.matmul(b.add(zeros(1, { device }))).numpy()).toEqual(first);
  });
});
