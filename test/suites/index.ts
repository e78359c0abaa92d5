// All suites of this folder, in the order of their file names; a new file is found by itself.
import type { Suite } from '../support/suite.ts';

const modules = import.meta.glob<{ readonly suite: Suite }>(['./*.ts', '!./index.ts'], { eager: true });

export const suites: readonly Suite[] = Object.entries(modules).map(([path, module]) => {
  if (module.suite === undefined) throw new Error(`test/suites/${path.slice(2)} does not export 'suite'`);
  return module.suite;
});

const areLong: readonly string[] = ['course', 'programs'];

/** The course's programs, which train for a while: on the CPU device, and in Chromium, where people run them. */
export const longSuites = suites.filter(({ name }) => areLong.includes(name));

/** All others: on the CPU device and through Dawn in Node. */
export const shortSuites = suites.filter(({ name }) => !areLong.includes(name));

/**
 * What runs in Chromium, in two pages at a time: all but the comparison of the operations' gradients on both devices, whose
 * programs are the same in Dawn in Node. PyTorch's own samples, gradients included, run here, too.
 */
const inFirst: readonly string[] = [...areLong, 'opinfo', 'modules'];
export const browserParts = {
  first: suites.filter(({ name }) => inFirst.includes(name)),
  second: suites.filter(({ name }) => !inFirst.includes(name) && name !== 'gradients'),
} as const;
export type BrowserPart = keyof typeof browserParts;
