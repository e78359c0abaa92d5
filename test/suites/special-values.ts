// NaN, infinities, zeros of both signs, huge and tiny numbers, and sweeps over each function's range, through the public
// operations: the cases of test/unit/prelude-cases.ts, which hold the error allowed to each function.
import * as wgrad from '../../src/index.ts';
import { cat, maximum, minimum, nn, tensor, type Tensor, where } from '../../src/index.ts';
import { close, same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';
import { agrees, preludeCases, preludeIntegerCases, preludePredicates, specialValues } from '../unit/prelude-cases.ts';

/** The public function behind a wrapper of the prelude, where the names differ. */
const renamed: Readonly<Record<string, string>> = {
  floor_divide: 'floorDivide',
  is_nan: 'isnan',
  is_inf: 'isinf',
  is_finite: 'isfinite',
};
type Callable = (...inputs: Tensor[]) => Tensor;

function publicFunction(wgsl: string): Callable | undefined {
  const bare = wgsl.replace(/^wg_/, '');
  const found = (wgrad as Record<string, unknown>)[renamed[bare] ?? bare];
  return typeof found === 'function' ? (found as Callable) : undefined;
}

/** One tensor for each operand. */
function operands(inputs: readonly (readonly number[])[], arity: number, dtype: 'float32' | 'int32'): Tensor[] {
  const pick = (at: number): number[] => inputs.map((row) => row[at]);
  return Array.from({ length: arity }, (_, at) => tensor(pick(at), { dtype }));
}

const floats = (x: Tensor): Promise<number[]> => x.numpy().then((values) => Array.from(values));

export const suite = defineSuite('special-values', (test) => {
  for (const wgsl of new Set(preludeCases.map((one) => one.wgsl))) {
    const run = publicFunction(wgsl);
    if (run === undefined) continue;
    const cases = preludeCases.filter((one) => one.wgsl === wgsl);
    test(wgsl.replace('wg_', ''), async ({ device }) => {
      for (const { inputs, arity, reference, relative, absolute } of cases) {
        const found = await floats(run(...operands(inputs, arity, 'float32')));
        // The CPU rounds a float64 result once; the GPU may take the error that the case allows.
        const allowed = device === 'cpu' ? Math.max(relative, 2 ** -23) : relative;
        const wrong = inputs.flatMap((row, at) => {
          const wanted = reference(row[0], row[1]);
          // JavaScript's own functions answer 0 where the prelude answers -0 (the maximum of both, fmod).
          const signless = device === 'cpu' && found[at] === 0 && Math.fround(wanted) === 0;
          return signless || agrees(found[at], wanted, allowed, absolute)
            ? []
            : [`(${row.join(', ')}) -> ${found[at]}, wanted ${wanted}`];
        });
        same(wrong.slice(0, 5), [], `${wrong.length} of ${inputs.length}`);
      }
    });
  }

  test('tests and comparisons', async () => {
    for (const { wgsl, arity, inputs, reference } of preludePredicates) {
      const run = publicFunction(wgsl);
      if (run === undefined) continue;
      const found = await floats(run(...operands(inputs, arity, 'float32')));
      same(
        found,
        inputs.map(([a, b]) => Number(reference(a, b))),
        wgsl,
      );
    }
  });

  test('integers', async () => {
    const names: Readonly<Record<string, string>> = {
      wg_i32_fmod: 'fmod',
      wg_i32_floor_divide: 'floorDivide',
      wg_i32_remainder: 'remainder',
    };
    for (const { wgsl, arity, inputs, reference } of preludeIntegerCases) {
      if (names[wgsl] === undefined) continue;
      const run = (wgrad as unknown as Record<string, Callable>)[names[wgsl]];
      const found = await floats(run(...operands(inputs, arity, 'int32')));
      same(
        found,
        inputs.map(([a, b]) => reference(a, b)),
        wgsl,
      );
    }
    const powers = preludeIntegerCases.find(({ wgsl }) => wgsl === 'wg_i32_pow');
    const positive = powers?.inputs.filter(([, exponent]) => exponent >= 0) ?? [];
    const [base, exponent] = operands(positive, 2, 'int32');
    same(
      await floats(base.pow(exponent)),
      positive.map(([a, b]) => powers?.reference(a, b)),
    );
  });

  test('casts of floats to integers: towards zero, beyond the range as PyTorch on each device', async () => {
    const x = tensor([0.5, -0.5, 1.999, -1.999, 2147480000, -2147480000, 255.9, 256.5]);
    same(await x.to('int32').tolist(), [0, 0, 1, -1, 2147480064, -2147480064, 255, 256]);
    same(await x.index('6:').to('uint8').tolist(), [255, 0]);
    same(await tensor([0, -0, NaN, Infinity, 1e-30]).bool().tolist(), [false, false, true, true, true]);
  });

  test('NaN wins in extremes, sums and products, and counts as largest', async () => {
    const x = tensor([
      [1, NaN, 3],
      [4, 5, 6],
    ]);
    same(await x.max(1).values.tolist(), [NaN, 6]);
    same(await x.max(1).indices.tolist(), [1, 2]);
    same(await x.min(1).indices.tolist(), [1, 0]);
    same(await x.amin(0).tolist(), [1, NaN, 3]);
    same([await x.sum().item(), await x.mean().item(), await x.prod().item()], [NaN, NaN, NaN]);
    same(await x.argmax(1).tolist(), [1, 2]);
    same(await maximum(x.index(0), 2).tolist(), [2, NaN, 3]);
    same(await minimum(x.index(0), 2).tolist(), [1, NaN, 2]);
  });

  test('infinities in sums, extremes, softmax, logsumexp, norms', async () => {
    const x = tensor([Infinity, -Infinity, 1]);
    same(
      [await x.sum().item(), await x.max().item(), await x.min().item(), await x.abs().sum().item()],
      [NaN, Infinity, -Infinity, Infinity],
    );
    same([await x.norm().item(), await x.norm(Infinity).item()], [Infinity, Infinity]);
    close(await nn.functional.softmax(tensor([1000, 1000, -1000]), 0).numpy(), [0.5, 0.5, 0]);
    close(await nn.functional.logSoftmax(tensor([1000, 0]), 0).numpy(), [0, -1000]);
    close(await tensor([1000, 1000]).logsumexp(0).item(), 1000 + Math.LN2);
    same(await tensor([-Infinity, -Infinity]).logsumexp(0).item(), -Infinity);
    same(await tensor([]).sum().item(), 0);
    same(await tensor([]).prod().item(), 1);
    same(await tensor([]).mean().item(), NaN);
    same([await tensor([]).all().item(), await tensor([]).any().item()].map(Number), [1, 0]);
  });

  test('what is not chosen does not leak', async () => {
    const x = tensor([-1, 0, 4], { requiresGrad: true });
    same(await where(x.gt(0), x.sqrt(), 0).tolist(), [0, 0, 2]);
    same(
      await tensor([NaN, 1])
        .maskedFill(tensor([true, false]), 0)
        .tolist(),
      [0, 1],
    );
    same(await tensor([NaN, Infinity]).mul(0).tolist(), [NaN, NaN]);
    nn.functional.relu(x).sum().backward();
    same(await x.grad?.tolist(), [0, 0, 1]);
  });

  test('special numbers survive uploads, copies and reads', async () => {
    const numbers = [...specialValues, 1.1754944e-38, 3.4028235e38].map(Math.fround);
    const x = tensor(numbers);
    same(await floats(x), numbers);
    same(await floats(x.clone()), numbers);
    same(await floats(cat([x, x]).index(`:${numbers.length}`)), numbers);
    same(await floats(x.reshape(1, -1).expand(3, -1).contiguous().index(2)), numbers);
    same(await floats(x.flip(0).flip(0)), numbers);
  });
});
