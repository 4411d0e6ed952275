"""A convolution and the batch norm behind it: plain, and as each method trains it, in PyTorch's own terms.

Each unit composes its kernel once a step and uses it twice, in the convolution and in its decay. `named()` gives a unit's
parameters by the names that overparam's networks use, with the order of axes they come in (see `LAYOUTS`).
"""

import torch
from torch import nn
from torch.nn import functional as F

# How a tensor of overparam's becomes PyTorch's.
LAYOUTS = {
    "as is": lambda value: value,
    "hwio": lambda value: value.permute(3, 2, 0, 1),  # to output, input, height, width
    "windows": lambda value: value.permute(2, 0, 1, 3).flatten(1, 2),  # height, width, input, f to input, pixel, f
    "dense": lambda value: value.reshape(value.shape[-2:]).t(),  # in, out, or 1, 1, in, out, to out, in
}


def norm_parameters(norm, prefix):
    return {f"{prefix}gamma": (norm.weight, "as is"), f"{prefix}beta": (norm.bias, "as is")}


def empty(*shape):
    return nn.Parameter(torch.zeros(*shape))


class Unit(nn.Module):
    """What all units share: their place in the network."""

    covered = ()
    also_decayed = ()

    def __init__(self, layer, norm_layer, cin, cout, size, stride):
        super().__init__()
        self.layer, self.norm_layer = layer, norm_layer
        self.cin, self.cout, self.size, self.stride = cin, cout, size, stride

    def convolve(self, x, kernel, bias=None):
        return F.conv2d(x, kernel, bias, stride=self.stride, padding=kernel.shape[-1] // 2)


class Plain(Unit):
    """A convolution and a batch norm."""

    def __init__(self, *place):
        super().__init__(*place)
        self.conv = nn.Conv2d(
            self.cin, self.cout, self.size, stride=self.stride, padding=self.size // 2, bias=False
        )
        self.norm = nn.BatchNorm2d(self.cout)

    def forward(self, x):
        return self.norm(self.conv(x)), None

    def named(self):
        kernel = {f"{self.layer}/kernel": (self.conv.weight, "hwio")}
        return {**kernel, **norm_parameters(self.norm, f"{self.norm_layer}/")}


class Folded(Unit):
    """A convolution with bias and no norm: what every method's collapse leaves."""

    def __init__(self, *place):
        super().__init__(*place)
        self.conv = nn.Conv2d(self.cin, self.cout, self.size, stride=self.stride, padding=self.size // 2)

    def forward(self, x):
        return self.conv(x), None

    def named(self):
        return {
            f"{self.layer}/kernel": (self.conv.weight, "hwio"),
            f"{self.layer}/bias": (self.conv.bias, "as is"),
        }


class WeightSpace(Unit):
    """A kernel composed of factors, one convolution, one batch norm, and the kernel's sum of squares for its decay."""

    def __init__(self, *place):
        super().__init__(*place)
        self.norm = nn.BatchNorm2d(self.cout)

    def forward(self, x):
        kernel = self.composed()
        return self.norm(self.convolve(x, kernel)), kernel.square().sum()

    def named(self):
        own = {f"{self.layer}/{name}": (p, self.layouts.get(name, "as is")) for name, p in self.factors().items()}
        return {**own, **norm_parameters(self.norm, f"{self.norm_layer}/")}

    def factors(self):
        return dict(self.named_parameters(recurse=False))

    @property
    def covered(self):
        """Parameters that the decay of the composed kernel stands for."""
        return tuple(self.factors().values())

    layouts = {}


class Fnl(WeightSpace):
    """FNL `deep` (arXiv 2105.01029): u m v on the matricisation [cout * kh, cin * kw]."""

    def __init__(self, *place):
        super().__init__(*place)
        rank = self.cout * self.size
        self.u, self.m, self.v = empty(rank, rank), empty(rank, rank), empty(rank, self.cin * self.size)

    def composed(self):
        matrix = self.u @ (self.m @ self.v)
        return matrix.reshape(self.cout, self.size, self.cin, self.size).permute(0, 2, 1, 3)


class TriRep(WeightSpace):
    """Overparam's TriRep with channel frames of strength 1 and a scaled 1x1 branch; no identity beside shortcuts."""

    layouts = {"core": "hwio", "pointwise": "hwio"}

    def __init__(self, *place):
        super().__init__(*place)
        self.u, self.v = empty(self.cout, self.cout), empty(self.cin, self.cin)
        self.core = empty(self.cout, self.cin, self.size, self.size)
        self.pointwise = empty(self.cout, self.cin, 1, 1)
        self.scale_core, self.scale_pointwise = empty(self.cout), empty(self.cout)

    def composed(self):
        cout, cin, area = self.cout, self.cin, self.size**2
        # Input frame on [cout, cin, area], then output frame on [cout, cin * area], both with the identity added.
        inner = self.core.reshape(cout, cin, area)
        inner = inner + torch.matmul(self.v, inner)
        outer = inner.reshape(cout, cin * area)
        outer = torch.addmm(outer, self.u.t(), outer)
        kernel = self.scale_core[:, None, None, None] * outer.reshape(cout, cin, self.size, self.size)
        margin = [self.size // 2] * 4
        return kernel + F.pad(self.scale_pointwise[:, None, None, None] * self.pointwise, margin)


class RepVgg(Unit):
    """RepVGG (arXiv 2101.03697): a 3x3, a 1x1 and, where shapes allow, an identity branch, each with its norm."""

    def __init__(self, *place):
        super().__init__(*place)
        self.main = nn.Conv2d(self.cin, self.cout, self.size, self.stride, self.size // 2, bias=False)
        self.pointwise = nn.Conv2d(self.cin, self.cout, 1, self.stride, bias=False)
        self.main_norm, self.pointwise_norm = nn.BatchNorm2d(self.cout), nn.BatchNorm2d(self.cout)
        fits = self.cin == self.cout and self.stride == 1
        self.identity_norm = nn.BatchNorm2d(self.cout) if fits else None

    def forward(self, x):
        y = self.main_norm(self.main(x)) + self.pointwise_norm(self.pointwise(x))
        return y if self.identity_norm is None else y + self.identity_norm(x), None

    def named(self):
        found = {
            f"{self.layer}/main_kernel": (self.main.weight, "hwio"),
            f"{self.layer}/pointwise_kernel": (self.pointwise.weight, "hwio"),
            **norm_parameters(self.main_norm, f"{self.layer}/main_"),
            **norm_parameters(self.pointwise_norm, f"{self.layer}/pointwise_"),
        }
        if self.identity_norm is not None:
            found.update(norm_parameters(self.identity_norm, f"{self.layer}/identity_"))
        return found


METHODS = {"plain": Plain, "folded": Folded, "fnl": Fnl, "trirep": TriRep, "repvgg": RepVgg}
