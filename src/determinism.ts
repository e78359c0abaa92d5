// What PyTorch asks of programs that must give the same bits every time. Knows no kernel: that they are deterministic is
// their own doing, and test/unit/determinism.test.ts looks at their text.

import { define, optional, p } from './core/signature.ts';

let enabled = false;
let warns = false;

/**
 * Accepted and remembered, and nothing changes: every kernel of wgrad is deterministic always. No kernel uses atomics; sums,
 * scattered additions and their gradients add in an order that depends on the shapes alone, and random numbers are functions of
 * the seed and a counter. So the same program gives the same bits on one adapter, run as it is, compiled or replayed. What
 * `tune()` stored for an adapter belongs to the adapter: another choice of kernels cuts sums elsewhere.
 * https://pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html
 */
export const useDeterministicAlgorithms = define(
  'useDeterministicAlgorithms',
  [p.bool('mode'), optional(p.bool('warnOnly'), false)],
  (mode, warnOnly): void => {
    enabled = mode;
    warns = mode && warnOnly;
  },
);

/** Whether deterministic algorithms were asked for. https://pytorch.org/docs/stable/generated/torch.are_deterministic_algorithms_enabled.html */
export function areDeterministicAlgorithmsEnabled(): boolean {
  return enabled;
}

/** Whether they were asked for with warnings instead of errors. https://pytorch.org/docs/stable/generated/torch.is_deterministic_algorithms_warn_only_enabled.html */
export function isDeterministicAlgorithmsWarnOnlyEnabled(): boolean {
  return warns;
}
