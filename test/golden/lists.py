"""What PyTorch does to lists of tensors: clipping of gradients, and steps of optimizers over several; written with PyTorch 1.13:

    python3 test/golden/lists.py > test/golden/lists.json

`clip`: gradients before and after, and the total norm. `steps`: parameters after 5 steps along fixed gradients.
"""
import json
import math
import torch

torch.manual_seed(7)
shapes = [(4, 3), (5,), (2, 2, 2), (17,), ()]
inf = float("inf")


def text(value):
    if isinstance(value, list):
        return [text(one) for one in value]
    return value if math.isfinite(value) else str(value)


def flat(tensors):
    return [text([float(f"{v:.9g}") for v in t.reshape(-1).tolist()]) for t in tensors]


def leaves(grads):
    out = []
    for grad in grads:
        leaf = torch.zeros_like(grad, requires_grad=True)
        leaf.grad = grad.clone()
        out.append(leaf)
    return out


clip = []
grads = [torch.randn(shape) * 3 for shape in shapes]
grads[0][1, 2] = 0
bad = [g.clone() for g in grads]
bad[1][2] = float("nan")
huge = [g.clone() for g in grads]
huge[3][4] = inf
for name, given in (("plain", grads), ("nan", bad), ("inf", huge)):
    for norm_type in (2.0, 1.0, inf, -inf, 0.0, 3.0, 0.5, -1.0) if name == "plain" else (2.0, inf, 1.0):
        for max_norm in (1.5, 1e4, -2.0) if norm_type == 2.0 and name == "plain" else (1.5,):
            params = leaves(given)
            total = torch.nn.utils.clip_grad_norm_(params, max_norm, norm_type)
            clip.append({"name": name, "norm_type": text(norm_type), "max_norm": max_norm, "total": text(total.item()),
                         "before": flat(given), "after": flat([p.grad for p in params])})
values = []
for name, given in (("plain", grads), ("nan", bad), ("inf", huge)):
    for clip_value in (0.75, -0.5):
        params = leaves(given)
        torch.nn.utils.clip_grad_value_(params, clip_value)
        values.append({"name": name, "clip_value": clip_value, "before": flat(given), "after": flat([p.grad for p in params])})

steps = []
starts = [torch.randn(shape) for shape in shapes]
pushes = [[torch.randn(shape) for shape in shapes] for _ in range(5)]
rows = [
    ("RMSprop", {"lr": 0.05}),
    ("RMSprop", {"lr": 0.05, "alpha": 0.8, "eps": 0.01, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.05, "momentum": 0.9}),
    ("RMSprop", {"lr": 0.05, "centered": True}),
    ("RMSprop", {"lr": 0.05, "momentum": 0.5, "centered": True, "maximize": True, "weight_decay": 0.05}),
    ("Adagrad", {"lr": 0.1}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.2, "initial_accumulator_value": 0.3, "eps": 0.001}),
    ("Adagrad", {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("Adadelta", {"lr": 1.0}),
    ("Adadelta", {"lr": 0.5, "rho": 0.5, "eps": 0.01, "weight_decay": 0.1}),
    ("Adadelta", {"lr": 0.5, "maximize": True}),
    ("Adam", {"lr": 0.05, "amsgrad": True, "weight_decay": 0.1, "maximize": True}),
    ("AdamW", {"lr": 0.05, "amsgrad": True}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "maximize": True}),
]
for optimizer, options in rows:
    params = [s.clone().requires_grad_() for s in starts]
    trainer = getattr(torch.optim, optimizer)(params, **options)
    for push in pushes:
        for p, g in zip(params, push):
            p.grad = g.clone()
        trainer.step()
    steps.append({"optimizer": optimizer, "options": options, "after": flat([p.detach() for p in params])})
print(json.dumps({"shapes": [list(s) for s in shapes], "clip": clip, "values": values, "starts": flat(starts),
                  "pushes": [flat(p) for p in pushes], "steps": steps}))
