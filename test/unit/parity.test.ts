// PARITY.md is what the code gives: `npm run parity` writes it anew. Every function with a signature has a row of its own.
import { expect, test } from 'vitest';
import { ownNames, parityNames, parityPage, sections } from '../support/parity.ts';

test('PARITY.md is what the code gives', async () => {
  await expect(await parityPage()).toMatchFileSnapshot('../../PARITY.md');
});

test('its names are known to the type checker', async () => {
  await expect(await parityNames()).toMatchFileSnapshot('../types/parity-names.ts');
});

/** What the package has beyond PyTorch: devices, reads that are awaited, measuring; a new one is named here on purpose. */
const own: Readonly<Record<string, string>> = {
  torch:
    'memory getDefaultDevice init Device index Slice compile explain profile print realize repr ' +
    'Tensor tune variance binomial clampMax_ clampMin_',
  'torch.Tensor':
    // Methods that PyTorch has and does not document, and names of functions that are methods here too.
    'clampMax clampMax_ clampMin clampMin_ fill indexReduce isin logSoftmax narrowCopy relu relu_ rsub softmax ' +
    'splitWithSizes ' +
    // wgrad's own: reading, memory, devices; and what the library itself calls.
    'repr realize dispose gpu index toJSON becomeView checkWritable leaveSeat rebind viewPath viewThrough',
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
