// The longer of the course's programs, with the numbers that PyTorch reaches from the same seeds: on the CPU device. On WebGPU
// the page of examples runs them (test/pages/examples.test.ts).
import * as charRnn from '../../demo/examples/char-rnn.ts';
import * as dropout from '../../demo/examples/dropout.ts';
import * as lenet from '../../demo/examples/lenet.ts';
import * as resnet from '../../demo/examples/resnet.ts';
import * as weightDecay from '../../demo/examples/weight-decay.ts';
import { compareCurve, golden, run } from '../support/course.ts';
import { close, ok, same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

export const suite = defineSuite('course, long', (test) => {
  for (const [name, { main }, bounds] of [
    ['lenet', lenet, { relative: 2e-3, pictures: 1 }],
    ['resnet', resnet, { relative: 1e-2, pictures: 4 }],
  ] as const) {
    test(`${name} has the curve of the same seed`, async () => compareCurve(await run(main), golden[name], bounds));
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
});
