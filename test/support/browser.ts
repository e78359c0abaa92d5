// Starts a headless browser with WebGPU and collects what its pages complain about.
// Knows nothing of what the pages do.
import puppeteer, { type Browser, type Page } from 'puppeteer';
import { installedBrowser } from './browsers.mjs';

/** Which adapter the browser offers: SwiftShader, the same everywhere, or the machine's GPU. */
export type AdapterKind = 'software' | 'hardware';

/** The path of an installed browser. Throws where there is none; `npm test` gets one first. */
export async function findBrowser(): Promise<string> {
  const path = await installedBrowser();
  if (path === undefined) {
    throw new Error('no Chrome, Chromium or Edge found: `npm test` installs one, or set PUPPETEER_EXECUTABLE_PATH.');
  }
  return path;
}

/**
 * The command line for WebGPU without a window. Root and many containers have no sandbox to offer, and the pages are our
 * own; a small /dev/shm would end the GPU process.
 */
export function browserFlags(adapter: AdapterKind): string[] {
  const hardware = process.platform === 'linux' ? ['--enable-features=Vulkan', '--use-angle=vulkan'] : [];
  return [
    '--enable-unsafe-webgpu',
    ...(adapter === 'software' ? ['--use-webgpu-adapter=swiftshader'] : hardware),
    ...(process.platform === 'linux' ? ['--no-sandbox'] : []),
    '--disable-dev-shm-usage',
    '--disable-background-timer-throttling',
    '--disable-renderer-backgrounding',
  ];
}

export interface LaunchOptions {
  /** 'software' where left out, or what the variable WGRAD_ADAPTER says. */
  readonly adapter?: AdapterKind;
  /** Milliseconds that one call into a page may take; without a limit where left out. */
  readonly protocolTimeout?: number;
}

/** A headless browser whose pages have WebGPU. */
export async function launch(options: LaunchOptions = {}): Promise<Browser> {
  const wished = options.adapter ?? (process.env.WGRAD_ADAPTER === 'hardware' ? 'hardware' : 'software');
  return puppeteer.launch({
    executablePath: await findBrowser(),
    headless: true,
    args: browserFlags(wished),
    timeout: 60_000,
    protocolTimeout: options.protocolTimeout ?? 0,
  });
}

/** The list to which errors of `page` will be added: console errors, uncaught exceptions, failed requests, crashes. */
export function collectErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    const { url } = message.location();
    errors.push(`console: ${message.text()}${url ? ` (${url})` : ''}`);
  });
  page.on('pageerror', (error) => errors.push(`uncaught: ${error instanceof Error ? error.stack : String(error)}`));
  page.on('requestfailed', (request) => {
    errors.push(`request: ${request.url()} ${request.failure()?.errorText ?? ''}`);
  });
  page.on('error', (error) => errors.push(`crash: ${error.message}`));
  return errors;
}

/** Closes the browser, by force where it does not answer: a hung GPU process must not hold up the tests. */
export async function close(browser: Browser): Promise<void> {
  const forced = setTimeout(() => browser.process()?.kill('SIGKILL'), 10_000);
  try {
    await browser.close();
  } finally {
    clearTimeout(forced);
  }
}
