"""PyTorch's documented names by module, for the parity table (PARITY.md); written with PyTorch 1.13:

    python3 test/golden/torch-names.py > test/golden/torch-names.json

What has no documentation is no name of PyTorch's interface: what its files import, helpers, types of its C++ layer.
"""
import inspect
import json
import re
import torch
import torch.distributions
import torch.optim.lr_scheduler
import torch.utils.data

modules = {
    "torch": torch,
    "torch.Tensor": torch.Tensor,
    "torch.nn": torch.nn,
    "torch.nn.functional": torch.nn.functional,
    "torch.nn.init": torch.nn.init,
    "torch.nn.utils": torch.nn.utils,
    "torch.linalg": torch.linalg,
    "torch.special": torch.special,
    "torch.autograd": torch.autograd,
    "torch.optim": torch.optim,
    "torch.optim.lr_scheduler": torch.optim.lr_scheduler,
    "torch.utils.data": torch.utils.data,
    "torch.distributions": torch.distributions,
}
# Documented, and yet not for users: TorchScript's and the JIT's corners, and what was deprecated before 1.0.
inner = re.compile(
    r"^(torch\._C|torch\.jit|torch\.package|torch\.storage|torch\.cuda|torch\.types|torch\.overrides|torch\._jit|torch\.fx|typing)"
)


def names_of(path, module):
    found = []
    for name in dir(module):
        value = inspect.getattr_static(module, name)
        doc = inspect.getdoc(value) or ""
        if name.startswith("_") or "Storage" in name or not (callable(value) or path == "torch.Tensor"):
            continue
        # Some functions have their documentation in a neighbour only: torch.relu in torch.nn.functional.
        if not doc and not (inspect.isbuiltin(value) and (name in dir(torch.nn.functional) or path == "torch.nn.functional")):
            continue
        home = getattr(value, "__module__", None) or "torch"
        written = inspect.isclass(value) or inspect.isfunction(value)
        if not home.startswith("torch") or (written and inner.match(home) and name not in ("Generator", "device")):
            continue
        if name in ("obj", "candidate", "FatalError") or name.startswith("has_torch_function"):
            continue
        if doc.startswith("Members:") or name.startswith(("parse_", "import_ir", "unify_type", "merge_type", "sym_")) or name.endswith("_copy"):
            if name != "index_copy":
                continue
        if inspect.isclass(value) and not home.startswith(path) and path not in ("torch", "torch.nn"):
            continue
        found.append(name)
    return found


print("{\n" + ",\n".join(f'  "{path}": {json.dumps(names_of(path, module))}' for path, module in modules.items()) + "\n}")
