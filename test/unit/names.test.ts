// The names that programs rely on are exported, and every formula and kernel exists on both devices.
import { expect, test } from 'vitest';
import { kernels as cpuKernels } from '../../src/cpu/kernels.ts';
import * as wgrad from '../../src/index.ts';
import { kernels as gpuKernels } from '../../src/webgpu/kernels/index.ts';

const names =
  'nn.Conv2d nn.MaxPool2d nn.AvgPool2d nn.functional.conv2d init tune memory memory.summary profile explain manualSeed print equal allclose slice noGrad isGradEnabled autograd.backward autograd.grad ' +
  'autograd.Function ' +
  'autograd.gradcheck autograd.gradgradcheck linalg.norm special.erf nn.Linear nn.functional.crossEntropy nn.init.xavierUniform_ nn.utils.clipGradNorm_ nn.utils.clipGradValue_ ' +
  'optim.SGD optim.lrScheduler.CosineAnnealingLR data.DataLoader data.readCsv data.getDummies tensor zeros ones full eye arange ' +
  'optim.LBFGS optim.RAdam optim.lrScheduler.ReduceLROnPlateau optim.lrScheduler.OneCycleLR data.transforms.Compose data.readIdx ' +
  'data.IterableDataset distributions.Categorical distributions.klDivergence save load safetensors.save gpu.isAvailable gpu.emptyCache ' +
  'linspace zerosLike onesLike fullLike rand randn normal randint randperm Tensor float32 int32 bool uint8 float64';

const members =
  'shape dtype device requiresGrad requiresGrad_ isLeaf grad gradFn data T mT index indexPut_ backward detach clone numpy item ' +
  'tolist repr realize';

test.each(names.split(' '))('%s is exported', (path) => {
  const found = path.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], wgrad);
  expect(found).toBeDefined();
});

test.each(members.split(' '))('a tensor has %s', (name) => {
  const probe = wgrad.ones(2, 2, { device: 'cpu' });
  expect(name in probe).toBe(true);
});

test('both devices have every kernel', () => {
  expect(Object.keys(gpuKernels).sort()).toEqual(Object.keys(cpuKernels).sort());
});
