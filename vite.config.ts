// How the library is bundled and the pages are served. `stripShaderComments` makes the shaders' prose free of charge:
// comments stay in the sources and in development, and leave the bundle.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

/**
 * WGSL without comments, indentation and empty lines. `// #hook NAME` and `// #end` stay, because the library
 * puts text between them. Comments of WGSL: `//` to the end of the line, and block comments, which nest.
 * https://www.w3.org/TR/WGSL/#comments
 */
export function stripWgsl(source: string): string {
  let text = '';
  let depth = 0;
  for (let at = 0; at < source.length; at++) {
    const pair = source.slice(at, at + 2);
    if (pair === '/*') {
      depth++;
      at++;
    } else if (depth > 0) {
      if (pair === '*/') {
        depth--;
        at++;
        if (depth === 0) text += ' ';
      } else if (source[at] === '\n') text += '\n';
    } else if (pair === '//') {
      const end = source.indexOf('\n', at);
      const comment = source.slice(at, end < 0 ? source.length : end);
      if (/^\/\/ #(hook|end)\b/.test(comment)) text += comment;
      at += comment.length - 1;
    } else text += source[at];
  }
  const lines = text.split('\n').map((line) => line.trim());
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

/** `import source from './x.wgsl?raw'` gives the stripped program in a build. */
function stripShaderComments(): Plugin {
  return {
    name: 'strip-shader-comments',
    apply: 'build',
    enforce: 'pre',
    async load(id) {
      const [file, query] = id.split('?');
      if (!file.endsWith('.wgsl') || query !== 'raw') return null;
      this.addWatchFile(file);
      return `export default ${JSON.stringify(stripWgsl(await readFile(file, 'utf8')))};`;
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  appType: 'mpa',
  plugins: [stripShaderComments()],
  // Naming the pages lets vite find their packages at the start: one found later would reload the page.
  optimizeDeps: { entries: ['demo/**/*.html', 'bench/**/*.html', 'test/page/*.html'], exclude: ['webgpu'] },
  server: { host: '127.0.0.1', fs: { strict: true } },
  build: {
    target: 'es2023',
    outDir: 'dist',
    emptyOutDir: true,
    sourcemap: true,
    minify: false,
    lib: { entry: 'src/index.ts', formats: ['es'], fileName: () => 'index.js' },
    rolldownOptions: { external: ['webgpu'] },
  },
});
