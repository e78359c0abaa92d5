// The methods of Tensor that are functions without their first argument: which functions of which file, and the other
// names that PyTorch has for some. The types follow from the functions' signature lists; the functions carry the documentation.

import * as aliases from '../aliases.ts';
import * as create from '../create/random.ts';
import * as draws from '../create/draws.ts';
import * as likes from '../create/like.ts';
import * as activations from '../ops/activation.ts';
import * as combining from '../ops/combine.ts';
import * as differences from '../ops/difference.ts';
import * as divisions from '../ops/divide.ts';
import * as puts from '../ops/put.ts';
import * as replacing from '../ops/replace.ts';
import * as scattering from '../ops/scatter-reduce.ts';
import * as strides from '../ops/stride.ts';
import * as turning from '../ops/turn.ts';
import * as arithmetic from '../ops/arithmetic.ts';
import * as bessels from '../ops/bessel.ts';
import * as blends from '../ops/blend.ts';
import * as views from '../ops/view.ts';
import * as copies from '../ops/copy.ts';
import * as distances from '../ops/distance.ts';
import * as extrema from '../ops/extrema.ts';
import * as floats from '../ops/floats.ts';
import * as gathering from '../ops/gather.ts';
import * as inplace from '../ops/inplace.ts';
import * as inplaceMath from '../ops/inplace-math.ts';
import * as inplaceSums from '../ops/inplace-sums.ts';
import * as inplaceViews from '../ops/inplace-view.ts';
import * as integers from '../ops/integers.ts';
import * as joining from '../ops/join.ts';
import * as classic from '../ops/linalg/classic.ts';
import * as choleskies from '../ops/linalg/cholesky.ts';
import * as powers from '../ops/linalg/products.ts';
import * as solving from '../ops/linalg/solve.ts';
import * as math from '../ops/math.ts';
import * as products from '../ops/matmul.ts';
import * as norms from '../ops/norm.ts';
import * as parts from '../ops/part.ts';
import * as moreProducts from '../ops/products.ts';
import * as polygammas from '../ops/polygamma.ts';
import * as networks from '../ops/nn.ts';
import * as quantiles from '../ops/quantile.ts';
import * as reducing from '../ops/reduce.ts';
import * as scans from '../ops/scans.ts';
import * as searches from '../ops/search.ts';
import * as sorting from '../ops/sorting.ts';
import * as specials from '../ops/special.ts';
import * as statistics from '../ops/statistics.ts';
import * as summaries from '../ops/summaries.ts';
import * as tiling from '../ops/tile.ts';
import * as triangles from '../ops/triangle.ts';
import type { MethodOf, Param } from '../core/signature.ts';
import * as uniques from '../unique.ts';

const aliasesNames = [
  'absolute arccos arccosh arcsin arcsinh arctan arctan2 arctanh clip divide fix greater greaterEqual less lessEqual',
  'multiply negative notEqual sgn subtract trueDivide absolute_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctan2_',
  'arctanh_ clip_ divide_ fix_ greater_ greaterEqual_ less_ lessEqual_ multiply_ negative_ notEqual_ sgn_ subtract_',
  'trueDivide_',
] as const;
const arithmeticNames = [
  'add sub rsub mul div floorDivide remainder fmod neg square reciprocal sqrt log pow atan2 hypot',
] as const;
const extremaNames = ['maximum minimum clamp clampMin clampMax fmax fmin'] as const;
const blendsNames = ['addcmul addcdiv lerp logaddexp logaddexp2 xlogy floatPower'] as const;
const floatsNames = [
  'copysign heaviside signbit isposinf isneginf isreal isclose frexp ldexp nanToNum angle deg2rad rad2deg sinc',
  'nextafter logit conj conjPhysical resolveConj resolveNeg positive',
] as const;
const integersNames = ['bitwiseLeftShift bitwiseRightShift gcd lcm char short'] as const;
const besselsNames = ['i0'] as const;
const polygammasNames = ['polygamma'] as const;
const specialsNames = ['igamma igammac mvlgamma'] as const;
const mathNames = [
  'exp exp2 expm1 log2 log10 log1p rsqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sigmoid',
  'erf erfc erfinv lgamma digamma abs sign floor ceil trunc frac round relu eq ne lt le gt ge logicalAnd',
  'logicalOr logicalXor logicalNot isnan isinf isfinite bitwiseAnd bitwiseOr bitwiseXor bitwiseNot',
] as const;
const likesNames = ['newZeros newOnes newEmpty newEmptyStrided newFull newTensor'] as const;
const combiningNames = ['kron'] as const;
const differencesNames = ['diff'] as const;
const divisionsNames = ['tensorSplit hsplit vsplit dsplit splitWithSizes narrowCopy'] as const;
const putsNames = ['indexFill put maskedScatter'] as const;
const replacingNames = ['selectScatter sliceScatter diagonalScatter asStridedScatter diagEmbed diagflat'] as const;
const scatteringNames = ['scatter scatterReduce indexReduce'] as const;
const stridesNames = ['asStrided unfold'] as const;
const turningNames = ['fliplr flipud rot90 sumToSize adjoint'] as const;
const networksNames = ['softmax logSoftmax'] as const;
const viewsNames = [
  'reshape view viewAs reshapeAs flatten unflatten ravel permute transpose swapaxes t movedim unsqueeze',
  'squeeze expand expandAs broadcastTo',
] as const;
const partsNames = ['select narrow diagonal'] as const;
const copiesNames = ['clone contiguous flip'] as const;
const reducingNames = ['sum mean prod amax amin argmax argmin all any countNonzero cumsum cumprod logsumexp'] as const;
const quantilesNames = ['quantile nanquantile'] as const;
const scansNames = ['cummax cummin logcumsumexp'] as const;
const searchesNames = ['histc histogram isin'] as const;
const sortingNames = ['sort argsort msort topk kthvalue mode'] as const;
const summariesNames = ['aminmax nansum nanmean cov corrcoef renorm'] as const;
const uniquesNames = ['bincount'] as const;
const statisticsNames = ['std'] as const;
const normsNames = ['norm'] as const;
const joiningNames = ['split chunk unbind'] as const;
const tilingNames = ['repeat tile roll'] as const;
const productsNames = ['mm bmm mv dot outer matmul addmm addmv baddbmm trace'] as const;
const moreProductsNames = ['addbmm addr inner vdot'] as const;
const distancesNames = ['dist'] as const;
const classicNames = ['cross pinverse qr svd lu luSolve'] as const;
const choleskiesNames = ['cholesky choleskyInverse choleskySolve'] as const;
const powersNames = ['matrixExp matrixPower'] as const;
const solvingNames = ['det logdet slogdet'] as const;
const gatheringNames = ['gather scatterAdd indexSelect indexAdd indexCopy take takeAlongDim'] as const;
const trianglesNames = ['tril triu diag'] as const;
const inplaceNames = [
  'copy_ fill fill_ zero_ maskedFill maskedFill_ add_ sub_ mul_ div_ floorDivide_ remainder_ pow_ neg_ sqrt_',
  'square_ log_ reciprocal_ clamp_ exp_ abs_ sin_ cos_ tanh_ sigmoid_ relu_ floor_ ceil_ round_ trunc_',
  'erfinv_ scatter_ scatterAdd_ indexAdd_ indexCopy_',
  'indexFill_ put_ maskedScatter_ scatterReduce_ indexReduce_',
  'tril_ triu_ fillDiagonal_',
] as const;
const inplaceMathNames = [
  'atan2_ fmod_ hypot_ acos_ acosh_ asin_ asinh_ atan_ atanh_ bitwiseAnd_ bitwiseNot_ bitwiseOr_',
  'bitwiseXor_ cosh_ digamma_ eq_ erf_ erfc_ exp2_ expm1_ frac_ ge_ gt_ le_ lgamma_ log10_ log1p_ log2_',
  'logicalAnd_ logicalNot_ logicalOr_ logicalXor_ lt_ ne_ rsqrt_ sign_ sinh_ tan_ clampMax_ clampMin_',
  'addcdiv_ addcmul_ floatPower_ lerp_ xlogy_ copysign_ deg2rad_ heaviside_ ldexp_ logit_ nanToNum_ nextafter_',
  'rad2deg_ sinc_ bitwiseLeftShift_ bitwiseRightShift_ gcd_ lcm_ i0_ polygamma_ igamma_ igammac_',
  'mvlgamma_',
] as const;
const createNames = ['uniform_ normal_ exponential_ bernoulli_ bernoulli multinomial'] as const;
const drawsNames = ['cauchy_ geometric_ logNormal_ random_'] as const;
const activationsNames = ['hardshrink'] as const;
const inplaceViewsNames = ['squeeze_ swapaxes_ t_ transpose_ unsqueeze_'] as const;
const inplaceSumsNames = ['addbmm_ addmm_ addmv_ addr_ baddbmm_ cumprod_ cumsum_ renorm_'] as const;

/** The words of lines of text: 'exp sin' -> 'exp' | 'sin'. */
type Words<Line extends string> = Line extends `${infer Word} ${infer Rest}` ? Word | Words<Rest> : Line;

/** The functions of a file that `Lines` name, as methods. */
type Methods<File, Lines extends readonly string[]> = Receiving<File, Words<Lines[number]> & keyof File>;
/** Mapped over the keys of File itself: so a method shows the documentation of its function. */
type Receiving<File, Name extends keyof File> = { [Each in Name]: MethodOf<File[Each]> };

/** The methods that are functions without their first argument. */
export interface FunctionMethods
  extends
    Methods<typeof aliases, typeof aliasesNames>,
    Methods<typeof arithmetic, typeof arithmeticNames>,
    Methods<typeof extrema, typeof extremaNames>,
    Methods<typeof math, typeof mathNames>,
    Methods<typeof likes, typeof likesNames>,
    Methods<typeof combining, typeof combiningNames>,
    Methods<typeof differences, typeof differencesNames>,
    Methods<typeof divisions, typeof divisionsNames>,
    Methods<typeof puts, typeof putsNames>,
    Methods<typeof replacing, typeof replacingNames>,
    Methods<typeof scattering, typeof scatteringNames>,
    Methods<typeof strides, typeof stridesNames>,
    Methods<typeof turning, typeof turningNames>,
    Methods<typeof networks, typeof networksNames>,
    Methods<typeof views, typeof viewsNames>,
    Methods<typeof parts, typeof partsNames>,
    Methods<typeof copies, typeof copiesNames>,
    Methods<typeof reducing, typeof reducingNames>,
    Methods<typeof statistics, typeof statisticsNames>,
    Methods<typeof quantiles, typeof quantilesNames>,
    Methods<typeof scans, typeof scansNames>,
    Methods<typeof searches, typeof searchesNames>,
    Methods<typeof sorting, typeof sortingNames>,
    Methods<typeof summaries, typeof summariesNames>,
    Methods<typeof uniques, typeof uniquesNames>,
    Methods<typeof joining, typeof joiningNames>,
    Methods<typeof tiling, typeof tilingNames>,
    Methods<typeof products, typeof productsNames>,
    Methods<typeof moreProducts, typeof moreProductsNames>,
    Methods<typeof distances, typeof distancesNames>,
    Methods<typeof classic, typeof classicNames>,
    Methods<typeof choleskies, typeof choleskiesNames>,
    Methods<typeof powers, typeof powersNames>,
    Methods<typeof solving, typeof solvingNames>,
    Methods<typeof norms, typeof normsNames>,
    Methods<typeof gathering, typeof gatheringNames>,
    Methods<typeof triangles, typeof trianglesNames>,
    Methods<typeof inplace, typeof inplaceNames>,
    Methods<typeof blends, typeof blendsNames>,
    Methods<typeof floats, typeof floatsNames>,
    Methods<typeof integers, typeof integersNames>,
    Methods<typeof bessels, typeof besselsNames>,
    Methods<typeof polygammas, typeof polygammasNames>,
    Methods<typeof specials, typeof specialsNames>,
    Methods<typeof inplaceMath, typeof inplaceMathNames>,
    Methods<typeof create, typeof createNames>,
    Methods<typeof draws, typeof drawsNames>,
    Methods<typeof activations, typeof activationsNames>,
    Methods<typeof inplaceSums, typeof inplaceSumsNames>,
    Methods<typeof inplaceViews, typeof inplaceViewsNames> {
  var: MethodOf<typeof statistics.variance>;
  swapdims: MethodOf<typeof views.swapaxes>;
  swapdims_: MethodOf<typeof inplaceViews.swapaxes_>;
  moveaxis: MethodOf<typeof views.movedim>;
  inverse: MethodOf<typeof solving.inv>;
}

interface Named {
  readonly signature: readonly Param[];
}

/** The functions of a file that `lines` name. One that the file does not export does not compile. */
function pick<Line extends string>(file: Readonly<Record<Words<Line>, Named>>, lines: readonly Line[]) {
  const names = lines.flatMap((line) => line.split(' ')) as Words<Line>[];
  return Object.fromEntries(names.map((name) => [name, file[name]])) as Record<Words<Line>, Named>;
}

/** Every method of the interface with its function. */
export const table: { readonly [Name in keyof FunctionMethods]: Named } = {
  ...pick(aliases, aliasesNames),
  ...pick(arithmetic, arithmeticNames),
  ...pick(extrema, extremaNames),
  ...pick(math, mathNames),
  ...pick(likes, likesNames),
  ...pick(combining, combiningNames),
  ...pick(differences, differencesNames),
  ...pick(divisions, divisionsNames),
  ...pick(puts, putsNames),
  ...pick(replacing, replacingNames),
  ...pick(scattering, scatteringNames),
  ...pick(strides, stridesNames),
  ...pick(turning, turningNames),
  ...pick(networks, networksNames),
  ...pick(views, viewsNames),
  ...pick(parts, partsNames),
  ...pick(copies, copiesNames),
  ...pick(reducing, reducingNames),
  ...pick(statistics, statisticsNames),
  ...pick(quantiles, quantilesNames),
  ...pick(scans, scansNames),
  ...pick(searches, searchesNames),
  ...pick(sorting, sortingNames),
  ...pick(summaries, summariesNames),
  ...pick(uniques, uniquesNames),
  ...pick(joining, joiningNames),
  ...pick(tiling, tilingNames),
  ...pick(products, productsNames),
  ...pick(moreProducts, moreProductsNames),
  ...pick(distances, distancesNames),
  ...pick(classic, classicNames),
  ...pick(choleskies, choleskiesNames),
  ...pick(powers, powersNames),
  ...pick(solving, solvingNames),
  ...pick(norms, normsNames),
  ...pick(gathering, gatheringNames),
  ...pick(triangles, trianglesNames),
  ...pick(inplace, inplaceNames),
  ...pick(blends, blendsNames),
  ...pick(floats, floatsNames),
  ...pick(integers, integersNames),
  ...pick(bessels, besselsNames),
  ...pick(polygammas, polygammasNames),
  ...pick(specials, specialsNames),
  ...pick(inplaceMath, inplaceMathNames),
  ...pick(create, createNames),
  ...pick(draws, drawsNames),
  ...pick(activations, activationsNames),
  ...pick(inplaceSums, inplaceSumsNames),
  ...pick(inplaceViews, inplaceViewsNames),
  var: statistics.variance,
  swapdims: views.swapaxes,
  swapdims_: inplaceViews.swapaxes_,
  moveaxis: views.movedim,
  inverse: solving.inv,
};
