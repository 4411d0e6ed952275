"""PyTorch's side of the parity run: trains from the weights and on the batches that it is sent.

    python parity.py

Requests are lines of JSON, some followed by as many bytes as they say; the answer is one line.

    {"do": "begin", "model", "method", "tensors", "decay"}   ->  {"parameters"}
    {"do": "train", "examples", "rate", "bytes"}             ->  {"loss"}
    {"do": "evaluate", "examples", "bytes"}                  ->  {"loss", "wrong"}  sums over the examples

The bytes: images as float32 [examples, 32, 32, 3], then labels as int32 [examples], little endian.
"""

import numpy as np
import torch
from torch.nn import functional as F

from exchange import Channel, load, read_tensors
from networks import NETWORKS

IMAGE = (32, 32, 3)


def batch_of(payload, examples):
    images = np.frombuffer(payload, np.float32, examples * int(np.prod(IMAGE)))
    labels = np.frombuffer(payload, np.int32, examples, images.nbytes)
    x = torch.from_numpy(images.reshape(examples, *IMAGE)).permute(0, 3, 1, 2)
    # The bytes already lie channels last.
    return x.contiguous(memory_format=torch.channels_last), torch.from_numpy(labels).long()


class Training:
    def begin(self, *, model, method, tensors, decay):
        self.network = NETWORKS[model](method)
        parameters = load(self.network, read_tensors(tensors))
        self.network = self.network.to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.SGD(self.network.groups(decay), lr=0.1, momentum=0.9, nesterov=True)
        self.decay = decay
        return {"parameters": parameters}

    def train(self, *, examples, rate, payload):
        x, labels = batch_of(payload, examples)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.network.train()
        self.optimiser.zero_grad(set_to_none=True)
        logits, squares = self.network(x)
        loss = F.cross_entropy(logits, labels)
        (loss if squares is None else loss + 0.5 * self.decay * squares).backward()
        self.optimiser.step()
        return {"loss": loss.item()}

    @torch.inference_mode()
    def evaluate(self, *, examples, payload):
        x, labels = batch_of(payload, examples)
        self.network.eval()
        logits, _ = self.network(x)
        loss = F.cross_entropy(logits, labels, reduction="sum").item()
        return {"loss": loss, "wrong": int((logits.argmax(1) != labels).sum())}


def main():
    training, channel = Training(), Channel()
    channel.say({"version": torch.__version__, "threads": torch.get_num_threads()})
    channel.serve({"begin": training.begin, "train": training.train, "evaluate": training.evaluate})


if __name__ == "__main__":
    main()
