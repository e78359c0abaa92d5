"""Modules, texts, first draws and functions of nets beyond modules.json and OpInfo; makes two files beside this one:

    python3 test/golden/networks.py        (PyTorch 1.13, CPU)

networks.json: `modules` are rows as in modules.json, `prints` what repr says, `draws` parameters after a seed, `inits` what
nn.init draws, `packed` and `packedLstm` packed batches. ops-networks.json: samples as in ops.json.
"""
import json
import math
import os

import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(11)
names = {torch.float32: "float32", torch.int64: "int32", torch.bool: "bool"}


def number(value):
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else str(value)
    return int(value)


def encode(value):
    if isinstance(value, torch.Tensor):
        flat = [number(v) for v in value.detach().reshape(-1).tolist()]
        out = {"tensor": list(value.shape), "dtype": names[value.dtype], "data": flat}
        return dict(out, grad=True) if value.requires_grad else out
    return [encode(one) for one in value] if isinstance(value, (list, tuple)) else value


def flat(value):
    return [value] if isinstance(value, torch.Tensor) else [one for part in value for one in flat(part)]


def seeds_for(outputs):
    return [torch.sin(torch.arange(o.numel(), dtype=torch.float32) * 1.7 + 1).reshape(o.shape) for o in outputs]


modules = []


def module(js, net, *inputs, evaluate=False):
    net.train(not evaluate)
    state = {k: encode(v) for k, v in net.state_dict().items()}
    given = [x.clone().requires_grad_(True) if x.is_floating_point() else x for x in inputs]
    output = net(*given)
    outputs = [o for o in flat(output) if o.requires_grad]
    seeds = seeds_for(outputs)
    params = dict(net.named_parameters())
    leaves = [x for x in given if x.requires_grad] + list(params.values())
    grads = torch.autograd.grad(outputs, leaves, seeds, allow_unused=True)
    count = len(leaves) - len(params)
    own = iter(grads[:count])
    strip = lambda t: None if t is None else encode(t.detach())
    modules.append({
        "new": js, "eval": evaluate, "state": state, "inputs": [encode(x) for x in inputs], "calls": 1,
        "output": encode([o.detach() for o in flat(output)]) if isinstance(output, tuple) else encode(output.detach()),
        "grad_outputs": encode(seeds), "input_grads": [strip(next(own)) if x.requires_grad else None for x in given],
        "param_grads": {k: strip(g) for k, g in zip(params, grads[count:])},
    })


r = torch.randn
module("nn.RNN(3, 4, { bidirectional: true, bias: false })", nn.RNN(3, 4, bidirectional=True, bias=False), r(4, 2, 3), r(2, 2, 4))
module("nn.GRU(3, 5, 2, { batchFirst: true })", nn.GRU(3, 5, 2, batch_first=True), r(2, 6, 3), r(2, 2, 5))
module("nn.GRU(3, 4)", nn.GRU(3, 4), r(5, 3))
module("nn.GRU(3, 4, { bias: false })", nn.GRU(3, 4, bias=False), r(1, 2, 3))
module("nn.LSTM(3, 5, 2, { bidirectional: true, projSize: 2 })", nn.LSTM(3, 5, 2, bidirectional=True, proj_size=2), r(4, 2, 3))
module("nn.LSTM(2, 3)", nn.LSTM(2, 3), r(4, 2))
module("nn.RNNCell(3, 4, { nonlinearity: 'relu' })", nn.RNNCell(3, 4, nonlinearity="relu"), r(2, 3), r(2, 4))
module("nn.GRUCell(3, 4)", nn.GRUCell(3, 4), r(3), r(4))
module("nn.LSTMCell(3, 4, { bias: false })", nn.LSTMCell(3, 4, bias=False), r(2, 3))

padding = torch.tensor([[False, False, True, False], [False, False, False, True]])
causal = torch.triu(torch.ones(4, 4, dtype=torch.bool), 1)
module("nn.MultiheadAttention(6, 3, { batchFirst: true })", nn.MultiheadAttention(6, 3, batch_first=True), r(2, 3, 6), r(2, 4, 6), r(2, 4, 6), padding)
module("nn.MultiheadAttention(6, 2, { addBiasKv: true, addZeroAttn: true })", nn.MultiheadAttention(6, 2, add_bias_kv=True, add_zero_attn=True), r(3, 2, 6), r(4, 2, 6), r(4, 2, 6), padding)
module("nn.MultiheadAttention(4, 2, { bias: false })", nn.MultiheadAttention(4, 2, bias=False), r(3, 4), r(5, 4), r(5, 4))
encoder = dict(dim_feedforward=7, dropout=0.0)
layer = "{ dimFeedforward: 7, dropout: 0 }"
module(f"nn.TransformerEncoderLayer(6, 2, {layer})", nn.TransformerEncoderLayer(6, 2, **encoder), r(4, 2, 6), causal, padding)
module("nn.TransformerDecoderLayer(6, 2, { dimFeedforward: 7, dropout: 0, batchFirst: true })",
       nn.TransformerDecoderLayer(6, 2, batch_first=True, **encoder), r(2, 4, 6), r(2, 3, 6), causal)
module("nn.TransformerDecoderLayer(6, 3, { dimFeedforward: 7, dropout: 0, normFirst: true, activation: 'gelu' })",
       nn.TransformerDecoderLayer(6, 3, norm_first=True, activation="gelu", **encoder), r(4, 2, 6), r(3, 2, 6))
module(f"nn.TransformerEncoder(new nn.TransformerEncoderLayer(6, 2, {layer}), 2, new nn.LayerNorm(6))",
       nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, **encoder), 2, nn.LayerNorm(6)), r(4, 2, 6), causal)
module("nn.Transformer({ dModel: 4, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 2, dimFeedforward: 5, dropout: 0 })",
       nn.Transformer(4, 2, 1, 2, 5, 0.0), r(3, 2, 4), r(4, 2, 4))

numbers = torch.tensor([[0, 2, 5], [2, 2, 6]])
module("nn.Embedding(7, 3, { scaleGradByFreq: true, paddingIdx: -1 })", nn.Embedding(7, 3, scale_grad_by_freq=True, padding_idx=-1), numbers)
module("nn.Embedding(7, 3, { maxNorm: 1 })", nn.Embedding(7, 3, max_norm=1.0), numbers)
module("nn.Embedding(7, 3, { maxNorm: 1.5, normType: 1 })", nn.Embedding(7, 3, max_norm=1.5, norm_type=1.0), numbers)
offsets = torch.tensor([0, 2, 2, 5])
line = torch.tensor([1, 0, 6, 6, 2, 3])
for mode in ("sum", "mean", "max"):
    module(f"nn.EmbeddingBag(7, 3, {{ mode: '{mode}', paddingIdx: 6 }})", nn.EmbeddingBag(7, 3, mode=mode, padding_idx=6), line, offsets)
module("nn.EmbeddingBag(7, 3, { mode: 'sum', includeLastOffset: true })", nn.EmbeddingBag(7, 3, mode="sum", include_last_offset=True), line, torch.tensor([0, 2, 2, 6]))

for js, net in (("RReLU()", nn.RReLU()), ("ReLU6()", nn.ReLU6()), ("Softshrink(0.3)", nn.Softshrink(0.3)), ("Hardshrink()", nn.Hardshrink()),
                ("Threshold(0.1, 20)", nn.Threshold(0.1, 20)), ("Softmin(1)", nn.Softmin(1))):
    module(f"nn.{js}", net, r(3, 4), evaluate=True)
module("nn.Softmax2d()", nn.Softmax2d(), r(2, 3, 2, 2))
module("nn.PReLU(3, 0.1)", nn.PReLU(3, 0.1), r(2, 3, 2))
module("nn.Bilinear(3, 4, 2, { bias: false })", nn.Bilinear(3, 4, 2, bias=False), r(2, 2, 3), r(2, 2, 4))
module("nn.CosineSimilarity()", nn.CosineSimilarity(), r(3, 4), r(3, 4))
module("nn.PairwiseDistance({ p: 1, keepdim: true })", nn.PairwiseDistance(1, keepdim=True), r(3, 4), r(3, 4))
labels = torch.tensor([1, 0, 3])
for reduction in ("mean", "none"):
    o = f"reduction: '{reduction}'"
    module(f"nn.GaussianNLLLoss({{ full: true, {o} }})", nn.GaussianNLLLoss(full=True, reduction=reduction), r(3, 4), r(3, 4), torch.rand(3, 4) + 0.2)
    module(f"nn.MultiMarginLoss({{ p: 2, margin: 0.7, {o} }})", nn.MultiMarginLoss(p=2, margin=0.7, reduction=reduction), r(3, 4), labels)
    module(f"nn.MultiLabelMarginLoss({{ {o} }})", nn.MultiLabelMarginLoss(reduction=reduction), r(3, 4),
           torch.tensor([[1, 2, -1, 0], [3, -1, -1, -1], [0, 1, 2, 3]]))
    module(f"nn.MultiLabelSoftMarginLoss({{ {o} }})", nn.MultiLabelSoftMarginLoss(reduction=reduction), r(3, 4), (r(3, 4) > 0).float())
    module(f"nn.TripletMarginLoss({{ swap: true, p: 3, {o} }})", nn.TripletMarginLoss(swap=True, p=3, reduction=reduction), r(3, 4), r(3, 4), r(3, 4))
    module(f"nn.TripletMarginWithDistanceLoss({{ margin: 0.5, {o} }})", nn.TripletMarginWithDistanceLoss(margin=0.5, reduction=reduction), r(3, 4), r(3, 4), r(3, 4))
    module(f"nn.KLDivLoss({{ logTarget: true, {o} }})", nn.KLDivLoss(log_target=True, reduction=reduction), r(3, 4), r(3, 4))
    module(f"nn.PoissonNLLLoss({{ logInput: false, full: true, {o} }})", nn.PoissonNLLLoss(log_input=False, full=True, reduction=reduction), torch.rand(3, 4) + 0.1, torch.rand(3, 4) * 4)
module("nn.KLDivLoss({ reduction: 'batchmean' })", nn.KLDivLoss(reduction="batchmean"), r(3, 4), torch.softmax(r(3, 4), 1))

pairs = [
    ("nn.RNN(3, 4, 2, { bias: false, dropout: 0.5, bidirectional: true })", nn.RNN(3, 4, 2, bias=False, dropout=0.5, bidirectional=True)),
    ("nn.LSTM(3, 4, { projSize: 2, batchFirst: true })", nn.LSTM(3, 4, proj_size=2, batch_first=True)),
    ("nn.GRU(3, 4)", nn.GRU(3, 4)), ("nn.RNNCell(3, 4, { bias: false, nonlinearity: 'relu' })", nn.RNNCell(3, 4, False, "relu")),
    ("nn.LSTMCell(3, 4)", nn.LSTMCell(3, 4)),
    ("nn.Embedding(7, 3, { paddingIdx: 1, maxNorm: 2.5, scaleGradByFreq: true })", nn.Embedding(7, 3, 1, 2.5, scale_grad_by_freq=True)),
    ("nn.EmbeddingBag(7, 3, { mode: 'sum', paddingIdx: 1 })", nn.EmbeddingBag(7, 3, mode="sum", padding_idx=1)),
    ("nn.MultiheadAttention(6, 2)", nn.MultiheadAttention(6, 2)), ("nn.TransformerEncoderLayer(6, 2)", nn.TransformerEncoderLayer(6, 2)),
    ("nn.TransformerDecoderLayer(6, 2, { activation: new nn.GELU() })", nn.TransformerDecoderLayer(6, 2, activation=nn.GELU())),
    ("nn.TransformerEncoder(new nn.TransformerEncoderLayer(6, 2), 1)", nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2), 1)),
    ("nn.PReLU(3)", nn.PReLU(3)), ("nn.SELU({ inplace: true })", nn.SELU(True)), ("nn.CELU(1.5)", nn.CELU(1.5)), ("nn.CELU()", nn.CELU()), ("nn.Mish()", nn.Mish()),
    ("nn.Hardtanh()", nn.Hardtanh()), ("nn.Hardtanh(-2.5, 2.5, true)", nn.Hardtanh(-2.5, 2.5, True)), ("nn.ReLU6()", nn.ReLU6()), ("nn.Hardswish()", nn.Hardswish()),
    ("nn.Hardsigmoid()", nn.Hardsigmoid()), ("nn.Hardshrink()", nn.Hardshrink()), ("nn.Softshrink(0.3)", nn.Softshrink(0.3)), ("nn.Tanhshrink()", nn.Tanhshrink()),
    ("nn.Threshold(0.1, 20)", nn.Threshold(0.1, 20)), ("nn.RReLU()", nn.RReLU()), ("nn.GLU()", nn.GLU()), ("nn.Softmin(1)", nn.Softmin(1)), ("nn.Softmax2d()", nn.Softmax2d()),
    ("nn.Bilinear(3, 4, 2)", nn.Bilinear(3, 4, 2)), ("nn.CosineSimilarity()", nn.CosineSimilarity()), ("nn.PairwiseDistance()", nn.PairwiseDistance()),
    ("nn.KLDivLoss()", nn.KLDivLoss()), ("nn.TripletMarginWithDistanceLoss()", nn.TripletMarginWithDistanceLoss()),
    ("nn.ParameterList([empty(3, 4), empty(2)])", nn.ParameterList([torch.empty(3, 4), torch.empty(2)])),
    ("nn.ParameterDict({ a: empty(2) })", nn.ParameterDict({"a": nn.Parameter(torch.empty(2))})),
    ("nn.Unflatten(1, [2, 3])", nn.Unflatten(1, (2, 3))), ("nn.ModuleDict({ a: new nn.ReLU(), b: new nn.Linear(2, 3) })", nn.ModuleDict({"a": nn.ReLU(), "b": nn.Linear(2, 3)})),
]
prints = [[js, repr(net)] for js, net in pairs]

draws = []
for js, make in (
    ("nn.RNN(2, 3, { bidirectional: true })", lambda: nn.RNN(2, 3, bidirectional=True)), ("nn.GRU(2, 2, 2)", lambda: nn.GRU(2, 2, 2)),
    ("nn.LSTM(2, 3, { projSize: 2 })", lambda: nn.LSTM(2, 3, proj_size=2)), ("nn.GRUCell(2, 2)", lambda: nn.GRUCell(2, 2)),
    ("nn.Embedding(4, 3, { paddingIdx: 1 })", lambda: nn.Embedding(4, 3, 1)), ("nn.EmbeddingBag(4, 3)", lambda: nn.EmbeddingBag(4, 3)),
    ("nn.Bilinear(2, 3, 2)", lambda: nn.Bilinear(2, 3, 2)), ("nn.MultiheadAttention(4, 2, { addBiasKv: true })", lambda: nn.MultiheadAttention(4, 2, add_bias_kv=True)),
    ("nn.MultiheadAttention(4, 2, { kdim: 3 })", lambda: nn.MultiheadAttention(4, 2, kdim=3)),
    ("nn.TransformerDecoderLayer(2, 1, { dimFeedforward: 3 })", lambda: nn.TransformerDecoderLayer(2, 1, 3)),
    ("nn.Transformer(2, 1, 2, 1, 3)", lambda: nn.Transformer(2, 1, 2, 1, 3)),
):
    torch.manual_seed(5)
    draws.append({"new": js, "state": {k: encode(v) for k, v in make().state_dict().items()}})

inits = []
for js, call in (
    ("nn.init.orthogonal_(empty(3, 5))", lambda: nn.init.orthogonal_(torch.empty(3, 5))), ("nn.init.orthogonal_(empty(5, 3), 2)", lambda: nn.init.orthogonal_(torch.empty(5, 3), 2)),
    ("nn.init.orthogonal_(empty(4, 2, 2))", lambda: nn.init.orthogonal_(torch.empty(4, 2, 2))),
    ("nn.init.sparse_(empty(6, 4), 0.3)", lambda: nn.init.sparse_(torch.empty(6, 4), 0.3)), ("nn.init.dirac_(empty(4, 3, 3, 3))", lambda: nn.init.dirac_(torch.empty(4, 3, 3, 3))),
    ("nn.init.dirac_(empty(4, 2, 3), 2)", lambda: nn.init.dirac_(torch.empty(4, 2, 3), 2)), ("nn.init.truncNormal_(empty(9), 0, 1, -1, 1)", lambda: nn.init.trunc_normal_(torch.empty(9), 0, 1, -1, 1)),
    ("nn.init.kaimingNormal_(empty(3, 4), { mode: 'fanOut', nonlinearity: 'relu' })", lambda: nn.init.kaiming_normal_(torch.empty(3, 4), mode="fan_out", nonlinearity="relu")),
):
    torch.manual_seed(5)
    inits.append({"call": js, "value": encode(call())})

ops = {}


def sample(op, call, tensors, **kwargs):
    given = [x.clone().requires_grad_(True) if x.is_floating_point() else x for x in tensors]
    output = call(*given, **kwargs)
    seeds = seeds_for([output])
    grads = torch.autograd.grad([output], [x for x in given if x.requires_grad], seeds)
    ops.setdefault(op, []).append({
        "input": encode(given[0]), "args": encode(given[1:]), "kwargs": {k: encode(v) for k, v in kwargs.items()},
        "output": encode(output), "grad_outputs": encode(seeds), "grads": [encode(g.detach()) for g in grads],
    })


sample("nn.functional.normalize", F.normalize, [r(3, 4)])
sample("nn.functional.normalize", F.normalize, [r(2, 3, 2)], p=3.0, dim=-1)
sample("nn.functional.triplet_margin_with_distance_loss", F.triplet_margin_with_distance_loss, [r(3, 4), r(3, 4), r(3, 4)], margin=0.5, swap=True)


def attention(q, k, v, attn_mask=None, is_causal=False, scale=None):
    scores = q @ k.transpose(-2, -1) * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, -math.inf) if attn_mask.dtype == torch.bool else scores + attn_mask
    return torch.softmax(scores, -1) @ v


name = "nn.functional.scaled_dot_product_attention"
sample(name, attention, [r(2, 3, 4), r(2, 5, 4), r(2, 5, 3)])
sample(name, attention, [r(2, 2, 3, 4), r(2, 2, 3, 4), r(2, 2, 3, 4)], is_causal=True)
sample(name, attention, [r(3, 4), r(5, 4), r(5, 4)], attn_mask=torch.rand(3, 5) > 0.3, scale=0.3)
sample(name, attention, [r(2, 3, 4), r(2, 3, 4), r(2, 3, 4)], attn_mask=r(3, 3))

packed = []
for first in (False, True):
    net = nn.GRU(2, 3, bidirectional=True, batch_first=first)
    x = r(4, 3, 2)
    given = (x.transpose(0, 1) if first else x).clone().requires_grad_(True)
    run = nn.utils.rnn.pack_padded_sequence(given, [2, 4, 1], batch_first=first, enforce_sorted=False)
    out, end = net(run)
    back, lengths = nn.utils.rnn.pad_packed_sequence(out, batch_first=first, padding_value=-1.0)
    seeds = seeds_for([back, end])
    grads = torch.autograd.grad([back, end], [given, *net.parameters()], seeds)
    packed.append({"batchFirst": first, "state": {k: encode(v) for k, v in net.state_dict().items()}, "input": encode(given.detach()), "lengths": [2, 4, 1],
                   "data": encode(out.data.detach()), "sizes": run.batch_sizes.tolist(), "output": encode(back.detach()), "end": encode(end.detach()), "backLengths": lengths.tolist(),
                   "seeds": encode(seeds), "grads": encode([g.detach() for g in grads])})
lstm = nn.LSTM(2, 4, proj_size=3)
x = r(4, 3, 2).requires_grad_(True)
out, (h, c) = lstm(nn.utils.rnn.pack_padded_sequence(x, [4, 2, 1]))
seeds = seeds_for([out.data, h, c])
grads = torch.autograd.grad([out.data, h, c], [x, *lstm.parameters()], seeds)
packed_lstm = {"state": {k: encode(v) for k, v in lstm.state_dict().items()}, "input": encode(x.detach()), "lengths": [4, 2, 1], "results": encode([out.data.detach(), h.detach(), c.detach()]),
               "seeds": encode(seeds), "grads": encode([g.detach() for g in grads])}

here = os.path.dirname(os.path.abspath(__file__))
nets = {"modules": modules, "prints": prints, "draws": draws, "inits": inits, "packed": packed, "packedLstm": packed_lstm}
for file, content in (("networks.json", nets), ("ops-networks.json", ops)):
    with open(os.path.join(here, file), "w") as out:
        json.dump(content, out)
