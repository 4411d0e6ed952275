"""The networks of overparam's backbones in PyTorch: the same layers under the same names.

`resnet20`: He et al.'s CIFAR network with parameterless shortcuts. `resnet50`: bottlenecks behind a 3x3 stem, stride on the
3x3, projection shortcuts. Methods expand the 3x3 convolutions; every network gives its logits and the sum of its units'
squared kernels.
"""

import torch
from torch import nn
from torch.nn import functional as F

from segnet import SegNet
from rivals import RIVALS
from units import METHODS

CLASSES = 100


class Network(nn.Module):
    def __init__(self, method):
        super().__init__()
        self.method, self.units = method, nn.ModuleDict()

    def unit(self, block, index, cin, cout, size=3, stride=1, name="conv{}", norm="norm{}"):
        # A collapsed network has no norms anywhere; the other methods leave 1x1 convolutions as they are.
        method = self.method if size == 3 or self.method == "folded" else "plain"
        layer = f"{block}_{name.format(index)}"
        self.units[layer] = {**METHODS, **RIVALS}[method](layer, f"{block}_{norm.format(index)}", cin, cout, size, stride)
        return layer

    def stem(self, cout):
        return self.unit("stem", "", 3, cout)

    def classify(self, features):
        self.classifier = nn.Linear(features, CLASSES)

    def run(self, layer, x):
        y, squares = self.units[layer](x)
        if squares is not None:
            self.squares = squares if self.squares is None else self.squares + squares
        return y

    def forward(self, x):
        self.squares = None
        x = self.run("stem_conv", x).relu()
        for block in self.blocks:
            x = self.block(x, *block)
        logits = self.classifier(x.mean((2, 3)))
        squares, self.squares = self.squares, None
        return logits, squares

    def named(self):
        """Parameters by overparam's names, with the layout of each."""
        found = {}
        for unit in self.units.values():
            found.update(unit.named())
        found["classifier/kernel"] = (self.classifier.weight, "dense")
        found["classifier/bias"] = (self.classifier.bias, "as is")
        return found

    def labels(self, given):
        """What `loss` takes, from overparam's labels by task."""
        return given["class"].long()

    def loss(self, logits, labels):
        return F.cross_entropy(logits, labels)

    def optimiser(self, rate, decay, fused):
        return torch.optim.SGD(self.groups(decay), lr=rate, momentum=0.9, nesterov=True, fused=fused)

    def groups(self, decay):
        """Weight decay on parameters of two axes and more, but for those whose composed kernel decays, and on some vectors."""
        covered = {id(p) for unit in self.units.values() for p in unit.covered}
        vectors = {id(p) for unit in self.units.values() for p in unit.also_decayed}
        decays = lambda p: (p.ndim >= 2 or id(p) in vectors) and id(p) not in covered
        decayed = [p for p in self.parameters() if decays(p)]
        rest = [p for p in self.parameters() if not decays(p)]
        return [{"params": decayed, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]


class ResNet20(Network):
    def __init__(self, method):
        super().__init__(method)
        self.stem(16)
        self.blocks, cin = [], 16
        for stage, cout in enumerate([16, 32, 64]):
            for index in range(3):
                stride = 2 if stage > 0 and index == 0 else 1
                name = f"stage{stage + 1}_block{index + 1}"
                layers = self.unit(name, 1, cin, cout, stride=stride), self.unit(name, 2, cout, cout)
                self.blocks.append((*layers, stride, cout - cin))
                cin = cout
        self.classify(cin)

    def block(self, x, first, second, stride, missing):
        y = self.run(second, self.run(first, x).relu())
        if missing > 0:
            x = F.pad(x[:, :, ::stride, ::stride], [0, 0, 0, 0, missing // 2, missing - missing // 2])
        return (y + x).relu()


class ResNet50(Network):
    def __init__(self, method):
        super().__init__(method)
        self.stem(64)
        self.blocks, cin = [], 64
        for stage, count in enumerate([3, 4, 6, 3]):
            width = 64 * 2**stage
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                name = f"stage{stage + 1}_block{index + 1}"
                layers = [
                    self.unit(name, 1, cin, width, size=1),
                    self.unit(name, 2, width, width, stride=stride),
                    self.unit(name, 3, width, 4 * width, size=1),
                ]
                shortcut = None
                if stride > 1 or cin != 4 * width:
                    names = {"name": "shortcut_conv", "norm": "shortcut_norm"}
                    shortcut = self.unit(name, "", cin, 4 * width, size=1, stride=stride, **names)
                self.blocks.append((*layers, shortcut))
                cin = 4 * width
        self.classify(cin)

    def block(self, x, first, second, third, shortcut):
        y = self.run(third, self.run(second, self.run(first, x).relu()).relu())
        return (y + (x if shortcut is None else self.run(shortcut, x))).relu()


NETWORKS = {"resnet20": ResNet20, "resnet50": ResNet50, "segnet": SegNet}
