"""Files as PyTorch 1.13 writes them, with what they hold:

    python3 test/golden/files.py > test/golden/files.json

`files`: bytes (base64) and the flat content of each tensor in them. `state`: a module with batch norm and its optimizer after
two steps. `evil`: an archive whose pickle asks for os.system; `legacy`: the format before 1.6.
"""
import base64
import collections
import io
import json
import os
import pickle
import struct
import zipfile
import torch
from torch import nn

torch.manual_seed(3)


def text(data):
    return base64.b64encode(data).decode()


def saved(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return text(out.getvalue())


def content(value):
    if isinstance(value, torch.Tensor):
        return {"shape": list(value.shape), "dtype": str(value.dtype)[6:], "requires_grad": value.requires_grad,
                "data": [(float(f"{v:.9g}") if abs(v) != float("inf") else "inf") if value.is_floating_point() else int(v) for v in value.detach().reshape(-1).tolist()]}
    if isinstance(value, dict):
        return {str(k): content(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [content(v) for v in value]
    return value


net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 2))
trainer = torch.optim.Adam(net.parameters(), lr=0.01, amsgrad=True)
x = torch.randn(3, 1, 4, 4)
for _ in range(2):
    trainer.zero_grad()
    net(x).square().sum().backward()
    trainer.step()
base = torch.arange(12.0).reshape(3, 4)
kinds = {"half": torch.tensor([1.5, -2.0, 65504.0, 6e-8, float("inf")]).half(), "bfloat": torch.tensor([1.5, -3.14]).bfloat16(),
         "long": torch.tensor([[1, -2, 2**31 - 1]]), "int": torch.tensor([7], dtype=torch.int32),
         "short": torch.tensor([-300], dtype=torch.int16), "char": torch.tensor([-5], dtype=torch.int8), "byte": torch.tensor([255], dtype=torch.uint8),
         "bool": torch.tensor([True, False]), "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3)}
views = {"base": base, "t": base.t(), "part": base[1:, 1:3], "row": base[2], "expanded": torch.tensor([1.0, 2.0]).expand(2, 2),
         "parameter": nn.Parameter(torch.ones(2))}
nest = {"epoch": 3, "lr": 0.1, "big": 2**40, "negative": -70000, "name": "grüße", "flags": [True, False, None], "pair": (1, 2.5),
        3: {"inner": collections.OrderedDict(a=1)}, "list": [torch.ones(1), [torch.zeros(1)]], "none": None, "empty": {}, "nothing": []}
double = {"double": torch.tensor([1 / 3, 1e300], dtype=torch.float64)}
values = {"state": {"net": net.state_dict(), "trainer": trainer.state_dict()}, "kinds": kinds, "views": views, "nest": nest}
files = {name: {"file": saved(value), "content": content(value)} for name, value in values.items()}


class Evil:
    def __reduce__(self):
        return os.system, ("true",)


def archive(payload):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("archive/data.pkl", payload)
        z.writestr("archive/version", "3\n")
    return text(out.getvalue())


header = json.dumps({"__metadata__": {"format": "pt"}, "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
                     "b": {"dtype": "I64", "shape": [2], "data_offsets": [16, 32]}}).encode()
tensors = struct.pack("<Q", len(header)) + header + struct.pack("<4f", 1, 2, 3, 4) + struct.pack("<2q", -1, 5)
print(json.dumps({"files": files, "double": saved(double), "x": content(x), "after": content(net(x)),
                  "legacy": saved(base, _use_new_zipfile_serialization=False), "evil": archive(pickle.dumps(Evil(), 2)),
                  "huge": saved(torch.tensor([2**40])), "set": archive(pickle.dumps({1}, 2)), "safetensors": text(tensors)}))
