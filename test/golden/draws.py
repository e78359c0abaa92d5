"""What PyTorch draws in place after manual_seed, and the bytes of its generator's state; written with PyTorch 1.13:

    /usr/bin/python3 test/golden/draws.py > test/golden/draws.json

A draw is [method, dtype, numbers drawn]: calls follow each other in one stream. A state is what was done, the SHA-256 of
get_rng_state(), and the three numbers that rand(3) gives from there; the first one has its bytes, too.
"""
import base64
import hashlib
import json
import torch

names = {torch.float32: "float32", torch.float64: "float64", torch.int32: "int32", torch.uint8: "uint8", torch.bool: "bool"}
torch.manual_seed(11)
draws = []


def draw(method, size, dtype, *args):
    x = torch.zeros(size, dtype=dtype)
    out = getattr(x, method)(*args).tolist()
    draws.append({"method": method, "size": size, "dtype": names[dtype], "args": list(args), "values": out})


for dtype in (torch.float32, torch.float64):
    draw("cauchy_", 5, dtype)
    draw("cauchy_", 4, dtype, 2.0, 0.5)
    draw("log_normal_", 5, dtype)
    draw("log_normal_", 20, dtype, 0.5, 0.25)
    draw("geometric_", 9, dtype, 0.3)
    draw("random_", 4, dtype)
    draw("random_", 4, dtype, 9)
    draw("random_", 4, dtype, -5, 5)
draw("geometric_", 6, torch.int32, 0.2)
draw("random_", 5, torch.int32)
draw("random_", 5, torch.int32, 3, 2000000000)
draw("random_", 5, torch.uint8)
draw("random_", 9, torch.bool)
draw("random_", 5, torch.uint8, 7)

states = []


def state(what, run):
    torch.manual_seed(77)
    run()
    bytes_ = bytes(torch.get_rng_state().tolist())
    states.append({"after": what, "sha256": hashlib.sha256(bytes_).hexdigest(), "next": torch.rand(3).tolist()})
    return bytes_


first = state("randn(3)", lambda: torch.randn(3))
state("nothing", lambda: None)
state("rand(1)", lambda: torch.rand(1))
state("rand(624)", lambda: torch.rand(624))
state("rand(700)", lambda: torch.rand(700))
print(json.dumps({"seed": 11, "draws": draws, "stateSeed": 77, "states": states, "bytes": base64.b64encode(first).decode()}))
