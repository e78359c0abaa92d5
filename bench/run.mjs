// `npm run bench`: runs the benchmark page in a headless browser and prints its table. `--markdown` prints it for
// RESULTS.md, `--out FILE` writes the report as JSON, `--size small` and `--rounds N` make it shorter. Ends with 1 where a
// result differs from the CPU's.
// @ts-check
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ensureBrowser } from '../test/support/browsers.mjs';
import { ensureInstalled, root } from '../test/support/install.mjs';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    size: { type: 'string' },
    rounds: { type: 'string' },
    markdown: { type: 'boolean' },
  },
});
ensureInstalled();
process.env.PUPPETEER_EXECUTABLE_PATH = await ensureBrowser();

const { createServer } = await import('vite');
const server = await createServer({
  root,
  configFile: `${root}vite.config.ts`,
  logLevel: 'warn',
  server: { host: '127.0.0.1', port: 0, watch: null },
});
await server.listen();
const address = server.httpServer?.address();
const port = typeof address === 'object' && address ? address.port : 0;
const { launch, close, collectErrors } = await server.ssrLoadModule('/test/support/browser.ts');
const { cells, columns, markdown } = await server.ssrLoadModule('/bench/report.ts');

const browser = await launch();
try {
  const page = await browser.newPage();
  const errors = collectErrors(page);
  const query = new URLSearchParams({ run: '', size: values.size ?? 'full', rounds: values.rounds ?? '7' });
  await page.goto(`http://127.0.0.1:${port}/bench/?${query}`);
  await page.waitForFunction('globalThis.wgradBench !== undefined', { timeout: 600_000, polling: 500 });
  const report = await page.evaluate('globalThis.wgradBench');
  if (values.markdown) console.log(markdown(report));
  else {
    printTable(columns, report.rows.map(cells));
    console.log(`\n${markdown(report).split('\n')[0]}`);
  }
  for (const error of errors) console.error(error);
  if (values.out) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
  const right = report.rows.every((/** @type {{ right: boolean }} */ row) => row.right);
  process.exitCode = right && errors.length === 0 ? 0 : 1;
} finally {
  await close(browser);
  await server.close();
}

/** Columns of equal width; numbers to the right. */
function printTable(/** @type {string[]} */ head, /** @type {string[][]} */ rows) {
  const full = rows.filter((row) => row.length === head.length);
  const widths = head.map((name, at) => Math.max(name.length, ...full.map((row) => row[at].length)));
  for (const row of [head, ...rows]) {
    const padded = row.map((text, at) => (at < 2 ? text.padEnd(widths[at]) : text.padStart(widths[at])));
    console.log(padded.join('  ').trimEnd());
  }
}
