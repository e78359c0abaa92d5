// Reads the sources of src/ and fails on a breach of the layers of ARCHITECTURE.md: imports against the direction,
// cycles, WebGPU's types outside src/webgpu, files that grew too long. Knows the files by their names alone.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/**
 * The rows of src/, from the bottom. A file imports from the rows below its own and from its own column; a row is one
 * column, or several that never import each other. `folder/` stands for all that is in it, a file name for that file,
 * and '*' for every file directly in src/ that no row names.
 */
const rows: readonly (readonly (readonly string[])[])[] = [
  [['errors.ts', 'dtype.ts', 'shape.ts', 'host/']],
  [['core/']],
  [['ops/']],
  [['create/', 'autograd/', 'methods/', 'inspect/', '*']],
  [
    ['nn/', 'optim/', 'data/', 'io/', 'distributions/'],
    ['cpu/', 'webgpu/'],
  ],
  [['index.ts']],
];
/** The only folder in which names of WebGPU's types may stand. */
const gpuFolder = 'webgpu/';
const longest = 450;

interface Place {
  readonly row: number;
  readonly column: number;
}

/** Where a file (`ops/matmul.ts`) belongs, or undefined for a folder that the table does not name. */
function placeOf(file: string): Place | undefined {
  let rest: Place | undefined;
  for (const [row, columns] of rows.entries()) {
    for (const [column, entries] of columns.entries()) {
      if (entries.some((entry) => (entry.endsWith('/') ? file.startsWith(entry) : file === entry))) {
        return { row, column };
      }
      if (entries.includes('*')) rest = { row, column };
    }
  }
  return file.includes('/') ? undefined : rest;
}

/** Whether a file at `from` may import one at `to`. */
function mayImport(from: Place, to: Place): boolean {
  return to.row < from.row || (to.row === from.row && to.column === from.column);
}

/** A comment, or a string (which may hold what looks like a comment), whichever starts first. */
const commentOrString = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

function withoutComments(source: string): string {
  return source.replace(commentOrString, (text) => (text.startsWith('/') ? ' ' : text));
}

function withoutCommentsAndStrings(source: string): string {
  return source.replace(commentOrString, ' ');
}

/** The files of src/ that a file imports, types included: `import`, `export ... from` and `import()`. */
function importsOf(file: string, source: string): string[] {
  const specifiers = withoutComments(source).matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.[^'"]*)\1/g);
  const paths = [...specifiers].map(([, , path]) => posix.normalize(posix.join(dirname(file), path)));
  return [...new Set(paths.filter((path) => path.endsWith('.ts') && !path.startsWith('..')))];
}

/** One cycle of a graph as a path that ends where it starts, or undefined. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const walk = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const cycle = walk(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = walk(file);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

const folder = fileURLToPath(new URL('../../src/', import.meta.url));
const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
const sources = new Map(
  names.filter((name) => name.endsWith('.ts')).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
);
const imports = new Map([...sources].map(([file, source]) => [file, importsOf(file, source)]));

test('every file of src/ belongs to a row', () => {
  expect([...sources.keys()].filter((file) => placeOf(file) === undefined)).toEqual([]);
});

test('a file imports only from the rows below it and from its own column', () => {
  const breaches: string[] = [];
  for (const [file, paths] of imports) {
    const from = placeOf(file);
    for (const path of paths) {
      const to = placeOf(path);
      if (from !== undefined && to !== undefined && !mayImport(from, to)) breaches.push(`${file} imports ${path}`);
    }
  }
  expect(breaches).toEqual([]);
});

test('there is no cycle of imports', () => {
  expect(findCycle(imports)?.join(' -> ')).toBeUndefined();
});

test(`names of WebGPU's types stand in src/${gpuFolder} only`, () => {
  const breaches = [...sources].flatMap(([file, source]) => {
    const name = file.startsWith(gpuFolder) ? undefined : /\bGPU[A-Z]\w*/.exec(withoutCommentsAndStrings(source))?.[0];
    return name === undefined ? [] : [`${file}: ${name}`];
  });
  expect(breaches).toEqual([]);
});

test(`no file has more than ${longest} lines`, () => {
  const lengths = [...sources].map(([file, source]) => ({ file, lines: source.split('\n').length - 1 }));
  expect(lengths.filter(({ lines }) => lines > longest)).toEqual([]);
});

test('the reader of imports sees each form, and neither comments nor strings', () => {
  const source = [
    "import { a } from './a.ts';",
    "import type { B } from '../shape.ts'; // from './no.ts'",
    "export {\n  c,\n} from './c.ts';",
    "import './d.ts';",
    "const e = await import('./e.ts');",
    "import text from '../../shaders/f.wgsl?raw';",
    "const url = 'https://example.org'; /* import './no.ts' */",
  ].join('\n');
  expect(importsOf('ops/x.ts', source)).toEqual(['ops/a.ts', 'shape.ts', 'ops/c.ts', 'ops/d.ts', 'ops/e.ts']);
  const graph = { 'a.ts': ['b.ts'], 'b.ts': ['c.ts'], 'c.ts': ['b.ts'] };
  expect(findCycle(new Map(Object.entries(graph)))).toEqual(['b.ts', 'c.ts', 'b.ts']);
});
