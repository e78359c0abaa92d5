// The suites on the CPU device; the long ones are in cpu/programs.test.ts.
import { shortSuites } from './suites/index.ts';
import { runSuites } from './support/node.ts';

runSuites(shortSuites, { device: 'cpu', backend: 'cpu' });
