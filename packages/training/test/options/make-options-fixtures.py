"""Trains a small network of two tasks with PyTorch's own training options, and writes losses and last weights for the tests here.

    python make-options-fixtures.py

Needs PyTorch 2.13 and NumPy. Writes `fixtures/options.json`. All numbers follow from `noise` of ../fidelity/make-dense-fixtures.py;
everything is computed in float64 from float32 first values.
"""

import importlib.util
import json
import pathlib

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, get_swa_multi_avg_fn

here = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("dense", here.parent / "fidelity" / "make-dense-fixtures.py")
dense = importlib.util.module_from_spec(spec)
spec.loader.exec_module(dense)
torch.set_default_dtype(torch.float64)

STEPS, BATCH, LR, MOMENTUM, DECAY = 8, 5, 0.2, 0.9, 0.01
LAYERS = {"shared1": (3, 4), "shared2": (4, 4), "first_out": (4, 2), "second_out": (4, 2)}


def draw(name, shape, seed=1, scale=1.0):
    return torch.tensor((scale * dense.noise(seed, name, int(np.prod(shape)))).astype(np.float32).reshape(shape)).double()


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        for name, (cin, cout) in LAYERS.items():
            layer = torch.nn.Linear(cin, cout)
            layer.weight.data = draw(f"{name}/kernel", (cin, cout)).T.contiguous()
            layer.bias.data = draw(f"{name}/bias", (cout,), scale=0.3)
            self.add_module(name, layer)

    def forward(self, x):
        x = torch.tanh(self.shared2(torch.tanh(self.shared1(x))))
        return torch.tanh(self.first_out(x)), torch.tanh(self.second_out(x))


def batch(step):
    return tuple(draw(name, (BATCH, size), seed=10 + step, scale=2.0) for name, size in (("x", 3), ("first", 2), ("second", 2)))


def train(clip=None, average=None, factors={}, accumulate=1):
    """`clip` and `average` are called with the parameters and the model; `factors` are of rates by layer."""
    model = Small()
    groups = [
        {"params": [layer.weight], "weight_decay": DECAY, "lr": LR * factors.get(name, 1)}
        for name, layer in model.named_children()
    ] + [{"params": [layer.bias], "weight_decay": 0, "lr": LR * factors.get(name, 1)} for name, layer in model.named_children()]
    optimiser = torch.optim.SGD(groups, lr=LR, momentum=MOMENTUM)
    averaged = average(model) if average else None
    losses = []
    for step in range(STEPS):
        x, first, second = batch(step)
        if step % accumulate == 0:
            optimiser.zero_grad()
        one, two = model(x)
        parts = [((one - first) ** 2).mean(), ((two - second) ** 2).mean()]
        (sum(parts) / accumulate).backward()
        losses.append(sum(parts).item())
        if step % accumulate < accumulate - 1:
            continue
        if clip:
            clip(list(model.parameters()))
        optimiser.step()
        if averaged:
            averaged.update_parameters(model)
    last = averaged.module if averaged else model
    weights = {}
    for name, layer in last.named_children():
        weights[f"{name}/kernel"] = layer.weight.T.flatten().tolist()
        weights[f"{name}/bias"] = layer.bias.tolist()
    return {"losses": losses, "weights": weights}


variants = {
    "plain": train(),
    "clip norm 0.5": train(lambda p: torch.nn.utils.clip_grad_norm_(p, 0.5)),
    "clip norm 100": train(lambda p: torch.nn.utils.clip_grad_norm_(p, 100)),
    "clip value 0.05": train(lambda p: torch.nn.utils.clip_grad_value_(p, 0.05)),
    "ema 0.7": train(average=lambda m: AveragedModel(m, multi_avg_fn=get_ema_multi_avg_fn(0.7))),
    "swa": train(average=lambda m: AveragedModel(m, multi_avg_fn=get_swa_multi_avg_fn())),
    "rates": train(factors={"shared1": 0.1, "second_out": 2}),
    "accumulate 2": train(accumulate=2),
    "accumulate 4, clip norm 0.5": train(lambda p: torch.nn.utils.clip_grad_norm_(p, 0.5), accumulate=4),
}
for name, result in variants.items():
    print(f"{name:30}", [round(loss, 4) for loss in result["losses"]])
index = {
    "made": {"script": "make-options-fixtures.py", "torch": torch.__version__.split("+")[0]},
    "steps": STEPS, "batch": BATCH, "lr": LR, "momentum": MOMENTUM, "decay": DECAY, "variants": variants,
}
(here / "fixtures" / "options.json").write_text(json.dumps(index, separators=(",", ":")).replace('},"', '},\n"') + "\n")
