// The suites on WebGPU in headless Chromium: a page runs a part of them, and each test here reports the result of one case.
// No adapter is a failure.
import { beforeAll, describe, expect, test } from 'vitest';
import { type BrowserPart, parts } from '../suites/index.ts';
import { type Report, runInChromium } from './run.ts';

export function reportPart(part: BrowserPart): void {
  const suites = parts[part];
  const names = suites.flatMap((suite) => suite.cases.map(({ name }) => ({ suite: suite.name, name })));
  let report: Report;

  beforeAll(async () => {
    report = await runInChromium(part, names);
    console.log(`chromium: ${report.adapter || 'no adapter seen'}`);
  });

  test('there is an adapter, every case had its turn, and the page logs no error', () => {
    expect(report.failure).toBe('');
    expect(report.adapter).not.toBe('');
    expect(report.errors).toEqual([]);
  });

  let position = 0;
  for (const suite of suites) {
    describe(suite.name, () => {
      for (const { name } of suite.cases) {
        const at = position++;
        test(name, () => {
          const result = report.results[at];
          if (result === undefined) throw new Error(`the case did not run: ${report.failure}`);
          expect([result.suite, result.name]).toEqual([suite.name, name]);
          if (!result.ok) throw new Error(result.error);
        });
      }
    });
  }
}
