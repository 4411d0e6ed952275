"""Further methods in PyTorch's own terms, under the names that overparam's networks use: see `units`.

ACB (arXiv 1908.03930), DBB (2103.13425), MobileOne (2206.04040), ExpandNets CL (1811.10495), DO-Conv (2006.12030),
OREPA (2204.00826) and a fixed mask on the gradient, what spatial gradient scaling (2303.02733) is between its looks.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from units import Plain, Unit, WeightSpace, empty, norm_parameters


class Branches(Unit):
    """Convolutions with a norm each, by the names of the branches: {name: (kernel size, padding)}."""

    def __init__(self, *place):
        super().__init__(*place)
        self.convs, self.norms = nn.ModuleDict(), nn.ModuleDict()

    def branch(self, name, size, padding=None, cin=None, cout=None, stride=None):
        padding = size // 2 if padding is None else padding
        stride = self.stride if stride is None else stride
        cin, cout = cin or self.cin, cout or self.cout
        self.convs[name] = nn.Conv2d(cin, cout, size, stride, padding, bias=False)
        self.norms[name] = nn.BatchNorm2d(cout)

    def run(self, name, x):
        return self.norms[name](self.convs[name](x))

    def named(self):
        found = {f"{self.layer}/{name}_kernel": (conv.weight, "hwio") for name, conv in self.convs.items()}
        for name, norm in self.norms.items():
            found.update(norm_parameters(norm, f"{self.layer}/{name}_"))
        return found


class Acb(Branches):
    def __init__(self, *place):
        super().__init__(*place)
        half = self.size // 2
        self.branch("square", self.size)
        self.branch("wide", (1, self.size), (0, half))
        self.branch("tall", (self.size, 1), (half, 0))

    def forward(self, x):
        return self.run("square", x) + self.run("wide", x) + self.run("tall", x), None


class MobileOne(Branches):
    def __init__(self, *place):
        super().__init__(*place)
        for name in ("main", "main2", "main3", "main4"):
            self.branch(name, self.size)
        self.branch("scale", 1)
        if self.cin == self.cout and self.stride == 1:
            self.norms["skip"] = nn.BatchNorm2d(self.cout)

    def forward(self, x):
        y = sum(self.run(name, x) for name in self.convs)
        return y + self.norms["skip"](x) if "skip" in self.norms else y, None


class Dbb(Branches):
    def __init__(self, *place):
        super().__init__(*place)
        self.branch("main", self.size)
        self.branch("pointwise", 1)
        self.branch("stacked_first", 1, cout=self.cin, stride=1)
        self.branch("stacked_second", self.size, 0)
        self.branch("average_first", 1, stride=1)
        self.norms["average_second"] = nn.BatchNorm2d(self.cout)
        self.register_buffer("identity", torch.eye(self.cin)[:, :, None, None], persistent=False)

    def framed(self, y, norm):
        """Padded with what the norm makes of zero, which carries no gradient."""
        p = self.size // 2
        with torch.no_grad():
            value = norm.bias - norm.running_mean * norm.weight / torch.sqrt(norm.running_var + norm.eps)
            value = value[None, :, None, None]
        y = F.pad(y, [p] * 4)
        y[:, :, :p] = value
        y[:, :, -p:] = value
        y[:, :, :, :p] = value
        y[:, :, :, -p:] = value
        return y

    def forward(self, x):
        inner = F.conv2d(x, self.convs["stacked_first"].weight + self.identity)
        inner = self.framed(self.norms["stacked_first"](inner), self.norms["stacked_first"])
        mean = self.framed(self.run("average_first", x), self.norms["average_first"])
        mean = F.avg_pool2d(mean, self.size, self.stride)
        y = self.run("main", x) + self.run("pointwise", x) + self.run("stacked_second", inner)
        return y + self.norms["average_second"](mean), None


class Composed(WeightSpace):
    """One kernel of factors that decay each by itself."""

    covered = ()

    def forward(self, x):
        return self.norm(self.convolve(x, self.composed())), None


class ExpandNets(Composed):
    layouts = {"before": "hwio", "core": "hwio", "after": "hwio"}
    rate = 4

    def __init__(self, *place):
        super().__init__(*place)
        cin, cout = self.rate * self.cin, self.rate * self.cout
        self.before, self.core = empty(cin, self.cin, 1, 1), empty(cout, cin, self.size, self.size)
        self.after = empty(self.cout, cout, 1, 1)

    def composed(self):
        mixed = torch.matmul(self.after[:, :, 0, 0], self.core.flatten(1))
        mixed = mixed.reshape(self.cout, -1, self.size**2)
        return torch.matmul(self.before[:, :, 0, 0].t(), mixed).reshape(self.cout, self.cin, self.size, self.size)


class DoConv(Composed):
    def __init__(self, *place):
        super().__init__(*place)
        pixels = self.size**2
        self.depthwise, self.kernel = empty(self.cin, pixels, pixels), empty(self.cin, pixels, self.cout)
        self.register_buffer("identity", torch.eye(pixels), persistent=False)

    def composed(self):
        windows = torch.bmm(self.depthwise + self.identity, self.kernel)
        return windows.permute(2, 0, 1).reshape(self.cout, self.cin, self.size, self.size)


class Orepa(Composed):
    layouts = {name: "hwio" for name in ("origin", "average", "prior", "stacked_first", "stacked_second", "pointwise")}
    layouts = {**layouts, "depthwise": "windows", "mixing": "as is"}
    filters = 8
    names = ("origin", "average", "prior", "stacked", "pointwise", "separable")

    def __init__(self, *place):
        super().__init__(*place)
        cin, cout, size = self.cin, self.cout, self.size
        for name in ("origin", "stacked_second"):
            setattr(self, name, empty(cout, cin, size, size))
        for name in ("average", "prior", "pointwise"):
            setattr(self, name, empty(cout, cin, 1, 1))
        self.stacked_first = empty(cin, cin, 1, 1)
        self.depthwise, self.mixing = empty(cin, size**2, self.filters), empty(cin, self.filters, cout)
        for name in self.names:
            setattr(self, f"{name}_scale", empty(cout))
        self.register_buffer("identity", torch.eye(cin), persistent=False)
        self.register_buffer("cosines", self.frequencies(), persistent=False)

    def frequencies(self):
        """The fixed prior: one cosine for each channel, down in the second half, across in the first."""
        k, cout = self.size, self.cout
        o, place = torch.arange(cout), torch.arange(k) + 0.5
        first = torch.cos(math.pi * place[None, :, None] * (o[:, None, None] + 1) / k).expand(cout, k, k)
        other = torch.cos(math.pi * place[None, None, :] * (o[:, None, None] + 1 - cout / 2) / k).expand(cout, k, k)
        return torch.where((o < cout / 2)[:, None, None], first, other)[:, None]

    @property
    def also_decayed(self):
        return tuple(getattr(self, f"{name}_scale") for name in self.names)

    def composed(self):
        cout, cin, k = self.cout, self.cin, self.size
        mixing = self.stacked_first[:, :, 0, 0] + self.identity
        stacked = torch.matmul(mixing.t(), self.stacked_second.reshape(cout, cin, k * k)).reshape(cout, cin, k, k)
        separable = torch.bmm(self.depthwise, self.mixing).permute(2, 0, 1).reshape(cout, cin, k, k)
        parts = {
            "origin": self.origin,
            "average": self.average.expand(-1, -1, k, k) / k**2,
            "prior": self.prior * self.cosines,
            "stacked": stacked,
            "pointwise": F.pad(self.pointwise, [k // 2] * 4),
            "separable": separable,
        }
        return sum(getattr(self, f"{name}_scale")[:, None, None, None] * part for name, part in parts.items())


class Sgs(Plain):
    def __init__(self, *place):
        super().__init__(*place)
        mask = torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]])
        self.register_buffer("mask", mask / mask.mean(), persistent=False)
        self.conv.weight.register_hook(lambda gradient: gradient * self.mask)


RIVALS = {
    "acb": Acb,
    "dbb": Dbb,
    "mobileone": MobileOne,
    "expandnets": ExpandNets,
    "doconv": DoConv,
    "orepa": Orepa,
    "sgs": Sgs,
}
