// All suites of this folder, in the order of their file names; a new file is found by itself.
import type { Suite } from '../support/suite.ts';

const modules = import.meta.glob<{ readonly suite: Suite }>(['./*.ts', '!./index.ts'], { eager: true });

export const suites: readonly Suite[] = Object.entries(modules).map(([path, module]) => {
  if (module.suite === undefined) throw new Error(`test/suites/${path.slice(2)} does not export 'suite'`);
  return module.suite;
});

/** The suites of these names; throws where there is none of a name. */
export function named(names: readonly string[]): readonly Suite[] {
  const missing = names.find((one) => !suites.some(({ name }) => name === one));
  if (missing !== undefined) throw new Error(`there is no suite '${missing}'`);
  return suites.filter(({ name }) => names.includes(name));
}

const others = (names: readonly string[]): readonly Suite[] => suites.filter(({ name }) => !names.includes(name));

/** The course's programs, which train for a while: on the CPU device, and in Chromium, where people run them. */
const programs = ['course', 'course, long', 'programs'];
/** What goes through all operations or modules. */
const tables = ['ops', 'gradients', 'opinfo', 'modules', 'networks', 'linalg'];
/** What compares operation by operation: the programs are the same in Chromium as in Dawn in Node, where all of it runs. */
const comparisons = ['ops', 'gradients', 'linalg', 'networks', 'distributions', 'rare'];

/** What holds bytes flat over hundreds of steps: decided before a device sees it, so Dawn in Node is enough. */
const longLoops = ['memory'];
/** Tensors as large as buffers may be: where people run them. */
const largest = ['limits'];

/** The parts in which the suites run, two at a time. */
export const parts = {
  programs: named(programs),
  tables: named(tables),
  rest: others([...programs, ...tables]),
  restInNode: others([...programs, ...tables, ...largest]),
  browserFirst: named(['course', 'opinfo', 'modules']),
  browserSecond: others(['course', 'course, long', ...comparisons, ...longLoops, 'opinfo', 'modules']),
} as const;
export type BrowserPart = 'browserFirst' | 'browserSecond';
