"""PyTorch's side of the comparison: trains or runs one network when it is told to, and says how long it took.

    python peer.py

Reads requests as lines of JSON and answers each with one line:

    {"do": "prepare", "model", "method", "batch", "mode", "form", "tensors", "rate", "decay"}  ->  {"parameters"}
    {"do": "steps", "count"}   ->  {"milliseconds": [...], "losses": [...], "processor"}  of all cores
    {"do": "memory"}           ->  {"peak"}  bytes, at most so far

`form`: "default", "channels_last", "compiled" (torch.compile of the channels_last form), either of these behind
"bfloat16 " (forward pass and loss under autocast), "onnxruntime" (inference only).
The first line it writes, unasked: {"version", "threads", "resident"}, with the memory that loading took.
"""

import os
import tempfile
import time

import torch
from torch.nn import functional as F

from exchange import Channel, load, memory, peak_memory, read_tensors
from networks import NETWORKS


def training_step(network, x, labels, *, form, rate, decay):
    """One step of the network's optimiser; gives its loss."""
    optimiser = network.optimiser(rate, decay, fused=form != "default")

    half = form.startswith("bfloat16 ")

    def losses(x, labels):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
            outputs, squares = network(x)
            loss = network.loss(outputs, labels)
        return loss if squares is None else loss + 0.5 * decay * squares, loss

    run = torch.compile(losses) if form.endswith("compiled") else losses

    def step():
        optimiser.zero_grad(set_to_none=True)
        descended, loss = run(x, labels)
        descended.backward()
        optimiser.step()
        return loss.item()

    return step


def inference_step(network, x, labels, *, form):
    """One pass; gives the cross-entropy of its logits, so that results can be compared."""
    network.eval()

    def logits(x):
        return network(x)[0]

    if form == "onnxruntime":
        run = onnx_session(network, x)
    else:
        run = torch.compile(logits) if form == "compiled" else logits

    def step():
        with torch.inference_mode():
            return F.cross_entropy(run(x), labels).item()

    return step


def onnx_session(network, x):
    import onnxruntime

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, x):
            return self.network(x)[0]

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "network.onnx")
        torch.onnx.export(Logits().eval(), (x,), path, dynamo=True, verbose=False, input_names=["x"])
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    values = x.contiguous().numpy()
    return lambda _: torch.from_numpy(session.run(None, {"x": values})[0])


class Peer:
    def prepare(self, *, model, method, batch, mode, form, tensors, rate, decay):
        given = read_tensors(tensors)
        network = NETWORKS[model](method if mode == "training" else "folded")
        parameters = load(network, given)
        x = given["input/x"].permute(0, 3, 1, 2).contiguous()
        labels = network.labels({k.removeprefix("input/label/"): v for k, v in given.items()})
        if form.endswith(("channels_last", "compiled")):
            network = network.to(memory_format=torch.channels_last)
            x = x.contiguous(memory_format=torch.channels_last)
        assert x.shape[0] == batch
        if mode == "training":
            self.step = training_step(network.train(), x, labels, form=form, rate=rate, decay=decay)
        else:
            self.step = inference_step(network, x, labels, form=form)
        return {"parameters": parameters}

    def steps(self, *, count):
        milliseconds, losses, before = [], [], time.process_time()
        for _ in range(count):
            started = time.perf_counter()
            losses.append(self.step())
            milliseconds.append(1000 * (time.perf_counter() - started))
        processor = 1000 * (time.process_time() - before)
        return {"milliseconds": milliseconds, "losses": losses, "processor": processor}


def main():
    peer, channel = Peer(), Channel()
    channel.say({"version": torch.__version__, "threads": torch.get_num_threads(), "resident": memory()})
    channel.serve(
        {"prepare": peer.prepare, "steps": peer.steps, "memory": lambda: {"peak": peak_memory()}}
    )


if __name__ == "__main__":
    main()
