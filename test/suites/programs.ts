// The course's programs of demo/examples on each backend: the text that PyTorch prints, or the numbers that it reaches
// (test/golden/programs.py, training.json). Floats add up in another order on a GPU, so long runs get tolerances.
import * as applesAndOranges from '../../demo/examples/apples-and-oranges.ts';
import * as autograd from '../../demo/examples/autograd.ts';
import { examples } from '../../demo/examples/index.ts';
import * as linearAlgebra from '../../demo/examples/linear-algebra.ts';
import * as manySteps from '../../demo/examples/linear-regression-50000-steps.ts';
import * as concise from '../../demo/examples/linear-regression-concise.ts';
import * as scratch from '../../demo/examples/linear-regression-scratch.ts';
import * as preprocessing from '../../demo/examples/preprocessing.ts';
import * as rosenbrock from '../../demo/examples/rosenbrock.ts';
import * as smallNetwork from '../../demo/examples/small-network.ts';
import * as tensors from '../../demo/examples/tensors.ts';
import { type Print, printTo } from '../../demo/printer.ts';
import { memory } from '../../src/index.ts';
import programsText from '../golden/programs.json?raw';
import trainingText from '../golden/training.json?raw';
import { close, ok, same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

interface Golden {
  readonly tensors: { readonly lines: readonly string[] };
  readonly preprocessing: { readonly lines: readonly string[] };
  readonly 'linear-algebra': { readonly lines: readonly string[] };
  readonly autograd: { readonly lines: readonly string[] };
  readonly 'linear-regression-scratch': { readonly losses: number[]; readonly w: number[]; readonly b: number };
  readonly rosenbrock: { readonly steps: number; readonly loss: number; readonly point: number[] };
  readonly 'apples-and-oranges': { readonly losses: number[] };
  readonly 'fifty-thousand-steps L2': { readonly best: number[]; readonly loss: number };
  readonly 'fifty-thousand-steps L1': { readonly best: number[]; readonly loss: number };
}

interface TrainingRow {
  readonly name: string;
  readonly manual_seed: number;
  readonly curve: number[];
  readonly params: readonly { readonly data: number[] }[];
}

const golden = JSON.parse(programsText) as Golden;
const training = JSON.parse(trainingText) as readonly TrainingRow[];

/** Runs a program and returns its result and what it printed. */
async function run<R>(main: (print: Print) => Promise<R>): Promise<{ result: R; text: string }> {
  const lines: string[] = [];
  const { print, done } = printTo((line) => lines.push(line));
  const result = await main(print);
  await done();
  return { result, text: lines.join('\n') };
}

const textPrograms = { tensors, preprocessing, 'linear-algebra': linearAlgebra, autograd };

function held(): number {
  const { live, pooled } = memory();
  return live + pooled;
}

export const suite = defineSuite('programs', (test) => {
  for (const [name, { main }] of Object.entries(textPrograms)) {
    test(`${name} prints what PyTorch prints`, async () => {
      const { text } = await run<unknown>(main);
      same(text, golden[name as keyof typeof textPrograms].lines.join('\n'));
    });
  }

  test('linear regression from scratch has the losses of the same seed', async ({ device }) => {
    const { result } = await run(scratch.main);
    const wanted = golden['linear-regression-scratch'];
    close(result.losses, wanted.losses, { relative: device === 'cpu' ? 1e-3 : 3e-3 }, 'losses');
    close([result.w, result.b], [wanted.w, wanted.b], { absolute: 1e-4 }, 'parameters');
    close([...result.w, result.b], [2, -3.4, 4.2], { absolute: 1e-3 }, 'parameters against the true ones');
  });

  test('linear regression in 50,000 steps keeps the best parameters, L2', async () => {
    const before = held();
    const { result } = await run((print) => manySteps.fit('L2', print));
    ok(held() - before < 1024 * 1024, `50,000 steps hold ${held() - before} bytes more than none`);
    const wanted = golden['fifty-thousand-steps L2'];
    close(result.loss, wanted.loss, { relative: 1e-5 }, 'loss');
    close([result.w, result.b], wanted.best, { absolute: 0.02 }, 'parameters');
  });

  test('linear regression in 50,000 steps keeps the best parameters, L1', async () => {
    const { result } = await run((print) => manySteps.fit('L1', print));
    const wanted = golden['fifty-thousand-steps L1'];
    // The steps jump about the minimum: which of them comes closest is a matter of rounding.
    close(result.loss, wanted.loss, { relative: 2e-4 }, 'loss');
    close([result.w, result.b], wanted.best, { absolute: 0.1 }, 'parameters');
  });

  test('linear regression, concise, has the curve of the same seed', async ({ device }) => {
    const { result } = await run(concise.main);
    const wanted = training.find((row) => row.name === 'linear regression, concise' && row.manual_seed === 0);
    ok(wanted !== undefined, 'the golden file has the row');
    close(result.losses, wanted.curve, { relative: device === 'cpu' ? 1e-4 : 1e-3 }, 'losses');
    close(
      [result.w, [result.b]],
      wanted.params.map((param) => param.data),
      { absolute: 2e-5 },
      'parameters',
    );
  });

  test("Rosenbrock's valley in 5771 steps", async () => {
    const { result } = await run(rosenbrock.main);
    const wanted = golden.rosenbrock;
    close(result.steps, wanted.steps, { absolute: 3 }, 'steps');
    close(result.loss, wanted.loss, { relative: 1e-3 }, 'loss');
    close(result.point, wanted.point, { relative: 1e-3 }, 'point');
    ok(result.loss < 0.001, 'the loss is below the goal');
  });

  test('apples and oranges: the losses of steps 0, 1, 10, 100', async () => {
    const { result } = await run(applesAndOranges.main);
    same(Object.keys(result), ['0', '1', '10', '100']);
    close(Object.values(result), golden['apples-and-oranges'].losses, { relative: 1e-4 });
  });

  test('a small network: the chain rule agrees, and each activation learns', async () => {
    const { result } = await run(smallNetwork.main);
    same(Object.keys(result), ['sigmoid', 'tanh', 'relu', 'leakyRelu']);
    for (const [name, { agrees, accuracy, loss }] of Object.entries(result)) {
      ok(agrees, `${name}: the gradients are those of the chain rule`);
      ok(accuracy >= 0.9, `${name}: accuracy ${accuracy}`);
      ok(loss < 0.4, `${name}: loss ${loss}`);
    }
  });

  test('the list names every program', async () => {
    const files = import.meta.glob(['../../demo/examples/*.ts', '!../../demo/examples/index.ts']);
    const names = Object.keys(files).map((path) => path.replace(/^.*\/|\.ts$/g, ''));
    same(examples.map(({ name }) => name).sort(), names.sort());
  });
});
