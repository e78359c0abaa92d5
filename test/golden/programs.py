"""What PyTorch prints and learns in the programs of demo/examples; written with PyTorch 1.13:

    python3 test/golden/programs.py > test/golden/programs.json

`lines`: the printed lines of the programs that are compared as text; shapes as plain lists. The others are numbers.
"""
import json
import torch

lines, out = [], {}


def show(*values):
    text = lambda v: str(list(v)) if isinstance(v, torch.Size) else str(v)
    lines.append(" ".join(text(v) for v in values))


def done(name):
    out[name] = {"lines": list(lines)}
    lines.clear()


# -- tensors ----------------------------------------------------------------------------------------------------------
torch.manual_seed(0)
x = torch.arange(12)
show(x)
show(x.shape, x.numel())
X = x.reshape(3, 4)
show(X)
show(x.reshape(-1, 4).shape, x.reshape(3, -1).shape)
show(torch.zeros(2, 3, 4))
show(torch.ones(2, 3, 4))
show(torch.rand(2, 3, 4))
show(torch.rand([2, 3, 4]).shape)
show(torch.randn(3, 4))
show(torch.tensor([[2.0, 1, 4, 3], [1, 2, 3, 4], [4, 3, 2, 1]]))
X = torch.arange(12, dtype=torch.float32).reshape(3, 4)
show(X[-1])
show(X[1:3])
show(X[::2, 1::2])
X[1, 2] = 17
show(X)
X[0:2, :] = 12
show(X)
x = torch.tensor([1.0, 2, 4, 8])
y = torch.tensor([2.0, 2, 2, 2])
show(x + y)
show(x - y)
show(x * y)
show(x / y)
show(x**y)
show(torch.exp(x))
X = torch.arange(12, dtype=torch.float32).reshape(3, 4)
Y = torch.tensor([[2.0, 1, 4, 3], [1, 2, 3, 4], [4, 3, 2, 1]])
show(torch.cat((X, Y), dim=0))
show(torch.cat((X, Y), dim=1))
show(X == Y)
show(X.sum())
a = torch.arange(3).reshape(3, 1)
b = torch.arange(2).reshape(1, 2)
show(a)
show(b)
show(a + b)
Z = torch.zeros_like(Y)
before = Z
Z[...] = X + Y
show(Z is before)
show(before)
array = X.sum(0).numpy()
show(" ".join(str(int(v)) for v in array))
show(torch.from_numpy(array * 2))
done("tensors")

# -- preprocessing (the frame's own methods are pandas'; the tensors are what counts) -----------------------------------
show("NumRooms, RoofType_Slate, RoofType_nan")
show(torch.tensor([[3.0, 0, 1], [2, 0, 1], [4, 1, 0], [3, 0, 1]]))
show(torch.tensor([[127500.0], [106000], [178100], [140000]]))
done("preprocessing")

# -- linear-algebra ---------------------------------------------------------------------------------------------------
A = torch.arange(6, dtype=torch.float32).reshape(2, 3)
show(A)
show(A.T)
S = torch.tensor([[1.0, 2, 3], [2, 0, 4], [3, 4, 5]])
show(S == S.T)
show(torch.equal(S, S.T))
show(A.sum())
show(A.sum(0))
show(A.sum(1))
show(A.sum([0, 1]))
show(A.mean(), A.sum() / A.numel())
show(A.mean(0))
show(A.sum(1, keepdim=True))
show(A / A.sum(1, keepdim=True))
show(A.cumsum(0))
x = torch.arange(3, dtype=torch.float32)
y = torch.ones(3)
show(torch.dot(x, y), (x * y).sum())
show(torch.mv(A, x))
B = torch.ones(3, 4)
show(torch.mm(A, B))
u = torch.tensor([3.0, -4.0])
show(torch.norm(u))
show(torch.abs(u).sum())
show(torch.norm(torch.ones(4, 9)))
done("linear-algebra")

# -- autograd ---------------------------------------------------------------------------------------------------------
x = torch.arange(4.0, requires_grad=True)
show(x)
y = x + 2
show(y)
y.sum().backward()
show(x.grad)
(2 * x.dot(x)).backward()
show(x.grad)
x.grad.zero_()
(2 * x.dot(x)).backward()
show(x.grad)
x.grad.zero_()
y = x * x
y.sum().backward()
show(x.grad)
x.grad.zero_()
y = x * x
y.backward(torch.tensor([1.0, 0.1, 0.01, 0.001]))
show(x.grad)
x.grad.zero_()
y = x * x
u = y.detach()
z = u * x
z.sum().backward()
show(torch.equal(x.grad, u))


def f(a):
    b = a * 2
    while b.norm() < 1000:
        b = b * 2
    return b if b.sum() > 0 else 100 * b


torch.manual_seed(3)
a = torch.randn((), requires_grad=True)
d = f(a)
d.backward()
show(a.grad, torch.equal(a.grad, (d / a).detach()))
w = torch.tensor(2.0, requires_grad=True)
b = torch.tensor(1.0, requires_grad=True)
loss = (w * 3 + b - 5) ** 2
show(loss)


def topological_order(fn):
    order, seen = [], set()

    def visit(fn):
        if fn is None or fn in seen:
            return
        seen.add(fn)
        for following, _ in fn.next_functions:
            visit(following)
        order.append(fn)

    visit(fn)
    return order[::-1]


show(" -> ".join(fn.name().split("::")[-1] for fn in topological_order(loss.grad_fn)))
done("autograd")

# -- linear regression from scratch -------------------------------------------------------------------------------------
torch.manual_seed(7)
true_w, true_b = torch.tensor([2, -3.4]), 4.2
X = torch.normal(0, 1, (1000, 2))
y = torch.matmul(X, true_w) + true_b
y += torch.normal(0, 0.01, y.shape)
features, labels = X, y.reshape(-1, 1)
w = torch.normal(0, 0.01, size=(2, 1), requires_grad=True)
b = torch.zeros(1, requires_grad=True)
losses = []
for epoch in range(3):
    for batch in torch.randperm(1000).split(10):
        yhat = features[batch] @ w + b
        ((yhat - labels[batch]) ** 2 / 2).sum().backward()
        with torch.no_grad():
            for p in (w, b):
                p -= 0.03 * p.grad / 10
                p.grad.zero_()
    with torch.no_grad():
        losses.append(((features @ w + b - labels) ** 2 / 2).mean().item())
out["linear-regression-scratch"] = {"losses": losses, "w": w.flatten().tolist(), "b": b.item()}

# -- rosenbrock -------------------------------------------------------------------------------------------------------
p = torch.zeros(2, requires_grad=True)
steps = 0
while True:
    loss = (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2
    if loss < 0.001:
        break
    loss.backward()
    with torch.no_grad():
        p -= 0.001 * p.grad
        p.grad.zero_()
    steps += 1
out["rosenbrock"] = {"steps": steps, "loss": loss.item(), "point": p.tolist()}

# -- apples and oranges -----------------------------------------------------------------------------------------------
torch.manual_seed(0)
inputs = torch.tensor([[73.0, 67, 43], [91, 88, 64], [87, 134, 58], [102, 43, 37], [69, 96, 70]])
targets = torch.tensor([[56.0, 70], [81, 101], [119, 133], [22, 37], [103, 119]])
w = torch.randn(2, 3, requires_grad=True)
b = torch.randn(2, requires_grad=True)
losses = {}
for step in range(101):
    loss = ((inputs @ w.T + b - targets) ** 2).mean()
    if step in (0, 1, 10, 100):
        losses[step] = loss.item()
    loss.backward()
    with torch.no_grad():
        for p in (w, b):
            p -= 1e-5 * p.grad
            p.grad.zero_()
out["apples-and-oranges"] = {"losses": list(losses.values())}

# -- linear regression, 50,000 steps ------------------------------------------------------------------------------------
torch.manual_seed(0)
rooms = torch.normal(6.3, 0.7, (100,))
price = 9 * rooms - 35 + torch.normal(0, 2, (100,))
X = torch.stack([rooms, torch.ones(100)], dim=1)
for name, lr in (("L2", 0.01), ("L1", 0.03)):
    theta = torch.zeros(2)
    best, best_loss = theta, torch.tensor(float("inf"))
    for step in range(50_000):
        r = X @ theta - price
        if name == "L2":
            loss, gradient = (r * r).mean(), 2 * X.T @ r / 100
        else:
            loss, gradient = r.abs().mean(), X.T @ r.sign() / 100
        if loss < best_loss:
            best, best_loss = theta, loss
        theta = theta - lr * gradient
    out[f"fifty-thousand-steps {name}"] = {"best": best.tolist(), "loss": best_loss.item(), "last": loss.item()}

print(json.dumps(out, indent=1))
