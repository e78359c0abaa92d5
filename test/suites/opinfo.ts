// PyTorch's own samples of its operations (test/golden/opinfo), for the variants that pass whole on every device.
import { checkSample, type Samples } from '../ops/samples.ts';
import { defineSuite } from '../support/suite.ts';

const files = import.meta.glob<Samples>('../golden/opinfo/*.json', { eager: true, import: 'default' });

export const suite = defineSuite('opinfo', (test) => {
  for (const [path, { op, cases }] of Object.entries(files)) {
    const variant = path.slice(path.lastIndexOf('/') + 1, -'.json'.length);
    test(`${variant}: ${cases.length} of ${cases.length} samples`, async ({ device }) => {
      const bounds = {
        value: { absolute: device === 'cpu' ? 2e-5 : 2e-4, relative: 1e-4 },
        gradient: { absolute: 1e-4, relative: 1e-3 },
      };
      const warn = console.warn;
      // Losses warn where shapes broadcast, which some samples do on purpose.
      console.warn = () => undefined;
      try {
        for (const [at, sample] of cases.entries()) {
          try {
            await checkSample(op, sample, bounds);
          } catch (error) {
            throw new Error(`sample ${at}: ${String(error)}`, { cause: error });
          }
        }
      } finally {
        console.warn = warn;
      }
    });
  }
});
