"""Numbers of torch.arange, written with PyTorch 1.13 on a processor with AVX2:

    python3 test/golden/ranges.py > test/golden/ranges.json

A row: start, end, step, how many, then the first 40 and the last 20 as float32 (9 digits name one exactly).
"""
import json
import torch

torch.set_num_threads(1)
rows = []
for start, end, step in (
    (0, 1, 0.1), (0, 10, 0.1), (0, 100, 0.3), (1, 50, 0.7), (-3, 3, 0.01), (0, 1000, 0.123), (5, -5, -0.37),
    (0.1, 7.3, 0.05), (0, 2, 0.001), (0, 6000, 0.1), (1000, 1040, 0.1), (0, 1.6, 0.1), (0, 3.2, 0.1), (0.5, 16.5, 1),
    (-1e-3, 1e-3, 1e-5), (1e6, 1e6 + 40, 0.25),
):  # fmt: skip
    x = torch.arange(float(start), float(end), float(step))
    numbers = [float("%.9g" % v) for v in torch.cat([x[:40], x[-20:]]).tolist()]
    rows.append([start, end, step, len(x), numbers])
print("[" + ",\n".join(json.dumps(row) for row in rows) + "]")
