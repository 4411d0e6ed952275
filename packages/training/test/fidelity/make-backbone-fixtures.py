"""Trains networks of experts (MMoE, CGC, DSelect-k), MTAN and cross-stitch networks with SegNet's layers, and VGG, MobileNet v2
and ImageNet's ResNet-18 in PyTorch, narrow and on small images, and writes the losses, for the test of backbones to repeat.

    python make-backbone-fixtures.py --out fixtures

Needs PyTorch 2.13 and NumPy. Writes `backbones.json`. Runs on one CPU thread with deterministic algorithms.

Numbers, labels, losses and the choice of seeds are as in make-dense-fixtures.py, which this imports: nothing is stored but
losses. Batches of 2 for the first kind, of 6 with 5 classes for the second; ten steps with every optimiser, no dropout.
"""

import argparse
import importlib.util
import json
import math
import pathlib

import numpy as np
import torch
from torch.nn import functional as F

spec = importlib.util.spec_from_file_location("dense", pathlib.Path(__file__).with_name("make-dense-fixtures.py"))
dense = importlib.util.module_from_spec(spec)
spec.loader.exec_module(dense)

STEPS, SEEDS, CLASSES, MARGIN = 10, 2, 5, 2e-6
OPTIMISERS = {"sgd": {"lr": 0.003, "momentum": 0.9}, "adam": {"lr": 1e-3}}
TASKS = dense.TASKS
CHANNELS = [2 * factor for factor in (1, 2, 4, 8, 8)]
REPEAT = [2, 2, 3, 3, 3]


class Segnets(dense.Network):
    """What networks of several tasks are made of."""

    size, batch = (32, 32), 2

    def encode(self, x, level, prefix=""):
        outputs = []
        for index in range(REPEAT[level]):
            x = self.unit(x, f"{prefix}encoder{level + 1}", CHANNELS[level], 3, index + 1, bias=True)
            outputs.append(x)
        pooled, places = self.max_pool(x, 2, 2)
        return outputs[0], x, pooled, places

    def decode(self, x, places, level, prefix=""):
        x = unpooled = self.unpool(x, places)
        for index in range(REPEAT[level]):
            x = self.unit(x, f"{prefix}decoder{level + 1}", CHANNELS[max(0, level - 1)], 3, index + 1, bias=True)
        return unpooled, x

    def trunk(self, x, prefix=""):
        encoded, decoded = [], {}
        for level in range(5):
            encoded.append(self.encode(x, level, prefix))
            x = encoded[-1][2]
        for level in range(4, -1, -1):
            decoded[level] = self.decode(x, encoded[level][3], level, prefix)
            x = decoded[level][1]
        return encoded, decoded

    def heads(self, features):
        outputs = {}
        for x, (task, count) in zip(features, TASKS.items()):
            y = self.convolution(x, f"{task}_conv1", x.shape[1], 3, bias=True)
            outputs[task] = self.finish(self.convolution(y, f"{task}_conv2", count, 1, bias=True), task, self.size)
        return outputs

    def numbers(self, x, name, units, gate):
        if gate == "task":
            return self.parameter(f"{name}/vector", (units,), 0.4)[None].expand(len(x), units)
        pixels = x.permute(0, 2, 3, 1).flatten(1)
        kernel = self.parameter(f"{name}/kernel", (pixels.shape[1], units), math.sqrt(6 / pixels.shape[1]))
        # Pixels are about a half: a sum of so many is spread by about 0.8.
        return pixels @ kernel + self.parameter(f"{name}/bias", (units,), 0.1)


class Experts(Segnets):
    experts, own, gate = 2, 0, "image"

    def weights(self, x, task, count):
        return self.numbers(x, f"{task}_gate", count, self.gate).softmax(1)

    def forward(self, x):
        features = []
        shared = [self.trunk(x, f"expert{i + 1}_")[1][0][1] for i in range(self.experts)]
        for task in TASKS:
            given = shared + [self.trunk(x, f"{task}_expert{i + 1}_")[1][0][1] for i in range(self.own)]
            weights = self.weights(x, task, len(given))
            features.append(sum(weights[:, i, None, None, None] * y for i, y in enumerate(given)))
        return self.heads(features)


class Cgc(Experts):
    experts, own = 1, 1


class DselectK(Experts):
    """Selectors over binary digits; the smooth step by cases, as the paper has it."""

    experts, nonzeros, gamma, gate = 2, 2, 2.0, "task"

    def weights(self, x, task, count):
        g, digits = self.gamma, int(math.log2(count))
        t = self.numbers(x, f"{task}_digits", self.nonzeros * digits, self.gate).reshape(-1, self.nonzeros, digits)
        on = -2 / g**3 * t**3 + 3 / (2 * g) * t + 0.5
        on = torch.where(t <= -g / 2, torch.zeros_like(t), torch.where(t >= g / 2, torch.ones_like(t), on))
        shares = self.numbers(x, f"{task}_shares", self.nonzeros, self.gate).softmax(1)
        columns = []
        for expert in range(count):
            code = [int(digit) for digit in format(expert, f"0{digits}b")]
            parts = torch.stack([on[..., i] if bit else 1 - on[..., i] for i, bit in enumerate(code)], -1)
            columns.append((parts.prod(-1) * shares).sum(1))
        return torch.stack(columns, 1)


class DselectImage(DselectK):
    gate, gamma = "image", 3.0


class Mtan(Segnets):
    def attention(self, x, name, filters):
        x = self.unit(x, name, filters, 1, 1, bias=True)
        return torch.sigmoid(self.norm(self.convolution(x, f"{name}_conv2", filters, 1, bias=True), f"{name}_norm2"))

    def forward(self, x):
        encoded, decoded = self.trunk(x)
        features = []
        for task in TASKS:
            own = None
            for level in range(5):
                first, last, _, _ = encoded[level]
                source = first if own is None else torch.cat((first, own), 1)
                own = self.attention(source, f"{task}_encoder{level + 1}", CHANNELS[level]) * last
                own = self.unit(own, f"attention_encoder{level + 1}", CHANNELS[min(4, level + 1)], 3, bias=True)
                own, _ = self.max_pool(own, 2, 2)
            for level in range(4, -1, -1):
                unpooled, last = decoded[level]
                filters = CHANNELS[max(0, level - 1)]
                side = [2 * own.shape[2], 2 * own.shape[3]]
                own = self.resized(own, side)
                own = self.unit(own, f"attention_decoder{level + 1}", filters, 3, bias=True)
                own = self.attention(torch.cat((unpooled, own), 1), f"{task}_decoder{level + 1}", filters) * last
            features.append(own)
        return self.heads(features)

    def resized(self, x, side):
        """Bilinear with corners aligned, as two products, for want of a deterministic gradient of PyTorch's own."""

        def matrix(before, after):
            at = torch.zeros(after, dtype=x.dtype) if before == 1 else torch.arange(after, dtype=x.dtype) * ((before - 1) / (after - 1))
            return (1 - (at[:, None] - torch.arange(before, dtype=x.dtype)).abs()).clamp(min=0)

        return torch.einsum("ih,nchw,jw->ncij", matrix(x.shape[2], side[0]), x, matrix(x.shape[3], side[1]))


class CrossStitch(Segnets):
    def stitch(self, columns, place):
        if len(columns) == 1:
            return columns
        return [
            sum(w * x for w, x in zip(self.parameter(f"{task}_{place}_stitch/factors", (3,), 0.3, 0.4), columns))
            for task in TASKS
        ]

    def forward(self, x):
        columns, places = [x] * 3, {}
        for level in range(5):
            encoded = [self.encode(c, level, f"{task}_") for c, task in zip(columns, TASKS)]
            places[level] = [each[3] for each in encoded]
            columns = self.stitch([each[2] for each in encoded], f"encoder{level + 1}")
        for level in range(4, -1, -1):
            columns = [self.decode(c, p, level, f"{task}_")[1] for c, p, task in zip(columns, places[level], TASKS)]
            if level > 0:
                columns = self.stitch(columns, f"decoder{level + 1}")
        return self.heads(columns)


class Classifier(dense.Network):
    batch = 6

    def dense(self, x, name, units):
        kernel = self.parameter(f"{name}/kernel", (x.shape[1], units), math.sqrt(6 / x.shape[1]))
        return x @ kernel + self.parameter(f"{name}/bias", (units,), 0.1)

    def relu6(self, x):
        self.clear(x)
        self.clear(x - 6)
        return F.hardtanh(x, 0, 6)

    def vgg(self, x, layers, width, norms, bias):
        for stage, count in enumerate(layers):
            for index in range(count):
                name = f"stage{stage + 1}_conv{index + 1}"
                x = self.convolution(x, name, width * 2 ** min(stage, 3), 3, bias=bias)
                x = self.relu(self.norm(x, name.replace("conv", "norm")) if norms else x)
            x, _ = self.max_pool(x, 2, 2)
        return x


class Vgg16(Classifier):
    size, norms = (32, 64), False

    def forward(self, x):
        x = self.vgg(x, REPEAT, 2, self.norms, True).permute(0, 2, 3, 1)
        # Two maps beside each other, averaged: one pixel for the dense layers.
        x = x.mean((1, 2))
        for name in ("hidden1", "hidden2"):
            x = self.relu(self.dense(x, name, 8))
        return self.dense(x, "classifier", CLASSES)


class Vgg16Norms(Vgg16):
    norms = True


class VggSmall(Classifier):
    size = (16, 24)

    def forward(self, x):
        return self.dense(self.vgg(x, [1, 2, 3], 3, True, False).mean((2, 3)), "classifier", CLASSES)


class MobilenetV2(Classifier):
    size = (12, 14)

    def unit6(self, x, name, filters, size, stride=1):
        return self.relu6(self.norm(self.convolution(x, f"{name}_conv", filters, size, stride), f"{name}_norm"))

    def forward(self, x):
        """A quarter of all channels, which are multiples of 8."""
        x = self.unit6(x, "stem", 8, 3)
        table = [(1, 8, 1, 1), (6, 8, 2, 1), (6, 8, 3, 2), (6, 16, 4, 2), (6, 24, 3, 1), (6, 40, 3, 2), (6, 80, 1, 1)]
        for stage, (t, filters, n, s) in enumerate(table):
            for block in range(n):
                name, stride, cin = f"stage{stage + 1}_block{block + 1}", s if block == 0 else 1, x.shape[1]
                y = x if t == 1 else self.unit6(x, f"{name}_expand", t * cin, 1)
                kernel = self.parameter(f"{name}_depth_conv/depthwise_kernel", (3, 3, y.shape[1], 1), math.sqrt(6 / 9))
                y = F.conv2d(y, kernel.permute(2, 3, 0, 1), None, stride, 1, 1, y.shape[1])
                y = self.relu6(self.norm(y, f"{name}_depth_norm"))
                y = self.norm(self.convolution(y, f"{name}_project_conv", filters, 1), f"{name}_project_norm")
                x = x + y if stride == 1 and cin == filters else y
        return self.dense(self.unit6(x, "last", 1280, 1).mean((2, 3)), "classifier", CLASSES)


class Resnet18(Classifier):
    size = (40, 33)

    def forward(self, x):
        x, _ = self.max_pool(self.unit(x, "stem", 2, 7, stride=2), 3, 2, 1)
        for stage in range(4):
            for block in range(2):
                name, filters = f"stage{stage + 1}_block{block + 1}", 2 * 2**stage
                stride = 2 if stage and not block else 1
                y = self.unit(x, name, filters, 3, 1, stride=stride)
                y = self.norm(self.convolution(y, f"{name}_conv2", filters, 3), f"{name}_norm2")
                if stride != 1:
                    x = self.norm(self.convolution(x, f"{name}_shortcut_conv", filters, 1, stride), f"{name}_shortcut_norm")
                x = self.relu(x + y)
        return self.dense(x.mean((2, 3)), "classifier", CLASSES)


SEGNET = {"trunk": "segnet", "width": 2 / 64}
NETWORKS = {
    "MMoE": (Experts, "mmoe", {**SEGNET, "experts": 2}),
    "CGC": (Cgc, "cgc", {**SEGNET, "experts": 1, "taskExperts": 1}),
    "DSelect-k": (DselectK, "dselect-k", {**SEGNET, "experts": 2, "nonzeros": 2, "gamma": 2, "gate": "task"}),
    "DSelect-k by image": (DselectImage, "dselect-k", {**SEGNET, "experts": 2, "nonzeros": 2, "gamma": 3, "gate": "image"}),
    "MTAN": (Mtan, "segnet-mtan", {"width": 2 / 64}),
    "cross-stitch": (CrossStitch, "segnet-cross-stitch", {"width": 2 / 64}),
    "VGG-16": (Vgg16, "vgg16", {"width": 2, "hidden": 8, "grid": 1, "dropout": 0, "norms": False}),
    "VGG-16 with norms": (Vgg16Norms, "vgg16", {"width": 2, "hidden": 8, "grid": 1, "dropout": 0, "norms": True}),
    "VGG for small images": (VggSmall, "vgg-small", {"width": 3, "layers": [1, 2, 3]}),
    "MobileNet v2": (MobilenetV2, "mobilenet-v2", {"multiplier": 0.25, "dropout": 0}),
    "ResNet-18 for ImageNet": (Resnet18, "resnet18", {"width": 2, "stem": "large"}),
}


def class_batch(step, size, batch):
    pixels = batch * math.prod(size) * 3
    image = (dense.noise(step, "image", pixels) * 0.5 + 0.5).astype(np.float32).reshape(batch, *size, 3)
    draw = dense.noise(step, "classes", batch) * 0.5 + 0.5
    return image, np.floor(draw * CLASSES).astype(np.int64)


def batches_of(network):
    if issubclass(network, Classifier):
        return [class_batch(step, network.size, network.batch) for step in range(STEPS)]
    dense.BATCH = network.batch
    return [dense.make_batch(step, network.size) for step in range(STEPS)]


def train(network_class, seed, optimiser_name, batches, dtype):
    network = network_class(seed, dtype)
    optimiser, history = None, []
    for image, labels in batches:
        outputs = network.forward(torch.tensor(image).to(dtype).permute(0, 3, 1, 2).contiguous())
        if isinstance(network, Classifier):
            parts = [F.cross_entropy(outputs, torch.tensor(labels))]
        else:
            parts = dense.losses(network, outputs, labels)
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
    for name, (network, backbone, options) in NETWORKS.items():
        batches = batches_of(network)
        chosen, seed = 0, 0
        while chosen < SEEDS:
            seed += 1
            doubles = {}
            for kind in OPTIMISERS:
                doubles[kind] = train(network, seed, kind, batches, torch.float64)
                if doubles[kind] is None:
                    break
            if None in doubles.values():
                continue
            chosen += 1
            for kind, double in doubles.items():
                single = train(network, seed, kind, batches, torch.float32)
                gap = max(abs(a - b) / abs(b) for s, d in zip(single, double) for a, b in zip(s, d))
                first, last = sum(double[0]), sum(double[-1])
                print(f"{name:22} seed {seed:3} {kind:4} loss {first:.3f} -> {last:.3f}  float32 off by {gap:.1e}", flush=True)
                about = {"network": name, "backbone": backbone, "options": options, "size": network.size, "batch": network.batch}
                runs.append({**about, "seed": seed, "optimiser": kind, "float32": single, "float64": double})
    index = {
        "made": {"script": "make-backbone-fixtures.py", "torch": torch.__version__.split("+")[0], "numpy": np.__version__},
        "steps": STEPS, "classes": CLASSES, "tasks": TASKS, "optimisers": OPTIMISERS,
        "runs": runs,
    }
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(index, separators=(",", ":"))
    (out / "backbones.json").write_text(text.replace('{"network"', '\n{"network"') + "\n")


if __name__ == "__main__":
    main()
