// `npm start`: serves the demo and bench pages on 127.0.0.1 (WebGPU needs a secure context) and prints their addresses.
// Installs the packages first where they are missing.
// @ts-check
import { ensureInstalled, root } from '../test/support/install.mjs';

ensureInstalled();
const { createServer } = await import('vite');
const server = await createServer({
  root,
  configFile: `${root}vite.config.ts`,
  clearScreen: false,
  logLevel: 'warn',
  server: { host: '127.0.0.1', port: Number(process.env.PORT ?? 5173) },
  plugins: [
    {
      name: 'start-page',
      configureServer({ middlewares }) {
        middlewares.use((request, response, next) => {
          if (request.url !== '/') return next();
          response.writeHead(302, { location: '/demo/' }).end();
        });
      },
    },
  ],
});
await server.listen();
const address = server.httpServer?.address();
const port = typeof address === 'object' && address ? address.port : 5173;
const pages = { demo: 'demo/', examples: 'demo/examples.html', bench: 'bench/' };
for (const [name, path] of Object.entries(pages)) console.log(`${name.padEnd(9)} http://127.0.0.1:${port}/${path}`);
console.log('Open them in Chrome, Edge or another browser with WebGPU. Ctrl+C ends the server.');
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close().finally(() => process.exit(0));
  });
}
