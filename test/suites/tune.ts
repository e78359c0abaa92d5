// tune() where programs run it: in a browser the winners lie in its database, in Node in a file, which the suites switch off.
import { ArgumentError, getDefaultDevice, randn, tune } from '../../src/index.ts';
import { findAdapter, identityOf } from '../../src/webgpu/adapter.ts';
import { openShelf, winnersIn } from '../../src/webgpu/tuning/store.ts';
import { ok, rejects, same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

export const suite = defineSuite('tune', (test) => {
  test('options that mean nothing are errors', async () => {
    await rejects(() => tune({ shapes: [[1, 2, 3.5]] }), ArgumentError, /a shape \[1, 2, 3.5\]/);
    await rejects(() => tune({ budget: 0 }), ArgumentError, /a budget of 0 ms/);
  });

  test('measures, checks and keeps, and the open device stays as it is', async ({ device, backend }) => {
    // The CPU device has one program for all products; whether a GPU is beside it is another test's question.
    if (device === 'cpu') return same(getDefaultDevice().type, 'cpu');
    const [a, b] = [randn(40, 30), randn(30, 20)];
    const before = await a.matmul(b).tolist();
    const report = await tune({ shapes: [[40, 30, 20]], budget: 100 });
    same(report.rows.length, 1);
    const [{ shape, variant, shipped, measured, rejected }] = report.rows;
    same(rejected, []);
    ok(
      measured.some((one) => one.variant === variant),
      `${variant} was measured`,
    );
    ok(
      measured.some((one) => one.variant === shipped),
      `${shipped} was measured`,
    );
    ok(String(report).includes('40 x 30 x 20'), String(report));
    ok(report.waits, 'a device is open');
    same(report.kept, backend === 'chromium' ? 'IndexedDB wgrad' : null);
    same(await a.matmul(b).tolist(), before);

    const { info } = await findAdapter(null);
    const stored = winnersIn(await openShelf()?.read(identityOf(info)));
    same(stored, backend === 'chromium' ? [{ ...shape, variant }] : []);
  });
});
