"""Images resized, padded and drawn for, and what samplers draw; written with PyTorch 1.13 (torchvision's transforms are made of these
calls):

    python3 test/golden/images.py > test/golden/images.json

`resize`: interpolate(x, size, mode, antialias). `pad`: functional.pad by mode. `draws`: what seed 5 gives for torch.rand(1) < 0.5
and for randint(0, 5), randint(0, 7), in turns. `samplers`: orders from seed 7.
"""
import json
import torch
import torch.nn.functional as F
from torch.utils import data

torch.manual_seed(1)


def flat(t):
    return [float(f"{v:.9g}") for v in t.reshape(-1).tolist()]


image = torch.rand(3, 7, 5)
resize = []
for size in [(4, 3), (14, 10), (7, 9), (1, 1), (3, 11), (13, 2)]:
    for mode, antialias in [("bilinear", True), ("bilinear", False), ("nearest", False)]:
        out = F.interpolate(image[None], size=size, mode=mode, antialias=antialias, **({"align_corners": False} if mode == "bilinear" else {}))
        resize.append({"size": size, "mode": mode, "antialias": antialias, "out": flat(out)})
pad = []
for mode, name in [("constant", "constant"), ("replicate", "edge"), ("reflect", "reflect")]:
    for border in [(1, 2, 3, 4), (2, 2, 0, 1)]:
        left, top, right, bottom = border
        out = F.pad(image[None], (left, right, top, bottom), mode=mode, **({"value": 0.25} if mode == "constant" else {}))
        pad.append({"mode": name, "border": border, "out": flat(out)})
byte = (image * 255).to(torch.uint8)
torch.manual_seed(5)
draws = []
for _ in range(8):
    draws.append([bool(torch.rand(1) < 0.5), torch.randint(0, 5, (1,)).item(), torch.randint(0, 7, (1,)).item()])

weights = [0.1, 0.9, 0.4, 0.7, 3.0, 0.6]
samplers = {}
for name, sampler in {
    "subset": lambda g: data.SubsetRandomSampler([3, 1, 4, 15, 9, 2, 6], generator=g),
    "weighted": lambda g: data.WeightedRandomSampler(weights, 12, replacement=True, generator=g),
    "without": lambda g: data.WeightedRandomSampler(weights, 5, replacement=False, generator=g),
    "replaced": lambda g: data.RandomSampler(range(10), replacement=True, num_samples=40, generator=g),
    "random": lambda g: data.RandomSampler(range(10), generator=g),
}.items():
    torch.manual_seed(7)
    first = list(sampler(None))
    samplers[name] = {"default": [first, list(sampler(None))], "own": list(sampler(torch.Generator().manual_seed(8)))}
torch.manual_seed(7)
splits = {"lengths": [list(s.indices) for s in data.random_split(range(10), [3, 7])],
          "fractions": [list(s.indices) for s in data.random_split(range(11), [0.3, 0.3, 0.4], generator=torch.Generator().manual_seed(42))]}
print(json.dumps({"image": flat(image), "resize": resize, "pad": pad, "byte": byte.reshape(-1).tolist(),
                  "back": flat(byte.float() / 255), "draws": draws, "weights": weights, "samplers": samplers, "splits": splits}))
