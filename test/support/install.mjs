// Installs what package-lock.json pins when node_modules lacks it, so that the commands of package.json work on a fresh
// clone. Uses Node alone: it runs before any package is there.
// @ts-check
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json, with its closing separator. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The packages of a lockfile, by path: `node_modules/vite` -> its version and whether the platform may leave it out.
 * @param {string} path
 * @returns {Record<string, { version?: string, optional?: boolean, peer?: boolean }>}
 */
function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(root + path, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

/** What node_modules lacks of the lockfile, as `name@version`; npm itself writes node_modules/.package-lock.json. */
export function missingPackages() {
  const wanted = packagesOf('package-lock.json');
  const installed = packagesOf('node_modules/.package-lock.json');
  const missing = [];
  for (const [path, entry] of Object.entries(wanted)) {
    // The entry '' is the project itself; optional packages are mostly binaries of other platforms.
    if (path === '' || (entry.optional && !installed[path])) continue;
    if (installed[path]?.version !== entry.version) {
      missing.push(`${path.slice(path.lastIndexOf('node_modules/') + 13)}@${entry.version}`);
    }
  }
  return missing;
}

/** Runs `npm ci` unless node_modules holds what the lockfile names. Ends the process where npm fails. */
export function ensureInstalled() {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const few = missing.slice(0, 3).join(', ');
  console.log(`node_modules lacks ${missing.length} packages (${few}${missing.length > 3 ? ', ...' : ''}): npm ci`);
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  const cli = process.env.npm_execpath;
  const result =
    cli && basename(cli) === 'npm-cli.js'
      ? spawnSync(process.execPath, [cli, ...args], { cwd: root, stdio: 'inherit' })
      : spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (result.status !== 0) {
    console.error(`npm ci failed${result.error ? `: ${result.error.message}` : ''}. Is the npm registry reachable?`);
    process.exit(1);
  }
}
