"""Tensors and messages between the benchmark and this process."""

import json
import os
import resource
import struct
import sys

import numpy as np
import torch

from units import LAYOUTS

TYPES = {"F32": np.float32, "I32": np.int32}


def read_tensors(path):
    """A safetensors file's tensors by name (https://github.com/huggingface/safetensors#format)."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        start = 8 + length
        tensors = {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            file.seek(start + begin)
            values = np.frombuffer(bytearray(file.read(end - begin)), TYPES[entry["dtype"]])
            tensors[name] = torch.from_numpy(values.reshape(entry["shape"]))
    return tensors


def load(network, tensors):
    """Gives a network overparam's weights, every one of which must have its place; returns how many numbers."""
    named = network.named()
    wrong = sorted(set(named) ^ {name for name in tensors if not name.startswith("input/")})
    if wrong:
        raise ValueError(f"parameters that only one side has: {', '.join(wrong[:6])}")
    with torch.no_grad():
        for name, (parameter, layout) in named.items():
            value = LAYOUTS[layout](tensors[name])
            if value.shape != parameter.shape:
                raise ValueError(f"{name}: shape {tuple(value.shape)}, {tuple(parameter.shape)} here")
            parameter.copy_(value)
    return sum(parameter.numel() for parameter, _ in named.values())


def peak_memory():
    """The most memory this process has had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def memory():
    """The memory this process has now, in bytes; elsewhere than on Linux the most it has had."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        return peak_memory()


class Channel:
    """Messages: one JSON object a line, requests in, one answer to each out.

    Behind a request with `bytes` come as many bytes, which the action gets as `payload`.
    """

    def __init__(self):
        # Whatever libraries print goes to standard error, so that it is not taken for an answer.
        self.out = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)
        self.input = sys.stdin.buffer

    def say(self, message):
        self.out.write(json.dumps(message) + "\n")

    def serve(self, actions):
        for line in iter(self.input.readline, b""):
            request = json.loads(line)
            if "bytes" in request:
                request["payload"] = bytearray(self.input.read(request.pop("bytes")))
            try:
                self.say(actions[request.pop("do")](**request) or {})
            except Exception as error:  # noqa: BLE001 - whatever it is, the benchmark has to hear of it
                self.say({"error": f"{type(error).__name__}: {error}".splitlines()[0]})
