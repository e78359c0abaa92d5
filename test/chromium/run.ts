// Runs test/page in a headless browser and gathers its results, also where a case hangs or takes the page down.
import type { Browser } from 'puppeteer';
import { close, collectErrors, launch } from '../support/browser.ts';
import { startServer } from '../support/server.ts';
import type { CaseResult } from '../support/suite.ts';
import type { BrowserPart } from '../suites/index.ts';

/** What the page is told: which suites it runs, and from which of their cases on. */
export interface PageStart {
  readonly part: BrowserPart;
  readonly from: number;
}

export interface Report {
  /** The adapter in words; empty where the page found none. */
  adapter: string;
  /** The cases in the order of the suites, as far as they ran. */
  readonly results: CaseResult[];
  /** Console errors, uncaught exceptions, failed requests. */
  readonly errors: string[];
  /** Why the run stopped early; empty where every case had its turn. */
  failure: string;
}

/** Milliseconds: a page that stays silent for longer hangs, as a case ends after 60 s by itself. */
const silence = 75_000;
/** Milliseconds for the page to start after its first error: a module that does not load never says that it is done. */
const grace = 3_000;
/** After so many cases that hung or crashed the page the run stops. */
const restarts = 2;

/** Opens the page to run the cases from number `from` on; resolves when it is done, silent or gone, with the reason. */
async function visit(browser: Browser, address: string, start: PageStart, report: Report): Promise<string> {
  const page = await browser.newPage();
  const errors = collectErrors(page);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let started = false;
  const ended = new Promise<string>((resolve) => {
    const expect = (ms: number, failure: () => string): void => {
      clearTimeout(timer);
      timer = setTimeout(() => resolve(failure()), ms);
    };
    const alive = (): void => expect(silence, () => `the page was silent for ${silence / 1000} s`);
    const unlessStarted = (): void => {
      if (!started) expect(grace, () => `the page did not start: ${errors.join('\n')}`);
    };
    const open = async (): Promise<void> => {
      alive();
      await page.exposeFunction('wgradAdapter', (line: string) => {
        report.adapter = line;
        started = true;
        alive();
      });
      await page.exposeFunction('wgradResult', (result: CaseResult) => {
        report.results.push(result);
        alive();
      });
      await page.exposeFunction('wgradDone', resolve);
      await page.evaluateOnNewDocument((given) => {
        globalThis.wgradTest = given;
      }, start);
      page.on('console', (message) => message.type() === 'error' && unlessStarted());
      page.on('console', (message) => message.type() === 'info' && console.info(message.text()));
      page.on('pageerror', unlessStarted);
      page.on('error', () => resolve('the page crashed'));
      browser.on('disconnected', () => resolve('the browser ended'));
      await page.goto(`${address}/test/page/index.html`, { waitUntil: 'domcontentloaded', timeout: silence });
    };
    open().catch((error: unknown) => resolve(String(error)));
  });
  const failure = await ended;
  clearTimeout(timer);
  report.errors.push(...errors);
  return failure;
}

/**
 * Runs the suites' cases of a part (named in order by `names`, as `suite > case`) in Chromium. The case that hangs or crashes the
 * page fails, and a new browser goes on with the next one.
 */
export async function runInChromium(
  part: BrowserPart,
  names: readonly { suite: string; name: string }[],
): Promise<Report> {
  const report: Report = { adapter: '', results: [], errors: [], failure: '' };
  const server = await startServer();
  try {
    for (let hung = 0; ; hung++) {
      const browser = await launch();
      try {
        report.failure = await visit(browser, server.address, { part, from: report.results.length }, report);
      } finally {
        await close(browser);
      }
      const next = names[report.results.length];
      if (report.failure === '' || report.adapter === '' || next === undefined || hung === restarts) return report;
      report.results.push({ ...next, ok: false, error: report.failure, ms: 0 });
    }
  } finally {
    await server.close();
  }
}
