// gpu: what torch.cuda answers, on each device.
import { gpu, ones, randn } from '../../src/index.ts';
import { ok, same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

export const suite = defineSuite('gpu', (test) => {
  test('memory, its peak, and giving it back', async ({ device }) => {
    if (device === 'cpu') return same([gpu.memoryAllocated(), gpu.maxMemoryAllocated()], [0, 0]);
    same([await gpu.isAvailable(), await gpu.deviceCount()], [true, 1]);
    ok((await gpu.getDeviceName()).length > 0, 'a name');
    const kept = await randn(300, 1000).mul(2).realize();
    const before = gpu.memoryAllocated();
    ok(before >= 1.2e6, `${before} bytes with a value of 1.2 MB`);
    const other = await randn(500, 1000).mul(2).realize();
    ok(gpu.memoryAllocated() >= before + 2e6, 'another 2 MB');
    other.dispose();
    await ones(1).add(1).item();
    await gpu.synchronize();
    ok(gpu.maxMemoryAllocated() >= before + 2e6, 'the peak stays');
    gpu.emptyCache();
    same(gpu.memoryReserved(), gpu.memoryAllocated());
    gpu.resetPeakMemoryStats();
    same(gpu.maxMemoryAllocated(), gpu.memoryReserved());
    // What is computed after the buffers went is right.
    same(await kept.mul(0).add(3).mean().item(), 3);
  });
});
