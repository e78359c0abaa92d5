// Layer normalisation.
import { define, optional, p } from '../signature.ts';
import type { Tensor } from '../tensor.ts';
import { add, div, mul, sqrt, sub } from './arithmetic.ts';
import { mean } from './reduce.ts';
import { variance } from './statistics.ts';

/** https://pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html */
export const layerNorm = define(
  'layerNorm',
  [
    p.tensor('input'),
    p.ints('normalizedShape'),
    optional(p.tensor('weight'), null),
    optional(p.tensor('bias'), null),
    optional(p.number('eps'), 1e-5),
  ],
  (x, shape, weight, bias, eps): Tensor => {
    const over = shape.map((_, at) => x.shape.length - shape.length + at);
    const spread = sqrt(add(variance(x, over, false, true), eps));
    const unit = div(sub(x, mean(x, over, true)), spread);
    const scaled = weight === null ? unit : mul(unit, weight);
    return bias === null ? scaled : add(scaled, bias);
  },
);
