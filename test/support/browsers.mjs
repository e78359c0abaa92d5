// Finds a Chrome, Chromium or Edge for the tests and the benchmarks, or gets one: what the user names, what is
// installed, what puppeteer downloads, what apt installs. Knows nothing of pages. Uses Node alone.
// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from './install.mjs';

const commands = [
  'google-chrome-stable',
  'google-chrome',
  'chromium',
  'chromium-browser',
  'chrome',
  'microsoft-edge-stable',
  'microsoft-edge',
];

/** Where an installed browser may be, best first. */
function candidates() {
  if (process.platform === 'darwin') {
    const names = ['Google Chrome', 'Chromium', 'Microsoft Edge'];
    const folders = ['/Applications', join(process.env.HOME ?? '', 'Applications')];
    return folders.flatMap((folder) => names.map((name) => `${folder}/${name}.app/Contents/MacOS/${name}`));
  }
  if (process.platform === 'win32') {
    const places = ['Google/Chrome/Application/chrome.exe', 'Microsoft/Edge/Application/msedge.exe'];
    const { ProgramFiles, LOCALAPPDATA } = process.env;
    const folders = [ProgramFiles, process.env['ProgramFiles(x86)'], LOCALAPPDATA];
    return folders.flatMap((folder) => (folder ? places.map((place) => join(folder, place)) : []));
  }
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/snap/bin', '/opt/google/chrome'];
  return commands.flatMap((name) => folders.map((folder) => join(folder, name)));
}

/**
 * Whether the file starts: a browser whose libraries are missing, or a placeholder of a package, is none.
 * On Windows `--version` would open a window, so there the file alone decides.
 * @param {string} path
 */
function works(path) {
  if (!existsSync(path)) return false;
  if (process.platform === 'win32') return true;
  const result = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  return result.status === 0 && /\d+\.\d+/.test(result.stdout);
}

/** The browser in puppeteer's own folder, where it is one that starts. */
async function downloaded() {
  try {
    const { default: puppeteer } = await import('puppeteer');
    const path = await puppeteer.executablePath();
    return works(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** The path of a browser that is there, or undefined. Throws where PUPPETEER_EXECUTABLE_PATH names none. */
export async function installedBrowser() {
  const named = process.env.PUPPETEER_EXECUTABLE_PATH;
  if (named) {
    if (works(named)) return named;
    throw new Error(`PUPPETEER_EXECUTABLE_PATH is ${named}: no browser starts from there.`);
  }
  return candidates().find(works) ?? (await downloaded());
}

/** Downloads puppeteer's browser. A host that does not answer within 5 seconds ends the try. */
async function download() {
  try {
    await fetch('https://storage.googleapis.com/chrome-for-testing-public/', {
      method: 'HEAD',
      signal: AbortSignal.timeout(5_000),
    });
  } catch {
    console.log("  puppeteer's download host does not answer");
    return;
  }
  const cli = join(root, 'node_modules/puppeteer/lib/cjs/puppeteer/node/cli.js');
  spawnSync(process.execPath, [cli, 'browsers', 'install', 'chrome'], {
    cwd: root,
    stdio: 'inherit',
    timeout: 120_000,
    env: { ...process.env, PUPPETEER_SKIP_DOWNLOAD: 'false', PUPPETEER_CHROME_SKIP_DOWNLOAD: 'false' },
  });
}

/** Installs Debian's chromium, as root or through a sudo that asks for nothing. */
function aptInstall() {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) return;
  const asRoot = process.getuid?.() === 0;
  if (!asRoot && spawnSync('sudo', ['-n', 'true']).status !== 0) {
    console.log('  apt-get needs root, or sudo without a password');
    return;
  }
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive'];
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const line = [...(asRoot ? [] : ['sudo', '-n']), ...environment, 'apt-get', '-qq', ...args];
    spawnSync(line[0], line.slice(1), { stdio: ['ignore', 'ignore', 'inherit'], timeout: 300_000 });
  }
}

/** The path of a browser, got by download or apt where none is there. Throws an error that says what to install. */
export async function ensureBrowser() {
  const present = await installedBrowser();
  if (present) return present;
  console.log("no Chrome, Chromium or Edge is installed: trying puppeteer's download");
  await download();
  const own = await downloaded();
  if (own) return own;
  console.log('no browser came that way: trying apt-get install chromium');
  aptInstall();
  const installed = await installedBrowser();
  if (installed) return installed;
  throw new Error(
    'no browser found, and none could be installed. Install one (Debian, Ubuntu: sudo apt-get install chromium; ' +
      'others: Google Chrome or Microsoft Edge) or set PUPPETEER_EXECUTABLE_PATH to one.',
  );
}
