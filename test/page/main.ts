// Runs every suite on WebGPU in a browser. Under puppeteer it hands each result to Node as it comes; opened by hand
// (`npm start`, then /test/page/) it shows them.
import { init } from '../../src/index.ts';
import { describeAdapter } from '../support/adapter.ts';
import type { CaseResult, Context } from '../support/suite.ts';
import { type BrowserPart, parts } from '../suites/index.ts';

declare global {
  /** What test/chromium lends to the page. */
  var wgradTest: undefined | { readonly part: BrowserPart; readonly from: number };
  var wgradAdapter: undefined | ((line: string) => Promise<void>);
  var wgradResult: undefined | ((result: CaseResult) => Promise<void>);
  var wgradDone: undefined | ((failure: string) => Promise<void>);
}

/** Milliseconds a case may take; one that awaits for longer fails, and the next one starts. */
const caseLimit = 60_000;
const context: Context = { device: 'webgpu', backend: 'chromium' };
const log = document.querySelector('#log');

function show(line: string): void {
  log?.append(`\n${line}`);
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const title = `${error.name}: ${error.message}`;
  return error.stack?.includes(error.message) ? error.stack : `${title}\n${error.stack ?? ''}`;
}

async function limited(run: () => Promise<void> | void): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the case took more than ${caseLimit / 1000} s`)), caseLimit);
  });
  try {
    await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function runAll(part: BrowserPart, from: number): Promise<void> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error('this browser offers no WebGPU adapter');
  const line = describeAdapter(adapter.info);
  show(line);
  await globalThis.wgradAdapter?.(line);
  await init({ device: 'webgpu' });
  const cases = parts[part].flatMap((suite) => suite.cases.map((one) => ({ suite: suite.name, ...one })));
  for (const { suite, name, run } of cases.slice(from)) {
    const start = performance.now();
    let error = '';
    try {
      await limited(() => run(context));
    } catch (thrown) {
      error = textOf(thrown);
    }
    const result: CaseResult = { suite, name, ok: error === '', error, ms: performance.now() - start };
    if (!result.ok) show(`FAIL ${suite} > ${name}\n${error}`);
    await globalThis.wgradResult?.(result);
  }
  show(`${cases.length - from} cases ran`);
}

let failure = '';
try {
  const { part, from } = globalThis.wgradTest ?? { part: 'browserFirst', from: 0 };
  await runAll(part, from);
} catch (error) {
  failure = textOf(error);
  show(failure);
}
await globalThis.wgradDone?.(failure);
