// What messages advise and whom they name: members of modules, dtypes, channels, values that are written.
import * as wgrad from '../../src/index.ts';
import { nn, ones, tensor, zeros } from '../../src/index.ts';
import { same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

/** A call with what the types would refuse. */
const loose = (fn: unknown): ((...args: unknown[]) => unknown) => fn as (...args: unknown[]) => unknown;

export const suite = defineSuite('messages', (test) => {
  test('a loop over a tensor of no dimensions', () => {
    throws(() => [...tensor(1)], 'ShapeError', /iteration over a tensor of no dimensions/);
    throws(() => tensor(1).unbind(), 'ShapeError', /unbind/);
  });

  test('what is registered with a module is of its kind', () => {
    const layer = new nn.Linear(2, 2);
    const net = new nn.Sequential(layer);
    throws(() => loose(net.addModule.bind(net))('x', 3), 'ArgumentError', /module x is 3/);
    throws(() => loose(layer.addModule.bind(layer))('x', 3), 'ArgumentError', /registerModule\] x is 3/);
    throws(() => loose(layer.registerParameter.bind(layer))('q', ones(2)), 'ArgumentError', /registerParameter\] q is/);
    throws(() => loose(layer.registerBuffer.bind(layer))('q', 3), 'ArgumentError', /registerBuffer\] q is 3/);
  });

  test('integers where floats belong: the message names what was called, and the side to convert', () => {
    const [floats, ints] = [ones(2, 2), ones(2, 2, { dtype: 'int32' })];
    throws(() => floats.matmul(ints), 'DTypeError', /^\[matmul\] .* Convert one: y\.to\('float32'\)\.$/);
    throws(() => ints.mm(floats), 'DTypeError', /Convert one: x\.to\('float32'\)\.$/);
    throws(() => floats.mv(ints.index(0)), 'DTypeError', /^\[mv\] .* Convert one: y\.to\('float32'\)\.$/);
    throws(() => ints.mm(ints.to('uint8')), 'DTypeError', /Convert one: y\.to\('int32'\)\.$/);
    throws(() => ints.bool().mm(ints.bool()), 'DTypeError', /x\.to\('float32'\) and y\.to\('float32'\)\.$/);
    throws(
      () => new nn.Linear(2, 2)(ints),
      'DTypeError',
      "[linear] input of dtype int32 with weight of dtype float32: both must be of one dtype. Convert the input: x.to('float32').",
    );
    throws(
      () => new nn.MSELoss()(ints, ints),
      'DTypeError',
      "[mseLoss] dtypes int32 and int32: the mean of the losses needs a floating point dtype. Convert: x.to('float32').",
    );
    throws(() => nn.functional.l1Loss(ints, ints), 'DTypeError', /^\[l1Loss\]/);
    same(nn.functional.mseLoss(ints, ints, { reduction: 'sum' }).dtype, 'int32');
  });

  test('channels that a layer was not made for, values that do not fit, the class called', () => {
    throws(
      () => new nn.BatchNorm2d(3)(ones(2, 4, 5, 5)),
      'ShapeError',
      '[nn.BatchNorm2d] an input of 4 channels: the layer was made for 3 channels. Make it with numFeatures 4.',
    );
    throws(
      () => new nn.InstanceNorm1d(3, { affine: true })(ones(4, 5)),
      'ShapeError',
      /InstanceNorm1d\] an input of 4/,
    );
    same(new nn.InstanceNorm1d(3)(ones(4, 5)).shape, [4, 5]);
    throws(() => new nn.Conv2d(1, 2, 3)(ones(1, 3, 5, 5)), 'ShapeError', /Make the layer with inChannels 3\.$/);
    throws(() => new nn.ConvTranspose2d(1, 2, 3)(ones(1, 3, 5, 5)), 'ShapeError', /with inChannels 3\.$/);
    const x = zeros(2, 2);
    const wrong = /^\[indexPut_\] \(3,\) written into \(2(, 2|,)\): only dimensions of size 1/;
    throws(() => x.indexPut_([0], ones(3)), 'ShapeError', wrong);
    throws(() => x.indexPut_([], ones(3)), 'ShapeError', wrong);
    throws(() => x.indexPut_([[0, 1]], ones(3)), 'ShapeError', wrong);
    throws(() => Reflect.construct(wgrad.Tensor, [[1, 2]]), 'ArgumentError', /^\[Tensor\] .* Write tensor\(\[1, 2\]\)/);
  });

  test('where of the condition alone is nonzero as a tuple', async () => {
    const mask = tensor([
      [true, false],
      [true, true],
    ]);
    const [rows, columns] = await wgrad.where(mask);
    same(
      [await rows.tolist(), await columns.tolist()],
      [
        [0, 1, 1],
        [0, 0, 1],
      ],
    );
    same(await wgrad.where(mask, 1, 0).tolist(), [
      [1, 0],
      [1, 1],
    ]);
    throws(
      () => loose(wgrad.where)(mask, 1),
      'ArgumentError',
      '[where] other is missing: it must be a tensor or a number.',
    );
  });
});
