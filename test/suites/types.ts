// What test/types/course.ts type-checks, run: the types promise nothing that the program does not hold.
import { arange, manualSeed, nn, ones, optim, randn, save, type Tensor, tensor, zeros } from '../../src/index.ts';
import { same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';
import * as course from '../types/course.ts';

/** A step that gives two results, and names of its own where it is asked for them. */
class Step extends nn.Module {
  forward(X: Tensor, state: Tensor | null, options?: { named: boolean }): [Tensor, unknown] {
    const next = X.add(state ?? 1);
    return [next, options?.named === true ? { hidden: next } : next];
  }
}

export const suite = defineSuite('types', (test) => {
  test('networks and losses of any class', async () => {
    manualSeed(0);
    const net = new nn.Sequential(new nn.Linear(2, 1));
    const batch: [Tensor, Tensor] = [ones(4, 2), zeros(4, 1)];
    const [first, second] = course.trainEpoch(net, [batch, batch], new nn.MSELoss(), 0.1);
    same((await second.item()) < (await first.item()), true, 'the loss falls');
    // 0 + 1 = 1, 1 + 1 = 2, 2 + 2 = 4, 4 + 4 = 8, and its double.
    same(await course.predict(new Step(), tensor([0])).tolist(), [16]);
    same(course.lists(ones(2, 4), 2).shape, [2, 4]);
    course.exactCalls(randn(3, 2, 4));
    course.positions([new nn.Linear(4, 4), new nn.ReLU()]);
  });

  test('files', async () => {
    const net = new nn.Linear(2, 1);
    const trainer = new optim.SGD(net.parameters(), { lr: 0.1 });
    const [dict, state] = [net.stateDict(), trainer.stateDict()];
    const saved = {
      trainer: await save(state),
      tensor: await save(tensor([1, 2])),
      both: await save({ model: dict, epoch: 3 }),
    };
    // The names of the dict are those of the module, `weight` among them.
    same(await (await course.files(net, trainer, await save(dict), saved)).tolist(), [4, 5]);
  });

  test('lists, writing, pools, loaders', async () => {
    // Largest of the first row 1, sum of the last row 5, elements 6 with 2 in a row and one row besides 8, sum 6.
    same(await course.elements(arange(4).reshape(2, 2)), 1 + 5 + (6 + 8) + 6);
    same(await course.writing(zeros(4, 2)).tolist(), [
      [1, 2],
      [0, 0],
      [0, 0],
      [5, 5],
    ]);
    const [indices, places, last, again, spread, values] = course.pools(
      arange(16, { dtype: 'float32' }).reshape(1, 1, 4, 4),
    );
    const at = [5, 7, 13, 15];
    for (const one of [indices, places, last, values]) same(await one.reshape(-1).tolist(), at);
    same(again.shape, [1, 4, 2]);
    same(await spread.sum().item(), 40);
    same(course.loaders(ones(4, 2), zeros(4, 2), new nn.Linear(2, 2)).shape, [2]);
  });

  test('constructors', () => {
    course.constructors();
  });
});
