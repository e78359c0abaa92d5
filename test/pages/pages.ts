// What the tests of the pages share: one server and one browser a file, and a fresh page a test that must stay free of errors.
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, expect } from 'vitest';
import { close, collectErrors, launch } from '../support/browser.ts';
import { type Server, startServer } from '../support/server.ts';

/** Milliseconds to wait for something to appear on a page. */
export const patience = 100_000;

export interface Visit {
  readonly page: Page;
  /** The text of the first element that a selector finds. */
  text(selector: string): Promise<string>;
  /** Waits until an expression of the page is true. */
  until(expression: string): Promise<void>;
}

/** Registers the set-up of a test file; returns a function that opens a page, lets `use` work on it and checks for errors. */
export function visitor(): (
  path: string,
  use: (visit: Visit) => Promise<void>,
  prepare?: (page: Page) => Promise<void>,
) => Promise<void> {
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launch()]);
  });
  afterAll(async () => {
    await close(browser);
    await server.close();
  });
  return async (path, use, prepare) => {
    const page = await browser.newPage();
    const errors = collectErrors(page);
    try {
      await prepare?.(page);
      await page.goto(`${server.address}${path}`, { waitUntil: 'load' });
      await use({
        page,
        text: (selector) => page.$eval(selector, (found) => found.textContent ?? ''),
        until: async (expression) => {
          const seen = page.waitForFunction(expression, { timeout: patience, polling: 100 });
          await seen.catch(async (cause: unknown) => {
            const status = await page.$eval('#status', (found) => found.textContent).catch(() => 'none');
            throw new Error(`never true: ${expression}; status: ${status}; errors: ${errors.join('\n')}`, { cause });
          });
        },
      });
      expect(errors).toEqual([]);
    } finally {
      await page.close();
    }
  };
}

/** Takes WebGPU away from a page before it loads. */
export async function withoutWebGpu(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(() => Object.defineProperty(navigator, 'gpu', { value: undefined }));
}
