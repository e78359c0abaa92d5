// Runs the suites in Node: one vitest test a case, on the device that a test file names.
import { beforeAll, describe, test } from 'vitest';
import { init } from '../../src/index.ts';
import { suites } from '../suites/index.ts';
import type { Context } from './suite.ts';

export function runSuites(context: Context): void {
  beforeAll(async () => {
    await init({ device: context.device });
  });
  for (const suite of suites) {
    describe(suite.name, () => {
      for (const { name, run } of suite.cases) test(name, async () => run(context));
    });
  }
}
