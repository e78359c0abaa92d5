// The names around shapes, views, joins, splits, positions and creation that users of PyTorch look for: what PyTorch has as a
// function is exported, what it has as a method or property is one.
import { expect, test } from 'vitest';
import * as wgrad from '../../src/index.ts';

const functions =
  'tensor asTensor zeros ones full empty eye arange linspace logspace zerosLike onesLike fullLike emptyLike emptyStrided ' +
  'trilIndices triuIndices cat concat concatenate stack hstack vstack rowStack dstack columnStack blockDiag split chunk ' +
  'tensorSplit hsplit vsplit dsplit unbind squeeze unsqueeze reshape flatten unflatten ravel transpose t permute swapaxes ' +
  'swapdims movedim moveaxis broadcastTo broadcastTensors broadcastShapes atleast1d atleast2d atleast3d tile repeatInterleave ' +
  'meshgrid cartesianProd combinations kron roll flip fliplr flipud rot90 narrow select diagonal diag diagEmbed diagflat ' +
  'diagonalScatter selectScatter sliceScatter asStrided asStridedScatter tril triu vander gather take takeAlongDim ' +
  'indexSelect indexAdd indexCopy indexFill indexPut indexReduce scatter scatterAdd scatterReduce maskedFill maskedScatter ' +
  'maskedSelect put nonzero where diff gradient trapezoid trapz cumulativeTrapezoid isTensor isFloatingPoint numel clone ' +
  'adjoint constantPadNd channelShuffle pixelShuffle pixelUnshuffle resultType promoteTypes fill nn.functional.pad ' +
  'nn.functional.oneHot nn.functional.unfold nn.functional.fold linalg.vander';

const members =
  'T mT H mH shape ndim dim size numel nelement ndimension stride storageOffset isContiguous contiguous item tolist numpy ' +
  'detach clone data dtype device isFloatingPoint elementSize itemsize nbytes type to float double int long bool byte typeAs ' +
  'view viewAs reshape reshapeAs flatten unflatten ravel transpose t permute swapaxes swapdims movedim moveaxis squeeze ' +
  'unsqueeze expand expandAs broadcastTo repeat repeatInterleave tile roll flip fliplr flipud rot90 narrow narrowCopy select ' +
  'diagonal diag diagEmbed diagflat tril triu tril_ triu_ fillDiagonal_ split splitWithSizes chunk tensorSplit hsplit vsplit ' +
  'dsplit unbind unfold asStrided asStridedScatter selectScatter sliceScatter diagonalScatter gather scatter scatter_ ' +
  'scatterAdd scatterAdd_ scatterReduce scatterReduce_ indexSelect indexAdd indexAdd_ indexCopy indexCopy_ indexFill ' +
  'indexFill_ indexPut indexPut_ indexReduce indexReduce_ take takeAlongDim put put_ maskedFill maskedFill_ maskedScatter ' +
  'maskedScatter_ maskedSelect nonzero where copy_ fill_ zero_ newTensor newZeros newOnes newEmpty newEmptyStrided newFull ' +
  'sumToSize adjoint kron diff equal allclose t_ transpose_ swapaxes_ swapdims_ squeeze_ unsqueeze_ detach_';

test.each(functions.split(' '))('%s is a function', (path) => {
  const found = path.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], wgrad);
  expect(typeof found).toBe('function');
});

test.each(members.split(' '))('a tensor has %s', (name) => {
  expect(name in wgrad.ones(2, 2, { device: 'cpu' })).toBe(true);
});

test('parameters are taken by name, too', () => {
  const { ones, tensor } = wgrad;
  const x = ones(2, 3, 4, { device: 'cpu' });
  const at = tensor([1, 0], { dtype: 'int32', device: 'cpu' });
  const shapes = [
    wgrad.cat([x, x], { dim: 1 }),
    wgrad.stack([x, x], { dim: -1 }),
    x.split({ splitSizeOrSections: 2, dim: 2 })[1],
    x.chunk({ chunks: 3, dim: 1 })[0],
    x.transpose({ dim0: 0, dim1: 2 }),
    x.permute({ dims: [2, 0, 1] }),
    x.reshape({ shape: [4, 6] }),
    x.unsqueeze({ dim: 1 }),
    x.flatten({ startDim: 1 }),
    x.expand({ size: [5, 2, 3, 4] }),
    x.repeat({ repeats: [2, 1, 1] }),
    x.repeatInterleave(2, { dim: 2 }),
    x.unfold({ dimension: 2, size: 2, step: 2 }),
    x.indexSelect({ dim: 0, index: at }),
    x.narrow({ dim: 2, start: 1, length: 2 }),
    x.newFull({ size: [2], fillValue: 3, dtype: 'int32' }),
    x.asStrided({ size: [2, 2], stride: [1, 2], storageOffset: 3 }),
    wgrad.rot90(x, { dims: [1, 2] }),
    wgrad.nn.functional.pad(x, [1, 0], { value: 2 }),
    wgrad.logspace(0, 1, { steps: 3, device: 'cpu' }),
  ].map((one) => one.shape.join('x'));
  expect(shapes).toEqual(
    '2x6x4 2x3x4x2 2x3x2 2x1x4 4x3x2 4x2x3 4x6 2x1x3x4 2x12 5x2x3x4 4x3x4 2x3x8 2x3x2x2 2x3x4 2x3x2 2 2x2 2x4x3 2x3x5 3'.split(
      ' ',
    ),
  );
});
