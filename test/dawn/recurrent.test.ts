// What a time of a recurrent net costs in dispatches: one product and one formula forward, one of each on the way back, and a
// share of the copies that lay states behind each other.
import { expect, test } from 'vitest';
import { init, manualSeed, nn, profile, randn } from '../../src/index.ts';

test('a GRU of 64 takes four dispatches and a part of one for a time, forward and back', async () => {
  await init({ device: 'webgpu' });
  manualSeed(0);
  const net = new nn.GRU(32, 64);
  const dispatches = async (times: number): Promise<number> => {
    const x = randn(times, 32, 32);
    const { rows } = await profile(async () => {
      net.zeroGrad();
      net(x)[0].square().mean().backward();
      await Promise.all(net.parameters().map((parameter) => parameter.grad?.numpy()));
    });
    return rows.reduce((sum, row) => sum + row.dispatches, 0);
  };
  const [short, long] = [await dispatches(8), await dispatches(16)];
  expect((long - short) / 8).toBeLessThanOrEqual(4.5);
}, 60_000);
