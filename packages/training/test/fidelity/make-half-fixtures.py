"""Repeats the runs of `make-fixtures.py` in PyTorch under bfloat16 autocast and writes their losses.

    python make-half-fixtures.py --out fixtures

Needs PyTorch 2.13 and NumPy, and `fidelity.json` in the folder, whose seeds it takes. Writes `half.json`: for each method,
seed and optimiser the losses before each of 20 steps, with forward and loss inside `torch.autocast`, as its documentation
advises, and parameters, decay and optimiser in float32.
"""

import argparse
import importlib.util
import json
import pathlib

import torch
from torch.nn import functional as F

folder = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("fixtures", folder / "make-fixtures.py")
fixtures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fixtures)


def train(method, seed, optimiser_name, batches):
    torch.manual_seed(seed)
    network = fixtures.Network(method).train()
    optimiser = fixtures.make_optimiser(optimiser_name, network)
    losses = []
    for images, labels in batches:
        optimiser.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = F.cross_entropy(network(images), labels)
        loss.backward()
        for module in network.units():
            if isinstance(module, fixtures.WeightSpace):
                module.add_decay(fixtures.OPTIMISERS[optimiser_name]["weightDecay"])
        optimiser.step()
        losses.append(loss.item())
    return losses


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder with fidelity.json, to write to")
    out = parser.parse_args().out
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    batches, runs = fixtures.make_batches(), []
    for run in json.loads((out / "fidelity.json").read_text())["runs"]:
        losses = train(run["method"], run["seed"], run["optimiser"], batches)
        gap = max(abs(a - b) / abs(b) for a, b in zip(losses, run["float32"]))
        print(f"{run['method']:7} seed {run['seed']} {run['optimiser']:6} bfloat16 off by {gap:.1e}")
        runs.append({"method": run["method"], "seed": run["seed"], "optimiser": run["optimiser"], "autocast": losses})
    index = {"made": {"script": "make-half-fixtures.py", "torch": torch.__version__.split("+")[0]}, "runs": runs}
    text = json.dumps(index, separators=(",", ":"))
    (out / "half.json").write_text(text.replace('{"method"', '\n{"method"') + "\n")


if __name__ == "__main__":
    main()
