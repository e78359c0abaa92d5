// Builds what the bench runs: the page as a site of plain files, and the program for Node as one file. Built code is what
// users load: a development server would count its own work to the cold start.
// @ts-check
import { join } from 'node:path';
import { root } from '../test/support/install.mjs';

/** Where builds go: inside node_modules, so that the Node program finds the package `webgpu`. */
const cache = join(root, 'node_modules/.cache/wgrad-bench');

/**
 * package.json promises bundlers that of the built library only the entry does something when it is imported; here the
 * sources are bundled, and their entry does too: it brings the devices.
 * @type {import('vite').Plugin}
 */
const keepEntry = {
  name: 'keep-entry',
  transform: (code, id) => (id === `${root}src/index.ts` ? { code, moduleSideEffects: true } : null),
};

/** The pages `bench/index.html` and `bench/cold.html`; resolves to the folder of the site. */
export async function buildSite() {
  const { build } = await import('vite');
  const outDir = join(cache, 'site');
  await build({
    root,
    configFile: `${root}vite.config.ts`,
    logLevel: 'error',
    plugins: [keepEntry],
    build: {
      lib: false,
      outDir,
      emptyOutDir: true,
      sourcemap: false,
      // TensorFlow.js starts its threads from the text of a function, whose names must stay.
      minify: false,
      chunkSizeWarningLimit: 10_000,
      rolldownOptions: { input: [join(root, 'bench/index.html'), join(root, 'bench/cold.html')] },
    },
  });
  return outDir;
}

/** One module for Node with everything in it but the package `webgpu`; resolves to its path. */
export async function buildProgram() {
  const { build } = await import('vite');
  const outDir = join(cache, 'node');
  await build({
    root,
    configFile: `${root}vite.config.ts`,
    logLevel: 'error',
    plugins: [keepEntry],
    // The browser's builds of the peers: Node's are older modules that would come along twice.
    resolve: { mainFields: ['module', 'jsnext:main', 'main'] },
    ssr: { noExternal: true, external: ['webgpu'] },
    build: {
      lib: false,
      ssr: join(root, 'bench/node.ts'),
      target: 'node20',
      outDir,
      emptyOutDir: true,
      sourcemap: false,
      minify: false,
      assetsInlineLimit: 2 ** 20,
      rolldownOptions: {
        external: ['webgpu'],
        output: { codeSplitting: false, entryFileNames: 'bench.mjs' },
      },
    },
  });
  return join(outDir, 'bench.mjs');
}
