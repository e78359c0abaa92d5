// distributions: random variables with their densities, transforms of them, and samples that PyTorch draws too.
// https://pytorch.org/docs/stable/distributions.html

import './kl-pairs.ts';
import './kl-same.ts';

export { Categorical, Multinomial, OneHotCategorical, OneHotCategoricalStraightThrough } from './categorical.ts';
export * as constraints from './constraints.ts';
export { Cauchy, Exponential, Laplace, Normal, Uniform } from './continuous.ts';
export { Gumbel, HalfCauchy, HalfNormal, Kumaraswamy, LogisticNormal, LogNormal, Pareto, Weibull } from './derived.ts';
export { Bernoulli, Binomial, ContinuousBernoulli, Geometric, NegativeBinomial, Poisson } from './discrete.ts';
export { Distribution, ExponentialFamily, type Parameter } from './distribution.ts';
export { Beta, Chi2, Dirichlet, FisherSnedecor, Gamma, StudentT } from './gamma.ts';
export { LowRankMultivariateNormal, MultivariateNormal } from './gaussian.ts';
export { klDivergence, registerKl } from './kl.ts';
export { LKJCholesky, Wishart } from './matrices.ts';
export { bijectTo, transformTo } from './registry.ts';
export { MixtureSameFamily } from './mixture.ts';
export { RelaxedBernoulli, RelaxedOneHotCategorical } from './relaxed.ts';
export { ComposeTransform, identityTransform, IndependentTransform, Transform } from './transform.ts';
export { Independent, TransformedDistribution } from './transformed.ts';
export {
  AbsTransform,
  AffineTransform,
  CumulativeDistributionTransform,
  ExpTransform,
  PowerTransform,
  SigmoidTransform,
  SoftplusTransform,
  TanhTransform,
} from './transforms.ts';
export {
  CatTransform,
  CorrCholeskyTransform,
  LowerCholeskyTransform,
  ReshapeTransform,
  SoftmaxTransform,
  StackTransform,
  StickBreakingTransform,
} from './vector-transforms.ts';
export { VonMises } from './von-mises.ts';
