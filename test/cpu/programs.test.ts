// The course's programs on the CPU device.
import { longSuites } from '../suites/index.ts';
import { runSuites } from '../support/node.ts';

runSuites(longSuites, { device: 'cpu', backend: 'cpu' });
