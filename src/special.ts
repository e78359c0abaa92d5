// torch.special: names of special functions. https://pytorch.org/docs/stable/special.html

export * from './ops/bessel.ts';
export { xlog1py, xlogy } from './ops/blend.ts';
export { logit, sinc } from './ops/floats.ts';
export {
  digamma,
  digamma as psi,
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
export { logSoftmax, softmax } from './ops/nn.ts';
export { polygamma } from './ops/polygamma.ts';
export * from './ops/polynomials.ts';
export { logsumexp } from './ops/reduce.ts';
export {
  entr,
  erfcx,
  igamma as gammainc,
  igammac as gammaincc,
  logNdtr,
  mvlgamma as multigammaln,
  ndtr,
  ndtri,
  zeta,
} from './ops/special.ts';
