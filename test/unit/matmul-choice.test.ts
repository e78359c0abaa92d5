// Which program multiplies: by what ships for a class of adapter, by what was measured, by what a test forces.
import { expect, test } from 'vitest';
import { type AdapterWords, gradeOf, identityOf } from '../../src/webgpu/adapter.ts';
import {
  type AdapterGrade,
  chooseMatmul,
  distanceOf,
  groupsOf,
  type ProductShape,
  type ProductTraits,
} from '../../src/webgpu/kernels/matmul-choice.ts';
import {
  allVariants,
  inParts,
  partCounts,
  promisedLimits,
  registerVariants,
  runsWithin,
  tileVariants,
  variantNamed,
  vectorVariants,
} from '../../src/webgpu/kernels/matmul-variants.ts';
import { candidatesFor, shapesOf, usualShapes } from '../../src/webgpu/tuning/candidates.ts';

const binding = 2 ** 27;
const large = { workgroupBytes: 49_152, workgroupThreads: 1024 };

function traits(grade: AdapterGrade, more: Partial<ProductTraits> = {}): ProductTraits {
  return { grade, winners: [], forced: null, ...promisedLimits, ...more };
}

function shape(M: number, K: number, N: number, batches = 1): ProductShape {
  return { form: 'matrices', M, K, N, batches };
}

const chosen = (one: ProductShape, of: ProductTraits): string => chooseMatmul(one, of, binding).name;

test('software adapters get tiles in registers, as large as leaves no core idle', () => {
  const software = traits('software');
  expect(chosen(shape(512, 512, 512), software)).toBe('registers 32x32');
  expect(chosen(shape(32, 32, 32), software)).toBe('registers 16x16');
  expect(chosen(shape(128, 256, 10), software)).toBe('registers 32x16');
  expect(chosen(shape(10, 128, 256), software)).toBe('registers 16x32');
  expect(chosen({ ...shape(500, 500, 1), form: 'line' }, software)).toBe('vector 64x1');
});

test('hardware gets the largest tile that fills it, and the sum in parts where none does', () => {
  const discrete = traits('discrete');
  expect(chosen(shape(4096, 4096, 4096), discrete)).toMatch(/^tiles 128x128x16, 8x8 a thread$/);
  expect(chosen(shape(4096, 4096, 4096), traits('discrete', large))).toMatch(/^tiles 128x128x16.*two stages$/);
  expect(chosen(shape(512, 512, 512), discrete)).toMatch(/^tiles 32x32/);
  expect(chosen(shape(512, 512, 512), traits('integrated'))).toMatch(/^tiles 128x128x16/);
  // Tiles that would lie mostly outside are no choice, however many there are.
  expect(chosen(shape(100_000, 64, 10), discrete)).toMatch(/^tiles 32x32/);
  const cut = chooseMatmul(shape(64, 65_536, 64), discrete, binding);
  expect(cut.parts).toBe(32);
  expect(groupsOf(cut, shape(64, 65_536, 64)) * cut.parts).toBeGreaterThanOrEqual(128);
  expect(chooseMatmul(shape(64, 300, 64), discrete, binding).parts).toBe(1);
  expect(chooseMatmul(shape(1, 1, 1), discrete, binding).parts).toBe(1);
});

test('a matrix times a vector is read along its lines, or along its columns', () => {
  const discrete = traits('discrete');
  const line = (M: number, K: number) => chosen({ ...shape(M, K, 1), form: 'line' }, discrete);
  expect(line(100_000, 10)).toBe('vector 64x1');
  expect(line(10_000, 100)).toBe('vector 8x8');
  expect(line(4096, 4096)).toBe('vector 1x64');
  expect(line(1, 1 << 20)).toBe('vector 1x256, k in 32 parts');
  expect(chosen({ ...shape(1, 4096, 4096), form: 'columns' }, discrete)).toBe('vector 32x8, k in 4 parts');
});

test('what was measured is taken for shapes near it, where the adapter can run it', () => {
  const winner = { ...shape(512, 512, 512), variant: tileVariants.middle.name };
  const tuned = traits('discrete', { winners: [winner] });
  expect(chosen(shape(512, 512, 512), tuned)).toBe(tileVariants.middle.name);
  expect(chosen(shape(1000, 1000, 1000), tuned)).toBe(tileVariants.middle.name);
  expect(chosen(shape(2048, 2048, 2048), tuned)).toMatch(/^tiles 128x128/);
  expect(chosen({ ...shape(512, 512, 1), form: 'line' }, tuned)).toMatch(/^vector/);
  // Of two the nearer, of two as near the first.
  const near = { ...shape(1024, 1024, 1024), variant: tileVariants.tall.name };
  expect(chosen(shape(900, 900, 900), traits('discrete', { winners: [winner, near] }))).toBe(near.variant);
  // Names of other versions, of other forms, and programs that need more than there is.
  for (const variant of ['tiles 7x7', vectorVariants.line.name, tileVariants.largeStaged.name]) {
    const odd = traits('discrete', { winners: [{ ...winner, variant }] });
    expect(chosen(shape(512, 512, 512), odd)).toBe(chosen(shape(512, 512, 512), traits('discrete')));
  }
  expect(distanceOf(shape(64, 64, 64), shape(128, 32, 64, 2))).toBe(3);
});

test('what is forced is taken where it suits', () => {
  const forced = traits('software', { forced: tileVariants.small });
  expect(chosen(shape(5, 5, 5), forced)).toBe(tileVariants.small.name);
  expect(chosen({ ...shape(5, 5, 1), form: 'line' }, forced)).toBe('vector 64x1');
});

test('a sum has no more parts than fit a buffer, nor than it has terms', () => {
  const forced = traits('discrete', { forced: inParts(tileVariants.small, 32) });
  expect(chooseMatmul(shape(100, 4096, 100), forced, binding).parts).toBe(32);
  expect(chooseMatmul(shape(100, 4096, 100), forced, 4 * 100 * 100 * 9).parts).toBe(8);
  expect(chooseMatmul(shape(100, 4096, 100), forced, 4 * 100 * 100).name).toBe(tileVariants.small.name);
  expect(chooseMatmul(shape(100, 3, 100), forced, binding).parts).toBe(2);
  expect(chooseMatmul(shape(100, 0, 100), forced, binding).parts).toBe(1);
});

test('names are unique and lead back to their programs', () => {
  const cut = allVariants.flatMap((one) =>
    one.kind === 'registers' ? [] : partCounts.map((parts) => inParts(one, parts)),
  );
  const all = [...allVariants, ...cut];
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  for (const one of all) expect(variantNamed(one.name)).toEqual(one);
  for (const name of ['', 'tiles', 'registers 32x32, k in 4 parts', 'vector 1x64, k in 3 parts', '__proto__']) {
    expect(variantNamed(name)).toBeNull();
  }
});

test('tiles keep what the program asks of them', () => {
  for (const { name, down, across, tall, broad, depth } of Object.values(tileVariants)) {
    const [quadsA, quadsB, blocks] = [down * tall, across * broad, depth / 4];
    expect((quadsA + quadsB) * blocks, `${name}: a block a thread`).toBeLessThanOrEqual(down * across);
    expect([quadsA % 8, quadsB % 8, depth % 4], `${name}: eight quads side by side`).toEqual([0, 0, 0]);
    expect(broad, `${name}: broad where tall`).toBeGreaterThanOrEqual(tall);
  }
});

test('every adapter can run what ships for it, and most of what is measured', () => {
  const needMore = allVariants.filter((one) => !runsWithin(one, promisedLimits));
  expect(needMore).toEqual([tileVariants.largeStaged]);
  expect(runsWithin(tileVariants.large, { workgroupBytes: 16_384, workgroupThreads: 128 })).toBe(false);
  for (const grade of ['software', 'integrated', 'discrete'] as const) {
    for (const one of usualShapes(grade)) {
      const candidates = candidatesFor(one, traits(grade));
      expect(candidates[0].name).toBe(chosen(one, traits(grade)));
      expect(new Set(candidates.map(({ name }) => name)).size).toBe(candidates.length);
      for (const candidate of candidates) expect(runsWithin(candidate, promisedLimits), candidate.name).toBe(true);
    }
  }
  expect(candidatesFor(shape(512, 512, 512), traits('software'))).toHaveLength(Object.keys(registerVariants).length);
  expect(candidatesFor(shape(1024, 1024, 1024), traits('discrete', large)).length).toBeGreaterThan(6);
});

test('sizes become shapes: with a vector two, as its matrix may lie both ways', () => {
  expect(shapesOf([2, 3, 4])).toEqual([shape(2, 3, 4)]);
  expect(shapesOf([2, 3, 4, 5])).toEqual([shape(2, 3, 4, 5)]);
  expect(shapesOf([2, 3, 1]).map(({ form }) => form)).toEqual(['line', 'columns']);
  expect(shapesOf([1, 3, 1]).map(({ form }) => form)).toEqual(['line']);
});

test('the class of an adapter', () => {
  const grade = (words: Partial<AdapterWords>) =>
    gradeOf({ vendor: '', architecture: '', device: '', description: '', ...words });
  expect(grade({ vendor: 'google', architecture: 'swiftshader' })).toBe('software');
  expect(grade({ vendor: 'mesa', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' })).toBe('software');
  expect(grade({ vendor: 'microsoft', description: 'Microsoft Basic Render Driver' })).toBe('software');
  expect(grade({ vendor: 'amd', isFallbackAdapter: true })).toBe('software');
  expect(grade({ vendor: 'nvidia', architecture: 'hopper' })).toBe('discrete');
  expect(grade({ vendor: 'nvidia', description: 'NVIDIA Tegra Orin' })).toBe('integrated');
  expect(grade({ vendor: 'amd', architecture: 'rdna-3', description: 'AMD Radeon RX 7900 XTX' })).toBe('discrete');
  expect(grade({ vendor: 'amd', description: 'AMD Radeon 780M Graphics' })).toBe('integrated');
  expect(grade({ vendor: 'amd', description: 'AMD Radeon(TM) Graphics' })).toBe('integrated');
  expect(grade({ vendor: 'intel', architecture: 'gen-12lp' })).toBe('integrated');
  expect(grade({ vendor: 'intel', description: 'Intel(R) Arc(TM) A770 Graphics' })).toBe('discrete');
  expect(grade({ vendor: 'apple', architecture: 'common-3' })).toBe('integrated');
  expect(grade({ vendor: 'arm', architecture: 'valhall' })).toBe('integrated');
  expect(grade({ vendor: 'intel', type: 'discrete GPU' })).toBe('discrete');
  expect(grade({ vendor: 'nvidia', type: 'integrated GPU' })).toBe('integrated');
  expect(grade({})).toBe('discrete');
});

test('the identity of an adapter tells drivers apart', () => {
  const words = { vendor: 'nvidia', architecture: 'ampere', device: '2204', description: 'RTX 3090' };
  expect(identityOf(words)).toBe('nvidia | ampere | 2204 | RTX 3090 | ');
  expect(identityOf({ ...words, driver: '550.1' })).not.toBe(identityOf({ ...words, driver: '560.2' }));
});
