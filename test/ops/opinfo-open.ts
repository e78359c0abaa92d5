// The variants of PyTorch's samples that do not pass yet, each with its reason. One that passes must leave the list.
import type { Open } from './opinfo.ts';

export const open: Readonly<Record<string, Open>> = {
  as_strided_scatter: { reason: "PyTorch 1.13's gradient of the input is memory that nobody wrote" },
  double: { reason: 'the recording says float32 where PyTorch answers float64' },
  'masked.logaddexp': { reason: 'there is no such operation yet' },
  native_layer_norm: {
    reason:
      'a line of one element: the sample is the rounding error of a fused product (4e-5 x 1), ours is the exact 0',
    devices: ['cpu'],
  },
  'nn.functional.bilinear': { reason: 'there is no such operation yet' },
  'nn.functional.celu': { reason: 'there is no such operation yet' },
  'nn.functional.cosine_embedding_loss': { reason: 'there is no such operation yet' },
  'nn.functional.cosine_similarity': { reason: 'there is no such operation yet' },
  'nn.functional.embedding': { reason: 'there is no such operation yet' },
  'nn.functional.embedding_bag': { reason: 'there is no such operation yet' },
  'nn.functional.gaussian_nll_loss': { reason: 'there is no such operation yet' },
  'nn.functional.glu': { reason: 'there is no such operation yet' },
  'nn.functional.hardshrink': { reason: 'there is no such operation yet' },
  'nn.functional.hardsigmoid': { reason: 'there is no such operation yet' },
  'nn.functional.hardswish': { reason: 'there is no such operation yet' },
  'nn.functional.hardtanh': { reason: 'there is no such operation yet' },
  'nn.functional.hinge_embedding_loss': { reason: 'there is no such operation yet' },
  'nn.functional.kl_div': { reason: 'there is no such operation yet' },
  'nn.functional.layer_norm': {
    reason:
      'a line of one element: the sample is the rounding error of a fused product (4e-5 x 1), ours is the exact 0',
  },
  'nn.functional.margin_ranking_loss': { reason: 'there is no such operation yet' },
  'nn.functional.mish': { reason: 'there is no such operation yet' },
  'nn.functional.multi_margin_loss': { reason: 'there is no such operation yet' },
  'nn.functional.multilabel_margin_loss': { reason: 'there is no such operation yet' },
  'nn.functional.multilabel_soft_margin_loss': { reason: 'there is no such operation yet' },
  'nn.functional.pairwise_distance': { reason: 'there is no such operation yet' },
  'nn.functional.poisson_nll_loss': { reason: 'there is no such operation yet' },
  'nn.functional.prelu': { reason: 'there is no such operation yet' },
  'nn.functional.relu6': { reason: 'there is no such operation yet' },
  'nn.functional.selu': { reason: 'there is no such operation yet' },
  'nn.functional.soft_margin_loss': { reason: 'there is no such operation yet' },
  'nn.functional.softmin': { reason: 'there is no such operation yet' },
  'nn.functional.softshrink': { reason: 'there is no such operation yet' },
  'nn.functional.softsign': { reason: 'there is no such operation yet' },
  'nn.functional.tanhshrink': { reason: 'there is no such operation yet' },
  'nn.functional.threshold': { reason: 'there is no such operation yet' },
  'nn.functional.triplet_margin_loss': { reason: 'there is no such operation yet' },
};
