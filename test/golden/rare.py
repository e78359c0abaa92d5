"""Modules that networks.py does not record, and what nn.utils makes of modules; makes rare.json beside this file:

    python3 test/golden/rare.py        (PyTorch 1.13, CPU)

`modules` are rows as in modules.json, `prints` what repr says, `draws` parameters after a seed; `norms` what two calls of a module
with a norm of its weight give, with its state before, after, and once the norm is removed.
"""
import json
import os

import torch
from torch import nn

from recording import encode

torch.manual_seed(23)
r = torch.randn


def flat(value):
    return [value] if isinstance(value, torch.Tensor) else [one for part in value for one in flat(part)]


def seeds_for(outputs):
    return [torch.sin(torch.arange(o.numel(), dtype=torch.float32) * 1.7 + 1).reshape(o.shape) for o in outputs]


def plain(value):
    return [plain(one) for one in value] if isinstance(value, (list, tuple)) else encode(value.detach())


def state_of(net):
    return {k: plain(v) for k, v in net.state_dict().items()}


modules = []


def module(js, net, *inputs):
    given = [x.clone().requires_grad_(True) if x.is_floating_point() else x for x in inputs]
    output = net(*given)
    outputs = [o for o in flat(output) if o.requires_grad]
    seeds = seeds_for(outputs)
    params = dict(net.named_parameters())
    leaves = [x for x in given if x.requires_grad] + list(params.values())
    grads = torch.autograd.grad(outputs, leaves, seeds)
    own = iter(grads[: len(leaves) - len(params)])
    modules.append({
        "new": js, "eval": False, "state": state_of(net), "inputs": plain(inputs), "calls": 1,
        "output": plain(output), "grad_outputs": plain(seeds), "input_grads": [plain(next(own)) if x.requires_grad else None for x in given],
        "param_grads": {k: plain(g) for k, g in zip(params, grads[len(leaves) - len(params):])},
    })


labels = torch.tensor([[1, 2], [2, 2]])
module("nn.CTCLoss({ zeroInfinity: true })", nn.CTCLoss(zero_infinity=True), torch.log_softmax(r(5, 2, 3), 2), labels, torch.tensor([5, 4]), torch.tensor([2, 2]))
module("nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], { divValue: 2 })", nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], div_value=2), r(4, 8), torch.tensor([0, 9, 4, 2]))
module("nn.AdaptiveLogSoftmaxWithLoss(8, 10, [4], { headBias: true })", nn.AdaptiveLogSoftmaxWithLoss(8, 10, [4], head_bias=True), r(8), torch.tensor(7))

adaptive = nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], div_value=2)
x = r(6, 8) * 3
with torch.no_grad():
    adaptive_row = {"state": state_of(adaptive), "input": plain(x), "logProb": plain(adaptive.log_prob(x)), "predict": plain(adaptive.predict(x))}

prints = [[js, repr(net)] for js, net in (
    ("nn.CTCLoss()", nn.CTCLoss()), ("nn.FractionalMaxPool2d(2, { outputSize: 3 })", nn.FractionalMaxPool2d(2, output_size=3)),
    ("nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6])", nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6])),
)]

utils = nn.utils
norms = []


def norm(make, call, build, *inputs, remove=None):
    """`make` is the module as wgrad makes it, `call` what is done to it; both as text over `nn` and `net`."""
    torch.manual_seed(7)
    net = build()
    before = state_of(net)
    row = {"make": make, "call": call, "names": [name for name, _ in net.named_parameters()], "before": before, "inputs": plain(inputs), "calls": []}
    for training in (True, True, False):
        net.train(training)
        output = net(*inputs)
        (seed,) = seeds_for([output])
        grads = torch.autograd.grad([output], list(net.parameters()), [seed])
        row["calls"].append({"training": training, "output": plain(output), "seed": plain(seed), "grads": [plain(g) for g in grads], "state": state_of(net)})
    if remove is not None:
        remove[1](net)
        row["remove"] = remove[0]
        row["removed"] = state_of(net)
    norms.append(row)


norm("nn.Linear(3, 4)", "nn.utils.weightNorm(net)", lambda: utils.weight_norm(nn.Linear(3, 4)), r(2, 3),
     remove=("nn.utils.removeWeightNorm(net)", utils.remove_weight_norm))
norm("nn.Linear(3, 4)", "nn.utils.weightNorm(net, { dim: null })", lambda: utils.weight_norm(nn.Linear(3, 4), dim=None), r(2, 3))
norm("nn.Conv1d(2, 3, 2)", "nn.utils.weightNorm(net, 'weight', 1)", lambda: utils.weight_norm(nn.Conv1d(2, 3, 2), dim=1), r(2, 2, 4))
norm("nn.Linear(3, 4)", "nn.utils.spectralNorm(net)", lambda: utils.spectral_norm(nn.Linear(3, 4)), r(2, 3),
     remove=("nn.utils.removeSpectralNorm(net)", utils.remove_spectral_norm))
norm("nn.Conv2d(2, 3, 2)", "nn.utils.spectralNorm(net, { nPowerIterations: 2 })", lambda: utils.spectral_norm(nn.Conv2d(2, 3, 2), n_power_iterations=2), r(1, 2, 3, 3))
norm("nn.ConvTranspose1d(2, 3, 2)", "nn.utils.spectralNorm(net)", lambda: utils.spectral_norm(nn.ConvTranspose1d(2, 3, 2)), r(1, 2, 4))
norm("nn.Linear(3, 4)", "nn.utils.parametrizations.spectralNorm(net)", lambda: utils.parametrizations.spectral_norm(nn.Linear(3, 4)), r(2, 3))

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rare.json")
with open(path, "w") as file:
    json.dump({"modules": modules, "prints": prints, "adaptive": adaptive_row, "norms": norms}, file, separators=(",", ":"))
    file.write("\n")
print(len(modules), "modules,", len(norms), "norms,", os.path.getsize(path), "bytes")
