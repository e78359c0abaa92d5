# Makes ops.json beside this file: what PyTorch answers, and the gradients it gives, for every operation of wgrad.
#   /usr/bin/python3 record-ops.py        (PyTorch 1.13, CPU; the tests need the file alone, not PyTorch)
# A sample is { input, args, kwargs, output, grad_outputs, grads }, encoded as test/ops/samples.ts reads it. Integers are
# int64 in PyTorch and int32 in wgrad. Names are PyTorch's; a name with a dot is looked up in torch, else it is a method.
import json
import math
import os

import torch

torch.manual_seed(20240601)
samples = {}


def encode_number(value):
    if isinstance(value, float) and (math.isnan(value) or math.isinf(value)):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return float("%.9g" % value) if isinstance(value, float) else int(value)


names = {torch.float32: "float32", torch.int64: "int32", torch.uint8: "uint8", torch.bool: "bool"}


def encode(value):
    if isinstance(value, torch.Tensor):
        flat = value.detach().reshape(-1).tolist()
        out = {"tensor": list(value.shape), "dtype": names[value.dtype], "data": [encode_number(v) for v in flat]}
        return dict(out, grad=True) if value.requires_grad else out
    if isinstance(value, torch.dtype):
        return {"dtype": names[value]}
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": encode_number(value)}
    if isinstance(value, (list, tuple)):
        return [encode(one) for one in value]
    return value


def find(op):
    at = torch
    for part in op.split("."):
        at = getattr(at, part, None)
        if at is None:
            return getattr(torch.Tensor, op)
    return at


def leaves(value):
    if isinstance(value, torch.Tensor):
        return [value] if value.requires_grad else []
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, (list, tuple)) else []


def record(op, input, *args, **kwargs):
    """Calls op and adds a sample; methods that write in place get a copy of the input."""
    inplace = op.endswith("_")
    function = find(op) if op != "where" else lambda x, condition, other: torch.where(condition, x, other)
    given = input.clone() if inplace else input
    output = function(given, *args, **kwargs)
    results = list(output) if isinstance(output, (list, tuple)) else [output]
    sample = {"input": encode(input), "args": encode(args), "kwargs": {k: encode(v) for k, v in kwargs.items()}}
    sample["output"] = encode(results) if isinstance(output, (list, tuple)) else encode(results[0])
    wanted = leaves([input, *args])
    outputs = [one for one in results if isinstance(one, torch.Tensor) and one.requires_grad]
    if wanted and outputs:
        seeds = [torch.sin(torch.arange(one.numel(), dtype=torch.float32) * 1.7 + 1).reshape(one.shape) for one in outputs]
        grads = torch.autograd.grad(outputs, wanted, seeds, allow_unused=True)
        sample["grad_outputs"] = encode(seeds)
        sample["grads"] = [None if grad is None else encode(grad.detach()) for grad in grads]
    samples.setdefault(op, []).append(sample)


def real(*shape, low=-2.0, high=2.0, grad=True):
    return (torch.rand(shape) * (high - low) + low).requires_grad_(grad)


def whole(*shape, low=-6, high=7):
    return torch.randint(low, high, shape)


def bytes_(*shape):
    return torch.randint(0, 256, shape, dtype=torch.uint8)


def bits(*shape):
    return torch.rand(*shape) > 0.5


# Functions of one tensor: the domain of the float samples.
domains = {
    "exp": (-3, 3), "exp2": (-3, 3), "expm1": (-1, 2), "log": (0.1, 5), "log2": (0.1, 5), "log10": (0.1, 5),
    "log1p": (-0.9, 3), "sqrt": (0.1, 5), "rsqrt": (0.1, 5), "reciprocal": (0.3, 4), "square": (-3, 3), "neg": (-3, 3),
    "sin": (-7, 7), "cos": (-7, 7), "tan": (-1.4, 1.4), "asin": (-0.95, 0.95), "acos": (-0.95, 0.95), "atan": (-4, 4),
    "sinh": (-3, 3), "cosh": (-3, 3), "tanh": (-3, 3), "asinh": (-4, 4), "acosh": (1.1, 5), "atanh": (-0.9, 0.9),
    "sigmoid": (-6, 6), "erf": (-2, 2), "erfc": (-2, 3), "erfinv": (-0.9, 0.9), "lgamma": (0.2, 6), "digamma": (0.3, 6),
    "abs": (-3, 3), "sign": (-3, 3), "floor": (-4, 4), "ceil": (-4, 4), "trunc": (-4, 4), "frac": (-4, 4),
    "round": (-4, 4), "relu": (-3, 3),
}  # fmt: skip
keeps_integers = {"square", "neg", "abs", "sign", "floor", "ceil", "trunc", "round", "relu"}
for name, (low, high) in domains.items():
    record(name, real(2, 3, low=low, high=high))
    record(name, real(4, 3, low=low, high=high, grad=False).t()[:, ::2].requires_grad_())
    if name != "frac":
        record(name, whole(5, low=max(math.ceil(low), -6), high=math.floor(high) + 1))
    if name not in keeps_integers and name not in ("frac", "reciprocal", "acosh"):
        record(name, bits(2, 2))
    if name in keeps_integers - {"neg", "square", "abs"}:
        record(name, bytes_(5))
record("digamma", torch.tensor([-0.3, -1.6, -2.4, 0.05]).requires_grad_())
record("lgamma", torch.tensor([-0.3, -1.6, -2.4, 0.05]).requires_grad_())
record("round", real(6), decimals=2)
record("round", real(6, low=-900, high=900), decimals=-2)
record("round", torch.tensor([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997]))
for name in ("isnan", "isinf", "isfinite"):
    record(name, torch.tensor([1.0, float("nan"), float("inf"), -float("inf"), 0.0]))
    record(name, whole(3))
for name in ("logical_not", "bitwise_not"):
    record(name, bits(5))
    record(name, whole(5))
    record(name, bytes_(5))
record("logical_not", torch.tensor([0.0, -0.0, 1.5, float("nan")]))

# Functions of two tensors: broadcasting, numbers, mixed dtypes.
for name in ("add", "sub", "mul", "div", "rsub"):
    record(name, real(2, 3), real(3, low=0.5, high=2))
    record(name, real(2, 1), real(1, 3, low=0.5, high=2))
    record(name, real(2, 3), 2.5)
    record(name, whole(4), whole(4, low=1))
    record(name, whole(4), 3)
    record(name, whole(4), 1.5)
    record(name, bytes_(4), bytes_(4) // 2 + 1)
    record(name, real(3), whole(3, low=1))
    record(name, torch.tensor(3.5).requires_grad_(), whole(3, low=1))
    record(name, whole(2, 2), torch.tensor(1.5))
for name in ("add", "mul"):
    record(name, bits(6), bits(6))
    record(name, bits(6), whole(6))
    record(name, bits(6), 2.5)
for name in ("add", "sub", "rsub"):
    record(name, real(2, 3), real(2, 3), alpha=-0.5)
    record(name, whole(3), whole(3), alpha=3)
for mode in ("trunc", "floor"):
    record("div", real(2, 4, low=-9, high=9), real(4, low=0.7, high=3), rounding_mode=mode)
    record("div", whole(8, low=-20, high=20), torch.tensor([3, -3, 4, -4, 5, 7, -7, 1]), rounding_mode=mode)
for name in ("floor_divide", "remainder", "fmod"):
    grad = name != "floor_divide"
    record(name, real(2, 4, low=-9, high=9, grad=grad), real(4, low=0.7, high=3, grad=grad))
    record(name, real(6, low=-9, high=9, grad=grad), -2.5)
    record(name, whole(8, low=-20, high=20), torch.tensor([3, -3, 4, -4, 5, 7, -7, 1]))
    record(name, whole(8, low=-20, high=20), 4)
    record(name, torch.tensor([5.0, -5.0, 5.0, -5.0, 6.0]), torch.tensor([3.0, 3.0, -3.0, -3.0, 1.5]))
record("pow", real(2, 3, low=0.3, high=3), real(3, low=-2, high=3))
for exponent in (2, 3, 0.5, -1, 4, 2.5, -2, 0, 1):
    record("pow", real(5, low=0.3, high=3), exponent)
record("pow", torch.tensor([-2.0, -1.5, 0.0, 2.0]).requires_grad_(), 3.0)
record("pow", torch.tensor([0.0, 0.0, 2.0]).requires_grad_(), torch.tensor([0.0, 2.0, 0.0]).requires_grad_())
record("pow", whole(6), 3)
record("pow", whole(6), 2)
record("pow", whole(4, low=1), whole(4, low=0))
record("pow", whole(4), 0.5)
for name in ("maximum", "minimum", "atan2", "hypot"):
    record(name, real(2, 3), real(3))
    record(name, real(2, 1), real(4))
for name in ("maximum", "minimum"):
    record(name, torch.tensor([1.0, 2.0, 3.0]).requires_grad_(), torch.tensor([1.0, 3.0, 2.0]).requires_grad_())
    record(name, whole(5), whole(5))
    record(name, bits(5), bits(5))
    record(name, torch.tensor([1.0, float("nan"), 3.0]), torch.tensor([float("nan"), 2.0, 2.0]))
record("atan2", whole(4), whole(4))
for name in ("eq", "ne", "lt", "le", "gt", "ge"):
    record(name, whole(2, 4, low=0, high=3), whole(4, low=0, high=3))
    record(name, torch.tensor([1.0, 2.0, float("nan")]), torch.tensor([1.0, 1.0, float("nan")]))
    record(name, whole(5), 1)
    record(name, whole(5), 0.5)
    record(name, bits(5), bits(5))
    record(name, bytes_(5), 128)
for name in ("logical_and", "logical_or", "logical_xor"):
    record(name, bits(6), bits(6))
    record(name, whole(6, low=0, high=2), real(6, grad=False))
for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    record(name, bits(6), bits(6))
    record(name, whole(6), whole(6))
    record(name, bytes_(6), 85)
record("where", real(2, 3), bits(2, 3), real(3))
record("where", whole(4), bits(4), whole(4))
record("clamp", real(2, 4), -1.0, 1.0)
record("clamp", real(6), min=-0.5)
record("clamp", real(6), max=0.5)
record("clamp", real(2, 3), real(3, low=-1, high=0), real(3, low=0, high=1))
record("clamp", real(5), 1.0, -1.0)
record("clamp", whole(6), -2, 3)
record("clamp", torch.tensor([float("nan"), 1.0, -9.0]), -1.0, 1.0)

# Reductions and running sums.
for name in ("sum", "mean", "amax", "amin", "logsumexp", "std", "var", "norm"):
    if name != "logsumexp":
        record(name, real(2, 3, 4))
    record(name, real(2, 3, 4), dim=1)
    record(name, real(2, 3, 4), dim=(0, 2))
    record(name, real(2, 3, 4), dim=-1, keepdim=True)
    record(name, real(3, 4, grad=False).t().requires_grad_(), dim=0)
for name in ("prod",):
    record(name, real(2, 3))
    record(name, real(2, 3, 2), 1)
    record(name, real(2, 3), 0, True)
    record(name, torch.tensor([[2.0, 0.0, 3.0], [1.0, 4.0, 5.0]]).requires_grad_(), 1)
    record(name, whole(3, 2), 0)
for name in ("sum", "all", "any"):
    record(name, bits(3, 4))
    record(name, whole(3, 4), 1)
    record(name, torch.zeros(0, 3), 0)
record("sum", torch.zeros(0))
record("sum", bytes_(4))
record("prod", torch.zeros(0))
record("mean", whole(4), dtype=torch.float32)
record("sum", whole(3), dtype=torch.float32)
record("amax", torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]).requires_grad_(), 1)
record("std", real(5), unbiased=False)
record("var", real(2, 5), 1, unbiased=False)
record("var", real(2, 5), 1, correction=2)
for p in (1, 2, 3, 0, float("inf"), -float("inf"), "fro"):
    record("norm", real(2, 3, grad=p not in (0,)), p)
    record("norm", real(2, 3, grad=p not in (0,)), p, 1)
record("norm", torch.zeros(3).requires_grad_())
for name in ("argmax", "argmin"):
    record(name, real(3, 4, grad=False))
    record(name, real(3, 4, grad=False), 1)
    record(name, real(3, 4, grad=False), 0, True)
    record(name, torch.tensor([1.0, 3.0, 3.0, 0.0, 0.0]))
    record(name, torch.tensor([1.0, float("nan"), 3.0]))
for name in ("max", "min"):
    record(name, real(2, 5))
    record(name, real(2, 5), 1)
    record(name, real(2, 5), 0, True)
    record(name, whole(2, 5), 1)
    record(name, real(2, 5), real(5))
    record(name, torch.tensor([2.0, 7.0, 7.0, 2.0]).requires_grad_())
record("count_nonzero", whole(3, 4, low=0, high=2))
record("count_nonzero", whole(3, 4, low=0, high=2), 1)
for name in ("cumsum", "cumprod"):
    record(name, real(3, 4), 0)
    record(name, real(3, 4), -1)
    record(name, whole(5, low=-3, high=4), 0)
    record(name, bits(5), 0)
record("cumprod", torch.tensor([2.0, 0.0, 3.0, 0.0, 4.0]).requires_grad_(), 0)
record("logsumexp", torch.tensor([[-float("inf"), -float("inf")], [1000.0, 1000.5]]).requires_grad_(), 1)
for ord in (1, 2, 3, 0, float("inf"), -float("inf")):
    record("linalg.vector_norm", real(2, 3, grad=ord != 0), ord)
record("linalg.vector_norm", real(3, 2, 1, 2), 1, dim=(0, 1), keepdim=True)
for ord in ("fro", 1, -1, float("inf"), -float("inf")):
    record("linalg.matrix_norm", real(2, 3, 4), ord)
    record("linalg.norm", real(3, 4), ord)
record("linalg.norm", real(3, 4))
record("linalg.norm", real(3, 4), dim=1)

# Products.
record("mm", real(2, 3), real(3, 4))
record("mm", real(3, 2, grad=False).t().requires_grad_(), real(4, 3, grad=False).t().requires_grad_())
record("mm", whole(2, 3), whole(3, 2))
record("mm", torch.zeros(2, 0), torch.zeros(0, 3))
record("bmm", real(2, 2, 3), real(2, 3, 2))
record("mv", real(2, 3), real(3))
record("dot", real(5), real(5))
record("outer", real(2), real(3))
for left, right in (((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 2, 3), (3,)), ((3,), (2, 3, 2)), ((2, 2, 3), (3, 4)), ((2, 1, 2, 3), (3, 3, 2))):
    record("matmul", real(*left), real(*right))
record("addmm", real(4), real(2, 3), real(3, 4))
record("addmm", real(2, 4), real(2, 3), real(3, 4), beta=0.5, alpha=-2)
record("addmv", real(2), real(2, 3), real(3), beta=0.5, alpha=2)
record("baddbmm", real(2, 2, 2), real(2, 2, 3), real(2, 3, 2), beta=0.5, alpha=2)
record("trace", real(3, 4))

# Positions.
index = torch.tensor([[0, 2, 1], [1, 1, 0]])
record("gather", real(3, 4), 0, index)
record("gather", real(2, 3), 1, index)
record("gather", whole(2, 3), 1, index)
record("scatter", real(3, 4), 0, torch.tensor([[0, 2, 1], [1, 0, 2]]), real(2, 3))
record("scatter", real(3, 4), 1, torch.tensor([[0, 2, 1], [1, 0, 2]]), 1.5)
record("scatter_add", real(3, 4), 0, index, real(2, 3))
record("scatter_add", real(3), 0, torch.tensor([0, 0, 2, 0]), real(4))
picks = torch.tensor([2, 0, 2])
record("index_select", real(3, 4), 0, picks)
record("index_select", real(2, 3, 2), -2, picks)
record("index_add", real(3, 2), 0, picks, real(3, 2))
record("index_copy", real(3, 2), 0, torch.tensor([2, 0]), real(2, 2))
record("take", real(2, 3), torch.tensor([[0, 5], [-1, 2]]))
record("take_along_dim", real(2, 3), torch.tensor([[0, 2], [1, 1]]), 1)
record("take_along_dim", real(2, 3), torch.tensor([[1], [0]]), 1)
record("masked_fill", real(2, 3), bits(2, 3), 7.0)
record("masked_fill", real(2, 3), bits(3), torch.tensor(2.0).requires_grad_())
record("masked_fill", whole(4), bits(4), -1)
record("fill", real(2, 3), 2.5)

# Joining, repeating, turning.
record("cat", [real(2, 3), real(1, 3)])
record("cat", [real(2, 1), real(2, 3)], -1)
record("cat", [whole(2), real(2)])
record("cat", [torch.zeros(0), real(2, 2)])
record("stack", [real(2, 3), real(2, 3)], 1)
record("stack", [real(), real()])
record("hstack", [real(2), real(3)])
record("hstack", [real(2, 1), real(2, 2)])
record("vstack", [real(3), real(3)])
record("vstack", [real(2, 2), real(1, 2)])
record("split", real(5, 2), 2)
record("split", real(2, 5), [1, 4], dim=1)
record("chunk", real(5, 2), 3)
record("unbind", real(3, 2))
record("unbind", real(3, 2), 1)
record("repeat", real(2, 3), 2, 1, 2)
record("tile", real(2, 3), (2,))
record("tile", real(3), (2, 2))
record("roll", real(2, 3), 1)
record("roll", real(3, 4), (1, -1), (0, 1))
record("meshgrid", [real(2), real(3)], indexing="ij")
record("meshgrid", [real(2), real(3)], indexing="xy")
record("flip", real(2, 3), (0, 1))
record("flip", real(2, 3), (-1,))
record("tril", real(3, 4))
record("tril", real(2, 3, 3), -1)
record("triu", real(3, 4), 1)
record("triu", whole(3, 3))
record("diag", real(3))
record("diag", real(2), -1)
record("diag", real(3, 4), 1)

# Views.
record("reshape", real(2, 6), (3, -1))
record("reshape", real(3, 4, grad=False).t().requires_grad_(), (2, 6))
record("view", real(2, 6), (4, 3))
record("view_as", real(2, 6), real(3, 4, grad=False))
record("reshape_as", real(2, 6), real(3, 4, grad=False))
record("flatten", real(2, 3, 2))
record("flatten", real(2, 3, 2), 1)
record("flatten", real(2, 3, 2), 0, 1)
record("flatten", real())
record("unflatten", real(2, 6), 1, (3, -1))
record("ravel", real(2, 3))
record("permute", real(2, 3, 4), (2, 0, 1))
record("transpose", real(2, 3, 4), 0, -1)
record("swapaxes", real(2, 3), 0, 1)
record("t", real(2, 3))
record("t", real(3))
record("movedim", real(2, 3, 4), 0, -1)
record("movedim", real(2, 3, 4), (0, 1), (2, 0))
record("unsqueeze", real(2, 3), 1)
record("unsqueeze", real(2, 3), -1)
record("squeeze", real(1, 3, 1))
record("squeeze", real(1, 3, 1), 0)
record("squeeze", real(1, 3, 1), 1)
record("expand", real(3, 1), (2, 3, 4))
record("expand", real(3, 1), (-1, 4))
record("expand_as", real(3, 1), real(3, 4, grad=False))
record("broadcast_to", real(3), (2, 3))
record("select", real(2, 3), 1, -1)
record("narrow", real(4, 3), 0, 1, 2)
record("diagonal", real(3, 4))
record("diagonal", real(2, 3, 4), -1, 1, 2)
record("clone", real(2, 3))
record("contiguous", real(3, 2, grad=False).t().requires_grad_())
record("cat", [real(3, 2, grad=False).t().requires_grad_(), real(2, 1)], 1)

# Activations and losses.
F = "nn.functional."
record(F + "relu", real(6))
record(F + "leaky_relu", real(6))
record(F + "leaky_relu", real(6), 0.2)
record(F + "elu", real(6), 1.5)
record(F + "gelu", real(6, low=-3, high=3))
record(F + "gelu", real(6, low=-3, high=3), approximate="tanh")
record(F + "silu", real(6, low=-4, high=4))
record(F + "softplus", real(6, low=-4, high=4))
record(F + "softplus", real(6, low=-4, high=12), 2.0, 5.0)
record(F + "logsigmoid", real(6, low=-40, high=40))
record(F + "softmax", real(2, 3), 1)
record(F + "softmax", real(2, 3, 2), 0)
record(F + "softmax", torch.tensor([[1000.0, 1001.0], [-1000.0, -1001.0]]).requires_grad_(), 1)
record(F + "log_softmax", real(2, 3), -1)
record(F + "log_softmax", torch.tensor([[1000.0, 0.0], [-1000.0, -1001.0]]).requires_grad_(), 1)
record(F + "linear", real(2, 3), real(4, 3), real(4))
record(F + "linear", real(2, 2, 3), real(4, 3), real(4))
record(F + "linear", real(3), real(4, 3))
for reduction in ("mean", "sum", "none"):
    for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
        record(F + name, real(2, 3), real(2, 3), reduction=reduction)
    record(F + "binary_cross_entropy", real(5, low=0.05, high=0.95), real(5, low=0, high=1), reduction=reduction)
    record(F + "binary_cross_entropy_with_logits", real(5, low=-4, high=4), real(5, low=0, high=1), reduction=reduction)
    labels = torch.tensor([0, 2, 1, 2])
    record(F + "nll_loss", real(4, 3), labels, reduction=reduction)
    record(F + "cross_entropy", real(4, 3), labels, reduction=reduction)
    record(F + "cross_entropy", real(4, 3), labels, real(3, low=0.5, high=2, grad=False), reduction=reduction, label_smoothing=0.1)
record(F + "smooth_l1_loss", real(6), real(6), beta=0.3)
record(F + "huber_loss", real(6), real(6), delta=0.3)
record(F + "binary_cross_entropy", torch.tensor([0.0, 1.0, 0.5]).requires_grad_(), torch.tensor([0.0, 1.0, 1.0]))
record(F + "binary_cross_entropy_with_logits", real(2, 3), real(2, 3, low=0, high=1), pos_weight=real(3, low=0.5, high=2, grad=False))
record(F + "nll_loss", real(4, 3), labels, real(3, low=0.5, high=2, grad=False), ignore_index=2)
record(F + "nll_loss", real(2, 3, 2), torch.tensor([[0, 2], [1, 1]]))
record(F + "cross_entropy", real(4, 3), real(4, 3, low=0, high=1))
record(F + "cross_entropy", real(4, 3), labels, ignore_index=2)
record(F + "cross_entropy", real(2, 3, 2), torch.tensor([[0, 2], [1, 1]]))

# What writes in place, and answers with the tensor written.
for name in ("add_", "sub_", "mul_", "div_", "floor_divide_", "remainder_", "pow_"):
    grad = name != "floor_divide_"
    record(name, real(2, 3, low=0.5, high=3, grad=grad), real(3, low=0.7, high=2, grad=grad))
    record(name, real(2, 3, low=0.5, high=3, grad=grad), 1.5)
for name in ("neg", "sqrt", "square", "log", "reciprocal", "exp", "abs", "sin", "cos", "tanh", "sigmoid", "relu", "floor", "ceil", "round", "trunc"):
    record(name + "_", real(2, 3, low=0.3, high=3))
record("erfinv_", real(4, low=-0.9, high=0.9))
record("clamp_", real(2, 3), -1.0, 1.0)
record("scatter_", real(3, 4), 0, torch.tensor([[0, 2, 1], [1, 0, 2]]), real(2, 3))
record("scatter_add_", real(3, 4), 0, index, real(2, 3))
record("index_add_", real(3, 2), 0, picks, real(3, 2))
record("index_copy_", real(3, 2), 0, torch.tensor([2, 0]), real(2, 2))
record("copy_", real(2, 3), real(3))
record("fill_", real(2, 3), 2.0)
record("fill_", real(), 2.0)
record("zero_", real(2, 3))
record("zero_", real())
record("masked_fill_", real(2, 3), bits(3), 2.0)

# Convolutions and pools.
record(F + "conv1d", real(2, 2, 5), real(3, 2, 2), real(3))
record(F + "conv1d", real(2, 6), real(2, 1, 3), padding="same", groups=2, dilation=2)
record(F + "conv2d", real(2, 2, 4, 5), real(3, 2, 3, 2), real(3))
record(F + "conv2d", real(1, 2, 5, 4), real(2, 2, 3, 3), real(2), stride=2, padding=1)
record(F + "conv2d", real(1, 4, 5, 5), real(4, 2, 2, 3), stride=[1, 2], padding=[2, 0], dilation=[2, 1], groups=2)
record(F + "conv2d", real(2, 3, 4, 4), real(3, 1, 2, 3), real(3), padding="same", groups=3)
record(F + "conv2d", real(2, 3, 3, 3), real(2, 3, 1, 1), real(2), padding="valid")
record(F + "conv2d", real(1, 4, 4), real(2, 1, 2, 2), stride=3)
record(F + "conv3d", real(1, 2, 3, 3, 4), real(2, 2, 2, 1, 2), real(2), stride=[1, 2, 1], padding=[1, 0, 1])
record(F + "conv_transpose1d", real(2, 2, 3), real(2, 2, 3), real(2), stride=2, padding=1, output_padding=1)
record(F + "conv_transpose2d", real(1, 4, 2, 3), real(4, 1, 3, 2), real(2), stride=[2, 1], groups=2, dilation=[1, 2])
record(F + "conv_transpose2d", real(1, 2, 4, 3), real(2, 3, 2, 2), padding=1)
record(F + "conv_transpose3d", real(1, 2, 2, 2, 2), real(2, 1, 2, 1, 2), stride=2, output_padding=[1, 0, 1])
record(F + "avg_pool1d", real(2, 7), 3, 2, 1)
for name in ("avg_pool2d", "max_pool2d"):
    record(F + name, real(2, 2, 4, 4), 2)
    record(F + name, real(1, 2, 5, 6), 2)
    record(F + name, real(1, 1, 5, 6), [3, 2], [2, 1], 1)
    record(F + name, real(1, 5, 5), 3, 2, ceil_mode=True)
record(F + "avg_pool2d", real(1, 1, 5, 5), 3, 2, 1, ceil_mode=True, count_include_pad=False)
record(F + "avg_pool2d", real(1, 1, 4, 4), 2, divisor_override=3)
record(F + "avg_pool3d", real(1, 2, 2, 3, 4), 2, 1)
record(F + "max_pool1d", real(2, 7), 3, 2, 1)
record(F + "max_pool2d", real(1, 1, 6, 6), 2, 1, 0, 2)
record(F + "max_pool2d", torch.tensor([[[[1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]]]]).requires_grad_(), 2)
record(F + "max_pool2d", whole(1, 2, 4, 4, low=0, high=3).float().requires_grad_(), 3, 1, 1, return_indices=True)
record(F + "max_pool3d", real(1, 1, 3, 4, 4), 2, [1, 2, 1])

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ops.json")
with open(path, "w") as file:
    rows = ",\n".join(json.dumps(op) + ":[\n" + ",\n".join(json.dumps(s, separators=(",", ":")) for s in list_) + "]" for op, list_ in samples.items())
    file.write("{" + rows + "}\n")
print(len(samples), "operations,", sum(map(len, samples.values())), "samples,", os.path.getsize(path), "bytes")
