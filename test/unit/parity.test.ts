// PARITY.md is what the code gives: `npm run parity` writes it anew. Every function with a signature has a row of its own.
import { expect, test } from 'vitest';
import { ownNames, parityPage, sections } from '../support/parity.ts';

test('PARITY.md is what the code gives', async () => {
  await expect(await parityPage()).toMatchFileSnapshot('../../PARITY.md');
});

/** What the package has beyond PyTorch: devices, reads that are awaited, measuring; a new one is named here on purpose. */
const own: Readonly<Record<string, string>> = {
  torch:
    'memory getDefaultDevice init Device index Slice compile explain profile print realize repr ' +
    'Tensor tune variance binomial clampMax_ clampMin_',
  // Newer than the PyTorch of the table.
  'torch.nn': 'CircularPad1d CircularPad2d CircularPad3d LPPool3d RMSNorm ZeroPad1d ZeroPad3d',
  'torch.nn.functional': 'lpPool3d rmsNorm scaledDotProductAttention',
  'torch.autograd': 'isGradEnabled isAnomalyEnabled FunctionContext AccumulateGrad GradFn',
  'torch.optim': 'BaseOptimizer',
  'torch.optim.lr_scheduler': 'LRScheduler',
  'torch.utils.data': 'DataFrame getDummies readCsv readIdx',
};

test.each(sections)('$torch: what wgrad has alone is on purpose', (section) => {
  const wanted = (own[section.torch] ?? '').split(' ').filter((name) => name !== '');
  expect(ownNames(section).toSorted()).toEqual(wanted.toSorted());
});
