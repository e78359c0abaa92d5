// The suites on the CPU device.
import { runSuites } from './support/node.ts';

runSuites({ device: 'cpu', backend: 'cpu' });
