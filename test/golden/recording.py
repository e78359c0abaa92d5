# How samples of PyTorch's operations are recorded: used by the scripts beside it that make ops.json and ops-layers.json.
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


def record(op, input, *args, function=None, **kwargs):
    """Calls op (or a formula for it, where PyTorch 1.13 lacks it) and adds a sample; what writes in place gets a copy."""
    inplace = op.endswith("_")
    if function is None:
        function = find(op) if op != "where" else lambda x, condition, other: torch.where(condition, x, other)
    given = input.clone() if inplace else input
    output = function(given, *args, **kwargs)
    results = list(output) if isinstance(output, (list, tuple)) else [output]
    sample = {"input": encode(input), "args": encode(args), "kwargs": {k: encode(v) for k, v in kwargs.items()}}
    sample["output"] = encode(results) if isinstance(output, (list, tuple)) else encode(results[0])
    wanted = leaves([input, *args, *kwargs.values()])
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


def save(name):
    """Writes all samples to a file beside this one."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, "w") as file:
        rows = ",\n".join(json.dumps(op) + ":[\n" + ",\n".join(json.dumps(s, separators=(",", ":")) for s in list_) + "]" for op, list_ in samples.items())
        file.write("{" + rows + "}\n")
    print(len(samples), "operations,", sum(map(len, samples.values())), "samples,", os.path.getsize(path), "bytes")
