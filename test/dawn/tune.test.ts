// tune() on a GPU: winners are kept and found by a device that is opened later, an open one keeps its kernels, and a program
// that is wrong, or writes where it must not, or does not compile, never wins.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { getDefaultDevice, init, randn, tune } from '../../src/index.ts';
import { findAdapter, identityOf, openDevice } from '../../src/webgpu/adapter.ts';
import { chooseMatmul, type ProductShape, type ProductTraits } from '../../src/webgpu/kernels/matmul-choice.ts';
import { registerVariants, type RegisterVariant } from '../../src/webgpu/kernels/matmul-variants.ts';
import { candidatesFor } from '../../src/webgpu/tuning/candidates.ts';
import { fileShelf, winnersIn } from '../../src/webgpu/tuning/store.ts';
import { tuneOn } from '../../src/webgpu/tuning/tune.ts';

/** Milliseconds a test may take: programs are compiled for many layouts. */
const limit = 240_000;

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wgrad-tune-'));
  file = join(folder, 'tune.json');
  vi.stubEnv('WGRAD_TUNE_FILE', file);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** By what the open device chooses. */
function traitsOfDevice(): ProductTraits {
  const backend = getDefaultDevice().backend as unknown as { readonly adapter: { readonly products: ProductTraits } };
  return backend.adapter.products;
}

const open = async () => openDevice(await findAdapter(null));

test(
  'what is measured before a device is open counts for it, later measurements wait',
  async () => {
    const report = await tune({
      shapes: [
        [48, 40, 33],
        [70, 200, 1],
        [8, 16, 8, 3],
      ],
      budget: 600_000,
    });
    expect(report.rows.map(({ shape }) => [shape.form, shape.M, shape.N, shape.batches])).toEqual([
      ['matrices', 48, 33, 1],
      ['line', 70, 1, 1],
      ['columns', 70, 1, 1],
      ['matrices', 8, 8, 3],
    ]);
    for (const { shape, shipped, variant, rejected, measured, milliseconds, gigaflops, speedup } of report.rows) {
      expect(rejected).toEqual([]);
      expect(measured.map((one) => one.variant)).toContain(variant);
      expect(measured.map((one) => one.variant)).toContain(shipped);
      expect(milliseconds).toBeGreaterThan(0);
      expect(gigaflops).toBeCloseTo((2e-6 * shape.M * shape.K * shape.N * shape.batches) / milliseconds, 6);
      expect(speedup).toBeGreaterThanOrEqual(1);
    }
    expect(report).toMatchObject({ skipped: [], kept: file, waits: false });
    expect(String(report).split('\n')).toHaveLength(1 + 1 + 4 + 1);

    const adapter = await findAdapter(null);
    const stored = winnersIn(await fileShelf(file).read(identityOf(adapter.info)));
    expect(stored).toEqual(report.rows.map(({ shape, variant }) => ({ ...shape, variant })));

    await init({ device: 'webgpu' });
    const { winners } = traitsOfDevice();
    expect(winners).toEqual(stored);
    const [first] = report.rows;
    expect(chooseMatmul(first.shape, traitsOfDevice(), 2 ** 27).name).toBe(first.variant);

    const [a, b] = [randn(50, 60), randn(60, 70)];
    const before = await a.matmul(b).numpy();
    const again = await tune({ shapes: [[50, 60, 70]], budget: 1 });
    expect(again).toMatchObject({ kept: file, waits: true });
    expect(traitsOfDevice().winners).toBe(winners);
    expect(await a.matmul(b).numpy()).toEqual(before);
    expect(winnersIn(await fileShelf(file).read(identityOf(adapter.info)))).toHaveLength(stored.length + 1);
  },
  limit,
);

/** A program with a part of its text replaced. */
function spoilt(variant: RegisterVariant, name: string, text: string, by: string): RegisterVariant {
  expect(variant.template.includes(text)).toBe(true);
  return { ...variant, name, template: variant.template.replace(text, by) };
}

test(
  'a program that is wrong never wins',
  async () => {
    const { small } = registerVariants;
    const broken = [
      spoilt(
        small,
        'forgets the last k',
        'for (var k = 4u * turns; k < K; k++)',
        'for (var k = 4u * turns; k + 1u < K; k++)',
      ),
      spoilt(small, 'is right for short sums', 'let K = params.K;', 'let K = min(params.K, 90u);'),
      spoilt(small, 'writes in front', 'out[index] = value;', 'out[index] = value; if (index == 64u) { out[3] = 1; }'),
      spoilt(
        small,
        'writes behind',
        'out[index] = value;',
        'out[index] = value; if (index == 64u) { out[64u + params.batches * params.M * params.N] = 1; }',
      ),
      spoilt(small, 'writes nothing', 'out[index] = value;', 'if (params.M == 0u) { out[index] = value; }'),
      spoilt(small, 'does not compile', 'out[index] = value;', 'out[index] = valve;'),
    ];
    const shape = [64, 96, 48];
    const report = await tuneOn(await open(), { shapes: [shape], file }, () => [small, ...broken]);
    const [row] = report.rows;
    expect(row.variant).toBe(small.name);
    expect(row.measured.map(({ variant }) => variant)).toEqual([small.name]);
    expect(row.rejected.map(({ variant }) => variant)).toEqual(broken.map(({ name }) => name));
    const reasons = row.rejected.map(({ reason }) => reason);
    expect(reasons[0]).toMatch(/where .* should be, at \(/);
    expect(reasons[1]).toMatch(/where .* should be, at \(/);
    expect(reasons.slice(2, 4)).toEqual(Array(2).fill('it writes outside its result'));
    expect(reasons[4]).toMatch(/^NaN where/);
    expect(reasons[5]).toMatch(/^it does not run: .*valve/s);

    // Even where it alone is left: then there is no winner, and nothing is kept.
    const lone = await tuneOn(await open(), { shapes: [[20, 20, 20]], file: join(folder, 'lone.json') }, () => [
      broken[0],
    ]);
    expect(lone.rows[0]).toMatchObject({ variant: null, measured: [] });
    expect(Object.values(JSON.parse(readFileSync(join(folder, 'lone.json'), 'utf8')))).toMatchObject([{ winners: [] }]);
  },
  limit,
);

test(
  'a large product is checked too, and time that runs out is said',
  async () => {
    const shape: ProductShape = { form: 'matrices', M: 260, K: 260, N: 260, batches: 1 };
    const report = await tuneOn(
      await open(),
      {
        shapes: [
          [260, 260, 260],
          [8, 8, 8],
        ],
        budget: 1,
        file,
      },
      candidatesFor,
    );
    expect(report.rows.length + report.skipped.length).toBe(2);
    expect(report.rows[0]).toMatchObject({ shape, rejected: [] });
    expect(report.rows[0].measured).toHaveLength(1);
    expect(report.rows[0].unmeasured.length).toBe(Object.keys(registerVariants).length - 1);
    expect(report.skipped).toEqual([{ form: 'matrices', M: 8, K: 8, N: 8, batches: 1 }]);
  },
  limit,
);
