"""Trains SegNet (split) and a dilated ResNet-50 with DeepLab heads in PyTorch, narrow and on small images, and writes
the losses, for the dense fidelity test to repeat.

    python make-dense-fixtures.py --out fixtures

Needs PyTorch 2.13 and NumPy. Writes `dense.json`. Runs on one CPU thread with deterministic algorithms.

Weights, images and labels are not stored: each is a float32 that follows from an integer hash of (seed, name, index), see
`noise`, which the test computes again bit for bit. Three tasks: 5 classes (-1 for void), depth (0 where unknown) and
normals (zero where unknown), their losses summed: cross-entropy, mean |p - g| and one minus the mean cosine, over known
pixels. Batches of 4, ten steps with every optimiser, in float32 and, from the same float32 values, in float64. No dropout.

Seeds: for each network the first three whose float64 runs keep clear of every kink by 5e-6: the inputs of ReLUs, the two
largest values of a pooling window, and the errors in depth. Nearer, gradients and places jump on a difference in the last
bits, and two correct float32 programs part. Only PyTorch's float64 decides the choice.
"""

import argparse
import json
import math
import pathlib

import numpy as np
import torch
from torch.nn import functional as F

STEPS, BATCH, SEEDS, MARGIN = 10, 4, 3, 5e-6
WIDTH = 2
TASKS = {"segmentation": 5, "depth": 1, "normals": 3}
RATES = [1, 2, 3]
OPTIMISERS = {"sgd": {"lr": 0.01, "momentum": 0.9}, "adam": {"lr": 1e-3}}


def noise(seed, name, count):
    """`count` numbers in [-1, 1), multiples of 2 ** -23."""
    start = 2166136261
    for byte in f"{seed}/{name}".encode():
        start = ((start ^ byte) * 16777619) % 2**32
    h = (np.arange(count, dtype=np.uint64) * 2654435761 + start) % 2**32
    for shift, factor in ((15, 2246822519), (13, 3266489917)):
        h = ((h ^ (h >> np.uint64(shift))) * np.uint64(factor)) % 2**32
    h ^= h >> np.uint64(16)
    return (h >> np.uint64(8)).astype(np.float64) / 2**23 - 1


class Network:
    """Parameters by name, made when they are first asked for; running statistics are not needed in training."""

    def __init__(self, seed, dtype):
        self.seed, self.dtype, self.parameters, self.clearance = seed, dtype, {}, math.inf

    def parameter(self, name, shape, scale, offset=0.0):
        if name not in self.parameters:
            values = (offset + scale * noise(self.seed, name, math.prod(shape))).astype(np.float32)
            self.parameters[name] = torch.tensor(values.reshape(shape)).to(self.dtype).requires_grad_()
        return self.parameters[name]

    def clear(self, distances):
        self.clearance = min(self.clearance, distances.detach().abs().min().item())

    def convolution(self, x, name, filters, size, stride=1, dilation=1, bias=False):
        cin = x.shape[1]
        kernel = self.parameter(f"{name}/kernel", (size, size, cin, filters), math.sqrt(6 / (size * size * cin)))
        # The last layers' biases are about 1, so that no normal is short: a short one's direction loses digits.
        offset = 1.0 if bias and size == 1 else 0.0
        added = self.parameter(f"{name}/bias", (filters,), 0.1, offset) if bias else None
        padding = size // 2 * dilation
        return F.conv2d(x, kernel.permute(3, 2, 0, 1), added, stride, padding, dilation)

    def norm(self, x, name):
        # Most inputs of ReLUs are above zero. About zero, every layer would make differences a fifth larger, and in a
        # network of this depth the last bits of float32 would decide on which side of a kink an input lies.
        gamma = self.parameter(f"{name}/gamma", (x.shape[1],), 0.2, 0.7)
        beta = self.parameter(f"{name}/beta", (x.shape[1],), 0.2, 1.4)
        return F.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-5)

    def relu(self, x):
        self.clear(x)
        return x.relu()

    def unit(self, x, name, filters, size, index="", **options):
        y = self.convolution(x, f"{name}_conv{index}", filters, size, **options)
        return self.relu(self.norm(y, f"{name}_norm{index}"))

    def max_pool(self, x, size, stride, padding=0):
        windows = F.unfold(F.pad(x, [padding] * 4), size, stride=stride)
        best = windows.reshape(len(x), x.shape[1], size * size, -1).topk(2, dim=2).values
        gaps = (best[:, :, 0] - best[:, :, 1])[best[:, :, 0] > 0]
        self.clear(gaps)
        return F.max_pool2d(x, size, stride, padding, return_indices=True)

    def unpool(self, x, places):
        """F.max_unpool2d, which claims to be nondeterministic; no two windows share a pixel here."""
        n, c, h, w = x.shape
        return x.new_zeros(n, c, 4 * h * w).scatter(2, places.flatten(2), x.flatten(2)).reshape(n, c, 2 * h, 2 * w)

    def finish(self, y, task, size):
        if tuple(y.shape[2:]) != size:
            y = F.interpolate(y, size, mode="bilinear", align_corners=True)
        return F.normalize(y, dim=1) if task == "normals" else y


class SegNet(Network):
    size = (32, 64)

    def forward(self, x):
        channels = [WIDTH * factor for factor in (1, 2, 4, 8, 8)]
        repeat, places = [2, 2, 3, 3, 3], []
        for level, filters in enumerate(channels):
            for index in range(repeat[level]):
                x = self.unit(x, f"encoder{level + 1}", filters, 3, index + 1, bias=True)
            x, found = self.max_pool(x, 2, 2)
            places.append(found)
        for level in range(4, -1, -1):
            x = self.unpool(x, places[level])
            for index in range(repeat[level]):
                x = self.unit(x, f"decoder{level + 1}", channels[max(0, level - 1)], 3, index + 1, bias=True)
        outputs = {}
        for task, count in TASKS.items():
            y = self.convolution(x, f"{task}_conv1", WIDTH, 3, bias=True)
            outputs[task] = self.finish(self.convolution(y, f"{task}_conv2", count, 1, bias=True), task, self.size)
        return outputs


class DilatedResnet(Network):
    size = (32, 48)

    def bottleneck(self, x, name, filters, stride, dilation):
        y = self.unit(x, name, filters, 1, 1)
        y = self.unit(y, name, filters, 3, 2, stride=stride, dilation=dilation)
        y = self.norm(self.convolution(y, f"{name}_conv3", 4 * filters, 1), f"{name}_norm3")
        if stride != 1 or x.shape[1] != 4 * filters:
            x = self.convolution(x, f"{name}_shortcut_conv", 4 * filters, 1, stride)
            x = self.norm(x, f"{name}_shortcut_norm")
        return self.relu(y + x)

    def deeplab(self, x, task, count):
        filters = 4 * WIDTH
        branches = [self.unit(x, f"{task}_aspp1", filters, 1)]
        for index, rate in enumerate(RATES):
            branches.append(self.unit(x, f"{task}_aspp{index + 2}", filters, 3, dilation=rate))
        mean = self.unit(x.mean((2, 3), keepdim=True), f"{task}_mean", filters, 1)
        branches.append(mean.expand(-1, -1, *x.shape[2:]))
        y = self.unit(torch.cat(branches, 1), f"{task}_project", filters, 1)
        y = self.unit(y, f"{task}_head", filters, 3)
        return self.finish(self.convolution(y, f"{task}_out", count, 1, bias=True), task, self.size)

    def forward(self, x):
        x, _ = self.max_pool(self.unit(x, "stem", WIDTH, 7, stride=2), 3, 2, 1)
        stages = [(3, 1, 1, 1), (4, 2, 1, 1), (6, 1, 1, 2), (3, 1, 2, 4)]
        for stage, (blocks, stride, first, rest) in enumerate(stages):
            for block in range(blocks):
                geometry = (stride, first) if block == 0 else (1, rest)
                x = self.bottleneck(x, f"stage{stage + 1}_block{block + 1}", WIDTH * 2**stage, *geometry)
        return {task: self.deeplab(x, task, count) for task, count in TASKS.items()}


NETWORKS = {"segnet": SegNet, "resnet50-dilated": DilatedResnet}


def make_batch(step, size):
    """Images in [0, 1), and labels of which about a fifth is unknown."""
    shape = (BATCH, *size)
    pixels = math.prod(shape)
    draw = lambda name, count=pixels: noise(step, name, count) * 0.5 + 0.5
    image = draw("image", 3 * pixels).astype(np.float32).reshape(*shape, 3)
    classes = np.floor(draw("classes") * 6).astype(np.int64).reshape(shape) - 1
    depth = np.where(draw("known depth") < 0.2, 0, 0.5 + 3 * draw("depth")).astype(np.float32).reshape(*shape, 1)
    vectors = noise(step, "normals", 3 * pixels).reshape(pixels, 3)
    x, y, z = vectors.T
    vectors = vectors / np.sqrt(x * x + y * y + z * z)[:, None]
    vectors[draw("known normals") < 0.2] = 0
    normals = vectors.astype(np.float32).reshape(*shape, 3)
    return image, {"segmentation": classes, "depth": depth, "normals": normals}


def losses(network, outputs, labels):
    nhwc = {task: y.permute(0, 2, 3, 1) for task, y in outputs.items()}
    classes = torch.tensor(labels["segmentation"])
    depth, normals = (torch.tensor(labels[task]).to(network.dtype) for task in ("depth", "normals"))
    errors = (nhwc["depth"] - depth)[depth != 0].abs()
    network.clear(errors)
    known = (normals != 0).any(-1)
    return [
        F.cross_entropy(outputs["segmentation"], classes, ignore_index=-1),
        errors.mean(),
        1 - (nhwc["normals"] * normals).sum(-1)[known].mean(),
    ]


def train(kind, seed, optimiser_name, batches, dtype):
    network = NETWORKS[kind](seed, dtype)
    optimiser, history = None, []
    for image, labels in batches:
        outputs = network.forward(torch.tensor(image).to(dtype).permute(0, 3, 1, 2).contiguous())
        parts = losses(network, outputs, labels)
        if optimiser is None:
            make = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimiser_name]
            optimiser = make(network.parameters.values(), **OPTIMISERS[optimiser_name])
        optimiser.zero_grad()
        sum(parts).backward()
        optimiser.step()
        history.append([part.item() for part in parts])
        if dtype == torch.float64 and network.clearance <= MARGIN:
            return None
    return history


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder to write to")
    out = parser.parse_args().out
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    runs = []
    for kind, network in NETWORKS.items():
        batches = [make_batch(step, network.size) for step in range(STEPS)]
        chosen, seed = 0, 0
        while chosen < SEEDS:
            seed += 1
            doubles = {}
            for name in OPTIMISERS:
                doubles[name] = train(kind, seed, name, batches, torch.float64)
                if doubles[name] is None:
                    break
            if None in doubles.values():
                continue
            chosen += 1
            for name, double in doubles.items():
                single = train(kind, seed, name, batches, torch.float32)
                gap = max(abs(a - b) / abs(b) for s, d in zip(single, double) for a, b in zip(s, d))
                first, last = sum(double[0]), sum(double[-1])
                print(f"{kind:16} seed {seed:3} {name:4} loss {first:.3f} -> {last:.3f}  float32 off by {gap:.1e}")
                runs.append({"network": kind, "seed": seed, "optimiser": name, "float32": single, "float64": double})
    index = {
        "made": {"script": "make-dense-fixtures.py", "torch": torch.__version__.split("+")[0], "numpy": np.__version__},
        "steps": STEPS, "batch": BATCH, "width": WIDTH, "rates": RATES, "tasks": TASKS, "optimisers": OPTIMISERS,
        "sizes": {kind: network.size for kind, network in NETWORKS.items()},
        "runs": runs,
    }
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(index, separators=(",", ":"))
    (out / "dense.json").write_text(text.replace('{"network"', '\n{"network"') + "\n")


if __name__ == "__main__":
    main()
