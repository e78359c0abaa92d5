"""Distributions as torch.distributions has them; written with PyTorch 1.13:

    python3 test/golden/distributions.py > test/golden/distributions.json

Each row: parameters, samples of three shapes from seed 12 (drawn one after the other), and at given values logProb and cdf, with
icdf, mean, mode, variance, entropy, all values, and the gradient of sum(logProb) (and of a sum of rsample) for each parameter, as far
as PyTorch has them. `kl`: divergences of two of a kind, and of two kinds.
"""
import json
import math
import torch
from torch import distributions as D


def text(v):
    return float(f"{v:.9g}") if math.isfinite(v) else str(v)


def pack(t):
    return {"shape": list(t.shape), "data": [text(v) for v in t.detach().double().reshape(-1).tolist()]}


T = torch.tensor
two = {"loc": T([[0.5], [-1.0]]), "scale": T([0.3, 1.0, 2.5])}
pair = {"concentration1": T([0.5, 2.0, 3.0]), "concentration0": T([0.5, 3.0, 1.5])}
factor = T([[1.2, 0.0, 0.0], [-0.4, 0.8, 0.0], [0.3, 0.5, 1.5]])
spread = factor @ factor.T
half = torch.linalg.cholesky(T([[1.0, 0.3, -0.2], [0.3, 1.0, 0.4], [-0.2, 0.4, 1.0]]))
three = T([[0.1, 0.2, 0.7], [3.0, 1.0, 1.0]])
rows = [
    ("Normal", two, T([0.1, -2.0, 3.0])), ("LogNormal", two, T([0.1, 2.0, 3.0])), ("Laplace", two, T([0.1, -2.0, 3.0])),
    ("Gumbel", two, T([0.1, -2.0, 3.0])), ("Uniform", {"low": T([-1.0, 0.0]), "high": T([1.0, 3.0])}, T([0.5, 2.0])),
    ("Exponential", {"rate": T([0.5, 2.0, 10.0])}, T([0.1, 1.0, 2.0])),
    ("Bernoulli", {"probs": T([0.1, 0.5, 0.9])}, T([0.0, 1.0, 1.0])), ("Bernoulli", {"logits": T([[-2.0], [0.3]])}, T([1.0, 0.0])),
    ("Geometric", {"probs": T([0.1, 0.5, 0.9])}, T([0.0, 1.0, 4.0])),
    ("Binomial", {"total_count": 12, "probs": T([0.1, 0.5, 0.9])}, T([0.0, 5.0, 12.0])),
    ("Binomial", {"total_count": 100, "logits": T([-1.0, 0.0, 2.0])}, T([20.0, 50.0, 91.0])),
    ("Poisson", {"rate": T([0.5, 4.0, 12.0, 80.0])}, T([0.0, 3.0, 10.0, 91.0])),
    ("Categorical", {"probs": three}, T([2, 0])), ("Categorical", {"logits": T([0.3, -1.0, 2.0, 0.0])}, T([[0], [3]])),
    ("Multinomial", {"total_count": 7, "probs": three}, T([[1.0, 2.0, 4.0], [7.0, 0.0, 0.0]])),
    ("Multinomial", {"total_count": 30, "logits": T([0.3, -1.0, 2.0])}, T([10.0, 0.0, 20.0])),
    ("Gamma", {"concentration": T([0.3, 1.0, 5.0]), "rate": T([1.0, 2.0, 0.5])}, T([0.2, 1.0, 8.0])),
    ("Beta", pair, T([0.3, 0.9, 0.5])),
    ("Dirichlet", {"concentration": T([[0.5, 1.0, 2.0], [3.0, 3.0, 3.0]])}, T([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])),
    ("Dirichlet", {"concentration": T([0.5, 0.9, 0.2])}, T([0.2, 0.3, 0.5])),
    ("Cauchy", two, T([0.1, -2.0, 3.0])), ("HalfCauchy", {"scale": T([0.5, 2.0])}, T([0.1, 3.0])),
    ("HalfNormal", {"scale": T([0.5, 2.0])}, T([0.1, 3.0])), ("Chi2", {"df": T([0.7, 3.0, 12.0])}, T([0.2, 2.5, 8.0])),
    ("Pareto", {"scale": T([0.5, 1.0, 2.0]), "alpha": T([0.8, 1.5, 4.0])}, T([0.7, 2.0, 3.0])),
    ("Weibull", {"scale": T([0.5, 2.0]), "concentration": T([1.5, 3.0])}, T([0.3, 2.2])),
    ("StudentT", {"df": T([0.8, 1.5, 6.0]), "loc": T([0.0, 1.0, -1.0]), "scale": T([1.0, 2.0, 0.5])}, T([0.3, -2.0, 0.4])),
    ("FisherSnedecor", {"df1": T([1.5, 4.0, 10.0]), "df2": T([1.0, 3.0, 9.0])}, T([0.3, 1.2, 2.0])),
    ("Kumaraswamy", pair, T([0.3, 0.9, 0.5])), ("LogisticNormal", {"loc": T([0.3, -0.5]), "scale": T([0.7, 1.2])}, T([0.2, 0.3, 0.5])),
    ("NegativeBinomial", {"total_count": T([2.0, 5.5, 20.0]), "probs": T([0.3, 0.6, 0.5])}, T([0.0, 4.0, 31.0])),
    ("NegativeBinomial", {"total_count": 3, "logits": T([-1.0, 0.5])}, T([1.0, 6.0])),
    ("ContinuousBernoulli", {"probs": T([0.1, 0.4995, 0.5, 0.93])}, T([0.3, 0.6, 0.2, 0.8])),
    ("ContinuousBernoulli", {"logits": T([[-2.0], [0.4]])}, T([0.3, 0.6])),
    ("OneHotCategorical", {"probs": three}, T([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])),
    ("OneHotCategoricalStraightThrough", {"logits": T([0.3, -1.0, 2.0])}, T([0.0, 0.0, 1.0])),
    ("RelaxedBernoulli", {"temperature": T(0.7), "probs": T([0.2, 0.7])}, T([0.3, 0.9])),
    ("RelaxedBernoulli", {"temperature": T([2.0]), "logits": T([-0.4, 0.9])}, T([0.3, 0.9])),
    ("RelaxedOneHotCategorical", {"temperature": T(0.7), "probs": three}, T([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])),
    ("RelaxedOneHotCategorical", {"temperature": T(2.0), "logits": T([0.3, -1.0, 2.0])}, T([0.2, 0.3, 0.5])),
    ("MultivariateNormal", {"loc": T([[0.5, -1.0, 2.0], [0.0, 1.0, -1.0]]), "covariance_matrix": spread}, T([[0.1, 0.2, 0.3], [1.0, -1.0, 0.0]])),
    ("MultivariateNormal", {"loc": T([0.5, -1.0, 2.0]), "precision_matrix": spread}, T([[0.1, 0.2, 0.3], [1.0, -1.0, 0.0]])),
    ("MultivariateNormal", {"loc": T([0.5, -1.0, 2.0]), "scale_tril": torch.stack([factor, 2 * factor])}, T([0.1, 0.2, 0.3])),
    ("LowRankMultivariateNormal", {"loc": T([0.5, -1.0, 2.0]), "cov_factor": T([[1.0, 0.2], [-0.3, 0.7], [0.5, 0.5]]), "cov_diag": T([0.5, 1.0, 0.3])},
     T([[0.1, 0.2, 0.3], [1.0, -1.0, 0.0]])),
    ("VonMises", {"loc": T([0.3, -2.0, 3.0]), "concentration": T([0.5, 2.0, 20.0])}, T([0.1, -1.5, -3.0])),
    ("Wishart", {"df": T(4.5), "covariance_matrix": spread}, torch.stack([spread, spread + torch.eye(3)])),
    ("Wishart", {"df": T([3.5, 7.0]), "scale_tril": factor}, spread), ("LKJCholesky", {"dim": 3, "concentration": T([0.7, 2.5])}, half),
    ("LKJCholesky", {"dim": 2, "concentration": 1.5}, half[:2, :2]),
]
out = []
for name, params, value in rows:
    leaves = {k: v.clone().requires_grad_() if isinstance(v, torch.Tensor) else v for k, v in params.items()}
    make = lambda: getattr(D, name)(**leaves)
    d = make()
    grads = lambda: {k: pack(v.grad) for k, v in leaves.items() if isinstance(v, torch.Tensor) and v.grad is not None}
    torch.manual_seed(12)
    # Of one element, of several; then of more than 16 with a shape in front.
    samples = [d.sample(), d.sample((5,)), d.sample((2, 3))]
    row = {"name": name, "params": {k: pack(v) if isinstance(v, torch.Tensor) else v for k, v in params.items()}, "value": pack(value),
           "samples": [pack(s) for s in samples], "batch_shape": list(d.batch_shape), "event_shape": list(d.event_shape)}
    for key, what in {"mean": lambda: d.mean, "mode": lambda: d.mode, "variance": lambda: d.variance, "stddev": lambda: d.stddev,
                      "entropy": lambda: d.entropy(), "cdf": lambda: d.cdf(value), "icdf": lambda: d.icdf(T([[0.1], [0.7]])),
                      "enumerated": lambda: d.enumerate_support(), "unexpanded": lambda: d.enumerate_support(expand=False)}.items():
        try:
            row[key] = pack(what().double())
        except (NotImplementedError, AttributeError):
            pass
    log = d.log_prob(value)
    row["log_prob"] = pack(log)
    if log.requires_grad:
        log.sum().backward()
    row["grads"] = grads()
    if d.has_rsample:
        for v in leaves.values():
            if isinstance(v, torch.Tensor):
                v.grad = None
        torch.manual_seed(13)
        s = make().rsample((4,))
        row["rsample"] = pack(s)
        if name != "Wishart":  # whose gradient PyTorch 1.13 overwrites in place, and refuses
            (s * torch.arange(1.0, s.numel() + 1).view(s.shape)).sum().backward()
            row["rsample_grads"] = grads()
    out.append(row)

kl = []


def two_kinds_of(list_of_pairs):
    return [((p, q), a, b) for p, a, q, b in list_of_pairs]


normal, gumbel = {"loc": T([0.3, 1.0]), "scale": T([1.0, 2.0])}, {"loc": T([0.5, -1.0]), "scale": T([2.0, 0.5])}
gamma, beta = {"concentration": T([0.5, 3.0]), "rate": T([1.0, 2.0])}, {"concentration1": T([0.5, 3.0]), "concentration0": T([1.0, 2.0])}
inside, wide = {"low": T([0.1, 0.2]), "high": T([0.5, 0.9])}, {"low": T([-0.5, -3.0]), "high": T([1.5, 4.0])}
rate, pareto, probs = {"rate": T([0.5, 2.0])}, {"scale": T([0.5, 2.0]), "alpha": T([0.9, 3.0])}, {"probs": T([0.2, 0.8])}
gaussian = {"loc": T([0.5, -1.0, 2.0]), "covariance_matrix": spread}
lowrank = {"loc": T([0.1, 0.0, 1.0]), "cov_factor": T([[1.0], [0.3], [-0.2]]), "cov_diag": T([0.5, 1.0, 0.3])}
two_kinds = [
    ("Bernoulli", probs, "Poisson", rate), ("Beta", beta, "ContinuousBernoulli", probs), ("Beta", beta, "Pareto", pareto), ("Beta", beta, "Exponential", rate),
    ("Beta", beta, "Gamma", gamma), ("Beta", beta, "Normal", normal), ("Beta", beta, "Uniform", wide), ("ContinuousBernoulli", probs, "Pareto", pareto),
    ("ContinuousBernoulli", probs, "Exponential", rate), ("ContinuousBernoulli", probs, "Normal", normal), ("ContinuousBernoulli", probs, "Uniform", wide),
    ("Exponential", rate, "Beta", beta), ("Exponential", rate, "Gamma", gamma), ("Exponential", rate, "Gumbel", gumbel), ("Exponential", rate, "Normal", normal),
    ("Gamma", gamma, "Uniform", wide), ("Gamma", gamma, "Exponential", rate), ("Gamma", gamma, "Gumbel", gumbel), ("Gamma", gamma, "Normal", normal),
    ("Chi2", {"df": T([1.0, 4.0])}, "Exponential", rate), ("Gumbel", gumbel, "Pareto", pareto), ("Gumbel", gumbel, "Normal", normal),
    ("Laplace", normal, "Gamma", gamma), ("Laplace", gumbel, "Normal", normal), ("Normal", normal, "Beta", beta), ("Normal", normal, "Gumbel", gumbel),
    ("Normal", normal, "Laplace", gumbel), ("Pareto", pareto, "Uniform", wide), ("Pareto", pareto, "Exponential", rate), ("Pareto", pareto, "Gamma", gamma),
    ("Pareto", pareto, "Normal", normal), ("Poisson", rate, "Bernoulli", probs), ("Uniform", inside, "Beta", beta), ("Uniform", wide, "Beta", beta),
    ("Uniform", inside, "ContinuousBernoulli", probs), ("Uniform", inside, "Exponential", rate), ("Uniform", inside, "Gamma", gamma),
    ("Uniform", inside, "Gumbel", gumbel), ("Uniform", inside, "Normal", normal), ("Uniform", inside, "Pareto", {"scale": T([0.05, 0.5]), "alpha": T([1.5, 2.0])}),
    ("MultivariateNormal", gaussian, "LowRankMultivariateNormal", lowrank), ("LowRankMultivariateNormal", lowrank, "MultivariateNormal", gaussian),
]
for name, a, b in [
    ("Normal", {"loc": T([0.0, 1.0]), "scale": T([1.0, 2.0])}, {"loc": T([0.5, -1.0]), "scale": T([2.0, 0.5])}),
    ("LogNormal", {"loc": T([0.0]), "scale": T([1.0])}, {"loc": T([0.5]), "scale": T([2.0])}),
    ("Laplace", {"loc": T([0.0, 1.0]), "scale": T([1.0, 2.0])}, {"loc": T([0.5, -1.0]), "scale": T([2.0, 0.5])}),
    ("Uniform", {"low": T([0.0, 0.0]), "high": T([1.0, 2.0])}, {"low": T([-1.0, 0.5]), "high": T([2.0, 3.0])}),
    ("Exponential", {"rate": T([0.5, 2.0])}, {"rate": T([1.0, 0.3])}),
    ("Bernoulli", {"probs": T([0.1, 0.5, 0.0, 1.0, 0.5])}, {"probs": T([0.3, 0.5, 0.4, 0.6, 1.0])}),
    ("Geometric", {"probs": T([0.1, 0.5])}, {"probs": T([0.3, 0.2])}),
    ("Binomial", {"total_count": 5, "probs": T([0.1, 0.5])}, {"total_count": 5, "probs": T([0.3, 0.2])}),
    ("Poisson", {"rate": T([0.5, 20.0])}, {"rate": T([1.0, 3.0])}),
    ("Categorical", {"probs": T([[0.1, 0.9, 0.0], [0.5, 0.25, 0.25]])}, {"probs": T([[0.3, 0.3, 0.4], [0.5, 0.5, 0.0]])}),
    ("Gamma", {"concentration": T([0.5, 3.0]), "rate": T([1.0, 2.0])}, {"concentration": T([1.0, 2.0]), "rate": T([3.0, 0.5])}),
    ("Beta", {"concentration1": T([0.5, 3.0]), "concentration0": T([1.0, 2.0])}, {"concentration1": T([1.0, 2.0]), "concentration0": T([3.0, 0.5])}),
    ("Dirichlet", {"concentration": T([0.5, 1.0, 2.0])}, {"concentration": T([1.5, 1.0, 0.3])}),
    ("Cauchy", normal, gumbel), ("Gumbel", normal, gumbel), ("HalfNormal", {"scale": T([0.5, 2.0])}, {"scale": T([1.0, 0.7])}),
    ("Pareto", {"scale": T([1.5, 2.0]), "alpha": T([0.9, 3.0])}, {"scale": T([0.5, 3.0]), "alpha": T([1.4, 2.0])}),
    ("ContinuousBernoulli", {"probs": T([0.1, 0.5])}, {"probs": T([0.3, 0.9])}), ("OneHotCategorical", {"probs": three}, {"probs": three.flip(0)}),
    ("Chi2", {"df": T([1.0, 4.0])}, {"df": T([2.0, 3.0])}), ("MultivariateNormal", gaussian, {"loc": T([0.0, 1.0, 0.0]), "scale_tril": factor + torch.eye(3)}),
    ("LowRankMultivariateNormal", lowrank, {"loc": T([0.0, 1.0, 0.0]), "cov_factor": T([[0.2], [0.9], [1.0]]), "cov_diag": T([1.0, 2.0, 0.4])}),
    ("Wishart", {"df": T(4.5), "covariance_matrix": spread}, {"df": T(6.0), "scale_tril": factor + torch.eye(3)}),
] + two_kinds_of(two_kinds):
    name, other = name if isinstance(name, tuple) else (name, name)
    p, q = getattr(D, name)(**a), getattr(D, other)(**b)
    packed = lambda params: {k: pack(v) if isinstance(v, torch.Tensor) else v for k, v in params.items()}
    kl.append({"name": name, "other": other, "p": packed(a), "q": packed(b), "value": pack(D.kl_divergence(p, q))})

# Transforms: y, the argument found again, log |det|, and the gradient of a sum of both for x. `build` is JavaScript's text of the same.
X, V = T([-1.5, -0.2, 0.4, 2.0]), T([[0.3, -1.0, 0.8], [1.2, 0.1, -0.4]])
exp, sigmoid = D.ExpTransform(), D.SigmoidTransform()
maps = {
    "exp": (exp, X), "sigmoid": (sigmoid, X), "tanh": (D.TanhTransform(), X), "softplus": (D.SoftplusTransform(), X), "power": (D.PowerTransform(T([0.5, 2.0, -1.0, 3.0])), X.abs()),
    "affine": (D.AffineTransform(T([1.0, -2.0, 0.5, 0.0]), -3.0), X), "affineEvents": (D.AffineTransform(0.5, T([1.0, -2.0, 0.5]), event_dim=1), V),
    "softmax": (D.SoftmaxTransform(), V), "stickBreaking": (D.StickBreakingTransform(), V), "lowerCholesky": (D.LowerCholeskyTransform(), spread),
    "corrCholesky": (D.CorrCholeskyTransform(), V), "reshape": (D.ReshapeTransform((2, 3), (3, 2)), V), "inverse": (exp.inv, X.abs()),
    "independent": (D.IndependentTransform(exp, 1), V), "compose": (D.ComposeTransform([D.AffineTransform(0.0, 2.0), D.StickBreakingTransform()]), V),
    "cat": (D.CatTransform([exp, D.AffineTransform(1.0, 2.0)], dim=-1, lengths=[1, 2]), V), "stack": (D.StackTransform([exp, sigmoid, D.identity_transform], dim=-1), V),
    "cumulative": (D.CumulativeDistributionTransform(D.Normal(0.5, 2.0)), X),
}
transforms = {}
for name, (t, x) in maps.items():
    x = x.clone().requires_grad_()
    y = t(x)
    row = {"x": pack(x), "y": pack(y), "back": pack(t.inv(y))}
    total = (y * torch.arange(1.0, y.numel() + 1).view(y.shape)).sum()
    try:
        det = t.log_abs_det_jacobian(x, y)
        row["det"] = pack(det)
        total = total + det.sum()
    except NotImplementedError:
        pass
    total.backward()
    row["grad"] = pack(x.grad)
    transforms[name] = row

# Distributions that are made of others; the test makes the same by these names.
mixture = D.MixtureSameFamily(D.Categorical(T([[0.2, 0.8], [0.5, 0.5]])), D.Normal(T([[0.0, 1.0], [-1.0, 3.0]]), T([[1.0, 0.5], [2.0, 1.0]])))
vectors = D.MixtureSameFamily(D.Categorical(T([0.2, 0.8])), D.Independent(D.Normal(T([[0.0, 1.0], [-1.0, 3.0]]), T([[1.0, 0.5], [2.0, 1.0]])), 1))
made = {
    "independent": (D.Independent(D.Normal(T([[0.0, 1.0], [-1.0, 3.0]]), T([1.0, 0.5])), 1), T([0.3, 0.8])), "mixture": (mixture, T([0.3, 0.8])), "vectors": (vectors, T([0.3, 0.8])),
    "transformed": (D.TransformedDistribution(D.Normal(T([0.0, 1.0]), 1.0), [D.AffineTransform(1.0, T([-2.0, 0.5])), D.ExpTransform()]), T([0.3, 0.8])),
    "logistic": (D.TransformedDistribution(D.Uniform(T([0.0]), T([1.0])), [D.SigmoidTransform().inv, D.AffineTransform(2.0, 3.0)]), T([[0.3], [4.0]])),
    "simplex": (D.TransformedDistribution(D.Normal(T([0.0, 1.0]), 1.0), D.StickBreakingTransform()), T([0.3, 0.2, 0.5])),
}
composed = {}
for name, (d, value) in made.items():
    torch.manual_seed(5)
    row = {"batch_shape": list(d.batch_shape), "event_shape": list(d.event_shape), "value": pack(value), "sample": pack(d.sample((3,))), "log_prob": pack(d.log_prob(value))}
    for key, what in {"mean": lambda: d.mean, "variance": lambda: d.variance, "entropy": lambda: d.entropy(), "cdf": lambda: d.cdf(value), "icdf": lambda: d.icdf(T([0.2, 0.7]))}.items():
        try:
            row[key] = pack(what())
        except NotImplementedError:
            pass
    composed[name] = row
torch.manual_seed(21)
draws = {"poisson": pack(torch.poisson(torch.linspace(0, 40, 60))), "binomial": pack(torch.binomial(torch.full((60,), 50.0), torch.linspace(0, 1, 60))),
         "gamma": pack(torch._standard_gamma(torch.linspace(0.1, 6, 40))), "after": pack(torch.randn(3))}
print(json.dumps({"rows": out, "kl": kl, "draws": draws, "transforms": transforms, "composed": composed}))
