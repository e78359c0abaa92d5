// PyTorch's second names of pointwise functions. https://pytorch.org/docs/stable/torch.html#pointwise-ops

export {
  atan2 as arctan2,
  div as divide,
  div as trueDivide,
  mul as multiply,
  neg as negative,
  sub as subtract,
} from './ops/arithmetic.ts';
export { clamp as clip } from './ops/extrema.ts';
export {
  acos_ as arccos_,
  acosh_ as arccosh_,
  asin_ as arcsin_,
  asinh_ as arcsinh_,
  atan_ as arctan_,
  atan2_ as arctan2_,
  atanh_ as arctanh_,
  ge_ as greaterEqual_,
  gt_ as greater_,
  le_ as lessEqual_,
  lt_ as less_,
  ne_ as notEqual_,
  sign_ as sgn_,
} from './ops/inplace-math.ts';
export {
  abs_ as absolute_,
  clamp_ as clip_,
  div_ as divide_,
  div_ as trueDivide_,
  mul_ as multiply_,
  neg_ as negative_,
  sub_ as subtract_,
  trunc_ as fix_,
} from './ops/inplace.ts';
export {
  abs as absolute,
  acos as arccos,
  acosh as arccosh,
  asin as arcsin,
  asinh as arcsinh,
  atan as arctan,
  atanh as arctanh,
  ge as greaterEqual,
  gt as greater,
  le as lessEqual,
  lt as less,
  ne as notEqual,
  sign as sgn,
  trunc as fix,
} from './ops/math.ts';
