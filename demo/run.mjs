// `npm run example -- NAME [--device cpu|webgpu]`: runs a program of demo/examples in Node; without a name, lists them.
// Installs the packages first where they are missing, and gives Dawn a driver on machines without a GPU.
// @ts-check
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureInstalled, root } from '../test/support/install.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { device: { type: 'string', default: 'auto' }, inner: { type: 'boolean', default: false } },
});
const { device, inner } = values;
if (!['auto', 'cpu', 'webgpu'].includes(device)) {
  console.error(`--device is '${device}': it must be auto, cpu or webgpu.`);
  process.exit(1);
}
ensureInstalled();

if (inner || device === 'cpu' || positionals.length === 0) await run(positionals[0], device);
else {
  // A Vulkan driver is named by variables that a process reads when it starts, so the program runs in a child.
  const { vulkanEnvironment } = await import('../test/support/vulkan.mjs');
  const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2), '--inner'];
  const child = spawnSync(process.execPath, args, {
    stdio: 'inherit',
    env: { ...process.env, ...vulkanEnvironment() },
  });
  process.exitCode = child.status ?? 1;
}

/** Runs one example on a device and prints what it prints; then which device that was, and how long it took. */
async function run(/** @type {string | undefined} */ name, /** @type {string} */ device) {
  const { createServer } = await import('vite');
  const server = await createServer({
    root,
    configFile: `${root}vite.config.ts`,
    logLevel: 'error',
    appType: 'custom',
    server: { middlewareMode: true, watch: null, ws: false },
    optimizeDeps: { noDiscovery: true, entries: [] },
  });
  try {
    const { examples } = await server.ssrLoadModule('/demo/examples/index.ts');
    const example = examples.find((/** @type {{ name: string }} */ one) => one.name === name);
    if (example === undefined) {
      if (name !== undefined) console.error(`There is no example '${name}'.\n`);
      console.log('npm run example -- NAME [--device cpu|webgpu]\n');
      for (const { name, about } of examples) console.log(`  ${name.padEnd(30)} ${about}`);
      process.exitCode = name === undefined ? 0 : 1;
      return;
    }
    const wgrad = await server.ssrLoadModule('/src/index.ts');
    const { printTo } = await server.ssrLoadModule('/demo/printer.ts');
    const { type, description } = await wgrad.init({ device });
    const start = performance.now();
    const { print, done } = printTo(console.log);
    const { main } = await example.load();
    await main(print);
    await done();
    console.error(`\n${type}: ${description}, ${((performance.now() - start) / 1000).toFixed(2)} s`);
  } catch (error) {
    console.error(error instanceof Error ? error.stack : error);
    process.exitCode = 1;
  } finally {
    await server.close();
  }
}
