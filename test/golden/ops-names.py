# What PyTorch 1.13 answers where OpInfo has no samples: windows, in-place twins of activations, products and sums, pools with
# their positions, nextafter, histogramdd, conv_tbc and scatter with `reduce`:
#
#     /usr/bin/python3 test/golden/ops-names.py        (writes ops-names.json)
import torch
from recording import real, record, save, whole

F = "nn.functional."
inf, nan = float("inf"), float("nan")

# In-place views: the tensor takes another shape.
record("t_", real(2, 3))
record("t_", real(3))
record("transpose_", real(2, 3, 4), 0, -1)
record("swapaxes_", real(2, 3, 4), 1, 2)
record("swapdims_", real(2, 3), 0, 1)
record("unsqueeze_", real(2, 3), 1)
record("squeeze_", real(1, 2, 1))
record("squeeze_", real(1, 2, 1), 0)
record("squeeze_", real(2, 3), 0)

for name in ("bartlett", "blackman", "hamming", "hann", "kaiser"):
    for length in (1, 2, 6, 9):
        record(name + "_window", length)
        record(name + "_window", length, False)
record("hamming_window", 7, True, 0.6, 0.3)
record("hamming_window", 7, periodic=False, alpha=0.7)
record("kaiser_window", 8, True, 3.5)
record("kaiser_window", 5, periodic=False, beta=20.0)

# Their inputs are drawn above 0 too, where nothing changes.
record(F + "relu_", real(2, 3))
for name in ("celu_", "selu_", F + "elu_", F + "hardtanh_", F + "leaky_relu_"):
    record(name, real(2, 3))
record("celu_", real(5), 0.7)
record(F + "elu_", real(5), 0.7)
record(F + "hardtanh_", real(5), -0.5, 0.9)
record(F + "leaky_relu_", real(5), 0.2)
record("threshold_", real(2, 3), 0.1, 7.0)
record(F + "rrelu_", real(2, 3))
record(F + "rrelu_", real(2, 3), 0.1, 0.4)

record("addmm_", real(2, 3), real(2, 4), real(4, 3), beta=0.5, alpha=2.0)
record("addmv_", real(2), real(2, 4), real(4), alpha=-1.0)
record("addr_", real(2, 3), real(2), real(3), beta=0.0)
record("addbmm_", real(2, 3), real(5, 2, 4), real(5, 4, 3), beta=2.0)
record("baddbmm_", real(5, 2, 3), real(5, 2, 4), real(5, 4, 3), alpha=0.5)
record("cumsum_", real(2, 3), 1)
record("cumprod_", real(2, 3), 0)
record("renorm_", real(3, 4), 2.0, 0, 1.0)
# PyTorch's answers double; here the tensor keeps its float32.
record("float_power_", real(2, 3, low=0.2), 1.5, function=lambda x, power: x.pow_(power))
record("hardshrink", real(3, 4))
record("hardshrink", real(5), 1.1)

for size, args in (((2, 2, 9), (3, 2, 1)), ((2, 2, 9), (2,))):
    record(F + "max_pool1d_with_indices", real(*size), *args)
record(F + "max_pool2d_with_indices", real(1, 2, 6, 5), [3, 2], [2, 1], 1, 1, True)
record(F + "max_pool3d_with_indices", real(1, 2, 4, 5, 3), 2)
record(F + "adaptive_max_pool1d_with_indices", real(2, 2, 7), 3)
record("adaptive_max_pool1d", real(2, 2, 6), 3)
record(F + "adaptive_max_pool2d_with_indices", real(1, 2, 6, 5), [3, 2])
record(F + "adaptive_max_pool3d_with_indices", real(1, 2, 4, 5, 3), [2, 3, 1])
record("native_channel_shuffle", real(2, 6, 3, 2, grad=False), 3, function=torch.nn.functional.channel_shuffle)
record(F + "conv_tbc", real(6, 2, 3), real(3, 3, 4), real(4))
record(F + "conv_tbc", real(5, 1, 2), real(2, 2, 3), real(3), 2)

record("nextafter", torch.tensor([1.0, -1, 0, 0, 2, inf, -inf, nan, 1, 3.4028234663852886e38, 1.1754943508222875e-38, 1e-45]),
       torch.tensor([2.0, -2, 1, -1, 2, 0, 0, 1, nan, inf, 0, 0]))
record("nextafter", real(3, 4, grad=False), real(4, grad=False))
record("nextafter_", real(3, 4, grad=False), real(4, grad=False))


def flat(*args, **kwargs):
    hist, edges = torch.histogramdd(*args, **kwargs)
    return [hist, *edges]


points = real(40, 2, grad=False)
record("histogramdd", points, 3, function=flat)
record("histogramdd", points, [2, 4], function=flat)
record("histogramdd", points, [2, 3], range=[-1.0, 1.0, -1.5, 0.5], function=flat)
record("histogramdd", points, [2, 3], weight=real(40, low=0, grad=False), density=True, function=flat)
record("histogramdd", real(2, 10, 3, grad=False), [torch.tensor([-1.0, 0, 2]), torch.tensor([-2.0, 0.5, 1, 1.5]),
                                                  torch.tensor([-1.0, 1.5])], function=flat)

record("histogramdd", torch.tensor([[1.0, 2], [3, 4]]), [2, 2], range=[1.0, 1.0, 0.0, 5.0], function=flat)
record("histogramdd", torch.zeros(4, 2), 2, function=flat)
record("histogram", torch.tensor([0.75, 1, 1.25, 3]), 2, range=(1.0, 1.0))

index = torch.tensor([[0, 1, 1, 0], [2, 0, 2, 1]])
for how in ("add", "multiply"):
    record("scatter", real(3, 5, grad=False), 0, index, real(2, 4, grad=False), reduce=how)
    record("scatter", real(3, 5, grad=False), 0, index, 1.5, reduce=how)
    record("scatter_", whole(3, 5), 0, index, whole(2, 4), reduce=how)
    record("scatter_", real(3, 5, grad=False), 0, index, 0.5, reduce=how)
save("ops-names.json")
