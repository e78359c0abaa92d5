"""What PyTorch's in-place pointwise functions answer, and their gradients, in the form of ops.json (see record-ops.py):

    /usr/bin/python3 test/golden/ops-inplace.py > test/golden/ops-inplace.json        (PyTorch 1.13, CPU)
"""
import json
import torch

torch.manual_seed(20240602)
names = {torch.float32: "float32", torch.int64: "int32", torch.bool: "bool"}
samples = {}


def number(value):
    if value != value or value in (float("inf"), float("-inf")):
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    return float("%.9g" % value) if isinstance(value, float) else int(value)


def encode(value):
    if isinstance(value, torch.Tensor):
        flat = [number(v) for v in value.detach().reshape(-1).tolist()]
        out = {"tensor": list(value.shape), "dtype": names[value.dtype], "data": flat}
        return dict(out, grad=True) if value.requires_grad else out
    return value


def real(*shape, low=-2.0, high=2.0):
    return torch.rand(shape) * (high - low) + low


def whole(*shape, low=-9, high=9):
    return torch.randint(low, high + 1, shape)


def record(op, given, *args, gradient=True, **kwargs):
    floating = gradient and given.dtype == torch.float32
    given.requires_grad_(floating)
    for one in args:
        if isinstance(one, torch.Tensor) and one.dtype == torch.float32 and op not in still:
            one.requires_grad_()
    output = getattr(given.clone(), op)(*args, **kwargs)
    sample = {"input": encode(given), "args": [encode(a) for a in args], "kwargs": kwargs, "output": encode(output)}
    if output.requires_grad:
        leaves = [given] + [a for a in args if isinstance(a, torch.Tensor) and a.requires_grad]
        seed = torch.rand(output.shape) - 0.5
        try:
            grads = torch.autograd.grad([output], leaves, [seed], allow_unused=True)
            sample["grads"] = [None if g is None else encode(g) for g in grads]
            sample["grad_outputs"] = [encode(seed)]
        except NotImplementedError:  # asinh_, of which PyTorch has none in place
            pass
    samples[op] = [sample]


# PyTorch gives no gradient to the second argument of these.
still = ["igamma_", "igammac_", "heaviside_", "eq_", "ge_", "gt_", "le_", "lt_", "ne_"]
for name in "atan2 hypot copysign xlogy fmod clamp_max clamp_min".split():
    record(name + "_", real(2, 3, low=0.2, high=2), real(3, low=0.5, high=3))
for name in "asin asinh atan atanh acos cosh digamma erf erfc exp2 expm1 frac lgamma log10 log1p log2 rsqrt sign sinh tan deg2rad rad2deg sinc i0 nan_to_num logit".split():
    record(name + "_", real(2, 3, low=0.1, high=0.9))
record("acosh_", real(2, 3, low=1.1, high=3))
for name in "eq ge gt le lt ne".split():
    record(name + "_", whole(2, 3, low=0, high=2), whole(3, low=0, high=2))
for name in "logical_and logical_or logical_xor".split():
    record(name + "_", whole(2, 3, low=-1, high=1), whole(3, low=0, high=1))
record("logical_not_", whole(2, 3, low=-1, high=1))
for name in "bitwise_and bitwise_or bitwise_xor gcd lcm".split():
    record(name + "_", whole(2, 3), whole(3))
record("bitwise_not_", whole(2, 3))
for name in "bitwise_left_shift bitwise_right_shift".split():
    record(name + "_", whole(2, 3), whole(3, low=0, high=5))
record("addcmul_", real(2, 3), real(3), real(2, 1), value=0.5)
record("addcdiv_", real(2, 3), real(3), real(2, 1, low=0.5, high=2), value=-2)
record("lerp_", real(2, 3), real(3), 0.3)
record("ldexp_", real(2, 3), whole(3, low=-3, high=3), gradient=False)  # it writes through out=
record("heaviside_", real(2, 3), real(3), gradient=False)
record("igamma_", real(2, 3, low=0.5, high=3), real(3, low=0.5, high=3), gradient=False)
record("igammac_", real(2, 3, low=0.5, high=3), real(3, low=0.5, high=3), gradient=False)
record("mvlgamma_", real(2, 3, low=1.2, high=5), 3)
record("polygamma_", real(2, 3, low=0.2, high=3), 2)
print(json.dumps(samples, separators=(",", ":")))
