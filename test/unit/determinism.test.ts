// Why the same program gives the same bits: the text of the GPU programs has no atomics, whose order the hardware chooses, and
// no reductions across a subgroup, whose order the standard leaves open.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

function filesOf(folder: string, ending: string): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
}

/** A program's text without its comments. */
const codeOf = (file: string): string =>
  readFileSync(join(root, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/\/\/[^\n]*/g, ' ');

const files = [...filesOf('shaders', '.wgsl'), ...filesOf('src/webgpu', '.ts')];
const unordered = /\batomic\w*|\bsubgroup(Add|Mul|InclusiveAdd|ExclusiveAdd|InclusiveMul|ExclusiveMul)\b/;

test('there are programs to look at', () => {
  expect(files.filter((file) => file.endsWith('.wgsl')).length).toBeGreaterThan(15);
});

test.each(files)('%s: nothing whose order varies', (file) => {
  expect(unordered.exec(codeOf(file))?.[0]).toBeUndefined();
});

test('the pattern finds what it looks for', () => {
  expect(unordered.test('atomicAdd(&x, 1u)') && unordered.test('var<storage> a: array<atomic<u32>>;')).toBe(true);
  expect(unordered.test('let s = subgroupAdd(x);')).toBe(true);
});
