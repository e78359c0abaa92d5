"""Functions of nn.functional and linalg that OpInfo has no samples of in PyTorch 1.13; makes ops-rare.json beside this file:

    python3 test/golden/ops-rare.py        (PyTorch 1.13, CPU)
"""
import torch
from torch.nn import functional as F

from recording import real, record, save

torch.manual_seed(31)


def scores(*shape):
    return torch.log_softmax(torch.randn(*shape) * 2, -1).requires_grad_(True)


# Repeated labels, samples that end early, and one without labels; few shapes, since each is programs of its own on the GPU.
padded = torch.tensor([[1, 2, 2, 0], [3, 1, 0, 0], [0, 0, 0, 0]])
joined = torch.tensor([1, 2, 2, 3, 1])
for reduction in ("mean", "sum", "none"):
    record("nn.functional.ctc_loss", scores(6, 3, 4), padded, [6, 4, 3], [3, 2, 0], 0, reduction)
record("nn.functional.ctc_loss", scores(6, 3, 4), joined, torch.tensor([5, 3, 2]), torch.tensor([3, 2, 0]), reduction="none")
record("nn.functional.ctc_loss", scores(6, 3, 4), torch.tensor([[1, 2, 2, 0], [0, 1, 0, 0], [2, 0, 0, 0]]), [6, 5, 4], [4, 3, 1], blank=3)
# No way: three labels in two times; two equal labels need a blank between them.
for zero in (True, False):
    record("nn.functional.ctc_loss", scores(6, 3, 4), torch.tensor([[1, 2, 3, 1], [1, 1, 0, 0], [2, 0, 0, 0]]), [2, 2, 2], [3, 2, 1], reduction="none", zero_infinity=zero)
record("nn.functional.ctc_loss", scores(5, 3), torch.tensor([1, 2]), torch.tensor(5), torch.tensor(2))
record("nn.functional.ctc_loss", scores(40, 2, 6), torch.randint(1, 6, (2, 9)), [40, 31], [9, 6], reduction="sum")


pool2, pool3 = "nn.functional.fractional_max_pool2d", "nn.functional.fractional_max_pool3d"
record(pool2, real(2, 3, 7, 9), 2, (3, 4), return_indices=True, _random_samples=torch.rand(2, 3, 2))
record(pool2, real(2, 8, 8), (3, 2), output_ratio=(0.5, 0.7), return_indices=True, _random_samples=torch.rand(1, 2, 2))
record(pool2, real(1, 2, 5, 6), (2, 3), (1, 4), _random_samples=torch.rand(1, 2, 2))
record(pool3, real(2, 2, 5, 6, 7), 2, (2, 3, 4), return_indices=True, _random_samples=torch.rand(2, 2, 3))
record(pool3, real(2, 6, 6, 6), (2, 1, 3), output_ratio=0.5, _random_samples=torch.rand(1, 2, 3))
record(pool2 + "_with_indices", real(1, 2, 6, 6), 2, 3, _random_samples=torch.rand(1, 2, 2))
record(pool3 + "_with_indices", real(1, 1, 5, 5, 5), 2, 2, _random_samples=torch.rand(1, 1, 3))

# One system of reflections for each matrix, fewer than columns; none at all; and those of a factorisation.
record("linalg.householder_product", real(2, 5, 4, low=-1.0, high=1.0), real(2, 3, low=0.0, high=1.0))
record("linalg.householder_product", real(5, 4), real(0))
matrix, tau = torch.geqrf(torch.randn(2, 5, 4))
record("linalg.householder_product", matrix, tau)


def symmetric(*shape):
    x = torch.randn(*shape)
    # Small diagonals ask for blocks of 2.
    return (x + x.mT) * (1 - 0.9 * torch.eye(shape[-1]))


def pivots(function):
    return lambda *args: tuple(x.long() if x.dtype == torch.int32 else x for x in function(*args))


for a in (symmetric(2, 9, 9), torch.zeros(3, 3)):
    record("linalg.ldl_factor_ex", a, function=pivots(torch.linalg.ldl_factor_ex))
a = symmetric(2, 9, 9)
ld, places = torch.linalg.ldl_factor(a)
record("linalg.ldl_factor", a, function=pivots(torch.linalg.ldl_factor))
record("linalg.ldl_solve", ld, places.long(), real(9, 3, grad=False), function=lambda x, p, b: torch.linalg.ldl_solve(x, p.int(), b))



def small(*shape, grad=True):
    return real(*shape, low=-0.7, high=0.7, grad=grad)


heads = "nn.functional.multi_head_attention_forward"
hidden = torch.tensor([[False, False, True, False], [False, False, False, True]])
causal = torch.triu(torch.ones(3, 4, dtype=torch.bool), 2)
record(heads, small(3, 2, 6), small(4, 2, 6), small(4, 2, 6), 6, 2, small(18, 6), small(18), None, None, False, 0.0, small(6, 6), small(6), True, hidden)
record(heads, small(3, 2, 6), small(4, 2, 6), small(4, 2, 6), 6, 3, small(18, 6), small(18), small(1, 1, 6), small(1, 1, 6), True, 0.0, small(6, 6), None,
       attn_mask=causal, average_attn_weights=False)
record(heads, small(3, 2, 4), small(4, 2, 3), small(4, 2, 5), 4, 2, None, small(12), None, None, False, 0.3, small(4, 4), small(4), training=False,
       use_separate_proj_weight=True, q_proj_weight=small(4, 4), k_proj_weight=small(4, 3), v_proj_weight=small(4, 5))
record(heads, small(3, 4), small(5, 4), small(5, 4), 4, 2, small(12, 4), None, None, None, False, 0.0, small(4, 4), small(4), attn_mask=small(3, 5, grad=False))
record(heads, small(3, 2, 4), small(5, 2, 4), small(5, 2, 4), 4, 2, small(12, 4), small(12), None, None, True, 0.0, small(4, 4), small(4),
       static_k=small(4, 5, 2), static_v=small(4, 5, 2))

save("ops-rare.json")
