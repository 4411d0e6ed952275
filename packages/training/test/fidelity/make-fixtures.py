"""Trains a small residual network in PyTorch and writes what the fidelity test needs to repeat it elsewhere.

    python make-fixtures.py --out fixtures

Needs PyTorch 2.13 and NumPy. Writes `fidelity.bin` (float32, little endian) and `fidelity.json`, its index, with the
losses of every run. Runs on one CPU thread with deterministic algorithms, so that it gives the same file again on one
machine; another processor may differ in the last bits.

The network: 8x8x3 images, batch 8; stem 3 -> 8; a residual block 8 -> 8; a residual block 8 -> 16 of stride 2 with a
1x1 projection; global average pooling; a classifier of 10 classes. Convolutions have no bias and symmetric padding k // 2;
batch norm has eps 1e-5 and momentum 0.1. The five 3x3 convolutions are what a method expands.

Every run: 20 steps of cross-entropy on 20 fixed batches, in float32 and, from the same float32 values, in float64.

Seeds: for each method the first three whose float64 runs keep every input of a ReLU further than 2e-6 from zero. Nearer,
the gradient jumps on a difference in the last bits, and two correct float32 programs part (PyTorch from itself by 2e-3 in
the loss). Only PyTorch's float64 decides the choice.
"""

import argparse
import json
import math
import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

STEPS, BATCH, SIZE, CLASSES, SEEDS, MARGIN = 20, 8, 8, 10, 3, 2e-6

# `decoupled`: weight decay outside the gradient (AdamW). A Frobenius penalty is always part of the gradient.
OPTIMISERS = {
    "sgd": {"lr": 0.05, "weightDecay": 5e-4, "momentum": 0.9, "decoupled": False},
    "adam": {"lr": 1e-3, "weightDecay": 1e-4, "decoupled": False},
    "adamw": {"lr": 1e-3, "weightDecay": 1e-2, "decoupled": True},
}


class Norm(nn.BatchNorm2d):
    """PyTorch's batch norm, which also follows the running variance that takes the biased batch variance."""

    def __init__(self, channels):
        super().__init__(channels, eps=1e-5, momentum=0.1)
        nn.init.uniform_(self.weight, 0.7, 1.3)
        nn.init.normal_(self.bias, 0.0, 0.1)
        nn.init.normal_(self.running_mean, 0.0, 0.1)
        nn.init.uniform_(self.running_var, 0.5, 1.5)
        self.register_buffer("biased_var", self.running_var.clone())

    def forward(self, x):
        with torch.no_grad():
            self.biased_var.lerp_(x.var((0, 2, 3), unbiased=False), self.momentum)
        return super().forward(x)

    def parameters_by_name(self, prefix):
        return {f"{prefix}gamma": self.weight, f"{prefix}beta": self.bias}


def he(*shape, fan_in):
    return nn.Parameter(torch.randn(*shape) * math.sqrt(2.0 / fan_in))


def convolve(x, hwio, stride):
    """Convolution with a kernel in the order height, width, input, output, and symmetric padding."""
    return F.conv2d(x, hwio.permute(3, 2, 0, 1), stride=stride, padding=hwio.shape[0] // 2)


class Plain(nn.Module):
    """Convolution, then batch norm: what the other methods replace."""

    def __init__(self, layer, cin, cout, size, stride):
        super().__init__()
        self.layer, self.stride = layer, stride
        self.kernel = he(size, size, cin, cout, fan_in=size * size * cin)
        self.norm = Norm(cout)

    def forward(self, x):
        return self.norm(convolve(x, self.kernel, self.stride))

    def named(self):
        return {f"{self.layer}/kernel": self.kernel, **self.norm.parameters_by_name(f"{self.layer}_norm/")}

    def norms(self):
        return {f"{self.layer}_norm/moving_": self.norm}


class WeightSpace(nn.Module):
    """A kernel composed of factors, one convolution, the host's batch norm, and Frobenius decay on the kernel."""

    def __init__(self, layer, cout, stride):
        super().__init__()
        self.layer, self.stride, self.norm = layer, stride, Norm(cout)

    def forward(self, x):
        return self.norm(convolve(x, self.composed(), self.stride))

    def factors(self):
        return {name: p for name, p in self.named_parameters(recurse=False)}

    def named(self):
        own = {f"{self.layer}/{name}": p for name, p in self.factors().items()}
        return {**own, **self.norm.parameters_by_name(f"{self.layer}_norm/")}

    def norms(self):
        return {f"{self.layer}_norm/moving_": self.norm}


class Fnl(WeightSpace):
    """FNL `deep`: u m v on the matricisation [cout * kh, cin * kw] with m the identity at first (arXiv 2105.01029)."""

    def __init__(self, layer, cin, cout, size, stride):
        super().__init__(layer, cout, stride)
        self.shape = (cout, size, cin, size)
        rank = cout * size
        self.u = nn.Parameter(torch.randn(cout * size, rank) / math.sqrt(rank))
        self.m = nn.Parameter(torch.eye(rank))
        self.v = he(rank, cin * size, fan_in=size * size * cin)

    def composed(self):
        return (self.u @ self.m @ self.v).reshape(self.shape).permute(1, 3, 2, 0)

    def add_decay(self, coefficient):
        """Adds the penalty's gradients in closed form, after the backward pass, as FNL's authors do."""
        with torch.no_grad():
            product, um, mv = self.u @ self.m @ self.v, self.u @ self.m, self.m @ self.v
            self.u.grad += coefficient * product @ mv.T
            self.m.grad += coefficient * self.u.T @ product @ self.v.T
            self.v.grad += coefficient * um.T @ product


class TriRep(WeightSpace):
    """This project's TriRep with channel frames of strength 1: scaled core, 1x1 branch and, where it fits, identity."""

    def __init__(self, layer, cin, cout, size, stride):
        super().__init__(layer, cout, stride)
        self.core = he(size, size, cin, cout, fan_in=size * size * cin)
        self.u = nn.Parameter(torch.randn(cout, cout) * 0.05)
        self.v = nn.Parameter(torch.randn(cin, cin) * 0.05)
        self.pointwise = he(1, 1, cin, cout, fan_in=cin)
        scales = {"core": 0.6, "pointwise": 0.5, "identity": 0.4}
        if cin != cout or stride != 1:
            del scales["identity"]
        for branch, value in scales.items():
            setattr(self, f"scale_{branch}", nn.Parameter(value + 0.1 * torch.randn(cout)))

    def composed(self):
        size, _, cin, cout = self.core.shape
        frame_in = torch.eye(cin, dtype=self.v.dtype) + self.v
        frame_out = torch.eye(cout, dtype=self.u.dtype) + self.u
        kernel = self.scale_core * torch.einsum("ip,hwpq,qo->hwio", frame_in, self.core, frame_out)
        centre = [size // 2] * 4
        pad = lambda tap: F.pad(tap, [0, 0, 0, 0, *centre])
        kernel = kernel + self.scale_pointwise * pad(self.pointwise)
        if hasattr(self, "scale_identity"):
            kernel = kernel + self.scale_identity * pad(torch.eye(cin, dtype=self.u.dtype)[None, None])
        return kernel

    def add_decay(self, coefficient):
        (0.5 * coefficient * self.composed().square().sum()).backward()


class RepVgg(nn.Module):
    """Sum of a 3x3, a 1x1 and, where it fits, an identity branch, each with its batch norm (arXiv 2101.03697)."""

    def __init__(self, layer, cin, cout, size, stride):
        super().__init__()
        self.layer, self.stride = layer, stride
        self.main_kernel = he(size, size, cin, cout, fan_in=size * size * cin)
        self.pointwise_kernel = he(1, 1, cin, cout, fan_in=cin)
        branches = ["main", "pointwise"] + (["identity"] if cin == cout and stride == 1 else [])
        self.branches = nn.ModuleDict({branch: Norm(cout) for branch in branches})

    def forward(self, x):
        y = self.branches["main"](convolve(x, self.main_kernel, self.stride))
        y = y + self.branches["pointwise"](convolve(x, self.pointwise_kernel, self.stride))
        return y + self.branches["identity"](x) if "identity" in self.branches else y

    def named(self):
        kernels = {f"{self.layer}/{name}": p for name, p in self.named_parameters(recurse=False)}
        for branch, norm in self.branches.items():
            kernels.update(norm.parameters_by_name(f"{self.layer}/{branch}_"))
        return kernels

    def norms(self):
        return {f"{self.layer}/{branch}_": norm for branch, norm in self.branches.items()}


METHODS = {"plain": Plain, "repvgg": RepVgg, "fnl": Fnl, "trirep": TriRep}


class Network(nn.Module):
    def __init__(self, method):
        super().__init__()
        unit = METHODS[method]
        self.nearest_to_kink = math.inf
        self.stem = unit("stem", 3, 8, 3, 1)
        self.block1 = nn.ModuleList([unit("block1_a", 8, 8, 3, 1), unit("block1_b", 8, 8, 3, 1)])
        self.block2 = nn.ModuleList([unit("block2_a", 8, 16, 3, 2), unit("block2_b", 16, 16, 3, 1)])
        self.shortcut = Plain("shortcut", 8, 16, 1, 2)
        self.kernel = he(16, CLASSES, fan_in=32)
        self.bias = nn.Parameter(torch.randn(CLASSES) * 0.1)

    def units(self):
        return [self.stem, *self.block1, *self.block2, self.shortcut]

    def relu(self, x):
        self.nearest_to_kink = min(self.nearest_to_kink, x.detach().abs().min().item())
        return x.relu()

    def forward(self, x):
        x = self.relu(self.stem(x))
        x = self.relu(self.block1[1](self.relu(self.block1[0](x))) + x)
        x = self.relu(self.block2[1](self.relu(self.block2[0](x))) + self.shortcut(x))
        return x.mean((2, 3)) @ self.kernel + self.bias

    def named(self):
        parameters = {"classifier/kernel": self.kernel, "classifier/bias": self.bias}
        for module in self.units():
            parameters.update(module.named())
        return parameters

    def statistics(self):
        """Running mean and both running variances by name; `variance` is PyTorch's own, unbiased."""
        found = {}
        for module in self.units():
            for prefix, norm in module.norms().items():
                found[f"{prefix}mean"] = norm.running_mean
                found[f"{prefix}variance"] = norm.running_var
                found[f"{prefix}variance:biased"] = norm.biased_var
        return found


def make_optimiser(name, network):
    """Weight decay on parameters of rank 2 and more, but for those whose kernel has Frobenius decay."""
    setting = OPTIMISERS[name]
    covered = {id(p) for m in network.units() if isinstance(m, WeightSpace) for p in m.factors().values()}
    decayed, free = [], []
    for parameter in network.named().values():
        (decayed if parameter.ndim >= 2 and id(parameter) not in covered else free).append(parameter)
    groups = [{"params": decayed, "weight_decay": setting["weightDecay"]}, {"params": free, "weight_decay": 0.0}]
    if name == "sgd":
        return torch.optim.SGD(groups, lr=setting["lr"], momentum=setting["momentum"], nesterov=True)
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name](groups, lr=setting["lr"])


def train(method, seed, optimiser_name, batches, dtype):
    torch.manual_seed(seed)
    network = Network(method).to(dtype).train()
    optimiser = make_optimiser(optimiser_name, network)
    losses = []
    for images, labels in batches:
        optimiser.zero_grad()
        loss = F.cross_entropy(network(images.to(dtype)), labels)
        loss.backward()
        for module in network.units():
            if isinstance(module, WeightSpace):
                module.add_decay(OPTIMISERS[optimiser_name]["weightDecay"])
        optimiser.step()
        losses.append(loss.item())
    return losses, network


def choose_seeds(method, batches):
    """The first seeds that stay clear of the kinks of ReLU with every optimiser; see the top of this file."""
    chosen, seed = [], 0
    while len(chosen) < SEEDS:
        seed += 1
        runs = (train(method, seed, optimiser, batches, torch.float64)[1] for optimiser in OPTIMISERS)
        if all(network.nearest_to_kink > MARGIN for network in runs):
            chosen.append(seed)
    return chosen


def make_batches():
    """Images of ten patterns under noise, so that there is something to learn."""
    torch.manual_seed(0)
    patterns = torch.randn(CLASSES, 3, SIZE, SIZE)
    batches = []
    for _ in range(STEPS):
        labels = torch.randint(CLASSES, (BATCH,))
        batches.append((patterns[labels] + 0.5 * torch.randn(BATCH, 3, SIZE, SIZE), labels))
    return batches


class Writer:
    """Collects float32 arrays in one blob and their places in an index."""

    def __init__(self):
        self.chunks, self.index, self.length = [], {}, 0

    def add(self, name, tensor):
        values = tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4")
        self.index[name] = {"shape": list(values.shape), "offset": self.length}
        self.chunks.append(values.tobytes())
        self.length += values.size


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder to write to")
    out = parser.parse_args().out
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    batches, writer, runs = make_batches(), Writer(), []
    writer.add("images", torch.stack([images.permute(0, 2, 3, 1) for images, _ in batches]))
    for method in METHODS:
        for seed in choose_seeds(method, batches):
            torch.manual_seed(seed)
            network = Network(method)
            for name, tensor in {**network.named(), **network.statistics()}.items():
                if not name.endswith(":biased"):
                    writer.add(f"{method}/{seed}/initial/{name}", tensor)
            for optimiser in OPTIMISERS:
                single, _ = train(method, seed, optimiser, batches, torch.float32)
                double, trained = train(method, seed, optimiser, batches, torch.float64)
                gap = max(abs(a - b) / abs(b) for a, b in zip(single, double))
                print(f"{method:7} seed {seed} {optimiser:6} loss {sum(double[:5]) / 5:.3f} -> {sum(double[-5:]) / 5:.3f}  float32 off by {gap:.1e}")
                runs.append({"method": method, "seed": seed, "optimiser": optimiser, "float32": single, "float64": double})
                if optimiser == "sgd":
                    for name, tensor in trained.statistics().items():
                        writer.add(f"{method}/{seed}/trained/{name}", tensor)

    out.mkdir(parents=True, exist_ok=True)
    (out / "fidelity.bin").write_bytes(b"".join(writer.chunks))
    index = {
        "made": {"script": "make-fixtures.py", "torch": torch.__version__.split("+")[0], "numpy": np.__version__},
        "steps": STEPS, "batch": BATCH, "imageShape": [SIZE, SIZE, 3], "classes": CLASSES,
        "optimisers": OPTIMISERS,
        "labels": [labels.tolist() for _, labels in batches],
        "runs": runs,
        "tensors": writer.index,
    }
    text = json.dumps(index, separators=(",", ":"))
    (out / "fidelity.json").write_text(text.replace('{"method"', '\n{"method"') + "\n")


if __name__ == "__main__":
    main()
