// `npm test`: installs what is missing, then checks types, style and format and runs every part of the test suite.
// `npm test cpu dawn` runs the named parts alone. Ends with `N passed, N failed`; exit code 1 where anything failed.
// @ts-check
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBrowser } from './support/browsers.mjs';
import { ensureInstalled, root } from './support/install.mjs';

/** @typedef {{ name: string, passed: number, failed: number, skipped: number, seconds: number, note: string }} Outcome */

const bin = join(root, 'node_modules');
/** The tools that look at the sources: name -> script and arguments. @type {Record<string, string[]>} */
const checks = {
  types: [join(bin, 'typescript/bin/tsc'), '--noEmit'],
  lint: [join(bin, 'oxlint/bin/oxlint'), '--deny-warnings'],
  format: [join(bin, 'prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'],
};
/** The projects of vitest.config.ts, in the order in which they run. */
const projects = ['unit', 'cpu', 'dawn', 'chromium', 'pages'];
/** Dawn needs the SwiftShader that a Chromium brings along where the machine has no GPU. */
const needBrowser = ['dawn', 'chromium', 'pages'];
/** Seconds for one check or part, and for the whole run: what takes longer hangs. */
const partLimit = 420;
const wholeLimit = 1200;

const begun = Date.now();
const folder = mkdtempSync(join(tmpdir(), 'wgrad-test-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/**
 * Runs a Node script with the terminal as its output; ends it and its children when its time is over.
 * @param {string[]} args
 * @returns {Promise<{ code: number, note: string }>}
 */
function runNode(args) {
  return new Promise((resolve) => {
    const left = Math.min(partLimit, wholeLimit - (Date.now() - begun) / 1000);
    if (left <= 0) return resolve({ code: 1, note: `not run: ${wholeLimit} s are over` });
    const grouped = process.platform !== 'win32';
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', detached: grouped });
    const kill = () => {
      try {
        if (grouped && child.pid) process.kill(-child.pid, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        // It ended by itself in the meantime.
      }
    };
    const interrupt = () => {
      kill();
      process.exit(130);
    };
    let note = '';
    const timer = setTimeout(() => {
      note = `stopped after ${Math.round(left)} s`;
      kill();
    }, left * 1000);
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      resolve({ code: code ?? 1, note: note || (signal ? `ended by ${signal}` : '') });
    });
  });
}

/** @param {string} name @returns {Promise<Outcome>} */
async function runCheck(name) {
  const start = Date.now();
  const { code, note } = await runNode(checks[name]);
  return { name, passed: 0, failed: code === 0 ? 0 : 1, skipped: 0, seconds: (Date.now() - start) / 1000, note };
}

/** Runs one project of vitest and counts its tests; a file that does not load counts as one failure. */
async function runProject(/** @type {string} */ name) {
  const start = Date.now();
  const file = join(folder, `${name}.json`);
  const vitest = join(bin, 'vitest/vitest.mjs');
  const args = [vitest, 'run', '--project', name, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { code, note } = await runNode(args);
  /** @type {Outcome} */
  const outcome = { name, passed: 0, failed: 0, skipped: 0, seconds: (Date.now() - start) / 1000, note };
  try {
    for (const { status, assertionResults } of JSON.parse(readFileSync(file, 'utf8')).testResults) {
      const count = (/** @type {string} */ wanted) =>
        assertionResults.filter((/** @type {{ status: string }} */ test) => test.status === wanted).length;
      const [passed, failed] = [count('passed'), count('failed')];
      outcome.passed += passed;
      outcome.skipped += assertionResults.length - passed - failed;
      outcome.failed += status === 'failed' ? Math.max(failed, 1) : failed;
    }
  } catch {
    outcome.note ||= 'vitest left no results';
  }
  if (code !== 0 && outcome.failed === 0) outcome.failed = 1;
  return outcome;
}

const named = process.argv.slice(2);
const unknown = named.find((name) => !projects.includes(name) && !(name in checks));
if (unknown !== undefined) {
  console.error(`no part '${unknown}': there are ${[...Object.keys(checks), ...projects].join(', ')}.`);
  process.exit(1);
}
const parts = named.length > 0 ? named : [...Object.keys(checks), ...projects];

ensureInstalled();
/** @type {Outcome[]} */
const outcomes = [];
let browser = '';
try {
  if (parts.some((part) => needBrowser.includes(part))) {
    browser = await ensureBrowser();
    process.env.PUPPETEER_EXECUTABLE_PATH = browser;
    console.log(`browser: ${browser}`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  outcomes.push({ name: 'browser', passed: 0, failed: 1, skipped: 0, seconds: 0, note: 'none found' });
}
for (const part of parts) {
  if (browser === '' && (part === 'chromium' || part === 'pages')) continue;
  console.log(`\n=== ${part}`);
  outcomes.push(part in checks ? await runCheck(part) : await runProject(part));
}

console.log('\n=== summary');
for (const { name, passed, failed, skipped, seconds, note } of outcomes) {
  const counts = name in checks || name === 'browser' ? '' : `${passed} passed, ${failed} failed`;
  const extra = [counts, skipped > 0 ? `${skipped} skipped` : '', note].filter((text) => text !== '').join(', ');
  console.log(`${failed > 0 ? 'FAIL' : 'ok  '} ${name.padEnd(10)} ${seconds.toFixed(1).padStart(6)} s  ${extra}`);
}
const total = (/** @type {'passed' | 'failed'} */ key) => outcomes.reduce((sum, outcome) => sum + outcome[key], 0);
// A check that fails counts as one failure beside those of vitest, so that `0 failed` means that all is well.
console.log(`\n${total('passed')} passed, ${total('failed')} failed`);
process.exitCode = total('failed') > 0 ? 1 : 0;
