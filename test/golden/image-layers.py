# Makes image-layers.json beside this file: what PyTorch prints and draws for layers over images and normalisation, and how a
# small residual network learns.
#   /usr/bin/python3 image-layers.py        (PyTorch 1.13, CPU)
import json
import os

import torch
from torch import nn


def numbers(tensor):
    return [float("%.9g" % v) for v in tensor.detach().double().reshape(-1).tolist()]


# The text of a layer, as wgrad makes it and as PyTorch does.
rows = [
    ("BatchNorm1d(4)", nn.BatchNorm1d(4)),
    ("BatchNorm2d(4, { eps: 0.01, momentum: null, affine: false })", nn.BatchNorm2d(4, eps=0.01, momentum=None, affine=False)),
    ("BatchNorm3d(4, 1e-3, 0.5, true, false)", nn.BatchNorm3d(4, 1e-3, 0.5, True, False)),
    ("InstanceNorm1d(3)", nn.InstanceNorm1d(3)),
    ("InstanceNorm2d(3, { affine: true, trackRunningStats: true })", nn.InstanceNorm2d(3, affine=True, track_running_stats=True)),
    ("InstanceNorm3d(3)", nn.InstanceNorm3d(3)),
    ("LayerNorm(6)", nn.LayerNorm(6)),
    ("LayerNorm([2, 3], { eps: 1e-6, elementwiseAffine: false })", nn.LayerNorm([2, 3], eps=1e-6, elementwise_affine=False)),
    ("GroupNorm(2, 4)", nn.GroupNorm(2, 4)),
    ("GroupNorm(2, 4, { affine: false })", nn.GroupNorm(2, 4, affine=False)),
    ("LocalResponseNorm(2)", nn.LocalResponseNorm(2)),
    ("LocalResponseNorm(3, { alpha: 0.01, k: 2.5 })", nn.LocalResponseNorm(3, alpha=0.01, k=2.5)),
    ("ConvTranspose1d(2, 3, 3)", nn.ConvTranspose1d(2, 3, 3)),
    ("ConvTranspose2d(4, 6, [3, 2], { stride: 2, padding: 1, outputPadding: 1, groups: 2, bias: false, dilation: 2 })",
     nn.ConvTranspose2d(4, 6, (3, 2), stride=2, padding=1, output_padding=1, groups=2, bias=False, dilation=2)),
    ("ConvTranspose3d(2, 3, 2, 2)", nn.ConvTranspose3d(2, 3, 2, 2)),
    ("AdaptiveAvgPool1d(3)", nn.AdaptiveAvgPool1d(3)),
    ("AdaptiveAvgPool2d([2, null])", nn.AdaptiveAvgPool2d((2, None))),
    ("AdaptiveAvgPool3d(1)", nn.AdaptiveAvgPool3d(1)),
    ("AdaptiveMaxPool1d(3, true)", nn.AdaptiveMaxPool1d(3, True)),
    ("AdaptiveMaxPool2d([2, 3])", nn.AdaptiveMaxPool2d((2, 3))),
    ("AdaptiveMaxPool3d(2)", nn.AdaptiveMaxPool3d(2)),
    ("MaxUnpool1d(2)", nn.MaxUnpool1d(2)),
    ("MaxUnpool2d(3, { stride: 2, padding: 1 })", nn.MaxUnpool2d(3, stride=2, padding=1)),
    ("MaxUnpool3d([3, 2, 1])", nn.MaxUnpool3d((3, 2, 1))),
    ("LPPool1d(2, 3)", nn.LPPool1d(2, 3)),
    ("LPPool2d(1.5, [3, 2], { stride: 2, ceilMode: true })", nn.LPPool2d(1.5, (3, 2), stride=2, ceil_mode=True)),
    ("Dropout1d()", nn.Dropout1d()),
    ("Dropout2d(0.2)", nn.Dropout2d(0.2)),
    ("Dropout3d(0.2, true)", nn.Dropout3d(0.2, True)),
    ("AlphaDropout(0.3)", nn.AlphaDropout(0.3)),
    ("FeatureAlphaDropout()", nn.FeatureAlphaDropout()),
    ("Unflatten(1, [2, 3])", nn.Unflatten(1, (2, 3))),
    ("ZeroPad2d(1)", nn.ZeroPad2d(1)),
    ("ZeroPad2d([1, 0, 2, 1])", nn.ZeroPad2d((1, 0, 2, 1))),
    ("ConstantPad1d([3, 1], 3.5)", nn.ConstantPad1d((3, 1), 3.5)),
    ("ConstantPad2d(2, 1)", nn.ConstantPad2d(2, 1)),
    ("ConstantPad3d(1, 0.5)", nn.ConstantPad3d(1, 0.5)),
    ("ReflectionPad1d(2)", nn.ReflectionPad1d(2)),
    ("ReflectionPad3d(1)", nn.ReflectionPad3d(1)),
    ("ReplicationPad1d([1, 2])", nn.ReplicationPad1d((1, 2))),
    ("ReplicationPad2d(1)", nn.ReplicationPad2d(1)),
    ("ReplicationPad3d(1)", nn.ReplicationPad3d(1)),
    ("PixelShuffle(2)", nn.PixelShuffle(2)),
    ("PixelUnshuffle(3)", nn.PixelUnshuffle(3)),
    ("Unfold([2, 3], { padding: 1 })", nn.Unfold((2, 3), padding=1)),
    ("Fold([4, 5], 2, { stride: 2 })", nn.Fold((4, 5), 2, stride=2)),
    ("Conv2d(1, 2, 3, { padding: 1, paddingMode: 'reflect' })", nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect")),
    ("LazyConv1d(4, 3)", nn.LazyConv1d(4, 3)),
    ("LazyConv2d(4, 3, { padding: 1 })", nn.LazyConv2d(4, 3, padding=1)),
    ("LazyConv3d(4, 3, 2)", nn.LazyConv3d(4, 3, 2)),
    ("LazyConvTranspose1d(4, 3)", nn.LazyConvTranspose1d(4, 3)),
    ("LazyConvTranspose2d(4, 3, { outputPadding: 1, stride: 2 })", nn.LazyConvTranspose2d(4, 3, output_padding=1, stride=2)),
    ("LazyConvTranspose3d(4, 3)", nn.LazyConvTranspose3d(4, 3)),
    ("LazyBatchNorm1d()", nn.LazyBatchNorm1d()),
    ("LazyBatchNorm2d({ momentum: 0.3 })", nn.LazyBatchNorm2d(momentum=0.3)),
    ("LazyBatchNorm3d()", nn.LazyBatchNorm3d()),
    ("LazyInstanceNorm1d()", nn.LazyInstanceNorm1d()),
    ("LazyInstanceNorm2d({ affine: true })", nn.LazyInstanceNorm2d(affine=True)),
    ("LazyInstanceNorm3d()", nn.LazyInstanceNorm3d()),
]
printed = [{"new": "nn." + text, "repr": repr(layer)} for text, layer in rows]

# Parameters drawn one layer after the other from one seed.
torch.manual_seed(5)
drawn = []
for text, make in (
    ("ConvTranspose1d(2, 3, 3)", lambda: nn.ConvTranspose1d(2, 3, 3)),
    ("ConvTranspose2d(4, 6, [3, 2], { groups: 2 })", lambda: nn.ConvTranspose2d(4, 6, (3, 2), groups=2)),
    ("BatchNorm2d(2)", lambda: nn.BatchNorm2d(2)),
    ("ConvTranspose3d(1, 2, 2, { bias: false })", lambda: nn.ConvTranspose3d(1, 2, 2, bias=False)),
    ("Linear(2, 2)", lambda: nn.Linear(2, 2)),
):
    state = make().state_dict()
    drawn.append({"new": "nn." + text, "state": {name: numbers(value) for name, value in state.items()}})

# A lazy network: parameters are drawn at the first input, in the order of the layers.
torch.manual_seed(6)
lazy = nn.Sequential(nn.LazyConv2d(3, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.LazyConvTranspose2d(2, 2, bias=False), nn.LazyInstanceNorm2d(affine=True))
x = torch.arange(2 * 2 * 5 * 5, dtype=torch.float32).sin().reshape(2, 2, 5, 5)
y = lazy(x)
first = {"repr": repr(lazy), "state": {name: numbers(value) for name, value in lazy.state_dict().items()}, "output": numbers(y)}


# Forward and the gradient of the input; parameters from one seed, elements sin(0), sin(1), ..
runs = []
for text, make, shape in (
    ("Conv1d(1, 2, 3, { padding: 2, paddingMode: 'circular' })", lambda: nn.Conv1d(1, 2, 3, padding=2, padding_mode="circular"), (2, 1, 5)),
    ("Conv2d(1, 2, 3, { padding: [1, 2], paddingMode: 'reflect', stride: 2 })",
     lambda: nn.Conv2d(1, 2, 3, padding=(1, 2), padding_mode="reflect", stride=2), (1, 1, 4, 5)),
    ("Conv2d(1, 1, [2, 4], { padding: 'same', paddingMode: 'replicate' })",
     lambda: nn.Conv2d(1, 1, (2, 4), padding="same", padding_mode="replicate"), (1, 1, 3, 5)),
    ("ConstantPad1d([3, -1], 3.5)", lambda: nn.ConstantPad1d((3, -1), 3.5), (1, 2, 4)),
    ("ReflectionPad2d([1, 0, 2, 1])", lambda: nn.ReflectionPad2d((1, 0, 2, 1)), (1, 1, 3, 4)),
    ("ReplicationPad3d(1)", lambda: nn.ReplicationPad3d(1), (1, 1, 2, 1, 2)),
    ("PixelUnshuffle(2)", lambda: nn.PixelUnshuffle(2), (1, 1, 4, 2)),
    ("Unfold(2, { padding: 1, stride: 2 })", lambda: nn.Unfold(2, padding=1, stride=2), (1, 2, 3, 4)),
    ("Fold([3, 4], 2)", lambda: nn.Fold((3, 4), 2), (1, 4, 6)),
    ("LPPool2d(2, 2, 1)", lambda: nn.LPPool2d(2, 2, 1), (1, 1, 3, 3)),
):
    torch.manual_seed(9)
    layer = make()
    x = torch.arange(torch.Size(shape).numel(), dtype=torch.float32).sin().reshape(shape).requires_grad_()
    y = layer(x)
    (y * torch.arange(y.numel(), dtype=torch.float32).cos().reshape(y.shape)).sum().backward()
    runs.append({"new": "nn." + text, "shape": list(shape), "sizes": list(y.shape), "output": numbers(y), "grad": numbers(x.grad)})


class Residual(nn.Module):
    """The block of chapter 8 of "Dive into Deep Learning": two convolutions with batch norms around a way past them."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, stride=stride)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.conv3 = nn.Conv2d(inputs, outputs, 1, stride=stride) if stride > 1 else None
        self.bn1 = nn.BatchNorm2d(outputs)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return torch.relu(y + (x if self.conv3 is None else self.conv3(x)))


torch.manual_seed(7)
net = nn.Sequential(
    nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), Residual(4, 4), Residual(4, 8, 2),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3),
)
data = torch.randn(8, 1, 9, 9)
labels = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
trainer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
curve = []
for _ in range(6):
    loss = nn.functional.cross_entropy(net(data), labels)
    trainer.zero_grad()
    loss.backward()
    trainer.step()
    curve.append(loss.item())
buffers = {name: numbers(value) for name, value in net.named_buffers()}
net.eval()
with torch.no_grad():
    scores = numbers(net(data))
residual = {"curve": curve, "buffers": buffers, "scores": scores, "keys": list(net.state_dict()), "repr": repr(net)}

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "image-layers.json")
with open(path, "w") as file:
    json.dump({"printed": printed, "drawn": drawn, "lazy": first, "runs": runs, "residual": residual}, file, separators=(",", ":"))
    file.write("\n")
print(os.path.getsize(path), "bytes", curve)
