// A `print` that writes somewhere else than to the console: into a page, a test or a terminal. Same text as wgrad's own.
import { textOf } from '../src/read.ts';

/** Prints values as Python's print would; resolves when the text is written. */
export type Print = (...values: readonly unknown[]) => Promise<void>;

export interface Printer {
  readonly print: Print;
  /** Resolves when everything printed so far is written; throws the first error among the values. */
  done(): Promise<void>;
}

/** Hands each printed text to `write`, in the order of the calls. */
export function printTo(write: (text: string) => void): Printer {
  let last: Promise<void> = Promise.resolve();
  const print: Print = (...values) => {
    // The texts are asked for now, so that later writes to a tensor do not show.
    const texts = Promise.all(values.map(textOf));
    last = Promise.all([last, texts]).then(([, parts]) => write(parts.join(' ')));
    // Whoever does not wait for this line hears of its failure from `done`.
    last.catch(() => undefined);
    return last;
  };
  return { print, done: () => last };
}
