// The methods of Tensor that are functions without their first argument, typed from the functions' signature lists. The
// functions carry the documentation; interface and table are compared when this compiles.

import * as create from './create-random.ts';
import * as arithmetic from './ops/arithmetic.ts';
import * as views from './ops/view.ts';
import * as copies from './ops/copy.ts';
import * as extrema from './ops/extrema.ts';
import * as gathering from './ops/gather.ts';
import * as inplace from './ops/inplace.ts';
import * as joining from './ops/join.ts';
import * as math from './ops/math.ts';
import * as products from './ops/matmul.ts';
import * as parts from './ops/part.ts';
import * as networks from './ops/nn.ts';
import * as reducing from './ops/reduce.ts';
import * as statistics from './ops/statistics.ts';
import * as tiling from './ops/tile.ts';
import * as triangles from './ops/triangle.ts';
import type { MethodOf, Param } from './signature.ts';

/** The methods that are functions without their first argument; the functions carry the documentation. */
export interface FunctionMethods {
  add: MethodOf<typeof arithmetic.add>;
  sub: MethodOf<typeof arithmetic.sub>;
  rsub: MethodOf<typeof arithmetic.rsub>;
  mul: MethodOf<typeof arithmetic.mul>;
  div: MethodOf<typeof arithmetic.div>;
  floorDivide: MethodOf<typeof arithmetic.floorDivide>;
  remainder: MethodOf<typeof arithmetic.remainder>;
  fmod: MethodOf<typeof arithmetic.fmod>;
  neg: MethodOf<typeof arithmetic.neg>;
  square: MethodOf<typeof arithmetic.square>;
  reciprocal: MethodOf<typeof arithmetic.reciprocal>;
  sqrt: MethodOf<typeof arithmetic.sqrt>;
  log: MethodOf<typeof arithmetic.log>;
  pow: MethodOf<typeof arithmetic.pow>;
  maximum: MethodOf<typeof extrema.maximum>;
  minimum: MethodOf<typeof extrema.minimum>;
  atan2: MethodOf<typeof arithmetic.atan2>;
  hypot: MethodOf<typeof arithmetic.hypot>;
  clamp: MethodOf<typeof extrema.clamp>;

  exp: MethodOf<typeof math.exp>;
  exp2: MethodOf<typeof math.exp2>;
  expm1: MethodOf<typeof math.expm1>;
  log2: MethodOf<typeof math.log2>;
  log10: MethodOf<typeof math.log10>;
  log1p: MethodOf<typeof math.log1p>;
  rsqrt: MethodOf<typeof math.rsqrt>;
  sin: MethodOf<typeof math.sin>;
  cos: MethodOf<typeof math.cos>;
  tan: MethodOf<typeof math.tan>;
  asin: MethodOf<typeof math.asin>;
  acos: MethodOf<typeof math.acos>;
  atan: MethodOf<typeof math.atan>;
  sinh: MethodOf<typeof math.sinh>;
  cosh: MethodOf<typeof math.cosh>;
  tanh: MethodOf<typeof math.tanh>;
  asinh: MethodOf<typeof math.asinh>;
  acosh: MethodOf<typeof math.acosh>;
  atanh: MethodOf<typeof math.atanh>;
  sigmoid: MethodOf<typeof math.sigmoid>;
  erf: MethodOf<typeof math.erf>;
  erfc: MethodOf<typeof math.erfc>;
  erfinv: MethodOf<typeof math.erfinv>;
  lgamma: MethodOf<typeof math.lgamma>;
  digamma: MethodOf<typeof math.digamma>;
  abs: MethodOf<typeof math.abs>;
  sign: MethodOf<typeof math.sign>;
  floor: MethodOf<typeof math.floor>;
  ceil: MethodOf<typeof math.ceil>;
  trunc: MethodOf<typeof math.trunc>;
  frac: MethodOf<typeof math.frac>;
  round: MethodOf<typeof math.round>;
  relu: MethodOf<typeof math.relu>;
  softmax: MethodOf<typeof networks.softmax>;
  logSoftmax: MethodOf<typeof networks.logSoftmax>;
  eq: MethodOf<typeof math.eq>;
  ne: MethodOf<typeof math.ne>;
  lt: MethodOf<typeof math.lt>;
  le: MethodOf<typeof math.le>;
  gt: MethodOf<typeof math.gt>;
  ge: MethodOf<typeof math.ge>;
  logicalAnd: MethodOf<typeof math.logicalAnd>;
  logicalOr: MethodOf<typeof math.logicalOr>;
  logicalXor: MethodOf<typeof math.logicalXor>;
  logicalNot: MethodOf<typeof math.logicalNot>;
  isnan: MethodOf<typeof math.isnan>;
  isinf: MethodOf<typeof math.isinf>;
  isfinite: MethodOf<typeof math.isfinite>;
  bitwiseAnd: MethodOf<typeof math.bitwiseAnd>;
  bitwiseOr: MethodOf<typeof math.bitwiseOr>;
  bitwiseXor: MethodOf<typeof math.bitwiseXor>;
  bitwiseNot: MethodOf<typeof math.bitwiseNot>;

  reshape: MethodOf<typeof views.reshape>;
  view: MethodOf<typeof views.view>;
  viewAs: MethodOf<typeof views.viewAs>;
  reshapeAs: MethodOf<typeof views.reshapeAs>;
  flatten: MethodOf<typeof views.flatten>;
  unflatten: MethodOf<typeof views.unflatten>;
  ravel: MethodOf<typeof views.ravel>;
  permute: MethodOf<typeof views.permute>;
  transpose: MethodOf<typeof views.transpose>;
  swapaxes: MethodOf<typeof views.swapaxes>;
  t: MethodOf<typeof views.t>;
  movedim: MethodOf<typeof views.movedim>;
  unsqueeze: MethodOf<typeof views.unsqueeze>;
  squeeze: MethodOf<typeof views.squeeze>;
  expand: MethodOf<typeof views.expand>;
  expandAs: MethodOf<typeof views.expandAs>;
  broadcastTo: MethodOf<typeof views.broadcastTo>;
  select: MethodOf<typeof parts.select>;
  narrow: MethodOf<typeof parts.narrow>;
  diagonal: MethodOf<typeof parts.diagonal>;
  clone: MethodOf<typeof copies.clone>;
  contiguous: MethodOf<typeof copies.contiguous>;
  flip: MethodOf<typeof copies.flip>;

  sum: MethodOf<typeof reducing.sum>;
  mean: MethodOf<typeof reducing.mean>;
  prod: MethodOf<typeof reducing.prod>;
  amax: MethodOf<typeof reducing.amax>;
  amin: MethodOf<typeof reducing.amin>;
  argmax: MethodOf<typeof reducing.argmax>;
  argmin: MethodOf<typeof reducing.argmin>;
  all: MethodOf<typeof reducing.all>;
  any: MethodOf<typeof reducing.any>;
  countNonzero: MethodOf<typeof reducing.countNonzero>;
  cumsum: MethodOf<typeof reducing.cumsum>;
  cumprod: MethodOf<typeof reducing.cumprod>;
  std: MethodOf<typeof statistics.std>;
  var: MethodOf<typeof statistics.variance>;
  logsumexp: MethodOf<typeof reducing.logsumexp>;
  norm: MethodOf<typeof statistics.norm>;

  split: MethodOf<typeof joining.split>;
  chunk: MethodOf<typeof joining.chunk>;
  unbind: MethodOf<typeof joining.unbind>;
  repeat: MethodOf<typeof tiling.repeat>;
  tile: MethodOf<typeof tiling.tile>;
  roll: MethodOf<typeof tiling.roll>;

  mm: MethodOf<typeof products.mm>;
  bmm: MethodOf<typeof products.bmm>;
  mv: MethodOf<typeof products.mv>;
  dot: MethodOf<typeof products.dot>;
  outer: MethodOf<typeof products.outer>;
  matmul: MethodOf<typeof products.matmul>;
  addmm: MethodOf<typeof products.addmm>;
  addmv: MethodOf<typeof products.addmv>;
  baddbmm: MethodOf<typeof products.baddbmm>;
  trace: MethodOf<typeof products.trace>;

  gather: MethodOf<typeof gathering.gather>;
  scatter: MethodOf<typeof gathering.scatter>;
  scatterAdd: MethodOf<typeof gathering.scatterAdd>;
  indexSelect: MethodOf<typeof gathering.indexSelect>;
  indexAdd: MethodOf<typeof gathering.indexAdd>;
  indexCopy: MethodOf<typeof gathering.indexCopy>;
  take: MethodOf<typeof gathering.take>;
  takeAlongDim: MethodOf<typeof gathering.takeAlongDim>;

  tril: MethodOf<typeof triangles.tril>;
  triu: MethodOf<typeof triangles.triu>;
  diag: MethodOf<typeof triangles.diag>;

  copy_: MethodOf<typeof inplace.copy_>;
  fill: MethodOf<typeof inplace.fill>;
  fill_: MethodOf<typeof inplace.fill_>;
  zero_: MethodOf<typeof inplace.zero_>;
  maskedFill: MethodOf<typeof inplace.maskedFill>;
  maskedFill_: MethodOf<typeof inplace.maskedFill_>;
  add_: MethodOf<typeof inplace.add_>;
  sub_: MethodOf<typeof inplace.sub_>;
  mul_: MethodOf<typeof inplace.mul_>;
  div_: MethodOf<typeof inplace.div_>;
  floorDivide_: MethodOf<typeof inplace.floorDivide_>;
  remainder_: MethodOf<typeof inplace.remainder_>;
  pow_: MethodOf<typeof inplace.pow_>;
  neg_: MethodOf<typeof inplace.neg_>;
  sqrt_: MethodOf<typeof inplace.sqrt_>;
  square_: MethodOf<typeof inplace.square_>;
  log_: MethodOf<typeof inplace.log_>;
  reciprocal_: MethodOf<typeof inplace.reciprocal_>;
  clamp_: MethodOf<typeof inplace.clamp_>;
  exp_: MethodOf<typeof inplace.exp_>;
  abs_: MethodOf<typeof inplace.abs_>;
  sin_: MethodOf<typeof inplace.sin_>;
  cos_: MethodOf<typeof inplace.cos_>;
  tanh_: MethodOf<typeof inplace.tanh_>;
  sigmoid_: MethodOf<typeof inplace.sigmoid_>;
  relu_: MethodOf<typeof inplace.relu_>;
  floor_: MethodOf<typeof inplace.floor_>;
  ceil_: MethodOf<typeof inplace.ceil_>;
  round_: MethodOf<typeof inplace.round_>;
  trunc_: MethodOf<typeof inplace.trunc_>;
  erfinv_: MethodOf<typeof inplace.erfinv_>;
  scatter_: MethodOf<typeof inplace.scatter_>;
  scatterAdd_: MethodOf<typeof inplace.scatterAdd_>;
  indexAdd_: MethodOf<typeof inplace.indexAdd_>;
  indexCopy_: MethodOf<typeof inplace.indexCopy_>;

  uniform_: MethodOf<typeof create.uniform_>;
  normal_: MethodOf<typeof create.normal_>;
  exponential_: MethodOf<typeof create.exponential_>;
  bernoulli_: MethodOf<typeof create.bernoulli_>;

  subtract: MethodOf<typeof arithmetic.sub>;
  multiply: MethodOf<typeof arithmetic.mul>;
  divide: MethodOf<typeof arithmetic.div>;
  trueDivide: MethodOf<typeof arithmetic.div>;
  negative: MethodOf<typeof arithmetic.neg>;
  absolute: MethodOf<typeof math.abs>;
  clip: MethodOf<typeof extrema.clamp>;
  greater: MethodOf<typeof math.gt>;
  less: MethodOf<typeof math.lt>;
}

/** Every method of the interface with its function; a missing, extra or mistyped one does not compile. */
export const table: { readonly [Name in keyof FunctionMethods]: { readonly signature: readonly Param[] } } = {
  add: arithmetic.add,
  sub: arithmetic.sub,
  rsub: arithmetic.rsub,
  mul: arithmetic.mul,
  div: arithmetic.div,
  floorDivide: arithmetic.floorDivide,
  remainder: arithmetic.remainder,
  fmod: arithmetic.fmod,
  neg: arithmetic.neg,
  square: arithmetic.square,
  reciprocal: arithmetic.reciprocal,
  sqrt: arithmetic.sqrt,
  log: arithmetic.log,
  pow: arithmetic.pow,
  maximum: extrema.maximum,
  minimum: extrema.minimum,
  atan2: arithmetic.atan2,
  hypot: arithmetic.hypot,
  clamp: extrema.clamp,
  exp: math.exp,
  exp2: math.exp2,
  expm1: math.expm1,
  log2: math.log2,
  log10: math.log10,
  log1p: math.log1p,
  rsqrt: math.rsqrt,
  sin: math.sin,
  cos: math.cos,
  tan: math.tan,
  asin: math.asin,
  acos: math.acos,
  atan: math.atan,
  sinh: math.sinh,
  cosh: math.cosh,
  tanh: math.tanh,
  asinh: math.asinh,
  acosh: math.acosh,
  atanh: math.atanh,
  sigmoid: math.sigmoid,
  erf: math.erf,
  erfc: math.erfc,
  erfinv: math.erfinv,
  lgamma: math.lgamma,
  digamma: math.digamma,
  abs: math.abs,
  sign: math.sign,
  floor: math.floor,
  ceil: math.ceil,
  trunc: math.trunc,
  frac: math.frac,
  round: math.round,
  relu: math.relu,
  softmax: networks.softmax,
  logSoftmax: networks.logSoftmax,
  eq: math.eq,
  ne: math.ne,
  lt: math.lt,
  le: math.le,
  gt: math.gt,
  ge: math.ge,
  logicalAnd: math.logicalAnd,
  logicalOr: math.logicalOr,
  logicalXor: math.logicalXor,
  logicalNot: math.logicalNot,
  isnan: math.isnan,
  isinf: math.isinf,
  isfinite: math.isfinite,
  bitwiseAnd: math.bitwiseAnd,
  bitwiseOr: math.bitwiseOr,
  bitwiseXor: math.bitwiseXor,
  bitwiseNot: math.bitwiseNot,
  reshape: views.reshape,
  view: views.view,
  viewAs: views.viewAs,
  reshapeAs: views.reshapeAs,
  flatten: views.flatten,
  unflatten: views.unflatten,
  ravel: views.ravel,
  permute: views.permute,
  transpose: views.transpose,
  swapaxes: views.swapaxes,
  t: views.t,
  movedim: views.movedim,
  unsqueeze: views.unsqueeze,
  squeeze: views.squeeze,
  expand: views.expand,
  expandAs: views.expandAs,
  broadcastTo: views.broadcastTo,
  select: parts.select,
  narrow: parts.narrow,
  diagonal: parts.diagonal,
  clone: copies.clone,
  contiguous: copies.contiguous,
  flip: copies.flip,
  sum: reducing.sum,
  mean: reducing.mean,
  prod: reducing.prod,
  amax: reducing.amax,
  amin: reducing.amin,
  argmax: reducing.argmax,
  argmin: reducing.argmin,
  all: reducing.all,
  any: reducing.any,
  countNonzero: reducing.countNonzero,
  cumsum: reducing.cumsum,
  cumprod: reducing.cumprod,
  std: statistics.std,
  var: statistics.variance,
  logsumexp: reducing.logsumexp,
  norm: statistics.norm,
  split: joining.split,
  chunk: joining.chunk,
  unbind: joining.unbind,
  repeat: tiling.repeat,
  tile: tiling.tile,
  roll: tiling.roll,
  mm: products.mm,
  bmm: products.bmm,
  mv: products.mv,
  dot: products.dot,
  outer: products.outer,
  matmul: products.matmul,
  addmm: products.addmm,
  addmv: products.addmv,
  baddbmm: products.baddbmm,
  trace: products.trace,
  gather: gathering.gather,
  scatter: gathering.scatter,
  scatterAdd: gathering.scatterAdd,
  indexSelect: gathering.indexSelect,
  indexAdd: gathering.indexAdd,
  indexCopy: gathering.indexCopy,
  take: gathering.take,
  takeAlongDim: gathering.takeAlongDim,
  tril: triangles.tril,
  triu: triangles.triu,
  diag: triangles.diag,
  copy_: inplace.copy_,
  fill: inplace.fill,
  fill_: inplace.fill_,
  zero_: inplace.zero_,
  maskedFill: inplace.maskedFill,
  maskedFill_: inplace.maskedFill_,
  add_: inplace.add_,
  sub_: inplace.sub_,
  mul_: inplace.mul_,
  div_: inplace.div_,
  floorDivide_: inplace.floorDivide_,
  remainder_: inplace.remainder_,
  pow_: inplace.pow_,
  neg_: inplace.neg_,
  sqrt_: inplace.sqrt_,
  square_: inplace.square_,
  log_: inplace.log_,
  reciprocal_: inplace.reciprocal_,
  clamp_: inplace.clamp_,
  exp_: inplace.exp_,
  abs_: inplace.abs_,
  sin_: inplace.sin_,
  cos_: inplace.cos_,
  tanh_: inplace.tanh_,
  sigmoid_: inplace.sigmoid_,
  relu_: inplace.relu_,
  floor_: inplace.floor_,
  ceil_: inplace.ceil_,
  round_: inplace.round_,
  trunc_: inplace.trunc_,
  erfinv_: inplace.erfinv_,
  scatter_: inplace.scatter_,
  scatterAdd_: inplace.scatterAdd_,
  indexAdd_: inplace.indexAdd_,
  indexCopy_: inplace.indexCopy_,
  uniform_: create.uniform_,
  normal_: create.normal_,
  exponential_: create.exponential_,
  bernoulli_: create.bernoulli_,
  subtract: arithmetic.sub,
  multiply: arithmetic.mul,
  divide: arithmetic.div,
  trueDivide: arithmetic.div,
  negative: arithmetic.neg,
  absolute: math.abs,
  clip: extrema.clamp,
  greater: math.gt,
  less: math.lt,
};
