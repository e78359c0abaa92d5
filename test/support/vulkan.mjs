// Gives Dawn in Node a Vulkan driver on machines without a GPU: the SwiftShader that every Chromium brings along.
// Knows nothing of the tests. Uses Node and the optional package `webgpu`.
// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './install.mjs';

const manifest = 'vk_swiftshader_icd.json';

/** Prints `hardware`, `software` or `none`; runs in a process of its own, as a broken driver may take it down. */
const probe = `
  import { create } from 'webgpu';
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  console.log(!adapter ? 'none' : adapter.info.isFallbackAdapter ? 'software' : 'hardware');
  process.exit(gpu ? 0 : 1);
`;

/**
 * What Dawn in Node finds under `environment`.
 * @param {Record<string, string | undefined>} environment
 * @returns {'hardware' | 'software' | 'none'}
 */
function dawnFinds(environment) {
  const args = ['--input-type=module', '--eval', probe];
  const result = spawnSync(process.execPath, args, { cwd: root, env: environment, encoding: 'utf8', timeout: 30_000 });
  const answer = result.stdout?.trim();
  return answer === 'hardware' || answer === 'software' ? answer : 'none';
}

/** The folders under `parent`, or none. */
function foldersIn(/** @type {string} */ parent) {
  return existsSync(parent) ? readdirSync(parent).map((name) => join(parent, name)) : [];
}

/** The folder of a Chromium that holds SwiftShader's Vulkan driver, or undefined. */
export function swiftShaderFolder() {
  const named = process.env.PUPPETEER_EXECUTABLE_PATH;
  const cache = process.env.PUPPETEER_CACHE_DIR ?? join(homedir(), '.cache/puppeteer');
  const folders = [
    ...(named && existsSync(named) ? [dirname(realpathSync(named))] : []),
    '/usr/lib/chromium',
    '/usr/lib/chromium-browser',
    '/usr/lib64/chromium-browser',
    '/opt/google/chrome',
    '/opt/chromium.org/chromium',
    '/opt/microsoft/msedge',
    '/snap/chromium/current/usr/lib/chromium-browser',
    ...foldersIn(join(cache, 'chrome')).flatMap(foldersIn),
  ];
  return folders.find((folder) => existsSync(join(folder, manifest)));
}

/**
 * The variables with which a Node process must start so that Dawn has an adapter: none where it finds a GPU by itself.
 * Debian's libvulkan1 may be missing too; then Chromium's copy is the loader.
 * The loader's path is read when a process starts, so setting these in a running process is too late.
 * @returns {Record<string, string>}
 */
export function vulkanEnvironment() {
  if (process.platform !== 'linux' || dawnFinds(process.env) === 'hardware') return {};
  const folder = swiftShaderFolder();
  if (!folder) return {};
  const icd = { VK_ICD_FILENAMES: process.env.VK_ICD_FILENAMES ?? join(folder, manifest) };
  if (dawnFinds({ ...process.env, ...icd }) !== 'none') return icd;
  if (!existsSync(join(folder, 'libvulkan.so.1'))) return icd;
  const before = process.env.LD_LIBRARY_PATH;
  return { ...icd, LD_LIBRARY_PATH: before ? `${before}:${folder}` : folder };
}
