"""Optimizers and schedules beyond golden/optimizers.json; written with PyTorch 1.13:

    python3 test/golden/optim.py > test/golden/optim.json

`steps`: three parameters after 5 steps along fixed gradients, with the keys of the state. `lbfgs`: the point and the loss after
each step on Rosenbrock. `schedules`: rates (and momentum) over steps. `plateau`: rates by given metrics.
"""
import json
import torch
from torch.optim import lr_scheduler as S

torch.manual_seed(11)


def flat(tensors):
    return [[float(f"{v:.9g}") for v in t.reshape(-1).tolist()] for t in tensors]


shapes = [(4, 3), (5,), ()]
starts = [torch.randn(s) for s in shapes]
pushes = [[torch.randn(s) for s in shapes] for _ in range(8)]
steps = []
for name, options in [
    ("Adamax", {"weight_decay": 0.1, "maximize": True}),
    ("Adamax", {"lr": 0.1, "betas": [0.5, 0.9], "eps": 0.01}),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "momentum_decay": 0.01}),
    ("RAdam", {"lr": 0.1, "weight_decay": 0.1, "betas": [0.8, 0.9]}),
    ("RAdam", {"lr": 0.1}),
    ("Rprop", {"lr": 0.1, "etas": [0.4, 1.5], "step_sizes": [0.05, 0.2]}),
    ("Rprop", {"maximize": True}),
    ("ASGD", {"lr": 0.1, "lambd": 0.1, "t0": 2.0, "weight_decay": 0.1, "maximize": True}),
    ("ASGD", {"lr": 0.1, "t0": 1.0}),
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.5}),
    ("Adam", {}), ("AdamW", {"amsgrad": True}), ("Adagrad", {}), ("Adadelta", {}),
    ("RMSprop", {"momentum": 0.5, "centered": True}),
]:
    params = [s.clone().requires_grad_() for s in starts]
    trainer = getattr(torch.optim, name)(params, **options)
    for push in pushes:
        for p, g in zip(params, push):
            p.grad = g.clone()
        trainer.step()
    state = trainer.state_dict()["state"]
    steps.append({"optimizer": name, "options": options, "after": flat([p.detach() for p in params]),
                  "state": {k: None if v is None else [float(f"{x:.9g}") for x in torch.as_tensor(v, dtype=torch.float32).reshape(-1).tolist()]
                            for k, v in state[1].items()}})

lbfgs = []
for options in [{}, {"lr": 0.1, "max_iter": 5, "history_size": 3}, {"line_search_fn": "strong_wolfe"},
                {"line_search_fn": "strong_wolfe", "lr": 0.5, "max_iter": 4, "history_size": 2}]:
    options = {"lr": 0.001, "max_iter": 6, **options} if "line_search_fn" not in options else options
    point = torch.tensor([-1.2, 1.0], requires_grad=True)
    trainer = torch.optim.LBFGS([point], **options)
    calls = 0

    def closure():
        global calls
        calls += 1
        trainer.zero_grad()
        loss = (1 - point[0]) ** 2 + 100 * (point[1] - point[0] ** 2) ** 2
        loss.backward()
        return loss
    path = []
    for _ in range(6):
        loss = trainer.step(closure)
        path.append([float(f"{v:.9g}") for v in point.tolist()] + [float(f"{loss.item():.9g}"), calls])
    lbfgs.append({"options": options, "path": path})

schedules = []


def optimizer(name="SGD"):
    w = [torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)]
    groups = [{"params": [w[0]]}, {"params": [w[1]], "lr": 0.1}]
    return torch.optim.SGD(groups, lr=0.3, momentum=0.9) if name == "SGD" else torch.optim.Adam(groups, lr=0.3)


def run(scheduler, trainer, count=14, epochs=None):
    rows = []
    for i in range(count):
        rows.append([[g["lr"], g["momentum"] if "momentum" in g else g["betas"][0]] for g in trainer.param_groups])
        trainer.step()
        scheduler.step() if epochs is None else scheduler.step(epochs[i])
    return rows


for name, options in [
    ("StepLR", {"step_size": 4}), ("MultiStepLR", {"milestones": [3, 3, 7], "gamma": 0.5}), ("ConstantLR", {}), ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.1, "end_factor": 0.7, "total_iters": 6}), ("ExponentialLR", {"gamma": 0.8}),
    ("CosineAnnealingLR", {"T_max": 5}), ("PolynomialLR", {"total_iters": 8, "power": 0.5}),
    ("CyclicLR", {"base_lr": [0.1, 0.01], "max_lr": 0.5, "step_size_up": 3, "step_size_down": 2}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 0.5, "step_size_up": 2, "mode": "triangular2", "base_momentum": 0.7, "max_momentum": 0.8}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 0.5, "step_size_up": 4, "mode": "exp_range", "gamma": 0.9, "cycle_momentum": False}),
    ("OneCycleLR", {"max_lr": [1.0, 0.5], "total_steps": 15}),
    ("OneCycleLR", {"max_lr": 1.0, "epochs": 3, "steps_per_epoch": 5, "anneal_strategy": "linear", "pct_start": 0.4}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 15, "three_phase": True, "div_factor": 10.0, "final_div_factor": 100.0}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3}), ("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 3, "eta_min": 0.01}),
]:
    for kind in ("SGD", "Adam") if name == "OneCycleLR" else ("SGD",):
        trainer = optimizer(kind)
        scheduler = getattr(S, name)(trainer, **options)
        rows = run(scheduler, trainer)
        saved = {k: v for k, v in scheduler.state_dict().items() if isinstance(v, (int, float, list)) and k in
                 ("last_epoch", "base_lrs", "_last_lr", "_step_count", "T_0", "T_max", "T_mult", "T_i", "T_cur", "eta_min", "gamma",
                  "step_size", "total_iters", "power", "factor", "start_factor", "end_factor")}
        if saved["_step_count"] == 0:  # Warm restarts do not count.
            del saved["_step_count"]
        schedules.append({"scheduler": name, "optimizer": kind, "options": options, "rows": rows, "state": saved})
trainer = optimizer()
epochs = [0, 0.5, 1, 1.75, 2, 3.5, 5, 6.25, 8, 7, 1, 9, 20, 26]
schedules.append({"scheduler": "CosineAnnealingWarmRestarts", "optimizer": "SGD", "options": {"T_0": 2, "T_mult": 2}, "epochs": epochs,
                  "rows": run(S.CosineAnnealingWarmRestarts(trainer, 2, 2), trainer, epochs=epochs), "state": {}})
combined = {}
trainer = optimizer()
combined["multiplicative"] = run(S.MultiplicativeLR(trainer, lambda epoch: 1 - 0.05 * epoch), trainer)
trainer = optimizer()
combined["sequential"] = run(S.SequentialLR(trainer, [S.ConstantLR(trainer, 0.1, 2), S.ExponentialLR(trainer, 0.9), S.StepLR(trainer, 2, 0.5)], [3, 8]), trainer)
trainer = optimizer()
combined["chained"] = run(S.ChainedScheduler([S.ConstantLR(trainer, 0.1, 3), S.ExponentialLR(trainer, 0.9)]), trainer)

plateau = []
metrics = [1.0, 0.9, 0.95, 0.91, 0.92, 0.93, 0.8, 0.8, 0.79999, 0.7999, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]
for options in [{"patience": 2}, {"patience": 1, "factor": 0.5, "cooldown": 2, "min_lr": [0.01, 0.06]}, {"mode": "max", "patience": 1},
                {"patience": 1, "threshold": 0.05, "threshold_mode": "abs"}, {"mode": "max", "patience": 0, "threshold_mode": "abs", "eps": 0.05}]:
    trainer = optimizer()
    scheduler = S.ReduceLROnPlateau(trainer, **options)
    rates = []
    for metric in metrics:
        trainer.step()
        scheduler.step(metric)
        rates.append([g["lr"] for g in trainer.param_groups])
    plateau.append({"options": options, "rates": rates, "bad": scheduler.num_bad_epochs, "best": scheduler.best})

print(json.dumps({"shapes": [list(s) for s in shapes], "starts": flat(starts), "pushes": [flat(p) for p in pushes], "steps": steps,
                  "lbfgs": lbfgs, "schedules": schedules, "combined": combined, "metrics": metrics, "plateau": plateau}))
