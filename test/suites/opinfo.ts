// PyTorch's own samples of its operations (test/golden/opinfo), called by one rule: every variant on every device, but those
// that test/ops/opinfo-open.ts lists with a reason.
import { open, quietly, variants } from '../ops/opinfo.ts';
import { checkSample, type Sample } from '../ops/samples.ts';
import { AssertionError, same } from '../support/expect.ts';
import { type Context, defineSuite } from '../support/suite.ts';

const allCases = variants.reduce((sum, { cases }) => sum + cases.length, 0);

/** What is wrong with each sample that does not pass; null for one that does. */
async function failuresOf(op: string, cases: readonly Sample[], { device }: Context): Promise<(string | null)[]> {
  const bounds = {
    value: { absolute: device === 'cpu' ? 2e-5 : 2e-4, relative: 1e-4 },
    gradient: { absolute: 1e-4, relative: 1e-3 },
  };
  const failures: (string | null)[] = [];
  await quietly(async () => {
    for (const [at, sample] of cases.entries()) {
      failures.push(
        await checkSample(op, sample, bounds).then(
          () => null,
          (error: unknown) => `sample ${at}: ${String(error)}`,
        ),
      );
    }
  });
  return failures;
}

export const suite = defineSuite('opinfo', (test) => {
  const passed = new Map<string, number>();

  test('the open variants exist', () => {
    const names = new Set(variants.map(({ name }) => name));
    same(
      Object.keys(open).filter((name) => !names.has(name)),
      [],
    );
  });

  for (const { name, op, cases } of variants) {
    test(`${name}: ${cases.length} samples`, async (context) => {
      const failures = await failuresOf(op, cases, context);
      const wrong = failures.filter((one) => one !== null);
      passed.set(name, cases.length - wrong.length);
      const known = open[name];
      const expected = known !== undefined && (known.devices ?? ['cpu', 'webgpu']).includes(context.device);
      if (expected && wrong.length === 0)
        throw new AssertionError(`${name} passes: take it from the list of open variants`);
      if (!expected && wrong.length > 0)
        throw new AssertionError(`${wrong.length} of ${cases.length}: ${wrong.join('\n')}`);
    });
  }

  test('the count', ({ backend }) => {
    if (passed.size < variants.length) return;
    const whole = variants.filter(({ name, cases }) => passed.get(name) === cases.length).length;
    const single = [...passed.values()].reduce((sum, count) => sum + count, 0);
    console.info(`opinfo on ${backend}: ${whole} of ${variants.length} variants, ${single} of ${allCases} cases`);
  });
});
