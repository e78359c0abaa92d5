// Runs suites in Node: one vitest test a case, on the device that a test file names.
import { beforeAll, describe, test } from 'vitest';
import { init } from '../../src/index.ts';
import type { Context, Suite } from './suite.ts';

export function runSuites(suites: readonly Suite[], context: Context): void {
  beforeAll(async () => {
    await init({ device: context.device });
  });
  for (const suite of suites) {
    describe(suite.name, () => {
      for (const { name, run } of suite.cases) test(name, async () => run(context));
    });
  }
}
