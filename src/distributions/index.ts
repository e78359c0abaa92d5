// distributions: random variables with their densities, and samples that PyTorch draws too.
// https://pytorch.org/docs/stable/distributions.html

export { Categorical, Multinomial } from './categorical.ts';
export { Exponential, Gumbel, Laplace, LogNormal, Normal, Uniform } from './continuous.ts';
export { Bernoulli, Binomial, Geometric, Poisson } from './discrete.ts';
export { Distribution, type Parameter } from './distribution.ts';
export { Beta, Dirichlet, Gamma } from './gamma.ts';
export { klDivergence } from './kl.ts';
