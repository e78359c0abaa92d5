"""What PyTorch answers for special numbers: zeros of both signs, denormals, the smallest and the largest normal number,
infinities, NaN; and for large angles.

    /usr/bin/python3 test/golden/special-values.py > test/golden/special-values.json        (PyTorch 1.13, CPU)

`unary`: [operation, further arguments, one answer a number]; `binary`: the same, one answer a pair, the first operand's
numbers outside. Answers are one text, separated by spaces, with 7 digits: 'nan', 'inf', '-0' included. `integers`: wrap-around. `turning`: large
angles; `families`: orthogonal polynomials, with degrees as the second operand.
"""
import json
import torch

inf, nan = float("inf"), float("nan")
most, least = 3.4028234663852886e38, 2.0**-126
single = [0.0, -0.0, 1e-40, -1e-40, least, -least, 1e-30, 0.5, -0.5, 1.0, -1.0, 3.0, -3.0, 100.0, -100.0, 1e10, -1e10, most, -most, inf, -inf, nan]
angles = [1e4, -1e4, 1e7, 123456792.0, 1e10, 1e20, -1e20, 1e30, most]
pair = [0.0, -0.0, 1e-40, least, 0.5, -0.5, 1.0, -1.0, 3.0, -2.5, 1e10, most, -most, inf, -inf, nan]
degrees = [0.0, 1.0, 2.0, 3.5, 9.0, -1.0, -inf, inf, nan]


def text(values, digits=7):
    return " ".join("%.*g" % (digits, float(v)) for v in values)


def find(op):
    at = torch
    for part in op.split("."):
        at = getattr(at, part, None)
    return at if callable(at) else getattr(torch.Tensor, op)


def flat(result):
    parts = result if isinstance(result, (tuple, list)) else [result]
    return [v for part in parts for v in part.reshape(-1).tolist()]


def unary(op, *args, on=single):
    return [op, list(args), text(flat(find(op)(torch.tensor(on), *args)))]


def binary(op, *args, second=pair, run=None):
    left = torch.tensor(pair).reshape(-1, 1)
    right = torch.tensor(second).reshape(1, -1)
    left, right = (t.contiguous() for t in torch.broadcast_tensors(left, right))
    return [op, list(args), text(flat((run or find(op))(left, right, *args)))]


elementary = """abs neg sign round trunc floor ceil frac exp exp2 expm1 log log2 log10 log1p sqrt rsqrt reciprocal square sin
cos tan asin acos atan sinh cosh tanh asinh acosh atanh sigmoid erf erfc erfinv lgamma digamma relu isnan isinf isfinite
isposinf isneginf isreal signbit logical_not sinc logit angle deg2rad rad2deg nan_to_num frexp positive i0"""
special = """entr erfcx ndtr log_ndtr ndtri i0e i1 i1e bessel_j0 bessel_j1 bessel_y0 bessel_y1 modified_bessel_k0
modified_bessel_k1 scaled_modified_bessel_k0 scaled_modified_bessel_k1 spherical_bessel_j0 airy_ai"""
activations = "relu leaky_relu elu gelu silu softplus"
rows = [unary(op) for op in elementary.split()]
rows += [unary("special." + op) for op in special.split()]
rows += [unary("nn.functional." + op) for op in activations.split()]
rows += [unary("pow", exponent) for exponent in (2, 3, 0.5, -1, 0, 1.5, -2)]
rows += [unary("clamp", -1.0, 1.0), unary("clamp_min", -1.0), unary("clamp_max", 1.0)]
rows += [
    ["polygamma", [n], text(flat(torch.polygamma(n, torch.tensor(single))))] for n in (0, 1, 2, 3)
]
two = """add sub rsub mul div floor_divide remainder fmod pow atan2 hypot maximum minimum fmax fmin copysign heaviside logaddexp
logaddexp2 xlogy eq ne lt le gt ge logical_and logical_or logical_xor ldexp isclose igamma igammac special.xlog1py
special.zeta nextafter"""
families = """chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w hermite_polynomial_h
hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p shifted_chebyshev_polynomial_t
shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w"""
pairs = [binary(op) for op in two.split()]
pairs += [binary("lerp", weight) for weight in (0.25, 0.75)]


def integers(dtype, numbers, divisors):
    """int32 and uint8 wrap around; by 0 PyTorch does not divide, and the smallest number by -1 ends the process."""
    left, right = torch.tensor(numbers, dtype=dtype), torch.tensor(divisors, dtype=dtype)
    shifts = torch.tensor([0, 1, 7] + ([30, 31] if dtype == torch.int32 else []), dtype=dtype)
    powers = torch.tensor([0, 1, 2, 3, 9], dtype=dtype)

    def both(ops, second, left=left):
        first, second = torch.broadcast_tensors(left.reshape(-1, 1), second.reshape(1, -1))
        return [[op, flat(second[0]), text(flat(find(op)(first.contiguous(), second.contiguous())), 10)] for op in ops.split()]

    alone = [[op, text(flat(find(op)(left)), 10)] for op in ("neg", "abs", "sign", "square", "bitwise_not", "relu", "logical_not", "isnan", "signbit")]
    return {
        "numbers": numbers,
        "unary": alone,
        "binary": both("add sub rsub mul maximum minimum bitwise_and bitwise_or bitwise_xor eq lt logical_and", left)
        + both("floor_divide remainder fmod", right)
        + both("bitwise_left_shift bitwise_right_shift", shifts)
        + both("pow", powers),
        # The smallest number ends the process here, too.
        "multiples": both("gcd lcm", right, left[: len(numbers) - 1]),
    }


edges = {
    "int32": integers(torch.int32, [0, 1, -1, 2, -7, 31, 65536, 2147483647, -2147483648], [1, 2, -7, 31, 65536, 2147483647]),
    "uint8": integers(torch.uint8, [0, 1, 2, 7, 100, 127, 128, 200, 255], [1, 2, 7, 100, 255]),
}
print(json.dumps({
    "integers": edges,
    "single": text(single, 9), "angles": text(angles, 9), "pair": text(pair, 9), "degrees": text(degrees, 9),
    "unary": rows,
    "turning": [unary(op, on=angles) for op in ("sin", "cos", "tan")],
    "binary": pairs,
    "families": [binary("special." + op, second=degrees) for op in families.split()],
}, separators=(",", ":")).replace("],[", "],\n["))
