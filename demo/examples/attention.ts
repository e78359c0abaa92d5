// Attention: a mean of values, weighted by how near their keys are to a query. First a curve
// estimated from noisy points, then the scores that nets learn with.
import {
  arange,
  bmm,
  cat,
  manualSeed,
  nn,
  normal,
  ones,
  print as standardPrint,
  rand,
  randn,
  sin,
  sort,
  tensor,
  type Tensor,
} from '../../src/index.ts';

/** How much a point counts at a distance. (E. Nadaraya 1964, G. Watson 1964) */
const kernels: Record<string, (distance: Tensor) => Tensor> = {
  gaussian: (x) => x.pow(2).div(-2).exp(),
  boxcar: (x) => x.abs().lt(1).float(),
  constant: (x) => x.mul(0).add(1),
  epanechnikov: (x) => x.abs().rsub(1).clamp({ min: 0 }),
};

/** Softmax over the last dimension of scores (B, queries, keys) that leaves out keys from validLens (B) on. */
function maskedSoftmax(scores: Tensor, validLens: Tensor): Tensor {
  const keys = arange(scores.size(-1));
  const mask = keys.reshape(1, 1, -1).ge(validLens.reshape(-1, 1, 1));
  return scores.maskedFill(mask, -1e6).softmax(-1);
}

/** v . tanh(W q + U k) for each query and key. (D. Bahdanau, K. Cho, Y. Bengio 2014) */
class AdditiveAttention extends nn.Module {
  readonly query = new nn.Linear(20, 8, { bias: false });
  readonly key = new nn.Linear(2, 8, { bias: false });
  readonly score = new nn.Linear(8, 1, { bias: false });

  override forward(queries: Tensor, keys: Tensor, values: Tensor, validLens: Tensor): Tensor {
    const features = this.query(queries).unsqueeze(2).add(this.key(keys).unsqueeze(1)).tanh();
    return bmm(maskedSoftmax(this.score(features).squeeze(-1), validLens), values);
  }
}

export async function main(print = standardPrint) {
  manualSeed(8);
  const f = (x: Tensor) => sin(x).mul(2).add(x);
  const x = sort(rand(40).mul(5)).values;
  const y = f(x).add(randn(40));
  const at = arange(0, 5, 0.5);
  const curves: Record<string, Tensor> = {};
  for (const [name, kernel] of Object.entries(kernels)) {
    const weights = kernel(x.reshape(-1, 1).sub(at.reshape(1, -1)));
    curves[name] = y.matmul(weights.div(weights.sum(0)));
    print(`${name.padEnd(13)} mean squared error`, f(at).sub(curves[name]).square().mean());
  }

  const [queries, keys] = [normal(0, 1, [2, 1, 2]), normal(0, 1, [2, 10, 2])];
  const values = normal(0, 1, [2, 10, 4]);
  const validLens = tensor([2, 6], { dtype: 'int32' });
  const scores = bmm(queries, keys.transpose(1, 2)).div(Math.sqrt(2));
  const scaled = bmm(maskedSoftmax(scores, validLens), values);
  print('scaled dot product:', scaled);
  const mask = arange(10)
    .reshape(1, 1, 10)
    .lt(validLens.reshape(2, 1, 1));
  const library = nn.functional.scaledDotProductAttention(queries, keys, values, { attnMask: mask });
  print('the same by the library:', library);

  const additive = new AdditiveAttention();
  const longer = normal(0, 1, [2, 1, 20]);
  const added = additive(longer, keys, values, validLens);
  print('additive:', added.detach());

  const several = new nn.MultiheadAttention(20, 5, { bias: false, batchFirst: true });
  const words = cat([ones(1, 4, 20), randn(1, 4, 20)]);
  const [output, weights] = several(words, words, words);
  print('heads:', output.shape, 'weights of equal words:', weights!.index(0).detach());
  const results = { scaled, library, added, output, weights: weights!, ...curves };
  const read = Object.entries(results).map(async ([name, one]) => [name, Array.from(await one.detach().numpy())]);
  return Object.fromEntries(await Promise.all(read)) as Record<keyof typeof results, number[]>;
}
