"""Writes torch.json: how PyTorch learns eight real scenes by heart, from the same first weights and batches.

In this folder, with PyTorch 2.13 and NumPy 2:
    NODE_OPTIONS=--conditions=@overparam/source npx tsx export.ts FOLDER
    python overfit.py FOLDER

SegNet with one trunk and three heads, written down here again from the MTAN paper (Liu et al. 2019), at a quarter of its
width; Adam at the rates of the recipe, losses weighed as there. Each seed is trained several times, from first weights
that differ by rounding.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from torch.nn import functional as F

folder = pathlib.Path(sys.argv[1])
exchange = json.loads((folder / "exchange.json").read_text())
recipe = exchange["recipe"]


def read(file, entries):
    data = np.fromfile(folder / file, dtype=np.float32)
    tensors, at = {}, 0
    for entry in entries:
        size = int(np.prod(entry["shape"]))
        tensors[entry["name"]] = torch.tensor(data[at : at + size].reshape(entry["shape"]))
        at += size
    return tensors


class SegNet:
    def __init__(self, weights):
        self.p = {}
        for name, value in weights.items():
            value = value.permute(3, 2, 0, 1).contiguous() if name.endswith("/kernel") else value.clone()
            self.p[name] = value.requires_grad_()
        self.running = {}

    def conv(self, x, name):
        kernel = self.p[f"{name}/kernel"]
        return F.conv2d(x, kernel, self.p[f"{name}/bias"], padding=kernel.shape[-1] // 2)

    def unit(self, x, block, index, train):
        norm = f"{block}_norm{index}"
        y = self.conv(x, f"{block}_conv{index}")
        c = y.shape[1]
        mean, variance = self.running.setdefault(norm, (torch.zeros(c), torch.ones(c)))
        y = F.batch_norm(y, mean, variance, self.p[f"{norm}/gamma"], self.p[f"{norm}/beta"], train, 0.1, 1e-5)
        return F.relu(y)

    def __call__(self, x, train):
        places = {}
        for level in range(1, 6):
            for index in range(1, (2 if level <= 2 else 3) + 1):
                x = self.unit(x, f"encoder{level}", index, train)
            x, places[level] = F.max_pool2d(x, 2, 2, return_indices=True)
        for level in range(5, 0, -1):
            x = F.max_unpool2d(x, places[level], 2, 2)
            for index in range(1, (2 if level <= 2 else 3) + 1):
                x = self.unit(x, f"decoder{level}", index, train)
        heads = [self.conv(self.conv(x, f"{task}_conv1"), f"{task}_conv2") for task in ("segmentation", "depth", "normals")]
        heads[2] = F.normalize(heads[2], dim=1, eps=1e-12)
        return heads


def losses_of(outputs, batch):
    classes, depth, normals = batch
    segmentation = F.cross_entropy(outputs[0], classes, ignore_index=-1)
    known = (depth != 0).float()
    distance = ((outputs[1] - depth).abs() * known).sum() / known.sum().clamp(min=1)
    valid = (normals != 0).any(1, keepdim=True).float()
    angle = 1 - ((outputs[2] * normals).sum(1, keepdim=True) * valid).sum() / valid.sum().clamp(min=1)
    return segmentation, distance, angle


def mean_iou(predicted, truth, classes=13):
    valid = truth >= 0
    matrix = torch.bincount(classes * truth[valid] + predicted[valid], minlength=classes**2).reshape(classes, classes)
    union = matrix.sum(0) + matrix.sum(1) - matrix.diag()
    there = union > 0
    return (matrix.diag()[there] / union[there]).double().mean().item()


scenes = read("scenes.bin", exchange["scenes"])
images = scenes["x"].permute(0, 3, 1, 2).contiguous()
classes = scenes["label/segmentation"].long()
depth = scenes["label/depth"].permute(0, 3, 1, 2).contiguous()
normals = scenes["label/normals"].permute(0, 3, 1, 2).contiguous()

weights = [recipe["weights"][task] for task in ("segmentation", "depth", "normals")]


def train(first, order, rates):
    network = SegNet(first)
    optimiser = torch.optim.Adam(network.p.values(), lr=recipe["rate"], betas=(0.9, recipe["beta2"]))
    losses = []
    for chosen, rate in zip(order, rates, strict=True):
        optimiser.param_groups[0]["lr"] = rate
        parts = losses_of(network(images[chosen], True), (classes[chosen], depth[chosen], normals[chosen]))
        optimiser.zero_grad()
        sum(weight * part for weight, part in zip(weights, parts)).backward()
        optimiser.step()
        losses.append(round(sum(parts).item(), 5))
    with torch.no_grad():
        predicted = network(images, False)[0].argmax(1)
    return {"mIoU": round(mean_iou(predicted, classes), 4), "losses": losses}


results = []
for entry in exchange["seeds"]:
    for index, first in enumerate(entry["runs"]):
        trained = train(read(f"weights-{entry['seed']}-{index}.bin", first["weights"]), entry["order"], entry["rates"])
        end = round(sum(trained["losses"][-20:]) / 20, 5)
        print(entry["seed"], index, trained["mIoU"], end, flush=True)
        # Every loss of a seed's first run is kept, of the others what they end at.
        losses = trained["losses"] if index == 0 else trained["losses"][-20:]
        result = {"seed": entry["seed"], "run": index, "checksum": first["checksum"], "mIoU": trained["mIoU"], "losses": losses}
        results.append(result)
(pathlib.Path(__file__).parent / "torch.json").write_text(json.dumps({"recipe": recipe, "runs": results}) + "\n")
