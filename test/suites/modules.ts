// Every row of PyTorch's modules and losses (test/golden/modules.json, networks.json, rare.json): state dict, outputs, gradients
// of inputs and parameters, running statistics, on every device. Rows that do not pass yet stand in test/ops/modules-open.ts.
import { autograd, Tensor } from '../../src/index.ts';
import { open } from '../ops/modules-open.ts';
import { build, classOf, type ModuleRow, rows } from '../ops/modules.ts';
import { quietly } from '../ops/opinfo.ts';
import { type RecordedTensor, tensorOf } from '../ops/samples.ts';
import { AssertionError, close, same, type Tolerance } from '../support/expect.ts';
import { type Context, defineSuite } from '../support/suite.ts';

/** Lists of results with their lists taken apart; a named tuple is one, too. */
function flat<T>(value: T | readonly unknown[]): T[] {
  if (value instanceof Tensor || typeof value !== 'object' || value === null) return [value as T];
  if (!(Symbol.iterator in value)) return [value as T];
  return [...(value as Iterable<T | readonly unknown[]>)].flatMap((one) => flat<T>(one));
}

/** exp and log are a few units in the last place off on the GPU. */
const toleranceOf = ({ device }: Context): Tolerance =>
  device === 'cpu' ? { absolute: 2e-6, relative: 1e-5 } : { absolute: 1e-5, relative: 1e-4 };

async function compare(label: string, actual: unknown, wanted: RecordedTensor, tolerance: Tolerance): Promise<void> {
  if (!(actual instanceof Tensor)) throw new AssertionError(`${label}: got ${String(actual)}, wanted a tensor`);
  same([actual.dtype, actual.shape], [wanted.dtype, wanted.tensor], `${label}: dtype and shape`);
  const exact = wanted.dtype !== 'float32';
  close(await actual.numpy(), wanted.data.map(Number), exact ? { absolute: 0, relative: 0 } : tolerance, label);
}

async function check(row: ModuleRow, context: Context): Promise<void> {
  const tolerance = toleranceOf(context);
  const net = build(row.new);
  if (row.eval) net.eval();
  same(Object.keys(net.stateDict()), Object.keys(row.state), 'names of the state dict');
  net.loadStateDict(Object.fromEntries(Object.entries(row.state).map(([key, value]) => [key, tensorOf(value)])));
  const inputs = row.inputs.map((input, at) => tensorOf(input, row.input_grads[at] !== null));
  let output = net(...inputs);
  for (let call = 1; call < row.calls; call++) output = net(...inputs);

  const [results, wanted] = [flat<Tensor>(output as Tensor), flat<RecordedTensor>(row.output)];
  same(results.length, wanted.length, 'number of results');
  for (const [at, one] of wanted.entries()) await compare(`result ${at}`, results[at], one, tolerance);

  const parameters = net.namedParameters();
  same(
    parameters.map(([name]) => name),
    Object.keys(row.param_grads),
    'names of the parameters',
  );
  const ways: readonly (readonly [string, Tensor, RecordedTensor])[] = [
    ...inputs.flatMap((input, at) => {
      const grad = row.input_grads[at];
      return grad === null ? [] : [[`gradient of input ${at}`, input, grad] as const];
    }),
    ...parameters.map(([name, parameter]) => [`gradient of ${name}`, parameter, row.param_grads[name]] as const),
  ];
  const leaves = ways.map(([, leaf]) => leaf);
  const seeds = row.grad_outputs.map((seed) => tensorOf(seed));
  const differentiable = results.filter((result) => result.requiresGrad);
  const grads = autograd.grad(differentiable, leaves, seeds);
  for (const [at, [label, , grad]] of ways.entries()) await compare(label, grads[at], grad, tolerance);

  const buffers = Object.fromEntries(net.namedBuffers());
  for (const [name, value] of Object.entries(row.buffers_after ?? {}))
    await compare(name, buffers[name], value, tolerance);
}

export const suite = defineSuite('modules', (test) => {
  let passed = 0;
  let ran = 0;

  test('the open rows exist', () => {
    const names = new Set(rows.flatMap((row) => [row.new, classOf(row)]));
    same(
      Object.keys(open).filter((name) => !names.has(name)),
      [],
    );
  });

  for (const [at, row] of rows.entries()) {
    test(`${at}: ${row.new}`, async (context) => {
      const reason = open[row.new] ?? open[classOf(row)];
      ran++;
      let failure: unknown = null;
      await quietly(async () => {
        await check(row, context).catch((error: unknown) => void (failure = error ?? new Error('nothing was thrown')));
      });
      if (failure === null) passed++;
      if (reason === undefined && failure !== null) throw failure as Error;
      if (reason !== undefined && failure === null)
        throw new AssertionError(`${row.new} passes: take it from the list of open rows`);
    });
  }

  test('the count', ({ backend }) => {
    if (ran === rows.length) console.info(`modules on ${backend}: ${passed} of ${rows.length}`);
  });
});
