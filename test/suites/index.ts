// All suites of this folder, in the order of their file names; a new file is found by itself.
import type { Suite } from '../support/suite.ts';

const modules = import.meta.glob<{ readonly suite: Suite }>(['./*.ts', '!./index.ts'], { eager: true });

export const suites: readonly Suite[] = Object.entries(modules).map(([path, module]) => {
  if (module.suite === undefined) throw new Error(`test/suites/${path.slice(2)} does not export 'suite'`);
  return module.suite;
});
