// The names that programs rely on: those of chapters 2 to 11 of "Dive into Deep Learning" and of the whole book, by the list of
// what wgrad is to deliver. Every one exists, or is listed as open with a reason; and every kernel is on both devices.
import { expect, test } from 'vitest';
import { kernels as cpuKernels } from '../../src/cpu/kernels.ts';
import * as wgrad from '../../src/index.ts';
import { kernels as gpuKernels } from '../../src/webgpu/kernels/index.ts';
import { find } from '../support/parity.ts';
import { openNames } from './names-open.ts';

/** Space by space: the names as users write them. */
const names: Readonly<Record<string, string>> = {
  '':
    'init tune memory memory.summary profile explain compile print slice realize float32 float64 int32 uint8 bool Tensor ' +
    // Making
    'tensor zeros ones full eye arange linspace empty zerosLike onesLike fullLike rand randn randint randperm normal fromNumpy ' +
    'multinomial bernoulli ' +
    // Shapes
    'cat stack split chunk squeeze unsqueeze reshape flatten transpose permute swapaxes repeatInterleave tile meshgrid ' +
    // Formulas
    'exp log log2 sqrt square abs sign sin cos tan sinh cosh tanh acos asin atan floor ceil round pow clamp relu sigmoid softmax ' +
    'logSoftmax where isnan isinf isfinite eq ne lt le gt ge equal allclose ' +
    // Products and reductions
    'dot mv mm bmm matmul einsum outer norm sum mean std var prod max min argmax argmin cumsum cumprod all any det ' +
    // Order
    'argsort sort topk unique nonzero maskedSelect ' +
    // The program
    'isTensor manualSeed noGrad isGradEnabled setGradEnabled save load setPrintoptions device ' +
    'useDeterministicAlgorithms areDeterministicAlgorithmsEnabled',
  gpu: 'isAvailable deviceCount getDeviceName memoryAllocated maxMemoryAllocated resetPeakMemoryStats emptyCache synchronize',
  linalg: 'norm inv solve eigh qr svd cholesky matrixRank det',
  special: 'erf',
  autograd:
    'backward grad Function gradcheck gradgradcheck noGrad enableGrad detectAnomaly setDetectAnomaly isAnomalyEnabled',
  distributions: 'Multinomial Binomial Poisson Normal Bernoulli Categorical',
  Tensor:
    'T mT t shape ndim dim size numel dtype device requiresGrad requiresGrad_ isLeaf grad gradFn data index indexPut_ backward detach ' +
    'item tolist numpy repr realize clone copy_ fill_ zero_ normal_ uniform_ sub_ add_ mul_ float long int bool type to cpu gpu ' +
    'maskedFill maskedFill_ scatter scatter_ gather indexSelect take split unfold reshape view permute transpose sum mean max min ' +
    'argmax exp log matmul norm abs eq lt gt sort topk cumsum expand repeat repeatInterleave squeeze unsqueeze flatten',
  nn:
    'Module Linear Conv1d Conv2d Conv3d ConvTranspose2d MaxPool1d MaxPool2d AvgPool1d AvgPool2d AdaptiveAvgPool1d AdaptiveAvgPool2d ' +
    'AdaptiveMaxPool1d AdaptiveMaxPool2d BatchNorm1d BatchNorm2d LayerNorm GroupNorm InstanceNorm2d RMSNorm Dropout Dropout2d ' +
    'Embedding RNN LSTM GRU RNNCell LSTMCell GRUCell MultiheadAttention TransformerEncoderLayer TransformerEncoder ' +
    'LazyLinear LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose2d LazyBatchNorm1d LazyBatchNorm2d LazyInstanceNorm2d ' +
    'ReLU LeakyReLU PReLU ELU SELU GELU SiLU Mish Sigmoid Tanh Softplus Softmax LogSoftmax Hardtanh Softsign Flatten Unflatten ' +
    'Identity Upsample Sequential ModuleList ModuleDict ParameterList Parameter L1Loss MSELoss SmoothL1Loss HuberLoss ' +
    'CrossEntropyLoss NLLLoss BCELoss BCEWithLogitsLoss KLDivLoss CosineEmbeddingLoss HingeEmbeddingLoss TripletMarginLoss',
  'nn.functional':
    'linear conv1d conv2d conv3d convTranspose2d maxPool1d maxPool2d avgPool1d avgPool2d adaptiveAvgPool1d adaptiveAvgPool2d ' +
    'adaptiveMaxPool1d adaptiveMaxPool2d batchNorm layerNorm groupNorm instanceNorm rmsNorm dropout dropout2d embedding relu ' +
    'leakyRelu prelu elu selu gelu silu mish sigmoid tanh softplus softmax logSoftmax hardtanh softsign interpolate oneHot pad ' +
    'l1Loss mseLoss smoothL1Loss huberLoss crossEntropy nllLoss binaryCrossEntropy binaryCrossEntropyWithLogits klDiv ' +
    'cosineEmbeddingLoss hingeEmbeddingLoss tripletMarginLoss scaledDotProductAttention',
  'nn.init':
    'uniform_ normal_ constant_ ones_ zeros_ eye_ dirac_ xavierUniform_ xavierNormal_ kaimingUniform_ kaimingNormal_ truncNormal_ ' +
    'orthogonal_ sparse_ calculateGain',
  'nn.utils': 'clipGradNorm_ clipGradValue_ parametersToVector vectorToParameters',
  optim: 'SGD Adam AdamW Adagrad Adadelta RMSprop Adamax NAdam RAdam LBFGS Optimizer',
  'optim.lrScheduler':
    'StepLR MultiStepLR ExponentialLR CosineAnnealingLR LinearLR LambdaLR ReduceLROnPlateau OneCycleLR LRScheduler',
  data:
    'Dataset IterableDataset TensorDataset Subset ConcatDataset randomSplit DataLoader SequentialSampler RandomSampler ' +
    'WeightedRandomSampler BatchSampler defaultCollate readCsv readIdx getDummies',
  'data.transforms': 'Compose ToTensor Resize Normalize RandomHorizontalFlip RandomCrop',
};

const paths = Object.entries(names).flatMap(([space, text]) =>
  text.split(' ').map((name) => (space === '' ? name : `${space}.${name}`)),
);

test('no name is listed twice', () => {
  expect(paths.filter((path, at) => paths.indexOf(path) !== at)).toEqual([]);
});

test.each(paths)('%s', (path) => {
  const reason = openNames[path];
  if (reason === undefined) expect(find(path), `${path} is missing`).toBeDefined();
  else expect(find(path), `${path} exists: take it from the list of open names`).toBeUndefined();
});

test('the open names are of the list', () => {
  expect(Object.keys(openNames).filter((path) => !paths.includes(path))).toEqual([]);
});

test('a tensor is what its members say', () => {
  const probe = wgrad.ones(2, 2, { device: 'cpu' });
  expect([probe.ndim, probe.dim(), probe.size(), probe.T.shape]).toEqual([2, 2, [2, 2], [2, 2]]);
});

test('both devices have every kernel', () => {
  expect(Object.keys(gpuKernels).sort()).toEqual(Object.keys(cpuKernels).sort());
});
