"""Records how a PyTorch block trains and what its own conversion deploys, for `testReference`.

A script beside a method's tests defines the block and calls `record`. The network: convolutions in a row, each a block
with a ReLU behind it, then a mean over the image and a linear layer; stochastic gradient descent with momentum, weight
decay on all but norms and biases; float64 throughout, from values that float32 holds.

A block is a module made by `make(cin, cout, size, stride, padding)`, for a depthwise layer with `groups` as well, with
  tensors()  {name: tensor} of all parameters and running statistics, named as the method here names them; kernels in
             PyTorch's order (output, input, height, width), those listed in `raw` as they are
  deploy()   kernel (output, input, height, width) and bias, by the conversion that the method's authors publish
  keeps_norm whether a batch norm of the host's follows the block
and, where it looks at activations,
  observe(x)            takes what comes into it in inference on the first LOOK batches of an epoch
  epochs_between_looks  how many; BATCHES steps are an epoch
"""

import base64
import json

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

STEPS, BATCHES, BATCH, CLASSES = 20, 4, 8, 5
LOOK = 2
TRAINING = {"rate": 0.05, "momentum": 0.9, "decay": 0.01}


def fold(kernel, norm, bias=None):
    """Kernel and bias of a convolution without and a batch norm behind it, as one convolution."""
    factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    shift = -norm.running_mean if bias is None else bias - norm.running_mean
    return kernel * factor[:, None, None, None], norm.bias + shift * factor


def norm_tensors(prefix, norm):
    return {f"{prefix}gamma": norm.weight, f"{prefix}beta": norm.bias, f"{prefix}mean": norm.running_mean,
            f"{prefix}variance": norm.running_var}


class Network(nn.Module):
    def __init__(self, make, channels, layers):
        super().__init__()
        self.names = [layer["name"] for layer in layers]
        self.blocks, self.norms = nn.ModuleList(), nn.ModuleList()
        for layer in layers:
            groups = {"groups": channels} if layer.get("depthwise") else {}
            block = make(channels, layer["filters"], layer["size"], layer["stride"], layer["padding"], **groups)
            channels = layer["filters"]
            self.blocks.append(block)
            self.norms.append(nn.BatchNorm2d(channels) if block.keeps_norm else nn.Identity())
        self.head = nn.Linear(channels, CLASSES)

    def forward(self, x):
        for block, norm in zip(self.blocks, self.norms):
            x = F.relu(norm(block(x)))
        return self.head(x.mean((2, 3)))

    @torch.no_grad()
    def look(self, x, epoch):
        """Lets blocks that are due see what comes into them."""
        due = [block for block in self.blocks if hasattr(block, "observe") and epoch % block.epochs_between_looks == 0]
        self.eval()
        seen = []
        for block, norm in zip(self.blocks, self.norms):
            if block in due:
                seen.append((block, x))
            x = F.relu(norm(block(x)))
        for block, inputs in seen:
            block.observe(inputs)
        self.train()

    def tensors(self):
        """{name: (tensor, whether it is a kernel to transpose)}"""
        found = {}
        for name, block, norm in zip(self.names, self.blocks, self.norms):
            raw = getattr(block, "raw", ())
            for part, tensor in block.tensors().items():
                found[f"{name}/{part}"] = (tensor, tensor.dim() == 4 and part not in raw)
            if block.keeps_norm:
                own = norm_tensors("", norm)
                names = {"mean": "moving_mean", "variance": "moving_variance"}
                for part, tensor in own.items():
                    found[f"{name}_norm/{names.get(part, part)}"] = (tensor, False)
        found["head/kernel"] = (self.head.weight, None)
        found["head/bias"] = (self.head.bias, False)
        return found


def ordered(tensor, kernel):
    value = tensor.detach()
    if kernel is None:
        return value.T
    return value.permute(2, 3, 1, 0) if kernel else value


def stored(tensor):
    array = np.ascontiguousarray(tensor.detach().numpy().astype("<f4"))
    return {"shape": list(array.shape), "base64": base64.b64encode(array.tobytes()).decode()}


def randomise(tensors, generator):
    """Values as a long training might leave them: variances between 0.5 and 2, the rest moved by noise."""
    with torch.no_grad():
        for name, (tensor, _) in tensors.items():
            if name.endswith("variance"):
                tensor.uniform_(0.5, 2, generator=generator)
            else:
                tensor.add_(torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype) * 0.3)
            tensor.copy_(tensor.float().double())


def record(out, make, options, layers, image=(8, 8, 3), seed=1):
    """Writes the record of one network to the file `out`."""
    torch.manual_seed(seed)
    torch.set_default_dtype(torch.float64)
    generator = torch.Generator().manual_seed(seed)
    network = Network(make, image[2], layers)
    named = network.tensors()
    owned = {id(tensor) for tensor, _ in named.values()}
    lost = [name for name, tensor in network.named_parameters() if tensor.requires_grad and id(tensor) not in owned]
    assert not lost, f"parameters without a name: {lost}"
    with torch.no_grad():
        for tensor, _ in named.values():
            tensor.copy_(tensor.float().double())
    images = torch.randn(BATCHES, BATCH, image[2], *image[:2], generator=generator).float().double()
    labels = torch.randint(CLASSES, (BATCHES, BATCH), generator=generator)
    tensors = {"images": stored(images.permute(0, 1, 3, 4, 2))}
    tensors |= {f"initial/{name}": stored(ordered(*entry)) for name, entry in named.items()}
    trained = {name: tensor for name, (tensor, _) in named.items() if tensor.requires_grad}
    spared = lambda name: name.endswith(("gamma", "beta", "/bias"))
    optimiser = torch.optim.SGD(
        [
            {"params": [t for n, t in trained.items() if not spared(n)], "weight_decay": TRAINING["decay"]},
            {"params": [t for n, t in trained.items() if spared(n)], "weight_decay": 0},
        ],
        lr=TRAINING["rate"],
        momentum=TRAINING["momentum"],
    )
    losses = []
    for step in range(STEPS):
        if step % BATCHES == 0:
            network.look(torch.cat(list(images[:LOOK])), step // BATCHES)
        loss = F.cross_entropy(network(images[step % BATCHES]), labels[step % BATCHES])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    tensors |= {f"after/{name}": stored(ordered(*entry)) for name, entry in named.items()}
    randomise(named, generator)
    tensors |= {f"random/{name}": stored(ordered(*entry)) for name, entry in named.items()}
    network.eval()
    x = images[0]
    for name, block, norm in zip(network.names, network.blocks, network.norms):
        kernel, bias = block.deploy()
        if block.keeps_norm:
            kernel, bias = fold(kernel, norm, bias)
        y = norm(block(x))
        groups = x.shape[1] // kernel.shape[1]
        gap = (F.conv2d(x, kernel, bias, block.stride, block.padding, groups=groups) - y).abs().max().item()
        assert gap < 1e-9, f"the conversion of {name} is off by {gap}"
        tensors[f"deployed/{name}/kernel"] = stored(ordered(kernel, True))
        tensors[f"deployed/{name}/bias"] = stored(bias)
        x = F.relu(y)
    data = {"made": {"torch": torch.__version__}, "options": options, "image": image, "layers": layers, "classes": CLASSES,
            "training": TRAINING, "labels": labels.tolist(), "losses": losses, "tensors": tensors}
    text = json.dumps(data, separators=(",", ":"))
    with open(out, "w", encoding="utf-8") as file:
        file.write(text.replace('},"', '},\n"') + "\n")


def depthwise(name, size, filters, stride):
    """A layer in as many groups as channels come in; `filters` is a multiple of these."""
    return layer(name, size, filters, stride) | {"depthwise": True}


def layer(name, size, filters, stride, padding=None):
    size = (size, size) if isinstance(size, int) else size
    return {"name": name, "size": size, "filters": filters, "stride": stride,
            "padding": padding or (size[0] // 2, size[1] // 2)}
