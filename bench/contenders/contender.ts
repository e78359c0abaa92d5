// What a contender is: a library on a device that computes the cases. Every contender is driven through this, so that all
// of them are timed by the same code. Knows no library and no clock.
import type { BenchCase, Inputs } from '../cases.ts';

/** The contenders by their ids, in the order of the tables. */
export const contenderNames = {
  wgrad: 'wgrad',
  compiled: 'wgrad, compiled',
  cpu: 'wgrad CPU',
  jax: 'jax-js',
  tfjs: 'TensorFlow.js',
  'tfjs-wasm': 'TF.js wasm',
} as const;

export type ContenderId = keyof typeof contenderNames;

/** A case that a contender does not compute, with the reason. */
export class UnsupportedCase extends Error {
  override name = 'UnsupportedCase';
}

/** One case in one library's tensors `T`, with its inputs on the device. */
export interface Program<T> {
  /** One operation, from the result of the one before, or from the inputs. Does not wait. */
  step(previous: T | null): T;
  /** Has a result computed although nobody reads it; does not wait. `at` counts the results of a repetition. */
  hold(result: T, at: number): void;
  /** What the contenders are compared by: results, or losses and parameters after a few steps from fresh parameters. */
  compared(): Promise<ArrayLike<number>[]>;
  /** Whether results are the caller's to let go; a trained parameter is not. */
  readonly owned: boolean;
  dispose(): void;
}

/** How one library holds tensors of type `T`. */
export interface Library<T> {
  /** Opens the device; a line about it. */
  open(): Promise<string>;
  /** Called before a case is run, where several contenders share one library. */
  enter(): Promise<void>;
  prepare(one: BenchCase, inputs: Inputs): Promise<Program<T>>;
  /** One number of a result, when everything held so far is computed. */
  first(result: T): Promise<number>;
  release(results: readonly T[]): void;
}

/** A case that is ready to be timed. */
export interface Runner {
  compared(): Promise<ArrayLike<number>[]>;
  /** The operation `times` times, all results held, then one read; resolves to what lets the results go. */
  run(times: number): Promise<() => void>;
  dispose(): void;
}

export interface Contender {
  readonly id: ContenderId;
  readonly name: string;
  readonly usesWebGpu: boolean;
  /** Whose device of WebGPU it is: with and without `compile`, wgrad has one. */
  readonly device: ContenderId;
  open(): Promise<string>;
  enter(): Promise<void>;
  prepare(one: BenchCase, inputs: Inputs): Promise<Runner>;
}

/** A chain starts again from the inputs after this many operations: 2^64 times the input is far from float32's end. */
const chainLength = 64;

export const deviceOwner = (id: ContenderId): ContenderId => (id === 'compiled' ? 'wgrad' : id);

/** Hides the tensor type of a library. */
export function contender<T>(id: ContenderId, library: Library<T>): Contender {
  return {
    id,
    name: contenderNames[id],
    device: deviceOwner(id),
    usesWebGpu: id !== 'cpu' && id !== 'tfjs-wasm',
    open: () => library.open(),
    enter: () => library.enter(),
    async prepare(one, inputs) {
      const program = await library.prepare(one, inputs);
      return {
        compared: () => program.compared(),
        async run(times) {
          const results: T[] = [];
          for (let at = 0; at < times; at++) {
            const result = program.step(at % chainLength === 0 ? null : results[at - 1]);
            program.hold(result, at);
            results.push(result);
          }
          await library.first(results[times - 1]);
          return () => {
            if (program.owned) library.release(results);
          };
        },
        dispose: () => program.dispose(),
      };
    },
  };
}

/** The contenders asked for. A peer is fetched here and not before, so that a page without peers never loads one. */
export async function loadContender(id: ContenderId): Promise<Contender> {
  if (id === 'jax') return (await import('./jax.ts')).jaxContender();
  if (id === 'tfjs' || id === 'tfjs-wasm') return (await import('./tfjs.ts')).tfjsContender(id);
  return (await import('./wgrad.ts')).wgradContender(id);
}
