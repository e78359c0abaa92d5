"""What PyTorch answers, and the gradients it gives, where its own samples (opinfo) do not reach: functions of linear algebra that
have none, and arguments that they leave out. Written with PyTorch 1.13:

    /usr/bin/python3 test/golden/linalg.py > test/golden/linalg.json

A list of samples by PyTorch's name, each as test/ops/samples.ts reads it. Vectors that are known up to their sign (of eigh and
svd) are recorded as their magnitudes, in `spectral`.
"""
import json
import math
import torch

torch.manual_seed(20260101)
samples = {}
names = {torch.float32: "float32", torch.int64: "int32", torch.int32: "int32", torch.bool: "bool"}


def number(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return float("%.9g" % value) if isinstance(value, float) else int(value)


def encode(value):
    if isinstance(value, torch.Tensor):
        data = [number(v) for v in value.detach().reshape(-1).tolist()]
        out = {"tensor": list(value.shape), "dtype": names[value.dtype], "data": data}
        return dict(out, grad=True) if value.requires_grad else out
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": number(value)}
    return [encode(one) for one in value] if isinstance(value, (list, tuple)) else value


def leaves(value):
    if isinstance(value, torch.Tensor):
        return [value] if value.requires_grad else []
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, (list, tuple)) else []


def record(op, input, *args, call=None, **kwargs):
    function = call
    if function is None:
        function = torch
        for part in op.split("."):
            function = getattr(function, part, None) or getattr(torch.Tensor, op)
    output = function(input, *args, **kwargs)
    results = list(output) if isinstance(output, (list, tuple)) else [output]
    sample = {"input": encode(input), "args": encode(args), "kwargs": {k: encode(v) for k, v in kwargs.items()}}
    sample["output"] = encode(results if len(results) > 1 else results[0])
    wanted = [one for one in results if one.requires_grad]
    given = leaves([input, list(args), kwargs])
    if wanted and given:
        seeds = [torch.randn(one.shape) for one in wanted]
        sample["grad_outputs"] = [encode(seed) for seed in seeds]
        grads = torch.autograd.grad(wanted, given, seeds, allow_unused=True)
        sample["grads"] = [None if grad is None else encode(grad) for grad in grads]
    samples.setdefault(op, []).append(sample)


def real(*shape):
    return torch.randn(shape).requires_grad_()


def regular(*shape):
    """Square matrices far from singular."""
    return (torch.randn(shape) + 3 * torch.eye(shape[-1])).requires_grad_()


def definite(*shape):
    x = torch.randn(shape)
    return (x @ x.mT + torch.eye(shape[-1])).requires_grad_()


for shape in [(4, 4), (5, 3), (3, 5), (2, 4, 3), (1, 1)]:
    record("linalg.qr", real(*shape))
    record("linalg.qr", real(*shape).detach(), mode="complete")
    record("linalg.qr", real(*shape).detach(), mode="r")
record("linalg.qr", real(4, 4), mode="complete")
record("qr", real(5, 3))
record("qr", real(5, 3).detach(), some=False)
record("linalg.diagonal", real(2, 3, 4))
record("linalg.diagonal", real(3, 4, 2), offset=1, dim1=0, dim2=1)
record("linalg.matmul", real(2, 3, 4), real(4, 2))
record("linalg.matrix_power", regular(3, 3), -2)
record("linalg.matrix_power", regular(2, 3, 3), 3)
record("linalg.matrix_power", regular(3, 3), 1)
record("matrix_power", regular(3, 3), 2)
record("linalg.matrix_exp", real(2, 3, 3))
record("linalg.matrix_exp", (real(4, 4) * 6).detach().requires_grad_())
record("linalg.matrix_exp", torch.zeros(2, 2, requires_grad=True))
record("linalg.cholesky", definite(2, 4, 4))
record("cholesky_inverse", torch.linalg.cholesky(definite(3, 3)).detach().requires_grad_())
record("linalg.solve", regular(3, 3), real(4, 3), left=False)
record("linalg.solve", regular(2, 1, 3, 3), real(4, 3, 2))
record("linalg.solve_triangular", regular(3, 3), real(3, 2), upper=False)
record("linalg.solve_triangular", regular(3, 3), real(2, 3), upper=True, left=False)
record("linalg.solve_triangular", regular(2, 3, 3), real(4, 3), upper=False, left=False, unitriangular=True)
for left in (True, False):
    for adjoint in (True, False):
        lu, pivots = torch.linalg.lu_factor(torch.randn(3, 3))
        record("linalg.lu_solve", lu.requires_grad_(), pivots, real(3, 3), left=left, adjoint=adjoint)
record("lu", real(4, 4))
record("logdet", torch.tensor([[0.0, 1.0], [1.0, 0.0]]))
record("det", real(3, 3))
record("slogdet", real(2, 3, 3))
record("inverse", regular(2, 3, 3))
record("linalg.tensorsolve", regular(6, 6).detach().reshape(2, 6, 3).requires_grad_(), real(2, 3), dims=(1,))
record("linalg.tensorinv", regular(4, 4).detach().reshape(4, 2, 2).requires_grad_(), ind=1)
for driver in ("gels", "gelsy", "gelsd", "gelss"):
    # PyTorch 1.13 has no gradient of the residuals.
    record("linalg.lstsq", real(5, 3).detach(), real(5, 2).detach(), driver=driver)
for p in (None, 1, -1, 2, -2, float("inf"), -float("inf"), "fro", "nuc"):
    # PyTorch 1.13 cannot differentiate the others: it writes over the inverse that it saved.
    x = regular(2, 3, 3)
    record("linalg.cond", x if p in (None, 2, -2) else x.detach(), p)
for p in (2, -2, "nuc", "fro", 1, -float("inf")):
    record("linalg.matrix_norm", real(3, 2, 4), p, dim=(0, 2))
    record("linalg.matrix_norm", real(3, 2, 4), p, dim=(2, 0), keepdim=True)
record("linalg.norm", real(3, 4), "nuc")
record("linalg.norm", real(2, 3, 4), 2, dim=(1, 2), keepdim=True)
record("norm", real(2, 3, 4), "nuc", dim=(0, 2))
record("linalg.pinv", real(5, 3))
record("linalg.pinv", real(3, 5), rtol=0.3)
record("linalg.pinv", definite(3, 3).detach(), hermitian=True)
record("linalg.matrix_rank", torch.ones(3, 4))
record("linalg.matrix_rank", torch.diag(torch.tensor([3.0, 1e-3, 1e-9])))
record("linalg.matrix_rank", torch.diag(torch.tensor([3.0, 1e-3, 1e-9])), atol=1e-2)
record("linalg.eigvalsh", definite(3, 3))
record("linalg.svdvals", real(3, 5))
record("linalg.multi_dot", [real(4), real(4, 3), real(3, 2), real(2)])
record("linalg.multi_dot", [real(4, 3), real(3, 2), real(2)])
record("linalg.cross", real(3, 2), real(3, 2), dim=0)
record("cross", real(2, 3, 3), real(2, 3, 3))
record("linalg.vecdot", real(2, 3), real(3))
record("inner", real(2, 3), real(4, 3))
record("inner", torch.randn(()).requires_grad_(), real(2))
record("vdot", real(4), real(4))
record("tensordot", real(2, 3, 4), real(4, 3), dims=[[1, 2], [1, 0]], call=torch.tensordot)
record("tensordot", real(2, 3), real(4), dims=0, call=torch.tensordot)
record("addbmm", real(3), real(2, 2, 3), real(2, 3, 3), beta=0.5, alpha=2)
record("addr", real(3), real(2), real(3), beta=0.5, alpha=2)
for p in (0.0, 0.5, 1.0, 2.0, 3.0, float("inf")):
    record("cdist", real(3, 2), real(2, 4, 2), p)
    record("dist", *([real(2, 3), real(3)] if p > 0 else [torch.randn(2, 3), torch.randn(3)]), p)
    record("nn.functional.pdist", real(4, 3), p)

equations = [
    ("ij,jk", (2, 3), (3, 4)),
    ("ij,jk->ki", (2, 3), (3, 4)),
    ("ba", (2, 3)),
    ("aB", (2, 3)),
    ("ii", (3, 3)),
    ("ii->i", (3, 3)),
    ("...ii->...i", (2, 3, 3)),
    ("iij,jk->ik", (3, 3, 2), (2, 2)),
    ("bij,bjk->bik", (2, 3, 4), (2, 4, 2)),
    (" b i j , b j k -> b k i ", (2, 3, 4), (2, 4, 2)),
    ("...ij,...jk", (2, 1, 3, 4), (5, 4, 2)),
    ("...ij,...jk->ik...", (2, 1, 3, 4), (5, 4, 2)),
    ("i,j,k->ijk", (2,), (3,), (4,)),
    ("bn,anm,bm->ba", (2, 3), (4, 3, 2), (2, 2)),
    ("ij,kl,jk,ml->im", (2, 3), (4, 5), (3, 4), (2, 5)),
    ("i...->...", (2, 3)),
    ("ij,ij->", (2, 3), (2, 3)),
    ("ij,ij", (1, 3), (2, 3)),
    (",i->i", (), (3,)),
    ("ijk,ikl->ijl", (2, 0, 3), (2, 3, 2)),
    ("ij,jk->ik", (2, 0), (0, 3)),
    ("bhqd,bhkd->bhqk", (2, 2, 3, 4), (2, 2, 5, 4)),
]
for equation, *shapes in equations:
    record("einsum", [torch.randn(shape).requires_grad_() for shape in shapes], equation, call=lambda list, text: torch.einsum(text, list))

spectral = []
for shape in [(4, 4), (2, 3, 3)]:
    x = torch.randn(shape)
    x = (x + x.mT) / 2
    values, vectors = torch.linalg.eigh(x)
    spectral.append({"op": "eigh", "input": encode(x), "parts": encode([values, vectors.abs()])})
for shape in [(4, 4), (5, 3), (2, 3, 5)]:
    x = torch.randn(shape)
    u, s, v = torch.linalg.svd(x, full_matrices=False)
    spectral.append({"op": "svd", "input": encode(x), "parts": encode([u.abs(), s, v.abs()])})

print(json.dumps({"samples": samples, "spectral": spectral}))
