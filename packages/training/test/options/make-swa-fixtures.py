"""Averages a small network with a batch norm by PyTorch's own swa_utils, and writes weights and statistics for the tests here.

    python make-swa-fixtures.py

Needs PyTorch 2.13 and NumPy. Writes `fixtures/swa.json`. All numbers follow from `noise` of ../fidelity/make-dense-fixtures.py;
everything is computed in float64 from float32 first values.
"""

import importlib.util
import json
import pathlib

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, update_bn

here = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("dense", here.parent / "fidelity" / "make-dense-fixtures.py")
dense = importlib.util.module_from_spec(spec)
spec.loader.exec_module(dense)
torch.set_default_dtype(torch.float64)

STEPS, BATCH, LR, FROM, EVERY, SEEN = 9, 5, 0.2, 3, 2, 4


def draw(name, shape, seed=1, scale=1.0):
    return torch.tensor((scale * dense.noise(seed, name, int(np.prod(shape)))).astype(np.float32).reshape(shape)).double()


class Normed(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(3, 4, bias=False)
        self.norm = torch.nn.BatchNorm1d(4, eps=1e-3, momentum=0.1)
        self.out = torch.nn.Linear(4, 2, bias=False)
        self.hidden.weight.data = draw("hidden/kernel", (3, 4)).T.contiguous()
        self.out.weight.data = draw("out/kernel", (4, 2)).T.contiguous()

    def forward(self, x):
        return self.out(torch.tanh(self.norm(self.hidden(x))))


def batch(step):
    return draw("x", (BATCH, 3), seed=10 + step, scale=2.0), draw("y", (BATCH, 2), seed=10 + step, scale=2.0)


model = Normed()
optimiser = torch.optim.SGD(model.parameters(), lr=LR)
averaged = AveragedModel(model)
for step in range(STEPS):
    x, y = batch(step)
    optimiser.zero_grad()
    ((model(x) - y) ** 2).mean().backward()
    optimiser.step()
    done = step + 1
    if done >= FROM and (done - FROM) % EVERY == 0:
        averaged.update_parameters(model)
update_bn([batch(step)[0] for step in range(SEEN)], averaged)

last = averaged.module
index = {
    "made": {"script": "make-swa-fixtures.py", "torch": torch.__version__.split("+")[0]},
    "steps": STEPS, "batch": BATCH, "lr": LR, "from": FROM, "every": EVERY, "seen": SEEN,
    "weights": {
        "hidden/kernel": last.hidden.weight.T.flatten().tolist(),
        "norm/gamma": last.norm.weight.tolist(),
        "norm/beta": last.norm.bias.tolist(),
        "out/kernel": last.out.weight.T.flatten().tolist(),
    },
    "statistics": {
        "norm/moving_mean": last.norm.running_mean.tolist(),
        "norm/moving_variance": last.norm.running_var.tolist(),
    },
}
print(index["statistics"])
(here / "fixtures" / "swa.json").write_text(json.dumps(index) + "\n")
