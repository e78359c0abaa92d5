// Serves the project's pages to a browser under test: vite on 127.0.0.1 (WebGPU needs a secure context), a free port.
import { createServer } from 'vite';
import { root } from './install.mjs';

export interface Server {
  /** `http://127.0.0.1:PORT`, without a closing slash. */
  readonly address: string;
  close(): Promise<void>;
}

/** Starts a server that does not watch the files: an edit during a run must not reload the page. */
export async function startServer(): Promise<Server> {
  const server = await createServer({
    root,
    configFile: `${root}vite.config.ts`,
    logLevel: 'warn',
    clearScreen: false,
    server: { host: '127.0.0.1', port: 0, watch: { ignored: ['**'] } },
  });
  await server.listen();
  const bound = server.httpServer?.address();
  if (bound === null || bound === undefined || typeof bound === 'string') throw new Error('vite bound no port');
  return { address: `http://127.0.0.1:${bound.port}`, close: () => server.close() };
}
