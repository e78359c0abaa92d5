// The course's programs of demo/examples that train a net or compare optimizers, on each backend, with the numbers that
// PyTorch reaches from the same seeds (test/golden/course.py).
import * as attention from '../../demo/examples/attention.ts';
import * as charRnn from '../../demo/examples/char-rnn.ts';
import * as dropout from '../../demo/examples/dropout.ts';
import * as lenet from '../../demo/examples/lenet.ts';
import * as mlpConcise from '../../demo/examples/mlp-concise.ts';
import * as mlpScratch from '../../demo/examples/mlp-scratch.ts';
import * as optimizers from '../../demo/examples/optimizers.ts';
import * as resnet from '../../demo/examples/resnet.ts';
import * as softmaxConcise from '../../demo/examples/softmax-regression-concise.ts';
import * as softmaxScratch from '../../demo/examples/softmax-regression-scratch.ts';
import * as transformer from '../../demo/examples/transformer-reverse.ts';
import * as weightDecay from '../../demo/examples/weight-decay.ts';
import { type Print, printTo } from '../../demo/printer.ts';
import goldenText from '../golden/course.json?raw';
import { close, ok, same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

/** What a program that trains reports of each epoch: the mean loss of its batches, the share of new pictures that are right. */
interface Curve {
  readonly losses: number[];
  readonly accuracies: number[];
}

interface Golden {
  readonly 'softmax-regression-scratch': Curve;
  readonly 'softmax-regression-concise': Curve;
  readonly 'mlp-scratch': Curve;
  readonly 'mlp-concise': Curve;
  readonly lenet: Curve;
  readonly resnet: Curve;
  readonly 'char-rnn': Readonly<Record<string, { readonly losses: number[]; readonly text: string }>>;
  readonly attention: Readonly<Record<string, number[]>>;
  readonly 'transformer-reverse': { readonly losses: number[]; readonly accuracy: number };
  readonly 'weight-decay': number[][];
  readonly dropout: { readonly losses: number[]; readonly accuracy: number };
  readonly optimizers: Readonly<Record<string, number[][]>>;
}

const golden = JSON.parse(goldenText) as Golden;

/** Runs a program; what it prints is written to nobody, but must be printable. */
async function run<R>(main: (print: Print) => Promise<R>): Promise<R> {
  const { print, done } = printTo(() => undefined);
  const result = await main(print);
  await done();
  return result;
}

/** Bounds of a curve: how far losses may differ, relative; and how many of 200 new pictures may fall otherwise. */
interface Bounds {
  readonly relative: number;
  readonly pictures: number;
}

const curves = [
  ['softmax-regression-scratch', softmaxScratch, { relative: 1e-4, pictures: 1 }],
  ['softmax-regression-concise', softmaxConcise, { relative: 1e-4, pictures: 1 }],
  ['mlp-scratch', mlpScratch, { relative: 1e-3, pictures: 1 }],
  ['mlp-concise', mlpConcise, { relative: 1e-3, pictures: 1 }],
  ['lenet', lenet, { relative: 2e-3, pictures: 1 }],
  ['resnet', resnet, { relative: 1e-2, pictures: 4 }],
] as const satisfies readonly (readonly [string, unknown, Bounds])[];

export const suite = defineSuite('course', (test) => {
  for (const [name, { main }, { relative, pictures }] of curves) {
    test(`${name} has the curve of the same seed`, async () => {
      const { losses, accuracies } = await run(main);
      const wanted = golden[name];
      close(losses, wanted.losses, { relative }, 'losses');
      close(accuracies, wanted.accuracies, { absolute: pictures / 200 + 1e-6 }, 'accuracies');
    });
  }

  test('weight decay: losses on old and new data, and the norm, from scratch and concise', async () => {
    const results = await run(weightDecay.main);
    results.forEach((result, at) => {
      // What is left on data learnt by heart is rounding.
      close(result[0], golden['weight-decay'][at][0], { relative: 1e-2, absolute: 2e-6 }, `row ${at}: loss`);
      close(result.slice(1), golden['weight-decay'][at].slice(1), { relative: 1e-4 }, `row ${at}`);
    });
  });

  test('dropout: masks by hand have the curve of the same seed, the layer learns as well', async () => {
    const [byHand, concise] = await run(dropout.main);
    close(byHand.losses, golden.dropout.losses, { relative: 2e-3 }, 'losses');
    close(byHand.accuracy, golden.dropout.accuracy, { absolute: 0.0051 }, 'accuracy');
    // The layer draws its masks on the device: another stream, the same law.
    ok(concise.losses[5] < concise.losses[0] - 0.5, `losses ${concise.losses.join(' ')}`);
    ok(concise.accuracy > 0.6, `accuracy ${concise.accuracy}`);
  });

  test('character models learn the rhyme as PyTorch does, letter by letter', async () => {
    const results = await run(charRnn.main);
    for (const [kind, wanted] of Object.entries(golden['char-rnn'])) {
      close(results[kind].losses, wanted.losses, { relative: 1e-3 }, kind);
      same(results[kind].text, wanted.text, kind);
    }
  });

  test('attention: kernels, dot products, additive scores, heads', async () => {
    const results = await run(attention.main);
    for (const [name, wanted] of Object.entries(golden.attention)) {
      close(results[name as keyof typeof results], wanted, { absolute: 1e-5, relative: 1e-4 }, name);
    }
    close(results.library, golden.attention.scaled, { absolute: 1e-5, relative: 1e-4 }, 'the function of the library');
  });

  test('a transformer learns to reverse as PyTorch does', async () => {
    const { losses, accuracy } = await run(transformer.main);
    const wanted = golden['transformer-reverse'];
    close(losses, wanted.losses, { absolute: 1e-3, relative: 1e-2 }, 'losses');
    close(accuracy, wanted.accuracy, { absolute: 0.005 }, 'accuracy');
    ok(accuracy > 0.99, `accuracy ${accuracy}`);
  });

  test('optimizers take the path of their twins and of PyTorch', async () => {
    const paths = await run(optimizers.main);
    for (const [name, path] of Object.entries(golden.optimizers)) {
      // Adam's first steps have a length of lr whatever the gradient, so that rounding near 0 is never forgotten.
      close(paths[name].twin.flat(), path.flat(), { absolute: 5e-5, relative: 1e-4 }, `${name}: the library`);
      close(paths[name].byHand.flat(), path.flat(), { absolute: 2e-4, relative: 1e-3 }, `${name}: by hand`);
    }
  });
});
