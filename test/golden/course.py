"""What PyTorch learns in the course's programs of demo/examples; written with PyTorch 1.13:

    python3 test/golden/course.py > test/golden/course.json
"""
import json
import torch
from torch import nn

out = {}
font = [
    "01110 10001 10011 10101 11001 10001 01110",
    "00100 01100 00100 00100 00100 00100 01110",
    "01110 10001 00001 00110 01000 10000 11111",
    "11110 00001 00001 01110 00001 00001 11110",
    "00010 00110 01010 10010 11111 00010 00010",
    "11111 10000 11110 00001 00001 10001 01110",
    "00110 01000 10000 11110 10001 10001 01110",
    "11111 00001 00010 00100 01000 01000 01000",
    "01110 10001 10001 01110 10001 10001 01110",
    "01110 10001 10001 01111 00001 00010 01100",
]
glyphs = torch.zeros(10, 16, 16)
for digit, text in enumerate(font):
    for y, row in enumerate(text.split()):
        for x, dot in enumerate(row):
            glyphs[digit, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2] = float(dot)


def digits(count):
    y = torch.randint(0, 10, (count,))
    down = torch.randint(0, 3, (count, 1, 1))
    right = torch.randint(0, 7, (count, 1, 1))
    rows = (torch.arange(16).reshape(1, 16, 1) - down) % 16
    columns = (torch.arange(16).reshape(1, 1, 16) - right) % 16
    light = torch.rand(count, 1, 1) * 0.5 + 0.5
    noise = torch.normal(0, 0.2, (count, 16, 16))
    return (glyphs[y.reshape(-1, 1, 1), rows, columns] * light + noise).unsqueeze(1), y


def loader(*tensors, size):
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*tensors), size, shuffle=True)


def accuracy(net, x, y):
    with torch.no_grad():
        return (net(x).argmax(1) == y).float().mean().item()


def fit(net, train, test, trainer, epochs):
    """Mean loss of the batches and test accuracy of each epoch."""
    loss, losses, accuracies = nn.CrossEntropyLoss(), [], []
    for _ in range(epochs):
        total = []
        net.train()
        for x, y in loader(*train, size=50) if not isinstance(train, torch.utils.data.DataLoader) else train:
            l = loss(net(x), y)
            trainer.zero_grad()
            l.backward()
            trainer.step()
            total.append(l.item())
        net.eval()
        losses.append(sum(total) / len(total))
        accuracies.append(accuracy(net, *test))
    return {"losses": losses, "accuracies": accuracies}


# -- softmax regression from scratch ------------------------------------------------------------------------------------
torch.manual_seed(0)
train, test = digits(1000), digits(200)
W = torch.normal(0, 0.01, (256, 10), requires_grad=True)
b = torch.zeros(10, requires_grad=True)


def net(x):
    e = (x.reshape(-1, 256) @ W + b).exp()
    return e / e.sum(1, keepdim=True)


losses, accuracies = [], []
for _ in range(5):
    total = 0
    for batch in torch.randperm(1000).split(50):
        x, y = train[0][batch], train[1][batch]
        l = -net(x)[torch.arange(50), y].log()
        l.sum().backward()
        with torch.no_grad():
            for p in (W, b):
                p -= 0.1 * p.grad / 50
                p.grad.zero_()
        total += l.sum().item()
    losses.append(total / 1000)
    accuracies.append(accuracy(net, *test))
out["softmax-regression-scratch"] = {"losses": losses, "accuracies": accuracies}

# -- softmax regression, concise ----------------------------------------------------------------------------------------
torch.manual_seed(0)
train, test = digits(1000), digits(200)
net = nn.Sequential(nn.Flatten(), nn.Linear(256, 10))
nn.init.normal_(net[1].weight, 0, 0.01)
nn.init.zeros_(net[1].bias)
batches = loader(*train, size=50)
out["softmax-regression-concise"] = fit(net, batches, test, torch.optim.SGD(net.parameters(), 0.1), 5)

# -- multilayer perceptron from scratch ---------------------------------------------------------------------------------
torch.manual_seed(1)
train, test = digits(1000), digits(200)
params = [torch.randn(256, 64) * 0.05, torch.zeros(64), torch.randn(64, 10) * 0.05, torch.zeros(10)]
for p in params:
    p.requires_grad_()
W1, b1, W2, b2 = params
net = lambda x: torch.relu(x.reshape(-1, 256) @ W1 + b1) @ W2 + b2
trainer = torch.optim.SGD(params, 0.2)
losses, accuracies = [], []
for _ in range(5):
    total = 0
    for batch in torch.randperm(1000).split(50):
        l = nn.functional.cross_entropy(net(train[0][batch]), train[1][batch])
        trainer.zero_grad()
        l.backward()
        trainer.step()
        total += l.item()
    losses.append(total / 20)
    accuracies.append(accuracy(net, *test))
out["mlp-scratch"] = {"losses": losses, "accuracies": accuracies}

# -- multilayer perceptron, concise -------------------------------------------------------------------------------------
torch.manual_seed(1)
train, test = digits(1000), digits(200)
net = nn.Sequential(nn.Flatten(), nn.Linear(256, 64), nn.ReLU(), nn.Linear(64, 10))
batches = loader(*train, size=50)
out["mlp-concise"] = fit(net, batches, test, torch.optim.SGD(net.parameters(), 0.2), 5)


# -- weight decay -------------------------------------------------------------------------------------------------------
def examples(count):
    x = torch.normal(0, 1, (count, 200))
    y = x @ (torch.ones(200, 1) * 0.01) + 0.05
    return x, y + torch.normal(0, 0.01, (count, 1))


results = []
for decay in (0, 3):
    torch.manual_seed(2)
    train, test = examples(20), examples(100)
    w = torch.normal(0, 1, (200, 1), requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    loss = lambda x, y: ((x @ w + b - y) ** 2 / 2).mean()
    batches = loader(*train, size=5)
    for _ in range(100):
        for x, y in batches:
            (loss(x, y) + (w**2).sum() * (decay / 2)).backward()
            with torch.no_grad():
                for p in (w, b):
                    p -= p.grad * 0.003
                    p.grad.zero_()
    results.append([loss(*train).item(), loss(*test).item(), w.norm().item()])
for decay in (0, 3):
    torch.manual_seed(2)
    train, test = examples(20), examples(100)
    net = nn.Sequential(nn.Linear(200, 1))
    for p in net.parameters():
        p.data.normal_()
    loss = nn.MSELoss()
    trainer = torch.optim.SGD([{"params": [net[0].weight], "weight_decay": decay}, {"params": [net[0].bias]}], lr=0.003)
    batches = loader(*train, size=5)
    for _ in range(100):
        for x, y in batches:
            trainer.zero_grad()
            (loss(net(x), y) / 2).backward()
            trainer.step()
    half = lambda x, y: (loss(net(x), y) / 2).item()
    results.append([half(*train), half(*test), net[0].weight.norm().item()])
out["weight-decay"] = results


# -- dropout ------------------------------------------------------------------------------------------------------------
class DropoutMlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = nn.Linear(256, 64), nn.Linear(64, 64), nn.Linear(64, 10)

    def drop(self, h, p):
        return (torch.rand(h.shape) > p).float() * h / (1 - p) if self.training else h

    def forward(self, x):
        h = self.drop(self.first(x.flatten(1)).relu(), 0.2)
        return self.last(self.drop(self.second(h).relu(), 0.5))


torch.manual_seed(3)
train, test = digits(1000), digits(200)
net = DropoutMlp()
batches = loader(*train, size=50)
result = fit(net, batches, test, torch.optim.SGD(net.parameters(), 0.2), 6)
out["dropout"] = {"losses": result["losses"], "accuracy": result["accuracies"][-1]}

# -- LeNet --------------------------------------------------------------------------------------------------------------
torch.manual_seed(4)
train, test = digits(1000), digits(200)
net = nn.Sequential(
    nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2),
    nn.Flatten(), nn.Linear(64, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
)
for layer in net.modules():
    if isinstance(layer, (nn.Linear, nn.Conv2d)):
        nn.init.xavier_uniform_(layer.weight)
batches = loader(*train, size=50)
out["lenet"] = fit(net, batches, test, torch.optim.SGD(net.parameters(), 0.05, momentum=0.9), 5)

# -- residual net -------------------------------------------------------------------------------------------------------
class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, stride=stride)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1, stride=stride)

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (y + self.shortcut(x)).relu()


torch.manual_seed(9)
train, test = digits(800), digits(100)
net = nn.Sequential(
    nn.Conv2d(1, 8, 5, padding=2, stride=2), nn.BatchNorm2d(8), nn.ReLU(), Residual(8, 8), Residual(8, 16, 2),
    nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(64, 10),
)
batches = loader(*train, size=50)
out["resnet"] = fit(net, batches, test, torch.optim.SGD(net.parameters(), 0.2), 4)

# -- character models ---------------------------------------------------------------------------------------------------
text = """the sun is up, the sea is wide,
the boats go out upon the tide.
the sun is high, the sea is bright,
the boats are far and out of sight.
the sun is low, the sea is red,
the boats come home, the nets are spread.
the sun is down, the sea is deep,
the boats are in, and all asleep.
"""
letters = sorted(set(text))
codes = lambda part: torch.tensor([letters.index(letter) for letter in part])
one_hot = lambda index: nn.functional.one_hot(index, len(letters)).float()
corpus = codes(text)
out["char-rnn"] = {}
for kind in (nn.RNN, nn.GRU, nn.LSTM):
    torch.manual_seed(5)
    rnn, head = kind(len(letters), 32), nn.Linear(32, len(letters))
    params = [*rnn.parameters(), *head.parameters()]
    trainer, losses = torch.optim.Adam(params, 0.02), []
    for _ in range(80):
        starts = torch.randint(0, len(text) - 21, (16,))
        pieces = corpus[starts + torch.arange(21).reshape(-1, 1)]
        l = nn.functional.cross_entropy(head(rnn(one_hot(pieces[:-1]))[0]).flatten(0, 1), pieces[1:].flatten())
        trainer.zero_grad()
        l.backward()
        nn.utils.clip_grad_norm_(params, 1)
        trainer.step()
        losses.append(l.item())
    with torch.no_grad():
        written = "the "
        output, state = rnn(one_hot(codes(written).reshape(-1, 1)))
        for _ in range(60):
            code = head(output)[-1, 0].argmax()
            written += letters[code]
            output, state = rnn(one_hot(code.reshape(1, 1)), state)
    out["char-rnn"][kind.__name__] = {"losses": losses, "text": written}

# -- attention ----------------------------------------------------------------------------------------------------------
torch.manual_seed(8)
f = lambda x: 2 * torch.sin(x) + x
x = torch.sort(torch.rand(40) * 5).values
y = f(x) + torch.randn(40)
at = torch.arange(0, 5, 0.5)
kernels = {
    "gaussian": lambda d: torch.exp(d**2 / -2),
    "boxcar": lambda d: (d.abs() < 1).float(),
    "constant": lambda d: d * 0 + 1,
    "epanechnikov": lambda d: (1 - d.abs()).clamp(min=0),
}
found = {}
for name, kernel in kernels.items():
    weights = kernel(x.reshape(-1, 1) - at.reshape(1, -1))
    found[name] = y @ (weights / weights.sum(0))


def masked_softmax(scores, lens):
    mask = torch.arange(scores.shape[-1]).reshape(1, 1, -1) >= lens.reshape(-1, 1, 1)
    return scores.masked_fill(mask, -1e6).softmax(-1)


queries, keys = torch.normal(0, 1, (2, 1, 2)), torch.normal(0, 1, (2, 10, 2))
values, lens = torch.normal(0, 1, (2, 10, 4)), torch.tensor([2, 6])
found["scaled"] = masked_softmax(queries @ keys.transpose(1, 2) / 2**0.5, lens) @ values
W_q, W_k, w_v = nn.Linear(20, 8, bias=False), nn.Linear(2, 8, bias=False), nn.Linear(8, 1, bias=False)
longer = torch.normal(0, 1, (2, 1, 20))
features = torch.tanh(W_q(longer).unsqueeze(2) + W_k(keys).unsqueeze(1))
found["added"] = masked_softmax(w_v(features).squeeze(-1), lens) @ values
several = nn.MultiheadAttention(20, 5, bias=False, batch_first=True)
words = torch.cat([torch.ones(1, 4, 20), torch.randn(1, 4, 20)])
found["output"], found["weights"] = several(words, words, words)
out["attention"] = {name: one.detach().flatten().tolist() for name, one in found.items()}


# -- a transformer that reverses ----------------------------------------------------------------------------------------
class Reverser(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(10, 32)
        self.position = nn.Parameter(torch.randn(6, 32) * 0.1)
        layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1)
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        return self.head(self.encoder(self.embed(x) + self.position))


torch.manual_seed(6)
net = Reverser()
trainer, losses = torch.optim.Adam(net.parameters(), 0.01), []
for _ in range(100):
    x = torch.randint(0, 10, (32, 6))
    l = nn.functional.cross_entropy(net(x).flatten(0, 1), x.flip(1).flatten())
    trainer.zero_grad()
    l.backward()
    trainer.step()
    losses.append(l.item())
x = torch.randint(0, 10, (100, 6))
out["transformer-reverse"] = {"losses": losses, "accuracy": (net(x).argmax(-1) == x.flip(1)).float().mean().item()}

# -- optimizers ---------------------------------------------------------------------------------------------------------
optim = torch.optim
twins = {
    "gradient descent, lr 0.4": lambda p: optim.SGD(p, 0.4),
    "momentum, lr 0.6, beta 0.5": lambda p: optim.SGD(p, 0.6, momentum=0.5),
    "Nesterov, lr 0.3, beta 0.5": lambda p: optim.SGD(p, 0.3, momentum=0.5, nesterov=True),
    "Adagrad, lr 2": lambda p: optim.Adagrad(p, 2),
    "RMSprop, lr 0.4, alpha 0.9": lambda p: optim.RMSprop(p, 0.4, alpha=0.9),
    "Adadelta, lr 5, rho 0.9": lambda p: optim.Adadelta(p, 5, rho=0.9),
    "Adam, lr 0.5": lambda p: optim.Adam(p, 0.5),
    "AMSGrad, lr 0.5": lambda p: optim.Adam(p, 0.5, amsgrad=True),
}
out["optimizers"] = {}
for name, twin in twins.items():
    x = torch.tensor([-5.0, -2], requires_grad=True)
    trainer, points = twin([x]), [x.tolist()]
    for _ in range(20):
        trainer.zero_grad()
        (x**2 * torch.tensor([0.1, 2])).sum().backward()
        trainer.step()
        points.append(x.tolist())
    out["optimizers"][name] = points

print(json.dumps(out, indent=1))
