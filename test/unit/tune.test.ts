// The parts of tune() that need no GPU: what is stored and what of it is believed, the check of results, the table.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ArgumentError, tune } from '../../src/index.ts';
import type { Winner } from '../../src/webgpu/kernels/matmul-choice.ts';
import { kernelsVersion, tileVariants } from '../../src/webgpu/kernels/matmul-variants.ts';
import { faultOf, laid, uniform } from '../../src/webgpu/tuning/check.ts';
import { rowOf, tableOf } from '../../src/webgpu/tuning/report.ts';
import { defaultFile, fileShelf, joined, keep, winnersFor, winnersIn } from '../../src/webgpu/tuning/store.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wgrad-tune-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

const winner: Winner = { form: 'matrices', M: 512, K: 512, N: 512, batches: 1, variant: tileVariants.middle.name };
const kept = (winners: unknown, kernels: unknown = kernelsVersion()) => ({ kernels, date: '', winners });

test('of a stored value only winners of these kernels are believed', () => {
  expect(winnersIn(kept([winner]))).toEqual([winner]);
  expect(winnersIn(kept([winner], 'older'))).toEqual([]);
  const corrupt: readonly unknown[] = [undefined, null, 3, 'text', [], {}, kept(null), kept({ 0: winner })];
  for (const one of corrupt) expect(winnersIn(one)).toEqual([]);
  const odd = [
    null,
    1,
    [],
    { ...winner, M: '512' },
    { ...winner, K: -1 },
    { ...winner, N: 0.5 },
    { ...winner, form: 'x' },
  ];
  expect(winnersIn(kept([...odd, { ...winner, variant: 7 }, { ...winner, more: 1 }]))).toEqual([winner]);
});

test('later winners replace earlier ones shape by shape', () => {
  const other = { ...winner, N: 10 };
  const newer = { ...winner, variant: tileVariants.small.name };
  expect(joined([winner, other], [newer])).toEqual([newer, other]);
});

test('a file keeps a value a key, makes its folder, and survives being corrupt', async () => {
  const path = join(folder, 'deep', 'er', 'tune.json');
  const shelf = fileShelf(path);
  expect(await shelf.read('one')).toBeUndefined();
  await shelf.write('one', kept([winner]));
  await shelf.write('two', 2);
  expect(winnersIn(await shelf.read('one'))).toEqual([winner]);
  expect(readdirSync(join(folder, 'deep', 'er'))).toEqual(['tune.json']);
  for (const text of ['', '{"one": {"kern', '[1]', 'null', '\u0000\u0001']) {
    writeFileSync(path, text);
    expect(winnersIn(await shelf.read('one'))).toEqual([]);
  }
  await shelf.write('one', 1);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ one: 1 });
});

test('what is kept is found by a later start, and by this one where no device is open yet', async () => {
  const path = join(folder, 'tune.json');
  vi.stubEnv('WGRAD_TUNE_FILE', path);
  expect(await keep('adapter 1', [winner])).toBe(path);
  expect(await winnersFor('adapter 1')).toEqual([winner]);
  expect(await winnersFor('adapter 2')).toEqual([]);
  // A device is open now: what is measured waits, and adds to what was there.
  const other = { ...winner, N: 10 };
  await keep('adapter 1', [other]);
  expect(await winnersFor('adapter 1')).toEqual([winner]);
  vi.resetModules();
  const later = (await import('../../src/webgpu/tuning/store.ts')) as { winnersFor: typeof winnersFor };
  expect(await later.winnersFor('adapter 1')).toEqual([winner, other]);
});

test('a store that cannot be written or read is none', async () => {
  writeFileSync(join(folder, 'file'), '');
  const path = join(folder, 'file', 'tune.json');
  expect(await keep('adapter 3', [winner], path)).toBeNull();
  vi.stubEnv('WGRAD_TUNE_FILE', path);
  expect(await winnersFor('adapter 4')).toEqual([]);
});

test('the default file is in the cache of the user, or where WGRAD_TUNE_FILE says', () => {
  vi.stubEnv('WGRAD_TUNE_FILE', '');
  expect(defaultFile()).toBeNull();
  vi.stubEnv('WGRAD_TUNE_FILE', '/tmp/x.json');
  expect(defaultFile()).toBe('/tmp/x.json');
  vi.stubEnv('WGRAD_TUNE_FILE', undefined);
  vi.stubEnv('XDG_CACHE_HOME', '/cache');
  if (process.platform === 'linux') expect(defaultFile()).toBe('/cache/wgrad/tune.json');
  else expect(defaultFile()).toMatch(/wgrad.tune\.json$/);
});

/** The product in float32, as a kernel adds it up. */
function computed(M: number, K: number, N: number, turned = false) {
  const [a, b] = [laid(M, K, 1, turned, 1), laid(K, N, 1, !turned, 2)];
  const out = new Float32Array(M * N);
  for (let row = 0; row < M; row++) {
    for (let column = 0; column < N; column++) {
      let sum = 0;
      for (let k = 0; k < K; k++) {
        const product = a.data[row * a.rows + k * a.columns] * b.data[k * b.rows + column * b.columns];
        sum = Math.fround(sum + Math.fround(product));
      }
      out[row * N + column] = sum;
    }
  }
  return { shape: { M, K, N, batches: 1 }, a, b, out };
}

test.each([
  ['element by element', 20, 300, 30],
  ['one term', 9, 1, 9],
  ['through a random vector', 130, 600, 120],
])('a right product passes, and any wrong element shows: %s', (_, M, K, N) => {
  for (const turned of [false, true]) {
    const { shape, a, b, out } = computed(M, K, N, turned);
    expect(faultOf(shape, a, b, out)).toBeNull();
    for (const at of [0, N - 1, (M >> 1) * N + 3, M * N - 1]) {
      for (const wrong of [NaN, Infinity, out[at] + 0.02, 0]) {
        const spoilt = out.slice();
        spoilt[at] = wrong;
        expect(faultOf(shape, a, b, spoilt), `${wrong} at ${at}`).not.toBeNull();
      }
    }
  }
});

test('random numbers are the same each time, spread over [-1, 1), and other ones for another seed', () => {
  const values = uniform(10_000, 1);
  expect(uniform(10_000, 1)).toEqual(values);
  expect(uniform(10, 2)).not.toEqual(values.slice(0, 10));
  expect(Math.max(...values)).toBeLessThan(1);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(-1);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(square - 1 / 3)).toBeLessThan(0.02);
});

const shape = { form: 'matrices', M: 100, K: 100, N: 100, batches: 1 } as const;
const time = (variant: string, milliseconds: number) => ({ variant, milliseconds });

test('the shipped program stays unless another is clearly faster, or it is wrong', () => {
  expect(rowOf(shape, 'a', [time('a', 1.02), time('b', 1)], [], [])).toMatchObject({ variant: 'a', speedup: 1 });
  const clear = rowOf(shape, 'a', [time('a', 2), time('b', 1), time('c', 1.5)], [], []);
  expect(clear).toMatchObject({ variant: 'b', speedup: 2, milliseconds: 1 });
  expect(clear.gigaflops).toBeCloseTo(2, 10);
  const wrong = { variant: 'a', reason: 'wrong' };
  expect(rowOf(shape, 'a', [time('b', 3)], [wrong], [])).toMatchObject({ variant: 'b', speedup: NaN });
  expect(rowOf(shape, 'a', [], [wrong], [])).toMatchObject({ variant: null, milliseconds: NaN });
});

test('the table', () => {
  const report = {
    adapter: 'an adapter',
    rows: [
      rowOf(
        shape,
        'a',
        [time('a', 2), time('b', 1)],
        [{ variant: 'c', reason: 'it writes outside its result' }],
        ['d'],
      ),
      rowOf({ form: 'columns', M: 1, K: 4096, N: 4096, batches: 3 }, 'v', [], [], ['v']),
    ],
    skipped: [shape],
    kept: '/cache/tune.json',
    waits: true,
    milliseconds: 1234,
  };
  expect(tableOf(report)).toMatchInlineSnapshot(`
    "an adapter
    M x K x N                        ms  GFLOP/s  speed-up  program        measured
    100 x 100 x 100                1.00     2.00      2.00  b              2 of 3
    3 of 1 x 4096 x 4096 (turned)     -        -         -  none is right  0 of 1
    rejected: c: it writes outside its result
    not measured: 100 x 100 x 100
    1.2 s; kept in /cache/tune.json, for the next start"
  `);
});

test('options that mean nothing are errors', async () => {
  await expect(tune({ shape: [[1, 2, 3]] } as object)).rejects.toThrow(
    '[tune] unknown option shape: the options are shapes, budget, file',
  );
  await expect(tune({ shapes: [[1, 2]] })).rejects.toThrow(
    '[tune] a shape [1, 2]: a product is [M, K, N] or [M, K, N, batches], positive integers',
  );
  await expect(tune({ shapes: [[1, 0, 2]] })).rejects.toThrow(ArgumentError);
  await expect(tune({ budget: NaN })).rejects.toThrow('[tune] a budget of NaN ms: it must be positive');
});
