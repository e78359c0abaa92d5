// Bessel functions of orders 0 and 1, and Airy's Ai. Where PyTorch has no gradient but there is one in closed form, it is
// given. Series and their sources are in host/special-bessel.ts and shaders/prelude/bessel.wgsl.

import * as host from '../host/special-bessel.ts';
import { add, div, mul, neg, reciprocal, sub, where } from './arithmetic.ts';
import { floatFunction, type Slope, times, withoutGradient } from './formula.ts';
import { cos, eq, sign } from './math.ts';
import type { ScalarFunction } from '../core/op.ts';
import type { Tensor } from '../core/tensor.ts';

function bessel(name: string, cpu: ScalarFunction, wgsl: string, slope: Slope, gradName?: string) {
  return floatFunction(
    name,
    cpu,
    times(slope),
    `${wgsl}(a)`,
    gradName ?? `Special${name[0].toUpperCase()}${name.slice(1)}Backward0`,
  );
}

/** `slope`, or `atZero` where x is 0 and the slope a quotient 0 / 0. */
function except(x: Tensor, atZero: number, slope: (x: Tensor) => Tensor): Tensor {
  const zero = eq(x, 0);
  return where(zero, atZero, slope(where(zero, 1, x)));
}

/** J0. https://pytorch.org/docs/stable/special.html#torch.special.bessel_j0 */
export const besselJ0 = bessel('besselJ0', host.besselJ0, 'wg_bessel_j0', ({ input }) => neg(besselJ1(input(0))));
/** J1. https://pytorch.org/docs/stable/special.html#torch.special.bessel_j1 */
export const besselJ1: typeof besselJ0 = bessel('besselJ1', host.besselJ1, 'wg_bessel_j1', ({ input, output }) => {
  const j1 = output();
  return except(input(0), 0.5, (x) => sub(besselJ0(x), div(j1, x)));
});
/** Y0, NaN below 0. https://pytorch.org/docs/stable/special.html#torch.special.bessel_y0 */
export const besselY0 = bessel('besselY0', host.besselY0, 'wg_bessel_y0', ({ input }) => neg(besselY1(input(0))));
/** Y1, NaN below 0. https://pytorch.org/docs/stable/special.html#torch.special.bessel_y1 */
export const besselY1: typeof besselY0 = bessel('besselY1', host.besselY1, 'wg_bessel_y1', ({ input, output }) =>
  sub(besselY0(input(0)), div(output(), input(0))),
);

/** I0. https://pytorch.org/docs/stable/special.html#torch.special.i0 */
export const i0 = bessel('i0', host.i0, 'wg_i0', ({ input }) => i1(input(0)), 'I0Backward0');
/** I1. https://pytorch.org/docs/stable/special.html#torch.special.i1 */
export const i1: typeof i0 = bessel('i1', host.i1, 'wg_i1', ({ input, output }) => {
  const value = output();
  return except(input(0), 0.5, (x) => sub(i0(x), div(value, x)));
});
/** e^-|x| I0(x). https://pytorch.org/docs/stable/special.html#torch.special.i0e */
export const i0e = bessel('i0e', host.i0e, 'wg_i0e', ({ input, output }) =>
  sub(i1e(input(0)), mul(sign(input(0)), output())),
);
/** e^-|x| I1(x). https://pytorch.org/docs/stable/special.html#torch.special.i1e */
export const i1e: typeof i0e = bessel('i1e', host.i1e, 'wg_i1e', ({ input, output }) => {
  const value = output();
  return except(input(0), 0.5, (x) => sub(i0e(x), mul(value, add(sign(x), reciprocal(x)))));
});

/** I0. https://pytorch.org/docs/stable/special.html#torch.special.modified_bessel_i0 */
export const modifiedBesselI0 = bessel('modifiedBesselI0', host.i0, 'wg_i0', ({ input }) => i1(input(0)));
/** I1. https://pytorch.org/docs/stable/special.html#torch.special.modified_bessel_i1 */
export const modifiedBesselI1 = bessel('modifiedBesselI1', host.i1, 'wg_i1', ({ input, output }) => {
  const value = output();
  return except(input(0), 0.5, (x) => sub(i0(x), div(value, x)));
});
/** K0, NaN below 0. https://pytorch.org/docs/stable/special.html#torch.special.modified_bessel_k0 */
export const modifiedBesselK0 = bessel('modifiedBesselK0', host.besselK0, 'wg_bessel_k0', ({ input }) =>
  neg(modifiedBesselK1(input(0))),
);
/** K1, NaN below 0. https://pytorch.org/docs/stable/special.html#torch.special.modified_bessel_k1 */
export const modifiedBesselK1: typeof modifiedBesselK0 = bessel(
  'modifiedBesselK1',
  host.besselK1,
  'wg_bessel_k1',
  ({ input, output }) => neg(add(modifiedBesselK0(input(0)), div(output(), input(0)))),
);
/** e^x K0(x). https://pytorch.org/docs/stable/special.html#torch.special.scaled_modified_bessel_k0 */
export const scaledModifiedBesselK0 = bessel(
  'scaledModifiedBesselK0',
  host.scaledK0,
  'wg_scaled_k0',
  ({ input, output }) => sub(output(), scaledModifiedBesselK1(input(0))),
);
/** e^x K1(x). https://pytorch.org/docs/stable/special.html#torch.special.scaled_modified_bessel_k1 */
export const scaledModifiedBesselK1: typeof scaledModifiedBesselK0 = bessel(
  'scaledModifiedBesselK1',
  host.scaledK1,
  'wg_scaled_k1',
  ({ input, output }) => sub(sub(output(), scaledModifiedBesselK0(input(0))), div(output(), input(0))),
);

/** sin(x) / x. https://pytorch.org/docs/stable/special.html#torch.special.spherical_bessel_j0 */
export const sphericalBesselJ0 = bessel(
  'sphericalBesselJ0',
  host.sphericalBesselJ0,
  'wg_spherical_bessel_j0',
  ({ input, output }) => {
    const value = output();
    return except(input(0), 0, (x) => div(sub(cos(x), value), x));
  },
);

/** Airy's Ai, without a gradient, as in PyTorch. https://pytorch.org/docs/stable/special.html#torch.special.airy_ai */
export const airyAi = floatFunction(
  'airyAi',
  host.airyAi,
  withoutGradient('airyAi'),
  'wg_airy_ai(a)',
  'SpecialAiryAiBackward0',
);
