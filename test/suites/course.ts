// The course's programs of demo/examples, on each backend, with the numbers that PyTorch reaches from the same seeds. Those that
// take long on a software GPU are in course-long.ts.
import * as attention from '../../demo/examples/attention.ts';
import * as mlpConcise from '../../demo/examples/mlp-concise.ts';
import * as mlpScratch from '../../demo/examples/mlp-scratch.ts';
import * as optimizers from '../../demo/examples/optimizers.ts';
import * as softmaxConcise from '../../demo/examples/softmax-regression-concise.ts';
import * as softmaxScratch from '../../demo/examples/softmax-regression-scratch.ts';
import * as transformer from '../../demo/examples/transformer-reverse.ts';
import { compareCurve, golden, run } from '../support/course.ts';
import { close, ok } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const curves = [
  ['softmax-regression-scratch', softmaxScratch, { relative: 1e-4, pictures: 1 }],
  ['softmax-regression-concise', softmaxConcise, { relative: 1e-4, pictures: 1 }],
  ['mlp-scratch', mlpScratch, { relative: 1e-3, pictures: 1 }],
  ['mlp-concise', mlpConcise, { relative: 1e-3, pictures: 1 }],
] as const;

export const suite = defineSuite('course', (test) => {
  for (const [name, { main }, bounds] of curves) {
    test(`${name} has the curve of the same seed`, async () => compareCurve(await run(main), golden[name], bounds));
  }

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
