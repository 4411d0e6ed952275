"""SegNet with one trunk and a head for each task, as the MTAN paper splits it (arXiv 1803.10704), in PyTorch.

Five levels of 64 to 512 channels, unpooling by the places of the maxima; segmentation into 13 classes, depth and surface
normals, each with its loss over the pixels whose label is known, added up.
"""

import torch
from torch import nn
from torch.nn import functional as F

from units import norm_parameters

WIDTH = 64
LEVELS = range(1, 6)
OUTPUTS = {"segmentation": 13, "depth": 1, "normals": 3}


def channels_at(level):
    return WIDTH * 2 ** min(level - 1, 3)


class SegNet(nn.Module):
    def __init__(self, method):
        super().__init__()
        assert method == "plain", method
        self.convolutions, self.norms = nn.ModuleDict(), nn.ModuleDict()
        cin = 3
        for level in LEVELS:
            cin = self.units(f"encoder{level}", level, cin, channels_at(level))
        for level in reversed(LEVELS):
            cin = self.units(f"decoder{level}", level, cin, channels_at(max(1, level - 1)))
        for task, outputs in OUTPUTS.items():
            self.convolutions[f"{task}_conv1"] = nn.Conv2d(cin, cin, 3, padding=1)
            self.convolutions[f"{task}_conv2"] = nn.Conv2d(cin, outputs, 1)

    def units(self, block, level, cin, cout):
        for index in range(1, (2 if level <= 2 else 3) + 1):
            self.convolutions[f"{block}_conv{index}"] = nn.Conv2d(cin, cout, 3, padding=1)
            self.norms[f"{block}_norm{index}"] = nn.BatchNorm2d(cout)
            cin = cout
        return cout

    def block(self, x, block, level):
        for index in range(1, (2 if level <= 2 else 3) + 1):
            x = self.norms[f"{block}_norm{index}"](self.convolutions[f"{block}_conv{index}"](x)).relu()
        return x

    def forward(self, x):
        places = {}
        for level in LEVELS:
            x, places[level] = F.max_pool2d(self.block(x, f"encoder{level}", level), 2, 2, return_indices=True)
        for level in reversed(LEVELS):
            x = self.block(F.max_unpool2d(x, places[level], 2, 2), f"decoder{level}", level)
        classes, depth, normals = (
            self.convolutions[f"{task}_conv2"](self.convolutions[f"{task}_conv1"](x)) for task in OUTPUTS
        )
        return (classes, depth, F.normalize(normals, dim=1, eps=1e-12)), None

    def labels(self, given):
        planes = [given[task].permute(0, 3, 1, 2).contiguous() for task in ("depth", "normals")]
        return given["segmentation"].long(), *planes

    def loss(self, outputs, labels):
        classes, depth, normals = outputs
        true_classes, true_depth, true_normals = labels
        known = (true_depth != 0).float()
        facing = (true_normals != 0).any(1, keepdim=True).float()
        return (
            F.cross_entropy(classes, true_classes, ignore_index=-1)
            + ((depth - true_depth).abs() * known).sum() / known.sum().clamp(min=1)
            + (1 - ((normals * true_normals).sum(1, keepdim=True) * facing).sum() / facing.sum().clamp(min=1))
        )

    def optimiser(self, rate, decay, fused):
        assert decay == 0, decay
        return torch.optim.Adam(self.parameters(), lr=rate, fused=fused)

    def named(self):
        """Parameters by overparam's names, with the layout of each."""
        found = {}
        for name, convolution in self.convolutions.items():
            found[f"{name}/kernel"] = (convolution.weight, "hwio")
            found[f"{name}/bias"] = (convolution.bias, "as is")
        for name, norm in self.norms.items():
            found.update(norm_parameters(norm, f"{name}/"))
        return found
