// Every operation: PyTorch's recorded numbers and gradients (test/golden/ops*.json), and the GPU against the CPU device on
// odd sizes, layouts and dtypes (test/ops). On the CPU device the calls of the table run against themselves in float64.
import linalgGolden from '../golden/linalg.json';
import { missingIn, operations, rows, sampled, withoutRow } from '../ops/index.ts';
import { type Call, type Row, tensorFor } from '../ops/table.ts';
import { camelCase, checkSample, lookUp, type Sample } from '../ops/samples.ts';
import type { Tensor } from '../../src/index.ts';
import { close, same } from '../support/expect.ts';
import { type Context, defineSuite } from '../support/suite.ts';

/** All that PyTorch recorded: ops.json, and a file for each theme that came later. */
const recordings = import.meta.glob<Readonly<Record<string, readonly Sample[]>>>('../golden/ops*.json', {
  eager: true,
  import: 'default',
});
const samples: Record<string, Sample[]> = {};
for (const recording of Object.values(recordings)) {
  for (const [op, list] of Object.entries(recording)) (samples[op] ??= []).push(...list);
}

/** Float32 results of a few roundings; sums over a handful of elements. */
const bounds = {
  value: { absolute: 2e-6, relative: 2e-5 },
  gradient: { absolute: 1e-5, relative: 1e-4 },
};

const asList = (result: Tensor | readonly Tensor[]): readonly Tensor[] => [result].flat() as Tensor[];

/** One call on two devices (or in two float types): answers of the same dtypes, shapes and numbers. */
async function compareCall(row: Row, call: Call, label: string, { device }: Context): Promise<void> {
  const run = (on: 'cpu' | 'webgpu', float: 'float32' | 'float64') =>
    asList(call.run(...call.inputs.map((input, at) => tensorFor(input, at, on, float))));
  const found = run(device, 'float32');
  const wanted = run('cpu', device === 'cpu' ? 'float64' : 'float32');
  const numbers = await Promise.all([...found, ...wanted].map((one) => one.numpy()));
  same(found.length, wanted.length, `${label}: number of results`);
  found.forEach((one, at) => {
    same(one.shape, wanted[at].shape, `${label}: shape of result ${at}`);
    if (device === 'webgpu') same(one.dtype, wanted[at].dtype, `${label}: dtype of result ${at}`);
    const exact = one.dtype !== 'float32';
    const tolerance = exact
      ? { absolute: 0, relative: 0 }
      : { absolute: row.absolute ?? 2e-6, relative: row.relative ?? 1e-5 };
    close(numbers[at], numbers[at + found.length], tolerance, `${label}, result ${at}`);
  });
}

export const suite = defineSuite('ops', (test) => {
  test('every operation has a row and PyTorch numbers', () => {
    same(withoutRow(), [], 'operations without a row in test/ops and without samples');
    same(
      missingIn(new Set(operations.flat().filter((name) => !name.endsWith('(hidden)')))),
      [],
      'functions of src/ops that the package does not export',
    );
    // The last is PyTorch's name of the function that JavaScript could not call `var`.
    const spectral = linalgGolden.spectral.flatMap(({ op }) => [op, `linalg.${op}`]);
    const named = [...Object.keys(samples), ...Object.keys(linalgGolden.samples), ...spectral];
    const recorded = new Set([...named.map(camelCase), ...sampled, 'variance']);
    same(missingIn(recorded), [], 'operations without samples in test/golden');
    same(
      Object.keys(samples).filter((name) => lookUp(name) === undefined),
      [],
      'samples of operations that do not exist',
    );
  });

  for (const [op, list] of Object.entries(samples)) {
    test(`${op}: as PyTorch`, async () => {
      for (const [at, sample] of list.entries()) {
        try {
          await checkSample(op, sample, bounds);
        } catch (error) {
          throw new Error(`sample ${at}: ${String(error)}`, { cause: error });
        }
      }
    });
  }

  const seen = new Map<string, number>();
  for (const row of rows) {
    const count = (seen.get(row.name) ?? 0) + 1;
    seen.set(row.name, count);
    test(`${row.name}${count > 1 ? ` (${count})` : ''}: odd sizes, layouts, dtypes`, async (context) => {
      await Promise.all(row.calls.map((call, at) => compareCall(row, call, `${row.name}, call ${at}`, context)));
    });
  }
});
