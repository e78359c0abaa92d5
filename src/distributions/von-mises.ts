// VonMises: angles around a direction. https://pytorch.org/docs/stable/distributions.html#vonmises

import { zeros } from '../create/create.ts';
import { rand } from '../create/random.ts';
import { where } from '../ops/arithmetic.ts';
import { i0e, i1e } from '../ops/bessel.ts';
import { hostNow } from '../read.ts';
import type { Shape } from '../shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { positive, real } from './constraints.ts';
import { family, param } from './family.ts';
import { onHost } from './host.ts';

/**
 * Angles around 0 on the host, by rejection from a wrapped Cauchy variable; all are tried until the last one is accepted.
 * (D. Best, N. Fisher: Efficient simulation of the von Mises distribution, 1979)
 */
function angles(concentration: Tensor, shape: Shape): Tensor {
  const tau = concentration.square().mul(4).add(1).sqrt().add(1);
  const rho = tau.sub(tau.mul(2).sqrt()).div(concentration.mul(2));
  const r = rho.square().add(1).div(rho.mul(2));
  const { dtype, device } = concentration;
  let x = zeros([...shape], { dtype, device });
  let done = zeros([...shape], { dtype: 'bool', device });
  while (hostNow(done).includes(0)) {
    const [u1, u2, u3] = rand([3, ...shape], { dtype, device }).unbind(0);
    const z = u1.mul(Math.PI).cos();
    const f = r.mul(z).add(1).div(r.add(z));
    const c = concentration.mul(r.sub(f));
    const quick = c.mul(c.neg().add(2)).sub(u2).gt(0);
    const accepted = quick.logicalOr(c.div(u2).log().add(1).sub(c).ge(0));
    x = where(accepted, u3.sub(0.5).sign().mul(f.acos()), x);
    done = done.logicalOr(accepted);
  }
  return x;
}

/** exp(concentration cos(x - loc)) / (2 pi I0(concentration)), on a circle from -pi to pi. https://pytorch.org/docs/stable/distributions.html#vonmises */
export class VonMises extends family([param('loc', real), param('concentration', positive)], {
  rsample: false,
  support: real,
  mean: (d) => d.loc,
  mode: (d) => d.loc,
  // Of the circle: 1 minus the length of the mean vector.
  variance: (d) => i1e(d.concentration).div(i0e(d.concentration)).neg().add(1),
  draw: (d, shape) => {
    const [place, concentration] = [d.loc, d.concentration].map(onHost);
    const turned = angles(concentration, shape).add(Math.PI).add(place);
    return turned
      .remainder(2 * Math.PI)
      .sub(Math.PI)
      .to(d.loc.device);
  },
  logProb: (d, x) => {
    const c = d.concentration;
    return c
      .mul(x.sub(d.loc).cos().sub(1))
      .sub(i0e(c).log())
      .sub(Math.log(2 * Math.PI));
  },
}) {}
