"""Calls that PyTorch refuses, from its own list (`error_inputs_func` of OpInfo), with what it says; written with PyTorch 1.13:

    python3 test/golden/errors.py > test/golden/errors.json

`cases`: op, variant, input, args, kwargs as in opinfo/, `error` (the class) and `message`. Tensors of more than 32 elements have
`data` of one number, for all of them: what is wrong with them is not an element. `left`: how many calls are not recorded, and why.
"""
import collections
import json
import sys
import types
import unittest

# OpInfo's module asks for a package of PyTorch's developers that nothing here needs.
stand_in = types.ModuleType("expecttest")
stand_in.TestCase, stand_in.ACCEPT = unittest.TestCase, False
sys.modules["expecttest"] = stand_in

import torch  # noqa: E402
from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402

torch.manual_seed(3)
names = {
    torch.float32: "float32",
    torch.float64: "float64",
    torch.int32: "int32",
    torch.int64: "int32",
    torch.bool: "bool",
    torch.uint8: "uint8",
}


class Left(Exception):
    """A call that has no counterpart in wgrad."""


def number(value):
    if isinstance(value, float) and not (value - value == 0):
        return str(value)
    return value


def whole(value):
    """What an uninitialised tensor holds differs from run to run."""
    return int(value) if -(2**31) <= value < 2**31 else 0


def encode(value):
    if isinstance(value, torch.Tensor):
        if value.device.type != "cpu" or value.layout != torch.strided:
            raise Left("a tensor that is not dense on the CPU")
        if value.dtype not in names:
            raise Left("a dtype that wgrad does not have")
        if value.numel() > 1_000_000:
            raise Left("a tensor of millions of elements")
        flat = value.detach().reshape(-1).tolist()
        flat = [float(f"{v:.9g}") if isinstance(v, float) else whole(v) for v in flat]
        if len(flat) > 32:
            flat = flat[:1]
        return {"tensor": list(value.shape), "dtype": names[value.dtype], "data": [number(v) for v in flat]}
    if isinstance(value, torch.dtype):
        if value not in names:
            raise Left("a dtype that wgrad does not have")
        return {"dtype": names[value]}
    if isinstance(value, complex):
        raise Left("a complex number")
    if isinstance(value, (torch.device, torch.layout, torch.memory_format, torch.Generator)):
        raise Left("a device, layout or generator of PyTorch's")
    if isinstance(value, (list, tuple)):
        return [encode(one) for one in value]
    if isinstance(value, float) and number(value) != value:
        return {"float": str(value)}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise Left("a value without a counterpart")


def integers(value):
    """The integer dtypes among the tensors: wgrad has one for both."""
    if isinstance(value, torch.Tensor):
        return {value.dtype} & {torch.int32, torch.int64}
    if isinstance(value, (list, tuple)):
        return set().union(*(integers(one) for one in value))
    return set()


cases, left = [], collections.Counter()
for op in op_db:
    if op.error_inputs_func is None:
        continue
    for wrong in op.error_inputs("cpu"):
        sample = wrong.sample_input
        try:
            if op.name.startswith("__") or op.name.startswith("jiterator"):
                raise Left("an operator of Python's, or of CUDA's compiler")
            kwargs = {k: v for k, v in sample.kwargs.items() if k not in ("device", "layout")}
            if "out" in kwargs:
                raise Left("an argument `out`")
            if torch.int32 in integers([sample.input, *sample.args, *kwargs.values()]):
                raise Left("int32 where int64 is wanted")
            case = {
                "op": op.name,
                "variant": op.variant_test_name,
                "input": encode(sample.input),
                "args": encode(sample.args),
                "kwargs": {k: encode(v) for k, v in kwargs.items()},
            }
        except Left as reason:
            left[str(reason)] += 1
            continue
        try:
            op(sample.input, *sample.args, **sample.kwargs)
        except Exception as error:
            case["error"] = type(error).__name__
            case["message"] = str(error).split("\n")[0][:300]
            cases.append(case)
        else:
            left["PyTorch 1.13 on the CPU accepts it"] += 1

print('{ "left": %s,\n  "cases": [' % json.dumps(left))
print(",\n".join("    " + json.dumps(case) for case in cases))
print("] }")
