// The suites on the CPU device; the long ones are in cpu/programs.test.ts.
import { parts } from './suites/index.ts';
import { runSuites } from './support/node.ts';

runSuites([...parts.tables, ...parts.rest], { device: 'cpu', backend: 'cpu' });
