// `npm run bench`: runs the comparison in a headless browser, or in Node, and prints one line a case; its options are in
// `usage`. Ends with 1 where a result differs from the CPU's.
// @ts-check
import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ensureBrowser } from '../test/support/browsers.mjs';
import { ensureInstalled, root } from '../test/support/install.mjs';
import { buildProgram, buildSite } from './build.mjs';

const usage = `npm run bench -- OPTIONS
  --with LIST     contenders: wgrad, compiled, cpu, jax, tfjs, tfjs-wasm, or all (default), peers
  --only REGEX    cases by their id     --rounds N     --size small|full|large     --no-cold
  --markdown      the tables for RESULTS.md     --out FILE   the report as JSON
  --node          in Node through Dawn     --pack FILE   writes that program as one file, and runs nothing
  --tune          with --node: which matmul programs win, also on software; on hardware the default   --no-tune   not
`;

function parseOptions() {
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean', default: false },
        with: { type: 'string', default: 'all' },
        only: { type: 'string' },
        rounds: { type: 'string', default: '5' },
        size: { type: 'string', default: 'full' },
        'no-cold': { type: 'boolean', default: false },
        markdown: { type: 'boolean', default: false },
        out: { type: 'string' },
        node: { type: 'boolean', default: false },
        pack: { type: 'string' },
        tune: { type: 'boolean', default: false },
        'no-tune': { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}

const values = parseOptions();
if (values.help) {
  console.log(usage);
  process.exit();
}
const command = `npm run bench -- ${process.argv.slice(2).join(' ')}`.replace(/ --$/, '');
/** Milliseconds for a whole run. */
const patience = 1_200_000;
const coldRounds = 3;

ensureInstalled();
if (values.pack !== undefined) await pack(values.pack);
else if (values.node) await runInNode();
else await runInBrowser();

/** Writes the program for Node as one file; it wants only the package `webgpu` beside it. */
async function pack(/** @type {string} */ file) {
  copyFileSync(await buildProgram(), file);
  console.log(
    `${file}: run it with Node where the package webgpu is found; options as here, but for --node and --pack.`,
  );
}

/** A Vulkan driver is named by variables that a process reads when it starts, so the program runs in a child. */
async function runInNode() {
  const program = await buildProgram();
  const { vulkanEnvironment } = await import('../test/support/vulkan.mjs');
  const own = process.argv.slice(2).filter((argument) => argument !== '--node');
  const child = spawnSync(process.execPath, [program, ...own, '--command', command], {
    stdio: 'inherit',
    env: { ...process.env, ...vulkanEnvironment() },
  });
  process.exitCode = child.status ?? 1;
}

async function runInBrowser() {
  process.env.PUPPETEER_EXECUTABLE_PATH = await ensureBrowser();
  const { createServer, preview } = await import('vite');
  const outDir = await buildSite();
  // Isolated pages have exact clocks and shared memory, which TensorFlow.js's WebAssembly wants for its threads.
  const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
  const site = await preview({
    root,
    configFile: false,
    logLevel: 'warn',
    build: { outDir },
    preview: { host: '127.0.0.1', port: 4173 + (process.pid % 1000), headers },
  });
  const address = site.resolvedUrls?.local[0] ?? '';
  // Loads the modules in TypeScript that this script needs.
  const loader = await createServer({
    root,
    configFile: `${root}vite.config.ts`,
    logLevel: 'error',
    appType: 'custom',
    server: { middlewareMode: true, watch: null, ws: false },
    optimizeDeps: { noDiscovery: true, entries: [] },
  });
  const { launch, close, collectErrors } = await loader.ssrLoadModule('/test/support/browser.ts');
  const { headline, markdown, textRow } = await loader.ssrLoadModule('/bench/report.ts');
  const { summarize } = await loader.ssrLoadModule('/bench/measure.ts');
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const errors = collectErrors(page);
    await page.exposeFunction('wgradBenchRow', (/** @type {object} */ row) => console.error(textRow(row)));
    const query = new URLSearchParams({
      run: '',
      with: values.with,
      size: values.size,
      rounds: values.rounds,
      command,
      ...(values.only === undefined ? {} : { only: values.only }),
    });
    await page.goto(`${address}bench/?${query}`);
    const done = 'globalThis.wgradBench !== undefined || globalThis.wgradBenchFailure !== undefined';
    await page.waitForFunction(done, { timeout: patience, polling: 500 });
    const report = await page.evaluate('globalThis.wgradBench');
    if (!report) throw new Error(`${await page.evaluate('globalThis.wgradBenchFailure')}\n${errors.join('\n')}`);
    await page.close();
    if (!values['no-cold']) report.cold = await coldStarts(browser, address, Object.keys(report.devices), summarize);
    console.log(values.markdown ? markdown(report) : headline(report));
    for (const error of errors) console.error(error);
    if (values.out) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
    const wrong = report.rows.some((/** @type {{ refused: Record<string, { kind: string }> }} */ { refused }) =>
      Object.values(refused).some(({ kind }) => kind === 'wrong'),
    );
    process.exitCode = wrong || report.rows.length === 0 ? 1 : 0;
  } finally {
    await close(browser);
    await loader.close();
    await site.close();
  }
}

/**
 * Pages in fresh contexts, which have no cache, one contender each, in interleaved rounds.
 * @param {import('puppeteer').Browser} browser
 * @param {string} address
 * @param {string[]} ids
 * @param {(samples: number[]) => { median: number, minimum: number }} summarize
 */
async function coldStarts(browser, address, ids, summarize) {
  /** @type {Map<string, number[]>} */
  const times = new Map(ids.map((id) => [id, []]));
  for (let round = 0; round < coldRounds; round++) {
    for (const [id, list] of times) {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      await page.goto(`${address}bench/cold.html?${new URLSearchParams({ with: id, size: values.size })}`);
      await page.waitForFunction('globalThis.wgradColdStart !== undefined', { timeout: 60_000, polling: 100 });
      const time = await page.evaluate('globalThis.wgradColdStart');
      if (typeof time === 'number') list.push(time);
      else console.error(`cold start of ${id}: ${time}`);
      await context.close();
    }
  }
  const measured = [...times].filter(([, list]) => list.length > 0);
  return Object.fromEntries(measured.map(([id, list]) => [id, summarize(list)]));
}
