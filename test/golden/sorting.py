"""What PyTorch answers where order matters most: ties, NaN, infinities, zeros of both signs, integers, empty and 0-dim tensors;
for sorting, order statistics, counting, running extrema and masked reductions. Written with PyTorch 1.13:

    /usr/bin/python3 test/golden/sorting.py > test/golden/sorting.json

Per name of an operation a list of samples as test/ops/samples.ts reads them: input, args, kwargs, output, and where the input
is differentiated the gradients of the outputs and of the input.
"""
import json
import math
import torch

torch.manual_seed(11)
nan, inf = math.nan, math.inf
names = {torch.float32: "float32", torch.float64: "float32", torch.int64: "int32", torch.uint8: "uint8", torch.bool: "bool"}
samples = {}


def number(value):
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else str(value)
    return int(value)


def encode(value):
    if isinstance(value, torch.Tensor):
        data = [number(v) for v in value.detach().reshape(-1).tolist()]
        grad = {"grad": True} if value.requires_grad else {}
        return {"tensor": list(value.shape), "dtype": names[value.dtype], "data": data, **grad}
    if isinstance(value, (list, tuple)):
        return [encode(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    return value


def record(op, input, *args, **kwargs):
    function = torch
    for part in op.split("."):
        function = getattr(function, part)
    output = function(input, *args, **kwargs)
    several = isinstance(output, (list, tuple))
    results = list(output) if several else [output]
    sample = {"input": encode(input), "args": encode(args), "kwargs": {k: encode(v) for k, v in kwargs.items()}}
    sample["output"] = encode(results) if several else encode(output)
    taped = [one for one in results if one.requires_grad]
    if taped:
        seeds = [torch.sin(torch.arange(one.numel()) * 1.7 + 1).reshape(one.shape) for one in taped]
        wanted = [one for one in (input, *args) if isinstance(one, torch.Tensor) and one.requires_grad]
        sample["grad_outputs"] = encode(seeds)
        sample["grads"] = encode([one.detach() for one in torch.autograd.grad(taped, wanted, seeds)])
    samples.setdefault(op, []).append(sample)


special = torch.tensor([3, nan, -inf, 0, -0.0, inf, 1, nan, -2, 1, 0, 1e-40, -1e-40, 5, 1, -0.0, 2, inf, -inf])
ties = torch.randint(0, 4, (7, 5, 3))
table = torch.rand(6, 5) * 4 - 2
holes = table.clone()
holes[[0, 0, 2, 3, 3, 3, 3, 3, 5], [1, 4, 0, 0, 1, 2, 3, 4, 2]] = nan
long = torch.randint(-50, 50, (333,))

for descending in (False, True):
    for values in (special, special[1], long, special.reshape(19, 1).expand(19, 3), torch.zeros(0, 3), table.t()):
        record("sort", values, dim=0, descending=descending, stable=True)
    for dim in (0, 1, 2):
        record("sort", ties, dim=dim, descending=descending, stable=True)
        record("argsort", ties.permute(2, 0, 1), dim=dim, descending=descending, stable=True)
    record("sort", torch.tensor([[1, 0, 1, 0], [0, 0, 1, 1]], dtype=torch.bool), stable=True, dim=-1, descending=descending)
    record("sort", torch.tensor([200, 3, 200, 0, 255, 3], dtype=torch.uint8), stable=True, dim=-1, descending=descending)
    record("sort", table.clone().requires_grad_(), dim=1, descending=descending, stable=True)
    record("topk", table.clone().requires_grad_(), 3, 0, descending)
    record("topk", torch.tensor([1.0, nan, -inf, inf, 2]), 3, 0, descending)
record("msort", special)
record("msort", table.clone().requires_grad_())
record("kthvalue", table.clone().requires_grad_(), 2, 0)
record("kthvalue", torch.tensor([3.0, nan, -inf, 2, inf]), 4)
record("kthvalue", torch.tensor([9, 4, 7, 1]), 3, keepdim=True)
for op in ("median", "nanmedian"):
    for dim in (0, 1):
        # Where nothing is left, PyTorch's position is whatever its selection met.
        record(op, holes[:3] if op == "nanmedian" else holes, dim=dim)
        record(op, table.clone().requires_grad_(), dim=dim, keepdim=True)
    record(op, holes)
    record(op, torch.tensor([2.0, 1, 1, 3, 1, 0]).requires_grad_())
    record(op, torch.tensor([5, -3, 2, 8]))
    record(op, torch.tensor([5, -3, 2, 8]), dim=0)
    record(op, torch.zeros(0))
record("median", torch.tensor([1.0, nan, 2, nan]).requires_grad_())
for dim in (0, 1, 2):
    record("mode", ties, dim)
record("mode", torch.tensor([2.0, 1, 2, 1, 3]).requires_grad_(), 0, True)
record("mode", torch.tensor([nan, 4, nan, 7, 7]))
for how in ("linear", "lower", "higher", "midpoint", "nearest"):
    for q in (0.0, 0.3, torch.tensor([0.1, 1.0, 0.5])):
        record("quantile", table.clone().requires_grad_(), q, 0, interpolation=how)
        record("nanquantile", holes, q, 1, True, interpolation=how)
    record("quantile", holes, 0.25, 1, interpolation=how)
    record("quantile", table.clone().requires_grad_(), 0.7, interpolation=how)
    record("quantile", torch.rand(3, 2, 4), torch.tensor([0.2, 0.9]), 1, True, interpolation=how)
record("unique_consecutive", torch.tensor([1.0, nan, nan, -0.0, 0, inf, inf]), return_inverse=True, return_counts=True)
for values in (long, torch.tensor([1.0, -inf, 1, -0.0, 0, inf, inf]), torch.zeros(0), torch.tensor([True, False, True])):
    for inverse in (False, True):
        for counts in (False, True):
            record("unique", values, return_inverse=inverse, return_counts=counts)
            record("unique_consecutive", values, return_inverse=inverse, return_counts=counts)
pairs = torch.randint(0, 3, (40, 3))
for dim in (0, 1):
    record("unique", pairs, return_inverse=True, return_counts=True, dim=dim)
    record("unique_consecutive", pairs // 2, return_inverse=True, return_counts=True, dim=dim)
record("unique", torch.randint(0, 2, (4, 3, 2)), dim=1, return_inverse=True)
rows = torch.sort(torch.randint(0, 20, (3, 9)))[0]
for right in (False, True):
    record("searchsorted", rows, torch.randint(-1, 21, (3, 12)), right=right)
    record("searchsorted", rows[0].float(), torch.tensor([[-inf, inf], [nan, 4.0]]), right=right)
    record("searchsorted", rows[1], 7, right=right)
    record("bucketize", torch.randint(-1, 21, (2, 3, 2)), rows[2], right=right)
record("searchsorted", torch.tensor([4, 1, 3]), torch.tensor([1, 2, 5]), sorter=torch.tensor([1, 2, 0]), side="right")
record("searchsorted", torch.zeros(0), torch.tensor([1.0, 2]))
for low, high in ((0, 0), (-1, 1), (-3, 0.5)):
    record("histc", table, 7, low, high)
record("histc", torch.full((4,), 2.5), 3)
record("histc", torch.tensor([1.0, -inf, 2, inf, 5]), 4, 1, 5)
weights = torch.rand(6, 5)
record("histogram", table, 5)
record("histogram", table, 4, range=(-1.5, 1.0), weight=weights)
record("histogram", table, 6, density=True)
record("histogram", table, torch.tensor([-2.0, -0.5, 0.25, 2.5]), weight=weights, density=True)
record("bincount", torch.tensor([3, 0, 3, 7]), minlength=10)
record("bincount", torch.tensor([3, 0, 3, 7]), torch.tensor([0.5, 1.5, -2, 4]))
record("bincount", torch.tensor([], dtype=torch.int64), minlength=2)
record("bincount", torch.tensor([2, 250, 2], dtype=torch.uint8))
for invert in (False, True):
    record("isin", long, torch.randint(-50, 50, (20,)), invert=invert)
    record("isin", torch.tensor([1.0, nan, -0.0, inf]), torch.tensor([nan, 0, inf]), invert=invert)
    record("isin", pairs, 1, invert=invert)
record("isin", pairs, torch.tensor([], dtype=torch.int64))
for op in ("cummax", "cummin"):
    record(op, special, 0)
    record(op, ties, 1)
    record(op, table.clone().requires_grad_(), 1)
    record(op, torch.tensor([True, False, True]), 0)
record("logcumsumexp", torch.tensor([-inf, -inf, 1, 2, -inf, 80, 90.5, -3]), 0)
record("logcumsumexp", torch.tensor([1.0, inf, 2, -inf, nan, 3]), 0)
record("logcumsumexp", table.clone().requires_grad_(), 0)
record("aminmax", torch.tensor([[1.0, nan], [2, -3]]))
record("aminmax", torch.tensor([[1.0, nan], [2, -3]]), dim=0, keepdim=True)
record("aminmax", ties, dim=2)
for dim in (None, 0, 1, (0, 1)):
    record("nansum", holes, dim)
    record("nanmean", holes, dim, True)
record("nansum", ties)
for op in ("var_mean", "std_mean"):
    record(op, table.clone().requires_grad_(), dim=(0, 1), unbiased=False, keepdim=True)
    record(op, table.clone().requires_grad_(), 1)
record("cov", table.clone().requires_grad_(), correction=0)
record("cov", torch.randint(0, 9, (3, 6)))
record("cov", table, fweights=torch.tensor([1, 0, 3, 2, 1]), aweights=torch.rand(5), correction=2)
record("corrcoef", table.clone().requires_grad_())
for power in (1.0, 2.5, inf):
    record("renorm", table.clone().requires_grad_(), power, 0, 2.0)
    record("renorm", torch.rand(2, 3, 4), power, 1, 0.7)
mask = torch.rand(6, 5) > 0.5
mask[2] = False
for op in ("sum", "prod", "amax", "amin", "mean", "logsumexp", "var", "std", "norm"):
    for dim in (0, 1, None):
        record(f"masked.{op}", table, dim=dim, mask=mask)
for op in ("argmax", "argmin"):
    record(f"masked.{op}", table, 1, keepdim=True, mask=mask)
    record(f"masked.{op}", torch.tensor([4, -2, 7, 9]), mask=torch.tensor([True, True, True, False]))
for op in ("sum", "prod", "amax", "amin"):
    record(f"masked.{op}", ties, 1, mask=torch.rand(7, 5, 3) > 0.4)
for op in ("cumsum", "cumprod", "softmax", "log_softmax", "softmin"):
    record(f"masked.{op}", table, 1, mask=mask)
record("masked.median", table, 0, mask=mask)
record("masked.median", torch.tensor([[4, 8, 6], [1, 5, 3]]), 1, mask=torch.tensor([[True, True, False], [False, True, True]]))

print(json.dumps(samples, separators=(",", ":")))
