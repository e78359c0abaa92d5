// From csv text to tensors, as in the course's chapter on preprocessing, on each backend. The frame itself has unit tests.
import { data } from '../../src/index.ts';
import { same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const house = 'NumRooms,RoofType,Price\nNA,NA,127500\n2,NA,106000\n4,Slate,178100\nNA,NA,140000\n';

export const suite = defineSuite('frame', (test) => {
  test('the house csv to inputs and targets', async () => {
    const frame = data.readCsv(house);
    const dummies = data.getDummies(frame.iloc(':', '0:2'), { dummyNa: true });
    const inputs = dummies.fillna(dummies.mean()).toTensor();
    const targets = frame.iloc(':', 2).toTensor();
    same([inputs.dtype, inputs.shape], ['float32', [4, 3]]);
    same(await inputs.tolist(), [
      [3, 0, 1],
      [2, 0, 1],
      [4, 1, 0],
      [3, 0, 1],
    ]);
    same([targets.dtype, targets.shape], ['float32', [4, 1]]);
    same(await targets.tolist(), [[127500], [106000], [178100], [140000]]);
  });

  test('booleans are 0 and 1, missing values NaN', async () => {
    const frame = data.readCsv('n,b\n0.1,True\nNA,False\n-inf,True\n');
    same(await frame.toTensor().numpy(), new Float32Array([0.1, 1, NaN, 0, -Infinity, 1]));
  });

  test('no rows', async () => {
    const empty = data.readCsv('a,b\n').toTensor();
    same(empty.shape, [0, 2]);
    same(await empty.tolist(), []);
  });
});
