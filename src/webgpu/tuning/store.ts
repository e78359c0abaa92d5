// What tune() found, kept for later starts: in IndexedDB where there is one, in a file in Node. Nothing that is stored is
// trusted: what does not read as winners of these kernels on this adapter is as good as nothing.

import type { ProductForm, Winner } from '../kernels/matmul-choice.ts';
import { kernelsVersion } from '../kernels/matmul-variants.ts';

/** A place that keeps a value a key. */
export interface Shelf {
  /** Where, for people. */
  readonly name: string;
  /** Undefined where there is nothing under the key. */
  read(key: string): Promise<unknown>;
  write(key: string, value: unknown): Promise<void>;
}

/** What is kept for an adapter. */
interface Kept {
  readonly kernels: string;
  readonly date: string;
  readonly winners: readonly Winner[];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;
const forms: readonly unknown[] = ['matrices', 'line', 'columns'] satisfies ProductForm[];

/** The winners in a stored value; none where it is of other kernels, or is no such value. */
export function winnersIn(value: unknown): Winner[] {
  if (!isRecord(value) || value.kernels !== kernelsVersion() || !Array.isArray(value.winners)) return [];
  return value.winners.flatMap((one: unknown): Winner[] => {
    if (!isRecord(one) || !forms.includes(one.form) || typeof one.variant !== 'string') return [];
    const { M, K, N, batches } = one;
    if (!isSize(M) || !isSize(K) || !isSize(N) || !isSize(batches)) return [];
    return [{ form: one.form as ProductForm, M, K, N, batches, variant: one.variant }];
  });
}

/** Winners of an earlier measurement with those of a new one, which replace them shape by shape. */
export function joined(earlier: readonly Winner[], later: readonly Winner[]): Winner[] {
  const key = ({ form, M, K, N, batches }: Winner) => [form, M, K, N, batches].join();
  const all = new Map([...earlier, ...later].map((winner) => [key(winner), winner]));
  return [...all.values()];
}

/** A shelf that is one JSON file: an object with a member a key. */
export function fileShelf(path: string): Shelf {
  const fs = process.getBuiltinModule('node:fs/promises');
  const { dirname } = process.getBuiltinModule('node:path');
  const readAll = async (): Promise<Record<string, unknown>> => {
    try {
      const all: unknown = JSON.parse(await fs.readFile(path, 'utf8'));
      return isRecord(all) ? all : {};
    } catch {
      return {};
    }
  };
  return {
    name: path,
    read: async (key) => (await readAll())[key],
    write: async (key, value) => {
      const text = `${JSON.stringify({ ...(await readAll()), [key]: value }, null, 1)}\n`;
      await fs.mkdir(dirname(path), { recursive: true });
      // Readers see the file before or after, never half of it.
      const draft = `${path}.${process.pid}`;
      await fs.writeFile(draft, text);
      await fs.rename(draft, path);
    },
  };
}

/** The file of the user's: WGRAD_TUNE_FILE, where '' is none; else in the folder where the platform keeps caches. */
export function defaultFile(): string | null {
  const { env, platform } = process;
  if (env.WGRAD_TUNE_FILE !== undefined) return env.WGRAD_TUNE_FILE === '' ? null : env.WGRAD_TUNE_FILE;
  const { join } = process.getBuiltinModule('node:path');
  const home = process.getBuiltinModule('node:os').homedir();
  const cache =
    platform === 'darwin'
      ? join(home, 'Library', 'Caches')
      : platform === 'win32'
        ? (env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'))
        : (env.XDG_CACHE_HOME ?? join(home, '.cache'));
  return join(cache, 'wgrad', 'tune.json');
}

const [databaseName, storeName] = ['wgrad', 'tune'];

/** Null where there is no database, unless it is to be made. */
function openDatabase(make: boolean): Promise<IDBDatabase | null> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(databaseName, 1);
    request.addEventListener('upgradeneeded', () => {
      if (make) request.result.createObjectStore(storeName);
      else request.transaction?.abort();
    });
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => (make ? reject(request.error as DOMException) : resolve(null)));
    request.addEventListener('blocked', () => reject(new Error('the database is blocked')));
  });
}

/** A shelf in the browser's database; reading makes none. */
const databaseShelf: Shelf = {
  name: `IndexedDB ${databaseName}`,
  read: async (key) => {
    const database = await openDatabase(false);
    if (database === null) return undefined;
    try {
      return await new Promise((resolve, reject) => {
        const request = database.transaction(storeName).objectStore(storeName).get(key);
        request.addEventListener('success', () => resolve(request.result));
        request.addEventListener('error', () => reject(request.error as DOMException));
      });
    } finally {
      database.close();
    }
  },
  write: async (key, value) => {
    const database = (await openDatabase(true)) as IDBDatabase;
    try {
      await new Promise<void>((resolve, reject) => {
        const transaction = database.transaction(storeName, 'readwrite');
        transaction.objectStore(storeName).put(value, key);
        transaction.addEventListener('complete', () => resolve());
        transaction.addEventListener('abort', () => reject(transaction.error as DOMException));
      });
    } finally {
      database.close();
    }
  },
};

/** The shelf of this platform; `file` in Node instead of the default. Null where there is none. */
export function openShelf(file?: string): Shelf | null {
  if (typeof indexedDB !== 'undefined') return databaseShelf;
  if (typeof process === 'undefined' || !process.versions?.node) return null;
  const path = file ?? defaultFile();
  return path === null ? null : fileShelf(path);
}

/** What the devices of this program were opened with: later ones get the same, so that a program keeps its kernels. */
const opened = new Map<string, Promise<readonly Winner[]>>();

async function load(shelf: Shelf | null, identity: string): Promise<readonly Winner[]> {
  try {
    return winnersIn(await shelf?.read(identity));
  } catch {
    return [];
  }
}

/** The winners with which a device of an adapter is to be opened. Never rejects. */
export function winnersFor(identity: string): Promise<readonly Winner[]> {
  let winners = opened.get(identity);
  if (winners === undefined) opened.set(identity, (winners = load(openShelf(), identity)));
  return winners;
}

/** Whether a device of the adapter was opened, so that what is measured now waits for the next start. */
export function isOpened(identity: string): boolean {
  return opened.has(identity);
}

/** Keeps winners beside those of earlier measurements. Resolves to where, or to null where nothing could be kept. */
export async function keep(identity: string, winners: readonly Winner[], file?: string): Promise<string | null> {
  const shelf = openShelf(file);
  const all = joined(await load(shelf, identity), winners);
  // Also where nothing can be kept, a device that is opened later in this program has them.
  if (!isOpened(identity)) opened.set(identity, Promise.resolve(all));
  if (shelf === null) return null;
  try {
    const kept: Kept = { kernels: kernelsVersion(), date: new Date().toISOString(), winners: all };
    await shelf.write(identity, kept);
    return shelf.name;
  } catch {
    return null;
  }
}
