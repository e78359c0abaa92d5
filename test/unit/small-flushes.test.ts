// The suites of tape, aliasing and training with very small limits of a flush: the numbers must not depend on where the
// recorded work is cut.
import { afterAll, beforeAll, describe, test } from 'vitest';
import { flushLimits } from '../../src/core/graph.ts';
import { init } from '../../src/index.ts';
import { named } from '../suites/index.ts';

const cut = ['autograd', 'tape', 'inplace', 'index-writing', 'indexing', 'views', 'data'];
const usual = { ...flushLimits };

beforeAll(async () => {
  await init({ device: 'cpu' });
  Object.assign(flushLimits, { nodes: 21, nodesOnceWritten: 7 });
});
afterAll(() => void Object.assign(flushLimits, usual));

for (const suite of named(cut)) {
  describe(`${suite.name}, cut small`, () => {
    for (const { name, run } of suite.cases) {
      test(name, async () => run({ device: 'cpu', backend: 'cpu' }));
    }
  });
}
