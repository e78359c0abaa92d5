// A cold start: from the start of the page or process to the loss of one step of the MLP, with one contender alone.
import { benchCases, type Size } from './cases.ts';
import { type ContenderId, loadContender } from './contenders/contender.ts';

/** Milliseconds since the page or process began, less the time in which the inputs were drawn. */
export async function coldStart(id: ContenderId, size: Size): Promise<number> {
  const drawing = performance.now();
  const one = benchCases(size).find(({ spec }) => spec.kind === 'mlp')!;
  const inputs = one.inputs();
  const drawn = performance.now() - drawing;
  const contender = await loadContender(id);
  await contender.open();
  await contender.enter();
  const runner = await contender.prepare(one, inputs);
  await runner.run(1);
  return performance.now() - drawn;
}
