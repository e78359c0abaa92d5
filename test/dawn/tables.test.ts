// What goes through all operations and modules, on WebGPU in Node, through Dawn.
import { parts } from '../suites/index.ts';
import { runSuites } from '../support/node.ts';

runSuites(parts.tables, { device: 'webgpu', backend: 'dawn' });
