// torch.special: names of special functions. https://pytorch.org/docs/stable/special.html

export {
  digamma,
  erf,
  erfc,
  erfinv,
  exp2,
  expm1,
  lgamma as gammaln,
  log1p,
  round,
  sigmoid as expit,
} from './ops/math.ts';
export { logsumexp } from './ops/reduce.ts';
