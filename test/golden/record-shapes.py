# Makes ops-shapes.json beside this file: shapes, views, joins, splits, paddings and writing at positions, where PyTorch's own
# samples (opinfo) have none or only trivial ones.
#   /usr/bin/python3 record-shapes.py        (PyTorch 1.13, CPU; the tests need the file alone, not PyTorch)
import torch

from recording import bits, real, record, save, whole

F = "nn.functional."

# Images as columns and channels as pixels.
for arguments in ((2,), ([2, 3], 1, [1, 0], [2, 1]), (2, 2, 1, 1), (3, 1, 0, 3)):
    kernel = arguments[0] if isinstance(arguments[0], list) else [arguments[0]] * 2
    columns = torch.nn.functional.unfold(torch.zeros(2, 2, 6, 6), *arguments).shape[2]
    record(F + "fold", real(2, 2 * kernel[0] * kernel[1], columns), [6, 6], *arguments)
record(F + "fold", real(4, 9), 4, 2)
record(F + "unfold", real(1, 2, 5, 4), [2, 3], 1, [1, 0], [2, 1])
record(F + "pixel_shuffle", real(2, 8, 3, 2), 2)
record(F + "pixel_shuffle", real(9, 1, 2), 3)
record(F + "pixel_unshuffle", real(2, 2, 4, 6), 2)
record(F + "pixel_unshuffle", real(1, 3, 3), 3)

record("channel_shuffle", real(2, 6, 2, 1, grad=False), 3)
record("kron", real(2, 3), real(2, 1, 2))
record("kron", real(3), whole(2))

# Padding: crops, several dimensions, the largest that each mode allows.
record(F + "pad", real(3, 4), [1, -1, -1, 2], value=0.5)
record(F + "pad", real(2, 3, 2), [0, 1, 2, 0, 1, 1])
record(F + "pad", whole(2, 3), [1, 2], value=7)
for mode in ("reflect", "replicate", "circular"):
    record(F + "pad", real(1, 2, 4), [3, 2], mode=mode)
    record(F + "pad", real(1, 2, 3, 4), [1, 2, 2, 1], mode=mode)
    record(F + "pad", real(1, 1, 2, 3, 2), [1, 0, 1, 2, 1, 1], mode=mode)
record(F + "pad", real(1, 2, 5), [-1, 2], mode="reflect")
record(F + "pad", real(1, 2, 5), [2, -3], mode="replicate")
record("constant_pad_nd", real(2, 3), [1, 1, 0, 2], 3.0)

# Writing at positions.
index = torch.tensor([[0, 2, 1, 0], [1, 2, 1, 2]])
for how in ("sum", "prod", "mean", "amax", "amin"):
    for include in (True, False):
        record("scatter_reduce", real(3, 4), 0, index, real(2, 4), how, include_self=include)
        record("scatter_reduce", real(2, 3), 1, torch.tensor([[0, 0, 0, 2]]), real(1, 4), how, include_self=include)
        record("scatter_reduce", whole(3, 4), 0, index, whole(2, 4), how, include_self=include)
        if how != "sum":
            record("index_reduce", real(3, 2), 0, torch.tensor([0, 2, 0]), real(3, 2), how, include_self=include)
zero = torch.tensor([[1.0, 0.0, 2.0, 0.0], [3.0, 0.0, 0.0, 5.0]]).requires_grad_()
record("scatter_reduce", real(3, 4), 0, index, zero, "prod")
record("scatter_reduce", torch.tensor([2.0, 0.0]).requires_grad_(), 0, torch.tensor([0, 0, 1]), torch.tensor([3.0, 4.0, 5.0]).requires_grad_(), "prod")
ties = torch.tensor([1.0, 2.0, 2.0, 0.5]).requires_grad_()
record("scatter_reduce", torch.tensor([2.0, 0.5]).requires_grad_(), 0, torch.tensor([0, 0, 0, 1]), ties, "amax")
record("scatter_reduce", torch.tensor([2.0, 0.5]).requires_grad_(), 0, torch.tensor([0, 0, 0, 1]), ties, "amin")
record("scatter_reduce", torch.tensor([2.0, float("nan")]), 0, torch.tensor([0, 1]), torch.tensor([float("nan"), 1.0]), "amax")
record("scatter_reduce_", real(3, 4), 0, index, real(2, 4), "mean")
record("index_reduce_", real(3, 2), 0, torch.tensor([0, 2, 0]), real(3, 2), "amin")
record("index_fill", real(3, 4), 1, torch.tensor([3, 0]), real())
record("index_fill", whole(3, 4), 0, torch.tensor([-1, 0]), 9)
record("index_fill_", real(3, 4), 1, torch.tensor([2]), -1.5)
record("put", real(2, 3), torch.tensor([[5, 0], [-2, 1]]), real(2, 2))
record("put", real(2, 3), torch.tensor([5, 0, 5]), real(3), True)
record("put_", real(2, 3), torch.tensor([1, 4]), real(2))
mask = torch.tensor([[True, False, True], [False, True, True]])
record("masked_scatter", real(2, 3), mask, real(5))
record("masked_scatter", real(2, 3), mask[0], real(6))
record("masked_scatter", real(2, 3), torch.zeros(2, 3, dtype=torch.bool), real(1))
record("masked_scatter_", real(2, 3), mask, real(2, 3))
record("index_put", real(3, 4), (torch.tensor([0, 2]), torch.tensor([1, 3])), real(2))
record("index_put", real(3, 4), (torch.tensor([0, 0]),), real(4), True)

# Copies with a part replaced, diagonals.
record("slice_scatter", real(4, 3), real(2, 3), 0, 1, 3, 1)
record("slice_scatter", real(4, 5), real(4, 2), 1, -4, 5, 2)
record("slice_scatter", real(3), real(3), 0, 0, 3, 1)
record("select_scatter", real(3, 2), real(3), 1, 1)
record("diagonal_scatter", real(3, 4), real(3), 1)
# Its gradient of the input is wrong in PyTorch 1.13: memory that nobody wrote.
record("as_strided_scatter", real(2, 3, grad=False), real(2, 2, grad=False), [2, 2], [2, 3], 0)
record("as_strided", real(3, 4), [2, 3], [3, 1], 2)
record("as_strided", real(7), [3, 3], [2, 1])
record("diag_embed", real(2, 3), -1, 0, 2)
record("diagflat", real(2, 2), 1)
record("adjoint", real(2, 3, 4))

# Joins and splits.
record("atleast_1d", real(2))
record("atleast_2d", real(3))
record("atleast_3d", real(3))
record("column_stack", (real(3), real(3, 2)))
record("dstack", (real(2, 3), real(2, 3)))
record("block_diag", real(2, 2), real(3), real())
record("combinations", real(4), 3, True)
record("combinations", real(5), 3)
record("tensor_split", real(7, 2), 3)
record("tensor_split", real(5), [3, 1, -1, 9])
record("hsplit", real(2, 4), 2)
record("vsplit", real(4, 2), [1, 3])
record("rot90", real(2, 3), 1)
record("rot90", real(2, 3, 2), 3, [2, 0])
record("rot90", real(2, 3), -1)
record("sum_to_size", real(3, 2, 4), 2, 1)
record("repeat_interleave", real(3, 2), torch.tensor([2, 0, 1]), 0)
record("repeat_interleave", real(2, 2), 3)
record("repeat_interleave", torch.tensor([1, 0, 3]))
record(F + "one_hot", torch.tensor([[0, 2], [1, 1]]), 4)

# Differences and integrals.
record("diff", bits(5))
record("diff", whole(2, 4), 2)
record("diff", real(3), prepend=real(2), append=real(1))
record("gradient", real(4, 3), spacing=0.5, edge_order=2)
record("gradient", real(3, 5), dim=1, spacing=[torch.tensor([0.0, 0.5, 1.5, 1.7, 4.0])], edge_order=2)
record("gradient", real(2, 4), dim=[1], spacing=[torch.tensor([0.0, 2.0, 2.5, 4.0])])
record("trapezoid", real(2, 4), dx=0.5)
record("trapezoid", real(3, 2), real(3), dim=0)
record("trapezoid", real(3, 2), real(2), dim=1)
record("cumulative_trapezoid", real(2, 4), real(4))

# Creation.
record("tril_indices", 3, 4, 1)
record("triu_indices", 4, 3, -1)
record("logspace", -1.0, 2.5, 7)
record("logspace", 0.0, 4.0, 5, 2.0)
record("linalg.vander", real(3), N=4)
record("vander", real(3, grad=False))
record("vander", whole(3), 4, increasing=True)
record("tril_", real(3, 4), 1)
record("triu_", real(3, 4))
record("fill_diagonal_", real(3, 4), 2.5)
record("fill_diagonal_", real(7, 3, grad=False), 2.5, wrap=True)
record("fill_diagonal_", real(2, 2, 2, grad=False), -1)

save("ops-shapes.json")
