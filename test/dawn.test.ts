// The suites on WebGPU in Node, through Dawn; those over all operations are in dawn/tables.test.ts. No adapter is a
// failure; vitest.config.ts names a driver where the machine has no GPU.
import { expect, test } from 'vitest';
import { describeAdapter } from './support/adapter.ts';
import { gpu } from './support/dawn.ts';
import { parts } from './suites/index.ts';
import { runSuites } from './support/node.ts';

test('there is an adapter', async () => {
  const adapter = await gpu.requestAdapter();
  expect(
    adapter,
    'Dawn found no WebGPU adapter: install a Vulkan driver, or chromium for its SwiftShader',
  ).not.toBeNull();
  if (adapter) console.log(`dawn: ${describeAdapter(adapter.info)}`);
});

runSuites(parts.restInNode, { device: 'webgpu', backend: 'dawn' });
