// The parts of the test suite. `unit` uses none of the library's devices; `cpu`, `dawn` and `chromium` run the same
// suites of test/suites on the three backends; `pages` opens the demo and bench pages.
import { defineConfig } from 'vitest/config';
import { vulkanEnvironment } from './test/support/vulkan.mjs';

interface Part {
  readonly name: string;
  readonly include: string[];
  /** Milliseconds a test may take, and its set-up. */
  readonly testTimeout: number;
  readonly hookTimeout: number;
  /** Variables with which the part's processes start. */
  readonly env?: Record<string, string>;
}

const second = 1000;
const vulkan = vulkanEnvironment();
const parts: readonly Part[] = [
  {
    name: 'unit',
    include: ['test/unit/**/*.test.ts'],
    testTimeout: 60 * second,
    hookTimeout: 60 * second,
    env: vulkan,
  },
  {
    name: 'cpu',
    include: ['test/cpu.test.ts', 'test/cpu/**/*.test.ts'],
    testTimeout: 60 * second,
    hookTimeout: 60 * second,
  },
  {
    name: 'dawn',
    include: ['test/dawn.test.ts', 'test/dawn/**/*.test.ts'],
    testTimeout: 60 * second,
    hookTimeout: 60 * second,
    env: vulkan,
  },
  // A page runs all its cases in the set-up of its test file.
  { name: 'chromium', include: ['test/chromium/**/*.test.ts'], testTimeout: 60 * second, hookTimeout: 290 * second },
  {
    name: 'pages',
    include: ['test/pages/**/*.test.ts'],
    testTimeout: 300 * second,
    hookTimeout: 120 * second,
  },
];

export default defineConfig({
  test: {
    environment: 'node',
    // The suites test what ships, not what was measured on this machine.
    env: { WGRAD_TUNE_FILE: '' },
    // A child process a file: it frees its device, also where a native module takes it down.
    pool: 'forks',
    maxWorkers: 2,
    projects: parts.map((test) => ({ extends: true as const, test })),
  },
});
