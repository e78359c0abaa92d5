// The course's programs on the CPU device.
import { parts } from '../suites/index.ts';
import { runSuites } from '../support/node.ts';

runSuites(parts.programs, { device: 'cpu', backend: 'cpu' });
