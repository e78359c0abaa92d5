# Makes ops-layers.json beside this file: what PyTorch answers, and the gradients it gives, for the operations behind layers over
# images and for normalisation, where its own samples (opinfo) have none or few.
#   /usr/bin/python3 ops-layers.py        (PyTorch 1.13, CPU)
import torch

from recording import real, record, save

F = "nn.functional."
f = torch.nn.functional

record(F + "layer_norm", real(3, 5), [5], real(5), real(5))
record(F + "layer_norm", real(2, 3, 4), [3, 4], weight=real(3, 4), eps=0.1)
record(F + "layer_norm", real(2, 3, 4), [4], bias=real(4))
record(F + "layer_norm", real(2, 7, low=90, high=110), [7])
record(F + "batch_norm", real(4, 3), None, None, real(3), real(3), training=True)
record(F + "batch_norm", real(2, 3, 4, 2, 3), None, None, weight=real(3), training=True, eps=0.01)
record(F + "batch_norm", real(2, 3, 5), real(3, grad=False), real(3, low=0.5, high=2, grad=False), bias=real(3))
record(F + "group_norm", real(2, 6, 3, 2), 3, real(6), real(6))
record(F + "layer_norm", real(2, 3, 4), [4], real(4), real(4), -0.01)
record(F + "instance_norm", real(2, 3, 4, 3), weight=real(3), bias=real(3))
record(F + "instance_norm", real(2, 2, 5), real(2, grad=False), real(2, low=0.5, high=2, grad=False), use_input_stats=False)
record(F + "local_response_norm", real(2, 5, 3, 2), 3, 0.1, 0.6, 2.0)


def rms_norm(x, shape, weight=None, eps=None):
    """As https://pytorch.org/docs/stable/generated/torch.nn.functional.rms_norm.html, which came after 1.13."""
    dims = [x.dim() - len(shape) + at for at in range(len(shape))]
    added = torch.finfo(x.dtype).eps if eps is None else eps
    out = x / (x.square().mean(dims, keepdim=True) + added).sqrt()
    return out if weight is None else out * weight


record(F + "rms_norm", real(3, 5), [5], function=rms_norm)
record(F + "rms_norm", real(2, 3, 4), [3, 4], real(3, 4), 0.1, function=rms_norm)

record(F + "adaptive_avg_pool1d", real(1, 2, 7), 4)
record(F + "adaptive_avg_pool2d", real(2, 2, 5, 7), [3, 2])
record(F + "adaptive_avg_pool2d", real(1, 2, 6, 4), [3, 2])
record(F + "adaptive_avg_pool2d", real(1, 2, 3, 2), [5, 3])
record(F + "adaptive_avg_pool3d", real(1, 1, 3, 5, 4), [2, None, 3])
for indices in (False, True):
    record(F + "adaptive_max_pool1d", real(2, 7), 3, indices)
    record(F + "adaptive_max_pool2d", real(1, 2, 5, 7), [3, 2], indices)
    record(F + "adaptive_max_pool2d", real(1, 2, 6, 4), [3, 2], indices)
    record(F + "adaptive_max_pool3d", real(1, 1, 3, 5, 4), [2, 2, 3], indices)
record(F + "adaptive_max_pool2d", torch.tensor([[[1.0, 1.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0]]]).requires_grad_(), 2, True)
record(F + "lp_pool1d", real(2, 2, 7, low=0.1), 2, 3, 2)
record(F + "lp_pool1d", real(1, 2, 6, low=0.1), 3, 2, ceil_mode=True)
record(F + "lp_pool2d", real(1, 2, 5, 6), 2, [2, 3])
record(F + "lp_pool2d", real(1, 1, 4, 4, low=0.1), 1.5, 2, 1)


def lp_pool3d(x, norm_type, kernel_size, stride=None):
    """As the two above; PyTorch has it since 2.4."""
    return (f.avg_pool3d(x.pow(norm_type), kernel_size, stride, 0) * kernel_size**3).pow(1 / norm_type)


record(F + "lp_pool3d", real(1, 2, 3, 4, 4, low=0.1), 2, 2, 1, function=lp_pool3d)

record(F + "max_unpool2d", real(1, 2, 2, 2), torch.tensor([[[[0, 3], [9, 14]], [[5, 2], [8, 15]]]]), 2)
for size, scale in (([5], None), ([11], None), (None, 2.0), (None, 0.7)):
    for mode in ("nearest", "nearest-exact", "linear", "area"):
        record(F + "interpolate", real(1, 2, 7), size, scale, mode)
for corners in (False, True):
    record(F + "interpolate", real(1, 2, 4, 3), [7, 5], None, "bilinear", corners)
    record(F + "interpolate", real(1, 2, 4, 3), None, [2.0, 1.5], "bicubic", corners)
    record(F + "interpolate", real(1, 1, 3, 2, 4), None, [2.0, 1.0, 0.5], "trilinear", corners)
    record(F + "interpolate", real(1, 2, 9, 8), [4, 5], None, "bilinear", corners, antialias=True)
    record(F + "interpolate", real(1, 2, 9, 8), [4, 5], None, "bicubic", corners, antialias=True)
    record(F + "interpolate", real(1, 2, 3, 4), [5, 4], None, "bilinear", corners, antialias=True)
record(F + "interpolate", real(1, 1, 5, 4), None, 1.3, "bilinear", False, True)
record(F + "interpolate", real(1, 1, 5, 4), None, 1.3, "bilinear", False, False)
record(F + "interpolate", real(1, 1, 5, 4), None, 1.3, "nearest", recompute_scale_factor=True)
record(F + "upsample", real(1, 2, 3), scale_factor=2)
record(F + "upsample", real(1, 1, 2, 3), [3, 4], mode="bilinear", align_corners=True)

for mode in ("bilinear", "nearest", "bicubic"):
    for padding in ("zeros", "border", "reflection"):
        for corners in (False, True):
            record(F + "grid_sample", real(1, 2, 3, 4), real(1, 2, 3, 2, low=-1.6, high=1.6), mode, padding, corners)
for padding in ("zeros", "reflection"):
    record(F + "grid_sample", real(1, 1, 2, 3, 2), real(1, 2, 1, 2, 3, low=-1.6, high=1.6), "bilinear", padding, True)
for corners in (False, True):
    record(F + "affine_grid", real(2, 2, 3), [2, 1, 3, 4], corners)
    record(F + "affine_grid", real(1, 3, 4), [1, 2, 2, 1, 3], corners)
record("native_layer_norm", real(2, 3), [3], real(3), real(3), 0.1)
save("ops-layers.json")
