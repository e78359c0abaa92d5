// Windows for the spectra of signals: weights that rise from the ends to the middle. Computed on the host in float64, as they
// are made once. https://pytorch.org/docs/stable/torch.html#spectral-ops

import { type DType, hostArray, isFloat } from '../dtype.ts';
import { ArgumentError, DTypeError } from '../errors.ts';
import { i0 } from '../host/special-bessel.ts';
import { define, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { deviceOption, type DeviceOption, dtypeOption, gradOption, leaf, settle } from './create.ts';

const length = p.int('windowLength');
/** The window is one period of a periodic one: that of one more, without its last weight. */
const periodic = optional(p.bool('periodic'), true);
const options = [dtypeOption, deviceOption, gradOption] as const;

interface WindowOptions {
  readonly windowLength: number;
  readonly periodic: boolean;
  readonly dtype: DType | null;
  readonly device: DeviceOption;
  readonly requiresGrad: boolean;
}

/** Weights `weight(x)` for x from 0 to 1 in equal steps. */
function window(
  op: string,
  { windowLength: count, periodic, dtype, device, requiresGrad }: WindowOptions,
  weight: (x: number) => number,
) {
  if (count < 0) throw new ArgumentError({ op, fact: `windowLength is ${count}`, rule: 'it must not be negative' });
  const settled = settle(op, dtype, device);
  if (!isFloat(settled.dtype))
    throw new DTypeError({ op, fact: `dtype ${settled.dtype}`, rule: 'a window has a floating point dtype' });
  const host = hostArray(settled.dtype, count);
  const steps = periodic ? count : count - 1;
  for (let at = 0; at < count; at++) host[at] = count === 1 ? 1 : weight(at / steps);
  return leaf(op, host, [count], settled.dtype, settled.device, requiresGrad);
}

const turn = 2 * Math.PI;

/** 1 - |2 x - 1| for x from 0 to 1. https://pytorch.org/docs/stable/generated/torch.bartlett_window.html */
export const bartlettWindow = define(
  'bartlettWindow',
  [length, periodic, ...options],
  (windowLength, periodic, dtype, device, requiresGrad): Tensor =>
    window('bartlettWindow', { windowLength, periodic, dtype, device, requiresGrad }, (x) => 1 - Math.abs(2 * x - 1)),
);

/** 0.42 - 0.5 cos(2 pi x) + 0.08 cos(4 pi x). https://pytorch.org/docs/stable/generated/torch.blackman_window.html */
export const blackmanWindow = define(
  'blackmanWindow',
  [length, periodic, ...options],
  (windowLength, periodic, dtype, device, requiresGrad): Tensor =>
    window(
      'blackmanWindow',
      { windowLength, periodic, dtype, device, requiresGrad },
      (x) => 0.42 - 0.5 * Math.cos(turn * x) + 0.08 * Math.cos(2 * turn * x),
    ),
);

/** alpha - beta cos(2 pi x). https://pytorch.org/docs/stable/generated/torch.hamming_window.html */
export const hammingWindow = define(
  'hammingWindow',
  [length, periodic, optional(p.number('alpha'), 0.54), optional(p.number('beta'), 0.46), ...options],
  (windowLength, periodic, alpha, beta, dtype, device, requiresGrad): Tensor =>
    window(
      'hammingWindow',
      { windowLength, periodic, dtype, device, requiresGrad },
      (x) => alpha - beta * Math.cos(turn * x),
    ),
);

/** (1 - cos(2 pi x)) / 2. https://pytorch.org/docs/stable/generated/torch.hann_window.html */
export const hannWindow = define(
  'hannWindow',
  [length, periodic, ...options],
  (windowLength, periodic, dtype, device, requiresGrad): Tensor =>
    window(
      'hannWindow',
      { windowLength, periodic, dtype, device, requiresGrad },
      (x) => 0.5 - 0.5 * Math.cos(turn * x),
    ),
);

/** I0(beta sqrt(1 - (2 x - 1)^2)) / I0(beta). https://pytorch.org/docs/stable/generated/torch.kaiser_window.html */
export const kaiserWindow = define(
  'kaiserWindow',
  [length, periodic, optional(p.number('beta'), 12), ...options],
  (windowLength, periodic, beta, dtype, device, requiresGrad): Tensor =>
    window(
      'kaiserWindow',
      { windowLength, periodic, dtype, device, requiresGrad },
      (x) => i0(beta * Math.sqrt(Math.max(1 - (2 * x - 1) ** 2, 0))) / i0(beta),
    ),
);
