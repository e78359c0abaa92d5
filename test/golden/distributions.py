"""Distributions as torch.distributions has them; written with PyTorch 1.13:

    python3 test/golden/distributions.py > test/golden/distributions.json

Each row: parameters, samples of two shapes from seed 12 (drawn one after the other), and at given values logProb, with mean,
variance, entropy and the gradient of sum(logProb) (and of a sum of rsample) for each parameter. `kl`: divergences of two of a kind.
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
rows = [
    ("Normal", two, T([0.1, -2.0, 3.0])), ("LogNormal", two, T([0.1, 2.0, 3.0])), ("Laplace", two, T([0.1, -2.0, 3.0])),
    ("Gumbel", two, T([0.1, -2.0, 3.0])), ("Uniform", {"low": T([-1.0, 0.0]), "high": T([1.0, 3.0])}, T([0.5, 2.0])),
    ("Exponential", {"rate": T([0.5, 2.0, 10.0])}, T([0.1, 1.0, 2.0])),
    ("Bernoulli", {"probs": T([0.1, 0.5, 0.9])}, T([0.0, 1.0, 1.0])), ("Bernoulli", {"logits": T([[-2.0], [0.3]])}, T([1.0, 0.0])),
    ("Geometric", {"probs": T([0.1, 0.5, 0.9])}, T([0.0, 1.0, 4.0])),
    ("Binomial", {"total_count": 12, "probs": T([0.1, 0.5, 0.9])}, T([0.0, 5.0, 12.0])),
    ("Binomial", {"total_count": 100, "logits": T([-1.0, 0.0, 2.0])}, T([20.0, 50.0, 91.0])),
    ("Poisson", {"rate": T([0.5, 4.0, 12.0, 80.0])}, T([0.0, 3.0, 10.0, 91.0])),
    ("Categorical", {"probs": T([[0.1, 0.2, 0.7], [3.0, 1.0, 1.0]])}, T([2, 0])), ("Categorical", {"logits": T([0.3, -1.0, 2.0, 0.0])}, T([[0], [3]])),
    ("Multinomial", {"total_count": 7, "probs": T([[0.1, 0.2, 0.7], [3.0, 1.0, 1.0]])}, T([[1.0, 2.0, 4.0], [7.0, 0.0, 0.0]])),
    ("Multinomial", {"total_count": 30, "logits": T([0.3, -1.0, 2.0])}, T([10.0, 0.0, 20.0])),
    ("Gamma", {"concentration": T([0.3, 1.0, 5.0]), "rate": T([1.0, 2.0, 0.5])}, T([0.2, 1.0, 8.0])),
    ("Beta", {"concentration1": T([0.5, 2.0]), "concentration0": T([0.5, 3.0])}, T([0.3, 0.9])),
    ("Dirichlet", {"concentration": T([[0.5, 1.0, 2.0], [3.0, 3.0, 3.0]])}, T([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])),
]
out = []
for name, params, value in rows:
    leaves = {k: v.clone().requires_grad_() if isinstance(v, torch.Tensor) else v for k, v in params.items()}
    d = getattr(D, name)(**leaves)
    grads = lambda: {k: pack(v.grad) for k, v in leaves.items() if isinstance(v, torch.Tensor) and v.grad is not None}
    torch.manual_seed(12)
    # Of one element, of several; then of more than 16 with a shape in front.
    samples = [d.sample(), d.sample((5,)), d.sample((2, 3))]
    row = {"name": name, "params": {k: pack(v) if isinstance(v, torch.Tensor) else v for k, v in params.items()}, "value": pack(value),
           "samples": [pack(s) for s in samples], "mean": pack(d.mean), "variance": pack(d.variance), "batch_shape": list(d.batch_shape),
           "event_shape": list(d.event_shape)}
    log = d.log_prob(value)
    row["log_prob"] = pack(log)
    log.sum().backward()
    row["grads"] = grads()
    if name not in ("Poisson",):
        row["entropy"] = pack(d.entropy())
    if d.has_rsample and name not in ("Gamma", "Beta", "Dirichlet"):
        for v in leaves.values():
            v.grad = None
        torch.manual_seed(13)
        s = getattr(D, name)(**leaves).rsample((4,))
        row["rsample"] = pack(s)
        (s * torch.arange(1.0, s.numel() + 1).view(s.shape)).sum().backward()
        row["rsample_grads"] = grads()
    out.append(row)

kl = []
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
]:
    p, q = getattr(D, name)(**a), getattr(D, name)(**b)
    packed = lambda params: {k: pack(v) if isinstance(v, torch.Tensor) else v for k, v in params.items()}
    kl.append({"name": name, "p": packed(a), "q": packed(b), "value": pack(D.kl_divergence(p, q))})
torch.manual_seed(21)
draws = {"poisson": pack(torch.poisson(torch.linspace(0, 40, 60))), "binomial": pack(torch.binomial(torch.full((60,), 50.0), torch.linspace(0, 1, 60))),
         "gamma": pack(torch._standard_gamma(torch.linspace(0.1, 6, 40))), "after": pack(torch.randn(3))}
print(json.dumps({"rows": out, "kl": kl, "draws": draws}))
